import dataclasses
import math
import os
import shutil
from pathlib import Path

import matplotlib.figure
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.testing.compare import compare_images

from reports import charts, metrics
from reports.charts import flows, loads, plots, progress, score
from tests.reports.sample import sample, without_plan

BASELINE = Path(__file__).parent / "baseline"
PICTURES = {f"{p.name}-{n}": p for n in (6, 35) for p in plots(sample(n, min(3, n // 3), 12 * n))}


@pytest.mark.parametrize("name", PICTURES)
def test_picture_is_as_it_was_approved(name, tmp_path):
    """With UPDATE_BASELINES=1 the pictures are written anew; look at them before you commit them."""
    drawn, approved = tmp_path / f"{name}.png", BASELINE / f"{name}.png"
    drawn.write_bytes(PICTURES[name].picture("png", 50))
    if os.environ.get("UPDATE_BASELINES"):
        shutil.copy(drawn, approved)
    compared = tmp_path / "approved.png"
    shutil.copy(approved, compared)
    assert compare_images(str(compared), str(drawn), tol=2) is None


def test_every_chart_is_found_and_has_a_baseline():
    here = {p.stem for p in Path(charts.__file__).parent.glob("*.py")} - {"__init__"}
    assert set(charts.charts()) == here == {p.chart for p in PICTURES.values()}
    assert {p.stem for p in BASELINE.glob("*.png")} == set(PICTURES)


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_says_what_it_shows_and_is_the_same_each_time(name):
    plot = PICTURES[name]
    assert len(plot.alt) > 40 and "nan" not in plot.alt and plot.notes == []
    assert plot.picture("svg") == plot.picture("svg")
    assert plot.picture("png", 20) == plot.picture("png", 20)


@pytest.mark.parametrize("name", PICTURES)
def test_every_chart_draws_into_axes_it_is_given(name):
    ax = matplotlib.figure.Figure().add_subplot()
    assert PICTURES[name].draw(ax) is ax
    assert ax.get_title(loc="left")


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_is_cut_off_at_the_edge(name):
    from reports import style

    plot = PICTURES[name]
    with style.house(style.texts(plot.frame)):
        figure = plot.draw().figure
        box, size = figure.get_tightbbox(), figure.get_size_inches()
    assert box.x0 >= -0.01 and box.y0 >= -0.01
    assert box.x1 <= size[0] + 0.01 and box.y1 <= size[1] + 0.01


def test_score_frame():
    pd.testing.assert_frame_equal(
        score.frame(sample()),
        pd.DataFrame(
            [
                ("fit", 4.0, 86.0, 34.4, 40.0, 5.6),
                ("balance_potential", 3.0, 93.1, 27.93, 30.0, 2.07),
                ("continuity", 3.0, 84.0, 25.2, 30.0, 4.8),
            ],
            columns=["name", "weight", "score", "points", "most", "missed"],
        ),
    )
    assert score.finding(score.frame(sample())) == "The score of 87.5 misses most on fit: 5.6 points"


def test_loads_frame_is_the_books_in_order_of_the_picture():
    run = sample()
    table = loads.frame(run, metric="potential")
    books = metrics.books(run, "potential").set_index("rep_id")
    assert table["group"].tolist() == ["North"] * 3 + ["华南 South"] * 3 + [loads.GONE]
    assert table["state"].tolist()[-1] == "left"
    for row in table.itertuples():
        assert (row.before, row.after) == (books.loc[row.rep_id, "before"], books.loc[row.rep_id, "after"])
        within = books.loc[row.rep_id, "low"] <= row.after <= books.loc[row.rep_id, "high"]
        assert row.state == ("left" if row.rep_id == "R07" else "within" if within else "outside")
    assert set(loads.frame(run, metric="customers")["state"]) == {"free", "left"}


def test_of_many_reps_the_furthest_off_are_shown_and_it_is_said():
    run = sample(12, 3, 120)
    table = loads.frame(run, metric="potential", most=5)
    books = metrics.books(run, "potential")
    off = (books["after"] - books["target"]).abs().fillna(books["after"]).sort_values(ascending=False)
    assert set(table["rep_id"]) == set(books.loc[off.index[:5], "rep_id"])
    assert (table["of"] == 13).all() and "shown" in loads.finding(table)


def test_workload_that_only_counts_customers_is_drawn_once():
    run = sample()
    same = {c: run.books[c.replace("workload", "customers")] for c in run.books if c.startswith("workload")}
    assert "workload" not in loads.variants(dataclasses.replace(run, books=run.books.assign(**same)))
    assert loads.variants(without_plan()) == {}


def test_flows_frame_leaves_out_who_stays():
    run = sample()
    table = flows.frame(run)
    flat = metrics.flows(run)
    assert table["customers"].sum() == flat["customers"].sum() == 22
    assert set(table["source_kind"]) == {"none", "left", "rep"}
    assert not ((table["source"] == table["target"]) & (table["source"] != "")).any()
    assert set(table.loc[table["source_kind"] == "left", "source_name"]) == {"Zoë Leaver"}
    assert set(table.loc[table["target_kind"] == "none", "target_name"]) == {flows.UNASSIGNED}


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 6), st.integers(0, 1000))
def test_small_flows_are_put_together_and_none_is_lost(most, seed):
    run = sample(9, 3, 90, seed=seed)
    table = flows.frame(run, most=most)
    assert table["customers"].sum() == metrics.flows(run)["customers"].sum()
    for end in ("source", "target"):
        assert table.loc[table[end] != "", end].nunique() <= most
    assert not table.duplicated(["source", "target"]).any()


def test_progress_frame_ends_with_the_final_state():
    table = progress.frame(sample())
    assert table.iloc[-1].tolist() == pytest.approx([9.2, 87.53, 87.63])
    assert len(table) == 7 and table["seconds"].is_monotonic_increasing


@pytest.mark.parametrize(
    ("trace", "end", "said"),
    [
        ([(0.02, 91.3, 91.3)], (0.02, 91.3, 91.3), "met at once"),
        ([(3.0, 81.3, 91.3)], (3.0, 81.3, 91.3), "10.00 points are left"),
        ([(0.5, None, 95.0), (5.0, 88.0, 91.0)], (6.0, 88.0, 91.0), "3.00 points are left"),
        ([(0.5, 70.0, None)], (1.0, 72.0, None), "no bound is proven"),
        ([(0.5, None, 99.0)], (1.0, None, None), "No plan after"),
        ([(0.5, 60.0, 60.0), (0.5, 60.0, 60.0)], (0.5, 60.0, 60.0), "met after"),
    ],
)
def test_progress_of_every_kind_of_search_is_drawn(trace, end, said):
    run = sample()
    points = [dict(zip(("seconds", "score", "bound"), t, strict=True)) for t in trace]
    result = run.result | dict(zip(("seconds", "score", "bound"), end, strict=True)) | {"trace": points}
    table = progress.frame(dataclasses.replace(run, result=result))
    assert said in progress.finding(table) and "nan" not in progress.describe(table)
    assert all(math.isfinite(v) for v in progress.draw(table).get_ylim())


def test_without_a_plan_there_is_at_most_the_search_to_see():
    assert [p.chart for p in plots(without_plan())] == []
    run = without_plan()
    searched = dataclasses.replace(run, result=run.result | {"trace": [{"seconds": 1, "score": None, "bound": 90.0}]})
    assert [p.chart for p in plots(searched)] == ["progress"]


@pytest.mark.parametrize(("reps", "customers"), [(1, 1), (1, 2), (2, 5), (70, 90)])
def test_tiny_and_wide_runs_draw(reps, customers):
    for plot in plots(sample(reps, 1, customers)):
        assert plot.picture("png", 20).startswith(b"\x89PNG")
