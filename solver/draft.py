"""`Draft`: where rules and terms write down what they mean; `Draft.instance` turns it into integers.

Memory grows with eligible pairs, never with customers × reps: eligibility is said by groups of customers that are
alike, and pairs are laid out from the groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.fit.learned.scorer import Scorer
from solver.instance import Instance
from solver.integers import LARGEST, Loads, TermPart, Whose, assemble, decimals_of
from solver.objectives.base import Term
from solver.pairs import Pairs, Restriction, lay_out
from solver.rules.base import Rule, Stage
from solver.tables import Period, Tables, metric, presence
from solver.where import parse


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
    separations : (rule, group, int64[members], most with one rep).
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
        self.separations: list[tuple[str, str, Ints, int]] = []
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
        whose: Whose = "rep",
        way: str = "",
    ) -> None:
        """Add hard limits on loads.

        Parameters
        ----------
        metric : what is added up.
        of : whose load each row is; defines how many rows there are.
        row, pairs, amount : entries: customer pair ``pairs[k]`` adds ``amount[k]`` to row ``row[k]``.
        lower, upper : limits of each row in units of the metric, -inf/inf or None for none.
        whose, way : see `solver.integers.Loads`.
        """
        lower = np.full(len(of), -np.inf) if lower is None else lower
        upper = np.full(len(of), np.inf) if upper is None else upper
        binding = np.flatnonzero(np.isfinite(lower) | np.isfinite(upper))  # a row that limits nothing is no row
        number = np.full(len(of), -1, dtype=np.int64)
        number[binding] = np.arange(len(binding))
        keep = number[row] >= 0
        entries = self._collect(number[row[keep]], pairs[keep], amount[keep])
        names = [of[r] for r in binding]
        self.loads.append(Loads(self._now, metric, names, lower[binding], upper[binding], *entries, 0.0, whose, way))

    def separate(self, label: str, customers: Ints, limit: int) -> None:
        """Let no rep have more than `limit` of these customers (positions)."""
        self.separations.append((self._now, label, customers, limit))

    def gain(self, points: Floats) -> None:
        """Add to the term now speaking ``points[p]`` for every customer pair p that the plan takes."""
        part = self.parts[self._now]
        gain: Floats = np.bincount(self.pairs.option, weights=points, minlength=len(self.pairs.option_unit)).astype(
            np.float64
        )
        part.gain = gain if part.gain is None else part.gain + gain

    def prefer(self, pairs: Bools) -> None:
        """Between plans of equal score prefer these customer pairs, bool[customer pairs], for the term now speaking.

        Each adds one step to the integer score. The scale is chosen so that all steps together stay below a
        ten-thousandth of a point, and `Instance.error` counts them.
        """
        ties = np.bincount(self.pairs.option[pairs], minlength=len(self.pairs.option_unit)).astype(np.int64)
        part = self.parts[self._now]
        part.ties = ties if part.ties is None else part.ties + ties

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
        part.loads.append(Loads(self._now, metric, of, low, high, *entries, points=points))

    def _collect(self, row: Ints, pairs: Ints, amount: Floats) -> tuple[Ints, Ints, Floats]:
        """Add entries of a unit's customers up: (option, row, amount), sorted, zeros dropped."""
        keep = amount != 0
        option, row, amount = self.pairs.option[pairs[keep]], row[keep], amount[keep]
        if not len(option):
            return option, row, amount
        step = np.diff(option)
        if np.any(step < 0) or np.any((step == 0) & (np.diff(row) < 0)):  # most come in order
            order = np.lexsort((row, option))
            option, row, amount = option[order], row[order], amount[order]
        first = np.flatnonzero(np.r_[True, (np.diff(option) != 0) | (np.diff(row) != 0)])
        decimals = decimals_of(amount)
        steps = np.rint(amount * 10.0**decimals)
        if len(first) == len(amount):
            total = amount
        elif np.abs(steps).sum() < LARGEST:
            total = np.add.reduceat(steps, first) / 10.0**decimals
        else:
            total = np.add.reduceat(amount, first)
        return option[first], row[first], total

    # --- read by rules and terms -----------------------------------------------------------------

    @cached_property
    def pairs(self) -> Pairs:
        """The eligible pairs; asking for them closes the eligibility stages."""
        return lay_out(self.n_customers, self.n_reps, self.label, self.restrictions)

    @cached_property
    def _members(self) -> tuple[Ints, Ints]:
        size = np.bincount(self.label, minlength=len(self.pairs.indptr) - 1)
        return np.argsort(self.label, kind="stable"), np.r_[0, np.cumsum(size)].astype(np.int64)

    def members(self, unit: int) -> Ints:
        """Return the customers of a unit, ascending positions."""
        order, start = self._members
        return order[start[unit] : start[unit + 1]]

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

    @cached_property
    def scorer(self) -> Scorer | None:
        """The learned model with these tables, positions being those of the active reps; None where none is used."""
        model = self.tables.learned
        if model is None or not model.usable:
            return None
        return Scorer(model, self.customers, self.reps, self.tables.history, self.period)

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

    def instance(self, weights: Mapping[str, float] | None = None) -> Instance:
        """Return the model as integers, its score the mean of the terms by their own or other `weights`.

        Raises
        ------
        OverflowError
            Loads are too large or too finely divided to be added exactly; the message names the rule and metric.
        """
        parts = self.parts
        if weights is not None:
            parts = {name: replace(part, weight=weights.get(name, 0.0)) for name, part in parts.items()}
        return assemble(self.pairs, self.label, self.must, self.n_reps, self.loads, parts, self.separations)
