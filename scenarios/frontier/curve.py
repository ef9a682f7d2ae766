"""A trade-off curve as it was found: its points, what is proven of them, its knee, and its plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import yaml

from scenarios.frontier.axes import Axis
from solver.problems import InputError, Problem

#: Points by which two plans have to differ to be two.
_APART = 1e-4
#: Share of either side's range that the curve has to bulge for it to have a knee.
_BULGE = 0.02
#: Violations that are told of each place.
_TOLD = 3

Method = Literal["floor on x", "floor on y", "weights"]


@dataclass(frozen=True)
class Place:
    """Where an assignment lies, as the audit says: points inside (more is better); see `Axis.shown`."""

    x: float
    y: float
    score: float
    terms: Mapping[str, float]
    unassigned: int
    violations: tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """A plan on the curve.

    Attributes
    ----------
    place : where it lies.
    limit : proven: no plan with as much of the other side, that leaves no more customers unassigned, has more than this
        of the maximised one. None where nothing is proven.
    status, stopped : of its search.
    assignment : customer_id → rep_id or None.
    """

    place: Place
    limit: float | None
    status: str
    stopped: str
    assignment: Mapping[str, str | None]


@dataclass(frozen=True)
class Frontier:
    """The curve.

    Attributes
    ----------
    x, y : what it is between.
    method : which side was held to floors while the other was maximised, or that weights were used.
    points : by ascending x; none is dominated by another.
    dropped : points found that others dominate or equal.
    knee : index of the point farthest above the line between the ends; None where there is none worth the name.
    most_x, most_y : proven limits of either side alone, in points.
    today, waterfall : where the current assignment and the waterfall's lie.
    status : ``infeasible`` or ``no_plan`` where there is no point at all, else ``feasible``.
    """

    x: Axis
    y: Axis
    method: Method
    points: tuple[Point, ...]
    dropped: int
    knee: int | None
    most_x: float | None
    most_y: float | None
    today: Place
    waterfall: Place
    status: str
    notes: tuple[str, ...]
    findings: tuple[str, ...]
    seconds: float


def undominated(points: Sequence[Point]) -> list[Point]:
    """By ascending x, the points that no other has at least as much of both sides of; of equals the best score."""
    order = sorted(points, key=lambda p: (-p.place.x, -p.place.y, -p.place.score))
    kept: list[Point] = []
    for p in order:
        if not kept or p.place.y > kept[-1].place.y + _APART:
            kept.append(p)
    return kept[::-1]


def knee_of(curve: Sequence[tuple[float, float]]) -> int | None:
    """Index of the point farthest above the chord between the ends, both sides scaled to 0..1; None for no bulge.

    The knee as the largest distance to the chord is Satopää et al.'s (2011).
    """
    if len(curve) < 3:
        return None
    (x0, y0), (x1, y1) = curve[0], curve[-1]
    if x1 - x0 <= 0 or y0 - y1 <= 0:
        return None
    above = [(x - x0) / (x1 - x0) + (y - y1) / (y0 - y1) - 1 for x, y in curve]
    best = int(np.argmax(above))
    return best if above[best] > _BULGE else None


def override(frontier: Frontier, number: int) -> dict[str, Any]:
    """Return point `number`, from 1, as an override: both sides at least where they are, the score maximised.

    Raises
    ------
    InputError
        There is no such point.
    """
    if not 1 <= number <= len(frontier.points):
        raise InputError([Problem("no_point", f"there is no point {number}", column="--adopt",
                                  expected=f"1 to {len(frontier.points)}")])  # fmt: skip
    place = frontier.points[number - 1].place
    return {"objectives": {**frontier.x.floor(place.x), **frontier.y.floor(place.y)}}


def document(frontier: Frontier) -> dict[str, Any]:
    """Return the curve as plain data, sides as people read them."""
    f = frontier
    upright = f.method != "floor on y"
    free = f.y if upright else f.x

    def at(p: Place) -> dict[str, Any]:
        return {
            "x": f.x.shown(p.x), "y": f.y.shown(p.y), "score": p.score, "terms": dict(p.terms),
            "unassigned": p.unassigned, "violations": len(p.violations), "first": list(p.violations[:_TOLD]),
        }  # fmt: skip

    def point(n: int, p: Point) -> dict[str, Any]:
        own = p.place.y if upright else p.place.x
        bound = None if p.limit is None else free.shown(p.limit)
        gap = None if p.limit is None else p.limit - own
        said = {k: v for k, v in at(p.place).items() if k not in {"violations", "first"}}
        return {"point": n, **said, "bound": bound, "gap": gap, "status": p.status, "stopped": p.stopped,
                "knee": n - 1 == f.knee, "override": override(f, n)}  # fmt: skip

    sides = {
        key: {"name": a.name, "about": a.about, "less_is_better": a.falling,
              "bound": None if most is None else a.shown(most)}
        for key, a, most in (("x", f.x, f.most_x), ("y", f.y, f.most_y))
    }  # fmt: skip
    return {
        **sides,
        "status": f.status,
        "method": f.method,
        "bound_of": "y" if upright else "x",
        "points": [point(n, p) for n, p in enumerate(f.points, 1)],
        "knee": None if f.knee is None else f.knee + 1,
        "dropped": f.dropped,
        "today": at(f.today),
        "waterfall": at(f.waterfall),
        "notes": list(f.notes),
        "findings": list(f.findings),
        "seconds": round(f.seconds, 3),
    }


def adopted(frontier: Frontier, number: int) -> str:
    """Return point `number` as YAML to be put into the plan; errors as `override`."""
    name, place = f"frontier_{number}", frontier.points[max(1, number) - 1 : number]
    patch = override(frontier, number)
    here = ", ".join(
        f"{side.name} {side.shown(value):.2f}"
        for p in place
        for side, value in ((frontier.x, p.place.x), (frontier.y, p.place.y))
    )
    head = f"# Point {number} of the curve: {here}. The best score that keeps both is found with\n"
    head += "# fairbook solve PLAN --set @FILE, this file; or with this pasted under overrides: in the plan, and\n"
    head += f"# fairbook solve PLAN --scenario {name}\n"
    return head + yaml.safe_dump({"overrides": {name: patch}}, sort_keys=False, allow_unicode=True)
