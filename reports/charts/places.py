"""Where the books lie: customers as dots and a hull around each rep's, over the land, without any map service."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon

from reports import metrics, style, wording
from reports.atlas import RADIUS, Floats, View, graticule, land, projected
from reports.words import mark, say, say_n
from scenarios.run.record import Run

TITLE = mark("{variant}: where the books lie")
ORDER = 70
MOST = 12
"""Most reps with a hull and a name of their own; of more, those with the widest books."""
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#B84A00", "#7A6A00", "#566270")
MARKS = ("o", "s", "^", "D", "v", "P", "X")

APART = 2500.0
"""Km from end to end beyond which each team has a map of its own."""
TEAMS = 6
"""Most maps."""
COARSE = 200.0
"""Km across below which coasts drawn for whole countries would put places into the sea: no land is drawn then."""
LAND, SHORE, GRID = "#F1EFE9", "#C4BFB2", "#E3E6EA"


def variants(run: Run) -> dict[str, dict[str, Any]]:
    """One map of all; where they are far apart and the teams few, one a team."""
    every = frame(run)
    if not len(every) or max(float(every[c].max() - every[c].min()) for c in ("x", "y")) <= APART:
        return {mark("all"): {}}
    teams = metrics.rep_teams(run)
    found = dict.fromkeys(sorted({teams[r] for r in every["rep_id"]}))
    return {t: {"team": t} for t in found} if 1 < len(found) <= TEAMS else {"all": {}}


def frame(run: Run, team: str | None = None, most: int = MOST) -> pd.DataFrame:
    """A row a customer that has a place and a rep, or a rep's home.

    Columns: rep_id, name, kind, x, y, km, latitude, longitude, shown, team. Kind: ``customer`` or ``home``. `x` and `y`
    are km east and north of the middle of all, by the azimuthal equidistant projection (Snyder, Map Projections, USGS
    1395, 1987, p. 195). `km` is the great-circle distance from the rep's home, NaN where it is not known. `shown` tells
    whether the rep is one of the `most` with the widest books. Of one `team` where it is given, else `team` is empty.
    Empty where fewer than three customers have a place.
    """
    columns = ["rep_id", "name", "kind", "x", "y", "km", "latitude", "longitude", "shown", "team"]
    if not metrics.has_plan(run):  # without one, the store hands the empty assignment back as numbers
        return pd.DataFrame(columns=columns)
    where = ["latitude", "longitude"]
    customers = run.tables.customers[["customer_id", *where]].dropna()
    table = run.assignment[["customer_id", "rep_id"]].merge(customers, on="customer_id", how="inner")
    if team is not None:
        teams = metrics.rep_teams(run)
        table = table[[teams[r] == team for r in table["rep_id"]]]
    if len(table) < 3:
        return pd.DataFrame(columns=columns)
    homes = run.tables.reps.loc[run.tables.reps["rep_id"].isin(table["rep_id"]), ["rep_id", *where]].dropna()
    table = pd.concat([table[["rep_id", *where]].assign(kind="customer"), homes.assign(kind="home")], ignore_index=True)
    lat, lon = (np.radians(table[c].to_numpy(dtype=np.float64)) for c in where)
    table["x"], table["y"] = projected(lat, lon, *_middle(lat, lon))
    home = homes.set_index("rep_id")
    from_lat, from_lon = (np.radians(table["rep_id"].map(home[c]).to_numpy(dtype=np.float64)) for c in where)
    table["km"] = great_circle(lat, lon, from_lat, from_lon)
    names = metrics.rep_names(run)
    table["name"] = [names.get(r, r) for r in table["rep_id"]]
    wide = table[table["kind"] == "customer"].groupby("rep_id")[["x", "y"]].std().sum(axis=1)
    widest = set(wide.sort_values(ascending=False, kind="stable").index[:most])
    table["shown"], table["team"] = table["rep_id"].isin(widest), team or ""
    return table.sort_values(["name", "rep_id", "kind"], kind="stable")[columns].reset_index(drop=True)


def great_circle(lat: Floats, lon: Floats, lat1: Floats, lon1: Floats) -> Floats:
    """Return the distances in km between places in radians, by the haversine formula."""
    a = np.sin((lat1 - lat) / 2) ** 2 + np.cos(lat) * np.cos(lat1) * np.sin((lon1 - lon) / 2) ** 2
    found: Floats = 2 * RADIUS * np.arcsin(np.sqrt(np.clip(a, 0.0, 1.0)))
    return found


def hull(points: Floats) -> Floats:
    """Return the corners of the smallest convex shape around points (rows), counter-clockwise.

    Source: Andrew, Another efficient algorithm for convex hulls in two dimensions, 1979.
    """
    ordered = sorted(set(map(tuple, points.tolist())))
    if len(ordered) < 3:
        return np.array(ordered)

    def half(row: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
        found: list[tuple[float, ...]] = []
        for p in row:
            while len(found) > 1 and _turn(found[-2], found[-1], p) <= 0:
                found.pop()
            found.append(p)
        return found[:-1]

    return np.array(half(ordered) + half(ordered[::-1]))


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: hulls and dots in the rep's colour and mark, its name at the middle of the book."""
    with style.house(style.texts(frame)):
        x, y = frame["x"].to_numpy(), frame["y"].to_numpy()
        spans = [max(float(v.max() - v.min()), 1.0) for v in (x, y)]
        height = float(np.clip(7.9 * spans[1] / spans[0], 3.2, 7.2))
        ax = style.canvas(ax, 8.2, height + 0.95)
        style.place(ax, 0.15, 0.15, 0.85, 0.1)
        style.bare(ax)
        _frame(ax, x, y)
        names = []
        faint = 0.10 if frame["rep_id"].nunique() <= 8 else 0.04
        for n, (_, rows) in enumerate(frame.groupby("rep_id", sort=False)):
            colour, sign = COLOURS[n % len(COLOURS)], MARKS[n % len(MARKS)]
            book = rows[rows["kind"] == "customer"]
            points = book[["x", "y"]].to_numpy(dtype=np.float64)
            shown = bool(rows["shown"].iloc[0])
            corners = hull(points)
            if len(corners) > 2 and shown:
                ax.add_patch(Polygon(corners, closed=True, facecolor=colour, alpha=faint, linewidth=0, zorder=1))
                ax.add_patch(Polygon(corners, closed=True, fill=False, edgecolor=colour, linewidth=1.2, zorder=2))
            small = 22 if len(frame) < 600 else 9 if len(frame) < 3000 else 3
            ax.scatter(
                points[:, 0], points[:, 1], s=small, marker=sign, color=colour if shown else style.FAINT, alpha=0.8,
                linewidth=0, zorder=3, rasterized=len(frame) > 3000,
            )  # fmt: skip
            if shown:
                named = wording.label(str(rows["name"].iloc[0]), 20)
                east, north = (float(v) for v in np.median(points, axis=0))
                names.append(_Name(east, north, named, colour, sign))
        _write(ax, names)
        _ground(ax, frame)
        ax.set_xticks([])
        ax.set_yticks([])
        _scale(ax, spans[0])
        below = say("Customers of the plan, a hull around each rep’s; north is up, distances from the middle are true")
        reps = frame["rep_id"].nunique()
        if len(names) < reps:
            below = say("Customers of the plan, hulls around the {n} widest of {all} books; north is up", n=len(names),
                        all=reps)  # fmt: skip
        style.title(ax, finding(frame), below)
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    book = frame[frame["kind"] == "customer"]
    reps, far, team = book["rep_id"].nunique(), book["km"].median(), str(frame["team"].iloc[0])
    if not math.isfinite(far):
        said = say_n("{n} rep and where the customers are", "{n} reps and where their customers are", reps)
    else:
        said = say("Half of the customers are within {km} km of their rep", km=wording.full(round(float(far))))
    if not team:
        return said
    return say("{team}: {text}", team=wording.label(say(team), 30), text=said[:1].lower() + said[1:])


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    book = frame[frame["kind"] == "customer"]
    reps = book["rep_id"].nunique()
    text = say("Map of {customers} customers of {reps} reps. {finding}.", customers=f"{len(book):,}", reps=reps,
               finding=finding(frame))  # fmt: skip
    far = book.groupby("name")["km"].median().dropna()
    if not len(far):
        return text
    rep, km = str(far.idxmax()), wording.full(round(float(far.max())))
    return f"{text} {say('Farthest from home is {rep}: half within {km} km.', rep=rep, km=km)}"


def _turn(a: tuple[float, ...], b: tuple[float, ...], c: tuple[float, ...]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _middle(lat: Floats, lon: Floats) -> tuple[float, float]:
    """The middle of places on the sphere, in radians: the direction of the mean of their unit vectors."""
    vector = np.array([(np.cos(lat) * np.cos(lon)).mean(), (np.cos(lat) * np.sin(lon)).mean(), np.sin(lat).mean()])
    return float(np.arctan2(vector[2], np.hypot(vector[0], vector[1]))), float(np.arctan2(vector[1], vector[0]))


@dataclass(frozen=True)
class _Name:
    """What is written at the middle of a book: its rep's name, with the mark and colour of its customers."""

    x: float
    y: float
    text: str
    colour: str
    sign: str


def _write(ax: Axes, names: list[_Name]) -> None:
    """Write names where their books are, as near as they can be with none over another."""
    box, size = ax.get_position(), style.figure(ax).get_size_inches()
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    km = (right - left) / (box.width * float(size[0]))  # to an inch
    line, inset = 0.22 * km, 0.17 * km
    placed: list[tuple[float, float, float]] = []
    for name in sorted(names, key=lambda n: -n.y):
        wide = inset + style.room([name.text], 8.5) * km
        x = min(max(name.x - wide / 2, left), right - wide)
        steps = (name.y + sign * n * line / 4 for n in range(400) for sign in (-1, 1))
        free = (y for y in steps if low + line < y < high - line and not any(
            abs(y - b) < line and x < a + w + inset / 2 and a < x + wide + inset / 2 for a, b, w in placed
        ))  # fmt: skip
        y = next(free, name.y)
        placed.append((x, y, wide))
        around: dict[str, Any] = {
            "boxstyle": "round,pad=0.02",
            "facecolor": "white",
            "edgecolor": "none",
            "alpha": 0.85,
        }
        ax.add_patch(FancyBboxPatch((x, y - 0.08 * km), wide, 0.16 * km, mutation_scale=km, zorder=5, **around))
        ax.plot(x + 0.45 * inset, y, name.sign, color=name.colour, markersize=6, zorder=6)
        ax.text(x + inset, y, name.text, va="center_baseline", fontsize=8.5, zorder=6)


def _frame(ax: Axes, x: Floats, y: Floats) -> None:
    """Limits around all points in which a km is as long upwards as sideways."""
    box = ax.get_position()
    size = style.figure(ax).get_size_inches()
    wide, high = box.width * float(size[0]), box.height * float(size[1])
    spans = [1.12 * max(float(v.max() - v.min()), 1.0) for v in (x, y)]
    unit = max(spans[0] / wide, spans[1] / high)
    for values, inches, limit in ((x, wide, ax.set_xlim), (y, high, ax.set_ylim)):
        middle = float(values.max() + values.min()) / 2
        limit(middle - unit * inches / 2, middle + unit * inches / 2)


def _ground(ax: Axes, frame: pd.DataFrame) -> None:
    """Land, where the view is wide enough for it, and meridians and parallels with their degrees at the edges."""
    lat, lon = (np.radians(frame[c].to_numpy(dtype=np.float64)) for c in ("latitude", "longitude"))
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    view = View(*_middle(lat, lon), left, right, low, high)
    inches = float(style.figure(ax).get_size_inches()[0]) * ax.get_position().width
    if max(right - left, high - low) >= COARSE and (shape := land(view, (right - left) / inches / 50)):
        ax.add_patch(PathPatch(shape, facecolor=LAND, edgecolor=SHORE, linewidth=0.5, zorder=0))
    wide, tall = 0.06 * (right - left), 0.07 * (high - low)
    step, lines = graticule(view)
    digits = max(0, math.ceil(-math.log10(step) - 1e-9))
    for kind, degrees, x, y in lines:
        ax.plot(x, y, color=GRID, linewidth=0.6, zorder=0.5, scalex=False, scaley=False)
        text = _degrees(kind, degrees, digits)
        if kind == "lon" and (at := _crossing(y, x, high)) is not None and left + wide < at < right - 2 * wide:
            ax.annotate(text, (at, high), (2, -3), textcoords="offset points", va="top", fontsize=7, color=style.SOFT)
        if kind == "lat" and (at := _crossing(x, y, right)) is not None and low < at < high - tall:
            ax.annotate(text, (right, at), (-2, 2), textcoords="offset points", ha="right", fontsize=7,
                        color=style.SOFT)  # fmt: skip


def _crossing(along: Floats, across: Floats, edge: float) -> float | None:
    """Where a line passes an edge: its `across` where its `along` first is the edge; None where it does not."""
    past = np.flatnonzero((along[:-1] - edge) * (along[1:] - edge) < 0)
    if not len(past):
        return None
    n = past[0]
    return float(across[n] + (across[n + 1] - across[n]) * (edge - along[n]) / (along[n + 1] - along[n]))


def _degrees(kind: str, degrees: float, digits: int) -> str:
    """Return degrees with their side of the equator or of Greenwich: ``50° N``."""
    size = f"{abs(degrees):.{digits}f}"
    if float(size) in ({0.0, 180.0} if kind == "lon" else {0.0}):
        return f"{size}°"
    if kind == "lat":
        return say("{n}° N", n=size) if degrees > 0 else say("{n}° S", n=size)
    return say("{n}° E", n=size) if degrees > 0 else say("{n}° W", n=size)


def _scale(ax: Axes, span: float) -> None:
    """A bar of round length at the lower left."""
    size = 10 ** math.floor(math.log10(span / 4))
    size *= next((m for m in (5, 2) if size * m <= span / 4), 1)
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    x, y = left + 0.02 * (right - left), low + 0.03 * (high - low)
    ax.plot([x, x + size], [y, y], color=style.SOFT, linewidth=2, solid_capstyle="butt", zorder=6)
    ax.annotate(
        say("{n} km", n=wording.full(size)), (x, y), (0, 4), textcoords="offset points", fontsize=8.5, color=style.SOFT
    )
