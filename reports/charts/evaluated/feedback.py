"""How customer feedback changed where the rep did, beside where it did not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from reports import forest, style, wording
from reports.words import mark, say

TITLE = mark("Customer feedback before and after")
ORDER = 50


def frame(found: Mapping[str, Any]) -> pd.DataFrame:
    """Two rows, moved and stayed: `forest.COLUMNS`, then customers, before, after, and the difference with its range.

    Values are changes of the mean score of a customer. Empty where no customer moved.
    """
    of = found["feedback"]
    columns = ["customers", "before", "after", "difference", "least", "most"]
    if not found["moves"]["moved"]:
        return pd.DataFrame(columns=[*forest.COLUMNS, *columns])
    names = {"moved": say("got another rep"), "stayed": say("kept their rep")}
    rows = []
    for side, name in names.items():
        line = of.get(f"of_{side}") or dict.fromkeys(("change", "low", "high", "before", "after"), math.nan)
        verdict = forest.TOO_LITTLE if f"of_{side}" not in of else of["verdict"] if side == "moved" else "as the rest"
        rows.append((name, line["change"], line["low"], line["high"], verdict, 2, of[side], line["before"],
                     line["after"]))  # fmt: skip
    table = pd.DataFrame(rows, columns=[*forest.COLUMNS, *columns[:3]])
    for column, key in (("difference", "difference"), ("least", "low"), ("most", "high")):
        table[column] = of.get(key, math.nan)
    return table


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame."""
    table = frame.assign(
        name=[say("{name} ({n})", name=n, n=f"{c:,}") for n, c in zip(frame["name"], frame["customers"], strict=True)]
    )
    below = say("Change of each customer’s mean score; ranges hold 95 of 100")
    return forest.draw(table, ax, finding(frame), below, points, 0.0, say("no change"))


def points(value: float) -> str:
    """Return a change of a score in writing: ``+0.25``."""
    if not math.isfinite(value):
        return "–"
    text = f"{abs(value):.2f}"
    return text if float(text) == 0 else f"{'+' if value > 0 else '−'}{text}"


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    row = frame.iloc[0]
    if row["difference"] != row["difference"]:
        return say("Too little data to tell how feedback changed")
    d, low, high = (float(row[c]) for c in ("difference", "least", "most"))
    if low <= 0 <= high:
        return say("No change of feedback by hand-overs is shown: {low} to {high}", low=points(low), high=points(high))
    least, most = sorted((abs(low), abs(high)))
    text = mark("Feedback fell {d} further where the rep changed ({low} to {high})") if d < 0 else (
        mark("Feedback rose {d} further where the rep changed ({low} to {high})")
    )  # fmt: skip
    return say(text, d=f"{abs(d):.2f}", low=f"{least:.2f}", high=f"{most:.2f}")


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    each = "; ".join(
        say(
            "{name} from {before} to {after}",
            name=wording.label(r.name),
            before=f"{r.before:.2f}",
            after=f"{r.after:.2f}",
        )
        for r in style.rows(frame)
        if r.value == r.value
    )
    text = say("Dot plot of changed feedback. {finding}.", finding=finding(frame))
    return f"{text} {each}." if each else text
