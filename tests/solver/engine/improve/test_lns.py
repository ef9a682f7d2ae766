"""Neighbourhoods name units that can change, and the search over them keeps every limit and never loses."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.engine import kernels
from solver.engine.exact.exact import Model
from solver.engine.expand import closed
from solver.engine.improve.lns import Lns, _State
from solver.engine.improve.neighbourhoods import NEIGHBOURHOODS, Ground, View, choose
from solver.engine.prices.price import price
from solver.engine.solution import Options
from tests.solver.draw import draw_case, examples
from tests.solver.engine.test_solve import company

RANDOM = st.randoms(use_true_random=False)


def closed_plan(case):
    """The closed instance of a case, and a plan of it; (None, None) where there is none."""
    model = Model(case.instance, int(case.instance.unit_size.sum()))
    model.minimise_unassigned()
    plan = model.solve(Options(workers=1), "cover", in_points=False).choice
    if plan is None:
        return None, None
    shut = closed(case.instance, case.instance.unassigned(plan))
    return shut.instance, shut.close(plan)


def ground_of(inst, price_of_rows):
    loss = kernels.reduced(
        inst.indptr, inst.option_score.astype(np.float64), inst.load_indptr, inst.load_row, inst.load_amount,
        price_of_rows,
    )  # fmt: skip
    return Ground(inst, price_of_rows, loss)


def best_of(inst) -> int:
    """The best score, by one CP-SAT model of the whole."""
    model = Model(inst, 0)
    model.maximise_score()
    found = model.solve(Options(time_limit=60, workers=1), "exact")
    assert found.status == "OPTIMAL"
    return inst.value(found.choice)


@pytest.fixture(scope="module")
def middle():
    """A company of 60 customers: its closed instance, a plan, prices."""
    inst, plan = closed_plan(company(60, 6))
    return inst, plan, price(inst)


@pytest.mark.parametrize("name", NEIGHBOURHOODS)
@examples(25)
@given(rng=RANDOM)
def test_neighbourhoods_free_units_that_can_change(name: str, rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3)
    inst, plan = closed_plan(case)
    assume(plan is not None)
    ground = ground_of(inst, price(inst).price)
    busy = np.array([rng.random() < 0.2 for _ in range(inst.n_units)], dtype=bool)
    width = rng.choice((0.0, ground.width(0.5), np.inf))
    view = View(ground, plan, inst.loads(plan), width, busy)
    option, unit = choose(view, name, rng.choice((1, 5, 1000)), np.random.default_rng(rng.randrange(1000)))
    assert np.all(np.diff(option) > 0) and np.all(np.diff(unit) > 0)
    assert not busy[unit].any()
    assert np.array_equal(np.unique(inst.option_unit[option]), unit)
    assert np.all(np.bincount(inst.option_unit[option], minlength=inst.n_units)[unit] > 1)
    assert np.isin(plan[unit], option).all()
    assert np.all((ground.loss[option] <= width) | (option == plan[inst.option_unit[option]]))


@pytest.mark.parametrize("name", NEIGHBOURHOODS)
def test_neighbourhoods_keep_to_the_size_asked_for(name: str, middle) -> None:
    inst, plan, prices = middle
    view = View(ground_of(inst, prices.price), plan, inst.loads(plan), np.inf, np.zeros(inst.n_units, dtype=bool))
    rng = np.random.default_rng(1)
    found = [choose(view, name, size, rng) for size in (40, 80, 160) for _ in range(5)]
    assert all(len(unit) for _, unit in found)
    assert max(len(option) for option, _ in found) <= 160
    assert len({tuple(unit.tolist()) for _, unit in found}) > 1


@examples(60)
@given(rng=RANDOM)
def test_what_units_and_rows_lose_is_the_gap(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3)
    inst, plan = closed_plan(case)
    assume(plan is not None)
    prices = price(inst)
    ground = ground_of(inst, prices.price)
    lost = ground.loss[plan].sum() + ground.row_gap(inst.loads(plan)).sum()
    size = max(1.0, abs(prices.bound), float(np.abs(prices.price * inst.loads(plan)).sum()))
    assert lost == pytest.approx(prices.bound - inst.value(plan), abs=1e-6 * size)


@pytest.mark.parametrize("workers", [1, 2])
@examples(15)
@given(rng=RANDOM)
def test_plans_keep_every_limit_and_never_lose(workers: int, rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3)
    inst, plan = closed_plan(case)
    assume(plan is not None)
    last = inst.value(plan)
    rounds = Lns(inst, price(inst), workers, rng.randrange(1000)).rounds(plan, lambda: False)
    for _, found in zip(range(12), rounds, strict=False):
        assert inst.feasible(found)
        assert inst.value(found) >= last
        last = inst.value(found)


@examples(15)
@given(rng=RANDOM)
def test_small_plans_reach_the_optimum(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3)
    inst, plan = closed_plan(case)
    assume(plan is not None)
    best = best_of(inst)
    rounds = Lns(inst, price(inst), 1, 1).rounds(plan, lambda: False)
    found = plan
    for _, found in zip(range(150), rounds, strict=False):
        if inst.value(found) == best:
            break
    # a sub-solve ends when next to nothing could still be gained
    assert inst.points(best - inst.value(found)) <= 1e-3


def test_one_worker_and_a_seed_give_the_same_plans(middle) -> None:
    inst, plan, prices = middle
    one, other = (
        [
            found.tolist()
            for _, found in zip(range(15), Lns(inst, prices, 1, 7).rounds(plan, lambda: False), strict=False)
        ]
        for _ in range(2)
    )
    assert one == other
    assert inst.value(np.array(one[-1])) > inst.value(plan)


def test_two_workers_free_different_units(middle) -> None:
    inst, plan, prices = middle
    lns, state = Lns(inst, prices, 2, 3), _State(inst, plan)
    running = []
    for _ in range(4):
        running.append(lns._task(state, running))
    units = np.concatenate([task.unit for task in running])
    assert len(units) == len(np.unique(units)) > 0


def test_a_change_that_no_longer_fits_is_left_out(middle) -> None:
    inst, plan, _ = middle
    state = _State(inst, plan)
    rng = np.random.default_rng(5)
    taken = 0
    for _ in range(300):
        unit = np.sort(rng.choice(inst.n_units, size=2, replace=False))
        option = np.array([rng.integers(inst.indptr[u], inst.indptr[u + 1]) for u in unit])
        whole = state.plan.copy()
        whole[unit] = option
        before, better = state.plan, inst.value(whole) - inst.value(state.plan)
        gain = state.take(unit, option)
        assert gain == (better if better > 0 and inst.feasible(whole) else 0)
        assert np.array_equal(state.plan, whole if gain else before)
        assert np.array_equal(state.loads, inst.loads(state.plan))
        assert state.score + inst.offset == inst.value(state.plan)
        taken += gain > 0
    assert taken


def test_cancelling_ends_it_with_the_plan(middle) -> None:
    inst, plan, prices = middle
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 10

    found = [plan, *Lns(inst, prices, 2, 1).rounds(plan, cancelled)]
    assert len(asked) > 10
    assert inst.feasible(found[-1]) and inst.value(found[-1]) >= inst.value(plan)
    assert list(Lns(inst, prices, 2, 1).rounds(plan, lambda: True)) == []


def test_no_choice_no_rounds(middle) -> None:
    inst, plan, prices = middle
    own = np.sort(plan)
    entries = [np.arange(inst.load_indptr[o], inst.load_indptr[o + 1]) for o in own.tolist()]
    only = replace(
        inst,
        indptr=np.arange(inst.n_units + 1),
        option_unit=inst.option_unit[own],
        option_rep=inst.option_rep[own],
        option_score=inst.option_score[own],
        load_indptr=np.r_[0, np.cumsum([len(e) for e in entries])].astype(np.int64),
        load_row=inst.load_row[np.concatenate(entries)],
        load_amount=inst.load_amount[np.concatenate(entries)],
    )
    assert list(Lns(only, prices, 1, 1).rounds(np.arange(inst.n_units), lambda: False)) == []
