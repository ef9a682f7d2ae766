"""Rule `exclusion`: named pairs, or customers and reps that match filters, never go together."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from solver.checks import filter_problems
from solver.problems import Problem
from solver.rules.base import PairRule
from solver.sentences import sentence
from solver.tables import Period, Tables
from solver.where import WhereText

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.view import View


class Exclusion(PairRule):
    """These customers and reps never go together: by name in `pairs`, or by filters on both sides.

    Example: `{pairs: [[C0012, R07], [C0044, R03]]}` or
    `{customers: "segment == 'public'", reps: "missing(team)"}`; one filter left out means everybody on that side.

    Mathematics: removes the named pairs, and the pairs (i, j) where i matches `reps` and j matches `customers`.
    """

    late: ClassVar[bool] = True
    kind: Literal["exclusion"] = "exclusion"
    pairs: tuple[tuple[str, str], ...] = Field((), description="pairs of customer_id and rep_id")
    customers: WhereText | None = Field(None, description="filter on the customers' columns")
    reps: WhereText | None = Field(None, description="filter on the reps' columns")

    @model_validator(mode="after")
    def _says_something(self) -> Exclusion:
        if not self.pairs and self.customers is None and self.reps is None:
            raise ValueError("name pairs, or give a filter for customers or reps")
        return self

    def _by_filter(self) -> bool:
        return self.customers is not None or self.reps is not None

    def apply(self, draft: Draft) -> None:
        """Remove pairs: one group a named customer, two for the filter."""
        if self._by_filter():
            rows = np.stack([np.ones(draft.n_reps, dtype=bool), ~draft.chosen_reps(self.reps)])
            draft.restrict(draft.chosen_customers(self.customers).astype(np.int64), rows)
        if self.pairs:
            named: dict[str, set[int]] = {}
            for customer, rep in self.pairs:
                if rep in draft.rep_at:
                    named.setdefault(customer, set()).add(draft.rep_at[rep])
            number: dict[frozenset[int], int] = {frozenset(): 0}
            kind_of = {c: number.setdefault(frozenset(reps), len(number)) for c, reps in named.items()}
            allowed = np.ones((len(number), draft.n_reps), dtype=bool)
            for reps, g in number.items():
                allowed[g, list(reps)] = False
            ids = draft.customers["customer_id"]
            draft.restrict(np.array([kind_of.get(c, 0) for c in ids], dtype=np.int64), allowed)

    def _named(self, view: View) -> dict[str, frozenset[str]]:
        """The reps named against each customer."""

        def collect() -> dict[str, frozenset[str]]:
            found: dict[str, set[str]] = {}
            for customer, rep in self.pairs:
                found.setdefault(customer, set()).add(rep)
            return {customer: frozenset(reps) for customer, reps in found.items()}

        return view.once(("excluded", id(self)), collect)

    def key(self, view: View, customer: int) -> Hashable:
        """Return the reps named against the customer, and whether it matches the filter."""
        return self._named(view).get(view.customer_id(customer)), view.customers_with(self.customers)[customer]

    def permits(self, view: View, customer: int, rep: int) -> bool:
        """Whether neither a named pair nor the filters speak against it."""
        if view.rep_id(rep) in self._named(view).get(view.customer_id(customer), ()):
            return False
        if not self._by_filter():
            return True
        return not (view.customers_with(self.customers)[customer] and view.reps_with(self.reps)[rep])

    def describe(self) -> str:
        """One sentence."""
        named = sentence("{n} named pairs of customer and rep", n=len(self.pairs))
        filters = sentence(
            "customers with {what} and reps with {then}",
            what=self.customers or sentence("anything"), then=self.reps or sentence("anything"),
        )  # fmt: skip
        if self.pairs and self._by_filter():
            return sentence("{what} and {then} never go together", what=named, then=filters)
        return sentence("{what} never go together", what=named if self.pairs else filters)

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """Named ids must exist; filters must fit the columns."""
        customers, reps = set(tables.customers["customer_id"]), set(tables.reps["rep_id"])
        for k, (customer, rep) in enumerate(self.pairs):
            if customer not in customers:
                yield Problem("unknown_customer", f"no customer {customer!r}", column=f"pairs[{k}]", value=customer)
            if rep not in reps:
                yield Problem("unknown_rep", f"no rep {rep!r}", column=f"pairs[{k}]", value=rep)
        yield from filter_problems("customers", self.customers, tables.customers)
        yield from filter_problems("reps", self.reps, tables.reps)
