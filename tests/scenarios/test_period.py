from __future__ import annotations

import datetime as dt

import pytest

from scenarios.period import parse_period


@pytest.mark.parametrize(
    ("text", "first", "last", "days"),
    [
        ("2026-Q4", "2026-10-01", "2026-12-31", 92),
        ("2026-q1", "2026-01-01", "2026-03-31", 90),
        ("2026-H2", "2026-07-01", "2026-12-31", 184),
        ("2028-02", "2028-02-01", "2028-02-29", 29),
        ("2026", "2026-01-01", "2026-12-31", 365),
        ("2026-10-05..2026-10-11", "2026-10-05", "2026-10-11", 7),
    ],
)
def test_periods(text, first, last, days):
    period = parse_period(text)
    assert (period.first, period.last, period.days) == (dt.date.fromisoformat(first), dt.date.fromisoformat(last), days)


@pytest.mark.parametrize(
    "text", ["", "Q4", "2026-Q5", "2026-13", "26-Q4", "2026-10-05..", "2026-10-11..2026-10-05", "0000", "9999-Q1"]
)
def test_no_period(text):
    with pytest.raises(ValueError, match="period"):
        parse_period(text)
