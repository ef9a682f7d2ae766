"""Every registered rule and term, by hand-made cases: what the audit says and what CP-SAT says are one."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from solver.engine.exact.exact import feasible
from solver.objectives.base import Term
from solver.rules.base import Rule
from tests.solver.draw import RULES, TERMS, Case, choice_of, eligible_of
from tests.solver.model import small

CASES = Path(__file__).parent / "cases"


def load(folder: str) -> list[tuple[str, dict[str, Any]]]:
    """(kind, case) of every case of a folder."""
    return [
        (path.stem, case)
        for path in sorted((CASES / folder).glob("*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


def named(case: tuple[str, dict[str, Any]]) -> str:
    return f"{case[0]}: {case[1]['name']}"


def with_kinds(rules: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """A rule's kind defaults to its name, as in the plan file."""
    return {name: {"kind": name, **config} for name, config in rules.items()}


RULE_CASES, TERM_CASES = load("rules"), load("terms")


@pytest.mark.parametrize(
    ("registry", "folder", "drawn"),
    [(Rule.registry, "rules", RULES), (Term.registry, "terms", TERMS)],
    ids=["rules", "terms"],
)
def test_every_registered_kind_has_cases_and_is_drawn(registry: Any, folder: str, drawn: Any) -> None:
    counts = {kind: sum(k == kind for k, _ in load(folder)) for kind in registry}
    assert {k: n for k, n in counts.items() if n < 3} == {}, f"write cases/{folder}/<kind>.yaml, three cases or more"
    assert set(registry) == set(drawn), "draw.py has to draw every kind"
    assert {k for k, _ in load(folder)} == set(registry), "a file of cases for a kind that is not registered"


@pytest.mark.parametrize("entry", [*RULE_CASES, *TERM_CASES], ids=named)
def test_cases_use_known_keys_only(entry: tuple[str, dict[str, Any]]) -> None:
    kind, spec = entry
    rule = {"name", "customers", "reps", "rule", "also", "coverage", "eligible", "holds", "breaks"}
    term = {"name", "customers", "reps", "term", "rules", "plans", "history", "model"}
    assert set(spec) <= (term if kind in TERMS else rule)
    assert kind in TERMS or spec["holds"] or spec["breaks"]


def built(kind: str, spec: dict[str, Any]) -> Case:
    if kind in TERMS:
        config = {"kind": kind, "weight": 2, **spec["term"]}
        model = small(**spec["model"]) if "model" in spec else None
        rules = with_kinds(spec.get("rules", {}))
        return Case(spec["customers"], spec["reps"], rules, {"term": config}, False, spec.get("history", []), model)
    rules = {"the_rule": {"kind": kind, **spec["rule"]}} | with_kinds(spec.get("also", {}))
    return Case(spec["customers"], spec["reps"], rules, coverage=spec.get("coverage", False))


@pytest.mark.parametrize("entry", RULE_CASES, ids=named)
def test_a_rule_holds_breaks_and_restricts_as_said(entry: tuple[str, dict[str, Any]]) -> None:
    kind, spec = entry
    case = built(kind, spec)
    draft = case.draft
    seen = case.audit({}).view.eligible
    reps = case.tables.reps["rep_id"]
    by_audit = {c: {reps[i] for i in e} for c, e in zip(case.tables.customers["customer_id"], seen, strict=True)}
    assert eligible_of(draft) == by_audit
    for customer, expected in spec.get("eligible", {}).items():
        assert by_audit[customer] == set(expected), customer
    for plan in spec["holds"]:
        assert case.audit(plan).violations == (), plan
        choice = choice_of(draft, plan)
        assert choice is not None
        assert case.instance.feasible(choice)
        assert feasible(case.instance, choice), plan
    for broken in spec["breaks"]:
        violations = case.audit(broken["plan"]).violations
        text = " | ".join(v.message for v in violations)
        for words in broken["says"]:
            assert words in text, broken["plan"]
        assert any(v.rule in {"the_rule", "assignment", *spec.get("also", {})} for v in violations)
        choice = choice_of(draft, broken["plan"])
        if choice is not None:
            assert not case.instance.feasible(choice)
            assert not feasible(case.instance, choice), broken["plan"]


@pytest.mark.parametrize("entry", TERM_CASES, ids=named)
def test_a_term_measures_as_computed_by_hand(entry: tuple[str, dict[str, Any]]) -> None:
    kind, spec = entry
    case = built(kind, spec)
    for plan in spec["plans"]:
        found = case.audit(plan["plan"])
        assert found.terms["term"] == pytest.approx(plan["value"], abs=1e-9), plan
        choice = choice_of(case.draft, plan["plan"])
        assert choice is not None
        points = case.instance.points(case.instance.value(choice))
        assert points == pytest.approx(plan["value"], abs=case.instance.error), plan
        assert case.instance.error < 0.001


@pytest.mark.parametrize("entry", [*RULE_CASES, *TERM_CASES], ids=named)
def test_a_rule_or_term_describes_itself(entry: tuple[str, dict[str, Any]]) -> None:
    case = built(*entry)
    for part in (*case.built_rules.values(), *case.built_terms.values()):
        sentence = part.describe()
        assert sentence
        assert sentence == sentence.strip()
        assert "None" not in sentence
        assert "{" not in sentence


@pytest.mark.parametrize("entry", [*RULE_CASES, *TERM_CASES], ids=named)
def test_no_case_has_a_configuration_that_is_in_error(entry: tuple[str, dict[str, Any]]) -> None:
    case = built(*entry)
    from tests.solver.draw import PERIOD

    parts = [*case.built_rules.values(), *case.built_terms.values()]
    errors = [p for part in parts for p in part.problems(case.tables, PERIOD) if p.severity == "error"]
    # Cases may show what a check would have stopped, but only what is listed here.
    assert {p.code for p in errors} <= {"no_limit", "no_target", "no_territory"}, [p.line() for p in errors]


def test_the_period_of_the_cases() -> None:
    from tests.solver.draw import PERIOD

    assert (PERIOD.first, PERIOD.last, PERIOD.days) == (dt.date(2026, 10, 1), dt.date(2026, 12, 31), 92)
