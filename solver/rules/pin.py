"""Rule `pin`: a customer is fixed to a rep."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from solver.checks import filter_problems
from solver.problems import Problem
from solver.rules.base import PairRule
from solver.sentences import sentence
from solver.tables import Period, Tables, presence
from solver.where import WhereText

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.view import View, Violation


class Pin(PairRule):
    """A customer goes to the rep its column names, and may not stay unassigned.

    `to: pinned_rep` reads the pins of the table. `to: current_rep` with a filter locks customers where they are, for
    instance those with a renewal ahead: `{kind: pin, to: current_rep, where: "renewal_date < '2027-01-01'"}`; a lock
    holds only while the current rep is active. A pin sets no other rule aside: one that breaks another rule makes the
    plan infeasible, and the message names it.

    Mathematics: removes the pairs (i, j) with i other than the named rep; `u_j = 0`.
    """

    kind: Literal["pin"] = "pin"
    to: Literal["pinned_rep", "current_rep"] = Field(
        "pinned_rep", description="the customers' column that names the rep"
    )
    where: WhereText | None = Field(None, description="which customers; all that name a rep by default")

    def apply(self, draft: Draft) -> None:
        """Remove pairs: one group a rep that is named."""
        allowed = np.vstack([np.eye(draft.n_reps, dtype=bool), np.ones((1, draft.n_reps), dtype=bool)])
        named = np.array([draft.rep_at.get(r, -1) for r in draft.customers[self.to]], dtype=np.int64)
        named = np.where(draft.chosen_customers(self.where), named, -1)
        draft.restrict(np.where(named < 0, draft.n_reps, named), allowed)
        draft.require(named >= 0)

    def key(self, view: View, customer: int) -> Hashable:
        """Return the rep the customer is fixed to, or None."""
        rep = view.customers[self.to][customer]
        at = view.rep_at.get(rep)
        if at is None or not view.active[at]:
            return None
        if not view.customers_with(self.where)[customer]:
            return None
        return str(rep)

    def permits(self, view: View, customer: int, rep: int) -> bool:
        """Whether the customer is free or the rep is the one named."""
        return self.key(view, customer) in {None, view.rep_id(rep)}

    def among(self, view: View, customer: int, reps: frozenset[int]) -> frozenset[int]:
        """Return the rep that is named, or all where none is."""
        named = self.key(view, customer)
        return reps if named is None else reps & {view.rep_at[str(named)]}

    def audit(self, view: View) -> Iterator[Violation]:
        """Yield pinned customers that are elsewhere or nowhere."""
        from solver.view import Violation

        yield from super().audit(view)
        for j, rep in enumerate(view.rep_of):
            if rep < 0 and (to := self.key(view, j)) is not None:
                who = view.customer_id(j)
                yield Violation(f"{who} is pinned to {to} but has no rep", customers=(who,), reps=(str(to),))

    def describe(self) -> str:
        """One sentence."""
        which = sentence(" with {filter}", filter=self.where) if self.where else ""
        if self.to == "current_rep":
            return sentence("customers{and_which} stay with their current rep", and_which=which)
        return sentence("pinned customers{and_which} go to the rep they are pinned to", and_which=which)

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """Filters must fit; a pin to a rep that is not active cannot hold."""
        yield from filter_problems("where", self.where, tables.customers)
        if self.to != "pinned_rep":
            return
        there = tables.reps["active"].to_numpy(dtype=bool) & (presence(tables, period) > 0)
        active = set(tables.reps["rep_id"][there])
        for customer, rep in zip(tables.customers["customer_id"], tables.customers["pinned_rep"], strict=True):
            if rep and rep not in active:
                yield Problem(
                    "pin_inactive", f"customer {customer} is pinned to {rep}, who is not active in the period",
                    column="to", value=rep, fix="clear the pin, or make the rep active",
                )  # fmt: skip
