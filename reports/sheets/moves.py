"""Sheet Moves: every customer that gets another rep, largest potential first."""

from __future__ import annotations

from reports import metrics
from reports.reasons import reasons
from reports.sheets.book import Book, Place
from reports.sheets.customers import change_said
from reports.sheets.looks import Column
from reports.words import mark, say
from scenarios.run.record import Run

NAME = mark("Moves")


def write(book: Book, run: Run) -> Place:
    """Write the sheet."""
    sheet = book.sheet(say(NAME))
    table = metrics.moves(run)
    columns = [
        Column(say("Customer ID"), table["customer_id"].tolist()),
        Column(say("Customer"), table["customer"].tolist(), "name"),
        Column(say("From, ID"), table["from_rep"].tolist()),
        Column(say("From"), table["from_name"].tolist(), "name"),
        Column(say("To, ID"), table["to_rep"].tolist()),
        Column(say("To"), table["to_name"].tolist(), "name"),
        Column(say("Kind"), [change_said(k) for k in table["kind"]]),
        Column(say("Potential"), table["potential"].tolist(), "amount"),
        Column(say("Reason"), list(map(reasons(run), table["reason"])), "long"),
    ]
    place = book.table(sheet, columns, name="Moves", lead=2)
    title = say("Kind")
    kind = place.top(title)
    chosen, forced, new = (change_said(k) for k in ("chosen", "forced", "new"))
    book.colour(sheet, place, title, f'{kind}="{chosen}"', "well")
    book.colour(sheet, place, title, f'OR({kind}="{forced}",{kind}="{new}")', "off")
    book.bars(sheet, place, say("Potential"))
    return place
