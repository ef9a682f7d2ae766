"""Is a workbook safe to open? Looks at its zip directory and streams through its sheet, holding little in memory.

A workbook is a zip file of XML. A small one may unpack to gigabytes, or name one cell in the last row and column,
for which the reader would make room for the whole rectangle. And the reader shows a formula that was never worked
out, or an error value, as an empty cell: they are found here.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from scenarios.sources.collect import Refused
from scenarios.sources.grid import Flaw, column_letter
from scenarios.sources.spec import Limits
from solver.problems import Problem

MAX_ENTRIES = 5_000
MAX_RATIO = 200
"""Largest factor by which an entry of more than a mebibyte may grow when unpacked."""
MAX_AREA = 12_000_000
"""Cells in the rectangle around everything in a sheet."""
_CHUNK = 1 << 16
_MAX_FLAWS = 100_000


@dataclass
class SheetScan:
    """What was seen in a sheet: its extent and the cells the reader would show wrongly, by (row, 0-based column)."""

    rows: int = 0
    columns: int = 0
    flaws: dict[tuple[int, int], Flaw] = field(default_factory=dict)


def check_archive(path: Path, limits: Limits, file: str) -> dict[str, str]:
    """Refuse a workbook that would unpack to too much; return the entry of each worksheet by the sheet's name.

    Raises
    ------
    Refused
        It is damaged, too large, or built to overwhelm.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_directory(archive, path.stat().st_size, limits, file)
            for info in archive.infolist():
                if info.filename.endswith((".xml", ".rels")) and "/worksheets/sheet" not in info.filename:
                    _drain(archive, info)
            return _sheets(archive)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, KeyError, OSError, ValueError) as error:
        raise Refused(_damaged(error, file)) from None
    except expat.ExpatError as error:
        raise Refused(_damaged(error, file)) from None


def _check_directory(archive: zipfile.ZipFile, size: int, limits: Limits, file: str) -> None:
    entries = archive.infolist()
    total = sum(e.file_size for e in entries)
    packed = sum(e.compress_size for e in entries)
    why = ""
    if len(entries) > MAX_ENTRIES:
        why = f"it holds {len(entries):,} files; at most {MAX_ENTRIES:,} are allowed"
    elif total > limits.max_bytes:
        why = f"it unpacks to {total:,} bytes; at most {limits.max_bytes:,} are allowed"
    elif packed > size:
        why = "its parts overlap"
    elif steep := [e for e in entries if e.file_size > max(1 << 20, MAX_RATIO * e.compress_size)]:
        growth = steep[0].file_size // max(1, steep[0].compress_size)
        why = f"a part of it grows {growth:,} times when unpacked; at most {MAX_RATIO} times is allowed"
    elif len({e.filename for e in entries}) < len(entries):
        why = "it holds two parts of one name"
    if why:
        raise Refused(
            Problem("zip_bomb", f"the workbook is not opened: {why}", file,
                    fix="copy its cells to a new workbook, or save the sheet as CSV")
        )  # fmt: skip


def _drain(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    """Read an entry to its end: a size that was declared too small comes out as a broken checksum."""
    with archive.open(info) as stream:
        while stream.read(_CHUNK):
            pass


def _damaged(error: Exception, file: str) -> Problem:
    text = str(error)
    if "encrypted" in text or "password" in text:
        return Problem("unreadable", "the workbook is protected by a password", file, fix="save it without one")
    return Problem("unreadable", "the workbook is damaged and cannot be opened", file, fix="export it again")


def _sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    targets: dict[str, str] = {}
    names: dict[str, str] = {}

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship":
            target = attributes.get("Target", "")
            targets[attributes.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            link = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), "")
            names[attributes.get("name", "")] = link

    _parse(archive, "xl/_rels/workbook.xml.rels", relation)
    _parse(archive, "xl/workbook.xml", sheet)
    return {name: targets[link] for name, link in names.items() if link in targets}


def _parser() -> Any:
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise ValueError("a workbook needs no document type")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _parse(archive: zipfile.ZipFile, entry: str, start: Any) -> None:
    parser = _parser()
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    with archive.open(entry) as stream:
        parser.ParseFile(stream)


def scan_sheet(path: Path, entry: str, limits: Limits, file: str, sheet: str) -> SheetScan:
    """Stream through one worksheet.

    Raises
    ------
    Refused
        It is damaged, or its cells span more than the limits allow.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            with archive.open(entry) as stream:
                scan = _glance(stream)
            if scan is not None and _too_large(scan, limits, file, sheet) is None:
                return scan
            with archive.open(entry) as stream:
                return _study(stream, limits, file, sheet)
    except (zipfile.BadZipFile, EOFError, RuntimeError, KeyError, OSError, ValueError, expat.ExpatError) as error:
        raise Refused(_damaged(error, file)) from None


_ANY_REFERENCE = re.compile(rb"[\"']([A-Z]{1,3})([0-9]{1,7})[\"']")
_FORMULA_OR_ERROR = re.compile(rb"<(?:[\w.-]+:)?f[\s/>]|\st\s*=\s*[\"']e[\"']|&#|<!DOCTYPE")


def _glance(stream: IO[bytes]) -> SheetScan | None:
    """Take a sheet's extent from anything that looks like a cell's name; None where it has a formula or an error.

    Five times as fast as parsing, which most sheets never need.
    """
    scan, tail = SheetScan(), b""
    while data := stream.read(1 << 20):
        if not tail and not data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
            return None
        data = tail + data
        cells = _ANY_REFERENCE.findall(data)
        for letters in {letters for letters, _ in cells}:
            scan.columns = max(scan.columns, _column_number(letters.decode("ascii")))
        if cells:
            scan.rows = max(scan.rows, max(int(number) for number in {number for _, number in cells}))
        if _FORMULA_OR_ERROR.search(data):
            return None
        tail = data[-64:]
    return scan


def _study(stream: IO[bytes], limits: Limits, file: str, sheet: str) -> SheetScan:
    """Parse a sheet and find its formulas without a value and its errors."""
    scanner, parser = _Scanner(), _parser()
    scanner.attach(parser)
    while data := stream.read(_CHUNK):
        parser.Parse(data, False)
        _check_extent(scanner.scan, limits, file, sheet)
    parser.Parse(b"", True)
    scanner.close_cell()
    _check_extent(scanner.scan, limits, file, sheet)
    return scanner.scan


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _check_extent(scan: SheetScan, limits: Limits, file: str, sheet: str) -> None:
    if problem := _too_large(scan, limits, file, sheet):
        raise Refused(problem)


def _too_large(scan: SheetScan, limits: Limits, file: str, sheet: str) -> Problem | None:
    code = message = limit = fix = ""
    if scan.rows > limits.max_rows + 1:
        code, message = "too_many_rows", f"the sheet has cells down to row {scan.rows:,}"
        limit, fix = f"{limits.max_rows:,} rows", "delete what stands below the table"
    elif scan.columns > limits.max_columns:
        code, message = "too_many_columns", f"the sheet has cells up to column {column_letter(scan.columns - 1)}"
        limit, fix = f"{limits.max_columns:,} columns", "delete what stands beside the table"
    elif scan.rows * scan.columns > MAX_AREA:
        code, message = "too_large", f"the sheet spans {scan.rows:,} rows × {scan.columns:,} columns"
        limit, fix = f"{MAX_AREA:,} cells", "delete what stands around the table, or save it as CSV"
    return Problem(code, message, file, sheet, expected=f"at most {limit}", fix=fix) if code else None


_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class _Scanner:
    def __init__(self) -> None:
        self.scan = SheetScan()
        self.row = self.column = 0
        self.kind = ""
        self.formula = self.open_value = False
        self.text = ""
        self.parser: Any = None

    def attach(self, parser: Any) -> None:
        self.parser = parser
        parser.StartElementHandler = self.start

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if ":" in tag:
            tag = tag.rpartition(":")[2]
        if tag == "c":
            if self.formula or self.kind == "e":
                self.close_cell()
            self.kind = attributes.get("t", "")
            self.column += 1
            found = _REFERENCE.fullmatch(attributes.get("r", ""))
            if found:
                self.column = _column_number(found[1])
                self.row = int(found[2])
            if self.kind == "e":
                self.parser.CharacterDataHandler = self.characters
        elif tag in {"v", "is"}:
            self.count()
            self.text = ""
            self.open_value = True
        elif tag == "f":
            self.count()
            self.formula = True
            self.open_value = False
            self.parser.CharacterDataHandler = self.characters
        elif tag == "row":
            if self.formula or self.kind == "e":
                self.close_cell()
            number = attributes.get("r", "")
            self.row = int(number) if number.isdecimal() else self.row + 1
            self.column = 0

    def count(self) -> None:
        """Take the cell into the extent: one that has only a format does not count."""
        self.scan.columns = max(self.scan.columns, self.column)
        self.scan.rows = max(self.scan.rows, self.row)

    def characters(self, text: str) -> None:
        if self.open_value:
            self.text += text[:100]

    def close_cell(self) -> None:
        """Look at the cell just read, if it has a formula or an error; called when the next one begins."""
        text = self.text.strip()
        at = (self.row, self.column - 1)
        if len(self.scan.flaws) < _MAX_FLAWS:
            if self.kind == "e":
                self.scan.flaws[at] = Flaw("spreadsheet_error", text or "#ERROR")
            elif self.formula and not text and self.kind not in {"str", "inlineStr"}:
                self.scan.flaws[at] = Flaw("formula_without_value", "formula")
        self.kind, self.text, self.formula, self.open_value = "", "", False, False
        self.parser.CharacterDataHandler = None
