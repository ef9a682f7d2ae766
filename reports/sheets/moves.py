"""Sheet Moves: every customer that gets another rep, largest potential first."""

from __future__ import annotations

from reports import metrics
from reports.sheets.book import Book, Column, Place
from scenarios.record import Run

NAME = "Moves"


def write(book: Book, run: Run) -> Place:
    """Write the sheet."""
    sheet = book.sheet(NAME)
    table = metrics.moves(run)
    columns = [
        Column("Customer ID", table["customer_id"].tolist()),
        Column("Customer", table["customer"].tolist(), "name"),
        Column("From, ID", table["from_rep"].tolist(), width=10),
        Column("From", table["from_name"].tolist(), "name", width=22),
        Column("To, ID", table["to_rep"].tolist(), width=10),
        Column("To", table["to_name"].tolist(), "name", width=22),
        Column("Kind", table["kind"].tolist(), width=10),
        Column("Potential", table["potential"].tolist(), "amount"),
        Column("Reason", table["reason"].tolist(), "long"),
    ]
    place = book.table(sheet, columns, freeze=2)
    kind = place.top("Kind")
    book.colour(sheet, place, "Kind", f'{kind}="chosen"', "well")
    book.colour(sheet, place, "Kind", f'OR({kind}="forced",{kind}="new")', "off")
    book.bars(sheet, place, "Potential")
    return place
