"""Conflicts and cures of small random plans that cannot hold, against trying everything without any solver."""

from __future__ import annotations

from itertools import product
from math import prod
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.engine.questions.conflict import Clock, smallest, support
from solver.engine.questions.elastic import cheapest
from solver.engine.solution import Options
from solver.impossible.actions import Menu, RepairCosts, menu_of
from solver.impossible.conflict import member_of, sentences
from solver.impossible.members import Loose, loosen
from solver.instance import Instance
from tests.solver.draw import PLAIN, Case, draw_case, examples, with_rule
from tests.solver.oracle import best_of, combinations

RANDOM = st.randoms(use_true_random=False)
OPTIONS = Options(workers=1, time_limit=10)


def clock() -> Clock:
    return Clock(60)


def tiny(rng: Random) -> Case:
    case = draw_case(rng, rules=4, terms=0, most_customers=4, most_reps=3, numbers=PLAIN)
    return case.but(coverage=rng.random() < 0.7)


def holds(instance: Instance) -> bool:
    """Whether there is a plan: every choice is tried."""
    spans = zip(instance.indptr[:-1].tolist(), instance.indptr[1:].tolist(), strict=True)
    ways = [(-1, *range(a, b)) for a, b in spans]
    return any(instance.feasible(np.array(choice, dtype=np.int64)) for choice in product(*ways))


def taken_apart(case: Case) -> Loose:
    return loosen(case.draft, case.coverage)


@examples(120)
@given(rng=RANDOM)
def test_all_members_together_are_the_plan(rng: Random) -> None:
    case = tiny(rng)
    assume(combinations(case) <= 700)
    loose = taken_apart(case)
    assert holds(loose.keeping(np.ones(len(loose.parts), dtype=bool))) == (best_of(case) is not None)
    assert holds(loose.keeping(np.zeros(len(loose.parts), dtype=bool)))


@examples(150)
@given(rng=RANDOM)
def test_a_conflict_cannot_hold_and_none_of_its_members_can_be_spared(rng: Random) -> None:
    case = tiny(rng)
    loose = taken_apart(case)
    every = np.ones(len(loose.parts), dtype=bool)
    found = smallest(loose, every, OPTIONS, clock())
    assert (found is None) == holds(loose.keeping(every))
    if found is None:
        return
    assert found.minimal and found.confirmed
    kept = np.zeros(len(loose.parts), dtype=bool)
    kept[found.members] = True
    assert not holds(loose.keeping(kept))
    for member in found.members.tolist():
        less = kept.copy()
        less[member] = False
        assert holds(loose.keeping(less)), member_of(loose, member).message
    said = [member_of(loose, m) for m in found.members.tolist()]
    assert all(m.rule in {*case.rules, "coverage"} for m in said)
    assert 0 < len(sentences(said)) <= len(said)


@examples(80)
@given(rng=RANDOM)
def test_what_an_elastic_model_is_stretched_by_cannot_hold(rng: Random) -> None:
    case = tiny(rng)
    found = support(case.instance, clock())
    if found is not None:
        assert not holds(case.instance)
        chosen = np.ones(case.draft.n_customers, dtype=bool) if found.minima else found.units[case.draft.label]
        loose = loosen(case.draft, case.coverage, chosen)
        assert not holds(loose.keeping(np.ones(len(loose.parts), dtype=bool)))


# --- cures --------------------------------------------------------------------------------------------


def cost_of(menu: Menu, reps: tuple[int, ...]) -> float:
    """What it costs to allow one assignment (a rep or -1 for each customer looked at); infinite where nothing does."""
    loose, n_reps = menu.loose, menu.loose.wide.n_reps
    clauses: list[tuple[int, ...]] = []
    for k, rep in enumerate(reps):
        clauses += menu.clauses.get(k * n_reps + rep, []) if rep >= 0 else []
    clauses += [ways for k, ways in menu.served if reps[k] < 0]
    clauses += [ways for members, ways in menu.together if len({reps[k] for k in members}) > 1]
    choice = np.full(loose.wide.n_units, -1, dtype=np.int64)
    for k, rep in enumerate(reps):
        choice[loose.who[k]] = k * n_reps + rep if rep >= 0 else -1
    loads = loose.wide.loads(choice)
    fixed = 0.0
    for slack in menu.slacks:
        limit = (loose.wide.row_upper if slack.side > 0 else loose.wide.row_lower)[slack.row]
        over = max(0, slack.side * int(loads[slack.row] - limit))
        if over:
            fixed += np.inf if slack.cost is None else slack.cost * (over - slack.spare)
    more: dict[str, float] = {}
    for number, cost in menu.groups:
        group = loose.wide.separations[number]
        held = [reps[k] for k in loose.index[group.units].tolist() if reps[k] >= 0]
        over = max((held.count(i) for i in held), default=0) - group.limit
        if over > 0:
            more[group.source] = max(more.get(group.source, 0.0), np.inf if cost is None else cost * over)
    return fixed + sum(more.values()) + hitting(menu, clauses, frozenset())


def hitting(menu: Menu, clauses: list[tuple[int, ...]], taken: frozenset[int]) -> float:
    """The cheapest actions of which each clause has one."""
    left = [c for c in clauses if not taken.intersection(c)]
    if not left:
        return sum(menu.actions[a].cost for a in taken)
    return min((hitting(menu, left, taken | {a}) for a in left[0]), default=np.inf)


@examples(80)
@given(rng=RANDOM)
def test_the_cheapest_cure_is_the_cheapest_of_all(rng: Random) -> None:
    case = with_rule(rng, tiny(rng), rng.choice(("territory", "skill", "capacity", "separation", "exclusion")))
    loose = taken_apart(case)
    assume(len(loose.who) <= 4 and prod([loose.wide.n_reps + 1] * len(loose.who)) <= 300)
    menu = menu_of(loose, RepairCosts(unassigned=rng.choice((None, 1, 5)), territory=rng.choice((0.5, 4))))
    found = cheapest(menu, OPTIONS, clock())
    ways = product(range(-1, loose.wide.n_reps), repeat=len(loose.who))
    best = min(cost_of(menu, reps) for reps in ways)
    if best > 1e3:  # a limit raised to thousands of times itself is no repair
        return
    assert found is not None and found.proven
    assert found.cost == pytest.approx(best, rel=1e-3, abs=1e-4)
    assert cost_of(menu, tuple(found.rep_of.tolist())) == pytest.approx(best, rel=1e-3, abs=1e-4)


def test_a_plan_that_holds_needs_no_cure_and_has_no_conflict() -> None:
    people = [{"customer_id": "C1"}, {"customer_id": "C2"}], [{"rep_id": "R1", "capacity": 5}]
    case = Case(*people, rules={"capacity": {"kind": "capacity"}}, coverage=True)
    loose = taken_apart(case)
    assert smallest(loose, np.ones(len(loose.parts), dtype=bool), OPTIONS, clock()) is None
    cure = cheapest(menu_of(loose, RepairCosts()), OPTIONS, clock())
    assert cure is not None and (cure.cost, cure.actions, cure.raised) == (0, (), {})


def test_a_conflict_keeps_the_few_large_customers_not_the_many_small_ones() -> None:
    customers = [{"customer_id": f"C{n}", "workload": 1} for n in range(8)]
    customers += [{"customer_id": "Big", "workload": 6}, {"customer_id": "Huge", "workload": 7}]
    case = Case(customers, [{"rep_id": "R1", "capacity": 10}], {"capacity": {"kind": "capacity"}}, coverage=True)
    loose = taken_apart(case)
    found = smallest(loose, np.ones(len(loose.parts), dtype=bool), OPTIONS, clock())
    assert found is not None
    assert [member_of(loose, m).message for m in found.members.tolist()] == [
        "Big must have a rep (coverage)",
        "Huge must have a rep (coverage)",
        "R1 may carry at most 10 workload (capacity)",
    ]


def test_members_alike_share_a_sentence() -> None:
    customers = [{"customer_id": f"C{n}", "territory": "EMEA"} for n in range(4)]
    reps = [{"rep_id": "R1", "territories": "EMEA", "max_customers": 3}, {"rep_id": "R2", "territories": "APAC"}]
    rules = {"territory": {"kind": "territory"}, "count": {"kind": "capacity", "metric": "customers"}}
    loose = taken_apart(Case(customers, reps, rules, coverage=True))
    found = smallest(loose, np.ones(len(loose.parts), dtype=bool), OPTIONS, clock())
    assert found is not None
    assert sentences(member_of(loose, m) for m in found.members.tolist()) == [
        "4 customers must each have a rep (coverage): C0, C1, C2 and 1 more",
        "territory leaves 4 customers (EMEA) to R1: C0, C1, C2 and 1 more",
        "R1 may carry at most 3 customers (count)",
    ]
