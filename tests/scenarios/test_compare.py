"""Comparisons against figures worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from scenarios.compare import capacity_use, compare, moves_cost
from scenarios.run.record import Run
from tests.scenarios.questions import small_run
from tests.scenarios.storing import make_run

IDS = ("aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc")


def run(number: int, scenario: str, reps: str, **result: Any) -> Run:
    """Five customers worth 2000.5, 3001 … 6002.5 … by their reps, ``.`` for none; R1 may carry 40 hours, R2 20."""
    made = make_run(1)
    potential = made.tables.customers["potential"].tolist()
    rows = [(f"C{i}", f"R{r}", "R1", "kept" if r == "1" else "chosen", 0.5, potential[i], 1.0, "")
            for i, r in enumerate(reps) if r != "."]  # fmt: skip
    books = made.tables.reps[["rep_id", "name", "team", "active"]].copy()
    for metric, amount in (("potential", potential), ("workload", [8.0] * 5)):
        books[metric] = [sum(a for a, r in zip(amount, reps, strict=True) if f"R{r}" == rep) for rep in books["rep_id"]]
        books[f"{metric}_before"] = [sum(amount), 0.0, 0.0]
        for edge in ("target", "low", "high", "min", "max"):
            books[f"{metric}_{edge}"] = math.nan
    books["workload_max"] = [40.0, 20.0, math.nan]
    return replace(
        made,
        id=IDS[number],
        scenario=scenario,
        result=made.result | {"changes": [], "metrics": {"assigned": len(rows)}} | result,
        assignment=pd.DataFrame(rows, columns=made.assignment.columns),
        books=books,
    )


def test_customers_and_reps_against_the_first():
    found = compare([run(0, "base", "11122"), run(1, "swap", "12122"), run(2, "less", "1212.")])
    assert [s.differ for s in found.sides] == [0, 1, 2]
    assert [s.differ_potential for s in found.sides] == [0, 2001.0, 2001.0 + 5002.5]
    assert found.customers[["customer_id", "base", "swap", "less"]].to_numpy().tolist() == [
        ["C4", "R2", "R2", ""], ["C1", "R1", "R2", "R2"],
    ]  # fmt: skip
    assert found.reps.set_index("rep_id").loc["R1"].tolist()[:3] == ["Ana", "", sum(1000.5 * n for n in range(1, 6))]
    assert found.gains("swap")[["rep_id", "change"]].to_numpy().tolist() == [["R1", -2001.0], ["R2", 2001.0]]
    assert found.gains("less")[["rep_id", "change"]].to_numpy().tolist() == [["R2", -3001.5], ["R1", -2001.0]]
    assert math.isnan(found.reps.set_index("rep_id").loc["R3", "base"]), "not active"


def test_capacity_use():
    assert capacity_use(run(0, "base", "11122")) == {
        "workload": {"used": 40 / 60, "highest": 0.8, "full": 0, "reps": 2}
    }
    assert capacity_use(run(0, "base", "1111."))["workload"]["highest"] == 0.8
    assert capacity_use(run(0, "base", "11111"))["workload"]["full"] == 1


def test_changes_that_all_share_are_left_out():
    alike = {"path": "solve.workers", "old": 2, "new": 1}
    own = {"path": "rules.moves.share", "old": 0.1, "new": 0.05}
    found = compare([run(0, "base", "11122", changes=[alike]), run(1, "x", "11122", changes=[alike, own])])
    assert [s.changes for s in found.sides] == [(), (own,)]


def test_a_run_without_a_plan_stands_beside_the_others():
    none = {"status": "infeasible", "score": None, "bound": None, "gap": None, "terms": {}}
    found = compare([run(0, "base", "11122"), run(1, "no", ".....", **none), run(2, "swap", "12122")])
    assert [s.has_plan for s in found.sides] == [True, False, True]
    assert found.customers["no"].tolist() == [None]
    entries = found.as_list(customers=True)
    assert (entries[1]["score"], entries[1]["differ"], entries[1]["reps"], entries[1]["customers"]) == (
        None,
        None,
        [],
        [],
    )
    assert entries[2]["customers"] == [
        {"customer_id": "C1", "rep_before": "R1", "rep_after": "R2", "potential": 2001.0}
    ]
    without = compare([run(1, "no", ".....", **none), run(2, "swap", "12122")])
    assert [s.differ for s in without.sides] == [0, 0]


def test_runs_of_one_name_are_told_apart():
    assert [s.name for s in compare([run(0, "base", "11122"), run(1, "base", "11122")]).sides] == [
        f"base ({IDS[0]})", f"base ({IDS[1]})",
    ]  # fmt: skip


def test_whether_scores_measure_the_same():
    def weighed(number: int, **weights: float) -> Run:
        return run(
            number, str(number), "11122", terms={n: {"kind": n, "score": 50.0, "weight": w} for n, w in weights.items()}
        )

    assert compare([weighed(0, fit=1, continuity=2), weighed(1, fit=2, continuity=4, travel=0)]).same_weights
    assert not compare([weighed(0, fit=1, continuity=2), weighed(1, fit=1, continuity=3)]).same_weights


def test_nothing_to_compare():
    with pytest.raises(ValueError, match="no runs"):
        compare([])


def test_what_hand_overs_cost_is_a_share_of_a_years_sales():
    solved = small_run(1)
    moved = solved.assignment[solved.assignment["moved"].isin(["chosen", "forced"])]
    year = 365.25 / 92 * moved["potential"].sum()  # no history: the quarter's potential, for a year
    assert year > 0
    assert moves_cost(solved) == pytest.approx((0.13 * year, 0.18 * year), rel=1e-6)
    (side,) = compare([solved]).as_list()
    assert side["moves_cost"] == pytest.approx([0.13 * year, 0.18 * year], rel=1e-6)
    metrics = {k: v for k, v in solved.result["metrics"].items() if k != "handover"}
    old = replace(solved, result=solved.result | {"metrics": metrics})
    assert moves_cost(old) == moves_cost(solved), "worked out anew"
    assert moves_cost(replace(old, plan={"odd": 1})) is None
