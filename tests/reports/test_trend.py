"""The picture that follows several periods."""

from __future__ import annotations

import dataclasses
import math

import matplotlib.figure
import pandas as pd
import pytest

from reports import metrics, style
from reports.charts.many import trend
from tests.reports.looks import MANY, faults, hold
from tests.reports.sample import sample, without_plan


def runs():
    return [
        dataclasses.replace(run, id=f"{n:012x}", plan=run.plan | {"period": f"2026-Q{n}"})
        for n, run in ((n, sample(6, 2, 40 + 9 * n, seed=n)) for n in (3, 1, 2, 4))
    ]


def test_frame_has_a_row_a_period_in_order():
    found = runs()
    table = trend.frame([*found, found[0], without_plan()])
    assert table["period"].tolist() == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    assert table["run"].tolist() == [f"{n:012x}" for n in (1, 2, 3, 4)]
    first = found[1]
    kept = metrics.retention(first).set_index("measure")["share"]["potential"]
    spread = metrics.balance(first).set_index(["metric", "measure"])["after"]
    row = table.iloc[0]
    assert row[["score", "kept", "within"]].tolist() == pytest.approx(
        [first.result["score"], 100 * kept, 100 * spread[("potential", "within")]]
    )
    assert len(trend.frame(found[:1])) == 0 and len(trend.frame([found[0], found[0]])) == 0


def test_picture_is_as_it_was_approved(tmp_path):
    table = trend.frame(runs())
    with style.house(style.texts(table), salt="trend"):
        figure = style.figure(trend.draw(table))
        hold(style.picture(figure, "png", 50), MANY / "trend.png", tmp_path)
        assert faults(figure) == []
    ax = matplotlib.figure.Figure().add_subplot()
    assert trend.draw(table, ax) is ax and trend.finding(table) in trend.describe(table)


def test_many_periods_and_a_figure_that_ends_early_are_told():
    table = trend.frame(runs())
    many = pd.concat([table] * 4, ignore_index=True).assign(period=[f"20{20 + n // 4}-Q{n % 4 + 1}" for n in range(16)])
    many.loc[13:, "within"] = math.nan
    with style.house():
        ax = trend.draw(many)
        assert faults(style.figure(ax)) == []
    assert any("(2023-Q1)" in t.get_text() for t in ax.texts)
    assert trend.finding(many) == "From 2020-Q1 to 2023-Q4 the score stays at 87.5"
    last = len(many) - 1
    many.loc[last, "score"] = 90.0
    assert trend.finding(many) == "From 2020-Q1 to 2023-Q4 the score goes from 87.5 to 90.0"
