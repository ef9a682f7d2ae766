"""Floors and levels: small plans against all assignments there are, and the priced floors of large plans against those."""

from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import solver.engine.aims.levels as module
from scenarios.plan.priorities import floors_of, levels_of, maker, misfits, solve_levels
from solver.audit import AGREEMENT
from solver.engine.aims.floors import Floor, with_floors
from solver.engine.aims.levels import Aim, Least, maximise, one_after_another, reach
from solver.engine.solution import Options
from tests.solver.draw import PLAIN, Case, assignment_of, draw_case, draw_choice, examples, with_term
from tests.solver.oracle import combinations, options_of

RANDOM = st.randoms(use_true_random=False)
PROVE = Options(time_limit=60, gap=0, workers=1, seed=1)


def plans_of(case: Case) -> list[tuple[int, dict[str, float]]]:
    """Unassigned customers and the terms' values of every assignment that holds, as the audit says."""
    options = options_of(case)
    found = []
    for reps in itertools.product(*options.values()):
        checked = case.audit(dict(zip(options, reps, strict=True)))
        if not checked.violations:
            found.append((len(checked.unassigned), checked.terms))
    fewest = min((n for n, _ in found), default=0)
    return [p for p in found if p[0] == fewest]


def mean(aim: Aim, terms: dict[str, float]) -> float:
    return sum(aim.share(n) * v for n, v in terms.items())


def small(rng: Random, terms: int = 3) -> Case:
    case = draw_case(rng, rules=2, terms=0, most_customers=5, most_reps=3, numbers=PLAIN)
    for _ in range(terms):
        case = with_term(rng, case, rng.choice(("balance", "continuity", "fit", "travel", "balance")))
    assume(2 <= combinations(case) <= 250)
    return case


def valued(rng: Random, case: Case) -> Case:
    """The case with priorities, some of them giving up a little."""
    terms = {}
    give = {p: rng.choice((0, 0, 0.5, 3, 20)) for p in (1, 2, 3)}
    for name, term in case.terms.items():
        priority = rng.choice((1, 2, 3))
        terms[name] = term | {"priority": priority, "give_up": give[priority], "weight": rng.choice((1, 2, 0.5))}
    return case.but(terms=terms)


@examples(80)
@given(rng=RANDOM)
def test_levels_equal_brute_force(rng: Random) -> None:
    case = valued(rng, small(rng))
    plans = plans_of(case)
    assume(plans)
    levels = levels_of(case.built_terms)
    reached = one_after_another(maker(case.draft), levels, [], PROVE)
    assert len(reached) == len(levels)
    for n, one in enumerate(reached):
        found = one.solution
        assert found.status == "optimal" and found.choice is not None
        assert found.score is not None and found.bound is not None
        checked = case.audit(assignment_of(case.draft, found.choice))
        assert checked.violations == ()
        value = mean(one.level.aim, checked.terms)
        assert found.score == pytest.approx(value, abs=AGREEMENT)
        before = reached[:n]
        assert all(mean(b.level.aim, checked.terms) >= b.least - AGREEMENT for b in before)

        def best(loose: float, before=before, one=one) -> float:
            keeps = (t for _, t in plans if all(mean(b.level.aim, t) >= b.least - loose for b in before))
            return max((mean(one.level.aim, t) for t in keeps), default=-np.inf)

        assert best(0) - AGREEMENT <= value <= best(AGREEMENT) + AGREEMENT
        assert found.bound >= best(0) - 1e-9


@examples(60)
@given(rng=RANDOM)
def test_a_plan_with_priorities_as_a_whole(rng: Random) -> None:
    case = valued(rng, small(rng))
    plans = plans_of(case)
    assume(plans)
    found, records, missed = solve_levels(case.draft, case.instance, PROVE)
    assert missed == [] and found.status == "optimal" and found.choice is not None
    assert found.score is not None and found.bound is not None
    checked = case.audit(assignment_of(case.draft, found.choice))
    assert found.score == pytest.approx(checked.score, abs=AGREEMENT)
    levels = levels_of(case.built_terms)
    assert [r["name"] for r in records] == [level.aim.name for level in levels]
    total = sum(t.weight for t in case.built_terms.values())
    for _, terms in plans:  # the bound holds for every plan that keeps what the levels have to keep
        if all(mean(lv.aim, terms) >= r["least"] for lv, r in zip(levels, records, strict=True)):
            score = sum(t.weight * terms[n] for n, t in case.built_terms.items()) / total
            assert score <= found.bound + 1e-6


@examples(80)
@given(rng=RANDOM)
def test_floors_lose_no_plan_and_let_none_through(rng: Random) -> None:
    """A choice, closed with its slacks, is a plan of the floored instance exactly when it keeps the floor."""
    case = small(rng, terms=2)
    inst, (name, *_) = case.instance, case.terms
    other = case.draft.instance({name: 1.0})
    choice = draw_choice(rng, case.draft)
    value = other.points(other.value(choice))
    assume(inst.feasible(choice))
    for least, holds in ((value, True), (value - 1, True), (value + AGREEMENT, False), (value + 1, False)):
        floored = with_floors(inst, [Floor("floor", other, least)])
        closed = floored.close(choice)
        assert floored.instance.feasible(closed) == holds
        assert floored.instance.value(closed) == inst.value(choice)
        assert np.array_equal(floored.open(closed), choice)


@examples(40)
@given(rng=RANDOM)
def test_priced_floors_hold_and_their_bound_too(rng: Random) -> None:
    """What large instances get, on small ones: never better than possible, and the bound never too low."""
    case = small(rng, terms=2)
    plans = plans_of(case)
    assume(plans)
    first, second = (Aim(n, {n: 1.0}) for n in case.terms)
    make = maker(case.draft)
    top = maximise(make, first, [], PROVE)
    assert top.score is not None and top.choice is not None
    floor = Least(first, top.score - 5)
    before, module.EXACT = module.EXACT, 0
    try:
        from solver.engine.solution import Start

        found = maximise(make, second, [floor], PROVE, start=Start(top.choice))
    finally:
        module.EXACT = before
    assert found.choice is not None and found.score is not None and found.bound is not None
    checked = case.audit(assignment_of(case.draft, found.choice))
    assert checked.violations == () and mean(first, checked.terms) >= floor.points - AGREEMENT
    best = max(mean(second, t) for _, t in plans if mean(first, t) >= floor.points)
    assert found.score <= max(mean(second, t) for _, t in plans if mean(first, t) >= floor.points - AGREEMENT) + 1e-3
    assert found.bound >= best - 1e-6


@examples(60)
@given(rng=RANDOM)
def test_at_least_is_reached_or_proven_out_of_reach(rng: Random) -> None:
    case = small(rng, terms=2)
    name = rng.choice(list(case.terms))
    asked = rng.choice((10, 50, 80, 95, 100))
    case = case.but(terms={n: t | ({"at_least": asked} if n == name else {}) for n, t in case.terms.items()})
    free = case.but(terms={n: {k: v for k, v in t.items() if k != "at_least"} for n, t in case.terms.items()})
    plans = plans_of(free)
    assume(plans)
    most = max(t[name] for _, t in plans)
    assume(abs(most - asked) > AGREEMENT or most >= asked)
    found, _, missed = solve_levels(case.draft, case.instance, PROVE)
    if most < asked:
        assert found.status == "infeasible" and f"objectives.{name}.at_least" in missed[0].message
    else:
        assert found.choice is not None and missed == []
        assert case.audit(assignment_of(case.draft, found.choice)).violations == ()


def test_reach_stops_as_soon_as_the_floor_is_kept_and_says_which_is_not() -> None:
    rng = Random(4)
    case = with_term(rng, draw_case(rng, rules=0, terms=0, most_customers=5, most_reps=3, numbers=PLAIN), "fit")
    (name,) = case.terms
    aim = Aim(name, {name: 1.0})
    found, missed = reach(maker(case.draft), [Least(aim, 1.0)], PROVE)
    assert missed is None and found is not None and found.score is not None and found.score >= 1
    _, missed = reach(maker(case.draft), [Least(aim, 101.0)], PROVE)
    assert missed is not None and missed.points == 101.0


def test_what_priorities_cannot_mean_is_said() -> None:
    def said(**terms: dict) -> list[str]:
        case = Case(
            [{"customer_id": "C1"}], [{"rep_id": "R1"}], terms={n: {"kind": "fit"} | t for n, t in terms.items()}
        )
        return [p.code for p in misfits(case.built_terms)]

    assert said(a={}, b={}) == []
    assert said(a={"priority": 1, "give_up": 0.5}, b={"priority": 2}) == []
    assert said(a={"priority": 1}, b={}) == ["one_priority"]
    assert said(a={"give_up": 1}, b={"give_up": 2}, c={"priority": 2}) == ["several_give_up"]
    assert said(a={}, b={"priority": 2, "give_up": 2}) == ["idle_give_up"]


def test_terms_without_weight_make_no_level() -> None:
    terms = {"a": {"kind": "fit", "weight": 0, "priority": 1}, "b": {"kind": "travel", "priority": 2, "at_least": 3}}
    case = Case([{"customer_id": "C1"}], [{"rep_id": "R1"}], terms=terms)
    assert [level.aim.weights for level in levels_of(case.built_terms)] == [{"b": 1.0}]
    assert [(f.aim.weights, f.points) for f in floors_of(case.built_terms)] == [({"b": 1.0}, 3.0)]
