"""A workbook with one look: tables with a frozen header, filters and real numbers, and text that is never run."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from reports.sheets import paper
from reports.sheets.looks import (
    BLUE,
    DEEP,
    FILLS,
    INK,
    KINDS,
    RULE,
    SOFT,
    Column,
    Formula,
    aligned,
    font,
    header_text,
    lines_of,
    type_size,
    width_of,
)
from reports.words import say
from scenarios.cell_text import cell_text
from scenarios.files import FilesError

#: Rows between two words on how many are written.
STEP = 500
#: More customers than that are written row by row to temporary files: 100,000 take 0.4 GB of memory, not 0.9.
LARGE = 20_000
#: Rows and columns of a sheet.
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384


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


def heading_row(place: Place) -> int:
    """Return the row of a table's header."""
    return place.first - 1


class Book:
    """An XLSX file in the making, the same bytes for the same content.

    Parameters
    ----------
    created : written into the file instead of the time it is made.
    large : whether rows go through temporary files; sheets then have filters, but no tables with a name.
    subject, comments : what is told of the file beside its title.
    """

    def __init__(
        self,
        title: str,
        created: dt.datetime,
        large: bool = False,
        tell: Callable[[int], None] | None = None,
        subject: str = "",
        comments: str = "",
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
        self._title = title
        told = {"title": title, "subject": subject, "comments": comments}
        self.file.set_properties({k: cell_text(v)[:255] for k, v in told.items() if v}
                                 | {"author": "Fairbook", "created": moment})  # fmt: skip
        self.file.set_calc_mode("auto")
        self._tell, self._written = tell, 0
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._large, self._names = large, set[str]()

    def close(self) -> bytes:
        """Finish the file and return its content."""
        self.file.close()
        if self._rows:
            self._rows.cleanup()
        return self._stream.getvalue()

    def sheet(self, name: str) -> Worksheet:
        """Add a sheet that prints across, on pages as wide as it is."""
        sheet = self.file.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(**paper.MARGINS)
        sheet.fit_to_pages(1, 0)
        title = cell_text(self._title).replace("&", "&&")[:80]
        sheet.set_footer(f"&L{title} · &A&R{say('Page {page} of {pages}', page='&P', pages='&N')}")
        return sheet

    def format(self, **properties: Any) -> Format:
        """Return a cell format, made once."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.file.add_format({"font_name": font(), "font_size": type_size(), **properties})
        return self._formats[key]

    def of_kind(self, kind: str, **more: Any) -> Format:
        """Return the format of a column of a kind."""
        number = KINDS[kind][0]
        base: dict[str, Any] = {"num_format": number} if number else aligned(False)
        if kind == "long":
            base |= {"text_wrap": True}
        return self.format(**{"valign": "vcenter", "font_color": INK, **base, **more})

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
        self,
        sheet: Worksheet,
        columns: Sequence[Column],
        row: int = 0,
        name: str = "",
        lead: int = 1,
        starts: Sequence[str] = (),
        until: str = "",
    ) -> Place:
        """Write a table from `row` on.

        Parameters
        ----------
        name : of the table, by which formulas and macros may name it, the same in every language. Without one it is
            a block of a sheet: no filters, no frozen header.
        lead : first columns that stay in view, and come again on every page that is printed.
        starts : titles of the columns that may begin a page; by default any may.
        until : title of the last column that is printed, on one page's width; by default all are, on as many as it
            takes.

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
        heads = _apart([header_text(cell_text(c.title)) for c in columns])
        head_looks = [self._head(c, bool(name)) for c in columns]
        looks = [self._body(c) for c in columns]
        if name:
            sheet.set_row(row, 36)
            widths = [c.width or width_of(c) for c in columns]
            for at, width in enumerate(widths):
                sheet.set_column(at, at, width)
        for at, (head, look) in enumerate(zip(heads, head_looks, strict=True)):
            sheet.write_string(row, at, head, look)
        kept = [column.editable for column in columns]
        wraps = [(at, widths[at]) for at, column in enumerate(columns) if name and column.kind == "long"]
        for n, cells in enumerate(zip(*(c.cells for c in columns), strict=True), row + 1):
            lines = max((lines_of(cells[at], width) for at, width in wraps), default=1)
            if lines > 1:  # not every program makes rows as high as what is wrapped in them
                sheet.set_row(n, 15 * lines)
            for at, cell in enumerate(cells):
                if kept[at] or not (cell is None or cell == "" or cell != cell):
                    self.put(sheet, n, at, cell, looks[at])
            self._written += 1
            if self._tell and self._written % STEP == 0:
                self._tell(self._written)
        last = row + max(1, height)
        place = Place(sheet.name, row + 1, last, {c.title: at for at, c in enumerate(columns)})
        if name:
            self._named(sheet, place, name, heads, head_looks)
            sheet.hide_gridlines(1)  # lines to follow on the screen; on paper every second row is tinted
            sheet.freeze_panes(row + 1, lead)
            sheet.repeat_rows(row)
            printed = place.columns[until] + 1 if until else 0
            paper.lay_out(sheet, widths, last, lead, [place.columns[s] for s in starts], printed)
        digits = [place.span(c.title, absolute=False, sheet=False) for c in columns if not c.right]
        if digits:  # ids of digits only are text on purpose
            sheet.ignore_errors({"number_stored_as_text": " ".join(digits)})
        return place

    def _head(self, column: Column, filters: bool) -> Format:
        """The look of a column's title."""
        look = {"bold": True, "font_color": "#FFFFFF", "bg_color": DEEP, "text_wrap": True, "valign": "vcenter",
                **aligned(column.right)}  # fmt: skip
        if filters and column.right:
            look["indent"] = 2  # room for the button of the filter, which stands in the corner
        return self.format(**look)

    def _body(self, column: Column) -> Format:
        """The look of a column's cells."""
        tint = {"bg_color": FILLS["input"], "border": 1, "border_color": RULE} if column.editable else {}
        form = {"num_format": column.form} if column.form else {}
        return self.of_kind(column.kind, **form, **tint)

    def _named(self, sheet: Worksheet, place: Place, name: str, heads: Sequence[str], looks: Sequence[Format]) -> None:
        """Make a range a table with filters, or give it filters alone where rows are written already."""
        ends = (place.first - 1, 0, place.last, len(heads) - 1)
        if self._large:
            sheet.autofilter(*ends)
            return
        name = _apart([*sorted(self._names), name])[-1].replace(" (", "_").rstrip(")")
        self._names.add(name)
        columns = [{"header": h, "header_format": f} for h, f in zip(heads, looks, strict=True)]
        if sheet.add_table(*ends, {"name": name, "columns": columns, "style": "Table Style Light 1"}):
            raise AssertionError(f"{sheet.name} cannot be the table {name}")

    def link(self, sheet: Worksheet, row: int, column: int, name: str, text: str) -> None:
        """Write another sheet's name as a link to it, with a text two columns on: some names are long."""
        look = self.format(font_color=BLUE, underline=1, valign="vcenter")
        sheet.write_url(row, column, f"internal:{quoted(name)}!A1", look, string=name)
        self.put(sheet, row, column + 2, text, self.format(font_color=SOFT, valign="vcenter"))

    def colour(self, sheet: Worksheet, place: Place, title: str, when: str, fill: str, stop: bool = False) -> None:
        """Tint the cells of a column where the formula `when` holds, written for its first row."""
        ink = "#FFFFFF" if fill == "broken" else INK
        look = self.file.add_format({"bg_color": FILLS[fill], "font_color": ink, "bold": fill != "well"})
        rule = {"type": "formula", "criteria": f"={when}", "format": look, "stop_if_true": stop}
        sheet.conditional_format(place.span(title, absolute=False, sheet=False), rule)

    def bars(self, sheet: Worksheet, place: Place, title: str) -> None:
        """Draw each number of a column as a bar in its cell."""
        look = {"type": "data_bar", "bar_color": "#9CC9E3", "bar_solid": True, "min_type": "num", "min_value": 0}
        sheet.conditional_format(place.span(title, absolute=False, sheet=False), look)


def _apart(titles: Sequence[str]) -> list[str]:
    """Return titles that differ, whatever their case, as tables of Excel want it: the second gets a number."""
    taken: set[str] = set()
    found: list[str] = []
    for title in titles:
        tries = itertools.chain([title], (f"{title} ({n})" for n in itertools.count(2)))
        free = next(t for t in tries if t.casefold() not in taken)
        taken.add(free.casefold())
        found.append(free)
    return found


def _naive(value: dt.datetime | dt.date) -> dt.datetime | dt.date:
    """Excel knows no time zones: moments go in as UTC."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return value
