"""The run store: what goes in comes out, nothing is ever changed, and who did what stays written."""

import datetime as dt
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import inspect

from scenarios.store import RunSummary, Store, StoreError, UnknownRun
from scenarios.store.schema import metadata
from tests.reports.sample import sample, without_plan
from tests.scenarios.storing import assert_same_run, make_run, output, python


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.db"


@pytest.fixture
def store(path):
    with Store(str(path)) as opened:
        yield opened


def rows(path: Path, query: str) -> list[tuple]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def tamper(path: Path, *statements: str) -> None:
    """Change a store behind its back, guards removed."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)


class TestRoundTrip:
    @pytest.mark.parametrize("run", [make_run(), sample(), without_plan(), make_run(customers=0)])
    def test_a_run_comes_back_as_it_was(self, store, path, run):
        store.save(run)
        assert_same_run(store.load(run.id), run)
        with Store(f"sqlite:///{path}") as again:
            assert_same_run(again.load(run.id), run)

    def test_moments_are_kept_in_utc(self, store):
        berlin = dt.timezone(dt.timedelta(hours=2))
        store.save(make_run(created=dt.datetime(2026, 9, 1, 1, 30, tzinfo=berlin)))
        assert store.list()[0].created == dt.datetime(2026, 8, 31, 23, 30, tzinfo=dt.UTC)

    def test_runs_of_one_plan_share_their_tables(self, store, path):
        for number in range(1, 21):
            store.save(make_run(number, customers=200))
        assert rows(path, "SELECT count(DISTINCT sha256) FROM fairbook_run_tables WHERE name = 'customers'") == [(1,)]
        # customers, reps, history, unassigned and books once, each run's assignment
        assert rows(path, "SELECT count(*) FROM fairbook_blobs") == [(5 + 20,)]
        assert all(store.load(f"{n:012x}").assignment["fit"].eq(0.1 * n).all() for n in range(1, 21))

    def test_tables_are_parquet(self, store, path):
        store.save(make_run())
        assert all(data[:4] == data[-4:] == b"PAR1" for (data,) in rows(path, "SELECT data FROM fairbook_blobs"))


class TestRefused:
    def test_an_id_twice(self, store):
        store.save(make_run())
        with pytest.raises(StoreError, match=r"000000000001 is in the store .* already"):
            store.save(make_run(scenario="other"))
        assert_same_run(store.load("000000000001"), make_run())
        assert len(store.log()) == 1

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"id": "ABC"}, "12 lower-case hex digits"),
            ({"id": "../../etc/pa"}, "12 lower-case hex digits"),
            ({"created": dt.datetime(2026, 1, 1)}, "no time zone"),
            ({"result": {"score": 1.0}}, "status"),
            ({"result": make_run().result | {"audit": {"violations": [{"rule": "pin"}]}}}, "breaks 1 rules"),
            ({"plan": {"a": object()}}, "cannot be stored"),
            ({"books": make_run().books.assign(odd=[object()] * 3)}, "'odd' cannot be stored: a cell of type object"),
            ({"plan_name": "\udcff"}, "cannot save run 000000000001"),
            ({"books": make_run().books.rename(columns={"team": "name"})}, "names, each once"),
        ],
    )
    def test_what_is_no_run(self, store, changes, says):
        with pytest.raises(StoreError, match=says):
            store.save(make_run(**changes))
        assert store.list() == []
        assert list(store.log()) == []


class TestFind:
    @pytest.fixture
    def filled(self, store):
        for number, (run_id, scenario) in enumerate(
            [("aaaa00000001", "base"), ("aaaa10000002", "lean"), ("bbbb00000003", "lean"), ("cccc00000004", "beef")]
        ):
            store.save(make_run(number, id=run_id, scenario=scenario))
        store.save(make_run(-5, id="beef00000005", scenario="old"))
        return store

    @pytest.mark.parametrize(
        ("reference", "run_id"),
        [
            ("aaaa00000001", "aaaa00000001"),
            ("AAAA0000", "aaaa00000001"),
            ("bbbb", "bbbb00000003"),
            (" bbbb ", "bbbb00000003"),
            ("lean", "bbbb00000003"),
            ("base", "aaaa00000001"),
            ("latest", "cccc00000004"),
            ("beef0", "beef00000005"),
        ],
    )
    def test_what_is_meant(self, filled, reference, run_id):
        assert filled.find(reference) == run_id

    @pytest.mark.parametrize(
        ("reference", "says"),
        [
            ("aaaa", r"'aaaa' may mean aaaa10000002 \(autumn, lean\), aaaa00000001 \(autumn, base\)"),
            ("beef", "may mean beef00000005 .*cccc00000004"),
            ("laen", "did you mean lean"),
            ("bbb", r"did you mean bbbb00000003 \(at least 4 digits"),
            ("", "the newest are cccc00000004"),
            ("nothing like it", "the newest are"),
            ("%", "no run is called '%'"),
            ("____", "no run is called"),
        ],
    )
    def test_what_is_not(self, filled, reference, says):
        with pytest.raises(UnknownRun, match=says):
            filled.find(reference)

    def test_in_an_empty_store(self, store):
        with pytest.raises(UnknownRun, match="holds no runs yet"):
            store.find("latest")
        with pytest.raises(UnknownRun, match="no run 000000000009"):
            store.load("000000000009")


class TestList:
    def test_newest_first(self, store):
        for number in (3, 1, 2):
            store.save(make_run(number))
        found = store.list()
        assert [r.id[-1] for r in found] == ["3", "2", "1"]
        assert store.list(2) == found[:2]
        assert found[0] == RunSummary(
            "000000000003", make_run(3).created, "autumn", "base", "feasible", make_run(3).result["score"],
            90.0, make_run(3).result["gap"], 5, 2, 1.5,
        )  # fmt: skip
        assert found[0].as_dict()["created"] == "2026-09-01T12:03:00.000007+00:00"

    def test_of_one_moment_the_last_saved_is_first(self, store):
        moment = make_run().created
        for number in (2, 3, 1):
            store.save(make_run(number, created=moment))
        assert [r.id[-1] for r in store.list()] == ["1", "3", "2"]

    def test_without_a_plan(self, store):
        store.save(without_plan("no_plan"))
        found = store.list()[0]
        assert (found.status, found.score, found.bound, found.gap) == ("no_plan", None, None, None)


class TestRemoveAndLog:
    def test_who_did_what(self, store, monkeypatch):
        monkeypatch.setenv("FAIRBOOK_USER", "Ana 王")
        before = dt.datetime.now(dt.UTC)
        store.save(make_run(1))
        store.note("exported", make_run(1).id)
        monkeypatch.delenv("FAIRBOOK_USER")
        monkeypatch.setenv("LOGNAME", "bo")
        store.remove(make_run(1).id)
        entries = store.log()
        assert [(e.who, e.what, e.run_id) for e in entries] == [
            ("Ana 王", "saved", "000000000001"),
            ("Ana 王", "exported", "000000000001"),
            ("bo", "removed", "000000000001"),
        ]
        assert before <= entries[0].when <= entries[1].when <= entries[2].when <= dt.datetime.now(dt.UTC)
        assert entries[0].as_dict()["who"] == "Ana 王"

    def test_a_user_without_a_name(self, store, monkeypatch):
        monkeypatch.delenv("FAIRBOOK_USER", raising=False)

        def nobody():
            raise KeyError("getpwuid(): uid not found: 4711")

        monkeypatch.setattr("getpass.getuser", nobody)
        store.save(make_run())
        assert re.fullmatch(r"user \d+", store.log()[0].who)

    def test_tables_that_no_other_run_has_go_too(self, store, path):
        for number, inputs in ((1, 1), (2, 1), (3, 2)):
            store.save(make_run(number, inputs))
        store.remove(make_run(1).id)
        assert_same_run(store.load(make_run(2).id), make_run(2))
        store.remove(make_run(2).id)
        assert_same_run(store.load(make_run(3, 2).id), make_run(3, 2))
        assert rows(path, "SELECT count(*) FROM fairbook_blobs") == [(6,)]
        store.remove(make_run(3).id)
        assert rows(path, "SELECT count(*) FROM fairbook_blobs") == [(0,)]
        assert rows(path, "SELECT count(*) FROM fairbook_run_tables") == [(0,)]
        assert len(store.log()) == 6

    def test_what_is_not_there_cannot_be_removed(self, store):
        with pytest.raises(UnknownRun):
            store.remove("000000000001")
        assert list(store.log()) == []

    def test_a_removed_run_may_be_saved_again(self, store):
        for _ in range(2):
            store.save(make_run())
            store.remove(make_run().id)
        assert [e.what for e in store.log()] == ["saved", "removed"] * 2


class TestNeverChanged:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE fairbook_runs SET score = 100",
            "UPDATE fairbook_blobs SET data = x'00'",
            "UPDATE fairbook_run_tables SET name = 'x'",
            "UPDATE fairbook_log SET who = 'nobody'",
            "DELETE FROM fairbook_log",
            "DELETE FROM fairbook_runs",
            "REPLACE INTO fairbook_blobs SELECT sha256, x'00' FROM fairbook_blobs",
            "REPLACE INTO fairbook_log SELECT seq, at, 'nobody', what, run_id FROM fairbook_log",
            "REPLACE INTO fairbook_runs SELECT seq, id, created, 'x', scenario, status, score, bound, gap, customers, "
            "reps, seconds, plan, result, sha256 FROM fairbook_runs",
            "INSERT INTO fairbook_log (at, who, what, run_id) VALUES (x'00', 'a', 'b', 'c')",
        ],
    )
    def test_the_database_refuses(self, store, path, statement):
        store.save(make_run())
        with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
        assert_same_run(store.load(make_run().id), make_run())

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE fairbook_blobs SET data = substr(data, 1, length(data) - 9)",
            "UPDATE fairbook_blobs SET data = zeroblob(length(data))",
            "DELETE FROM fairbook_blobs",
            "DELETE FROM fairbook_run_tables WHERE name = 'history'",
            "UPDATE fairbook_run_tables SET sha256 = (SELECT max(sha256) FROM fairbook_blobs)",
            "UPDATE fairbook_runs SET score = 99.0",
            "UPDATE fairbook_runs SET plan = '{}'",
            "UPDATE fairbook_runs SET result = replace(result, 'feasible', 'optimal')",
            "UPDATE fairbook_runs SET created = '2027-01-01T00:00:00.000000+00:00'",
        ],
    )
    def test_what_was_changed_all_the_same_is_noticed(self, store, path, statement):
        store.save(make_run())
        tamper(path, statement)
        with pytest.raises(StoreError, match=r"000000000001 .* is damaged"):
            store.load(make_run().id)

    def test_nothing_is_saved_upon_a_damaged_table(self, store, path):
        store.save(make_run(1))
        tamper(path, "UPDATE fairbook_blobs SET data = x'00'")
        with pytest.raises(StoreError, match="damaged"):
            store.save(make_run(2))
        assert len(store.list()) == 1

    def test_tables_are_strict_and_as_declared(self, store, path):
        made = {name: sql for name, sql in rows(path, "SELECT name, sql FROM sqlite_master WHERE type = 'table'")}
        assert all(made[t].rstrip().endswith("STRICT") for t in metadata.tables)
        found = inspect(store._engine)
        for table in metadata.tables.values():
            columns = {c["name"]: c["nullable"] for c in found.get_columns(table.name)}
            expected = {c.name: c.nullable for c in table.columns}
            assert list(columns) == list(expected)
            assert {n for n, null in columns.items() if not null} - {"seq"} == {
                n for n, null in expected.items() if not null
            } - {"seq"}


class TestPlace:
    def test_folders_are_made(self, tmp_path):
        path = tmp_path / "50% of 王" / "a b" / "runs.db"
        with Store(str(path)) as store:
            store.save(make_run())
        assert path.is_file()

    def test_relative_and_home_paths(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        for url in ("a.db", "sqlite:///b.db", "~/c.db"):
            Store(url).close()
        assert all((tmp_path / p).is_file() for p in ("a.db", "b.db", "home/c.db"))

    @pytest.mark.parametrize(
        ("url", "says"),
        [
            ("", "no place"),
            ("a\0b", "no place"),
            ("sqlite://", "needs a file"),
            ("sqlite:///:memory:", "needs a file"),
            ("mysql://me:secret@host/db", "cannot be kept in 'mysql'"),
            ("https://host/x", "cannot be kept in 'https'"),
            ("postgresql://me:secret@host:port/db", "URL cannot be read"),
            ("://", "cannot be read"),
        ],
    )
    def test_what_is_no_place(self, tmp_path, monkeypatch, url, says):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(StoreError, match=says) as caught:
            Store(url)
        assert "secret" not in str(caught.value)
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_or_a_file_in_the_way(self, tmp_path):
        with pytest.raises(StoreError, match="is a folder"):
            Store(str(tmp_path))
        (tmp_path / "file").write_text("x")
        with pytest.raises(StoreError, match="cannot make the folder"):
            Store(str(tmp_path / "file" / "runs.db"))

    def test_a_file_of_something_else_is_left_alone(self, tmp_path):
        text = tmp_path / "accounts.csv"
        text.write_text("customer_id\nC1\n" * 100)
        with pytest.raises(StoreError, match=r"accounts\.csv: the file is not a run store"):
            Store(str(text))
        assert text.read_text() == "customer_id\nC1\n" * 100
        other = tmp_path / "crm.db"
        with closing(sqlite3.connect(other)) as connection, connection:
            connection.execute("CREATE TABLE accounts (id)")
        before = other.read_bytes()
        with pytest.raises(StoreError, match="a database of something else"):
            Store(str(other))
        assert other.read_bytes() == before

    def test_a_damaged_file(self, path):
        with Store(str(path)) as store:
            for number in range(1, 9):
                store.save(make_run(number, number, 300))
        data = bytearray(path.read_bytes())
        data[4096 : len(data) // 2] = b"\xff" * (len(data) // 2 - 4096)
        path.write_bytes(data)

        def read() -> None:
            with Store(str(path)) as store:
                for summary in store.list():
                    store.load(summary.id)

        with pytest.raises(StoreError, match=str(path)):
            read()

    def test_a_read_only_folder(self, tmp_path):
        (tmp_path / "full").mkdir()
        with Store(str(tmp_path / "full" / "runs.db")) as store:
            store.save(make_run())
        for folder in (tmp_path / "full", tmp_path):
            folder.chmod(0o500)
        (tmp_path / "full" / "runs.db").chmod(0o400)
        code = (
            "import sys; from scenarios.store import *; from tests.scenarios.storing import make_run\n"
            "for path in sys.argv[1:]:\n"
            "    try:\n"
            "        with Store(path) as store: store.save(make_run(2))\n"
            "    except StoreError as error: print(error)"
        )
        places = (tmp_path / "full" / "runs.db", tmp_path / "new.db", tmp_path / "new" / "runs.db")
        said = output(python(code, *places, guarded=True)).splitlines()
        for folder in (tmp_path, tmp_path / "full"):
            folder.chmod(0o700)
        (tmp_path / "full" / "runs.db").chmod(0o600)
        assert len(said) == 3
        assert str(tmp_path / "full" / "runs.db") in said[0]
        assert "no permission" in said[0] or "read-only" in said[0]
        assert "no permission" in said[1]
        assert "cannot make the folder" in said[2]
        with Store(str(tmp_path / "full" / "runs.db")) as store:
            assert_same_run(store.load(make_run().id), make_run())
            assert len(store.list()) == 1

    def test_a_closed_store_can_be_opened_again(self, path):
        store = Store(str(path))
        store.save(make_run())
        store.close()
        assert not path.with_name("runs.db-wal").exists()
        with Store(str(path)) as again:
            assert again.find("latest") == make_run().id


def test_saving_does_not_change_the_run(store):
    run = make_run()
    store.save(replace(run))
    assert_same_run(run, make_run())
