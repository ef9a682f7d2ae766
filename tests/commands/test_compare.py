"""Comparisons as typed."""

from __future__ import annotations

import shutil

import pytest

from tests.command import fairbook
from tests.commands.conftest import PLAN, write_small

MORE = "overrides: {calm: {rules: {moves: {kind: move_budget, share: 0}}}, bob: {changes: [{rep_leaves: {rep: R2}}]}}\n"


@pytest.fixture(scope="module")
def swept_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    write_small(folder, PLAN + MORE)
    assert fairbook("-q", "sweep", "plan.yaml", "--jobs", "1", cwd=folder).code == 0
    return folder


@pytest.fixture
def swept(swept_once, tmp_path):
    return shutil.copytree(swept_once, tmp_path / "swept")


def test_by_default_the_latest_sweep_in_its_order(swept):
    found = fairbook("compare", "--json", cwd=swept).json()
    assert [one["scenario"] for one in found] == ["base", "calm", "bob"]
    assert {"score", "bound", "gap", "terms", "metrics", "capacity", "reps", "differ"} <= set(found[0])
    assert "customers" not in found[0]
    assert found[2]["notes"] == ["R2 leaves: 2 customers have to move"]
    assert {r["rep_id"]: r["change"] for r in found[2]["reps"]}["R2"] < 0
    listed = fairbook("compare", "--json", "--customers", cwd=swept).json()
    assert [len(one["customers"]) for one in listed] == [one["differ"]["customers"] for one in listed]
    assert fairbook("-q", "sweep", "plan.yaml", "--jobs", "1", "-s", "calm", cwd=swept).code == 0
    assert [one["scenario"] for one in fairbook("compare", "--json", cwd=swept).json()] == ["base", "calm"]
    fairbook("runs", "rm", "calm", "--yes", cwd=swept)
    assert [one["scenario"] for one in fairbook("compare", "--json", cwd=swept).json()] == ["base"]


def test_runs_by_name_in_words_and_pictures(swept):
    done = fairbook("compare", "bob", "base", "--customers", "--charts", "out", "--lang", "zh", cwd=swept)
    assert done.code == 0, done.err
    for said in ("Balance of potential", "Customers kept and moved", "Capacity", "Who gains and loses potential against bob",
                 "R2 leaves: 2 customers have to move", "whose rep is not the same in all"):  # fmt: skip
        assert said in " ".join(done.out.split())
    assert sorted(p.name for p in (swept / "out").iterdir()) == ["reps.png", "reps.svg", "scores.png", "scores.svg"]
    assert "<!-- 各评分项对得分的贡献 -->" in (swept / "out" / "scores.svg").read_text(encoding="utf-8")


def test_without_a_sweep_it_says_so(small):
    assert "no runs yet" in fairbook("compare", cwd=small).err
    assert fairbook("-q", "solve", "plan.yaml", cwd=small).code == 0
    done = fairbook("compare", cwd=small)
    assert done.code == 2
    assert "no sweep in the store" in done.err
    assert [one["scenario"] for one in fairbook("compare", "latest", "--json", cwd=small).json()] == ["base"]
