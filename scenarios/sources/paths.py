"""From what a plan names as a source to a file that can be read."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from scenarios.sources.collect import Refused
from scenarios.sources.spec import Limits
from solver.problems import Problem, nearest, shorten

KINDS = {
    ".csv": "text", ".tsv": "text", ".txt": "text",
    ".xlsx": "workbook", ".xlsm": "workbook",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
"""What each ending is read as."""

_READABLE = "csv, tsv, txt, xlsx, xlsm or parquet"
_MAGIC = {
    b"PK\x03\x04": "a zip archive or workbook",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "gzip-compressed",
    b"\xd0\xcf\x11\xe0": "an old .xls or a password-protected workbook",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"SQLite format 3": "an SQLite database",
    b"\x7fELF": "a program",
    b"BZh": "bzip2-compressed",
    b"7z\xbc\xaf": "a 7z archive",
}


def is_url(source: str) -> bool:
    """Say whether a source is a database URL rather than a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+._-]*://", source) is not None


def find_file(source: str, folder: Path, limits: Limits) -> tuple[Path, str]:
    """Return the file and what to read it as (``text``, ``workbook``, ``parquet``).

    Raises
    ------
    Refused
        It is not there, no regular file, empty, too large, or of no kind that can be read.
    """
    name = shorten(source, 200)
    if not source.isprintable():
        raise Refused(Problem("bad_path", "the path has control characters in it", name))
    path = folder / source
    try:
        info = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise Refused(_missing(path, name)) from None
    except PermissionError:
        raise Refused(
            Problem("unreadable", "may not be read: you lack the permission to look into its folder", name,
                    fix="ask its owner for the right to read it, or save a copy of your own")
        ) from None  # fmt: skip
    except OSError as error:
        raise Refused(Problem("unreadable", f"cannot be opened: {error.strerror}", name)) from None
    if stat.S_ISDIR(info.st_mode):
        inside = _data_files(path)
        fix = f"name a file in it: {', '.join(inside[:5])}" if inside else "name a file"
        raise Refused(Problem("not_a_file", "is a folder", name, expected=f"a {_READABLE} file", fix=fix))
    if not stat.S_ISREG(info.st_mode):
        raise Refused(Problem("not_a_file", "is no regular file", name, expected=f"a {_READABLE} file"))
    if not info.st_size:
        raise Refused(Problem("empty_file", "the file is empty", name, fix="export it again"))
    if info.st_size > limits.max_bytes:
        raise Refused(
            Problem("too_large", f"the file has {info.st_size:,} bytes", name,
                    expected=f"at most {limits.max_bytes:,}", fix="export fewer rows, or raise data.limits.max_bytes")
        )  # fmt: skip
    if not os.access(path, os.R_OK):
        raise Refused(
            Problem("unreadable", "may not be read: you lack the permission", name, expected=f"a {_READABLE} file",
                    fix="ask its owner for the right to read it, or save a copy of your own")
        )  # fmt: skip
    return path, _kind(path, name)


def _kind(path: Path, name: str) -> str:
    kind = KINDS.get(path.suffix.lower())
    with path.open("rb") as file:
        start = file.read(16)
    what = next((w for magic, w in _MAGIC.items() if start.startswith(magic)), "")
    if kind is None:
        raise Refused(
            Problem("unknown_kind", "is not a kind of file that a table is read from: "
                    f"{f'its name ends in {path.suffix}' if path.suffix else 'its name has no ending'}"
                    f"{f', and it is {what}' if what else ''}", name,
                    expected=f"a {_READABLE} file, or a database URL",
                    fix=f"name it as a database: source: sqlite:///{name}, with table: or query:" if "SQLite" in what
                    else "save it as XLSX or CSV")
        )  # fmt: skip
    fits = {"workbook": start.startswith(b"PK"), "parquet": start.startswith(b"PAR1"), "text": not what}
    if not fits[kind]:
        content = what or "something else"
        fix = "save it as XLSX without a password" if "old .xls" in content else "export it again, or mend its ending"
        raise Refused(
            Problem("binary_file", f"its name ends in {path.suffix} but it is {content}", name,
                    expected=f"a {'text' if kind == 'text' else path.suffix[1:]} file", fix=fix)
        )  # fmt: skip
    return kind


def _missing(path: Path, name: str) -> Problem:
    parent = path.parent
    if not parent.is_dir():
        return Problem("file_missing", "there is no such file, nor its folder", name)
    files = _data_files(parent)
    near = nearest(path.name, files, 0.75)
    if near:
        fix = f"did you mean {near}?"
    else:
        fix = f"its folder holds {', '.join(files[:8])}" if files else "its folder holds no such files at all"
    return Problem("file_missing", "there is no such file", name, fix=fix)


def _data_files(folder: Path) -> list[str]:
    try:
        return sorted(shorten(p.name) for p in folder.iterdir() if p.suffix.lower() in KINDS)
    except OSError:
        return []
