"""Tasks on a real scheduler and worker processes on loopback: every task ends in a word, whatever dies on the way."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

pytest.importorskip("distributed")

from scenarios.plan.yaml_text import read_document
from scenarios.store import Store
from scenarios.sweep.cases import cases
from scenarios.sweep.dask_workers import DaskWorkers
from scenarios.sweep.sweep import Progress, sweep
from scenarios.sweep.workers import Done, Failed, Lost, News, Started
from tests.command import fairbook
from tests.commands.conftest import CUSTOMERS, PLAN, REPS
from tests.scenarios import jobs
from tests.scenarios.sweep.test_workers import ends
from tests.solver.engine.machines.test_cluster import closed_port, started

MORE = """\
overrides:
  calm: {rules: {moves: {kind: move_budget, share: 0}}}
  bob_leaves: {changes: [{rep_leaves: {rep: R2}}]}
  wrong: {changes: [{rep_leaves: {rep: R9}}]}
"""


@pytest.fixture(scope="module")
def two():
    with started(2) as cluster:
        yield cluster


@pytest.fixture
def workers(two):
    with DaskWorkers(two.scheduler_address) as found:
        yield found


@pytest.fixture
def plan(tmp_path):
    for name, content in {"customers.csv": CUSTOMERS, "reps.csv": REPS, "plan.yaml": PLAN + MORE}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def test_tasks_are_done_with_what_is_shared(workers):
    told: list = []
    workers.share("more", "old")
    workers.run(jobs.shares, [1, 2, 3], told.append, lambda: False)
    workers.share("more", "new")
    workers.run(jobs.shares, [4], told.append, lambda: False)
    assert sorted(e.value for e in told if isinstance(e, Done)) == [[2, "old"], [4, "old"], [6, "old"], [8, "new"]]
    assert workers.threads == 2


def test_a_job_that_raises_is_told_and_the_others_go_on(workers):
    told: list = []
    workers.run(jobs.fails, [0, 1, 2], told.append, lambda: False)
    end = ends(told)
    assert isinstance(end[1], Failed) and end[1].message == "ValueError: no such luck" and "jobs.py" in end[1].trace
    assert [end[0].value, end[2].value] == [0, 2]


def test_a_task_nobody_waits_for_any_more_ends_itself(workers, tmp_path):
    told: list = []
    file = tmp_path / "word"
    workers.run(jobs.told_to_end, [str(file)], told.append, lambda: any(isinstance(e, News) for e in told))
    assert any(isinstance(e, Started) for e in told) and not ends(told)
    until = time.monotonic() + 60
    while not file.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert file.exists()


def test_a_killed_worker_costs_no_task_and_a_killer_is_named(tmp_path):
    told: list = []
    with started(2) as cluster, DaskWorkers(cluster.scheduler_address) as workers:
        tasks = [7, (str(tmp_path / "once"), 1), 8, (str(tmp_path / "ever"), 99)]
        workers.share("more", "x")
        workers.run(jobs.dies, tasks, told.append, lambda: False)
    end = ends(told)
    assert [end[n].value for n in (0, 1, 2)] == [7, "alive", 8]
    assert isinstance(end[3], Lost) and "again and again" in end[3].message
    assert 2 <= (tmp_path / "ever").stat().st_size <= 10, "tried again, and not for ever"


def test_with_the_scheduler_gone_every_task_is_named():
    told: list = []
    cluster = started(1)
    with DaskWorkers(cluster.scheduler_address) as workers:
        threading.Timer(1.0, cluster.close).start()
        workers.run(jobs.waits, [0, 1], told.append, lambda: False)
    assert {type(e) for e in ends(told).values()} == {Lost} and len(ends(told)) == 2


def test_a_sweep_on_a_cluster_finds_what_is_found_here(two, plan):
    asked = ("sweep", "plan.yaml", "-s", "calm", "-s", "bob_leaves", "-s", "wrong", "--json")
    there = fairbook(*asked, "--cluster", two.scheduler_address, cwd=plan)
    assert there.code == 3, there.err
    found = {one["scenario"]: one for one in there.json()}
    assert [one["status"] for one in found.values()] == ["optimal", "optimal", "optimal", "invalid"]
    assert "there is no rep 'R9'" in found["wrong"]["error"]["message"]
    for name in ("calm", "bob_leaves"):
        here = fairbook("-q", "solve", "plan.yaml", "-s", name, "--json", cwd=plan).json()
        assert found[name]["score"] == pytest.approx(here["score"], abs=1e-6)
        assert fairbook("runs", "audit", found[name]["run"], cwd=plan).code == 0
    again = fairbook(*asked, "--cluster", two.scheduler_address, cwd=plan)
    assert [o["kept"] for o in again.json()] == [True, True, True, False]


def test_workers_need_none_of_the_files(two, plan):
    path = plan / "plan.yaml"

    def watch(progress: Progress) -> None:
        if progress.name == "base" and progress.state == "solved":
            for table in ("customers.csv", "reps.csv"):
                (plan / table).unlink()

    with Store(str(plan / "runs.db")) as store, DaskWorkers(two.scheduler_address) as workers:
        found = cases(read_document(path).data, ["calm", "bob_leaves"])
        ended = sweep(path, found, store, workers, watch=watch)
    assert not (plan / "reps.csv").exists()
    assert [o.status for o in ended] == ["optimal"] * 3


def test_a_worker_killed_in_mid_sweep_costs_no_scenario(two, tmp_path):
    assert fairbook("init", "demo", "--example", cwd=tmp_path).code == 0
    path = tmp_path / "demo" / "plan.yaml"
    document = read_document(path)
    sets = ("solve.time_limit=3", "solve.gap=0", "solve.workers=1")
    killed: list[int] = []

    def watch(progress: Progress) -> None:
        if progress.state == "reading" and progress.name != "base" and not killed:
            killed.append(progress.pid)
            os.kill(progress.pid, signal.SIGKILL)

    with Store(str(tmp_path / "runs.db")) as store, DaskWorkers(two.scheduler_address) as workers:
        found = cases(document.data, grid=["rules.moves.share=0.05,0.08"], sets=sets)
        ended = sweep(path, found, store, workers, watch=watch)
        assert killed
        assert {o.status for o in ended} <= {"optimal", "feasible"} and len(ended) == 3
        assert len(store.list()) == 3


def test_what_is_no_cluster_is_said_before_anything_is_read(plan):
    refused = fairbook("sweep", "none.yaml", "--cluster", "127.0.0.1:1", cwd=plan)
    assert refused.code == 2 and "expected tcp://HOST:PORT" in refused.err
    nobody = fairbook("sweep", "plan.yaml", "--cluster", f"tcp://127.0.0.1:{closed_port()}", "--json", cwd=plan)
    assert nobody.code == 3 and nobody.json()["error"]["kind"] == "cluster"
