from __future__ import annotations

import pytest

from scenarios.sweep.cases import cases
from solver.problems import InputError

PLAN = {"overrides": {"a": {}, "b": {}}, "scenarios": {"one": ["a"], "both": ["a", "b"]}}


def names(*arguments, **more):
    return [c.name for c in cases(*arguments, **more)]


def test_by_default_all_scenarios_or_all_overrides_after_the_base():
    assert names(PLAN) == ["base", "one", "both"]
    assert names({"overrides": {"a": {}}}) == ["base", "a"]
    assert names({}) == ["base"]
    assert names(PLAN, ["both", "base", "both"]) == ["base", "both"]


def test_a_grid_is_every_combination():
    found = cases(PLAN, grid=["rules.moves.share=0.05,0.1,0.05", "solve.engine=exact, price"], sets=["solve.seed=3"])
    assert [c.name for c in found] == [
        "base", "rules.moves.share=0.05 solve.engine=exact", "rules.moves.share=0.05 solve.engine=price",
        "rules.moves.share=0.1 solve.engine=exact", "rules.moves.share=0.1 solve.engine=price",
    ]  # fmt: skip
    assert found[1].sets == ("solve.seed=3", "rules.moves.share=0.05", 'solve.engine="exact"')
    assert [c.is_base for c in found] == [True, False, False, False, False]
    assert names(PLAN, ["one"], ["solve.seed=1,2"]) == ["base", "one solve.seed=1", "one solve.seed=2"]


@pytest.mark.parametrize("text", ["rules.moves.share", "=1", "a..b=1", "a=", "a=[1", "a={"])
def test_a_grid_that_is_none_is_named(text):
    with pytest.raises(InputError, match="--grid"):
        cases(PLAN, grid=[text])


def test_grids_are_bounded_and_keys_given_once():
    with pytest.raises(InputError, match="given twice"):
        cases(PLAN, grid=["solve.seed=1", "solve.seed=2"])
    many = ",".join(map(str, range(200)))
    with pytest.raises(InputError, match="at most 10,000"):
        cases(PLAN, grid=[f"a={many}", f"b={many}"])
