"""Small plans solved to runs, to ask questions of."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

from scenarios.plan.plan import parse_plan
from scenarios.run.prepare import Prepared, build
from scenarios.run.record import Run
from scenarios.run.run import solve_prepared
from solver.engine.solution import Options
from solver.tables import Tables
from tests.solver.draw import PLAIN, Case, draw_people

RULES = {
    "territory": {},
    "skill": {},
    "capacity": {"column": "room_hours"},
    "family": {},
    "separation": {"column": "group", "limit": 2},
    "moves": {"kind": "move_budget", "metric": "potential", "share": 0.3},
}
TERMS = {
    "fit": {"weight": 4},
    "balance": {"metric": "workload", "weight": 3, "tolerance": 0.1},
    "continuity": {"weight": 1},
    "travel": {"weight": 1},
}


def prepare_small(seed: int, customers: int = 14, reps: int = 4) -> Prepared:
    """A plan with families, skills, competitors, tight hours and a move budget, every customer served if it can be."""
    rng = Random(seed)
    people, staff = draw_people(rng, customers, reps, PLAIN)
    while len(people) < customers // 2 or len(staff) < 2:
        people, staff = draw_people(rng, customers, reps, PLAIN)
    hours = sum(c["workload"] for c in people) / len(staff)
    for rep in staff:
        rep |= {"territories": rng.choice(("*", "*", "EMEA; APAC")), "active": True, "end_date": None}
        rep |= {"start_date": None, "ramp": 1, "room_hours": round(hours * rng.choice((1.2, 1.5, 3)), 2)}
    case = Case(people, staff)
    source = {
        "period": "2026-Q4",
        "data": {"customers": {"source": "customers.csv"}, "reps": {"source": "reps.csv"}},
        "rules": RULES,
        "objectives": TERMS,
        "solve": {"time_limit": 20, "gap": 0, "workers": 1},
    }
    return prepared_of(case.tables, source)


def prepared_of(tables: Tables, source: dict[str, object]) -> Prepared:
    """A plan ready to solve, from tables and a plan's plain data."""
    plan = parse_plan(source, "small")
    draft, instance = build(plan, tables)
    return Prepared(Path("small.yaml"), "base", plan, tables, draft, instance, (), (), {})


@cache
def small_run(seed: int, gap: float = 0.0, engine: str = "auto") -> Run:
    """The run of `prepare_small`."""
    prepared = prepare_small(seed)
    return solve_prepared(prepared, options=replace(Options(), time_limit=20, gap=gap, workers=1, engine=engine))


SEEDS = tuple(range(12))
