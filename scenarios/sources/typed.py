"""Columns of cells become columns of values: each field by its kind, the user's own columns by what is in them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from scenarios.sources.cells import Issue, Parsed, Style, gather, sift
from scenarios.sources.collect import Collector
from scenarios.sources.dates import parse_dates
from scenarios.sources.grid import Cells, Flaw
from scenarios.sources.mapping import Column, Table
from scenarios.sources.numbers import is_number_like, parse_numbers
from scenarios.sources.spec import Source
from scenarios.sources.words import id_issue, parse_flags, parse_lists, parse_text, text_of
from solver.problems import Problem, Severity, shorten
from solver.tables import ROWS

Kind = Literal["number", "date", "flag", "list", "id", "name", "text", "own"]
IDS = frozenset(("customer_id", "rep_id", "parent_id", "current_rep", "pinned_rep"))
_SPREADS = ("potential_spread", "workload_spread")
_SMALL = frozenset(("latitude", "longitude", "ramp", "tenure", "feedback", *_SPREADS))
_PERCENT = frozenset(("ramp", "feedback", *_SPREADS))


@cache
def kind_of_field(table: str, name: str) -> Kind:
    """Return how the cells of a field are read; ``own`` for a column that is none of ours."""
    fields = ROWS[table].model_fields
    if name not in fields:
        return "own"
    if name in IDS:
        return "id"
    if name == "name":
        return "name"
    types = set(_types(fields[name].annotation))
    for kind, of in (("flag", bool), ("number", float), ("date", dt.date), ("list", dict), ("list", tuple)):
        if of in types:
            return kind  # type: ignore[return-value]
    return "text"


def _types(annotation: Any) -> Iterator[Any]:
    origin = getattr(annotation, "__origin__", None)
    if origin in {dict, tuple}:
        yield origin
        return
    yield annotation
    for part in get_args(annotation):
        yield from _types(part)


def style_of(spec: Source, table: Table, name: str) -> Style:
    """Return how the cells of a column are written, as far as the plan and the field say."""
    own = name not in ROWS[table.kind].model_fields
    return Style(spec.decimal, spec.dates, table.semicolons, name in _SMALL, own or name in _PERCENT)


def parse(table: Table, name: str, spec: Source) -> Parsed:
    """Read one column of a table; problems stay in the result."""
    kind, cells, style = kind_of_field(table.kind, name), table.columns[name].cells, style_of(spec, table, name)
    if kind == "number":
        return parse_numbers(cells, style)
    if kind == "date":
        return parse_dates(cells, style)
    if kind == "flag":
        return parse_flags(cells)
    if kind == "list":
        return parse_lists(cells)
    if kind == "own":
        return _parse_own(cells, style)
    return parse_text(cells, keep_words=kind == "name")


_KEEP_AS_TEXT = re.compile(r"[-+]?0\d+|\+\d+|\d{16,}|\d+[eE]\d+", re.ASCII)


def _parse_own(cells: Cells | list[Any], style: Style) -> Parsed:
    """Read a column of the user's own: numbers if every cell is one, else text; ``007`` and long ids stay text."""
    sifted, parsed = sift(cells, frozenset())
    kinds = set(map(type, sifted)) - {type(None)}
    if kinds <= {bool}:
        return gather(parsed, sifted)
    if not kinds - {str, int, float}:
        texts = dict.fromkeys(c for c in sifted if type(c) is str)
        sample = [c for c, _ in zip(texts, range(50), strict=False)]
        if all(map(is_number_like, sample)) and not any(map(_KEEP_AS_TEXT.fullmatch, texts)):
            numbers = parse_numbers(sifted, style)
            if not numbers.asks and not numbers.issues and any(v is not None for v in numbers.values):
                numbers.issues = parsed.issues
                if any(c.endswith(("%", "％")) for c in texts):
                    numbers.notes.append("read per cents as shares: 45% is 0.45")
                return numbers
            if numbers.asks and not numbers.issues:
                parsed.asks = numbers.asks
    asks, as_text = parsed.asks, parse_text(cells)
    as_text.asks = asks
    return as_text


def report(table: Table, name: str, parsed: Parsed, found: Collector, only: Any = None) -> None:
    """Turn what is wrong with a column into problems; `only`: a mask of the rows to speak of.

    In a column of the user's own an unreadable cell is a warning and counts as empty.
    """
    column = table.columns[name]
    own = kind_of_field(table.kind, name) == "own"
    severity: Severity = "warning" if own else "error"
    where = {i: issue for i, issue in sorted(parsed.issues.items()) if only is None or only[i]}
    for code in dict.fromkeys(issue.code for issue in where.values()):
        chosen = [(i, issue) for i, issue in where.items() if issue.code == code]
        problems = (cell_problem(table, column, name, i, issue, severity) for i, issue in chosen)
        found.add_many(code, severity, len(chosen), problems)
    if only is not None:
        return
    for i, issue in parsed.asks:
        if own:
            issue = Issue(issue.code, f"the column is kept as text: {issue.message}", issue.expected, issue.fix)
        found.add(cell_problem(table, column, name, i, issue, severity))
    for note in parsed.notes:
        header = shorten(column.header)
        found.add(Problem("column_read", note, table.file, table.sheet, column=header, severity="note"))
    if parsed.empties:
        words = ", ".join(f"{shorten(w, 20)!r} ({n:,} times)" for w, n in parsed.empties.most_common(5))
        found.add(
            Problem("counted_as_empty", f"counted as empty: {words}", table.file, table.sheet,
                    column=shorten(column.header), severity="note")
        )  # fmt: skip


def cell_problem(
    table: Table, column: Column, name: str, index: int, issue: Issue, severity: Severity = "error"
) -> Problem:
    """Return the problem of one cell; that of a row added by a scenario is placed in the plan."""
    cell = column.cells[index]
    value = "" if cell is None or isinstance(cell, Flaw) else shorten(text_of(cell))
    message = issue.message
    if value and message.startswith(("is ", "could ", "looks ", "does ")):
        message = f"{value} {message}"
    row = int(table.rows[index])
    address = f"{column.letter}{row}" if column.letter else ""
    if row < 0:
        return Problem(issue.code, message, column=f"{table.kind}.{name}", value=value, expected=issue.expected,
                       fix=issue.fix, severity=severity)  # fmt: skip
    return Problem(issue.code, message, table.file, table.sheet, row, shorten(column.header), value, issue.expected,
                   issue.fix, severity, address)  # fmt: skip


def check_ids(table: Table, name: str, values: list[Any], found: Collector) -> None:
    """Report ids that a spreadsheet has shortened or that have signs nobody can see."""
    odd = {text: issue for text in dict.fromkeys(values) if text is not None and (issue := id_issue(text))}
    if not odd:
        return
    for i, text in enumerate(values):
        if text in odd:
            what, error = odd[text]
            found.add(cell_problem(table, table.columns[name], name, i, what, "error" if error else "warning"))


def as_series(kind: Kind, values: list[Any]) -> pd.Series[Any]:
    """Return values as a column for a filter."""
    if kind == "number" or (kind == "own" and values and set(map(type, values)) <= {float, type(None)}):
        return pd.Series([np.nan if v is None else v for v in values], dtype="float64")
    if kind == "date":
        return pd.Series(np.array(values, dtype="datetime64[D]").astype("datetime64[s]"))
    if kind == "flag":
        return pd.Series(values, dtype="object")
    return pd.Series(["" if v is None else v for v in values], dtype="object")
