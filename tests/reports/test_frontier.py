"""The picture of a trade-off curve and what the terminal says of it."""

from __future__ import annotations

import io
from typing import Any

import matplotlib.figure
import pytest
from rich.console import Console

from reports import style
from reports.charts.many.frontier import describe, draw, finding, frame, picture
from reports.text.frontier import LiveFrontier, frontier_summary
from solver.engine.solution import Progress
from tests.reports.looks import MANY, faults, hold


def side(name: str, less: bool = False) -> dict[str, Any]:
    return {"name": name, "about": f"what {name} is", "less_is_better": less, "bound": 100.0}


def sample(less: bool = False, bound_of: str = "y") -> dict[str, Any]:
    curve = [(80, 99, 99.5), (86, 98, 98.4), (91, 96, 97.0), (95, 90, 90.2), (97, 80, None)]
    points = [
        {"point": n, "x": 100 - x if less else x, "y": y, "score": 70 + n,
         "bound": None if b is None else b if bound_of == "y" else x + 1, "gap": None if b is None else b - y,
         "knee": n == 3}
        for n, (x, y, b) in enumerate(curve, 1)
    ]  # fmt: skip
    return {
        "x": side("money_moved" if less else "continuity", less), "y": side("balance_potential"), "status": "feasible",
        "bound_of": bound_of, "points": points, "knee": 3, "dropped": 1, "notes": ["a note"], "findings": [],
        "today": {"x": 0 if less else 100, "y": 70, "score": 60, "violations": 2, "unassigned": 3},
        "waterfall": {"x": 12 if less else 88, "y": 92, "score": 66, "violations": 0, "unassigned": 0},
    }  # fmt: skip


@pytest.mark.parametrize("less", [False, True])
def test_picture_is_as_it_was_approved(less, tmp_path):
    hold(picture(sample(less), "png", 50), MANY / f"frontier-{'less' if less else 'more'}.png", tmp_path)


def test_no_name_of_a_place_covers_a_number_where_all_are_close():
    found = sample()
    found["points"] = [
        {"point": n, "x": 90 + 0.02 * n, "y": 95 - 0.02 * n * n, "score": 80, "bound": None, "gap": None, "knee": n == 5}
        for n in range(1, 16)
    ]  # fmt: skip
    found["today"] |= {"x": 90.1, "y": 94.9}
    found["waterfall"] |= {"x": 90.11, "y": 94.88}
    with style.house():
        assert faults(style.figure(draw(frame(found)))) == []


def test_what_is_plotted_is_what_was_found():
    table = frame(sample())
    assert table["kind"].tolist() == ["point", "point", "knee", "point", "point", "today", "waterfall"]
    assert table["x"].tolist() == [80, 86, 91, 95, 97, 100, 88]
    assert table["bound"].tolist()[:4] == [99.5, 98.4, 97.0, 90.2] and table["bound"].isna().sum() == 3
    assert table["breaks"].tolist() == [0, 0, 0, 0, 0, 2, 0]


def test_the_band_reaches_from_the_points_to_their_bounds_on_the_side_that_was_maximised():
    for bound_of, column, low, high in (("y", 1, 90, 99.5), ("x", 0, 80, 96)):
        ax = draw(frame(sample(bound_of=bound_of)))
        (band,) = ax.collections
        corners = band.get_paths()[0].vertices[:, column]
        assert (corners.min(), corners.max()) == (low, high)


def test_it_says_what_it_shows():
    assert finding(frame(sample())) == "From continuity 80.0 to 97.0, balance potential goes from 99.0 to 80.0"
    said = describe(frame(sample()))
    assert "knee is point 3, at 91.0 and 96.0" in said and "widest gap of a point is 1.00" in said
    assert "Today is at 100.0 and 70.0" in said and "nan" not in said
    assert "One plan has the most of both" in finding(frame(sample() | {"points": sample()["points"][:1]}))
    assert picture(sample(), "svg") == picture(sample(), "svg")
    ax = matplotlib.figure.Figure().add_subplot()
    assert draw(frame(sample()), ax) is ax


def said(document: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=120)
    frontier_summary(document, console)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_terminal_shows_points_places_and_what_next():
    text = said(sample())
    assert "Continuity against balance potential" in text
    assert [line.split()[:3] for line in text.splitlines() if line.startswith("3 ")] == [["3", "91.00", "96.00"]]
    assert "3 customers without a rep, breaks rules 2 times" in " ".join(text.split())
    assert "1 plan found besides" in text and "a note" in text and "--adopt 3 --write FILE" in text
    assert "money moved: what money_moved is; less is better" in said(sample(less=True))


def test_without_a_point_the_terminal_says_why():
    text = said(sample() | {"points": [], "status": "infeasible", "findings": ["R1 has no room"]})
    assert "no plan keeps the rules" in text and "- R1 has no room" in text and "--adopt" not in text


def test_the_live_line_counts_on_from_search_to_search():
    console = Console(file=io.StringIO(), width=120)
    with LiveFrontier(console=console, every=0) as live:
        live.point(1, 3, Progress(2.0, 50.0, 60.0, "exact"))
        live.point(2, 3, Progress(1.0, 40.0, None, "exact"))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert "2.0 s" in lines[0] and "search 1 of 3, solving it as a whole" in lines[0]
    assert "3.0 s" in lines[1] and "search 2 of 3, solving it as a whole" in lines[1]


def test_a_place_far_off_stands_at_the_edge_with_its_figures():
    far = sample() | {"today": {"x": 20, "y": 60, "score": 60, "violations": 0, "unassigned": 0}}
    ax = draw(frame(far))
    (x0, x1), y0 = ax.get_xlim(), ax.get_ylim()[0]
    assert 60 < x0 < 80 and 97 < x1 < 100, "the curve keeps its scale"
    (today,) = [line for line in ax.lines if line.get_marker() == "s"]
    x, y = float(today.get_xdata()[0]), float(today.get_ydata()[0])
    assert x0 < x < x0 + 0.03 * (x1 - x0) and y == max(60.0, y0), "within the edge, off the figures of the axis"
    assert any(t.get_text() == "today, beyond, at 20.0 and 60.0" for t in ax.texts)
    near = draw(frame(sample()))
    assert any(t.get_text() == "today (breaks rules)" for t in near.texts)
