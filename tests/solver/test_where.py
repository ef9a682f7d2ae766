"""What a filter says, row by row, and what it refuses with which words."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel, ValidationError

from solver.tables import Tables
from solver.where import MAX_CHARACTERS, WhereError, WhereText, parse

CUSTOMERS = [
    {
        "customer_id": "1",
        "name": "Älter & Söhne GmbH",
        "territory": "EMEA/DE/North",
        "industry": "medical",
        "segment": "enterprise",
        "potential": 50_000,
        "workload": 10,
        "required_skills": "cloud:3;german",
        "renewal_date": "2026-10-05",
        "feedback": 7,
        "客户等级": "甲",
        "Annual revenue": 3,
        "key": True,
        "it's": "x",
    },
    {
        "customer_id": "2",
        "name": "O'Neill",
        "territory": "EMEA/DE",
        "industry": "retail",
        "potential": 20_000,
        "workload": 4,
        "客户等级": "乙",
        "Annual revenue": 0,
        "key": False,
        "it's": "",
    },
    {
        "customer_id": "3",
        "name": "晨星科技",
        "territory": "EMEA/DENMARK",
        "workload": 0,
        "required_skills": "cloud:2",
        "renewal_date": "2027-01-31",
    },
]
REPS = [
    {"rep_id": "r1", "territories": "EMEA/DE; APAC/CN", "skills": "cloud:4", "industries": "medical;retail"},
    {"rep_id": "r2", "territories": "*", "active": False},
]
TABLES = Tables.of(CUSTOMERS, REPS)


def rows(text: str, table: pd.DataFrame = TABLES.customers) -> str:
    """Return the positions of the matching rows, after both ways of finding them agreed."""
    where = parse(text)
    mask = where.mask(table)
    assert mask.dtype == bool and mask.shape == (len(table),)
    assert [where.matches(row) for row in table.to_dict("records")] == mask.tolist()
    return "".join(str(i + 1) for i in np.flatnonzero(mask))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("segment == 'enterprise'", "1"),
        ('industry != "medical"', "23"),  # the missing industry is not medical either
        ("potential > 20_000", "1"),
        ("0 < potential <= 2e4", "2"),
        ("potential == 0", "3"),
        ("feedback != 7", ""),  # a missing number is not unequal to a number
        ("feedback == 7", "1"),
        ("not feedback == 7", "23"),
        ("not (feedback < 9)", "23"),
        ("industry in ['medical', 'retail']", "12"),
        ("industry not in ('medical', 'retail')", "3"),
        ("industry in {'medical'} or segment < 'x'", "1"),
        ("potential in [20000, 0]", "23"),
        ("feedback not in [1, -2]", "1"),
        ("renewal_date < '2026-12-31'", "1"),
        ("'2026-12-31' <= renewal_date", "3"),
        ("renewal_date != '2026-10-05'", "23"),
        ("renewal_date in ['2026-10-05', '2027-01-31']", "13"),
        ("renewal_date not in ['2026-10-05']", "23"),
        ("renewal_date == renewal_date", "13"),
        ("(potential > 1) & (segment == 'enterprise') | missing(industry)", "13"),
        ("~(potential > 20000)", "23"),
        ("not (potential > 1 and workload > 5)", "23"),
        ("potential / workload > 4999", "12"),
        ("potential / workload == 5000", "12"),
        ("workload / 0 != 1", ""),
        ("-workload + 2 * 3 < -3.5", "1"),
        ("+workload == 4", "2"),
        ("potential - 1 >= 49_999", "1"),
        ("key", "1"),
        ("not key", "23"),
        ("key == false", "2"),
        ("key != true", "2"),
        ("key in [true]", "1"),
        ("true", "123"),
        ("False", ""),
        ("客户等级 == '甲'", "1"),
        ("`客户等级` in ['甲', '乙']", "12"),
        ("`Annual revenue` >= 3", "1"),
        ("`Annual revenue`*2==6 and(`it's`=='x')", "1"),
        ('contains(name, "O\'N")', "2"),
        ("contains(name, '科技')", "3"),
        ("contains(name, '& S') or contains(name, '`')", "1"),
        ("contains(lower(name), 'gmbh')", "1"),
        ("contains(name, 'gmbh')", ""),
        ("startswith(name, 'O') or endswith(name, 'GmbH')", "12"),
        ("lower(industry) == 'medical'", "1"),
        ("missing(industry)", "3"),
        ("present(renewal_date)", "13"),
        ("missing(required_skills)", "2"),
        ("missing(feedback)", "23"),
        ("present(key) and missing(`it's`)", "2"),
        ("has(required_skills, 'cloud')", "13"),
        ("has(required_skills, ' Cloud', 3)", "1"),
        ("has(required_skills, 'german', 2)", ""),
        ("under(territory, 'EMEA/DE')", "12"),
        ("under(territory, ' EMEA / de/North/')", "1"),
        ("under(territory, '*')", "123"),
        ("segment\n ==\t'enterprise'\n", "1"),
        ("  segment == 'enterprise'", "1"),
        ("name != industry", "123"),
        ("segment != industry", "12"),  # both missing: not unequal
        ("segment == industry", ""),  # nor equal
    ],
)
def test_customers(text: str, expected: str) -> None:
    assert rows(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("has(territories, 'EMEA/DE')", "1"),
        ("has(industries, 'retail') and not has(industries, 'Medical')", "1"),
        ("under(territories, 'EMEA')", "1"),
        ("under(territories, 'EMEA/DE/South')", ""),
        ("under(territories, 'APAC/CN')", "1"),
        ("has(skills, 'cloud', 4)", "1"),
        ("has(skills, 'cloud', 5)", ""),
        ("active", "1"),
        ("ramp == 1 and missing(industries)", "2"),
        ("capacity > 3 or capacity <= 3", ""),
    ],
)
def test_reps(text: str, expected: str) -> None:
    assert rows(text, TABLES.reps) == expected


def test_what_it_says_about_itself() -> None:
    text = "contains(`a b`, 'c') and d < 3 or not e in [1]"
    where = parse(text)
    assert where.text == text
    assert where.columns == {"a b", "d", "e"}
    assert parse(text) is where
    assert parse("true").columns == frozenset()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("a == 1 & b == 2", r"\(a == 1\) & \(b == 2\).*character 6"),
        ("a == 1 | missing(b)", r"\(a == 1\) & \(b == 2\)"),
        ("~a == 1", "character 1"),
        ("a = 1", "compare with =="),
        ("a := 1", "character 3"),
        ("a <> 1", "!="),
        ("a == 1 AND b == 2", "lower case"),
        ("a == 1 && b == 2", "lower case"),
        ("Annual revenue > 3", "backticks"),
        ("class == 3", "backticks"),
        ("(a == 1", "cannot be read"),
        ("a ==", "cannot be read"),
        ("a == `b", "never closed"),
        ("a == 'b", "never closed.*character 6"),
        ("`` == 1", "no name"),
        ("a == 'x' 'y'", "comma.*character 10"),
        ("a in ['x' 'y']", "comma"),
        ("f'{a}' == 'x'", "character 2"),
        ("b'x' == a", "character 2"),
        ("a == '''x'''", "comma"),
        ("a # == 1", "'#' is not allowed"),
        ("a == 1; b == 2", "';'"),
        ("a == \\\n1", "not allowed"),
        ("a\x00 == 1", "not allowed"),
        ("a == “x”", "full-width.*character 6"),
        ("a ＝ 1", "full-width"),
        ("a > 10,000", "10000"),
        ("a == ''", r"missing\(column\)"),
        ("a in ['x', '']", r"missing\(column\)"),
        ("a is None", r"missing\(column\)"),
        ("a == None", r"missing\(column\)"),
        ("a == NaN", r"missing\(column\)"),
        ("a == 1e999", "not allowed"),
        ("a == " + "9" * 400, "not allowed"),
        ("a == 2j", "not allowed"),
        ("a == ...", "not allowed"),
        ("a ** 2 > 1", "not allowed.*character 1"),
        ("a % 2 == 1", "not allowed"),
        ("a // 2 == 1", "not allowed"),
        ("a @ b", "not allowed"),
        ("a.b == 1", "not allowed"),
        ("a[0] == 1", "not allowed"),
        ("lambda: 1", "not allowed"),
        ("[x for x in y]", "not allowed"),
        ("a if b else c", "not allowed"),
        ("{'a': 1} == a", "not allowed"),
        ("(yield)", "not allowed"),
        ("a == 1 == (b == 2)", "a condition cannot be a value.*character 12"),
        ("missing(a) == true", "a condition cannot be a value"),
        ("a in 'xyz'", "contains"),
        ("'x' in industries", "comes a list"),
        ("a in []", "comes a list"),
        ("a in [b]", "numbers or non-empty texts"),
        ("a in [1] == true", "chained"),
        ("1 + 2", "is a value, not a condition"),
        ("'x'", "is a value, not a condition"),
        ("lower(a)", "is a value, not a condition"),
        ("__import__('os')", "no function '__import__'"),
        ("contain(a, 'x')", r"did you mean contains\(column"),
        ("`missing`(a)", "no function"),
        ("a.contains('x')", "no function 'a.contains'"),
        ("contains(a, 'x', 'y')", r"write contains\("),
        ("contains(a)", r"write contains\("),
        ("contains(a, b)", "text that is not empty"),
        ("contains(a, ' ')", "text that is not empty"),
        ("contains('x', 'y')", "with a column first"),
        ("contains(column=a)", r"write contains\("),
        ("missing(*a)", "not allowed"),
        ("missing(lower(a))", r"write missing\("),
        ("lower(a, b) == 'x'", r"write lower\("),
        ("has(a, 'x', 9)", "level 1-5"),
        ("has(a, 'x', true)", "level 1-5"),
        ("under(a, '/')", "under"),
        ("*a", "cannot be read"),
        ("a == 0777", "cannot be read"),
        ("x" * (MAX_CHARACTERS + 1), "2,001 characters"),
        ("~" * 1999 + "a", "more than"),
        ("-" * 1990 + "1 == a", "more than"),
        ("(" * 900 + "a" + ")" * 900, "cannot be read"),
        ("not " * 400 + "a", "nested more than 100"),
        ("a" + "+a" * 150 + " == 1", "nested more than 100"),
        ("missing(" * 205 + "a" + ")" * 205, "cannot be read|nested"),
    ],
)
def test_refused(text: str, says: str) -> None:
    with pytest.raises(WhereError, match=says):
        parse(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("potentail > 3", "no column `potentail`; did you mean `potential`"),
        ("Potential > 3", "did you mean `potential`"),
        ("zzz > 3", "no column `zzz`; there are customer_id, name"),
        ("potential > 'x'", "`potential` is a number, 'x' is text"),
        ("customer_id == 1", "`customer_id` is text, 1 is a number; write '1'"),
        ("name > potential", "`name` is text, `potential` is a number"),
        ("lower(name) == 3", r"lower\(`name`\) is text"),
        ("lower(potential) == 'x'", r"`potential` is a number, which lower\(\)"),
        (
            "renewal_date < '5.10.2026'",
            "`renewal_date` is a date; write dates as '2026-12-31', not '5.10.2026'",
        ),
        ("renewal_date == '2026-02-30'", "write dates as"),
        ("renewal_date > 3", "is a date, 3 is a number"),
        ("renewal_date > name", "is a date, `name` is text"),
        ("required_skills == 'cloud'", r"a set of skills; use has\(`required_skills`"),
        ("required_skills == required_skills", r"use has\("),
        ("has(territory, 'EMEA')", r"`territory` is text, which has\(\)"),
        ("under(potential, 'EMEA')", r"is a number, which under\(\)"),
        ("contains(potential, '5')", r"is a number, which contains\(\)"),
        ("potential", "is a number, not yes/no"),
        ("not name", "is text, not yes/no"),
        ("key > false", "no order"),
        ("key == 1", "`key` is yes/no, 1 is a number"),
        ("name + 1 > 3", "`name` is text; \\+ needs numbers"),
        ("-'x' == potential", "'x' is text"),
    ],
)
def test_refused_beside_the_columns(text: str, says: str) -> None:
    where = parse(text)
    with pytest.raises(WhereError, match=says):
        where.mask(TABLES.customers)
    row = TABLES.customers.iloc[0].to_dict()
    with pytest.raises(WhereError, match=says):
        where.matches(row)


def test_lists_of_reps_are_not_compared() -> None:
    with pytest.raises(WhereError, match=r"`territories` is a list; use has\(`territories`, 'x'\)"):
        parse("territories == 'EMEA'").mask(TABLES.reps)
    with pytest.raises(WhereError, match="is a list, which has"):
        parse("has(territories, 'EMEA', 3)").mask(TABLES.reps)


def test_mixed_cells_are_named() -> None:
    frame = pd.DataFrame({"grade": pd.Series(["A", 3, ""], dtype=object)})
    assert rows("missing(grade)", frame) == "3"
    with pytest.raises(WhereError, match="`grade` mixes a number and text"):
        parse("grade == 'A'").mask(frame)
    with pytest.raises(WhereError, match="cannot compare"):
        parse("grade == 'A'").mask(pd.DataFrame({"grade": [object()]}))


def test_other_column_types() -> None:
    frame = pd.DataFrame(
        {
            "small": np.array([1, 2, 3], dtype=np.int8),
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "kind": pd.Categorical(["a", "b", None]),
            "words": pd.array(["x", None, "y"], dtype="string"),
            "when": [dt.datetime(2026, 1, 1, 12), dt.date(2026, 1, 2), None],
            "flag": pd.array([True, None, False], dtype="boolean"),
            "empty": [None, "", float("nan")],
        }
    )
    assert rows("small + nullable == 2", frame) == "1"
    assert rows("kind != 'a'", frame) == "23"
    assert rows("words > 'x' or kind == 'b'", frame) == "23"
    assert rows("when == '2026-01-01'", frame) == "1"
    assert rows("when > '2026-01-01'", frame) == "2"
    assert rows("flag", frame) == "1"
    assert rows("flag != true", frame) == "3"
    assert rows("empty > 3 or empty == 'x' or empty or has(empty, 'x') or empty + 1 < 3", frame) == ""
    assert rows("empty != 'x'", frame) == "123"
    assert rows("empty != 3 or empty != empty or lower(empty) == 'a'", frame) == ""
    assert rows("missing(empty) and small in [2]", frame) == "2"


def test_no_rows() -> None:
    assert rows("potential > 3 and has(required_skills, 'x') or not missing(name)", TABLES.customers[:0]) == ""


def test_a_pydantic_row_matches_too() -> None:
    class Rule(BaseModel):
        where: WhereText | None = None

    assert Rule(where="segment == 'a'").where == "segment == 'a'"
    with pytest.raises(ValidationError, match="compare with =="):
        Rule(where="segment = 'a'")
    assert parse("missing(feedback) and missing(renewal_date)").matches({"feedback": None, "renewal_date": None})


def test_many_rows_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import solver.where.columns as columns

    seen: list[str] = []
    real = columns._column
    monkeypatch.setattr(columns, "_column", lambda name, values: (seen.append(name), real(name, values))[1])
    assert parse("name in ['a', 'b', 'c'] or name == 'd' or potential > 1").mask(TABLES.customers).any()
    assert sorted(seen) == ["name", "potential"]
