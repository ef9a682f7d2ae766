"""`Store`: runs go in whole, come out whole, and are never changed in between; who did what stays in its log."""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, delete, insert, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from scenarios.run.record import Run
from scenarios.store import codec
from scenarios.store.address import Address, patiently
from scenarios.store.errors import StoreError, UnknownRun
from scenarios.store.rows import (
    SHORTEST_PREFIX,
    SUMMARY,
    LogEntry,
    RunSummary,
    digest_of,
    frames_of,
    listed,
    row_of,
    run_of,
    similar,
)
from scenarios.store.schema import LOCK, blobs, log, migrate, run_tables, runs

T = TypeVar("T")


class Store:
    """A run store; usable by several processes at once, and as a context manager.

    Parameters
    ----------
    url : a file path, ``sqlite:///path`` or ``postgresql://user@host/database``; made where there is none, and
        brought up to date. The password comes from ``FAIRBOOK_DB_PASSWORD`` or ``PGPASSWORD``.

    Raises
    ------
    StoreError
        The place cannot be used; here and from every method.
    """

    def __init__(self, url: str):
        self._address = Address.of(str(url))
        self.name = self._address.name
        self._engine = self._address.engine()
        try:
            with self._saying("open"):
                migrate(self._engine, self.name)
        except BaseException:
            self._engine.dispose()
            raise

    def __enter__(self) -> Store:
        """Use it until the block ends."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def save(self, run: Run) -> None:
        """Keep a run; when this returns, it is on the disk.

        Raises
        ------
        StoreError
            Its id is taken, the audit found violations in it, or it cannot be written. Nothing was kept.
        """
        row, found = row_of(run), {name: codec.encode(frame) for name, frame in frames_of(run).items()}
        hashes = {name: hashlib.sha256(data).hexdigest() for name, data in found.items()}
        row["sha256"] = digest_of(row, hashes)
        contents = {hashes[name]: data for name, data in found.items()}

        def work(connection: Connection) -> None:
            self._keep_apart(connection, shared=True)
            if connection.execute(select(runs.c.id).where(runs.c.id == run.id)).first():
                raise StoreError(f"run {run.id} is in the store {self.name} already; a run is never changed")
            self._add_blobs(connection, contents)
            connection.execute(insert(runs), row)
            links = [{"run_id": run.id, "name": name, "sha256": digest} for name, digest in hashes.items()]
            connection.execute(insert(run_tables), links)
            _note(connection, "saved", run.id)

        self._write(f"save run {run.id} in", work)

    def load(self, run_id: str) -> Run:
        """Return a run by its full id, as it was saved.

        Raises
        ------
        UnknownRun
            There is none.
        StoreError
            It is damaged.
        """

        def work(connection: Connection) -> tuple[Row[Any] | None, list[Row[Any]]]:
            head = connection.execute(select(runs).where(runs.c.id == run_id)).first()
            tables = select(run_tables.c.name, run_tables.c.sha256, blobs.c.data)
            tables = tables.join_from(run_tables, blobs, isouter=True).where(run_tables.c.run_id == run_id)
            return head, list(connection.execute(tables))

        head, tables = self._read(work)
        if head is None:
            raise UnknownRun(f"no run {run_id} in the store {self.name}")
        return run_of(head, tables, self.name)

    def find(self, reference: str) -> str:
        """Return the full id of the run that is meant.

        Parameters
        ----------
        reference : an id, the first digits of one (4 or more), a scenario's name (its newest run), or ``latest``.

        Raises
        ------
        UnknownRun
            No run is meant, or several; the message lists them, or similar ones.
        """
        wanted = reference.strip()
        known = self.list()
        if not known:
            raise UnknownRun(f"the store {self.name} holds no runs yet")
        if wanted == "latest":
            return known[0].id
        prefix = wanted.lower()
        if any(r.id == prefix for r in known):
            return prefix
        starts = [r for r in known if len(prefix) >= SHORTEST_PREFIX and r.id.startswith(prefix)]
        named = [r for r in known if r.scenario == wanted][:1]
        meant = {r.id: r for r in (*starts, *named)}
        if len(meant) > 1:
            raise UnknownRun(f"{wanted!r} may mean {listed(list(meant.values()))}: give more digits")
        if meant:
            return next(iter(meant))
        raise UnknownRun(f"no run is called {wanted!r} in the store {self.name}; {similar(wanted, known)}")

    def list(self, limit: int | None = None) -> list[RunSummary]:
        """Return the runs, newest first, at most `limit` of them."""
        query = select(*(runs.c[n] for n in SUMMARY)).order_by(runs.c.created.desc(), runs.c.seq.desc())
        rows = self._read(lambda c: c.execute(query.limit(limit)).all())
        return [RunSummary(**{**r._mapping, "created": dt.datetime.fromisoformat(r.created)}) for r in rows]

    def changes(self, ids: Sequence[str]) -> dict[str, Sequence[Mapping[str, Any]]]:
        """Return by id what each of these runs set otherwise than its plan as written: path, old and new value."""
        query = select(runs.c.id, runs.c.result).where(runs.c.id.in_(list(ids)))
        rows = self._read(lambda c: c.execute(query).all())
        return {r.id: json.loads(r.result).get("changes") or [] for r in rows}

    def results_with(self, text: str) -> Sequence[tuple[str, dict[str, Any]]]:
        """Return id and result of every run whose result as JSON holds a text, newest first."""
        query = select(runs.c.id, runs.c.result).where(runs.c.result.contains(text, autoescape=True))
        query = query.order_by(runs.c.created.desc(), runs.c.seq.desc())
        rows = self._read(lambda c: c.execute(query).all())
        return [(r.id, json.loads(r.result)) for r in rows]

    def remove(self, run_id: str) -> None:
        """Remove a run by its full id, with the tables that no other run has; the log keeps that it was there.

        Raises
        ------
        UnknownRun
            There is none.
        """

        def work(connection: Connection) -> None:
            self._keep_apart(connection, shared=False)
            if not connection.execute(select(runs.c.id).where(runs.c.id == run_id)).first():
                raise UnknownRun(f"no run {run_id} in the store {self.name}")
            _note(connection, "removed", run_id)
            mine = select(run_tables.c.sha256).where(run_tables.c.run_id == run_id)
            hashes = list(connection.execute(mine).scalars())
            connection.execute(delete(run_tables).where(run_tables.c.run_id == run_id))
            connection.execute(delete(runs).where(runs.c.id == run_id))
            unused = ~select(run_tables.c.run_id).where(run_tables.c.sha256 == blobs.c.sha256).exists()
            connection.execute(delete(blobs).where(blobs.c.sha256.in_(hashes), unused))

        self._write(f"remove run {run_id} from", work)

    def note(self, what: str, run_id: str) -> None:
        """Add to the log that the user did something with a run, e.g. ``exported``."""
        self._write("write the log of", lambda connection: _note(connection, what, run_id))

    def log(self) -> Sequence[LogEntry]:
        """Return everything that was done, oldest first."""
        rows = self._read(lambda c: c.execute(select(log).order_by(log.c.seq)).all())
        return [LogEntry(dt.datetime.fromisoformat(r.at), r.who, r.what, r.run_id) for r in rows]

    def _add_blobs(self, connection: Connection, contents: dict[str, bytes]) -> None:
        """Add the blobs that are not there; one that is must be whole, or the new run would be damaged from birth."""
        query = select(blobs.c.sha256, blobs.c.data).where(blobs.c.sha256.in_(contents))
        there = {row.sha256: row.data for row in connection.execute(query)}
        for digest, data in sorted(contents.items()):  # one order for all writers, so that none waits for each other
            if digest not in there:
                statement = pg_insert(blobs).on_conflict_do_nothing() if self._on_server else insert(blobs)
                connection.execute(statement, {"sha256": digest, "data": data})
            elif there[digest] != data:
                raise StoreError(f"the store {self.name} is damaged: table {digest[:12]} changed since it was saved")

    @property
    def _on_server(self) -> bool:
        return self._address.path is None

    def _keep_apart(self, connection: Connection, shared: bool) -> None:
        """On a server: let saves run side by side, but none beside a removal, which might drop a blob they share."""
        if self._on_server:
            connection.execute(text("SET LOCAL synchronous_commit = on"))
            kind = "_shared" if shared else ""
            connection.execute(text(f"SELECT pg_advisory_xact_lock{kind}(:key)"), {"key": LOCK})

    def _write(self, doing: str, work: Callable[[Connection], None]) -> None:
        def attempt() -> None:
            with self._engine.connect().execution_options(fairbook_writes=True) as connection, connection.begin():
                work(connection)

        with self._saying(doing):
            patiently(attempt)

    def _read(self, work: Callable[[Connection], T]) -> T:
        def attempt() -> T:
            with self._engine.connect() as connection:
                if self._on_server:  # one state of the store for all queries, as SQLite gives anyway
                    connection = connection.execution_options(isolation_level="REPEATABLE READ")
                with connection.begin():
                    return work(connection)

        with self._saying("read"):
            return patiently(attempt)

    @contextlib.contextmanager
    def _saying(self, doing: str) -> Iterator[None]:
        """Turn whatever the database says into a `StoreError` that names the store."""
        try:
            yield
        except IntegrityError as error:
            cause = self._address.cause(error)
            raise StoreError(f"cannot {doing} the store {self.name}: it is there already ({cause})") from error
        except (SQLAlchemyError, sqlite3.Error, OSError, UnicodeError) as error:
            raise StoreError(f"cannot {doing} the store {self.name}: {self._address.cause(error)}") from error


def _note(connection: Connection, what: str, run_id: str) -> None:
    at = dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
    connection.execute(insert(log), {"at": at, "who": _who(), "what": what, "run_id": run_id})


def _who() -> str:
    """Return who runs this: ``FAIRBOOK_USER``, else the system's user name, else the number it has for the user."""
    named = os.environ.get("FAIRBOOK_USER", "").strip()
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user without a name
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "unknown"
