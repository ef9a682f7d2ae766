"""What may go wrong with a plan, in sentences, from the figures of its run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reports import headlines, metrics, style, wording
from reports.words import say, say_n
from scenarios.run.record import Run


def risks(run: Run, head: Mapping[str, Any]) -> list[str]:
    """Return what may go wrong with the plan, the gravest first."""
    found: list[str] = []
    if head["violations"]:
        found.append(
            say_n("The audit found {n} broken rule: do not use this plan",
                  "The audit found {n} broken rules: do not use this plan", head["violations"])
        )  # fmt: skip
    if head["unassigned"]:
        left = metrics.left_out(run)
        found.append(
            say_n("{n} customer has no rep, {money} of potential", "{n} customers have no rep, {money} of potential",
                  head["unassigned"], money=wording.short(float(left["potential"].sum())))
        )  # fmt: skip
    risk = headlines.at_risk(run, head)
    if risk.high > 0:
        found.append(say("{low} to {high} of yearly sales are at risk with the customers that change hands",
                         low=wording.short(risk.low), high=wording.short(risk.high)))  # fmt: skip
    top = {r.measure: r for r in style.rows(metrics.retention(run))}["top customers"]
    lost = int(top.of - top.kept)
    if lost:
        found.append(
            say_n("{n} of the {all} most valuable customers loses its rep by choice",
                  "{n} of the {all} most valuable customers lose their rep by choice", lost, all=f"{int(top.of):,}")
        )  # fmt: skip
    for metric in metrics.metrics(run)[:3]:
        table = metrics.books(run, metric)
        table = table[table["active"].astype(bool)]
        banded = table[table["low"].notna()]
        out = banded[~metrics.inside(banded["after"], banded["low"], banded["high"])]
        if len(out):
            off = (out["after"] / out["target"]).sort_values(key=lambda s: (s - 1).abs(), kind="stable")
            found.append(
                say_n("{n} rep ends outside the tolerance in {metric}, {rep} by most: {off}",
                      "{n} reps end outside the tolerance in {metric}, {rep} by most: {off}", len(out),
                      metric=wording.spoken(metric), rep=wording.label(str(out["name"][off.index[-1]])),
                      off=wording.off_target(float(off.iloc[-1])))
            )  # fmt: skip
        limited = table[table["max"] > 0]
        full = int((limited["after"] >= 0.95 * limited["max"]).sum())
        if full:
            found.append(
                say_n("{n} rep is at 95 % of the limit of {metric} or more: no room for a surprise",
                      "{n} reps are at 95 % of the limit of {metric} or more: no room for a surprise", full,
                      metric=wording.spoken(metric))
            )  # fmt: skip
    gap = head["gap"]
    if math.isfinite(gap) and gap >= 0.005:
        found.append(say("A better plan may exist, by at most {gap} points", gap=wording.points(gap)))
    if head["caveat"]:
        found.append(head["caveat"])
    return found
