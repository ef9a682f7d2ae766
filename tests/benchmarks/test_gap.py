"""Public generalized-assignment instances: read exactly, refused clearly, solved by the general engine."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import gap as command
from benchmarks.gap import percent_above, run
from benchmarks.gap_reader import Gap, make_gap, read_best_known, read_gap, read_gaps
from solver.engine.solution import Options
from solver.problems import InputError
from tests.solver.draw import examples

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "gap"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the public instances are not beside the repository")

#: Two agents, three jobs; agent 1 can hold no two of its jobs, and job 3 alone is too much for agent 2.
TINY = """ 2 3
 4 1 7
 3 9 2
 5 5 5
 2 3 9
 6 5
"""


def write(folder: Path, text: str | bytes, name: str = "tiny") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def brute(gap: Gap) -> int | None:
    """The least cost by trying all plans on the file's numbers."""
    m, n = gap.cost.shape
    best = None
    for agents in product(range(m), repeat=n):
        used = [0] * m
        for j, i in enumerate(agents):
            used[i] += int(gap.use[i, j])
        if all(u <= c for u, c in zip(used, gap.capacity.tolist(), strict=True)):
            cost = sum(int(gap.cost[i, j]) for j, i in enumerate(agents))
            best = cost if best is None else min(best, cost)
    return best


@st.composite
def gaps(draw: st.DrawFn) -> Gap:
    m, n = draw(st.integers(1, 3)), draw(st.integers(1, 5))

    def grid(low: int, high: int) -> np.ndarray:
        return np.array(
            draw(st.lists(st.lists(st.integers(low, high), min_size=n, max_size=n), min_size=m, max_size=m))
        )

    capacity = np.array(draw(st.lists(st.integers(0, 20), min_size=m, max_size=m)))
    return make_gap("drawn", grid(0, 30), grid(0, 9), capacity)


def test_the_numbers_become_options_and_loads(tmp_path: Path) -> None:
    gap = read_gap(write(tmp_path, TINY))
    inst = gap.instance
    assert (gap.name, inst.n_units, inst.n_reps, inst.n_rows) == ("tiny", 3, 2, 2)
    # job by job, agent by agent; job 3 has no option at agent 2, whose capacity it exceeds alone
    assert inst.option_unit.tolist() == [0, 0, 1, 1, 2]
    assert inst.option_rep.tolist() == [0, 1, 0, 1, 0]
    assert inst.option_score.tolist() == [0, 1, 8, 0, 0]
    assert gap.offset == 4 + 9 + 7
    assert inst.load_row.tolist() == [0, 1, 0, 1, 0]
    assert inst.load_amount.tolist() == [5, 2, 5, 3, 5]
    assert inst.row_upper.tolist() == [6, 5]
    assert inst.required.all()
    assert (inst.scale, inst.offset, inst.error) == (1, 0, 0.0)


@given(gaps(), st.data())
@examples(60)
def test_scores_and_limits_are_the_files(gap: Gap, data: st.DataObject) -> None:
    inst = gap.instance
    if np.any(np.diff(inst.indptr) == 0):
        return
    choice = np.array(
        [data.draw(st.integers(int(a), int(b) - 1)) for a, b in zip(inst.indptr[:-1], inst.indptr[1:], strict=True)]
    )
    jobs, agent = np.arange(inst.n_units), inst.option_rep[choice]
    used = [int(gap.use[i, agent == i].sum()) for i in range(inst.n_reps)]
    holds = all(u <= c for u, c in zip(used, gap.capacity.tolist(), strict=True))
    assert inst.feasible(choice) == holds
    assert gap.offset - inst.value(choice) == int(gap.cost[agent, jobs].sum())
    assert inst.option_score.min() >= 0
    if holds:
        assert gap.plan_cost(choice) == gap.offset - inst.value(choice)
    else:
        with pytest.raises(ValueError, match="uses"):
            gap.plan_cost(choice)


@given(gaps())
@examples(15)
def test_the_engine_finds_the_least_cost(gap: Gap) -> None:
    row = run(gap, Options(20.0, 0.0, 1, 1))
    best = brute(gap)
    assert row["cost"] == best
    assert row["status"] == ("infeasible" if best is None else "optimal")
    assert row["bound"] == best


def test_a_plan_is_checked_against_the_file(tmp_path: Path) -> None:
    gap = read_gap(write(tmp_path, TINY))
    assert gap.plan_cost(np.array([1, 3, 4])) == 3 + 9 + 7
    for choice, said in (
        ([1, 2, 4], "agent 1 uses 10 of 6"),
        ([1, -1, 4], "1 jobs have no agent"),
        ([2, 1, 4], "another job's option"),
    ):
        with pytest.raises(ValueError, match=said):
            gap.plan_cost(np.array(choice))


@pytest.mark.parametrize(
    ("score_bound", "cost_bound"), [(8.0, 12), (8.4, 12), (7.99, 13), (7.9999999999, 12), (8.0000000001, 12)]
)
def test_a_bound_is_rounded_to_the_cost_it_allows(tmp_path: Path, score_bound: float, cost_bound: int) -> None:
    gap = read_gap(write(tmp_path, TINY))  # offset 20
    assert gap.cost_bound(score_bound) == cost_bound


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", "truncated", "how many agents and jobs"),
        ("2", "truncated", "how many agents and jobs"),
        ("0 3", "empty", "0 agents and 3 jobs"),
        ("2 0 1 1", "empty", "2 agents and 0 jobs"),
        (TINY[:-3], "truncated", "ask for 16 numbers, 15 are there"),
        (TINY + "8 8", "extra_numbers", "2 numbers too many"),
        ("999999999 999999999 1 2", "truncated", "4 are there"),
        (TINY.replace("9", "9.0", 1), "not_a_number", "9.0 is no whole number"),
        (TINY.replace("9", "1e1", 1), "not_a_number", "1e1"),
        (TINY.replace("9", "1_0", 1), "not_a_number", "1_0"),
        (TINY.replace("9", "nan", 1), "not_a_number", "nan"),
        (TINY.replace("9", "\u0669", 1), "not_a_number", "\u0669"),
        (TINY.replace("9", "-9", 1), "negative", "-9 is negative"),
        (TINY.replace("9", "9" * 16, 1), "too_large", "at most 15 digits"),
        (TINY.replace("9", "9" * 9000, 1), "too_large", "at most 15 digits"),
        (TINY.replace("9", "0" * 20, 1), "too_large", "at most 15 digits"),
        ("1 20 " + "999999999999999 " * 20 + "1 " * 21, "too_large", "costs add up"),
        ("1 20 " + "1 " * 20 + "999999999999999 " * 20 + "1", "too_large", "uses add up"),
        (b"\x00\xff\xfe2 3", "not_a_number", "no whole number"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_the_file(tmp_path: Path, text: str | bytes, code: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_gap(write(tmp_path, text, "broken"))
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.file == "broken"
    assert "broken" in str(caught.value)
    assert said in problem.line()


def test_every_bad_number_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_gap(write(tmp_path, TINY.replace("4", "x").replace("6", "-6")))
    assert [(p.row, p.code, p.value) for p in caught.value.problems] == [
        (2, "not_a_number", "x"),
        (6, "negative", "-6"),
    ]
    with pytest.raises(InputError) as caught:
        read_gap(write(tmp_path, "x " * 1000))
    assert len(caught.value.problems) == 20


def test_a_file_too_large_or_unreadable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="missing"):
        read_gap(tmp_path / "missing")
    monkeypatch.setattr("benchmarks.gap_reader.MAX_BYTES", 10)
    with pytest.raises(InputError, match="at most 10"):
        read_gap(write(tmp_path, TINY))


def test_a_folder_means_its_instances(tmp_path: Path) -> None:
    for name in ("b2", "a1", "best_known.csv", ".hidden", "README.md"):
        write(tmp_path, TINY, name)
    (tmp_path / "more").mkdir()
    assert [g.name for g in read_gaps([tmp_path])] == ["a1", "b2"]
    with pytest.raises(InputError, match="no instance"):
        read_gaps([tmp_path / "more"])
    write(tmp_path, "2 3", "c3")
    write(tmp_path, "1 x", "d4")
    with pytest.raises(InputError) as caught:  # all that is wrong anywhere
        read_gaps([tmp_path])
    assert [p.file for p in caught.value.problems] == ["c3", "d4"]


def test_best_known_costs(tmp_path: Path) -> None:
    good = write(tmp_path, "instance,m,best_known_cost\na,5,17\nb,5,0\n", "best.csv")
    assert read_best_known(good) == {"a": 17, "b": 0}
    assert percent_above(18, 17) == pytest.approx(5.8824)
    assert (percent_above(None, 17), percent_above(1, None), percent_above(1, 0)) == (None, None, None)
    for text, said in (
        ("name,cost\na,1\n", "best_known_cost is missing"),
        ("instance,best_known_cost\na,1.5\nb,\n", "row 3"),
        ("instance,best_known_cost\na\n", "row 2"),
        ("instance,best_known_cost\na,1\na,2\n", "twice"),
    ):
        with pytest.raises(InputError, match=said):
            read_best_known(write(tmp_path, text, "bad.csv"))


@pytest.mark.parametrize("how", [["benchmarks/gap.py"], ["-m", "benchmarks.gap"]])
def test_the_command_prints_a_row_an_instance(tmp_path: Path, how: list[str]) -> None:
    path = write(tmp_path, TINY)
    best = write(tmp_path, "instance,best_known_cost\ntiny,19\n", "best.csv")
    where = ROOT if how[0] == "-m" else tmp_path
    how = how if how[0] == "-m" else [str(ROOT / how[0])]
    flags = [str(path), "--time-limit", "5", "--workers", "1", "--best-known", str(best)]
    done = subprocess.run([sys.executable, *how, *flags], cwd=where, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert list(row) == [*command.COLUMNS, "best_known", "percent_above"]
    assert (row["name"], row["cost"], row["bound"], row["status"]) == ("tiny", "19", "19", "optimal")
    assert (row["best_known"], row["percent_above"]) == ("19", "0.0")
    assert float(row["seconds"]) >= 0


def test_the_command_refuses_before_it_solves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(write(tmp_path, TINY)), str(write(tmp_path, "2 3", "short"))]
    with pytest.raises(SystemExit) as ended:
        command.main(paths, standalone_mode=False)
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (3, "")
    assert said.err.startswith("short: the file is truncated")


def test_an_instance_without_a_plan_has_a_row(tmp_path: Path) -> None:
    row = run(read_gap(write(tmp_path, "1 2  1 1  3 3  5")), Options(5.0, 0.0, 1, 1))
    assert (row["cost"], row["bound"], row["status"]) == (None, None, "infeasible")


def test_a_bound_that_cannot_be_is_a_defect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    real = command.solve
    gap = read_gap(write(tmp_path, TINY))
    for change, said in (
        ({"bound": 0.5}, "bound 20 is above the cost 19"),
        ({"score": 3.0}, "its score says"),
        ({"choice": np.array([0, 3, 4])}, "breaks the instance"),
    ):
        monkeypatch.setattr(command, "solve", lambda *a, c=change: replace(real(*a), **c))
        with pytest.raises(RuntimeError, match=said):
            run(gap, Options(5.0, 0.0, 1, 1))


@needs_data
def test_the_public_instances_are_read() -> None:
    best = read_best_known(DATA / "best_known.csv")
    gaps = read_gaps([DATA])
    assert {g.name for g in gaps} <= set(best)
    for gap in gaps:
        m, n = gap.cost.shape
        assert gap.name[1:] == f"{m:02d}{n}"
        assert gap.instance.n_options == m * n
        assert gap.offset - gap.instance.ceiling() <= best[gap.name]  # no plan is below every job's cheapest


@needs_data
def test_a_public_instance_is_proven() -> None:
    row = run(read_gap(DATA / "a05100"), Options(30.0, 0.0, 2, 1))
    assert (row["cost"], row["bound"], row["status"]) == (1698, 1698, "optimal")
