"""Keeps the rows that a source's ``where`` asks for, and says how many it leaves out."""

from __future__ import annotations

from typing import Any, get_type_hints

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from scenarios.sources.cells import Issue, Parsed, distinct
from scenarios.sources.collect import Collector, count_of
from scenarios.sources.mapping import Table
from scenarios.sources.spec import Source
from scenarios.sources.typed import as_series, kind_of_field, parse, report
from solver.problems import Problem, nearest, shorten
from solver.tables import ROWS
from solver.where import WhereError
from solver.where import parse as parse_filter


def keep_rows(table: Table, spec: Source, found: Collector) -> Table:
    """Return the rows of `table` that match the filter; all of them where it cannot be applied, which is a problem."""
    if spec.where is None:
        return table
    place = f"data.{table.kind}.where"
    try:
        where = parse_filter(spec.where)
        columns = {n: _column_of(n, table) for n in where.columns}
        parsed = {n: _parse(table, c, spec) for n, c in columns.items()}
        if any(p.asks and kind_of_field(table.kind, columns[n]) != "own" for n, p in parsed.items()):
            return table  # the questions are asked when the whole column is read
        frame = pd.DataFrame(
            {n: as_series(kind_of_field(table.kind, columns[n]), p.values) for n, p in parsed.items()},
            index=range(len(table.rows)),
        )
        mask = np.asarray(where.mask(frame), dtype=bool)
    except WhereError as error:
        found.add(Problem("bad_filter", str(error), table.file, table.sheet, column=place, value=shorten(spec.where)))
        return table
    for name in dict.fromkeys(columns.values()):
        alias = next(n for n, c in columns.items() if c == name)
        report(table, name, parsed[alias], found, only=~mask)
    left_out = int((~mask).sum())
    if left_out:
        none = left_out == len(mask)
        found.add(
            Problem("no_rows" if none else "rows_left_out",
                    "where leaves no row" if none
                    else f"where leaves out {left_out:,} of {count_of(len(mask), 'row')}",
                    table.file, table.sheet, column=place, value=shorten(spec.where) if none else "",
                    severity="note" if not none else "warning" if table.kind == "history" else "error")
        )  # fmt: skip
    return table.take(mask)


def _column_of(name: str, table: Table) -> str:
    """Return our name of a column that a filter names by ours or by the file's."""
    if name in table.columns:
        return name
    if table.original.get(name) in table.columns:
        return table.original[name]
    known = [*table.columns, *(n for n, ours in table.original.items() if ours)]
    near = nearest(name, known)
    hint = f"; did you mean {shorten(near)}?" if near else ""
    raise WhereError(f"there is no column {shorten(name)!r}{hint}")


def _parse(table: Table, name: str, spec: Source) -> Parsed:
    parsed = parse(table, name, spec)
    if kind_of_field(table.kind, name) != "list":
        return parsed
    adapter: TypeAdapter[Any] = TypeAdapter(get_type_hints(ROWS[table.kind], include_extras=True)[name])

    def look(value: Any) -> Any:
        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            return Issue("bad_value", error.errors()[0]["msg"].removeprefix("Value error, "))

    for i, value in enumerate(distinct(parsed.values, look)[0]):
        parsed.values[i] = None if isinstance(value, Issue) else value
        if isinstance(value, Issue):
            parsed.issues[i] = value
    return parsed
