"""A forest plot: a line a group, its estimate as a dot over its interval, and what can be said of it beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from reports import style, wording
from reports.words import mark, say

COLUMNS = ["name", "value", "low", "high", "verdict", "of"]
"""What `draw` plots: a row a line in order; low and high are NaN where too little is known; of: lines in all."""
TOO_LITTLE = "too little data"
MOST = 60
"""Most lines of one picture."""

#: How a verdict looks: above, below, neither, and not known. They differ in shape and in shade too.
LOOKS: dict[str, dict[str, Any]] = {
    "above": {"color": style.BLUE, "marker": "^", "markersize": 8.5, "markeredgecolor": "white"},
    "below": {"color": style.RED, "marker": "v", "markersize": 8.5, "markeredgecolor": "white"},
    "": {"color": style.SOFT, "marker": "o", "markersize": 7, "markeredgecolor": "white"},
    TOO_LITTLE: {"color": "white", "marker": "o", "markersize": 6, "markeredgecolor": style.FAINT},
}
#: Verdicts that mean one of `LOOKS`; any other means neither above nor below.
MEANS = {"gained": "above", "better": "above", "lost": "below", "worse": "below"}
NAMES = {
    "above": mark("above the others"), "below": mark("below the others"), "": mark("no difference shown"),
    TOO_LITTLE: mark("too little data"),
}  # fmt: skip


def look_of(verdict: str) -> str:
    """Return which of `LOOKS` a verdict has."""
    meant = MEANS.get(verdict, verdict)
    return meant if meant in LOOKS else ""


def draw(
    frame: pd.DataFrame,
    ax: Axes | None,
    title: str,
    below: str,
    write: Callable[[float], str],
    at: float | None = None,
    at_name: str = "",
    floor: float | None = None,
    called: Mapping[str, str] | None = None,
    most: int = 26,
) -> Axes:
    """Draw the frame.

    Parameters
    ----------
    title, below : the finding, and the quieter line under it.
    write : a value in writing.
    at, at_name : where an upright line stands, and what it is.
    floor : where the axis begins; by default where the lowest interval does.
    called : what some of `LOOKS` are called, instead of `NAMES`.
    most : columns of a line's name.
    """
    with style.house(style.texts(frame)):
        names = [wording.label(n, most) for n in frame["name"]]
        left = style.MARGIN + 0.1 + style.room(names)
        top = 1.1 if len(names) <= style.LONG else 1.3
        ax = style.canvas(ax, max(8.2, left + 5.0), top + 0.28 * max(1, len(names)) + 0.35)
        style.place(ax, left, 2.15, top, 0.35)
        style.bare(ax)
        ends = frame[["value", "low", "high"]].to_numpy(dtype=np.float64).ravel()
        ends = ends[np.isfinite(ends)]
        known = len(ends) > 0
        ends = np.append(ends, [] if at is None else [at])
        if not len(ends):
            ends = np.array([0.0, 1.0])
        low, high = float(ends.min()), float(ends.max())
        room = 0.06 * (high - low) or 0.5
        ax.set_xlim(low - room if floor is None else floor - room / 3, high + room)
        if at is not None:
            ax.axvline(at, color=style.INK, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
        for y, row in enumerate(style.rows(frame)):
            _line(ax, y, row, write)
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(max(1, len(names)) - 0.4, -0.6)
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]) if known else NullLocator())
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: write(v)))
        ax.grid(axis="x", color=style.PALE, linewidth=0.8)
        style.both_ends(ax, len(names))
        style.title(ax, title, below)
        _key(ax, frame, at_name if at is not None else "", called or {})
    return ax


def _line(ax: Axes, y: int, row: Any, write: Callable[[float], str]) -> None:
    known = row.low == row.low and row.high == row.high
    look = LOOKS[look_of(row.verdict)]
    color = style.FAINT if look["color"] == "white" else look["color"]
    if known:
        ax.plot([row.low, row.high], [y, y], color=color, linewidth=2.2, solid_capstyle="butt", zorder=2)
    if row.value == row.value:
        ax.plot(row.value, y, linestyle="", zorder=3, clip_on=False, **(look if known else LOOKS[TOO_LITTLE]))
    said = f"{write(row.low)} … {write(row.high)}" if known else say(TOO_LITTLE)
    if row.value == row.value:
        stress = bool(look_of(row.verdict)) and known
        ink = color if stress else style.INK
        style.beside(ax, y, write(row.value), 48, right=True, color=ink, stress=stress)
    style.beside(ax, y, said, 142, right=True, size=8.5, color=style.SOFT)
    span = [*ax.get_xlim()]
    (over,) = ax.plot(span, [y, y], color="white", alpha=0.0, linewidth=15, solid_capstyle="butt", zorder=9)
    value = write(row.value) if row.value == row.value else "–"
    style.tip(over, f"{row.name}: {value}, {said}; {say(row.verdict)}" if known else f"{row.name}: {value}; {said}")


def _key(ax: Axes, frame: pd.DataFrame, at_name: str, called: Mapping[str, str]) -> None:
    there = {look_of(v) for v in frame["verdict"]}
    handles: list[tuple[Any, str]] = [
        (Line2D([], [], linestyle="", **look), called.get(name) or say(NAMES[name]))
        for name, look in LOOKS.items()
        if name in there
    ]
    if at_name:
        handles.append((Line2D([], [], color=style.INK, linewidth=1.0, linestyle=(0, (4, 3))), at_name))
    style.key(ax, handles)


def cut(frame: pd.DataFrame, most: int = MOST) -> pd.DataFrame:
    """Return the lines by value, best first, with `of`; of more than `most` those that differ, then the first."""
    frame = frame.assign(of=len(frame))
    if len(frame) > most:
        told = frame["verdict"].isin(["above", "below"])
        frame = frame[(~told).rank(method="first") <= most]
    return frame.sort_values("value", ascending=False, kind="stable").reset_index(drop=True)


def apart(frame: pd.DataFrame, count: Callable[[int], str]) -> str:
    """Return in words which lines are above and which below the others, by name where they are few; empty for none.

    Parameters
    ----------
    count : tells a number of lines: ``3 reps``.
    """
    above, below = (_who(frame["name"][frame["verdict"] == v].tolist(), count) for v in ("above", "below"))
    if above and below:
        return say("Above the others: {above}; below: {below}", above=above, below=below)
    if above:
        return say("Above the others: {above}", above=above)
    return say("Below the others: {below}", below=below) if below else ""


def _who(names: list[str], count: Callable[[int], str]) -> str:
    return say(", ").join(wording.label(n, 22) for n in names) if len(names) <= 2 else count(len(names))
