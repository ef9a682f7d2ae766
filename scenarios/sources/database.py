"""SQLite and PostgreSQL, through SQLAlchemy. Reads only; a password comes from the environment, never from a plan."""

from __future__ import annotations

import datetime as dt
import decimal
import hashlib
import json
import os
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from scenarios.sources.collect import Collector, Refused
from scenarios.sources.grid import Grid, Tidy, as_cells, check_cells, check_header, check_size, drop_nested
from scenarios.sources.query import why_not_read_only
from scenarios.sources.spec import Limits, Source
from solver.problems import Problem, nearest, shorten

PASSWORD_VARIABLES = ("FAIRBOOK_DB_PASSWORD", "PGPASSWORD")
_CHUNK = 20_000
_SECRET_OPTIONS = {"password", "sslpassword", "passwd", "pwd"}


def read_database(spec: Source, folder: Path, limits: Limits, found: Collector) -> Grid:
    """Read the rows of one query or table; row 1 is the first row.

    Raises
    ------
    Refused
        The database cannot be reached, or the query cannot be run; never shows a password.
    """
    url = _url(spec.source)
    file = shorten(url.render_as_string(hide_password=True), 200)
    engine = _engine(url, folder, file)
    try:
        with engine.connect() as connection:
            return _read(connection, spec, limits, file, found)
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error).strip()
        text = shorten(_without_secrets(" ".join(cause.split())), 300)
        raise Refused(_failure(text, file, partial(_tables, engine))) from None
    except (UnicodeError, ValueError) as error:
        raise Refused(Problem("database_error", f"a row cannot be read: {shorten(error)}", file)) from None
    finally:
        engine.dispose()


def _url(source: str) -> URL:
    scheme = source.partition("://")[0]
    try:
        url = make_url(source)
    except (ArgumentError, ValueError):
        raise Refused(
            Problem("bad_url", "is no database URL", f"{shorten(scheme, 20)}://…",
                    expected="postgresql://user@host/database or sqlite:///file.db",
                    fix="a password does not belong in it: set FAIRBOOK_DB_PASSWORD instead")
        ) from None  # fmt: skip
    if url.password is not None or _SECRET_OPTIONS & {k.lower() for k in url.query}:
        shown = f"{url.drivername}://{url.username or ''}@{url.host or ''}/{url.database or ''}"
        raise Refused(
            Problem("password_in_plan", "the URL holds a password", shorten(shown),
                    expected="a URL without a password",
                    fix="take it out of the plan and set the environment variable FAIRBOOK_DB_PASSWORD")
        )  # fmt: skip
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        raise Refused(
            Problem("unknown_database", f"databases of kind {shorten(url.get_backend_name())!r} are not read",
                    shorten(f"{scheme}://…"), expected="postgresql://user@host/database or sqlite:///file.db",
                    fix="export the table as CSV")
        )  # fmt: skip
    return url


def _engine(url: URL, folder: Path, file: str) -> Engine:
    try:
        if url.get_backend_name() == "sqlite":
            return _sqlite(url, folder, file)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        password = next((os.environ[v] for v in PASSWORD_VARIABLES if os.environ.get(v)), None)
        if password is not None:
            url = url.set(password=password)
        options = {"connect_timeout": 10, "options": "-c default_transaction_read_only=on"}
        return sa.create_engine(url, connect_args=options, hide_parameters=True)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise Refused(
            Problem("no_driver", "the driver for PostgreSQL is not installed", file,
                    fix="install Fairbook with its extra `postgres`")
        ) from None  # fmt: skip


def _sqlite(url: URL, folder: Path, file: str) -> Engine:
    name = url.database or ""
    path = folder / name
    if not name or name == ":memory:" or name.startswith("file:") or not name.isprintable() or not path.is_file():
        near = nearest(path.name, sorted(p.name for p in path.parent.iterdir()) if path.parent.is_dir() else ())
        raise Refused(
            Problem("file_missing", "there is no such SQLite file", file, expected="sqlite:///file.db",
                    fix=f"did you mean {shorten(near)}?" if near else "")
        )  # fmt: skip
    read_only = f"{path.resolve().as_uri()}?mode=ro"

    def connect() -> Any:
        import sqlite3

        return sqlite3.connect(read_only, uri=True, timeout=10)

    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.NullPool)


def _without_secrets(text: str) -> str:
    for variable in PASSWORD_VARIABLES:
        if secret := os.environ.get(variable):
            text = text.replace(secret, "***")
    return text


def _tables(engine: Engine) -> str:
    """What the database holds, for one who named a table that is not there; empty where it cannot be told."""
    try:
        inspector = sa.inspect(engine)
        names = [*inspector.get_table_names(), *inspector.get_view_names()]
    except SQLAlchemyError:
        return ""
    return f"it holds {', '.join(map(shorten, names[:10]))}" if names else "it holds no tables"


def _failure(text: str, file: str, tables: Callable[[], str]) -> Problem:
    low = text.lower()
    if "no such table" in low or ("relation" in low and "does not exist" in low):
        return Problem("database_error", f"the database says: {text}", file, fix=tables())
    if "password" in low or "authentication" in low:
        return Problem("database_error", f"the database refuses the login: {text}", file,
                       fix="set the environment variable FAIRBOOK_DB_PASSWORD or PGPASSWORD")  # fmt: skip
    if "read-only" in low or "readonly" in low:
        return Problem("not_read_only", "the query would change the database", file, expected="a SELECT")
    return Problem("database_error", f"the database says: {text}", file)


def _read(connection: Connection, spec: Source, limits: Limits, file: str, found: Collector) -> Grid:
    backend = connection.dialect.name
    if backend == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = ON")
    result = connection.execution_options(stream_results=True, no_parameters=True).exec_driver_sql(
        _statement(connection, spec, file)
    )
    header = list(result.keys())
    check_size(0, len(header), limits, file)
    tidy = [Tidy() for _ in header]
    parts: list[list[Any]] = [[] for _ in header]
    digest = hashlib.sha256(json.dumps(header, ensure_ascii=False).encode())
    count = 0
    while chunk := result.fetchmany(_CHUNK):
        count += len(chunk)
        check_size(count, len(header), limits, file)
        for part, memory, column in zip(parts, tidy, zip(*chunk, strict=True), strict=True):
            part.extend([_cell(v, memory) for v in column])
        for row in chunk:
            digest.update(json.dumps(list(row), ensure_ascii=False, default=str).encode("utf-8", "surrogatepass"))
            digest.update(b"\n")
    columns = [as_cells(p) for p in parts]
    for name, cells in zip(header, columns, strict=True):
        drop_nested(name, cells, file, found)
    rows = np.arange(1, count + 1, dtype=np.int64)
    names, columns = check_header(header, columns, file, "", None, found)
    check_cells(zip(names, columns, strict=True), rows, limits, file, "", found)
    return Grid(file, "", names, columns, rows, digest.hexdigest())


def _cell(value: Any, tidy: Tidy) -> Any:
    if type(value) is str:
        return tidy[value]
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, uuid.UUID | dt.time | dt.timedelta):
        return str(value)
    return value


def _statement(connection: Connection, spec: Source, file: str) -> str:
    if spec.query is not None and spec.table is not None:
        raise Refused(Problem("bad_source", "names both a query and a table", file, column="query",
                              expected="one of the two"))  # fmt: skip
    if spec.query is not None:
        if why := why_not_read_only(spec.query):
            raise Refused(Problem("not_read_only", why, file, column="query", value=shorten(spec.query),
                                  expected="one SELECT, or WITH … SELECT"))  # fmt: skip
        return spec.query.rstrip().rstrip(";")
    inspector = sa.inspect(connection)
    known = [*inspector.get_table_names(), *inspector.get_view_names()]
    if spec.table is None:
        raise Refused(Problem("bad_source", "names neither a query nor a table", file, column="table",
                              expected=f"a table: {_list(known)}", fix="add `table` or `query`"))  # fmt: skip
    schema, name = None, spec.table
    if name not in known and "." in name:
        schema, _, name = name.rpartition(".")
        known = []
        if schema in inspector.get_schema_names():
            known = [*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)]
    if name not in known:
        near = nearest(name, known, 0.5)
        raise Refused(Problem("unknown_table", f"there is no table {shorten(spec.table)!r}", file, column="table",
                              expected=f"one of {_list(known)}",
                              fix=f"did you mean {near}?" if near else ""))  # fmt: skip
    quote = connection.dialect.identifier_preparer.quote_identifier
    return f"SELECT * FROM {f'{quote(schema)}.' if schema else ''}{quote(name)}"


def _list(names: list[str]) -> str:
    shown = ", ".join(shorten(n) for n in names[:20])
    return f"{shown} …" if len(names) > 20 else shown or "(there is none)"
