"""What was known at the start of a past period, and what came after: history is cut there, so nothing looks ahead.

Files say how things are now. What they hold that has a date is set back: who looked after a customer, for how long, its
last feedback, which reps were there; and, where the plan derives it from history, the potential. What has no date
(industry, territory, skills, a potential written in the file) is taken as it is now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from scenarios.plan.period import period_before, period_name, slack
from scenarios.plan.plan import Plan
from scenarios.sources.derive import DAYS_A_YEAR
from solver.problems import InputError
from solver.tables import DECIMALS, Period, Tables, presence

#: Days without a row of history after which a rep marked inactive counts as gone already.
_SILENT = 90
#: Days in which whoever has most rows with a customer is taken for its rep.
_OWNED = 180


@dataclass(frozen=True)
class Past:
    """One past period.

    Attributes
    ----------
    name, period : which.
    known : the tables as they were known at its start: history holds earlier rows only.
    after : history of the period itself.
    """

    name: str
    period: Period
    known: Tables
    after: pd.DataFrame


#: Reads the plan's tables as of a period; history from its first day on is used for nothing but the history itself.
Read = Callable[[Period], Tables]


def past_periods(plan: Plan, now: Tables, read: Read) -> tuple[list[Past], list[str]]:
    """Return the past periods that can be judged, the latest first, and notes on those that cannot.

    A period needs as much history before it as it is long, and history that reaches its end.

    Parameters
    ----------
    now : the tables as of the plan's own period.

    Raises
    ------
    InputError
        There is no history to judge by.
    """
    dates = now.history["date"].dropna()
    if not len(dates):
        return [], ["the plan has no dated history, so no past period can be judged"]
    first, last = dates.min().date(), dates.max().date()
    found: list[Past] = []
    notes: list[str] = []
    period = period_before(plan.period)
    while len(found) < plan.advise.periods and period.first - _days(period.days) >= first - slack(period):
        name = period_name(period)
        if last < period.last - slack(period):
            notes.append(f"{name} is left out: history ends on {last}")
        else:
            try:
                found.append(cut(name, period, plan.period, read(period)))
            except InputError as error:
                notes.append(f"{name} is left out: {error}")
        period = period_before(period)
    if not found:
        notes.append(
            f"history from {first} to {last} holds no past period of {plan.period.days} days with as much before it"
        )
    return found, notes


def _days(count: int) -> dt.timedelta:
    return dt.timedelta(days=count)


def cut(name: str, period: Period, planned: Period, tables: Tables) -> Past:
    """Return a past period from tables that were read as of it.

    Parameters
    ----------
    planned : the period the files are for: tenure is as of its start.
    """
    dates = tables.history["date"]
    start, end = pd.Timestamp(period.first), pd.Timestamp(period.last)
    before = tables.history[dates < start].reset_index(drop=True)
    after = tables.history[(dates >= start) & (dates <= end)].reset_index(drop=True)
    reps = _reps(tables, before, period)
    customers = _customers(tables.customers, before, reps, period, planned)
    return Past(name, period, Tables(customers, reps, before), after)


def _reps(tables: Tables, before: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Reps marked inactive now count as active if they were at work shortly before the period."""
    recent = before[before["date"] >= pd.Timestamp(period.first - _days(_SILENT))]
    at_work = tables.reps["rep_id"].isin(set(recent["rep_id"]))
    return tables.reps.assign(active=tables.reps["active"].astype(bool) | at_work)


def _customers(
    now: pd.DataFrame, before: pd.DataFrame, reps: pd.DataFrame, period: Period, planned: Period
) -> pd.DataFrame:
    """Current rep, tenure, feedback and pins as of the period's start."""
    elapsed = (planned.first - period.first).days / DAYS_A_YEAR
    had = now["tenure"].to_numpy(dtype=np.float64)
    same = (had >= elapsed) & (now["current_rep"] != "").to_numpy()  # the tenure says since when
    owner = _owners(before, period)
    then = now["customer_id"].map(owner).fillna("").to_numpy(dtype=object)
    current = np.where(same, now["current_rep"].to_numpy(dtype=object), then)
    with_rep = before[before["date"].notna()].groupby(["customer_id", "rep_id"], sort=False)["date"].min().to_dict()
    start = pd.Timestamp(period.first)
    since = np.array(
        [
            (start - day).days / DAYS_A_YEAR if (day := with_rep.get((c, r))) is not None else np.nan
            for c, r in zip(now["customer_id"], current, strict=True)
        ]
    )
    told = before[before["feedback"].notna() & before["date"].notna()].sort_values("date", kind="stable")
    feedback = now["customer_id"].map(told.groupby("customer_id")["feedback"].last())
    there = set(reps["rep_id"][reps["active"].to_numpy(dtype=bool) & (presence(_only(reps), period) > 0)])
    pinned = now["pinned_rep"].where(now["pinned_rep"].isin(there), "")
    return now.assign(
        current_rep=pd.Series(current, index=now.index, dtype="object"),
        tenure=np.round(np.where(same, had - elapsed, since), DECIMALS),
        feedback=feedback.astype("float64"),
        pinned_rep=pinned.astype("object"),
    )


def _only(reps: pd.DataFrame) -> Tables:
    return Tables(reps.head(0), reps, reps.head(0))


def _owners(before: pd.DataFrame, period: Period) -> dict[str, str]:
    """Who looked after each customer: most rows in the last half-year, else whoever had the last row."""
    rows = before[(before["rep_id"] != "") & before["date"].notna()]
    recent = rows[rows["date"] >= pd.Timestamp(period.first - _days(_OWNED))]
    counted = recent.groupby(["customer_id", "rep_id"], as_index=False, sort=False).agg(
        rows=("date", "size"), latest=("date", "max")
    )
    last = rows.groupby(["customer_id", "rep_id"], as_index=False, sort=False).agg(latest=("date", "max"))
    ranked = pd.concat([counted, last.assign(rows=0)], ignore_index=True)
    ranked = ranked.sort_values(
        ["customer_id", "rows", "latest", "rep_id"], ascending=[True, False, False, True], kind="stable"
    ).drop_duplicates("customer_id")
    return dict(zip(ranked["customer_id"], ranked["rep_id"], strict=True))


def as_then(plan: Plan, name: str, period: Period) -> Plan:
    """Return a plan for a past period: coverage is not required, for not everybody need have been servable then."""
    kept = {k: v for k, v in plan.source.items() if k != "periods"}
    source = {**kept, "period": name, "coverage": "best_effort"}
    return replace(plan, period=period, period_name=name, periods=(), coverage="best_effort", source=source)
