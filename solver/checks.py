"""Checks that rules and terms share: does a filter or a metric fit the tables?"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from solver.problems import Problem, nearest
from solver.tables import metric
from solver.where import WhereError, parse


def filter_problems(key: str, where: str | None, table: pd.DataFrame) -> Iterator[Problem]:
    """Yield what is wrong with a filter on this table; `key` is where it stands in the configuration."""
    if where is None:
        return
    try:
        matches = parse(where).mask(table)
    except WhereError as error:
        yield Problem("bad_filter", str(error), column=key, value=where)
        return
    if not matches.any() and len(table):
        yield Problem("empty_filter", f"nothing matches {where}", column=key, severity="warning")


def metric_problems(
    key: str, name: str, table: pd.DataFrame, what: str = "metric", signed: bool = False
) -> Iterator[Problem]:
    """Yield what is wrong with a metric (a numeric column, or ``customers``); below 0 it may be only if `signed`."""
    try:
        values = metric(table, name)
        below = values < 0
        if below.any() and not signed:
            who, least = str(table.iloc[int(below.argmax()), 0]), float(values[below.argmax()])
            message = f"{name!r} is negative in {int(below.sum()):,} rows, first of {who}"
            yield Problem("negative_metric", message, column=key, value=f"{least:g}", expected="numbers from 0 up")
        elif what in {"metric", "value"} and len(values) and not values.any():
            yield Problem(
                "all_zero", f"{name} of every customer is 0, so this tells no plan from another", column=key,
                severity="warning", fix="map the column that holds it, or name another",
            )  # fmt: skip
    except KeyError:
        numbers = [c for c in table.columns if pd.api.types.is_numeric_dtype(table[c])]
        near = nearest(name, ["customers", *numbers])
        message = f"{name!r} is not a number in every row" if name in table else f"there is no column {name!r}"
        yield Problem(
            "bad_metric", message, column=key, value=name,
            expected=f"a {what}: customers or a numeric column",
            fix=f"did you mean {near}?" if near else "",
        )  # fmt: skip
