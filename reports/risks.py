"""What may go wrong with a plan, and what to do about it, in sentences, from the figures of its run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from reports import headlines, metrics, style, wording
from reports.words import say, say_n
from scenarios.run.record import Run


class Risk(NamedTuple):
    """What may go wrong, and what to do about it."""

    says: str
    answer: str


def risks(run: Run, head: Mapping[str, Any]) -> list[Risk]:
    """Return what may go wrong with the plan, the gravest first."""
    return [*_whole(run, head), *_people(run), *_search(head)]


def _whole(run: Run, head: Mapping[str, Any]) -> Iterator[Risk]:
    if head["violations"]:
        yield Risk(
            say_n("The audit found {n} broken rule: do not use this plan",
                  "The audit found {n} broken rules: do not use this plan", head["violations"]),
            say("Solve again; where it stays so, report it as a defect"),
        )  # fmt: skip
    if head["unassigned"]:
        left = metrics.left_out(run)
        yield Risk(
            say_n("{n} customer has no rep, {money} of potential", "{n} customers have no rep, {money} of potential",
                  head["unassigned"], money=wording.short(float(left["potential"].sum()))),
            say("Name who looks after them meanwhile; the workbook lists each with its reason"),
        )  # fmt: skip
    risk = headlines.at_risk(run, head)
    if risk.high > 0:
        low, high = wording.ends(risk.low, risk.high)
        yield Risk(
            say("{low} to {high} of yearly sales are at risk with the customers that change hands",
                low=low, high=high),
            say("Joint calls of old and new rep, in the order of the hand-over packs"),
        )  # fmt: skip
    top = {r.measure: r for r in style.rows(metrics.retention(run))}["top customers"]
    lost = int(top.of - top.kept)
    if lost:
        yield Risk(
            say_n("{n} of the {all} most valuable customers loses its rep by choice",
                  "{n} of the {all} most valuable customers lose their rep by choice", lost, all=f"{int(top.of):,}"),
            say("Look through them one by one; pin those that must not move, and solve again"),
        )  # fmt: skip


def _people(run: Run) -> Iterator[Risk]:
    for metric in metrics.metrics(run)[:3]:
        table = metrics.books(run, metric)
        table = table[table["active"].astype(bool)]
        banded = table[table["low"].notna()]
        out = banded[~metrics.inside(banded["after"], banded["low"], banded["high"])]
        if len(out):
            off = (out["after"] / out["target"]).sort_values(key=lambda s: (s - 1).abs(), kind="stable")
            edge = float((out["high"] / out["target"])[off.index[-1]])
            yield Risk(
                say_n("{n} rep ends outside the tolerance in {metric}, {rep} by most: {off}",
                      "{n} reps end outside the tolerance in {metric}, {rep} by most: {off}", len(out),
                      metric=wording.spoken(metric), rep=wording.label(str(out["name"][off.index[-1]])),
                      off=wording.off_band(float(off.iloc[-1]), edge, outside=True)),
                say("Adjust their quotas, or give balance more weight and solve again"),
            )  # fmt: skip
        limited = table[table["max"] > 0]
        full = int((limited["after"] >= 0.95 * limited["max"]).sum())
        if full:
            yield Risk(
                say_n("{n} rep is at 95 % of the limit of {metric} or more: no room for a surprise",
                      "{n} reps are at 95 % of the limit of {metric} or more: no room for a surprise", full,
                      metric=wording.spoken(metric)),
                say("Agree who steps in when a customer needs more than planned"),
            )  # fmt: skip


def _search(head: Mapping[str, Any]) -> Iterator[Risk]:
    gap = head["gap"]
    if math.isfinite(gap) and gap >= 0.005:
        yield Risk(
            say("A better plan may exist, by at most {gap} points", gap=wording.points(gap)),
            say("Search longer only if that much is worth the wait"),
        )
    if head["caveat"]:
        yield Risk(str(head["caveat"]), say("This plan is kept under its number: decide on it, not on a new one"))
