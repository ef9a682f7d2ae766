"""Broken input of every kind: each gives one error that names its place."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from scenarios.sources import collect
from solver.problems import InputError, grouped
from tests.scenarios.sources.conftest import CUSTOMERS, REPS, Folder

HEAD = "customer_id,name,potential\n"

#: what is broken → content of customers.csv, code, row, column, part of the message or fix
CUSTOMER_FILES: dict[str, tuple[str | bytes, str, int | None, str, str]] = {
    "empty file": ("", "empty_file", None, "", "empty"),
    "blank file": ("\n\n  \n", "empty_file", None, "", "blanks"),
    "header only": (HEAD, "no_rows", None, "", "no row"),
    "binary": (bytes(range(256)) * 50, "binary_file", None, "", "control characters"),
    "zip": (b"PK\x03\x04" + b"x" * 100, "binary_file", None, "", "workbook"),
    "pdf": (b"%PDF-1.7" + b"x" * 100, "binary_file", None, "", "PDF"),
    "gzip": (b"\x1f\x8b\x08" + b"x" * 100, "binary_file", None, "", "gzip"),
    "title above": ("Accounts of today\nwho,what\nC1,A\n", "title_above", 1, "", "delete its row"),
    "no id column": ("id_of_it,name\nC1,A\n", "missing_column", None, "customer_id", "id_of_it"),
    "duplicate id": (HEAD + "C1,A,1\nC2,B,2\nC1,C,3\n", "duplicate_id", 4, "customer_id", "row 2"),
    "empty id": (HEAD + "C1,A,1\n,B,2\n", "missing_id", 3, "customer_id", "empty"),
    "id is a word for nothing": (HEAD + "C1,A,1\nnull,B,2\n", "missing_id", 3, "customer_id", "empty"),
    "id too long": (HEAD + f"{'C' * 300},A,1\n", "cell_too_long", 2, "customer_id", "300"),
    "control character in id": (HEAD + '"C\x071",A,1\n', "bad_id", 2, "customer_id", "control"),
    "negative potential": (HEAD + "C1,A,1\nC2,B,-5\n", "negative_number", 3, "potential", "-5 is below 0"),
    "text as number": (HEAD + "C1,A,1\nC2,B,lots\n", "not_a_number", 3, "potential", "lots"),
    "NaN": (HEAD + "C1,A,NaN\n", "not_finite", 2, "potential", "NaN"),
    "infinity": (HEAD + "C1,A,inf\n", "not_finite", 2, "potential", "inf"),
    "absurd number": (HEAD + "C1,A,1e20\n", "out_of_range", 2, "potential", "above"),
    "per cent as amount": (HEAD + "C1,A,45%\n", "not_a_number", 2, "potential", "per cent"),
    "error value": (HEAD + "C1,A,#DIV/0!\n", "spreadsheet_error", 2, "potential", "#DIV/0!"),
    "error value as text": ("customer_id,industry\nC1,#REF!\n", "spreadsheet_error", 2, "industry", "#REF!"),
    "doubtful number": (HEAD + "C1,A,1.234\n", "ambiguous_number", 2, "potential", "decimal"),
    "two decimal signs": (HEAD + 'C1,A,"1,5"\nC2,B,2.5\n', "ambiguous_number", 3, "potential", "decimal"),
    "two currencies": (HEAD + "C1,A,$5\nC2,B,€6\n", "mixed_currency", 3, "potential", "currencies"),
    "doubtful date": ("customer_id,renewal_date\nC1,03/04/2026\n", "ambiguous_date", 2, "renewal_date", "dmy or mdy"),
    "impossible date": ("customer_id,renewal_date\nC1,2026-02-30\n", "not_a_date", 2, "renewal_date", "2026-02-30"),
    "latitude": ("customer_id,latitude\nC1,91\n", "out_of_range", 2, "latitude", "91"),
    "longitude": ("customer_id,longitude\nC1,-181\n", "out_of_range", 2, "longitude", "-181"),
    "skill level": ("customer_id,required_skills\nC1,cloud:9\n", "bad_value", 2, "required_skills", "1 to 5"),
    "skill twice": ("customer_id,required_skills\nC1,a;A:2\n", "bad_value", 2, "required_skills", "twice"),
    "too few cells": (HEAD + "C1,A,1\nC2,B\n", "ragged_row", 3, "potential", "2 cells under 3"),
    "too many cells": (HEAD + "C1,A,1\nC2,B,2,x\n", "ragged_row", 3, "potential", "4 cells under 3"),
    "two columns of a name": ("customer_id,x,x\nC1,1,2\n", "duplicate_column", 1, "x", "B and C"),
    "unnamed column": ("customer_id,\nC1,2\n", "unnamed_column", 1, "B", "no name"),
    "no column names": (",,\n1,2,3\n", "unnamed_column", 1, "A", "no name"),
    "two columns for a field": ("Id,Record ID\n1,2\n", "ambiguous_column", None, "Id", "customer_id"),
    "NUL": (HEAD + "C1,A\0,1\n", "nul_character", 2, "", "zero bytes"),
    "open quote": (HEAD + 'C1,"A,1\nC2,B,2\n', "bad_quoting", 2, "", "never closed"),
    "text after quote": (HEAD + 'C1,"A"x,1\n', "bad_quoting", 2, "", "closing quotation"),
    "giant column name": ("x" * 3_000_000 + "\n1\n", "no_header", 1, "A", "3,000,000"),
    "giant cell": (HEAD + f"C1,{'x' * 1_000_000},1\n", "cell_too_long", 2, "name", "1,000,000"),
    "wrong encoding": ((HEAD + "C1,喆,1\n").encode("gbk"), "ambiguous_encoding", None, "", "encoding"),
    "UTF-16 without mark": ((HEAD + "C1,A,1\n").encode("utf-16-le"), "bad_encoding", None, "", "utf-16-le"),
    "unknown current rep": ("customer_id,current_rep\nC1,R9\n", "unknown_rep", 2, "current_rep", "unlisted_reps: gone"),
    "unknown pin": ("customer_id,pinned_rep\nC1,r1\n", "unknown_rep", 2, "pinned_rep", "did you mean R1"),
    "ring of parents": ("customer_id,parent_id\nA,B\nB,C\nC,A\n", "cyclic_parents", 2, "parent_id", "A → B → C → A"),
}


@pytest.mark.parametrize("what", CUSTOMER_FILES)
def test_customers(folder: Folder, what: str) -> None:
    content, code, row, column, part = CUSTOMER_FILES[what]
    folder.write("customers.csv", content)
    errors = folder.errors()
    problem = errors[0]
    assert (problem.code, problem.row, problem.column) == (code, row, column)
    assert problem.file == "customers.csv"
    assert part in problem.line() and len(problem.line()) < 500
    assert len(errors) == (4 if what == "no column names" else 1)


REP_FILES: dict[str, tuple[str, str, int | None, str, str]] = {
    "duplicate id": ("rep_id\nR1\nR2\nR1\n", "duplicate_id", 4, "rep_id", "row 2"),
    "nobody active": ("rep_id,active\nR1,no\nR2,no\n", "no_active_rep", None, "", "no rep is active"),
    "all gone": ("rep_id,end_date\nR1,2025-12-31\nR2,2025-01-01\n", "no_active_rep", None, "", "end_date"),
    "not yet there": ("rep_id,start_date\nR1,2026-04-01\nR2,2027-01-01\n", "no_active_rep", None, "", "start_date"),
    "ends before it starts": (
        "rep_id,start_date,end_date\nR1,2026-03-01,2026-02-01\nR2,,\n", "dates_reversed", 2, "end_date", "before",
    ),
    "ramp": ("rep_id,ramp\nR1,80\nR2,\n", "out_of_range", 2, "ramp", "write 80% or 0.8 for 80 per cent"),
    "yes/no": ("rep_id,active\nR1,perhaps\nR2,yes\n", "not_yes_no", 2, "active", "perhaps"),
    "capacity": ("rep_id,capacity\nR1,-1\nR2,\n", "negative_number", 2, "capacity", "-1"),
}  # fmt: skip


@pytest.mark.parametrize("what", REP_FILES)
def test_reps(folder: Folder, what: str) -> None:
    content, code, row, column, part = REP_FILES[what]
    folder.write("reps.csv", content)
    problem = folder.error()
    assert (problem.code, problem.row, problem.column, problem.file) == (code, row, column, "reps.csv")
    assert part in problem.line()


HISTORY_FILES: dict[str, tuple[str, str, int | None, str]] = {
    "no customer": ("customer_id,amount\n,5\nC1,6\n", "missing_id", 2, "customer_id"),
    "amount": ("customer_id,amount\nC1,5\nC1,five\n", "not_a_number", 3, "amount"),
    "absurd amount": ("customer_id,amount\nC1,-1e16\n", "out_of_range", 2, "amount"),
    "date": ("customer_id,date\nC1,2026-99-01\n", "not_a_date", 2, "date"),
    "long id": (f"customer_id,amount\n{'C' * 256},5\n", "cell_too_long", 2, "customer_id"),
}


@pytest.mark.parametrize("what", HISTORY_FILES)
def test_history(folder: Folder, what: str) -> None:
    content, code, row, column = HISTORY_FILES[what]
    folder.write("history.csv", content)
    problem = folder.error(history="history.csv")
    assert (problem.code, problem.row, problem.column, problem.file) == (code, row, column, "history.csv")


PLANS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no such file": ({"source": "custmers.csv"}, "file_missing", "did you mean customers.csv"),
    "no such folder": ({"source": "there/customers.csv"}, "file_missing", "nor its folder"),
    "a folder": ({"source": "."}, "not_a_file", "customers.csv"),
    "NUL in path": ({"source": "custo\0mers.csv"}, "bad_path", "control characters"),
    "long path": ({"source": "x" * 5000 + ".csv"}, "unreadable", "cannot be opened"),
    "unknown ending": ({"source": "customers.doc"}, "unknown_kind", "its name ends in .doc"),
    "old workbook": ({"source": "old.xlsx"}, "binary_file", "without a password"),
    "no ending": ({"source": "customers"}, "unknown_kind", "its name has no ending; expected a csv, tsv"),
    "device": ({"source": "/dev/zero"}, "not_a_file", "regular"),
    "mapped column": (
        {"source": "customers.csv", "columns": {"industry": "nmae"}}, "unknown_column", "did you mean name",
    ),
    "filter's column": ({"source": "customers.csv", "where": "potentail > 5"}, "bad_filter", "did you mean potential"),
    "filter's kind": ({"source": "customers.csv", "where": "potential == 'x'"}, "bad_filter", "a number"),
    "filter leaves nothing": ({"source": "customers.csv", "where": "potential > 500"}, "no_rows", "leaves no row"),
    "unknown encoding": ({"source": "customers.csv", "encoding": "utf-9"}, "unknown_encoding", "utf-9"),
}  # fmt: skip


@pytest.mark.parametrize("what", PLANS)
def test_plans(folder: Folder, what: str) -> None:
    folder.write("customers.doc", CUSTOMERS)
    folder.write("customers", CUSTOMERS)
    folder.write("old.xlsx", b"\xd0\xcf\x11\xe0" + b"x" * 600)
    spec, code, part = PLANS[what]
    problem = folder.error(customers=spec)
    assert problem.code == code
    assert part in problem.line()


def test_limits_are_named(folder: Folder) -> None:
    for limit, code in (("max_rows", "too_many_rows"), ("max_columns", "too_many_columns"), ("max_bytes", "too_large")):
        problem = folder.errors(limits={limit: 2})[0]
        assert (problem.code, problem.expected) == (code, "at most 2")
        assert limit in problem.fix or code == "too_many_columns"


def test_a_file_nobody_may_read(folder: Folder) -> None:
    (folder.path / "customers.csv").chmod(0)
    if os.access(folder.path / "customers.csv", os.R_OK):
        pytest.skip("root may read everything")
    assert folder.error().code == "unreadable"


@pytest.mark.parametrize(
    ("column", "cells", "expected"),
    [
        ("potential", ["1.234", "abc", "-2.345", "45%"],
         {2: "ambiguous_number", 3: "not_a_number", 4: "negative_number", 5: "not_a_number"}),
        ("potential", ["1.5", "abc", '"2,5"', '"-3,5"'],
         {3: "not_a_number", 4: "ambiguous_number", 5: "negative_number"}),
        ("potential", ["$5", "€6", "abc", "€-7"],
         {3: "mixed_currency", 4: "not_a_number", 5: "negative_number"}),
        ("renewal_date", ["03/04/26", "soon", "31/02/26"],
         {2: "ambiguous_date", 3: "not_a_date", 4: "not_a_date"}),
    ],
)  # fmt: skip
def test_a_doubtful_column_hides_no_bad_cell(
    folder: Folder, column: str, cells: list[str], expected: dict[int, str]
) -> None:
    rows = "".join(f"C{i},{cell}\n" for i, cell in enumerate(cells))
    folder.write("customers.csv", f"customer_id,{column}\n{rows}")
    found = {p.row: p.code for p in folder.errors()}
    assert {row: code for row, code in found.items() if row in expected} == expected
    assert len(found) == len(expected)


def test_columns_that_could_both_be_a_field_hide_no_row_that_is_wrong_in_both(folder: Folder) -> None:
    folder.write(
        "customers.csv",
        "customer_id,Annual Revenue,hs_annual_revenue\nC1,5,5\nC2,abc,5\nC3,abc,-1\nC4,-2,-2\nC5,,lots\n",
    )
    found = [(p.row, p.column, p.code) for p in folder.errors()]
    assert found == [
        (None, "Annual Revenue", "ambiguous_column"),
        (4, "Annual Revenue", "not_a_number"),
        (5, "Annual Revenue", "negative_number"),
    ]


def test_every_problem_of_every_file_at_once(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id,potential,pinned_rep\nC1,x,R7\nC1,-1,\n")
    folder.write("reps.csv", "rep_id,ramp\nR1,7\nR1,\n")
    folder.write("history.csv", "customer_id,date\nC1,soon\n")
    found = {(p.file, p.row, p.code) for p in folder.errors(history="history.csv")}
    assert found == {
        ("customers.csv", 2, "not_a_number"), ("customers.csv", 2, "unknown_rep"), ("customers.csv", 3, "duplicate_id"),
        ("customers.csv", 3, "negative_number"), ("reps.csv", 2, "out_of_range"), ("reps.csv", 3, "duplicate_id"),
        ("history.csv", 2, "not_a_date"),
    }  # fmt: skip


def test_a_kind_of_problem_is_listed_so_many_times_and_then_counted(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "MAX_OF_A_KIND", 1000)
    folder.write("customers.csv", "customer_id,potential\n" + "".join(f"C{i},x\n" for i in range(1500)))
    folder.write("history.csv", "customer_id,date\n" + "C1,soon\n" * 3000)
    errors = folder.errors(history="history.csv")
    assert [sum(p.code == c and p.row is not None for p in errors) for c in ("not_a_number", "not_a_date")] == [
        1000
    ] * 2
    assert [p.message for p in errors if p.row is None] == [
        "and 500 more problems of the kind not_a_number", "and 2,000 more problems of the kind not_a_date",
    ]  # fmt: skip


def test_equal_problems_keep_every_row_and_are_said_in_one_line(folder: Folder) -> None:
    rows = "".join(f"C{i},{'R9' if i % 3 == 0 else 'R1'}\n" for i in range(51))
    folder.write("customers.csv", "customer_id,current_rep\n" + rows + ",R1\n" * 1001)
    errors = folder.errors()
    unknown, missing = grouped(errors)
    assert unknown.rows == tuple(range(2, 53, 3)) and missing.rows == tuple(range(53, 1054))
    assert len(errors) == 17 + 1001
    assert unknown.line().startswith(
        "customers.csv rows 2, 5, 8 … (17 rows), column current_rep: current_rep R9 is not among the reps"
    )
    assert missing.line().startswith("customers.csv rows 53 to 1053 (1,001 rows), column customer_id: ")


def test_no_message_shows_raw_control_characters_or_machine_paths(folder: Folder) -> None:
    folder.write("customers.csv", HEAD + "\x1b[31mC1,A,\x1b[2J\n")
    text = "\n".join(p.line() for p in folder.problems())
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", text)
    assert str(folder.path) not in text


def test_good_ones_are_good(folder: Folder) -> None:
    folder.load()
    assert CUSTOMERS and REPS and Path(folder.path)
    with pytest.raises(InputError):
        folder.load(reps="nothing.csv")
