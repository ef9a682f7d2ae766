"""Workers that do, fail, die and are stopped: every task ends in a word."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import psutil
import pytest

from scenarios.sweep.workers import TRIES, Done, Event, Failed, Lost, News, Processes, Started
from tests.command import ROOT
from tests.scenarios import jobs


@pytest.fixture
def told():
    return []


def ends(told: list[Event]) -> dict[int, Event]:
    found = {}
    for event in told:
        if isinstance(event, Done | Failed | Lost):
            assert event.task not in found, "a task ends once"
            found[event.task] = event
    return found


def test_tasks_are_done_with_what_is_shared_and_one_thread_each(told):
    with Processes(2) as workers:
        workers.share("more", "old")
        workers.run(jobs.double, [1, 2, 3], told.append, lambda: False)
        workers.share("more", "new")
        workers.run(jobs.double, [4], told.append, lambda: False)
    assert sorted(e.value for e in told if isinstance(e, Done)) == [
        [2, "old", "1"], [4, "old", "1"], [6, "old", "1"], [8, "new", "1"],
    ]  # fmt: skip
    assert Counter(type(e) for e in told) == {Started: 4, News: 4, Done: 4}


def test_a_worker_that_is_killed_is_replaced_and_its_task_tried_again(told, tmp_path):
    with Processes(2) as workers:
        workers.run(jobs.dies, [7, (str(tmp_path / "two"), TRIES - 1), 8], told.append, lambda: False)
    assert [e.value for _, e in sorted(ends(told).items())] == [7, "alive", 8]
    assert [e.tries for e in told if isinstance(e, Started) and e.task == 1] == [1, 2, 3]


def test_a_task_that_kills_every_worker_is_named_and_the_others_are_done(told, tmp_path):
    with Processes(1) as workers:
        workers.run(jobs.dies, [7, (str(tmp_path / "ever"), 99), 8], told.append, lambda: False)
    end = ends(told)
    assert isinstance(end[1], Lost)
    assert end[1].message == "its worker was ended by SIGKILL, 3 times in a row"
    assert (tmp_path / "ever").stat().st_size == TRIES
    assert [e.value for e in (end[0], end[2])] == [7, 8]


def test_a_job_that_raises_is_told_and_the_worker_goes_on(told):
    with Processes(1) as workers:
        workers.run(jobs.fails, [0, 1, 2], told.append, lambda: False)
    end = ends(told)
    assert end[1].message == "ValueError: no such luck"
    assert "jobs.py" in end[1].trace
    assert len({e.pid for e in told if isinstance(e, Started)}) == 1


def test_when_it_is_cancelled_workers_end_at_once(told):
    with Processes(2) as workers:
        workers.run(jobs.waits, [0, 1, 2], told.append, lambda: any(isinstance(e, News) for e in told))
        pids = [e.pid for e in told if isinstance(e, Started)]
        assert pids
        assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not ends(told)


def test_workers_do_not_outlive_a_parent_that_is_killed():
    code = (
        "from scenarios.sweep.workers import Processes, News\nfrom tests.scenarios import jobs\n"
        "if __name__ == '__main__':\n"
        "    Processes(1).run(jobs.waits, [0], lambda e: print(e.what, flush=True) if isinstance(e, News) else 0, "
        "lambda: False)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    worker = psutil.Process(int(process.stdout.readline()))
    process.kill()
    process.wait()
    worker.wait(60)
