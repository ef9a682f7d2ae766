"""Problems of an input as work to do: by kind, the worst first, and so many of each as one can look through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import escape

from reports import wording
from scenarios.sources.collect import MAX_OF_A_KIND
from scenarios.sources.reading import TableReading
from solver.problems import WORST_FIRST, Problem

MOST_ROWS, MOST_BYTES = 4000, 1_800_000
"""Most problems that are listed one by one, and what their texts may take."""
#: What a row takes beside its texts, bytes; how many values of a kind are named.
_ROW, _NAMED = 260, 3


@dataclass(frozen=True)
class Kind:
    """Problems of one kind in one column.

    Attributes
    ----------
    problems : all of them, in their order.
    shown : how many of them are listed one by one.
    """

    problems: tuple[Problem, ...]
    shown: int

    @property
    def first(self) -> Problem:
        """The first of them, which stands for all in what they share: severity, code, file, sheet, column."""
        return self.problems[0]

    @property
    def values(self) -> str:
        """The values found most often, with how often."""
        counts = Counter(p.value for p in self.problems if p.value)
        named = [v if n == 1 else f"{v} ({n:,} times)" for v, n in counts.most_common(_NAMED)]
        left = len(counts) - len(named)
        return ", ".join(named) + (f" and {left:,} more" if left else "")

    @property
    def message(self) -> str:
        """What is wrong with all of them; with the first, for example, where it is not the same."""
        said = {p.message.replace(p.value, "…", 1) if p.value else p.message for p in self.problems}
        return said.pop() if len(said) == 1 else _example(self.first.message)

    @property
    def cure(self) -> str:
        """What to do about all of them, or for example about the first."""
        said = {cure(p) for p in self.problems}
        return said.pop() if len(said) == 1 else _example(cure(self.first))


def _example(text: str) -> str:
    return f"for example: {text}" if text else ""


def cure(problem: Problem) -> str:
    """Return what would have been right and how to mend it, in a line."""
    expected = f"Expected {problem.expected}." if problem.expected else ""
    return f"{expected} {wording.capital(problem.fix)}".strip()


def kinds(found: Iterable[Problem], most: int = MOST_ROWS, room: int = MOST_BYTES) -> list[Kind]:
    """Return problems by severity, code, place and column: the worst first, then the most.

    Parameters
    ----------
    most, room : how many are listed one by one, and the bytes of their texts; small kinds are listed whole.
    """
    groups: dict[tuple[str, ...], list[Problem]] = {}
    for p in found:
        groups.setdefault((p.severity, p.code, p.file, p.sheet, p.column), []).append(p)
    ordered = sorted(groups.values(), key=lambda g: (WORST_FIRST.index(g[0].severity), -len(g)))
    while True:
        parts = fair([len(g) for g in ordered], most)
        size = sum(_size(p) for g, n in zip(ordered, parts, strict=True) for p in g[:n])
        if size <= room or most <= 1:
            return [Kind(tuple(g), n) for g, n in zip(ordered, parts, strict=True)]
        most = min(most - 1, int(most * room / size))


def fair(sizes: Sequence[int], most: int) -> list[int]:
    """Return how many of each group to show, at most so many in all: the small ones whole, of the others alike many."""
    parts, left = [0] * len(sizes), most
    for n, at in enumerate(sorted(range(len(sizes)), key=sizes.__getitem__)):
        parts[at] = min(sizes[at], left // (len(sizes) - n))
        left -= parts[at]
    return parts


def _size(p: Problem) -> int:
    texts = (p.file, p.sheet, p.column, p.cell, p.value, p.message, p.expected, p.fix)
    return _ROW + len(str(escape("".join(texts))).encode())


def bad_rows(table: TableReading, found: Iterable[Problem], severity: str) -> int:
    """Return how many rows of a table have a problem of a severity."""
    place = (table.file, table.sheet)
    return len({p.row for p in found if p.severity == severity and p.row and (p.file, p.sheet) == place})


def is_cut(found: Iterable[Problem]) -> bool:
    """Whether there are more problems of some kind than are listed one by one anywhere."""
    return any(n > MAX_OF_A_KIND for n in Counter((p.code, p.severity) for p in found).values())
