"""What must not matter does not, and what loosens never hurts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.audit import AGREEMENT
from solver.engine.solution import Options, Solution
from solver.engine.solve import solve
from tests.solver.draw import PLAIN, Case, assignment_of, draw_case, draw_people, examples, with_term

RANDOM = st.randoms(use_true_random=False)
PROVE = Options(time_limit=60, gap=0, workers=1, seed=1)
ROOT = Path(__file__).resolve().parents[2]


def best(case: Case) -> Solution:
    found = solve(case.instance, PROVE)
    assert found.status in {"optimal", "infeasible"}
    return found


def same(a: Solution, b: Solution) -> None:
    assert (a.status, a.unassigned) == (b.status, b.unassigned)
    if a.score is not None:
        assert b.score == pytest.approx(a.score, abs=AGREEMENT)


def shuffled(rng: Random, case: Case) -> Case:
    customers, reps = case.customers[:], case.reps[:]
    rng.shuffle(customers)
    rng.shuffle(reps)
    rules, terms = list(case.rules.items()), list(case.terms.items())
    rng.shuffle(rules)
    rng.shuffle(terms)
    return Case(customers, reps, dict(rules), dict(terms), case.coverage)


def renamed(case: Case) -> Case:
    """Other ids, in another order of the alphabet."""

    def new(name: Any) -> Any:
        return (
            f"{9 - int(name[1:])}-{name}" if isinstance(name, str) and name[:1] in "CR" and name[1:].isdigit() else name
        )

    ids = ("customer_id", "rep_id", "parent_id", "current_rep", "pinned_rep")
    rules = {}
    for name, config in case.rules.items():
        rules[name] = dict(config)
        if "pairs" in config:
            rules[name]["pairs"] = [(new(c), new(r)) for c, r in config["pairs"]]
        if "groups" in config:
            rules[name]["groups"] = {g: [new(c) for c in who] for g, who in config["groups"].items()}
    return case.but(
        customers=[{k: new(v) if k in ids else v for k, v in c.items()} for c in case.customers],
        reps=[{k: new(v) if k in ids else v for k, v in r.items()} for r in case.reps],
        rules=rules,
    )


@examples(60)
@given(rng=RANDOM)
def test_the_order_of_rows_rules_and_terms_does_not_matter(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3)
    same(best(case), best(shuffled(rng, case)))


@examples(50)
@given(rng=RANDOM)
def test_ids_do_not_matter(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3)
    same(best(case), best(renamed(case)))


@examples(60)
@given(rng=RANDOM)
def test_the_unit_of_money_does_not_matter(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3, numbers=PLAIN)
    money = {"capacity": ("limit", "min"), "robust": ("limit",), "move_budget": ("limit",)}
    # Columns of the reps hold one number for any metric, and filters a number of their own: not for money here.
    for config in (*case.rules.values(), *case.terms.values()):
        assume(not (config.get("metric") == "potential" and {"column", "min_column"} & set(config)))
        assume("potential" not in " ".join(str(v) for k, v in config.items() if k not in {"metric", "value"}))
    rules = {
        name: {
            k: v * 1000 if config.get("metric") == "potential" and k in money.get(config["kind"], ()) else v
            for k, v in config.items()
        }
        for name, config in case.rules.items()
    }
    scaled = case.but(customers=[{**c, "potential": c["potential"] * 1000} for c in case.customers], rules=rules)
    same(best(case), best(scaled))


@examples(40)
@given(rng=RANDOM)
def test_weights_count_by_proportion_only(rng: Random) -> None:
    case = draw_case(rng, rules=3, terms=3)
    terms = {n: c | {"weight": c["weight"] * 7} for n, c in case.terms.items()}
    same(best(case), best(case.but(terms=terms)))


def no_worse(loose: Solution, tight: Solution) -> None:
    """Coverage first, then score."""
    if tight.status == "infeasible":
        return
    assert loose.status == "optimal"
    assert loose.unassigned <= tight.unassigned
    assert loose.score is not None and tight.score is not None
    if loose.unassigned == tight.unassigned:
        assert loose.score >= tight.score - AGREEMENT


LIMITED: dict[str, Any] = {
    "capacity": lambda rng: {"kind": "capacity", "metric": rng.choice(("customers", "workload")), "limit": 1},
    "minimum": lambda rng: {"kind": "capacity", "metric": "customers", "limit": 9, "min": 0},
    "reserve": lambda rng: {
        "kind": "robust",
        "spread": 0.2,
        "limit": 8,
        "level": 0.5,
        "correlation": rng.choice((0, 0.3, 1)),
    },
    "room": lambda rng: {"kind": "robust", "spread": 0.2, "limit": 0, "correlation": rng.choice((0, 0.3, 1))},
    "moves": lambda rng: {"kind": "move_budget", "limit": 0, "scope": rng.choice(("total", "team", "rep"))},
    "share": lambda rng: {"kind": "move_budget", "share": 0, "metric": "potential"},
    "apart": lambda rng: {"kind": "separation", "column": rng.choice(("group", "segment")), "limit": 1},
}
LOOSER: dict[str, tuple[str, tuple[float, ...]]] = {
    "capacity": ("limit", (0, 1, 2, 5, 33.333333)),
    "minimum": ("min", (2, 1, 0.5, 0)),
    "reserve": ("level", (0.9999, 0.95, 0.8, 0.5)),
    "room": ("limit", (0, 1, 2, 5, 33.333333)),
    "moves": ("limit", (0, 1, 2, 8)),
    "share": ("share", (0, 0.1, 0.5, 1)),
    "apart": ("limit", (1, 2, 3)),
}


@pytest.mark.parametrize("what", sorted(LIMITED))
@examples(20)
@given(rng=RANDOM)
def test_a_looser_limit_never_makes_it_worse(what: str, rng: Random) -> None:
    case = draw_case(rng, rules=2, terms=3)
    key, steps = LOOSER[what]
    config = LIMITED[what](rng)
    found = [best(case.but(rules=case.rules | {"it": config | {key: step}})) for step in steps]
    for tight, loose in pairwise(found):
        no_worse(loose, tight)
    without = best(case)
    no_worse(without, found[-1])


@examples(40)
@given(rng=RANDOM)
def test_demanding_coverage_changes_nothing_that_can_be_covered(rng: Random) -> None:
    case = draw_case(rng, rules=3, terms=2).but(coverage=False)
    free, required = best(case), best(case.but(coverage=True))
    if free.status == "optimal" and free.unassigned == 0:
        same(free, required)
    else:
        assert required.status == "infeasible"


FRESH = """
import json, sys
from tests.solver.draw import Case, assignment_of
from solver.engine.solution import Options
from solver.engine.solve import solve
case = Case(**json.load(sys.stdin))
found = solve(case.instance, Options(time_limit=60, workers=1, seed=7))
print(json.dumps([found.status, found.score, assignment_of(case.draft, found.choice)]))
"""


@pytest.mark.parametrize("seed", range(3))
def test_one_worker_and_a_seed_give_the_same_plan_in_any_process(seed: int) -> None:
    rng = Random(seed)
    customers = [draw_people(rng, 1, 1, PLAIN)[0][0] | {"customer_id": f"C{j}", "parent_id": ""} for j in range(30)]
    reps = [
        {"rep_id": f"R{i}", "territories": "*", "capacity": 60, "quota": i, "room": 1, "team": "NS"[i % 2]}
        for i in range(4)
    ]
    reps = [r | {"segments": "mid", "latitude": 50 + k, "longitude": 9} for k, r in enumerate(reps)]
    customers = [c | {"current_rep": f"R{rng.randrange(5)}"} for c in customers]
    case = Case(customers, reps, {"capacity": {"kind": "capacity"}})
    for kind in ("balance", "continuity", "travel", "fit"):
        case = with_term(rng, case, kind)
    options = Options(time_limit=60, workers=1, seed=7)
    first, second = solve(case.instance, options), solve(case.draft.instance(), options)
    assert first.choice is not None and second.choice is not None
    assert first.choice.tolist() == second.choice.tolist()
    assert first.score == second.score
    plain = {k: getattr(case, k) for k in ("customers", "reps", "rules", "terms", "coverage")}
    for hash_seed in ("1", "2"):
        ran = subprocess.run(
            [sys.executable, "-c", FRESH],
            input=json.dumps(plain),
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        )
        assert json.loads(ran.stdout) == [first.status, first.score, assignment_of(case.draft, first.choice)]
