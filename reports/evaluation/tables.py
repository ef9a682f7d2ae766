"""The tables of an evaluation as rows of cells, numbers with how they are written: for page, slides and workbook."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from reports import style, wording
from reports.charts.evaluated import attainment, trend
from reports.evaluation.said import PARTS
from reports.words import mark, say

#: What became of a customer by the plan.
KINDS = {
    "kept": mark("kept their rep"), "chosen": mark("moved by choice"), "forced": mark("had to move"),
    "new": mark("got a first rep"), "": mark("no rep"),
}  # fmt: skip
#: How verdicts look: better than the rest, or to look after.
LOOKS = {"above": "up", "below": "out", "drifted out": "out", "was out and is": "out"}


@dataclass(frozen=True)
class Cell:
    """One cell: its text, the number behind it (NaN for text), how a workbook writes it, and how it looks.

    Of a range, `ends` are the two numbers and `of` is how a workbook writes them.
    """

    text: str
    value: float = math.nan
    kind: str = "text"
    look: str = ""
    id: str = ""
    ends: tuple[float, float] | None = None
    of: str = ""

    @property
    def number(self) -> bool:
        """Whether it is a number, known or not."""
        return self.kind not in {"text", "name"}


@dataclass(frozen=True)
class Table:
    """A table: what it is, its columns, its rows, and of each row what it can be filtered by."""

    id: str
    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    of: Sequence[str] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)


def part(found: Mapping[str, Any], name: str) -> Table:
    """Return the attainment of each group of a breakdown."""
    lines = found["attainment"][name]
    quota = any("quota" in line for line in lines)
    head = [say(PARTS[name][0]).capitalize(), say("Sold"), say("Potential"), say("Share"), say("Range"),
            *([say("Quota"), say("Of quota")] if quota else []), say("Finding")]  # fmt: skip
    names = found["reps"] if name == "rep" else {}
    rows = []
    for line in lines:
        look = LOOKS.get(line["verdict"], "")
        more = [_money(line.get("quota")), _share(line.get("attained"))] if quota else []
        rows.append([_named(line["name"], names), _money(line["actual"]), _money(line["expected"]),
                     _share(line["ratio"], look), _range(line["low"], line["high"]), *more,
                     _verdict(line["verdict"])])  # fmt: skip
    return Table(f"{name}-table", say(attainment.TITLE, variant=say(PARTS[name][0])), head, rows)


def balance(found: Mapping[str, Any]) -> Table:
    """Return each rep's part of what was planned and sold, by its target."""
    head = [say("Rep"), say("Planned"), say("Became"), say("Range"), say("Band"), say("Finding")]
    rows = [
        [_named(d["rep_id"], found["reps"]), _share(d["planned"]), _share(d["became"], LOOKS.get(d["verdict"], "")),
         _range(max(0.0, d["low"]), d["high"]) if d["high"] > d["low"] else _range(None, None),
         _range(*(d["band"] or (None, None))), _verdict(d["verdict"])]
        for d in found["drift"]
    ]  # fmt: skip
    return Table("balance-table", say("Balance as planned and as it became"), head, rows)


def places(found: Mapping[str, Any]) -> Table:
    """Return each territory's share of what was sold, by its share of what was planned."""
    head = [say("Territory"), say("Became"), say("Range"), say("Band"), say("Finding")]
    rows = [
        [_named(d["territory"], {}), _share(d["became"], LOOKS.get(d["verdict"], "")),
         _range(max(0.0, d["low"]), d["high"]) if d["high"] > d["low"] else _range(None, None),
         _range(*(d["band"] or (None, None))), _verdict(d["verdict"])]
        for d in found["drift_territories"]
    ]  # fmt: skip
    return Table("places-table", say("Territories’ shares of sales, by those planned"), head, rows)


def forecast(found: Mapping[str, Any]) -> Table:
    """Return forecast and sales of a customer by tenth of the potential, the largest first."""
    head = [say("Group, largest first"), say("Customers"), say("Forecast of each"), say("Sold to each"), say("Range"),
            say("Share")]  # fmt: skip
    rows = [
        [Cell(f"{n}"), Cell(f"{t['customers']:,}", t["customers"], "count"), _money(t["forecast"]), _money(t["actual"]),
         _span(t["low"], t["high"]), _share(t["ratio"])]
        for n, t in enumerate(found["forecast"]["tenths"], 1)
    ]  # fmt: skip
    return Table("forecast-table", say("Whether potentials came true"), head, rows)


def grown(found: Mapping[str, Any], name: str) -> Table:
    """Return how each group of a breakdown grew, and its share of all sales before and now."""
    head = [say(PARTS[name][0]).capitalize(), say("Sold"), say("A year before"), say("Growth"), say("Range"),
            say("Share of sales before"), say("Share now"), say("Share of new demand"), say("Finding")]  # fmt: skip
    rows = [
        [_named(line["name"], {}), _money(line["actual"]), _money(line["expected"]),
         _growth(line["ratio"], LOOKS.get(line["verdict"], "")), _range(line["low"], line["high"], 1.0),
         _share(line["share_before"]), _share(line["share"]), _share(line["new_share"]), _verdict(line["verdict"])]
        for line in found["trend"][name]
    ]  # fmt: skip
    return Table(f"trend-{name}-table", say(trend.TITLE, variant=say(PARTS[name][0])), head, rows)


def customers(table: pd.DataFrame, reps: Mapping[str, str]) -> Table:
    """Return the figures of every customer, those furthest off their potential first."""
    head = [say("Customer"), say("Rep"), say("Kind"), say("Potential"), say("Sold"), say("Difference"),
            say("A year before"), say("Feedback before"), say("Feedback now")]  # fmt: skip
    off = (table["actual"] - table["planned"]).abs()
    rows, of = [], []
    for row in style.rows(table.assign(off=off).sort_values("off", ascending=False, kind="stable")):
        gap = row.actual - row.planned
        rows.append([
            Cell(str(row.name), kind="name", id="" if row.name == row.customer_id else str(row.customer_id)),
            _named(row.rep_id, reps) if row.rep_id else Cell("–", kind="name"),
            Cell(say(KINDS.get(row.moved, row.moved))), _money(row.planned), _money(row.actual),
            Cell(f"{'+' if gap > 0 else ''}{wording.full(gap)}".replace("-", "−"), gap, "amount"),
            _money(row.year_before), _score(row.feedback_before), _score(row.feedback),
        ])  # fmt: skip
        of.append(row.moved or "none")
    there = {k or "none": say(name) for k, name in KINDS.items() if (k or "none") in of}
    return Table("customers-table", say("Customers"), head, rows, of, there)


def _named(name: str, names: Mapping[str, str]) -> Cell:
    known = names.get(name, name)
    return Cell(str(known), kind="name", id="" if known == name else str(name))


def _money(value: float | None) -> Cell:
    known = value is not None and math.isfinite(value)
    return Cell(wording.full(float(value)), float(value), "amount") if known and value is not None else Cell(
        "–", kind="amount"
    )  # fmt: skip


def _share(value: float | None, look: str = "") -> Cell:
    return Cell("–", kind="share") if value is None else Cell(wording.percent(value), value, "share", look)


def _growth(value: float | None, look: str = "") -> Cell:
    return Cell("–", kind="off") if value is None else Cell(trend.grown(value - 1), value - 1, "off", look)


def _score(value: float) -> Cell:
    return Cell(f"{value:.1f}", value, "points") if value == value else Cell("–", kind="points")


def _range(low: float | None, high: float | None, base: float = 0.0) -> Cell:
    of = "off" if base else "share"
    if low is None or high is None:
        return Cell("–", of=of)
    write = trend.grown if base else wording.percent
    return Cell(f"{write(low - base)} … {write(high - base)}", ends=(low - base, high - base), of=of)


def _span(low: float | None, high: float | None) -> Cell:
    if low is None or high is None:
        return Cell("–", of="amount")
    return Cell(f"{wording.full(low)} … {wording.full(high)}", ends=(low, high), of="amount")


def _verdict(verdict: str) -> Cell:
    return Cell(say(verdict), look=LOOKS.get(verdict, ""))
