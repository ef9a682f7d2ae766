"""Whether potentials came true: what customers were forecast to bring against what they did, by tenths."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from reports import style, wording
from reports.words import mark, say, say_n

TITLE = mark("Whether potentials came true")
ORDER = 30


def frame(found: Mapping[str, Any]) -> pd.DataFrame:
    """A row a tenth of the customers by potential, the largest first.

    Columns: customers, forecast, actual, low, high, rank, off. Money is of a customer, on average; low and high (95 %)
    are NaN where too little is known. `rank` is the rank correlation, `off` all differences as a share of the forecast,
    of all customers.
    """
    of = found["forecast"]
    columns = ["customers", "forecast", "actual", "low", "high"]
    rows = [tuple(math.nan if t[c] is None else t[c] for c in columns) for t in of["tenths"]]
    table = pd.DataFrame(rows, columns=columns)
    for name in ("rank", "off"):
        table[name] = math.nan if of[name] is None else of[name]
    return table.astype({"customers": int})


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: a point with its interval each, and the line on which every forecast comes true."""
    with style.house():
        ax = style.canvas(ax, 8.2, 4.9)
        style.place(ax, 0.9, 0.35, 1.1, 0.65)
        style.bare(ax)
        seen = frame[["forecast", "actual", "low", "high"]].to_numpy(dtype=np.float64)
        seen = seen[np.isfinite(seen) & (seen > 0)]
        low, high = (float(seen.min()), float(seen.max())) if len(seen) else (1.0, 10.0)
        wide = high > 4 * low
        ends = (low / 1.25, high * 1.6) if wide else (0.0, high * 1.25)
        ax.plot(ends, ends, color=style.FAINT, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1)
        ax.annotate(
            say("as forecast"), (ends[1], ends[1]), (-12, -14), textcoords="offset points", ha="right", va="top",
            fontsize=8.5, color=style.SOFT, rotation=style.slope(ax), rotation_mode="anchor",
        )  # fmt: skip
        known = frame["low"].notna()
        told = frame[known]
        errors = [told["actual"] - told["low"].clip(lower=ends[0]), told["high"] - told["actual"]]
        points = ax.errorbar(
            told["forecast"], told["actual"], yerr=errors, fmt="o", color=style.BLUE, markersize=7,
            markeredgecolor="white", ecolor=style.SKY, elinewidth=2, zorder=2,
        )  # fmt: skip
        unknown = frame[~known & (frame["actual"] > 0)]
        (hollow,) = ax.plot(unknown["forecast"], unknown["actual"], linestyle="", marker="o", color="white",
                            markeredgecolor=style.FAINT, zorder=2)  # fmt: skip
        for axis, name in ((ax.xaxis, say("forecast of a customer")), (ax.yaxis, say("sold to a customer"))):
            if wide:
                (ax.set_xscale if axis is ax.xaxis else ax.set_yscale)("log")
                axis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0)))
                axis.set_minor_formatter(NullFormatter())
            else:
                axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
            axis.set_major_formatter(FuncFormatter(lambda v, _: wording.short(v, trim=True)))
            axis.set_label_text(name, fontsize=9)
        ax.set_xlim(*ends)
        ax.set_ylim(*ends)
        ax.tick_params(axis="y", labelcolor=style.SOFT)
        ax.tick_params(which="minor", length=0)
        ax.grid(color=style.PALE, linewidth=0.8)
        ax.spines["bottom"].set_visible(True)
        ax.spines["left"].set_visible(True)
        groups = say_n("{n} group of customers", "{n} groups of customers", len(frame))
        below = say("{groups} by their potential, a customer on average; bars hold 95 of 100", groups=groups)
        style.title(ax, finding(frame), below)
        if len(unknown):
            handles = [(points, say("sold")), (hollow, say("too little data"))]
            style.key(ax, handles if len(told) else handles[1:])
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    known = frame[frame["low"].notna()]
    if not len(known):
        return say("Too little data to tell how good the potentials were")
    inside = int(((known["low"] <= known["forecast"]) & (known["forecast"] <= known["high"])).sum())
    groups = say_n("{n} group", "{n} groups", len(known))
    return say("{n} of {groups} of customers by potential sold as forecast", n=inside, groups=groups)


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    each = "; ".join(
        say("{forecast} forecast, {actual} sold", forecast=wording.short(r.forecast), actual=wording.short(r.actual))
        for r in style.rows(frame)
    )
    return say("Points of forecast and sales. {finding}. {each}.", finding=finding(frame), each=each)
