"""Which rows of a table match a filter: whole columns at a time, for tables of any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from solver.tables import clean_path
from solver.where.nodes import (
    A_KIND,
    Arithmetic,
    Column,
    Compare,
    Condition,
    Constant,
    Group,
    Kind,
    Lower,
    Not,
    Test,
    Value,
    WhereError,
    clash,
    iso_date,
    kind_of,
    named,
    quoted,
    wrong,
)

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class _Cells:
    """Cells of one kind, None where all are missing; `data` is float64, object, datetime64[D] or bool."""

    kind: Kind | None
    data: Array
    present: Array


class _Table:
    """A frame whose columns are looked through once each."""

    def __init__(self, frame: pd.DataFrame):
        self.frame = frame
        self.rows = len(frame)
        self.known: dict[str, _Cells] = {}

    def column(self, name: str) -> _Cells:
        if name not in self.known:
            self.known[name] = _column(name, self.frame[name])
        return self.known[name]


def mask_of(node: Condition, frame: pd.DataFrame) -> Array:
    """Return which rows of `frame` a condition holds for."""
    return _mask(node, _Table(frame))


def _mask(node: Condition, table: _Table) -> Array:
    if isinstance(node, Group):
        join = np.logical_and if node.every else np.logical_or
        return join.reduce([_mask(part, table) for part in node.parts])  # type: ignore[no-any-return]
    if isinstance(node, Not):
        return ~_mask(node.of, table)
    if isinstance(node, Compare):
        return _compare(node, table)
    if isinstance(node, Test) and node.function in {"missing", "present"} and isinstance(node.of, Column):
        missing = np.fromiter((kind_of(c) is None for c in table.frame[node.of.name].astype(object)), bool, table.rows)
        return missing if node.function == "missing" else ~missing
    cells = _cells(node.of, table)
    if isinstance(node, Test):
        return _test(node, cells)
    if cells.kind not in {None, "yes/no"}:
        raise WhereError(f"{named(node.of)} is {A_KIND[cells.kind or 'text']}, not yes/no; compare it with a value")
    return cells.data & cells.present if cells.kind else cells.present


def _column(name: str, values: pd.Series[Any]) -> _Cells:
    dtype = values.dtype
    if isinstance(dtype, np.dtype):
        if dtype.kind == "b":
            return _Cells("yes/no", values.to_numpy(), np.ones(len(values), bool))
        if dtype.kind in "iuf":
            numbers = values.to_numpy(dtype=np.float64)
            return _Cells("number", numbers, ~np.isnan(numbers))
        if dtype.kind == "M":
            days = values.to_numpy().astype("datetime64[D]")
            return _Cells("date", days, ~np.isnat(days))
    cells = values.astype(object).to_numpy()
    kinds = [kind_of(c) for c in cells]
    found = sorted({k for k in kinds if k is not None})
    if len(found) > 1:
        raise WhereError(
            f"{quoted(name)} mixes {' and '.join(A_KIND[k] for k in found)} in its cells; make them one kind"
        )
    present = np.array([k is not None for k in kinds], dtype=bool)
    if not found:
        return _Cells(None, np.full(len(cells), "", dtype=object), present)
    kind = found[0]
    if kind == "date":
        dates = [np.datetime64(c if p else "NaT", "D") for c, p in zip(cells, present, strict=True)]
        days = np.array(dates, dtype="datetime64[D]")
        return _Cells(kind, days, present)
    if kind == "number":
        return _Cells(
            kind,
            np.array([c if p else np.nan for c, p in zip(cells, present, strict=True)], np.float64),
            present,
        )
    data = np.empty(len(cells), dtype=object)
    for i, cell in enumerate(cells):
        data[i] = cell if present[i] else False if kind == "yes/no" else ""
    return _Cells(kind, data.astype(bool) if kind == "yes/no" else data, present)


def _cells(node: Value, table: _Table) -> _Cells:
    if isinstance(node, Constant):
        kind = kind_of(node.value)
        data = np.full(table.rows, node.value, dtype=object if kind == "text" else None)
        return _Cells(kind, data, np.ones(table.rows, bool))
    if isinstance(node, Column):
        return table.column(node.name)
    if isinstance(node, Lower):
        of = _cells(node.of, table)
        if of.kind not in {None, "text"}:
            raise wrong(node, of.kind or "text")
        lowered = np.array([c.lower() for c in of.data], dtype=object)
        return _Cells(of.kind, lowered, of.present)
    return _arithmetic(node, _cells(node.left, table), _cells(node.right, table))


def _arithmetic(node: Arithmetic, left: _Cells, right: _Cells) -> _Cells:
    for side, cells in ((node.left, left), (node.right, right)):
        if cells.kind not in {None, "number"}:
            raise WhereError(f"{named(side)} is {A_KIND[cells.kind or 'text']}; {node.sign} needs numbers")
    if left.kind is None or right.kind is None:
        nothing = np.full(len(left.data), np.nan)
        return _Cells("number", nothing, np.zeros(len(nothing), bool))
    a, b = left.data, right.data
    with np.errstate(all="ignore"):
        if node.sign == "/":
            result = np.where(b == 0, np.nan, a / b)
        else:
            result = a + b if node.sign == "+" else a - b if node.sign == "-" else a * b
    return _Cells("number", result, ~np.isnan(result))


def _beside(day: _Cells, other: _Cells, node: Value, date_node: Value) -> _Cells:
    """Read a text constant as a date where it stands beside one."""
    if day.kind == "date" and isinstance(node, Constant) and isinstance(node.value, str):
        value = np.datetime64(iso_date(node.value, date_node), "D")
        return _Cells("date", np.full(len(other.data), value), other.present)
    return other


def _compare(node: Compare, table: _Table) -> Array:
    left, right = _cells(node.left, table), _cells(node.right, table)
    quotes = any(isinstance(v, Constant) and isinstance(v.value, str) for v in (node.left, node.right))
    right, left = _beside(left, right, node.right, node.left), _beside(right, left, node.left, node.right)
    both = left.present & right.present
    if left.kind is None or right.kind is None:
        other = left.kind or right.kind
        return (left.present | right.present) if node.sign == "!=" and other == "text" else both & False
    bare = left.kind in {"list", "skills"} or (left.kind == "yes/no" and node.sign not in {"==", "!="})
    if left.kind != right.kind or bare:
        raise clash(node, left.kind, right.kind)
    a, b = left.data, right.data
    if node.sign == "!=":
        unequal = np.asarray(a != b, dtype=bool)
        return (unequal & (left.present | right.present)) if left.kind == "text" or quotes else unequal & both
    if node.sign == "==":
        return np.asarray(a == b, dtype=bool) & both
    held = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[node.sign](a, b)
    return np.asarray(held, dtype=bool) & both


def _test(node: Test, cells: _Cells) -> Array:
    """Return which cells pass a function; each distinct text is looked at once."""
    kind = cells.kind
    if kind is None:
        return np.zeros(len(cells.data), bool)
    allowed: set[Kind] = {"has": {"list", "skills"}, "under": {"list", "text"}}.get(node.function, {"text"})  # type: ignore[assignment]
    if kind not in allowed or (kind == "list" and node.level):
        raise wrong(node, kind)
    want = node.text
    branch = want.casefold() + "/"
    if kind == "skills":
        skill, least = " ".join(want.split()).casefold(), node.level or 1
        return np.array(
            [bool(p) and c.get(skill, 0) >= least for c, p in zip(cells.data, cells.present, strict=True)],
            bool,
        )
    if node.function == "has":
        return np.array([bool(p) and want in c for c, p in zip(cells.data, cells.present, strict=True)], bool)
    if node.function == "under":
        known: dict[str, bool] = {}

        def below(path: str) -> bool:
            if path not in known:
                known[path] = want == "*" or f"{clean_path(path).casefold()}/".startswith(branch)
            return known[path]

        pairs = zip(cells.data, cells.present, strict=True)
        return np.array([bool(p) and (below(c) if isinstance(c, str) else any(map(below, c))) for c, p in pairs], bool)
    text = pd.Series(cells.data, dtype=object).str
    if node.function == "contains":
        found = text.contains(want, regex=False)
    else:
        found = text.startswith(want) if node.function == "startswith" else text.endswith(want)
    return found.to_numpy(dtype=bool) & cells.present
