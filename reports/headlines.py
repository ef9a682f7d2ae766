"""The figures and sentences every report begins with, in writing: so page, deck and PDF say the same."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports import metrics, style, wording
from reports.words import say, say_n
from scenarios.run.handover_risk import risk_of
from scenarios.run.record import Run

#: Share of a moved customer's yearly sales that is usually lost, from and to: what `disruption.handover_loss` of a plan
#: is where it does not say.
LOSS = (0.13, 0.18)


@dataclass(frozen=True)
class Key:
    """A key figure: what it is, the figure itself, what goes with it, and the number behind it for a workbook.

    `kind` is of `reports.sheets.looks.KINDS`, ``text`` where no number is known.
    """

    name: str
    figure: str
    more: str
    value: float = math.nan
    kind: str = "text"


def keys(run: Run, head: Mapping[str, Any]) -> list[Key]:
    """Return the key figures of a run with a plan; `head` is its `metrics.headline`."""
    kept = metrics.retention(run).set_index("measure")["share"]
    reps = say_n("{n} rep", "{n} reps", head["reps"])
    chosen, forced = (
        say("{money} of potential", money=wording.short(head[f"{k}_potential"])) for k in ("chosen", "forced")
    )
    first = say_n("{n} more gets its first rep", "{n} more get their first rep", head["new"])
    found = [
        Key(
            say("Have a rep"), f"{head['assigned']:,}",
            say("of {customers}, among {reps}", customers=f"{head['customers']:,}", reps=reps),
        ),
        Key(
            say("Keep their rep"), wording.percent(kept["customers"]),
            say("of those that could; {share} of their potential", share=wording.percent(kept["potential"])),
        ),
        Key(say("Moved by choice"), f"{head['chosen']:,}", chosen),
        Key(say("Had to move"), f"{head['forced']:,}", say("{forced}; {first}", forced=forced, first=first)),
    ]  # fmt: skip
    balance = metrics.balance(run)
    for row in style.rows(balance[(balance["measure"] == "within") & balance["after"].notna()].head(2)):
        more = say("of the reps are within tolerance, {share} before", share=wording.percent(row.before))
        name = say("Balanced {metric}", metric=wording.spoken(row.metric))
        found.append(Key(name, wording.percent(row.after), more))
    return [Key(k.name, k.figure, k.more.replace(" %", "\N{NO-BREAK SPACE}%")) for k in found]


def moves_said(head: Mapping[str, Any]) -> str:
    """Return in a sentence who moves, who stays and who is left."""
    better, need = (wording.short(head[f"{kind}_potential"]) for kind in ("chosen", "forced"))
    moved = say_n("{n} customer moves", "{n} customers move", head["chosen"])
    parts = {
        "moved": say(
            "{moved} ({money} of potential) by choice, to make the whole plan better;", moved=moved, money=better
        ),
        "forced": say_n(
            "{n} ({money}) because it has to.", "{n} ({money}) because they have to.", head["forced"], money=need
        ),
        "new": say_n("{n} had no rep and gets one,", "{n} had no rep and get one,", head["new"]),
        "kept": say_n("{n} stays where it is,", "{n} stay where they are,", head["kept"]),
        "left": say_n("and {n} ends without a rep.", "and {n} end without a rep.", head["unassigned"]),
    }
    return say("{moved} {forced} {new} {kept} {left}", **parts)


@dataclass(frozen=True)
class AtRisk:
    """What hand-overs may lose.

    Attributes
    ----------
    low, high : money in a year.
    shares : of the yearly sales of a moved customer, from and to.
    """

    low: float
    high: float
    shares: tuple[float, float] = LOSS

    @property
    def usual(self) -> bool:
        """Whether the shares are the usual ones, neither the plan's own nor measured in history."""
        return self.shares == LOSS

    @property
    def share(self) -> str:
        """The shares in words: ``13 to 18 %``."""
        low, high = (f"{100 * s:.3g}" for s in self.shares)
        return f"{low} %" if low == high else say("{low} to {high} %", low=low, high=high)


def at_risk(run: Run, head: Mapping[str, Any]) -> AtRisk:
    """Return how much of their yearly sales the moved customers may take with them.

    See `scenarios.run.handover_risk`; where nothing is known of sales, potential is taken for those of a year.
    """
    known = risk_of(run)
    if known:
        least, most = known.get("shares") or LOSS
        return AtRisk(float(known["low"]), float(known["high"]), (float(least), float(most)))
    moved = head["chosen_potential"] + head["forced_potential"]
    return AtRisk(LOSS[0] * moved, LOSS[1] * moved)


def risk_said(run: Run, head: Mapping[str, Any]) -> str:
    """Return in a sentence, without its full stop, what hand-overs may lose."""
    risk = at_risk(run, head)
    low, high = wording.ends(risk.low, risk.high)
    return say("At {share} of the yearly sales of a moved customer, {low} to {high} are at risk", share=risk.share,
               low=low, high=high)  # fmt: skip
