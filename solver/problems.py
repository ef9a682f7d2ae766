"""What is wrong with an input, said so that the person who can mend it finds the place.

Every reader and every check reports `Problem` objects; nothing stops at the first one. `InputError` carries
all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Literal

Severity = Literal["error", "warning", "note"]
WORST_FIRST: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one place of the input.

    Attributes
    ----------
    code : short stable word for the kind of problem (``duplicate_id``, ``not_a_number``); problems group by it.
    message : one sentence for people, complete in itself.
    file : the file, table or plan the problem is in; empty when it is none.
    sheet : the sheet of a workbook; empty elsewhere.
    row : 1-based line or sheet row as a person counts it in the source, header included; None when it is no row.
    column : the column's name in the source, or the key path in the plan (``rules.moves.share``).
    value : the offending value, shortened to be printable.
    expected : what would have been right.
    fix : a suggestion; empty when there is none.
    severity : an ``error`` stops the work; a ``warning`` or ``note`` is said and the work goes on.
    cell : the cell's address in a sheet (``F31``); empty elsewhere.
    """

    code: str
    message: str
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    expected: str = ""
    fix: str = ""
    severity: Severity = "error"
    cell: str = ""

    def place(self) -> str:
        """Where it is, e.g. ``accounts.csv row 12, column AnnualRevenue``."""
        return self._place("" if self.row is None else f"row {self.row}", self.address)

    @property
    def address(self) -> str:
        """The cell as a spreadsheet names it, e.g. ``Accounts!F31``; empty where it is in no sheet."""
        if not (self.cell and self.sheet):
            return self.cell
        plain = self.sheet.replace("_", "").isalnum()
        sheet = self.sheet if plain else "'{}'".format(self.sheet.replace("'", "''"))
        return f"{sheet}!{self.cell}"

    def line(self) -> str:
        """Return the whole problem in one line."""
        return self._line(self.place())

    def _place(self, rows: str, address: str) -> str:
        head = f"{self.file}[{self.sheet}]" if self.sheet else self.file
        place = " ".join(part for part in (head, rows) if part)
        if self.column:
            place = f"{place}, column {self.column}" if rows else f"{place} {self.column}".strip()
        return f"{place} ({address})" if address else place

    def _line(self, place: str) -> str:
        text = f"{place}: {self.message}" if place else self.message
        if self.value and self.value not in text:
            text += f" (found {self.value!r})"
        if self.expected:
            text += f"; expected {self.expected}"
        if self.fix:
            text += f". {self.fix}"
        return text

    def cause(self) -> tuple[str, ...]:
        """Return all but the row, which is what problems of one cause share."""
        return (self.severity, self.code, self.file, self.sheet, self.column, self.value, self.message, self.expected,
                self.fix)  # fmt: skip

    def as_dict(self) -> dict[str, object]:
        """Return it as plain data for ``--json``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Group:
    """Problems that are one but for their rows: the same wrong value in the same column, say.

    Attributes
    ----------
    problem : the first of them.
    rows : of all of them, in the order found; empty where the problem is in no row.
    """

    problem: Problem
    rows: tuple[int, ...] = ()

    def place(self) -> str:
        """Where they are, e.g. ``accounts.csv rows 3, 7, 12 … (17 rows), column OwnerId``."""
        if len(self.rows) < 2:
            return self.problem.place()
        address = self.problem.address
        return self.problem._place(f"rows {_rows_in_words(self.rows)}", f"{address} …" if address else "")

    def line(self) -> str:
        """Return the whole group in one line."""
        return self.problem._line(self.place())

    def as_dict(self) -> dict[str, object]:
        """Return it as plain data: the problem's, with every row in ``rows``."""
        return {**self.problem.as_dict(), "rows": list(self.rows)}


_ROWS_SHOWN = 3


def _rows_in_words(rows: tuple[int, ...]) -> str:
    if len(rows) <= _ROWS_SHOWN:
        return ", ".join(map(str, rows))
    if rows == tuple(range(rows[0], rows[0] + len(rows))):
        return f"{rows[0]} to {rows[-1]} ({len(rows):,} rows)"
    return f"{', '.join(map(str, rows[:_ROWS_SHOWN]))} … ({len(rows):,} rows)"


def grouped(problems: Iterable[Problem]) -> list[Group]:
    """Return problems that differ in nothing but their row as one group, in the order of each group's first."""
    groups: dict[tuple[str, ...], list[Problem]] = {}
    for problem in problems:
        groups.setdefault(problem.cause(), []).append(problem)
    return [Group(members[0], tuple(p.row for p in members if p.row is not None)) for members in groups.values()]


class InputError(Exception):
    """The input cannot be used; `problems` lists everything that is wrong with it (exit code 3)."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(problems)
        errors = grouped(p for p in self.problems if p.severity == "error")
        super().__init__("\n".join(g.line() for g in errors[:20]) or "the input cannot be used")


def nearest(word: str, known: Iterable[object], least: float = 0.6) -> str | None:
    """Return the known word most like a misspelt one, None where none is; of equals the one that begins alike.

    `least` is how like it must be, 0 to 1; upper and lower case are one.
    """
    lower = word.casefold()
    best, rate = None, (least, False)
    for k in known:
        text = str(k)
        match = SequenceMatcher(None, lower, text.casefold())
        if match.real_quick_ratio() < rate[0] or match.quick_ratio() < rate[0]:  # cheap upper limits of the ratio
            continue
        rated = (match.ratio(), text[:1].casefold() == lower[:1])
        if rated > rate or (best is None and rated[0] >= least):
            best, rate = text, rated
    return best


def shorten(value: object, width: int = 60) -> str:
    """Return `value` printable: control characters made visible, cut to `width` characters with the length said."""
    text = str(value)
    seen = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[: width + 1])
    return seen if len(text) <= width else f"{seen[:width]}… ({len(text):,} characters)"
