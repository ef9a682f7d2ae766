"""Old stores are brought up to date and their runs load; newer ones are refused.

``old_stores/`` holds a store of each revision as it was written by the version of that time; they are never renewed.
"""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from scenarios.run.run import audit_again
from scenarios.store import Store, StoreError, schema
from solver.audit import AGREEMENT
from tests.scenarios.storing import assert_same_run, make_run, output, python

OLD = sorted((Path(__file__).parent / "old_stores").glob("revision_*.sql"))
#: Stores of a run that was really solved, by the revision and version of that time.
SOLVED = sorted((Path(__file__).parent / "old_stores").glob("solved_*.sql"))
NEXT = """
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None
def upgrade():
    op.execute("ALTER TABLE fairbook_runs ADD COLUMN remark TEXT")
    {then}
"""


def restored(dump: Path, path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    return path


def revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM fairbook_version").fetchone()[0])


def with_next(monkeypatch, folder: Path, then: str = "") -> None:
    """Pretend that there is one more migration."""
    shutil.copytree(schema.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "r9999_next.py").write_text(NEXT.format(head=schema.HEAD, then=then))
    monkeypatch.setattr(schema, "MIGRATIONS", folder)
    monkeypatch.setattr(schema, "HEAD", "9999")


def test_head_is_the_newest_migration_and_each_has_an_old_store():
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [schema.HEAD]
    assert {s.revision for s in scripts.walk_revisions()} == {p.stem.removeprefix("revision_") for p in OLD}


@pytest.mark.parametrize("dump", OLD, ids=lambda p: p.stem)
def test_an_old_store_is_brought_up_to_date(tmp_path, dump):
    path = restored(dump, tmp_path / "runs.db")
    with Store(str(path)) as store:
        assert revision(path) == schema.HEAD
        assert [s.id for s in store.list()] == [make_run(2).id, make_run(1).id]
        for number in (1, 2):
            assert_same_run(store.load(make_run(number).id), make_run(number))
        assert [(e.who, e.what) for e in store.log()] == [("Ana 王", "saved"), ("Ana 王", "saved")]
        store.save(make_run(3))
        store.remove(make_run(1).id)
        assert_same_run(store.load(make_run(2).id), make_run(2))
    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.IntegrityError, match="never changed"):
        connection.execute("UPDATE fairbook_runs SET score = 1")


@pytest.mark.parametrize("dump", SOLVED, ids=lambda p: p.stem)
def test_a_run_of_an_old_store_is_audited_again(tmp_path, dump):
    with Store(str(restored(dump, tmp_path / "runs.db"))) as store:
        run = store.load(store.find("latest"))
    checked = audit_again(run)
    assert checked.violations == ()
    assert checked.score == pytest.approx(run.result["score"], abs=AGREEMENT)
    for name, term in run.result["terms"].items():
        assert checked.terms[name] == pytest.approx(term["score"], abs=AGREEMENT)
    pinned = run.assignment["customer_id"] == "C4"
    broken = replace(run, assignment=run.assignment.assign(rep_id=run.assignment["rep_id"].mask(pinned, "R1")))
    assert "pin" in {v.rule for v in audit_again(broken).violations}


@pytest.mark.parametrize("dump", OLD, ids=lambda p: p.stem)
def test_one_more_migration(tmp_path, monkeypatch, dump):
    path = restored(dump, tmp_path / "runs.db")
    with_next(monkeypatch, tmp_path / "50% more")
    for _ in range(2):
        with Store(str(path)) as store:
            assert_same_run(store.load(make_run(1).id), make_run(1))
            assert "remark" in {c["name"] for c in schema.inspect(store._engine).get_columns("fairbook_runs")}
    assert revision(path) == "9999"


def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path, monkeypatch):
    path = restored(OLD[-1], tmp_path / "runs.db")
    with monkeypatch.context() as patched:
        with_next(patched, tmp_path / "broken", "op.execute('DROP TABLE nothing_of_this_name')")
        with pytest.raises(StoreError, match="cannot open the store"):
            Store(str(path))
    assert revision(path) == schema.HEAD
    with Store(str(path)) as store:
        assert_same_run(store.load(make_run(1).id), make_run(1))
        assert "remark" not in {c["name"] for c in schema.inspect(store._engine).get_columns("fairbook_runs")}


def test_killed_while_making_its_tables(tmp_path):
    path = tmp_path / "runs.db"
    code = """
import os, sys
from sqlalchemy import Connection
from scenarios.store import Store
real = Connection.execute
def execute(self, statement, *arguments, **options):
    if "fairbook_log" in str(statement): os.kill(os.getpid(), 9)
    return real(self, statement, *arguments, **options)
Connection.execute = execute
Store(sys.argv[1])
"""
    process = python(code, path)
    process.communicate()
    assert process.returncode == -9
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    with Store(str(path)) as store:
        store.save(make_run())
        assert_same_run(store.load(make_run().id), make_run())


def test_a_store_of_a_newer_version_is_refused_and_left_alone(tmp_path):
    path = restored(OLD[-1], tmp_path / "runs.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE fairbook_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"newer version of Fairbook \(its revision is 9999.*update Fairbook"):
        Store(str(path))
    assert revision(path) == "9999"


def test_opening_an_up_to_date_store_does_not_load_alembic(tmp_path):
    Store(str(tmp_path / "runs.db")).close()
    code = "import sys; from scenarios.store import Store; Store(sys.argv[1]).close(); print('alembic' in sys.modules)"
    assert output(python(code, tmp_path / "runs.db")) == "False\n"
