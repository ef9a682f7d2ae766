"""Rule `separation`: of a group of customers a rep may have only so many (competitors not with the same rep)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from solver.problems import Problem
from solver.rules.base import Rule
from solver.tables import Period, Tables

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.view import View, Violation


class Separation(Rule):
    """Of the customers of one group, a rep has at most `limit`.

    Groups are the values of a column (`column: competitor_group`; an empty cell is no group) or lists of ids
    (`groups: {colas: [C0012, C0044]}`).

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
        members: dict[str, list[int]] = {}
        if self.column:
            for j, value in enumerate(draft.customers[self.column]):
                if value != "" and value == value:
                    members.setdefault(str(value), []).append(j)
        if self.groups:
            at = {c: j for j, c in enumerate(draft.customers["customer_id"])}
            for name, ids in self.groups.items():
                members[f"groups.{name}"] = sorted({at[c] for c in ids if c in at})
        for name, who in members.items():
            if len(who) > self.limit:
                draft.separate(name, np.array(who, dtype=np.int64), self.limit)

    def audit(self, view: View) -> Iterator[Violation]:
        """Yield reps with too many of a group."""
        from solver.view import Violation

        held: Counter[tuple[str, int]] = Counter()
        named = {name: set(ids) for name, ids in self.groups.items()}
        for j, i in view.assigned():
            if self.column:
                value = view.customers[self.column][j]
                if value != "" and value == value:
                    held[str(value), i] += 1
            for name, ids in named.items():
                if view.customer_id(j) in ids:
                    held[f"groups.{name}", i] += 1
        for (name, i), count in held.items():
            if count > self.limit:
                who = view.rep_id(i)
                yield Violation(f"{who} has {count} customers of group {name}, more than {self.limit}", reps=(who,))

    def describe(self) -> str:
        """One sentence."""
        customers = "customers" if self.limit > 1 else "customer"
        return f"a rep has at most {self.limit} {customers} of a {self.column or 'named group'}"

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
