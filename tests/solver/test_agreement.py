"""The model and the audit, which share no code, say the same of any assignment: central promise of the solver."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.engine.exact.exact import feasible
from tests.solver.draw import (
    RULES,
    TERMS,
    Case,
    assignment_of,
    choice_of,
    draw_assignment,
    draw_case,
    draw_choice,
    draw_people,
    eligible_of,
    examples,
    with_rule,
    with_term,
)

RANDOM = st.randoms(use_true_random=False)


def check_choice(rng: Random, case: Case) -> None:
    """A choice of options is a plan for CP-SAT exactly when the audit finds nothing; scores agree either way."""
    choice = draw_choice(rng, case.draft)
    found = case.audit(assignment_of(case.draft, choice))
    holds = not found.violations
    assert case.instance.feasible(choice) == holds, found.violations
    assert feasible(case.instance, choice) == holds, found.violations
    assert case.instance.points(case.instance.value(choice)) == pytest.approx(found.score, abs=case.instance.error)
    assert case.instance.error < 0.001
    assert case.instance.unassigned(choice) == len(found.unassigned)
    assert case.instance.value(choice) <= case.instance.ceiling()


def check_eligible(case: Case) -> None:
    """The pairs of the model are those the tables show."""
    view = case.audit({}).view
    shown = {view.customer_id(j): {view.rep_id(i) for i in e} for j, e in enumerate(view.eligible)}
    assert eligible_of(case.draft) == shown
    assert case.draft.keepable.tolist() == view.keepable


def check_anything(rng: Random, case: Case) -> None:
    """An assignment of anybody to anybody: what no choice of options can say, the audit does not let pass either."""
    assignment = draw_assignment(rng, case)
    violations = case.audit(assignment).violations
    choice = choice_of(case.draft, assignment)
    if choice is None:
        assert violations
    else:
        assert case.instance.feasible(choice) == (not violations)


@pytest.mark.parametrize("kind", sorted(RULES))
@examples(60)
@given(rng=RANDOM)
def test_one_rule(kind: str, rng: Random) -> None:
    case = with_rule(rng, Case(*draw_people(rng)), kind)
    check_eligible(case)
    check_choice(rng, case)
    check_anything(rng, case)


@pytest.mark.parametrize("kind", sorted(TERMS))
@examples(50)
@given(rng=RANDOM)
def test_one_term(kind: str, rng: Random) -> None:
    case = with_term(rng, Case(*draw_people(rng)), kind)
    case = case.but(terms={n: c | {"weight": 1} for n, c in case.terms.items()})
    check_choice(rng, case)
    value = next(iter(case.audit({}).terms.values()))
    assert -1e-9 <= value <= 100 + 1e-9


@examples(150)
@given(rng=RANDOM)
def test_any_mix_of_rules_and_terms(rng: Random) -> None:
    case = draw_case(rng, rules=5, terms=4)
    check_eligible(case)
    check_choice(rng, case)
    check_anything(rng, case)


@examples(60)
@given(rng=RANDOM)
def test_two_rules_of_one_kind(rng: Random) -> None:
    kind = rng.choice(sorted(RULES))
    case = with_rule(rng, with_rule(rng, Case(*draw_people(rng)), kind), kind)
    check_eligible(case)
    check_choice(rng, case)
    check_anything(rng, case)


@examples(80)
@given(rng=RANDOM)
def test_every_term_of_a_plan_that_holds_is_between_0_and_100(rng: Random) -> None:
    case = draw_case(rng, rules=2, terms=4)
    found = case.audit(assignment_of(case.draft, draw_choice(rng, case.draft)))
    assert all(-1e-9 <= value <= 100 + 1e-9 for value in found.terms.values()), found.terms
    assert -1e-9 <= found.score <= 100 + 1e-9
