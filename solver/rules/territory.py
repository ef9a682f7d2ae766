"""Rule `territory`: a rep gets only customers of the territories it covers."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from solver.arrays import codes
from solver.problems import Problem
from solver.rules.base import PairRule
from solver.tables import Period, Tables

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.view import View


class Territory(PairRule):
    """A rep may have a customer only in a territory it covers; covering a territory covers all below it.

    Territories are paths, `EMEA/DE/South`, compared without regard to case. A rep that covers `*` covers everything.
    A customer without a territory is nobody's, or everybody's with `unmapped: anybody`.

    Mathematics: removes the pairs (i, j) where no territory of rep i is equal to or above the territory of customer j.
    """

    kind: Literal["territory"] = "territory"
    unmapped: Literal["nobody", "anybody"] = Field("nobody", description="who may have customers without a territory")

    def apply(self, draft: Draft) -> None:
        """Remove pairs, one row of reps for every distinct territory."""
        group, paths = codes(draft.customers["territory"].tolist(), str.casefold)
        covered = [{t.casefold() for t in reps} for reps in draft.reps["territories"]]
        allowed = np.zeros((len(paths), draft.n_reps), dtype=bool)
        for g, path in enumerate(paths):
            parts = path.split("/")
            above = {"/".join(parts[: k + 1]) for k in range(len(parts))} | {"*"} if path else {"*"}
            allowed[g] = [bool(c & above) for c in covered]
            if not path and self.unmapped == "anybody":
                allowed[g] = True
        draft.restrict(group, allowed)

    def key(self, view: View, customer: int) -> Hashable:
        """Return the customer's territory."""
        return str(view.customers["territory"][customer]).casefold()

    def permits(self, view: View, customer: int, rep: int) -> bool:
        """Whether one of the rep's territories is a prefix of the customer's."""
        path = view.customers["territory"][customer].casefold()
        if not path and self.unmapped == "anybody":
            return True
        for covered in view.reps["territories"][rep]:
            covered = covered.casefold()
            if covered == "*" or (path and (path == covered or path.startswith(covered + "/"))):
                return True
        return False

    def describe(self) -> str:
        """One sentence."""
        return "a rep gets only customers of the territories it covers"

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """Warn where the column is empty."""
        empty = int((tables.customers["territory"] == "").sum())
        if empty and self.unmapped == "nobody":
            yield Problem(
                "no_territory", f"{empty:,} customers have no territory, so nobody may have them", column="unmapped",
                fix="fill in the territory, or set unmapped: anybody", severity="warning",
            )  # fmt: skip
        if not any(tables.reps["territories"]):
            yield Problem(
                "no_territory", "no rep covers any territory, so nobody may have anything", column="kind",
                fix="map the reps' column of territories, or remove the rule",
            )  # fmt: skip
