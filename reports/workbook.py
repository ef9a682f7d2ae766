"""A run as a workbook an analyst works on: figures as numbers, formulas where they edit, and a sheet for feedback."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence

from xlsxwriter.exceptions import XlsxFileError

from reports import metrics, wording
from reports.sheets import books, customers, exceptions, feedback, moves, scenarios, summary
from reports.sheets.book import Book
from reports.words import say
from scenarios.files import FilesError
from scenarios.run.record import Run

LARGE = 20_000
"""More customers than that are written row by row to temporary files: 100,000 take 0.4 GB of memory, not 0.9."""


def workbook(run: Run, others: Sequence[Run] = (), tell: Callable[[float], None] | None = None) -> bytes:
    """Return the workbook as an XLSX file's content, the same bytes for the same runs.

    Parameters
    ----------
    others : further runs, a row each in the sheet Scenarios.
    tell : told which part of it is made, 0 to 1.

    Raises
    ------
    scenarios.files.FilesError
        There are more customers than a sheet has rows, or no room for the temporary files.
    """
    try:
        return _workbook(run, others, tell)
    except (OSError, XlsxFileError) as error:
        why = getattr(error, "strerror", None) or error
        raise FilesError(f"cannot write the workbook's temporary files in {tempfile.gettempdir()}: {why}") from error


def _workbook(run: Run, others: Sequence[Run], tell: Callable[[float], None] | None) -> bytes:
    head = metrics.headline(run)
    many = len(run.tables.customers)
    moved = int((run.assignment["moved"] != "kept").sum()) if len(run.assignment) else 0
    written = 2 * many + moved  # the rows of the long sheets; packing them takes half as long again

    def rows(done: int) -> None:
        if tell:
            tell(done / (1.5 * max(written, 1)))

    book = Book(wording.plan_title(head["plan"], head["period"]), run.created, many > LARGE, rows)
    first = book.sheet(say(summary.NAME))
    places = {
        "books": books.write(book, run),
        "customers": customers.write(book, run),
        "moves": moves.write(book, run),
    }
    exceptions.write(book, run)
    scenarios.write(book, (run, *others))
    places["feedback"] = feedback.write(book, run)
    summary.write(book, first, run, places)
    first.activate()
    return book.close()
