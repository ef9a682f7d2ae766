"""How many customers keep their rep, from the tenth with the largest potential to the tenth with the smallest."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from reports import metrics, style, wording
from reports.words import mark, say
from scenarios.run.record import Run

TITLE = mark("Who keeps its rep, by value")
ORDER = 60
PARTS = 10


def frame(run: Run, parts: int = PARTS) -> pd.DataFrame:
    """A row a tenth of the customers that could stay, largest potential first.

    Columns: tenth (1 is the largest), customers, kept, share, potential, kept_potential, value_share. Empty where
    there are fewer customers than tenths, or none has potential. Customers that had to move are in none, as in
    `metrics.retention`.
    """
    columns = ["tenth", "customers", "kept", "share", "potential", "kept_potential", "value_share"]
    table = run.assignment
    table = table[table["moved"].isin(["kept", "chosen"])]
    if len(table) < parts or not metrics.has_plan(run) or not table["potential"].any():
        return pd.DataFrame(columns=columns)
    table = table.sort_values(["potential", "customer_id"], ascending=[False, True], kind="stable")
    stays = (table["moved"] == "kept").to_numpy()
    value = table["potential"].to_numpy(dtype=np.float64)
    tenth = np.arange(len(table)) * parts // len(table) + 1
    rows = []
    for n in np.unique(tenth):
        hit = tenth == n
        money, held = float(value[hit].sum()), float(value[hit & stays].sum())
        count, kept = int(hit.sum()), int((hit & stays).sum())
        rows.append((int(n), count, kept, kept / count, money, held, held / money if money > 0 else np.nan))
    return pd.DataFrame(rows, columns=columns)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: a column a tenth, filled as far as its customers keep their rep."""
    with style.house():
        ax = style.canvas(ax, 8.2, 3.9)
        style.place(ax, 0.65, 0.25, 0.95, 0.85)
        style.bare(ax)
        at = [float(n) for n in range(len(frame))]
        ax.bar(at, 1.0, width=0.78, color=style.PALE, zorder=1)
        bars = ax.bar(at, frame["share"], width=0.78, color=style.BLUE, zorder=2)
        for bar, row in zip(bars, style.rows(frame), strict=True):
            style.tip(bar, f"{row.kept:,} / {row.customers:,}; {wording.short(row.kept_potential)}")
        for x, row in zip(at, style.rows(frame), strict=True):
            inside = row.share > 0.12
            ax.text(
                x, row.share - 0.02 if inside else row.share + 0.02, wording.part(row.share), ha="center",
                va="top" if inside else "bottom", fontsize=9, color="white" if inside else style.INK, zorder=3,
                **style.strong(wording.part(row.share)),
            )  # fmt: skip
        labels = [f"{r.tenth}\n{wording.short(r.potential)}" for r in style.rows(frame)]
        ax.set_xticks(at, labels, fontsize=9, color=style.INK)
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1.0], [wording.percent(v) for v in (0, 0.25, 0.5, 0.75, 1.0)])
        ax.tick_params(axis="y", labelcolor=style.SOFT)
        ax.set_xlim(-0.55, len(frame) - 0.45)
        ax.set_ylim(0, 1)
        ax.set_xlabel(say("tenths of the customers, the most valuable first, and the potential of each"), fontsize=9)
        style.title(ax, finding(frame), say("Customers that keep their rep, of those that could"))
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    first, last = frame.iloc[0], frame.iloc[-1]
    if (frame["share"] == 1).all():
        return say("All customers that can keep their rep do")
    return say(
        "{top} of the most valuable tenth keep their rep, {low} of the least valuable",
        top=wording.part(first["share"]), low=wording.part(last["share"]),
    )  # fmt: skip


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    each = say("; ").join(f"{r.tenth}: {wording.part(r.share)}" for r in style.rows(frame))
    return say("Share that keeps its rep, by tenths of value. {finding}. {each}.", finding=finding(frame), each=each)
