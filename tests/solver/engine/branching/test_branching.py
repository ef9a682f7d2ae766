"""Branch and bound on pieces: what bounds the pieces bounds every plan, and its plans keep every limit."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.engine.branching import pieces as cutting
from solver.engine.branching.branching import Branching
from solver.engine.branching.pieces import Pieces
from solver.engine.expand import closed
from solver.engine.improve.construct import from_prices
from solver.engine.prices.price import ROUGH, price
from solver.engine.solution import Options
from solver.engine.solve import solve
from solver.engine.strengthen import tightened
from tests.solver.draw import draw_case, examples
from tests.solver.engine.prices.test_price import first_plan

RANDOM = st.randoms(use_true_random=False)


def closed_case(rng: Random):
    """A small instance in which every unit takes an option, a plan of it, and the best one."""
    case = draw_case(rng, rules=4, terms=3)
    plan = first_plan(case.instance)
    assume(plan is not None)
    shut = closed(case.instance, case.instance.unassigned(plan))
    best = solve(case.instance, Options(time_limit=30, workers=1, engine="exact"))
    assume(best.choice is not None and best.unassigned == case.instance.unassigned(plan))
    return shut.instance, shut.close(plan), shut.close(best.choice)


@examples(60)
@given(rng=RANDOM)
def test_bounds_of_pieces_add_up_to_a_bound_of_all(rng: Random) -> None:
    inst, plan, best = closed_case(rng)
    prices = price(inst, ascent=ROUGH)
    with pytest.MonkeyPatch.context() as patch:
        if rng.random() < 0.5:  # territories that hang together are cut into balls
            patch.setattr(cutting, "_MOST", 0)
            patch.setattr(cutting, "_MOST_OF_BALL", rng.choice([4, 8, 1000]))
        pieces = Pieces(inst, prices.price, plan)
    assert np.all(pieces.bound >= pieces.values(best, inst.loads(best)) - 1e-6)
    assert pieces.rest + pieces.bound.sum() >= inst.value(best) - 1e-6
    slack = 1e-9 * abs(prices.bound) + 1e-6
    assert pieces.rest + pieces.bound.sum() <= prices.bound + slack
    for number in range(pieces.count):
        own, row = pieces.part(number)
        unit = np.flatnonzero(pieces.of_unit == number)
        option = np.flatnonzero(pieces.of_unit[inst.option_unit] == number)
        at = np.searchsorted(option, best[unit])
        assert own.loads(at).tolist() == inst.loads(best)[row].tolist()
        value = pieces.values(best, inst.loads(best))[number]
        assert value - 1e-6 <= own.value(at) <= value + len(unit) + 1e-6


@examples(60)
@given(rng=RANDOM)
def test_branching_bounds_every_plan_and_keeps_every_limit(rng: Random) -> None:
    inst, plan, best = closed_case(rng)
    branching = Branching(inst, price(inst, ascent=ROUGH), 1, rng.randrange(99))
    last = inst.value(plan)
    for looked, found in enumerate(branching.rounds(plan, np.inf, lambda: False)):
        assert inst.feasible(found)
        assert inst.value(found) == branching.value >= last
        assert branching.bound >= inst.value(best) - 1e-6
        plan, last = found, branching.value
        if looked == 20:
            break


def test_most_of_the_gap_of_a_company_is_large_customers(tmp_path) -> None:
    """Some seconds of work, after which bound and plan are nearer each other than prices and rounding bring them."""
    from benchmarks.company import company
    from scenarios.run.prepare import prepare

    inst = tightened(prepare(company(tmp_path, 400, 8)).instance, 0).instance
    prices = price(inst)
    plan = from_prices(inst, prices, 1)
    assert plan is not None
    ends = []
    for _ in range(2):
        branching = Branching(inst, prices, 1, 1)
        for found in branching.rounds(plan, 2.0, lambda: False):
            last = found
        assert inst.feasible(last)
        assert branching.bound < prices.bound
        assert branching.bound - branching.value < 0.5 * (prices.bound - inst.value(plan))
        ends.append((branching.bound, branching.value, last.tolist()))
    assert ends[0] == ends[1]  # the same with one worker and a seed


def test_a_round_that_is_called_off_ends_with_a_valid_bound(tmp_path) -> None:
    from benchmarks.company import company
    from scenarios.run.prepare import prepare

    inst = tightened(prepare(company(tmp_path, 300, 6)).instance, 0).instance
    prices = price(inst)
    plan = from_prices(inst, prices, 1)
    assert plan is not None
    for polls in (1, 2, 4):
        left = iter(range(polls))
        branching = Branching(inst, prices, 2, 1)
        for found in branching.rounds(plan, np.inf, lambda left=left: next(left, None) is None):
            assert inst.feasible(found)
        assert branching.value <= branching.bound <= prices.bound
