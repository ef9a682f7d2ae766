"""Declared changes: tables stay consistent, every cell that changes is recorded, mistakes name their place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scenarios.plan.changes import DeclaredChange
from scenarios.plan.plan import parse_plan
from scenarios.plan.schema import json_schema
from scenarios.plan.yaml_text import parse_document
from scenarios.run.prepare import Prepared, prepare
from solver.problems import InputError

CUSTOMERS = """\
customer_id,territory,segment,potential,workload,required_skills,current_rep,pinned_rep,size
C1,EMEA/DE/North,large,"1,000",3,,R1,R1,5
C2,EMEA/DE/South,small,"2,500",6,cloud,R1,,7
C3,EMEA/FR,large,800,3,,R2,R2,
C4,EMEA/FR,small,"1,200",6,,R2,,9
"""
REPS = """\
rep_id,name,team,territories,skills,capacity,start_date
R1,Ann,DACH,EMEA/DE,cloud:2,40,2020-01-01
R2,Bob,West,EMEA/FR,,40,
R3,Cem,DACH,EMEA,cloud:4;sql,30,
"""
PLAN = """\
period: 2026-Q4
data:
  customers: {source: customers.csv}
  reps: {source: reps.csv}
rules: {territory: {}, pin: {}, skill: {}}
objectives: {continuity: {}}
overrides:
"""


@pytest.fixture
def given(tmp_path: Path):
    (tmp_path / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (tmp_path / "reps.csv").write_text(REPS, encoding="utf-8")

    def made(*changes: str, more: str = "", sets: tuple[str, ...] = ()) -> Prepared:
        lines = "".join(f"      - {c}\n" for c in changes)
        (tmp_path / "plan.yaml").write_text(f"{PLAN}  x:\n{more}    changes:\n{lines}", encoding="utf-8")
        return prepare(tmp_path / "plan.yaml", "x", sets)

    return made


def recorded(prepared: Prepared) -> list[str]:
    return [c.line() for c in prepared.changes]


def said(prepared: Prepared) -> list[str]:
    return [p.message for p in prepared.notes if p.code == "declared_change"]


def rep(prepared: Prepared, rep_id: str) -> dict:
    table = prepared.tables.reps.set_index("rep_id")
    return table.loc[rep_id].to_dict()


def test_a_rep_who_leaves_takes_pins_along_and_its_customers_move_by_force(given):
    prepared = given("rep_leaves: {rep: R1}")
    assert recorded(prepared) == ["reps.R1.active: nothing → False", "customers.C1.pinned_rep: R1 → nothing"]
    assert said(prepared) == ["R1 leaves: 2 customers have to move; 1 pin is dropped: C1"]
    assert prepared.draft.reps["rep_id"].tolist() == ["R2", "R3"]
    assert prepared.tables.customers["current_rep"].tolist() == ["R1", "R1", "R2", "R2"], "who it was is kept"
    assert prepared.draft.current.tolist() == [-1, -1, 0, 0]


def test_a_rep_who_leaves_in_the_period_is_there_until_then(given):
    prepared = given("rep_leaves: {rep: R1, date: 2026-10-31}")
    assert recorded(prepared) == ["reps.R1.end_date: nothing → 2026-10-31"]
    assert prepared.draft.presence.tolist() == [pytest.approx(31 / 92), 1, 1]
    assert given("rep_leaves: {rep: R1, date: 2026-09-30}").draft.reps["rep_id"].tolist() == ["R2", "R3"]


def test_reps_join_like_one_that_is_there(given):
    prepared = given("rep_joins: {like: R1, count: 2, territories: [EMEA/FR], ramp: 0.5}", "skill_trained: "
                     "{rep: R1-new-2, skill: SQL, level: 3}", "rep_joins: {like: R1, name: Dan, date: 2026-11-01}")  # fmt: skip
    assert prepared.tables.reps["rep_id"].tolist() == ["R1", "R2", "R3", "R1-new-1", "R1-new-2", "R1-new-3"]
    first, second, third = (rep(prepared, f"R1-new-{n}") for n in (1, 2, 3))
    assert (first["name"], first["team"], first["territories"], first["ramp"]) == (
        "New rep 1",
        "DACH",
        ("EMEA/FR",),
        0.5,
    )
    assert (first["skills"], first["capacity"]) == ({"cloud": 2}, 40)
    assert second["skills"] == {"cloud": 2, "sql": 3}
    assert (third["name"], third["territories"], str(third["start_date"].date())) == ("Dan", ("EMEA/DE",), "2026-11-01")
    assert first["start_date"] != first["start_date"], "the first day of the rep it is like is not copied"
    assert rep(prepared, "R1")["skills"] == {"cloud": 2}
    assert "reps.R1-new-1: nothing → added" in recorded(prepared)


def test_a_rep_joins_who_is_like_nobody(given):
    prepared = given(
        "rep_joins: {rep: R9, name: Eve, territories: [EMEA/FR], skills: sql:2, capacity: 20, team: West}",
        "rep_joins: {territories: [EMEA]}",
        "territory_moves: {territory: EMEA/DE/North, to_team: West}",
    )
    assert prepared.tables.reps["rep_id"].tolist() == ["R1", "R2", "R3", "R9", "new-1"]
    eve = rep(prepared, "R9")
    assert (eve["name"], eve["territories"], eve["skills"]) == ("Eve", ("EMEA/FR", "EMEA/DE/North"), {"sql": 2})
    assert (eve["capacity"], eve["team"], eve["ramp"]) == (20, "West", 1)
    late = given("rep_joins: {like: R1, date: 2027-02-01}")
    assert said(late) == ["R1-new-1 joins on 2027-02-01, after the period ends"]


def test_a_territory_moves_and_nobody_else_covers_it(given):
    prepared = given("territory_moves: {territory: emea/DE/North, to_team: west}")
    assert [rep(prepared, r)["territories"] for r in ("R1", "R2", "R3")] == [
        ("EMEA/DE/South",), ("EMEA/FR", "emea/DE/North"), ("EMEA/FR", "EMEA/DE/South"),
    ]  # fmt: skip
    assert "customers.C1.pinned_rep: R1 → nothing" in recorded(prepared)
    two = given("territory_moves: {territory: EMEA/DE/North, to_team: West}",
                "territory_moves: {territory: EMEA/DE/South, to_team: West}")  # fmt: skip
    assert [rep(two, r)["territories"] for r in ("R1", "R2", "R3")] == [
        (), ("EMEA/FR", "EMEA/DE/North", "EMEA/DE/South"), ("EMEA/FR",)
    ]  # fmt: skip


def test_a_territory_that_no_list_can_leave_out_is_refused(given):
    with pytest.raises(InputError, match=r"R3 covers EMEA and with it customers in EMEA itself.*reps: \{R3"):
        given(
            "territory_moves: {territory: EMEA/FR, to_team: DACH}",
            "territory_moves: {territory: EMEA/DE/South, to_team: West}",
            more="    customers: {C4: {territory: EMEA}}\n",
        )
    prepared = given(
        "territory_moves: {territory: EMEA/DE/South, to_team: West}",
        more="    customers: {C4: {territory: EMEA}}\n    reps: {R3: {territories: EMEA/FR}}\n",
    )
    assert rep(prepared, "R3")["territories"] == ("EMEA/FR",)


def test_demand_grows_in_a_segment_or_by_a_filter(given):
    prepared = given(
        "demand_grows: {segment: Large, share: 0.2}", "demand_grows: {where: size > 6, share: -0.5, metric: size}"
    )
    assert prepared.tables.customers["potential"].tolist() == [1200, 2500, 960, 1200]
    assert prepared.tables.customers["size"].tolist()[:2] == [5, 3.5]
    assert recorded(prepared)[0] == "customers.C1.potential: 1,000 → 1200.0"
    assert said(prepared)[0] == "potential of 2 customers in segment Large goes from 1,800 to 2,160"


def test_one_cell_is_set_once(given):
    with pytest.raises(
        InputError, match=r"potential of customer C1 is set by overrides.x.changes\[0\].demand_grows too"
    ):
        given("demand_grows: {segment: large, share: 0.2}", "demand_grows: {where: potential > 900, share: 0.1}")
    with pytest.raises(InputError, match=r"reps\.R2\.active is set by overrides.x too"):
        given("rep_leaves: {rep: R2}", more="    reps: {R2: {active: yes}}\n")
    with pytest.raises(InputError, match=r"customers\.C3\.pinned_rep is set by overrides.x too"):
        given("rep_leaves: {rep: R1}", more="    customers: {C3: {pinned_rep: R1}}\n")
    prepared = given("rep_leaves: {rep: R2}", more="    customers: {C3: {pinned_rep: R3}}\n")
    assert prepared.tables.customers["pinned_rep"].tolist() == ["R1", "", "R3", ""], "no longer a pin to who leaves"


def test_the_command_line_wins_and_can_declare_changes_itself(given):
    prepared = given("skill_trained: {rep: R2, skill: cloud, level: 2}", sets=("reps.R2.skills=sql:5",))
    assert rep(prepared, "R2")["skills"] == {"sql": 5}
    prepared = given("skill_trained: {rep: R2, skill: cloud}", sets=("changes=[{rep_leaves: {rep: R3}}]",))
    assert recorded(prepared) == ["reps.R2.skills: nothing → cloud:1", "reps.R3.active: nothing → False"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("rep_leaves: {rep: Rr1}", "there is no rep 'Rr1'.*did you mean R1"),
        ("rep_leaves: {rep: Ann}", "there is no rep 'Ann'.*did you mean R1"),
        ("rep_leaves: {rep: Nobody}", "there is no rep 'Nobody'.*there are R1"),
        ("rep_leaves: {rep: R1, when: 3}", r"changes\[0\].rep_leaves.when: unknown key.*rep, date"),
        ("rep_leaves: {}", r"changes\[0\].rep_leaves.rep: is missing"),
        ("rep_joins: {like: R1, count: 0}", r"changes\[0\].rep_joins.count"),
        ("rep_joins: {rep: R2, like: R1}", "there is a rep 'R2' already"),
        ("rep_joins: {rep: R9, like: R1, count: 2}", "several reps cannot have one rep_id"),
        ("rep_joins: {name: Eve}", "say whom they are like, or which territories they cover"),
        (
            "rep_joins: {like: R1, territories: [EMEA/ED]}",
            "no customer is in territory 'EMEA/ED'.*did you mean EMEA/DE",
        ),
        ("rep_leeves: {rep: R1}", r"changes\[0\].rep_leeves: there is no change 'rep_leeves', did you mean rep_leaves"),
        ("rep_leaves", "must be one declared change"),
        ("{rep_leaves: {rep: R1}, rep_joins: {like: R1}}", "must be one declared change"),
        ("territory_moves: {territory: EMEA/FR, to_team: DACh East}", "no active rep is in a team"),
        ("demand_grows: {segment: lage, share: 1}", "no customer in segment lage.*did you mean large"),
        ("demand_grows: {share: 1}", "name either a segment or a filter"),
        ("demand_grows: {where: sise > 1, share: 1}", "sise"),
        ("demand_grows: {segment: large, share: 1, metric: sise}", "no column of numbers 'sise'"),
        ("demand_grows: {segment: large, share: -1}", r"demand_grows.share"),
        ("skill_trained: {rep: R1, skill: cluod}", "did you mean cloud"),
        ("skill_trained: {rep: R1, skill: cloud, level: 2}", "R1 has cloud at level 2 already"),
    ],
)
def test_mistakes_name_their_place(given, change, message):
    with pytest.raises(InputError, match=message) as caught:
        given(change)
    assert any(re.search(r"overrides\.x\.changes\[0\]", p.line()) for p in caught.value.problems)


def test_mistakes_in_any_override_are_found_when_the_plan_is_read():
    plan = parse_document(PLAN + "  y: {changes: [{rep_leaves: {reb: R1}}]}\n")
    with pytest.raises(InputError, match=r"overrides\.y\.changes\[0\]\.rep_leaves\.reb: unknown key, did you mean rep"):
        parse_plan(plan.data, plan.file, plan.lines)


def test_every_kind_is_in_the_schema():
    schema = json_schema()
    items = schema["properties"]["overrides"]["additionalProperties"]["properties"]["changes"]["items"]["oneOf"]
    assert {kind for item in items for kind in item["properties"]} == set(DeclaredChange.registry)
    for item in items:
        for reference in item["properties"].values():
            assert reference["$ref"].rpartition("/")[2] in schema["$defs"]


def test_a_rep_that_is_simply_removed_drops_its_pins_too(given):
    prepared = given("skill_trained: {rep: R2, skill: cloud}", more="    reps: {R1: null}\n")
    assert prepared.tables.customers["pinned_rep"].tolist() == ["", "", "R2", ""]
    (note,) = [p.message for p in prepared.notes if p.code == "dropped_pins"]
    assert note == "1 pin dropped, to reps the scenario removes: R1"
