"""The charts of an evaluation: exactly what is plotted, too little data in words, nothing cut off."""

from __future__ import annotations

import math

import matplotlib.figure
import pandas as pd
import pytest

from reports import forest, style
from reports.charts import evaluated
from reports.charts.evaluated import attainment, balance, feedback, forecast, moves, plots, trend
from tests.reports.evaluation.sample import quarter
from tests.reports.looks import MANY, faults, hold

FOUND, LITTLE = quarter()[1].document, quarter(few=6)[1].document
PICTURES = {f"{p.name}-{kind}": p for kind, of in (("all", FOUND), ("little", LITTLE)) for p in plots(of)}
APPROVED = [n for n in PICTURES if n.endswith("-all")] + ["attainment-rep-little", "balance-little", "forecast-little"]


def test_attainment_frame_is_the_lines_of_the_document_best_first():
    for part in ("rep", "team", "territory", "segment"):
        lines = {FOUND["reps"].get(x["name"], x["name"]): x for x in FOUND["attainment"][part]}
        table = attainment.frame(FOUND, part)
        assert list(table["value"]) == sorted(table["value"], reverse=True) and len(table) == len(lines)
        for row in table.itertuples():
            line = lines[row.name]
            assert (row.value, row.verdict, row.of) == (line["ratio"], line["verdict"], len(lines))
            assert (line["low"] is None and math.isnan(row.low)) or (row.low, row.high) == (line["low"], line["high"])
    assert attainment.finding(attainment.frame(FOUND, "rep")) == "Above the others: Ana Lindqvist; below: Bo O'Neill"
    assert attainment.finding(attainment.frame(FOUND, "territory")) == "No difference shown between 4 territories"


def test_balance_frame():
    table = balance.frame(FOUND)
    pd.testing.assert_frame_equal(
        table.sort_values("rep_id", ignore_index=True)[["rep_id", "planned", "became", "verdict"]],
        pd.DataFrame(FOUND["drift"])[["rep_id", "planned", "became", "verdict"]],
    )
    assert set(table["bottom"]) == {0.75} and set(table["top"]) == {1.25}
    assert balance.finding(table) == "1 rep drifted out of the band it was planned in"
    few = balance.frame(FOUND, most=3)
    assert len(few) == 3 and (few["of"] == 12).all() and "R03" in set(few["rep_id"])
    free = balance.frame(FOUND | {"drift": [d | {"band": None, "verdict": "no band"} for d in FOUND["drift"]]})
    assert "of its part" in balance.finding(free)


def test_forecast_moves_feedback_and_trend_frames():
    tenths = forecast.frame(FOUND)
    assert [tuple(r) for r in tenths[["customers", "forecast", "actual", "low", "high"]].to_numpy().tolist()] == [
        tuple(t[k] for k in ("customers", "forecast", "actual", "low", "high")) for t in FOUND["forecast"]["tenths"]
    ]  # fmt: skip
    sales = moves.frame(FOUND)
    for row, side in zip(sales.itertuples(), ("moved", "stayed"), strict=True):
        of = FOUND["moves"][f"of_{side}"]
        assert (row.value, row.low, row.high, row.customers) == (
            of["ratio"],
            of["low"],
            of["high"],
            FOUND["moves"][side],
        )
    lost = f"{100 * FOUND['moves']['lost']:.0f} %"
    assert moves.finding(sales).startswith(f"Customers that moved bought {lost} less than those that stayed (")
    felt = feedback.frame(FOUND)
    for row, side in zip(felt.itertuples(), ("moved", "stayed"), strict=True):
        of = FOUND["feedback"][f"of_{side}"]
        assert (row.before, row.after, row.value) == (of["before"], of["after"], of["change"])
    grew = trend.frame(FOUND, "segment").set_index("name")
    for line in FOUND["trend"]["segment"]:
        assert grew.loc[line["name"], ["value", "share_before", "share"]].tolist() == [
            line["ratio"], line["share_before"], line["share"],
        ]  # fmt: skip
    assert trend.finding(trend.frame(FOUND, "segment")) == "Growth above the others: small"


def test_findings_turn_with_what_was_found():
    of = FOUND["moves"]
    gained = moves.frame(FOUND | {"moves": of | {"lost": -0.2, "low": -0.3, "high": -0.1, "verdict": "gained"}})
    assert moves.finding(gained) == "Customers that moved bought 20 % more than those that stayed"
    none = moves.frame(FOUND | {"moves": of | {"lost": 0.02, "low": -0.1, "high": 0.1}})
    assert moves.finding(none) == "No difference by hand-overs is shown: sales −10 % to +10 %"
    rose = FOUND["feedback"] | {"difference": 0.5, "low": 0.25, "high": 0.75, "verdict": "better"}
    assert feedback.finding(feedback.frame(FOUND | {"feedback": rose})) == (
        "Feedback rose 0.50 further where the rep changed (0.25 to 0.75)"
    )
    nobody = FOUND | {"moves": of | {"moved": 0}}
    assert not len(moves.frame(nobody)) and not len(feedback.frame(nobody))
    assert not {"moves", "feedback"} & {p.chart for p in plots(nobody)}


def test_too_little_data_is_said_in_words():
    said = {p.name: p for p in plots(LITTLE)}
    assert set(said) == {p.name for p in plots(FOUND)}
    for plot in said.values():
        assert "oo little data" in plot.alt
        if "low" in plot.frame and plot.chart != "balance":
            assert plot.frame["low"].isna().all()


def test_of_very_many_lines_those_that_differ_are_kept():
    lines = [dict(name=f"T{n}", ratio=1 - n / 1000, low=0.5, high=1.5, verdict="below" if n == 99 else "as the rest")
             for n in range(100)]  # fmt: skip
    table = forest.cut(attainment.lines(lines, {}))
    assert len(table) == forest.MOST and (table["of"] == 100).all() and "T99" in set(table["name"])
    many = attainment.lines([x | {"verdict": "above"} for x in lines[:3]], {})
    assert forest.apart(many, lambda n: f"{n} places") == "Above the others: 3 places"


def test_every_chart_is_found():
    from pathlib import Path

    there = {p.stem for p in Path(evaluated.__file__).parent.glob("*.py")} - {"__init__"}
    assert set(evaluated.charts()) == there == {p.chart for p in PICTURES.values()}


@pytest.mark.parametrize("name", APPROVED)
def test_picture_is_as_it_was_approved(name, tmp_path):
    hold(PICTURES[name].picture("png", 50), MANY / f"evaluated-{name}.png", tmp_path)


def test_every_picture_that_was_approved_is_drawn():
    assert {p.stem.removeprefix("evaluated-") for p in MANY.glob("evaluated-*.png")} == set(APPROVED)


def test_very_long_names_and_findings_of_two_lines_cover_nothing():
    names = {r: n * 40 for r, n in zip(FOUND["reps"], "Wim北", strict=False)}
    for plot in plots(FOUND | {"reps": FOUND["reps"] | names}):
        with style.house(style.texts(plot.frame)):
            assert faults(style.figure(plot.draw())) == []


@pytest.mark.parametrize("name", PICTURES)
def test_no_text_is_cut_off_or_under_another_and_it_says_what_it_shows(name):
    plot = PICTURES[name]
    with style.house(style.texts(plot.frame)):
        assert faults(style.figure(plot.draw())) == []
    assert len(plot.alt) > 40 and "nan" not in plot.alt and plot.notes == []
    ax = matplotlib.figure.Figure().add_subplot()
    assert plot.draw(ax) is ax and ax.get_title(loc="left")


def test_pictures_are_the_same_each_time():
    plot = PICTURES["balance-all"]
    assert plot.picture("svg") == plot.picture("svg") and plot.picture("png", 20) == plot.picture("png", 20)
