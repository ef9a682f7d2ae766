"""Ctrl-C at every moment of a solve, sent to real processes; they signal themselves where the moment must be exact."""

from __future__ import annotations

import json
import signal
import sqlite3
import threading
from pathlib import Path

import pytest

from commands.failures import StoppedWithoutPlan
from commands.interrupt import Interrupt
from tests.command import fairbook, start

#: Wraps a function so that its first call presses Ctrl-C, as often as said, before it does its work.
PRESS = """
import importlib, os, signal, time
def press(module, path, times=1, then=lambda: None):
    holder = importlib.import_module(module)
    *outer, name = path.split(".")
    for part in outer:
        holder = getattr(holder, part)
    real = getattr(holder, name)
    def pressed(*arguments, **more):
        setattr(holder, name, real)
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
        then()
        return real(*arguments, **more)
    setattr(holder, name, pressed)
"""
KEEPING = [("scenarios.run.run", "audit"), ("scenarios.store.store", "Store.save"), ("scenarios.store.store", "_note"),
           ("scenarios.run.export", "export"), ("reports.console", "solve_summary")]  # fmt: skip


def runs(folder: Path) -> list[dict[str, object]]:
    found = fairbook("runs", "list", "--json", cwd=folder).json()
    assert isinstance(found, list)
    return found


def test_before_the_plan_is_read_there_is_nothing_to_keep(small):
    process = start("solve", "plan.yaml", "--json", cwd=small,
                    first=PRESS + "press('scenarios.run.prepare', 'prepare', then=lambda: time.sleep(600))")  # fmt: skip
    out, err = process.communicate(timeout=120)
    assert process.returncode == 5, err
    assert "Error: stopped with no plan" in err
    assert json.loads(out) == {"error": {"kind": "no_plan", "message": "stopped with no plan"}, "exit_code": 5}
    assert not (small / ".fairbook").exists()


def test_before_the_search_has_a_plan_it_stops_without_one(small):
    search = """
import numpy as np
import solver.engine.solve as engine
from solver.engine.exact.exact import Model, Outcome
def waits(self, options, stage, watch=None, cancelled=None, *_, **__):
    os.kill(os.getpid(), signal.SIGINT)
    while not cancelled():
        time.sleep(0.01)
    return Outcome("UNKNOWN", None, None, None)
engine.construct = lambda instance, seed: np.full(instance.n_units, -1)
Model.solve = waits
"""
    process = start("solve", "plan.yaml", "--json", cwd=small, first=PRESS + search)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 5, err
    assert (json.loads(out)["status"], json.loads(out)["stopped"]) == ("no_plan", "cancelled")


@pytest.mark.parametrize(("module", "name"), KEEPING)
def test_the_first_while_a_plan_is_kept_loses_nothing(small, module, name):
    process = start(
        "-q", "solve", "plan.yaml", "--export", "out", cwd=small, first=PRESS + f"press({module!r}, {name!r})"
    )
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "again quits at once" in err
    assert "of at most" in out
    assert len(runs(small)) == 1
    assert (small / "out" / "result.json").exists()
    assert fairbook("runs", "audit", cwd=small).code == 0


@pytest.mark.parametrize(("module", "name"), KEEPING)
def test_the_second_quits_at_once_and_the_store_stays_whole(small, module, name):
    assert fairbook("-q", "solve", "plan.yaml", cwd=small).code == 0
    process = start("-q", "solve", "plan.yaml", "--export", "out", cwd=small,
                    first=PRESS + f"press({module!r}, {name!r}, 2, lambda: time.sleep(600))")  # fmt: skip
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    saved = (module, name) in {("scenarios.run.export", "export"), ("reports.console", "solve_summary")}
    assert len(runs(small)) == 1 + saved
    assert fairbook("runs", "audit", cwd=small).code == 0
    with sqlite3.connect(small / ".fairbook" / "runs.db") as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    log = fairbook("runs", "log", "--json", cwd=small).json()
    assert [entry["what"] for entry in log].count("saved") == 1 + saved
    assert fairbook("-q", "solve", "plan.yaml", cwd=small).code == 0


def test_the_second_quits_a_search_that_listens_to_nobody(small):
    """The main thread is in one long call that no signal ends and that no handler of Python's can come between."""
    deaf = """
import hashlib
import scenarios.run.run
def deaf(*_, **__):
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
scenarios.run.run.solve_prepared = deaf
"""
    process = start("solve", "plan.yaml", cwd=small, first=PRESS + deaf + "\nimport reports.live as c\n"
                    "real = c.LiveProgress.__enter__\n"
                    "c.LiveProgress.__enter__ = lambda self: print('searching', flush=True) or real(self)")  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "searching\n"
    process.send_signal(signal.SIGINT)
    assert any("Stopping: the best plan so far is kept" in line for line in iter(process.stderr.readline, ""))
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=120) == 130
    process.communicate()


def test_the_handler_of_before_is_back_afterwards():
    before, wakeup = signal.getsignal(signal.SIGINT), signal.set_wakeup_fd(-1)
    with Interrupt() as interrupt:
        assert signal.getsignal(signal.SIGINT) != before
        assert not interrupt()
    assert signal.getsignal(signal.SIGINT) == before
    assert signal.set_wakeup_fd(wakeup) == -1
    assert not [t for t in threading.enumerate() if t.name == "interrupt"]


def test_while_reading_the_first_ends_the_block():
    said: list[str] = []
    interrupt = Interrupt(said.append)

    def read() -> None:
        with interrupt:
            signal.raise_signal(signal.SIGINT)
            said.append("the block went on")

    with pytest.raises(StoppedWithoutPlan):
        read()
    assert interrupt()
    assert said == ["Stopping: there is no plan yet."]
