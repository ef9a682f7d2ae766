"""Sheet Violations & exceptions: what the audit found, who is left out, and which loads are off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reports import metrics, style, wording
from reports.sheets.book import Book, Column, Place
from scenarios.record import Run

NAME = "Violations & exceptions"


class Told(NamedTuple):
    """One row."""

    kind: str
    who: str
    rep: str
    potential: float | None
    said: str


def rows(run: Run) -> list[Told]:
    """Return violations first, then findings, customers without a rep, loads off their band, and notes."""
    return list(_rows(run))


def _rows(run: Run) -> Iterator[Told]:
    reps = metrics.rep_names(run)
    for violation in (run.result.get("audit") or {}).get("violations") or []:
        who, rep = (", ".join(map(str, violation.get(k) or ())) for k in ("customers", "reps"))
        yield Told("violation", who, rep, None, str(violation.get("message", violation)))
    for finding in run.result.get("findings") or []:
        yield Told("finding", "", "", None, str(finding.get("message", finding)))
    for left in style.rows(metrics.left_out(run)):
        before = f" Before: {left.from_name}." if left.from_rep else ""
        yield Told("no rep", str(left.customer_id), str(left.from_rep), float(left.potential), f"{left.reason}{before}")
    for metric in metrics.metrics(run) if len(run.books) else []:
        table = metrics.books(run, metric)
        for row in style.rows(table[table["active"].astype(bool)]):
            after = f"{wording.spoken(metric)} {wording.full(float(row.after))}"
            if row.high == row.high and not _inside(row):
                ratio = wording.off_target(row.after / row.target, 1) if row.target > 0 else ""
                band = f"band {wording.full(float(row.low))} to {wording.full(float(row.high))}"
                off = f"{after}, {band} ({ratio} of target)"
                yield Told("outside band", "", str(row.rep_id), None, f"{reps.get(row.rep_id, '')}: {off}")
            if row.max == row.max and row.max > 0 and row.after >= row.max * (1 - 1e-9):
                full = f"{after} is the limit of {wording.full(float(row.max))}"
                yield Told("at limit", "", str(row.rep_id), None, f"{reps.get(row.rep_id, '')}: {full}")
    for note in run.result.get("notes") or []:
        yield Told("note", "", "", None, str(note))


def _inside(row: object) -> bool:
    after, low, high = (float(getattr(row, n)) for n in ("after", "low", "high"))
    slack = 1e-6 * max(1.0, abs(high))
    return low - slack <= after <= high + slack


def write(book: Book, run: Run) -> Place:
    """Write the sheet; where there is nothing to tell, it says so."""
    sheet = book.sheet(NAME)
    found = rows(run)
    if not any(r.kind == "violation" for r in found) and metrics.has_plan(run):
        found.insert(0, Told("audit", "", "", None, "The audit found no broken rule."))
    columns = [
        Column("Kind", [r.kind for r in found], width=14),
        Column("Customer ID", [r.who for r in found]),
        Column("Rep ID", [r.rep for r in found]),
        Column("Potential", [r.potential for r in found], "amount"),
        Column("What", [r.said for r in found], "long", width=100),
    ]
    place = book.table(sheet, columns, freeze=1)
    kind = place.top("Kind")
    book.colour(sheet, place, "Kind", f'{kind}="violation"', "broken")
    book.colour(sheet, place, "Kind", f'OR({kind}="no rep",{kind}="finding",{kind}="outside band")', "off")
    book.colour(sheet, place, "Kind", f'{kind}="audit"', "well")
    return place
