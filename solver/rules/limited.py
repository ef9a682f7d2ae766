"""What rules on the load of each rep share: which load, and the limit that each rep has."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from solver.checks import filter_problems, metric_problems
from solver.problems import Problem
from solver.rules.base import Rule
from solver.tables import DECIMALS, Period, Tables, said
from solver.where import WhereText

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.draft import Draft
    from solver.view import View

#: Where the limit of a metric stands in the reps' table when the plan names no place.
COLUMN_OF = {"workload": "capacity", "customers": "max_customers"}


def one_of_two(one: str | None, other: object, info: ValidationInfo, key: str) -> str | None:
    """Let a column stand where the number of the same meaning, under `key`, does not.

    Raises
    ------
    ValueError
        Both are given.
    """
    if one is not None and other is not None:
        both = f"{key} is {said(float(str(other)))} and {info.field_name} is {one!r}"
        raise ValueError(f"{both}, but only one of them can hold: leave one out, or set it to null")
    return one


class Limited(Rule, ABC):
    """A rule on what each rep carries of a metric, with an upper limit a rep."""

    metric: str = Field("workload", description="what is added up: customers, or a numeric column of the customers")
    limit: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="most a rep may carry, in units of the metric"
    )
    column: str | None = Field(None, description="column of the reps that holds the limit")
    ramp: bool = Field(True, description="scale limits by the rep's ramp")
    presence: bool = Field(True, description="scale limits by the share of the period the rep is there")
    where: WhereText | None = Field(None, description="which customers count; all by default")
    reps: WhereText | None = Field(None, description="which reps it binds; all by default")

    @field_validator("column")
    @classmethod
    def _not_both(cls, column: str | None, info: ValidationInfo) -> str | None:
        return one_of_two(column, info.data.get("limit"), info, "limit")

    def limit_column(self) -> str | None:
        """Return the column of the reps that holds the limit; None for a number, or nothing."""
        return self.column if self.column or self.limit is not None else COLUMN_OF.get(self.metric)

    def side(self, draft: Draft, number: float | None, column: str | None, none: float) -> Floats:
        """float64[active reps]: a limit by number or column, scaled; `none` where there is none or it does not bind."""
        share = draft.strength(self.ramp, self.presence)
        if column:
            base = draft.reps[column].to_numpy(dtype=np.float64)
        else:
            base = np.full(draft.n_reps, np.nan if number is None else number)
        # Python's round, as in the audit: numpy's treats a half of the last decimal differently.
        scaled = [round(v, DECIMALS) for v in (np.nan_to_num(base) * share).tolist()]
        found = np.where(np.isnan(base), none, np.array(scaled, dtype=np.float64))
        return np.where(draft.chosen_reps(self.reps), found, none)

    def limits(self, draft: Draft) -> tuple[Floats, Floats]:
        """float64[active reps] each: least and most a rep may carry, -inf and inf where there is none."""
        return np.full(draft.n_reps, -np.inf), self.side(draft, self.limit, self.limit_column(), np.inf)

    def base(self, view: View, rep: int, number: float | None, column: str | None) -> float | None:
        """Return the limit of a rep as the tables say it, scaled and rounded; None where there is none."""
        found = view.reps[column][rep] if column else number
        if found is None or found != found:
            return None
        return round(found * view.strength(rep, self.ramp, self.presence), DECIMALS)

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """Columns and filters must fit the tables."""
        column = self.limit_column()
        if column and column not in COLUMN_OF.values():
            yield from metric_problems("column", column, tables.reps, "column of the reps")
        if column in tables.reps and tables.reps[column].isna().all():
            yield Problem(
                "no_limit", f"the column {column} of the reps is empty, so nothing is limited", column="column",
                fix="map the column, or give limit: (a number)", severity="warning",
            )  # fmt: skip
        yield from filter_problems("where", self.where, tables.customers)
        yield from filter_problems("reps", self.reps, tables.reps)
