from __future__ import annotations

import pytest

from scenarios.plan.plan import parse_plan
from scenarios.plan.schema import json_schema
from scenarios.plan.yaml_text import parse_document
from solver.objectives.base import Term
from solver.problems import InputError
from solver.rules.base import Rule

GOOD = """\
period: 2026-Q4
data:
  customers: {source: c.csv}
  reps: {source: r.csv}
rules:
  territory: {}
  moves: {kind: move_budget, share: 0.1}
objectives:
  fit: {weight: 4, profile: {industry: 2}}
"""


def parse(text: str):
    document = parse_document(text, "plan.yaml")
    return parse_plan(document.data, "plan.yaml", document.lines)


def test_a_plan_has_the_name_of_its_own_period_whatever_its_overrides_are_called():
    assert parse(GOOD + "overrides: {2027-Q1: {changes: []}, lean: {}}\n").period_name == "2026-Q4"


def test_kind_defaults_to_the_name():
    plan = parse(GOOD)
    assert [r.kind for r in plan.rules.values()] == ["territory", "move_budget"]
    assert plan.terms["fit"].profile.industry == 2
    assert plan.coverage == "best_effort"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("share: 0.1", "shere: 0.1", 7, ("rules.moves.shere: unknown key, did you mean share?",)),
        ("share: 0.1", "share: 2", 7, ("rules.moves.share", "less than or equal to 1")),
        ("share: 0.1", "share: lots", 7, ("rules.moves.share", "'lots'")),
        (", share: 0.1", "", 7, ("rules.moves", "give share or limit")),
        ("territory: {}", "mooves: {share: 0.2}", 6, ("rules.mooves: there is no kind 'mooves', did you mean moves?",)),
        ("industry: 2", "industri: 2", 9, ("objectives.fit.profile.industri", "did you mean industry?")),
        ("move_budget", "move_budgets", 7, ("rules.moves.kind", "did you mean move_budget?")),
        ("territory: {}", "territory: [a]", 6, ("rules.territory", "mapping")),
        ("{source: c.csv}", "{sauce: c.csv}", 3, ("data.customers.sauce", "did you mean source?")),
        ("{source: c.csv}", "{source: c.csv, where: 'potential >'}", 3, ("data.customers.where",)),
        ("2026-Q4", "soon", 1, ("period", "soon")),
        ("objectives:", "coverage: maybe\nobjectives:", 8, ("coverage", "required or best_effort")),
        ("objectives:", "solve: {time_limit: -1}\nobjectives:", 8, ("solve.time_limit",)),
        ("territory: {}", "capacity: {limit: 60, column: room}", 6, ("rules.capacity.column: limit is 60 and column",)),
        ("territory: {}", "a: {kind: capacity, min: 1, min_column: least}", 6, ("rules.a.min_column: min is 1",)),
        ("territory: {}", "coverage: {kind: territory}", 6, ("rules.coverage: no rule may", "coverage: required at")),
        ("territory: {}", "coverage: {}", 6, ("rules.coverage: no rule may have this name",)),
        ("territory: {}", "assignment: {kind: pin}", 6, ("rules.assignment: no rule may", "another name")),
    ],
)
def test_mistakes_are_named_by_path_and_line(old, new, line, words):
    assert old in GOOD
    with pytest.raises(InputError) as caught:
        parse(GOOD.replace(old, new, 1))
    problem = next(p for p in caught.value.problems if words[0] in p.line())
    assert problem.row == line
    for word in words:
        assert word in problem.line()


def test_a_term_may_be_called_coverage():
    assert list(parse(GOOD.replace("fit: {", "coverage: {kind: fit, ")).terms) == ["coverage"]


def test_an_override_has_to_clear_the_column_it_replaces():
    plan = parse(GOOD.replace("territory: {}", "capacity: {limit: 60, column: null}"))
    assert plan.rules["capacity"].limit == 60


def test_all_mistakes_at_once():
    with pytest.raises(InputError) as caught:
        parse("perod: 2026\nrules: {skil: {}, capacity: {limit: -3}}\nobjectives: {fit: {wieght: 1}}\n")
    text = "\n".join(p.line() for p in caught.value.problems)
    for word in ("perod", "did you mean period", "skil", "rules.capacity.limit", "objectives.fit.wieght", "no data"):
        assert word in text


def test_schema_knows_every_kind_and_key():
    schema = json_schema()
    assert set(schema["properties"]["rules"]["properties"]) == set(Rule.registry)
    assert set(schema["properties"]["objectives"]["properties"]) == set(Term.registry)
    for model in (*Rule.registry.values(), *Term.registry.values()):
        described = schema["$defs"][model.__name__]["properties"]
        assert set(described) == set(model.model_fields)
        for name, field in model.model_fields.items():
            assert name == "kind" or field.description, f"{model.__name__}.{name} has no description"


@pytest.mark.parametrize(
    ("advise", "won"), [({}, ("gewonnen",)), ({"won": "sold"}, ("sold",)), ({"won": ["a", "b"]}, ("a", "b"))]
)
def test_advice_goes_by_the_outcomes_that_learning_goes_by_unless_it_has_its_own(advise, won):
    data = {"period": "2026-Q4", "data": {"customers": {"source": "c.csv"}, "reps": {"source": "r.csv"}},
            "learn": {"won": ["gewonnen"]}, "advise": advise}  # fmt: skip
    assert (parse_plan(data).advise.won, parse_plan(data).advise.lost) == (won, ("lost",))
