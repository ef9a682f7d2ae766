"""Planning periods: ``2026-Q4``, ``2026-H2``, ``2026-11``, ``2026`` or ``2026-10-01..2026-12-31``."""

from __future__ import annotations

import calendar
import datetime as dt
import re

from solver.tables import Period

_FORM = re.compile(r"(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|H(?P<half>[12])|(?P<month>0[1-9]|1[0-2])))?")
EXPECTED = "2026-Q4, 2026-H2, 2026-11, 2026 or 2026-10-01..2026-12-31"


def parse_period(text: str) -> Period:
    """Return the first and last day of the period named `text`.

    Raises
    ------
    ValueError
        `text` names no period; the message says what would.
    """
    text = text.strip()
    if ".." in text:
        first, last = text.split("..", 1)
        try:
            period = Period(dt.date.fromisoformat(first.strip()), dt.date.fromisoformat(last.strip()))
        except ValueError as error:
            raise ValueError(f"{text!r} is no period; expected {EXPECTED}") from error
        if period.last < period.first:
            raise ValueError(f"period {text!r} ends before it starts")
        return period
    found = _FORM.fullmatch(text.upper())
    if not found or not 1900 <= int(found["year"]) <= 2200:
        raise ValueError(f"{text!r} is no period; expected {EXPECTED}")
    year = int(found["year"])
    if found["quarter"]:
        start, months = 3 * int(found["quarter"]) - 2, 3
    elif found["half"]:
        start, months = 6 * int(found["half"]) - 5, 6
    elif found["month"]:
        start, months = int(found["month"]), 1
    else:
        start, months = 1, 12
    end = start + months - 1
    return Period(dt.date(year, start, 1), dt.date(year, end, calendar.monthrange(year, end)[1]))


def next_period(text: str) -> str:
    """Return the name of the period after the one named `text`, of the same kind.

    After days that end with a quarter comes the next quarter, after others as many days.

    Raises
    ------
    ValueError
        `text` names no period.
    """
    period = parse_period(text)
    first = period.last + dt.timedelta(days=1)
    name = text.strip().upper()
    if ".." in name:
        if first.day == 1 and first.month % 3 == 1 and period.days <= 92:
            return f"{first.year}-Q{(first.month + 2) // 3}"
        return f"{first}..{first + dt.timedelta(days=period.days - 1)}"
    kind = name[5:6]
    if kind == "Q":
        return f"{first.year}-Q{(first.month + 2) // 3}"
    if kind == "H":
        return f"{first.year}-H{(first.month + 5) // 6}"
    return f"{first.year}-{first.month:02}" if kind else str(first.year)


def period_name(period: Period) -> str:
    """Return the shortest name of a period that `parse_period` reads as the same days."""
    year, month = period.first.year, period.first.month
    names = (f"{year}", f"{year}-H{(month + 5) // 6}", f"{year}-Q{(month + 2) // 3}", f"{year}-{month:02}")
    return next((n for n in names if parse_period(n) == period), f"{period.first}..{period.last}")


def slack(period: Period) -> dt.timedelta:
    """Return by how much history may begin late or end early and the period still counts as seen whole."""
    return dt.timedelta(days=max(7, period.days // 6))


def period_before(period: Period) -> Period:
    """Return the period of the same length that ends the day before; whole months are counted in months."""
    day = dt.timedelta(days=1)
    end = period.first - day
    if period.first.day > 1 or (period.last + day).day > 1:
        return Period(period.first - dt.timedelta(days=period.days), end)
    months = (period.last.year - period.first.year) * 12 + period.last.month - period.first.month + 1
    total = period.first.year * 12 + period.first.month - 1 - months
    return Period(dt.date(total // 12, total % 12 + 1, 1), end)
