"""Text files of cells: CSV and its kin."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from pathlib import Path

import numpy as np

from scenarios.sources.collect import Collector, Refused
from scenarios.sources.encoding import decode
from scenarios.sources.grid import (
    Cells,
    Grid,
    Tidy,
    as_cells,
    check_cells,
    check_header,
    check_size,
    drop_empty_rows,
)
from scenarios.sources.spec import Limits, Source
from scenarios.sources.titles import Fits, line_of_names, say_titles
from solver.problems import Problem, shorten

_CHUNK = 20_000
_DELIMITERS = ",;\t|"
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def read_text(path: Path, spec: Source, limits: Limits, found: Collector, fits: Fits) -> Grid:
    """Read a text file of cells; `fits` says whether column names are those of the table that is sought.

    Raises
    ------
    Refused
        Nothing of it can be used; lesser problems go to `found`.
    """
    file = shorten(spec.source, 200)
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    text = decode(data, spec.encoding, file, found)
    del data
    if "\0" in text:
        _report_nul(text, file, found)
        text = text.replace("\0", "")
    first, delimiter = 1, spec.delimiter
    if says := re.match(r"sep=(.)\r?\n", text, re.IGNORECASE):  # a line Excel understands
        text, first, delimiter = text[says.end() :], 2, delimiter or says[1]
    if not text.strip():
        raise Refused(Problem("empty_file", "there is nothing in the file but blanks", file))
    if path.suffix.lower() == ".tsv":
        delimiter = delimiter or "\t"
    if above := line_of_names(text, delimiter or _DELIMITERS, fits):
        titles, text = text.split("\n", above)[:above], text.split("\n", above)[above]
        first += above
        say_titles(next((t.strip() for t in titles if t.strip()), ""), first, file, "", found)
    delimiter = delimiter or _find_delimiter(text)
    header, columns, numbers = _read(text, delimiter, first, limits, file, found)
    rows = np.array(numbers, dtype=np.int64)
    columns, rows = drop_empty_rows(columns, rows, file, "", found)
    names, columns = check_header(header, columns, file, "", first, found)
    check_cells(zip(names, columns, strict=True), rows, limits, file, "", found)
    return Grid(file, "", names, columns, rows, digest, delimiter == ";")


def _report_nul(text: str, file: str, found: Collector) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        if "\0" in line:
            found.add(
                Problem("nul_character", "the line has zero bytes in it", file, row=number,
                        value=shorten(line), fix="export the file again; it may be damaged")
            )  # fmt: skip


def _find_delimiter(text: str) -> str:
    """Return the sign that splits the first lines into most columns, evenly."""
    head = text[:100_000].splitlines()[:30]
    if len(text) > 100_000 and len(head) > 1:
        head = head[:-1]
    best, delimiter = 1.0, ","
    for sign in _DELIMITERS:
        widths: Counter[int] = Counter()
        try:
            widths.update(len(row) for row in csv.reader(head, delimiter=sign) if row)
        except csv.Error:
            continue
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        first = len(next(csv.reader(head, delimiter=sign), []))
        score = min(width, first) * count / widths.total() if width > 1 else 0.0
        if score > best:
            best, delimiter = score, sign
    return delimiter


def _read(
    text: str, delimiter: str, first: int, limits: Limits, file: str, found: Collector
) -> tuple[list[str], list[Cells], list[int]]:
    """Return header, columns and the line each row starts on."""
    before = csv.field_size_limit(max(len(text), 131_072))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    offset = first - 1
    start = 0
    try:
        header = _header(reader)
        width = len(header)
        check_size(0, width, limits, file)
        tidy = [Tidy() for _ in range(width)]
        parts: list[list[Cells]] = [[] for _ in range(width)]
        numbers: list[int] = []
        chunk: list[list[str]] = []
        start = reader.line_num
        for row in reader:
            line, start = start + 1 + offset, reader.line_num
            if len(row) != width:
                if not row:
                    continue
                if width == 1 and not numbers and any(cell.strip() for cell in row[1:]):
                    raise Refused(_title(header[0], len(row), first, file))
                row = _even(row, width, line, header, delimiter, file, found)
            chunk.append(row)
            numbers.append(line)
            if len(chunk) >= _CHUNK:
                _store(chunk, tidy, parts)
                check_size(len(numbers), width, limits, file)
        _store(chunk, tidy, parts)
        check_size(len(numbers), width, limits, file)
    except csv.Error as error:
        raise Refused(_quoting(str(error), start + 1 + offset, file)) from None
    finally:
        csv.field_size_limit(before)
    return header, [np.concatenate(p) if p else as_cells([]) for p in parts], numbers


def _header(reader: object) -> list[str]:
    for row in reader:  # type: ignore[attr-defined]
        if row:
            return list(row)
    return []


def _store(chunk: list[list[str]], tidy: list[Tidy], parts: list[list[Cells]]) -> None:
    if chunk:
        for index, column in enumerate(zip(*chunk, strict=True)):
            parts[index].append(as_cells(list(map(tidy[index].__getitem__, column))))
        chunk.clear()


def _even(
    row: list[str], width: int, line: int, header: list[str], delimiter: str, file: str, found: Collector
) -> list[str]:
    """Return the row with as many cells as there are columns; cells too few or too many are a problem."""
    if len(row) > width:
        if any(cell.strip() for cell in row[width:]):
            extra = next(cell for cell in row[width:] if cell.strip())
            name = _NAMES.get(delimiter, delimiter)
            found.add(
                Problem("ragged_row", f"the row has {len(row)} cells under {width} column names", file, row=line,
                        column=header[-1].strip(), value=shorten(extra), expected=f"{width} cells",
                        fix=f"put quotation marks around a cell that has a {name} in it")
            )  # fmt: skip
        return row[:width]
    if any(cell.strip() for cell in row):
        found.add(
            Problem("ragged_row", f"the row has {len(row)} cells under {width} column names", file, row=line,
                    column=header[len(row)].strip(), expected=f"{width} cells", value=shorten(delimiter.join(row)),
                    fix="a line break inside a cell needs quotation marks around the cell")
        )  # fmt: skip
    return row + [""] * (width - len(row))


def _title(text: str, cells: int, line: int, file: str) -> Problem:
    return Problem("title_above", f"the first row has one cell, and the row below it {cells}", file, row=line,
                   value=shorten(text), expected="the names of the columns in the first row",
                   fix="if a title stands above the table, delete its row")  # fmt: skip


def _quoting(message: str, line: int, file: str) -> Problem:
    if "end of data" in message:
        return Problem("bad_quoting", "a quotation mark is opened and never closed", file, row=line,
                       fix="close it, or double a quotation mark that belongs to the text")  # fmt: skip
    if "expected after" in message:
        return Problem("bad_quoting", "text follows a closing quotation mark", file, row=line,
                       fix="double each quotation mark that belongs to the text")  # fmt: skip
    return Problem("bad_quoting", f"cannot be split into cells: {message}", file, row=line)
