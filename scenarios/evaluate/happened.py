"""What happened in a plan's period: which of the rows given are of it, until which day, and whether they tell sales."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from scenarios.plan.period import slack
from scenarios.plan.plan import Plan
from scenarios.run.sales import is_outcome
from scenarios.sources.derive import outcomes_there
from scenarios.sources.history import repeated
from solver.problems import InputError, Problem, shorten
from solver.sentences import Sentence, sentence, sentence_n
from solver.tables import Period

#: How much longer than any before it a silence up to the period's end must be to say that the rows stop before it, and
#: on how many days there must be rows: with fewer they are sums, dated anyhow.
SILENCE, FEWEST_DAYS = 3, 5


@dataclass(frozen=True)
class Happened:
    """The rows of a period.

    Attributes
    ----------
    rows : those dated in the period and of customers of the plan.
    until : the period's last day, or the last that the rows show.
    notes : what is left out, counted with care, or reckoned for a part of the period.
    """

    rows: pd.DataFrame
    until: dt.date
    notes: tuple[Sentence, ...]


def happened(plan: Plan, customers: pd.Series[Any], actuals: pd.DataFrame) -> Happened:
    """Choose the rows that are of a plan's period and of its customers, given by id.

    Raises
    ------
    InputError
        There are none, or they do not tell what was sold: none has an outcome, or no sale has an amount.
    """
    period = plan.period
    inside = (actuals["date"] >= pd.Timestamp(period.first)) & (actuals["date"] <= pd.Timestamp(period.last))
    known = actuals["customer_id"].isin(customers)
    rows = actuals[inside & known]
    if not len(rows):
        raise InputError([_nothing_of(plan, actuals, inside)])
    until = _seen_until(period, rows["date"])
    left = (
        (int((~inside).sum()), sentence("not dated from {first} to {last}", first=period.first, last=period.last)),
        (int((inside & ~known).sum()), sentence("of customers that are not in the plan")),
    )
    notes = [
        sentence_n("{n} row left out: {why}", "{n} rows left out: {why}", n, why=why) for n, why in left if n
    ]  # fmt: skip
    notes += _sold(plan, rows)
    if until < period.last:
        notes.append(
            sentence("the rows of the period end on {day}: potential and quotas are counted for {seen_n} of the "
                     "{all_n} days until then, and sales held against the same days a year before", day=until,
                     seen_n=(until - period.first).days + 1, all_n=period.days)
        )  # fmt: skip
    return Happened(rows, until, tuple(notes))


def _sold(plan: Plan, rows: pd.DataFrame) -> list[Sentence]:
    """What is to be said of how the rows tell sales."""
    outcomes = rows["outcome"][rows["outcome"] != ""]
    words = ", ".join(repr(shorten(w, 30)) for w in plan.learning.won)
    if not len(outcomes):
        message = f"no row of the period has an outcome, so what was sold is not known; {len(rows):,} rows are of it"
        fix = "fill the column outcome of the file"
        raise InputError([Problem("no_outcome", message, column="outcome", expected=words, fix=fix)])
    won = rows[is_outcome(rows["outcome"], *plan.learning.won)]
    if not len(won):
        return [
            sentence("no row of the period has the outcome {words}, so nothing counts as sold; there are: {there}; "
                     "the plan says which are a sale: {setting}", words=words, there=outcomes_there(outcomes),
                     setting="learn: {won: [...]}")
        ]  # fmt: skip
    free, notes = int(won["amount"].isna().sum()), []
    if not won["amount"].fillna(0.0).any():
        message = f"no sale of the period has an amount, so what was sold is not known; {len(won):,} rows are sales"
        fix = "fill the column amount of the file"
        raise InputError([Problem("no_amount", message, column="amount", expected="money", fix=fix)])
    if free:
        notes.append(
            sentence_n("{n} sale has no amount and counts as nothing", "{n} sales have no amount and count as nothing",
                       free)
        )  # fmt: skip
    twice = len(repeated(rows))
    if twice:
        notes.append(
            sentence_n("{n} row is the same as another in every column; it is counted too",
                       "{n} rows are the same as others in every column; they are counted too", twice)
        )  # fmt: skip
    return notes


def _seen_until(period: Period, dates: pd.Series[Any]) -> dt.date:
    """Return the period's last day; or the last day with a row, where the rows stop well before the period does."""
    days = [period.first, *(d.date() for d in dates.drop_duplicates().sort_values())]
    if len(days) <= FEWEST_DAYS:
        return period.last
    before = max(late - early for early, late in pairwise(days))
    rest = period.last - days[-1]
    return days[-1] if rest > slack(period) and rest > SILENCE * before else period.last


def _nothing_of(plan: Plan, actuals: pd.DataFrame, inside: pd.Series[bool]) -> Problem:
    """Why there is nothing to evaluate by."""
    days = f"{plan.period.first} to {plan.period.last}"
    dates = actuals["date"].dropna()
    if not len(actuals):
        return Problem("no_actuals", "the file of what happened holds no rows", expected=f"rows dated {days}")
    if inside.any():
        there = ", ".join(shorten(c, 30) for c in actuals["customer_id"][inside].drop_duplicates()[:3])
        message = f"no row of the period is of a customer of the plan; there are rows of {there}"
        return Problem("no_actuals", message, expected="the plan's customer_id")
    has = f"they are dated {dates.min().date()} to {dates.max().date()}" if len(dates) else "none has a date"
    message = f"no row of what happened is of the plan's period {plan.period_name}: {has}"
    fix = "evaluate the run of that period" if len(dates) else "say which column it is: data.history.columns: {date: …}"
    return Problem("no_actuals", message, expected=f"rows dated {days}", fix=fix)
