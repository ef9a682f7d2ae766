"""Collects problems: one a cell, but at most a hundred thousand of a kind, and then how many more there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from solver.problems import Problem, Severity

MAX_OF_A_KIND = 100_000
"""Problems of one code and severity that are listed one by one."""


def count_of(count: int, noun: str) -> str:
    """Return ``1 row`` or ``2,000 rows``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


class Refused(Exception):
    """One source cannot be read at all; carries the problems that say why."""

    def __init__(self, *problems: Problem):
        self.problems = problems
        super().__init__(problems[0].line() if problems else "")


@dataclass
class Collector:
    """Problems in the order found."""

    problems: list[Problem] = field(default_factory=list)
    _count: Counter[tuple[str, Severity]] = field(default_factory=Counter)

    def add(self, *problems: Problem) -> None:
        """Add problems; beyond `MAX_OF_A_KIND` of a code they are only counted."""
        for problem in problems:
            kind = (problem.code, problem.severity)
            self._count[kind] += 1
            if self._count[kind] <= MAX_OF_A_KIND:
                self.problems.append(problem)

    def add_many(self, code: str, severity: Severity, count: int, problems: Iterable[Problem]) -> None:
        """Add `count` problems of one kind, building no more of them than will be listed."""
        kind = (code, severity)
        room = max(0, MAX_OF_A_KIND - self._count[kind])
        self._count[kind] += count
        self.problems.extend(_first(problems, room))

    @property
    def errors(self) -> int:
        """How many errors there are, listed or not."""
        return sum(n for (_, severity), n in self._count.items() if severity == "error")

    def finish(self) -> tuple[Problem, ...]:
        """Return all problems, each kind that was cut followed by how many more there are."""
        more = [
            Problem(code, f"and {n - MAX_OF_A_KIND:,} more problems of the kind {code}", severity=severity)
            for (code, severity), n in self._count.items()
            if n > MAX_OF_A_KIND
        ]
        return (*self.problems, *more)


def _first(problems: Iterable[Problem], count: int) -> Iterator[Problem]:
    if count > 0:
        for n, problem in enumerate(problems, 1):
            yield problem
            if n >= count:
                return
