"""Where a store is: a path or URL read into an engine, and messages that never hold a password."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from scenarios.store.errors import StoreError

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds to wait for other writers before giving up."""
PASSWORDS = ("FAIRBOOK_DB_PASSWORD", "PGPASSWORD")
"""Environment variables that hold the database password; the first that is set counts, one in the URL before both."""
EXPECTED = "a file path, sqlite:///path or postgresql://user@host/database"

_SAID = {
    "database or disk is full": "the disk is full",
    "attempt to write a readonly database": "it is read-only",
    "unable to open database file": "the file cannot be opened or made (no permission, or its folder is missing)",
    "database is locked": f"another program has kept it locked for {PATIENCE:.0f} s",
    "file is not a database": "the file is not a run store",
    "database disk image is malformed": "the file is damaged",
}


@dataclass(frozen=True)
class Address:
    """A store's place: `url` to connect with, `name` to print, `path` of the file (None on a server)."""

    url: URL
    name: str
    path: Path | None

    @classmethod
    def of(cls, text: str) -> Address:
        """Read a path or URL.

        Raises
        ------
        StoreError
            It is neither a path, nor a URL of SQLite or PostgreSQL.
        """
        if not text.strip() or "\0" in text:
            raise StoreError(f"no place for the run store is given; expected {EXPECTED}")
        if "://" not in text:
            return cls._file(Path(text).expanduser())
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            raise StoreError(f"the run store's URL cannot be read; expected {EXPECTED}") from None
        backend = url.drivername.partition("+")[0]
        if backend == "sqlite":
            if not url.database or url.database == ":memory:" or url.query:
                raise StoreError(f"a run store needs a file without options; expected {EXPECTED}")
            return cls._file(Path(url.database))
        if backend in {"postgresql", "postgres"}:
            return cls._server(url.set(drivername="postgresql+psycopg"))
        raise StoreError(f"a run store cannot be kept in {backend!r}; expected {EXPECTED}")

    @classmethod
    def _file(cls, path: Path) -> Address:
        if path.is_dir():
            raise StoreError(f"the run store {path} is a folder; expected {EXPECTED}")
        return cls(URL.create("sqlite", database=str(path)), str(path), path)

    @classmethod
    def _server(cls, url: URL) -> Address:
        in_query = url.query.get("password")
        if in_query is not None:
            url = url.difference_update_query(["password"])
            url = url.set(password=in_query if isinstance(in_query, str) else in_query[-1])
        if url.password is None:
            found = next((os.environ[n] for n in PASSWORDS if os.environ.get(n)), None)
            url = url.set(password=found) if found else url
        shown = URL.create("postgresql", url.username, host=url.host, port=url.port, database=url.database)
        return cls(url, shown.render_as_string(), None)

    def engine(self) -> Engine:
        """Return an engine that is safe with many writers; for a file, its folder is made.

        Raises
        ------
        StoreError
            The folder cannot be made, or PostgreSQL's driver is not installed.
        """
        if self.path is not None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(f"cannot make the folder of the run store {self.name}: {error.strerror}") from error
            engine = create_engine(self.url, connect_args={"timeout": PATIENCE})
            event.listen(engine, "connect", _on_connect)
            event.listen(engine, "begin", _on_begin)
            return engine
        arguments = {} if "connect_timeout" in self.url.query else {"connect_timeout": 15}
        try:
            return create_engine(self.url, pool_pre_ping=True, connect_args=arguments)
        except ModuleNotFoundError as error:
            message = f"PostgreSQL needs one more package ({error.name}): pip install 'fairbook[postgres]'"
            raise StoreError(message) from error

    def cause(self, error: Exception) -> str:
        """Say in one line why the database failed, without a password."""
        text = str(error.orig if isinstance(error, DBAPIError) and error.orig is not None else error).strip()
        said = next((s for known, s in _SAID.items() if known in text), " ".join(text.split("\n")[0].split()))
        return said.replace(str(self.url.password), "***") if self.url.password else said


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where `_on_begin` says, not where Python's driver guesses
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA recursive_triggers = ON")  # REPLACE is an update and a delete, and refused like those
    connection.execute("PRAGMA synchronous = FULL")  # a commit returns when it is on the disk


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("fairbook_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def patiently(attempt: Callable[[], T]) -> T:
    """Return ``attempt()``, tried again while other processes hold an SQLite file's lock, up to `PATIENCE` seconds."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return attempt()
        except (SQLAlchemyError, sqlite3.Error) as error:
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(0.005, 0.05))  # noqa: S311 - only spreads the tries


def _is_busy(error: Exception) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
