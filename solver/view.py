"""An assignment as the tables show it: what audits and measures look at. Shares nothing with the engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from solver.tables import DECIMALS, Period, Tables
from solver.where import parse

if TYPE_CHECKING:
    from solver.rules.base import PairRule, Rule

T = TypeVar("T")


@dataclass(frozen=True)
class Violation:
    """One breach of one rule.

    Attributes
    ----------
    message : one sentence naming who and how much.
    customers, reps : ids it concerns.
    rule : the rule's name in the plan; ``assignment`` for what no plan may do.
    """

    message: str
    customers: tuple[str, ...] = ()
    reps: tuple[str, ...] = ()
    rule: str = ""

    def by(self, rule: str) -> Violation:
        """Return the same breach under the name of its rule."""
        return replace(self, rule=rule)


class View:
    """Tables plus an assignment, by position.

    Parameters
    ----------
    tables, period : the checked input and the days planned.
    rules : the plan's rules by name; they decide who is eligible and which customers are one family.
    assignment : customer_id → rep_id or None; customers left out are unassigned.

    Raises
    ------
    ValueError
        The assignment names a customer or a rep that is not in the tables.
    """

    def __init__(self, tables: Tables, period: Period, rules: Mapping[str, Rule], assignment: Mapping[str, str | None]):
        self.period = period
        self.customers: dict[str, list[Any]] = {str(c): tables.customers[c].tolist() for c in tables.customers}
        self.reps: dict[str, list[Any]] = {str(c): tables.reps[c].tolist() for c in tables.reps}
        self._history = tables.history
        self.learned = tables.learned
        self.n_customers = len(tables.customers)
        self.n_reps = len(tables.reps)
        self._rules = dict(rules)
        self.customer_at = {c: j for j, c in enumerate(self.customers["customer_id"])}
        self.rep_at = {r: i for i, r in enumerate(self.reps["rep_id"])}
        self.rep_of = [-1] * self.n_customers
        for customer, rep in assignment.items():
            if customer not in self.customer_at:
                raise ValueError(f"the assignment names customer {customer!r}, which is not in the tables")
            if rep is not None and rep not in self.rep_at:
                raise ValueError(f"the assignment names rep {rep!r}, which is not in the tables")
            self.rep_of[self.customer_at[customer]] = -1 if rep is None else self.rep_at[rep]
        self.current = [self.rep_at.get(r, -1) for r in self.customers["current_rep"]]
        self._made: dict[Hashable, Any] = {}

    @cached_property
    def history(self) -> dict[str, list[Any]]:
        """The columns of history."""
        return {str(c): self._history[c].tolist() for c in self._history}

    def customer_id(self, customer: int) -> str:
        """Return the id of the customer at a position."""
        return str(self.customers["customer_id"][customer])

    def rep_id(self, rep: int) -> str:
        """Return the id of the rep at a position."""
        return str(self.reps["rep_id"][rep])

    def assigned(self) -> Iterator[tuple[int, int]]:
        """Yield (customer, rep) for every customer that has one."""
        return ((j, i) for j, i in enumerate(self.rep_of) if i >= 0)

    @cached_property
    def presence(self) -> list[float]:
        """Share of the period's days on which each rep is there, 0 to 1."""
        shares = []
        for start, end in zip(self.reps["start_date"], self.reps["end_date"], strict=True):
            first = self.period.first if start != start else max(self.period.first, _day(start))
            last = self.period.last if end != end else min(self.period.last, _day(end))
            shares.append(max(0, (last - first).days + 1) / self.period.days)
        return shares

    @cached_property
    def active(self) -> list[bool]:
        """Whether each rep can have customers in the period: marked active and there for at least a day."""
        return [bool(a) and p > 0 for a, p in zip(self.reps["active"], self.presence, strict=True)]

    def strength(self, rep: int, ramp: bool = True, presence: bool = True) -> float:
        """Return the share of a full rep's period this rep can give: ramp × presence."""
        return (self.reps["ramp"][rep] if ramp else 1.0) * (self.presence[rep] if presence else 1.0)

    def amount(self, metric: str, customer: int) -> float:
        """Return what a customer adds to a load: 1 for ``customers``, else its cell (missing: 0)."""
        if metric == "customers":
            return 1.0
        value = float(self.customers[metric][customer])
        return value if value == value else 0.0

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` gives, made at the first call with this key and kept as long as the view."""
        if key not in self._made:
            self._made[key] = make()
        found: T = self._made[key]
        return found

    def customers_with(self, where: str | None) -> list[bool]:
        """Whether each customer matches a filter; all do for none."""
        return self.once(("customers", where), lambda: _matching(self.customers, where, self.n_customers))

    def reps_with(self, where: str | None) -> list[bool]:
        """Whether each rep matches a filter; all do for none."""
        return self.once(("reps", where), lambda: _matching(self.reps, where, self.n_reps))

    def narrowed(self, rule: PairRule, customer: int, reps: frozenset[int]) -> frozenset[int]:
        """Return those of these reps that one rule lets a customer go to; looked at once for customers alike to it."""
        known: dict[tuple[Hashable, frozenset[int]], frozenset[int]] = self.once(("narrowed", id(rule)), dict)
        at = rule.key(self, customer), reps
        found = known.get(at)
        if found is None:
            found = known[at] = rule.among(self, customer, reps)
        return found

    def permitted(self, rule: PairRule, customer: int) -> frozenset[int]:
        """Return the active reps one rule lets a customer go to."""
        return self.narrowed(rule, customer, self.everyone)

    @cached_property
    def everyone(self) -> frozenset[int]:
        """The active reps."""
        return frozenset(i for i in range(self.n_reps) if self.active[i])

    @cached_property
    def pair_rules(self) -> dict[str, PairRule]:
        """The rules that decide eligibility, by name."""
        from solver.rules.base import PairRule

        return {n: r for n, r in self._rules.items() if isinstance(r, PairRule)}

    @cached_property
    def families(self) -> list[list[int]]:
        """Customers that must stay together, positions; singles left out; families that overlap are one."""
        from solver.rules.family import Family

        group: dict[int, list[int]] = {}
        for family in (f for r in self._rules.values() if isinstance(r, Family) for f in r.families(self)):
            merged = sorted({member for j in family for member in group.get(j, [j])})
            group.update(dict.fromkeys(merged, merged))
        return [family for j, family in group.items() if family[0] == j]

    @cached_property
    def eligible(self) -> list[frozenset[int]]:
        """For each customer the reps permitted by every rule, to it and to all of its family."""
        rules = sorted(self.pair_rules.values(), key=lambda r: r.late)
        found: list[frozenset[int]] = []
        for j in range(self.n_customers):
            reps = self.everyone
            for rule in rules:
                reps = self.narrowed(rule, j, reps)
            found.append(reps)
        for family in self.families:
            common = frozenset.intersection(*(found[j] for j in family))
            for j in family:
                found[j] = common
        return found

    @cached_property
    def keepable(self) -> list[bool]:
        """Whether each customer could stay: its current rep is active and eligible (the set K of the formulation)."""
        return [i >= 0 and i in e for i, e in zip(self.current, self.eligible, strict=True)]

    def moved(self, customer: int) -> bool:
        """Whether a customer that could have stayed goes to another rep."""
        return self.keepable[customer] and self.rep_of[customer] not in {-1, self.current[customer]}


def _matching(table: dict[str, list[Any]], where: str | None, rows: int) -> list[bool]:
    if where is None:
        return [True] * rows
    test = parse(where)
    needed = {c: table[c] for c in table if c in test.columns}
    if len(needed) < len(test.columns):
        needed = table  # the message on the missing one lists all there are
    if not needed:
        return [test.matches({}) for _ in range(rows)]
    rows_of_cells = zip(*needed.values(), strict=True)
    if all(isinstance(cell, str) for column in needed.values() for cell in column):
        known: dict[tuple[str, ...], bool] = {}  # few texts, many rows
        found = []
        for cells in rows_of_cells:
            if cells not in known:
                known[cells] = test.matches(dict(zip(needed, cells, strict=True)))
            found.append(known[cells])
        return found
    return [test.matches(dict(zip(needed, cells, strict=True))) for cells in rows_of_cells]


def _day(value: Any) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


def six(value: float) -> float:
    """Return a sum or limit rounded to the tables' decimals, so that comparing is exact."""
    return round(value, DECIMALS)
