"""What each rep carries, before → after, against target, tolerance band and hard limits. One picture a metric."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import metrics, style, wording
from reports.words import mark, say, say_n
from scenarios.run.record import Run

TITLE = mark("{variant} per rep")
ORDER = 30
MOST = 60
"""Most reps in one picture; of more, those furthest from their target are shown."""
GONE = mark("No longer there")


def variants(run: Run) -> dict[str, dict[str, Any]]:
    """One picture a metric; none of workload where it only counts customers, of nothing at all, or without a plan."""
    found = metrics.metrics(run) if metrics.has_plan(run) else []
    found = [m for m in found if run.books[[m, f"{m}_before"]].any(axis=None)]
    if {"workload", "customers"} <= set(found):
        same = [
            run.books[f"workload{end}"].equals(run.books[f"customers{end}"])
            for end in ("", "_before", "_target", "_max")
        ]
        found = [m for m in found if m != "workload" or not all(same)]
    return {m: {"metric": m} for m in found}


def frame(run: Run, metric: str, most: int = MOST) -> pd.DataFrame:
    """A row a rep in order of the picture: group, name, before, after, target, low, high, min, max, state, metric, of,
    banded, held, held_before.

    State: ``within`` or ``outside`` the tolerance band, ``free`` where there is none, ``left`` for a rep that is not
    active but had customers. `of` is how many reps there are; it is more than the rows where only `most` are shown.
    `banded` is how many of all have a tolerance band, `held` and `held_before` how many of those are within it.
    """
    table = metrics.books(run, metric)
    table = table[table["active"].astype(bool) | (table["before"] > 0) | (table["after"] > 0)]
    active = table["active"].astype(bool)
    held = metrics.inside(table["after"], table["low"], table["high"])
    band = table["low"].notna() & table["high"].notna()
    state = np.select([~active, ~band, held], ["left", "free", "within"], "outside")
    table = table.assign(state=state.astype(object), metric=metric, of=len(table))
    table["group"] = table["team"].where(active, GONE)
    table["banded"] = int((active & band).sum())
    table["held"] = int((active & band & held).sum())
    table["held_before"] = int((active & band & metrics.inside(table["before"], table["low"], table["high"])).sum())
    if len(table) > most:
        off = (table["after"] - table["target"]).abs().fillna(table["after"])
        table = table[off.rank(method="first", ascending=False) <= most]
    table = table.sort_values("state", key=lambda s: s == "left", kind="stable")
    columns = [
        "group",
        "rep_id",
        "name",
        "before",
        "after",
        "target",
        "low",
        "high",
        "min",
        "max",
        "state",
        "metric",
        "of",
        "banded",
        "held",
        "held_before",
    ]
    return table[columns].reset_index(drop=True)


def draw(frame: pd.DataFrame, ax: Axes | None = None, words: tuple[str, str] | None = None, said: str = "") -> Axes:
    """Draw the frame: a line a rep from a ring (before) to a dot (after), a diamond where it ends outside the band.

    Where nobody had anything before there are no rings.

    Parameters
    ----------
    words : what the two are called; by default before and after, or in the plan where there is no before.
    said : the title; by default the `finding`.
    """
    had = _had(frame)
    words = words or (say("before"), say("after") if had else say("in the plan"))
    with style.house(style.texts(frame)):
        at, heads = _rows(frame)
        rows = at[-1] + 1
        names = [wording.label(n) for n in frame["name"]]
        left = style.MARGIN + 0.1 + style.room([*names, *(wording.label(h, 24) for _, h in heads)])
        ax = style.canvas(ax, 8.2, 1.3 + 0.26 * rows + 0.35)
        style.place(ax, left, 1.5, 1.3, 0.35)
        style.bare(ax)
        edge = _edge(frame)
        for y, row in zip(at, style.rows(frame), strict=True):
            _rep(ax, y, row, edge, had)
        ax.set_ylim(rows - 0.4, -0.6)
        ax.set_xlim(-0.015 * edge, edge)
        ax.set_yticks(at, names)
        for y, head in heads:
            style.beside(ax, y, head, -(left - style.MARGIN) * 72, color=style.SOFT, stress=True)
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], integer=_metric(frame) == "customers"))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: wording.short(v, trim=True)))
        ax.grid(axis="x", color=style.PALE, linewidth=0.8)
        style.both_ends(ax, rows)
        _figures(ax, frame, at, words[1])
        below = say(TITLE, variant=wording.quantity(_metric(frame)))
        if had:
            below = say("{each}, {before} → {after}", each=below, before=words[0], after=words[1])
        if len(frame) < frame["of"].iloc[0]:
            few = {"n": len(frame), "all": int(frame["of"].iloc[0])}
            below += say(", the {n} of {all} furthest off", **few)
        style.title(ax, said or finding(frame), below)
        _key(ax, frame, words)
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    banded = frame[frame["state"].isin(["within", "outside"])]
    if len(banded):
        first = frame.iloc[0]
        values = {"held": int(first["held"]), "before": int(first["held_before"])}
        if not _had(frame):
            return say_n("{held} of {n} rep ends within its tolerance", "{held} of {n} reps end within their tolerance",
                         int(first["banded"]), held=values["held"])  # fmt: skip
        return say_n("{held} of {n} rep ends within its tolerance, {before} before",
                     "{held} of {n} reps end within their tolerance, {before} before", int(first["banded"]),
                     **values)  # fmt: skip
    active = frame[frame["state"] != "left"]
    if not len(active):
        return say("No rep is active")
    limited = active[active["max"] > 0]
    if len(limited):
        most = float((limited["after"] / limited["max"]).max())
        return say("The fullest rep takes {share} of what the limit allows", share=wording.percent(most))
    told = {"metric": wording.heading(_metric(frame)), "after": _span(active["after"])}
    if not _had(frame):
        return say("{metric} per rep: {after}", **told)
    return say("{metric} per rep: {after}, before {before}", before=_span(active["before"]), **told)


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    active = frame[frame["state"] != "left"]
    text = say("{metric} per rep before and after the plan, {reps}. {finding}.", finding=finding(frame),
               metric=wording.heading(_metric(frame)), reps=say_n("{n} rep", "{n} reps", len(active)))  # fmt: skip
    if len(active):
        ranked = style.rows(active.sort_values("after", ascending=False, kind="stable"))
        most, least = ranked[0], ranked[-1]
        text = f"{text} " + say(
            "Most: {most}, {most_load}. Least: {least}, {least_load}.", most=most.name, least=least.name,
            most_load=wording.short(most.after), least_load=wording.short(least.after),
        )  # fmt: skip
    left = frame[frame["state"] == "left"]
    if not len(left):
        return text
    return f"{text} {say('{n} who left had {load}.', n=len(left), load=wording.short(left['before'].sum()))}"


def _had(frame: pd.DataFrame) -> bool:
    """Whether anybody had anything before."""
    return bool(frame["before"].any())


def _span(load: pd.Series[float]) -> str:
    low, high = wording.short(load.min()), wording.short(load.max())
    return low if low == high else say("{low} to {high}", low=low, high=high)


def _metric(frame: pd.DataFrame) -> str:
    return str(frame["metric"].iloc[0])


def _rows(frame: pd.DataFrame) -> tuple[list[int], list[tuple[int, str]]]:
    """Where each rep stands, and each group's heading; no headings where all is one unnamed group."""
    at: list[int] = []
    heads: list[tuple[int, str]] = []
    groups = frame["group"].tolist()
    headed = set(groups) != {""}
    y = -1
    for n, group in enumerate(groups):
        y += 1
        if headed and (n == 0 or group != groups[n - 1]):
            heads.append((y, say(GONE) if group == GONE else wording.label(group, 40) or say("No team")))
            y += 1
        at.append(y)
    return at, heads


def _edge(frame: pd.DataFrame) -> float:
    """Where the axis ends: past every load and band, and past the hard limits unless they are far off."""
    inner = float(frame[["before", "after", "target", "high"]].max().max())
    limits = float(frame[["min", "max"]].max().max())
    return max(inner, limits if limits <= 2 * inner else 0.0, 1e-9) * 1.03


def _rep(ax: Axes, y: int, row: Any, edge: float, had: bool) -> None:
    if row.state in {"within", "outside"}:
        ax.add_patch(
            Rectangle((row.low, y - 0.36), row.high - row.low, 0.72, facecolor=style.BAND, linewidth=0, zorder=1)
        )
    if row.target == row.target and row.state != "left":
        ax.plot([row.target] * 2, [y - 0.36, y + 0.36], color=style.BLUE, linewidth=1.0, zorder=2)
    for limit in (row.min, row.max):
        if limit == limit and 0 < limit <= edge:
            ax.plot([limit] * 2, [y - 0.3, y + 0.3], color=style.INK, linewidth=2.2, solid_capstyle="butt", zorder=2)
    if had:
        ax.plot([row.before, row.after], [y, y], color=style.FAINT, linewidth=1.4, zorder=3)
        ax.plot(row.before, y, **BEFORE, zorder=4, clip_on=False)
    said = [f"{row.name}: {wording.full(row.before)} → {wording.full(row.after)}"]
    said += [say("target {t}", t=wording.full(row.target))] if row.target == row.target else []
    (over,) = ax.plot([0, edge], [y, y], color="white", alpha=0.0, linewidth=15, solid_capstyle="butt", zorder=9)
    style.tip(over, say("; ").join(said))
    if row.state != "left" or row.after > 0:
        ax.plot(row.after, y, **(OUTSIDE if row.state == "outside" else AFTER), zorder=5, clip_on=False)


BEFORE: dict[str, Any] = {
    "marker": "o", "markersize": 5.5, "color": "white", "markeredgecolor": style.FAINT, "markeredgewidth": 1.3,
    "linestyle": "",
}  # fmt: skip
AFTER: dict[str, Any] = {
    "marker": "o",
    "markersize": 7,
    "color": style.BLUE,
    "markeredgecolor": "white",
    "linestyle": "",
}
OUTSIDE: dict[str, Any] = {
    "marker": "D",
    "markersize": 6.5,
    "color": style.RED,
    "markeredgecolor": "white",
    "linestyle": "",
}


def _figures(ax: Axes, frame: pd.DataFrame, at: list[int], after: str) -> None:
    """The loads in figures at the right, and how far each is from target, or how much of its limit it takes."""
    targets, limits = frame["target"].notna().any(), frame["max"].notna().any()
    head = say("to target") if targets else say("of limit") if limits else ""
    style.beside(ax, -0.85, after, 50, color=style.SOFT, right=True, size=8.5)
    style.beside(ax, -0.85, head, 100, color=style.SOFT, right=True, size=8.5)
    for y, row in zip(at, style.rows(frame), strict=True):
        gone = row.state == "left"
        strong = row.state == "outside"
        color = style.RED if row.state == "outside" else style.SOFT if gone else style.INK
        load = "–" if gone and not row.after else wording.short(row.after)
        style.beside(ax, y, load, 50, color=color, right=True, stress=strong)
        base = row.target if targets else row.max
        if not gone and base > 0:
            ratio = row.after / base
            text = wording.off_band(ratio, row.high / base, strong) if targets else wording.percent(ratio)
            style.beside(ax, y, text, 100, color=color, right=True, stress=strong)


def _key(ax: Axes, frame: pd.DataFrame, words: tuple[str, str]) -> None:
    before, after = words
    handles: list[tuple[Any, str]] = [(Line2D([], [], **BEFORE), before)] if _had(frame) else []
    if (frame["state"] == "within").any():
        handles.append((Line2D([], [], **AFTER), say("{after}, within tolerance", after=after)))
    if (frame["state"] == "outside").any():
        handles.append((Line2D([], [], **OUTSIDE), say("{after}, outside it", after=after)))
    if (frame["state"] == "free").any():
        handles.append((Line2D([], [], **AFTER), after))
    upright: dict[str, Any] = {"marker": "|", "markersize": 11, "linestyle": ""}
    if frame["low"].notna().any():
        handles.append((Rectangle((0, 0), 1, 1, facecolor=style.BAND), say("tolerance")))
    if frame["target"].notna().any():
        handles.append((Line2D([], [], color=style.BLUE, markeredgewidth=1.2, **upright), say("target")))
    edge = _edge(frame)
    limits = frame[["min", "max"]]
    if ((limits > 0) & (limits <= edge)).any(axis=None):
        handles.append((Line2D([], [], color=style.INK, markeredgewidth=2.2, **upright), say("hard limit")))
    style.key(ax, handles)
