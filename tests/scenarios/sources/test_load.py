from __future__ import annotations

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from scenarios.sources.spec import Data
from scenarios.sources.typed import kind_of_field
from solver.problems import InputError, Problem
from solver.tables import ROWS, Interaction, Period, Tables, frame
from tests.scenarios.sources.conftest import Folder, said


def test_tables_are_those_of_plain_rows(folder: Folder) -> None:
    loaded = folder.load()
    built = Tables.of(
        [
            {"customer_id": "C1", "name": "Alpha", "potential": 100, "current_rep": "R1"},
            {"customer_id": "C2", "name": "Beta", "potential": 200, "current_rep": "R2"},
            {"customer_id": "C3", "name": "Gamma", "potential": 300},
        ],
        [{"rep_id": "R1", "name": "Ann"}, {"rep_id": "R2", "name": "Bob"}],
    )
    pd.testing.assert_frame_equal(loaded.tables.customers, built.customers)
    pd.testing.assert_frame_equal(loaded.tables.reps, built.reps)
    pd.testing.assert_frame_equal(loaded.tables.history, built.history)
    assert not loaded.problems and loaded.hashes.keys() == {"customers", "reps"}


ROW = st.fixed_dictionaries(
    {"customer_id": st.sampled_from(["C1", "C2", "C3"])},
    optional={
        "rep_id": st.sampled_from(["R1", "R2"]), "date": st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1)),
        "kind": st.sampled_from(["call", "Kauf"]), "outcome": st.sampled_from(["won", "lost"]),
        "amount": st.floats(-1e9, 1e9).map(lambda x: round(x, 9)), "feedback": st.integers(0, 10).map(float),
        "product": st.sampled_from(["x", "y"]), "units": st.integers(0, 99).map(float),
    },
)  # fmt: skip


@settings(max_examples=50)
@given(st.lists(ROW, min_size=1, max_size=12))
def test_history_by_columns_is_history_by_rows(rows: list[dict[str, Any]]) -> None:
    own = [n for n in ("product", "units") if any(n in r for r in rows)]
    names = [*Interaction.model_fields, *own]
    with TemporaryDirectory() as name:
        folder = Folder(Path(name))
        folder.write("customers.csv", "customer_id\nC1\nC2\nC3\n")
        folder.write("reps.csv", "rep_id\nR1\nR2\n")
        lines = [",".join("" if r.get(n) is None else str(r[n]) for n in names) for r in rows]
        folder.write("history.csv", ",".join(names) + "\n" + "\n".join(lines) + "\n")
        loaded = folder.load(history={"source": "history.csv", "decimal": "."})
    ordered = [{n: r.get(n) for n in names if n in r or n in own} for r in rows]
    expected = frame(Interaction, [Interaction.model_validate(r) for r in ordered])
    pd.testing.assert_frame_equal(loaded.tables.history, expected)


def test_a_scenario_edits_adds_and_deletes_rows(folder: Folder) -> None:
    seen: dict[str, Any] = {}

    def patch(rows: dict[str, list[dict[str, Any]]]) -> list[Problem]:
        seen.update({k: [dict(r) for r in v] for k, v in rows.items()})
        rows["customers"][0]["potential"] = 1.5
        rows["customers"][1]["potential"] = "2,000"
        rows["reps"] = [r for r in rows["reps"] if r["rep_id"] != "R2"]
        rows["reps"].append({"rep_id": "R9", "skills": {"cloud": 3}, "territories": ["US"], "start_date": dt.date(2026, 2, 1),
                             "ramp": 0.5, "active": True})  # fmt: skip
        return [Problem("said", "by the patch", severity="note")]

    loaded = folder.load(patch=patch)
    assert seen["customers"][2] == {"customer_id": "C3", "name": "Gamma", "potential": "300"}
    assert loaded.tables.customers["potential"].tolist() == [1.5, 2000, 300]
    reps = loaded.tables.reps
    assert reps["rep_id"].tolist() == ["R1", "R9"]
    assert reps["skills"].tolist() == [{}, {"cloud": 3}] and reps["territories"].tolist() == [(), ("US",)]
    assert reps["start_date"][1] == pd.Timestamp("2026-02-01")
    assert loaded.tables.customers["current_rep"].tolist() == ["R1", "R2", ""]  # R2 is gone, not a mistake
    assert said(loaded, "said") == ["by the patch"]


def test_mistakes_of_a_scenario(folder: Folder) -> None:
    def patch(rows: dict[str, list[dict[str, Any]]]) -> list[Problem]:
        rows["reps"].append({"rep_id": "R9", "ramp": 7, "capasity": 5})
        rows["customers"][2]["pinned_rep"] = "R8"
        return [Problem("bad_override", "no such row", column="customers.C9")]

    with pytest.raises(InputError) as caught:
        folder.load(patch=patch)
    found = {p.code: p for p in caught.value.problems}
    assert found.keys() == {"bad_override", "new_column", "out_of_range", "unknown_rep"}
    assert found["new_column"].fix == "did you mean capacity?"
    assert (found["out_of_range"].file, found["out_of_range"].column) == ("", "reps.ramp")
    assert found["unknown_rep"].row == 4


def test_ids_that_look_alike(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id\nAcme Inc\nacme inc\nACMEINC\nBolt\n1.23457E+11\n")
    loaded = folder.load()
    assert len(said(loaded, "similar_id")) == 2
    assert "Acme Inc in row 2" in said(loaded, "similar_id")[0]
    assert len(said(loaded, "mangled_id")) == 1


def test_a_row_of_totals_is_pointed_at(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id,potential\nTotal Energies,4\nC2,5\nGrand Total,9\n合计,9\n")
    found = [p for p in folder.load().problems if p.code == "total_row"]
    assert [(p.row, p.value, p.severity) for p in found] == [(4, "Grand Total", "warning"), (5, "合计", "warning")]
    assert "data.customers.where" in found[0].fix


def test_parents_outside_and_own_parents_are_notes(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id,parent_id\nA,HQ\nB,HQ\nC,C\nD,A\n")
    loaded = folder.load()
    assert loaded.tables.customers["parent_id"].tolist() == ["HQ", "HQ", "", "A"]
    assert "HQ" in said(loaded, "outside_parent")[0] and "C" in said(loaded, "own_parent")[0]


def test_every_ring_is_named_once(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id,parent_id\nZ,A\nA,B\nB,A\nC,D\nD,E\nE,C\nF,C\n")
    assert [p.message for p in folder.errors()] == [
        "parents form a ring: A → B → A",
        "parents form a ring: C → D → E → C",
    ]


def test_unlisted_reps_may_count_as_gone(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id,current_rep\nC1,R8\nC2,R8\nC3,R9\n")
    assert [p.row for p in folder.errors()] == [2, 3, 4]
    loaded = folder.load(unlisted_reps="gone")
    assert loaded.tables.customers["current_rep"].tolist() == ["R8", "R8", "R9"]
    assert "3 customers" in said(loaded, "gone_reps")[0]


def test_rows_left_out_by_a_filter(folder: Folder) -> None:
    folder.write("customers.csv", "Id,Account Segment,Start,n\nC1,mid,2026-01-01,1\nC2,ent,2026-02-01,x\nC3,mid,,3\n")
    for where, left in (
        ("segment == 'mid'", ["C1", "C3"]),
        ("`Account Segment` == 'ent'", ["C2"]),
        ("Id in ['C1', 'C2'] and customer_id != 'C2'", ["C1"]),
        ("present(Start) and n != 'x'", ["C1"]),
    ):
        loaded = folder.load(customers={"source": "customers.csv", "where": where})
        assert loaded.tables.customers["customer_id"].tolist() == left
        assert said(loaded, "rows_left_out") == [f"where leaves out {3 - len(left)} of 3 rows"]


def test_a_filter_does_not_hide_what_it_cannot_read(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id,potential,latitude\nC1,100,\nC2,many,\nC3,5,999\n")
    problem = folder.error(customers={"source": "customers.csv", "where": "potential > 50"})
    assert (problem.code, problem.row) == ("not_a_number", 3)


def test_filters_on_lists_dates_and_yes_no(folder: Folder) -> None:
    folder.write("reps.csv", "rep_id,skills,active,start_date\nR1,cloud:3,yes,2025-01-01\nR2,sap,no,2026-01-02\n")
    for where, left in (
        ("has(skills, 'cloud', 2)", ["R1"]), ("active == true", ["R1"]), ("start_date < '2026-01-01'", ["R1"]),
    ):  # fmt: skip
        loaded = folder.load(reps={"source": "reps.csv", "where": where}, unlisted_reps="gone")
        assert loaded.tables.reps["rep_id"].tolist() == left


def test_customers_a_filter_leaves_out_are_not_unknown_to_history(folder: Folder) -> None:
    folder.write("history.csv", "customer_id,rep_id\nC1,R1\nC2,R2\nC9,R9\n")
    loaded = folder.load(customers={"source": "customers.csv", "where": "potential > 150"}, history="history.csv")
    assert said(loaded, "unknown_customer")[0].startswith("1 row of history")
    assert said(loaded, "unknown_customer")[0].endswith("C9")
    assert said(loaded, "unknown_rep")[0].endswith("R9")


def test_rows_of_history_that_stand_twice_are_counted_and_named(folder: Folder) -> None:
    sold, call, lost = "C1,R1,2025-05-01,deal,won,100,", "C1,R1,2025-05-01,call,,,", "C1,R1,2025-05-01,deal,lost,0,"
    rows = [
        sold,
        call,
        lost,
        "C1,R2,2025-05-01,deal,won,100,",
        sold,
        "C1,R1,2025-05-02,deal,won,100,",
        call,
        lost,
        sold,
    ]
    folder.write("history.csv", "customer_id,rep_id,date,kind,outcome,amount,feedback\n" + "\n".join(rows) + "\n")
    loaded = folder.load(history="history.csv")
    found = [(p.row, p.column, p.severity) for p in loaded.problems if p.code == "repeated_row"]
    assert found == [(6, "amount", "warning"), (10, "amount", "warning")]
    assert said(loaded, "repeated_row") == ["the row is the same as row 2 in every column; both are counted"] * 2
    assert loaded.tables.history["amount"].sum() == 500
    numbered = [f"{row},N{k}" for k, row in enumerate(rows)]
    folder.write(
        "history.csv", "customer_id,rep_id,date,kind,outcome,amount,feedback,order\n" + "\n".join(numbered) + "\n"
    )
    assert said(folder.load(history="history.csv"), "repeated_row") == []


def test_every_field_has_a_way_to_be_read() -> None:
    kinds = {kind: {n: kind_of_field(kind, n) for n in model.model_fields} for kind, model in ROWS.items()}
    customers = kinds["customers"]
    assert (customers["potential"], customers["renewal_date"], customers["required_skills"], customers["feedback"]) == (
        "number", "date", "list", "number",
    )  # fmt: skip
    assert (kinds["reps"]["active"], kinds["reps"]["territories"], kinds["reps"]["team"]) == ("flag", "list", "text")
    assert kind_of_field("customers", "whatever") == "own"


@pytest.mark.parametrize(
    "data",
    [
        {"customers": {"source": ""}, "reps": {"source": "r.csv"}},
        {"customers": {"source": "c.csv", "shet": "x"}, "reps": {"source": "r.csv"}},
        {"customers": {"source": "c.csv"}, "reps": {"source": "r.csv"}, "derive": {"tenure": {}}},
        {"customers": {"source": "c.csv"}, "reps": {"source": "r.csv"}, "derive": {"tenure": {"from": "hearsay"}}},
        {"customers": {"source": "c.csv", "where": "x = 1"}, "reps": {"source": "r.csv"}},
        {"customers": {"source": "c.csv", "decimal": ";"}, "reps": {"source": "r.csv"}},
    ],
)
def test_what_a_plan_may_not_say(data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Data.model_validate(data)


def test_maven_needs_a_column_map_alone(shared_data: Path) -> None:
    folder = Folder(shared_data / "maven_crm")
    loaded = folder.load(
        period=Period(dt.date(2018, 1, 1), dt.date(2018, 3, 31)),
        customers={"source": "accounts.csv",
                   "columns": {"customer_id": "account", "industry": "sector", "parent_id": "subsidiary_of"}},
        reps={"source": "sales_teams.csv",
              "columns": {"rep_id": "sales_agent", "team": "manager", "territories": "regional_office"}},
        history={"source": "sales_pipeline.csv", "where": "deal_stage in ['Won', 'Lost']",
                 "columns": {"customer_id": "account", "rep_id": "sales_agent", "date": "close_date",
                             "outcome": "deal_stage", "amount": "close_value"}},
        derive={"current_rep": {"from": "history"}, "potential": {"from": "history", "months": 12}},
    )  # fmt: skip
    assert all(p.severity == "note" for p in loaded.problems)
    tables = loaded.tables
    assert (len(tables.customers), len(tables.reps), len(tables.history)) == (85, 35, 6711)
    deals = pd.read_csv(folder.path / "sales_pipeline.csv")
    won = deals[(deals["deal_stage"] == "Won") & deals["close_date"].between("2017-01-01", "2017-12-31")]
    bought = won.groupby("account")["close_value"].sum()
    assert tables.customers.set_index("customer_id")["potential"].to_dict() == bought.to_dict()
    per_rep = won.groupby(["account", "sales_agent"])["close_value"].sum()
    for customer, rep in zip(tables.customers["customer_id"], tables.customers["current_rep"], strict=True):
        assert per_rep[customer][rep] == per_rep[customer].max()
    assert "from 2017-01-01 to 2017-12-31" in "\n".join(said(loaded, "derived"))
