"""Files that are there whole or not at all, names that are safe, and text that no spreadsheet takes for a formula.

What is written goes under a temporary name in the same folder, reaches the disk, and is renamed: whoever looks, and
whatever fails, finds the old file or the new one.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import math
import os
import secrets
import shutil
import stat
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solver.problems import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

#: Longest file name made from data, in characters; and in bytes, as file systems count, with room for an ending.
NAME_LENGTH, NAME_BYTES = 80, 200

#: Characters that make a spreadsheet read a text as a formula, the full-width ones of East Asian input included.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

_RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³"
}
_CAUSES = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "it is larger than this system allows",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "no permission, or it is open in another program (close it there and try again)",
    errno.EPERM: "no permission",
    errno.EBUSY: "it is in use by another program",
    errno.ETXTBSY: "it is in use by another program",
    errno.EISDIR: "a folder has this name",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.ENOENT: "its folder does not exist",
    errno.ENAMETOOLONG: "the name is too long",
}


class FilesError(Exception):
    """A file cannot be written; the message names it and the cause, and what was there before still is."""


def write_whole(path: Path, data: bytes | str) -> None:
    """Write a file whole or not at all, on disk when this returns; text as UTF-8, folders made as needed.

    Raises
    ------
    FilesError
        The file cannot be written; the old one, if any, is untouched and nothing is left beside it.
    """
    path = Path(path)
    content = _encoded(path, data)
    made: list[Path] = []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(_written(path, content, made), path)
        _settle(path.parent)
    except OSError as error:
        raise FilesError(f"cannot write {path}: {_cause(error)}") from error
    finally:
        _discard(made)


def refuse_to_overwrite(folder: Path, names: Iterable[str]) -> None:
    """Check that no file of these names is in a folder.

    Raises
    ------
    InputError
        One is, each with ``--force`` as the way out.
    """
    there = [Path(folder) / name for name in names if os.path.lexists(Path(folder) / name)]
    if there:
        raise InputError([Problem("exists", f"{p} is there already", fix="--force overwrites it") for p in there])


def write_all(folder: Path, files: Mapping[str, bytes | str]) -> list[Path]:
    """Write several files into a folder, all or none; returns their paths.

    A folder that is not there yet appears at once with everything in it. In one that is, all files are written under
    temporary names first and then renamed in the order given; when one cannot be, those before it get their old
    content back. A process killed between two renames leaves each file whole, the later ones old: name the file
    last that others look for first.

    Raises
    ------
    FilesError
        Something cannot be written; everything is as it was.
    ValueError
        A name is not a plain file name.
    """
    folder = Path(folder)
    for name in files:
        _check_name(name)
    contents = {name: _encoded(folder / name, data) for name, data in files.items()}
    if os.path.lexists(folder):
        _write_into(folder, contents)
    else:
        _write_folder(folder, contents)
    return [folder / name for name in contents]


def take_away(folder: Path, names: Iterable[str]) -> list[Path]:
    """Remove files of these names from a folder, once `write_all` has written what takes their place.

    Returns
    -------
    Those that were there; folders and what has another name are left alone.

    Raises
    ------
    FilesError
        One cannot be removed.
    """
    found = []
    for name in names:
        _check_name(name)
        path = Path(folder) / name
        if path.is_file() or path.is_symlink():
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise FilesError(f"cannot remove {path}, which is out of date: {_cause(error)}") from error
            found.append(path)
    if found:
        _settle(Path(folder))
    return found


def _write_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Make a new folder with its files under a temporary name, then rename it."""
    staged = folder.with_name(_temporary())
    place = folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staged.mkdir()
        for name, content in contents.items():
            place = folder / name
            _put(staged / name, content)
        _settle(staged)
        place = folder
        os.rename(staged, folder)  # fails where somebody else made a folder with files in the meantime
        _settle(folder.parent)
    except OSError as error:
        raise FilesError(f"cannot write {place}: {_cause(error)}") from error
    finally:
        _discard(staged / name for name in contents)
        with contextlib.suppress(OSError):  # renamed, as it should be
            staged.rmdir()


def _write_into(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files into a folder that is there; undo the renames made when one of them fails."""
    made: list[Path] = []
    done: list[tuple[Path, Path | None]] = []
    place = folder
    try:
        staged = {}
        for name, content in contents.items():
            place = folder / name
            if place.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            staged[place] = _written(place, content, made)
        kept = {}
        for place in staged:
            kept[place] = _kept(place, made)
        for place, temporary in staged.items():
            os.replace(temporary, place)
            done.append((place, kept[place]))
        place = folder
        _settle(folder)
    except BaseException as error:
        for path, old in reversed(done):
            if old is None:
                path.unlink(missing_ok=True)
            else:
                os.replace(old, path)
        if isinstance(error, OSError):
            raise FilesError(f"cannot write {place}: {_cause(error)}") from error
        raise
    finally:
        _discard(made)


def _temporary() -> str:
    return f".fairbook-{secrets.token_hex(6)}.tmp"


def _encoded(path: Path, data: bytes | str) -> bytes:
    try:
        return data.encode() if isinstance(data, str) else data
    except UnicodeEncodeError as error:
        raise FilesError(f"cannot write {path}: character {error.start + 1:,} of its text is no Unicode") from error


def _written(path: Path, content: bytes, made: list[Path]) -> Path:
    """Write `content` under a temporary name beside `path`, with the old file's permissions, and return that name."""
    temporary = path.with_name(_temporary())
    made.append(temporary)
    _put(temporary, content)
    with contextlib.suppress(FileNotFoundError):
        os.chmod(temporary, stat.S_IMODE(os.stat(path).st_mode))
    return temporary


def _put(path: Path, content: bytes) -> None:
    """Write a new file and wait until it is on the disk."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    handle = os.open(path, flags, 0o666)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _kept(path: Path, made: list[Path]) -> Path | None:
    """Return a second name for the file at `path`, to undo with; None where there is no file."""
    if not os.path.lexists(path):
        return None
    second = path.with_name(_temporary())
    made.append(second)
    try:
        os.link(path, second, follow_symlinks=False)
    except (OSError, NotImplementedError):  # a file system without hard links
        shutil.copy2(path, second, follow_symlinks=False)
    return second


def _settle(folder: Path) -> None:
    """Wait until the renames in a folder are on the disk, where the system can say so."""
    if os.name == "nt":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # a folder one may write to but not look into
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.EBADF}:  # not offered for folders here
            raise
    finally:
        os.close(handle)


def _discard(made: Iterable[Path]) -> None:
    for path in made:
        with contextlib.suppress(OSError):  # renamed already, or the disk is gone: the first error is the one to say
            path.unlink(missing_ok=True)


def _cause(error: OSError) -> str:
    return _CAUSES.get(error.errno or 0, error.strerror or str(error))


def _check_name(name: str) -> None:
    if not name or name in {".", ".."} or any(c in name for c in "/\\:\0"):
        raise ValueError(f"{name!r} is no plain file name")


def safe_name(text: str) -> str:
    """Turn a name from data into a file name that is safe on every system; different names may become the same.

    Separators, control characters and what Windows reserves become ``_``; no dots or blanks at either end; at most
    80 characters; never empty.
    """
    clean = "".join(
        c if c.isprintable() and c not in '<>:"/\\|?*' else "_" for c in unicodedata.normalize("NFC", str(text))
    )
    clean = clean.strip(" .")
    while ".." in clean:
        clean = clean.replace("..", ".")
    if clean.partition(".")[0].strip().casefold() in _RESERVED or clean.startswith(("-", "~")):
        clean = f"_{clean}"
    clean = clean[:NAME_LENGTH].encode()[:NAME_BYTES].decode(errors="ignore").rstrip(" .")
    return clean or "_"


def escape_cell(value: object) -> object:
    """Return `value` so that no spreadsheet runs it: text that would start a formula gets a leading ``'``."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def joined(value: Mapping[str, Any] | Iterable[Any]) -> str:
    """Return skills as ``cloud:3;german:1`` and lists as ``medical;retail``."""
    return ";".join(f"{k}:{v}" for k, v in value.items()) if isinstance(value, Mapping) else ";".join(map(str, value))


def csv_text(frame: pd.DataFrame, escape: bool = True) -> str:
    r"""Return a table as CSV for people: a header, ``\n`` line ends, nothing for a missing value.

    Numbers have as many digits as tell them apart and never an exponent (0.00001, 100); yes and no are ``true`` and
    ``false``; dates are ISO, without a time at midnight. `escape` guards text and headers with `escape_cell`.
    """
    columns = [[_field(name, escape), *_fields(frame.iloc[:, at], escape)] for at, name in enumerate(frame.columns)]
    lines = [",".join(row) for row in zip(*columns, strict=True)]
    return "".join(f"{line or chr(34) * 2}\n" for line in lines)  # a line of one empty cell is not an empty line


def _fields(column: pd.Series[Any], escape: bool) -> list[str]:
    return ["" if _is_missing(value) else _field(value, escape) for value in column.tolist()]


def _is_missing(value: object) -> bool:
    import pandas as pd

    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def _field(value: object, escape: bool) -> str:
    text = _cell_text(value)
    if escape and not isinstance(value, int | float | Decimal):
        text = str(escape_cell(text))
    if any(c in text for c in ',"\n\r') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text


def _cell_text(value: object) -> str:
    item = value.item() if hasattr(value, "item") else value
    if isinstance(item, str):
        return item
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, float):
        return _number(item)
    if isinstance(item, Decimal):
        return format(item, "f")
    if isinstance(item, dt.datetime):
        whole_day = item.time() == dt.time() and item.tzinfo is None
        return item.date().isoformat() if whole_day else item.isoformat()
    if isinstance(item, dt.date | dt.time):
        return item.isoformat()
    if isinstance(item, Mapping | list | tuple | set | frozenset):
        return joined(sorted(item, key=str) if isinstance(item, set | frozenset) else item)
    return str(item)


def _number(value: float) -> str:
    if value == 0:
        return "0"  # no -0
    if not math.isfinite(value):
        return str(value)
    text = repr(value)
    if "e" in text:
        text = format(Decimal(text), "f")
    return text.removesuffix(".0")
