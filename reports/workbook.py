"""A run as a workbook an analyst works on: figures as numbers, formulas where they edit, and a sheet for feedback."""

from __future__ import annotations

from collections.abc import Sequence

from reports import metrics, wording
from reports.sheets import books, customers, exceptions, feedback, moves, scenarios, summary
from reports.sheets.book import Book
from reports.words import say
from scenarios.record import Run


def workbook(run: Run, others: Sequence[Run] = ()) -> bytes:
    """Return the workbook as an XLSX file's content, the same bytes for the same runs.

    Parameters
    ----------
    others : further runs, a row each in the sheet Scenarios.

    Raises
    ------
    scenarios.files.FilesError
        There are more customers than a sheet has rows.
    """
    head = metrics.headline(run)
    book = Book(wording.plan_title(head["plan"], head["period"]), run.created)
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
