"""A workbook with one look: tables with a frozen header, filters and real numbers, and text that is never run."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from reports import style, wording
from reports.words import ENGLISH, current, say
from scenarios.cell_text import cell_text
from scenarios.files import FilesError

#: Rows between two words on how many are written.
STEP = 500
#: Rows and columns of a sheet.
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384

#: What a column holds → its number format and its width at most, in the signs of a spreadsheet.
KINDS = {
    "text": ("", 28.0),
    "name": ("", 36.0),
    "long": ("", 70.0),
    "count": ("#,##0", 16.0),
    "amount": ("#,##0", 20.0),
    "share": ("0.0%", 14.0),
    "off": ("+0.0%;-0.0%;0.0%", 14.0),
    "points": ("0.00", 14.0),
    "ratio": ("0.000", 14.0),
    "date": ("yyyy-mm-dd", 14.0),
}
#: Rows whose cells are measured for the width of a column.
MEASURED = 500
INK, SOFT, RULE, PALE, DEEP = "#1B2430", "#566270", "#D5DBE1", "#F4F6F8", "#0B2F4A"
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#9AA5B1"
#: Fills that stay apart for the colour-blind and in grey: well, off, broken, yours to fill in.
FILLS = {"well": "#D6EAF5", "off": "#FFE2C7", "broken": "#B84A00", "input": "#FFF8DC"}


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula and the value it comes to, for readers that do not work it out."""

    text: str
    value: float | str


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    title : in the header.
    cells : text, numbers, dates, yes and no, or `Formula`; None and NaN are empty.
    kind : of `KINDS`.
    editable : whether people are meant to write in it; it is tinted.
    width : in the signs of a spreadsheet; by default what its cells take.
    """

    title: str
    cells: Sequence[Any]
    kind: str = "text"
    editable: bool = False
    width: float = 0.0


@dataclass(frozen=True)
class Place:
    """Where a table was written: its sheet, first and last row and its columns, all 0-based."""

    sheet: str
    first: int
    last: int
    columns: dict[str, int] = field(default_factory=dict)

    def span(self, title: str, absolute: bool = True, sheet: bool = True) -> str:
        """Return the cells of a column as formulas name them: ``'Books'!$E$2:$E$13``."""
        letter, mark = xl_col_to_name(self.columns[title]), "$" if absolute else ""
        cells = f"{mark}{letter}{mark}{self.first + 1}:{mark}{letter}{mark}{self.last + 1}"
        return f"{quoted(self.sheet)}!{cells}" if sheet else cells

    def top(self, title: str) -> str:
        """Return the first cell of a column with a row that moves, for conditional formats: ``$E2``."""
        return f"${xl_col_to_name(self.columns[title])}{self.first + 1}"


def quoted(sheet: str) -> str:
    """Return a sheet's name as formulas have it: ``'Violations & exceptions'``."""
    return "'{}'".format(sheet.replace("'", "''"))


def font() -> str:
    """Return the font of the workbook: one that has the signs of the language."""
    return "Calibri" if current() == ENGLISH else style.OFFICE


def _size() -> int:
    """The type size: what fits in a row as high as it is by default."""
    return 11 if font() == "Calibri" else 10


def heading_row(place: Place) -> int:
    """Return the row of a table's header."""
    return place.first - 1


class Book:
    """An XLSX file in the making, the same bytes for the same content.

    Parameters
    ----------
    created : written into the file instead of the time it is made.
    """

    def __init__(
        self, title: str, created: dt.datetime, large: bool = False, tell: Callable[[int], None] | None = None
    ):
        self._stream = io.BytesIO()
        options: dict[str, Any] = {"in_memory": not large, "constant_memory": large, "strings_to_formulas": False,
                                   "strings_to_urls": False, "strings_to_numbers": False,
                                   "nan_inf_to_errors": False}  # fmt: skip
        self._rows: tempfile.TemporaryDirectory[str] | None = None
        if large:
            self._rows = tempfile.TemporaryDirectory(prefix="fairbook-")
            options["tmpdir"] = self._rows.name
        self.file = xlsxwriter.Workbook(self._stream, options)
        moment = created.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0)
        self.file.set_properties({"title": cell_text(title)[:255], "author": "Fairbook", "created": moment})
        self.file.set_calc_mode("auto")
        self._tell, self._written = tell, 0
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def close(self) -> bytes:
        """Finish the file and return its content."""
        self.file.close()
        if self._rows:
            self._rows.cleanup()
        return self._stream.getvalue()

    def sheet(self, name: str) -> Worksheet:
        """Add a sheet."""
        sheet = self.file.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L&A&R{say('Page {page} of {pages}', page='&P', pages='&N')}")
        return sheet

    def format(self, **properties: Any) -> Format:
        """Return a cell format, made once."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.file.add_format({"font_name": font(), "font_size": _size(), **properties})
        return self._formats[key]

    def of_kind(self, kind: str, **more: Any) -> Format:
        """Return the format of a column of a kind."""
        number = KINDS[kind][0]
        base: dict[str, Any] = {"num_format": number} if number else _aligned(False)
        if kind == "long":
            base |= {"text_wrap": True}
        return self.format(**{"valign": "top", "font_color": INK, **base, **more})

    def put(self, sheet: Worksheet, row: int, column: int, value: Any, look: Format) -> None:
        """Write one cell by its type; text is never taken for a formula, a link or a number."""
        if isinstance(value, Formula):
            sheet.write_formula(row, column, f"={value.text}", look, value.value)
        elif isinstance(value, str):
            if value:
                sheet.write_string(row, column, cell_text(value), look)
            else:
                sheet.write_blank(row, column, None, look)
        elif isinstance(value, bool):
            sheet.write_string(row, column, say("yes") if value else say("no"), look)
        elif value is None or value != value:
            sheet.write_blank(row, column, None, look)
        elif isinstance(value, dt.datetime | dt.date):
            sheet.write_datetime(row, column, _naive(value), look)
        elif isinstance(value, int | float) and math.isfinite(value):
            sheet.write_number(row, column, value, look)
        else:
            sheet.write_string(row, column, cell_text(value), look)

    def table(
        self, sheet: Worksheet, columns: Sequence[Column], row: int = 0, filters: bool = True, freeze: int = 1
    ) -> Place:
        """Write a table from `row` on: header, rows, filters, and a frozen header with `freeze` columns beside it.

        Raises
        ------
        FilesError
            It has more rows or columns than a sheet.
        """
        height = len(columns[0].cells)
        if row + 1 + height > MOST_ROWS or len(columns) > MOST_COLUMNS:
            raise FilesError(
                f"the sheet {sheet.name} would have {height:,} rows and {len(columns):,} columns; a workbook has at "
                f"most {MOST_ROWS - 1:,} and {MOST_COLUMNS:,}"
            )
        looks: list[Format] = []
        if filters:
            sheet.set_row(row, 36)
        for at, column in enumerate(columns):
            number = KINDS[column.kind][0]
            head = {"bold": True, "font_color": "#FFFFFF", "bg_color": DEEP, "text_wrap": True, "valign": "vcenter",
                    **_aligned(bool(number) and column.kind != "date")}  # fmt: skip
            if filters and head["align"] == "right":
                head["indent"] = 2  # room for the button of the filter, which stands in the corner
            self.put(sheet, row, at, column.title, self.format(**head))
            tint = {"bg_color": FILLS["input"], "border": 1, "border_color": RULE} if column.editable else {}
            looks.append(self.of_kind(column.kind, **_decimals(column), **tint))
            if filters:
                sheet.set_column(at, at, column.width or _width(column))
        kept = [column.editable for column in columns]
        for n, cells in enumerate(zip(*(c.cells for c in columns), strict=True), row + 1):
            for at, cell in enumerate(cells):
                if kept[at] or not (cell is None or cell == "" or cell != cell):
                    self.put(sheet, n, at, cell, looks[at])
            self._written += 1
            if self._tell and self._written % STEP == 0:
                self._tell(self._written)
        last = row + max(1, height)
        if filters:
            sheet.autofilter(row, 0, last, len(columns) - 1)
            sheet.freeze_panes(row + 1, freeze)
            sheet.repeat_rows(row)
        return Place(sheet.name, row + 1, last, {c.title: at for at, c in enumerate(columns)})

    def colour(self, sheet: Worksheet, place: Place, title: str, when: str, fill: str, stop: bool = False) -> None:
        """Tint the cells of a column where the formula `when` holds, written for its first row."""
        bold = {"font_color": "#FFFFFF", "bold": True} if fill == "broken" else {"font_color": INK}
        look = self.file.add_format({"bg_color": FILLS[fill], **bold})
        rule = {"type": "formula", "criteria": f"={when}", "format": look, "stop_if_true": stop}
        sheet.conditional_format(place.span(title, absolute=False, sheet=False), rule)

    def bars(self, sheet: Worksheet, place: Place, title: str) -> None:
        """Draw each number of a column as a bar in its cell."""
        look = {"type": "data_bar", "bar_color": "#9CC9E3", "bar_solid": True, "min_type": "num", "min_value": 0}
        sheet.conditional_format(place.span(title, absolute=False, sheet=False), look)


def _width(column: Column) -> float:
    """The width that the cells take, the title in two lines at most, and no more than the kind may have."""
    words = [wording.columns(w) for w in re.split(r"[\s（、，]+", column.title)]
    head = max(max(words), -(-(sum(words) + len(words)) // 2)) + 4
    form = _decimals(column).get("num_format", KINDS[column.kind][0])
    cells = max((_columns(c, form) for c in column.cells[:MEASURED]), default=0) + 2.5
    return float(min(max(8, head, cells), max(KINDS[column.kind][1], head)))


def _columns(cell: Any, form: str) -> int:
    """How many signs a cell takes, with what a number's format adds."""
    value = cell.value if isinstance(cell, Formula) else cell
    if value is None or value != value:
        return 0
    if isinstance(value, dt.date):
        return 10
    if isinstance(value, int | float) and not isinstance(value, bool) and form:
        decimals = len(form.split(";")[0].partition(".")[2].rstrip("%"))
        return len(f"{value * (100 if form.endswith('%') else 1):,.{decimals}f}") + 2 * form.endswith("%")
    return max(wording.columns(line) for line in str(value).split("\n"))


def _aligned(right: bool) -> dict[str, Any]:
    """Text keeps its distance from the number before it."""
    return {"align": "right"} if right else {"align": "left", "indent": 1}


def _decimals(column: Column) -> dict[str, str]:
    """Amounts have decimals where these count: not all are whole and all are below a thousand."""
    if column.kind != "amount":
        return {}
    values = [c.value if isinstance(c, Formula) else c for c in column.cells]
    numbers = [v for v in values if isinstance(v, int | float) and math.isfinite(v)]
    fine = any(v != round(v) for v in numbers) and max(map(abs, numbers)) < 1000
    return {"num_format": "#,##0.00"} if fine else {}


def _naive(value: dt.datetime | dt.date) -> dt.datetime | dt.date:
    """Excel knows no time zones: moments go in as UTC."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return value
