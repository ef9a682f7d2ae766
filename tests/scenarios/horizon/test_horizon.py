"""A horizon from the plan file: periods with what changes, runs period by period, compared with one after another."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest

from scenarios.horizon.horizon import plan_horizon, stages
from scenarios.plan.plan import parse_plan
from scenarios.plan.yaml_text import parse_document
from scenarios.run.run import audit_again, solve_prepared
from solver.engine.solution import Options
from solver.problems import InputError

CUSTOMERS = "customer_id,potential,workload,current_rep\n" + "".join(
    f"C{j},{(j * 7) % 11 + 3},{j % 3 + 1},R{j % 3 + 1}\n" for j in range(12)
)
REPS = "rep_id,capacity,ramp,start_date,end_date\nR1,40,1,,\nR2,40,1,,2026-12-31\nR3,40,1,,\nR4,40,0.5,2026-11-15,\n"
PLAN = """\
period: 2026-Q4
data:
  customers: {source: customers.csv}
  reps: {source: reps.csv}
rules:
  capacity: {}
  moves: {kind: move_budget, share: 0.5}
objectives:
  balance: {metric: potential, target: capacity, tolerance: 0.05, weight: 2}
  continuity: {weight: 1}
solve: {time_limit: 5, workers: 1, gap: 0}
"""
LATER = """\
periods:
  - 2027-Q1
  - {period: 2027-Q2, changes: [{rep_leaves: {rep: R3}}], rules: {capacity: null}}
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("horizon")
    for name, content in {"customers.csv": CUSTOMERS, "reps.csv": REPS, "plan.yaml": PLAN + LATER}.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder / "plan.yaml"


@pytest.fixture(scope="module")
def planned(plan):
    return plan_horizon(stages(plan), moves=3)


def test_each_period_has_what_came_before_it(plan):
    first, second, third = stages(plan)
    assert [p.plan.period_name for p in (first, second, third)] == ["2026-Q4", "2027-Q1", "2027-Q2"]
    assert [p.draft.reps["rep_id"].tolist() for p in (first, second, third)] == [
        ["R1", "R2", "R3", "R4"], ["R1", "R3", "R4"], ["R1", "R4"],
    ]  # fmt: skip
    assert [p.tables.reps.set_index("rep_id")["ramp"]["R4"] for p in (first, second, third)] == [0.5, 0.84, 1]
    assert "capacity" in second.plan.rules and "capacity" not in third.plan.rules
    assert "reps.R3.active: True → False" in [c.line() for c in third.changes]


def test_every_period_is_a_run_audited_by_itself_and_the_parent_of_the_next(planned):
    runs = planned.together.runs
    assert [r.scenario for r in runs] == ["horizon-2026-Q4", "horizon-2027-Q1", "horizon-2027-Q2"]
    assert [r.result.get("parent") for r in runs[1:]] == [{"run": r.id, "by": "horizon"} for r in runs[:-1]]
    for run in runs:
        assert audit_again(run).violations == ()
        assert audit_again(run).score == pytest.approx(run.result["score"], abs=1e-9)
    for one, other in itertools.pairwise(runs):
        had = dict(zip(one.assignment["customer_id"], one.assignment["rep_id"], strict=True))
        now = dict(zip(other.tables.customers["customer_id"], other.tables.customers["current_rep"], strict=True))
        assert now == had


def test_together_is_never_worse_and_never_above_its_bound(planned):
    assert planned.alone.done
    assert planned.gain >= -1e-9
    assert planned.together.score <= planned.bound + 1e-6
    assert planned.gain == pytest.approx(planned.together.score - planned.alone.score)
    document = planned.as_dict()
    assert document["together"]["score"] == planned.together.score
    assert [p["period"] for p in document["one_at_a_time"]["periods"]] == list(planned.periods)
    kinds = {(h["period"], h["kind"]) for h in document["together"]["handovers"]}
    assert ("2027-Q1", "forced") in kinds, "R2 is gone on its day"


def test_nobody_moves_by_choice_more_often_than_asked(plan):
    for moves in (0, 1):
        found = plan_horizon(stages(plan), moves=moves)
        often = Counter(h.customer_id for h in found.together.handovers() if h.kind == "chosen")
        assert max(often.values(), default=0) <= moves
        assert found.together.score <= found.bound + 1e-6


def test_one_period_is_an_ordinary_solve(plan):
    (stage,) = stages(plan, sets=("periods=null",))
    alone = plan_horizon([stage])
    fresh = solve_prepared(stage, options=Options(time_limit=5, gap=0, workers=1))
    assert alone.together.score == pytest.approx(fresh.result["score"], abs=1e-3)
    assert alone.gain == pytest.approx(0, abs=1e-3)


def test_a_period_without_a_plan_is_said(plan):
    found = plan_horizon(stages(plan, sets=("periods=[{period: 2027-Q1, coverage: required, reps: {R1: {capacity: 1}, "
                                            "R3: {capacity: 1}, R4: {capacity: 1}}}]",)))  # fmt: skip
    assert not found.alone.done
    assert found.gain is None
    assert found.together.runs[-1].result["status"] == "infeasible"
    assert any("no joint plan" in note for note in found.notes)


@pytest.mark.parametrize(
    ("periods", "message"),
    [
        ("[2026-Q4, {period: 2027-Q1}]", ""),
        ("[{period: 2026-Q4, rules: {}}]", "is the plan's own period"),
        ("[2026-Q3]", "2026-Q3 begins on 2026-07-01, before"),
        ("[2027-Q2, 2027-Q1]", r"periods\[1\]: 2027-Q1 begins on 2027-01-01, before"),
        ("[soon]", "'soon' is no period"),
        ("2027-Q1", "must be a list"),
        ("[{changes: []}]", "is no period"),
        ("[{period: 2027-Q1, changes: [{rep_left: {rep: R1}}]}]", "did you mean rep_leaves"),
    ],
)
def test_the_list_of_periods_is_checked_when_the_plan_is_read(periods, message):
    document = parse_document(f"{PLAN}periods: {periods}\n", "plan.yaml")
    if not message:
        assert [p.name for p in parse_plan(document.data).periods] == ["2027-Q1"]
        return
    with pytest.raises(InputError, match=message):
        parse_plan(document.data, "plan.yaml", document.lines)


def test_what_a_horizon_cannot_do_is_said(plan):
    with pytest.raises(InputError, match="priorities or a floor"):
        stages(plan, sets=("objectives.continuity.priority=2",))
    with pytest.raises(InputError, match="the customers of 2027-Q1 are not those of 2026-Q4"):
        plan_horizon(stages(plan, sets=("periods=[{period: 2027-Q1, customers: {C1: null}}]",)))
    with pytest.raises(InputError, match="there is no rep 'R9'"):
        stages(plan, sets=("periods=[{period: 2027-Q1, changes: [{rep_leaves: {rep: R9}}]}]",))
