"""A plan that cannot hold: its conflict, and repairs that are solved again from the override alone."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from scenarios.explain.impossible import Impossible, as_sets, explained, look_into, override_text
from scenarios.run.prepare import prepare
from scenarios.run.run import solve_prepared
from solver.problems import InputError
from tests.solver.draw import PLAIN, Case, draw_case, examples
from tests.solver.oracle import best_of, combinations

RANDOM = st.randoms(use_true_random=False)
CUSTOMERS = """\
customer_id,territory,workload,required_skills,pinned_rep,parent_id,group,current_rep
C1,EMEA/DE,20,,,,,R1
C2,EMEA/DE,20,,,,,R1
C3,EMEA/FR,5,,,,colas,R2
C4,EMEA/FR,5,,,,colas,R2
"""
REPS = """\
rep_id,territories,capacity,skills
R1,EMEA/DE,40,cloud:2
R2,EMEA/FR,40,
"""


def write(folder: Path, rules: dict[str, Any], customers: str = CUSTOMERS, reps: str = REPS, **more: Any) -> Path:
    (folder / "customers.csv").write_text(customers, encoding="utf-8")
    (folder / "reps.csv").write_text(reps, encoding="utf-8")
    plan = {
        "period": "2026-Q4",
        "data": {"customers": {"source": "customers.csv"}, "reps": {"source": "reps.csv"}},
        "rules": rules,
        "objectives": {"continuity": {"weight": 1}},
        "coverage": "required",
        "solve": {"time_limit": 10, "workers": 1},
        **more,
    }
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan), encoding="utf-8")
    return folder / "plan.yaml"


def of_case(folder: Path, case: Case) -> Path:
    """The case as a plan file with its tables."""
    tables = [pd.DataFrame(rows).to_csv(index=False) for rows in (case.customers, case.reps)]
    rules = json.loads(json.dumps(case.rules))
    coverage = "required" if case.coverage else "best_effort"
    return write(folder, rules, *tables, objectives={"fit": {"weight": 1}}, coverage=coverage)


def mended(plan: Path, found: Impossible) -> list[str]:
    """The statuses of the plan solved with each verified repair, from its override alone."""
    overrides = [r.override for r in found.repairs if r.verified]
    return [solve_prepared(prepare(plan, None, as_sets(o))).result["status"] for o in overrides]


def look(plan: Path) -> Impossible:
    return look_into(prepare(plan))


def said(found: Impossible) -> list[str]:
    return [step.message for step in found.repairs[0].steps]


@examples(25)
@given(rng=RANDOM)
def test_any_plan_that_cannot_hold_has_a_conflict_and_a_repair_that_works(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=0, most_customers=5, most_reps=4, numbers=PLAIN)
    assume(combinations(case) <= 700 and best_of(case) is None)
    with tempfile.TemporaryDirectory() as folder:
        plan = of_case(Path(folder), case)
        try:
            prepared = prepare(plan)
        except InputError:
            assume(False)  # pinned to somebody who is not there, say
        found = look_into(prepared)
        assert found.conflict and found.minimal and found.confirmed
        assert set(mended(plan, found)) <= {"optimal", "feasible"}
        for repair in found.repairs:
            assert repair.verified or repair is found.repairs[-1]


def test_who_must_be_served_and_cannot(tmp_path: Path) -> None:
    plan = write(tmp_path, {"territory": {}}, CUSTOMERS + "C5,APAC,5,,,,,\n")
    found = look(plan)
    assert [(m.rule, m.kind, m.customers) for m in found.conflict] == [
        ("coverage", "served", ("C5",)),
        ("territory", "eligible", ("C5",)),
    ]
    assert found.minimal and found.confirmed
    best, other = found.repairs
    assert best.steps[0].kind == "territory"
    assert next(iter(best.override["reps"].values()))["territories"].endswith("; APAC")
    assert (best.cost, best.cheapest, best.verified) == (1.0, True, True)
    assert other.override == {"coverage": "best_effort"} and other.cost == 5.0
    assert mended(plan, found) == ["optimal", "optimal"]


def test_a_limit_in_a_column_is_raised_in_the_table(tmp_path: Path) -> None:
    plan = write(
        tmp_path, {"territory": {}, "capacity": {}}, reps=REPS.replace("40,cloud", "36,cloud"), repair={"territory": 9}
    )
    found = look(plan)
    assert found.repairs[0].override == {"reps": {"R1": {"capacity": 40}}}
    assert said(found) == ["raise R1's limit of workload by 4, from 36 to 40 (capacity)"]
    assert found.repairs[0].cost == pytest.approx(10 * 4 / 36)
    assert "optimal" in mended(plan, found)


def test_a_number_for_all_is_raised_for_the_one_who_needs_it(tmp_path: Path) -> None:
    rules = {"territory": {}, "most": {"kind": "capacity", "metric": "workload", "limit": 30}}
    found = look(plan := write(tmp_path, rules, repair={"territory": None, "unassigned": None}))
    assert found.repairs[0].override == {
        "rules": {
            "most": {"reps": "rep_id not in ['R1']"},
            "most_R1": {"kind": "capacity", "metric": "workload", "limit": 40, "reps": "rep_id == 'R1'"},
        }
    }
    assert mended(plan, found) == ["optimal"]


def test_a_share_of_ramp_is_undone_in_what_is_written(tmp_path: Path) -> None:
    reps = "rep_id,territories,capacity,ramp\nR1,EMEA/DE,40,0.3\nR2,EMEA/FR,40,1\n"
    found = look(plan := write(tmp_path, {"territory": {}, "capacity": {}}, reps=reps, repair={"territory": None}))
    assert found.repairs[0].steps[0].kind == "unassigned"
    raised = next(r for r in found.repairs if r.steps[0].kind == "limit")
    assert raised.override == {"reps": {"R1": {"capacity": 133.333333}}}
    assert raised.verified and set(mended(plan, found)) == {"optimal"}


@pytest.mark.parametrize(
    ("rules", "changes", "costs", "override"),
    [
        ({"skill": {}}, ("C1,EMEA/DE,20,", "C1,EMEA/DE,20,cloud:4"), {}, {"reps": {"R1": {"skills": "cloud:4"}}}),
        (
            {"pin": {}, "territory": {}}, ("C1,EMEA/DE,20,,", "C1,EMEA/DE,20,,R2"), {"territory": None},
            {"customers": {"C1": {"pinned_rep": None}}},
        ),
        (
            {"no": {"kind": "exclusion", "pairs": [["C1", "R1"], ["C1", "R2"], ["C2", "R1"]]}}, None, {},
            {"rules": {"no": {"pairs": [["C2", "R1"]]}}},
        ),
        (
            {"big": {"kind": "segment", "customers": "workload >= 5", "reps": "rep_id == 'R9'"}}, None,
            {"unassigned": 50}, {"rules": {"big": {"customers":
                "(workload >= 5) and customer_id not in ['C1', 'C2', 'C3', 'C4']"}}},
        ),
        (
            {"territory": {}, "apart": {"kind": "separation", "column": "group"}}, None, {"territory": None},
            {"rules": {"apart": {"limit": 2}}},
        ),
        (
            {"territory": {}, "family": {}}, ("C1,EMEA/DE,20,,,", "C1,EMEA/DE,20,,,C3"), {"territory": None},
            {"customers": {"C1": {"parent_id": None}}},
        ),
        (
            {"territory": {"unmapped": "nobody"}}, ("C1,EMEA/DE", "C1,"), {}, {"rules": {"territory":
                {"unmapped": "anybody"}}},
        ),
        (
            {"count": {"kind": "capacity", "metric": "customers", "limit": 9, "min": 3}},
            ("C4,EMEA/FR,5,,,,colas,R2", "C4,EMEA/FR,5,,,,colas,R2\nC5,EMEA/FR,5,,,,,R2"), {},
            {"rules": {"count": {"reps": "rep_id not in ['R1']"}, "count_R1": {"kind": "capacity",
                "metric": "customers", "limit": 9, "min": 2, "reps": "rep_id == 'R1'"}}},
        ),
    ],
)  # fmt: skip
def test_every_kind_of_change_can_be_written_and_works(
    tmp_path: Path, rules: Any, changes: tuple[str, str] | None, costs: Any, override: Any
) -> None:
    customers = CUSTOMERS.replace(*changes) if changes else CUSTOMERS
    plan = write(tmp_path, rules, customers, repair=costs)
    found = look(plan)
    assert found.conflict and found.minimal and found.confirmed
    best = found.repairs[0]
    assert best.verified and best.cheapest
    either = json.loads(json.dumps(override).replace("R1", "R2"))  # of equals the search takes any
    assert best.override in (override, either)
    assert set(mended(plan, found)) == {"optimal"}


def test_a_run_keeps_its_conflict_and_its_repair_can_be_pasted_into_the_plan(tmp_path: Path) -> None:
    rules = {"territory": {}, "capacity": {}}
    plan = write(tmp_path, rules, reps=REPS.replace("40,cloud", "36,cloud"), repair={"territory": None})
    prepared = prepare(plan)
    run = explained(solve_prepared(prepared), prepared)
    assert run.result["repair"] == {"reps": {"R1": {"capacity": 40}}}
    assert [m["rule"] for m in run.result["conflict"]].count("capacity") == 1
    document = yaml.safe_load(plan.read_text()) | yaml.safe_load(override_text(run))
    plan.write_text(yaml.safe_dump(document))
    assert solve_prepared(prepare(plan, "repair")).result["status"] == "optimal"


def test_a_plan_that_holds_is_left_as_it_is(tmp_path: Path) -> None:
    prepared = prepare(write(tmp_path, {"territory": {}, "capacity": {}}))
    run = solve_prepared(prepared)
    assert explained(run, prepared) is run
    with pytest.raises(ValueError, match="no repair"):
        override_text(run)


def test_no_repair_where_no_change_is_allowed(tmp_path: Path) -> None:
    plan = write(tmp_path, {"territory": {}}, CUSTOMERS + "C5,APAC,5,,,,,\n", repair={"territory": None,
                 "unassigned": None})  # fmt: skip
    found = look(plan)
    assert found.conflict and not found.repairs
    assert "no repair" in " ".join(found.notes)
    assert found.as_dict()["repair"] is None


def test_a_cost_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"repair\.teritory: unknown key, did you mean territory\?"):
        prepare(write(tmp_path, {"territory": {}}, repair={"teritory": 1}))
