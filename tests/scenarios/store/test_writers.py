"""Many processes at one store, killed ones and a full disk: what was reported as saved is there, whole."""

import itertools
import random
import signal
import sqlite3
import time
from contextlib import closing

import pytest
from sqlalchemy import event

from scenarios.store import Store, StoreError
from scenarios.store.schema import HEAD
from tests.scenarios.storing import assert_same_run, make_run, output, python

SAVE_SOME = """
import sys, time
from pathlib import Path
from scenarios.store import Store
from tests.scenarios.storing import make_run
url, first, count, start = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
print("ready", flush=True)
while not start.exists():
    time.sleep(0.001)
with Store(url) as store:
    for number in range(first, first + count):
        store.save(make_run(number, number % 2))
        print(number, flush=True)
"""
SAVE_FOR_EVER = """
import sys
from scenarios.store import Store
from tests.scenarios.storing import make_run
store, number = Store(sys.argv[1]), int(sys.argv[2])
while True:
    store.save(make_run(number, number, 40, 4000))
    print(number, flush=True)
    if number % 3 == 0:
        store.remove(f"{number:012x}")
        print(-number, flush=True)
    number += 1
"""


def save_together(url, folder, writers=4, each=6):
    """Let processes open a store and save to it at the same moment."""
    start = folder / "start"
    processes = [python(SAVE_SOME, url, 1 + each * w, each, start) for w in range(writers)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    start.touch()
    for process in processes:
        assert len(output(process).split()) == each
    with Store(url) as store:
        numbers = range(1, 1 + writers * each)
        assert {s.id for s in store.list()} == {f"{n:012x}" for n in numbers}
        for number in numbers:
            assert_same_run(store.load(f"{number:012x}"), make_run(number, number % 2))
        assert sorted(e.run_id for e in store.log() if e.what == "saved") == [f"{n:012x}" for n in numbers]


def test_processes_open_a_fresh_store_and_save_at_once(tmp_path):
    path = tmp_path / "new" / "runs.db"
    save_together(str(path), tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM fairbook_version").fetchall() == [(HEAD,)]
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def states_from(first):
    """What is in the store after each step of `SAVE_FOR_EVER`."""
    there: frozenset[int] = frozenset()
    for number in itertools.count(first):
        there |= {number}
        yield there
        if number % 3 == 0:
            there -= {number}
            yield there


def test_a_killed_writer_loses_nothing_it_reported(tmp_path):
    path, chance, first, steps = tmp_path / "runs.db", random.Random(2), 1, 0
    for _ in range(7):
        process = python(SAVE_FOR_EVER, path, first)
        assert process.stdout is not None
        process.stdout.readline()  # one step is done
        time.sleep(chance.uniform(0.01, 0.15))
        process.send_signal(signal.SIGKILL)
        reported = 1 + process.communicate()[0].count("\n")
        steps += reported
        with Store(str(path)) as store:
            found = {int(s.id, 16) for s in store.list()}
            # what was reported, and at most the one step whose report the kill cut off
            assert found in [*itertools.islice(states_from(first), reported - 1, reported + 1)]
            for number in found:
                assert_same_run(store.load(f"{number:012x}"), make_run(number, number, 40, 4000))
            saved, removed = ({int(e.run_id, 16) for e in store.log() if e.what == w} for w in ("saved", "removed"))
            assert saved - removed == found
            for number in found:
                store.remove(f"{number:012x}")
            first = max(saved) + 1
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            assert connection.execute("SELECT count(*) FROM fairbook_blobs").fetchone() == (0,)
    assert steps >= 7


def test_a_commit_waits_for_the_disk(tmp_path):
    with Store(str(tmp_path / "runs.db")) as store, store._engine.connect() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "foreign_keys")
        }
        assert asked == {"synchronous": 2, "foreign_keys": 1}  # 2 is FULL


def test_a_full_disk_keeps_what_was_there(tmp_path):
    with Store(str(tmp_path / "runs.db")) as store:
        store.save(make_run(1))
        pages = {"limit": 1}

        def limit(connection, *_):
            connection.execute(f"PRAGMA max_page_count = {pages['limit']}")

        event.listen(store._engine, "checkout", limit)
        for _ in range(2):
            with pytest.raises(StoreError, match="the disk is full"):
                store.save(make_run(2, 2, 50, 5000))
        assert_same_run(store.load(make_run(1).id), make_run(1))
        assert len(store.list()) == len(store.log()) == 1
        pages["limit"] = 10**6
        store.save(make_run(2, 2, 50, 5000))
        assert_same_run(store.load(make_run(2).id), make_run(2, 2, 50, 5000))


def test_a_system_that_takes_no_more_bytes_keeps_what_was_there(tmp_path):
    path = tmp_path / "runs.db"
    with Store(str(path)) as store:
        store.save(make_run(1))
    code = """
import resource, signal, sys
from scenarios.store import *
from tests.scenarios.storing import make_run
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
for number in range(2, 40):
    try:
        store.save(make_run(number, number, 40, 2000))
        print(number, flush=True)
    except StoreError as error:
        print(error, flush=True)
        break
"""
    *saved, said = output(python(code, path)).splitlines()
    assert "cannot save run" in said
    assert str(path) in said
    with Store(str(path)) as store:
        assert {int(s.id, 16) for s in store.list()} == {1, *map(int, saved)}
        for number in map(int, saved):
            assert_same_run(store.load(f"{number:012x}"), make_run(number, number, 40, 2000))
        store.save(make_run(99))


def test_a_store_that_stays_locked_is_said_so(tmp_path, monkeypatch):
    path = tmp_path / "runs.db"
    Store(str(path)).close()
    monkeypatch.setattr("scenarios.store.address.PATIENCE", 0.3)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with Store(str(path)) as store:
            with pytest.raises(StoreError, match="another program has kept it locked"):
                store.save(make_run())
            assert store.list() == []  # readers are not kept out
            other.execute("ROLLBACK")
            store.save(make_run())
            assert_same_run(store.load(make_run().id), make_run())
