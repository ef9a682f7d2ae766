"""Rule `territory`: a rep gets only customers of the territories it covers."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from solver.arrays import codes
from solver.problems import Problem
from solver.rules.base import PairRule
from solver.sentences import sentence
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
        covering: dict[str, list[int]] = {}
        for i, territories in enumerate(draft.reps["territories"]):
            for t in dict.fromkeys(t.casefold() for t in territories):
                covering.setdefault(t, []).append(i)
        kinds: dict[tuple[str, ...] | None, int] = {}  # territories below the same covered ones are alike
        kind_of = np.zeros(len(paths), dtype=np.int64)
        for g, path in enumerate(paths):
            parts = path.split("/") if path else []
            above = ("*", *("/".join(parts[: k + 1]) for k in range(len(parts))))
            free = not path and self.unmapped == "anybody"
            kind_of[g] = kinds.setdefault(None if free else tuple(t for t in above if t in covering), len(kinds))
        allowed = np.zeros((len(kinds), draft.n_reps), dtype=bool)
        for k, covered in enumerate(kinds):
            allowed[k] = covered is None
            for t in covered or ():
                allowed[k, covering[t]] = True
        draft.restrict(kind_of[group], allowed)

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

    def among(self, view: View, customer: int, reps: frozenset[int]) -> frozenset[int]:
        """Return the reps that cover the customer's territory or one above it."""
        path = view.customers["territory"][customer].casefold()
        if not path and self.unmapped == "anybody":
            return reps
        covering = view.once("covering", lambda: _covering(view))
        found = set(covering.get("*", ()))
        while path:
            found.update(covering.get(path, ()))
            path = path.rpartition("/")[0]
        return reps & found

    def describe(self) -> str:
        """One sentence."""
        return sentence("a rep gets only customers of the territories it covers")

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


def _covering(view: View) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for i, territories in enumerate(view.reps["territories"]):
        for t in territories:
            found.setdefault(t.casefold(), []).append(i)
    return found
