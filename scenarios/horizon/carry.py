"""A run carried on: its tables as they stand once its plan has been in force for a while."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd

from scenarios.plan.period import parse_period
from scenarios.run.record import Run
from solver.problems import InputError, Problem
from solver.tables import DECIMALS, Period, Tables

_YEAR = 365.25


def period_of(run: Run) -> Period:
    """Return the days a run's plan is for."""
    return parse_period(str(run.plan["period"]))


def carried(run: Run, day: dt.date) -> Tables:
    """Return a run's tables as they stand on a day: the current rep of each customer is the one the run gave it.

    `tenure` grows by the time since the run's period began, or begins anew with the new rep; `assigned_since` of a
    customer that changed hands is the first day of the run's period. So the history of moves goes from run to run.

    Raises
    ------
    InputError
        The run has no plan.
    """
    if run.result.get("score") is None:
        message = f"run {run.id} ({run.scenario}) has no plan: it is {run.result.get('status')}"
        parent = (run.result.get("parent") or {}).get("run")
        fix = f"it came from run {parent}: name that one" if parent else "name a run that found a plan"
        raise InputError([Problem("no_plan", message, fix=fix)])
    assignment = run.rep_of()
    return after(run.tables, period_of(run).first, day, assignment)


def after(tables: Tables, since: dt.date, day: dt.date, assignment: dict[str, str]) -> Tables:
    """Return tables as they stand on a day, where an assignment (customer_id → rep_id) has held since another."""
    table = tables.customers.copy()
    old = table["current_rep"].to_numpy(dtype=object)
    new = np.array([assignment.get(c, "") for c in table["customer_id"]], dtype=object)
    kept = (old == new) & (new != "")
    years = max(0, (day - since).days) / _YEAR
    tenure = table["tenure"].to_numpy(dtype=np.float64)
    tenure = np.where(kept, tenure + years, np.where(new != "", years, np.nan))
    table["current_rep"] = pd.Series(new, index=table.index, dtype=object)
    table["tenure"] = np.round(tenure, DECIMALS)
    table["assigned_since"] = table["assigned_since"].where(pd.Series(kept, index=table.index), pd.Timestamp(since))
    table.loc[new == "", "assigned_since"] = pd.NaT
    table["assigned_since"] = table["assigned_since"].astype("datetime64[s]")
    return replace(tables, customers=table)
