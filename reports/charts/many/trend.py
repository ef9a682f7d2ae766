"""From period to period: score, retention and balance of the latest run of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import metrics, style, wording
from reports.words import mark, say
from scenarios.run.record import Run

TITLE = mark("From period to period")
#: What is followed, with its colour, line and mark, so that the lines differ without colour too.
LINES = {
    "score": (mark("score"), style.BLUE, "-", "o"),
    "kept": (mark("potential kept"), style.ORANGE, "--", "s"),
    "within": (mark("reps within tolerance"), "#007A5A", "-.", "D"),
}


def frame(runs: Sequence[Run]) -> pd.DataFrame:
    """A row a period, in order: period, run, score (0-100), kept, within (shares as per cent; NaN for none).

    Of several runs with a plan for one period the first given stands for it. `kept` is the retention by value, `within`
    the reps within tolerance over all metrics that have one. Empty where there are not two periods.
    """
    found: dict[str, tuple[str, str, float, float, float]] = {}
    for run in runs:
        period = str(run.plan.get("period", ""))
        if not metrics.has_plan(run) or period in found:
            continue
        kept = metrics.retention(run).set_index("measure")["share"]["potential"]
        spread = metrics.balance(run)
        within = spread.loc[spread["measure"] == "within", "after"].dropna()
        score = metrics.number(run.result.get("score"))
        found[period] = (period, run.id, score, 100 * kept, 100 * within.mean() if len(within) else np.nan)
    table = pd.DataFrame(list(found.values()), columns=["period", "run", "score", "kept", "within"])
    table = table.sort_values("period", kind="stable").reset_index(drop=True)
    return table if len(table) > 1 else table.head(0)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: a line a figure over the periods, named at its end."""
    with style.house(style.texts(frame)):
        ax = style.canvas(ax, 8.2, 3.9)
        style.bare(ax)
        at = np.arange(len(frame))
        ends: list[tuple[float, str, str]] = []
        for column, (name, colour, line, sign) in LINES.items():
            values = frame[column].to_numpy(dtype=np.float64)
            if not np.isfinite(values).any():
                continue
            ax.plot(at, values, linestyle=line, marker=sign, color=colour, linewidth=2, markersize=6, clip_on=False)
            last = int(np.flatnonzero(np.isfinite(values))[-1])
            text = f"{say(name)} {values[last]:.1f}" if column == "score" else (
                f"{say(name)} {wording.percent(values[last] / 100)}"
            )  # fmt: skip
            text = text if last == len(frame) - 1 else f"{text} ({wording.label(frame['period'].iloc[last], 14)})"
            ends.append((float(values[last]), text, "#8F6200" if colour == style.ORANGE else colour))
        right = style.room([text for _, text, _ in ends], 9.5, bold=True) + 0.2
        style.place(ax, 0.6, right, 0.9, 0.5)
        low = float(np.nanmin(frame[list(LINES)].to_numpy(dtype=np.float64)))
        ax.set_ylim(max(0.0, 10 * np.floor((low - 5) / 10)), 100)
        floor, top = ax.get_ylim()
        gap, free = 0.075 * (top - floor), np.inf
        for n, (value, text, colour) in enumerate(sorted(ends, reverse=True), 1):
            y = max(min(value, free - gap), floor + gap * (len(ends) - n + 0.6))
            free = y
            ax.annotate(
                text, (at[-1], y), (12, 0), textcoords="offset points", va="center_baseline", fontsize=9.5,
                color=colour, annotation_clip=False, **style.strong(text),
            )  # fmt: skip
        names = [wording.label(p, 14) for p in frame["period"]]
        every = -(-int(len(names) * (style.room(names) + 0.1)) // 4)  # so that none covers the next
        ax.set_xticks(at[:: max(1, every)], names[:: max(1, every)], color=style.INK)
        ax.set_xlim(-0.06 * (len(frame) - 1), len(frame) - 1)
        ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        ax.tick_params(axis="y", labelcolor=style.SOFT)
        ax.grid(axis="y", color=style.PALE, linewidth=0.8)
        ax.spines["bottom"].set_visible(True)
        style.title(
            ax, finding(frame), say("Score in points; potential that kept its rep and reps within tolerance in %")
        )
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    first, last = frame.iloc[0], frame.iloc[-1]
    if f"{first['score']:.1f}" == f"{last['score']:.1f}":
        return say("From {first} to {last} the score stays at {score}", first=first["period"], last=last["period"],
                   score=f"{last['score']:.1f}")  # fmt: skip
    return say(
        "From {first} to {last} the score goes from {old} to {new}", first=first["period"], last=last["period"],
        old=f"{first['score']:.1f}", new=f"{last['score']:.1f}",
    )  # fmt: skip


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    each = say("; ").join(
        f"{r.period}: {say('score')} {r.score:.1f}, {say('potential kept')} {wording.percent(r.kept / 100)}"
        for r in style.rows(frame)
    )
    return say("Lines over the periods. {finding}. {each}.", finding=finding(frame), each=each)
