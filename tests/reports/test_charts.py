import dataclasses
import math
from pathlib import Path

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import charts, metrics, style
from reports.charts import (
    balance,
    capacity,
    fits,
    flows,
    loads,
    lorenz,
    places,
    plots,
    progress,
    retention,
    score,
    streams,
    waterfall,
)
from reports.words import language
from scenarios.run.today import today
from tests.reports.looks import BASELINE, faults, hold
from tests.reports.sample import sample, without_plan

PICTURES = {f"{p.name}-{n}": p for n in (6, 35) for p in plots(sample(n, min(3, n // 3), 12 * n))}


@pytest.mark.parametrize("name", PICTURES)
def test_picture_is_as_it_was_approved(name, tmp_path):
    hold(PICTURES[name].picture("png", 50), BASELINE / f"{name}.png", tmp_path)


def test_every_chart_is_found_and_has_a_baseline():
    here = {p.stem for p in Path(charts.__file__).parent.glob("*.py")} - {"__init__"}
    assert set(charts.charts()) == here == {p.chart for p in PICTURES.values()}
    assert {p.stem for p in BASELINE.glob("*.png")} == set(PICTURES)


@pytest.mark.parametrize("name", [n for n in PICTURES if n.endswith("-6")])
def test_every_picture_says_what_it_shows_and_is_the_same_each_time(name):
    plot = PICTURES[name]
    assert len(plot.alt) > 40 and "nan" not in plot.alt and plot.notes == []
    assert plot.picture("svg") == plot.picture("svg")
    assert plot.picture("png", 20) == plot.picture("png", 20)
    assert dict(plot.pictures(("png", "svg"), 20)) == {k: plot.picture(k, 20) for k in ("png", "svg")}


@pytest.mark.parametrize("name", PICTURES)
def test_every_chart_draws_into_axes_it_is_given(name):
    ax = matplotlib.figure.Figure().add_subplot()
    assert PICTURES[name].draw(ax) is ax
    assert ax.get_title(loc="left")


AWKWARD = ["W" * 40, "i" * 40, "北京市海淀区大客户部高级客户经理欧阳娜娜女士", "STRATEGIC ACCOUNTS, NORTH & CENTRAL"]
"""Names as wide, as narrow and as long as they come."""


def awkward():
    """A run in which every rep and team has such a name."""
    run = sample(12, 3, 144)
    names = {r: AWKWARD[n % 4] for n, r in enumerate(run.tables.reps["rep_id"])}
    teams = {t: AWKWARD[n] for n, t in enumerate(sorted(run.tables.reps["team"].unique()))}
    reps, books = (
        t.assign(name=t["rep_id"].map(names), team=t["team"].map(teams)) for t in (run.tables.reps, run.books)
    )
    return dataclasses.replace(run, tables=dataclasses.replace(run.tables, reps=reps), books=books)


HARD = PICTURES | {f"{p.name}-awkward": p for p in plots(awkward())}


@pytest.mark.parametrize("name", HARD)
def test_no_text_is_cut_off_or_under_another(name):
    plot = HARD[name]
    with style.house(style.texts(plot.frame)):
        assert faults(style.figure(plot.draw())) == []


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
    assert (table["of"] == 13).all()
    every = loads.frame(run, metric="potential")
    assert loads.finding(table) == loads.finding(every) and "of 12 reps end within" in loads.finding(table)
    assert (table["held"] == (every["state"] == "within").sum()).all()


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


def test_large_counts_stay_within_their_cells():
    table = flows.frame(sample(35, 3, 420))
    table["customers"] = table["customers"] * 4567
    with language("zh"), style.house([*style.texts(table)]):
        ax = flows.draw(table)
        style.figure(ax).canvas.draw()
        cell = ax.transData.transform((1, 0))[0] - ax.transData.transform((0, 0))[0]
        counts = [
            t for t in ax.texts if t.get_text().endswith("万") and t.get_rotation() == 0 and t.get_ha() == "center"
        ]
        assert counts and max(t.get_window_extent().width for t in counts) < cell


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


# --- the shipped charts beyond the first five ---------------------------------------------------


def test_waterfall_frame_goes_from_today_to_the_plan_and_to_the_bound():
    run = sample()
    table = waterfall.frame(run)
    before = today(run)
    assert set(before) == {"fit", "balance_potential", "continuity"} and before["continuity"] == 100.0
    weight = {"fit": 0.4, "balance_potential": 0.3, "continuity": 0.3}
    plan = {"fit": 86.0, "balance_potential": 93.1, "continuity": 84.0}
    start = sum(w * before[n] for n, w in weight.items())
    changes = {n: w * (plan[n] - before[n]) for n, w in weight.items()}
    steps = sorted(changes, key=lambda n: -changes[n])
    assert table["step"].tolist() == [waterfall.TODAY, *steps, waterfall.PLAN, waterfall.BOUND]
    assert table["change"].tolist() == pytest.approx([start, *(changes[s] for s in steps), 87.53, 0.1])
    ends = np.cumsum([start, *(changes[s] for s in steps)])
    assert table["end"].tolist() == pytest.approx([*ends, 87.53, 87.63])
    assert table["start"].tolist() == pytest.approx([0.0, *ends[:-1], 0.0, 87.53])
    assert table["weight"].dropna().tolist() == [10 * weight[s] for s in steps]


def test_today_is_what_a_brute_reckoning_says():
    """Balance of today by its formula: 100 (1 - sum of what lies beyond the tolerance / 2 / sum of targets)."""
    run = sample()
    active = run.books[run.books["active"].astype(bool)]
    total = run.tables.customers["potential"].sum()
    target = total / len(active)
    off = [max(0.0, abs(load - target) - 0.1 * target) for load in active["potential_before"]]
    assert today(run)["balance_potential"] == pytest.approx(100 * (1 - sum(off) / (2 * total)))
    assert today(dataclasses.replace(run, plan={"nothing": 1})) is None
    assert len(waterfall.frame(dataclasses.replace(run, plan={"nothing": 1}))) == 0


def test_balance_frame_divides_by_the_target_or_the_mean():
    run = sample()
    table = balance.frame(run).set_index(["metric", "rep_id"])
    active = run.books[run.books["active"].astype(bool)].set_index("rep_id")
    for rep, row in active.iterrows():
        assert table.loc[("potential", rep), "after"] == pytest.approx(row["potential"] / row["potential_target"])
        assert table.loc[("workload", rep), "before"] == pytest.approx(
            row["workload_before"] / active["workload"].mean()
        )
    assert len(table) == 3 * len(active) and table.loc[("potential", "R01"), ["low", "high"]].tolist() == [0.9, 1.1]
    assert table.groupby("metric")["base"].first().to_dict() == {
        "potential": "target", "workload": "mean", "customers": "mean",
    }  # fmt: skip
    spread = metrics.balance(run).set_index(["metric", "measure"])
    assert table.loc[("potential", "R01"), "hoover"] == spread.loc[("potential", "hoover"), "after"]


def test_many_customers_sit_and_one_potential_sits_with_the_wrong_rep():
    run = sample()
    assert " of the potential sits with " in lorenz.finding(lorenz.frame(run, "potential"))
    assert " of the customers sit with " in lorenz.finding(lorenz.frame(run, "potential").assign(metric="customers"))


def test_lorenz_frame_runs_from_corner_to_corner_and_is_widest_at_hoover():
    run = sample()
    assert lorenz.variants(run) == {"potential": {"metric": "potential"}}
    table = lorenz.frame(run, "potential")
    for when, rows in table.groupby("when"):
        assert rows[["fair", "held"]].iloc[0].tolist() == [0.0, 0.0]
        assert rows[["fair", "held"]].iloc[-1].tolist() == pytest.approx([1.0, 1.0])
        assert (rows["fair"] - rows["held"]).max() == pytest.approx(rows["hoover"].iloc[0])
        spread = metrics.balance(run).set_index(["metric", "measure"])[when]
        assert rows["gini"].iloc[0] == spread[("potential", "gini")]
    steps = np.diff(table.loc[table["when"] == "after", "held"])
    active = run.books[run.books["active"].astype(bool)]
    assert steps.tolist() == pytest.approx(sorted(active["potential"] / active["potential"].sum()))


def test_capacity_frame_has_the_fullest_first():
    run = sample()
    table = capacity.frame(run)
    active = run.books[run.books["active"].astype(bool)].set_index("rep_id")
    fullest = (active["workload"] / active["workload_max"]).sort_values(ascending=False)
    assert table.drop_duplicates("rep_id")["rep_id"].tolist() == fullest.index.tolist()
    cells = table.set_index(["rep_id", "metric"])
    assert set(table["metric"]) == {"potential", "workload"}
    assert cells.loc[("R01", "workload"), "share"] == active.loc["R01", "workload"] / active.loc["R01", "workload_max"]
    assert cells.loc[("R01", "potential"), "of"] == "target" and cells.loc[("R01", "workload"), "of"] == "limit"
    assert capacity.frame(run, most=2)["rep_id"].unique().tolist() == fullest.index[:2].tolist()


def test_streams_frame_loses_no_customer_and_no_money():
    run = sample()
    for by in ("team", "rep"):
        table = streams.frame(run, by)
        assert table["customers"].sum() == len(run.tables.customers)
        assert table["potential"].sum() == pytest.approx(run.tables.customers["potential"].sum())
    reps = streams.frame(run, "rep")
    stay = run.assignment[run.assignment["moved"] == "kept"].groupby("rep_id")["potential"].sum()
    assert reps[reps["stays"]].set_index("source")["potential"].to_dict() == pytest.approx(stay.to_dict())
    teams = streams.frame(run, "team")
    assert set(teams["source_name"]) == {"North", "华南 South", streams.NONE_BEFORE}
    assert set(teams["target_name"]) == {"North", "华南 South", streams.NONE_NOW}
    assert not teams.duplicated(["source", "target"]).any()


def test_retention_frame_cuts_those_who_could_stay_into_tenths():
    run = sample(6, 2, 240)
    table = retention.frame(run)
    could = run.assignment[run.assignment["moved"].isin(["kept", "chosen"])]
    could = could.sort_values(["potential", "customer_id"], ascending=[False, True])
    assert table["customers"].sum() == len(could) and table["tenth"].tolist() == list(range(1, 11))
    first = could.head(int(table["customers"].iloc[0]))
    assert table["kept"].iloc[0] == (first["moved"] == "kept").sum()
    assert table["potential"].iloc[0] == first["potential"].sum()
    assert table["kept_potential"].sum() == could.loc[could["moved"] == "kept", "potential"].sum()
    assert len(retention.frame(sample(2, 1, 4))) <= 4


def test_fits_frame_counts_every_customer_once():
    run = sample()
    table = fits.frame(run, steps=4)
    fit, kept = run.assignment["fit"], run.assignment["moved"] == "kept"
    assert table["low"].tolist() == [0.0, 0.25, 0.5, 0.75]
    assert table["stays"].tolist() == [int(((fit[kept] >= e) & (fit[kept] < e + 0.25)).sum()) for e in table["low"]]
    assert (table["stays"] + table["moves"]).sum() == len(run.assignment)
    value = run.assignment["potential"]
    assert table["weighted"].iloc[0] == pytest.approx((fit * value).sum() / value.sum())
    one = dataclasses.replace(run, assignment=run.assignment.assign(fit=1.0))
    assert (fits.frame(one, steps=4)[["stays", "moves"]].sum(axis=1)).tolist() == [0, 0, 0, len(run.assignment)]


def test_places_frame_keeps_distances():
    run = sample()
    table = places.frame(run)
    customers = table[table["kind"] == "customer"]
    assert len(customers) == len(run.assignment) and set(table["kind"]) == {"customer", "home"}
    one = customers.iloc[0]
    home = run.tables.reps.set_index("rep_id").loc[one["rep_id"]]
    assert one["km"] == pytest.approx(
        places.great_circle(*(np.radians(np.array([v])) for v in (one["latitude"], one["longitude"],
                                                                  home["latitude"], home["longitude"])))[0]
    )  # fmt: skip
    berlin, paris = np.radians([[52.52, 13.405], [48.8566, 2.3522]])
    assert places.great_circle(*(np.array([v]) for v in (*berlin, *paris)))[0] == pytest.approx(877.5, abs=0.5)
    east, north = places.projected(np.array([paris[0]]), np.array([paris[1]]), *berlin)
    assert math.hypot(east[0], north[0]) == pytest.approx(877.5, abs=0.5) and east[0] < 0 and north[0] < 0
    bare = run.tables.customers.assign(latitude=np.nan)
    nowhere = dataclasses.replace(run, tables=dataclasses.replace(run.tables, customers=bare))
    assert len(places.frame(nowhere)) == 0


@pytest.mark.parametrize(("degrees", "land"), [(7.0, True), (0.3, False)])
def test_a_map_shows_the_land_where_it_is_wide_enough_for_it(degrees, land):
    run = sample()
    near = {t: getattr(run.tables, t).assign(
        latitude=lambda d: 47.5 + (d["latitude"] - 47.5) / 7 * degrees, longitude=lambda d: 6 + (d["longitude"] - 6) / 9 * degrees
    ) for t in ("customers", "reps")}  # fmt: skip
    ax = places.draw(places.frame(dataclasses.replace(run, tables=dataclasses.replace(run.tables, **near))))
    assert any(p.get_facecolor() == matplotlib.colors.to_rgba(places.LAND) for p in ax.patches) == land
    said = [t.get_text() for t in ax.texts]
    assert (
        any(t.endswith("° N") for t in said) and any(t.endswith("° E") for t in said) and any(" km" in t for t in said)
    )


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=3, max_size=20))
def test_hull_holds_every_point(points):
    corners = places.hull(np.array(points, dtype=float))
    assert {tuple(c) for c in corners.tolist()} <= {(float(x), float(y)) for x, y in points}
    if len(corners) > 2:
        following = np.roll(corners, -1, axis=0)
        for x, y in points:
            cross = (following[:, 0] - corners[:, 0]) * (y - corners[:, 1]) - (following[:, 1] - corners[:, 1]) * (
                x - corners[:, 0]
            )
            assert (cross >= -1e-9).all()


def test_teams_on_two_continents_have_a_map_each():
    run = sample()
    customers = run.tables.customers
    far = customers.assign(longitude=[x if n % 2 else x + 100 for n, x in enumerate(customers["longitude"])])
    apart = dataclasses.replace(run, tables=dataclasses.replace(run.tables, customers=far))
    assert list(places.variants(apart)) == ["North", "华南 South"] and list(places.variants(run)) == ["all"]


# --- runs in which something is not there -------------------------------------------------------


def test_where_nobody_had_a_rep_there_is_no_before():
    run = sample()
    customers = run.tables.customers.assign(current_rep="")
    books = run.books.assign(**{f"{m}_before": 0.0 for m in ("customers", "potential", "workload")})
    picks = run.assignment.assign(previous_rep="", moved="new")
    first = dataclasses.replace(
        run, tables=dataclasses.replace(run.tables, customers=customers), books=books, assignment=picks
    )
    found = {p.name: p for p in plots(first)}
    assert not {"waterfall", "retention", "streams-team", "streams-rep"} & set(found)
    assert flows.finding(flows.frame(first)) == f"No customer changes rep; {len(picks)} get their first"
    for name in ("loads-potential", "balance"):
        with style.house(style.texts(found[name].frame)):
            ax = found[name].draw()
        assert "before" not in {t.get_text() for t in ax.get_legend().get_texts()}
    assert ", 0 before" not in found["loads-potential"].alt


def test_of_what_nobody_has_there_is_no_picture():
    run = sample()
    nothing = {c: 0.0 for c in run.books if c.startswith("potential")}
    poor = dataclasses.replace(
        run, books=run.books.assign(**nothing), assignment=run.assignment.assign(potential=0.0),
        tables=dataclasses.replace(run.tables, customers=run.tables.customers.assign(potential=0.0)),
    )  # fmt: skip
    found = {p.name for p in plots(poor)}
    assert not {"loads-potential", "retention", "streams-team", "streams-rep"} & found and "loads-workload" in found


def test_small_shares_and_full_ones_are_told_as_they_are():
    table = retention.frame(sample(6, 2, 240)).assign(share=1.0)
    assert retention.finding(table) == "All customers that can keep their rep do"
    assert "< 1 %" in streams.finding(streams.frame(sample(), "team").assign(potential=lambda t: t["stays"] * 1e9 + 1))
    cells = capacity.frame(sample()).assign(share=0.9474, of="limit")
    assert capacity.finding(cells) == "No rep is full: the fullest takes 94.7 % of a limit"
    assert waterfall.signed(0.04) == "+0.04" and waterfall.signed(-5.36) == "−5.4" and waterfall.signed(0) == "+0.0"


def test_a_map_of_a_team_says_which():
    run = sample()
    assert places.finding(places.frame(run, team="North")).startswith("North: half of the customers are within")
    assert places.finding(places.frame(run)).startswith("Half of the customers")


def test_text_in_a_pdf_stays_text():
    made = PICTURES["loads-potential-6"].picture("pdf")
    assert b"/Type3" in made and b"/ToUnicode" in made and b"/FontFile2" not in made
