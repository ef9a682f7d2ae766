"""Sheet Scenarios: a row a run, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports import metrics, wording
from reports.metrics import number
from reports.sheets.book import Book, Place
from reports.sheets.looks import Column
from reports.words import mark, say
from scenarios.run.record import Run

NAME = mark("Scenarios")


def write(book: Book, runs: Sequence[Run]) -> Place:
    """Write the sheet; the first run is the one the workbook is about."""
    sheet = book.sheet(say(NAME))
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
        Column(say("Run"), each("id")),
        Column(say("Scenario"), each("scenario")),
        Column(say("Plan"), each("plan")),
        Column(say("Period"), each("period")),
        Column(say("Made (UTC)"), [h["created"] for h in heads], "date"),
        Column(say("Status"), [wording.status(s) for s in each("status")]),
        Column(say("Score"), each("score"), "points"),
        Column(say("Bound"), each("bound"), "points"),
        Column(say("Gap"), each("gap"), "points"),
    ]
    columns += [
        Column(
            say("Term: {term}", term=wording.spoken(name)),
            [number(((r.result.get("terms") or {}).get(name) or {}).get("score")) for r in runs],
            "points",
        )
        for name in terms
    ]
    for text, key in (
        (say("Customers"), "customers"), (say("Active reps"), "reps"), (say("Assigned"), "assigned"),
        (say("Without a rep"), "unassigned"), (say("Kept"), "kept"), (say("Moved by choice"), "chosen"),
        (say("Forced to move"), "forced"), (say("First rep"), "new"),
    ):  # fmt: skip
        columns.append(Column(text, each(key), "count"))
    columns.append(Column(say("Potential moved by choice"), each("chosen_potential"), "amount"))
    columns += [
        Column(say("Kept, {measure}", measure=say(m)), [k.get(m, float("nan")) for k in kept], "share") for m in kept[0]
    ]
    for metric in spread:
        for measure, title, kind in (
            ("hoover", mark("{metric}: Hoover index"), "ratio"), ("within", mark("{metric}: reps in band"), "share"),
        ):  # fmt: skip
            cells = [b.get((metric, measure), float("nan")) for b in balance]
            if any(c == c for c in cells):
                columns.append(Column(say(title, metric=wording.heading(metric)), cells, kind))
    columns.append(Column(say("What differs from the plan as written"), [_changes(r) for r in runs], "long"))
    place = book.table(sheet, columns, name="Scenarios", lead=2)
    if len(runs) > 1:
        title = say("Score")
        score = place.span(title, sheet=False)
        book.colour(sheet, place, title, f"{place.top(title)}=MAX({score})", "well")
    return place


def _changes(run: Run) -> str:
    return "\n".join(map(wording.changed, run.result.get("changes") or []))
