"""Each rep's part of what was planned and of what was sold, ÷ its target, against its band."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import style, wording
from reports.charts import loads
from reports.words import mark, say, say_n

TITLE = mark("Balance as planned and as it became")
ORDER = 20
MOST = 60
"""Most reps in one picture: those that drifted out first, then those furthest from their target."""


UNKNOWN: dict[str, Any] = {**loads.AFTER, "color": style.FAINT}
"""How a load looks of which too little is known."""


def frame(found: Mapping[str, Any], most: int = MOST) -> pd.DataFrame:
    """A row a rep: rep_id, name, planned, became, low, high (95 %), bottom, top (the band), verdict, of.

    Loads are ÷ the rep's target; the band is NaN where the plan has none.
    """
    columns = ["rep_id", "name", "planned", "became", "low", "high", "bottom", "top", "verdict", "of"]
    rows = [
        (d["rep_id"], found["reps"].get(d["rep_id"], d["rep_id"]), d["planned"], d["became"], max(0.0, d["low"]),
         d["high"], *(d["band"] or (math.nan, math.nan)), d["verdict"], len(found["drift"]))
        for d in found["drift"]
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    if len(table) > most:
        off = (table["became"] - 1).abs() + 1e6 * (table["verdict"] == "drifted out")
        table = table[off.rank(method="first", ascending=False) <= most]
    return table.sort_values("became", ascending=False, kind="stable").reset_index(drop=True)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: a line a rep from a ring (planned) to a dot (became) over its interval and band."""
    with style.house(style.texts(frame)):
        names = [wording.label(n) for n in frame["name"]]
        left, top = style.MARGIN + 0.1 + style.room(names), 1.1 if len(names) <= style.LONG else 1.3
        ax = style.canvas(ax, 8.2, top + 0.28 * max(1, len(names)) + 0.35)
        style.place(ax, left, 1.6, top, 0.35)
        style.bare(ax)
        edge = max(1.1, float(np.nanmax(frame[["planned", "became", "high", "top"]].to_numpy(dtype=float)))) * 1.03
        ax.plot([1, 1], [-0.5, len(frame) - 0.5], color=style.BLUE, linewidth=1.0, zorder=2)
        for y, row in enumerate(style.rows(frame)):
            out = row.verdict in {"drifted out", "was out and is"}
            if row.bottom == row.bottom:
                band = Rectangle((row.bottom, y - 0.38), row.top - row.bottom, 0.76, facecolor=style.BAND, linewidth=0)
                ax.add_patch(band)
            ax.plot([row.planned, row.became], [y, y], color=style.FAINT, linewidth=1.0, zorder=3)
            known = row.verdict != "too little data" and row.high > row.low
            color = style.RED if out else style.BLUE
            if known:
                ax.plot([row.low, row.high], [y, y], color=color, linewidth=2.6, alpha=0.55, zorder=3)
            ax.plot(row.planned, y, **loads.BEFORE, zorder=4, clip_on=False)
            look = loads.OUTSIDE if out else loads.AFTER if known else UNKNOWN
            ax.plot(row.became, y, **look, zorder=5, clip_on=False)
            both = f"{wording.percent(row.planned)} → {wording.percent(row.became)}"
            ink = style.RED if out else style.INK
            style.beside(ax, y, both, 100, right=True, color=ink, stress=out)
            (over,) = ax.plot([0, edge], [y, y], color="white", alpha=0.0, linewidth=15, zorder=9)
            style.tip(over, f"{row.name}: {both}; {say(row.verdict)}")
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.set_xlim(0, edge)
        ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: wording.percent(v)))
        ax.grid(axis="x", color=style.PALE, linewidth=0.8)
        style.both_ends(ax, len(names))
        below = say("Each rep’s part of the potential planned and of what was sold, as a share of its target")
        if len(frame) < frame["of"].iloc[0]:
            below = say("{below}; {n} of {all}", below=below, n=len(frame), all=int(frame["of"].iloc[0]))
        style.title(ax, finding(frame), below)
        _key(ax, frame)
    return ax


def _key(ax: Axes, frame: pd.DataFrame) -> None:
    handles: list[tuple[Any, str]] = [(Line2D([], [], **loads.BEFORE), say("planned"))]
    little = frame["verdict"] == "too little data"
    if not little.all():
        handles.append((Line2D([], [], **loads.AFTER), say("became, with its range")))
    if little.any():
        handles.append((Line2D([], [], **UNKNOWN), say("became; too little data")))
    if frame["verdict"].isin(["drifted out", "was out and is"]).any():
        handles.append((Line2D([], [], **loads.OUTSIDE), say("surely out of its band")))
    if frame["bottom"].notna().any():
        handles.append((Rectangle((0, 0), 1, 1, facecolor=style.BAND), say("tolerance")))
    handles.append(
        (Line2D([], [], color=style.BLUE, marker="|", markersize=11, markeredgewidth=1.2, linestyle=""), say("target"))
    )
    style.key(ax, handles)


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    banded = frame[frame["bottom"].notna()]
    if not len(banded):
        most, least = (style.rows(frame)[k] for k in (0, -1))
        return say("{most} sold {high} of its part, {least} {low}", most=wording.label(most.name),
                   high=wording.percent(most.became), least=wording.label(least.name),
                   low=wording.percent(least.became))  # fmt: skip
    out = int((banded["verdict"] == "drifted out").sum())
    if out:
        return say_n("{n} rep drifted out of the band it was planned in",
                     "{n} reps drifted out of the band they were planned in", out)  # fmt: skip
    if (banded["verdict"] == "too little data").all():
        return say("Too little data to tell who drifted out of band")
    return say("No rep within its band by plan is surely out of it by what was sold")


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    rows = style.rows(frame[frame["verdict"] == "drifted out"].head(10)) or style.rows(frame.head(5))
    each = "; ".join(
        say("{name} planned at {planned}, became {became}", name=wording.label(r.name),
            planned=wording.percent(r.planned), became=wording.percent(r.became))
        for r in rows
    )  # fmt: skip
    return say("Dot plot of each rep’s load by its target. {finding}: {each}.", finding=finding(frame), each=each)
