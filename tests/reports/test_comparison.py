"""Charts of several runs: exactly what is plotted, and files that are the same each time."""

from dataclasses import replace
from pathlib import Path

import matplotlib.figure
import pytest

from reports import style
from reports.charts.many import reps, scores
from reports.comparison import CHARTS, write_charts
from reports.sides import side_by_side
from scenarios.compare import Comparison, compare
from tests.reports.sample import sample, without_plan


@pytest.fixture(scope="module")
def found() -> Comparison:
    first, other, none = sample(), sample(seed=2), without_plan()
    fairer = {n: t | {"weight": 5} for n, t in other.result["terms"].items()}
    other = replace(other, id="0" * 12, scenario="公平 $fair", result=other.result | {"terms": fairer})
    return compare([first, other, replace(none, id="1" * 12, scenario="none")])


def test_points_of_each_term_add_up_to_the_score(found: Comparison) -> None:
    table = scores.frame(found)
    assert table["scenario"].unique().tolist() == ["base", "公平 $fair"], "without a plan there is no score"
    first = table[table["scenario"] == "base"]
    assert first["points"].tolist() == pytest.approx([34.4, 27.93, 25.2])
    assert first["points"].sum() == pytest.approx(first["score"].iloc[0])
    assert scores.finding(table) == "Scores with different weights: they do not measure the same"


def test_a_score_beside_its_bound_shows_the_gap_alike_in_table_picture_and_headline() -> None:
    runs = [replace(r, id=n * 12, scenario=s) for r, n, s in ((sample(), "2", "wide"), (sample(), "3", "close"))]
    gaps = ({"score": 83.777, "bound": 83.871}, {"score": 81.015, "bound": 81.038})
    sides = compare([replace(r, result=r.result | g) for r, g in zip(runs, gaps, strict=True)])
    _, rows = side_by_side(sides)
    assert rows[:2] == [["Score", "83.8", "81.02"], ["Bound", "83.9", "81.04"]]
    said = scores.describe(scores.frame(sides))
    assert (
        "wide 83.8 of at most 83.9; close 81.02 of at most 81.04" in said
        and "Wide scores most: 83.8, close least: 81.0" in said
    )


def test_changes_of_each_rep_are_those_of_the_books(found: Comparison) -> None:
    table = reps.frame(found)
    for row in table.itertuples():
        before, after = (found.reps.set_index("rep_id").loc[row.rep_id, n] for n in ("base", "公平 $fair"))
        assert row.change == pytest.approx(after - before)
    assert "R07" not in set(table["rep_id"]), "who left has nothing in either"
    largest = table.loc[table["change"].abs().idxmax()]
    assert str(largest["name"]) in reps.finding(table)
    assert reps.frame(compare([sample(), sample()])).empty


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_says_what_it_shows_and_is_cut_off_nowhere(found: Comparison, name: str) -> None:
    chart = CHARTS[name]
    table = chart.frame(found)
    assert len(chart.describe(table)) > 40 and "nan" not in chart.describe(table)
    ax = matplotlib.figure.Figure().add_subplot()
    assert chart.draw(table, ax) is ax and ax.get_title(loc="left")
    with style.house(style.texts(table)):
        figure = chart.draw(table).figure
        box, size = figure.get_tightbbox(), figure.get_size_inches()
    assert box.x0 >= -0.01 and box.y0 >= -0.01
    assert box.x1 <= size[0] + 0.01 and box.y1 <= size[1] + 0.01


def test_files_are_the_same_each_time(found: Comparison, tmp_path: Path) -> None:
    first, again = write_charts(found, tmp_path / "a"), write_charts(found, tmp_path / "b")
    assert [p.name for p in first] == ["scores.png", "scores.svg", "reps.png", "reps.svg"]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in again]
    assert write_charts(compare([without_plan()]), tmp_path / "c") == []
