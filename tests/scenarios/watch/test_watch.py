"""Drift watch: what changed, and whether the verdict is what trying every assignment says."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from scenarios.run.prepare import Prepared
from scenarios.run.record import Run
from scenarios.run.run import audit_again, solve_prepared
from scenarios.run.sales import yearly_sales
from scenarios.watch.drift import keep
from scenarios.watch.watch import watch
from solver.audit import audit
from solver.problems import InputError
from solver.tables import Tables
from tests.scenarios.questions import prepared_of

CUSTOMERS = [
    {"customer_id": f"C{k}", "territory": "EMEA/DE" if k < 4 else "EMEA/FR", "industry": ("steel", "food")[k % 2],
     "potential": 100.0 * (k + 1), "workload": 2.0, "current_rep": ("R1", "R2")[(k + (k < 3)) % 2]}
    for k in range(7)
]  # fmt: skip
REPS = [
    {"rep_id": "R1", "name": "Ann", "team": "A", "industries": "food", "capacity": 12},
    {"rep_id": "R2", "name": "Bob", "team": "B", "industries": "steel", "capacity": 12},
    {"rep_id": "R3", "name": "Cho", "team": "B", "industries": "", "capacity": 4, "active": False},
]


def plan_of(**more: Any) -> dict[str, Any]:
    return {
        "period": "2026-Q4",
        "data": {"customers": {"source": "c.csv"}, "reps": {"source": "r.csv"}},
        "rules": {"capacity": {"metric": "workload"}},
        "objectives": {"fit": {"weight": 4}, "balance": {"weight": 2, "tolerance": 0.1}, "continuity": {"weight": 1}},
        "coverage": "required",
        "solve": {"time_limit": 20, "gap": 0, "workers": 1},
        **more,
    }


def prepared(customers: list[dict[str, Any]], reps: list[dict[str, Any]] = REPS, **more: Any) -> Prepared:
    return prepared_of(Tables.of(customers, reps), plan_of(**more))


@pytest.fixture(scope="module")
def run() -> Run:
    return solve_prepared(prepared(CUSTOMERS))


def changed(**by_id: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**c, **by_id.get(c["customer_id"], {})} for c in CUSTOMERS]


GROWN = changed(
    C1={"potential": 900.0, "workload": 2.5, "industry": "steel"}, C6={"industry": "food", "potential": 600.0}
)


def test_the_same_data_need_no_search(run):
    found = watch(run, prepared(CUSTOMERS))
    assert found.verdict == "unchanged" and list(found.choices) == ["keep"] and found.drift.same
    assert found.choices["keep"].terms["continuity"] == 100


@pytest.mark.parametrize("loss", [0.02, 0.12, 0.6])
def test_the_targeted_plan_is_the_best_of_all_by_money_and_its_bound_holds(run, loss):
    now = prepared(GROWN, disruption={"handover_loss": loss, "point": 0.004})
    found = watch(run, now)
    sales, _ = yearly_sales(now.plan, now.tables, now.plan.disruption)
    kept = keep(run, now.tables).rep
    people = [{**c, "current_rep": kept[c["customer_id"]]} for c in GROWN]
    tables = Tables.of(people, REPS)
    ids = [c["customer_id"] for c in GROWN]
    nets = []
    base = found.choices[found.baseline].score
    for reps in itertools.product(("R1", "R2"), repeat=len(ids)):
        checked = audit(
            tables, now.plan.period, now.plan.rules, now.plan.terms, dict(zip(ids, reps, strict=True)), True
        )
        if not checked.violations:
            moved = sum(s for s, c, r in zip(sales, ids, reps, strict=True) if r != kept[c])
            nets.append((checked.score - base) * 0.004 * sales.sum() - loss * moved)
    best = found.choices["targeted"]
    assert best.net == pytest.approx((max(nets), max(nets)), abs=0.001 * sales.sum() * 0.004)
    assert found.most >= max(nets) - 1e-6
    assert found.most == pytest.approx(max(nets), abs=0.01 * sales.sum() * 0.004)
    assert found.verdict == ("replan" if max(nets) > 1e-6 else "keep")
    assert best.moves == (sum(1 for c, r in assigned(best.run).items() if r != kept[c]))


def assigned(run: Run) -> dict[str, str]:
    return dict(zip(run.assignment["customer_id"], run.assignment["rep_id"], strict=True))


def test_what_a_hand_over_loses_decides(run):
    free, dear = (
        watch(run, prepared(GROWN, disruption={"handover_loss": loss, "point": [0.001, 0.004]})) for loss in (0, 1)
    )
    assert free.verdict == "replan" and dear.verdict == "keep"
    assert dear.choices["targeted"].moves == 0 and dear.most == pytest.approx(0, abs=1)
    between = watch(run, prepared(GROWN, disruption={"handover_loss": [0, 0.2], "point": 0.003}))
    assert between.verdict == "depends" and between.pays_from is not None


def test_a_rep_who_left_is_mended_without_moving_others(run):
    held = assigned(run)
    reps = [{**r, "active": r["rep_id"] != "R2"} if r["rep_id"] != "R3" else {**r, "active": True, "capacity": 40}
            for r in REPS]  # fmt: skip
    found = watch(run, prepared(CUSTOMERS, reps, disruption={"handover_loss": 1}))
    orphans = sum(r == "R2" for r in held.values())
    assert found.choices["keep"].unassigned == orphans and not found.choices["keep"].holds
    assert (found.baseline, found.verdict, found.best) == ("mend", "mend", "mend")
    mend = found.choices["mend"]
    assert (mend.moves, mend.forced, mend.unassigned) == (0, orphans, 0)
    assert all(assigned(mend.run)[c] == r for c, r in held.items() if r != "R2")
    for choice in found.choices.values():
        if choice.run is not None:
            assert not audit_again(choice.run).violations
    assert found.drift.left["rep_id"].tolist() == ["R2"] and found.drift.joined["rep_id"].tolist() == ["R3"]
    assert found.drift.left["customers"].tolist() == [orphans]


def test_what_changed_is_told_by_rep_team_and_territory(run):
    rows = [c for c in GROWN if c["customer_id"] != "C0"] + [{**CUSTOMERS[0], "customer_id": "N1", "current_rep": ""}]
    found = watch(run, prepared(rows)).drift
    held = assigned(run)
    assert found.gone["customer_id"].tolist() == ["C0"] and found.gone["rep"].tolist() == [held["C0"]]
    assert found.new["customer_id"].tolist() == ["N1"]
    assert found.cells == {("customers", "potential"): 2, ("customers", "workload"): 1, ("customers", "industry"): 2}
    shift = found.shifts.set_index(["by", "of", "metric"])
    assert shift.loc[("territory", "EMEA/DE", "potential"), "after"] == 100 + 900 + 300 + 400
    team = "A" if held["C1"] == "R1" else "B"
    assert shift.loc[("team", team, "potential"), "after"] - shift.loc[("team", team, "potential"), "before"] in {
        700, 600, 700 - 100, 600 - 100, 700 - 100 - 100, 700 - 200,
    }  # fmt: skip
    books = found.books[found.books["metric"] == "potential"].set_index("rep_id")
    assert books.loc[held["C1"], "now"] == "outside"
    assert set(found.drifted()["was"]) <= {"within"} and not found.same


def test_hand_overs_are_followed_up(run):
    held = assigned(run)
    moved = [c for c in CUSTOMERS if held[c["customer_id"]] != c["current_rep"]]
    stayed = [c for c in CUSTOMERS if held[c["customer_id"]] == c["current_rep"]]
    rows = [{**c, "current_rep": "R3"} if c is stayed[0] else c for c in CUSTOMERS]
    kept = keep(run, Tables.of(rows, REPS))
    assert (kept.as_planned, kept.pending, kept.elsewhere) == (
        len(stayed) - 1, len(moved), (stayed[0]["customer_id"],),
    )  # fmt: skip
    assert kept.rep == {**held, stayed[0]["customer_id"]: "R3"}


def test_impossible_now_is_said(run):
    heavy = [{**c, "workload": 9.0} for c in CUSTOMERS]
    found = watch(run, prepared(heavy))
    assert found.verdict == "impossible" and found.best is None


def test_yearly_sales_come_from_the_last_year_of_history_else_from_potential():
    past = [
        {"customer_id": "C0", "rep_id": "R1", "date": day, "outcome": outcome, "amount": 100}
        for day, outcome in (("2025-01-01", "won"), ("2026-01-02", "Closed Won"), ("2026-06-30", "won"),
                             ("2026-06-30", "lost"))
    ]  # fmt: skip
    ready = prepared(CUSTOMERS)
    tables = Tables.of(CUSTOMERS, REPS, past)
    sales, said = yearly_sales(ready.plan, tables, ready.plan.disruption)
    assert sales.tolist() == [200] + [0] * 6 and "2025-07-01 to 2026-06-30" in said
    sales, said = yearly_sales(ready.plan, ready.tables, ready.plan.disruption)
    assert np.allclose(sales, ready.tables.customers["potential"] * 365.25 / 92) and "potential" in said
    given = replace(ready.plan, disruption=ready.plan.disruption.model_copy(update={"sales": "revenu"}))
    with pytest.raises(InputError, match="no column of numbers 'revenu'"):
        yearly_sales(given, tables, given.disruption)


def test_a_range_is_one_number_or_two_in_order():
    with pytest.raises(InputError, match="from less to more"):
        prepared(CUSTOMERS, disruption={"handover_loss": [0.2, 0.1]})
