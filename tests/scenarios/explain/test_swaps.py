"""Exchanges, held against every exchange there is, each audited."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from scenarios.explain.swaps import swaps
from scenarios.run.reopen import reopen
from tests.scenarios.questions import SEEDS, small_run


def all_exchanges(opened, within):
    """{options taken: points lost} of every single move and swap that breaks no rule, by the audit."""
    inst, choice = opened.instance, opened.choice
    found = {}

    def look(options):
        changed = choice.copy()
        for o in options:
            changed[inst.option_unit[o]] = o
        audited = opened.audit(changed)
        lost = opened.audit(choice).score - audited.score
        if not audited.violations and lost <= within:
            found[frozenset(options)] = lost

    taken = np.flatnonzero(choice >= 0)
    for u in taken.tolist():
        for o in range(inst.indptr[u], inst.indptr[u + 1]):
            if o != choice[u]:
                look((o,))
    for u, v in combinations(taken.tolist(), 2):
        a, b = inst.option_rep[choice[u]], inst.option_rep[choice[v]]
        there = [o for o in range(inst.indptr[u], inst.indptr[u + 1]) if inst.option_rep[o] == b]
        back = [o for o in range(inst.indptr[v], inst.indptr[v + 1]) if inst.option_rep[o] == a]
        if a != b and there and back:
            look((there[0], back[0]))
    return found


def options_of(opened, exchange):
    inst = opened.instance
    options = []
    for side in exchange.sides:
        unit = opened.draft.label[opened.customer(side.customers[0])]
        rep = opened.draft.rep_at[side.to_rep]
        span = range(inst.indptr[unit], inst.indptr[unit + 1])
        options.append(next(o for o in span if inst.option_rep[o] == rep))
    return frozenset(options)


@pytest.mark.parametrize("engine", ["auto", "price"])
@pytest.mark.parametrize("seed", SEEDS)
def test_every_exchange_within_the_loss_is_found_and_no_other(seed, engine):
    opened = reopen(small_run(seed, 0.0 if engine == "auto" else 20.0, engine))
    within = 3.0
    found = swaps(opened, within, 10_000)
    true = all_exchanges(opened, within)
    said = {options_of(opened, e): e.loss for e in found.listed}
    slack = 2 * opened.instance.error
    assert len(said) == len(found.listed) == found.moves + found.swaps
    for options in said.keys() ^ true.keys():  # only such as lie on the very edge may be on one side alone
        assert abs({**true, **said}[options] - within) <= slack
    for options in said.keys() & true.keys():
        assert said[options] == pytest.approx(true[options], abs=slack)
    assert [e.loss for e in found.listed] == sorted(e.loss for e in found.listed)


def test_there_are_exchanges_of_both_kinds_to_find():
    kinds = {e.kind for seed in SEEDS for e in swaps(reopen(small_run(seed)), 3.0, 100).listed}
    assert kinds == {"move", "swap"}


def test_most_keeps_the_least_losses_and_counts_the_rest():
    for seed in SEEDS[:4]:
        opened = reopen(small_run(seed))
        every, few = swaps(opened, 5.0, 10_000), swaps(opened, 5.0, 2)
        assert (few.moves, few.swaps) == (every.moves, every.swaps)
        for kind in ("move", "swap"):
            least = [e.loss for e in every.listed if e.kind == kind][:2]
            assert [e.loss for e in few.listed if e.kind == kind] == least


def test_a_rep_is_on_one_side_of_each_and_money_and_hours_are_the_customers_own():
    opened = reopen(small_run(1))
    rep = str(opened.draft.reps["rep_id"].iloc[0])
    listed = swaps(opened, 5.0, 1000, rep).listed
    every = swaps(opened, 5.0, 1000).listed
    assert listed == tuple(e for e in every if any(rep in (s.from_rep, s.to_rep) for s in e.sides))
    potential = dict(zip(opened.draft.customers["customer_id"], opened.draft.amounts("potential"), strict=True))
    for e in every:
        for side in e.sides:
            assert side.potential == pytest.approx(sum(potential[c] for c in side.customers))
        sign = e.sides[0].potential - (e.sides[1].potential if len(e.sides) > 1 else 0)
        assert e.potential == pytest.approx(sign)
