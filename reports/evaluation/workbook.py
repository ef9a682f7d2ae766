"""An evaluation as a workbook: what to take from it, every breakdown, and every customer, as numbers to work on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from reports import wording
from reports.charts.evaluated import attainment, trend
from reports.evaluation import said, tables
from reports.evaluation.tables import Cell, Table
from reports.sheets import charts
from reports.sheets.book import LARGE, Book
from reports.sheets.looks import DEEP, INK, Column, Formula
from reports.words import ENGLISH, current, mark, say
from reports.words.heard import heard
from scenarios.evaluate.evaluate import Evaluated
from scenarios.run.record import Run

#: Of the summary's columns, in signs.
_WIDTHS = (34, 16, 70)
#: Groups of a table that a chart still shows.
_DRAWN = 40


def evaluation_workbook(run: Run, found: Evaluated) -> bytes:
    """Return the workbook as an XLSX file's content, the same bytes for the same run and figures.

    Raises
    ------
    scenarios.files.FilesError
        There are more customers than a sheet has rows.
    """
    document = found.document
    large = len(found.customers) > LARGE
    book = Book(wording.plan_title(run.plan_name, str(document["period"])), run.created, large,
                subject=said.title(document), comments=say("Run {run}", run=run.id))  # fmt: skip
    first = book.sheet(say("Summary"))
    parts = list(_parts(document))
    for part in parts:
        _sheet(book, part)
    _customers(book, found.customers, document["reps"])
    names = {part.name: part.table.title for part in parts} | {say("Customers"): say("every customer, by itself")}
    _summary(book, first, document, names)
    first.activate()
    return book.close()


@dataclass(frozen=True)
class _Part:
    """A sheet of one table: its name, what the table is called in formulas, and the columns that are drawn."""

    name: str
    code: str
    table: Table
    drawn: Sequence[tuple[str, str]]
    names: str


def _parts(document: Mapping[str, Any]) -> Iterator[_Part]:
    """The sheets that have rows."""
    sold = [(mark("Potential"), "quiet"), (mark("Sold"), "main"), (mark("Quota"), "mark")]
    grown = [(mark("A year before"), "quiet"), (mark("Sold"), "main")]
    every = [_Part(say(said.PARTS[p][1]), p.capitalize(), tables.part(document, p), sold, say(said.PARTS[p][0]))
             for p in attainment.PARTS if document["attainment"][p]]  # fmt: skip
    rep, territory, group = mark("Rep"), mark("Territory"), mark("Group, largest first")
    shares = [(mark("Planned"), "quiet"), (mark("Became"), "main")]
    every += [
        _Part(say("Balance"), "Balance", tables.balance(document), shares, say(rep)),
        _Part(say("Territory shares"), "Territory_shares", tables.places(document), [], say(territory)),
        _Part(say("Forecast"), "Forecast", tables.forecast(document),
              [(mark("Forecast of each"), "quiet"), (mark("Sold to each"), "main")], say(group)),
    ]  # fmt: skip
    for p in trend.PARTS:
        table = tables.grown(document, p)
        every.append(_Part(table.title[:31].replace("/", "-"), f"Growth_{p}", table, grown, say(said.PARTS[p][0])))
    yield from (p for p in every if p.table.rows)


def _summary(book: Book, sheet: Worksheet, document: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """What to take from it, the key figures as numbers, and what is on the other sheets."""
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    book.put(sheet, 0, 0, said.title(document), book.format(bold=True, font_size=16, font_color=DEEP))
    sheet.set_row(0, 26)
    row, across = 2, len(_WIDTHS) - 1
    room = int(sum(_WIDTHS) * (1.12 if current() == ENGLISH else 1.0))  # letters are narrower than digits
    text = book.format(text_wrap=True, valign="top", font_color=INK)
    for line in [*said.takeaways(document), say(said.HOW), *map(heard, document["notes"])]:
        sheet.merge_range(row, 0, row, across, "", text)
        book.put(sheet, row, 0, line, text)
        sheet.set_row(row, 4 + 15 * -(-wording.columns(line) // room))
        row += 1
    keys = said.keys(document)
    heads = [Column(say("Figure"), []), Column(say("Value"), [], "count"), Column(say("More"), [])]
    book.table(sheet, heads, row=row + 1)
    for n, key in enumerate(keys, row + 2):
        book.put(sheet, n, 0, key.name, book.of_kind("text"))
        look = book.of_kind(key.kind, align="right", indent=0)
        book.put(sheet, n, 1, key.figure if key.kind == "text" else key.value, look)
        book.put(sheet, n, 2, key.more, book.of_kind("text"))
    row += len(keys) + 3
    book.put(sheet, row, 0, say("In this workbook"), book.format(bold=True, font_color=DEEP))
    for n, (name, about) in enumerate(names.items(), row + 1):
        book.link(sheet, n, 0, name, about)
    sheet.fit_to_pages(1, 1)


def _sheet(book: Book, part: _Part) -> None:
    """Write a table, tinted by its findings, with a chart of it below."""
    table, columns = part.table, list[Column]()
    for k, head in enumerate(table.head):
        cells = [row[k] for row in table.rows]
        if all(c.number and c.value != c.value for c in cells):
            continue
        if any(c.id for c in cells):
            columns.append(Column(say("ID"), [c.id or c.text for c in cells]))
        if cells[0].of:
            for end, title in enumerate((mark("{range} from"), mark("{range} to"))):
                ends = [c.ends[end] if c.ends else None for c in cells]
                columns.append(Column(say(title, range=head), ends, cells[0].of))
        else:
            columns.append(Column(head, [_value(c) for c in cells], cells[0].kind))
    sheet = book.sheet(part.name)
    place = book.table(sheet, columns, name=part.code)
    finding = say("Finding")
    if finding in place.columns:
        at = place.top(finding)
        for look, fill in (("up", "well"), ("out", "off")):
            words = ",".join(f'{at}="{say(w)}"' for w, seen in tables.LOOKS.items() if seen == look)
            book.colour(sheet, place, finding, f"OR({words})", fill)
    drawn = [(say(t), place.columns[say(t)], look) for t, look in part.drawn if say(t) in place.columns]
    if drawn and 1 < len(table.rows) <= _DRAWN:
        of = {c.title: [v for v in c.cells if v is not None] for c in columns}
        largest = max((abs(v) for t, *_ in drawn for v in of[t]), default=0.0)
        shares = any(c.kind == "share" for c in columns if c.title == drawn[0][0])
        names = next(n for t, n in place.columns.items() if t.casefold() == part.names.casefold())
        charts.columns(book, sheet, (place.last + 2, 0), place, names, drawn, table.title, table.title, largest,
                       form="0%" if shares else "")  # fmt: skip


def _value(cell: Cell) -> str | float | None:
    if not cell.number:
        return cell.text
    return cell.value if cell.value == cell.value else None


def _customers(book: Book, table: pd.DataFrame, reps: dict[str, str]) -> None:
    """Every customer: the one sheet that is not on the slides."""
    kinds = [say(tables.KINDS.get(m, m)) for m in table["moved"]]
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
        say("Difference"): ((), "amount"),
        say("A year before"): (table["year_before"], "amount"),
        say("Feedback before"): (table["feedback_before"], "points"),
        say("Feedback now"): (table["feedback"], "points"),
    }
    at = {title: xl_col_to_name(n) for n, title in enumerate(given)}
    sold, planned = at[say("Sold")], at[say("Potential")]
    off = [Formula(f"{sold}{n}-{planned}{n}", round(b - a, 6))
           for n, (a, b) in enumerate(zip(table["planned"], table["actual"], strict=True), 2)]  # fmt: skip
    given[say("Difference")] = (off, "amount")
    columns = [Column(title, [*cells], kind) for title, (cells, kind) in given.items()]
    sheet = book.sheet(say("Customers"))
    place = book.table(sheet, columns, name="Customers", lead=2)
    book.bars(sheet, place, say("Sold"))
