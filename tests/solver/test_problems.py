from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.problems import InputError, Problem, grouped, nearest


def unknown(row: int | None, value: str = "005D", **more: str) -> Problem:
    return Problem("unknown_rep", f"{value} is no rep", "a.csv", "", row, "OwnerId", value, **more)


def test_a_group_is_what_differs_in_its_row_only() -> None:
    found = [unknown(3), unknown(4, "005E"), unknown(7), unknown(8, fix="look"), unknown(12)]
    groups = grouped(found)
    assert [g.rows for g in groups] == [(3, 7, 12), (4,), (8,)]
    assert groups[0].problem is found[0]
    assert groups[0].as_dict() == {**found[0].as_dict(), "rows": [3, 7, 12]}


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([3], "a.csv row 3, column OwnerId"),
        ([3, 7], "a.csv rows 3, 7, column OwnerId"),
        ([3, 7, 12], "a.csv rows 3, 7, 12, column OwnerId"),
        ([3, 7, 12, 13], "a.csv rows 3, 7, 12 … (4 rows), column OwnerId"),
        (range(2, 1003), "a.csv rows 2 to 1002 (1,001 rows), column OwnerId"),
        ([None, None], "a.csv OwnerId"),
    ],
)
def test_a_group_is_said_once(rows: list[int | None], place: str) -> None:
    (group,) = grouped(unknown(row) for row in rows)
    assert group.line() == f"{place}: 005D is no rep"


def test_cells_of_a_workbook_have_their_address() -> None:
    one = Problem("x", "bad", "a.xlsx", "Q1 bob's", 31, "Revenue", cell="F31")
    assert one.line() == "a.xlsx[Q1 bob's] row 31, column Revenue ('Q1 bob''s'!F31): bad"
    two = Problem("x", "bad", "a.xlsx", "Q1 bob's", 40, "Revenue", cell="F40")
    assert grouped([one, two])[0].place() == "a.xlsx[Q1 bob's] rows 31, 40, column Revenue ('Q1 bob''s'!F31 …)"


def test_an_error_of_many_rows_is_one_line_of_its_text() -> None:
    error = InputError([unknown(row) for row in range(2, 50)] + [unknown(60, "005E")])
    assert len(error.problems) == 49 and len(str(error).splitlines()) == 2


@given(
    st.text("abcAB_", max_size=8), st.lists(st.text("abcAB_", max_size=8), max_size=8), st.sampled_from([0.5, 0.6, 0.8])
)
def test_the_nearest_word_is_the_most_alike(word: str, known: list[str], least: float) -> None:
    rated = {k: difflib.SequenceMatcher(None, word.casefold(), k.casefold()).ratio() for k in known}
    found = nearest(word, known, least)
    best = max(rated.values(), default=0.0)
    assert (found is None) == (best < least)
    assert found is None or rated[found] == best
