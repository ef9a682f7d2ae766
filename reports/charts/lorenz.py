"""Lorenz curves: which share of the load the lighter books hold, before and after, with Gini and Hoover."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MultipleLocator

from reports import metrics, style, wording
from reports.words import mark, say
from scenarios.run.record import Run

TITLE = mark("{variant}: Lorenz curve")
ORDER = 35


def variants(run: Run) -> dict[str, dict[str, Any]]:
    """One picture of each metric with targets; of the first metric where none has any."""
    found = metrics.metrics(run) if metrics.has_plan(run) else []
    aimed = [m for m in found if (metrics.books(run, m)["target"] > 0).any()]
    return {m: {"metric": m} for m in aimed or found[:1]}


def frame(run: Run, metric: str) -> pd.DataFrame:
    """A row a point of a curve: when (``before``, ``after``), fair, held (cumulated, 0 to 1), gini, hoover, metric.

    Active reps in order of load ÷ target, lightest first; `fair` is their part of all targets (of all reps where there
    are none), `held` their part of the load. So the widest distance from the diagonal is the Hoover index. Gini is that
    of load ÷ target, as everywhere (`scenarios.run.figures.balance`).
    """
    table = metrics.books(run, metric)
    table = table[table["active"].astype(bool)]
    aimed = (table["target"] > 0).any()
    table = table[table["target"] > 0] if aimed else table
    fair = (table["target"] if aimed else table["after"] * 0 + 1).to_numpy(dtype=np.float64)
    spread = metrics.balance(run).set_index(["metric", "measure"])
    parts = []
    for when in ("before", "after"):
        load = table[when].to_numpy(dtype=np.float64)
        if not len(load) or load.sum() <= 0:
            continue
        order = np.argsort(load / fair, kind="stable")
        shares = [np.concatenate([[0.0], np.cumsum(v[order]) / v.sum()]) for v in (fair, load)]
        part = pd.DataFrame({"when": when, "fair": shares[0], "held": shares[1]})
        part["gini"], part["hoover"] = (spread[when][(metric, m)] for m in ("gini", "hoover"))
        parts.append(part.assign(metric=metric))
    columns = ["when", "fair", "held", "gini", "hoover", "metric"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: the diagonal of perfect balance and a curve below it, before dashed and after solid."""
    with style.house(style.texts(frame)):
        ax = style.canvas(ax, 8.2, 4.6)
        style.place(ax, 0.75, 3.75, 0.95, 0.6)
        style.bare(ax)
        ax.plot([0, 1], [0, 1], color=style.FAINT, linewidth=1.0, zorder=1)
        looks: dict[str, dict[str, Any]] = {
            "before": {"color": style.FAINT, "linestyle": (0, (4, 2)), "linewidth": 1.8},
            "after": {"color": style.BLUE, "linestyle": "-", "linewidth": 2.4},
        }
        at = 0.80
        for when, rows in frame.groupby("when", sort=False):
            fair, held = rows["fair"].to_numpy(), rows["held"].to_numpy()
            ax.plot(fair, held, zorder=3, **looks[str(when)])
            if when == "after":
                ax.fill_between(fair, held, fair, color=style.BLUE, alpha=0.10, linewidth=0, zorder=1)
            widest = int(np.argmax(fair - held))
            ax.plot(
                [fair[widest]] * 2, [held[widest], fair[widest]], color=looks[str(when)]["color"], linewidth=1.2,
                linestyle=":", zorder=2,
            )  # fmt: skip
            word = say("after") if when == "after" else say("before")
            colour = style.BLUE if when == "after" else style.SOFT
            for n, text in enumerate((word, *_figures(rows))):
                font = style.strong(text) if n == 0 else {}
                ax.annotate(
                    text, (1.0, at - 0.075 * n), (24, 0), xycoords="axes fraction", textcoords="offset points",
                    va="center_baseline", fontsize=10 if n == 0 else 9.5, color=colour if n == 0 else style.INK,
                    annotation_clip=False, **font,
                )  # fmt: skip
            at -= 0.34
        if style.own(ax):
            ax.annotate(
                say("equal"), (0.3, 0.3), (-6, 6), textcoords="offset points", ha="center", va="center", fontsize=9,
                color=style.SOFT, rotation=45, rotation_mode="anchor",
            )  # fmt: skip
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(MultipleLocator(0.25))
            axis.set_major_formatter(FuncFormatter(lambda v, _: wording.percent(v)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: wording.percent(v) if v else ""))  # one 0 % will do
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        ax.set_aspect("equal", adjustable="box", anchor="SW")
        ax.tick_params(axis="y", labelcolor=style.SOFT)
        ax.grid(color=style.PALE, linewidth=0.8)
        ax.spines["left"].set_visible(True)
        ax.spines["bottom"].set_visible(True)
        metric = wording.spoken(str(frame["metric"].iloc[0]))
        ax.set_xlabel(say("share of the targets, the lightest books first"), fontsize=9)
        ax.set_ylabel(say("share of the {metric} they hold", metric=metric), fontsize=9)
        below = say("The nearer to the diagonal, the more even; dotted: the Hoover index, the share with the wrong rep")
        style.title(ax, finding(frame), below)
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    each = {str(w): float(r["hoover"].iloc[0]) for w, r in frame.groupby("when", sort=False)}
    metric = wording.spoken(str(frame["metric"].iloc[0]))
    after = wording.percent(each.get("after", math.nan), 1)
    heads = str(frame["metric"].iloc[0]) == "customers"  # of which there are many, while potential is one
    if "before" not in each:
        if heads:
            return say("{share} of the customers sit with the wrong rep", share=after)
        return say("{share} of the {metric} sits with the wrong rep", share=after, metric=metric)
    before = wording.percent(each["before"], 1)
    if heads:
        return say("{share} of the customers sit with the wrong rep, {before} before", share=after, before=before)
    return say(
        "{share} of the {metric} sits with the wrong rep, {before} before", share=after, metric=metric, before=before
    )


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    each = say("; ").join(
        f"{say('after') if w == 'after' else say('before')}: {', '.join(_figures(r))}"
        for w, r in frame.groupby("when", sort=False)
    )
    return say("Lorenz curve. {finding}. {each}.", finding=finding(frame), each=each)


def _figures(rows: pd.DataFrame) -> tuple[str, str]:
    gini, hoover = (float(rows[c].iloc[0]) for c in ("gini", "hoover"))
    return say("Gini index {g}", g=f"{gini:.3f}"), say("Hoover index {h}", h=f"{hoover:.3f}")
