from __future__ import annotations

import pytest

from tests.scenarios.sources.conftest import Folder, said

REPS = "Id,Full Name\n005A,Ann Lee\n005B,Bob Ray\n005C,Cy Ong\n005D,Cy Ong\n"
HEAD = "Id,Name,OwnerId,Account Owner\n"


@pytest.fixture
def folder(folder: Folder) -> Folder:
    folder.write("reps.csv", REPS)
    return folder


def test_of_id_and_name_the_id_is_read(folder: Folder) -> None:
    folder.write("customers.csv", HEAD + "C1,A,005A,Ann Lee\nC2,B,005C,Cy Ong\n")
    loaded = folder.load()
    assert loaded.tables.customers["current_rep"].tolist() == ["005A", "005C"]
    assert loaded.tables.customers["Account Owner"].tolist() == ["Ann Lee", "Cy Ong"]
    assert "read `OwnerId` as current_rep, not `Account Owner`: it holds ids of reps" in said(loaded, "column_read")


def test_the_name_is_read_where_the_ids_are_those_of_no_rep(folder: Folder) -> None:
    folder.write("customers.csv", HEAD + "C1,A,77,ann  lee\nC2,B,78,Bob Ray\nC3,C,79,\n")
    loaded = folder.load()
    assert loaded.tables.customers["current_rep"].tolist() == ["005A", "005B", ""]
    assert "read `Account Owner` as current_rep, not `OwnerId`: it holds names of reps" in said(loaded, "column_read")
    assert said(loaded, "names_read") == ["read the names of 2 reps in 2 rows as their ids, such as ann  lee = 005A"]


def test_where_neither_fits_both_are_named(folder: Folder) -> None:
    folder.write("customers.csv", HEAD + "C1,A,77,Di\nC2,B,78,Ed\nC3,C,,\n")
    first, *others = folder.errors()
    assert first.code == "ambiguous_column"
    assert "OwnerId has 0 rep_ids and 0 names of reps in 2 cells" in first.message
    assert "Account Owner has 0 rep_ids and 0 names" in first.message
    assert "data.customers.columns: {current_rep: OwnerId}" in first.fix
    assert [(p.row, p.code) for p in others] == [(2, "unknown_rep"), (3, "unknown_rep")]


def test_two_columns_of_ids_that_differ_are_asked_about(folder: Folder) -> None:
    folder.write("customers.csv", "Id,OwnerId,hubspot_owner_id\nC1,005A,005B\n")
    assert folder.error().code == "ambiguous_column"
    folder.write("customers.csv", "Id,OwnerId,hubspot_owner_id\nC1,005A,005A\nC2,005A,005B\nC3,005A,77\n")
    assert folder.error().code == "ambiguous_column"
    folder.write("customers.csv", "Id,OwnerId,hubspot_owner_id\nC1,005A,005A\n")
    assert folder.load().tables.customers["current_rep"].tolist() == ["005A"]


def test_a_filter_and_the_plan_see_what_was_decided(folder: Folder) -> None:
    folder.write("customers.csv", HEAD + "C1,A,77,Ann Lee\nC2,B,78,Bob Ray\n")
    loaded = folder.load(customers={"source": "customers.csv", "where": "current_rep == '005B'"})
    assert loaded.tables.customers["customer_id"].tolist() == ["C2"]
    loaded = folder.load(customers={"source": "customers.csv", "columns": {"current_rep": "Account Owner"}})
    assert loaded.tables.customers["current_rep"].tolist() == ["005A", "005B"]


def test_names_of_reps_in_every_column_of_reps(folder: Folder) -> None:
    folder.write("customers.csv", "Record ID,Company owner,pinned_rep\nC1,Ann Lee,BOB RAY\nC2,005B,\n")
    folder.write("history.csv", "Company ID,Deal owner,Close Date\nC1,Bob Ray,2025-01-01\nC1,Zoe,2025-01-01\n")
    tables = folder.load(history="history.csv").tables
    assert tables.customers["current_rep"].tolist() == ["005A", "005B"]
    assert tables.customers["pinned_rep"].tolist() == ["005B", ""]
    assert tables.history["rep_id"].tolist() == ["005B", "Zoe"]


def test_a_name_of_two_reps_is_an_error_that_names_them(folder: Folder) -> None:
    folder.write("customers.csv", "Record ID,Company owner\nC1,Cy Ong\nC2,Ann Lee\n")
    problem = folder.error()
    assert (problem.code, problem.row, problem.column) == ("ambiguous_rep_name", 2, "Company owner")
    assert "Cy Ong is the name of 2 reps: 005C, 005D" in problem.message


def test_without_names_of_reps_only_ids_count(folder: Folder) -> None:
    folder.write("reps.csv", "rep_id\nR1\n")
    folder.write("customers.csv", HEAD + "C1,A,R1,Ann Lee\n")
    assert folder.load().tables.customers["current_rep"].tolist() == ["R1"]


def test_without_reps_the_columns_are_asked_about(folder: Folder) -> None:
    folder.write("customers.csv", HEAD + "C1,A,R1,Ann Lee\n")
    assert {p.code for p in folder.errors(reps="nothing.csv")} == {"ambiguous_column", "file_missing"}
