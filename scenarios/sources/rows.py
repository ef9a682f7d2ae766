"""Customers and reps: parsed columns become checked pydantic rows, every bad cell a problem with its place."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from scenarios.sources.cells import Issue
from scenarios.sources.collect import Collector
from scenarios.sources.grid import as_cells
from scenarios.sources.mapping import Column, Table
from scenarios.sources.typed import cell_problem, check_ids
from solver.problems import shorten
from solver.tables import ID_OF, ROWS, Row

Values = dict[str, list[Any]]
"""Parsed columns by name."""


def validate(table: Table, values: Values, found: Collector) -> list[Row]:
    """Return the rows that are right; report the others.

    A field that the source leaves empty takes its default.
    """
    model = ROWS[table.kind]
    fields = model.model_fields
    names = list(values)
    optional = [n in fields for n in names]
    rows: list[Row] = []
    for i, cells in enumerate(zip(*values.values(), strict=True)):
        data = {n: v for n, v, o in zip(names, cells, optional, strict=True) if v is not None or not o}
        try:
            rows.append(model.model_validate(data))
        except ValidationError as error:
            _report(table, i, error.errors(include_url=False), found)
    return rows


def _report(table: Table, index: int, errors: list[ErrorDetails], found: Collector) -> None:
    seen = set()
    for error in errors:
        name = str(error["loc"][0])
        if name in seen:
            continue
        seen.add(name)
        issue = _issue(table.kind, name, error)
        if name not in table.columns:
            empty = as_cells([None] * len(table.rows))
            found.add(cell_problem(table, Column(name, empty), name, index, issue))
            continue
        found.add(cell_problem(table, table.columns[name], name, index, issue))


def _issue(table: str, name: str, error: ErrorDetails) -> Issue:
    kind, context = error["type"], error.get("ctx", {})
    description = ROWS[table].model_fields[name].description or "" if name in ROWS[table].model_fields else ""
    if kind == "missing":
        return empty_id(table, name)
    if kind == "greater_than_equal":
        limit = f"{context['ge']:,g}"
        code = "negative_number" if context["ge"] == 0 else "out_of_range"
        return Issue(code, f"is below {limit}", f"at least {limit} ({description})")
    if kind == "less_than_equal":
        limit = f"{context['le']:,g}"
        value = float(error["input"])
        share = name == "ramp" and value <= 100
        return Issue("out_of_range", f"is above {limit}", f"at most {limit} ({description})",
                     f"write {value:g}% or {value / 100:g} for {value:g} per cent" if share else "")  # fmt: skip
    if kind == "string_too_long":
        return Issue("cell_too_long", f"has {len(error['input']):,} characters", f"at most {context['max_length']:,}")
    message = error["msg"].removeprefix("Value error, ")
    return Issue("bad_value", f"{name}: {message[0].lower()}{message[1:]}", description)


def empty_id(table: str, name: str) -> Issue:
    """Return what is wrong where a row has no id."""
    fix = f"fill it, or leave such rows out with data.{table}.where: present({name})"
    return Issue("missing_id", f"the {name} is empty", "an id", fix)


#: What exported reports call their sums, without case and spaces.
_TOTALS = {
    "total",
    "totals",
    "grandtotal",
    "subtotal",
    "sum",
    "summe",
    "gesamt",
    "somme",
    "合计",
    "总计",
    "小计",
    "總計",
}


def check_unique(table: Table, ids: list[Any], found: Collector) -> None:
    """Report ids that stand twice, and ids that differ only in case or spaces."""
    name = ID_OF[table.kind]
    column = table.columns[name]
    check_ids(table, name, ids, found)
    first: dict[str, int] = {}
    alike: dict[str, int] = {}
    for i, text in enumerate(ids):
        if text is None:
            continue
        if text in first:
            issue = Issue("duplicate_id", f"{name} {shorten(text)} stands in {_row(table, first[text])} too",
                          "each id once", "delete one of the two rows")  # fmt: skip
            found.add(cell_problem(table, column, name, i, issue))
            continue
        first[text] = i
        plain = "".join(text.split()).casefold()
        if plain in alike:
            j = alike[plain]
            issue = Issue("similar_id", f"{shorten(text)} and {shorten(ids[j])} in {_row(table, j)} differ only in "
                          "case or spaces", "", "if they are one, give them one id")  # fmt: skip
            found.add(cell_problem(table, column, name, i, issue, "warning"))
        alike.setdefault(plain, i)
        if plain in _TOTALS:
            fix = f"if it is one, delete the row, or leave it out with data.{table.kind}.where"
            issue = Issue("total_row", f"{shorten(text)} looks like a row of totals", f"an id of the {table.kind}", fix)
            found.add(cell_problem(table, column, name, i, issue, "warning"))


def _row(table: Table, index: int) -> str:
    row = int(table.rows[index])
    return f"row {row}" if row >= 0 else "a row the scenario adds"


def id_values(table: Table, values: Values) -> list[Any]:
    """Return the ids of a table, None where there is none."""
    return values.get(ID_OF[table.kind], [None] * len(table.rows))


def check_rep_dates(table: Table, values: Values, found: Collector) -> None:
    """Report reps whose last day comes before their first."""
    if "start_date" not in values or "end_date" not in values:
        return
    for i, (start, end) in enumerate(zip(values["start_date"], values["end_date"], strict=True)):
        if start is not None and end is not None and end < start:
            issue = Issue("dates_reversed", f"the end_date {end} is before the start_date {start}",
                          "an end_date on or after the start_date")  # fmt: skip
            found.add(cell_problem(table, table.columns["end_date"], "end_date", i, issue))
