"""Sweeps as typed: what ends how, what is kept, and going on after the worst."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
from pathlib import Path

import psutil
import pytest

from scenarios.store import Store, StoreError
from tests.command import fairbook, start
from tests.commands.conftest import PLAN

MORE = """\
overrides:
  calm: {rules: {moves: {kind: move_budget, share: 0}}}
  bob_leaves: {changes: [{rep_leaves: {rep: R2}}]}
  nobody: {rules: {capacity: {metric: workload, limit: 3}}}
  wrong: {changes: [{rep_leaves: {rep: R9}}]}
  odd: {objectives: {fairness: {}}}
scenarios:
  calm: calm
  bob_leaves: [bob_leaves]
"""


@pytest.fixture
def plan(small: Path) -> Path:
    (small / "plan.yaml").write_text(PLAN + MORE, encoding="utf-8")
    return small


@pytest.fixture
def example(tmp_path: Path) -> Path:
    assert fairbook("init", "demo", "--example", cwd=tmp_path).code == 0
    return tmp_path


def swept(folder: Path, *arguments: str, code: int = 0, jobs: int = 1):
    done = fairbook("sweep", "plan.yaml", "--jobs", jobs, "--json", *arguments, cwd=folder)
    assert done.code == code, done.err
    return {one["scenario"]: one for one in done.json()}, done.err


def kept_runs(folder: Path) -> list[dict]:
    return fairbook("runs", "list", "-n", "1000", "--json", cwd=folder).json()


def test_all_scenarios_are_solved_audited_and_kept(plan):
    found, err = swept(plan, jobs=2)
    assert list(found) == ["base", "calm", "bob_leaves"]
    assert {one["status"] for one in found.values()} == {"optimal"}
    assert {run["id"]: run["scenario"] for run in kept_runs(plan)} == {one["run"]: n for n, one in found.items()}
    for name, one in found.items():
        assert set(one["terms"]) == {"balance_potential", "continuity"}
        assert one["metrics"]["assigned"] == 4
        assert fairbook("runs", "audit", one["run"], cwd=plan).code == 0
        cold = fairbook("-q", "solve", "plan.yaml", "--scenario", name, "--json", cwd=plan).json()
        assert one["score"] == pytest.approx(cold["score"], abs=1e-6), "where a search starts changes no optimum"
    assert found["calm"]["terms"]["continuity"]["score"] == 100
    assert err.count("solved, ") == 3
    assert "3 of 3" in err


def test_a_rep_that_customers_still_name_may_go(plan):
    found, _ = swept(plan, "-s", "bob_leaves")
    assert found["bob_leaves"]["metrics"]["moves"]["forced"]["customers"] == 2
    (plan / "plan.yaml").write_text(PLAN + "overrides: {gone: {reps: {R2: null}}}\n", encoding="utf-8")
    found, _ = swept(plan)
    assert found["gone"]["metrics"]["moves"]["forced"]["customers"] == 2


def test_what_is_solved_is_not_solved_again_until_plan_or_inputs_change(plan):
    first, _ = swept(plan)
    again, err = swept(plan)
    assert {n: one["run"] for n, one in again.items()} == {n: one["run"] for n, one in first.items()}
    assert all(one["kept"] for one in again.values())
    assert err.count("solved before") == 3
    text = (plan / "plan.yaml").read_text(encoding="utf-8")
    (plan / "plan.yaml").write_text(text.replace("share: 0}", "share: 0.5}"), encoding="utf-8")
    again, _ = swept(plan)
    assert [n for n, one in again.items() if not one["kept"]] == ["calm"], "only what the change concerns"
    table = (plan / "customers.csv").read_text(encoding="utf-8")
    (plan / "customers.csv").write_text(table.replace("800", "900"), encoding="utf-8")
    again, _ = swept(plan)
    assert not any(one["kept"] for one in again.values())
    again, _ = swept(plan, "--fresh")
    assert not any(one["kept"] for one in again.values())
    assert len(kept_runs(plan)) == 3 + 1 + 3 + 3


def test_a_scenario_that_fails_is_named_and_keeps_none_of_the_others_back(plan):
    names = [word for n in ("wrong", "odd", "nobody", "calm", "no_such") for word in ("-s", n)]
    found, err = swept(plan, *names, code=3, jobs=2)
    assert {n: one["status"] for n, one in found.items()} == {
        "base": "optimal", "wrong": "invalid", "odd": "invalid", "nobody": "infeasible", "calm": "optimal",
        "no_such": "invalid",
    }  # fmt: skip
    assert "overrides.wrong.changes[0].rep_leaves: there is no rep 'R9'" in found["wrong"]["error"]["message"]
    assert found["odd"]["error"]["problems"][0]["code"] == "unknown_kind"
    assert "there is no scenario 'no_such'" in found["no_such"]["error"]["message"]
    assert found["nobody"]["run"], "a plan found impossible is evidence"
    assert any("capacity" in f["message"] for f in found["nobody"]["findings"]) and "findings" not in found["calm"]
    assert "wrong: failed" in err
    words = fairbook("-q", "sweep", "plan.yaml", "--jobs", "1", *names, cwd=plan)
    assert words.code == 3
    assert "there is no rep 'R9'" in words.out
    assert "fairbook solve plan.yaml --scenario nobody" in words.out, "how to learn which rules are in conflict"
    swept(plan, "-s", "nobody", "-s", "calm", code=4)


def test_wrong_tables_fail_all_but_the_scenario_that_mends_them(plan):
    table = (plan / "customers.csv").read_text(encoding="utf-8")
    (plan / "customers.csv").write_text(table.replace("800", "many"), encoding="utf-8")
    text = (
        PLAN + "overrides: {mend: {customers: {C3: {potential: 800}}}, calm: {objectives: {continuity: {weight: 5}}}}\n"
    )
    (plan / "plan.yaml").write_text(text, encoding="utf-8")
    found, _ = swept(plan, code=3)
    assert {n: one["status"] for n, one in found.items()} == {"base": "invalid", "mend": "optimal", "calm": "invalid"}
    assert "many" in found["calm"]["error"]["message"]


def test_a_grid_solves_every_combination(plan):
    grid = (
        "--grid",
        "objectives.continuity.weight=1,5",
        "--grid",
        "rules.capacity.limit=10,40",
        "--set",
        "solve.seed=7",
    )
    found, _ = swept(plan, *grid)
    assert len(found) == 5
    runs = {run["scenario"]: run["id"] for run in kept_runs(plan)}
    shown = fairbook("runs", "show", runs["objectives.continuity.weight=5 rules.capacity.limit=10"], "--json", cwd=plan)
    result = shown.json()
    assert (result["seed"], result["workers"], result["terms"]["continuity"]["weight"]) == (7, 1, 5)
    assert fairbook("sweep", "plan.yaml", "--grid", "oops", cwd=plan).code == 3


def test_others_start_from_the_base_run(plan):
    found, _ = swept(plan)
    results = {n: fairbook("runs", "show", one["run"], "--json", cwd=plan).json() for n, one in found.items()}
    assert results["base"]["sweep"]["from"] is None
    assert results["calm"]["sweep"]["from"] == found["base"]["run"]
    assert results["bob_leaves"]["sweep"]["notes"] == ["R2 leaves: 2 customers have to move"]


def test_a_full_disk_ends_the_sweep_and_what_is_kept_stays(plan, monkeypatch):
    real, saved = Store.save, []

    def save(self, run):
        if len(saved) == 2:
            raise StoreError("cannot save run in the store: the disk is full")
        saved.append(run.id)
        real(self, run)

    monkeypatch.setattr(Store, "save", save)
    done = fairbook("sweep", "plan.yaml", "--json", cwd=plan)
    assert done.code == 3
    assert "the disk is full" in done.json()["error"]["message"]
    assert not workers_of(psutil.Process()), "none is left behind"
    monkeypatch.undo()
    found, _ = swept(plan)
    assert [one["run"] for one in found.values() if one["kept"]] == saved


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    return [p for p in process.children() if "spawn_main" in " ".join(p.cmdline())]


def wait_for_runs(folder: Path, count: int) -> None:
    """Wait until the store of a process holds so many runs."""
    path = folder / ".fairbook" / "runs.db"
    for _ in range(1200):
        if path.exists():
            try:
                with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as store:
                    if store.execute("SELECT count(*) FROM fairbook_runs").fetchone()[0] >= count:
                        return
            except sqlite3.OperationalError:  # its tables are being made
                pass
        time.sleep(0.05)
    raise AssertionError("nothing was kept")


SWEEP = ("sweep", "demo/plan.yaml", "--jobs", "2", "--json", "--set", "solve.gap=1", "--grid",
         "objectives.continuity.weight=1,2,3,4,5,6,7,8,9,10")  # fmt: skip


@pytest.mark.slow
def test_a_sweep_that_is_killed_goes_on_where_it_stopped(example):
    process = start(*SWEEP, cwd=example)
    wait_for_runs(example, 3)
    workers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    psutil.wait_procs(workers, 60)
    before = {run["id"] for run in kept_runs(example)}
    assert 3 <= len(before) < 11
    done = fairbook(*SWEEP, cwd=example)
    assert done.code == 0, done.err
    assert {one["run"] for one in done.json() if one["kept"]} == before
    runs = kept_runs(example)
    assert len({run["scenario"] for run in runs}) == len(runs) == 11, "each is solved once"
    assert len(fairbook("compare", "--json", cwd=example).json()) == 11
    with sqlite3.connect(example / ".fairbook" / "runs.db") as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_nothing(example):
    process = start(*SWEEP, cwd=example)
    wait_for_runs(example, 2)
    workers_of(psutil.Process(process.pid))[0].kill()
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert {one["status"] for one in json.loads(out)} <= {"optimal", "feasible"}
    assert len(json.loads(out)) == len(kept_runs(example)) == 11


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_solved(example):
    process = start(*SWEEP, cwd=example)
    wait_for_runs(example, 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "the scenarios solved so far are kept" in err
    found = json.loads(out)
    solved = {one["run"] for one in found if one["run"]}
    assert solved == {run["id"] for run in kept_runs(example)}
    assert len(solved) >= 2
    assert {one["status"] for one in found if not one["run"]} == {"stopped"}
