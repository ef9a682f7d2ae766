"""An impossible plan taken apart: every rule for each rep, team, group or customer is a *member* to be set aside.

`Loose` holds the plan with all its members; `Loose.keeping` is the instance that keeps only some of them. More members
never allow more: which customers could stay with their current rep, and so what counts as a move, is as in the plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from solver.arrays import Bools, Ints
from solver.draft import Draft
from solver.instance import NO_LIMIT, Instance, Separation
from solver.integers import Loads
from solver.pairs import Pairs
from solver.rules.pin import Pin

MemberKind = Literal["served", "pinned", "eligible", "most", "least", "separation", "family"]
#: What `coverage: required` is called among the rules.
COVERAGE = "coverage"


@dataclass(frozen=True)
class Part:
    """One member: a rule and what it applies to, by position.

    Attributes
    ----------
    kind : ``served`` (coverage is required: the customer gets a rep), ``pinned`` (a pin: this rep, and no other),
        ``eligible`` (the reps a rule leaves to a customer), ``most`` and ``least`` (a hard limit on a load),
        ``separation`` (a group) or ``family`` (customers that stay together).
    rule : its name in the plan; ``coverage`` for coverage.
    customers : positions: the customer, the family, or the group.
    at : the load row, or the number of the separation; -1 for others.
    """

    kind: MemberKind
    rule: str
    customers: tuple[int, ...] = ()
    at: int = -1


class _Wide(Draft):
    """The same rules spoken over pairs that none of them has removed yet, every customer a unit of its own."""

    def __init__(self, draft: Draft, pairs: Pairs):
        self._narrow, self._given = draft, pairs
        self.together: list[tuple[str, Ints]] = []
        self.demands: dict[str, Bools] = {}
        super().__init__(draft.tables, draft.period, draft.rules, {})

    @cached_property
    def pairs(self) -> Pairs:
        """All pairs of the customers looked at."""
        return self._given

    @cached_property
    def keepable(self) -> Bools:
        """As in the plan itself."""
        return self._narrow.keepable

    def keep_together(self, label: Ints) -> None:
        """Note the families."""
        self.together.append((self._now, label))

    def require(self, customers: Bools) -> None:
        """Note whom the rule wants served."""
        self.demands[self._now] = self.demands.get(self._now, np.zeros(self.n_customers, dtype=bool)) | customers


@dataclass(frozen=True)
class Loose:
    """A plan whose members can be set aside.

    Attributes
    ----------
    draft : the plan as written.
    who : int64[k], the customers looked at, ascending; the others may stay as they are.
    wide : the model over all pairs of them: option ``k * reps + i`` is customer ``who[k]`` with rep i.
    loads : the hard loads behind the rows of `wide`, in order.
    parts : the members.
    blocked : bool[k, reps] of each member of kind ``pinned`` or ``eligible``, by its number.
    """

    draft: Draft
    who: Ints
    wide: Instance
    loads: tuple[Loads, ...]
    parts: tuple[Part, ...]
    blocked: dict[int, Bools]

    @cached_property
    def index(self) -> Ints:
        """int64[customers]: position in `who`, -1 where it is not looked at."""
        found = np.full(self.draft.n_customers, -1, dtype=np.int64)
        found[self.who] = np.arange(len(self.who))
        return found

    def load_of(self, row: int) -> tuple[Loads, int]:
        """Return the load a row of `wide` belongs to, and its number in there."""
        for load in self.loads:
            if row < len(load.of):
                return load, row
            row -= len(load.of)
        raise IndexError(row)

    @cached_property
    def monotone(self) -> bool:
        """Whether no load can fall by giving somebody a rep."""
        return not np.any(self.wide.load_amount < 0)

    def keeping(self, kept: Bools) -> Instance:
        """Return the instance in which only these members hold, bool[members].

        Customers that nobody asks for are left out where that changes nothing.
        """
        n_reps, k = self.wide.n_reps, len(self.who)
        allowed, needed = np.ones((k, n_reps), dtype=bool), np.zeros(k, dtype=bool)
        label = np.arange(k)
        lower, upper = np.full(self.wide.n_rows, -NO_LIMIT), np.full(self.wide.n_rows, NO_LIMIT)
        groups = []
        for m in np.flatnonzero(kept).tolist():
            part = self.parts[m]
            if part.kind in {"served", "pinned"}:
                needed[self.index[list(part.customers)]] = True
            if m in self.blocked:
                allowed[self.index[part.customers[0]]] &= ~self.blocked[m]
            elif part.kind == "family":
                joined = np.isin(label, label[self.index[list(part.customers)]])
                label[joined] = label[joined].min()
            elif part.kind == "most":
                upper[part.at] = self.wide.row_upper[part.at]
            elif part.kind == "least":
                lower[part.at] = self.wide.row_lower[part.at]
            elif part.kind == "separation":
                groups.append(self.wide.separations[part.at])
        wanted = np.bincount(label, weights=needed, minlength=k) > 0
        if not self.monotone or np.any(lower > -NO_LIMIT):
            wanted = np.bincount(label, minlength=k) > 0
        number = np.full(k, -1, dtype=np.int64)
        number[wanted] = np.arange(int(wanted.sum()))
        unit = number[label]
        return self._instance(unit, int(wanted.sum()), allowed, needed, lower, upper, groups)

    def _instance(
        self, unit: Ints, units: int, allowed: Bools, needed: Bools, lower: Ints, upper: Ints, groups: list[Separation]
    ) -> Instance:
        wide, n_reps = self.wide, self.wide.n_reps
        inside = unit >= 0
        together = np.ones((units, n_reps), dtype=bool)
        np.logical_and.at(together, unit[inside], allowed[inside])
        option_unit, option_rep = np.nonzero(together)
        option = np.full((units, n_reps), -1, dtype=np.int64)
        option[option_unit, option_rep] = np.arange(len(option_unit))
        customer, rep = np.divmod(wide.entry_option(), max(1, n_reps))
        limited = (lower > -NO_LIMIT) | (upper < NO_LIMIT)
        here = inside[customer] & limited[wide.load_row]
        own = option[unit[customer[here]], rep[here]]
        row, amount = wide.load_row[here][own >= 0], wide.load_amount[here][own >= 0]
        keys, entry = np.unique(own[own >= 0] * max(1, wide.n_rows) + row, return_inverse=True)
        total = np.zeros(len(keys), dtype=np.int64)
        np.add.at(total, entry, amount)
        load_option, load_row = np.divmod(keys, max(1, wide.n_rows))
        separations = []
        for group in groups:
            members = unit[self.index[group.units]]
            units_in, sizes = np.unique(members[members >= 0], return_counts=True)
            if len(units_in):
                separations.append(Separation(group.source, group.label, units_in, sizes.astype(np.int64), group.limit))
        size = np.bincount(unit[inside], minlength=units).astype(np.int64)
        return replace(
            wide,
            customer_unit=unit,
            unit_size=size,
            required=np.bincount(unit[inside], weights=needed[inside], minlength=units) > 0,
            indptr=np.r_[0, np.cumsum(together.sum(axis=1))].astype(np.int64),
            option_unit=option_unit.astype(np.int64),
            option_rep=option_rep.astype(np.int64),
            option_score=np.zeros(len(option_unit), dtype=np.int64),
            row_lower=lower,
            row_upper=upper,
            load_indptr=np.r_[0, np.cumsum(np.bincount(load_option, minlength=len(option_unit)))].astype(np.int64),
            load_row=load_row,
            load_amount=total,
            separations=tuple(separations),
        )


def loosen(draft: Draft, required: bool, customers: Bools | None = None) -> Loose:
    """Take a plan apart.

    Parameters
    ----------
    required : whether the plan demands a rep for every customer.
    customers : bool[customers], whom to look at; whole families. All by default.

    Raises
    ------
    OverflowError
        Loads over all pairs are too large to be added exactly.
    """
    n_reps = draft.n_reps
    chosen = np.ones(draft.n_customers, dtype=bool) if customers is None else customers
    who = np.flatnonzero(chosen)
    option = np.arange(len(who) * n_reps)
    customer, rep = np.repeat(who, n_reps), np.tile(np.arange(n_reps), len(who))
    indptr = np.r_[0, np.cumsum(np.where(chosen, n_reps, 0))].astype(np.int64)
    wide = _Wide(draft, Pairs(indptr, customer, rep, customer, rep, option))
    parts: list[Part] = []
    blocked: dict[int, Bools] = {}
    if required:
        parts += [Part("served", COVERAGE, (j,)) for j in who.tolist()]
    for rule in dict.fromkeys(r.rule for r in wide.restrictions):
        allowed = np.ones((len(who), n_reps), dtype=bool)
        for r in wide.restrictions:
            if r.rule == rule:
                allowed &= r.allowed[r.group[who]]
        asked = wide.demands.get(rule, np.zeros(draft.n_customers, dtype=bool))[who]
        pins = isinstance(draft.rules.get(rule), Pin)
        for k in np.flatnonzero(~allowed.all(axis=1) | asked).tolist():
            blocked[len(parts)] = ~allowed[k]
            parts.append(Part("pinned" if pins else "eligible", rule, (int(who[k]),)))
    for rule, label in wide.together:
        order = who[np.argsort(label[who], kind="stable")]
        for family in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
            if len(family) > 1:
                parts.append(Part("family", rule, tuple(family.tolist())))
    instance = wide.instance()
    for row in range(instance.n_rows):
        if instance.row_upper[row] < NO_LIMIT:
            parts.append(Part("most", instance.rows[row].source, at=row))
        if instance.row_lower[row] > -NO_LIMIT:
            parts.append(Part("least", instance.rows[row].source, at=row))
    separations: list[Separation] = []
    for group in instance.separations:
        keep = chosen[group.units]
        if group.sizes[keep].sum() > group.limit:
            members = tuple(group.units[keep].tolist())
            parts.append(Part("separation", group.source, members, len(separations)))
            separations.append(replace(group, units=group.units[keep], sizes=group.sizes[keep]))
    narrowed = replace(instance, separations=tuple(separations))
    # Units of `wide` are customers by position; its options start at the first customer looked at.
    return Loose(draft, who, narrowed, tuple(wide.loads), tuple(parts), blocked)
