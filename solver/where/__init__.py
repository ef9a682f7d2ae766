"""Filters on any column: ``segment == 'enterprise' and potential >= 50_000``.

A small expression of the kind pandas' ``query`` takes, parsed with `ast` against a list of what is allowed;
nothing is ever evaluated as Python. What may stand in one:

- columns by name, in any script; a name with spaces or signs in backticks: `` `Annual revenue` > 10 ``
- numbers, text in single or double quotes (no escapes: use the other quote), ``true`` and ``false``
- ``== != < <= > >=``, also chained; ``in ['a', 'b']``, ``not in``; ``+ - * /`` on numbers
- ``and or not``, or ``& | ~`` with each comparison in parentheses
- dates as ISO text beside a date column: ``renewal_date < '2026-12-31'``; a time of day is ignored
- ``contains(name, 'x')``, ``startswith``, ``endswith``, ``lower(name)``; ``missing(c)``, ``present(c)``
- ``has(territories, 'EMEA/DE')``, ``has(required_skills, 'cloud', 3)``: listed, with a level of at least 3
- ``under(territory, 'EMEA/DE')``: that path or one below it, also for a list of paths

Text is compared exactly, upper and lower case apart; skill names and the paths of ``under`` without regard
to case. Missing is an empty cell, text or list, and the result of a division by zero. A comparison with
something missing is false, with one exception: what is missing is ``!=`` (and ``not in``) every text, dates
written as text included; it is never ``!=`` a number. ``not`` turns a false into a true as ever: ``not
(potential > 5)`` takes in the customers whose potential is missing.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any

import pandas as pd
from pydantic import AfterValidator

from solver.problems import shorten
from solver.where.columns import Array, mask_of
from solver.where.nodes import Condition, WhereError, quoted
from solver.where.read import MAX_CHARACTERS, Reader
from solver.where.row import true_for

__all__ = ["MAX_CHARACTERS", "Where", "WhereError", "WhereText", "parse"]


@dataclass(frozen=True)
class Where:
    """One filter, ready to use.

    Attributes
    ----------
    text : as it was written.
    columns : the columns it needs.
    """

    text: str
    columns: frozenset[str]
    _root: Condition = field(repr=False, compare=False)

    def mask(self, frame: pd.DataFrame) -> Array:
        """Return which rows of `frame` match, bool, one a row.

        Raises
        ------
        WhereError
            A column is not there, or is compared with something of another kind.
        """
        self._known(frame.columns)
        return mask_of(self._root, frame)

    def matches(self, row: Mapping[str, Any]) -> bool:
        """Say whether one row matches: the answer of `mask`, by code of its own, for audits.

        Raises
        ------
        WhereError
            A column is not there, or is compared with something of another kind.
        """
        self._known(row)
        return true_for(self._root, row)

    def _known(self, have: Iterable[str]) -> None:
        names = [str(n) for n in have]
        for name in sorted(self.columns.difference(names)):
            folded = {n.casefold(): n for n in names}
            near = difflib.get_close_matches(name.casefold(), folded, n=1)
            hint = (
                f"; did you mean {quoted(folded[near[0]])}?"
                if near
                else f"; there are {shorten(', '.join(names), 300)}"
            )
            raise WhereError(f"no column {quoted(name)}{hint}")


@lru_cache(maxsize=1024)
def parse(text: str) -> Where:
    """Read a filter.

    Raises
    ------
    WhereError
        It is too long or too deep, or holds something that is not allowed; the message names the character.
    """
    if not text.strip():
        raise WhereError("the filter is empty; write a condition such as segment == 'enterprise'")
    if len(text) > MAX_CHARACTERS:
        raise WhereError(f"the filter has {len(text):,} characters; at most {MAX_CHARACTERS:,} are allowed")
    reader = Reader(text)
    return Where(text, frozenset(reader.columns), reader.root)


def _check(text: str) -> str:
    parse(text)
    return text


WhereText = Annotated[str, AfterValidator(_check)]
"""A filter's text in a pydantic model, checked when it is read."""
