"""One source of the plan becomes one grid: the right reader for a file or a database."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from scenarios.sources.collect import Collector
from scenarios.sources.grid import Grid
from scenarios.sources.mapping import is_like
from scenarios.sources.paths import find_file, is_url
from scenarios.sources.spec import Limits, Source
from solver.problems import Problem, shorten

_OPTIONS = {
    "database": ("query", "table"),
    "workbook": ("sheet",),
    "text": ("encoding", "delimiter"),
    "parquet": (),
}


def read_source(kind: str, spec: Source, folder: Path, limits: Limits, found: Collector) -> Grid:
    """Read a source of customers, reps or history as it stands.

    Raises
    ------
    Refused
        Nothing of it can be used; lesser problems go to `found`.
    """
    if is_url(spec.source):
        from scenarios.sources.database import read_database

        _idle(spec, "database", found)
        return read_database(spec, folder, limits, found)
    path, form = find_file(spec.source, folder, limits)
    _idle(spec, form, found)
    fits = partial(is_like, kind, explicit=spec.columns)
    if form == "workbook":
        from scenarios.sources.workbook import read_workbook

        return read_workbook(path, spec, limits, found, fits)
    if form == "parquet":
        from scenarios.sources.parquet import read_parquet

        return read_parquet(path, spec, limits, found)
    from scenarios.sources.delimited import read_text

    return read_text(path, spec, limits, found, fits)


def _idle(spec: Source, kind: str, found: Collector) -> None:
    """Warn of options that have no effect on this kind of source."""
    for other, options in _OPTIONS.items():
        for option in options:
            if other != kind and getattr(spec, option) is not None:
                name = "a database" if is_url(spec.source) else shorten(spec.source, 200)
                found.add(
                    Problem("idle_option", f"{option} has no effect: it is for a {other}", name, column=option,
                            severity="warning")
                )  # fmt: skip
