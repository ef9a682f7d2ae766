from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.scenarios.sources.conftest import Folder, said

HEAD = "customer_id,name,potential\n"


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.csv", "customer_id,name,potential\nC1,Äpfel AG,5\nC2,B,6\n", {}),
        ("a.csv", "\ufeffcustomer_id,name,potential\r\nC1,Äpfel AG,5\r\nC2,B,6\r\n", {}),
        ("a.csv", "customer_id;name;potential\rC1;Äpfel AG;5\rC2;B;6", {}),
        ("a.csv", "sep=;\ncustomer_id;name;potential\nC1;Äpfel AG;5\nC2;B;6\n", {}),
        ("a.tsv", "customer_id\tname\tpotential\nC1\tÄpfel AG\t5\nC2\tB\t6\n", {}),
        ("a.txt", "customer_id|name|potential\nC1|Äpfel AG|5\nC2|B|6\n", {}),
        ("a.csv", "customer_id#name#potential\nC1#Äpfel AG#5\nC2#B#6\n", {"delimiter": "#"}),
        ("A.CSV", 'customer_id,"name",potential\nC1," Äpfel AG ",5\n"C2",B, 6\n\n\n', {}),
    ],
)
def test_dialects(folder: Folder, name: str, content: str, options: dict[str, Any]) -> None:
    path = folder.write(name, content)
    loaded = folder.load(customers={"source": name, **options})
    table = loaded.tables.customers
    assert table["customer_id"].tolist() == ["C1", "C2"]
    assert table["name"].tolist() == ["Äpfel AG", "B"]
    assert table["potential"].tolist() == [5, 6]
    assert loaded.hashes["customers"] == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk"])
def test_chinese_files(folder: Folder, encoding: str) -> None:
    text = "customer_id,name,industry\nC1,上海启明软件有限公司,软件\nC2,深圳市前海贸易,贸易\nC3,北京字节,科技\n"
    folder.write("a.csv", text.encode(encoding))
    loaded = folder.load(customers="a.csv")
    assert loaded.tables.customers["name"].tolist() == ["上海启明软件有限公司", "深圳市前海贸易", "北京字节"]
    assert bool(said(loaded, "guessed_encoding")) == (encoding == "gbk")


def test_rows_are_numbered_as_an_editor_does(folder: Folder) -> None:
    folder.write("customers.csv", HEAD + '\nC1,"two\nlines",1\nC2,B,x\n')
    assert folder.error().row == 5


def test_empty_rows_and_columns_are_left_out_and_said(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id,name,,\nC1,A,,\n,,,\nC2,B,,\n,,,\n,,,\n")
    loaded = folder.load()
    assert len(loaded.tables.customers) == 2
    assert said(loaded, "empty_rows") == ["left out 3 empty rows, the first is row 3"]


def test_empty_cells_beyond_the_last_column_do_no_harm(folder: Folder) -> None:
    folder.write("customers.csv", HEAD + "C1,A,5,,\nC2,B,6\n")
    assert folder.load().tables.customers["potential"].tolist() == [5, 6]


def test_decimal_comma_and_dates_by_the_plan(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id;potential;renewal_date\nC1;1.234;03/04/2026\nC2;1.234,5;04/04/2026\n")
    loaded = folder.load(customers={"source": "customers.csv", "decimal": ",", "dates": "dmy"})
    assert loaded.tables.customers["potential"].tolist() == [1234, 1234.5]
    assert [f"{d:%Y-%m-%d}" for d in loaded.tables.customers["renewal_date"]] == ["2026-04-03", "2026-04-04"]


def test_options_of_other_kinds_are_said(folder: Folder) -> None:
    loaded = folder.load(customers={"source": "customers.csv", "sheet": "One", "table": "t"})
    assert len(said(loaded, "idle_option")) == 2
