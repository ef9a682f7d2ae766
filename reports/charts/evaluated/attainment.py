"""What each rep, team, territory and segment sold of its potential, with intervals. One picture a breakdown."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from reports import forest, style, wording
from reports.words import mark, say, say_n

TITLE = mark("Attainment by {variant}")
ORDER = 10
#: Breakdowns, with how a number of their groups is told.
PARTS: dict[str, Callable[[int], str]] = {
    "rep": lambda n: say_n("{n} rep", "{n} reps", n),
    "team": lambda n: say_n("{n} team", "{n} teams", n),
    "territory": lambda n: say_n("{n} territory", "{n} territories", n),
    "segment": lambda n: say_n("{n} segment", "{n} segments", n),
}


def variants(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """One picture a breakdown of more than one group."""
    return {part: {"part": part} for part in PARTS if len(found["attainment"][part]) > 1}


def frame(found: Mapping[str, Any], part: str) -> pd.DataFrame:
    """A row a group, the best first: `forest.COLUMNS`, then part, whole (attainment of all together)."""
    names = found["reps"] if part == "rep" else {}
    table = lines(found["attainment"][part], names)
    whole = found["all"]["ratio"]
    return forest.cut(table.assign(part=part, whole=math.nan if whole is None else whole))


def lines(found: list[dict[str, Any]], names: Mapping[str, str]) -> pd.DataFrame:
    """Return the lines of a breakdown as `forest.COLUMNS` has them; `names` stand for those they are known by."""
    rows = [
        (names.get(line["name"], line["name"]), *(math.nan if line[k] is None else line[k]
         for k in ("ratio", "low", "high")), line["verdict"], len(found))
        for line in found
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=forest.COLUMNS)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame."""
    below = say("Sold ÷ potential of the period, with the range that holds 95 of 100")
    whole = float(frame["whole"].iloc[0])
    known = whole == whole
    return forest.draw(frame, ax, finding(frame), shown(frame, below), wording.percent, whole if known else None,
                       say("all together"), 0.0)  # fmt: skip


def shown(frame: pd.DataFrame, below: str) -> str:
    """Return a line under a title with how many of how many are shown, where these are not all."""
    if len(frame) == frame["of"].iloc[0]:
        return below
    return say("{below}; {n} of {all}", below=below, n=len(frame), all=f"{int(frame['of'].iloc[0]):,}")


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    groups = PARTS[str(frame["part"].iloc[0])]
    of = groups(int(frame["of"].iloc[0]))
    if (frame["verdict"] == forest.TOO_LITTLE).all():
        return say("Too little data to tell {groups} apart", groups=of)
    return forest.apart(frame, groups) or say("No difference shown between {groups}", groups=of)


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    return say("Dot plot of sales by potential. {finding}. {each}.", finding=finding(frame), each=each(frame))


def each(frame: pd.DataFrame) -> str:
    """Return every line in words, those that differ first, ten at most."""
    order = frame["verdict"].map(lambda v: v not in {"above", "below"})
    rows = style.rows(frame.assign(order=order).sort_values("order", kind="stable").head(10))
    return "; ".join(
        say("{name} {value} ({low} to {high}), {verdict}", name=wording.label(r.name), value=wording.percent(r.value),
            low=wording.percent(r.low), high=wording.percent(r.high), verdict=say(r.verdict))
        if r.low == r.low
        else say("{name}: too little data", name=wording.label(r.name))
        for r in rows
    )  # fmt: skip
