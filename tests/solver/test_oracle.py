"""Small plans: the engine finds what trying everything finds, and every solver of OR-Tools agrees."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.audit import AGREEMENT
from solver.engine.exact.mip import SolverName, solve_mip
from solver.engine.solution import Options
from solver.engine.solve import solve
from tests.solver.draw import AMOUNTS, PLAIN, Case, assignment_of, draw_case, examples
from tests.solver.oracle import best_of, combinations

RANDOM = st.randoms(use_true_random=False)
PROVE = Options(time_limit=60, gap=0, workers=1, seed=1)


def small(rng: Random, most: int) -> Case:
    numbers = PLAIN if rng.random() < 0.5 else AMOUNTS
    case = draw_case(rng, rules=4, terms=3, most_customers=6, most_reps=4, numbers=numbers)
    assume(combinations(case) <= most)
    return case


@examples(120)
@given(rng=RANDOM)
def test_the_engine_equals_brute_force(rng: Random) -> None:
    case = small(rng, 500)
    best, found = best_of(case), solve(case.instance, PROVE)
    if best is None:
        assert found.status == "infeasible"
        assert found.choice is None
        return
    assert (found.status, found.stopped) == ("optimal", "proven")
    assert found.choice is not None and found.score is not None and found.bound is not None
    audited = case.audit(assignment_of(case.draft, found.choice))
    assert audited.violations == ()
    assert found.unassigned == found.fewest_unassigned == len(audited.unassigned) == best.unassigned
    assert audited.score == pytest.approx(best.score, abs=AGREEMENT)
    assert found.score == pytest.approx(audited.score, abs=case.instance.error)
    assert best.score <= found.bound + 1e-9
    assert found.bound - found.score <= AGREEMENT


@examples(6)
@given(rng=RANDOM)
def test_the_engine_equals_brute_force_on_larger_ones(rng: Random) -> None:
    case = small(rng, 2000)
    assume(combinations(case) > 500)
    best, found = best_of(case), solve(case.instance, PROVE)
    assert (best is None) == (found.status == "infeasible")
    if best is not None:
        assert found.status == "optimal"
        assert found.unassigned == best.unassigned
        assert found.score == pytest.approx(best.score, abs=AGREEMENT)


@pytest.mark.parametrize("name", ["highs", "scip"])
@examples(80)
@given(rng=RANDOM)
def test_other_solvers_agree(name: SolverName, rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3, numbers=PLAIN if rng.random() < 0.5 else AMOUNTS)
    inst = case.instance
    found = solve(inst, PROVE)
    if found.status == "infeasible":
        assert solve_mip(inst, int(inst.unit_size.sum()), name, objective=False).status == "INFEASIBLE"
        return
    assert found.score is not None
    other = solve_mip(inst, found.unassigned, name)
    assert other.status == "OPTIMAL"
    assert other.choice is not None and other.objective is not None and other.bound is not None
    assert inst.feasible(other.choice)
    assert inst.unassigned(other.choice) == found.unassigned
    assert inst.points(other.objective) == pytest.approx(found.score, abs=AGREEMENT)
    assert inst.points(other.bound) >= found.score - AGREEMENT
    if found.unassigned:
        assert solve_mip(inst, found.unassigned - 1, name, objective=False).status == "INFEASIBLE"


@examples(40)
@given(rng=RANDOM)
def test_without_presolve_mips_say_the_same(rng: Random) -> None:
    case = draw_case(rng, rules=5, terms=1)
    inst = case.instance
    impossible = solve(inst, PROVE).status == "infeasible"
    everyone = int(inst.unit_size.sum())
    answer = solve_mip(inst, everyone, "highs", presolve=False, objective=False).status
    assert (answer == "INFEASIBLE") == impossible
