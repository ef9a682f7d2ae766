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
from solver.sentences import Sentence, sentence
from solver.tables import Tables, said_share

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
    notes : how it was reckoned, in sentences.
    """

    planned: Floats
    part: float
    notes: tuple[Sentence, ...]


def forecast(plan: Plan, tables: Tables) -> Forecast:
    """Return what was planned to be sold to each customer in the plan's period."""
    potential: Floats = np.nan_to_num(tables.customers["potential"].to_numpy(dtype=np.float64))
    part = plan.period.days / plan.potential_days
    notes: list[Sentence] = []
    if plan.potential_days != plan.period.days:
        notes.append(
            sentence("potential and quotas are counted by days: {days_n} of the {all_n} days of {period}",
                     days_n=plan.period.days, all_n=plan.potential_days, period=plan.source["potential_period"])
        )  # fmt: skip
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
    cut = "" if seen == first else sentence(", of which history shows those from {day} on", day=seen)
    season = _season(plan, rows) if derive.months == _YEAR and seen == first else None
    by_days = "" if season is None else sentence(
        ", by days (the same days a year before had {share_n} of it: season and growth together)",
        share_n=said_share(season, 1),
    )  # fmt: skip
    notes.append(
        sentence("potentials of {customers_n} customers are what they bought in {months_n} months{and_cut}; of that "
                 "the {days_n} days of the period count {share_n}{and_season}", customers_n=f"{int(own.sum()):,}",
                 months_n=derive.months, and_cut=cut, days_n=plan.period.days, share_n=said_share(share, 1),
                 and_season=by_days)
    )  # fmt: skip
    return Forecast(np.where(own, share, part) * potential, part, tuple(notes))


def _season(plan: Plan, rows: pd.DataFrame) -> float | None:
    """Share of a year's sales that fell in the days of the period, a year before; None where nothing was sold."""
    total = float(rows["amount"].sum())
    first, last = (months_before(d, _YEAR) for d in (plan.period.first, plan.period.last + dt.timedelta(days=1)))
    inside = (rows["date"] >= pd.Timestamp(first)) & (rows["date"] < pd.Timestamp(last))
    return float(rows["amount"][inside].sum()) / total if total > 0 else None
