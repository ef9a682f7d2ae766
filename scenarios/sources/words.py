"""Text and yes/no."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Any

from scenarios.sources.cells import EMPTY_WORDS, Issue, Parsed, distinct, gather, sift
from scenarios.sources.grid import Cells

YES = frozenset((
    "1", "yes", "y", "true", "t", "on", "active", "enabled", "current", "ja", "oui", "si", "sí",
    "是", "真", "对", "在职", "启用", "有效",
))  # fmt: skip
NO = frozenset((
    "0", "no", "n", "false", "f", "off", "inactive", "disabled", "deactivated", "left", "former", "nein", "non",
    "否", "假", "错", "离职", "停用", "无效",
))  # fmt: skip
YES_NO = "yes or no, true or false, 1 or 0"


def read_flag(cell: Any) -> bool | None:
    """Return what a yes/no cell says, None where it is empty or says neither."""
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, int | float):
        return bool(cell) if cell in {0, 1} else None
    word = str(cell).strip().casefold().translate(WIDE) if cell is not None else ""
    return True if word in YES else False if word in NO else None


WIDE = {c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)} | {
    c: " " for c in (0x3000, 0xA0, 0x202F, 0x2009, 0x2007, 0x2008)
} | {0x2212: "-", 0x2010: "-", 0x2011: "-", 0x2019: "'", 0xFFE5: "¥"}  # fmt: skip
"""Full-width signs and digits, odd spaces, minus and apostrophe as their plain kin."""


def parse_flags(cells: Cells | list[Any]) -> Parsed:
    """Read a column of yes/no."""
    left, parsed = sift(cells)

    def look(cell: Any) -> Any:
        flag = read_flag(cell)
        return Issue("not_yes_no", "is neither yes nor no", YES_NO) if flag is None else flag

    return gather(parsed, *distinct(left, look))


def text_of(cell: Any) -> str:
    """Return a cell as text: whole numbers without a point, dates in ISO form."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e16:
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return str(cell)


def parse_text(cells: Cells | list[Any], keep_words: bool = False) -> Parsed:
    """Read a column of text; `keep_words`: a word such as ``none`` may be a name and is kept."""
    left, parsed = sift(cells, frozenset() if keep_words else EMPTY_WORDS)
    if set(map(type, left)) <= {str, type(None)}:
        return gather(parsed, left, marked=False)
    return gather(parsed, *distinct(left, text_of))


def parse_lists(cells: Cells | list[Any]) -> Parsed:
    """Read a column of lists or skills: text is left as it is, lists of the source become tuples."""
    left, parsed = sift(cells, EMPTY_WORDS)

    def look(cell: Any) -> Any:
        if isinstance(cell, list | tuple | set):
            return tuple(text_of(c) for c in cell if c is not None)
        return cell if isinstance(cell, dict) else text_of(cell)

    return gather(parsed, *distinct(left, look))


_SCIENTIFIC = re.compile(r"\d[.,]?\d*[eE]\+\d+")


def id_issue(text: str) -> tuple[Issue, bool] | None:
    """Return what is odd about an id, and whether it is an error rather than a warning; None where nothing is."""
    if text.isascii() and text.isprintable():
        if "+" in text and _SCIENTIFIC.fullmatch(text):
            return Issue("mangled_id", "looks like a number that a spreadsheet has shortened", "the whole id",
                         "format the column as text before exporting it"), False  # fmt: skip
        return None
    if any(unicodedata.category(c) == "Cc" for c in text):
        return Issue("bad_id", "the id has control characters in it", "an id of letters, digits and signs"), True
    if any(unicodedata.category(c) in {"Cf", "Zl", "Zp", "Co", "Cn"} for c in text):
        return Issue("odd_id", "the id has invisible characters in it, so it may match no other table",
                     "an id of letters, digits and signs"), False  # fmt: skip
    return None
