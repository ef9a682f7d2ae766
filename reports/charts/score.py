"""Where the score comes from: the points each term gives, and those it misses."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import metrics, style, wording
from reports.words import mark, say
from scenarios.run.record import Run

TITLE = mark("Where the score comes from")
ORDER = 10


def frame(run: Run) -> pd.DataFrame:
    """A row a term, the heaviest first: name, weight, score (0-100), points, most, missed. See `metrics.terms`."""
    table = metrics.terms(run).sort_values("weight", ascending=False, kind="stable")
    return table[["name", "weight", "score", "points", "most", "missed"]].reset_index(drop=True)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: a bar a term, filled to the points it gives; its full length is what it could give."""
    with style.house(style.texts(frame)):
        names = [wording.heading(n) for n in frame["name"]]
        left = style.MARGIN + 0.1 + style.room(names)
        ax = style.canvas(ax, 8.2, 0.85 + 0.42 * len(frame) + 0.45)
        style.place(ax, left, 2.35, 0.85, 0.45)
        style.bare(ax)
        at = range(len(frame))
        ax.barh(
            at, frame["most"], height=0.56, color="white", edgecolor=style.FAINT, linewidth=0.8, hatch="////", zorder=1
        )
        for patch in ax.patches:
            patch.set_hatchcolor(style.RULE)
        ax.barh(at, frame["points"], height=0.56, color=style.BLUE, zorder=2)
        edge = max(float(frame["most"].max()), 1e-9)
        for y, row in zip(at, style.rows(frame), strict=True):
            text = _points(row) if row.most else say("no weight")
            style.beside(ax, y, text, 92, right=True, size=9.5, stress=True, color=style.INK)
            style.beside(ax, y, say("term at {n}", n=f"{row.score:.1f}"), 166, right=True, color=style.SOFT)
        ax.set_ylim(len(frame) - 0.5, -0.5)
        ax.set_xlim(0, edge * 1.01)
        ax.set_yticks(at, names)
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        ax.set_xlabel(say("points of the score: solid are given, hatched are missed"), fontsize=9)
        style.title(ax, finding(frame), say("Points each term adds to the score, of the most its weight allows"))
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    total = frame["points"].sum()
    if frame["missed"].sum() < 0.05:
        return say("The score of {score} misses nothing", score=f"{total:.1f}")
    worst = style.rows(frame.sort_values("missed", ascending=False, kind="stable"))[0]
    return say("The score of {score} misses most on {term}: {points} points", score=f"{total:.1f}",
               term=wording.spoken(worst.name), points=f"{worst.missed:.1f}")  # fmt: skip


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    each = say("; ").join(f"{wording.spoken(r.name)} {_points(r)}" for r in style.rows(frame))
    return say("Points of the score by term. {finding}. {each}.", finding=finding(frame), each=each)


def _points(row: Any) -> str:
    return say("{points} of {most}", points=f"{row.points:.1f}", most=f"{row.most:.1f}")
