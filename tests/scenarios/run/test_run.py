"""What a solve writes down: points above 100 tell nothing and are in no run."""

from dataclasses import replace

import numpy as np
import pytest

import scenarios.run.run as module
from scenarios.run.prepare import prepare
from scenarios.run.run import AuditFailed, make_run, solve_prepared
from solver.engine.solution import Options, Progress, Solution
from solver.problems import InputError

PLAN = """
period: 2026-Q4
data:
  customers: {source: customers.csv}
  reps: {source: reps.csv}
objectives:
  continuity: {weight: 0.3}
  balance: {metric: customers, weight: 0.6}
"""


@pytest.fixture
def prepared(tmp_path):
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "customers.csv").write_text("customer_id,current_rep,potential\nC1,R1,10\nC2,R2,10\n")
    (tmp_path / "reps.csv").write_text("rep_id\nR1\nR2\n")
    return prepare(tmp_path / "plan.yaml")


def perfect(prepared):
    """Every customer stays, as the engine would say it with its margin for rounding."""
    options = prepared.draft.pairs.option_unit
    reps = prepared.instance.option_rep
    choice = [next(o for o in range(len(options)) if options[o] == u and reps[o] == u) for u in range(2)]
    margin = 100.00001
    trace = (Progress(0.1, None, margin, "price"), Progress(0.2, 100.0, margin, "exact"))
    return Solution("optimal", np.array(choice), 100.0, margin, 0, 0, "proven", 0.2, trace)


def test_nothing_in_a_run_is_above_a_hundred_points(prepared):
    assert (0.3 * 100 + 0.6 * 100) / (0.3 + 0.6) > 100
    result = make_run(prepared, perfect(prepared), Options()).result
    assert (result["score"], result["bound"], result["gap"]) == (100.0, 100.0, 0.0)
    assert [(p["score"], p["bound"]) for p in result["trace"]] == [(None, 100.0), (100.0, 100.0)]


def test_a_score_well_above_a_hundred_is_a_defect_not_a_rounding(prepared, monkeypatch):
    real = module.audit
    monkeypatch.setattr(module, "audit", lambda *given: replace(real(*given), score=100.01))
    solution = replace(perfect(prepared), score=100.01, bound=100.02)
    with pytest.raises(AuditFailed, match="no plan can have more than 100"):
        make_run(prepared, solution, Options())


def test_nor_in_one_with_priorities(prepared, tmp_path):
    sets = ("objectives.continuity.priority=1", "objectives.balance.priority=2", "solve.workers=1")
    levels = solve_prepared(prepare(tmp_path / "plan.yaml", None, sets)).result["levels"]
    assert [level["best"] for level in levels] == [100.0, 100.0]
    assert [(level["bound"], level["gap"]) for level in levels] == [(100.0, 0.0), (100.0, 0.0)]


def test_a_model_beyond_the_limit_is_refused_and_the_limit_named(prepared, tmp_path, monkeypatch):
    pairs = len(prepared.draft.pairs.option_unit)
    monkeypatch.setattr("scenarios.run.prepare.MAX_PAIRS", pairs)
    prepare(tmp_path / "plan.yaml")
    monkeypatch.setattr("scenarios.run.prepare.MAX_PAIRS", pairs - 1)
    with pytest.raises(InputError, match=f"{pairs} eligible pairs of customer and rep; expected at most {pairs - 1}"):
        prepare(tmp_path / "plan.yaml")
