"""A run's reports as files, all of them or none. A new format is one more entry of `FORMATS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from reports.charts import plots
from reports.crm import crm, systems
from reports.handover import handover
from reports.page import page
from reports.workbook import workbook
from scenarios.files import safe_name, write_all
from scenarios.record import Run

Progress = Callable[[str, int, int], None]
"""Told which format is being made, how many are done, and of how many."""
KINDS: tuple[Literal["png", "svg", "pdf"], ...] = ("png", "svg", "pdf")
Files = Iterator[tuple[str, bytes | str]]


def _page(run: Run, _: Sequence[Run]) -> Files:
    yield "page.html", page(run)


def _charts(run: Run, _: Sequence[Run]) -> Files:
    taken: set[str] = set()
    for plot in plots(run):
        name = stem = safe_name(plot.name)
        while name.casefold() in taken:  # two metrics whose names differ only in signs no file name may have
            name = f"{stem}-{len(taken)}"
        taken.add(name.casefold())
        for kind in KINDS:
            yield f"{name}.{kind}", plot.picture(kind)


def _workbook(run: Run, others: Sequence[Run]) -> Files:
    yield "workbook.xlsx", workbook(run, others)


def _handover(run: Run, _: Sequence[Run]) -> Files:
    yield "handover.zip", handover(run)


def _crm(run: Run, _: Sequence[Run]) -> Files:
    yield from crm(run)


FORMATS: dict[str, Callable[[Run, Sequence[Run]], Files]] = {
    "page": _page, "charts": _charts, "workbook": _workbook, "handover": _handover, "crm": _crm,
}  # fmt: skip
"""What makes each format's files from a run and those to show beside it, by its name on the command line."""
DEFAULT = frozenset({"page", "charts"})


def unsuited(run: Run) -> dict[str, str]:
    """Return the formats that cannot be made of a run, with the reason: ``all`` leaves them out."""
    if systems(run):
        return {}
    return {"crm": "no customer changes hands, or their ids are those of no CRM (--format crm lists them)"}


def build(
    run: Run,
    folder: Path,
    formats: set[str] | frozenset[str] = DEFAULT,
    progress: Progress | None = None,
    others: Sequence[Run] = (),
) -> list[Path]:
    """Make the reports and write them to a folder: either all files are there, or what was there before.

    Parameters
    ----------
    formats : names of `FORMATS`; ``page`` is one HTML file, ``charts`` a PNG (300 dpi), an SVG and a PDF a picture,
        ``workbook`` an XLSX, ``handover`` a ZIP of pages for reps and managers, ``crm`` owner changes as CSV.
    progress : called before each format, and before writing, with what is next, how many are done, and of how many.
    others : runs to show beside it, in the formats that can.

    Returns
    -------
    The files written, in order.

    Raises
    ------
    ValueError
        A format is unknown.
    solver.problems.InputError
        The run's ids are not those a CRM takes.
    scenarios.files.FilesError
        The folder cannot be written; everything is as it was.
    """
    if unknown := sorted(set(formats) - set(FORMATS)):
        raise ValueError(f"no report format {', '.join(unknown)}; there are {', '.join(FORMATS)}")
    made: dict[str, bytes | str] = {}
    chosen = [name for name in FORMATS if name in formats]
    for done, name in enumerate(chosen):
        if progress:
            progress(name, done, len(chosen))
        made.update(FORMATS[name](run, others))
    if progress:
        progress("writing", len(chosen), len(chosen))
    return write_all(folder, made)
