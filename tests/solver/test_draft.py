"""From what rules and terms say to whole numbers, without losing any of it."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.draft import Draft, presence
from solver.instance import NO_LIMIT
from solver.rules.base import Rule
from solver.tables import Tables
from tests.solver.draw import PERIOD, Case, draw_case, draw_choice, draw_people, examples, with_rule

RANDOM = st.randoms(use_true_random=False)


def capacity(amounts: list[float], limit: float, reps: int = 1, **more: object) -> Case:
    customers = [{"customer_id": f"C{j}", "workload": a} for j, a in enumerate(amounts)]
    rules = {"hours": {"kind": "capacity", "limit": limit, **more}}
    return Case(customers, [{"rep_id": f"R{i}"} for i in range(reps)], rules)


@examples(80)
@given(rng=RANDOM)
def test_arrays_are_in_the_order_they_promise(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3)
    inst, pairs = case.instance, case.draft.pairs
    assert inst.indptr[0] == 0
    assert inst.indptr[-1] == inst.n_options == len(inst.option_rep) == len(inst.option_score)
    assert inst.load_indptr[-1] == len(inst.load_row) == len(inst.load_amount)
    for unit in range(inst.n_units):
        own = slice(int(inst.indptr[unit]), int(inst.indptr[unit + 1]))
        assert np.all(inst.option_unit[own] == unit)
        assert np.all(np.diff(inst.option_rep[own]) > 0)
    for option in range(inst.n_options):
        rows = inst.load_row[int(inst.load_indptr[option]) : int(inst.load_indptr[option + 1])]
        assert np.all(np.diff(rows) > 0)
    assert int(inst.unit_size.sum()) == len(case.customers)
    assert np.array_equal(np.bincount(inst.customer_unit, minlength=inst.n_units), inst.unit_size)
    for customer, option in zip(pairs.customer, pairs.option, strict=True):  # each option once for every customer
        assert inst.customer_unit[customer] == pairs.option_unit[option]
    copies = inst.unit_size[pairs.option_unit]
    assert np.array_equal(np.bincount(pairs.option, minlength=inst.n_options), copies)
    for array in (
        inst.row_lower,
        inst.row_upper,
        inst.piece_edge,
        inst.piece_slope,
        inst.load_amount,
        inst.option_score,
    ):
        assert array.dtype == np.int64
    assert np.all(inst.piece_slope > 0)
    assert np.all(np.diff(inst.piece_row) >= 0)


@examples(80)
@given(rng=RANDOM)
def test_pairs_are_laid_out_alike_in_small_pieces(rng: Random) -> None:
    """Memory is bounded by laying out a few kinds of customers at a time."""
    case = draw_case(rng, rules=5, terms=0)
    whole = case.draft.pairs
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("solver.pairs._CHUNK", 1)
        pieces = Draft(case.tables, PERIOD, case.built_rules, {}).pairs
    assert all(np.array_equal(getattr(whole, k), getattr(pieces, k)) for k in vars(whole))


@pytest.mark.parametrize(("amounts", "limit", "step"), [
    ([3, 6, 9], 14.9, 3),  # hours in threes need no steps of one
    ([0.1, 0.2], 0.3, 0.1), ([0.25, 0.5], 0.6, 0.25), ([33.333333], 40, 33.333333), ([1e9, 5e8], 2e9, 5e8),
    ([1e9, 33.333333], 1e9, 0.000001), ([0.000001], 1, 0.000001), ([1000000.01], 5e6, 1000000.01),
])  # fmt: skip
def test_loads_take_the_largest_step_that_is_exact(amounts: list[float], limit: float, step: float) -> None:
    inst = capacity(amounts, limit).instance
    assert 1 / inst.rows[0].unit == pytest.approx(step)
    assert (inst.load_amount / inst.rows[0].unit).tolist() == pytest.approx(amounts)
    assert inst.row_upper[0] / inst.rows[0].unit <= limit + 1e-9
    assert (inst.row_upper[0] + 1) / inst.rows[0].unit > limit


def test_limits_are_rounded_inwards() -> None:
    case = capacity([3, 3, 3], 8, min=4)
    assert (case.instance.row_lower.tolist(), case.instance.row_upper.tolist()) == ([2], [2])
    assert [case.instance.feasible(np.array(c)) for c in ([0, -1, -1], [0, 1, -1], [0, 1, 2])] == [False, True, False]


def test_limits_that_do_not_limit_are_no_rows() -> None:
    case = Case(
        [{"customer_id": "C1"}], [{"rep_id": "R1"}, {"rep_id": "R2", "capacity": 5}], {"c": {"kind": "capacity"}}
    )
    assert [r.of for r in case.instance.rows] == ["R2"]
    assert case.instance.row_lower.tolist() == [-NO_LIMIT]


def test_loads_that_cannot_be_counted_exactly_are_refused_by_name() -> None:
    with pytest.raises(OverflowError, match="hours: workload adds up to more than can be counted exactly"):
        capacity([1e15, 0.000001], 1e15).instance  # noqa: B018
    with pytest.raises(OverflowError, match="decimals"):
        capacity([3e9 + 0.000001] * 4, 1e15).instance  # noqa: B018
    assert capacity([1e15, 1e15], 1e15).instance.n_rows == 1  # whole numbers that large are no difficulty
    assert capacity([1e9, 33.333333], 1e9, reps=20).instance.n_rows == 20  # nobody has twenty reps at once


def test_a_limit_far_beyond_any_load_does_not_overflow() -> None:
    inst = capacity([0.000001], 1e300).instance
    assert inst.row_upper[0] == NO_LIMIT
    assert inst.feasible(np.array([0]))


@examples(60)
@given(rng=RANDOM, scale=st.sampled_from([1, 1e3, 1e6, 1e9]))
def test_loads_of_families_are_exact_to_the_last_decimal(rng: Random, scale: float) -> None:
    amounts = [round(rng.uniform(0, scale), rng.choice((0, 1, 2))) for _ in range(rng.randint(2, 6))]
    cents = sum(round(a * 100) for a in amounts)
    customers = [{"customer_id": f"C{j}", "workload": a, "parent_id": "P"} for j, a in enumerate(amounts)]
    for limit, holds in ((cents / 100, True), ((cents - 1) / 100, False)):
        if limit < 0:
            continue
        rules = {"family": {"kind": "family"}, "hours": {"kind": "capacity", "limit": limit}}
        case = Case(customers, [{"rep_id": "R1"}], rules)
        assert case.instance.feasible(np.array([0])) == holds
        assert (not case.audit({c["customer_id"]: "R1" for c in customers}).violations) == holds


@examples(60)
@given(rng=RANDOM)
def test_two_groupings_join_to_one(rng: Random) -> None:
    """`keep_together` said twice: whoever is linked, however far, is one unit."""
    n = rng.randint(1, 12)
    first, second = ([rng.randrange(n) for _ in range(n)] for _ in range(2))

    class Twice(Rule):
        kind: str = "not registered"

        def apply(self, draft: Draft) -> None:
            draft.keep_together(np.array(first))
            draft.keep_together(np.array(second))

        def audit(self, view: object):  # type: ignore[no-untyped-def]
            yield from ()

        def describe(self) -> str:
            return ""

    Rule.registry.pop("not registered", None)
    tables = Tables.of([{"customer_id": f"C{j}"} for j in range(n)], [{"rep_id": "R1"}])
    draft = Draft(tables, PERIOD, {"twice": Twice()}, {})
    linked = {j: {j} for j in range(n)}
    for _ in range(n):
        for j in range(n):
            for k in range(n):
                if first[j] == first[k] or second[j] == second[k]:
                    linked[j] |= linked[k]
                    linked[k] |= linked[j]
    for j in range(n):
        assert set(np.flatnonzero(draft.label == draft.label[j]).tolist()) == linked[j]
    assert sorted(set(draft.label.tolist())) == list(range(int(draft.label.max()) + 1))


@examples(60)
@given(rng=RANDOM)
def test_presence_and_activity_are_seen_alike(rng: Random) -> None:
    case = Case(*draw_people(rng))
    view = case.audit({}).view
    assert presence(case.tables, PERIOD).tolist() == view.presence
    assert case.draft.reps["rep_id"].tolist() == [view.rep_id(i) for i in range(view.n_reps) if view.active[i]]
    assert case.draft.presence.tolist() == [p for p, a in zip(view.presence, view.active, strict=True) if a]


@pytest.mark.parametrize(("start", "end", "days"), [
    (None, None, 92), ("2026-10-01", "2026-12-31", 92), ("2020-01-01", "2030-01-01", 92), ("2026-12-31", None, 1),
    (None, "2026-10-01", 1), ("2027-01-01", None, 0), (None, "2026-09-30", 0), ("2026-11-16", "2026-11-15", 0),
    ("2026-11-16", "2026-11-16", 1),
])  # fmt: skip
def test_presence_counts_days_first_and_last_included(start: str | None, end: str | None, days: int) -> None:
    tables = Tables.of([], [{"rep_id": "R1", "start_date": start, "end_date": end}])
    assert presence(tables, PERIOD).tolist() == [days / 92]


@examples(60)
@given(rng=RANDOM)
def test_the_instance_counts_what_it_says(rng: Random) -> None:
    case = with_rule(rng, draw_case(rng, rules=3, terms=2), "family")
    inst = case.instance
    choice = draw_choice(rng, case.draft)
    loads = np.zeros(inst.n_rows, dtype=np.int64)
    score = inst.offset
    for option in choice[choice >= 0].tolist():
        score += int(inst.option_score[option])
        for entry in range(int(inst.load_indptr[option]), int(inst.load_indptr[option + 1])):
            loads[inst.load_row[entry]] += inst.load_amount[entry]
    pieces = zip(inst.piece_row, inst.piece_side, inst.piece_edge, inst.piece_slope, strict=True)
    for row, side, edge, slope in pieces:
        score -= int(slope) * max(0, int(side) * (int(loads[row]) - int(edge)))
    assert inst.loads(choice).tolist() == loads.tolist()
    assert inst.value(choice) == score


def test_without_a_term_that_counts_every_plan_is_worth_100() -> None:
    for terms in ({}, {"fit": {"kind": "fit", "weight": 0}}):
        case = Case([{"customer_id": "C1", "potential": 1}], [{"rep_id": "R1"}], terms=terms)
        assert case.instance.points(case.instance.value(np.array([-1]))) == case.audit({}).score == 100


def test_many_terms_on_many_units_stay_within_a_thousandth() -> None:
    customers = [{"customer_id": f"C{j}", "potential": 1 + j / 7} for j in range(300)]
    terms = {f"b{k}": {"kind": "balance", "tolerance": k / 20, "weight": 1 + k / 3} for k in range(8)}
    case = Case(customers, [{"rep_id": f"R{i}"} for i in range(7)], terms=terms)
    assert case.instance.error < 0.001
    rng = Random(1)
    choice = draw_choice(rng, case.draft)
    from tests.solver.draw import assignment_of

    audited = case.audit(assignment_of(case.draft, choice))
    assert case.instance.points(case.instance.value(choice)) == pytest.approx(audited.score, abs=case.instance.error)
