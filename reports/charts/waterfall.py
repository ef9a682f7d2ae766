"""How the score gets from today's books to the plan's: what each term gains or loses, and what is left to the bound."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import metrics, style, wording
from reports.words import mark, say
from scenarios.run.record import Run
from scenarios.run.today import today

TITLE = mark("From today to the plan")
ORDER = 15
TODAY, PLAN, BOUND = mark("Today’s books"), mark("This plan"), mark("Left to the bound")


def frame(run: Run) -> pd.DataFrame:
    """A row a step: step, kind (``total``, ``term``, ``gap``), start, end (points of the score), change, weight.

    A term's change is ``weight · (term in the plan − term of today's books) / Σ weight``. Empty where there is no plan,
    nobody has a rep today, or today's terms cannot be measured.
    """
    columns = ["step", "kind", "start", "end", "change", "weight"]
    table = metrics.terms(run)
    whole = table["weight"].sum()
    before = today(run) if metrics.has_plan(run) and whole > 0 else None
    if before is None or not len(run.assignment) or (run.assignment["previous_rep"] == "").all():
        return pd.DataFrame(columns=columns)
    table = table[(table["weight"] > 0) & table["name"].isin(before)]
    old = table["name"].map(before).astype("float64")
    table = table.assign(change=table["weight"] * (table["score"] - old) / whole)
    at = float((table["weight"] * old).sum() / whole)
    rows: list[tuple[str, str, float, float, float, float]] = [(TODAY, "total", 0.0, at, at, math.nan)]
    for term in style.rows(table.sort_values("change", ascending=False, kind="stable")):
        rows.append((term.name, "term", at, at + term.change, term.change, term.weight))
        at += term.change
    rows.append((PLAN, "total", 0.0, at, at, math.nan))
    gap = metrics.number(run.result.get("gap"))
    if gap > 0:
        rows.append((BOUND, "gap", at, at + gap, gap, math.nan))
    return pd.DataFrame(rows, columns=columns)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: bars from left to right in steps, one below the other; what is lost is hatched."""
    with style.house(style.texts(frame)):
        names = [_name(r) for r in style.rows(frame)]
        left = style.MARGIN + 0.1 + style.room(names)
        ax = style.canvas(ax, 8.2, 0.85 + 0.36 * len(frame) + 0.3)
        style.place(ax, left, 1.45, 0.85, 0.3)
        style.bare(ax)
        rows = style.rows(frame)
        for y, row in enumerate(rows):
            low, high = min(row.start, row.end), max(row.start, row.end)
            if row.kind == "total":
                ax.barh(y, high - low, left=low, height=0.6, color=style.INK, zorder=2)
            elif row.kind == "gap":
                ax.barh(y, high - low, left=low, height=0.6, color="white", edgecolor=style.FAINT, zorder=2)
            else:
                gain = row.change >= 0
                ax.barh(
                    y, high - low, left=low, height=0.6, zorder=2, color=style.BLUE if gain else "white",
                    edgecolor=style.BLUE if gain else style.RED, hatch="" if gain else "////",
                )  # fmt: skip
            if y + 1 < len(rows):
                ax.plot([row.end] * 2, [y - 0.3, y + 1.3], color=style.FAINT, linewidth=0.8, zorder=1)
            said = f"{row.end:.1f}" if row.kind == "total" else signed(row.change)
            said = f"+{wording.points(row.change)}" if row.kind == "gap" else said
            colour = style.RED if row.kind == "term" and row.change < -0.005 else style.INK
            style.beside(ax, y, said, 52, right=True, stress=row.kind == "total", color=colour)
            if row.kind == "term":
                style.beside(ax, y, say("weight {w}", w=f"{row.weight:g}"), 98, right=True, size=8, color=style.SOFT)
        ends = frame[["start", "end"]].to_numpy()
        least = float(ends[ends > 0].min()) if (ends > 0).any() else 0.0
        most = float(ends.max())
        floor = max(0.0, least - 0.35 * max(most - least, 1.0))
        ax.set_xlim(floor, most + 0.02 * max(most - floor, 1e-9))
        if floor > 0:
            _broken(ax, [y for y, row in enumerate(rows) if row.kind == "total"], floor, most)
        ax.set_ylim(len(frame) - 0.5, -0.5)
        ax.set_yticks(range(len(names)), names)
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        ax.grid(axis="x", color=style.PALE, linewidth=0.8)
        below = say("Points of the score; what each term gains, or loses (hatched), by the plan")
        style.title(ax, finding(frame), below if floor == 0 else say("{text}; the axis is cut", text=below))
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    first, last = (float(frame.loc[frame["step"] == s, "end"].iloc[0]) for s in (TODAY, PLAN))
    terms = frame[frame["kind"] == "term"]
    text = say("The plan takes the score from {old} to {new}", old=f"{first:.1f}", new=f"{last:.1f}")
    best = style.rows(terms.sort_values("change", ascending=False, kind="stable"))
    if not best or best[0].change < 0.05:
        return text
    return say("{text}; {term} gains {points}", text=text, term=wording.spoken(best[0].step),
               points=signed(best[0].change)[1:])  # fmt: skip


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    each = say("; ").join(
        f"{wording.spoken(r.step)} {signed(r.change)}" for r in style.rows(frame[frame["kind"] == "term"])
    )
    return say("Waterfall of the score. {finding}. {each}.", finding=finding(frame), each=each)


def _name(row: object) -> str:
    name, kind = str(getattr(row, "step", "")), getattr(row, "kind", "")
    return wording.heading(name) if kind == "term" else say(name)


def signed(value: float) -> str:
    """Return a change in points in writing: ``+8.5``, ``−0.04``."""
    return f"{'+' if value >= 0 else '−'}{abs(value):.{2 if 0 < abs(value) < 0.05 else 1}f}"


def _broken(ax: Axes, at: list[int], floor: float, most: float) -> None:
    """Two strokes across the bars that begin before the axis does."""
    unit = (most - floor) / 100
    for y in at:
        for x in (1.5, 2.7):
            ends = [floor + x * unit, floor + (x + 0.9) * unit]
            ax.plot(ends, [y + 0.36, y - 0.36], color="white", linewidth=2.2, zorder=3)
