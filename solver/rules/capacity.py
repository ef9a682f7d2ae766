"""Rule `capacity`: what a rep carries stays within limits."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from solver.checks import metric_problems
from solver.problems import Problem
from solver.rules.limited import Limited, one_of_two
from solver.sentences import Sentence, sentence
from solver.tables import Period, Tables, exact, said

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.draft import Draft
    from solver.view import View, Violation


class Capacity(Limited):
    """What a rep carries of a metric stays between `min` and `limit`, scaled by ramp and its share of the period.

    The metric is any numeric column of the customers, or `customers` for head count. The limit is one number for all,
    or a column of the reps, never both; by default `capacity` for workload and `max_customers` for customers. A rep
    whose cell is empty has no limit. `ramp: false` and `presence: false` take the limit as it stands.

    Mathematics: `min_i s_i ≤ Σ_j a_j x_ij ≤ limit_i s_i`, with s = ramp × presence.
    """

    kind: Literal["capacity"] = "capacity"
    min: float | None = Field(None, ge=0, allow_inf_nan=False, description="least a rep must carry")
    min_column: str | None = Field(None, description="column of the reps that holds the minimum")

    @field_validator("min_column")
    @classmethod
    def _one_minimum(cls, column: str | None, info: ValidationInfo) -> str | None:
        return one_of_two(column, info.data.get("min"), info, "min")

    def limits(self, draft: Draft) -> tuple[Floats, Floats]:
        """float64[active reps] each: least and most, -inf and inf where there is none."""
        return self.side(draft, self.min, self.min_column, -np.inf), super().limits(draft)[1]

    def apply(self, draft: Draft) -> None:
        """One load row a rep."""
        low, high = self.limits(draft)
        p = draft.pairs
        amount = draft.amounts(self.metric, self.where)[p.customer]
        draft.limit(self.metric, list(draft.reps["rep_id"]), p.rep, np.arange(len(p.rep)), amount, low, high)

    def audit(self, view: View) -> Iterator[Violation]:
        """Yield reps outside their limits."""
        from solver.view import Violation

        loads = [Decimal()] * view.n_reps
        counts, bound = view.customers_with(self.where), view.reps_with(self.reps)
        for j, i in view.assigned():
            if counts[j]:
                loads[i] += exact(view.amount(self.metric, j))
        for i, load in enumerate(loads):
            if not view.active[i] or not bound[i]:
                continue
            who = view.rep_id(i)
            for number, column, sign, word in (
                (self.limit, self.limit_column(), 1, "more than its limit of"),
                (self.min, self.min_column, -1, "less than its minimum of"),
            ):
                limit = self.base(view, i, number, column)
                if limit is not None and sign * (load - exact(limit)) > 0:
                    yield Violation(f"{who} carries {said(load)} {self.metric}, {word} {said(limit)}", reps=(who,))

    def describe(self) -> str:
        """One sentence."""
        most, least = _amount(self.limit, self.limit_column()), _amount(self.min, self.min_column)
        if most and least:
            what = sentence("at most {what} and at least {then}", what=most, then=least)
        elif most:
            what = sentence("at most {what}", what=most)
        else:
            what = sentence("at least {what}", what=least) if least else sentence("any number of")
        which = sentence(" of customers with {filter}", filter=self.where) if self.where else ""
        return sentence("a rep carries {what} {metric}{and_which}", what=what, metric=self.metric, and_which=which)

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """Metric, columns and filters must fit the tables, and something must be limited."""
        yield from metric_problems("metric", self.metric, tables.customers, signed=True)
        if self.min_column:
            yield from metric_problems("min_column", self.min_column, tables.reps, "column of the reps")
        if self.limit_column() is None and self.limit is None and self.min is None and self.min_column is None:
            yield Problem(
                "no_limit", f"nothing says how much {self.metric} a rep may carry", column="limit",
                fix="give limit: (a number) or column: (of the reps)",
            )  # fmt: skip
        yield from super().problems(tables, period)


def _amount(number: float | None, column: str | None) -> Sentence | str:
    if column:
        return sentence("its {column}", column=column)
    return "" if number is None else said(number)
