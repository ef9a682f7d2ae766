"""Rule `capacity`: what a rep carries stays within limits."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from solver.checks import filter_problems, metric_problems
from solver.problems import Problem
from solver.rules.base import Rule
from solver.tables import DECIMALS, Period, Tables, exact, said
from solver.where import WhereText

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.draft import Draft
    from solver.view import View, Violation

#: Where the limit of a metric stands in the reps' table when the plan names no place.
COLUMN_OF = {"workload": "capacity", "customers": "max_customers"}


class Capacity(Rule):
    """What a rep carries of a metric stays between `min` and `limit`, scaled by ramp and its share of the period.

    The metric is any numeric column of the customers, or `customers` for head count. The limit is one number for all,
    or a column of the reps, never both; by default `capacity` for workload and `max_customers` for customers. A rep
    whose cell is empty has no limit. `ramp: false` and `presence: false` take the limit as it stands.

    Mathematics: `min_i s_i ≤ Σ_j a_j x_ij ≤ limit_i s_i`, with s = ramp × presence.
    """

    kind: Literal["capacity"] = "capacity"
    metric: str = Field("workload", description="what is added up: customers, or a numeric column of the customers")
    limit: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="most a rep may carry, in units of the metric"
    )
    column: str | None = Field(None, description="column of the reps that holds the limit")
    min: float | None = Field(None, ge=0, allow_inf_nan=False, description="least a rep must carry")
    min_column: str | None = Field(None, description="column of the reps that holds the minimum")
    ramp: bool = Field(True, description="scale limits by the rep's ramp")
    presence: bool = Field(True, description="scale limits by the share of the period the rep is there")
    where: WhereText | None = Field(None, description="which customers count; all by default")
    reps: WhereText | None = Field(None, description="which reps it binds; all by default")

    @field_validator("column", "min_column")
    @classmethod
    def _not_both(cls, column: str | None, info: ValidationInfo) -> str | None:
        other = "limit" if info.field_name == "column" else "min"
        if column is not None and info.data.get(other) is not None:
            both = f"{other} is {said(info.data[other])} and {info.field_name} is {column!r}"
            raise ValueError(f"{both}, but only one of them can hold: leave one out, or set it to null")
        return column

    def _limit_column(self) -> str | None:
        return self.column if self.column or self.limit is not None else COLUMN_OF.get(self.metric)

    def limits(self, draft: Draft) -> tuple[Floats, Floats]:
        """float64[active reps] each: least and most, -inf and inf where there is none."""
        share = draft.strength(self.ramp, self.presence)

        def side(number: float | None, column: str | None, none: float) -> Floats:
            if column:
                base = draft.reps[column].to_numpy(dtype=np.float64)
            else:
                base = np.full(draft.n_reps, np.nan if number is None else number)
            # Python's round, as in the audit: numpy's treats a half of the last decimal differently.
            scaled = [round(v, DECIMALS) for v in (np.nan_to_num(base) * share).tolist()]
            return np.where(np.isnan(base), none, np.array(scaled, dtype=np.float64))

        low, high = side(self.min, self.min_column, -np.inf), side(self.limit, self._limit_column(), np.inf)
        bound = draft.chosen_reps(self.reps)
        return np.where(bound, low, -np.inf), np.where(bound, high, np.inf)

    def apply(self, draft: Draft) -> None:
        """One load row a rep."""
        low, high = self.limits(draft)
        p = draft.pairs
        amount = draft.amounts(self.metric, self.where)[p.customer]
        draft.limit(self.metric, list(draft.reps["rep_id"]), p.rep, np.arange(len(p.rep)), amount, low, high)

    def audit(self, view: View) -> Iterator[Violation]:
        """Yield reps outside their limits."""
        from solver.view import Violation, six

        loads = [Decimal()] * view.n_reps
        counts, bound = view.customers_with(self.where), view.reps_with(self.reps)
        for j, i in view.assigned():
            if counts[j]:
                loads[i] += exact(view.amount(self.metric, j))
        for i, load in enumerate(loads):
            if not view.active[i] or not bound[i]:
                continue
            share = view.strength(i, self.ramp, self.presence)
            who = view.rep_id(i)
            for number, column, sign, word in (
                (self.limit, self._limit_column(), 1, "more than its limit of"),
                (self.min, self.min_column, -1, "less than its minimum of"),
            ):
                base = view.reps[column][i] if column else number
                if base is None or base != base:
                    continue
                limit = six(base * share)
                if sign * (load - exact(limit)) > 0:
                    yield Violation(f"{who} carries {said(load)} {self.metric}, {word} {said(limit)}", reps=(who,))

    def describe(self) -> str:
        """One sentence."""
        sides = (("at most", self.limit, self._limit_column()), ("at least", self.min, self.min_column))
        parts = [
            f"{word} its {column}" if column else f"{word} {said(number or 0)}"
            for word, number, column in sides
            if column or number is not None
        ]
        which = f" of customers with {self.where}" if self.where else ""
        return f"a rep carries {' and '.join(parts) or 'any number of'} {self.metric}{which}"

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """Metric, columns and filters must fit the tables, and something must be limited."""
        yield from metric_problems("metric", self.metric, tables.customers, signed=True)
        for key, column in (("column", self._limit_column()), ("min_column", self.min_column)):
            if column and column not in {"capacity", "max_customers"}:
                yield from metric_problems(key, column, tables.reps, "column of the reps")
        if self._limit_column() is None and self.limit is None and self.min is None and self.min_column is None:
            yield Problem(
                "no_limit", f"nothing says how much {self.metric} a rep may carry", column="limit",
                fix="give limit: (a number) or column: (of the reps)",
            )  # fmt: skip
        column = self._limit_column()
        if column in tables.reps and tables.reps[column].isna().all():
            yield Problem(
                "no_limit", f"the column {column} of the reps is empty, so nothing is limited", column="column",
                fix="map the column, or give limit: (a number)", severity="warning",
            )  # fmt: skip
        yield from filter_problems("where", self.where, tables.customers)
        yield from filter_problems("reps", self.reps, tables.reps)
