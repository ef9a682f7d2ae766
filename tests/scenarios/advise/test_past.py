"""Past periods are cut where they begin: nothing of what came after is known, and no plan made then depends on it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from scenarios.advise.backtest import solve_past
from scenarios.advise.logged import logged
from scenarios.advise.past import Past, cut, past_periods
from scenarios.plan.advise_spec import Advise
from scenarios.plan.period import parse_period, period_before, period_name
from scenarios.plan.plan import parse_plan
from solver.engine.solution import Options
from solver.tables import Tables

PLANNED = parse_period("2026-Q4")
PAST = parse_period("2026-Q2")
SOURCE: dict[str, Any] = {
    "period": "2026-Q4",
    "data": {"customers": {"source": "c.csv"}, "reps": {"source": "r.csv"}, "history": {"source": "h.csv"}},
    "rules": {"room": {"kind": "capacity", "metric": "customers", "limit": 4}},
    "objectives": {"continuity": {"weight": 1}, "balance": {"metric": "customers", "weight": 1}},
    "coverage": "required",
}


def tables(history: list[dict[str, Any]]) -> Tables:
    customers = [
        {"customer_id": f"C{k}", "potential": 100 + k, "current_rep": "R1", "tenure": 2.0 if k < 2 else 0.1,
         "pinned_rep": "R9" if k == 3 else "", "feedback": 9}
        for k in range(6)
    ]  # fmt: skip
    reps = [{"rep_id": "R1"}, {"rep_id": "R2"}, {"rep_id": "R3", "active": False}, {"rep_id": "R9", "active": False}]
    return Tables.of(customers, reps, history)


def row(customer: int, rep: str, day: str, **more: Any) -> dict[str, Any]:
    return {"customer_id": f"C{customer}", "rep_id": rep, "date": day, **more}


BEFORE = [
    row(2, "R2", "2026-01-10"), row(2, "R2", "2026-02-10"), row(2, "R1", "2026-03-30", feedback=4),
    row(3, "R3", "2026-03-01", outcome="lost", amount=50), row(4, "R2", "2025-05-01", outcome="won", amount=70),
    row(0, "R2", "2026-03-31"),
]  # fmt: skip
AFTER = [
    row(2, "R1", "2026-04-01", outcome="won", amount=500, feedback=10), row(4, "R3", "2026-05-01", outcome="lost"),
    row(5, "R1", "2026-06-30", outcome="open", amount=9), row(5, "R1", "2026-07-01", outcome="won", amount=9),
]  # fmt: skip


def test_what_was_known_then():
    past = cut("2026-Q2", PAST, PLANNED, tables(BEFORE + AFTER))
    known = past.known.customers.set_index("customer_id")
    # by tenure, by tenure, most rows of half a year, the only row, the last row however old, nobody yet
    assert known["current_rep"].tolist() == ["R1", "R1", "R2", "R3", "R2", ""]
    assert known["tenure"]["C0"] == pytest.approx(1.5, abs=0.01) and known["tenure"]["C2"] == pytest.approx(81 / 365.25)
    assert known["feedback"]["C2"] == 4 and pd.isna(known["feedback"]["C0"])
    assert known["pinned_rep"].tolist() == [""] * 6
    assert past.known.reps.set_index("rep_id")["active"].tolist() == [True, True, True, False]
    assert len(past.known.history) == len(BEFORE) and len(past.after) == 3
    assert past.known.history["date"].max() < pd.Timestamp("2026-04-01") <= past.after["date"].min()


def test_nothing_that_came_later_is_known_or_planned_by():
    """Whatever happens from the first day on, other reps, other outcomes, other money: known and plan stay the same."""
    other = [row(k, "R3", "2026-04-01", outcome="won", amount=10_000 * k, feedback=1) for k in range(6)]
    known: list[Tables] = []
    plans = []
    for later in (AFTER, other, []):
        past = cut("2026-Q2", PAST, PLANNED, tables(BEFORE + later))
        solved = solve_past(SOURCE, past.name, past.period, past.known, Options(5, 0, 1, 1))
        known.append(past.known)
        plans.append(solved.rep_of.tolist())
        outlook = logged([past], Advise()).outlook[0]
        assert outlook.level[4] > outlook.level[3]  # C4 bought for 70 before
    for one in known[1:]:
        for name in ("customers", "reps", "history"):
            assert_frame_equal(getattr(one, name), getattr(known[0], name))
    assert plans[0] == plans[1] == plans[2]


def test_periods_need_history_before_them_and_up_to_their_end():
    plan = parse_plan(SOURCE)
    history = [row(0, "R1", day) for day in ("2025-07-01", "2026-06-29")]
    found, notes = past_periods(plan, tables(history), lambda _: tables(history))
    assert [p.name for p in found] == ["2026-Q2", "2026-Q1", "2025-Q4"]
    assert notes == ["2026-Q3 is left out: history ends on 2026-06-29"]
    assert past_periods(plan, tables([]), lambda _: tables([])) == (
        [], ["the plan has no dated history, so no past period can be judged"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "before"),
    [("2026-Q1", "2025-Q4"), ("2026", "2025"), ("2026-H1", "2025-H2"), ("2026-03", "2026-02"),
     ("2026-01-05..2026-01-11", "2025-12-29..2026-01-04"), ("2026-02-01..2026-03-31", "2025-12-01..2026-01-31")],
)  # fmt: skip
def test_the_period_before(name, before):
    period = period_before(parse_period(name))
    assert period_name(period) == before and period.last + dt.timedelta(1) == parse_period(name).first


def test_units_are_decided_opportunities_else_customers():
    past = cut("2026-Q2", PAST, PLANNED, tables(BEFORE + AFTER))
    log = logged([past], Advise())
    assert (log.unit, log.customer.tolist(), log.rep.tolist(), log.sales.tolist()) == (
        "opportunity", [2, 4], [0, 2], [500, 0],
    )  # fmt: skip
    assert "1 rows still open" in log.notes[0]
    bought = [{**r, "outcome": "won"} for r in (*BEFORE, *AFTER)]
    log = logged([cut("2026-Q2", PAST, PLANNED, tables(bought))], Advise())
    assert log.unit == "customer" and log.customer.tolist() == [0, 1, 2, 3, 4, 5]
    assert log.sales.tolist() == [0, 0, 500, 0, 0, 9] and log.rep.tolist() == [0, 0, 0, 2, 2, 0]


def test_odds_add_up_and_favour_who_steps_in_there():
    rows = [row(k % 6, "R2" if k % 3 else "R3", "2026-05-01", outcome="lost") for k in range(60)]
    past: Past = cut("2026-Q2", PAST, PLANNED, tables(BEFORE + rows))
    log = logged([past], Advise())
    odds = log.odds[0]
    everybody = [odds.of(pd.RangeIndex(6).to_numpy(), pd.Index([rep] * 6).to_numpy()) for rep in range(4)]
    assert sum(everybody) == pytest.approx([1.0] * 6)
    assert odds.of(*(pd.Index([v]).to_numpy() for v in (0, 1))) > odds.of(*(pd.Index([v]).to_numpy() for v in (0, 3)))
