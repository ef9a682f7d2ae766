"""One table of history by itself: what happened after a plan was made, read as the plan reads its history."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from scenarios.sources.cells import Parsed
from scenarios.sources.collect import Collector, Refused
from scenarios.sources.filter import keep_rows
from scenarios.sources.history import history_frame
from scenarios.sources.mapping import Table, apply_map
from scenarios.sources.owners import settle_owners
from scenarios.sources.read import read_source
from scenarios.sources.spec import Data, Source
from scenarios.sources.typed import parse, report
from solver.problems import InputError, Problem, shorten

#: Columns without which nobody knows what was sold, and what is to stand in them.
TELLING = {"outcome": "how each row ended, such as won", "amount": "money"}


def read_actuals(path: Path, data: Data) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Return a file's rows typed as history, and what is to be said of them.

    Parameters
    ----------
    data : of the plan: how its history's columns are called and read.

    Raises
    ------
    InputError
        Every problem of the file; a column that tells what was sold and is missing or empty is one.
    """
    found = Collector()
    given = data.history or Source(source=str(path))
    spec = given.model_copy(update={"source": str(path), "query": None, "table": None, "where": given.where})
    try:
        grid = read_source("history", spec, Path(), data.limits, found)
    except Refused as refused:
        raise InputError(refused.problems) from None
    tables = {"history": apply_map("history", grid, spec.columns, found)}
    settle_owners(tables, found)
    table = keep_rows(tables["history"], spec, found)
    parsed = {name: parse(table, name, spec) for name in table.columns}
    for name, column in parsed.items():
        report(table, name, column, found)
    _check_telling(table, parsed, spec, found)
    rows = history_frame(table, {name: column.values for name, column in parsed.items()}, found)
    problems = found.finish()
    if found.errors:
        raise InputError(problems)
    return rows, problems


def _check_telling(table: Table, parsed: dict[str, Parsed], spec: Source, found: Collector) -> None:
    """Report the columns that are to tell what was sold, and are missing or empty in every row."""
    for name, expected in TELLING.items():
        fix = (f"call the column of the file that says it {name}; plans that are solved from now on can name it: "
               f"data.history.columns: {{{name}: …}}")  # fmt: skip
        if name in table.columns:
            column, cells = table.columns[name], parsed[name]
            unread = cells.issues or cells.asks  # which is reported
            if len(table.rows) and not unread and all(v is None for v in cells.values):
                read = "" if column.header == name else f", read as {name},"
                message = f"the column {shorten(column.header)}{read} is empty in every row: what was sold is not known"
                found.add(Problem("empty_column", message, table.file, table.sheet, column=shorten(column.header),
                                  expected=expected, fix=f"fill it, or {fix}"))  # fmt: skip
        elif not spec.columns.get(name) and name not in table.unclear:  # else it is reported why it is not there
            there = ", ".join(map(shorten, list(table.original)[:30]))
            message = f"no column is {name}: what was sold is not known"
            found.add(Problem("missing_column", message, table.file, table.sheet, column=name,
                              expected=f"{expected}; there are {there}", fix=fix))  # fmt: skip
