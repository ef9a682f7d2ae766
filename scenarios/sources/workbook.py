"""XLSX workbooks, through calamine; `archive` decides first whether one may be opened."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from scenarios.sources.archive import check_archive, scan_sheet
from scenarios.sources.collect import Collector, Refused
from scenarios.sources.grid import (
    Cells,
    Flaw,
    Grid,
    Tidy,
    as_cells,
    check_cells,
    check_header,
    check_size,
    column_letter,
    drop_empty_rows,
    header_name,
)
from scenarios.sources.spec import Limits, Source
from scenarios.sources.titles import MOST, Fits, names_at, say_titles
from solver.problems import Problem, nearest, shorten


def read_workbook(path: Path, spec: Source, limits: Limits, found: Collector, fits: Fits) -> Grid:
    """Read one sheet of a workbook; `fits` says whether column names are those of the table that is sought.

    Raises
    ------
    Refused
        Nothing of it can be used; lesser problems go to `found`.
    """
    file = shorten(spec.source, 200)
    entries = check_archive(path, limits, file)
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheet = _choose(book, spec.sheet, file)
        if sheet not in entries:
            raise Refused(Problem("unreadable", "the workbook is damaged: a sheet is missing", file, sheet))
        scan = scan_sheet(path, entries[sheet], limits, file, shorten(sheet))
        table = book.get_sheet_by_name(sheet)

        def alike(name: str) -> bool:
            if name not in entries or _is_refused(path, entries[name], limits):
                return False
            return _named(book.get_sheet_by_name(name), fits)

        if not _named(table, fits) and (others := [s for s in _others(book, sheet) if alike(s)]):
            raise Refused(_wrong_sheet(file, sheet, others))
        if table.end is None and not scan.flaws:
            raise Refused(Problem("empty_file", "the sheet is empty", file, shorten(sheet)))
        bottom, right = table.end or (0, 0)
        check_size(bottom, right + 1, limits, file, shorten(sheet))
        lines = table.to_python(skip_empty_area=False)
        merged = table.merged_cell_ranges or []
        book.close()
    except (CalamineError, OSError, ValueError) as error:
        raise Refused(
            Problem("unreadable", f"the workbook cannot be read: {shorten(error)}", file, fix="export it again")
        ) from None
    tidy = Tidy()
    columns = [as_cells([_cell(c, tidy) for c in column]) for column in zip(*lines, strict=True)]
    columns = _with_flaws(columns, scan.flaws)
    name = shorten(sheet)
    height = len(columns[0]) if columns else 0
    first = next((n for n in range(height) if any(c[n] is not None for c in columns)), 0)
    top = first + names_at(([c[n] for c in columns] for n in range(first, height)), fits)
    header = [c[top] for c in columns]
    if top > first:
        say_titles(next(c[first] for c in columns if c[first] is not None), top + 1, file, name, found)
    _report_merged([area for area in merged if area[1][0] >= top], file, name, found)
    rows = np.arange(top + 2, height + 1, dtype=np.int64)
    columns, rows = drop_empty_rows([c[top + 1 :] for c in columns], rows, file, name, found)
    names, columns = check_header(header, columns, file, name, top + 1, found)
    letters = {header_name(c): column_letter(i) for i, c in reversed(list(enumerate(header))) if header_name(c)}
    check_cells(zip(names, columns, strict=True), rows, limits, file, name, found, letters)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Grid(file, name, names, columns, rows, digest, letters=letters)


_SHEETS_LOOKED_AT = 20


def _choose(book: CalamineWorkbook, named: str | None, file: str) -> str:
    sheets = [s.name for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
    if not sheets:
        raise Refused(Problem("empty_file", "the workbook has no sheet with cells", file))
    if named is None:
        return sheets[0]
    if named in sheets:
        return named
    near = nearest(named, sheets, 0.5)
    raise Refused(
        Problem("unknown_sheet", f"there is no sheet {shorten(named)!r}", file, column="sheet",
                expected=f"one of {', '.join(map(shorten, sheets[:20]))}", fix=f"did you mean {near}?" if near else "")
    )  # fmt: skip


def _named(table: CalamineSheet, fits: Fits) -> bool:
    """Whether one of the topmost rows of a sheet that have any cell names the columns sought."""
    seen = 0
    for row in table.iter_rows():
        names = [name for c in row if (name := header_name(c if c != "" else None))]
        if names and fits(names):
            return True
        seen += bool(names)
        if seen == MOST:
            break
    return False


def _others(book: CalamineWorkbook, sheet: str) -> list[str]:
    names = [s.name for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet and s.name != sheet]
    return names[:_SHEETS_LOOKED_AT]


def _is_refused(path: Path, entry: str, limits: Limits) -> bool:
    try:
        scan_sheet(path, entry, limits, "", "")
    except Refused:
        return True
    return False


def _wrong_sheet(file: str, sheet: str, others: list[str]) -> Problem:
    listed = ", ".join(map(shorten, others[:5]))
    what = f"sheets {listed} do" if len(others) > 1 else f"sheet {listed} does"
    return Problem("wrong_sheet", f"the first row of the sheet does not name the table's columns; {what}", file,
                   shorten(sheet), column="sheet", expected="the sheet with the table",
                   fix=f"set `sheet: {shorten(others[0])}` beside its source")  # fmt: skip


def _with_flaws(columns: list[Cells], flaws: dict[tuple[int, int], Flaw]) -> list[Cells]:
    """Put flawed cells where the reader saw empty ones, or none at all beyond the last that it saw."""
    if not flaws:
        return columns
    height = max(len(columns[0]) if columns else 0, *(row for row, _ in flaws), 0)
    width = max(len(columns), *(index + 1 for _, index in flaws), 0)
    grown = [np.full(height, None, dtype=object) for _ in range(width)]
    for new, old in zip(grown, columns, strict=False):
        new[: len(old)] = old
    for (row, index), flaw in flaws.items():
        grown[index][row - 1] = flaw
    return grown


def _cell(value: Any, tidy: Tidy) -> Any:
    if type(value) is str:
        return tidy[value] if value else None
    if isinstance(value, dt.timedelta | dt.time):
        return str(value)
    return value


def _report_merged(merged: list[Any], file: str, sheet: str, found: Collector) -> None:
    if not merged:
        return
    areas = [f"{column_letter(a[1])}{a[0] + 1}:{column_letter(b[1])}{b[0] + 1}" for a, b in merged[:5]]
    listed = ", ".join(areas) + (" …" if len(merged) > 5 else "")
    found.add(
        Problem("merged_cells", f"{len(merged)} area{'s' if len(merged) > 1 else ''} of merged cells ({listed}): only "
                "the first cell of each has the value", file, sheet, fix="split them and fill each cell",
                severity="warning")
    )  # fmt: skip
