"""What came after: the sales of past periods by customer and rep, how likely each rep was, and what was to be expected.

The unit is a decided opportunity where history tells won from lost, else a customer in a period. Both the odds of a rep
and the expected sales are shrunk towards the wider group where little was seen (empirical Bayes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from scenarios.advise.past import Past
from scenarios.plan.advise_spec import Advise
from scenarios.run.sales import is_outcome
from solver.arrays import Bools, Floats, Ints
from solver.tables import Tables

Unit = Literal["opportunity", "customer"]
#: Rows of others' experience that a rep's, an industry's and a rep's in an industry are shrunk by, and a customer's.
_REP, _PAIR, _CUSTOMER = 20.0, 10.0, 3.0
#: Rows of the company's habit that a territory's are shrunk by, of who steps in.
_HABIT = 5.0


@dataclass(frozen=True)
class Odds:
    """How likely a rep works a unit of a customer: the current rep mostly, else whoever steps in in that territory.

    Attributes
    ----------
    loyal : share of the units that the current rep works.
    territory, current : int64[customers], number of the territory; position of the current rep, -1 for none.
    habit : float64[territories, reps], who works the units that the current rep does not.
    """

    loyal: float
    territory: Ints
    current: Ints
    habit: Floats

    def of(self, customer: Ints, rep: Ints) -> Floats:
        """float64[rows]: the odds of each customer's rep (positions >= 0)."""
        usual = self.current[customer]
        share = self.habit[self.territory[customer], rep]
        own = np.where(usual >= 0, self.habit[self.territory[customer], usual], 0.0)
        others = np.divide(share, 1.0 - own, out=np.zeros_like(share), where=own < 1.0)
        found: Floats = np.where(usual < 0, share, np.where(rep == usual, self.loyal, (1 - self.loyal) * others))
        return found


@dataclass(frozen=True)
class Outlook:
    """Money expected of a unit, from earlier history alone: the customer's level × the rep's rate in its industry.

    Attributes
    ----------
    level : float64[customers].
    rate : float64[reps, industries].
    industry : int64[customers].
    """

    level: Floats
    rate: Floats
    industry: Ints

    def of(self, customer: Ints, rep: Ints) -> Floats:
        """float64[rows]: money of a unit of each customer with its rep (positions >= 0)."""
        found: Floats = self.level[customer] * self.rate[rep, self.industry[customer]]
        return found


@dataclass(frozen=True)
class Logged:
    """What came after, a row a unit.

    Attributes
    ----------
    unit : what a row is.
    past, customer, rep : int64[rows]: number of the period, positions of the customer and of the rep who worked it.
    sales : float64[rows], money won.
    odds : by period, how likely each rep was to work a unit of a customer.
    outlook : by period, what was to be expected of a rep.
    notes : what was left out.
    """

    unit: Unit
    past: Ints
    customer: Ints
    rep: Ints
    sales: Floats
    odds: tuple[Odds, ...]
    outlook: tuple[Outlook, ...]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.sales)


def logged(pasts: Sequence[Past], spec: Advise) -> Logged:
    """Return what came after each of the periods; all of them know the same customers and reps."""
    tables = pasts[0].known
    customers = {c: k for k, c in enumerate(tables.customers["customer_id"])}
    reps = {r: k for k, r in enumerate(tables.reps["rep_id"])}
    everything = [pd.concat([p.known.history, p.after], ignore_index=True) for p in pasts]
    unit: Unit = "opportunity" if any(is_outcome(h["outcome"], *spec.lost).any() for h in everything) else "customer"
    parts: list[tuple[Ints, Ints, Ints, Floats]] = []
    left: dict[str, int] = {}
    current = [_positions(p.known.customers["current_rep"], reps) for p in pasts]
    for number, past in enumerate(pasts):
        rows = _units(past.after, unit, spec, customers, reps, current[number], left)
        parts.append((np.full(len(rows[0]), number, dtype=np.int64), *rows))
    at, who, by, sales = (np.concatenate([part[k] for part in parts]) for k in range(4))
    outlook = tuple(_outlook(p.known, unit, spec, customers, reps, p.period.days) for p in pasts)
    stays = np.concatenate([c[w] for c, (_, w, _, _) in zip(current, parts, strict=True)])
    has = stays >= 0
    loyal = (float(((by == stays) & has).sum()) + 1) / (float(has.sum()) + 2)
    odd = ~has | (by != stays)
    territory, habit = _habit(tables, who[odd], by[odd], len(reps))
    odds = tuple(Odds(loyal, territory, c, habit) for c in current)
    notes = [f"{count:,} rows {why} are left out" for why, count in left.items() if count]
    return Logged(unit, at, who, by, sales, odds, outlook, tuple(notes))


def _positions(column: pd.Series[Any], at: dict[str, int]) -> Ints:
    return np.array([at.get(v, -1) for v in column], dtype=np.int64)


def _decided(rows: pd.DataFrame, spec: Advise) -> tuple[pd.DataFrame, Bools]:
    won = is_outcome(rows["outcome"], *spec.won)
    decided = won | is_outcome(rows["outcome"], *spec.lost)
    return rows[decided], won[decided].to_numpy(dtype=bool)


def _units(
    after: pd.DataFrame,
    unit: Unit,
    spec: Advise,
    customers: dict[str, int],
    reps: dict[str, int],
    current: Ints,
    left: dict[str, int],
) -> tuple[Ints, Ints, Floats]:
    """Customer, rep and sales of each unit of a period."""
    if unit == "opportunity":
        rows, won = _decided(after, spec)
        sales = np.where(won, np.nan_to_num(rows["amount"].to_numpy(dtype=np.float64)), 0.0)
        who, by = _positions(rows["customer_id"], customers), _positions(rows["rep_id"], reps)
        _count(left, "of customers or reps who are not in the files any more", (who < 0) | (by < 0))
        _count(left, "still open, or with another outcome than won and lost, with money in them",
               (~after.index.isin(rows.index)) & (after["amount"].notna().to_numpy()))  # fmt: skip
        keep = (who >= 0) & (by >= 0)
        return who[keep], by[keep], sales[keep]
    who, by = _positions(after["customer_id"], customers), _positions(after["rep_id"], reps)
    won = is_outcome(after["outcome"], *spec.won).to_numpy(dtype=bool)
    money = np.where(won, np.nan_to_num(after["amount"].to_numpy(dtype=np.float64)), 0.0)
    _count(left, "of customers or reps who are not in the files any more", (who < 0) | (by < 0))
    keep = (who >= 0) & (by >= 0)
    total = np.bincount(who[keep], weights=money[keep], minlength=len(customers))
    worked = current.copy()  # a customer without a row is its current rep's, who sold nothing
    counts = pd.DataFrame({"who": who[keep], "by": by[keep]}).value_counts(sort=True).reset_index()
    first = counts.drop_duplicates("who")
    worked[first["who"].to_numpy()] = first["by"].to_numpy()
    there = np.flatnonzero(worked >= 0).astype(np.int64)
    return there, worked[there], total[there].astype(np.float64)


def _count(left: dict[str, int], why: str, rows: Bools) -> None:
    left[why] = left.get(why, 0) + int(rows.sum())


# --- the odds of a rep ---------------------------------------------------------------------------


def _habit(tables: Tables, who: Ints, by: Ints, n_reps: int) -> tuple[Ints, Floats]:
    """Number the customers' territories, and return float64[territories, reps]: who steps in there.

    Parameters
    ----------
    who, by : customers and reps of the rows that were not worked by the current rep.
    """
    territory = pd.factorize(tables.customers["territory"])[0].astype(np.int64)
    overall = np.bincount(by, minlength=n_reps).astype(np.float64)
    overall = overall / overall.sum() if overall.sum() > 0 else np.full(n_reps, 1.0 / max(1, n_reps))
    counts = np.zeros((int(territory.max(initial=0)) + 1, n_reps))
    np.add.at(counts, (territory[who], by), 1.0)
    habit: Floats = (counts + _HABIT * overall) / (counts.sum(axis=1, keepdims=True) + _HABIT)
    return territory, habit


# --- what was to be expected ---------------------------------------------------------------------


def _outlook(
    known: Tables, unit: Unit, spec: Advise, customers: dict[str, int], reps: dict[str, int], days: int
) -> Outlook:
    """Fit what is to be expected of a unit on what was known."""
    n, m = len(customers), len(reps)
    rows, won = _decided(known.history, spec)
    who, by = _positions(rows["customer_id"], customers), _positions(rows["rep_id"], reps)
    keep = (who >= 0) & (by >= 0)
    who, by, won = who[keep], by[keep], won[keep]
    amount = np.where(won, np.nan_to_num(rows["amount"].to_numpy(dtype=np.float64)[keep]), 0.0)
    potential = np.nan_to_num(known.customers["potential"].to_numpy(dtype=np.float64))
    if unit == "opportunity":
        level = _levels(who[won], amount[won], np.ones(int(won.sum())), potential, n)
        success, exposure = won.astype(np.float64), np.ones(len(who))
    else:
        dates = known.history["date"].dropna()
        spans = max(1.0, ((dates.max() - dates.min()).days + 1) / days) if len(dates) else 1.0
        sold = np.bincount(who, weights=amount, minlength=n).astype(np.float64)
        level = _levels(np.arange(n), sold, np.full(n, spans), potential, n)
        success = amount
        exposure = level[who] * spans / np.maximum(1, np.bincount(who, minlength=n))[who]
    industry = pd.factorize(known.customers["industry"])[0].astype(np.int64)
    rate = _rates(by, industry[who], success, exposure, m, int(industry.max(initial=0)) + 1)
    return Outlook(level, rate, industry)


def _levels(who: Ints, amount: Floats, units: Floats, potential: Floats, n: int) -> Floats:
    """float64[customers]: money a unit, each customer's own shrunk towards its potential's part."""
    base = float(units.sum())
    mean = float(amount.sum()) / base if base else 0.0
    typical = float((potential[who] * units).sum()) / base if base else 0.0
    prior = mean * potential / typical if typical > 0 else np.full(n, mean)
    total = np.bincount(who, weights=amount, minlength=n)
    seen = np.bincount(who, weights=units, minlength=n)
    found: Floats = (total + _CUSTOMER * prior) / (seen + _CUSTOMER)
    return found


def _rates(by: Ints, industry: Ints, success: Floats, exposure: Floats, reps: int, industries: int) -> Floats:
    """float64[reps, industries]: success per exposure; pairs shrunk to rep × industry, those to all."""
    whole = float(exposure.sum())
    if whole <= 0:
        return np.ones((reps, industries))
    unit = whole / len(exposure)
    base = float(success.sum()) / whole
    own = _shrunk(by, success, exposure, reps, base, _REP * unit)
    field = _shrunk(industry, success, exposure, industries, base, _REP * unit)
    prior = np.outer(own, field) / base if base > 0 else np.zeros((reps, industries))
    pair = by * industries + industry
    found: Floats = _shrunk(pair, success, exposure, reps * industries, prior.ravel(), _PAIR * unit)
    return found.reshape(reps, industries)


def _shrunk(group: Ints, success: Floats, exposure: Floats, n: int, prior: float | Floats, weight: float) -> Floats:
    top = np.bincount(group, weights=success, minlength=n) + weight * prior
    found: Floats = top / (np.bincount(group, weights=exposure, minlength=n) + weight)
    return found
