"""Peers solve the same instance as the engine, and what is written beside it is what they did."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from random import Random
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import compare, measure
from benchmarks.company import company
from benchmarks.compare import Case, draw, fill_best_bounds, frame, gap_cases, gap_of, row_of
from benchmarks.gap_reader import Gap, make_gap
from benchmarks.measure import Measured
from benchmarks.peers import (
    SOLVERS,
    Found,
    check,
    company_case,
    cpsat,
    greedy,
    homeless,
    main,
    mip,
    ours,
    record,
    waterfall,
)
from reports import style
from solver.engine.improve.construct import construct
from solver.engine.solution import Options, Progress
from solver.waterfall import Habits
from tests.solver.draw import draw_case, examples

OPTIONS = Options(20.0, 0.0, 1, 1)


def random_gap(seed: int, agents: int = 4, jobs: int = 18, room: float = 1.25) -> Gap:
    rng = np.random.default_rng(seed)
    use = rng.integers(1, 15, (agents, jobs))
    cost = rng.integers(1, 60, (agents, jobs))
    return make_gap(f"random{seed}", cost, use, np.full(agents, int(use.mean() * jobs / agents * room)))


def tiny() -> Gap:
    """Two agents with room for two jobs each; job by job the first choice fills agent 1 with the wrong ones."""
    return make_gap("tiny", np.array([[0, 0, 0, 9], [9, 8, 2, 9]]), np.ones((2, 4), int), np.array([2, 2]))


@pytest.mark.parametrize("seed", range(3))
def test_all_who_prove_it_agree(seed: int) -> None:
    gap = random_gap(seed)
    found = [ours(gap.instance, OPTIONS), cpsat(gap.instance, OPTIONS)]
    found += [mip(gap.instance, OPTIONS, "highs"), mip(gap.instance, OPTIONS, "scip")]
    assert {f.status for f in found} == {"optimal"}
    assert len({f.score for f in found}) == 1
    for f in found:
        assert f.bound == f.score
        assert f.unassigned == 0
        check(gap.instance, f, gap)
    best = found[0].score
    assert best is not None
    simple = greedy(gap.instance, OPTIONS)
    assert simple.score is not None
    assert simple.score <= best
    assert simple.bound is None
    check(gap.instance, simple, gap)


@given(st.integers(0, 10_000))
@examples(15)
def test_peers_solve_the_same_plans(seed: int) -> None:
    """Rules, terms, families and coverage mean the same to everyone."""
    case = draw_case(Random(seed))
    inst = case.instance
    mine = ours(inst, OPTIONS)
    if mine.choice is None or mine.unassigned is None:
        return
    for peer in (cpsat(inst, OPTIONS, mine.unassigned), mip(inst, OPTIONS, "highs", mine.unassigned)):
        assert peer.score == pytest.approx(mine.score, abs=2 / inst.scale + 1e-6)
        assert peer.unassigned == mine.unassigned
        check(inst, peer, None)
    for simple in (waterfall(inst), greedy(inst, OPTIONS)):
        check(inst, simple, None)
        if simple.choice is not None and simple.unassigned == mine.unassigned:
            assert simple.score is not None
            assert mine.score is not None
            assert simple.score <= mine.score + 1e-9


def test_no_plan_is_said_by_all() -> None:
    gap = make_gap("none", np.ones((2, 3), int), np.full((2, 3), 3), np.array([4, 4]))
    for name, solver in SOLVERS.items():
        found = solver(gap.instance, OPTIONS, None, None)
        assert found.status in ({"no_plan"} if name in {"waterfall", "greedy"} else {"infeasible"}), name
        assert found.choice is None
        assert found.score is None
    assert waterfall(gap.instance).unassigned == 1


def test_the_waterfall_never_looks_back() -> None:
    gap = tiny()
    found = waterfall(gap.instance)
    # Largest first: jobs 1 and 2 fill agent 1, so job 3 pays 2; the last has but one place left.
    assert found.choice is not None
    assert gap.instance.option_rep[found.choice].tolist() == [0, 0, 1, 1]
    assert [p.score for p in found.trace] == [found.score]


def test_the_waterfall_keeps_current_reps_the_largest_first() -> None:
    gap = tiny()
    habits = Habits(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 0, -1]), np.zeros(8))
    found = waterfall(gap.instance, habits)
    assert found.choice is not None
    assert gap.instance.option_rep[found.choice].tolist() == [1, 0, 0, 1]  # agent 1 is full after jobs 3 and 2


def test_swaps_improve_on_single_moves() -> None:
    improved = 0
    for seed in range(8):
        inst = random_gap(seed, jobs=24, room=1.1).instance
        start = construct(inst, OPTIONS.seed)
        found = greedy(inst, OPTIONS)
        if not inst.feasible(start):
            assert found.choice is None
            continue
        assert found.choice is not None
        assert found.score == inst.points(inst.value(found.choice))
        assert inst.value(found.choice) >= inst.value(start)
        improved += inst.value(found.choice) > inst.value(start)
        assert [p.score for p in found.trace] == sorted(p.score or 0 for p in found.trace)
    assert improved


def test_cpsat_tells_when_it_found_what() -> None:
    inst = random_gap(5).instance
    found = cpsat(inst, OPTIONS)
    assert any(p.score is not None for p in found.trace)
    assert found.trace[-1].score == found.score
    assert found.trace[-1].bound == found.bound
    assert [p.seconds for p in found.trace] == sorted(p.seconds for p in found.trace)


def test_a_company_brings_the_habits_of_its_tables(tmp_path: Path) -> None:
    inst, habits = company_case(company(tmp_path, 80, 4))
    assert habits.weight.shape == habits.current.shape == (inst.n_units,)
    assert habits.fit.shape == (inst.n_options,)
    assert 0 <= habits.fit.min() <= habits.fit.max() <= 1
    assert (habits.current >= 0).any()
    found = waterfall(inst, habits)
    check(inst, found, None)
    assert found.unassigned is not None
    assert found.unassigned >= homeless(inst)
    if found.choice is not None:  # some of the largest kept their rep
        taken = found.choice >= 0
        assert (inst.option_rep[found.choice[taken]] == habits.current[taken]).mean() > 0.3


def test_a_plan_that_does_not_hold_is_refused() -> None:
    gap = tiny()
    inst = gap.instance
    good = ours(inst, OPTIONS)
    assert good.choice is not None
    assert good.score is not None
    for choice, score, bound, said in (
        (np.array([0, 2, 4, 7]), good.score, None, "hard limit"),
        (good.choice, good.score + 1, None, "score"),
        (good.choice, good.score, good.score - 1, "below the score"),
    ):
        with pytest.raises(ValueError, match=said):
            check(inst, Found("feasible", choice, score, bound, 0, 0.0, ()), gap)


def test_the_record_drops_moments_that_say_nothing_new() -> None:
    gap = tiny()
    moments = (Progress(0.1, 1.0, None, ""), Progress(0.2, 1.0, None, ""), Progress(0.3, 1.0, 5.0, ""))
    made = record(gap.instance, Found("feasible", None, None, 5.0, None, 0.3, moments), gap)
    assert [p["seconds"] for p in made["trace"]] == [0.1, 0.3]
    assert made["offset"] == gap.offset
    json.dumps(made)


# --- side by side ------------------------------------------------------------------------------------


def done(**result: Any) -> Measured:
    plain = {"status": "feasible", "score": 80.0, "bound": 82.0, "unassigned": 0, "seconds": 3.0, "offset": None,
             "pairs": 9, "mebibytes": 12.4, "trace": []}  # fmt: skip
    return Measured(0, 4.04, 99.0, json.dumps(plain | result), "")


def test_points_of_a_company() -> None:
    trace = [
        {"seconds": 1.0, "score": 70.0, "bound": None},
        {"seconds": 2.0, "score": 79.5, "bound": 80.5},
        {"seconds": 3.0, "score": 80.0, "bound": 80.05},
    ]
    row = row_of(Case("firm", Path("x")), "fairbook", done(bound=80.05, trace=trace))
    assert (row["measure"], row["score"], row["bound"], row["gap"]) == ("points", 80.0, 80.05, 0.05)
    assert (row["first_plan"], row["gap_1"], row["gap_0.1"], row["gap_0.01"]) == (1.0, 2.0, 3.0, None)
    assert (row["search_seconds"], row["process_seconds"], row["mebibytes"]) == (3.0, 4.0, 12)


def test_costs_and_percents_of_a_public_instance() -> None:
    trace = [
        {"seconds": 1.0, "score": None, "bound": 990.0},
        {"seconds": 2.0, "score": 800.0, "bound": 905.0},
        {"seconds": 3.0, "score": 895.0, "bound": 900.4},
    ]
    row = row_of(Case("g", Path("x")), "cpsat", done(offset=2000, score=895.0, bound=900.4, trace=trace))
    assert (row["measure"], row["score"], row["bound"]) == ("cost", 1105, 1100)
    assert row["gap"] == pytest.approx(100 * 5 / 1100, abs=1e-4)
    assert (row["first_plan"], row["gap_1"], row["gap_0.1"]) == (2.0, 3.0, None)


def test_what_is_not_known_stays_empty() -> None:
    row = row_of(Case("g", Path("x")), "highs", done(trace=[{"seconds": 3.0, "score": 80.0, "bound": 80.0}]))
    assert (row["first_plan"], row["gap_1"]) == (None, None)
    none = row_of(Case("g", Path("x")), "cpsat", done(score=None, bound=None, status="no_plan"))
    assert (none["score"], none["gap"], none["status"]) == (None, None, "no_plan")
    assert (gap_of("cost", 5, 0), gap_of("cost", 0, 0), gap_of("points", 1.0, None)) == (None, 0.0, None)


def test_a_process_that_broke_down_is_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    row = row_of(Case("g", Path("x")), "scip", Measured(-9, 1.0, 55.0, "", "first\nout of memory\n"))
    assert (row["status"], row["measure"], row["mebibytes"]) == ("broke down (-9)", None, 55)
    assert "g, scip: out of memory" in capsys.readouterr().err
    assert set(row) == set(row_of(Case("g", Path("x")), "scip", done()))


def rows_of_two_cases() -> list[dict[str, Any]]:
    firm, public = Case("firm", Path("x")), Case("g", Path("x"))
    broken = Measured(1, 1.0, 55.0, "", "")
    return [
        row_of(firm, "fairbook", done(score=80.0, bound=81.0)),
        row_of(firm, "waterfall", done(score=70.0, bound=None, unassigned=2)),
        row_of(firm, "highs", done(score=None, bound=80.5, unassigned=None)),
        row_of(public, "cpsat", done(offset=2000, score=900.0, bound=1000.0)),
        row_of(public, "fairbook", done(offset=2000, score=1000.0, bound=1100.0)),
        row_of(public, "greedy", broken),
    ]


def test_every_plan_is_held_against_the_best_bound() -> None:
    rows = rows_of_two_cases()
    fill_best_bounds(rows)
    assert [r["gap_to_best_bound"] for r in rows] == [0.5, 10.5, None, 10.0, 0.0, None]
    table = frame(rows)
    assert table["case"].tolist() == ["firm"] * 3 + ["g"] * 3
    assert table["solver"].tolist() == ["fairbook", "highs", "waterfall", "fairbook", "cpsat", "greedy"]
    assert table["remark"].tolist() == ["", "no plan", "2 left out", "", "", "broke down"]
    np.testing.assert_array_equal(table["gap"], [0.5, np.nan, 10.5, 0.0, 10.0, np.nan])


def test_the_chart_shows_the_frame() -> None:
    rows = rows_of_two_cases()
    fill_best_bounds(rows)
    table = frame(rows)
    ax = draw(table, "5 seconds")
    assert ax.get_xscale() == "log"
    shown = {str(line.get_label()): np.asarray(line.get_xdata(), dtype=float).tolist() for line in ax.get_lines()}
    assert shown["Fairbook"] == [0.5, compare.FLOOR]  # no gap at all is drawn at the axis' end
    assert shown["waterfall"] == [10.5]
    assert shown["HiGHS"] == []
    low, high = ax.get_xlim()
    assert low < compare.FLOOR < 10.5 < high
    said = [t.get_text() for t in ax.texts]
    assert said == ["2 left out: waterfall\nno plan: HiGHS", "broke down: greedy with swaps"]
    assert style.picture(style.figure(ax), "png", dpi=50).startswith(b"\x89PNG")
    draw(table[table["gap"].isna()])  # nobody has a plan


def test_every_solver_has_a_mark() -> None:
    assert set(compare.MARKS) == set(SOLVERS)


@pytest.mark.parametrize(
    "flags",
    [
        ["--companies", "2000"],
        ["--companies", "2000x0"],
        ["--companies", "ax3"],
        ["--companies", "", "--gap", ""],
        ["--companies", "", "--gap", "nowhere"],
        ["--solvers", "gurobi"],
        ["--solvers", ""],
        ["--time-limit", "0"],
    ],
)
def test_flags_that_make_no_sense_are_usage_errors(flags: list[str]) -> None:
    assert CliRunner().invoke(compare.main, flags).exit_code == 2


def test_missing_instances_are_all_named(tmp_path: Path) -> None:
    (tmp_path / "a1").write_text("1 1 1 1 1")
    assert [c.name for c in gap_cases("a1", tmp_path)] == ["a1"]
    with pytest.raises(click.UsageError) as caught:
        gap_cases("a1,b1,b2", tmp_path)
    assert "b1" in caught.value.message
    assert "b2" in caught.value.message


def test_the_peer_command_prints_a_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.peers.confine", lambda workers: None)
    monkeypatch.setattr("benchmarks.peers.end_after", lambda seconds: None)
    path = tmp_path / "a1"
    path.write_text("2 2  1 5  5 1  1 1  1 1  1 1")
    ran = CliRunner().invoke(main, ["greedy", str(path), "--time-limit", "5"])
    assert ran.exit_code == 0, ran.output
    made = json.loads(ran.stdout)
    assert (made["status"], made["score"], made["offset"]) == ("feasible", 8.0, 10)


def test_a_comparison_from_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(compare, "RESULTS", tmp_path / "results")
    (tmp_path / "a1").write_text("2 2  1 5  5 1  1 1  1 1  1 1")
    flags = ["--companies", "", "--gap", "a1", "--gap-folder", str(tmp_path), "--solvers", "waterfall,cpsat"]
    ran = CliRunner().invoke(compare.main, [*flags, "--time-limit", "5", "--workers", "1"])
    assert ran.exit_code == 0, ran.output
    with (tmp_path / "results" / "compare.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(r["solver"], r["score"], r["gap_to_best_bound"]) for r in rows] == [
        ("cpsat", "2", "0.0"),
        ("waterfall", "2", "0.0"),
    ]
    assert all(float(r["mebibytes"]) > 0 for r in rows)
    assert (tmp_path / "results" / "compare.png").read_bytes().startswith(b"\x89PNG")
