"""From one period to the next: books, tenure, starters and holding times are carried on."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

from scenarios.horizon.carry import after, carried
from scenarios.horizon.repair import Threshold, repair
from scenarios.horizon.roll import roll, rolled, turn_sets, write_rolled
from scenarios.plan.disruption import Disruption
from scenarios.plan.plan import parse_plan
from scenarios.run.prepare import prepare
from scenarios.run.run import audit_again
from scenarios.run.sales import yearly_sales
from solver.problems import InputError
from solver.tables import Period, Tables
from tests.scenarios.questions import small_run

Q4, Q1 = Period(dt.date(2026, 10, 1), dt.date(2026, 12, 31)), Period(dt.date(2027, 1, 1), dt.date(2027, 3, 31))


def test_books_tenure_and_days_are_carried():
    customers = [
        {"customer_id": "C1", "current_rep": "R1", "tenure": 2, "assigned_since": "2024-05-01"},
        {"customer_id": "C2", "current_rep": "R1", "tenure": 2, "assigned_since": "2024-05-01"},
        {"customer_id": "C3", "current_rep": "R1"},
        {"customer_id": "C4"},
        {"customer_id": "C5", "current_rep": "R1", "tenure": 1},
    ]
    tables = Tables.of(customers, [{"rep_id": "R1"}, {"rep_id": "R2"}])
    found = after(tables, Q4.first, Q1.first, {"C1": "R1", "C2": "R2", "C3": "R1", "C4": "R2"}).customers
    assert found["current_rep"].tolist() == ["R1", "R2", "R1", "R2", ""]
    quarter = 92 / 365.25
    assert found["tenure"].tolist()[:2] == pytest.approx([2 + quarter, quarter], abs=1e-6)
    assert found["tenure"].isna().tolist() == [False, False, True, False, True]
    days = [None if pd.isna(d) else str(d.date()) for d in found["assigned_since"]]
    assert days == ["2024-05-01", "2026-10-01", None, "2026-10-01", None]


def test_starters_ramp_up_and_nobody_beyond_full():
    reps = [
        {"rep_id": "R1", "ramp": 0.5, "start_date": "2026-11-01"},
        {"rep_id": "R2", "ramp": 0.9},
        {"rep_id": "R3"},
        {"rep_id": "R4", "ramp": 0.5, "start_date": "2027-02-01"},
        {"rep_id": "R5", "ramp": 0.5, "active": False},
    ]
    tables = Tables.of([{"customer_id": "C1"}], reps)
    assert turn_sets(tables, Q4, Q1, 0.33) == ('reps={"R1": {"ramp": 0.83}, "R2": {"ramp": 1.0}}',)
    assert turn_sets(tables, Q4, Q1, 0) == ()


def test_pins_to_who_is_gone_by_then_are_dropped():
    reps = [{"rep_id": "R1", "end_date": "2026-12-31"}, {"rep_id": "R2", "end_date": "2027-01-01"}, {"rep_id": "R3"}]
    customers = [{"customer_id": f"C.{r['rep_id']}", "pinned_rep": r["rep_id"]} for r in reps]
    assert turn_sets(Tables.of(customers, reps), Q4, Q1, 0.33) == ('customers={"C.R1": {"pinned_rep": null}}',)


def test_who_moved_in_one_period_is_held_in_the_next():
    run = small_run(3)
    moved = set(run.assignment["customer_id"][run.assignment["moved"].isin(["chosen", "forced", "new"])])
    assert moved, "nothing would be tested"
    free = ("rules.capacity=null", "rules.moves=null", "objectives={balance: {metric: workload}}")
    prepared = rolled(run, None, (*free, "rules.holding.months=6"))
    assert prepared.plan.period_name == prepared.scenario == "2027-Q1"
    made = roll(run, prepared)
    assert made.result["parent"] == {"run": run.id, "by": "roll"}
    table = made.assignment.set_index("customer_id")
    assert {c for c in moved & set(table.index) if table.loc[c, "moved"] == "chosen"} == set()
    assert audit_again(made).violations == ()
    later = rolled(made, "2027-Q3", (*free, "rules.holding.months=6"))
    since = later.tables.customers.set_index("customer_id")["assigned_since"]
    assert all(str(since[c].date()) == "2026-10-01" for c in moved & set(table.index)), "the day goes from run to run"


def test_reps_come_and_go_by_their_dates():
    run = small_run(0)
    gone = str(run.assignment["rep_id"].iloc[0])
    prepared = rolled(run, "2027-Q1", (f"reps.{gone}.end_date=2026-12-31",))
    assert gone not in prepared.draft.rep_at
    prepared = rolled(run, "2027-Q1", (f"reps.{gone}.end_date=2027-01-31",))
    assert prepared.draft.presence[prepared.draft.rep_at[gone]] == pytest.approx(31 / 90)


@pytest.mark.parametrize("period", ["2026-Q4", "2026-12", "2026-Q9", "x"])
def test_only_a_later_period_follows(period):
    with pytest.raises(InputError):
        rolled(small_run(0), period)


def test_after_a_repair_comes_the_period_after_the_whole_one_and_potential_is_for_all_its_days():
    run = small_run(0)
    run = replace(run, plan={**run.plan, "period": "2026-H2"})
    whole, _ = yearly_sales(parse_plan(run.plan), run.tables, Disruption())
    made = repair(run, (), Threshold.read("never"), dt.date(2026, 11, 15))[0].run
    again = repair(made, (), Threshold.read("never"), dt.date(2026, 12, 1))[0].run
    for left in (made, again):
        assert left.plan["potential_period"] == "2026-H2"
        assert yearly_sales(parse_plan(left.plan), left.tables, Disruption())[0] == pytest.approx(whole)
        prepared = rolled(left)
        assert prepared.plan.period_name == "2027-H1"
        assert "potential_period" not in prepared.plan.source
    with pytest.raises(InputError) as refused:
        rolled(made, "2026-H2")
    assert refused.value.problems[0].expected == "a period from 2027-01-01 on"


def test_a_period_of_another_length_keeps_the_days_of_its_potential_and_says_so():
    prepared = rolled(small_run(0), "2027")
    assert [n.code for n in prepared.notes if n.code == "potential_period"] == ["potential_period"]
    assert (prepared.plan.potential_days, prepared.plan.period.days) == (92, 365)
    assert rolled(small_run(0), "2027", ("potential_period=null",)).plan.potential_days == 365
    made = roll(small_run(0), prepared)
    assert rolled(made).plan.period_name == "2028"


def test_what_is_written_is_the_plan_that_would_be_solved(tmp_path):
    run = small_run(1)
    prepared = rolled(run, None, ("rules.holding.months=6",))
    paths = write_rolled(run, prepared, tmp_path / "q1")
    assert [p.name for p in paths] == ["customers.csv", "reps.csv", "plan.yaml"]
    again = prepare(tmp_path / "q1" / "plan.yaml")
    for name in ("customer_id", "current_rep", "assigned_since", "tenure", "potential", "required_skills"):
        left, right = (t.customers[name].astype(str).tolist() for t in (again.tables, prepared.tables))
        assert left == right, name
    assert again.instance.n_options == prepared.instance.n_options
    assert (again.instance.option_score == prepared.instance.option_score).all()
    assert [r.source for r in again.instance.rows] == [r.source for r in prepared.instance.rows]


def test_a_run_without_a_plan_is_not_carried_on():
    run = small_run(0)
    with pytest.raises(InputError, match="has no plan"):
        carried(replace(run, result={**run.result, "score": None}), Q1.first)
