"""What more of one side costs of the other: the curve, what is proven of it, its knee, today and the waterfall."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import metrics, style, wording
from reports.words import mark, say

TITLE = mark("What more of one costs of the other")
#: What most sides are measured in; the others in per cent.
POINTS = mark("points")
#: How often the curve's length a place may lie off it to be drawn to scale.
_FAR = 1.5
#: What is plotted beside the curve, how it is marked, and what it is called.
_PLACES = {"today": ("s", style.INK, mark("today")), "waterfall": ("X", style.SOFT, mark("waterfall"))}


def frame(document: Mapping[str, Any]) -> pd.DataFrame:
    """A row a point, ascending x: kind (``point``, ``knee``, ``today``, ``waterfall``), number, x, y, bound, and names.

    Parameters
    ----------
    document : see `scenarios.frontier.curve.document`. The bound is one of x or of y, as column ``bound_of`` says; NaN
        for none.
    """
    rows: list[tuple[Any, ...]] = [
        ("knee" if p["knee"] else "point", p["point"], p["x"], p["y"], metrics.number(p["bound"]))
        for p in document["points"]
    ]
    rows += [(kind, 0, document[kind]["x"], document[kind]["y"], math.nan) for kind in _PLACES]
    table = pd.DataFrame(rows, columns=["kind", "number", "x", "y", "bound"])
    for side in ("x", "y"):
        table[f"{side}_name"] = document[side]["name"]
        table[f"{side}_less"] = bool(document[side]["less_is_better"])
        table[f"{side}_unit"] = "%" if document[side]["about"].startswith("%") else POINTS
    table["bound_of"] = document["bound_of"]
    table["breaks"] = [0] * len(document["points"]) + [int(document[k]["violations"]) for k in _PLACES]
    return table


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: a line through the points with a band up to their bounds, each point with its number."""
    with style.house(style.texts(frame)):
        ax = style.canvas(ax, 8.2, 5.0)
        style.place(ax, 0.75, 0.45, 0.95, 0.62)
        style.bare(ax)
        curve = frame[frame["number"] > 0]
        upright = frame["bound_of"].iloc[0] == "y"
        x, y, bound = (curve[c].to_numpy(dtype=np.float64) for c in ("x", "y", "bound"))
        band = ax.fill_between if upright else ax.fill_betweenx
        band(x if upright else y, y if upright else x, bound, color=style.ORANGE, alpha=0.35, linewidth=0, zorder=1)
        ax.plot(x, y, color=style.BLUE, linewidth=2.2, zorder=2)
        ax.plot(x, y, "o", color=style.BLUE, markersize=6, markeredgecolor="white", zorder=3, clip_on=False)
        out = [-1 if frame[f"{side}_less"].iloc[0] else 1 for side in ("x", "y")]  # where no plan is
        across, along = _span(frame["x"], frame), _span(frame["y"], frame)
        ax.set_xlim(*across)
        ax.set_ylim(*along)
        names = _Names(ax, [(r.x, r.y) for r in style.rows(frame)])
        for row in style.rows(curve):
            knee = row.kind == "knee"
            text = say("{n} knee", n=row.number) if knee else str(row.number)
            names.write(
                text, (row.x, row.y), [(8 * out[0], 11 * out[1])], 8.5, style.INK if knee else style.SOFT,
                **(style.strong(text) if knee else {}),
            )  # fmt: skip
            if knee:
                ax.plot(row.x, row.y, "o", markersize=12, markerfacecolor="none", markeredgecolor=style.RED,
                        markeredgewidth=1.8, zorder=4, clip_on=False)  # fmt: skip
        for row in style.rows(frame[frame["number"] == 0]):
            mark, colour, word = _PLACES[row.kind]
            at = float(np.clip(row.x, *across)), float(np.clip(row.y, *along))
            beyond = at != (row.x, row.y)  # so far off that the curve would be squeezed: at the edge, with its figures
            if beyond:  # within the edge, where it hides no figure of the axis
                at = float(np.clip(row.x, *_inner(across))), float(np.clip(row.y, *_inner(along)))
            said = say(word)
            if beyond:
                said = say("{place}, beyond, at {x} and {y}", place=said, x=f"{row.x:.1f}", y=f"{row.y:.1f}")
            said = say("{place} (breaks rules)", place=said) if row.breaks else said
            look: dict[str, Any] = (
                {"markerfacecolor": "white", "markeredgecolor": colour} if beyond else {"markeredgecolor": "white"}
            )
            ax.plot(*at, mark, color=colour, markersize=8, zorder=4, clip_on=False, **look)
            names.write(said, at, [(0, -14 * out[1]), (0, 14 * out[1]), (-9 * out[0], 0), (9 * out[0], 0),
                                   (-9 * out[0], -22 * out[1]), (9 * out[0], 26 * out[1])], 9, colour)  # fmt: skip
        for side, axis in (("x", ax.xaxis), ("y", ax.yaxis)):
            axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
            axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
            values = {
                "name": wording.heading(frame[f"{side}_name"].iloc[0]),
                "unit": say(frame[f"{side}_unit"].iloc[0]),
            }
            less = frame[f"{side}_less"].iloc[0]
            name = say("{name}, {unit} (less is better)", **values) if less else say("{name}, {unit}", **values)
            axis.set_label_text(name, fontsize=9)
        ax.tick_params(axis="y", labelcolor=style.SOFT)
        ax.grid(color=style.PALE, linewidth=0.8)
        ax.spines["bottom"].set_visible(True)
        ax.spines["left"].set_visible(True)
        style.title(
            ax,
            finding(frame),
            say("Best plans found, numbered; shaded: up to what is proven impossible to pass at each"),
        )
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    curve = frame[frame["number"] > 0]
    x, y = (wording.spoken(frame[f"{side}_name"].iloc[0]) for side in ("x", "y"))
    if not len(curve):
        return say("No plan was found between {x} and {y}", x=x, y=y)
    first, last = ({s: f"{curve.iloc[at][s]:.1f}" for s in ("x", "y")} for at in (0, -1))
    if len(curve) == 1:
        return say("One plan has the most of both: {x} {x_at}, {y} {y_at}", x=x, y=y, x_at=first["x"], y_at=first["y"])
    return say("From {x} {x_first} to {x_last}, {y} goes from {y_first} to {y_last}", x=x, y=y, x_first=first["x"],
               x_last=last["x"], y_first=first["y"], y_last=last["y"])  # fmt: skip


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    curve = frame[frame["number"] > 0]
    knees = style.rows(curve[curve["kind"] == "knee"])
    parts = [say("{finding}.", finding=finding(frame))]
    parts += [say("The knee is point {n}, at {x} and {y}.", n=r.number, x=f"{r.x:.1f}", y=f"{r.y:.1f}") for r in knees]
    gaps = (curve["bound"] - curve[curve["bound_of"].iloc[0] if len(curve) else "y"]).abs().dropna()
    if len(gaps):
        parts.append(say("The widest gap of a point is {gap} points.", gap=wording.points(float(gaps.max()))))
    places = style.rows(frame[frame["number"] == 0])
    parts += [
        say(
            "{place} is at {x} and {y}.", place=wording.capital(say(_PLACES[r.kind][2])), x=f"{r.x:.1f}", y=f"{r.y:.1f}"
        )
        for r in places
    ]
    return " ".join(parts)


def _inner(ends: tuple[float, float]) -> tuple[float, float]:
    """The ends of an axis, less what half a mark takes."""
    inset = 0.015 * (ends[1] - ends[0])
    return ends[0] + inset, ends[1] - inset


class _Names:
    """Writes texts beside points, each where it covers neither a point nor what is written already, if it can be."""

    def __init__(self, ax: Axes, points: list[tuple[float, float]]) -> None:
        self.ax = ax
        box, (width, height) = ax.get_position(), style.figure(ax).get_size_inches()
        self.size = (72 * box.width * float(width), 72 * box.height * float(height))
        self.taken = [(x - 4, y - 4, x + 4, y + 4) for x, y in map(self._at, points)]

    def write(
        self, text: str, at: tuple[float, float], ways: list[tuple[float, float]], size: float, colour: str, **font: Any
    ) -> None:
        """Write a text so many points off, by the first of the ways that has room."""
        x, y = self._at(at)
        wide = 72 * style.room([text], size) - 7
        found: list[tuple[bool, int, tuple[float, float, float, float], float]] = []
        for right, up in ways:
            inset = max(right, 6.0) if right > 0 else min(right, -6.0) if right < 0 else 0.0
            left = x + inset if right > 0 else x + inset - wide if right < 0 else x - wide / 2
            if not right:
                left = min(max(left, 0.0), self.size[0] - wide)
            spot = (left, y + up - size / 2, left + wide, y + up + size / 2)
            inside = spot[0] >= -1 and spot[1] >= 0 and spot[2] <= self.size[0] + 30 and spot[3] <= self.size[1] + 6
            found.append((not inside or any(_meet(spot, other) for other in self.taken), len(found), spot, up))
        _, _, spot, up = min(found)
        self.taken.append(spot)
        self.ax.annotate(
            text, at, (spot[0] - x, up), textcoords="offset points", ha="left", va="center_baseline", fontsize=size,
            color=colour, zorder=5, annotation_clip=False, **font,
        )  # fmt: skip

    def _at(self, point: tuple[float, float]) -> tuple[float, float]:
        """Where a point is, in points from the lower left corner."""
        ends = (self.ax.get_xlim(), self.ax.get_ylim())
        x, y = ((v - low) / (high - low) * size for v, (low, high), size in zip(point, ends, self.size, strict=True))
        return x, y


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _span(values: pd.Series[Any], frame: pd.DataFrame) -> tuple[float, float]:
    """Limits of an axis: the curve and its bounds, and the other places unless they lie far off, with room for text."""
    curve = frame["number"] > 0
    found = values[curve].to_numpy(dtype=np.float64)
    if values.name == frame["bound_of"].iloc[0]:
        found = np.concatenate([found, frame["bound"].to_numpy(dtype=np.float64)])
    found = found[np.isfinite(found)]
    far = _FAR * max(float(found.max() - found.min()), 0.25)
    places = values[~curve].to_numpy(dtype=np.float64)
    near = places[(places >= found.min() - far) & (places <= found.max() + far)]
    low, high = (float(f(np.concatenate([found, near]))) for f in (np.min, np.max))
    room = max(0.12 * (high - low), 0.25)
    return low - room, high + room


def picture(document: Mapping[str, Any], kind: Literal["png", "svg", "pdf"], dpi: int = style.DPI) -> bytes:
    """Return the picture of a curve as a file's content, the same bytes for the same curve."""
    table = frame(document)
    with style.house(style.texts(table), salt="frontier"):
        return style.picture(style.figure(draw(table)), kind, dpi)
