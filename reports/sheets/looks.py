"""How the cells of a workbook look: kinds of numbers, colours, type, and how wide a column has to be."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reports import style, wording
from reports.words import ENGLISH, current

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
    "shift": ("+0.00;-0.00;0.00", 14.0),
    "ratio": ("0.000", 14.0),
    "date": ("yyyy-mm-dd", 14.0),
}
#: Rows whose cells are measured for the width of a column.
MEASURED = 500
#: Lines of a cell that are shown; a longer text is read in the bar above the sheet.
MOST_LINES = 10
INK, SOFT, RULE, PALE, DEEP = "#1B2430", "#566270", "#D5DBE1", "#F4F6F8", "#0B2F4A"
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#9AA5B1"
#: Fills that stay apart for the colour-blind, and in grey by how dark they are: well, off, broken, yours to fill in.
FILLS = {"well": "#DDEEF8", "off": "#FDBE85", "broken": "#B84A00", "input": "#FFF8DC"}


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
    number : number format instead of the kind's.
    """

    title: str
    cells: Sequence[Any]
    kind: str = "text"
    editable: bool = False
    width: float = 0.0
    number: str = ""

    @cached_property
    def form(self) -> str:
        """Its number format; empty for text. All cells are looked at, once."""
        return self.number or (amount_form(self.cells) if self.kind == "amount" else "") or KINDS[self.kind][0]

    @property
    def right(self) -> bool:
        """Whether its cells and its title stand at the right."""
        return bool(KINDS[self.kind][0]) and self.kind != "date"


def font() -> str:
    """Return the font of the workbook: one that has the signs of the language."""
    return "Calibri" if current() == ENGLISH else style.OFFICE


def type_size() -> int:
    """Return the type size: what fits in a row as high as it is by default."""
    return 11 if font() == "Calibri" else 10


def aligned(right: bool) -> dict[str, Any]:
    """Return how cells are aligned: text keeps its distance from the number before it."""
    return {"align": "right"} if right else {"align": "left", "indent": 1}


def amount_form(*columns: Sequence[Any]) -> str:
    """Return a number format with the decimals that count in all of some columns: none where all are whole or large."""
    values = [c.value if isinstance(c, Formula) else c for cells in columns for c in cells]
    numbers = [v for v in values if isinstance(v, int | float) and math.isfinite(v)]
    largest = max(map(abs, numbers), default=0.0)
    if largest >= 1000 or all(v == round(v) for v in numbers):
        return ""
    return "#,##0.00" if largest < 100 else "#,##0.0"


def header_text(title: str) -> str:
    """Return a title as tables of Excel have it: one line of at most 255 signs, with nothing that stands for a sign."""
    line = re.sub(r"_x(?=[0-9A-Fa-f]{4}_)", "_ x", " ".join(title.split()))
    return line[:250] + "…" if len(line) > 251 else line or "–"


def width_of(column: Column) -> float:
    """Return the width that the cells take, the title in two lines at most, and no more than the kind may have."""
    title = header_text(column.title)
    whole = wording.columns(title)
    words = [wording.columns(w) for w in re.split(r"[\s（、，：]+", title)]
    if current() != ENGLISH and whole <= 18:
        head = whole + 3  # lines of Chinese break within words: short titles stay in one
    else:
        head = min(whole, max(max(words), -(-(sum(words) + len(words)) // 2))) + 4
    cells = max((_signs(c, column.form) for c in column.cells[:MEASURED]), default=0) + 2.5
    most = KINDS[column.kind][1]
    return float(min(max(8, head, cells), max(most, min(head, 2 * most))))


def lines_of(cell: Any, width: float) -> int:
    """Return how many lines a text takes in a column that wraps, at most `MOST_LINES`."""
    text = cell if isinstance(cell, str) else ""
    if 2 * len(text) <= width and "\n" not in text:
        return 1
    room = 1.05 * width - 2  # letters are narrower than digits, and lines break between words
    return min(MOST_LINES, sum(max(1, math.ceil(wording.columns(line) / room)) for line in text.split("\n")))


def _signs(cell: Any, form: str) -> int:
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
