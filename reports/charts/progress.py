"""How the score rose and the bound fell while the search went on; what lies between is the gap."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import metrics, style, wording
from reports.words import mark, say
from scenarios.run.record import Run

TITLE = mark("How the search went")
ORDER = 90


def frame(run: Run) -> pd.DataFrame:
    """A row a moment: seconds, score, bound (NaN while there was none), and the final state last."""
    moments = [*(run.result.get("trace") or []), run.result]
    *trace, ended = [tuple(metrics.number(m.get(c)) for c in ("seconds", "score", "bound")) for m in moments]
    if trace and math.isfinite(ended[0]) and math.isfinite(ended[1]) and ended[0] > trace[-1][0]:
        trace.append(ended)
    table = pd.DataFrame(trace, columns=["seconds", "score", "bound"], dtype="float64")
    return table.dropna(subset=["seconds"]).dropna(subset=["score", "bound"], how="all").reset_index(drop=True)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: two stair lines with the gap shaded between them, each named at its end."""
    with style.house():
        ax = style.canvas(ax, 8.2, 3.6)
        style.place(ax, 0.65, 1.75, 0.85, 0.5)
        style.bare(ax)
        seconds, score, bound = (frame[c].to_numpy(dtype=np.float64) for c in ("seconds", "score", "bound"))
        single = seconds[0] == seconds[-1]
        both = np.isfinite(score) & np.isfinite(bound)
        ax.fill_between(
            seconds, score, bound, where=both.tolist(), step="post", color=style.ORANGE, alpha=0.25, linewidth=0
        )
        ax.plot(seconds, bound, drawstyle="steps-post", color=style.ORANGE, linewidth=1.8, clip_on=False)
        ax.plot(seconds, score, drawstyle="steps-post", color=style.BLUE, linewidth=2.4, clip_on=False)
        low, high = _span(np.concatenate([score, bound]))
        lines = ((bound, say("bound"), "#8F6200"), (score, say("score"), style.BLUE))
        ends = [(float(v[-1]), word, colour) for v, word, colour in lines if math.isfinite(v[-1])]
        for value, _, colour in ends:
            ax.plot(seconds[-1], value, "o", color=colour, markersize=5.5, zorder=5, clip_on=False)
        if single and both[-1]:
            ax.plot(
                [seconds[-1]] * 2,
                [score[-1], bound[-1]],
                color=style.ORANGE,
                linewidth=4,
                alpha=0.35,
                solid_capstyle="butt",
            )
        _name_ends(ax, float(seconds[-1]), ends, high - low)
        last = max(float(seconds[-1]), 1e-3)
        ax.set_xlim(0, max(0.1, last * 2) if single else last)
        ax.set_ylim(low, high)
        ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: say("{n} s", n=f"{v:g}")))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        ax.tick_params(axis="y", labelcolor=style.SOFT)
        ax.grid(axis="y", color=style.PALE, linewidth=0.8)
        ax.spines["bottom"].set_visible(True)
        style.title(
            ax, finding(frame), say("Score of the best plan so far, and the proven bound no plan can pass, over time")
        )
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    last = frame.iloc[-1]
    after = say("after {n} s", n=f"{last['seconds']:.1f}") if last["seconds"] >= 0.05 else say("at once")
    if not math.isfinite(last["score"]):
        return say("No plan {after}", after=after)
    if not math.isfinite(last["bound"]):
        return say("Score {score} {after}; no bound is proven", score=f"{last['score']:.1f}", after=after)
    gap = float(last["bound"] - last["score"])
    if gap < 5e-4:
        return say("Score and bound met {after}: the plan is the best there is", after=after)
    points = wording.points(gap)
    if points == "1.00":
        return say("{points} point is left between score and bound {after}", points=points, after=after)
    return say("{points} points are left between score and bound {after}", points=points, after=after)


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    first, last = frame.iloc[0], frame.iloc[-1]
    parts = [
        say("{what} from {low} to {high}", what=word, low=f"{first[column]:.1f}", high=f"{last[column]:.1f}")
        if math.isfinite(first[column])
        else say("{what} ends at {high}", what=word, high=f"{last[column]:.1f}")
        for word, column in ((say("score"), "score"), (say("bound"), "bound"))
        if math.isfinite(last[column])
    ]
    each = say(", ").join(parts) or say("neither was found")
    return say("Score and bound over the seconds of the search: {each}. {finding}.", each=each, finding=finding(frame))


def _span(values: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    values = values[np.isfinite(values)]
    low, high = float(values.min()), float(values.max())
    room = max(0.06 * (high - low), 0.1)
    return low - room, high + room


def _name_ends(ax: Axes, x: float, ends: list[tuple[float, str, str]], span: float) -> None:
    """Name the lines where they end; two that end together are named as one, two close ones are kept apart."""
    if len(ends) == 2 and abs(ends[0][0] - ends[1][0]) < 5e-4:
        ends = [(ends[1][0], say("score = bound"), style.BLUE)]
    near = len(ends) == 2 and abs(ends[0][0] - ends[1][0]) < 0.09 * span
    for n, (value, word, colour) in enumerate(ends):
        digits = 1 if len(ends) == 1 else wording.digits(ends[1][0], ends[0][0])
        ax.annotate(
            f"{word} {value:.{digits}f}", (x, value), (10, (7 if n == 0 else -7) if near else 0),
            textcoords="offset points", va="center_baseline", color=colour, annotation_clip=False, **style.strong(word),
        )  # fmt: skip
