"""Where the money goes: streams of potential from the teams (or reps) of today to those of the plan."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from reports import metrics, style, wording
from reports.words import mark, say, say_n
from scenarios.run.record import Run

TITLE = mark("{variant}: where the potential goes")
ORDER = 45
MOST = {"rep": 14, "team": 30}
"""Most reps or teams for a picture that can still be read; the matrix of moves shows more."""
NONE_BEFORE, NONE_NOW = mark("no rep before"), mark("no rep now")
#: Colours of the sources in turn; their order and names tell them apart in grey.
COLOURS = (style.BLUE, style.ORANGE, "#009E73", style.SKY, "#CC79A7", style.RED, "#7A6A00", style.SOFT)


def variants(run: Run) -> dict[str, dict[str, Any]]:
    """One picture by team where there are several, one by rep where there are few; none where nothing could stream."""
    found: dict[str, dict[str, Any]] = {}
    if not metrics.has_plan(run) or not run.assignment["potential"].any() or (run.assignment["moved"] == "new").all():
        return found
    teams = run.tables.reps.loc[run.tables.reps["rep_id"].isin(run.books["rep_id"]), "team"].nunique()
    if 1 < teams <= MOST["team"]:
        found["team"] = {"by": "team"}
    if 1 < len(run.books) <= MOST["rep"]:
        found["rep"] = {"by": "rep"}
    return found


def frame(run: Run, by: Literal["rep", "team"]) -> pd.DataFrame:
    """A row a stream: source, source_name, target, target_name, customers, potential, stays, by.

    An empty source is no rep before, an empty target no rep now. Of customers that stay with their rep or in their
    team there is one stream each, with `stays`.
    """
    kept = run.assignment[run.assignment["moved"] == "kept"]
    ends = kept["rep_id"]
    names = metrics.rep_names(run)
    if by == "team":
        ends = ends.map(metrics.rep_teams(run))
        names = {t: t for t in ends}
    group = kept["potential"].astype("float64").groupby(ends.astype(object)).agg(["size", "sum"])
    stays = pd.DataFrame(
        {"source": group.index, "target": group.index, "customers": group["size"], "potential": group["sum"]}
    )
    for end in ("source", "target"):
        stays[f"{end}_name"] = [names.get(e, e) for e in stays[end]]
    moved = metrics.flows(run, by)
    table = pd.concat([stays.astype({"source": object, "target": object}), moved], ignore_index=True)
    keys = ["source", "source_name", "target", "target_name"]
    table = table.groupby(keys, sort=True)[["customers", "potential"]].sum().reset_index()
    table["stays"] = table["source"] == table["target"]
    table.loc[table["source"] == "", "source_name"] = NONE_BEFORE
    table.loc[table["target"] == "", "target_name"] = NONE_NOW
    table = table.astype({"customers": "int64", "potential": "float64"})
    return table[[*keys, "customers", "potential", "stays"]].assign(by=by)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: blocks of today at the left, of the plan at the right, streams as wide as their potential."""
    with style.house(style.texts(frame)):
        left, right = (_ends(frame, side) for side in ("source", "target"))
        names = [_name(r) for r in (*left, *right)]
        room = style.room(names, 9) + 0.75
        ax = style.canvas(ax, max(8.2, 2 * room + 2.2), max(3.6, 1.15 + 0.42 * max(len(left), len(right)) + 0.1))
        style.place(ax, room, room, 1.15, 0.12)
        style.bare(ax)
        whole = max(float(frame["potential"].sum()), 1e-9)
        pad = 0.28 / max(len(left), len(right), 2)
        spots = {side: _stack(ends, whole, pad) for side, ends in (("source", left), ("target", right))}
        colour = {r.end: (COLOURS[n % len(COLOURS)] if r.end else style.FAINT) for n, r in enumerate(left)}
        used = {(side, end): spot[0] for side, found in spots.items() for end, spot in found.items()}
        order = {r.end: n for n, r in enumerate(right)}
        streams = sorted(style.rows(frame), key=lambda r: (list(colour).index(r.source), order[r.target]))
        for row in streams:
            width = row.potential / whole
            a, b = used["source", row.source], used["target", row.target]
            used["source", row.source] += width
            used["target", row.target] += width
            band = ax.add_patch(_stream(a, b, width, colour[row.source], 0.28 if row.stays else 0.72))
            route = f"{_spoken(row.source_name)} → {_spoken(row.target_name)}"
            style.tip(band, f"{route}: {row.customers:,}, {wording.short(row.potential)}")
        for side, x, ends in (("source", 0.0, left), ("target", 1.0, right)):
            for row in ends:
                low, high = spots[side][row.end]
                shade = colour.get(row.end, style.SOFT) if row.end else style.FAINT
                ax.add_patch(Rectangle((x - 0.012, low), 0.024, high - low, facecolor=shade, linewidth=0, zorder=4))
                way, align = (-9, "right") if side == "source" else (9, "left")
                text = f"{_name(row)}  {wording.short(row.potential)}"
                ax.annotate(
                    text, (x, (low + high) / 2), (way, 0), textcoords="offset points", ha=align,
                    va="center_baseline", fontsize=9, annotation_clip=False,
                    color=style.INK if row.end else style.SOFT,
                )  # fmt: skip
        for x, word, way, align in ((0.0, say("today"), -9, "right"), (1.0, say("in the plan"), 9, "left")):
            ax.annotate(
                word, (x, 0), (way, 12), textcoords="offset points", ha=align, fontsize=8.5, color=style.SOFT,
                annotation_clip=False,
            )  # fmt: skip
        ax.set_xlim(-0.012, 1.012)
        ax.set_ylim(max(high for found in spots.values() for _, high in found.values()), 0)
        ax.set_xticks([])
        ax.set_yticks([])
        style.title(ax, finding(frame), say("Width: potential. Pale streams stay, strong ones change hands"))
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    went = frame[~frame["stays"] & (frame["source"] != "") & (frame["target"] != "")]
    money, whole = float(went["potential"].sum()), float(frame["potential"].sum())
    values = {"money": wording.short(money), "share": wording.part(money / whole) if whole > 0 else "–"}
    n, team = int(went["customers"].sum()), frame["by"].iloc[0] == "team"
    if not n:
        return say("No customer changes team") if team else say("No customer changes rep")
    if team:
        return say_n(
            "{n} customer ({money}, {share} of potential) changes team",
            "{n} customers ({money}, {share} of potential) change team", n, **values,
        )  # fmt: skip
    return say_n(
        "{n} customer ({money}, {share} of potential) changes rep",
        "{n} customers ({money}, {share} of potential) change rep", n, **values,
    )  # fmt: skip


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    went = frame[~frame["stays"]].sort_values("potential", ascending=False, kind="stable").head(3)
    each = say("; ").join(
        say(
            "{money} from {source} to {target}", money=wording.short(r.potential), source=_spoken(r.source_name),
            target=_spoken(r.target_name),
        )
        for r in style.rows(went)
    )  # fmt: skip
    text = say("Streams of potential from today to the plan. {finding}.", finding=finding(frame))
    return f"{text} {say('Largest: {each}.', each=each)}" if each else text


def _spoken(name: str) -> str:
    return say(name) if name in {NONE_BEFORE, NONE_NOW, metrics.NO_TEAM} else name


def _ends(frame: pd.DataFrame, side: str) -> list[Any]:
    table = frame.groupby([side, f"{side}_name"], sort=True)["potential"].sum().reset_index()
    table.columns = pd.Index(["end", "name", "potential"])
    table["none"] = table["end"] == ""
    return style.rows(table.sort_values(["none", "name", "end"], kind="stable"))


def _name(row: Any) -> str:
    return wording.label(_spoken(row.name), 24)


def _stack(ends: list[Any], whole: float, pad: float) -> dict[str, tuple[float, float]]:
    """Where each block begins and ends, from the top."""
    at, found = 0.0, {}
    for row in ends:
        width = row.potential / whole
        found[row.end] = (at, at + width)
        at += width + pad
    return found


def _stream(a: float, b: float, width: float, colour: str, strength: float) -> PathPatch:
    """A band from height `a` at the left to `b` at the right."""
    upper = [(0.0, a), (0.5, a), (0.5, b), (1.0, b)]
    lower = [(1.0, b + width), (0.5, b + width), (0.5, a + width), (0.0, a + width)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    path = Path(np.array([*upper, *lower, (0.0, a)]), codes)
    return PathPatch(path, facecolor=colour, alpha=strength, linewidth=0, zorder=2)
