"""Prices give valid bounds, annealing keeps every limit, and both ways through the engine agree."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.engine.exact.exact import Model
from solver.engine.expand import closed, expanded
from solver.engine.improve.construct import construct, from_prices
from solver.engine.improve.improve import Improver
from solver.engine.prices.price import ROUGH, price
from solver.engine.prices.reduce import open_options, reduced_costs, shortlist
from solver.engine.solution import Options, Prices, Start, prices_by_row
from solver.engine.solve import solve
from tests.solver.draw import RULES, TERMS, Case, draw_case, draw_choice, draw_people, examples, with_rule, with_term

RANDOM = st.randoms(use_true_random=False)


def first_plan(instance):
    """A plan that keeps every rule, however many customers it leaves out; None where there is none."""
    model = Model(instance, int(instance.unit_size.sum()))
    model.minimise_unassigned()
    return model.solve(Options(workers=1), "cover", in_points=False).choice


@examples(80)
@given(rng=RANDOM)
def test_closing_keeps_loads_and_score(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3)
    inst = expanded(case.instance)
    choice = draw_choice(rng, case.draft)
    most = inst.unassigned(choice)
    assume(not np.any(inst.required & (choice < 0)))
    shut = closed(case.instance, most)
    taken = shut.close(choice)
    assume(np.all(taken >= 0))  # with nobody to spare only units without any option may stay out
    assert np.array_equal(shut.open(taken), choice)
    assert shut.instance.value(taken) == inst.value(choice)
    assert shut.instance.loads(taken)[: inst.n_rows].tolist() == inst.loads(choice).tolist()
    assert shut.instance.feasible(taken) == inst.feasible(choice)


@examples(60)
@given(rng=RANDOM)
def test_the_bound_holds_for_every_plan(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3)
    plan = first_plan(case.instance)
    assume(plan is not None)
    most = case.instance.unassigned(plan)
    exact = solve(case.instance, Options(time_limit=30, workers=1, engine="exact"))
    shut = closed(case.instance, most)
    prices = price(shut.instance)
    assert exact.score is not None
    assert prices.bound >= exact.score * case.instance.scale - 1e-6 * case.instance.scale
    again = price(shut.instance, start=prices.price)
    assert again.bound >= exact.score * case.instance.scale - 1e-6 * case.instance.scale


@examples(40)
@given(rng=RANDOM)
def test_annealing_keeps_every_limit_and_never_loses(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3)
    plan = first_plan(case.instance)
    assume(plan is not None)
    shut = closed(case.instance, case.instance.unassigned(plan))
    inst = shut.instance
    start = shut.close(plan)
    last = inst.value(start)
    improver = Improver(inst, price(inst), 1, rng.randrange(1000))
    for _ in range(3):
        for found in improver.rounds(start, lambda: False):
            assert inst.feasible(found)
            assert case.instance.feasible(shut.open(found))
            assert inst.value(found) == improver.value >= last
            start, last = found, improver.value


@examples(60)
@given(rng=RANDOM)
def test_a_plan_rounded_from_prices_keeps_every_limit(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3)
    homeless = np.diff(case.instance.indptr) == 0
    assume(not np.any(homeless & case.instance.required))
    shut = closed(case.instance, int(case.instance.unit_size[homeless].sum()))
    found = from_prices(shut.instance, price(shut.instance, ascent=ROUGH), 1)
    assume(found is not None)
    assert shut.instance.feasible(found)
    assert case.instance.feasible(shut.open(found))


@examples(60)
@given(rng=RANDOM)
def test_what_prices_rule_out_is_in_no_better_plan(rng: Random) -> None:
    case = draw_case(rng, rules=3, terms=3)
    plan = first_plan(case.instance)
    assume(plan is not None)
    shut = closed(case.instance, case.instance.unassigned(plan))
    inst = shut.instance
    best = solve(case.instance, Options(30, 0, 1, 1, "exact"))
    assume(best.choice is not None and best.unassigned == case.instance.unassigned(plan))
    top = shut.close(best.choice)
    prices = price(inst)
    still = open_options(reduced_costs(inst, prices.price), prices.bound, inst.value(top) - 1)
    assert still[top].all()
    listed = shortlist(inst, reduced_costs(inst, prices.price), 1, top)
    assert listed[top].all()


def test_prices_go_from_one_plan_to_its_neighbour_by_name(tmp_path) -> None:
    from benchmarks.company import company
    from scenarios.run.prepare import prepare

    path = company(tmp_path, 300, 6)
    cold = solve(prepare(path).instance, Options(time_limit=60, gap=0.3, workers=1, engine="price"))
    assert cold.prices
    near = prepare(path, sets=("rules.moves.share=0.2",)).instance
    warm = solve(near, Options(60, 0.3, 1, 1, "price"), start=Start(cold.choice, cold.prices))
    assert warm.score is not None and warm.bound is not None and warm.bound - warm.score <= 0.3 + 2 * near.error
    first = next(p for p in warm.trace if p.score is not None)
    assert first.score == near.points(near.value(cold.choice))
    by_row = prices_by_row(near, cold.prices)
    named = Prices(by_row, 0.0, 0, by_row).named(near)
    assert named == pytest.approx({k: v for k, v in cold.prices.items() if k in named})


def test_prices_of_other_plans_prove_nothing_wrong() -> None:
    case = draw_case(Random(5), rules=4, terms=3)
    good = solve(case.instance, Options(30, 0, 1, 1, "price"))
    names = [(r.source, r.of, r.metric) for r in case.instance.rows]
    odd = Start(np.zeros(3, dtype=np.int64), dict.fromkeys(names, 1e6))
    again = solve(case.instance, Options(30, 0, 1, 1, "price"), start=odd)
    assert (again.status, again.unassigned) == (good.status, good.unassigned)
    assert again.score == pytest.approx(good.score)


@examples(200)
@given(rng=RANDOM)
def test_both_engines_agree_within_their_gaps(rng: Random) -> None:
    """Every kind of rule and of term is switched on or off at random."""
    case = Case(*draw_people(rng), coverage=rng.random() < 0.3)
    for kind in sorted(RULES):
        case = with_rule(rng, case, kind) if rng.random() < 0.4 else case
    for kind in sorted(TERMS):
        case = with_term(rng, case, kind) if rng.random() < 0.6 else case
    one, other = (solve(case.instance, Options(30, 0, 1, 1, engine)) for engine in ("exact", "price"))
    assert one.status == other.status
    if one.score is None or other.score is None or one.bound is None or other.bound is None:
        return
    assert one.unassigned == other.unassigned
    gaps = (one.bound - one.score) + (other.bound - other.score)
    assert abs(one.score - other.score) <= gaps + 1e-9
    assert min(one.bound, other.bound) >= max(one.score, other.score) - 1e-9


def test_greedy_then_prices_on_a_company(tmp_path) -> None:
    """At a size where the exact stage is far from the end, prices and annealing come close to the bound."""
    from benchmarks.company import company
    from scenarios.run.prepare import prepare

    instance = prepare(company(tmp_path, 300, 6)).instance
    plan = construct(instance, 1)
    before = instance.value(plan)
    found = solve(instance, Options(time_limit=60, gap=0.3, workers=1, engine="price"))
    assert found.score is not None and found.bound is not None
    assert instance.points(before) < found.score
    assert found.bound - found.score <= 0.3 + 2 * instance.error
    assert found.stopped == "gap"
