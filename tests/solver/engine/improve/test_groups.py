"""Groups of reps improved side by side share budgets without ever breaking one."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.arrays import Ints
from solver.engine.expand import closed
from solver.engine.improve.groups import Parcels, grouped
from solver.engine.improve.improve import anneal
from solver.engine.prices.price import price
from solver.engine.prices.reduce import reduced_costs
from solver.instance import Instance
from tests.solver.draw import draw_case, examples
from tests.solver.engine.prices.test_price import first_plan

RANDOM = st.randoms(use_true_random=False)


def endless(width: float):
    """The same width for every group."""
    while True:
        yield width


@examples(60)
@given(rng=RANDOM)
def test_groups_are_small_and_cover_every_rep(rng: Random) -> None:
    case = draw_case(rng, rules=3, terms=2)
    inst = closed(case.instance, 0).instance
    size = rng.randint(1, 4)
    group = grouped(inst, np.ones(inst.n_options, dtype=bool), size, np.random.default_rng(rng.randrange(99)))
    assert len(group) == inst.n_reps
    assert group.min() == 0
    assert np.bincount(group).max() <= size
    assert np.array_equal(np.unique(group), np.arange(group.max() + 1))


def started(rng: Random) -> tuple[Instance, Ints]:
    """A drawn instance, closed, and a first plan of it."""
    instance = draw_case(rng, rules=5, terms=3).instance
    plan = first_plan(instance)
    assume(plan is not None)
    shut = closed(instance, instance.unassigned(plan))
    return shut.instance, shut.close(plan)


@examples(80)
@given(rng=RANDOM)
def test_parcels_worked_on_at_once_keep_every_limit(rng: Random) -> None:
    inst, plan = started(rng)
    prices = price(inst)
    draws = np.random.default_rng(rng.randrange(99))
    parcels = Parcels(inst, plan, prices.price)
    for _ in range(2):
        group = grouped(inst, np.ones(inst.n_options, dtype=bool), 2, draws)
        out = list(
            parcels.cut(reduced_costs(inst, prices.smooth), group, endless(np.inf), np.inf, draws)
        )  # all out before any is back
        found = [
            anneal(p.sub.instance, p.sub.close(parcels.plan), 1e9, 500, rng.randrange(99), np.zeros(1, dtype=np.int64))
            for p in out
        ]
        for parcel, (_, choice) in zip(out, found, strict=True):
            parcels.merge(parcel, None if rng.random() < 0.2 else choice)
            assert inst.feasible(parcels.plan)
            assert parcels.value == inst.value(parcels.plan)
            assert np.array_equal(parcels.loads, inst.loads(parcels.plan))


@examples(30)
@given(rng=RANDOM)
def test_a_round_left_half_way_takes_nothing_away_from_the_next(rng: Random) -> None:
    inst, plan = started(rng)
    prices = price(inst)
    loss, everybody = reduced_costs(inst, prices.smooth), np.ones(inst.n_options, dtype=bool)
    group = grouped(inst, everybody, 2, np.random.default_rng(1))
    parcels = Parcels(inst, plan, prices.price)
    fresh = list(parcels.cut(loss, group, endless(np.inf), np.inf, np.random.default_rng(2)))  # none is merged
    again = list(parcels.cut(loss, group, endless(np.inf), np.inf, np.random.default_rng(2)))
    for one, other in zip(fresh, again, strict=True):
        assert np.array_equal(one.spare_up, other.spare_up)
        assert np.array_equal(one.spare_down, other.spare_down)
