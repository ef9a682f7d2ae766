"""How each rep's load spreads over the draws of a stress, against limits or band, and its chance to stay within."""

from __future__ import annotations

import math
from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import style, wording
from reports.text.stress import share
from reports.words import mark, say, say_n
from scenarios.stress.stress import Check

TITLE = mark("{variant} per rep when amounts turn out otherwise")
MOST = 60
"""Most reps in one picture: those with the least chance."""


def frame(check: Check, level: float, most: int = MOST) -> pd.DataFrame:
    """A row a rep, the least chance first: rep_id, name, planned, low, high, p05, p95, chance, sure_low, sure_high,
    short (below `level`), and of the check: name, kind, metric, level, all_reps, of (how many reps).
    """  # fmt: skip
    rows = [
        (r.rep_id, r.name, r.load, _number(r.low), _number(r.high), r.p05, r.p95, r.chance.share, r.chance.low,
         r.chance.high, r.chance.share < level)
        for r in check.reps[:most]
    ]  # fmt: skip
    columns = ["rep_id", "name", "planned", "low", "high", "p05", "p95", "chance", "sure_low", "sure_high", "short"]
    table = pd.DataFrame(rows, columns=columns)
    for column, value in (("check", check.name), ("kind", check.kind), ("metric", check.metric), ("level", level),
                          ("all_reps", check.all_reps.share), ("of", len(check.reps))):  # fmt: skip
        table[column] = value
    return table


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: a bar a rep over nine tenths of the draws, a dot where it is planned, red below the level."""
    with style.house(style.texts(frame)):
        names = [wording.label(n) for n in frame["name"]]
        left = style.MARGIN + 0.1 + style.room(names)
        ax = style.canvas(ax, 8.2, 1.3 + 0.26 * len(frame) + 0.35)
        style.place(ax, left, 1.75, 1.3, 0.35)
        style.bare(ax)
        band = frame["kind"].iloc[0] == "band"
        limits = frame[["low", "high"]].max().max()
        edge = max(float(frame["p95"].max()), float(limits) if limits == limits else 0.0, 1e-9) * 1.03
        for y, row in enumerate(style.rows(frame)):
            color = style.RED if row.short else style.BLUE
            if band:
                box = (row.low, y - 0.36), row.high - row.low, 0.72
                ax.add_patch(Rectangle(*box, facecolor=style.BAND, linewidth=0, zorder=1))
            else:
                for limit in (row.low, row.high):
                    if limit == limit and limit > 0:
                        upright: dict[str, Any] = {"solid_capstyle": "butt", "zorder": 3}
                        ax.plot([limit] * 2, [y - 0.32, y + 0.32], color=style.INK, linewidth=2.2, **upright)
            ax.plot([row.p05, row.p95], [y, y], color=color, linewidth=5, alpha=0.45, solid_capstyle="butt", zorder=2)
            ax.plot(row.planned, y, "D" if row.short else "o", color=color, markersize=6.5, markeredgecolor="white",
                    zorder=4, clip_on=False)  # fmt: skip
            ink = style.RED if row.short else style.INK
            style.beside(ax, y, share(row.chance), 50, color=ink, right=True, stress=bool(row.short))
            sure = say("{low} to {high}", low=f"{100 * row.sure_low:.0f}", high=f"{100 * row.sure_high:.0f}")
            style.beside(ax, y, sure, 112, color=style.SOFT, right=True)
        style.beside(ax, -0.85, say("chance"), 50, color=style.SOFT, right=True, size=8.5)
        style.beside(
            ax, -0.85, say("{level} sure", level=wording.percent(0.95)), 112, color=style.SOFT, right=True, size=8.5
        )
        ax.set_ylim(len(frame) - 0.4, -0.6)
        ax.set_xlim(min(0.0, float(frame["p05"].min())) - 0.015 * edge, edge)
        ax.set_yticks(range(len(names)), names)
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: wording.short(v, trim=True)))
        ax.grid(axis="x", color=style.PALE, linewidth=0.8)
        style.both_ends(ax, len(frame))
        metric = wording.quantity(frame["metric"].iloc[0])
        if band:
            below = say("{metric} of each rep, and its chance to stay within the tolerance band", metric=metric)
        else:
            below = say("{metric} of each rep, and its chance to stay within the hard limits", metric=metric)
        if len(frame) < frame["of"].iloc[0]:
            below += say("; the {n} of {all} with the least", n=len(frame), all=int(frame["of"].iloc[0]))
        style.title(ax, finding(frame), below)
        _key(ax, frame, band)
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    few, of, level = int(frame["short"].sum()), int(frame["of"].iloc[0]), wording.percent(frame["level"].iloc[0])
    reps = say_n("{n} rep", "{n} reps", len(frame))
    if len(frame) < of:
        reps = say("{reps} shown", reps=reps)
    if not few:
        return say("All of {reps} have a chance of {level} or more", reps=reps, level=level)
    return say_n("{n} of {reps} has a chance below {level}", "{n} of {reps} have a chance below {level}", few,
                 reps=reps, level=level)  # fmt: skip


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    worst = style.rows(frame)[0]
    return say(
        "{metric} per rep over the draws, {check}. {finding}. Least: {rep}, {chance}. All reps at once: {all}.",
        metric=wording.heading(worst.metric), check=wording.spoken(worst.check), finding=finding(frame), rep=worst.name,
        chance=share(worst.chance), all=share(worst.all_reps),
    )  # fmt: skip


def picture(table: pd.DataFrame, kind: Literal["png", "svg", "pdf"], dpi: int = style.DPI) -> bytes:
    """Return the picture as a file's content, the same bytes for the same draws."""
    with style.house(style.texts(table), salt=f"stress-{table['check'].iloc[0]}"):
        return style.picture(style.figure(draw(table)), kind, dpi)


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _key(ax: Axes, frame: pd.DataFrame, band: bool) -> None:
    bar: dict[str, Any] = {"linewidth": 5, "alpha": 0.45, "solid_capstyle": "butt"}
    dot: dict[str, Any] = {"marker": "o", "linestyle": "", "markeredgecolor": "white", "markersize": 6.5}
    color = style.RED if frame["short"].all() else style.BLUE
    handles: list[tuple[Any, str]] = [(Line2D([], [], color=color, **bar), say("90 of 100 draws"))]
    if not frame["short"].all():
        handles.insert(0, (Line2D([], [], color=style.BLUE, **dot), say("planned")))
    if frame["short"].any():
        text = say("planned, chance below {level}", level=wording.percent(frame["level"].iloc[0]))
        handles.append((Line2D([], [], color=style.RED, **dot | {"marker": "D"}), text))
    if band:
        handles.append((Rectangle((0, 0), 1, 1, facecolor=style.BAND), say("tolerance, as planned")))
    else:
        upright: dict[str, Any] = {"marker": "|", "markersize": 11, "linestyle": "", "markeredgewidth": 2.2}
        handles.append((Line2D([], [], color=style.INK, **upright), say("hard limit")))
    style.key(ax, handles)
