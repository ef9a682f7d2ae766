"""The command line from end to end on the shipped example: results, exit codes, JSON, files."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.command import ROOT, fairbook, start

QUICK = ("--gap", "3", "--workers", "1", "--time-limit", "60")


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example solved once."""
    folder = tmp_path_factory.mktemp("demo")
    assert fairbook("init", ".", "--example", cwd=folder).code == 0
    done = fairbook("-q", "solve", "plan.yaml", *QUICK, "--export", "out", cwd=folder)
    assert done.code == 0, done.err
    return folder


def test_solve_says_what_an_analyst_wants(solved):
    said = fairbook("runs", "show", "latest", cwd=solved).out
    for word in ("of at most", "continuity", "before → after", "by choice", "by force", "fairbook report"):
        assert word in said


def test_exported_files_hold_the_contract(solved):
    with (solved / "out" / "assignment.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = ["customer_id", "rep_id", "previous_rep", "moved", "fit", "potential", "workload", "reason"]
    assert list(rows[0]) == wanted
    assert len(rows) == 400
    assert all(row["reason"] for row in rows)
    result = json.loads((solved / "out" / "result.json").read_text(encoding="utf-8"))
    for key in (
        "status",
        "score",
        "bound",
        "gap",
        "terms",
        "metrics",
        "seconds",
        "seed",
        "versions",
        "input_hashes",
        "prices",
        "trace",
    ):
        assert key in result
    assert result["audit"]["violations"] == []
    assert result["gap"] == pytest.approx(result["bound"] - result["score"])
    assert result["gap"] <= 3.001
    assert result["score"] == pytest.approx(
        sum(t["weight"] * t["score"] for t in result["terms"].values())
        / sum(t["weight"] for t in result["terms"].values())
    )


def test_every_command_prints_json(solved):
    (run,) = fairbook("runs", "list", "--json", cwd=solved).json()
    assert fairbook("runs", "show", run["id"][:5], "--json", cwd=solved).json()["status"] == run["status"]
    assert fairbook("runs", "diff", "base", "latest", "--json", cwd=solved).json()["customers"] == []
    assert fairbook("runs", "audit", "--json", cwd=solved).json()["holds"] is True
    assert fairbook("runs", "log", "--json", cwd=solved).json()[0]["what"] == "saved"
    assert fairbook("check", "plan.yaml", "--json", cwd=solved).json()["customers"] == 400
    assert len(fairbook("export", "latest", "again", "--json", cwd=solved).json()) == 4
    assert fairbook("report", "latest", "--out", "report", "--format", "page", "--json", cwd=solved).json() == [
        "report/page.html"
    ]


def test_check_shows_the_funnel(solved):
    said = fairbook("check", "plan.yaml", cwd=solved).out
    for word in ("400 customers", "with territory", "with skill", "Tightest", "fairbook solve plan.yaml"):
        assert word in said


def test_set_and_scenario_are_recorded(solved):
    done = fairbook(
        "-q", "solve", "plan.yaml", "-s", "stable", "--set", "objectives.fit.weight=5", *QUICK, "--json", cwd=solved
    )
    changes = {c["path"]: (c["old"], c["new"]) for c in done.json()["changes"]}
    assert changes["rules.moves.share"] == (0.25, 0.05)
    assert changes["objectives.fit.weight"] == (4, 5)
    listed = fairbook("runs", "list", "--json", cwd=solved).json()
    assert listed[0]["scenario"] == "stable"
    run_id = listed[0]["id"]
    assert fairbook("runs", "rm", run_id, "--yes", cwd=solved).code == 0
    assert fairbook("runs", "show", run_id, cwd=solved).code == 2


def test_a_table_is_patched_by_an_override(solved):
    done = fairbook("check", "plan.yaml", "--set", "reps.R01=null", "--json", cwd=solved)
    assert done.code in {3, 4, 0}
    assert "R01" in done.out + done.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nonsense",), 2),
        (("solve",), 2),
        (("solve", "plan.yaml", "--gap", "-1"), 2),
        (("solve", "plan.yaml", "--scenario", "nope"), 3),
        (("report", "nope"), 2),
        (("report", "latest", "--format", "fax"), 2),
        (("runs", "rm", "nope", "--yes"), 2),
        (("solve", "plan.yaml", "--set", "rules.moves.share"), 3),
        (("init", "."), 3),
    ],
)
def test_exit_codes(solved, arguments, code):
    done = fairbook(*arguments, cwd=solved)
    assert done.code == code, done.err
    assert done.err.strip()
    assert "Traceback" not in done.err


@pytest.mark.parametrize(("defect", "said"), [("crowded", "breaks"), ("overrated", "the audit")])
def test_a_defect_ends_in_one_and_keeps_nothing(solved, monkeypatch, defect, said):
    """A plan the audit refuses is shown to nobody, whatever the engine says of it.

    One breaks rules and has the score it is said to have; the other keeps them all and is said to score more.
    """
    from solver.engine import solve as engine

    real = engine.solve

    def wrong(instance, *arguments):
        found = real(instance, *arguments)
        if defect == "overrated":
            return replace(found, score=found.score + 0.01)
        first = np.where(instance.indptr[1:] > instance.indptr[:-1], instance.indptr[:-1], -1)
        assert not instance.feasible(first)
        return replace(found, choice=first, score=instance.points(instance.value(first)))

    monkeypatch.setattr(engine, "solve", wrong)
    before = len(fairbook("runs", "list", "--json", cwd=solved).json())
    done = fairbook("-q", "solve", "plan.yaml", *QUICK, "--export", "never", cwd=solved)
    assert done.code == 1
    assert said in done.err
    assert len(fairbook("runs", "list", "--json", cwd=solved).json()) == before
    assert not (solved / "never").exists()


def test_control_c_keeps_the_best_plan(tmp_path):
    fairbook("init", ".", "--example", cwd=tmp_path)
    even = [f"objectives.balance_{metric}.tolerance=0" for metric in ("potential", "workload")]
    process = start("solve", "plan.yaml", "--gap", "0", "--time-limit", "600", "--json",
                    *(word for change in even for word in ("--set", change)), cwd=tmp_path)  # fmt: skip
    assert process.stderr is not None
    seen = ""
    for line in process.stderr:  # the first plain progress line says that the search is on
        seen += line
        if "score" in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, seen + err
    result = json.loads(out)
    assert result["stopped"] == "cancelled"
    assert result["status"] == "feasible"
    assert result["reproducible"] is False
    assert fairbook("runs", "audit", cwd=tmp_path).code == 0


def test_one_worker_and_a_seed_give_the_same_plan(tmp_path):
    fairbook("init", ".", "--example", cwd=tmp_path)
    plans = []
    for folder in ("a", "b"):
        assert fairbook("-q", "solve", "plan.yaml", *QUICK, "--export", folder, cwd=tmp_path).code == 0
        plans.append((tmp_path / folder / "assignment.csv").read_bytes())
    assert plans[0] == plans[1]
    assert json.loads((tmp_path / "a" / "result.json").read_text())["reproducible"] is True


def test_what_is_impossible_by_counting_needs_no_search(solved):
    """The demo has room for fewer customers than it has: said at once, with the figures, and kept as evidence."""
    sets = ("--set", "rules.max_accounts.limit=34", "--time-limit", "2")  # what the search for repairs may take
    done = fairbook("-q", "solve", "plan.yaml", *sets, "--json", cwd=solved)
    assert done.code == 4
    assert done.json()["seconds"] == 0
    assert "max_accounts" in done.json()["findings"][0]["message"]
    assert fairbook("runs", "show", done.json()["run"], cwd=solved).code == 0
    assert fairbook("runs", "rm", done.json()["run"], "--yes", cwd=solved).code == 0


def test_a_closed_pipe_is_no_defect(solved):
    command = f"{sys.executable} -m cli check plan.yaml --json | head -1"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=solved, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
