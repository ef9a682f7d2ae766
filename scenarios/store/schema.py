"""The store's tables as they are now, and how a store gets there: the migrations, run when it is opened."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Engine,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    inspect,
    text,
)

from scenarios.store.address import patiently
from scenarios.store.errors import StoreError

HEAD = "0001"
"""The newest migration; a store at it is up to date."""
MIGRATIONS = Path(__file__).parent / "migrations"
VERSION = "fairbook_version"
LOCK = 0x4661_6972_626F
"""PostgreSQL's advisory lock that keeps writers apart."""

metadata = MetaData()
_Seq = BigInteger().with_variant(Integer(), "sqlite")

#: Parquet files by their sha256; runs share them.
blobs = Table(
    "fairbook_blobs",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)
#: A row a run: its summary, its plan and result as JSON, and a sha256 over all of it.
runs = Table(
    "fairbook_runs",
    metadata,
    Column("seq", _Seq, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("created", Text, nullable=False),
    Column("plan_name", Text, nullable=False),
    Column("scenario", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("score", Double),
    Column("bound", Double),
    Column("gap", Double),
    Column("customers", Integer, nullable=False),
    Column("reps", Integer, nullable=False),
    Column("seconds", Double),
    Column("plan", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("sha256", Text, nullable=False),
)
#: Which blob holds which table of a run.
run_tables = Table(
    "fairbook_run_tables",
    metadata,
    Column("run_id", Text, ForeignKey("fairbook_runs.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sha256", Text, ForeignKey("fairbook_blobs.sha256"), nullable=False),
)
#: Who did what to which run; rows are only ever added.
log = Table(
    "fairbook_log",
    metadata,
    Column("seq", _Seq, primary_key=True, autoincrement=True),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("run_id", Text, nullable=False),
)


def migrate(engine: Engine, name: str) -> None:
    """Bring a store to `HEAD`, making its tables where there are none; safe when several processes do so at once.

    All steps are one transaction: a process killed in between leaves the store as it was.

    Raises
    ------
    StoreError
        The store, called `name` in the message, is of a newer version, or the file holds something else.
    """
    if patiently(lambda: _examined(engine, name)) != HEAD:
        patiently(lambda: _upgrade(engine, name))


def _examined(engine: Engine, name: str) -> str | None:
    """Return the store's revision, None for an empty one; an SQLite file is set to write-ahead logging."""
    with engine.connect() as connection:
        found = _revision(connection)
        if found is None and engine.dialect.name == "sqlite" and inspect(connection).get_table_names():
            raise StoreError(f"{name} is a database of something else, not a run store")
    if engine.dialect.name == "sqlite":
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA journal_mode = WAL")
        finally:
            raw.close()
    return found


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION}")).scalar()
    return found


def _upgrade(engine: Engine, name: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with engine.connect().execution_options(fairbook_writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        found = _revision(connection)
        if found is not None and found not in known:
            raise StoreError(
                f"the run store {name} was made by a newer version of Fairbook (its revision is {found}, "
                f"this version knows up to {HEAD}): update Fairbook"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)
