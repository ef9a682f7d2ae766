"""Sheet Feedback: a row a customer to accept, challenge or pin, which `fairbook apply-feedback` reads back."""

from __future__ import annotations

from reports import metrics
from reports.sheets.book import Book, Column, Place
from reports.sheets.customers import NOBODY, rows
from scenarios.cell_text import cell_text
from scenarios.feedback_sheet import (
    ACCEPT,
    BEFORE,
    CHALLENGE,
    CHANGE,
    COLUMNS,
    CUSTOMER,
    NAME,
    PIN,
    PIN_TO,
    PLANNED,
    POTENTIAL,
    REASON,
    RUN,
    SHEET,
    VERDICT,
    VERDICTS,
    WHO,
    rep_label,
)
from scenarios.record import Run

LISTS = "Lists"
_ORDER = {NOBODY: 0, "chosen": 1, "forced": 2, "new": 3, "kept": 4}


def write(book: Book, run: Run) -> Place:
    """Write the sheet, and a hidden one with the reps to choose from; moved customers come first."""
    sheet = book.sheet(SHEET)
    sheet.set_tab_color("#E69F00")
    table = rows(run)
    table["place"] = [_ORDER.get(m, 5) // 4 for m in table["moved"]]
    table = table.sort_values(
        ["place", "potential", "customer_id"], ascending=[True, False, True], kind="stable"
    )  # what is asked about first stands first
    reps = metrics.rep_names(run)

    def label(rep: str) -> str:
        return rep_label(rep, reps.get(rep, "")) if rep else ""

    empty = [None] * len(table)
    cells = {
        CUSTOMER: Column(CUSTOMER, table["customer_id"].tolist()),
        NAME: Column(NAME, table["name"].tolist(), "name"),
        PLANNED: Column(PLANNED, [label(r) for r in table["rep_id"]], "name"),
        BEFORE: Column(BEFORE, [label(r) for r in table["current_rep"]], "name"),
        CHANGE: Column(CHANGE, table["moved"].tolist(), width=10),
        POTENTIAL: Column(POTENTIAL, table["potential"].tolist(), "amount"),
        VERDICT: Column(VERDICT, empty, editable=True, width=13),
        PIN_TO: Column(PIN_TO, empty, "name", editable=True),
        REASON: Column(REASON, empty, "long", editable=True, width=50),
        WHO: Column(WHO, empty, editable=True, width=18),
        RUN: Column(RUN, [run.id] * len(table), width=14),
    }
    place = book.table(sheet, [cells[c] for c in COLUMNS], freeze=2)
    _choices(book, run, place)
    return place


def _choices(book: Book, run: Run, place: Place) -> None:
    """Drop-downs for verdict and rep, and what they are for, shown as a cell is entered."""
    sheet = book.file.get_worksheet_by_name(place.sheet)
    active = run.books[run.books["active"].astype(bool)] if len(run.books) else run.tables.reps
    labels = sorted(rep_label(r, n) for r, n in zip(active["rep_id"], active["name"], strict=True))
    lists = book.sheet(LISTS)
    lists.hide()
    for n, text in enumerate(labels):
        lists.write_string(n, 0, cell_text(text))
    verdict, to = place.columns[VERDICT], place.columns[PIN_TO]
    sheet.data_validation(
        place.first, verdict, place.last, verdict,
        {"validate": "list", "source": list(VERDICTS), "input_title": "Verdict",
         "input_message": f"{ACCEPT}: as planned. {CHALLENGE}: anybody but the planned rep; say why. {PIN}: to the rep "
         "in the next column, or to the planned one.",
         "error_title": "Verdict", "error_message": f"One of {', '.join(VERDICTS)}, or empty."},
    )  # fmt: skip
    if labels:
        source = f"={LISTS}!$A$1:$A${len(labels)}"
        sheet.data_validation(
            place.first, to, place.last, to,
            {"validate": "list", "source": source, "error_title": "Pin to", "error_message": "Choose a rep."},
        )  # fmt: skip
    said, chosen, why = (place.top(c) for c in (VERDICT, PIN_TO, REASON))
    book.colour(sheet, place, VERDICT, f'{said}="{ACCEPT}"', "well")
    book.colour(sheet, place, VERDICT, f'{said}="{CHALLENGE}"', "off")
    book.colour(sheet, place, REASON, f'AND({said}="{CHALLENGE}",{why}="")', "broken")
    book.colour(sheet, place, PIN_TO, f'AND({chosen}<>"",{said}<>"{PIN}")', "broken")
