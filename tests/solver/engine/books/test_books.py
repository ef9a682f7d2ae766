"""The bound of whole books holds, its masks keep what is best, and dives give plans that keep every rule."""

from __future__ import annotations

import itertools
import time
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from benchmarks.gap_reader import make_gap
from solver.engine.books import books as module
from solver.engine.books import layout
from solver.engine.books.books import Ascent, Books, knapsack
from solver.engine.books.dive import FIRST, Dive, plans
from solver.engine.exact.exact import Model
from solver.engine.expand import closed
from solver.engine.prices.price import price
from solver.engine.solution import Options
from solver.engine.solve import solve
from tests.solver.draw import PLAIN, draw_case, examples

RANDOM = st.randoms(use_true_random=False)


def never() -> bool:
    return False


def soon() -> float:
    """Long enough for the loops to be compiled on a busy machine."""
    return time.monotonic() + 600


def tight(rng: Random, reps: int, units: int, most: int = 25):
    """Public family D in small: costs fall where uses rise, capacities are tight."""
    use = np.array([[rng.randint(1, most) for _ in range(units)] for _ in range(reps)], dtype=np.int64)
    cost = np.array([[most + 11 - a + rng.randint(-10, 10) for a in row] for row in use.tolist()], dtype=np.int64)
    capacity = np.maximum(use.max(axis=1), (0.8 * use.sum(axis=1) / reps).astype(np.int64))
    return make_gap("tight", cost, use, capacity)


def every_choice(instance):
    """All choices of an instance in which every unit takes an option."""
    spans = zip(instance.indptr[:-1].tolist(), instance.indptr[1:].tolist(), strict=True)
    for choice in itertools.product(*(range(a, b) for a, b in spans)):
        yield np.array(choice, dtype=np.int64)


def run(instance, workers: int = 1) -> Books:
    books = Books(instance, price(instance), workers)
    books.run(soon())
    return books


@examples(40)
@given(rng=RANDOM, units=st.integers(2, 7), reps=st.integers(2, 3))
def test_bound_and_mask_against_all_choices(rng: Random, units: int, reps: int) -> None:
    instance = closed(tight(rng, reps, units).instance, 0).instance
    books = run(instance)
    assert books.bound <= price(instance).bound
    feasible = [c for c in every_choice(instance) if instance.feasible(c)]
    assume(feasible)
    best = max(map(instance.value, feasible))
    assert books.bound >= best - 1e-9
    losses, top = books.losses, Ascent(books, None).exact(books.at) * books.measure + instance.offset
    for value in {best - 1, best - 3}:
        may = books.fixed(value)
        for choice in feasible:
            if instance.value(choice) > value:
                assert may[choice].all()
    for choice in feasible:  # an option's loss is taken off the bound of every plan that takes it
        assert instance.value(choice) <= top - losses[choice].max() + 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_whole_books_close_most_of_what_prices_leave_open(seed: int) -> None:
    gap = tight(Random(seed), 4, 16, 100)
    instance = closed(gap.instance, 0).instance
    books = run(instance)
    optimum = solve(gap.instance, Options(60, 0, 1, 1, "exact"))
    assert optimum.status == "optimal" and optimum.score is not None
    left = (books.bound - optimum.score) / (price(instance).bound - optimum.score)
    assert 0 <= left < 0.6


@examples(80)
@given(rng=RANDOM, cells=st.sampled_from((7, 1 << 14)))
def test_bound_mask_and_dives_on_drawn_plans(rng: Random, cells: int) -> None:
    """Penalties, separations, budgets, minima; also where amounts are too large to be counted cell by cell."""
    inst = draw_case(rng, rules=4, terms=3).instance
    model = Model(inst, int(inst.unit_size.sum()))
    model.minimise_unassigned()
    plan = model.solve(Options(workers=1), "cover", in_points=False).choice
    assume(plan is not None)
    shut = closed(inst, inst.unassigned(plan))
    prices = price(shut.instance)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "MOST_CELLS", cells)
        books = Books(shut.instance, prices)
    books.run(soon())
    model = Model(inst, inst.unassigned(plan))
    model.maximise_score()
    exact = model.solve(Options(workers=1), "exact")
    assert exact.status == "OPTIMAL" and exact.choice is not None
    best = inst.value(exact.choice)
    assert best - 1e-6 <= books.bound <= prices.bound
    taken = shut.close(exact.choice)
    assert books.fixed(best - 1)[taken].all()
    for found in itertools.islice(plans(books, 1, 1, soon(), never), 3):
        if found is not None:
            assert inst.feasible(shut.open(found))
            assert inst.value(shut.open(found)) <= best


def test_losses_hear_that_the_search_is_called_off() -> None:
    instance = closed(tight(Random(1), 4, 16, 100).instance, 0).instance
    over: list[int] = []
    books = Books(instance, price(instance))
    books.run(soon(), lambda: bool(over))
    whole = books.losses
    books._known = None  # as after a better dual point
    over.append(1)
    assert np.all(books.losses <= whole)
    assert books.losses.sum() < whole.sum()  # less is known, nothing wrong
    over.clear()
    assert np.array_equal(books.losses, whole)  # and it is not kept


def test_without_capacities_there_is_nothing_to_gain() -> None:
    gap = make_gap("loose", np.array([[1, 2], [2, 1]]), np.array([[1, 1], [1, 1]]), np.array([5, 5]))
    instance = closed(gap.instance, 0).instance
    prices = price(instance)
    books = Books(instance, prices)
    books.run(soon())
    assert not books.useful and books.bound == prices.bound
    assert books.fixed(0).all()
    assert list(plans(books, 1, 1, soon(), never)) == []


def test_dives_come_close_and_never_lose() -> None:
    gap = tight(Random(5), 8, 60, 100)
    instance = closed(gap.instance, 0).instance
    books = run(instance)
    values = []
    for found in itertools.islice(plans(books, 1, 1, soon(), never), 6):
        if found is not None:
            assert instance.feasible(found)
            values.append(instance.value(found))
    assert values == sorted(values) and values
    assert (books.bound - values[-1]) / gap.plan_cost(found) < 0.01
    better = next(plans(books, 1, 2, soon(), never, found))
    assert better is not None and instance.value(better) >= values[-1]


def test_same_seed_same_plans_and_same_bound_on_any_number_of_threads() -> None:
    instance = closed(tight(Random(9), 6, 40).instance, 0).instance
    one, two = run(instance, 1), run(instance, 3)
    assert one.bound == two.bound and np.array_equal(one.at, two.at)
    first, second = (list(itertools.islice(plans(one, 1, 4, soon(), never), 4)) for _ in range(2))
    assert [None if c is None else c.tolist() for c in first] == [None if c is None else c.tolist() for c in second]


def test_parts_on_threads_come_to_the_same(monkeypatch) -> None:
    instance = closed(tight(Random(9), 6, 40).instance, 0).instance
    one = run(instance, 1)
    monkeypatch.setattr(module, "_PART", 20)
    assert run(instance, 2).bound == one.bound


def test_clock_and_caller_end_it_with_a_bound_that_holds() -> None:
    instance = closed(tight(Random(3), 5, 30).instance, 0).instance
    full = run(instance).bound
    for until, cancelled in ((time.monotonic() - 1, never), (soon(), lambda: True)):
        books = Books(instance, price(instance))
        start = books.bound
        books.run(until, cancelled)
        assert full - 1e-6 <= books.bound <= start
        assert list(plans(books, 1, 1, until, cancelled)) == []
    calls = iter(range(10**9))
    books = Books(instance, price(instance))
    books.run(soon(), lambda: next(calls) > 40)
    assert full - 1e-6 <= books.bound < start


@examples(60)
@given(rng=RANDOM, n=st.integers(0, 7), heat=st.sampled_from((0.02, 0.3, 3.0)))
def test_one_knapsack_against_all_its_books(rng: Random, n: int, heat: float) -> None:
    amount = np.array([rng.randint(0, 9) for _ in range(n)], dtype=np.int64)
    profit = np.array([rng.uniform(-3, 8) for _ in range(n)])
    room, start = np.array([rng.randint(0, 20)]), np.array([0, n])
    worth = {}
    for take in itertools.product((0, 1), repeat=n):
        if amount @ np.array(take, dtype=np.int64) <= room[0]:
            worth[take] = float(profit @ np.array(take, dtype=np.int64))
    best = max(worth.values())
    value, share = np.zeros(1), np.zeros(n)
    knapsack.best_books(start, amount, profit, room, 0, 1, value)
    assert value[0] == pytest.approx(best)
    lost_in, lost_out = np.zeros(n), np.zeros(n)
    knapsack.book_losses(start, amount, profit, room, 0, 1, lost_in, lost_out)
    for i in range(n):
        with_ = max((w for t, w in worth.items() if t[i]), default=-np.inf)
        without = max(w for t, w in worth.items() if not t[i])
        assert lost_in[i] == pytest.approx(best - with_)
        assert lost_out[i] == pytest.approx(best - without, abs=1e-9)
    knapsack.soft_books(start, amount, profit, room, heat, 0, 1, value, share)
    mass = {t: np.exp((w - best) / heat) for t, w in worth.items()}
    total = sum(mass.values())
    # A book of less weight than is counted adds at most 2**n such weights.
    assert value[0] == pytest.approx(best + heat * np.log(total), abs=2**n * heat * 1e-4)
    for i in range(n):
        assert share[i] == pytest.approx(sum(m for t, m in mass.items() if t[i]) / total, abs=2**n * 1e-4)


@examples(20)
@given(rng=RANDOM)
def test_gradient_is_the_slope(rng: Random) -> None:
    """Also over prices of other rows, penalties and options outside any knapsack."""
    inst = draw_case(rng, rules=4, terms=3, numbers=PLAIN).instance
    instance = closed(inst, int(inst.unit_size.sum())).instance
    assume(instance.n_units > 0)
    books = Books(instance, price(instance))
    ascent = Ascent(books, None)
    at = books.at + np.array([rng.uniform(0, 0.5) for _ in books.at])
    heat, step = 2.0, 1e-4
    value, gradient = ascent.smoothed(at, heat)
    rounding = 1e-14 * (1 + abs(value) + float(np.abs(at).sum())) / step  # of the difference of two sums
    for k in range(len(at)):
        up, down = at.copy(), at.copy()
        up[k] += step
        down[k] -= step
        slope = (ascent.smoothed(up, heat)[0] - ascent.smoothed(down, heat)[0]) / (2 * step)
        assert gradient[k] == pytest.approx(slope, abs=1e-3 * (1 + abs(slope)) + rounding)


def test_leaving_the_dives_ends_those_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    books = run(closed(tight(Random(5), 4, 20).instance, 0).instance)
    ended = []

    def endless(self) -> None:
        if self.way is FIRST:
            return
        while not self.cancelled():
            time.sleep(0.001)
        ended.append(self)
        return

    monkeypatch.setattr(Dive, "run", endless)
    found = plans(books, 2, 1, soon(), never)
    assert next(found) is None
    found.close()
    assert ended


def test_profits_so_large_that_doubles_lose_the_unit_fill_no_book_twice() -> None:
    """Rounding makes every item seem certain: more of them than there is room for."""
    start, amount, room = np.array([0, 2]), np.array([161, 161]), np.array([161])
    large = next(p for p in 1e17 + 16.0 * np.arange(1000) if p - (p / 161) * 161 > 12)
    value, share = np.zeros(1), np.zeros(2)
    knapsack.soft_books(start, amount, np.array([large, large]), room, 0.3, 0, 1, value, share)
    assert value[0] == pytest.approx(large)
    assert share.tolist() == pytest.approx([0.5, 0.5], abs=0.2)
