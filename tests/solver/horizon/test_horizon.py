"""Several periods as one instance: what it allows and scores is what the ordinary audit of each period says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import prod
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scenarios.horizon.carry import after
from solver.audit import Audit, audit
from solver.engine.solution import Options
from solver.engine.solve import solve
from solver.horizon.horizon import Horizon, horizon_of
from solver.horizon.paths import Stretch, Walks, remembers
from solver.objectives.base import Term
from solver.rules.base import Rule
from solver.tables import Period, Rep, Tables, frame
from tests.solver.draw import PERIOD, PLAIN, Case, draw_case, examples

RANDOM = st.randoms(use_true_random=False)
PROVE = Options(time_limit=20, gap=0, workers=1, seed=1)
PERIODS = (
    PERIOD,
    Period(dt.date(2027, 1, 1), dt.date(2027, 3, 31)),
    Period(dt.date(2027, 4, 1), dt.date(2027, 6, 30)),
)


def stretches_of(rng: Random, case: Case, n: int) -> list[Stretch]:
    """The case in each of n periods: reps leave, come back and ramp up as their dates and a coin say."""
    found = []
    for t in range(n):
        reps = []
        for k, rep in enumerate(case.reps):
            more: dict[str, Any] = {}
            if t:
                more = {
                    "ramp": min(1, rep["ramp"] + 0.5 * t),
                    "active": rep["active"] and (k == 0 or rng.random() < 0.8),
                }
                if str(rep["end_date"]).startswith("2026"):
                    more["end_date"] = "2027-02-10"
            reps.append(Rep.model_validate(rep | more))
        tables = replace(case.tables, reps=frame(Rep, reps))
        found.append(Stretch(f"P{t}", PERIODS[t], tables, case.built_rules, case.built_terms, case.coverage))
    return found


def audited(stretches: Sequence[Stretch], assignments: Sequence[dict[str, str]]) -> list[Audit]:
    """Each period checked by itself, with the books the one before leaves."""
    found, before = [], None
    for t, (s, assignment) in enumerate(zip(stretches, assignments, strict=True)):
        tables = s.tables
        if before is not None:
            state = after(before, stretches[t - 1].period.first, s.period.first, assignments[t - 1]).customers
            tables = replace(tables, customers=state)
        found.append(audit(tables, s.period, s.rules, s.terms, assignment, s.coverage_required))
        before = tables
    return found


def mean(audits: Sequence[Audit]) -> float:
    return float(np.mean([a.score for a in audits]))


def drawn(rng: Random, horizon: Horizon) -> Any:
    inst = horizon.instance
    spans = zip(inst.indptr[:-1].tolist(), inst.indptr[1:].tolist(), strict=True)
    return np.array([rng.randrange(a, b) if b > a else -1 for a, b in spans], dtype=np.int64)


def has(case: Case, *kinds: str) -> bool:
    return any(c["kind"] in kinds for c in (*case.rules.values(), *case.terms.values()))


@examples(60)
@given(rng=RANDOM)
def test_a_choice_of_paths_holds_exactly_when_every_period_does(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3, most_customers=6, most_reps=4, numbers=PLAIN)
    stretches = stretches_of(rng, case, 3)
    horizon = horizon_of(stretches, moves=9)
    choice = drawn(rng, horizon)
    found = audited(stretches, horizon.assignments(choice))
    clean = not any(a.violations for a in found)
    holds = horizon.instance.feasible(choice)
    if holds or not has(case, "move_budget"):  # budgets are kept to the last decimal or a little better
        assert holds == clean, [v.message for a in found for v in a.violations]
    if not horizon.bounded:
        assert any(c["kind"] == "pin" and c["to"] == "current_rep" for c in case.rules.values())
        return
    score, true = horizon.instance.points(horizon.instance.value(choice)), mean(found)
    assert score >= true - horizon.instance.error - 1e-9, "the bound of the instance holds for what is audited"
    weights = sum(c["weight"] for c in case.terms.values())
    if not has(case, "continuity") or not weights:
        assert score == pytest.approx(true, abs=horizon.instance.error + 1e-9)


def every_plan(stretches: Sequence[Stretch], case: Case) -> Any:
    """All ways to give each customer a rep in every period in which somebody may have it, or none in any."""
    ways = []
    for customer in case.tables.customers["customer_id"]:
        open_ = []
        for s in stretches:
            view = audit(s.tables, s.period, {n: r for n, r in s.rules.items() if not remembers(r)}, {}, {}).view
            # A lock to the current rep is among the rules that remember; a pin is not.
            reps = [view.rep_id(i) for i in sorted(view.eligible[view.customer_at[customer]])]
            open_.append(reps or [None])
        ways.append([*product(*open_), (None,) * len(stretches)])
    return ways


@examples(15)
@given(rng=RANDOM)
def test_the_best_paths_equal_brute_force(rng: Random) -> None:
    case = draw_case(rng, rules=3, terms=2, most_customers=3, most_reps=3, numbers=PLAIN)
    case = case.but(customers=[{k: v for k, v in c.items() if k != "parent_id"} for c in case.customers])
    assume(not has(case, "move_budget"))
    stretches = stretches_of(rng, case, 2)
    ways = every_plan(stretches, case)
    assume(1 < prod(map(len, ways)) <= 600)
    horizon = horizon_of(stretches, moves=9)
    found = solve(horizon.instance, PROVE)
    ids = case.tables.customers["customer_id"].tolist()
    best: tuple[int, float] | None = None
    for plan in product(*ways):
        reps = [{c: p[t] for c, p in zip(ids, plan, strict=True) if p[t] is not None} for t in range(2)]
        audits = audited(stretches, reps)
        if not any(a.violations for a in audits):
            key = (sum(all(r is None for r in p) for p in plan), -mean(audits))
            best = key if best is None else min(best, key)
    if best is None:
        assert found.choice is None
        return
    assert found.choice is not None and found.score is not None and found.bound is not None
    audits = audited(stretches, horizon.assignments(found.choice))
    assert not any(a.violations for a in audits)
    assert found.unassigned == best[0]
    if not horizon.bounded:
        return
    assert found.bound >= -best[1] - 1e-3
    assert mean(audits) <= -best[1] + 1e-3
    if not has(case, "continuity"):
        assert mean(audits) == pytest.approx(-best[1], abs=1e-3)


@examples(25)
@given(rng=RANDOM)
def test_a_horizon_of_one_period_is_the_plan_itself(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3, numbers=PLAIN)
    (stretch,) = stretches_of(rng, case, 1)
    horizon = horizon_of([stretch], moves=1)
    assert horizon.instance.n_options == case.instance.n_options
    one, other = solve(horizon.instance, PROVE), solve(case.instance, PROVE)
    assert (one.status, one.unassigned) == (other.status, other.unassigned)
    if one.score is not None:
        assert one.score == pytest.approx(other.score, abs=2e-3)


@examples(25)
@given(rng=RANDOM)
def test_nobody_moves_by_choice_more_often_than_asked(rng: Random) -> None:
    case = draw_case(rng, rules=2, terms=3, numbers=PLAIN)
    case = case.but(customers=[{k: v for k, v in c.items() if k != "parent_id"} for c in case.customers])
    stretches = stretches_of(rng, case, 3)
    horizon = horizon_of(stretches, moves=1)
    audits = audited(stretches, horizon.assignments(drawn(rng, horizon)))
    for j in range(len(case.customers)):
        assert sum(a.view.moved(j) for a in audits) <= 1


def test_one_move_in_time_spares_another() -> None:
    """A rep who is full now has room later: one after another C1 moves twice, together once."""
    reps = [{"rep_id": "R1"}, {"rep_id": "R2"}, {"rep_id": "R3"}]
    customers = [{"customer_id": "C1", "current_rep": "R1", "potential": 10, "grade": 1}]
    rules = {"not_with_1": {"kind": "exclusion", "pairs": [["C1", "R1"]]}}
    later = {"not_with_2": {"kind": "exclusion", "pairs": [["C1", "R2"]]}}

    def stretch(n: int, more: dict[str, Any]) -> Stretch:
        built = {k: Rule.registry[r["kind"]].model_validate(r) for k, r in (rules | more).items()}
        terms = {"keep": Term.registry["continuity"].model_validate({"kind": "continuity", "weight": 1})}
        return Stretch(f"P{n}", PERIODS[n], Tables.of(customers, reps), built, terms)

    horizon = horizon_of([stretch(0, {}), stretch(1, later)])
    assert {tuple(r) for r in horizon.rep.tolist()} == {(1, 2), (2, 2)}
    found = solve(horizon.instance, PROVE)
    assert found.score == pytest.approx(100), "forced moves cost no continuity, wherever they lead"


def test_a_later_move_to_who_knows_the_industry_loses_less() -> None:
    customers = [{"customer_id": "C1", "current_rep": "R1", "industry": "medical", "potential": 5}]
    tables = Tables.of(customers, [{"rep_id": "R1"}, {"rep_id": "R2", "industries": "Medical"}, {"rep_id": "R3"}])
    keep = {"kind": "continuity", "industry_loss": 0.5}
    terms = {"keep": Term.registry["continuity"].model_validate(keep)}
    stretches = [Stretch(f"P{n}", PERIODS[n], tables, {}, terms) for n in range(2)]
    horizon = horizon_of(stretches)
    for to, score in (("R1", 100), ("R2", 75), ("R3", 50)):
        plan = [{"C1": "R1"}, {"C1": to}]
        value = horizon.instance.value(horizon.choice_of(plan))
        assert horizon.instance.points(value) == pytest.approx(score, abs=1e-3)
        assert mean(audited(stretches, plan)) == pytest.approx(score)


def test_holding_counts_from_the_move_on_the_path() -> None:
    rules = {"hold": Rule.registry["holding"].model_validate({"kind": "holding", "months": 6})}
    customers = [{"customer_id": "C1", "current_rep": "R1", "assigned_since": "2020-01-01"}]
    tables = Tables.of(customers, [{"rep_id": "R1"}, {"rep_id": "R2"}])
    horizon = horizon_of([Stretch(f"P{n}", PERIODS[n], tables, rules, {}) for n in range(3)], moves=9)
    paths = {tuple(r) for r in horizon.rep.tolist()}
    assert (1, 0, 0) not in paths and (1, 1, 0) in paths, "after six months it may go back, not before"
    assert (0, 1, 0) not in paths and (0, 1, 1) in paths


def test_few_paths_of_a_unit_are_kept_where_there_are_too_many() -> None:
    reps = [{"rep_id": f"R{k}", "industries": "medical" if k == 3 else ""} for k in range(6)]
    tables = Tables.of([{"customer_id": "C1", "current_rep": "R0", "industry": "medical", "potential": 5}], reps)
    terms = {"fit": Term.registry["fit"].model_validate({"kind": "fit", "profile": {"industry": 1}})}
    stretches = [Stretch(f"P{n}", PERIODS[n], tables, {}, terms) for n in range(3)]
    known = [{"C1": "R5"}, {"C1": "R4"}, {"C1": "R5"}]
    assert horizon_of(stretches, most=4, known=known).choice_of(known).tolist() == [-1], "it moves too often"
    horizon = horizon_of(stretches, moves=3, most=4, known=known)
    assert (horizon.pruned, horizon.instance.n_options) == (1, 4)
    paths = [tuple(r) for r in horizon.rep.tolist()]
    assert (0, 0, 0) in paths and (3, 3, 3) in paths, "to stay, and the most promising"
    assert (5, 4, 5) in paths, "and what is known"
    assert horizon.choice_of(known)[0] >= 0


def many_paths(n_reps: int) -> list[Stretch]:
    """Four periods, one customer of R0; the higher a rep's number the better its fit."""
    skills = [f"s{n}" for n in range(6)]
    reps = [
        {"rep_id": f"R{k}", "skills": "; ".join(f"{s}:{3 + (k >> n) % 3}" for n, s in enumerate(skills))}
        for k in range(n_reps)
    ]
    needs = "; ".join(f"{s}:1" for s in skills)
    tables = Tables.of([{"customer_id": "C1", "current_rep": "R0", "required_skills": needs, "potential": 5}], reps)
    terms = {"fit": Term.registry["fit"].model_validate({"kind": "fit", "profile": {"skill": 1}})}
    first = dt.date(2027, 7, 1)
    periods = (*PERIODS, Period(first, dt.date(2027, 9, 30)))
    return [Stretch(f"P{n}", p, tables, {}, terms) for n, p in enumerate(periods)]


@pytest.mark.parametrize("hurry", [False, True])
def test_far_more_paths_than_are_kept_are_never_walked(hurry: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """90 reps, four periods, three moves: 65 million paths, of which about ten times those kept are looked at."""
    walked, walk = [0], Walks._of_unit

    def counting(self: Walks, *given: Any) -> Any:
        for path in walk(self, *given):
            walked[0] += 1
            assert walked[0] <= 10_000, "far too many"
            yield path

    monkeypatch.setattr(Walks, "_of_unit", counting)
    stretches = many_paths(90)
    known = [{"C1": "R5"}, {"C1": "R4"}, {"C1": "R5"}, {"C1": "R7"}]
    horizon = horizon_of(stretches, moves=4, most=400, known=known, cancelled=lambda: hurry)
    assert horizon.pruned == 1
    assert horizon.instance.n_options <= 400
    assert horizon.choice_of(known)[0] >= 0
    paths = {tuple(r) for r in horizon.rep.tolist()}
    best = max(range(90), key=lambda k: sum((k >> n) % 3 for n in range(6)))
    assert (0,) * 4 in paths and (best,) * 4 in paths, "to stay, and the most promising"
    assert walked[0] > 100


@examples(40)
@given(rng=RANDOM)
def test_paths_are_counted_as_they_are_walked(rng: Random) -> None:
    case = draw_case(rng, rules=3, terms=1, most_customers=4, most_reps=4, numbers=PLAIN)
    assume(not has(case, "holding", "pin"))
    walks = Walks(stretches_of(rng, case, 3), rng.randrange(4), 10**6, ())
    everyone = [[{rep for _, rep in span} for span in spans] for spans in walks.spans]
    for unit in range(walks.units):
        some = [{r for r in everyone[t][unit] if rng.random() < 0.6} for t in range(3)]
        for open_ in ([e[unit] for e in everyone], some):
            more = walks._number_of(unit, open_) - len(list(walks._of_unit(unit, open_)))
            assert more >= 0
            if not walks.must.any():
                assert more <= 1, "the path of nobody in any period alone is not one"


def test_other_customers_or_families_are_refused() -> None:
    rules = {"family": Rule.registry["family"].model_validate({"kind": "family"})}
    one = Tables.of(
        [{"customer_id": "C1", "parent_id": "HQ"}, {"customer_id": "C2", "parent_id": "HQ"}], [{"rep_id": "R1"}]
    )
    two = Tables.of([{"customer_id": "C1"}, {"customer_id": "C2"}], [{"rep_id": "R1"}])
    three = Tables.of([{"customer_id": "C1"}], [{"rep_id": "R1"}])
    for other, message in ((two, "families of P1"), (three, "customers of P1")):
        stretches = [Stretch(f"P{n}", PERIODS[n], t, rules, {}) for n, t in enumerate((one, other))]
        with pytest.raises(ValueError, match=message):
            horizon_of(stretches)


def test_every_kind_that_looks_at_the_current_rep_is_known_to_remember() -> None:
    """Two drafts that differ in current reps alone must be alike for whatever is said not to remember."""
    rng = Random(5)
    for _ in range(60):
        case = draw_case(rng, rules=6, terms=4, numbers=PLAIN)
        rules = {n: r for n, r in case.built_rules.items() if not remembers(r)}
        terms = {n: t for n, t in case.built_terms.items() if not remembers(t)}
        other = case.but(
            customers=[c | {"current_rep": "", "tenure": None, "assigned_since": None} for c in case.customers]
        )
        one, two = (
            Stretch("P", PERIOD, c.tables, rules, terms, case.coverage).draft(True).instance() for c in (case, other)
        )
        assert np.array_equal(one.option_rep, two.option_rep)
        assert np.array_equal(one.option_score, two.option_score)
        assert np.array_equal(one.load_amount, two.load_amount)
