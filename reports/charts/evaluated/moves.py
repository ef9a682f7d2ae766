"""What customers that changed hands bought against a year before, beside those that stayed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from reports import forest, wording
from reports.charts.evaluated import attainment, trend
from reports.words import mark, say

TITLE = mark("What moved customers bought")
ORDER = 40


def frame(found: Mapping[str, Any]) -> pd.DataFrame:
    """Two rows, moved and stayed: `forest.COLUMNS`, then customers, lost, least, most (shares lost by those moved).

    Values are sales ÷ those of the same days a year before. Empty where no customer moved.
    """
    of = found["moves"]
    if not of["moved"]:
        return pd.DataFrame(columns=[*forest.COLUMNS, "customers", "lost", "least", "most"])
    names = {"moved": say("got another rep"), "stayed": say("kept their rep")}
    rows = []
    for side, name in names.items():
        line, verdict = of[f"of_{side}"], of["verdict"] if side == "moved" else "as the rest"
        known = line["low"] is not None
        rows.append((name, *(math.nan if line[k] is None else line[k] for k in ("ratio", "low", "high")),
                     verdict if known else forest.TOO_LITTLE, 2, of[side]))  # fmt: skip
    table = pd.DataFrame(rows, columns=[*forest.COLUMNS, "customers"])
    for column, key in (("lost", "lost"), ("least", "low"), ("most", "high")):
        table[column] = of.get(key, math.nan)
    return table


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame."""
    table = frame.assign(**{c: frame[c] - 1 for c in ("value", "low", "high")})
    table["name"] = [
        say("{name} ({n})", name=n, n=f"{c:,}") for n, c in zip(frame["name"], frame["customers"], strict=True)
    ]
    below = say("Sales against the same days a year before; ranges hold 95 of 100")
    return forest.draw(table, ax, finding(frame), below, trend.grown, 0.0, say("as a year before"))


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    row = frame.iloc[0]
    if row["lost"] != row["lost"]:
        return say("Too little data to tell what hand-overs lost")
    low, high = (wording.signed_percent(float(row[c])) for c in ("least", "most"))
    if row["least"] > 0:
        said = say("Customers that moved bought {share} less than those that stayed ({low} to {high})",
                   share=wording.percent(float(row["lost"])), low=low, high=high)  # fmt: skip
    elif row["most"] < 0:
        said = say(
            "Customers that moved bought {share} more than those that stayed", share=wording.percent(-row["lost"])
        )
    else:
        low, high = (trend.grown(-float(row[c])) for c in ("most", "least"))
        said = say("No difference by hand-overs is shown: sales {low} to {high}", low=low, high=high)
    return said


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    return say("Dot plot of sales by those a year before. {finding}. {each}.", finding=finding(frame),
               each=attainment.each(frame))  # fmt: skip
