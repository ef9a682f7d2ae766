"""How evenly the reps are loaded in every metric at once: a dot a rep, before and after, against its own target."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import metrics, style, wording
from reports.words import mark, say
from scenarios.run.record import Run

TITLE = mark("Balance across metrics")
ORDER = 20
MOST = 2.2
"""Where the axis ends, loads ÷ target; what lies beyond is drawn at the edge as an arrow."""
MANY = 60
"""More reps than that are smaller dots, spread upwards and downwards, so that one sees where they crowd."""


def frame(run: Run) -> pd.DataFrame:
    """A row a metric and active rep: metric, rep_id, name, base, before, after, low, high, hoover_before, hoover.

    Loads and band are divided by the rep's target, or by the mean of the active reps where the metric has no target;
    `base` is ``target`` or ``mean``. Hoover indices are `scenarios.run.figures.balance`'s.
    """
    parts = []
    spread = metrics.balance(run)
    for metric in metrics.metrics(run) if metrics.has_plan(run) else []:
        table = metrics.books(run, metric)
        table = table[table["active"].astype(bool)]
        aimed = bool((table["target"] > 0).any())
        base = table["target"].where(table["target"] > 0) if aimed else pd.Series(table["after"].mean(), table.index)
        hoover = spread[(spread["metric"] == metric) & (spread["measure"] == "hoover")]
        if not len(table) or not (base > 0).any():
            continue
        found = table[["rep_id", "name"]].assign(metric=metric, base="target" if aimed else "mean")
        for column in ("before", "after", "low", "high"):
            found[column] = table[column] / base
        found["hoover_before"], found["hoover"] = hoover["before"].iloc[0], hoover["after"].iloc[0]
        parts.append(found[base > 0])
    columns = ["metric", "rep_id", "name", "base", "before", "after", "low", "high", "hoover_before", "hoover"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: two rows of dots a metric, before above after, over the tolerance band.

    Where nobody had anything before there is the row of after alone.
    """
    with style.house(style.texts(frame)):
        had = bool(frame["before"].any())
        names = list(dict.fromkeys(frame["metric"]))
        bases = dict(zip(frame["metric"], frame["base"], strict=True))
        ticks = [wording.heading(m) for m in names]
        left = style.MARGIN + 0.1 + style.room([*ticks, say("÷ target"), say("÷ mean")])
        ax = style.canvas(ax, 8.2, 1.15 + 0.82 * len(names) + 0.4)
        style.place(ax, left, 1.5, 1.15, 0.4)
        style.bare(ax)
        most = min(MOST, max(1.3, float(np.nanmax(frame[["before", "after", "high"]].to_numpy())) * 1.04))
        for y, metric in enumerate(names):
            rows = frame[frame["metric"] == metric]
            if rows["low"].notna().any():
                low, high = float(rows["low"].median()), float(rows["high"].median())
                ax.add_patch(Rectangle((low, y - 0.4), high - low, 0.8, facecolor=style.BAND, linewidth=0, zorder=1))
            ax.plot([1, 1], [y - 0.4, y + 0.4], color=style.BLUE, linewidth=1.0, zorder=2)
            if had:
                _dots(ax, rows["before"].to_numpy(), y - 0.19, most, facecolor="white", edgecolor=style.FAINT)
            _dots(
                ax, rows["after"].to_numpy(), y + (0.19 if had else 0.0), most, facecolor=style.BLUE, edgecolor="white"
            )
            both = [_figure(float(rows[c].iloc[0])) for c in ("hoover_before", "hoover")[0 if had else 1 :]]
            style.beside(ax, y, " → ".join(both), 96, right=True, color=style.INK)
            under = say("÷ target") if bases[metric] == "target" else say("÷ mean")
            style.beside(ax, y + 0.27, under, -8 - 72 * style.room([under], 8), size=8, color=style.SOFT)
        style.beside(ax, -0.62, say("Hoover index"), 96, right=True, size=8.5, color=style.SOFT)
        ax.set_xlim(-0.015 * most, most)
        ax.set_ylim(len(names) - 0.45, -0.55)
        ax.set_yticks(range(len(names)), ticks)
        ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: wording.percent(v)))
        ax.grid(axis="x", color=style.PALE, linewidth=0.8)
        below = say("Each rep’s load as a share of its target")
        if had:
            below = say("Each rep’s load as a share of its target, before (rings) and after (dots)")
        style.title(ax, finding(frame), below)
        ring = Line2D([], [], marker="o", linestyle="", color="white", markeredgecolor=style.FAINT)
        handles: list[tuple[Any, str]] = [(ring, say("before"))] if had else []
        handles += [
            (
                Line2D([], [], marker="o", linestyle="", color=style.BLUE, markeredgecolor="white"),
                say("after") if had else say("in the plan"),
            ),
            (Line2D([], [], marker="|", linestyle="", color=style.BLUE, markersize=11), say("target")),
        ]
        if frame["low"].notna().any():
            handles.insert(-1, (Rectangle((0, 0), 1, 1, facecolor=style.BAND), say("tolerance")))
        style.key(ax, handles)
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    parts = []
    for metric, rows in frame.groupby("metric", sort=False):
        banded = rows[rows["low"].notna()]
        if len(banded):
            held = int(metrics.inside(banded["after"], banded["low"], banded["high"]).sum())
            values = {"n": held, "all": len(banded), "metric": wording.spoken(str(metric))}
            parts.append(say("{n} of {all} reps in {metric}", **values))
    if parts:
        return say("Within tolerance: {each}", each=say(", ").join(parts[:2]))
    worst = max(style.rows(frame.drop_duplicates("metric")), key=lambda r: r.hoover if r.hoover == r.hoover else -1)
    return say("Least even is {metric}: Hoover index {h}", metric=wording.spoken(worst.metric), h=_figure(worst.hoover))


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    each = say("; ").join(
        say(
            "{metric} Hoover index {old} before, {new} after",
            metric=wording.spoken(r.metric), old=_figure(r.hoover_before), new=_figure(r.hoover),
        )
        for r in style.rows(frame.drop_duplicates("metric"))
    )  # fmt: skip
    return say("Dot plot of every rep’s load in each metric. {finding}. {each}.", finding=finding(frame), each=each)


def _figure(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "–"


def _dots(ax: Axes, ratio: np.ndarray, y: float, most: float, facecolor: str, edgecolor: str) -> None:
    """Dots in a row; those beyond the axis are arrows at its edge."""
    ratio = ratio[np.isfinite(ratio)]
    out = ratio > most
    many = len(ratio) > MANY
    turn = np.argsort(np.argsort(ratio, kind="stable")) * 0.618034 % 1 - 0.5  # evenly spread, the same each time
    level = y + (0.26 * turn if many else np.zeros(len(ratio)))
    ax.scatter(
        ratio[~out], level[~out], s=9 if many else 34, facecolor=facecolor, edgecolor=edgecolor,
        linewidth=0.5 if many else 1.0, alpha=0.85, zorder=4,
    )  # fmt: skip
    if out.any():
        ax.scatter(
            np.full(int(out.sum()), most), level[out], s=14 if many else 40, marker=">", facecolor=facecolor,
            edgecolor=edgecolor, zorder=5, clip_on=False,
        )  # fmt: skip
