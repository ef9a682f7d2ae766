"""Eighteen months of calls, meetings, opportunities and feedback, with the hidden affinity in who wins."""

from __future__ import annotations

import datetime as dt
import math
import random

from scenarios.example.customers import TODAY, Customer
from scenarios.example.people import REPS, Affinity

FIRST = dt.date(2025, 4, 1)
_FIRST_MONDAY = FIRST - dt.timedelta(FIRST.weekday())
COLUMNS = ["customer_id", "rep_id", "date", "kind", "outcome", "amount", "feedback"]

#: How many a week: contacts, opportunities.
_RATES = {"enterprise": (0.30, 0.075), "mid": (0.17, 0.045), "small": (0.095, 0.025)}
_BASE = -0.35
_NOISE = 0.25
_LAST_DAY = {r.rep_id: dt.date.fromisoformat(r.end_date) if r.end_date else TODAY for r in REPS}


def make_history(seed: int, customers: list[Customer], affinity: Affinity) -> list[dict[str, object]]:
    """Make the rows of ``history.csv`` by date, and set each customer's last feedback from them."""
    rng = random.Random(f"{seed}: history")  # noqa: S311
    rows: list[dict[str, object]] = []
    for c in customers:
        contacts, opportunities = _RATES[c.segment]
        for week in range((TODAY - _FIRST_MONDAY).days // 7 + 1):
            day = _FIRST_MONDAY + dt.timedelta(7 * week + rng.randrange(5))
            if not FIRST <= day <= TODAY:
                continue
            if rng.random() < contacts:
                kind = "call" if rng.random() < 0.65 else "meeting"
                outcome = rng.choice(("reached", "reached", "no answer")) if kind == "call" else "held"
                rows.append(_row(c, _who(rng, c, day), day, kind, outcome))
            if rng.random() < opportunities:
                rows.append(_opportunity(rng, c, _who(rng, c, day), day, affinity))
            if rng.random() < opportunities / 3:
                rep = _who(rng, c, day)
                liking = affinity.values.get((rep, c.industry), 0.0)
                score = min(10, max(1, round(7.2 + 0.7 * liking + rng.gauss(0, 1.3))))
                rows.append({**_row(c, rep, day, "feedback", ""), "feedback": score})
                c.feedback = score
    rows.sort(key=lambda r: (str(r["date"]), str(r["customer_id"]), str(r["kind"])))
    return rows


def _who(rng: random.Random, c: Customer, day: dt.date) -> str:
    """Return the rep of the day: the one in charge then, at times a colleague who stands in."""
    rep = c.current_rep if c.since and day >= c.since else c.earlier_rep
    gone = rep in _LAST_DAY and day > _LAST_DAY[rep]
    if not rep or gone or rng.random() < 0.12:
        there = [r for r in REPS if r.pull and r.covers(c.territory.path) and _LAST_DAY[r.rep_id] >= day]
        rep = rng.choice(there).rep_id
    return rep


def _row(c: Customer, rep: str, day: dt.date, kind: str, outcome: str) -> dict[str, object]:
    return {
        "customer_id": c.customer_id, "rep_id": rep, "date": day.isoformat(), "kind": kind, "outcome": outcome,
        "amount": "", "feedback": "",
    }  # fmt: skip


def _opportunity(rng: random.Random, c: Customer, rep: str, day: dt.date, affinity: Affinity) -> dict[str, object]:
    """Return one, still open where it began late; won by the odds of base, affinity and a little luck."""
    amount = max(100, round(c.potential * rng.lognormvariate(-0.25, 0.4) / 100) * 100)
    odds = _BASE + affinity.values[rep, c.industry] + rng.gauss(0, _NOISE)
    won = rng.random() < 1 / (1 + math.exp(-odds))
    still_open = (TODAY - day).days < 60 and rng.random() < 0.6
    return {**_row(c, rep, day, "opportunity", "open" if still_open else "won" if won else "lost"), "amount": amount}
