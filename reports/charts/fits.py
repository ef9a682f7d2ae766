"""How well the reps suit their customers: how many customers lie at each fit, those that move apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import metrics, style, wording
from reports.words import mark, say
from scenarios.run.record import Run

TITLE = mark("How well reps suit their customers")
ORDER = 65
STEPS = 20


def frame(run: Run, steps: int = STEPS) -> pd.DataFrame:
    """A row a step of fit: low, high, stays, moves (customers), mean (of all, by customers), weighted (by potential).

    A customer with fit 1 is in the last step. Empty where no customer has a fit.
    """
    columns = ["low", "high", "stays", "moves", "mean", "weighted"]
    table = run.assignment[run.assignment["fit"].notna()] if metrics.has_plan(run) else run.assignment.head(0)
    if not len(table):
        return pd.DataFrame(columns=columns)
    fit = table["fit"].to_numpy(dtype=np.float64)
    value = table["potential"].to_numpy(dtype=np.float64)
    kept = (table["moved"] == "kept").to_numpy()
    edges = np.linspace(0.0, 1.0, steps + 1)
    found = pd.DataFrame({"low": edges[:-1], "high": edges[1:]})
    for name, who in (("stays", kept), ("moves", ~kept)):
        found[name] = np.histogram(np.clip(fit[who], 0.0, 1.0), edges)[0]
    found["mean"] = float(fit.mean())
    found["weighted"] = float((fit * value).sum() / value.sum()) if value.sum() > 0 else np.nan
    return found[columns]


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: a stacked histogram, with a stroke at the mean by potential."""
    with style.house():
        ax = style.canvas(ax, 8.2, 3.7)
        style.place(ax, 0.65, 0.25, 1.1, 0.6)
        style.bare(ax)
        width = frame["high"] - frame["low"]
        middle = (frame["low"] + frame["high"]) / 2
        ax.bar(middle, frame["stays"], width=width * 0.92, color=style.BLUE, zorder=2)
        moves = ax.bar(
            middle, frame["moves"], width=width * 0.92, bottom=frame["stays"], color="white", edgecolor=style.ORANGE,
            hatch="////", linewidth=0.8, zorder=2,
        )  # fmt: skip
        for patch in moves:
            patch.set_hatchcolor(style.ORANGE)
        mean = float(frame["weighted"].iloc[0])
        if np.isfinite(mean):
            top = float((frame["stays"] + frame["moves"]).max())
            ax.axvline(mean, color=style.INK, linewidth=1.4, zorder=3)
            ax.annotate(
                say("mean by potential {m}", m=f"{mean:.2f}"), (mean, top), (-5 if mean > 0.5 else 5, 4),
                textcoords="offset points", ha="right" if mean > 0.5 else "left", va="bottom", fontsize=9,
                annotation_clip=False,
            )  # fmt: skip
        ax.set_xlim(0, 1)
        ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: wording.short(v, trim=True)))
        ax.xaxis.set_major_locator(MaxNLocator(10))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        ax.tick_params(axis="y", labelcolor=style.SOFT)
        ax.grid(axis="y", color=style.PALE, linewidth=0.8)
        ax.spines["bottom"].set_visible(True)
        ax.set_xlabel(say("fit of customer and rep, 0 to 1"), fontsize=9)
        style.title(ax, finding(frame), say("Customers by how well their rep of the plan suits them"))
        hatched = Patch(facecolor="white", edgecolor=style.ORANGE, hatch="////")
        handles = [(Patch(color=style.BLUE), say("keep their rep")), (hatched, say("get a new rep"))]
        style.key(ax, [h for h, column in zip(handles, ("stays", "moves"), strict=True) if frame[column].any()])
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    all_ = frame["stays"] + frame["moves"]
    half = int(all_[frame["low"] >= 0.5 - 1e-9].sum())
    return say(
        "{share} of the customers have a rep with a fit of 0.5 or more", share=wording.part(half / int(all_.sum()))
    )


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    mean, weighted = (float(frame[c].iloc[0]) for c in ("mean", "weighted"))
    text = say("Histogram of fit. {finding}. The mean is {mean}.", finding=finding(frame), mean=f"{mean:.2f}")
    return f"{text} {say('By potential it is {mean}.', mean=f'{weighted:.2f}')}" if np.isfinite(weighted) else text
