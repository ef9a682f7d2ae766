"""Runs, their tables as shared blobs, and the log; none of them is ever changed, and the database sees to it."""

import sqlite3

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE fairbook_blobs (
    sha256 TEXT NOT NULL PRIMARY KEY CHECK (length(sha256) = 64),
    data {blob} NOT NULL
){strict};
CREATE TABLE fairbook_runs (
    seq {seq},
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 12),
    created TEXT NOT NULL,
    plan_name TEXT NOT NULL,
    scenario TEXT NOT NULL,
    status TEXT NOT NULL,
    score {real},
    bound {real},
    gap {real},
    customers INTEGER NOT NULL,
    reps INTEGER NOT NULL,
    seconds {real},
    plan TEXT NOT NULL,
    result TEXT NOT NULL,
    sha256 TEXT NOT NULL
){strict};
CREATE INDEX fairbook_runs_created ON fairbook_runs (created);
CREATE INDEX fairbook_runs_scenario ON fairbook_runs (scenario);
CREATE TABLE fairbook_run_tables (
    run_id TEXT NOT NULL REFERENCES fairbook_runs (id),
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL REFERENCES fairbook_blobs (sha256),
    PRIMARY KEY (run_id, name)
){strict};
CREATE INDEX fairbook_run_tables_sha256 ON fairbook_run_tables (sha256);
CREATE TABLE fairbook_log (
    seq {seq},
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    run_id TEXT NOT NULL
){strict};
"""
TYPES = {
    "sqlite": {
        "blob": "BLOB",
        "real": "REAL",
        "seq": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "strict": " STRICT" if sqlite3.sqlite_version_info >= (3, 37) else "",
    },
    "postgresql": {
        "blob": "BYTEA",
        "real": "DOUBLE PRECISION",
        "seq": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "strict": "",
    },
}
#: Table and the column that says which row it is.
KEYS = {"fairbook_blobs": "sha256", "fairbook_runs": "id", "fairbook_run_tables": "run_id", "fairbook_log": "seq"}
LOGGED = "EXISTS (SELECT 1 FROM fairbook_log WHERE run_id = OLD.id AND what = 'removed')"


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in TABLES.format(**TYPES[dialect]).split(";"):
        if statement.strip():
            op.execute(statement)
    if dialect == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    def guard(name: str, table: str, when: str, message: str) -> None:
        op.execute(f"CREATE TRIGGER {name} BEFORE {when} BEGIN SELECT RAISE(ABORT, '{table} {message}'); END")

    for table, key in KEYS.items():
        guard(f"{table}_no_update", table, f"UPDATE ON {table}", "is never changed")
        if table != "fairbook_run_tables":
            taken = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"
            guard(f"{table}_no_replace", table, f"INSERT ON {table} WHEN {taken}", "is never changed")
    guard("fairbook_log_no_delete", "fairbook_log", "DELETE ON fairbook_log", "is never changed")
    unlogged = f"DELETE ON fairbook_runs WHEN NOT {LOGGED}"
    guard("fairbook_runs_logged_delete", "fairbook_runs", unlogged, "are removed with an entry in the log only")


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION fairbook_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% is never changed', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE FUNCTION fairbook_removed() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {LOGGED} THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION 'fairbook_runs are removed with an entry in the log only'; END $$"
    )
    for table in KEYS:
        events = "UPDATE OR DELETE OR TRUNCATE" if table == "fairbook_log" else "UPDATE OR TRUNCATE"
        op.execute(
            f"CREATE TRIGGER {table}_fixed BEFORE {events} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION fairbook_refuse()"
        )
    op.execute(
        "CREATE TRIGGER fairbook_runs_logged_delete BEFORE DELETE ON fairbook_runs "
        "FOR EACH ROW EXECUTE FUNCTION fairbook_removed()"
    )


def downgrade() -> None:
    raise NotImplementedError("a store never goes back")
