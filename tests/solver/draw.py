"""Small random plans: customers, reps, rules and terms as a plan file would hold them, with awkward numbers."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from random import Random
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings

import solver.objectives
import solver.rules  # noqa: F401
from solver.audit import Audit, audit
from solver.draft import Draft
from solver.fit.learned.model import Model
from solver.instance import Instance
from solver.objectives.base import Term
from solver.rules.base import Rule
from solver.tables import Period, Tables
from tests.solver.model import drawn

PERIOD = Period(date(2026, 10, 1), date(2026, 12, 31))

#: Amounts as they occur, and as they hurt: halves of the last decimal, sums that are not what they seem, large ones.
AMOUNTS = (0, 1, 1, 2, 3, 4, 5, 8, 10, 0.1, 0.2, 0.3, 0.7, 33.333333, 0.000001, 0.000003, 12.345678, 1e6, 1e9)
PLAIN = (1, 1, 2, 3, 4, 5, 8, 10)
TERRITORIES = ("", "EMEA", "EMEA/DE", "emea/de", "EMEA/DE/South", "EMEA/D", "APAC")


MODEL = drawn()


def examples(count: int) -> settings:
    """Settings for about `count` examples; the environment's FAIRBOOK_EXAMPLES multiplies them."""
    factor = float(os.environ.get("FAIRBOOK_EXAMPLES", "1"))
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(max_examples=max(1, round(count * factor)), deadline=None, suppress_health_check=quiet)


@dataclass(frozen=True)
class Case:
    """A plan as plain data."""

    customers: list[dict[str, Any]]
    reps: list[dict[str, Any]]
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    terms: dict[str, dict[str, Any]] = field(default_factory=dict)
    coverage: bool = False
    history: list[dict[str, Any]] = field(default_factory=list)
    learned: Model | None = None

    @cached_property
    def tables(self) -> Tables:
        asked = any(term.needs_model for term in self.built_terms.values())
        model = (self.learned or MODEL) if asked else None
        return replace(Tables.of(self.customers, self.reps, self.history), learned=model)

    @cached_property
    def built_rules(self) -> dict[str, Rule]:
        return {n: Rule.registry[c["kind"]].model_validate(c) for n, c in self.rules.items()}

    @cached_property
    def built_terms(self) -> dict[str, Term]:
        return {n: Term.registry[c["kind"]].model_validate(c) for n, c in self.terms.items()}

    @cached_property
    def draft(self) -> Draft:
        return Draft(self.tables, PERIOD, self.built_rules, self.built_terms, self.coverage)

    @cached_property
    def instance(self) -> Instance:
        return self.draft.instance()

    def audit(self, assignment: Mapping[str, str | None]) -> Audit:
        return audit(self.tables, PERIOD, self.built_rules, self.built_terms, assignment, self.coverage)

    def but(self, **changes: Any) -> Case:
        return replace(self, **changes)


def assignment_of(draft: Draft, choice: Any) -> dict[str, str | None]:
    """customer_id → rep_id (None: nobody) of a choice of options."""
    options = np.asarray(choice)[draft.label]
    reps = [str(draft.reps["rep_id"][draft.pairs.option_rep[o]]) if o >= 0 else None for o in options.tolist()]
    return dict(zip(draft.customers["customer_id"].tolist(), reps, strict=True))


def choice_of(draft: Draft, assignment: Mapping[str, str | None]) -> Any | None:
    """The choice that makes this assignment, or None where it splits a unit or takes a pair that is not eligible."""
    choice = np.full(len(draft.pairs.indptr) - 1, -2, dtype=np.int64)
    at = {
        (u, draft.reps["rep_id"][r]): o
        for o, (u, r) in enumerate(zip(draft.pairs.option_unit.tolist(), draft.pairs.option_rep.tolist(), strict=True))
    }
    for j, customer in enumerate(draft.customers["customer_id"]):
        unit, rep = int(draft.label[j]), assignment.get(customer)
        option = -1 if rep is None else at.get((unit, rep))
        if option is None or choice[unit] not in {-2, option}:
            return None
        choice[unit] = option
    return choice


def eligible_of(draft: Draft) -> dict[str, set[str]]:
    """customer_id → rep_ids of its eligible pairs."""
    found: dict[str, set[str]] = {c: set() for c in draft.customers["customer_id"]}
    ids, reps = draft.customers["customer_id"].tolist(), draft.reps["rep_id"].tolist()
    for j, i in zip(draft.pairs.customer.tolist(), draft.pairs.rep.tolist(), strict=True):
        found[ids[j]].add(reps[i])
    return found


# --- drawing -----------------------------------------------------------------------------------------


def some(rng: Random, chance: float) -> bool:
    return rng.random() < chance


def draw_people(
    rng: Random, most_customers: int = 8, most_reps: int = 5, numbers: Sequence[float] = AMOUNTS
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Customers and reps."""
    reps: list[dict[str, Any]] = []
    for i in range(rng.randint(1, most_reps)):
        rep: dict[str, Any] = {
            "rep_id": f"R{i}",
            "team": rng.choice(("", "North", "South", "South", "south ")),
            "territories": rng.choice(("*", "*", "EMEA", "EMEA/DE", "emea; APAC", "EMEA/D", "")),
            "skills": rng.choice(("", "cloud", "cloud:3", "cloud:5; German:2", "german:5")),
            "industries": rng.choice(("", "medical", "Retail; Medical")),
            "segments": rng.choice(("", "mid", "Enterprise")),
            "capacity": rng.choice((None, 0.1, 3, 7, 10, 33.333333, 1e9)),
            "max_customers": rng.choice((None, 0, 1, 2, 3, 5)),
            "quota": rng.choice((0, 1, 3, 33.333333)),
            "ramp": rng.choice((1, 1, 1, 0.5, 0.333333, 0)),
            "start_date": rng.choice((None, None, None, "2026-11-01", "2026-12-31")),
            "end_date": rng.choice((None, None, None, "2026-12-15", "2026-10-01")),
            "active": some(rng, 0.9),
            "room": rng.choice((0, 1, 2, 5, 0.000005, 33.333333)),
            "least": rng.choice((None, 0, 1)) if i else 0,
        }
        if some(rng, 0.8):
            rep |= {"latitude": rng.choice((48.1, 52.5, -33.9)), "longitude": rng.choice((11.6, 13.4, 151.2))}
        reps.append(rep)
    ids = [r["rep_id"] for r in reps]
    customers: list[dict[str, Any]] = []
    for j in range(rng.randint(1, most_customers)):
        customer: dict[str, Any] = {
            "customer_id": f"C{j}",
            "territory": rng.choice(TERRITORIES),
            "industry": rng.choice(("", "Medical", "medical", "retail")),
            "segment": rng.choice(("", "enterprise", "mid", "Mid")),
            "potential": rng.choice(numbers),
            "workload": rng.choice(numbers),
            "potential_spread": rng.choice((None, 0, 0.1, 1)),
            "workload_spread": rng.choice((None, 0, 0.2, 0.333333, 3)),
            "required_skills": rng.choice(("", "", "", "cloud", "Cloud:3", "german; cloud:2", "cloud:5")),
            "current_rep": rng.choice((*ids, *ids, "", "R9")),
            "tenure": rng.choice((None, 0, 1, 2.5, 30)),
            "assigned_since": (None, "2026-09-15", None, "2026-04-01", "2020-02-29")[j % 5],
            "pinned_rep": rng.choice(("", "", "", *ids)),
            "group": rng.choice(("", " ", "colas", "Colas ", "banks", "a (groups)", "groups.a")),
            "grade": rng.choice((None, 1, 2)),
        }
        if some(rng, 0.3):
            customer["parent_id"] = rng.choice(("HQ", *(c["customer_id"] for c in customers)))
        if some(rng, 0.8):
            customer |= {"latitude": rng.choice((48.2, 50.1, 0.0)), "longitude": rng.choice((11.5, 8.7, -0.1))}
        customers.append(customer)
    return customers, reps


CUSTOMER_FILTERS = ("segment == 'mid'", "potential > 2", "missing(grade)", "under(territory, 'EMEA')", "grade != 1")
REP_FILTERS = ("team == 'South'", "has(skills, 'cloud', 3)", "ramp < 1", "has(segments, 'mid')", "quota >= 3")
METRICS = ("workload", "customers", "potential")
LIMITS = (0, 1, 2, 5, 0.1, 0.3, 0.8, 33.333333, 66.666666, 0.000005, 1e9)


def _maybe(rng: Random, config: dict[str, Any], key: str, values: Sequence[Any], chance: float = 0.3) -> None:
    if some(rng, chance):
        config[key] = rng.choice(values)


def _territory(rng: Random, case: Case) -> dict[str, Any]:
    return {"unmapped": rng.choice(("nobody", "anybody"))}


def _skill(rng: Random, case: Case) -> dict[str, Any]:
    return {}


def _capacity(rng: Random, case: Case) -> dict[str, Any]:
    config: dict[str, Any] = {"metric": rng.choice(METRICS)}
    way = rng.randrange(4)
    if way == 0 or config["metric"] == "potential":
        config["limit"] = rng.choice(LIMITS)
    elif way == 1:
        config["column"] = "room"
    _maybe(rng, config, "min", (0, 1, 2, 0.1))
    _maybe(rng, config, "min_column", ("least",), 0.2)
    _maybe(rng, config, "ramp", (True, False))
    _maybe(rng, config, "presence", (True, False))
    _maybe(rng, config, "where", CUSTOMER_FILTERS)
    _maybe(rng, config, "reps", REP_FILTERS)
    if "min" in config and "min_column" in config:
        del config["min"]
    return config


def _robust(rng: Random, case: Case) -> dict[str, Any]:
    config: dict[str, Any] = {"metric": rng.choice(METRICS), "level": rng.choice((0.5, 0.8, 0.9, 0.95, 0.9999))}
    way = rng.randrange(4)
    if way == 0 or config["metric"] == "potential":
        config["limit"] = rng.choice(LIMITS)
    elif way == 1:
        config["column"] = "room"
    _maybe(rng, config, "spread", (0.1, 0.5), 0.5)
    _maybe(rng, config, "correlation", (0.1, 0.5, 1), 0.5)
    _maybe(rng, config, "ramp", (True, False))
    _maybe(rng, config, "presence", (True, False))
    _maybe(rng, config, "where", CUSTOMER_FILTERS)
    _maybe(rng, config, "reps", REP_FILTERS)
    return config


def _pin(rng: Random, case: Case) -> dict[str, Any]:
    config: dict[str, Any] = {"to": rng.choice(("pinned_rep", "current_rep"))}
    _maybe(rng, config, "where", CUSTOMER_FILTERS, 0.6)
    return config


def _exclusion(rng: Random, case: Case) -> dict[str, Any]:
    config: dict[str, Any] = {}
    _maybe(rng, config, "customers", CUSTOMER_FILTERS, 0.5)
    _maybe(rng, config, "reps", REP_FILTERS, 0.5)
    if not config or some(rng, 0.4):
        config["pairs"] = [
            (rng.choice(case.customers)["customer_id"], rng.choice(case.reps)["rep_id"])
            for _ in range(rng.randint(1, 4))
        ]
    return config


def _segment(rng: Random, case: Case) -> dict[str, Any]:
    config = {"customers": rng.choice(CUSTOMER_FILTERS), "reps": rng.choice(REP_FILTERS)}
    _maybe(rng, config, "exclusive", (True, False))
    return config


def _family(rng: Random, case: Case) -> dict[str, Any]:
    config: dict[str, Any] = {}
    _maybe(rng, config, "within", ("territory", "grade", "segment"))
    return config


def _separation(rng: Random, case: Case) -> dict[str, Any]:
    config: dict[str, Any] = {"limit": rng.choice((1, 1, 2))}
    if some(rng, 0.6):
        config["column"] = rng.choice(("group", "grade", "segment"))
    if "column" not in config or some(rng, 0.3):
        ids = [c["customer_id"] for c in case.customers]
        config["groups"] = {"a": rng.sample(ids, rng.randint(1, len(ids))), "b": ids[:2]}
    return config


def _move_budget(rng: Random, case: Case) -> dict[str, Any]:
    config: dict[str, Any] = {"metric": rng.choice(METRICS), "scope": rng.choice(("total", "team", "rep"))}
    config["direction"] = rng.choice(("in", "out", "both"))
    if some(rng, 0.6):
        config["share"] = rng.choice((0, 0.05, 0.1, 0.333333, 0.5, 1))
    if "share" not in config or some(rng, 0.2):
        config["limit"] = rng.choice(LIMITS)
    _maybe(rng, config, "where", CUSTOMER_FILTERS)
    return config


def _holding(rng: Random, case: Case) -> dict[str, Any]:
    config: dict[str, Any] = {}
    _maybe(rng, config, "months", (1, 6, 12, 600), 0.7)
    _maybe(rng, config, "where", CUSTOMER_FILTERS)
    return config


def _fit(rng: Random, case: Case) -> dict[str, Any]:
    profile: dict[str, Any] = {}
    for key in ("industry", "segment", "skill"):
        _maybe(rng, profile, key, (0, 1, 2.5))
    if some(rng, 0.3):
        profile["matches"] = [{"customer": "group", "rep": "team", "weight": 2}, {"customer": "grade", "rep": "room"}]
    config = {"value": rng.choice(METRICS), "profile": profile}
    _maybe(rng, config, "source", ("learned",))
    _maybe(rng, config, "blend", (0, 0.5, 0.333333, 1), 0.15)
    return config


def _expected_revenue(rng: Random, case: Case) -> dict[str, Any]:
    return {}


def _balance(rng: Random, case: Case) -> dict[str, Any]:
    config: dict[str, Any] = {
        "metric": rng.choice(METRICS),
        "target": rng.choice(("equal", "capacity", "quota", "room")),
        "tolerance": rng.choice((0, 0.1, 0.333333, 1)),
    }
    _maybe(rng, config, "where", CUSTOMER_FILTERS)
    _maybe(rng, config, "reps", REP_FILTERS)
    return config


def _continuity(rng: Random, case: Case) -> dict[str, Any]:
    config: dict[str, Any] = {"value": rng.choice(METRICS)}
    _maybe(rng, config, "tenure_bonus", (0, 0.1, 2), 0.5)
    _maybe(rng, config, "tenure_cap", (0, 2, 5))
    _maybe(rng, config, "industry_loss", (0, 0.5, 0.722222, 1))
    return config


def _travel(rng: Random, case: Case) -> dict[str, Any]:
    return {"value": rng.choice(METRICS)}


Drawn = Callable[[Random, Case], dict[str, Any]]
RULES: dict[str, Drawn] = {
    "territory": _territory, "skill": _skill, "capacity": _capacity, "pin": _pin, "exclusion": _exclusion,
    "segment": _segment, "family": _family, "separation": _separation, "move_budget": _move_budget, "holding": _holding, "robust": _robust,
}  # fmt: skip
TERMS: dict[str, Drawn] = {"fit": _fit, "balance": _balance, "continuity": _continuity, "travel": _travel,
                           "expected_revenue": _expected_revenue}  # fmt: skip
WEIGHTS = (1, 1, 2, 4, 0.1, 0.333333, 0)


def with_rule(rng: Random, case: Case, kind: str) -> Case:
    """The case with one more rule of this kind; its name is seldom its kind."""
    name = kind if kind not in case.rules else f"{kind}_{len(case.rules)}"
    return case.but(rules=case.rules | {name: {"kind": kind, **RULES[kind](rng, case)}})


def with_term(rng: Random, case: Case, kind: str) -> Case:
    """The case with one more term of this kind."""
    name = f"{kind}_{len(case.terms)}"
    config = {"kind": kind, "weight": rng.choice(WEIGHTS), **TERMS[kind](rng, case)}
    return case.but(terms=case.terms | {name: config})


def draw_case(
    rng: Random,
    rules: int = 3,
    terms: int = 2,
    most_customers: int = 8,
    most_reps: int = 5,
    numbers: Sequence[float] = AMOUNTS,
) -> Case:
    """A plan with up to so many rules and terms."""
    customers, reps = draw_people(rng, most_customers, most_reps, numbers)
    case = Case(customers, reps, coverage=some(rng, 0.3))
    for _ in range(rng.randint(0, rules)):
        case = with_rule(rng, case, rng.choice(tuple(RULES)))
    for _ in range(rng.randint(0, terms)):
        case = with_term(rng, case, rng.choice(tuple(TERMS)))
    return case


def draw_choice(rng: Random, draft: Draft) -> Any:
    """Any option, or none, for each unit."""
    spans = zip(draft.pairs.indptr[:-1].tolist(), draft.pairs.indptr[1:].tolist(), strict=True)
    return np.array([rng.randrange(a, b) if b > a and some(rng, 0.9) else -1 for a, b in spans], dtype=np.int64)


def draw_assignment(rng: Random, case: Case) -> dict[str, str | None]:
    """Any rep, active or not, or nobody, for each customer."""
    reps = [r["rep_id"] for r in case.reps]
    return {c["customer_id"]: rng.choice((*reps, None)) for c in case.customers}
