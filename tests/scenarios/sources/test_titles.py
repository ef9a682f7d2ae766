"""Exports with titles above their table, as CRMs write their reports."""

from __future__ import annotations

import pytest

from scenarios.sources.titles import MOST
from tests.scenarios.sources.conftest import Folder, said
from tests.scenarios.sources.test_workbook import book

TITLES = [["Accounts by owner"], ["As of 2026-09-30", None, "by Ann"], []]
TABLE = [["Account ID", "Account Name", "Expected"], ["A1", "Acme", 5], ["A2", "Bolt", 7]]
COLUMNS = {"customer_id": "Account ID", "name": "Account Name", "potential": "Expected"}


def test_a_workbook_with_merged_titles(folder: Folder) -> None:
    book(folder.path / "c.xlsx", TITLES + TABLE, lambda _, page: page.merge_range("A1:C1", "Accounts by owner"))
    loaded = folder.load(customers={"source": "c.xlsx", "columns": COLUMNS})
    assert loaded.tables.customers[["customer_id", "name", "potential"]].to_numpy().tolist() == [
        ["A1", "Acme", 5.0], ["A2", "Bolt", 7.0],
    ]  # fmt: skip
    (line,) = said(loaded, "titles_above")
    assert "named in row 4" in line and "'Accounts by owner'" in line
    assert not said(loaded, "merged_cells"), "those of the titles hold nothing that is read"


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_text_file_with_titles(folder: Folder, sign: str) -> None:
    titles = f"Accounts by owner\nAs of 2026-09-30{sign}by Ann, in full\n\n"
    rows = "".join(sign.join(map(str, row)) + "\r\n" for row in [*TABLE, ["A3", "Cord", "x"]])
    folder.write("c.csv", titles + rows)
    error = folder.error(customers={"source": "c.csv", "columns": COLUMNS})
    assert (error.code, error.row, error.value) == ("not_a_number", 7, "x"), "rows are counted as in the file"
    folder.write("c.csv", (titles + rows).replace(f"Cord{sign}x", f"Cord{sign}9"))
    loaded = folder.load(customers={"source": "c.csv", "columns": COLUMNS})
    assert loaded.tables.customers["potential"].tolist() == [5.0, 7.0, 9.0]
    assert "named in row 4" in said(loaded, "titles_above")[0]


def test_a_first_row_that_names_the_columns_is_the_one_however_a_later_row_looks(folder: Folder) -> None:
    folder.write("c.csv", "customer_id,name\ncustomer_id,name\nA1,Acme\n")
    loaded = folder.load(customers="c.csv")
    assert loaded.tables.customers["customer_id"].tolist() == ["customer_id", "A1"]
    assert not said(loaded, "titles_above")


def test_names_far_below_are_not_looked_for(folder: Folder) -> None:
    folder.write("c.csv", "a,b\n" + "1,2\n" * MOST + "customer_id,name\nA1,Acme\n")
    assert folder.error(customers="c.csv").code == "missing_column"
