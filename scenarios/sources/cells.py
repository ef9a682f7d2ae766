"""What every column reader shares: what is wrong with a cell, words for nothing, equal cells looked at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from scenarios.sources.grid import Cells, Flaw

SPREADSHEET_ERRORS = frozenset(
    ("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA")
)
EMPTY_WORDS = frozenset(
    ("n/a", "null", "(null)", "none", "<null>", "-", "--", "–", "—", "\\n", "(blank)", "(no value)", "(none)", "无")
)
"""Words that stand for an empty cell, in lower case."""
EMPTY_VALUES = EMPTY_WORDS | {"na", "nil", "n.a.", "k.a.", "tbd", "?"}
"""Words that do so where a number, a date or a yes/no is expected."""


@dataclass(frozen=True, slots=True)
class Issue:
    """What is wrong with a cell, without the place."""

    code: str
    message: str
    expected: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Style:
    """How values are written in one source, as far as the plan says or the field shows.

    Attributes
    ----------
    decimal, dates : as the plan says; None: find out.
    semicolons : the file separates cells by semicolons, so a comma may be the decimal sign.
    small : numbers so small that they have no thousands (degrees, shares, years).
    percent : ``45%`` is read as 0.45; elsewhere it is a mistake.
    """

    decimal: Literal[".", ","] | None = None
    dates: Literal["iso", "dmy", "mdy"] | None = None
    semicolons: bool = False
    small: bool = False
    percent: bool = False


@dataclass
class Parsed:
    """A column that was read.

    Attributes
    ----------
    values : None where empty or unreadable. In a column with `asks` each value is the reading least in size,
        so that a check it fails it would fail in every reading; a date is None where it has two readings.
    issues : what is wrong, by index.
    asks : what the plan must say before the column can be read at all: index of the first such cell, and what.
    empties : words that were taken for nothing, and how often.
    notes : how the column was read, where that is worth saying.
    """

    values: list[Any]
    issues: dict[int, Issue] = field(default_factory=dict)
    asks: list[tuple[int, Issue]] = field(default_factory=list)
    empties: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def distinct(cells: Iterable[Any], look: Callable[[Any], Any]) -> tuple[list[Any], bool]:
    """Return ``look(cell)`` of every cell, calling it once for equal cells, and whether any gave a mark or an issue.

    None stays None.
    """
    cells = list(cells)
    kinds = set(map(type, cells))
    if kinds & {list, tuple, dict, set} or (bool in kinds and kinds & {int, float}):  # True == 1
        out = [None if c is None else look(c) for c in cells]
        return out, any(map(_marked, out))
    known = dict.fromkeys(cells)
    for cell in known:
        if cell is not None:
            known[cell] = look(cell)
    return [known[c] for c in cells], any(map(_marked, known.values()))


def flaw_issue(text: str, code: str = "spreadsheet_error") -> Issue:
    """Return what is wrong with an error value or a formula that has none."""
    if code == "formula_without_value":
        return Issue(code, "the formula was never worked out", "a value",
                     "open the workbook in a spreadsheet program, save it, and try again")  # fmt: skip
    return Issue(code, f"the cell holds the error {text}", "a value", "mend the formula, or empty the cell")


def sift(cells: Cells | list[Any], empty: frozenset[str] = EMPTY_VALUES) -> tuple[list[Any], Parsed]:
    """Return the cells with words for nothing and errors set to None, and these in a `Parsed` to go on with."""
    parsed = Parsed([])
    cells = list(cells)
    if set(map(type, cells)) <= {str, type(None)}:
        texts = set(cells)
        texts.discard(None)
        if not any(t in SPREADSHEET_ERRORS or (len(t) <= 10 and t.casefold() in empty) for t in texts):
            return cells, parsed

    def look(cell: Any) -> Any:
        if type(cell) is Flaw:
            return flaw_issue(cell.text, cell.code)
        if type(cell) is str:
            if cell in SPREADSHEET_ERRORS:
                return flaw_issue(cell)
            return _EMPTY if len(cell) <= 10 and cell.casefold() in empty else cell
        return cell

    out, marked = distinct(cells, look)
    if marked:
        for i, value in enumerate(out):
            if value is _EMPTY:
                parsed.empties[str(cells[i])] += 1
                out[i] = None
            elif type(value) is Issue:
                parsed.issues[i] = value
                out[i] = None
    return out, parsed


def gather(parsed: Parsed, results: list[Any], marked: bool = True) -> Parsed:
    """Put `results` into `parsed`, issues apart from values; `marked`: there may be issues."""
    if marked:
        for i, value in enumerate(results):
            if type(value) is Issue:
                parsed.issues[i] = value
                results[i] = None
    parsed.values = results
    return parsed


class _Nothing:
    pass


_EMPTY = _Nothing()


def _marked(value: Any) -> bool:
    return value is _EMPTY or type(value) is Issue
