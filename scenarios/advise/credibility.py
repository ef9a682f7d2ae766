"""Potential and workload for the next period: the plan's figures, moved towards what was seen if that is credible.

What was sold to a customer in a period, over its potential, is a ratio that differs between customers for two reasons:
they differ, and chance. Bühlmann and Straub's (1970) credibility estimator tells the two apart from their variances,
and moves each customer's figure from the plan's towards its own by ``Z = w / (w + within / between)``: the more was
seen, the further. Hours likewise, from contacts per planned hour. What all customers of a period have in common, season
and trend, is taken out first. The mean over all customers stays what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scenarios.plan.advise_spec import Advise
from scenarios.plan.period import period_before, slack
from scenarios.plan.plan import Plan
from scenarios.run.sales import is_outcome
from solver.arrays import Bools, Floats
from solver.tables import Period, Tables

#: Most past periods that are looked at.
_PERIODS = 8
#: Customers below which variances between them are guesswork.
_FEWEST = 20
#: Normal quantile of the interval that must not hold the plan's figure for a change to be proposed: 90 %.
_SURE = 1.645
COLUMNS = (
    "figure", "customer_id", "name", "planned", "updated", "low", "high", "periods", "seen", "expected", "weight",
)  # fmt: skip


@dataclass(frozen=True)
class Updates:
    """Figures that history says are off.

    Attributes
    ----------
    table : a row a proposed change, the largest relative ones of each figure first: figure (``potential``,
        ``workload``), customer_id, name, planned, updated, low and high (90 % interval), periods seen, seen (sales or
        contacts a period), expected (what the average customer of that figure had in the same periods), weight (Z,
        0-1).
    looked_at : customers with history, by figure.
    notes : what was not looked at, and why.
    """

    table: pd.DataFrame
    looked_at: dict[str, int]
    notes: tuple[str, ...]

    def override(self) -> dict[str, dict[str, dict[str, float]]]:
        """Return the changes as an override of the plan."""
        rows: dict[str, dict[str, float]] = {}
        for figure, customer, value in zip(
            self.table["figure"], self.table["customer_id"], self.table["updated"], strict=True
        ):
            rows.setdefault(customer, {})[figure] = float(value)
        return {"customers": rows} if rows else {}


@dataclass(frozen=True)
class Credible:
    """What `credible` found: weight, level (1: as planned) and its standard error, each float64[customers]."""

    weight: Floats
    level: Floats
    error: Floats


def updates(plan: Plan, now: Tables, spec: Advise) -> Updates:
    """Return the changes of potential and workload that history speaks for."""
    history = now.history[now.history["date"].notna()]
    history = history[history["date"] < pd.Timestamp(plan.period.first)]
    if not len(history):
        return Updates(_empty(), {}, ("without history no figure is updated",))
    periods = _seen(plan.period, history["date"].min(), history["date"].max())
    if len(periods) < 2:
        return Updates(_empty(), {}, ("history holds fewer than two whole periods, so no figure is updated",))
    ids = now.customers["customer_id"]
    at = {c: k for k, c in enumerate(ids)}
    rows = history.assign(customer=history["customer_id"].map(at)).dropna(subset=["customer"])
    number = _number(rows["date"], periods)
    rows, number = rows[number >= 0], number[number >= 0]
    who = rows["customer"].to_numpy(dtype=np.int64)
    began = history["customer_id"].map(at).dropna().astype(np.int64)
    first = history.loc[began.index, "date"].groupby(began).min()
    mask = _there(len(ids), first, periods)
    won = is_outcome(rows["outcome"], *spec.won).to_numpy(dtype=bool)
    money = np.where(won, np.nan_to_num(rows["amount"].to_numpy(dtype=np.float64)), 0.0)
    seen = {"potential": money, "workload": np.ones(len(rows))}
    parts, looked_at, notes = [], {}, []
    for figure, amounts in seen.items():
        planned = np.nan_to_num(now.customers[figure].to_numpy(dtype=np.float64))
        if figure == "potential" and plan.data.derive.potential is not None:
            notes.append("the plan derives potential from history already, so it is not updated")
            continue
        if np.ptp(planned) == 0:
            notes.append(f"the {figure} is the same for everybody, so it is not updated")
            continue
        total = np.zeros((len(ids), len(periods)))
        np.add.at(total, (who, number), amounts)
        chosen = np.flatnonzero((planned > 0) & mask.any(axis=1))
        if len(chosen) < _FEWEST:
            notes.append(
                f"too few customers with history to update {figure}: {len(chosen)}, at least {_FEWEST} are needed"
            )
            continue
        looked_at[figure] = len(chosen)
        parts.append(_changes(figure, now.customers, chosen, total[chosen], mask[chosen], planned[chosen]))
    table = pd.concat(parts, ignore_index=True) if parts else _empty()
    return Updates(table, looked_at, tuple(notes))


def _empty() -> pd.DataFrame:
    return pd.DataFrame({c: [] for c in COLUMNS})


def _seen(planned: Period, first: pd.Timestamp, last: pd.Timestamp) -> list[Period]:
    """Whole periods that history covers, the latest first."""
    found: list[Period] = []
    period = period_before(planned)
    while len(found) < _PERIODS and pd.Timestamp(period.first) >= first - slack(period):
        if last >= pd.Timestamp(period.last) - slack(period):
            found.append(period)
        period = period_before(period)
    return found


def _number(dates: pd.Series[pd.Timestamp], periods: Sequence[Period]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    found = np.full(len(dates), -1, dtype=np.int64)
    for k, period in enumerate(periods):
        inside = (dates >= pd.Timestamp(period.first)) & (dates <= pd.Timestamp(period.last))
        found[inside.to_numpy(dtype=bool)] = k
    return found


def _there(n: int, first: pd.Series[pd.Timestamp], periods: Sequence[Period]) -> Bools:
    """bool[customers, periods]: whether a customer was one already; those without a row never were."""
    mask = np.zeros((n, len(periods)), dtype=bool)
    begins = first.to_numpy(dtype="datetime64[D]")
    for k, period in enumerate(periods):
        earliest = k == len(periods) - 1
        start = np.datetime64(period.last if earliest else period.first, "D")
        mask[first.index.to_numpy(dtype=np.int64), k] = begins <= start
    return mask


def credible(seen: Floats, there: Bools, planned: Floats) -> Credible:
    """Estimate each customer's level by Bühlmann and Straub's credibility, with their unbiased variances.

    Parameters
    ----------
    seen : float64[customers, periods].
    there : bool[customers, periods], which of them count; each customer has one at least.
    planned : float64[customers], > 0.
    """
    count = there.sum(axis=1)
    weight = planned * count
    total = np.where(there, seen, 0.0).sum(axis=1)
    own = total / weight
    whole = float(weight.sum())
    mean = float(total.sum()) / whole
    none = Credible(np.zeros(len(planned)), np.ones(len(planned)), np.zeros(len(planned)))
    free = float((count - 1).sum())
    spread = whole - float((weight**2).sum()) / whole
    if mean <= 0 or free <= 0 or spread <= 0:
        return none
    ratio = seen / planned[:, None]
    within = float((np.where(there, (ratio - own[:, None]) ** 2, 0.0) * planned[:, None]).sum()) / free
    between = (float((weight * (own - mean) ** 2).sum()) - (len(planned) - 1) * within) / spread
    if between <= 0:
        return none
    z = weight / (weight + within / between)
    collective = float((z * own).sum() / z.sum())
    level = 1 + z * (own / collective - 1)
    error = np.sqrt(between * (1 - z)) / collective
    return Credible(z, level, error)


def _season(seen: Floats, there: Bools, planned: Floats) -> Floats:
    """float64[periods]: what was seen of all in a period over what was planned with them: season and trend.

    A customer that came with the high season is not the larger for it.
    """
    total = np.where(there, seen, 0.0).sum(axis=0)
    of = np.where(there, planned[:, None], 0.0).sum(axis=0)
    found: Floats = np.divide(total, of, out=np.zeros(len(total)), where=of > 0)
    return found


def _changes(
    figure: str, customers: pd.DataFrame, chosen: np.ndarray[tuple[int], np.dtype[np.int64]], seen: Floats,
    there: Bools, planned: Floats,
) -> pd.DataFrame:  # fmt: skip
    if not len(chosen):
        return _empty()
    season = _season(seen, there, planned)
    found = credible(seen / np.where(season > 0, season / season.mean(), 1.0), there, planned)
    count = there.sum(axis=1)
    reach = _SURE * found.error
    sure = (found.weight > 0) & (np.abs(found.level - 1) > reach)
    low = np.maximum(0.0, found.level - reach)
    data = {
        "figure": figure,
        "customer_id": customers["customer_id"].to_numpy()[chosen],
        "name": customers["name"].to_numpy()[chosen],
        "planned": planned,
        "updated": np.round(planned * np.maximum(0.0, found.level), 2),
        "low": np.round(planned * low, 2),
        "high": np.round(planned * (found.level + reach), 2),
        "periods": count,
        "seen": np.where(there, seen, 0.0).sum(axis=1) / count,
        "expected": planned * (there @ season) / count,
        "weight": found.weight,
    }
    table = pd.DataFrame(data)[sure]
    order = (table["updated"] / table["planned"]).map(lambda r: abs(np.log(max(r, 1e-9))))
    return table.loc[order.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)
