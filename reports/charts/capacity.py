"""How full every rep is in every metric: a heat map of loads against hard limits, or targets where there are none."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from reports import metrics, style, wording
from reports.words import mark, say, say_n
from scenarios.run.record import Run

TITLE = mark("How full the reps are")
ORDER = 40
MOST = 45
"""Most reps in the picture; of more, the fullest are shown."""
FULL = 0.95
"""Share of a limit from which on a rep counts as full."""
SHADES = LinearSegmentedColormap.from_list(
    "full",
    [(0.0, "#F4F8FB"), (0.45, "#DCE9F3"), (0.68, "#A6C9E2"), (0.82, "#5B9CC8"), (0.9, "#1D6AA5"), (1, "#08355C")],
)


def frame(run: Run, most: int = MOST) -> pd.DataFrame:
    """A row a cell: rep_id, name, metric, load, base, of (``limit`` or ``target``), share (load ÷ base), reps.

    Active reps only, the fullest first, and metrics that have limits or targets. `reps` is how many there are; it is
    more than are shown where only `most` are.
    """
    parts = []
    for metric in metrics.metrics(run) if metrics.has_plan(run) else []:
        table = metrics.books(run, metric)
        table = table[table["active"].astype(bool)]
        of = "limit" if (table["max"] > 0).any() else "target"
        table = table.assign(
            metric=metric, of=of, load=table["after"], base=table["max" if of == "limit" else "target"]
        )
        parts.append(table.loc[table["base"] > 0, ["rep_id", "name", "metric", "load", "base", "of"]])
    columns = ["rep_id", "name", "metric", "load", "base", "of", "share", "reps"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    if not len(table):
        return pd.DataFrame(columns=columns)
    table["share"] = table["load"] / table["base"]
    hard = table[table["of"] == "limit"] if (table["of"] == "limit").any() else table
    fullest = hard.groupby("rep_id")["share"].max().reindex(table["rep_id"].unique()).fillna(-1.0)
    order = sorted(fullest.index, key=lambda r: (-fullest[r], r))
    rank = {r: n for n, r in enumerate(order)}
    table["reps"] = len(order)
    table = table[table["rep_id"].map(rank) < most]
    table = table.sort_values("rep_id", key=lambda s: s.map(rank), kind="stable")
    return table[columns].reset_index(drop=True)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: a row a rep, a column a metric, darker for fuller; a frame around what is full."""
    with style.house(style.texts(frame)):
        reps, names = frame.drop_duplicates("rep_id"), list(dict.fromkeys(frame["metric"]))
        of = dict(zip(frame["metric"], frame["of"], strict=True))
        labels = [wording.label(n) for n in reps["name"]]
        left = style.MARGIN + 0.1 + style.room(labels)
        ax = style.canvas(ax, max(8.2, left + 1.5 * len(names) + 0.3), 1.3 + 0.28 * len(labels) + 0.15)
        width = float(style.figure(ax).get_size_inches()[0])
        style.place(ax, left, max(0.3, width - left - 2.3 * len(names)), 1.3, 0.15)
        style.bare(ax)
        at = {r: y for y, r in enumerate(reps["rep_id"])}
        for row in style.rows(frame):
            x, y = names.index(row.metric), at[row.rep_id]
            shade = SHADES(float(np.clip(row.share / 1.1, 0, 1)))
            full = row.of == "limit" and row.share >= FULL
            cell = ax.add_patch(
                Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, facecolor=shade, linewidth=1.8 if full else 0,
                          edgecolor=style.RED if full else "none", zorder=3 if full else 2)
            )  # fmt: skip
            style.tip(cell, f"{row.name}: {wording.full(row.load)} / {wording.full(row.base)}")
            text = f"{_share(row.share)}  ·  {wording.short(row.load)}"
            ink = style.ink_on(shade)
            ax.text(x, y, text, ha="center", va="center_baseline", fontsize=9, color=ink, zorder=4)
        ax.set_xlim(-0.5, len(names) - 0.5)
        ax.set_ylim(len(labels) - 0.5, -0.5)
        ax.set_yticks(range(len(labels)), labels)
        heads = [
            f"{wording.quantity(m)}\n{say('of the limit') if of[m] == 'limit' else say('of the target')}" for m in names
        ]
        ax.set_xticks(range(len(names)), heads, fontsize=9)
        ax.xaxis.tick_top()
        below = say("Load as a share of the limit or target, and the load itself; framed: at least {full} of a limit",
                    full=wording.percent(FULL))  # fmt: skip
        if len(reps) < frame["reps"].iloc[0]:
            below = say("The {n} fullest of {all} reps; framed: {full} of a hard limit or more", n=len(reps),
                        all=int(frame["reps"].iloc[0]), full=wording.percent(FULL))  # fmt: skip
        style.title(ax, finding(frame), below)
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    limited = frame[frame["of"] == "limit"]
    if not len(limited):
        top = style.rows(frame.loc[[frame["share"].idxmax()]])[0]
        return say("{rep} carries most of a target: {share} of {metric}", rep=wording.label(top.name),
                   share=wording.percent(top.share), metric=wording.spoken(top.metric))  # fmt: skip
    full = int(limited.loc[limited["share"] >= FULL, "rep_id"].nunique())
    if not full:
        return say("No rep is full: the fullest takes {share} of a limit", share=_share(float(limited["share"].max())))
    return say_n("{n} of {all} reps is full", "{n} of {all} reps are full", full, all=limited["rep_id"].nunique())


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    each = say("; ").join(
        f"{wording.label(r.name)} {_share(r.share)} ({wording.spoken(r.metric)})"
        for r in style.rows(frame.sort_values("share", ascending=False, kind="stable").head(3))
    )
    return say("Heat map of reps and metrics. {finding}. Fullest: {each}.", finding=finding(frame), each=each)


def _share(share: float) -> str:
    """A share in writing, with a decimal where whole per cent would hide that it is less than full."""
    hidden = share < FULL <= round(share, 2)
    return wording.percent(share, 1 if hidden else 0)
