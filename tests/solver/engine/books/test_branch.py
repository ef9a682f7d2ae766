"""Branch and bound below whole books misses no plan, and what is made of it proves what it says."""

from __future__ import annotations

import time
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.engine.books import layout
from solver.engine.books import tight as module
from solver.engine.books.books import Books
from solver.engine.books.branch import Branch
from solver.engine.books.tight import Tight
from solver.engine.exact.exact import Model
from solver.engine.expand import closed
from solver.engine.prices.price import price
from solver.engine.restrict import restricted
from solver.engine.solution import Options
from solver.engine.solve import solve
from tests.solver.draw import draw_case, examples
from tests.solver.engine.books.test_books import every_choice, run, soon, tight

RANDOM = st.randoms(use_true_random=False)
MUCH = 1 << 40


def never() -> bool:
    return False


def halt() -> np.ndarray:
    return np.zeros(1, dtype=np.int64)


def everything(instance):
    """All options open, from any choice."""
    return restricted(instance, np.ones(instance.n_options, dtype=bool), instance.indptr[:-1].copy())


@examples(40)
@given(rng=RANDOM, units=st.integers(2, 7), reps=st.integers(2, 3))
def test_all_choices_say_the_same(rng: Random, units: int, reps: int) -> None:
    instance = closed(tight(rng, reps, units).instance, 0).instance
    branch = Branch(run(instance))
    values = [instance.value(c) for c in every_choice(instance) if instance.feasible(c)]
    best = max(values, default=-1)
    for target in {best - 7, best, best + 1}:
        found = branch.search(everything(instance), target, MUCH, halt())
        assert found.done
        assert (found.choice is None) == (not values or target > best)
        if found.choice is not None:
            assert instance.feasible(found.choice)
            assert instance.value(found.choice) == best


@examples(60)
@given(rng=RANDOM)
def test_drawn_plans_with_penalties_budgets_and_minima(rng: Random) -> None:
    inst = draw_case(rng, rules=4, terms=3).instance
    model = Model(inst, int(inst.unit_size.sum()))
    model.minimise_unassigned()
    plan = model.solve(Options(workers=1), "cover", in_points=False).choice
    assume(plan is not None)
    shut = closed(inst, inst.unassigned(plan))
    books = Books(shut.instance, price(shut.instance))
    books.run(soon())
    branch = Branch(books)
    exact = Model(shut.instance, 0)
    exact.maximise_score()
    best = exact.solve(Options(workers=1), "exact").objective
    assert best is not None
    start = shut.close(plan)
    found = branch.search(restricted(shut.instance, np.ones(shut.instance.n_options, dtype=bool), start), best, MUCH,
                          halt())  # fmt: skip
    assert found.done and found.choice is not None
    assert shut.instance.value(found.choice) == best and shut.instance.feasible(found.choice)
    assert branch.search(everything(shut.instance), best + 1, MUCH, halt()).choice is None


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_proven_is_the_optimum(seed: int, workers: int) -> None:
    gap = tight(Random(seed), 5, 24, 100)
    exact = solve(gap.instance, Options(60, 0, 1, 1, "exact"))
    assert exact.status == "optimal" and exact.score is not None
    books = run(closed(gap.instance, 0).instance)
    branch = Branch(books)
    assert branch.whole
    start = solve(gap.instance, Options(5, 50.0, 1, 1, "exact")).choice
    assert start is not None
    seen = list(Tight(branch, books, start, workers, 1, soon()).news(never))
    assert [n.value for n in seen] == sorted(n.value for n in seen)
    assert [n.bound for n in seen] == sorted((n.bound for n in seen), reverse=True)
    assert all(n.value <= exact.score <= n.bound + 1e-6 for n in seen)
    assert books.instance.feasible(seen[-1].plan)
    assert seen[-1].proven and seen[-1].value == exact.score


@examples(40)
@given(rng=RANDOM, units=st.integers(3, 6), reps=st.integers(2, 3))
def test_a_proof_holds_where_the_books_are_worse_than_loads_alone(rng: Random, units: int, reps: int) -> None:
    """Coarse cells and no time for the books: their prices prove less than the bound they were given."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "MOST_CELLS", 12)
        instance = closed(tight(rng, reps, units).instance, 0).instance
        books = Books(instance, price(instance))
        books.run(time.monotonic() - 1)
        plans = [c for c in every_choice(instance) if instance.feasible(c)]
        assume(plans)
        worst, best = min(plans, key=instance.value), max(map(instance.value, plans))
        proof = Tight(Branch(books), books, worst, 1, 1, soon())
        for _ in range(100):
            if proof.bound < proof.value + 1:
                break
            task = proof._prove()
            proof._learn(task, *task.run())
        assert proof.bound < proof.value + 1
        assert proof.value == best
        assert proof.bound >= best - 1e-9


def test_the_engine_says_optimal() -> None:
    gap = tight(Random(4), 8, 60, 100)
    found = solve(gap.instance, Options(60, 0, 2, 1))
    assert (found.status, found.stopped) == ("optimal", "proven")
    assert found.bound == pytest.approx(found.score)
    assert found.choice is not None and gap.offset - gap.plan_cost(found.choice) == found.score


def test_one_worker_and_a_seed_go_the_same_way() -> None:
    books = run(closed(tight(Random(9), 6, 40).instance, 0).instance)
    start = Model(books.instance, 0).solve(Options(workers=1), "any", in_points=False).choice
    assert start is not None
    ways = [[(n.value, n.bound, n.stage) for n in Tight(Branch(books), books, start, 1, 3, soon()).news(never)]
            for _ in range(2)]  # fmt: skip
    assert ways[0] == ways[1] and len(ways[0]) > 1


def test_budget_clock_and_caller_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = closed(tight(Random(5), 8, 60, 100).instance, 0).instance
    books = run(instance)
    branch = Branch(books)
    best = int(books.bound)
    stopped = halt()
    stopped[0] = 1
    assert not branch.search(everything(instance), best - 40, 1, halt()).done
    assert not branch.search(everything(instance), best - 40, MUCH, stopped).done
    start = Model(instance, 0).solve(Options(workers=1), "any", in_points=False).choice
    assert start is not None
    assert list(Tight(branch, books, start, 2, 1, time.monotonic() - 1).news(never)) == []
    assert list(Tight(branch, books, start, 2, 1, soon()).news(lambda: True)) == []
    news = Tight(branch, books, start, 2, 1, soon()).news(never)
    next(news)
    news.close()  # whoever wants no more waits for no task
    monkeypatch.setattr(module, "_PROOF_SHARE", 0.0)  # a proof that takes too long makes place for plans
    kinds = {n.stage for _, n in zip(range(40), Tight(branch, books, start, 2, 1, soon()).news(never), strict=False)}
    assert kinds & {"dive", "regroup"}
