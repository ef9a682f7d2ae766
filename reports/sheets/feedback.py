"""Sheet Feedback: a row a customer to accept, challenge or pin, which `fairbook apply-feedback` reads back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports import metrics
from reports.sheets.book import Book, Place, quoted
from reports.sheets.customers import NOBODY, change_said, rows
from reports.sheets.looks import Column
from reports.words import current, mark, say
from scenarios.cell_text import cell_text
from scenarios.feedback.sheet import (
    ACCEPT,
    BEFORE,
    CHALLENGE,
    CHANGE,
    COLUMNS,
    CUSTOMER,
    FORMS,
    NAME,
    PIN,
    PIN_TO,
    PLANNED,
    POTENTIAL,
    REASON,
    RUN,
    VERDICT,
    WHO,
    Form,
    rep_label,
)
from scenarios.run.record import Run

LISTS = mark("Lists")
_ORDER = {NOBODY: 0, "chosen": 1, "forced": 2, "new": 3, "kept": 4}


def write(book: Book, run: Run) -> Place:
    """Write the sheet, and a hidden one with the reps to choose from; moved customers come first."""
    form = FORMS[current()]
    sheet = book.sheet(form.sheet)
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
    cells: dict[str, tuple[Sequence[Any], dict[str, Any]]] = {
        CUSTOMER: (table["customer_id"].tolist(), {}),
        NAME: (table["name"].tolist(), {"kind": "name"}),
        PLANNED: ([label(r) for r in table["rep_id"]], {"kind": "name"}),
        BEFORE: ([label(r) for r in table["current_rep"]], {"kind": "name"}),
        CHANGE: ([change_said(m) for m in table["moved"]], {}),
        POTENTIAL: (table["potential"].tolist(), {"kind": "amount"}),
        VERDICT: (empty, {"editable": True, "width": 13.0}),
        PIN_TO: (empty, {"kind": "name", "editable": True, "width": 26.0}),
        REASON: (empty, {"kind": "long", "editable": True, "width": 42.0}),
        WHO: (empty, {"editable": True, "width": 14.0}),
        RUN: ([run.id] * len(table), {}),
    }
    columns = [Column(form.titles[c], *cells[c][:1], **cells[c][1]) for c in COLUMNS]
    place = book.table(sheet, columns, name="Feedback", lead=2, until=form.titles[WHO])
    _choices(book, run, place, form)
    return place


def _choices(book: Book, run: Run, place: Place, form: Form) -> None:
    """Drop-downs for verdict and rep, and what they are for, shown as a cell is entered."""
    sheet = book.file.get_worksheet_by_name(place.sheet)
    active = run.books[run.books["active"].astype(bool)] if len(run.books) else run.tables.reps
    labels = sorted(rep_label(r, n) for r, n in zip(active["rep_id"], active["name"], strict=True))
    lists = book.sheet(say(LISTS))
    lists.hide()
    for n, text in enumerate(labels):
        lists.write_string(n, 0, cell_text(text))
    titles, words = form.titles, form.verdicts
    verdict, to = place.columns[titles[VERDICT]], place.columns[titles[PIN_TO]]
    sheet.data_validation(
        place.first, verdict, place.last, verdict,
        {"validate": "list", "source": list(words.values()), "input_title": titles[VERDICT],
         "input_message": say("{accept}: as planned. {challenge}: anybody but the planned rep; say why. {pin}: to the "
                              "rep in the next column, or to the planned one.", **words),
         "error_title": titles[VERDICT],
         "error_message": say("One of {words}, or empty.", words=say(", ").join(words.values()))},
    )  # fmt: skip
    if labels:
        source = f"={quoted(lists.name)}!$A$1:$A${len(labels)}"
        sheet.data_validation(
            place.first, to, place.last, to,
            {"validate": "list", "source": source, "error_title": titles[PIN_TO],
             "error_message": say("Choose a rep.")},
        )  # fmt: skip
    said, chosen, why = (place.top(titles[c]) for c in (VERDICT, PIN_TO, REASON))
    accept, challenge, pin = (words[v] for v in (ACCEPT, CHALLENGE, PIN))
    book.colour(sheet, place, titles[VERDICT], f'{said}="{accept}"', "well")
    book.colour(sheet, place, titles[VERDICT], f'{said}="{challenge}"', "off")
    book.colour(sheet, place, titles[REASON], f'AND({said}="{challenge}",{why}="")', "broken")
    book.colour(sheet, place, titles[PIN_TO], f'AND({chosen}<>"",{said}<>"{pin}")', "broken")
