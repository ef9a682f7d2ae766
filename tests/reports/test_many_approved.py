"""Pictures of several runs, of watch, advice and a learned model, held against those that were looked at."""

import dataclasses
from functools import partial

import pandas as pd
import pytest

from reports import style
from reports.charts import loads
from reports.charts.learned import calibration
from reports.charts.many import advice, drift, reps, scores
from scenarios.compare import compare
from tests.reports.looks import MANY, faults, hold
from tests.reports.sample import sample


def sides(chart, *seeds):
    runs = [
        dataclasses.replace(sample(seed=s), id=f"{s:012x}", scenario=n)
        for s, n in zip(seeds, ("base", "公平 stable", "two hires"), strict=False)
    ]
    return chart.frame(compare(runs))


def drifted():
    table = loads.frame(sample(), metric="potential").assign(was="within")
    now = {"within": "within", "outside": "over", "free": "within", "left": "under"}
    return table[table["state"] != "left"].assign(now=lambda d: d["state"].map(now), of=lambda d: len(d))


def advised():
    rows = [
        ("the plan's own weights, with continuity at 6", 410_000.0, 120_000.0, 700_000.0, "gain", True),
        ("公平: balance at 5", 90_000.0, -150_000.0, 330_000.0, "none", False),
        ("tolerance 0.2", -260_000.0, -500_000.0, -20_000.0, "loss", False),
    ]
    table = pd.DataFrame(rows, columns=["name", "net", "low", "high", "evidence", "best"])
    return table.assign(level=0.9, periods="2026-Q1, 2026-Q2, 2026-Q3")


def calibrated():
    return calibration.frame({"calibration": {"bins": [
        [0.18, 0.15, 0.08, 0.26, 90], [0.31, 0.36, 0.27, 0.46, 90], [0.44, 0.42, 0.32, 0.53, 88],
        [0.58, 0.49, 0.39, 0.57, 90], [0.76, 0.79, 0.69, 0.86, 89],
    ]}})  # fmt: skip


PICTURES = {
    "scores": (scores, partial(sides, scores, 1, 2, 3)), "reps": (reps, partial(sides, reps, 1, 2, 3)),
    "drift": (drift, drifted), "advice": (advice, advised), "calibration": (calibration, calibrated),
}  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
def test_picture_is_as_it_was_approved(name, tmp_path):
    chart, made = PICTURES[name]
    table = made()
    with style.house(style.texts(table), salt=name):
        figure = style.figure(chart.draw(table))
        hold(style.picture(figure, "png", 50), MANY / f"{name}.png", tmp_path)
        assert faults(figure) == []
