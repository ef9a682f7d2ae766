"""What is wrong with an input as a workbook: a row a place, for people who mend their files in a spreadsheet.

In English, as what the terminal says: the sentences are the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from reports import wording
from reports.sheets.book import LARGE, Book
from reports.sheets.looks import Column
from solver.problems import WORST_FIRST, Problem


def problems_workbook(found: Iterable[Problem], plan: str, made: dt.datetime) -> bytes:
    """Return problems as an XLSX file's content: the worst first, else in their order; none at all is a header alone.

    Parameters
    ----------
    plan : whose input it is.
    made : written into the file as its date.

    Raises
    ------
    scenarios.files.FilesError
        There are more than a sheet has rows.
    """
    rows = sorted(found, key=lambda p: WORST_FIRST.index(p.severity))
    book = Book(f"Problems of {plan}", made, len(rows) > LARGE)
    sheet = book.sheet("Problems")
    columns = [
        Column("Severity", [p.severity for p in rows]),
        Column("Kind", [wording.spoken(p.code) for p in rows]),
        Column("File", [p.file for p in rows]),
        Column("Sheet", [p.sheet for p in rows]),
        Column("Row", [p.row for p in rows], "count"),
        Column("Column", [p.column for p in rows]),
        Column("Cell", [p.cell for p in rows]),
        Column("Found", [p.value for p in rows]),
        Column("What is wrong", [p.message for p in rows], "long"),
        Column("Expected", [p.expected for p in rows], "long"),
        Column("How to mend it", [p.fix for p in rows], "long"),
        Column("Done", [None] * len(rows), editable=True, width=12.0),
    ]
    place = book.table(sheet, columns, name="Problems", lead=1)
    severity = place.top("Severity")
    book.colour(sheet, place, "Severity", f'{severity}="error"', "broken")
    book.colour(sheet, place, "Severity", f'{severity}="warning"', "off")
    return book.close()
