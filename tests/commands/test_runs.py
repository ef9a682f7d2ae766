"""Runs that are not there yet, and runs that go."""

from __future__ import annotations

import io

from tests.command import fairbook
from tests.commands.conftest import write_small


def test_looking_makes_no_store(small):
    assert fairbook("runs", "list", "--json", cwd=small).json() == []
    assert fairbook("runs", "log", "--json", cwd=small).json() == []
    assert "No runs yet" in fairbook("runs", "list", cwd=small).out
    for command in (
        ("runs", "show"),
        ("runs", "audit"),
        ("runs", "rm", "latest"),
        ("report",),
        ("export", "latest", "out"),
    ):
        done = fairbook(*command, cwd=small)
        assert done.code == 2
        assert "no runs yet" in done.err
    assert sorted(p.name for p in small.iterdir()) == ["customers.csv", "plan.yaml", "reps.csv"]


def test_runs_kept_elsewhere_are_pointed_at(tmp_path):
    """Whoever solved in one folder and looks from another is told where the runs are, and by what command."""
    above, home, below = tmp_path / "above", tmp_path / "above" / "home", tmp_path / "above" / "home" / "q4"
    below.mkdir(parents=True)
    write_small(home)
    assert fairbook("-q", "solve", "plan.yaml", cwd=home).code == 0
    for where, store in ((below, home / ".fairbook" / "runs.db"), (above, "home/.fairbook/runs.db")):
        done = fairbook("report", "latest", cwd=where)
        assert done.code == 2
        assert f"there are runs in {store}: fairbook --store {store}" in done.err
        assert f"fairbook --store {store}" in fairbook("runs", "list", cwd=where).out
    assert "there are runs" not in fairbook("--store", "other.db", "report", cwd=below).err, "another store was named"


def test_the_list_says_what_each_run_set_and_names_follow_it(small):
    assert fairbook("-q", "solve", "plan.yaml", cwd=small).code == 0
    assert fairbook("-q", "solve", "plan.yaml", "--set", "objectives.continuity.weight=6", cwd=small).code == 0
    set_, as_written = fairbook("runs", "list", "--json", cwd=small).json()
    assert set_["changes"] == [{"path": "objectives.continuity.weight", "old": 1, "new": 6}]
    assert as_written["changes"] == []
    assert "objectives.continuity.weight: 1 → 6" in fairbook("runs", "list", cwd=small).out
    both = (as_written["id"], set_["id"])
    assert "base (continuity.weight 6)" in fairbook("compare", *both, cwd=small).out
    told = fairbook("runs", "diff", *both, cwd=small).out
    assert "The weights differ, so the scores do not measure the same" in told
    assert fairbook("runs", "diff", *both, "--json", cwd=small).json()["same_weights"] is False
    assert "weights differ" not in fairbook("runs", "diff", both[0], both[0], cwd=small).out


def test_rm_says_in_json_what_went_and_asks_on_stderr(small, monkeypatch):
    run = fairbook("-q", "solve", "plan.yaml", "--json", cwd=small).json()["run"]
    monkeypatch.setattr("sys.stdin", io.StringIO())
    refused = fairbook("runs", "rm", run, "--json", cwd=small)
    assert refused.code == 130
    assert "for good?" in refused.err
    assert refused.json()["exit_code"] == 130
    assert fairbook("runs", "rm", run, "latest", "--yes", "--json", cwd=small).json() == {"removed": [run]}
    assert fairbook("runs", "list", "--json", cwd=small).json() == []


def test_init_says_in_json_what_it_wrote(tmp_path):
    done = fairbook("init", "new", "--json", cwd=tmp_path)
    assert done.json() == ["new/plan.yaml"]
