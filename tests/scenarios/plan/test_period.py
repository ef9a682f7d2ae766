from __future__ import annotations

import datetime as dt

import pytest

from scenarios.plan.period import next_period, parse_period


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


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("2026-Q3", "2026-Q4"),
        ("2026-q4", "2027-Q1"),
        ("2026-H1", "2026-H2"),
        ("2026-H2", "2027-H1"),
        ("2026-11", "2026-12"),
        ("2026-12", "2027-01"),
        ("2026", "2027"),
        ("2026-11-15..2026-12-31", "2027-Q1"),
        ("2026-11-01..2026-11-10", "2026-11-11..2026-11-20"),
        ("2026-07-01..2026-12-31", "2027-01-01..2027-07-03"),
    ],
)
def test_the_next_period_is_of_the_same_kind_and_begins_the_day_after(text, after):
    assert next_period(text) == after
    assert (parse_period(after).first - parse_period(text).last).days == 1
