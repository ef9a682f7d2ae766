"""Who gives customers to whom: a matrix of moves between reps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from reports import metrics, style, wording
from reports.words import mark, say, say_n
from scenarios.run.record import Run

TITLE = mark("Moves between reps")
ORDER = 50
MOST = 40
"""Most rows and columns; of more, the reps with the fewest moves are shown as one."""
NOBODY, UNASSIGNED, REST = mark("no rep before"), mark("no rep now"), mark("other reps")
SHADES = LinearSegmentedColormap.from_list("moves", ["#E3EEF6", "#7FB2D6", "#2C78AE", "#08355C"])


def frame(run: Run, most: int = MOST) -> pd.DataFrame:
    """A row a filled cell: source, source_name, source_kind, target, target_name, target_kind, customers, potential.

    Kinds: ``rep``; ``left`` for a rep no longer there; ``none`` for no rep before or now; ``rest`` for the reps beyond
    `most` taken together. Customers that stay are in no cell.
    """
    table = metrics.flows(run)
    table["source_kind"] = np.select([table["source"] == "", table["gone"]], ["none", "left"], "rep").astype(object)
    table["target_kind"] = np.where(table["target"] == "", "none", "rep").astype(object)
    table.loc[table["source"] == "", "source_name"] = NOBODY
    table.loc[table["target"] == "", "target_name"] = UNASSIGNED
    for end in ("source", "target"):
        count = table[table[end] != ""].groupby(end)["customers"].sum().sort_values(ascending=False, kind="stable")
        if len(count) > most:
            small = table[end].isin(count.index[most - 1 :])
            table.loc[small, [end, f"{end}_name", f"{end}_kind"]] = [REST, f"{REST} ({len(count) - most + 1})", "rest"]
    keys = ["source", "source_name", "source_kind", "target", "target_name", "target_kind"]
    table = table.groupby(keys, sort=True)[["customers", "potential"]].sum().reset_index()
    return table[[*keys, "customers", "potential"]]


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: rows give, columns receive; a cell says how many customers, darker for more."""
    with style.house(style.texts(frame)):
        gives, gets = _ends(frame, "source"), _ends(frame, "target")
        row_names, column_names = [_name(r, 26) for r in style.rows(gives)], [_name(r, 22) for r in style.rows(gets)]
        cell = max(0.25, min(0.5, 5.0 / max(1, len(gets))))
        size = min(9.0, 9.0 * cell / 0.3)
        left, top = style.MARGIN + 0.1 + style.room(row_names), 0.7 + _slant(column_names)
        width = max(7.6, left + cell * len(gets) + 1.6)
        ax = style.canvas(ax, width, top + cell * len(gives) + 0.75)
        style.place(ax, left, width - left - cell * len(gets), top, 0.75)
        style.bare(ax)
        row_at = {s: y for y, s in enumerate(gives["end"])}
        column_at = {t: x for x, t in enumerate(gets["end"])}
        rest = (frame["source_kind"] == "rest") | (frame["target_kind"] == "rest")
        peak = max(1, int(frame.loc[~rest, "customers"].max() if (~rest).any() else frame["customers"].max()))
        for y in range(len(gives)):
            ax.plot([-0.5, len(gets) - 0.5], [y, y], color=style.PALE, linewidth=0.8, zorder=0)
        for x in range(len(gets)):
            ax.plot([x, x], [-0.5, len(gives) - 0.5], color=style.PALE, linewidth=0.8, zorder=0)
        for row in style.rows(frame):
            x, y, shade = column_at[row.target], row_at[row.source], SHADES(min(1.0, row.customers / peak))
            cell_of = ax.add_patch(Rectangle((x - 0.46, y - 0.46), 0.92, 0.92, facecolor=shade, linewidth=0))
            route = f"{_said(row.source_name, row.source_kind)} → {_said(row.target_name, row.target_kind)}"
            style.tip(cell_of, f"{route}: {row.customers:,}, {wording.short(row.potential)}")
            count = _count(row.customers)
            ax.text(x, y, count, ha="center", va="center_baseline", fontsize=_fit(count, size, cell),
                    color=style.ink_on(shade))  # fmt: skip
        ax.set_xlim(-0.5, len(gets) - 0.5)
        ax.set_ylim(len(gives) - 0.5, -0.5)
        ax.set_yticks(range(len(gives)), row_names)
        ax.set_xticks(range(len(gets)), column_names, rotation=50, ha="left", rotation_mode="anchor", color=style.INK)
        ax.xaxis.tick_top()
        for ends, ticks in ((gives, ax.get_yticklabels()), (gets, ax.get_xticklabels())):
            for kind, tick in zip(ends["kind"], ticks, strict=True):
                tick.set_color(style.INK if kind == "rep" else style.SOFT)
        _margins(ax, gives, gets, size, cell)
        style.title(ax, finding(frame), say("Customers that change rep: from the row's rep to the column's"))
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    between = frame[(frame["source_kind"] != "none") & (frame["target_kind"] != "none")]
    count, money = int(between["customers"].sum()), wording.short(between["potential"].sum())
    started = frame[(frame["source_kind"] == "none") & (frame["target_kind"] != "none")]
    text = say_n("{n} customer changes rep, {money} of potential", "{n} customers change rep, {money} of potential",
                 count, money=money) if count else say("No customer changes rep")  # fmt: skip
    first = say_n("{n} gets its first", "{n} get their first", int(started["customers"].sum()))
    return say("; ").join([text, first]) if len(started) else text


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    ranked = frame.sort_values("customers", ascending=False, kind="stable").head(3)
    each = say("; ").join(
        say(
            "{n} from {source} to {target}", n=r.customers, source=_said(r.source_name, r.source_kind),
            target=_said(r.target_name, r.target_kind),
        )
        for r in style.rows(ranked)
    )  # fmt: skip
    lost = int(frame.loc[frame["target_kind"] == "none", "customers"].sum())
    text = say("Matrix of moves between reps. {finding}. Largest: {each}.", finding=finding(frame), each=each)
    return f"{text} {say_n('{n} ends without a rep.', '{n} end without a rep.', lost)}" if lost else text


def _ends(frame: pd.DataFrame, end: str) -> pd.DataFrame:
    """The rows or columns in order: those without rep first or last, then leavers, then reps by name, the rest last."""
    keys = [end, f"{end}_name", f"{end}_kind"]
    table = frame.groupby(keys, sort=False)[["customers", "potential"]].sum().reset_index()
    table.columns = pd.Index(["end", "name", "kind", "customers", "potential"])
    order = {"none": 0, "left": 1, "rep": 2, "rest": 3} if end == "source" else {"rep": 0, "rest": 1, "none": 2}
    table["rank"] = table["kind"].map(order)
    return table.sort_values(["rank", "name", "end"], kind="stable").reset_index(drop=True)


def _name(row: Any, width: int) -> str:
    if row.kind == "left":
        return say("{rep} (left)", rep=wording.label(row.name, width - 7))
    return wording.label(_said(row.name, row.kind), width)


def _said(name: str, kind: str) -> str:
    """The name of a rep, or what is said for none and for the rest."""
    if kind == "none":
        return say(name)
    return say("other reps ({n})", n=name.removeprefix(REST).strip(" ()")) if kind == "rest" else name


def _slant(names: list[str]) -> float:
    """Height in inches of the slanted column names."""
    return 0.77 * style.room(names) + 0.12


def _count(customers: int) -> str:
    """How many, in no more signs than a cell has room for."""
    return str(customers) if customers < 1000 else wording.short(customers)


def _fit(text: str, size: float, inches: float) -> float:
    """The size of type, at most `size`, at which a text takes nine tenths of so many inches."""
    return min(size, size * 0.9 * inches / max(style.room([text], size) - 0.1, 1e-9))


def _margins(ax: Axes, gives: pd.DataFrame, gets: pd.DataFrame, size: float, cell: float) -> None:
    """What each row gives and each column gets in all, with the potential."""

    def note(
        text: str, xy: tuple[float, float], by: tuple[float, float], across: bool, color: str, **font: Any
    ) -> None:
        axes = ("axes fraction", "data") if across else ("data", "axes fraction")
        ax.annotate(text, xy, by, xycoords=axes, textcoords="offset points", color=color, annotation_clip=False, **font)

    note(say("gives"), (1, -0.5), (46, 6), True, style.SOFT, ha="right", va="bottom", fontsize=8.5)
    note(say("potential"), (1, -0.5), (100, 6), True, style.SOFT, ha="right", va="bottom", fontsize=8.5)
    note(say("gets"), (-0.5, 0), (-4, -12), False, style.SOFT, ha="right", va="center_baseline", fontsize=8.5)
    for y, row in enumerate(style.rows(gives)):
        note(f"{row.customers:,}", (1, y), (46, 0), True, style.INK, ha="right", va="center_baseline", fontsize=9)
        note(
            wording.short(row.potential),
            (1, y),
            (100, 0),
            True,
            style.SOFT,
            ha="right",
            va="center_baseline",
            fontsize=8.5,
        )
    for x, row in enumerate(style.rows(gets)):
        count = _count(row.customers)
        note(count, (x, 0), (0, -12), False, style.INK, ha="center", va="center_baseline",
             fontsize=_fit(count, size, cell))  # fmt: skip
        money, small = wording.short(row.potential), min(8.5, size)
        note(money, (x, 0), (0, -21), False, style.SOFT, ha="center", va="top", rotation=90, fontsize=small)
