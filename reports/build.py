"""A run's reports as files, all of them or none. A new format is one more entry of `FORMATS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from reports.charts import plots
from reports.page import page
from scenarios.files import safe_name, write_all
from scenarios.record import Run

Progress = Callable[[str, int, int], None]
"""Told which format is being made, how many are done, and of how many."""
KINDS: tuple[Literal["png", "svg"], ...] = ("png", "svg")
Files = Iterator[tuple[str, bytes | str]]


def _page(run: Run) -> Files:
    yield "page.html", page(run)


def _charts(run: Run) -> Files:
    taken: set[str] = set()
    for plot in plots(run):
        name = stem = safe_name(plot.name)
        while name.casefold() in taken:  # two metrics whose names differ only in signs no file name may have
            name = f"{stem}-{len(taken)}"
        taken.add(name.casefold())
        for kind in KINDS:
            yield f"{name}.{kind}", plot.picture(kind)


FORMATS: dict[str, Callable[[Run], Files]] = {"page": _page, "charts": _charts}
"""What makes each format's files, by its name on the command line."""


def build(
    run: Run, folder: Path, formats: set[str] | frozenset[str] = frozenset(FORMATS), progress: Progress | None = None
) -> list[Path]:
    """Make the reports and write them to a folder: either all files are there, or what was there before.

    Parameters
    ----------
    formats : names of `FORMATS`; ``page`` is one HTML file, ``charts`` a PNG (300 dpi) and an SVG a picture.
    progress : called before each format, and before writing, with what is next, how many are done, and of how many.

    Returns
    -------
    The files written, in order.

    Raises
    ------
    ValueError
        A format is unknown.
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
        made.update(FORMATS[name](run))
    if progress:
        progress("writing", len(chosen), len(chosen))
    return write_all(folder, made)
