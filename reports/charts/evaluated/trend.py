"""How sales grew against the same days a year before, by segment and territory, with intervals. One picture each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from reports import forest, wording
from reports.charts.evaluated import attainment
from reports.words import mark, say

TITLE = mark("Growth by {variant}")
ORDER = 60
PARTS = ("segment", "territory")


def variants(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """One picture a breakdown of more than one group."""
    return {part: {"part": part} for part in PARTS if len(found["attainment"][part]) > 1}


def frame(found: Mapping[str, Any], part: str) -> pd.DataFrame:
    """A row a group, the best first: `forest.COLUMNS`, then part, whole, share_before and share.

    Values are sales ÷ those of the same days a year before. Where history has none, every group is of too little data.
    """
    told = found["trend"]
    if told["all"] is None:
        none = {"ratio": None, "low": None, "high": None, "verdict": forest.TOO_LITTLE}
        rows = [{"name": line["name"], **none} for line in found["attainment"][part]]
        return forest.cut(
            attainment.lines(rows, {}).assign(part=part, whole=math.nan, share_before=math.nan, share=math.nan)
        )
    whole = told["all"]["ratio"]
    table = attainment.lines(told[part], {}).assign(part=part, whole=math.nan if whole is None else whole)
    for column in ("share_before", "share"):
        table[column] = [math.nan if line.get(column) is None else line[column] for line in told[part]]
    return forest.cut(table)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame."""
    below = say("Against the same days a year before, which leaves the season out; ranges hold 95 of 100")
    table = frame.assign(**{c: frame[c] - 1 for c in ("value", "low", "high", "whole")})
    whole = float(table["whole"].iloc[0])
    return forest.draw(table, ax, finding(frame), attainment.shown(frame, below), grown,
                       None if math.isnan(whole) else whole, say("all together"))  # fmt: skip


def grown(share: float) -> str:
    """Return growth in writing: ``+12 %``."""
    return wording.off_target(1 + share) or "–"


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    groups = attainment.PARTS[str(frame["part"].iloc[0])]
    of = groups(int(frame["of"].iloc[0]))
    if (frame["verdict"] == forest.TOO_LITTLE).all():
        return say("Too little data to tell how {groups} grew", groups=of)
    found = forest.apart(frame, groups)
    if not found:
        return say("No difference shown in the growth of {groups}", groups=of)
    return say("Growth {found}", found=found[:1].lower() + found[1:])


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    return say("Dot plot of sales by those a year before. {finding}. {each}.", finding=finding(frame),
               each=attainment.each(frame))  # fmt: skip
