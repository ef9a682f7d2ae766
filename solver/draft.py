"""`Draft`: where rules and terms write down what they mean; `Draft.instance` turns it into integers.

Memory grows with eligible pairs, never with customers × reps: eligibility is said by groups of customers that are
alike, and pairs are laid out from the groups.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cached_property
from typing import Any

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.instance import NO_LIMIT, Instance, Row, Separation
from solver.objectives.base import Term
from solver.rules.base import Rule, Stage
from solver.tables import DECIMALS, Period, Tables, metric, presence
from solver.where import parse

#: Members of families laid out at a time, times reps: bounds the memory of the one dense step.
_CHUNK = 20_000_000
#: Loads stay exact in a double, so that any engine stage may add them up as it likes.
_LARGEST = 1 << 53


@dataclass(frozen=True)
class Restriction:
    """What one rule says on eligibility: customer j may go to the active reps of ``allowed[group[j]]``."""

    rule: str
    group: Ints
    allowed: Bools


@dataclass(frozen=True)
class Pairs:
    """Eligible pairs, of units and of their customers.

    Attributes
    ----------
    indptr : int64[units + 1]; options of unit u are ``indptr[u]:indptr[u + 1]``.
    option_unit, option_rep : int64[options].
    customer, rep, option : int64[customer pairs]; each option once for every customer of its unit.
    """

    indptr: Ints
    option_unit: Ints
    option_rep: Ints
    customer: Ints
    rep: Ints
    option: Ints


@dataclass
class Loads:
    """Load rows of one rule or term, in units of the metric; entries (option, row, amount) sorted by option."""

    source: str
    metric: str
    of: list[str]
    lower: Floats
    upper: Floats
    option: Ints
    row: Ints
    amount: Floats
    soft: bool = False
    points: float = 0.0  # soft: points of the term lost for one unit of the metric outside the band


@dataclass
class TermPart:
    """One term: `constant` points for every plan, `gain` points for each option, and soft loads."""

    weight: float
    constant: float = 0.0
    gain: Floats | None = None
    loads: list[Loads] = field(default_factory=list)


class Draft:
    """The model under construction.

    Parameters
    ----------
    tables, period : the checked input and the days planned.
    rules, terms : by their names in the plan.
    coverage_required : whether every customer must get a rep.

    Attributes
    ----------
    customers, reps : data frames; `reps` holds the active ones only, with a 0..n-1 index.
    presence : float64[reps], share of the period's days each active rep is there.
    current : int64[customers], position of the current rep among the active ones; -1 for none.
    label : int64[customers], the unit of each customer.
    restrictions, loads : what the rules said, in order.
    parts : what the terms said, by name.
    """

    def __init__(
        self,
        tables: Tables,
        period: Period,
        rules: Mapping[str, Rule],
        terms: Mapping[str, Term],
        coverage_required: bool = False,
    ):
        self.tables, self.period = tables, period
        self.rules, self.terms = dict(rules), dict(terms)
        self.customers = tables.customers
        shares = presence(tables, period)
        active = tables.reps["active"].to_numpy(dtype=bool) & (shares > 0)
        self.reps = tables.reps[active].reset_index(drop=True)
        self.presence = shares[active]
        self.n_customers, self.n_reps = len(self.customers), len(self.reps)
        self.rep_at = {r: i for i, r in enumerate(self.reps["rep_id"])}
        self.current: Ints = np.array([self.rep_at.get(r, -1) for r in self.customers["current_rep"]], dtype=np.int64)
        self.restrictions: list[Restriction] = []
        self.must = np.full(self.n_customers, coverage_required)
        self.label: Ints = np.arange(self.n_customers)
        self.loads: list[Loads] = []
        self._separations: list[tuple[str, str, Ints, int]] = []
        self.parts: dict[str, TermPart] = {}
        self._now = ""
        for stage in (Stage.ELIGIBILITY, Stage.FAMILY, Stage.LOAD):
            for name, rule in self.rules.items():
                if rule.stage is stage:
                    self._now = name
                    rule.apply(self)
        for name, term in self.terms.items():
            self._now = name
            self.parts[name] = TermPart(term.weight)
            term.apply(self)

    # --- said by rules and terms -----------------------------------------------------------------

    def restrict(self, group: Ints, allowed: Bools) -> None:
        """Remove pairs. `group` int64[customers] numbers rows of `allowed` bool[groups, active reps]."""
        self.restrictions.append(Restriction(self._now, group, allowed))

    def keep_together(self, label: Ints) -> None:
        """Make one unit of the customers with equal `label`, int64[customers], and of all who are linked so."""
        first, merged = self.label, np.unique(label, return_inverse=True)[1].astype(np.int64)
        while True:  # two rules that join: the lowest label spreads over both groupings until nothing changes
            before = merged
            for group in (first, label):
                low = np.full(int(group.max(initial=-1)) + 1, self.n_customers)
                np.minimum.at(low, group, merged)
                merged = low[group]
            if np.array_equal(before, merged):
                break
        self.label = np.unique(merged, return_inverse=True)[1]

    def require(self, customers: Bools) -> None:
        """Forbid that these customers stay unassigned, bool[customers]."""
        self.must |= customers

    def limit(
        self,
        metric: str,
        of: list[str],
        row: Ints,
        pairs: Ints,
        amount: Floats,
        lower: Floats | None = None,
        upper: Floats | None = None,
    ) -> None:
        """Add hard limits on loads.

        Parameters
        ----------
        metric : what is added up.
        of : whose load each row is; defines how many rows there are.
        row, pairs, amount : entries: customer pair ``pairs[k]`` adds ``amount[k]`` to row ``row[k]``.
        lower, upper : limits of each row in units of the metric, -inf/inf or None for none.
        """
        lower = np.full(len(of), -np.inf) if lower is None else lower
        upper = np.full(len(of), np.inf) if upper is None else upper
        binding = np.flatnonzero(np.isfinite(lower) | np.isfinite(upper))  # a row that limits nothing is no row
        number = np.full(len(of), -1, dtype=np.int64)
        number[binding] = np.arange(len(binding))
        keep = number[row] >= 0
        entries = self._collect(number[row[keep]], pairs[keep], amount[keep])
        names = [of[r] for r in binding]
        self.loads.append(Loads(self._now, metric, names, lower[binding], upper[binding], *entries))

    def separate(self, label: str, customers: Ints, limit: int) -> None:
        """Let no rep have more than `limit` of these customers (positions)."""
        self._separations.append((self._now, label, customers, limit))

    def gain(self, points: Floats) -> None:
        """Add to the term now speaking ``points[p]`` for every customer pair p that the plan takes."""
        part = self.parts[self._now]
        gain: Floats = np.bincount(self.pairs.option, weights=points, minlength=len(self.pairs.option_unit)).astype(
            np.float64
        )
        part.gain = gain if part.gain is None else part.gain + gain

    def grant(self, points: float) -> None:
        """Add points to the term now speaking that every plan gets."""
        self.parts[self._now].constant += points

    def penalise(
        self,
        metric: str,
        of: list[str],
        row: Ints,
        pairs: Ints,
        amount: Floats,
        low: Floats,
        high: Floats,
        points: float,
    ) -> None:
        """Take `points` of the term now speaking for each unit of load outside ``low..high``; entries as in `limit`."""
        entries = self._collect(row, pairs, amount)
        part = self.parts[self._now]
        part.loads.append(Loads(self._now, metric, of, low, high, *entries, soft=True, points=points))

    def _collect(self, row: Ints, pairs: Ints, amount: Floats) -> tuple[Ints, Ints, Floats]:
        """Add entries of a unit's customers up: (option, row, amount), sorted, zeros dropped."""
        keep = amount != 0
        option, row, amount = self.pairs.option[pairs[keep]], row[keep], amount[keep]
        order = np.lexsort((row, option))
        option, row, amount = option[order], row[order], amount[order]
        if not len(option):
            return option, row, amount
        first = np.flatnonzero(np.r_[True, (np.diff(option) != 0) | (np.diff(row) != 0)])
        decimals = _decimals(amount)
        steps = np.rint(amount * 10.0**decimals)
        if len(first) == len(amount):
            total = amount
        elif np.abs(steps).sum() < _LARGEST:
            total = np.add.reduceat(steps, first) / 10.0**decimals
        else:
            total = np.add.reduceat(amount, first)
        return option[first], row[first], total

    # --- read by rules and terms -----------------------------------------------------------------

    @cached_property
    def pairs(self) -> Pairs:
        """The eligible pairs; asking for them closes the eligibility stages."""
        return _lay_out(self.n_customers, self.n_reps, self.label, self.restrictions)

    @cached_property
    def keepable(self) -> Bools:
        """bool[customers]: the current rep is active and eligible (the set K of the formulation)."""
        stays = self.pairs.rep == self.current[self.pairs.customer]
        kept = np.zeros(self.n_customers, dtype=bool)
        kept[self.pairs.customer[stays]] = True
        return kept

    @cached_property
    def moving(self) -> Bools:
        """bool[customer pairs]: taking the pair is a move."""
        p = self.pairs
        moves: Bools = self.keepable[p.customer] & (p.rep != self.current[p.customer])
        return moves

    def amounts(self, name: str, where: str | None = None) -> Floats:
        """float64[customers]: what each customer adds to the load `name`; 0 where a filter leaves it out."""
        values = metric(self.customers, name)
        return values if where is None else np.where(self.chosen_customers(where), values, 0.0)

    def chosen_customers(self, where: str | None) -> Bools:
        """bool[customers] that match a filter; all for none."""
        return (
            np.ones(self.n_customers, dtype=bool)
            if where is None
            else np.asarray(parse(where).mask(self.customers), bool)
        )

    def chosen_reps(self, where: str | None) -> Bools:
        """bool[active reps] that match a filter; all for none."""
        return np.ones(self.n_reps, dtype=bool) if where is None else np.asarray(parse(where).mask(self.reps), bool)

    def strength(self, ramp: bool = True, presence: bool = True) -> Floats:
        """float64[active reps]: share of a full rep's period each can give: ramp × presence."""
        share = self.presence if presence else np.ones(self.n_reps)
        return self.reps["ramp"].to_numpy(dtype=np.float64) * share if ramp else share.copy()

    def best_per_customer(self, values: Floats) -> Floats:
        """float64[customers]: largest of each customer's `values` (float64[customer pairs]); 0 where it has no pair."""
        best = np.zeros(self.n_customers)
        np.maximum.at(best, self.pairs.customer, values)
        return best

    # --- the result ------------------------------------------------------------------------------

    def instance(self) -> Instance:
        """Return the model as integers.

        Raises
        ------
        OverflowError
            Loads are too large or too finely divided to be added exactly; the message names the rule and metric.
        """
        pairs, units = self.pairs, len(self.pairs.indptr) - 1
        weight = sum(p.weight for p in self.parts.values())
        total = weight or 1.0
        soft = [load for p in self.parts.values() if p.weight > 0 for load in p.loads]
        n_soft = sum(len(load.of) for load in soft)
        scale = 10 ** math.ceil(math.log10(10_000 * (units + n_soft + 1)))
        score = np.zeros(len(pairs.option_unit))
        offset = 0.0 if weight else 100.0 * scale  # without a term that counts every plan is worth 100
        for part in self.parts.values():
            offset += part.weight / total * part.constant * scale
            if part.gain is not None:
                score += part.weight / total * part.gain * scale
        error = (0.5 * (units * (1 + len(soft)) + 2 * n_soft) + 1) / scale

        blocks = [_harden(load) for load in self.loads]
        for part in self.parts.values():
            blocks += [
                _soften(load, part.weight / total * load.points * scale) for load in part.loads if part.weight > 0
            ]
        starts = np.cumsum([0, *(len(b.rows) for b in blocks)])
        option = _join([b.option for b in blocks], np.int64)
        row = _join([b.row + s for b, s in zip(blocks, starts, strict=False)], np.int64)
        amount = _join([b.amount for b in blocks], np.int64)
        order = np.lexsort((row, option))
        label = self.label
        return Instance(
            scale=scale,
            offset=round(offset),
            error=error,
            n_reps=self.n_reps,
            customer_unit=label,
            unit_size=np.bincount(label, minlength=units),
            required=np.bincount(label, weights=self.must, minlength=units) > 0,
            indptr=pairs.indptr,
            option_unit=pairs.option_unit,
            option_rep=pairs.option_rep,
            option_score=np.rint(score).astype(np.int64),
            row_lower=_join([b.lower for b in blocks], np.int64),
            row_upper=_join([b.upper for b in blocks], np.int64),
            band_low=_join([b.low for b in blocks], np.int64),
            band_high=_join([b.high for b in blocks], np.int64),
            slope=_join([b.slope for b in blocks], np.int64),
            load_indptr=np.r_[0, np.cumsum(np.bincount(option, minlength=len(pairs.option_unit)))].astype(np.int64),
            load_row=row[order],
            load_amount=amount[order],
            rows=tuple(r for b in blocks for r in b.rows),
            separations=tuple(
                Separation(
                    source,
                    name,
                    *_counted(label[who]),
                    limit,
                )
                for source, name, who, limit in self._separations
            ),
        )


def _counted(values: Ints) -> tuple[Ints, Ints]:
    distinct, count = np.unique(values, return_counts=True)
    return distinct.astype(np.int64), count.astype(np.int64)


@dataclass
class _Block:
    rows: list[Row]
    lower: Ints
    upper: Ints
    low: Ints
    high: Ints
    slope: Ints
    option: Ints
    row: Ints
    amount: Ints


def _join(parts: list[Any], dtype: Any) -> Any:
    return np.concatenate(parts).astype(dtype) if parts else np.zeros(0, dtype=dtype)


def _decimals(amount: Floats) -> int:
    """How many decimals these numbers have, at most `DECIMALS`."""
    for decimals in range(DECIMALS):
        if np.all(np.rint(amount * 10.0**decimals) / 10.0**decimals == amount):  # the double nearest to such a number
            return decimals
    return DECIMALS


def _harden(load: Loads) -> _Block:
    """Integers that keep a hard limit exactly: loads have `DECIMALS` decimals, so a power of ten makes them whole."""
    decimals = _decimals(load.amount)
    steps = load.amount * 10.0**decimals
    if np.abs(steps).sum() >= _LARGEST:
        raise OverflowError(
            f"{load.source}: {load.metric} adds up to more than can be counted exactly; use fewer decimals"
        )

    def whole(limit: float, rounding: str) -> int:
        if math.isinf(limit):
            return NO_LIMIT if limit > 0 else -NO_LIMIT
        steps = Decimal(repr(round(float(limit), DECIMALS))).scaleb(decimals).to_integral_value(rounding)
        return max(-NO_LIMIT, min(NO_LIMIT, int(steps)))

    n = len(load.of)
    free = np.full(n, NO_LIMIT, dtype=np.int64)
    amount = np.rint(steps).astype(np.int64)
    common = max(1, int(np.gcd.reduce(amount))) if len(amount) else 1  # hours in threes need no steps of one

    def divided(limit: int, up: bool) -> int:
        return limit if abs(limit) == NO_LIMIT else -(-limit // common) if up else limit // common

    return _Block(
        rows=[Row(load.source, of, load.metric, 10.0**decimals / common) for of in load.of],
        lower=np.array([divided(whole(v, ROUND_CEILING), True) for v in load.lower], dtype=np.int64),
        upper=np.array([divided(whole(v, ROUND_FLOOR), False) for v in load.upper], dtype=np.int64),
        low=-free,
        high=free,
        slope=np.zeros(n, dtype=np.int64),
        option=load.option,
        row=load.row,
        amount=amount // common,
    )


def _soften(load: Loads, steps: float) -> _Block:
    """Loads measured in score steps, so that a step outside the band costs exactly one step of score."""
    n = len(load.of)
    free = np.full(n, NO_LIMIT, dtype=np.int64)
    return _Block(
        rows=[Row(load.source, of, load.metric, steps) for of in load.of],
        lower=-free,
        upper=free,
        low=np.rint(load.lower * steps).astype(np.int64),
        high=np.rint(load.upper * steps).astype(np.int64),
        slope=np.ones(n, dtype=np.int64),
        option=load.option,
        row=load.row,
        amount=np.rint(load.amount * steps).astype(np.int64),
    )


def _lay_out(n_customers: int, n_reps: int, label: Ints, restrictions: list[Restriction]) -> Pairs:
    kind = np.zeros(n_customers, dtype=np.int64)  # customers with equal kind are alike to every rule
    for r in restrictions:
        kind = np.unique(kind * len(r.allowed) + r.group, return_inverse=True)[1]
    n_kinds = int(kind.max()) + 1 if n_customers else 0
    one = np.zeros(n_kinds, dtype=np.int64)
    one[kind] = np.arange(n_customers)  # any customer of the kind

    def allowed(customers: Ints) -> Bools:
        mask = np.ones((len(customers), n_reps), dtype=bool)
        for r in restrictions:
            mask &= r.allowed[r.group[customers]]
        return mask

    step = max(1, _CHUNK // max(1, n_reps))
    kind_rep, kind_count = [], np.zeros(n_kinds, dtype=np.int64)
    for start in range(0, n_kinds, step):
        mask = allowed(one[start : start + step])
        kind_count[start : start + step] = mask.sum(axis=1)
        kind_rep.append(np.nonzero(mask)[1])
    flat = _join(kind_rep, np.int64)
    kind_start = np.r_[0, np.cumsum(kind_count)]

    units = int(label.max()) + 1 if n_customers else 0
    members = np.argsort(label, kind="stable")
    size = np.bincount(label, minlength=units)
    first = np.r_[0, np.cumsum(size)][:-1].astype(np.int64)
    leader = members[first] if units else members
    count = kind_count[kind[leader]]
    alike = (
        np.minimum.reduceat(kind[members], first) == np.maximum.reduceat(kind[members], first)
        if units
        else np.zeros(0, bool)
    )
    mixed = np.flatnonzero(~alike)
    mixed_reps: dict[int, Ints] = {}
    for u in mixed.tolist():
        common = allowed(members[first[u] : first[u] + size[u]]).all(axis=0)
        mixed_reps[u] = np.flatnonzero(common)
        count[u] = len(mixed_reps[u])
    indptr = np.r_[0, np.cumsum(count)].astype(np.int64)
    option_unit = np.repeat(np.arange(units), count)
    within = np.arange(indptr[-1]) - indptr[option_unit]
    source = kind_start[kind[leader]][option_unit] + within
    option_rep = np.zeros(len(option_unit), dtype=np.int64)
    plain = alike[option_unit] if units else np.zeros(0, bool)
    option_rep[plain] = flat[source[plain]]
    for u, reps in mixed_reps.items():
        option_rep[indptr[u] : indptr[u + 1]] = reps

    copies = size[option_unit] if units else size
    option = np.repeat(np.arange(len(option_unit)), copies)
    nth = np.arange(len(option)) - np.repeat(np.cumsum(copies) - copies, copies)
    customer = members[first[option_unit[option]] + nth] if len(option) else option
    return Pairs(indptr, option_unit, option_rep, customer, option_rep[option], option)
