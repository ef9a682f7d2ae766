from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.sources.cells import Parsed, Style
from scenarios.sources.dates import parse_dates


def read(*cells: object, dates: str | None = None) -> Parsed:
    return parse_dates(list(cells), Style(dates=dates))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "cell",
    ["2026-01-05", "2026/1/5", "2026.01.05", "20260105", "2026年1月5日", "5 Jan 2026", "Jan 5, 2026", "January 5th 2026",
     "05-Jan-2026", "2026-01-05T10:00:00.000+0000", "2026-01-05 10:00", "2026-01-05T23:59:59Z", "２０２６-01-05", "05.01.2026",
     dt.datetime(2026, 1, 5, 3), dt.date(2026, 1, 5), 46027, 46027.75],
)  # fmt: skip
def test_ways_to_write_a_day(cell: object) -> None:
    parsed = read(cell)
    assert parsed.values == [dt.date(2026, 1, 5)]
    assert not parsed.issues and not parsed.asks


@pytest.mark.parametrize(
    "cell",
    ["2026-02-30", "2026-13-01", "30/30/2026", "0/1/2026", "soon", "46027x", "1767571200000", 12, 1e9, True, "0206-01-01",
     "5 Foo 2026", "2026"],
)  # fmt: skip
def test_what_is_no_day(cell: object) -> None:
    assert read(cell).issues[0].code == "not_a_date"


def test_the_column_shows_its_order() -> None:
    assert read("13/04/2026", "03/04/2026").values[1] == dt.date(2026, 4, 3)
    assert read("04/13/2026", "03/04/2026").values[1] == dt.date(2026, 3, 4)
    assert read("01/01/2026").values == [dt.date(2026, 1, 1)]


@pytest.mark.parametrize("cells", [["03/04/2026"], ["13/04/2026", "04/13/2026"], ["13/04/26"]])
def test_an_open_order_is_asked_about(cells: list[str]) -> None:
    ((_, issue),) = read(*cells).asks
    assert issue.code == "ambiguous_date"
    assert "dates" in issue.fix


def test_the_plan_says_the_order() -> None:
    assert read("03/04/2026", dates="dmy").values == [dt.date(2026, 4, 3)]
    assert read("03/04/26 10:00 PM", dates="mdy").values == [dt.date(2026, 3, 4)]
    assert read("03/04/2026", dates="iso").issues[0].code == "not_a_date"
    assert read("13/14/2026", "13/04/2026", dates="mdy").issues.keys() == {0, 1}


@given(st.lists(st.dates(dt.date(1950, 1, 1), dt.date(2199, 12, 31)), min_size=1))
def test_every_way_of_writing_gives_the_day_back(days: list[dt.date]) -> None:
    assert read(*[d.isoformat() for d in days]).values == days
    assert read(*[f"{d:%d/%m/%Y}" for d in days], dates="dmy").values == days
    assert read(*[f"{d:%m/%d/%Y}" for d in days], dates="mdy").values == days
    assert read(*[(d - dt.date(1899, 12, 30)).days for d in days]).values == days


@given(st.lists(st.text(max_size=12) | st.none() | st.integers() | st.booleans() | st.floats() | st.datetimes()))
def test_anything_is_a_day_or_a_problem(cells: list[object]) -> None:
    parsed = parse_dates(cells)
    assert all(v is None or type(v) is dt.date for v in parsed.values)


def test_a_column_of_day_numbers_is_read_and_said() -> None:
    parsed = read("45987", "46000.75", None)
    assert parsed.values == [dt.date(2025, 11, 26), dt.date(2025, 12, 9), None]
    assert parsed.notes == ["read as Excel day numbers, 45987 = 2025-11-26"]


def test_a_bad_cell_among_day_numbers_is_the_only_problem() -> None:
    parsed = read("45987", "46000", "soon")
    assert list(parsed.issues) == [2] and "45987" in parsed.issues[2].expected


@pytest.mark.parametrize("others", [["2026-01-01"], ["20260101"], ["soon", "late"], ["12", "99999"]])
def test_a_day_number_among_other_cells_is_a_problem_that_says_its_day(others: list[str]) -> None:
    issue = read("45987", *others).issues[0]
    assert (issue.code, "2025-11-26" in issue.message) == ("not_a_date", True)


def test_a_number_cell_of_a_workbook_is_a_day_wherever_it_stands() -> None:
    parsed = read(45987, dt.date(2026, 1, 1))
    assert parsed.values == [dt.date(2025, 11, 26), dt.date(2026, 1, 1)] and parsed.notes


def test_in_a_column_of_open_order_what_is_no_date_either_way_is_said_too() -> None:
    parsed = read("03/04/2026", "31/02/2026", "02/30/2026", "soon")
    assert [i for i, _ in parsed.asks] == [2]
    assert sorted(parsed.issues) == [1, 2, 3]
