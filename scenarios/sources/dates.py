"""Dates: ISO and its kin, days of a spreadsheet, day-month-year in the order that the column shows or the plan says."""

from __future__ import annotations

import datetime as dt
import re
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
_SERIALS = (18_264, 109_575)
"""Days of a spreadsheet that are taken for dates: 1950 to 2199."""


class _Order:
    """A date of three numbers whose order is still open."""

    __slots__ = ("a", "b", "dots", "short", "year")

    def __init__(self, a: int, b: int, year: int, short: bool, dots: bool):
        self.a, self.b, self.year, self.short, self.dots = a, b, year, short, dots


def parse_dates(cells: Cells | list[Any], style: Style = Style()) -> Parsed:  # noqa: B008 (frozen)
    """Read a column of dates as `datetime.date`; a time of day is left off."""
    left, parsed = sift(cells)
    tokens, marked = distinct(left, _token)
    open_ones = {id(t): t for t in tokens if type(t) is _Order}
    order = style.dates
    if open_ones and order is None:
        order, ask = _decide(tokens, cells)
        if ask is not None:
            parsed.asks.append(ask)
            return gather(parsed, [None if type(t) is _Order else t for t in tokens])
    known = {k: _date_of(t, order) for k, t in open_ones.items()}
    if not known:
        return gather(parsed, tokens, marked)
    return gather(parsed, [known.get(id(t), t) for t in tokens])


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
        if _SERIALS[0] <= cell <= _SERIALS[1]:
            return _EPOCH + dt.timedelta(days=int(cell))
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
    if re.fullmatch(r"\d{5}(?:\.\d+)?", text) and _SERIALS[0] <= float(text) <= _SERIALS[1]:
        day = _EPOCH + dt.timedelta(days=int(float(text)))
        return Issue("not_a_date", f"looks like the day of a spreadsheet's calendar for {day}", DATE,
                     "format the column as dates before exporting it")  # fmt: skip
    return Issue("not_a_date", "is no date", DATE)
