"""Dates: ISO and its kin, days of a spreadsheet, day-month-year in the order that the column shows or the plan says."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any

from scenarios.sources.cells import Issue, Parsed, Style, distinct, gather, sift
from scenarios.sources.grid import Cells
from scenarios.sources.words import WIDE
from solver.problems import shorten

DATE = "a date such as 2026-12-31"
_TIME = r"(?:[T ]+\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|GMT|[+-]\d\d:?\d\d)?)?"
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + _TIME, re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T\d{4,6}Z?)?", re.ASCII)
_CHINESE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]", re.ASCII)
_ORDERED = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)" + _TIME, re.ASCII)
_NAMED = re.compile(
    r"(?:(?P<d1>\d{1,2})(?:st|nd|rd|th|\.)?[ -]+(?P<m1>[a-z]{3,9})\.?"
    r"|(?P<m2>[a-z]{3,9})\.?[ -]+(?P<d2>\d{1,2})(?:st|nd|rd|th)?)"
    r"[ ,-]+(?P<y>\d{4})" + _TIME,
    re.ASCII | re.IGNORECASE,
)
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_EPOCH = dt.date(1899, 12, 30)
_SERIAL_CELLS = (18_264, 109_575)
"""Day numbers that are taken for dates in number cells, 1950 to 2199; a workbook's dates may come without a format."""
_SERIAL_TEXTS = (32_874, 73_415)
"""Those that are in text, 1990 to 2100."""
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)


class _Serial:
    """A day number of a spreadsheet; as text it is a date only where the column is made of such numbers."""

    __slots__ = ("day", "text", "typed")

    def __init__(self, cell: Any, typed: bool):
        self.text, self.typed = str(cell), typed
        self.day = _EPOCH + dt.timedelta(days=int(float(cell)))


class _Order:
    """A date of three numbers whose order is still open."""

    __slots__ = ("a", "b", "dots", "short", "year")

    def __init__(self, a: int, b: int, year: int, short: bool, dots: bool):
        self.a, self.b, self.year, self.short, self.dots = a, b, year, short, dots


def parse_dates(cells: Cells | list[Any], style: Style = Style()) -> Parsed:  # noqa: B008 (frozen)
    """Read a column of dates as `datetime.date`; a time of day is left off."""
    left, parsed = sift(cells)
    tokens, marked = distinct(left, _token)
    if any(type(t) is _Serial for t in tokens):
        tokens, marked = _settle_serials(tokens, parsed)
    open_ones = {id(t): t for t in tokens if type(t) is _Order}
    order = style.dates
    if open_ones and order is None:
        order, ask = _decide(tokens, cells)
        if ask is not None:
            parsed.asks.append(ask)
            sure = {k: _sure(t) for k, t in open_ones.items()}
            return gather(parsed, [sure.get(id(t), t) for t in tokens])
    known = {k: _date_of(t, order) for k, t in open_ones.items()}
    if not known:
        return gather(parsed, tokens, marked)
    return gather(parsed, [known.get(id(t), t) for t in tokens])


def _settle_serials(tokens: list[Any], parsed: Parsed) -> tuple[list[Any], bool]:
    """Take day numbers for dates where they are number cells, or all that the column holds; say so.

    All: no date is written otherwise, and they outnumber the cells that are none. Elsewhere each is an `Issue` that
    says which day it would be. Returns the tokens, and whether there may be issues among them.
    """
    at = [i for i, t in enumerate(tokens) if type(t) is _Serial]
    unread = sum(type(t) is Issue for t in tokens)
    whole = len(at) > unread and not sum(t is not None for t in tokens) - unread - len(at)
    taken = [i for i in at if whole or tokens[i].typed]
    out = list(tokens)
    for i in at:
        day = tokens[i].day
        message = f"is no date; as an Excel day number it would be {day}"
        fix = f"write {day}, or format the whole column as dates before exporting it"
        out[i] = Issue("not_a_date", message, DATE, fix)
    for i in taken:
        out[i] = tokens[i].day
    if taken:
        first = tokens[taken[0]]
        parsed.notes.append(f"read as Excel day numbers, {first.text} = {first.day}")
        if whole and unread:
            wanted = f"an Excel day number such as {first.text}, as in the rest of the column"
            out = [replace(t, expected=wanted) if type(t) is Issue else t for t in out]
    return out, unread > 0 or len(taken) < len(at)


def _decide(tokens: list[Any], cells: Any) -> tuple[Any, tuple[int, Issue] | None]:
    proof: dict[str, int] = {}
    doubt = short = None
    for i, token in enumerate(tokens):
        if type(token) is not _Order:
            continue
        if token.short and short is None:
            short = i
        if token.a > 12 or token.dots:
            proof.setdefault("dmy", i)
        elif token.b > 12:
            proof.setdefault("mdy", i)
        elif token.a != token.b and doubt is None:
            doubt = i
    fix = "set `dates` to dmy or mdy in the plan"
    if len(proof) > 1:
        one, two = (shorten(cells[i], 30) for i in sorted(proof.values()))
        issue = Issue("ambiguous_date", f"{one} and {two} have their days and months in different order", DATE, fix)
        return None, (max(proof.values()), issue)
    if short is not None:
        return None, (short, Issue("ambiguous_date", "the year has two digits", DATE, fix))
    if doubt is not None and not proof:
        token = tokens[doubt]
        ways = [f"{d} {_MONTHS[m - 1].title()} {token.year}" for d, m in ((token.a, token.b), (token.b, token.a))]
        return None, (doubt, Issue("ambiguous_date", f"could be {ways[0]} or {ways[1]}", DATE, fix))
    return next(iter(proof), "dmy"), None


def _sure(token: _Order) -> Any:
    """Return the date where only one order makes one, an `Issue` where none does, None where both do."""
    readings = [_date_of(token, order) for order in ("dmy", "mdy")]
    dates = {r for r in readings if type(r) is not Issue}
    if not dates:
        return Issue("not_a_date", "is no day of the calendar", DATE)
    return dates.pop() if len(dates) == 1 else None


def _date_of(token: _Order, order: Any) -> Any:
    if order == "iso":
        return Issue("not_a_date", "is not written year-month-day, as the plan says", DATE)
    day, month = (token.a, token.b) if order == "dmy" else (token.b, token.a)
    year = token.year + (2000 if token.year < 69 else 1900) if token.short else token.year
    return _make(year, month, day, f"is no date in the order {order}")


def _make(year: int, month: int, day: int, message: str = "is no day of the calendar") -> Any:
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return Issue("not_a_date", message, DATE)
    return date if date.year >= 1900 else Issue("not_a_date", f"is in the year {year}", "a date from 1900 on")


def _token(cell: Any) -> Any:
    if type(cell) is str:
        return _text_token(cell.translate(WIDE).strip())
    if isinstance(cell, dt.datetime):
        return _make(cell.year, cell.month, cell.day)
    if isinstance(cell, dt.date):
        return _make(cell.year, cell.month, cell.day)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if _SERIAL_CELLS[0] <= cell <= _SERIAL_CELLS[1]:
            return _Serial(cell, typed=True)
        return Issue("not_a_date", "is a number, and no day of a spreadsheet's calendar", DATE)
    return Issue("not_a_date", "is no date", DATE)


def _text_token(text: str) -> Any:
    if found := _ISO.fullmatch(text):
        return _make(int(found[1]), int(found[3]), int(found[4]))
    if found := _ORDERED.fullmatch(text):
        a, b = int(found[1]), int(found[3])
        if (a > 12 and b > 12) or not a or not b or max(a, b) > 31:
            return Issue("not_a_date", "is no day of the calendar", DATE)
        return _Order(a, b, int(found[4]), len(found[4]) == 2, found[2] == "." and b <= 12)
    for form in (_COMPACT, _CHINESE):
        if found := form.fullmatch(text):
            return _make(int(found[1]), int(found[2]), int(found[3]))
    if found := _NAMED.fullmatch(text):
        word = (found["m1"] or found["m2"]).lower()
        month = next((n for n, m in enumerate(_MONTHS, 1) if m == word or m[:3] == word or word == m[:4]), 0)
        if month:
            return _make(int(found["y"]), month, int(found["d1"] or found["d2"]))
    if re.fullmatch(r"\d{13}", text):
        return Issue("not_a_date", "looks like milliseconds since 1970", DATE, "export dates as text")
    if _SERIAL.fullmatch(text) and _SERIAL_TEXTS[0] <= float(text) < _SERIAL_TEXTS[1] + 1:
        return _Serial(text, typed=False)
    return Issue("not_a_date", "is no date", DATE)
