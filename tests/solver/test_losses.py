"""Pairs that each rule takes away, against counting them one by one from the tables."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from solver import losses as counted
from solver.losses import Loss, losses
from solver.rules.base import PairRule, Stage
from tests.solver.draw import Case, draw_case, examples

PEOPLE = (
    [{"customer_id": "C1", "territory": "DE", "required_skills": "cloud", "parent_id": "F"},
     {"customer_id": "C2", "territory": "FR", "parent_id": "F"}, {"customer_id": "C3", "territory": "DE"}],
    [{"rep_id": "R1", "territories": "DE;FR", "skills": ""}, {"rep_id": "R2", "territories": "DE", "skills": "cloud"},
     {"rep_id": "R3", "territories": "FR", "skills": ""}],
)  # fmt: skip


def test_first_alone_and_families() -> None:
    case = Case(*PEOPLE, {kind: {"kind": kind} for kind in ("territory", "skill", "family")})
    assert losses(case.draft) == [
        Loss("territory", 3, 2),  # C1-R3, C2-R2 and C3-R3, the first of which the skill takes too
        Loss("skill", 1, 1),  # C1-R1
        Loss("family", 3, 3),  # of what C1 (R2) and C2 (R1, R3) have, nobody is in both
    ]


@given(st.randoms(use_true_random=False))
@examples(100)
def test_as_the_tables_show_it(rng: Random) -> None:
    case = draw_case(rng, terms=0)
    view = case.audit({}).view
    pairs = {(j, i) for j in range(view.n_customers) for i in range(view.n_reps) if view.active[i]}
    rules = {n: r for n, r in case.draft.rules.items() if isinstance(r, PairRule)}
    taken = {n: {(j, i) for j, i in pairs if i not in view.permitted(r, j)} for n, r in rules.items()}
    found = {loss.rule: loss for loss in losses(case.draft)}
    left = set(pairs)
    for name, gone in taken.items():
        others = set().union(*(g for n, g in taken.items() if n != name))
        assert (found[name].first, found[name].alone) == (len(gone & left), len(gone - others))
        left -= gone
    assert len(pairs) - sum(loss.first for loss in found.values()) == len(case.draft.pairs.customer)
    assert len(found) == len(rules) + any(r.stage is Stage.FAMILY for r in case.draft.rules.values())


@given(st.randoms(use_true_random=False))
@examples(20)
def test_counted_in_parts_or_at_once(rng: Random) -> None:
    case = draw_case(rng, terms=0)
    whole, step = losses(case.draft), counted._CHUNK
    try:
        counted._CHUNK = 1
        assert losses(case.draft) == whole
    finally:
        counted._CHUNK = step
