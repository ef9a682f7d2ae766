"""Whether chances come true: what the model forecast against what happened, on opportunities it had not seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import style, wording
from reports.words import mark, say, say_n

TITLE = mark("Whether chances come true")


def frame(card: Mapping[str, Any]) -> pd.DataFrame:
    """A row a tenth of the forecasts, the lowest first: forecast, actual, low, high (95 %), events."""
    return pd.DataFrame(card["calibration"]["bins"], columns=["forecast", "actual", "low", "high", "events"])


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: a point with its interval each, and the line on which every chance comes true."""
    with style.house(style.texts(frame)):
        ax = style.canvas(ax, 6.4, 5.6)
        style.place(ax, 0.85, 0.35, 0.95, 0.65)
        style.bare(ax)
        low = min(float(frame["low"].min()), float(frame["forecast"].min()))
        high = max(float(frame["high"].max()), float(frame["forecast"].max()))
        room = 0.04 * (high - low)
        ends = max(0.0, low - room), min(1.0, high + room)
        ax.plot(ends, ends, color=style.FAINT, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1)
        ax.annotate(
            say("as forecast"), (ends[1], ends[1]), (-12, -14), textcoords="offset points", ha="right", va="top",
            fontsize=8.5, color=style.SOFT, rotation=style.slope(ax), rotation_mode="anchor",
        )  # fmt: skip
        errors = [frame["actual"] - frame["low"], frame["high"] - frame["actual"]]
        ax.errorbar(
            frame["forecast"], frame["actual"], yerr=errors, fmt="o", color=style.BLUE, markersize=6.5,
            markeredgecolor="white", ecolor=style.SKY, elinewidth=2, zorder=2, clip_on=False,
        )  # fmt: skip
        for axis, name in (
            (ax.xaxis, say("chance of winning that was forecast")),
            (ax.yaxis, say("share that was won")),
        ):
            axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
            axis.set_major_formatter(FuncFormatter(lambda v, _: wording.per_cent(f"{100 * v:g}")))
            axis.set_label_text(name, fontsize=9)
        ax.set_xlim(*ends)
        ax.set_ylim(*ends)
        ax.tick_params(axis="y", labelcolor=style.SOFT)
        ax.grid(color=style.PALE, linewidth=0.8)
        ax.spines["bottom"].set_visible(True)
        ax.spines["left"].set_visible(True)
        events = int(frame["events"].sum())
        below = say("{n} later opportunities by their forecast; bars are {sure} intervals", n=f"{events:,}",
                    sure=wording.percent(0.95))  # fmt: skip
        style.title(ax, finding(frame), below)
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    if not len(frame):
        return say("Nothing was forecast")
    inside = int(((frame["low"] <= frame["forecast"]) & (frame["forecast"] <= frame["high"])).sum())
    return say_n("{inside} of {n} group came true as forecast", "{inside} of {n} groups came true as forecast",
                 len(frame), inside=inside)  # fmt: skip


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    each = say("; ").join(
        say("{forecast} forecast, {won} won", forecast=wording.percent(r.forecast), won=wording.percent(r.actual))
        for r in style.rows(frame)
    )
    return say("{finding}: {each}.", finding=finding(frame), each=each)


def picture(card: Mapping[str, Any], kind: Literal["png", "svg", "pdf"], dpi: int = style.DPI) -> bytes:
    """Return the picture of a model card as a file's content, the same bytes for the same card."""
    table = frame(card)
    with style.house(style.texts(table), salt="calibration"):
        return style.picture(style.figure(draw(table)), kind, dpi)
