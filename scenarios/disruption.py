"""What changing reps costs and what a better plan brings, in money a year: figures the plan declares.

Neither can be read off a score, so both are ranges, and whoever judges by them says from where on it pays.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from scenarios.sources.derive import DAYS_A_YEAR, months_before
from solver.arrays import Floats
from solver.names import plain_outcome
from solver.problems import InputError, Problem, nearest
from solver.tables import DECIMALS, Tables

if TYPE_CHECKING:
    from scenarios.plan import Plan


def _pair(value: Any) -> Any:
    """Take one number as a range of no width."""
    return (value, value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _ordered(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] > value[1]:
        raise ValueError(f"a range goes from less to more, not from {value[0]:g} to {value[1]:g}")
    return value


_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Range = Annotated[tuple[_Share, _Share], BeforeValidator(_pair), AfterValidator(_ordered)]


class Disruption(BaseModel):
    """What a hand-over costs, and what a point of the score is worth; each a range ``[from, to]`` or one number.

    handover_loss: a customer that changes hands buys so much less in the year after, as a share of its yearly sales.

    point: what a point of the score is worth, as a share of all yearly sales. The default spreads the 2 to 7 % of sales
    that better territories have brought (Zoltners and Lorimer 2000; Zoltners and Sinha's review of 1,500 projects) over
    the some twenty points between a careless plan and a good one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    handover_loss: Range = Field(
        (0.13, 0.18), description="share of a moved customer's yearly sales that is lost: [from, to]"
    )
    point: Range = Field(
        (0.001, 0.0035), description="share of all yearly sales that a point of score is worth: [from, to]"
    )
    sales: str | None = Field(
        None,
        description="column of the customers with their yearly sales; default: what history shows was won in its last "
        "12 months, else the potential for a year",
    )

    @property
    def loss(self) -> float:
        """Middle of `handover_loss`."""
        return sum(self.handover_loss) / 2

    @property
    def worth(self) -> float:
        """Middle of `point`."""
        return sum(self.point) / 2


def is_outcome(column: pd.Series[Any], *wanted: str) -> pd.Series[bool]:
    """Whether each outcome is a wanted one, upper and lower case apart, with or without a leading ``closed``."""
    words = {plain_outcome(w) for w in wanted}
    kinds = [k for k in column.unique() if plain_outcome(str(k)) in words]
    return column.isin(kinds)


def yearly_sales(plan: Plan, tables: Tables, given: Disruption) -> tuple[Floats, str]:
    """float64[customers]: what each buys in a year, and in words where that comes from.

    Raises
    ------
    InputError
        `sales` names no numeric column of the customers.
    """
    customers = tables.customers
    if given.sales is not None:
        if given.sales not in customers or not pd.api.types.is_numeric_dtype(customers[given.sales]):
            numeric = [str(c) for c in customers if pd.api.types.is_numeric_dtype(customers[c])]
            near = nearest(given.sales, numeric)
            message = f"disruption.sales: the customers have no column of numbers {given.sales!r}"
            fix = f"did you mean {near}?" if near else ""
            raise InputError([Problem("unknown_column", message, expected=f"one of {', '.join(numeric)}", fix=fix)])
        return np.nan_to_num(customers[given.sales].to_numpy(dtype=np.float64)), f"the customers' column {given.sales}"
    won = tables.history[is_outcome(tables.history["outcome"], *plan.learning.won)]
    won = won[won["date"].notna() & won["amount"].notna()]
    if len(won):
        last = won["date"].max().date()
        first = months_before(last + dt.timedelta(days=1), 12)
        won = won[won["date"] >= pd.Timestamp(first)]
        seen = max(first, tables.history["date"].min().date())
        scale = DAYS_A_YEAR / ((last - seen).days + 1) if seen > first else 1.0  # less than a year is seen
        sums = won.groupby("customer_id")["amount"].sum() * scale
        found = customers["customer_id"].map(sums).fillna(0.0).clip(lower=0.0)
        return found.round(DECIMALS).to_numpy(dtype=np.float64), f"won in history from {seen} to {last}"
    months = plan.data.derive.potential.months if plan.data.derive.potential is not None else None
    factor = 12 / months if months is not None else DAYS_A_YEAR / plan.potential_days
    potential = np.nan_to_num(customers["potential"].to_numpy(dtype=np.float64))
    return np.round(potential * factor, DECIMALS), "the potential for a year, as no history of sales is there"
