"""What each customer buys in a year: what a hand-over's loss is a share of."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from scenarios.plan.disruption import Disruption
from scenarios.plan.plan import Plan, parse_plan
from scenarios.run.record import Run
from scenarios.sources.derive import DAYS_A_YEAR, months_before
from solver.arrays import Floats
from solver.names import plain_outcome
from solver.problems import InputError, Problem, nearest
from solver.sentences import sentence
from solver.tables import DECIMALS, Tables


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
        known = np.nan_to_num(customers[given.sales].to_numpy(dtype=np.float64))
        return known, sentence("the customers' column {name}", name=given.sales)
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
        days = {"first": str(seen), "last": str(last)}
        of = sentence("won in history from {first} to {last}", **days)
        if scale != 1:
            n = str((last - seen).days + 1)
            of = sentence("won in history from {first} to {last}, scaled from {n} days to a year", n=n, **days)
        return found.round(DECIMALS).to_numpy(dtype=np.float64), of
    months = plan.data.derive.potential.months if plan.data.derive.potential is not None else None
    factor = 12 / months if months is not None else DAYS_A_YEAR / plan.potential_days
    potential = np.nan_to_num(customers["potential"].to_numpy(dtype=np.float64))
    return np.round(potential * factor, DECIMALS), sentence("the potential for a year, as no history of sales is there")


def sales_of(run: Run) -> tuple[dict[str, float], str]:
    """Return what each customer of a run buys in a year by its id, and in words where that comes from.

    It is what the run's hand-overs were judged by (see `scenarios.run.handover_risk`). Where the run's plan cannot be
    read any more, as an old version may have written it, potential is taken for a year's sales.
    """
    customers = run.tables.customers
    try:
        plan = parse_plan(run.plan, run.plan_name)
        sales, of = yearly_sales(plan, run.tables, plan.disruption)
    except InputError:
        sales = np.nan_to_num(customers["potential"].to_numpy(dtype=np.float64))
        of = sentence("the potential, taken for a year's sales")
    return dict(zip(customers["customer_id"], sales.tolist(), strict=True)), of
