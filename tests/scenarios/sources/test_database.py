from __future__ import annotations

import sqlite3
from typing import Any

import pytest
import sqlalchemy as sa

from tests.pg import GUARDED_PASSWORD, GUARDED_USER
from tests.scenarios.sources.conftest import Folder


@pytest.fixture
def database(folder: Folder) -> Folder:
    with sqlite3.connect(folder.path / "crm.db") as connection:
        connection.executescript(
            "create table accounts (id text, name text, potential real, current_rep text);"
            "insert into accounts values ('C1', 'Ä', 12.5, 'R1'), ('C2', null, null, null);"
            "create view big as select * from accounts where potential > 10;"
        )
    connection.close()
    return folder


def test_sqlite_by_table_view_and_query(database: Folder) -> None:
    for part, ids in (
        ({"table": "accounts"}, ["C1", "C2"]),
        ({"table": "big"}, ["C1"]),
        ({"query": "select id, '50%' as discount from accounts order by id desc;"}, ["C2", "C1"]),
    ):
        loaded = database.load(customers={"source": "sqlite:///crm.db", **part})
        assert loaded.tables.customers["customer_id"].tolist() == ids
        assert len(loaded.hashes["customers"]) == 64


def test_hashes_follow_the_rows(database: Folder) -> None:
    spec = {"source": "sqlite:///crm.db", "query": "select id from accounts"}
    one = database.load(customers=spec).hashes["customers"]
    assert one == database.load(customers=spec).hashes["customers"]
    with sqlite3.connect(database.path / "crm.db") as connection:
        connection.execute("insert into accounts (id) values ('C3')")
    connection.close()
    assert one != database.load(customers=spec).hashes["customers"]


@pytest.mark.parametrize(
    ("spec", "code", "part"),
    [
        ({"source": "sqlite:///cmr.db", "table": "a"}, "file_missing", "did you mean crm.db"),
        ({"source": "sqlite://", "table": "a"}, "file_missing", "no such SQLite file"),
        ({"source": "sqlite:///crm.db", "table": "acounts"}, "unknown_table", "did you mean accounts"),
        ({"source": "sqlite:///crm.db"}, "bad_source", "accounts, big"),
        ({"source": "sqlite:///crm.db", "table": "a", "query": "select 1"}, "bad_source", "both"),
        ({"source": "sqlite:///crm.db", "query": "select * from acounts"}, "database_error", "it holds accounts, big"),
        ({"source": "crm.db"}, "unknown_kind", "source: sqlite:///crm.db, with table: or query:"),
        ({"source": "sqlite:///crm.db", "query": "delete from accounts"}, "not_read_only", "starts with delete"),
        ({"source": "sqlite:///crm.db", "query": "select 1; drop table accounts"}, "not_read_only", "more than one"),
        (
            {"source": "sqlite:///crm.db", "query": "select nope from accounts"},
            "database_error",
            "no such column: nope",
        ),
        ({"source": "mysql://u@h/d", "table": "a"}, "unknown_database", "CSV"),
        ({"source": "postgresql+nope://u@h/d", "table": "a"}, "no_driver", "postgres"),
    ],
)
def test_what_goes_wrong(database: Folder, spec: dict[str, str], code: str, part: str) -> None:
    problem = database.error(customers=spec)
    assert problem.code == code and part in problem.line()


def test_sqlite_is_never_written(database: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenarios.sources.database.why_not_read_only", lambda query: "")
    before = (database.path / "crm.db").read_bytes()
    for query in ("delete from accounts", "create table t (x)", "pragma user_version = 7"):
        assert database.error(customers={"source": "sqlite:///crm.db", "query": query}).code in {
            "not_read_only", "database_error", "no_rows",
        }  # fmt: skip
    assert (database.path / "crm.db").read_bytes() == before


def test_rows_have_a_limit(database: Folder) -> None:
    endless = "with recursive n(id) as (select 1 union all select id + 1 from n) select id from n"
    problem = database.error(customers={"source": "sqlite:///crm.db", "query": endless}, limits={"max_rows": 100})
    assert problem.code == "too_many_rows"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:s3cret@db/crm",
        "postgresql://ann@db/crm?password=s3cret",
        "postgresql://ann:s3cret@db:port/crm",
        "postgresql://ann:s3cr@et@[/crm",
        "mysql://ann:s3cret@db/crm",
        "postgresql://ann@db/crm?sslpassword=s3cret",
    ],
)
def test_a_password_in_the_plan_is_refused_and_never_shown(folder: Folder, url: str) -> None:
    problem = folder.error(customers={"source": url, "table": "a"})
    assert problem.code in {"password_in_plan", "bad_url"}
    assert "FAIRBOOK_DB_PASSWORD" in problem.fix
    assert "s3cr" not in repr(problem)


def fill(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in (
            "create schema crm",
            "create table crm.accounts (id int, name text, potential numeric(12,2), renewal_date timestamptz, vip bool)",
            "insert into crm.accounts values (1, '客户', 12.50, '2026-05-01 10:00+00', true), (2, null, null, null, false)",
            f"grant usage on schema crm to {GUARDED_USER}",
            f"grant all on crm.accounts to {GUARDED_USER}",
        ):
            connection.execute(sa.text(statement))
    engine.dispose()


def test_postgresql(folder: Folder, postgres_database: str) -> None:
    fill(postgres_database)
    url = postgres_database.replace("+psycopg", "")
    for part in ({"table": "crm.accounts"}, {"query": "select * from crm.accounts where name like '%' or id > 1"}):
        table = folder.load(customers={"source": url, **part}).tables.customers
        assert table["customer_id"].tolist() == ["1", "2"]
        assert table["name"].tolist() == ["客户", "2"]
        assert table["potential"].tolist() == [12.5, 0]
        assert table["vip"].tolist() == [True, False]
    assert folder.error(customers={"source": url, "table": "crm.acounts"}).fix == "did you mean accounts?"
    problem = folder.error(customers={"source": url, "query": "select nextval('s') from nowhere"})
    assert problem.code == "database_error" and "nowhere" in problem.message


def test_postgresql_is_never_written(folder: Folder, postgres_database: str) -> None:
    fill(postgres_database)
    engine = sa.create_engine(postgres_database)
    with engine.begin() as connection:
        connection.execute(sa.text(
            "create function wipe() returns int language sql as 'delete from crm.accounts; select 1'"
        ))  # fmt: skip
    problem = folder.error(customers={"source": postgres_database, "query": "select wipe() as id"})
    assert problem.code == "not_read_only"
    with engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from crm.accounts")).scalar() == 2
    engine.dispose()


@pytest.mark.parametrize("variable", ["PGPASSWORD", "FAIRBOOK_DB_PASSWORD"])
def test_the_password_comes_from_the_environment(
    folder: Folder, postgres_database: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    fill(postgres_database)
    spec: dict[str, Any] = {
        "source": postgres_database.replace("postgres@", f"{GUARDED_USER}@"),
        "table": "crm.accounts",
    }
    for name in ("PGPASSWORD", "FAIRBOOK_DB_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    problem = folder.error(customers=spec)
    assert problem.code == "database_error" and "FAIRBOOK_DB_PASSWORD" in problem.fix
    monkeypatch.setenv(variable, "a wrong one")
    problem = folder.error(customers=spec)
    assert problem.code == "database_error" and "a wrong one" not in repr(problem)
    monkeypatch.setenv(variable, GUARDED_PASSWORD)
    assert len(folder.load(customers=spec).tables.customers) == 2


def test_a_server_that_is_not_there(folder: Folder) -> None:
    problem = folder.error(customers={"source": "postgresql://ann@/crm?host=/nowhere", "table": "a"})
    assert problem.code == "database_error"
