"""A table as it stands in its source, before any meaning is given to it: names, cells, row numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from scenarios.sources.collect import Collector, Refused
from scenarios.sources.spec import Limits
from solver.arrays import Ints
from solver.problems import Problem, shorten

Cells = np.ndarray[Any, np.dtype[np.object_]]
"""One column: trimmed text, numbers, dates, yes/no as the source holds them; None where empty."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """A cell whose value cannot be known: an error value of a spreadsheet, or a formula that was never worked out."""

    code: Literal["spreadsheet_error", "formula_without_value"]
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Grid:
    """One table of one source.

    Attributes
    ----------
    file, sheet : for messages.
    names : of the columns, trimmed, no two alike.
    columns : the cells by column.
    rows : the number of each row as a person counts it in the source.
    semicolons : the file separates cells by semicolons, as is done where the comma is the decimal sign.
    digest : sha256 of the content, hex.
    letters : of the columns of a sheet, by name; empty elsewhere.
    """

    file: str
    sheet: str
    names: list[str]
    columns: list[Cells]
    rows: Ints
    digest: str
    semicolons: bool = False
    letters: dict[str, str] = field(default_factory=dict)


MAX_NAME = 300
"""Longest name of a column, characters."""
_NOTHING: Any = None


class Tidy(dict[str, str | None]):
    """Memory of trimmed cells, so that equal cells are one object; empty ones are None."""

    def __missing__(self, text: str) -> str | None:
        tidy: str | None = text.strip().strip("\ufeff\u200b").strip() or None
        self[text] = tidy
        return tidy


def as_cells(values: Sequence[Any]) -> Cells:
    """Return `values` as one column; lists in it stay lists."""
    return np.fromiter(values, dtype=object, count=len(values))


def column_letter(index: int) -> str:
    """Return the spreadsheet's letter of the column with 0-based `index`: 0 → A, 27 → AB."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def header_name(cell: Any) -> str:
    """Return a column's name from its cell in the first row; empty where it has none."""
    return " ".join(str(cell).split()) if cell is not None and not isinstance(cell, Flaw) else ""


def check_header(
    header: Sequence[Any], columns: list[Cells], file: str, sheet: str, row: int | None, found: Collector
) -> tuple[list[str], list[Cells]]:
    """Return names and columns that can be used: unnamed empty columns are left out, other flaws are problems."""
    names: list[str] = []
    kept: list[Cells] = []
    at: dict[str, str] = {}
    for index, cell in enumerate(header):
        name = header_name(cell)
        cells = columns[index]
        letter = column_letter(index)
        if len(name) > MAX_NAME:
            raise Refused(
                Problem("no_header", f"column {letter} has a name of {len(name):,} characters", file, sheet, row,
                        letter, shorten(name), f"at most {MAX_NAME}",
                        "is the first row the one with the columns' names?")
            )  # fmt: skip
        if not name:
            value = next((c for c in cells if c is not None), None)
            if value is not None:
                found.add(
                    Problem("unnamed_column", f"column {letter} has cells but no name", file, sheet, row, letter,
                            shorten(value), "a name in the first row",
                            "name the column or empty it; if titles stand above the table, delete those rows",
                            cell=f"{letter}{row}" if sheet else "")
                )  # fmt: skip
            continue
        if name in at:
            found.add(
                Problem("duplicate_column", f"columns {at[name]} and {letter} have the same name", file, sheet, row,
                        shorten(name), shorten(name), "different names", "rename or delete one of the two",
                        cell=f"{letter}{row}" if sheet else "")
            )  # fmt: skip
            continue
        at[name] = letter
        names.append(name)
        kept.append(cells)
    if not names:
        raise Refused(Problem("no_header", "the first row names no columns", file, sheet, row))
    return names, kept


def drop_empty_rows(columns: list[Cells], rows: Ints, file: str, sheet: str, found: Collector) -> tuple[Any, Ints]:
    """Return columns and row numbers without the rows in which every cell is empty; say how many there were."""
    if not columns:
        return columns, rows
    empty = np.logical_and.reduce([c == _NOTHING for c in columns])
    count = int(empty.sum())
    if not count:
        return columns, rows
    inside = count - int(np.argmin(empty[::-1])) if not empty.all() else 0
    if inside:
        first = int(rows[int(np.argmax(empty))])
        found.add(
            Problem("empty_rows", f"left out {count:,} empty row{'s' if count > 1 else ''}, the first is row {first}",
                    file, sheet, severity="note")
        )  # fmt: skip
    keep = ~empty
    return [c[keep] for c in columns], rows[keep]


def check_size(rows: int, columns: int, limits: Limits, file: str, sheet: str = "") -> None:
    """Refuse a table with more rows or columns than the limits allow."""
    if columns > limits.max_columns:
        raise Refused(
            Problem("too_many_columns", f"the table has {columns:,} columns", file, sheet,
                    expected=f"at most {limits.max_columns:,}", fix="delete columns, or raise data.limits.max_columns")
        )  # fmt: skip
    if rows > limits.max_rows:
        raise Refused(
            Problem("too_many_rows", f"the table has more than {limits.max_rows:,} rows", file, sheet,
                    expected=f"at most {limits.max_rows:,}", fix="read fewer rows, or raise data.limits.max_rows")
        )  # fmt: skip


def check_cells(grid_columns: Iterable[tuple[str, Cells]], rows: Ints, limits: Limits, file: str, sheet: str,
                found: Collector, letters: Mapping[str, str] = MappingProxyType({})) -> None:  # fmt: skip
    """Report cells that are too long and empty them."""
    for name, cells in grid_columns:
        lengths = [len(c) if type(c) is str else 0 for c in cells]
        if not lengths or max(lengths) <= limits.max_cell:
            continue
        for i, length in enumerate(lengths):
            if length > limits.max_cell:
                quote = "; a quotation mark may be left open" if '"' in cells[i] or "\n" in cells[i] else ""
                found.add(
                    Problem("cell_too_long", f"the cell has {length:,} characters{quote}", file, sheet, int(rows[i]),
                            name, shorten(cells[i]), f"at most {limits.max_cell:,}",
                            cell=f"{letters[name]}{rows[i]}" if name in letters else "")
                )  # fmt: skip
                cells[i] = None


def drop_nested(name: str, cells: Cells, file: str, found: Collector) -> None:
    """Empty a column of bytes or nested fields, which cannot be read, and warn of it."""
    kinds = {type(c) for c in cells} & {bytes, bytearray, memoryview, dict}
    if not kinds:
        return
    what = "nested fields" if dict in kinds else "bytes"
    found.add(
        Problem("unknown_type", f"column {shorten(name)} holds {what}, which are not read; its cells count as empty",
                file, column=shorten(name), expected="text, numbers, dates, yes/no or lists of text",
                severity="warning")
    )  # fmt: skip
    cells[:] = None
