"""From files to advice: a known best weight is found, and where nothing matters nothing is recommended."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml

from benchmarks.advise import WEIGHTS, Company, Here
from reports.charts.many import advice as chart
from reports.evaluation.advice import Advised
from scenarios.advise.advice import advise, strategies_of
from scenarios.advise.advice_file import read_advice
from scenarios.plan.yaml_text import parse_document, read_document
from scenarios.run.record import to_json
from solver.engine.solution import Options
from solver.problems import InputError

SETS = ("advise.periods=2", "advise.samples=400")


def of(company: Company, folder):
    path = company.write(folder)
    document = read_document(path)
    return advise(path, document, strategies_of(document, (), (), SETS), Here(), Options(2.0, 0.2, 1, 1)), path


def small(alpha: float, strength: float, start: float, a_quarter: float = 40.0) -> Company:
    return Company(5, alpha, strength, start, customers=80, reps=6, a_quarter=a_quarter)


def test_the_best_weights_neighbourhood_is_found(tmp_path):
    company = small(0.8, 0.6, WEIGHTS[0])
    found, path = of(company, tmp_path)
    assert found.verdict == "recommended" and found.pasts == ("2026-Q3", "2026-Q2")
    value = {n: sum(company.truth(s.rep_of) for s in solved) for n, solved in found.solved.items()}
    possible = max(value.values()) - value["base"]
    assert value[found.best.name] - value["base"] >= 0.9 * possible
    weight = found.override()["objectives"]["fit"]["weight"]
    assert weight in WEIGHTS[2:]  # fit counts four times as much as travel
    (tmp_path / "advice.json").write_text(to_json(found.as_dict()), encoding="utf-8")
    told = Advised(read_advice(tmp_path / "advice.json"))
    assert told.best["name"] == found.best.name and told.best["net"] == pytest.approx(found.best.net)
    pd.testing.assert_frame_equal(told.frame(), chart.frame(found))
    assert told.title() == f"Recommended: fit weighs {weight:g} instead of {WEIGHTS[0]:g}"
    files = found.files()
    assert set(files) == {"strategy.yaml", "figures.csv", "strategies.csv"} | ({"figures.yaml"} & set(files))
    assert yaml.safe_load(files["strategy.yaml"]) == found.override()
    (tmp_path / "s.yaml").write_text(files["strategy.yaml"], encoding="utf-8")
    from scenarios.run.prepare import read_plan

    assert read_plan(path, None, [f"@{tmp_path / 's.yaml'}"])[0].terms["fit"].weight == weight


def test_where_nothing_matters_there_is_no_evidence(tmp_path):
    found, _ = of(small(0.5, 0.0, WEIGHTS[0]), tmp_path)
    assert found.verdict == "no_evidence" and found.override() == {} and "strategy.yaml" not in found.files()
    assert {j.evidence for j in found.verdicts.judged} <= {"none", "loss", "same"}


PLAN = """\
period: 2026-Q4
data: {customers: {source: c.csv}, reps: {source: r.csv}}
rules: {moves: {kind: move_budget, share: 0.1}}
objectives: {fit: {weight: 3}, balance: {weight: 0}}
overrides: {lean: {reps: {R1: null}}, stable: {rules: {moves: {share: 0.05}}}}
"""


def test_strategies_come_from_grid_plan_or_one_key_at_a_time():
    document = parse_document(PLAN)
    assert [c.name for c in strategies_of(document, (), (), ())] == [
        "base", "objectives.fit.weight=1", "objectives.fit.weight=9", "rules.moves.share=0.05", "rules.moves.share=0.2",
    ]  # fmt: skip
    named = parse_document(PLAN + "advise: {grid: {objectives.balance.target: [equal, capacity]}}\n")
    assert [c.name for c in strategies_of(named, (), (), ())][1:] == [
        "objectives.balance.target=equal", "objectives.balance.target=capacity",
    ]  # fmt: skip
    assert [c.name for c in strategies_of(named, ("stable",), (), ())] == ["base", "stable"]
    with pytest.raises(InputError, match="lean: a strategy changes weights, tolerances or budgets, not reps"):
        strategies_of(document, ("lean",), (), ())
    learned = strategies_of(document, (), ("objectives.fit.source=learned",), ())
    assert [c.name for c in learned] == ["base", "objectives.fit.source=learned"]
