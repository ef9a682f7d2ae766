"""Every picture there is, in Chinese: no English is left in it, nor in what it says to those who cannot see it."""

from __future__ import annotations

import dataclasses

import pytest

from reports import charts, style
from reports.charts.many import advice, frontier, stress, trend
from reports.words import language
from tests.reports import test_frontier, test_many_approved, test_stress, test_trend
from tests.reports.latin import english, in_figure
from tests.reports.sample import sample
from tests.reports.test_chinese import spoken

#: What the samples call their strategies, scenarios and reps.
OWN = {
    "advice": ("the", "plan", "s", "own", "weights", "with", "continuity", "at", "balance", "tolerance"),
    "scores": ("two", "hires", "stable"), "reps": ("two", "hires", "stable"), "stress": ("Rep",),
}  # fmt: skip


def little(table):
    """A strategy frame in which none is recommended."""
    return table.assign(best=False)


def stressed(name, level, **given):
    """A stress frame of a rule or term that the shipped plans have."""
    return stress.frame(dataclasses.replace(test_stress.sample(**given), name=name), level, most=2)


MANY = {
    **test_many_approved.PICTURES,
    "advice-none": (advice, lambda: little(test_many_approved.advised())),
    "advice-nothing": (advice, lambda: test_many_approved.advised().head(0)),
    "frontier": (frontier, lambda: frontier.frame(test_frontier.sample())),
    "frontier-less": (frontier, lambda: frontier.frame(test_frontier.sample(True, "x"))),
    "stress": (stress, lambda: stressed("capacity", 0.9)),
    "stress-band": (stress, lambda: stressed("balance_workload", 0.9, kind="band")),
    "stress-sure": (stress, lambda: stressed("max_accounts", 0.9, chances=(0.95, 1.0))),
    "trend": (trend, lambda: trend.frame(test_trend.runs())),
}  # fmt: skip


@pytest.mark.parametrize("name", MANY)
def test_no_english_is_left_in_pictures_of_several_runs(name):
    chart, made = MANY[name]
    with language("zh"):
        table = made()
        with style.house(style.texts(table)):
            said = in_figure(style.figure(chart.draw(table)))
        told = chart.describe(table)
    assert english(f"{said}\n{told}", sample(), *OWN.get(name.partition("-")[0], ())) == set()


@pytest.mark.parametrize("seed", [1, 5])
def test_no_english_is_left_in_pictures_of_a_run(seed):
    run = spoken() if seed == 1 else sample(seed=seed, reps=14, teams=3, customers=120, optimal=True)
    left = {}
    with language("zh"):
        for plot in charts.plots(run):
            with style.house(style.texts(plot.frame)):
                said = in_figure(plot.draw().figure)
            left[plot.name] = english(f"{said}\n{plot.alt}\n{plot.title}", run)
    assert len(left) > 10 and not any(left.values()), left
