from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

from tests.scenarios.sources.conftest import Folder, said


def test_columns_of_every_kind(folder: Folder) -> None:
    table = pa.table({
        "customer_id": pa.array([2**60 + 1, 7], pa.int64()),
        "name": ["  Ä ", None],
        "potential": pa.array([Decimal("12.50"), None], pa.decimal128(10, 2)),
        "renewal_date": pa.array([dt.datetime(2026, 5, 1, 23), None], pa.timestamp("ns")),
        "required_skills": pa.array([["cloud:3", "german"], []], pa.list_(pa.string())),
        "vip": [True, None],
        "photo": [b"x", None],
    })  # fmt: skip
    pq.write_table(table, folder.path / "a.parquet")
    loaded = folder.load(customers={"source": "a.parquet", "columns": {"required_skills": ""}})
    read = loaded.tables.customers
    assert read["customer_id"].tolist() == [str(2**60 + 1), "7"]
    assert read["name"].tolist() == ["Ä", "7"]
    assert read["potential"].tolist() == [12.5, 0]
    assert read["renewal_date"][0].date() == dt.date(2026, 5, 1)
    assert read["vip"].tolist() == [True, ""]
    assert "bytes" in said(loaded, "unknown_type")[0]


def test_lists_are_lists(folder: Folder) -> None:
    table = pa.table({"rep_id": ["R1", "R2"], "territories": [["EMEA / DE", "US"], None], "industries": ["a;b", "c"]})
    pq.write_table(table, folder.path / "r.parquet")
    reps = folder.load(reps="r.parquet").tables.reps
    assert reps["territories"].tolist() == [("EMEA/DE", "US"), ()]
    assert reps["industries"].tolist() == [("a", "b"), ("c",)]


def test_not_finite_is_named(folder: Folder) -> None:
    pq.write_table(pa.table({"customer_id": ["a", "b"], "potential": [1.0, float("nan")]}), folder.path / "a.parquet")
    problem = folder.error(customers="a.parquet")
    assert (problem.code, problem.row, problem.column) == ("not_finite", 2, "potential")


def test_a_long_text_repeated_is_held_once_and_refused(folder: Folder) -> None:
    pq.write_table(pa.table({"customer_id": [f"C{i}" for i in range(500)], "x": ["y" * 100_000] * 500}),
                   folder.path / "a.parquet")  # fmt: skip
    problems = folder.errors(customers="a.parquet")
    assert {p.code for p in problems} == {"cell_too_long"}


def test_too_many_rows_by_its_own_account(folder: Folder) -> None:
    pq.write_table(pa.table({"customer_id": [f"C{i}" for i in range(50)]}), folder.path / "a.parquet")
    assert folder.error(customers="a.parquet", limits={"max_rows": 49}).code == "too_many_rows"


def test_damaged(folder: Folder) -> None:
    pq.write_table(pa.table({"customer_id": ["a"]}), folder.path / "a.parquet")
    data = (folder.path / "a.parquet").read_bytes()
    folder.write("b.parquet", data[:-20])
    assert folder.error(customers="b.parquet").code == "unreadable"
    folder.write("c.parquet", b"customer_id\n1\n")
    assert folder.error(customers="c.parquet").code == "binary_file"
