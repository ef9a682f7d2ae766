"""History: a million rows are checked a column at a time and become a frame without a pydantic object each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from scenarios.sources.cells import Issue
from scenarios.sources.collect import Collector
from scenarios.sources.mapping import Column, Table
from scenarios.sources.rows import Values, empty_id
from scenarios.sources.typed import as_series, cell_problem, check_ids
from solver.problems import shorten
from solver.tables import DECIMALS, MAX_TEXT, ROWS

MAX_ID = 255
MAX_MONEY = 1e15


def history_frame(table: Table, values: Values, found: Collector) -> pd.DataFrame:
    """Return the frame of history, typed as `solver.tables.frame` types it; report what `Interaction` forbids."""
    n = len(table.rows)
    model = ROWS["history"]
    data: dict[str, Any] = {}
    for name in model.model_fields:
        column = values.get(name, [None] * n)
        if name in {"amount", "feedback"}:
            numbers = as_series("number", column)
            if name == "amount":
                _report(table, name, np.abs(numbers.to_numpy()) > MAX_MONEY, found, _too_much)
                numbers = numbers.round(DECIMALS)
            data[name] = numbers
        elif name == "date":
            data[name] = as_series("date", column)
        else:
            if name in {"customer_id", "rep_id"} and name in table.columns:
                check_ids(table, name, column, found)
            limit = MAX_ID if name == "customer_id" else MAX_TEXT
            lengths = np.fromiter((0 if v is None else len(v) for v in column), dtype=np.int64, count=n)
            if name == "customer_id" and name in table.columns:
                _report(table, name, lengths == 0, found, lambda _: empty_id("history", "customer_id"))
            _report(table, name, lengths > limit, found, partial(_too_long, limit))
            data[name] = as_series("text", column)
    for name in values:
        if name not in data:
            series = as_series("own", values[name])
            data[name] = series.round(DECIMALS) if series.dtype == np.float64 else series
    frame = pd.DataFrame(data)
    _report_repeated(table, frame, found)
    return frame


def repeated(history: pd.DataFrame) -> pd.Series[int]:
    """Return of every row with money that is the same as an earlier one in every column, which one that is.

    They are counted as any other: two sales may be alike. A number of its own, such as that of an order, tells them
    apart; rows without money are contacts, of which there may be many on a day.

    Returns
    -------
    Place of the first of the same rows, by the index of the later ones.
    """
    some = history[history["amount"].fillna(0.0) != 0]
    some = some[some.duplicated(["customer_id", "date", "amount"], keep=False)]
    group = some.groupby([*some], dropna=False, sort=False).ngroup()
    first = group.drop_duplicates()
    return group.map(pd.Series(first.index, index=first.to_numpy()))[group.duplicated()]


def _report_repeated(table: Table, history: pd.DataFrame, found: Collector) -> None:
    again = repeated(history)
    if len(again):
        column = table.columns["amount"]
        problems = (cell_problem(table, column, "amount", int(i), _same_as(int(table.rows[first])), "warning")
                    for i, first in zip(again.index.to_numpy(), again, strict=True))  # fmt: skip
        found.add_many("repeated_row", "warning", len(again), problems)


def _same_as(row: int) -> Issue:
    message = f"the row is the same as row {row} in every column; both are counted"
    return Issue("repeated_row", message, "", "delete one of the two if they are one sale")


def _too_much(value: Any) -> Issue:
    return Issue("out_of_range", f"{shorten(value)} is out of range", f"from {-MAX_MONEY:,.0f} to {MAX_MONEY:,.0f}")


def _too_long(limit: int, value: Any) -> Issue:
    return Issue("cell_too_long", f"has {len(str(value)):,} characters", f"at most {limit:,}")


def _report(table: Table, name: str, bad: Any, found: Collector, issue: Callable[[Any], Issue]) -> None:
    where = np.flatnonzero(bad)
    if not len(where):
        return
    column: Column = table.columns[name]
    code = issue(column.cells[where[0]]).code
    problems = (cell_problem(table, column, name, int(i), issue(column.cells[i])) for i in where)
    found.add_many(code, "error", len(where), problems)
