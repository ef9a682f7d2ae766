"""Land and graticule beneath a map of any part of the world: no service, no network, no border that anyone disputes.

The land is Natural Earth's at 1:50 million (public domain), as the file ``land-50m.json`` of the npm package
world-atlas 2.0.2 has it, unchanged; see ``docs/adr/0011-basemap.md``. At that scale coasts are true to a few km.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.path import Path as Shape
from matplotlib.transforms import Bbox

Floats = np.ndarray[Any, np.dtype[np.float64]]

RADIUS = 6371.0088
"""Mean radius of the earth, km (IUGG)."""
FAR = math.pi * RADIUS
"""Km from any place to the one opposite."""
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30)
"""Degrees between the lines of a graticule."""


class View(NamedTuple):
    """What a map shows: its middle in radians, and its edges in km east and north of it."""

    lat0: float
    lon0: float
    left: float
    right: float
    low: float
    high: float


def projected(lat: Floats, lon: Floats, lat0: float, lon0: float) -> tuple[Floats, Floats]:
    """Return km east and north of a middle, true in distance and direction from it; angles in radians.

    The azimuthal equidistant projection: Snyder, Map Projections, USGS 1395, 1987, p. 195.
    """
    cos_c = np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(lon - lon0)
    c = np.arccos(np.clip(cos_c, -1.0, 1.0))
    k = RADIUS * np.where(c < 1e-12, 1.0, c / np.where(c < 1e-12, 1.0, np.sin(c)))
    east = k * np.cos(lat) * np.sin(lon - lon0)
    north = k * (np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(lon - lon0))
    return east, north


def placed(east: Floats, north: Floats, lat0: float, lon0: float) -> tuple[Floats, Floats]:
    """Return latitude and longitude in radians of what `projected` put there; longitudes may pass ±π."""
    rho = np.hypot(east, north)
    c = np.minimum(rho / RADIUS, math.pi)
    share = np.where(rho > 0, 1 / np.where(rho > 0, rho, 1.0), 0.0)
    lat = np.arcsin(np.clip(np.cos(c) * np.sin(lat0) + north * np.sin(c) * np.cos(lat0) * share, -1.0, 1.0))
    lon = lon0 + np.arctan2(east * np.sin(c), rho * np.cos(lat0) * np.cos(c) - north * np.sin(lat0) * np.sin(c))
    return lat, lon


@cache
def coasts() -> tuple[Floats, ...]:
    """Return every coast as latitudes and longitudes (2, points) in radians, with land to the right."""
    text = (Path(__file__).parent / "land-50m.json").read_text(encoding="utf-8")
    atlas = json.loads(text)
    scale, shift = (np.array(atlas["transform"][k]) for k in ("scale", "translate"))
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + shift for arc in atlas["arcs"]]
    found = []
    for part in atlas["objects"]["land"]["geometries"]:
        for polygon in part["arcs"]:
            for ring in polygon:
                lines = [arcs[a] if a >= 0 else arcs[~a][::-1] for a in ring]
                points = np.concatenate([line[:-1] for line in lines])
                found.append(np.radians(points[:, ::-1].T))
    return tuple(found)


def land(view: View, grain: float) -> Shape | None:
    """Return the land within a view in km, to be filled; None where there is only water.

    Parameters
    ----------
    grain : km below which no detail is drawn.
    """
    room = 0.05 * max(view.right - view.left, view.high - view.low)
    box = Bbox([[view.left - room, view.low - room], [view.right + room, view.high + room]])
    shapes = []
    for lat, lon in coasts():
        x, y = projected(lat, lon, view.lat0, view.lon0)
        if np.hypot(x, y).max() > 0.9 * FAR:  # there, near the opposite point, a straight line is far from straight
            x, y = projected(*_finer(lat, lon), view.lat0, view.lon0)
        if abs(_area(x, y)) < 8 * grain**2:
            continue
        turned = _turns(x, y) > 0.5  # land lies to the right of its coast, so the opposite point is on it
        if not turned and (x.max() < box.x0 or x.min() > box.x1 or y.max() < box.y0 or y.min() > box.y1):
            continue
        if turned:  # all the world but the inside of this line: the line within the circle of the opposite point
            way = np.linspace(0, -2 * math.pi, 181)
            shapes.append(_cut(FAR * np.cos(way), FAR * np.sin(way), box, grain))
        shapes.append(_cut(x, y, box, grain))
    kept = [s for s in shapes if len(s) > 3 and abs(_area(s[:, 0], s[:, 1])) > grain**2]
    return Shape.make_compound_path(*map(Shape, kept)) if kept else None


def graticule(view: View, lines: float = 5) -> tuple[float, list[tuple[str, float, Floats, Floats]]]:
    """Return the degrees between meridians and parallels of a view, some `lines` across it, and each one.

    Returns
    -------
    Degrees, and of each line ``lat`` or ``lon``, its degrees (longitudes within ±180) and its km east and north.
    """
    span = max(view.right - view.left, view.high - view.low)
    step = next((s for s in STEPS if s >= math.degrees(span / RADIUS) / lines), STEPS[-1])
    east, north = np.meshgrid(np.linspace(view.left, view.right, 41), np.linspace(view.low, view.high, 41))
    lat, lon = (np.degrees(v) for v in placed(east.ravel(), north.ravel(), view.lat0, view.lon0))
    bottom, top = max(-90.0, lat.min() - step), min(90.0, lat.max() + step)
    west, past = lon.min() - step, lon.max() + step
    if past - west > 180:
        west, past = math.degrees(view.lon0) - 180, math.degrees(view.lon0) + 180 - 1e-9
    found = []
    for n in range(math.ceil(bottom / step - 1e-9), math.floor(top / step + 1e-9) + 1):
        along = np.radians(np.linspace(west, past, 241))
        found.append(("lat", n * step, *_line(np.full(241, math.radians(n * step)), along, view)))
    for n in range(math.ceil(west / step - 1e-9), math.floor(past / step + 1e-9) + 1):
        along = np.radians(np.linspace(bottom, top, 241))
        degrees = (n * step + 180) % 360 - 180
        found.append(("lon", degrees, *_line(along, np.full(241, math.radians(n * step)), view)))
    return step, found


def _line(lat: Floats, lon: Floats, view: View) -> tuple[Floats, Floats]:
    """A line on the map, interrupted near the opposite point, where it would jump from edge to edge."""
    x, y = projected(lat, lon, view.lat0, view.lon0)
    near = np.hypot(x, y) < 0.97 * FAR
    return np.where(near, x, np.nan), np.where(near, y, np.nan)


def _finer(lat: Floats, lon: Floats, parts: int = 16) -> tuple[Floats, Floats]:
    """A closed line of places with so many parts of each of its straight lines, by great circles."""
    ends = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    share = np.arange(parts) / parts
    x, y, z = ((1 - share) * e[:, None] + share * np.roll(e, -1)[:, None] for e in ends)
    return np.arctan2(z, np.hypot(x, y)).ravel(), np.arctan2(y, x).ravel()


def _turns(x: Floats, y: Floats) -> float:
    """How often a closed line goes around the middle, against the clock."""
    way = np.arctan2(y, x)
    step = np.roll(way, -1) - way
    return float(np.sum((step + math.pi) % (2 * math.pi) - math.pi) / (2 * math.pi))


def _area(x: Floats, y: Floats) -> float:
    """Twice the area inside a closed line; negative where it runs clockwise."""
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def _cut(x: Floats, y: Floats, box: Bbox, grain: float) -> Floats:
    """A closed line cut to a box, without points closer than the grain."""
    points = np.column_stack([x, y])
    cells = np.round(points / grain)
    kept = np.r_[True, (np.diff(cells, axis=0) != 0).any(axis=1)]
    points = points[kept]
    closed = Shape(np.vstack([points, points[:1]]), closed=True)
    return np.asarray(closed.clip_to_bbox(box, inside=True).vertices, dtype=np.float64)
