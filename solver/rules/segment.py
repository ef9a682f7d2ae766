"""Rule `segment`: customers that match a filter go only to reps that match another."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from solver.checks import filter_problems
from solver.problems import Problem
from solver.rules.base import PairRule
from solver.sentences import sentence
from solver.tables import Period, Tables
from solver.where import WhereText

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.view import View


class Segment(PairRule):
    """Customers that match `customers` go only to reps that match `reps`; with `exclusive`, those reps get no others.

    Example: `{kind: segment, customers: "segment == 'enterprise'", reps: "has(segments, 'enterprise')"}`.

    Mathematics: removes (i, j) where j matches and i does not; with `exclusive` also where i matches and j does not.
    """

    kind: Literal["segment"] = "segment"
    customers: WhereText = Field(description="which customers, a filter on their columns")
    reps: WhereText = Field(description="which reps may have them, a filter on the reps' columns")
    exclusive: bool = Field(False, description="true: these reps get no other customers")

    def apply(self, draft: Draft) -> None:
        """Remove pairs: two groups of customers."""
        inside = draft.chosen_reps(self.reps)
        others = ~inside if self.exclusive else np.ones_like(inside)
        draft.restrict(draft.chosen_customers(self.customers).astype(np.int64), np.stack([others, inside]))

    def key(self, view: View, customer: int) -> Hashable:
        """Whether the customer matches."""
        return view.customers_with(self.customers)[customer]

    def permits(self, view: View, customer: int, rep: int) -> bool:
        """Whether the rep matches where the customer does."""
        rep_matches = view.reps_with(self.reps)[rep]
        if view.customers_with(self.customers)[customer]:
            return rep_matches
        return not (self.exclusive and rep_matches)

    def describe(self) -> str:
        """One sentence."""
        only = sentence(", which get no others") if self.exclusive else ""
        return sentence("customers with {filter} go only to reps with {other}{and_only}", filter=self.customers,
                        other=self.reps, and_only=only)  # fmt: skip

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """Filters must fit the columns."""
        yield from filter_problems("customers", self.customers, tables.customers)
        yield from filter_problems("reps", self.reps, tables.reps)
