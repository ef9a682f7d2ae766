"""Whether one row matches a filter: plain code for an audit, apart from the code for whole columns."""

from __future__ import annotations

import datetime as dt
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from solver.tables import clean_path
from solver.where.nodes import (
    A_KIND,
    Column,
    Compare,
    Condition,
    Constant,
    Group,
    Lower,
    Not,
    Test,
    Truth,
    Value,
    WhereError,
    clash,
    iso_date,
    kind_of,
    named,
    wrong,
)

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _date(cell: Any) -> dt.date:
    if isinstance(cell, np.datetime64):
        cell = cell.astype("datetime64[D]").item()
    return cell.date() if isinstance(cell, dt.datetime) else cell


def _cell(node: Value, row: Mapping[str, Any]) -> Any:
    """Return the value, None where it is missing."""
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Column):
        cell = row[node.name]
        kind = kind_of(cell)
        return None if kind is None else float(cell) if kind == "number" else _date(cell) if kind == "date" else cell
    if isinstance(node, Lower):
        cell = _cell(node.of, row)
        if cell is not None and not isinstance(cell, str):
            raise wrong(node, kind_of(cell) or "text")
        return None if cell is None else cell.lower()
    left, right = _cell(node.left, row), _cell(node.right, row)
    for side, cell in ((node.left, left), (node.right, right)):
        if cell is not None and kind_of(cell) != "number":
            raise WhereError(f"{named(side)} is {A_KIND[kind_of(cell) or 'text']}; {node.sign} needs numbers")
    if left is None or right is None or (node.sign == "/" and right == 0):
        return None
    result = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}[node.sign](left, right)
    return None if math.isnan(result) else result


def _compared(node: Compare, row: Mapping[str, Any]) -> bool:
    left, right = _cell(node.left, row), _cell(node.right, row)
    if left is None or right is None:
        return node.sign == "!=" and (isinstance(left, str) or isinstance(right, str))
    if isinstance(left, dt.date) and isinstance(node.right, Constant) and isinstance(right, str):
        right = iso_date(right, node.left)
    if isinstance(right, dt.date) and isinstance(node.left, Constant) and isinstance(left, str):
        left = iso_date(left, node.right)
    a, b = kind_of(left), kind_of(right)
    if (
        a is not None
        and b is not None
        and (a != b or a in {"list", "skills"} or (a == "yes/no" and node.sign not in {"==", "!="}))
    ):
        raise clash(node, a, b)
    return bool(_COMPARE[node.sign](left, right))


def true_for(node: Condition, row: Mapping[str, Any]) -> bool:
    """Say whether a condition holds for one row."""
    if isinstance(node, Group):
        parts = [true_for(part, row) for part in node.parts]  # all of them: a mistake shows whatever the row holds
        return all(parts) if node.every else any(parts)
    if isinstance(node, Not):
        return not true_for(node.of, row)
    if isinstance(node, Compare):
        return _compared(node, row)
    cell = _cell(node.of, row)
    if isinstance(node, Truth):
        if cell is not None and not isinstance(cell, bool | np.bool_):
            raise WhereError(
                f"{named(node.of)} is {A_KIND[kind_of(cell) or 'text']}, not yes/no; compare it with a value"
            )
        return bool(cell)
    if node.function in {"missing", "present"}:
        return (cell is None) == (node.function == "missing")
    return cell is not None and _passes(node, cell)


def _passes(node: Test, cell: Any) -> bool:
    """Say whether one cell that is not missing passes a test."""
    kind = kind_of(cell) or "text"
    if node.function == "has":
        if kind == "list" and not node.level:
            return node.text in cell
        if kind != "skills":
            raise wrong(node, kind)
        return bool(cell.get(" ".join(node.text.split()).casefold(), 0) >= max(node.level, 1))
    if node.function == "under":
        if kind not in {"text", "list"}:
            raise wrong(node, kind)
        want = node.text.casefold()
        paths = [clean_path(p).casefold() for p in ([cell] if kind == "text" else cell)]
        return any(want == "*" or p == want or p.startswith(want + "/") for p in paths)
    if kind != "text":
        raise wrong(node, kind)
    tests: dict[str, Callable[[str, str], bool]] = {
        "contains": lambda c, t: t in c,
        "startswith": str.startswith,
        "endswith": str.endswith,
    }
    return tests[node.function](cell, node.text)
