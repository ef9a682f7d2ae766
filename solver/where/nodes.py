"""What a filter is made of, the kinds of things it compares, and how its mistakes are worded."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd

from solver.problems import shorten

Kind = Literal["number", "text", "date", "yes/no", "list", "skills"]
A_KIND: dict[Kind, str] = {
    "number": "a number",
    "text": "text",
    "date": "a date",
    "yes/no": "yes/no",
    "list": "a list",
    "skills": "a set of skills",
}
USAGE = {
    "contains": "contains(column, 'text')",
    "startswith": "startswith(column, 'text')",
    "endswith": "endswith(column, 'text')",
    "lower": "lower(column)",
    "missing": "missing(column)",
    "present": "present(column)",
    "has": "has(column, 'entry') or has(column, 'skill', level 1-5)",
    "under": "under(column, 'EMEA/DE')",
}


class WhereError(ValueError):
    """A filter that cannot be read, or that does not fit the columns it is used on."""


@dataclass(frozen=True, slots=True)
class Column:
    """The cells of a column."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a text, true or false."""

    value: float | str | bool


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers joined by + - * or /."""

    sign: str
    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Lower:
    """A text in lower case."""

    of: Value


Value = Column | Constant | Arithmetic | Lower


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values held against each other."""

    sign: str
    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which every one, or any one, must hold."""

    every: bool
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """A condition that must not hold."""

    of: Condition


@dataclass(frozen=True, slots=True)
class Truth:
    """A yes/no value that stands alone."""

    of: Value


@dataclass(frozen=True, slots=True)
class Test:
    """A function that answers yes or no about a column."""

    function: str
    of: Value
    text: str = ""
    level: int = 0


Condition = Compare | Group | Not | Truth | Test


def quoted(name: str) -> str:
    """Return a column name as messages show it."""
    return f"`{shorten(name)}`"


def named(node: Value) -> str:
    """Return a value as it would be written in a filter."""
    if isinstance(node, Column):
        return quoted(node.name)
    if isinstance(node, Constant):
        if isinstance(node.value, bool):
            return str(node.value).lower()
        return repr(shorten(node.value)) if isinstance(node.value, str) else f"{node.value:g}"
    if isinstance(node, Lower):
        return f"lower({named(node.of)})"
    return f"{named(node.left)} {node.sign} {named(node.right)}"


def kind_of(cell: Any) -> Kind | None:
    """Return what kind of thing a cell holds, None for a missing one."""
    if cell is None or cell is pd.NaT or cell is pd.NA or (isinstance(cell, np.datetime64) and np.isnat(cell)):
        return None
    if isinstance(cell, str):
        return "text" if cell else None
    if isinstance(cell, bool | np.bool_):
        return "yes/no"
    if isinstance(cell, Real):
        return "number" if cell == cell else None
    if isinstance(cell, dt.date | np.datetime64):
        return "date"
    if isinstance(cell, Mapping):
        return "skills" if cell else None
    if isinstance(cell, list | tuple | set | frozenset):
        return "list" if cell else None
    raise WhereError(f"a cell holds {shorten(cell)!r}, which a filter cannot compare")


def iso_date(text: str, beside: Value) -> dt.date:
    """Read an ISO date that stands beside a date column."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise WhereError(f"{named(beside)} is a date; write dates as '2026-12-31', not {shorten(text)!r}") from None


def clash(node: Compare, left: Kind, right: Kind) -> WhereError:
    """Return the error for two kinds that cannot be compared."""
    a, b = f"{named(node.left)} is {A_KIND[left]}", f"{named(node.right)} is {A_KIND[right]}"
    for kind, of in ((left, node.left), (right, node.right)):
        if kind in {"list", "skills"}:
            return WhereError(f"{named(of)} is {A_KIND[kind]}; use has({named(of)}, 'x')")
    if left == right:
        return WhereError(f"{a}, which has no order; compare it with == true or == false")
    hint = ""
    for kind, other in ((left, node.right), (right, node.left)):
        if kind == "text" and isinstance(other, Constant) and isinstance(other.value, float):
            hint = f"; write '{other.value:g}' if that text is meant"
    return WhereError(f"{a}, {b}{hint}")


def wrong(node: Test | Lower, kind: Kind) -> WhereError:
    """Return the error for a function on a column it is not for."""
    name, of = (node.function, node.of) if isinstance(node, Test) else ("lower", node.of)
    return WhereError(f"{named(of)} is {A_KIND[kind]}, which {name}() does not take; {USAGE[name]}")
