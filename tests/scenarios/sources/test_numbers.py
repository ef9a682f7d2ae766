from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.sources.cells import Parsed, Style
from scenarios.sources.numbers import parse_numbers


def read(*cells: object, **style: object) -> Parsed:
    return parse_numbers(list(cells), Style(**style))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12), ("-12.5", -12.5), ("+7", 7), ("1,234,567.89", 1234567.89), ("1 234", 1234), ("1\u00a0234", 1234),
        ("1\u202f234,5", 1234.5), ("1'234", 1234), ("1’234.50", 1234.5), ("12,34,567", 1234567), ("$1,234.50", 1234.5),
        ("US$ 12", 12), ("1234 €", 1234), ("€1,234,567", 1234567), ("£12", 12), ("¥12", 12), ("￥12", 12),
        ("USD 1,234.00", 1234), ("12 CHF", 12), ("(12.5)", -12.5), ("($5)", -5), ("5-", -5), ("−7.5", -7.5), ("-$3", -3),
        ("$-3", -3), ("1.2M", 1.2e6), ("3k", 3000), ("3万", 30000), ("1.2万元", 12000), ("2亿", 2e8), ("1.5E+06", 1.5e6),
        ("1e6", 1e6), ("１２３．５", 123.5), (".5", 0.5), ("5.", 5), ("0.123", 0.123), ("0,5", 0.5), ("1.234.567,8", 1234567.8),
        (12, 12), (2.5, 2.5),
    ],
)  # fmt: skip
def test_a_number_alone(text: object, value: float) -> None:
    parsed = read(text)
    assert parsed.values == [pytest.approx(value)]
    assert not parsed.issues and not parsed.asks


@pytest.mark.parametrize(
    "text",
    ["abc", "1_000", "0x10", "½", "5²", "1 23", "1,23,4", "1.2.3", "12-3", "--5", "$€5", "$", "()", "K", "1kk", "12 h",
     "2026-01-01", True, "1,2,3"],
)  # fmt: skip
def test_what_is_no_number(text: object) -> None:
    parsed = read(text)
    assert parsed.issues[0].code == "not_a_number"
    assert parsed.values == [None]


@pytest.mark.parametrize("text", ["NaN", "nan", "inf", "-Infinity", "∞", "1e999", math.nan, math.inf])
def test_what_is_not_finite(text: object) -> None:
    assert read(text).issues[0].code == "not_finite"


@pytest.mark.parametrize("word", ["n/a", "N/A", "null", "None", "-", "—", "NA"])
def test_words_for_nothing_are_counted(word: str) -> None:
    parsed = read("1", word, "2", word)
    assert parsed.values == [1, None, 2, None]
    assert parsed.empties == {word: 2}


def test_an_error_value_is_not_empty() -> None:
    assert read("#N/A").issues[0].code == "spreadsheet_error"


@pytest.mark.parametrize(
    ("cells", "style", "values"),
    [
        (["12,5", "1.234"], {}, [12.5, 1234]),
        (["12.5", "1,234"], {}, [12.5, 1234]),
        (["12.5", "1.234"], {}, [12.5, 1.234]),
        (["1,234", "5"], {}, [1234, 5]),
        (["1.234"], {"decimal": ","}, [1234]),
        (["1.234"], {"decimal": "."}, [1.234]),
        (["1,234"], {"decimal": ",", "semicolons": True}, [1.234]),
        (["51.507"], {"small": True}, [51.507]),
        (["51,507", "0,128"], {"small": True}, [51.507, 0.128]),
        (["45%", "0.3"], {"percent": True}, [0.45, 0.3]),
    ],
)
def test_a_column_has_one_decimal_sign(cells: list[str], style: dict[str, object], values: list[float]) -> None:
    parsed = read(*cells, **style)
    assert not parsed.issues and not parsed.asks
    assert parsed.values == pytest.approx(values)


@pytest.mark.parametrize(
    ("cells", "style"),
    [
        (["1.234"], {}),
        (["1,234"], {"semicolons": True}),
        (["12,5", "1,234"], {}),
        (["1,5", "2.5"], {}),
        (["1.234", "5,678"], {}),
    ],
)
def test_a_doubtful_column_is_asked_about(cells: list[str], style: dict[str, object]) -> None:
    parsed = read(*cells, **style)
    ((_, issue),) = parsed.asks
    assert issue.code == "ambiguous_number"
    assert "decimal" in issue.fix
    assert None not in parsed.values


def test_in_a_doubtful_column_what_is_wrong_either_way_is_said_too() -> None:
    parsed = read("1.234", "abc", "-2.345", "45%", "-5")
    assert len(parsed.asks) == 1
    assert sorted(parsed.issues) == [1, 3]
    assert [v for v in parsed.values if v is not None and v < 0] == [-2.345, -5]


def test_a_doubtful_column_still_names_its_bad_cells() -> None:
    assert read("1.234", "abc").issues[1].code == "not_a_number"


def test_what_does_not_fit_the_sign_of_the_plan() -> None:
    assert read("1.5", decimal=",").issues[0].code == "not_a_number"
    assert read("1,234.5", decimal=",").issues[0].code == "not_a_number"


def test_two_currencies_cannot_be_added_up() -> None:
    ((index, issue),) = read("$5", "7", "€6").asks
    assert (index, issue.code) == (2, "mixed_currency")
    assert not read("$5", "USD 7", "8").asks


def test_a_per_cent_is_no_amount() -> None:
    assert read("45%").issues[0].code == "not_a_number"


@given(st.lists(st.floats(-1e12, 1e12).map(lambda x: round(x, 2)), min_size=1))
def test_every_way_of_writing_gives_the_number_back(numbers: list[float]) -> None:
    english = [f"{x:,.2f}" for x in numbers]
    german = [e.translate(str.maketrans(",.", ".,")) for e in english]
    accounting = [f"(${e[1:]})" if e[0] == "-" else f"${e}" for e in english]
    for texts in (english, german, accounting, [repr(x) for x in numbers]):
        parsed = read(*texts, "0.00" if texts is not german else "0,00")
        assert not parsed.issues and not parsed.asks
        assert parsed.values[:-1] == pytest.approx(numbers, abs=1e-9)


@given(st.lists(st.text(max_size=12) | st.none() | st.integers() | st.booleans() | st.floats()))
def test_any_text_is_a_number_or_a_problem(cells: list[object]) -> None:
    parsed = parse_numbers(cells)
    assert len(parsed.values) == len(cells)
    assert all(v is None or (isinstance(v, float) and math.isfinite(v)) for v in parsed.values)
    for i, cell in enumerate(cells):
        if parsed.values[i] is None and cell is not None and str(cell).strip() and not parsed.asks:
            assert i in parsed.issues or str(cell) in parsed.empties
