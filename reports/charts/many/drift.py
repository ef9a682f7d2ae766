"""Books as planned and as they are now, the old assignment kept: the picture of `reports.charts.loads` for a watch."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from reports import style, wording
from reports.charts import loads
from reports.words import mark, say, say_n
from scenarios.watch.drift import Drift

TITLE = mark("Books as planned and as they are now")


def frame(found: Drift, metric: str = "") -> pd.DataFrame:
    """Return what `reports.charts.loads.draw` plots, ``before`` as planned and ``after`` as it is now.

    Parameters
    ----------
    metric : which; by default the one with most books out of band or limit, then most off.
    """
    table = found.books
    if not metric and len(table):
        bad = table[table["now"] != "within"]["metric"].value_counts()
        metric = str(bad.index[0] if len(bad) else table["metric"].iloc[0])
    table = table[table["metric"] == metric].reset_index(drop=True)
    state = np.where(table["low"].isna() & (table["now"] == "within"), "free", table["now"])
    state = np.where(np.isin(state, ["over", "under"]), "outside", state)
    table = table.assign(state=state.astype(object), of=len(table), group=table["team"])
    table["before"] = table["before"].fillna(0.0)
    return table.sort_values(["team", "name", "rep_id"], kind="stable").reset_index(drop=True)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame."""
    return loads.draw(frame, ax, (say("as planned"), say("now")), finding(frame))


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    held = frame[frame["state"] != "free"]
    if not len(held):
        return say("No book has a band or a limit")
    now, then = int((held["now"] == "within").sum()), int((held["was"] == "within").sum())
    return say_n("{now} of {n} book within band and limits now, {then} as planned",
                 "{now} of {n} books within band and limits now, {then} as planned", len(held), now=now,
                 then=then)  # fmt: skip


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    metric = wording.spoken(str(frame["metric"].iloc[0])) if len(frame) else say("nothing")
    return say("Books as planned and now, the old assignment kept, by {metric}. {finding}.", metric=metric,
               finding=finding(frame))  # fmt: skip


def picture(found: Drift, kind: Literal["png", "svg", "pdf"], dpi: int = style.DPI) -> bytes:
    """Return the picture as a file's content, the same bytes for the same drift."""
    table = frame(found)
    with style.house(style.texts(table), salt="drift"):
        return style.picture(style.figure(draw(table)), kind, dpi)
