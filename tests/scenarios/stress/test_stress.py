"""Draws against what can be reckoned, the same draws for the same seed, and the robust rule held against them."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import numpy as np
import pytest

from scenarios.run.record import Run
from scenarios.run.run import solve_prepared
from scenarios.stress.futures import Futures
from scenarios.stress.stress import Chance, Stress, stress
from solver.problems import InputError
from solver.tables import Tables
from tests.scenarios.questions import prepared_of

N = 40


def company(spread: float | None = 0.25, **rules: Any) -> Run:
    """Forty customers with hours and money, four reps with room for a fifth more than their part."""
    rng = Random(3)
    customers = [
        {"customer_id": f"C{j:02d}", "workload": rng.choice((3, 6, 12)), "potential": rng.choice((10, 20, 90)),
         "segment": ("mid", "small")[j % 2], "workload_spread": spread, "potential_spread": spread}
        for j in range(N)
    ]  # fmt: skip
    part = sum(c["workload"] for c in customers) / 4
    reps = [{"rep_id": f"R{i}", "capacity": round(1.2 * part)} for i in range(4)]
    source = {
        "period": "2026-Q4",
        "data": {"customers": {"source": "c.csv"}, "reps": {"source": "r.csv"}},
        "rules": {"capacity": {}, **rules},
        "objectives": {
            "balance_potential": {"kind": "balance", "tolerance": 0.2},
            "balance": {"metric": "workload", "weight": 0},
        },
        "coverage": "required",
        "solve": {"time_limit": 5, "gap": 0.5, "workers": 1},
    }
    return solve_prepared(prepared_of(Tables.of(customers, reps), source))


@pytest.fixture(scope="module")
def plain() -> Run:
    return company()


def check(found: Stress, name: str) -> Any:
    return next(c for c in found.checks if c.name == name)


def test_the_interval_of_a_chance_is_wilsons():
    # Brown, Cai and DasGupta (2001) give the formula; 0 of 10 and 5 of 10 at 95 %.
    assert (Chance.of(0, 10).low, round(Chance.of(0, 10).high, 4)) == (0, 0.2775)
    half = Chance.of(5, 10)
    assert (round(half.low, 4), half.share, round(half.high, 4)) == (0.2366, 0.5, 0.7634)
    assert Chance.of(10, 10).high == 1


@pytest.mark.parametrize(("by", "correlation"), [("", 0.5), ("segment", 0.4), ("all", 1.0)])
def test_what_is_drawn_is_what_is_reckoned(plain: Run, by: str, correlation: float):
    found = stress(plain, 4000, 7, by=by, correlation=correlation)
    for rep in check(found, "capacity").reps:
        off = math.sqrt(rep.exact * (1 - rep.exact) / 4000)
        assert abs(rep.chance.share - rep.exact) <= 4 * off + 1e-3


def test_the_chance_of_one_rep_by_hand(plain: Run):
    rep = check(stress(plain, 10), "capacity").reps[0]
    held = plain.assignment[plain.assignment["rep_id"] == rep.rep_id]["workload"]
    z = (rep.high - held.sum()) / (0.25 * math.sqrt((held**2).sum()))
    assert rep.exact == pytest.approx(0.5 * (1 + math.erf(z / math.sqrt(2))))
    assert rep.load == held.sum()


def test_going_together_is_riskier_for_a_full_book(plain: Run):
    alone = {r.rep_id: r.exact for r in check(stress(plain, 10), "capacity").reps}
    together = {r.rep_id: r.exact for r in check(stress(plain, 10, by="all", correlation=0.8), "capacity").reps}
    assert all(together[r] < alone[r] for r in alone)


def test_bands_move_with_the_total_that_is_drawn(plain: Run):
    # When everything grows alike nobody leaves the band, however much it grows.
    found = stress(plain, 500, by="all", correlation=1.0)
    planned = {r.rep_id: r.low <= r.load <= r.high for r in check(found, "balance_potential").reps}
    for rep in check(found, "balance_potential").reps:
        assert rep.chance.share == (1.0 if planned[rep.rep_id] else 0.0)
    assert check(found, "balance_potential").all_reps.share == float(all(planned.values()))


def test_the_same_seed_draws_the_same_and_another_does_not(plain: Run):
    assert stress(plain, 200, 5).as_dict() == stress(plain, 200, 5).as_dict()
    assert stress(plain, 200, 5).checks != stress(plain, 200, 6).checks


@pytest.mark.parametrize("distribution", ["normal", "lognormal", "uniform"])
def test_every_distribution_keeps_mean_spread_and_correlation(distribution: Any):
    amount, spread = np.array([10.0, 10.0, 4.0]), np.array([0.3, 0.3, 0.1])
    group = np.array([0, 0, 1])
    drawn = Futures(amount, spread, group, 0.5, 1, "workload", distribution).draw(40_000)
    assert drawn.mean(axis=0) == pytest.approx(amount, rel=0.01)
    assert drawn.std(axis=0) / amount == pytest.approx(spread, rel=0.03)
    together = np.corrcoef(drawn.T)
    assert together[0, 1] == pytest.approx(0.5, abs=0.03) and together[0, 2] == pytest.approx(0, abs=0.03)
    assert (drawn > 0).all() or distribution == "normal"


def test_what_is_drawn_does_not_depend_on_how_many_at_once():
    def futures() -> Futures:
        return Futures(np.ones(5), np.full(5, 0.2), np.array([0, 0, 1, 1, 2]), 0.5, 3, "workload", "normal")

    apart = futures()
    assert np.array_equal(futures().draw(7), np.vstack([apart.draw(3), apart.draw(4)]))


@pytest.mark.parametrize(("correlation", "level"), [(0.0, 0.9), (0.2, 0.75)])
def test_a_robust_plan_has_the_chance_it_was_asked_for(plain: Run, correlation: float, level: float):
    assert min(r.exact for r in check(stress(plain, 10, by="all", correlation=correlation), "capacity").reps) < level
    robust = company(robust={"level": level, "correlation": correlation})
    assert robust.result["status"] in {"optimal", "feasible"}
    found = stress(robust, 2000, by="all", correlation=correlation)
    for name in ("capacity", "robust"):
        assert min(r.exact for r in check(found, name).reps) >= level
        assert min(r.chance.high for r in check(found, name).reps) >= level


def test_a_level_out_of_reach_is_impossible_and_says_so():
    run = company(robust={"level": 0.9999, "correlation": 1})
    assert run.result["status"] == "infeasible"
    assert any("robust" in str(f) for f in run.result["findings"])


def test_empty_cells_take_what_is_given_and_the_rest_is_said(plain: Run):
    bare = company(None)
    with pytest.raises(InputError, match="no customer has a spread"):
        stress(bare)
    given = stress(bare, 50, given={"workload": 0.25})
    assert check(given, "capacity").reps[0].exact == check(stress(plain, 50), "capacity").reps[0].exact
    assert {c.metric for c in given.checks} == {"workload"} and given.spread == {"workload": pytest.approx(0.25)}


def test_normal_draws_below_zero_are_said(plain: Run):
    assert any("below 0" in n for n in stress(company(0.5), 10).notes)
    assert not any("below 0" in n for n in stress(plain, 10).notes)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"by": "segmnt"}, "did you mean segment"),
        ({"given": {"worklod": 0.1}}, "did you mean workload"),
        ({"given": {"workload": 20}}, "0.2 for 20 %"),
    ],
)
def test_what_cannot_be_drawn_is_refused(plain: Run, asked: dict[str, Any], said: str):
    with pytest.raises(InputError) as error:
        stress(plain, 10, **asked)
    assert said in error.value.problems[0].line()


def test_stopped_draws_count(plain: Run):
    found = stress(plain, 1000, cancelled=lambda: True)
    assert 0 < found.draws < 1000 and "stopped after" in found.notes[-1]
