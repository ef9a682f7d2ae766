"""What the past says of each strategy: its gain over the plan as written, with intervals that hold all at once."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from reports import forest, style, wording
from reports.strategies import strategy
from reports.words import mark, say
from scenarios.advise.advice import Advice

TITLE = mark("What the past says of each strategy")
MOST = 30
"""Most strategies in one picture: those that net most."""


def frame(found: Advice, most: int = MOST) -> pd.DataFrame:
    """Return a row a judged strategy, the most net first: name, net, low, high, evidence, best, level, periods."""
    columns = ["name", "net", "low", "high", "evidence", "best", "level", "periods"]
    judged = found.verdicts.judged if found.verdicts else ()
    rows = [
        (strategy(j.name, found.written), j.net, *j.net_interval, j.evidence,
         found.best is not None and j.name == found.best.name, found.level,
         ", ".join(reversed(found.pasts)))
        for j in judged
        if j.evidence not in {"little", "same"}
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns).sort_values("net", ascending=False, kind="stable")
    return table.head(most).reset_index(drop=True)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: a line a strategy over its interval, marked where that lies above or below no gain."""
    verdict = np.select([frame["low"] > 0, frame["high"] < 0], ["above", "below"], "").astype(object)
    table = frame.assign(value=frame["net"], verdict=verdict, of=len(frame))
    below = ""
    if len(frame):
        below = say(
            "Sales a period against the plan as written, less what further hand-overs lose; from {periods}, ranges "
            "{level} sure, all at once", periods=frame["periods"].iloc[0],
            level=wording.percent(float(frame["level"].iloc[0])),
        )  # fmt: skip
    names = {"above": say("more than as written"), "below": say("less than as written")}
    return forest.draw(table, ax, finding(frame), below, wording.signed, 0.0, say("as written"), called=names, most=60)


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    best = style.rows(frame[frame["best"].astype(bool)])
    if not len(frame):
        return say("No strategy could be judged")
    if not best:
        return say("No strategy is shown to sell more than the plan as written")
    return say("{strategy} sold most: {money} a period more",
               strategy=wording.capital(wording.label(best[0].name, 60)), money=wording.short(best[0].net))  # fmt: skip


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    each = say("; ").join(
        say("{strategy} {money} ({low} to {high})", strategy=r.name, money=wording.short(r.net), low=low, high=high)
        for r in style.rows(frame)
        for low, high in [wording.ends(r.low, r.high)]
    )  # fmt: skip
    return say("Gain of each strategy over the plan as written, a period. {finding}. {each}.", finding=finding(frame),
               each=each)  # fmt: skip


def picture(found: Advice, kind: Literal["png", "svg", "pdf"], dpi: int = style.DPI) -> bytes:
    """Return the picture as a file's content, the same bytes for the same advice."""
    table = frame(found)
    with style.house(style.texts(table), salt="advice"):
        return style.picture(style.figure(draw(table)), kind, dpi)
