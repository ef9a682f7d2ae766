"""What one more is worth: what solving again says must be the difference of two audited runs."""

from __future__ import annotations

import copy
from dataclasses import replace

import pandas as pd
import pytest

from scenarios.explain.worth import worths
from scenarios.run.reopen import reopen
from scenarios.run.run import audit_again, solve_prepared
from solver.engine.solution import Options
from tests.scenarios.questions import SEEDS, prepared_of, small_run

OPTIONS = Options(time_limit=20, workers=1)


def changed(run, override):
    """The plan with an override made by hand."""
    source, reps = copy.deepcopy(run.plan), run.tables.reps.copy()
    for name, keys in override.get("rules", {}).items():
        source["rules"][name] |= keys
    for rep, cells in override.get("reps", {}).items():
        for column, value in cells.items():
            reps.loc[reps["rep_id"] == rep, column] = value
    for change in override.get("changes", []):
        ((kind, keys),) = change.items()
        if kind == "rep_joins":
            twin = reps[reps["rep_id"] == keys["like"]].assign(rep_id="new", name="new")
            reps = pd.concat([reps, twin], ignore_index=True)
        else:
            at = reps.index[reps["rep_id"] == keys["rep"]][0]
            reps.at[at, "skills"] = {**reps.at[at, "skills"], keys["skill"]: keys["level"]}
    return prepared_of(replace(run.tables, reps=reps), source)


@pytest.mark.parametrize("seed", SEEDS)
def test_confirmed_gains_are_differences_of_audited_runs(seed):
    run = small_run(seed)
    opened = reopen(run)
    like = str(run.tables.reps["rep_id"].iloc[0])
    found = worths(opened, (like,), confirm=4, options=OPTIONS)
    sure = [w for w in found.listed if w.confirmed is not None]
    assert any(w.kind == "rep" for w in sure)
    for w in sure:
        again = solve_prepared(changed(run, w.override), options=OPTIONS)
        assert again.result["status"] == w.confirmed.status == "optimal"
        audited = audit_again(again)
        assert audited.violations == ()
        before = audit_again(run)
        assert w.confirmed.gain == pytest.approx(audited.score - before.score, abs=1e-4)
        assert w.confirmed.unassigned == len(audited.unassigned) - len(before.unassigned)
        assert w.confirmed.lower - 1e-9 <= w.confirmed.gain <= w.confirmed.upper + 1e-9


def test_prices_bound_what_more_room_gains():
    kinds = set()
    for seed in SEEDS:
        opened = reopen(small_run(seed))
        for w in worths(opened, confirm=6, options=OPTIONS).listed:
            kinds.add(w.kind)
            # A higher limit changes nothing but the limit: the plan gains no more than the bound at the prices rises.
            if w.kind in {"capacity", "move_budget"} and w.confirmed and w.confirmed.unassigned == 0:
                lead = opened.instance.points(opened.prices.bound) - opened.score
                assert w.confirmed.gain <= w.points + lead + 2 * opened.instance.error
    assert kinds == {"rep", "capacity", "skill", "move_budget"}


def test_the_most_comes_first_and_nothing_is_solved_that_was_not_asked_for():
    opened = reopen(small_run(1))
    found = worths(opened, confirm=0)
    points = [w.points for w in found.listed]
    assert points == sorted(points, reverse=True)
    assert all(w.confirmed is None for w in found.listed)
    assert len(worths(opened, most=1, confirm=0).listed) == 1


def test_twice_the_units_are_worth_twice_at_the_margin():
    for seed in SEEDS:
        opened = reopen(small_run(seed))
        one = {w.what.split("(")[0].split(" more ")[-1]: w.points for w in worths(opened, confirm=0).listed
               if w.kind == "capacity"}  # fmt: skip
        two = {w.what.split("(")[0].split(" more ")[-1]: w.points for w in worths(opened, units=2, confirm=0).listed
               if w.kind == "capacity"}  # fmt: skip
        assert two.keys() >= one.keys()
        for name, points in one.items():
            assert two[name] == pytest.approx(2 * points)
