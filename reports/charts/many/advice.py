"""What the past says of each strategy: its gain over the plan as written, with intervals that hold all at once."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import style, wording
from reports.words import mark, say
from scenarios.advise.advice import Advice

TITLE = mark("What the past says of each strategy")
MOST = 30
"""Most strategies in one picture: those that net most."""


def frame(found: Advice, most: int = MOST) -> pd.DataFrame:
    """Return a row a judged strategy, the most net first: name, net, low, high, evidence, best, level, periods."""
    columns = ["name", "net", "low", "high", "evidence", "best", "level", "periods"]
    judged = found.verdicts.judged if found.verdicts else ()
    rows = [
        (j.name, j.net, *j.net_interval, j.evidence, found.best is not None and j.name == found.best.name, found.level,
         ", ".join(reversed(found.pasts)))
        for j in judged
        if j.evidence not in {"little", "same"}
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns).sort_values("net", ascending=False, kind="stable")
    return table.head(most).reset_index(drop=True)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: a line a strategy over its interval, a dot at the estimate, an upright line at no gain."""
    with style.house(style.texts(frame)):
        names = [wording.label(n, 60) for n in frame["name"]]
        left = style.MARGIN + 0.1 + style.room(names)
        ax = style.canvas(ax, max(8.2, left + 5.5), 1.35 + 0.32 * max(1, len(names)))
        style.place(ax, left, 1.7, 0.8, 0.55)
        style.bare(ax)
        ax.axvline(0, color=style.INK, linewidth=1.0, zorder=1)
        for y, row in enumerate(style.rows(frame)):
            color = style.BLUE if row.best else style.SOFT if row.evidence == "gain" else style.FAINT
            ax.plot([row.low, row.high], [y, y], color=color, linewidth=3.2 if row.best else 1.8, zorder=2)
            ax.plot(row.net, y, "o", color=color, markersize=7, markeredgecolor="white", zorder=3)
            sign = "+" if row.net >= 0 else ""
            style.beside(
                ax, y, f"{sign}{wording.short(row.net)}", 60, right=True, color=style.INK, stress=bool(row.best)
            )
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(max(1, len(names)) - 0.5, -0.5)
        spread = frame[["low", "high"]].to_numpy(dtype=np.float64)
        edge = float(np.abs(spread).max()) * 1.05 if len(frame) else 1.0
        ax.set_xlim(min(float(spread.min(initial=0.0)) * 1.05, -0.02 * edge), max(float(spread.max(initial=0.0)) * 1.05,
                                                                                0.02 * edge))  # fmt: skip
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: wording.short(v, trim=True)))
        across = say("sales a period more than the plan as written, less what further hand-overs lose")
        ax.set_xlabel(across, fontsize=9)
        ax.grid(axis="x", color=style.PALE, linewidth=0.8)
        level = wording.percent(float(frame["level"].iloc[0])) if len(frame) else ""
        below = say("Estimate and interval ({level} sure, all at once) from {periods}", level=level,
                    periods=frame["periods"].iloc[0] if len(frame) else "")  # fmt: skip
        style.title(ax, finding(frame), below if len(frame) else "")
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    best = style.rows(frame[frame["best"].astype(bool)])
    if not len(frame):
        return say("No strategy could be judged")
    if not best:
        return say("No strategy is shown to sell more than the plan as written")
    return say("{strategy} sold most: {money} a period more", strategy=wording.label(best[0].name, 60),
               money=wording.short(best[0].net))  # fmt: skip


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    each = say("; ").join(
        say("{strategy} {money} ({low} to {high})", strategy=r.name, money=wording.short(r.net),
            low=wording.short(r.low), high=wording.short(r.high))
        for r in style.rows(frame)
    )  # fmt: skip
    return say("Gain of each strategy over the plan as written, a period. {finding}. {each}.", finding=finding(frame),
               each=each)  # fmt: skip


def picture(found: Advice, kind: Literal["png", "svg", "pdf"], dpi: int = style.DPI) -> bytes:
    """Return the picture as a file's content, the same bytes for the same advice."""
    table = frame(found)
    with style.house(style.texts(table), salt="advice"):
        return style.picture(style.figure(draw(table)), kind, dpi)
