"""Runs that are not there yet, and runs that go."""

from __future__ import annotations

import io

from tests.command import fairbook


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
