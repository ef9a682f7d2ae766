from __future__ import annotations

import pytest

from scenarios.plan.patch import patch_rows, resolve
from solver.problems import InputError

PLAN = {
    "period": "2026-Q4",
    "rules": {"moves": {"share": 0.1, "metric": "potential"}, "skill": {}},
    "overrides": {
        "stable": {"rules": {"moves": {"share": 0.05}}},
        "no_skill": {"rules": {"skill": None}},
        "stabler": {"rules": {"moves": {"share": 0.01}}},
        "no_moves_rule": {"rules": {"moves": None}},
        "no_hire": {"reps": {"R07": None}},
    },
    "scenarios": {
        "lean": ["stable", "no_skill"],
        "both": ["stable", "stabler"],
        "odd": ["stable", "no_moves_rule"],
        "one": "stable",
    },
}


def test_base_changes_nothing():
    for name in (None, "base"):
        resolved = resolve(PLAN, name)
        assert resolved.data == PLAN
        assert resolved.changes == ()


def test_overrides_compose_and_changes_are_named():
    resolved = resolve(PLAN, "lean")
    assert resolved.data["rules"] == {"moves": {"share": 0.05, "metric": "potential"}}
    assert [c.line() for c in resolved.changes] == ["rules.moves.share: 0.1 → 0.05", "rules.skill: {} → nothing"]
    assert PLAN["rules"]["moves"]["share"] == 0.1, "the plan itself is never edited"


def test_an_override_is_a_scenario_too():
    assert resolve(PLAN, "stable").data["rules"]["moves"]["share"] == 0.05
    assert resolve(PLAN, "one").data["rules"]["moves"]["share"] == 0.05


@pytest.mark.parametrize("name", ["both", "odd"])
def test_a_key_set_twice_is_an_error(name):
    with pytest.raises(InputError, match="is set by"):
        resolve(PLAN, name)


def test_unknown_names_get_a_suggestion():
    with pytest.raises(InputError, match="did you mean lean"):
        resolve(PLAN, "leen")
    with pytest.raises(InputError, match="did you mean stable"):
        resolve(PLAN | {"scenarios": {"x": ["stabel"]}}, "x")


def test_set_wins_over_overrides():
    resolved = resolve(PLAN, "stable", ["rules.moves.share=0.2", "solve.seed=3"])
    assert resolved.data["rules"]["moves"]["share"] == 0.2
    assert resolved.data["solve"] == {"seed": 3}


@pytest.mark.parametrize("text", ["rules.moves.share", "=3", "rules..share=3", ".=1"])
def test_set_that_sets_nothing(text):
    with pytest.raises(InputError, match="sets nothing"):
        resolve(PLAN, None, [text])


def test_rows_are_patched_by_id():
    rows = {"reps": [{"rep_id": "R01", "capacity": "30"}, {"rep_id": "R07"}], "customers": []}
    changes = []
    patch = {"reps": {"R07": None, "R01": {"capacity": 20}, "R99": {"team": "new"}}}
    assert patch_rows(patch, rows, changes) == []
    assert rows["reps"] == [{"rep_id": "R01", "capacity": 20}, {"rep_id": "R99", "team": "new"}]
    assert "reps.R01.capacity: 30 → 20" in [c.line() for c in changes]


def test_removing_somebody_who_is_not_there_is_said():
    rows = {"reps": [{"rep_id": "R07"}]}
    (problem,) = patch_rows({"reps": {"R70": None}}, rows, [])
    assert "R70" in problem.message
    assert "R07" in problem.fix


def test_a_file_sets_all_its_keys_after_the_scenario(tmp_path):
    file = tmp_path / "o.yaml"
    file.write_text("rules: {moves: {share: 0.2}}\ncustomers: {'1.5': {pinned_rep: R1}}\n", encoding="utf-8")
    resolved = resolve(PLAN, "stable", [f"@{file}", "rules.moves.metric=workload"])
    assert resolved.data["rules"]["moves"] == {"share": 0.2, "metric": "workload"}
    assert resolved.tables == {"customers": {"1.5": {"pinned_rep": "R1"}}}
    with pytest.raises(InputError, match=r"there is no plan file .*none\.yaml"):
        resolve(PLAN, None, [f"@{tmp_path / 'none.yaml'}"])
