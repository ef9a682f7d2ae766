"""How the engine starts, stops, labels what it found, and what it never says without proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.engine import coverage as coverage_module
from solver.engine import solve as solve_module
from solver.engine.exact import exact, mip
from solver.engine.exact.exact import Model, Outcome, feasible
from solver.engine.exact.mip import solve_mip
from solver.engine.expand import expanded
from solver.engine.improve.construct import construct
from solver.engine.solution import Options, Progress, Solution
from solver.engine.solve import solve
from tests.solver.draw import Case, assignment_of, draw_case, draw_choice, examples

RANDOM = st.randoms(use_true_random=False)


def company(customers: int, reps: int, seed: int = 1, room: float = 1.1) -> Case:
    """A plan too large to try out, small enough to build at once."""
    rng = Random(seed)
    people = [
        {
            "rep_id": f"R{i}", "team": f"T{i % 3}", "industries": rng.choice(("medical", "retail")),
            "capacity": round(customers / reps * 3 * room, 1),
            "latitude": rng.uniform(45, 55), "longitude": rng.uniform(5, 15),
        }
        for i in range(reps)
    ]  # fmt: skip
    rows = [
        {
            "customer_id": f"C{j}", "industry": rng.choice(("medical", "retail", "")),
            "potential": rng.randint(1, 1000), "workload": rng.randint(1, 5),
            "current_rep": f"R{rng.randrange(reps)}", "group": rng.choice(("a", "b", "", "", "")),
            "parent_id": f"P{rng.randrange(customers)}" if rng.random() < 0.3 else "",
            "latitude": rng.uniform(45, 55), "longitude": rng.uniform(5, 15),
        }
        for j in range(customers)
    ]  # fmt: skip
    rules = {
        "capacity": {"kind": "capacity"},
        "family": {"kind": "family"},
        "apart": {"kind": "separation", "column": "group", "limit": max(2, customers // reps // 2)},
        "moves": {"kind": "move_budget", "share": 0.4},
    }
    terms: dict[str, Any] = {
        "fit": {"kind": "fit", "weight": 2},
        "balance": {"kind": "balance", "tolerance": 0},
        "work": {"kind": "balance", "metric": "workload", "target": "capacity"},
        "continuity": {"kind": "continuity"},
        "travel": {"kind": "travel"},
    }
    return Case(rows, people, rules, terms)


def sound(case: Case, found: Solution) -> None:
    """What holds of every solution that has a plan."""
    assert found.choice is not None and found.score is not None and found.bound is not None
    audited = case.audit(assignment_of(case.draft, found.choice))
    assert audited.violations == ()
    assert len(audited.unassigned) == found.unassigned >= found.fewest_unassigned
    assert found.score == pytest.approx(audited.score, abs=case.instance.error)
    assert found.bound >= audited.score - 1e-9
    monotone(found)
    assert found.trace[-1].score == found.score


def monotone(found: Solution) -> None:
    """The trace goes forward in time, up in score and down in bound, and ends where the solution does."""
    scores = [p.score for p in found.trace if p.score is not None]
    bounds = [p.bound for p in found.trace if p.bound is not None]
    assert scores == sorted(scores)
    assert bounds == sorted(bounds, reverse=True)
    assert [p.seconds for p in found.trace] == sorted(p.seconds for p in found.trace)
    assert all(p.gap is None or p.gap >= 0 for p in found.trace)


@pytest.fixture(scope="module")
def middle() -> Case:
    return company(60, 6)


@pytest.fixture(scope="module")
def large() -> Case:
    return company(400, 14)


def test_a_proven_optimum(middle: Case) -> None:
    seen: list[Progress] = []
    found = solve(middle.instance, Options(time_limit=120, gap=0, workers=2), seen.append)
    sound(middle, found)
    assert (found.status, found.stopped) == ("optimal", "proven")
    assert found.bound - found.score <= 2 * middle.instance.error  # type: ignore[operator]
    assert tuple(seen) == found.trace
    assert found.notes == ()


def test_the_gap_limit_stops(middle: Case) -> None:
    found = solve(middle.instance, Options(time_limit=120, gap=3.0, workers=1))
    sound(middle, found)
    assert found.bound - found.score <= 3.0 + 2 * middle.instance.error  # type: ignore[operator]
    assert (found.status, found.stopped) == ("feasible", "gap")


@pytest.mark.parametrize("seconds", [0.01, 0.5])
def test_the_time_limit_is_said(large: Case, seconds: float) -> None:
    found = solve(large.instance, Options(time_limit=seconds, gap=0, workers=1))
    sound(large, found)
    assert (found.status, found.stopped) == ("feasible", "time")
    assert found.unassigned == found.fewest_unassigned or "cut short" in found.notes[0]


@pytest.mark.parametrize("polls", [0, 3, 12])
def test_cancelling_keeps_the_best_plan(large: Case, polls: int) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > polls

    found = solve(large.instance, Options(time_limit=600, gap=0, workers=2), cancelled=cancelled)
    sound(large, found)
    assert (found.status, found.stopped) == ("feasible", "cancelled")


def outcomes(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> list[tuple[str, bool]]:
    """Put words into CP-SAT's mouth, by stage; returns the list of (stage, presolve) asked."""
    asked: list[tuple[str, bool]] = []
    real = Model.solve

    def told(self: Model, options: Options, stage: str, *args: Any, **kwargs: Any) -> Outcome:
        asked.append((stage, kwargs.get("presolve", True)))
        if stage not in changes:
            return real(self, options, stage, *args, **kwargs)
        return changes[stage](real(self, replace(options, gap=0), stage, in_points=False))  # in silence

    monkeypatch.setattr(Model, "solve", told)
    return asked


FULL = Case(
    [{"customer_id": f"C{j}", "potential": j + 1} for j in range(4)],
    [{"rep_id": "R1", "max_customers": 1}, {"rep_id": "R2", "max_customers": 1}],
    {"heads": {"kind": "capacity", "metric": "customers"}},
    {"balance": {"kind": "balance"}},
)


@pytest.mark.parametrize("cancel", [True, False])
def test_without_a_plan_the_reason_is_said(monkeypatch: pytest.MonkeyPatch, cancel: bool) -> None:
    case = FULL.but(customers=FULL.customers[:2], coverage=True)
    monkeypatch.setattr(solve_module, "construct", lambda inst, seed: np.full(inst.n_units, -1, dtype=np.int64))
    outcomes(monkeypatch, coverage=lambda o: Outcome("UNKNOWN", None, None, None))
    found = solve(case.instance, Options(time_limit=60), cancelled=lambda: cancel)
    assert (found.status, found.stopped) == ("no_plan", "cancelled" if cancel else "time")
    assert (found.choice, found.score, found.bound, found.trace) == (None, None, None, ())


def test_optimal_only_where_coverage_is_proven_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert solve(FULL.instance, Options(workers=1)).status == "optimal"
    outcomes(monkeypatch, coverage=lambda o: replace(o, status="FEASIBLE", bound=-1))
    found = solve(FULL.instance, Options(workers=1))
    assert (found.status, found.stopped) == ("feasible", "time")
    assert (found.unassigned, found.fewest_unassigned) == (2, 1)
    assert "fewer customers might stay unassigned" in found.notes[0]


def test_optimal_only_where_the_bound_is_met(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes(monkeypatch, exact=lambda o: replace(o, status="FEASIBLE", bound=o.bound + 10**9))
    found = solve(FULL.instance, Options(workers=1))
    assert (found.status, found.stopped) == ("feasible", "time")
    assert found.bound > found.score  # type: ignore[operator]
    assert found.bound <= 100 + 2 * FULL.instance.error  # type: ignore[operator]


def test_without_an_answer_the_plan_in_hand_stays_and_its_bound_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes(monkeypatch, exact=lambda o: Outcome("UNKNOWN", None, None, None))
    found = solve(FULL.instance, Options(workers=1, gap=0))
    sound(FULL, found)
    assert found.status == "feasible"


def crowded(coverage: bool = True) -> Case:
    return FULL.but(coverage=coverage)


def test_impossible_is_said_by_two_solvers_without_presolve(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = outcomes(monkeypatch)
    second: list[dict[str, Any]] = []

    def spy(*args: Any, **kwargs: Any) -> Outcome:
        second.append(kwargs)
        return solve_mip(*args, **kwargs)

    monkeypatch.setattr(coverage_module, "solve_mip", spy)
    found = solve(crowded().instance, Options(workers=1))
    assert (found.status, found.stopped, found.choice) == ("infeasible", "proven", None)
    assert ("confirm", False) in asked
    assert [(k["presolve"], k["objective"]) for k in second] == [(False, False)]


def test_the_second_solver_ends_with_the_first_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    pressed = False

    def press(*args: Any, cancelled: Callable[[], bool], **kwargs: Any) -> Outcome:
        nonlocal pressed
        pressed = True
        assert cancelled(), "it has to hear Ctrl-C itself"
        return Outcome("UNKNOWN", None, None, None)

    monkeypatch.setattr(coverage_module, "solve_mip", press)
    found = solve(crowded().instance, Options(workers=1), cancelled=lambda: pressed)
    assert (found.status, found.stopped) == ("no_plan", "cancelled")


@pytest.mark.parametrize("status", ["OPTIMAL", "FEASIBLE", "UNKNOWN"])
def test_where_the_second_solver_does_not_agree_nothing_is_claimed(
    monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    monkeypatch.setattr(coverage_module, "solve_mip", lambda *a, **k: Outcome(status, None, None, None))
    found = solve(crowded().instance, Options(workers=1))
    assert (found.status, found.choice, found.bound) == ("no_plan", None, None)
    assert "could not be confirmed" in found.notes[0]


def test_where_cp_sat_without_presolve_does_not_agree_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes(monkeypatch, confirm=lambda o: Outcome("UNKNOWN", None, None, None))
    assert solve(crowded().instance, Options(workers=1)).status == "no_plan"


def test_a_plan_in_hand_outweighs_a_solver_that_says_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes(monkeypatch, coverage=lambda o: Outcome("INFEASIBLE", None, None, None))
    found = solve(FULL.instance, Options(workers=1))
    sound(FULL, found)
    assert found.status == "feasible"


def test_a_customer_that_must_have_a_rep_and_may_have_none() -> None:
    case = Case([{"customer_id": "C1"}], [{"rep_id": "R1", "active": False}], coverage=True)
    found = solve(case.instance, Options())
    assert (found.status, found.stopped) == ("infeasible", "proven")
    assert "no eligible rep" in found.notes[0]


@pytest.mark.parametrize("customers", [[], [{"customer_id": "C1", "potential": 3, "industry": "medical"}]])
@pytest.mark.parametrize("reps", [[], [{"rep_id": "R1", "active": False, "industries": "retail"}]])
def test_nobody_to_assign_or_nobody_to_assign_to(customers: list[Any], reps: list[Any]) -> None:
    kinds = ("territory", "skill", "capacity", "pin", "family", "move_budget")
    rules = {k: {"kind": k} | ({"share": 0.5, "scope": "rep"} if k == "move_budget" else {}) for k in kinds}
    case = Case(customers, reps, rules, {k: {"kind": k} for k in ("fit", "balance", "continuity", "travel")})
    found = solve(case.instance, Options(workers=1))
    assert (found.status, found.unassigned) == ("optimal", len(customers))
    sound(case, found)


@examples(40)
@given(rng=RANDOM)
def test_any_small_plan_is_sound(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=3)
    found = solve(case.instance, Options(time_limit=60, workers=2))
    if found.choice is not None:
        sound(case, found)
    else:
        assert found.status == "infeasible"


# --- construct, expand, check, mip ---------------------------------------------------------------------


@examples(120)
@given(rng=RANDOM)
def test_construction_keeps_upper_limits_and_separations(rng: Random) -> None:
    case = draw_case(rng, rules=5, terms=3)
    inst = case.instance
    choice = construct(inst, rng.randrange(100))
    loads = expanded(inst).loads(choice)
    assert not np.any(loads > expanded(inst).row_upper)
    taken = choice >= 0
    assert np.all(inst.option_unit[choice[taken]] == np.flatnonzero(taken))


def test_construction_follows_its_seed(large: Case) -> None:
    assert construct(large.instance, 3).tolist() == construct(large.instance, 3).tolist()


def test_construction_places_everybody_where_there_is_room_for_all() -> None:
    """Three jobs that fit in one way only: greedy alone fails."""
    customers = [{"customer_id": f"C{j}", "workload": w} for j, w in enumerate((3, 3, 2, 2, 2))]
    case = Case(customers, [{"rep_id": "R1", "capacity": 6}, {"rep_id": "R2", "capacity": 6}], {
        "capacity": {"kind": "capacity"}
    })  # fmt: skip
    assert case.instance.unassigned(construct(case.instance, 1)) == 0


@examples(80)
@given(rng=RANDOM)
def test_separations_as_rows_mean_the_same(rng: Random) -> None:
    case = draw_case(rng, rules=2)
    config = {"kind": "separation", "column": "group", "limit": rng.choice((1, 2)), "groups": {"x": ["C0", "C1", "C2"]}}
    case = case.but(rules=case.rules | {"apart": config, "family": {"kind": "family"}})
    inst = case.instance
    choice = draw_choice(rng, case.draft)
    assert expanded(inst).separations == ()
    assert expanded(inst).feasible(choice) == inst.feasible(choice)
    assert expanded(inst).value(choice) == inst.value(choice)


def test_an_instance_without_separations_is_itself() -> None:
    assert expanded(FULL.instance) is FULL.instance


def test_a_model_that_may_leave_nobody_out_and_has_no_option_is_infeasible() -> None:
    case = Case([{"customer_id": "C1"}], [{"rep_id": "R1"}], {"territory": {"kind": "territory"}})
    assert Model(case.instance, 0).solve(Options(workers=1), "test", in_points=False).status == "INFEASIBLE"
    assert solve_mip(case.instance, 0).status == "INFEASIBLE"
    assert feasible(case.instance, np.array([-1]))


@pytest.mark.parametrize("name", ["highs", "scip"])
def test_a_mip_keeps_limits_exactly(name: mip.SolverName) -> None:
    """One millionth too much beside a thousand million is within every MIP solver's tolerance, and still too much."""
    customers = [{"customer_id": "C1", "potential": 1e9}, {"customer_id": "C2", "potential": 0.000001}]
    rules = {"capacity": {"kind": "capacity", "metric": "potential", "limit": 1e9}}
    case = Case(customers, [{"rep_id": "R1"}], rules)
    assert solve_mip(case.instance, 0, name, objective=False).status == "INFEASIBLE"
    found = solve_mip(case.instance, 1, name)
    assert found.choice is not None
    assert case.instance.feasible(found.choice)
    assert solve(case.but(coverage=True).instance, Options(workers=1)).status == "infeasible"


def test_amounts_below_zero_are_solved_like_any_other() -> None:
    """A balance on growth: what CP-SAT may leave outside the band counts positive amounts alone."""
    customers = [{"customer_id": f"C{j}", "growth": g} for j, g in enumerate((10, -4, 6, -2))]
    terms = {"balance": {"kind": "balance", "metric": "growth", "tolerance": 0}}
    case = Case(customers, [{"rep_id": "R1"}, {"rep_id": "R2"}], terms=terms)
    found = solve(case.instance, Options(workers=1))
    assert (found.status, found.unassigned) == ("optimal", 0)
    assert found.score == pytest.approx(90)  # targets 5 and 5: at best 6 and 4, 2 off of 20
    for choice in ([0, 2, 4, 6], [1, 2, 5, 6], [1, 2, 4, -1]):  # R1 may end above all bands, and below 0
        assert feasible(case.instance, np.array(choice))
    for name in ("highs", "scip"):
        other = solve_mip(case.instance, 0, name)  # type: ignore[arg-type]
        assert case.instance.points(other.objective or 0) == pytest.approx(90, abs=0.001)


@pytest.mark.parametrize("workers", [1, 2])
def test_whoever_watches_may_fail_and_is_heard(middle: Case, workers: int) -> None:
    class Full(Exception):
        pass

    def watch(progress: Progress) -> None:
        if progress.stage == "exact":
            raise Full("no room for another line")

    with pytest.raises(Full, match="no room"):
        solve(middle.instance, Options(time_limit=600, gap=0, workers=workers, engine="exact"), watch)


def test_what_fails_inside_cp_sat_is_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise MemoryError("no more")

    monkeypatch.setattr(exact.cp_model.CpSolver, "solve", fail)
    with pytest.raises(RuntimeError, match="without an answer") as caught:
        solve(FULL.instance, Options(workers=1))
    assert isinstance(caught.value.__cause__, MemoryError)


def test_cp_sat_refusing_a_model_is_a_defect_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact.cp_model.CpSolver, "status_name", lambda *a: "MODEL_INVALID")
    with pytest.raises(RuntimeError, match="refuses the model"):
        solve(FULL.instance, Options(workers=1))
