"""Rule `family`: customers with one ultimate parent stay with one rep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from solver.names import fold, folds
from solver.problems import Problem
from solver.rules.base import Rule, Stage
from solver.sentences import sentence
from solver.tables import Period, Tables

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.view import View, Violation


class Family(Rule):
    """Customers with one ultimate parent go to one rep, or stay unassigned together.

    The parent is followed upwards through `parent_id`; a parent that is no customer itself still makes a family.
    `within: territory` (or any other column) keeps together only the members that share that column's value (upper
    and lower case and spacing do not matter).

    Mathematics: merges the members into one unit; its eligible reps are those eligible for every member.
    """

    kind: Literal["family"] = "family"
    stage: ClassVar[Stage] = Stage.FAMILY
    within: str | None = Field(None, description="keep together only members with the same value in this column")

    def apply(self, draft: Draft) -> None:
        """Label customers by ultimate parent."""
        ids, parents = draft.customers["customer_id"].tolist(), draft.customers["parent_id"].tolist()
        parent_of = dict(zip(ids, parents, strict=True))
        root: dict[str, str] = {}
        for start in ids:
            trail, at = [], start
            while at not in root and parent_of.get(at):
                trail.append(at)
                root[at] = at  # ends the walk should the data hold a cycle
                at = parent_of[at]
            top = root.get(at, at)
            root.update(dict.fromkeys(trail, top))
        inside = folds(draft.customers[self.within].tolist()) if self.within else [""] * len(ids)
        number: dict[tuple[str, str], int] = {}
        keys = zip((root.get(c, c) for c in ids), inside, strict=True)
        draft.keep_together(np.fromiter((number.setdefault(k, len(number)) for k in keys), np.int64, count=len(ids)))

    def families(self, view: View) -> list[list[int]]:
        """Groups of two and more customers (positions) that must stay together."""
        return view.once(("families", id(self)), lambda: self._families(view))

    def _families(self, view: View) -> list[list[int]]:
        position = {c: j for j, c in enumerate(view.customers["customer_id"])}
        parents = view.customers["parent_id"]
        inside = view.customers[self.within] if self.within else None
        groups: dict[tuple[str, str], list[int]] = {}
        for j, customer in enumerate(view.customers["customer_id"]):
            top = customer
            if parents[j]:
                seen = {customer}
                while top in position and (up := parents[position[top]]) and up not in seen:
                    top = up
                    seen.add(up)
            groups.setdefault((top, fold(inside[j]) if inside else ""), []).append(j)
        return [g for g in groups.values() if len(g) > 1]

    def audit(self, view: View) -> Iterator[Violation]:
        """Yield families that are split."""
        from solver.view import Violation

        for family in self.families(view):
            reps = {view.rep_of[j] for j in family}
            if len(reps) > 1:
                ids = tuple(view.customer_id(j) for j in family)
                names = tuple(view.rep_id(i) if i >= 0 else "nobody" for i in sorted(reps))
                yield Violation(f"family of {', '.join(ids[:5])} is split between {', '.join(names)}", ids, names)

    def describe(self) -> str:
        """One sentence."""
        within = sentence(" within a {column}", column=self.within) if self.within else ""
        return sentence("customers with one ultimate parent stay together{and_within}", and_within=within)

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """The column must exist."""
        if self.within is not None and self.within not in tables.customers:
            yield Problem(
                "unknown_column", f"customers have no column {self.within!r}", column="within",
                expected=f"one of {', '.join(map(str, tables.customers))}",
            )  # fmt: skip
