"""The same store on a real PostgreSQL server."""

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from scenarios.store import Store, StoreError, UnknownRun, schema
from tests.pg import GUARDED_PASSWORD, GUARDED_USER
from tests.scenarios.store.test_migrations import with_next
from tests.scenarios.store.test_writers import save_together
from tests.scenarios.storing import assert_same_run, make_run, python


def run_sql(url: str, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()


def test_the_whole_life_of_a_run(postgres_database):
    with Store(postgres_database.replace("+psycopg", "")) as store:
        for number, inputs in ((1, 1), (2, 1), (3, 2)):
            store.save(make_run(number, inputs))
            assert_same_run(store.load(make_run(number).id), make_run(number, inputs))
        with pytest.raises(StoreError, match="already"):
            store.save(make_run(1))
        assert [s.id[-1] for s in store.list()] == ["3", "2", "1"]
        assert [s.id[-1] for s in store.list(1)] == ["3"]
        assert store.find("latest") == store.find("base") == store.find("000000000003")
        with pytest.raises(UnknownRun, match="may mean"):
            store.find("0000")
        store.note("exported", make_run(1).id)
        store.remove(make_run(1).id)
        assert_same_run(store.load(make_run(2).id), make_run(2))
        store.remove(make_run(2).id)
        with store._engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM fairbook_blobs")).scalar() == 6
        assert [e.what for e in store.log()] == ["saved"] * 3 + ["exported"] + ["removed"] * 2
    with Store(postgres_database) as again:
        assert_same_run(again.load(make_run(3).id), make_run(3, 2))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE fairbook_runs SET score = 100",
        "UPDATE fairbook_blobs SET data = ''",
        "UPDATE fairbook_run_tables SET name = 'x'",
        "UPDATE fairbook_log SET who = 'nobody'",
        "DELETE FROM fairbook_log",
        "DELETE FROM fairbook_runs",
        "DELETE FROM fairbook_blobs",
        "TRUNCATE fairbook_log",
        "TRUNCATE fairbook_runs CASCADE",
    ],
)
def test_the_database_refuses(postgres_database, statement):
    with Store(postgres_database) as store:
        store.save(make_run())
        with pytest.raises(DBAPIError):
            run_sql(postgres_database, statement)
        assert_same_run(store.load(make_run().id), make_run())


def test_what_was_changed_all_the_same_is_noticed(postgres_database):
    with Store(postgres_database) as store:
        store.save(make_run())
        run_sql(
            postgres_database,
            "ALTER TABLE fairbook_runs DISABLE TRIGGER ALL",
            "UPDATE fairbook_runs SET score = 99",
        )
        with pytest.raises(StoreError, match="damaged"):
            store.load(make_run().id)


def test_processes_open_a_fresh_store_and_save_at_once(postgres_database, tmp_path):
    save_together(postgres_database, tmp_path, writers=3, each=4)


def test_saves_beside_removals_keep_the_tables_they_share(postgres_database):
    code = """
import sys
from scenarios.store import Store
from tests.scenarios.storing import make_run
first = int(sys.argv[2])
with Store(sys.argv[1]) as store:
    for number in range(first, first + 15):
        store.save(make_run(number))
        store.remove(f"{number:012x}")
    store.save(make_run(first + 100))
"""
    processes = [python(code, postgres_database, 1000 * n) for n in (1, 2)]
    for process in processes:
        assert process.communicate(timeout=120)[1] == ""
        assert process.returncode == 0
    with Store(postgres_database) as store:
        for number in (1100, 2100):
            assert_same_run(store.load(f"{number:012x}"), make_run(number))


def test_one_more_migration_and_a_newer_store(postgres_database, tmp_path, monkeypatch):
    with Store(postgres_database) as store:
        store.save(make_run())
    with monkeypatch.context() as patched:
        with_next(patched, tmp_path / "broken", "op.execute('DROP TABLE nothing_of_this_name')")
        with pytest.raises(StoreError, match="nothing_of_this_name"):
            Store(postgres_database)
    Store(postgres_database).close()
    with monkeypatch.context() as patched:
        with_next(patched, tmp_path / "next")
        with Store(postgres_database) as store:
            assert_same_run(store.load(make_run().id), make_run())
            assert "remark" in {c["name"] for c in schema.inspect(store._engine).get_columns("fairbook_runs")}
    with pytest.raises(StoreError, match="newer version"):
        Store(postgres_database)


def test_tables_of_others_in_the_same_database_are_left_alone(postgres_database):
    run_sql(postgres_database, "CREATE TABLE runs (id int)", "INSERT INTO runs VALUES (1)")
    with Store(postgres_database) as store:
        store.save(make_run())
        with store._engine.connect() as connection:
            assert connection.execute(text("SELECT id FROM runs")).scalar() == 1


class TestPassword:
    """It comes from the environment or the URL, and is printed nowhere."""

    @pytest.fixture
    def guarded(self, postgres_database):
        database = make_url(postgres_database).database
        run_sql(postgres_database, f"ALTER DATABASE {database} OWNER TO {GUARDED_USER}")
        return make_url(postgres_database).set(username=GUARDED_USER)

    @pytest.mark.parametrize("name", ["FAIRBOOK_DB_PASSWORD", "PGPASSWORD"])
    def test_from_the_environment(self, guarded, monkeypatch, name):
        monkeypatch.setenv(name, GUARDED_PASSWORD)
        with Store(guarded.render_as_string()) as store:
            store.save(make_run())
            with pytest.raises(StoreError, match="already") as caught:
                store.save(make_run())
            assert GUARDED_PASSWORD not in f"{caught.value} {store.name} {store!r}"

    def test_the_own_one_counts_first(self, guarded, monkeypatch):
        monkeypatch.setenv("PGPASSWORD", "wrong")
        monkeypatch.setenv("FAIRBOOK_DB_PASSWORD", GUARDED_PASSWORD)
        Store(guarded.render_as_string()).close()

    def test_in_the_url(self, guarded, monkeypatch):
        monkeypatch.setenv("FAIRBOOK_DB_PASSWORD", "wrong")
        urls = [guarded.set(password=GUARDED_PASSWORD), guarded.update_query_dict({"password": GUARDED_PASSWORD})]
        for url in urls:
            with Store(url.render_as_string(hide_password=False)) as store:
                assert GUARDED_PASSWORD not in store.name
                assert store.name == f"postgresql://{GUARDED_USER}@/{guarded.database}"

    @pytest.mark.parametrize("database", [None, "no_such_database"])
    def test_a_wrong_one_is_not_printed(self, guarded, monkeypatch, database):
        monkeypatch.setenv("FAIRBOOK_DB_PASSWORD", "hunter2/%41")
        with pytest.raises(StoreError, match="cannot open the store postgresql://") as caught:
            Store(guarded.set(database=database or guarded.database).render_as_string())
        assert "hunter2" not in str(caught.value)
        assert "password authentication failed" in str(caught.value)


def test_no_server(tmp_path):
    with pytest.raises(StoreError, match=r"cannot open the store postgresql://me@/db"):
        Store(f"postgresql://me:secret@/db?host={tmp_path}")
