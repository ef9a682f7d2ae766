"""What was read of each table, whether it can be used or not: its rows, what each column became, its figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from scenarios.sources.aliases import plain_name
from scenarios.sources.cells import Parsed
from scenarios.sources.mapping import Column, Table
from solver.tables import ID_OF, ROWS

How = Literal["map", "name", "alias", "joined", "own", "derived"]
Amount = float | dt.date


@dataclass(frozen=True)
class ColumnReading:
    """One column that was read, or a field that was worked out.

    Attributes
    ----------
    field : what it became: one of our fields, or its own name where it is none of ours.
    header : its name in the source, ``A + B`` for a field made of two; empty where no column holds it.
    letter : a sheet's name of it; empty elsewhere.
    how : by the plan's column ``map``, by its ``name`` which is the field's, by an ``alias`` that exports use for the
        field, ``joined`` of several columns, kept as one of the user's ``own``, or ``derived`` by the plan alone.
    filled, empty, unreadable : cells with a value, without one, and with one that cannot be read.
    derived : empty cells that were filled by what the plan derives.
    distinct : different values.
    least, greatest : of numbers and days; None for other columns, and where there is none.
    """

    field: str
    header: str
    letter: str
    how: How
    filled: int
    empty: int
    unreadable: int
    derived: int
    distinct: int
    least: Amount | None
    greatest: Amount | None


@dataclass(frozen=True)
class TableReading:
    """One table that was read.

    Attributes
    ----------
    kind : customers, reps or history.
    file, sheet : as problems name them.
    there, rows : rows in the source, and those kept by the plan's ``where`` and its scenario.
    key : the field that holds the ids; empty where the table has none.
    columns : the fields in their order, then the user's own.
    left_out : columns of the source that the plan leaves out.
    """

    kind: str
    file: str
    sheet: str
    there: int
    rows: int
    key: str
    columns: tuple[ColumnReading, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """All tables that could be read, and the `kinds` of those the plan names and that could not."""

    tables: tuple[TableReading, ...]
    refused: tuple[str, ...]


Look = Callable[[Reading], object]
"""Is handed what was read, before anybody says that it cannot be used."""


@dataclass
class Watcher:
    """Notes down what is read of the tables, as it is read."""

    _there: dict[str, int] = field(default_factory=dict)
    _read: dict[str, dict[str, ColumnReading]] = field(default_factory=dict)

    def table(self, table: Table) -> None:
        """Note how many rows a table has in its source."""
        self._there[table.kind] = len(table.rows)

    def column(self, table: Table, name: str, parsed: Parsed, explicit: Mapping[str, str]) -> None:
        """Note what a column holds; nothing is derived into it yet."""
        column = table.columns[name]
        how = _how(table, name, column, explicit)
        self._read.setdefault(table.kind, {})[name] = _looked_at(name, column, how, parsed.values, len(parsed.issues))

    def reading(
        self, named: tuple[str, ...], tables: Mapping[str, Table], values: Mapping[str, Mapping[str, list[Any]]]
    ) -> Reading:
        """Return what was noted of the tables that the plan names, with what was derived into `values` since."""
        found = tuple(self._of(table, values.get(kind, {})) for kind, table in tables.items())
        return Reading(found, tuple(k for k in named if k not in tables))

    def _of(self, table: Table, values: Mapping[str, list[Any]]) -> TableReading:
        read = self._read.get(table.kind, {})
        columns = []
        for name in [n for n in ROWS[table.kind].model_fields if n in values] + [
            n for n in values if n not in ROWS[table.kind].model_fields
        ]:
            before = read.get(name)
            now = sum(v is not None for v in values[name])
            if before is None:
                columns.append(_looked_at(name, Column("", table.columns[name].cells), "derived", values[name], 0, now))
            elif now > before.filled:
                column = table.columns[name]
                got = now - before.filled
                columns.append(_looked_at(name, column, before.how, values[name], before.unreadable, got))
            else:
                columns.append(before)
        left_out = tuple(h for h, became in table.original.items() if not became)
        key = ID_OF.get(table.kind, "")
        there = self._there.get(table.kind, len(table.rows))
        return TableReading(table.kind, table.file, table.sheet, there, len(table.rows), key, tuple(columns), left_out)


def _how(table: Table, name: str, column: Column, explicit: Mapping[str, str]) -> How:
    if name not in ROWS[table.kind].model_fields:
        return "own"
    if explicit.get(name):
        return "map"
    if column.header not in table.original:
        return "joined"
    return "name" if plain_name(column.header) == plain_name(name) else "alias"


def _looked_at(
    name: str, column: Column, how: How, values: list[Any], unreadable: int, derived: int = 0
) -> ColumnReading:
    there = [v for v in values if v is not None]
    kinds = set(map(type, there))
    plain = there if kinds <= {str, float, int, bool, dt.date} else list(map(str, there))  # skills are dicts
    amounts = there if kinds and (kinds <= {float, int} or kinds == {dt.date}) else []
    return ColumnReading(
        name, column.header, column.letter, how, len(there) - derived, len(values) - len(there) - unreadable + derived,
        unreadable, derived, len(set(plain)), min(amounts, default=None), max(amounts, default=None),
    )  # fmt: skip
