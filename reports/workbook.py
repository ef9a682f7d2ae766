"""A run as a workbook an analyst works on: figures as numbers, formulas where they edit, and a sheet for feedback."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence

from xlsxwriter.exceptions import XlsxFileError

from reports import metrics, wording
from reports.sheets import books, customers, exceptions, feedback, moves, scenarios, summary
from reports.sheets.book import LARGE, Book
from reports.words import mark, say
from scenarios.files import FilesError
from scenarios.run.record import Run

ABOUT = {
    "books": mark("a row a rep: loads, target, band, limits"),
    "customers": mark("every customer, its rep and why"),
    "moves": mark("who changes hands, the largest first"),
    "exceptions": mark("broken rules, no rep, loads that are off"),
    "scenarios": mark("a row a run, side by side"),
    "feedback": mark("accept, challenge or pin: read back later"),
}
"""What the sheets are, as the summary tells."""


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

    book = Book(wording.plan_title(head["plan"], head["period"]), run.created, many > LARGE, rows,
                wording.scenario_said(head["scenario"]), say("Run {run}", run=run.id))  # fmt: skip
    first = book.sheet(say(summary.NAME))
    places = {
        "books": books.write(book, run),
        "customers": customers.write(book, run),
        "moves": moves.write(book, run),
    }
    places["exceptions"] = exceptions.write(book, run)
    places["scenarios"] = scenarios.write(book, (run, *others))
    places["feedback"] = feedback.write(book, run)
    parts = [(place.sheet, say(ABOUT[name])) for name, place in places.items()]
    summary.write(book, first, run, places, parts)
    first.activate()
    return book.close()
