"""What hand-overs lose: found in history where it shows, declared elsewhere, and less with a rep who knows the industry."""

from __future__ import annotations

import datetime as dt
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from scenarios.plan.plan import parse_plan
from scenarios.run.handover_risk import _resampled, risk, shown
from solver.tables import Interaction, Tables, frame

BEFORE = dt.date(2026, 10, 1)


def history(loss: float, movers: int, noise: float = 0.02, seed: int = 1) -> pd.DataFrame:
    """Two years of monthly purchases of 300 customers; the first `movers` get another rep after a year and buy less."""
    rng = np.random.default_rng(seed)
    rows = []
    for j in range(300):
        size = rng.lognormal(3, 0.5)
        for month in range(24):
            date = dt.date(2024 + (9 + month) // 12, (9 + month) % 12 + 1, 5)
            moved = j < movers and month >= 12
            amount = (
                size * (1 + noise * rng.standard_normal()) * (1 - loss if moved else 1) * (1.1 if month >= 12 else 1)
            )
            rows.append({"customer_id": f"C{j}", "rep_id": "R2" if moved else "R1", "date": date, "outcome": "Won",
                         "amount": round(amount, 2)})  # fmt: skip
    return frame(Interaction, (Interaction.model_validate(r) for r in rows))


def test_a_loss_that_is_there_is_measured_against_those_that_stayed() -> None:
    found = shown(history(0.2, 100), BEFORE)
    assert (found.moved, found.stayed) == (100, 200)
    assert found.loss == pytest.approx(0.2, abs=0.01)
    assert found.low is not None and found.high is not None and found.low < 0.2 < found.high
    assert found.of_use


@pytest.mark.parametrize(("movers", "noise"), [(10, 0.02), (60, 6.0)])
def test_too_few_or_too_uneven_is_of_no_use(movers: int, noise: float) -> None:
    found = shown(history(0.2, movers, noise), BEFORE)
    assert found.moved <= movers
    assert not found.of_use


def test_the_interval_takes_little_memory_and_is_that_of_all_samples_at_once() -> None:
    many = 20_000  # a thousand samples of them at once are 160 MB, and their amounts as much again
    above, below = (np.random.default_rng(s).lognormal(3, 0.5, many) for s in (1, 2))
    tracemalloc.start()
    try:
        _resampled(above, below, np.random.default_rng(1))
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    few_above, few_below = above[:50], below[:50]
    pick = np.random.default_rng(1).integers(0, 50, (1_000, 50))
    at_once = few_above[pick].sum(axis=1) / few_below[pick].sum(axis=1)
    assert _resampled(few_above, few_below, np.random.default_rng(1)) == pytest.approx(at_once)


def test_what_comes_later_is_not_looked_at() -> None:
    rows = history(0.2, 100)
    late = rows.assign(date=BEFORE, amount=1e6)
    late["date"] = pd.to_datetime(late["date"]).astype("datetime64[s]")
    assert shown(pd.concat([rows, late], ignore_index=True), BEFORE) == shown(rows, BEFORE)


def plan_and_tables(loss: float | None):
    source = {"period": "2026-Q4", "data": {"customers": {"source": "c.csv"}, "reps": {"source": "r.csv"}}}
    customers = [
        {"customer_id": f"C{j}", "industry": "Medical" if j % 2 else "retail", "potential": 250} for j in range(4)
    ]
    tables = Tables.of(customers, [{"rep_id": "R1"}, {"rep_id": "R2", "industries": "medical"}])
    if loss is not None:
        tables = Tables(tables.customers, tables.reps, history(loss, 100))
    moved = pd.DataFrame({"customer_id": ["C0", "C1", "C2", "C3"], "rep_id": ["R2", "R2", "R1", "R2"],
                          "moved": ["chosen", "forced", "kept", "new"]})  # fmt: skip
    return parse_plan(source), tables, moved


def test_a_plan_loses_less_with_reps_who_know_the_industry() -> None:
    found = risk(*plan_and_tables(None))
    assert found is not None
    yearly = 250 * 365.25 / 92
    assert (found["customers"], found["known"]) == (2, 1)
    assert found["sales"] == pytest.approx(2 * yearly)
    assert found["loss"] == pytest.approx(yearly * (0.13 + 0.18))
    assert (found["low"], found["high"]) == (pytest.approx(0.26 * yearly), pytest.approx(0.36 * yearly))
    assert found["source"].startswith("declared")


def test_the_plans_own_words_for_a_sale_are_counted() -> None:
    plan, tables, moved = plan_and_tables(0.3)
    own = Tables(tables.customers, tables.reps, tables.history.assign(outcome="gewonnen"))
    german = parse_plan({**plan.source, "learn": {"won": ["Gewonnen"]}})
    assert risk(german, own, moved) == risk(plan, tables, moved)
    assert risk(plan, own, moved) != risk(plan, tables, moved)


def test_what_history_shows_takes_the_place_of_what_is_declared() -> None:
    found = risk(*plan_and_tables(0.3))
    assert found is not None
    assert found["source"] == "measured: 100 hand-overs in history"
    assert found["shares"] == pytest.approx([0.275, 0.325], abs=0.01)
