from __future__ import annotations

import datetime as dt

import pytest

from scenarios.sources.words import id_issue, parse_flags, parse_text, read_flag, text_of


@pytest.mark.parametrize("cell", ["yes", "Y", "TRUE", "1", "active", "是", "在职", 1, 1.0, True, "Ｙ"])
def test_yes(cell: object) -> None:
    assert read_flag(cell) is True


@pytest.mark.parametrize("cell", ["no", "N", "false", "0", "Inactive", "否", "离职", 0, False])
def test_no(cell: object) -> None:
    assert read_flag(cell) is False


def test_neither_is_a_problem_and_true_is_not_one() -> None:
    parsed = parse_flags(["maybe", 2, True, 1, None, "n/a"])
    assert parsed.values == [None, None, True, True, None, None]
    assert {i.code for i in parsed.issues.values()} == {"not_yes_no"}


@pytest.mark.parametrize(
    ("cell", "text"),
    [(1001.0, "1001"), (1.5, "1.5"), (7, "7"), (True, "true"), (dt.datetime(2026, 1, 5), "2026-01-05"), ("007", "007")],
)
def test_cells_as_text(cell: object, text: str) -> None:
    assert text_of(cell) == text


def test_a_name_may_be_a_word_for_nothing() -> None:
    assert parse_text(["None", "Null"], keep_words=True).values == ["None", "Null"]
    assert parse_text(["None", "NA"]).values == [None, "NA"]


@pytest.mark.parametrize(
    ("text", "code", "error"),
    [("1.23457E+11", "mangled_id", False), ("A\nB", "bad_id", True), ("A\u200bB", "odd_id", False)],
)
def test_odd_ids(text: str, code: str, error: bool) -> None:
    found = id_issue(text)
    assert found is not None and (found[0].code, found[1]) == (code, error)


@pytest.mark.parametrize("text", ["C-1", "Acme Corporation", "客户一", "a b", "E+1"])
def test_plain_ids(text: str) -> None:
    assert id_issue(text) is None
