"""Figures move towards what was seen as far as that is credible, and stay where it is chance."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.advise.credibility import credible, updates
from scenarios.plan.plan import parse_plan
from solver.tables import Tables


def simulated(seed: int, between: float, periods: int = 6, n: int = 300):
    rng = np.random.default_rng(seed)
    planned = rng.uniform(50, 200, n)
    level = np.maximum(0.05, 1 + between * rng.normal(size=n))
    seen = rng.poisson(np.repeat((0.05 * planned * level)[:, None], periods, axis=1)).astype(float)
    return planned, level, seen


def test_it_beats_both_the_plan_and_the_raw_figures():
    planned, level, seen = simulated(1, 0.25)
    found = credible(seen, np.ones(seen.shape, dtype=bool), planned)
    raw = seen.mean(axis=1) / planned / (seen.sum() / (planned.sum() * seen.shape[1]))
    errors = [float(np.mean((guess - level / level.mean()) ** 2)) for guess in (found.level, raw, np.ones(len(level)))]
    assert errors[0] < 0.9 * min(errors[1:])
    inside = np.abs(found.level - level / level.mean()) <= 1.645 * found.error
    assert 0.85 <= inside.mean() <= 0.95  # of 300 at 90 %


def test_the_formula_by_hand():
    """Two customers of figure 1 and 3, two periods: the unbiased estimators of Bühlmann and Straub by hand."""
    seen, planned = np.array([[4.0, 6.0], [3.0, 6.0]]), np.array([1.0, 3.0])
    # weights 2 and 6; own ratios 5 and 1.5; mean 19 / 8
    within = ((4 - 5) ** 2 + (6 - 5) ** 2 + 3 * (1 - 1.5) ** 2 + 3 * (2 - 1.5) ** 2) / 2
    between = (2 * (5 - 19 / 8) ** 2 + 6 * (1.5 - 19 / 8) ** 2 - within) / (8 - (4 + 36) / 8)
    z = np.array([2, 6]) / (np.array([2, 6]) + within / between)
    centre = (z * [5, 1.5]).sum() / z.sum()
    found = credible(seen, np.ones((2, 2), dtype=bool), planned)
    assert found.weight == pytest.approx(z)
    assert found.level == pytest.approx(1 + z * (np.array([5, 1.5]) / centre - 1))


def test_chance_alone_changes_nearly_nothing():
    changed = 0
    for seed in range(10):
        planned, _, seen = simulated(seed, 0.0)
        found = credible(seen, np.ones(seen.shape, dtype=bool), planned)
        changed += int((np.abs(found.level - 1) > 1.645 * found.error)[found.weight > 0].sum())
    assert changed <= 30  # of 3,000


def test_updates_of_a_plan_name_their_evidence_and_are_an_override():
    customers = [{"customer_id": f"C{k}", "potential": 100.0, "workload": 1.0 + k % 2} for k in range(40)]
    customers[1]["potential"] = 101.0
    history = [
        {"customer_id": f"C{k}", "rep_id": "R1", "date": f"{day}", "outcome": "won", "amount": 60 if k < 4 else 20}
        for k in range(39)
        for day in ("2025-10-03", "2026-02-03", "2026-05-04", "2026-09-25")
    ]
    source = {
        "period": "2026-Q4",
        "data": {name: {"source": f"{name}.csv"} for name in ("customers", "reps", "history")},
        "objectives": {"balance": {}},
    }
    plan = parse_plan(source)
    found = updates(plan, Tables.of(customers, [{"rep_id": "R1"}], history), plan.advise)
    potential = found.table[found.table["figure"] == "potential"].set_index("customer_id")
    assert {"C0", "C1", "C2", "C3"} <= set(potential.index)
    assert found.looked_at == {"potential": 39, "workload": 39}  # C39 has no history
    top = potential.loc["C0"]
    assert top["updated"] > 200 and top["low"] > 100 and (top["seen"], top["periods"]) == (60, 4)
    assert top["expected"] == pytest.approx((4 * 60 + 35 * 20) / 39 * 100 / (3901 / 39), rel=1e-3)
    assert found.override()["customers"]["C0"]["potential"] == top["updated"]
    derived = parse_plan(source | {"data": source["data"] | {"derive": {"potential": {"from": "history"}}}})
    assert "derives potential from history" in updates(derived, Tables.of(customers, [{"rep_id": "R1"}], history),
                                                       plan.advise).notes[0]  # fmt: skip


def test_a_season_hides_no_customer_and_makes_none():
    """All buy six times as much in the third quarter; a third came with it; of the others eight buy half as much again."""
    rng = np.random.default_rng(5)
    customers = [{"customer_id": f"C{k}", "potential": float(p)} for k, p in enumerate(rng.uniform(50, 150, 120))]
    days = {"2025-10-03": 1, "2026-01-05": 1, "2026-04-03": 1, "2026-06-30": 0, "2026-09-29": 6}
    history = []
    for k, customer in enumerate(customers):
        for day, season in days.items():
            if k >= 80 and day < "2026-06-30":
                continue
            amount = season * customer["potential"] * rng.lognormal(-0.005, 0.1) * (1.5 if k < 8 else 1)
            history.append({"customer_id": f"C{k}", "rep_id": "R1", "date": day, "outcome": "won", "amount": amount})
    source = {"period": "2026-Q4", "data": {n: {"source": f"{n}.csv"} for n in ("customers", "reps", "history")},
              "objectives": {"balance": {}}}  # fmt: skip
    plan = parse_plan(source)
    found = updates(plan, Tables.of(customers, [{"rep_id": "R1"}], history), plan.advise)
    number = found.table["customer_id"].str.slice(1).astype(int)
    assert found.looked_at["potential"] == 120
    assert set(range(8)) <= set(number)
    assert (number >= 80).sum() <= 6
    large = found.table.set_index("customer_id").loc["C0"]
    assert large["seen"] / large["expected"] == pytest.approx(1.5, rel=0.1)
