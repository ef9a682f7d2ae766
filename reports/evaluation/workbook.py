"""An evaluation as a workbook: what to take from it, every breakdown, and every customer, as numbers to work on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from reports import wording
from reports.charts.evaluated import attainment, trend
from reports.evaluation import said, tables
from reports.evaluation.tables import Cell, Table
from reports.sheets.book import Book, Column
from reports.words import say
from reports.words.heard import heard
from scenarios.evaluate.evaluate import Evaluated
from scenarios.run.record import Run


def evaluation_workbook(run: Run, found: Evaluated) -> bytes:
    """Return the workbook as an XLSX file's content, the same bytes for the same run and figures.

    Raises
    ------
    scenarios.files.FilesError
        There are more customers than a sheet has rows.
    """
    document = found.document
    book = Book(wording.plan_title(run.plan_name, str(document["period"])), run.created)
    keys = said.keys(document)
    first = book.sheet(say("Summary"))
    book.put(first, 0, 0, said.title(document), book.format(bold=True, font_size=16))
    lines = said.takeaways(document)
    for n, line in enumerate([*lines, say(said.HOW), *map(heard, document["notes"])], 2):
        book.put(first, n, 0, line, book.format(font_size=11))
    row = 4 + len(lines) + len(document["notes"])
    columns = [Column(say("Figure"), [k.name for k in keys], "name"), Column(say("Value"), [k.figure for k in keys]),
               Column(say("More"), [k.more for k in keys], "long")]  # fmt: skip
    book.table(first, columns, row=row, filters=False)
    first.set_column(0, 0, 34)
    first.set_column(1, 1, 16)
    first.set_column(2, 2, 60)
    sheets = {say(said.PARTS[part][1]): tables.part(document, part) for part in attainment.PARTS
              if document["attainment"][part]}  # fmt: skip
    sheets |= {
        say("Balance"): tables.balance(document),
        say("Territory shares"): tables.places(document),
        say("Forecast"): tables.forecast(document),
    }
    for part in trend.PARTS:
        table = tables.grown(document, part)
        sheets[table.title] = table
    for name, table in sheets.items():
        if table.rows:
            _sheet(book, name, table)
    _customers(book, found.customers, document["reps"])
    first.activate()
    return book.close()


def _sheet(book: Book, name: str, table: Table) -> None:
    columns = []
    for k, head in enumerate(table.head):
        cells = [row[k] for row in table.rows]
        if any(c.id for c in cells):
            columns.append(Column(say("ID"), [c.id or c.text for c in cells]))
        columns.append(Column(head, [_value(c) for c in cells], cells[0].kind))
    book.table(book.sheet(name[:31].replace("/", "-")), columns)


def _value(cell: Cell) -> str | float | None:
    if not cell.number:
        return cell.text
    return cell.value if cell.value == cell.value else None


def _customers(book: Book, table: pd.DataFrame, reps: dict[str, str]) -> None:
    """Every customer: the one sheet that is not on the slides."""
    kinds = [say(tables.KINDS.get(m, m)) for m in table["moved"]]
    off = table["actual"] - table["planned"]
    given: dict[str, tuple[Iterable[Any], str]] = {
        say("Customer ID"): (table["customer_id"], "text"),
        say("Customer"): (table["name"], "name"),
        say("Territory"): (table["territory"], "text"),
        say("Segment"): (table["segment"], "text"),
        say("Rep"): ([reps.get(r, r) for r in table["rep_id"]], "name"),
        say("Rep before"): ([reps.get(r, r) for r in table["previous_rep"]], "name"),
        say("Kind"): (kinds, "text"),
        say("Potential"): (table["planned"], "amount"),
        say("Sold"): (table["actual"], "amount"),
        say("Difference"): (off, "amount"),
        say("A year before"): (table["year_before"], "amount"),
        say("Feedback before"): (table["feedback_before"], "points"),
        say("Feedback now"): (table["feedback"], "points"),
    }
    columns = [Column(title, [*cells], kind) for title, (cells, kind) in given.items()]
    sheet = book.sheet(say("Customers"))
    place = book.table(sheet, columns, freeze=2)
    book.bars(sheet, place, say("Sold"))
