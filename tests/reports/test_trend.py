"""The picture that follows several periods."""

from __future__ import annotations

import dataclasses
import os
import shutil
from pathlib import Path

import matplotlib.figure
import pytest
from matplotlib.testing.compare import compare_images

from reports import metrics, style
from reports.charts.many import trend
from tests.reports.sample import sample, without_plan

BASELINE = Path(__file__).parent / "baseline_many"


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
        drawn = tmp_path / "trend.png"
        drawn.write_bytes(style.picture(style.figure(trend.draw(table)), "png", 50))
        figure = trend.draw(table).figure
        box, size = figure.get_tightbbox(), figure.get_size_inches()
    assert min(box.x0, box.y0) >= -0.01 and box.x1 <= size[0] + 0.01 and box.y1 <= size[1] + 0.01
    if os.environ.get("UPDATE_BASELINES"):
        shutil.copy(drawn, BASELINE / drawn.name)
    approved = tmp_path / "approved.png"
    shutil.copy(BASELINE / drawn.name, approved)
    assert compare_images(str(approved), str(drawn), tol=2) is None
    ax = matplotlib.figure.Figure().add_subplot()
    assert trend.draw(table, ax) is ax and trend.finding(table) in trend.describe(table)
