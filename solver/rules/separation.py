"""Rule `separation`: of a group of customers a rep may have only so many (competitors not with the same rep)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from solver.names import fold, folds, spelled
from solver.problems import Problem
from solver.rules.base import Rule
from solver.sentences import sentence_n
from solver.tables import Period, Tables

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.view import View, Violation


class Separation(Rule):
    """Of the customers of one group, a rep has at most `limit`.

    Groups are the values of a column (`column: competitor_group`; an empty cell is no group; upper and lower case and
    spacing do not matter) or lists of ids (`groups: {colas: [C0012, C0044]}`).

    Mathematics: `Σ_{j in group} x_ij ≤ limit` for every rep i and group.
    """

    kind: Literal["separation"] = "separation"
    column: str | None = Field(None, description="column of the customers that names the group")
    groups: dict[str, tuple[str, ...]] = Field({}, description="groups by name: lists of customer_id")
    limit: int = Field(1, ge=1, description="most customers of a group with one rep")

    @model_validator(mode="after")
    def _says_something(self) -> Separation:
        if self.column is None and not self.groups:
            raise ValueError("give a column or groups")
        return self

    def apply(self, draft: Draft) -> None:
        """One separation a group that is larger than the limit."""
        if self.column:
            members: dict[str, list[int]] = {}
            values = draft.customers[self.column].tolist()
            for j, name in enumerate(folds(values)):
                if name:
                    members.setdefault(name, []).append(j)
            for who in members.values():
                self._say(draft, self._label(values[who[0]]), who)
        if self.groups:
            at = {c: j for j, c in enumerate(draft.customers["customer_id"])}
            for name, ids in self.groups.items():
                self._say(draft, self._label(name, listed=True), sorted({at[c] for c in ids if c in at}))

    def _say(self, draft: Draft, label: str, who: list[int]) -> None:
        if len(who) > self.limit:
            draft.separate(label, np.array(who, dtype=np.int64), self.limit)

    def _label(self, name: Any, listed: bool = False) -> str:
        """Return a group's name with where it comes from: a list may be called like a value of the column."""
        return f"{name} (groups)" if listed else f"{spelled(name)} (column {self.column})"

    def audit(self, view: View) -> Iterator[Violation]:
        """Yield reps with too many of a group."""
        from solver.view import Violation

        member: list[list[str]] = [[] for _ in range(view.n_customers)]
        if self.column:
            first: dict[str, str] = {}  # a group is called as it is spelled first
            for j, value in enumerate(view.customers[self.column]):
                if name := fold(value):
                    member[j].append(first.setdefault(name, self._label(value)))
        for name, ids in self.groups.items():
            for customer in set(ids):
                if customer in view.customer_at:
                    member[view.customer_at[customer]].append(self._label(name, listed=True))
        held = Counter((label, i) for j, i in view.assigned() for label in member[j])
        for (label, i), count in held.items():
            if count > self.limit:
                who = view.rep_id(i)
                yield Violation(f"{who} has {count} customers of group {label}, more than {self.limit}", reps=(who,))

    def describe(self) -> str:
        """One sentence."""
        if not self.column:
            return sentence_n("a rep has at most {n} customer of a named group",
                              "a rep has at most {n} customers of a named group", self.limit)  # fmt: skip
        return sentence_n("a rep has at most {n} customer of a {column}",
                          "a rep has at most {n} customers of a {column}", self.limit, column=self.column)  # fmt: skip

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """Column and ids must exist."""
        if self.column is not None and self.column not in tables.customers:
            yield Problem(
                "unknown_column", f"customers have no column {self.column!r}", column="column",
                expected=f"one of {', '.join(map(str, tables.customers))}",
            )  # fmt: skip
        known = set(tables.customers["customer_id"])
        for name, ids in self.groups.items():
            for customer in ids:
                if customer not in known:
                    yield Problem(
                        "unknown_customer",
                        f"no customer {customer!r}",
                        column=f"groups.{name}",
                        value=customer,
                    )
