"""Unseen instances follow the published recipes, and results are kept from run to run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import gap_results, measure
from benchmarks.gap_families import family, main, text, write_families
from benchmarks.gap_reader import read_gap


@pytest.mark.parametrize(
    ("kind", "uses", "costs"), [("c", (5, 25), (10, 50)), ("d", (1, 100), (1, 120)), ("e", (1, 93), (1, 1000))]
)
def test_the_recipe(kind: str, uses: tuple[int, int], costs: tuple[int, int]) -> None:
    gap = family(kind, 10, 500, 1)
    assert gap.cost.shape == gap.use.shape == (10, 500)
    for values, (low, high) in ((gap.use, uses), (gap.cost, costs)):
        assert low <= values.min() and values.max() <= high
    assert np.all(np.abs(gap.capacity - 0.08 * gap.use.sum(axis=1)) < 1)
    if kind == "d":
        assert set(np.unique(gap.cost + gap.use)) <= set(range(101, 122))
    if kind == "e":
        assert np.all((gap.cost <= 1000 / gap.use) | (gap.cost == 1))
        assert gap.use.mean() == pytest.approx(10.5, abs=0.5)
    slope = np.corrcoef(gap.use.ravel(), gap.cost.ravel())[0, 1]
    assert abs(slope) < 0.1 if kind == "c" else slope < -0.4


def test_the_seed_decides_and_the_file_says_the_same(tmp_path: Path) -> None:
    assert text(family("d", 3, 9, 1)) == text(family("d", 3, 9, 1)) != text(family("d", 3, 9, 2))
    (path,) = write_families(tmp_path, ("e3x9",), 4)
    back, drawn = read_gap(path), family("e", 3, 9, 4)
    assert back.name == drawn.name == "e039s4"
    for a, b in ((back.cost, drawn.cost), (back.use, drawn.use), (back.capacity, drawn.capacity)):
        assert np.array_equal(a, b)


def test_the_command_names_what_it_wrote_and_refuses_what_is_no_name(tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, [str(tmp_path), "c2x5", "d2x5", "--seed", "3"])
    assert ran.exit_code == 0
    assert sorted(f.name for f in tmp_path.iterdir()) == ["c025s3", "d025s3"]
    for bad in ("f2x5", "d2", "d0x5", "dx5", "../d2x5"):
        assert CliRunner().invoke(main, [str(tmp_path), bad]).exit_code == 2


def test_rows_are_kept_and_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(gap_results, "RESULTS", tmp_path / "results")
    (tmp_path / "a1").write_text("2 2  1 5  5 1  1 1  1 1  1 1")
    (tmp_path / "best_known.csv").write_text("instance,best_known_cost\na1,2\n")
    flags = ["--folder", str(tmp_path), "--time-limit", "5", "--workers", "1"]
    for only, solvers in (("a1", "fairbook,highs"), ("d2x6", "fairbook"), ("a1", "fairbook")):
        ran = CliRunner().invoke(gap_results.main, [*flags, "--only", only, "--solvers", solvers])
        assert ran.exit_code == 0, ran.output
    rows = measure.read("gap")
    assert [(r["case"], r["solver"]) for r in rows] == [("a1", "fairbook"), ("d2x6", "fairbook")]
    assert (rows[0]["score"], rows[0]["best_known"], rows[0]["percent_above"]) == (2, 2, 0.0)
    assert (tmp_path / "results" / "gap.png").read_bytes().startswith(b"\x89PNG")
    assert CliRunner().invoke(gap_results.main, [*flags, "--only", "b9"]).exit_code == 2
