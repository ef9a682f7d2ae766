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

    def place(self) -> str:
        """Where it is, e.g. ``accounts.csv row 12, column AnnualRevenue``."""
        head = f"{self.file}[{self.sheet}]" if self.sheet else self.file
        parts = [head] if head else []
        if self.row is not None:
            parts.append(f"row {self.row}")
        place = " ".join(parts)
        if self.column:
            place = f"{place}, column {self.column}" if self.row is not None else f"{place} {self.column}".strip()
        return place

    def line(self) -> str:
        """Return the whole problem in one line."""
        text = f"{self.place()}: {self.message}" if self.place() else self.message
        if self.value and self.value not in text:
            text += f" (found {self.value!r})"
        if self.expected:
            text += f"; expected {self.expected}"
        if self.fix:
            text += f". {self.fix}"
        return text

    def as_dict(self) -> dict[str, object]:
        """Return it as plain data for ``--json``."""
        return asdict(self)


class InputError(Exception):
    """The input cannot be used; `problems` lists everything that is wrong with it (exit code 3)."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(problems)
        errors = [p for p in self.problems if p.severity == "error"]
        super().__init__("\n".join(p.line() for p in errors[:20]) or "the input cannot be used")


def nearest(word: str, known: Iterable[object]) -> str | None:
    """Return the known word most like a misspelt one, None where none is; of equals the one that begins alike."""
    lower = word.casefold()
    rated = [
        (SequenceMatcher(None, lower, str(k).casefold()).ratio(), str(k)[:1].casefold() == lower[:1], k) for k in known
    ]
    ratio, _, best = max(rated, key=lambda r: r[:2], default=(0.0, False, None))
    return str(best) if ratio >= 0.6 else None


def shorten(value: object, width: int = 60) -> str:
    """Return `value` printable: control characters made visible, cut to `width` characters with the length said."""
    text = str(value)
    seen = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[: width + 1])
    return seen if len(text) <= width else f"{seen[:width]}… ({len(text):,} characters)"
