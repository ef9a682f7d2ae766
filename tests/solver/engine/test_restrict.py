"""The instance of some units says of every choice what the whole instance says."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.engine.expand import closed, expanded
from solver.engine.restrict import restricted
from tests.solver.draw import Case, draw_case, draw_choice, examples

RANDOM = st.randoms(use_true_random=False)


def other_choice(rng: Random, sub, start):
    """A choice of the smaller instance: some units take any option here, and may stay out if they are out already."""
    inst = sub.instance
    choice = sub.close(start)
    for unit in range(inst.n_units):
        options = list(range(int(inst.indptr[unit]), int(inst.indptr[unit + 1])))
        if choice[unit] < 0:
            options.append(-1)
        if options and rng.random() < 0.7:
            choice[unit] = rng.choice(options)
    return choice


@examples(150)
@given(rng=RANDOM)
def test_same_score_loads_and_limits_as_the_whole(rng: Random) -> None:
    case = draw_case(rng, rules=5, terms=3)
    inst = expanded(case.instance)
    start = draw_choice(rng, case.draft)
    keep = np.array([rng.random() < 0.5 for _ in range(inst.n_options)], dtype=bool)
    sub = restricted(inst, keep, start)
    assert sub.instance.value(sub.close(start)) == inst.value(start)
    for _ in range(5):
        choice = other_choice(rng, sub, start)
        whole = sub.open(choice)
        assert np.array_equal(sub.close(whole), choice)
        assert sub.instance.value(choice) == inst.value(whole)
        assert sub.instance.feasible(choice) == inst.feasible(whole)
        elsewhere = np.setdiff1d(np.arange(inst.n_units), sub.unit)
        assert np.array_equal(whole[elsewhere], start[elsewhere])


@examples(60)
@given(rng=RANDOM)
def test_the_same_where_staying_out_is_an_option(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3)
    start = draw_choice(rng, case.draft)
    shut = closed(case.instance, int(case.instance.unit_size.sum()))
    inst = shut.instance
    plan = shut.close(start)
    if np.any(plan < 0):  # a unit that must not stay out does
        return
    keep = np.array([rng.random() < 0.5 for _ in range(inst.n_options)], dtype=bool)
    sub = restricted(inst, keep, plan)
    for choice in (sub.close(plan), other_choice(rng, sub, plan)):
        assert sub.instance.value(choice) == inst.value(sub.open(choice))
        assert sub.instance.feasible(choice) == inst.feasible(sub.open(choice))
        assert np.all(choice >= 0)


@examples(60)
@given(rng=RANDOM)
def test_only_units_with_a_choice_and_rows_with_loads_are_left(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3)
    inst = closed(case.instance, int(case.instance.unit_size.sum())).instance
    plan = inst.indptr[:-1].copy()
    if np.any(np.diff(inst.indptr) == 0):
        return
    keep = np.array([rng.random() < 0.4 for _ in range(inst.n_options)], dtype=bool)
    sub = restricted(inst, keep, plan)
    small = sub.instance
    assert np.all(np.diff(small.indptr) > 1)
    assert np.all(keep[sub.option] | np.isin(sub.option, plan))
    assert np.array_equal(inst.option_unit[sub.option], sub.unit[small.option_unit])
    assert np.array_equal(np.bincount(small.customer_unit, minlength=small.n_units), small.unit_size)
    kept = keep.copy()
    kept[plan] = True
    ways = np.bincount(inst.option_unit[kept], minlength=inst.n_units)
    assert np.array_equal(sub.unit, np.flatnonzero(ways > 1))
    idle = np.setdiff1d(np.arange(small.n_rows), small.load_row)
    assert np.all((small.row_lower[idle] > 0) | (small.row_upper[idle] < 0))


def test_an_option_that_is_not_there_is_refused() -> None:
    reps = [{"rep_id": f"R{i}"} for i in range(3)]
    inst = Case([{"customer_id": "C0", "potential": 1}], reps, terms={"fit": {"kind": "fit"}}).instance
    assert inst.n_options == 3
    sub = restricted(inst, np.array([False, True, False]), np.array([0]))
    assert sub.close(np.array([1])).tolist() == [1]
    with pytest.raises(ValueError, match="does not have"):
        sub.close(np.array([2]))
