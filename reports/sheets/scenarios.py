"""Sheet Scenarios: a row a run, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports import metrics, wording
from reports.metrics import number
from reports.sheets.book import Book, Column, Place
from scenarios.record import Run

NAME = "Scenarios"


def write(book: Book, runs: Sequence[Run]) -> Place:
    """Write the sheet; the first run is the one the workbook is about."""
    sheet = book.sheet(NAME)
    heads = [metrics.headline(r) for r in runs]
    terms = list(dict.fromkeys(t for r in runs for t in r.result.get("terms") or {}))
    spread = list(dict.fromkeys(m for r in runs if len(r.books) for m in metrics.metrics(r)))
    kept = [dict(zip(t["measure"], t["share"], strict=True)) for t in map(metrics.retention, runs)]
    balance = [
        {(m, k): a for m, k, a in zip(t["metric"], t["measure"], t["after"], strict=True)}
        for t in map(metrics.balance, runs)
    ]

    def each(key: str) -> list[Any]:
        return [h[key] for h in heads]

    columns = [
        Column("Run", each("id")),
        Column("Scenario", each("scenario"), width=22),
        Column("Plan", each("plan")),
        Column("Period", each("period"), width=10),
        Column("Made (UTC)", [h["created"] for h in heads], "date"),
        Column("Status", each("status"), width=10),
        Column("Score", each("score"), "points"),
        Column("Bound", each("bound"), "points"),
        Column("Gap", each("gap"), "points"),
    ]
    columns += [
        Column(
            f"Term: {wording.spoken(name)}",
            [number(((r.result.get("terms") or {}).get(name) or {}).get("score")) for r in runs],
            "points",
        )
        for name in terms
    ]
    for text, key in (("Customers", "customers"), ("Active reps", "reps"), ("Assigned", "assigned"),
                      ("Without a rep", "unassigned"), ("Kept", "kept"), ("Moved by choice", "chosen"),
                      ("Forced to move", "forced"), ("First rep", "new")):  # fmt: skip
        columns.append(Column(text, each(key), "count"))
    columns.append(Column("Potential moved by choice", each("chosen_potential"), "amount"))
    columns += [Column(f"Kept, {m}", [k.get(m, float("nan")) for k in kept], "share") for m in kept[0]]
    for metric in spread:
        for measure, words, kind in (("hoover", "Hoover index", "ratio"), ("within", "reps in band", "share")):
            cells = [b.get((metric, measure), float("nan")) for b in balance]
            if any(c == c for c in cells):
                columns.append(Column(f"{wording.heading(metric)}: {words}", cells, kind))
    columns.append(Column("What differs from the plan as written", [_changes(r) for r in runs], "long"))
    place = book.table(sheet, columns, freeze=2)
    if len(runs) > 1:
        score = place.span("Score", sheet=False)
        book.colour(sheet, place, "Score", f"{place.top('Score')}=MAX({score})", "well")
    return place


def _changes(run: Run) -> str:
    found = run.result.get("changes") or []
    return "\n".join(f"{c.get('path')}: {_said(c.get('old'))} → {_said(c.get('new'))}" for c in found)


def _said(value: Any) -> str:
    return "nothing" if value is None else str(value)
