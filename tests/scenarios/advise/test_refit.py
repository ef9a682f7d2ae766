"""Learned fit on past periods: made from what was known then, used where it earned its place then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import yaml

from benchmarks.advise import Company, Here
from scenarios.advise.advice import advise, strategies_of
from scenarios.advise.past import past_periods
from scenarios.advise.refit import refitted
from scenarios.plan.yaml_text import read_document
from scenarios.run.prepare import prepare
from solver.engine.solution import Options

GRID = ("objectives.fit.source=declared, learned",)
SETS = ("advise.periods=2", "advise.samples=400", "learn.folds=2", "learn.method=effects")


def written(company: Company, folder):
    """A company whose declared fit looks at the segment alone, where the industry is what wins."""
    path = company.write(folder)
    plan = yaml.safe_load(path.read_text(encoding="utf-8"))
    plan["objectives"]["fit"]["profile"] = {"industry": 0, "segment": 1, "skill": 0}
    plan["objectives"]["travel"]["weight"] = 0.1
    path.write_text(yaml.safe_dump(plan, sort_keys=False), encoding="utf-8")
    return path


def advised(path):
    document = read_document(path)
    return advise(path, document, strategies_of(document, (), GRID, SETS), Here(), Options(2.0, 0.2, 1, 1))


def company(strength: float) -> Company:
    return Company(7, 1.0, strength, 4.0, customers=60, reps=6, a_quarter=16.0)


def test_learned_fit_is_recommended_where_it_knows_better_and_says_what_it_needs(tmp_path):
    known = company(0.6)
    found = advised(written(known, tmp_path))
    assert found.verdict == "recommended" and found.best.name == "objectives.fit.source=learned"
    value = {n: sum(known.truth(s.rep_of) for s in solved) for n, solved in found.solved.items()}
    assert value[found.best.name] > 1.1 * value["base"]
    assert "fairbook learn PLAN" in found.files()["strategy.yaml"]
    assert any("habit of learning, not the model of today" in note for note in found.notes)
    assert not any("stays declared" in note for note in found.notes)


def test_where_nothing_can_be_learned_fit_stays_declared_and_it_is_said(tmp_path):
    found = advised(written(company(0.0), tmp_path))
    stays = [note for note in found.notes if "fit stays declared in 2026-Q" in note]
    assert len(stays) == 2 and all("does not earn its place" in note for note in stays)
    (judged,) = (j for j in found.verdicts.judged if j.name == "objectives.fit.source=learned")
    assert judged.evidence == "same" and found.verdict != "recommended"


@pytest.mark.parametrize("force", [False, True])
def test_a_past_models_knowledge_ends_where_its_period_begins(tmp_path, force):
    ready = prepare(written(company(0.6), tmp_path), None, SETS)
    learned = {**ready.plan.source, "objectives": {"fit": {"source": "learned"}}}
    declared = {**ready.plan.source, "objectives": {"fit": {}}}

    def models(history):
        tables = replace(ready.tables, history=history)
        pasts, _ = past_periods(ready.plan, tables, lambda _: tables)
        found = refitted({"learned": learned, "again": learned, "declared": declared}, pasts, force, Here())
        assert set(found) == {"learned", "again"} and found["learned"] == found["again"]
        return pasts[0].period, [one.model.sha256 for one in found["learned"]]

    history = ready.tables.history
    period, first = models(history)
    late = history["date"] >= np.datetime64(period.first)
    assert (late & (history["outcome"] == "won")).any()
    assert models(history.assign(outcome=history["outcome"].where(~late, "lost")))[1] == first
    assert first[0] != first[1]
