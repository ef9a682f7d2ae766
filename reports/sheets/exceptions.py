"""Sheet Violations & exceptions: what the audit found, who is left out, and which loads are off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reports import metrics, style, wording
from reports.reasons import reasons
from reports.sheets.book import Book, Place
from reports.sheets.looks import Column
from reports.words import mark, say
from scenarios.run.record import Run

NAME = mark("Violations & exceptions")
KINDS = {
    "audit": mark("audit"), "violation": mark("violation"), "finding": mark("finding"), "no rep": mark("no rep"),
    "outside band": mark("outside band"), "at limit": mark("at limit"), "note": mark("note"),
}  # fmt: skip
"""What is told, in the words of the first column."""


class Told(NamedTuple):
    """One row; `kind` is of `KINDS`."""

    kind: str
    who: str
    rep: str
    potential: float | None
    said: str


def rows(run: Run) -> list[Told]:
    """Return violations first, then findings, customers without a rep, loads off their band, and notes."""
    return list(_rows(run))


def _rows(run: Run) -> Iterator[Told]:
    reps, spoken = metrics.rep_names(run), reasons(run)
    for violation in (run.result.get("audit") or {}).get("violations") or []:
        who, rep = (", ".join(map(str, violation.get(k) or ())) for k in ("customers", "reps"))
        yield Told("violation", who, rep, None, spoken(str(violation.get("message", violation))))
    for finding in run.result.get("findings") or []:
        yield Told("finding", "", "", None, spoken(str(finding.get("message", finding))))
    for left in style.rows(metrics.left_out(run)):
        reason = spoken(str(left.reason))
        said = say("{reason} Before: {rep}.", reason=reason, rep=left.from_name) if left.from_rep else reason
        yield Told("no rep", str(left.customer_id), str(left.from_rep), float(left.potential), said)
    for metric in metrics.metrics(run) if len(run.books) else []:
        table = metrics.books(run, metric)
        for row in style.rows(table[table["active"].astype(bool)]):
            told = {"rep": reps.get(row.rep_id, ""), "metric": wording.spoken(metric),
                    "load": wording.full(float(row.after))}  # fmt: skip
            if row.high == row.high and not _inside(row):
                off = say(
                    "{rep}: {metric} {load}, band {low} to {high} ({off} of target)", **told,
                    low=wording.full(float(row.low)), high=wording.full(float(row.high)),
                    off=wording.off_band(row.after / row.target, row.high / row.target, True) if row.target > 0 else "",
                )  # fmt: skip
                yield Told("outside band", "", str(row.rep_id), None, off)
            if row.max == row.max and row.max > 0 and row.after >= row.max * (1 - 1e-9):
                full = say("{rep}: {metric} {load} is the limit of {most}", **told, most=wording.full(float(row.max)))
                yield Told("at limit", "", str(row.rep_id), None, full)
    for note in run.result.get("notes") or []:
        yield Told("note", "", "", None, spoken(str(note)))


def _inside(row: object) -> bool:
    after, low, high = (float(getattr(row, n)) for n in ("after", "low", "high"))
    slack = 1e-6 * max(1.0, abs(high))
    return low - slack <= after <= high + slack


def write(book: Book, run: Run) -> Place:
    """Write the sheet; where there is nothing to tell, it says so."""
    sheet = book.sheet(say(NAME))
    found = rows(run)
    if not any(r.kind == "violation" for r in found) and metrics.has_plan(run):
        found.insert(0, Told("audit", "", "", None, say("The audit found no broken rule.")))
    columns = [
        Column(say("Kind"), [say(KINDS[r.kind]) for r in found]),
        Column(say("Customer ID"), [r.who for r in found]),
        Column(say("Rep ID"), [r.rep for r in found]),
        Column(say("Potential"), [r.potential for r in found], "amount"),
        Column(say("What"), [r.said for r in found], "long", width=100),
    ]
    place = book.table(sheet, columns, name="Exceptions")
    title = say("Kind")
    kind = place.top(title)
    off = ",".join(f'{kind}="{say(KINDS[k])}"' for k in ("no rep", "finding", "outside band"))
    book.colour(sheet, place, title, f'{kind}="{say(KINDS["violation"])}"', "broken")
    book.colour(sheet, place, title, f"OR({off})", "off")
    book.colour(sheet, place, title, f'{kind}="{say(KINDS["audit"])}"', "well")
    return place
