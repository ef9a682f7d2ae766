"""Companies of a few regions with rules and terms at random: prices, books and branching against the one exact model.

Everything that makes the large engine quick is made small here, so that its stages are reached in a tenth of a second.
"""

from __future__ import annotations

import os
from random import Random

import numpy as np
import pytest

from solver.engine import alternate
from solver.engine import solve as engine
from solver.engine.branching import lumps
from solver.engine.branching import pieces as cutting
from solver.engine.branching.lumps import Tree
from solver.engine.branching.pieces import Pieces
from solver.engine.expand import closed
from solver.engine.prices.price import FULL, ROUGH, Pricer, lower, price
from solver.engine.solution import Options, Prices, Progress, Start
from solver.engine.solve import solve
from tests.solver.draw import AMOUNTS, PLAIN, RULES, TERMS, Case, draw_people, some, with_rule, with_term
from tests.solver.engine.books.test_books import every_choice

PROVE = Options(time_limit=30, workers=1, engine="exact")
CASES = round(40 * float(os.environ.get("FAIRBOOK_EXAMPLES", "1")))


def draw_regions(rng: Random, most_customers: int = 14, most_reps: int = 6) -> Case:
    """Reps of one or two territories with loads of their own, in which customers have a choice of reps, mostly."""
    customers, reps = draw_people(rng, most_customers, most_reps, PLAIN if some(rng, 0.5) else AMOUNTS)
    places = ("EMEA", "APAC")[: rng.choice((1, 2, 2))]
    for i, rep in enumerate(reps):
        rep |= {"start_date": None, "end_date": None, "active": True}
        rep["territories"] = "*" if some(rng, 0.15) else places[i % len(places)]
        if some(rng, 0.8):
            rep["skills"] = "cloud:5; german:5"
        for limit in ("max_customers", "capacity"):
            if some(rng, 0.6):
                rep[limit] = None
    for customer in customers:
        customer["territory"] = rng.choice(places) if some(rng, 0.95) else ""
        if some(rng, 0.8):
            customer["pinned_rep"] = ""
    case = Case(customers, reps, {"territory": {"kind": "territory", "unmapped": "anybody"}}, {}, some(rng, 0.2))
    for _ in range(rng.randint(1, 2)):
        case = with_term(rng, case, "balance")
    for kind in rng.sample(sorted(RULES), rng.randint(0, 4)):
        if kind not in {"territory", "exclusion", "segment"} or some(rng, 0.4):  # these leave little to choose
            case = with_rule(rng, case, kind)
    for kind in rng.sample(sorted(TERMS), rng.randint(0, 3)):
        case = with_term(rng, case, kind)
    return case


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let every stage take its turn on the smallest of plans; the nodes that trees looked at."""
    monkeypatch.setattr(engine, "_IDLE_LEAST", 0.05)
    monkeypatch.setattr(alternate, "_TURN", 0.02)
    monkeypatch.setattr(lumps, "_NO_LOSS", 0.0)
    nodes: list[int] = []
    grow, turns = Tree.grow, alternate.Improvements._next

    def counting(tree: Tree, *arguments):
        before = tree.nodes
        found = grow(tree, *arguments)
        nodes.append(tree.nodes - before)
        return found

    def branching_first(of: alternate.Improvements):
        return of._ways[-1] if of._rng.random() < 0.6 else turns(of)

    monkeypatch.setattr(Tree, "grow", counting)
    monkeypatch.setattr(alternate.Improvements, "_next", branching_first)
    return nodes


@pytest.mark.parametrize("part", range(5))
def test_the_large_engine_agrees_with_one_exact_model(
    part: int, eager: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Score ≤ optimum ≤ bound at every moment, and what is called optimal is."""
    before: Prices | None = None
    for seed in range(part * CASES, (part + 1) * CASES):
        rng = Random(seed)
        inst = draw_regions(rng).instance
        most, ball = (0, rng.choice((6, 12, 30))) if some(rng, 0.5) else (250_000, 60_000)
        monkeypatch.setattr(cutting, "_MOST", most)
        monkeypatch.setattr(cutting, "_MOST_OF_BALL", ball)
        monkeypatch.setattr(engine, "_MOST_BOOKED", 5_000 if some(rng, 0.5) else 0)
        best = solve(inst, PROVE)
        seen: list[Progress] = []
        options = Options(5, rng.choice((0, 0, 0.01)), rng.choice((1, 2)), seed, "price")
        found = solve(inst, options, seen.append, start=Start(prices=before) if some(rng, 0.3) else None)
        if best.status == "infeasible":
            assert found.status == "infeasible", seed
            continue
        assert best.status == "optimal" and found.choice is not None, seed
        assert inst.feasible(found.choice), seed
        assert found.unassigned >= best.unassigned >= found.fewest_unassigned, seed
        before = found.prices or before
        if found.unassigned > best.unassigned:
            assert found.status == "feasible", seed
            continue
        for moment in (*seen, *found.trace, Progress(0.0, found.score, found.bound, "end")):
            assert moment.score is None or moment.score <= best.score + 1e-9, (seed, moment)
            assert moment.bound is None or moment.bound >= best.score - 1e-9, (seed, moment)
        if found.status == "optimal":
            assert found.score == best.score, seed
    assert sum(eager) > 2  # or nothing was tried here


def test_every_node_of_a_tree_bounds_all_its_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lumps, "_NO_LOSS", 0.0)
    nodes = 0
    for seed in range(round(1.5 * CASES)):
        rng = Random(seed)
        inst = closed(draw_regions(rng, 7, 4).instance, 0).instance
        if not inst.n_units or np.any(np.diff(inst.indptr) == 0) or np.prod(np.diff(inst.indptr), dtype=float) > 3000:
            continue
        choices = [c for c in every_choice(inst) if inst.feasible(c)]
        if not choices:
            continue
        worst = min(choices, key=inst.value)
        prices = price(inst, ascent=rng.choice((ROUGH, FULL)))
        pieces = Pieces(inst, prices.price, worst)
        reckoned = [pieces.values(c, inst.loads(c)) for c in choices]
        for number in range(pieces.count):
            own, row = pieces.part(number)
            option = np.flatnonzero(pieces.of_unit[inst.option_unit] == number)
            unit = np.flatnonzero(pieces.of_unit == number)
            tree = Tree(own, pieces.price[row], float(pieces.bound[number]), seed)
            tree.grow(own, float(reckoned[0][number]), 6, np.zeros(1, dtype=np.int64))
            nodes += tree.nodes
            for minus, _, node in tree._open:
                inside = [k for k, c in enumerate(choices) if np.all(np.isin(c[unit], option[node.keep]))]
                best = max((reckoned[k][number] for k in inside), default=-np.inf)
                assert -minus >= best - 1e-6 * max(1.0, abs(best)), seed
            assert tree.bound >= max(r[number] for r in reckoned) - 1e-6 * abs(tree.bound), seed
    assert nodes > 20


def test_prices_beyond_the_slopes_of_a_cost_bound_no_less() -> None:
    """A point in the measures of another instance may lie outside this one's box, where the dual is no bound."""
    for seed in range(CASES):
        inst = draw_regions(Random(seed), 5, 3).instance
        best = solve(inst, PROVE)
        if best.choice is None:
            continue
        pricer = Pricer(closed(inst, best.unassigned).instance)
        beyond = np.where((pricer._side < 0) & np.isfinite(pricer._most), 3 * pricer._most, 0.0)
        lower(pricer, beyond, ROUGH, lambda: True)
        assert pricer.bound >= inst.value(best.choice) - 1e-6 * inst.scale, seed


def test_who_may_stay_out_does_not_tie_regions_together() -> None:
    """Where coverage is scarce any customer may be left to nobody, who is no rep that regions could share."""
    places = ("EMEA", "APAC")
    customers = [{"customer_id": f"C{j}", "territory": places[j % 2], "potential": 1 + j} for j in range(12)]
    reps = [{"rep_id": f"R{i}", "territories": places[i % 2], "max_customers": 2} for i in range(4)]
    rules = {"territory": {"kind": "territory"}, "room": {"kind": "capacity", "metric": "customers"}}
    terms = {"even": {"kind": "balance", "metric": "potential", "weight": 1, "tolerance": 0}}
    case = Case(customers, reps, rules, terms)
    best = solve(case.instance, PROVE)
    assert best.choice is not None and best.unassigned == 4
    shut = closed(case.instance, best.unassigned)
    plan = shut.close(best.choice)
    pieces = Pieces(shut.instance, price(shut.instance).price, plan)
    assert pieces.count == 2
    assert pieces.rest + pieces.bound.sum() >= shut.instance.value(plan) - 1e-6 * shut.instance.scale
