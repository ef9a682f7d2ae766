"""Names as people type them: upper and lower case and spacing do not make two of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def spelled(value: Any) -> str:
    """Return a cell as text with single spaces; a whole number without a point; nothing for a missing one."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():  # a column of numbers against a cell such as "1; 2"
        value = int(value)
    return " ".join(str(value).split())


def fold(value: Any) -> str:
    """Return what two spellings of one name have in common: ``" Acme  GmbH"`` and ``acme gmbh`` are alike."""
    return spelled(value).casefold()


def folds(values: Iterable[Any]) -> list[str]:
    """Fold every cell of a column; a text that comes again is folded once."""
    known: dict[str, str] = {}
    found = []
    for value in values:
        if not isinstance(value, str):
            found.append(fold(value))
            continue
        if value not in known:
            known[value] = fold(value)
        found.append(known[value])
    return found


def plain_outcome(text: str) -> str:
    """Return an outcome without case, spaces and a leading ``closed``: ``Closed Won`` → ``won``."""
    word = "".join(c for c in text.casefold() if c.isalnum())
    return word.removeprefix("closed") or word
