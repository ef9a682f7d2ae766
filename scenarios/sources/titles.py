"""Titles above a table: which row names its columns, where the first one does not.

Reports that a CRM writes to a spreadsheet begin with their name, who ran them and when; the table is further down.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from scenarios.sources.collect import Collector
from scenarios.sources.grid import header_name
from solver.problems import Problem, shorten

MOST = 30
"""Rows in which the names of the columns are looked for."""
Fits = Callable[[list[str]], bool]
"""Whether column names are those of the table that is sought."""


def names_at(rows: Iterable[Sequence[Any]], fits: Fits) -> int:
    """Return the first of the topmost rows that names the columns sought; 0, the first row, where none does."""
    for n, row in enumerate(islice(rows, MOST)):
        names = [name for cell in row if (name := header_name(cell))]
        if names and fits(names):
            return n
    return 0


def line_of_names(text: str, delimiters: Iterable[str], fits: Fits) -> int:
    """Return how many lines of a text stand above the one that names the columns sought; 0 where none does."""
    for n, line in enumerate(text.split("\n", MOST)[:MOST]):
        for sign in delimiters:
            try:
                row = next(csv.reader([line.rstrip("\r")], delimiter=sign), [])
            except csv.Error:
                continue
            if len(row) > 1 and fits([name for cell in row if (name := header_name(cell))]):
                return n
    return 0


def say_titles(title: object, row: int, file: str, sheet: str, found: Collector) -> None:
    """Say that the names of the columns stand in a row of the file further down, and what stands above them."""
    said = f", {shorten(title)!r}" if title else ""
    found.add(
        Problem("titles_above", f"the columns are named in row {row}; what stands above is left out{said}", file, sheet,
                row=row, severity="note")
    )  # fmt: skip
