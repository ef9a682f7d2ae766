"""What a plan expects each customer to buy in its period: the potential, by the days that it is for.

A potential in the customers' file is for the period, or for the `potential_period` a plan names. One that the plan
derives from history is what was bought in some months before; of that the period is a part.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scenarios.plan.plan import Plan
from scenarios.run.sales import is_outcome
from scenarios.sources.derive import months_before
from solver.arrays import Bools, Floats
from solver.tables import Tables

#: How far a potential may be from what history derives and still be taken for it: scenarios may have changed it.
_ALIKE = 2.0
#: Fewest months that hold each season once.
_YEAR = 12


@dataclass(frozen=True)
class Forecast:
    """Money expected in the period.

    Attributes
    ----------
    planned : float64[customers].
    part : share of what quotas, and potentials that the file gives, are for.
    notes : how it was reckoned.
    """

    planned: Floats
    part: float
    notes: tuple[str, ...]


def forecast(plan: Plan, tables: Tables) -> Forecast:
    """Return what was planned to be sold to each customer in the plan's period."""
    potential: Floats = np.nan_to_num(tables.customers["potential"].to_numpy(dtype=np.float64))
    part = plan.period.days / plan.potential_days
    notes = []
    if plan.potential_days != plan.period.days:
        left = f"{plan.period.days} of the {plan.potential_days} days of {plan.source['potential_period']}"
        notes.append(f"potential and quotas are counted by days: {left}")
    derive = plan.data.derive.potential
    if derive is None:
        return Forecast(part * potential, part, tuple(notes))
    start = (plan.potential_period or plan.period).first
    before = tables.history[tables.history["date"] < pd.Timestamp(start)]
    last = before["date"].max()
    end = start if pd.isna(last) else min(start, last.date() + dt.timedelta(days=1))
    first = months_before(end, derive.months)
    rows = before[is_outcome(before["outcome"], derive.outcome) & (before["date"] >= pd.Timestamp(first))]
    bought: Floats = (
        tables.customers["customer_id"].map(rows.groupby("customer_id")["amount"].sum()).fillna(0.0)
        .clip(lower=0.0).to_numpy(dtype=np.float64)
    )  # fmt: skip
    own: Bools = (bought > 0) & (potential <= _ALIKE * bought) & (potential >= bought / _ALIKE)
    if not own.any():
        return Forecast(part * potential, part, tuple(notes))
    begin = before["date"].min().date()
    seen = max(first, begin) if begin < end else first  # history may have begun within the months
    share = plan.period.days / (end - seen).days
    said = f"{derive.months} months" + ("" if seen == first else f", of which history shows those from {seen} on")
    notes.append(
        f"potentials of {int(own.sum()):,} customers are what they bought in {said}; of that the "
        f"{plan.period.days} days of the period count {share:.1%}"
    )
    if derive.months == _YEAR and seen == first and (season := _season(plan, rows)) is not None:
        notes[-1] += f", by days (the same days a year before had {season:.1%} of it: season and growth together)"
    return Forecast(np.where(own, share, part) * potential, part, tuple(notes))


def _season(plan: Plan, rows: pd.DataFrame) -> float | None:
    """Share of a year's sales that fell in the days of the period, a year before; None where nothing was sold."""
    total = float(rows["amount"].sum())
    first, last = (months_before(d, _YEAR) for d in (plan.period.first, plan.period.last + dt.timedelta(days=1)))
    inside = (rows["date"] >= pd.Timestamp(first)) & (rows["date"] < pd.Timestamp(last))
    return float(rows["amount"][inside].sum()) / total if total > 0 else None
