"""What it costs if a rep has to take a customer, held against the best plan with that pair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import scenarios.explain.insist
from scenarios.explain.insist import insist
from scenarios.explain.why import why
from scenarios.run.reopen import reopen
from solver.engine.exact.exact import Model
from solver.engine.solution import Options
from solver.problems import InputError
from tests.scenarios.questions import SEEDS, prepare_small, small_run


def best_with(opened, customer, rep):
    """(customers unassigned, points) of the best plan with a pair, None where there is none: CP-SAT, told the pair."""
    inst = opened.instance
    unit = opened.draft.label[customer]
    option = next(o for o in np.flatnonzero(inst.option_unit == unit) if inst.option_rep[o] == rep)
    for left_out in range(len(inst.customer_unit) + 1):
        model = Model(inst, left_out)
        model.model.add(model.x[int(option)] == 1)
        model.maximise_score()
        found = model.solve(Options(time_limit=20, workers=1), "test")
        if found.choice is not None:
            assert found.status == "OPTIMAL"
            return left_out, inst.points(found.objective)
    return None


def pairs_of(opened, told_of):
    for customer in range(opened.draft.n_customers):
        told = told_of(opened, customer)
        for candidate in told.reps:
            if candidate.eligible and not candidate.now:
                yield customer, told, candidate


def check(opened, customer, told, candidate, asked):
    """Compare what was said of a pair with the best plan that has it."""
    inst, draft = opened.instance, opened.draft
    best = best_with(opened, customer, draft.rep_at[candidate.rep_id])
    fewest = inst.unassigned(opened.choice)
    slack = 2 * inst.error + 1e-9
    if best is None:
        assert asked.status == "infeasible"
        return
    assert asked.status == "done"
    assert asked.violations == ()
    left_out, points = best
    assert asked.unassigned >= left_out - fewest
    if asked.unassigned == left_out - fewest:
        assert asked.score <= points + slack
        assert points <= asked.bound + slack
    if left_out == fewest and asked.unassigned == 0:
        least, most = told.score - points, told.bound - points
        assert asked.lower <= most + slack
        assert asked.upper >= least - slack
        assert candidate.at_least <= told.score - points + slack or points > told.score
        # The loss is the difference of two audited plans; the run's own is within its gap of the better one of these.
        assert asked.loss == pytest.approx(asked.reference - asked.score, abs=1e-9)
        assert abs(asked.loss - (told.score - asked.score)) <= told.gap + slack


@pytest.mark.parametrize("seed", SEEDS)
def test_of_a_proven_run_the_loss_is_exact(seed):
    opened = reopen(small_run(seed))
    assert opened.run.result["status"] == "optimal"
    for customer, told, candidate in list(pairs_of(opened, why))[::3]:
        asked = insist(opened, told, candidate.rep_id, 20)
        check(opened, customer, told, candidate, asked)
        best = best_with(opened, customer, opened.draft.rep_at[candidate.rep_id])
        if best is not None:
            assert asked.unassigned == best[0] - opened.instance.unassigned(opened.choice)
            assert asked.loss == pytest.approx(opened.score - best[1], abs=1e-4)
            assert asked.upper - asked.lower <= 1e-3


@pytest.mark.parametrize("seed", SEEDS[:6])
def test_near_the_customer_alone_the_loss_holds_within_the_gaps(seed, monkeypatch):
    monkeypatch.setattr(scenarios.explain.insist, "_SMALL", 0)
    opened = reopen(small_run(seed, 5.0, "price"))
    for customer, told, candidate in list(pairs_of(opened, why))[::3]:
        check(opened, customer, told, candidate, insist(opened, told, candidate.rep_id, 5))


@pytest.mark.parametrize("seed", SEEDS[:6])
def test_the_moves_lead_from_the_run_to_an_audited_plan_of_that_score(seed):
    opened = reopen(small_run(seed))
    for _, told, candidate in list(pairs_of(opened, why))[::4]:
        asked = insist(opened, told, candidate.rep_id, 20)
        if asked.status != "done" or asked.better:
            continue
        rep_of = dict(zip(opened.run.assignment["customer_id"], opened.run.assignment["rep_id"], strict=True))
        for move in asked.moves:
            assert rep_of.get(move.customer_id, "") == move.from_rep
            rep_of[move.customer_id] = move.to_rep
        assert asked.moves[0].customer_id == told.customer
        at = opened.draft.rep_at
        choice = np.full(opened.instance.n_units, -1)
        for j, c in enumerate(opened.draft.customers["customer_id"]):
            unit = opened.draft.label[j]
            rep = at.get(rep_of.get(c, ""), -1)
            for o in np.flatnonzero(opened.instance.option_unit == unit):
                if opened.instance.option_rep[o] == rep:
                    choice[unit] = o
        audited = opened.audit(choice)
        assert audited.violations == ()
        assert audited.score == pytest.approx(asked.score, abs=1e-9)


def test_the_rep_it_has_costs_nothing_and_a_rep_that_may_not_have_it_is_told_why():
    opened = reopen(small_run(0))
    seen = set()
    for customer in range(opened.draft.n_customers):
        told = why(opened, customer)
        for candidate in told.reps:
            if candidate.now:
                assert insist(opened, told, candidate.rep_id).loss == 0
                seen.add("now")
            elif not candidate.eligible:
                asked = insist(opened, told, candidate.rep_id)
                assert (asked.status, asked.loss) == ("not_eligible", None)
                assert len(asked.flips) == len(candidate.rules)
                seen.add("not eligible")
    assert seen == {"now", "not eligible"}


def test_shares_add_up_to_the_estimate():
    for seed in SEEDS:
        opened = reopen(small_run(seed))
        for _, told, candidate in pairs_of(opened, why):
            if told.rep:
                total = sum(s.points for s in candidate.shares)
                assert total == pytest.approx(candidate.estimate, abs=10 * opened.instance.error + 1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_alone_is_what_the_audit_says_of_that_move(seed):
    opened = reopen(small_run(seed))
    inst = opened.instance
    for customer, told, candidate in pairs_of(opened, why):
        if not told.rep:
            continue
        unit = opened.draft.label[customer]
        changed = opened.choice.copy()
        rep = opened.draft.rep_at[candidate.rep_id]
        changed[unit] = next(o for o in np.flatnonzero(inst.option_unit == unit) if inst.option_rep[o] == rep)
        audited = opened.audit(changed)
        assert (candidate.alone is None) == bool(audited.violations)
        if candidate.alone is not None:
            assert candidate.alone == pytest.approx(opened.score - audited.score, abs=2 * inst.error)


def test_a_run_without_a_plan_or_with_priorities_is_refused():
    run = small_run(0)
    with pytest.raises(InputError, match="has no plan"):
        reopen(replace(run, result={**run.result, "score": None, "status": "infeasible"}))
    terms = {**run.plan["objectives"], "travel": {"weight": 1, "priority": 2}}
    with pytest.raises(InputError, match="priorities"):
        reopen(replace(run, plan={**run.plan, "objectives": terms}))


def test_customers_are_found_by_id_or_by_a_name_that_only_one_has():
    opened = reopen(small_run(0))
    tables = opened.run.tables
    named = tables.customers.copy()
    named["name"] = ["Acme", "Acme", *(f"N{k}" for k in range(2, len(named)))]
    other = replace(opened, run=replace(opened.run, tables=replace(tables, customers=named)))
    assert other.customer("C2") == 2
    assert other.customer(" n2 ") == 2
    with pytest.raises(InputError, match="2 customers are called"):
        other.customer("acme")
    with pytest.raises(InputError, match="Did you mean C2"):
        other.customer("C2x")
    assert prepare_small(0).draft.n_customers == opened.draft.n_customers
