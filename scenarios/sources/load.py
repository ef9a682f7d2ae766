"""From the plan's ``data`` to checked tables, with every problem of every source at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scenarios.sources.collect import Collector, Refused
from scenarios.sources.derive import derive
from scenarios.sources.filter import keep_rows
from scenarios.sources.grid import as_cells
from scenarios.sources.history import history_frame
from scenarios.sources.mapping import Column, Table, apply_map
from scenarios.sources.owners import settle_owners
from scenarios.sources.read import read_source
from scenarios.sources.reading import Look, Watcher
from scenarios.sources.references import Reps, check_active, check_customer_reps, check_history, check_parents
from scenarios.sources.rows import Values, check_rep_dates, check_unique, id_values, validate
from scenarios.sources.spec import Data, Source
from scenarios.sources.typed import parse, report
from scenarios.sources.unclear import check_unclear
from scenarios.sources.words import text_of
from solver.problems import InputError, Problem, nearest, shorten
from solver.tables import ID_OF, ROWS, Period, Row, Tables, frame

Rows = dict[str, list[dict[str, Any]]]
Patch = Callable[[Rows], list[Problem]]


@dataclass(frozen=True)
class Loaded:
    """What was read.

    Attributes
    ----------
    tables : checked, ids unique, references good.
    problems : warnings and notes, among them how each column was recognised.
    hashes : sha256 by table: of the file's bytes, or of the rows of a database.
    """

    tables: Tables
    problems: tuple[Problem, ...]
    hashes: dict[str, str]


def load(data: Data, period: Period, folder: Path, patch: Patch | None = None, look: Look | None = None) -> Loaded:
    """Read, derive and check the three tables.

    Parameters
    ----------
    data : what the plan says of its sources.
    period : planned; derivations look at the time before it.
    folder : of the plan; paths are relative to it.
    patch : is given the raw rows of customers and reps by our field names, ids as text and empty cells left out, and
        may edit, add and delete rows in place before anything is checked.
    look : is told what was read, also where it cannot be used.

    Raises
    ------
    InputError
        Every problem of every source.
    """
    work = _Load(data, period, folder, Watcher() if look else None)
    work.read()
    if patch is not None:
        work.patch(patch)
    tables = work.check()
    if look and work.watcher:
        named = tuple(kind for kind in ROWS if getattr(data, kind) is not None)
        look(work.watcher.reading(named, work.tables, work.values))
    problems = work.in_order(work.found.finish())
    if work.found.errors or tables is None:
        raise InputError(problems)
    return Loaded(tables, problems, work.hashes)


class _RawRow(dict[str, Any]):
    """A row with its number in the source."""

    number: int = -1


class _Load:
    def __init__(self, data: Data, period: Period, folder: Path, watcher: Watcher | None = None):
        self.watcher = watcher
        self.data, self.period, self.folder = data, period, folder
        self.found = Collector()
        self.hashes: dict[str, str] = {}
        self.tables: dict[str, Table] = {}
        self.values: dict[str, Values] = {}
        self.seen: dict[str, set[str]] = {"customers": set(), "reps": set()}
        self.removed: set[str] = set()

    def in_order(self, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
        """Return problems table by table as the plan names them, those of no file last."""
        order = {(t.file, t.sheet): n for n, t in ((list(ROWS).index(k), t) for k, t in self.tables.items())}
        return tuple(sorted(problems, key=lambda p: order.get((p.file, p.sheet), -1 if p.file else len(ROWS))))

    def spec(self, kind: str) -> Source:
        spec: Source = getattr(self.data, kind)
        return spec

    def read(self) -> None:
        """Read all sources, give their columns meaning, keep the rows their filters ask for."""
        for kind in ROWS:
            if getattr(self.data, kind) is None:
                continue
            try:
                grid = read_source(kind, self.spec(kind), self.folder, self.data.limits, self.found)
            except Refused as refused:
                self.found.add(*refused.problems)
                continue
            self.hashes[kind] = grid.digest
            table = apply_map(kind, grid, self.spec(kind).columns, self.found)
            if not len(table.rows):
                self.found.add(
                    Problem("no_rows", "the table has column names but no row", table.file, table.sheet,
                            severity="warning" if kind == "history" else "error")
                )  # fmt: skip
            if kind in ID_OF and ID_OF[kind] in table.columns:
                self.seen[kind] = {text_of(c) for c in table.columns[ID_OF[kind]].cells if c is not None}
            self.tables[kind] = table
            if self.watcher:
                self.watcher.table(table)
        settle_owners(self.tables, self.found)
        for kind, table in self.tables.items():
            self.tables[kind] = keep_rows(table, self.spec(kind), self.found)

    def patch(self, patch: Patch) -> None:
        """Let a scenario edit the raw rows of customers and reps."""
        if not all(kind in self.tables for kind in ID_OF):
            return
        rows: Rows = {kind: _to_rows(self.tables[kind]) for kind in ID_OF}
        before = {row.get("rep_id") for row in rows["reps"]}
        self.found.add(*patch(rows))
        self.removed = {str(r) for r in before - {row.get("rep_id") for row in rows["reps"]} if r is not None}
        for kind in ID_OF:
            self.tables[kind] = self._from_rows(self.tables[kind], rows[kind])

    def _from_rows(self, table: Table, rows: list[dict[str, Any]]) -> Table:
        fields = ROWS[table.kind].model_fields
        names = dict.fromkeys([*table.columns, *(n for row in rows for n in row)])
        columns = {}
        for name in names:
            known = table.columns.get(name)
            if known is None and name not in fields:
                near = nearest(name, [*fields, *table.columns])
                self.found.add(
                    Problem("new_column", f"the scenario adds a column {shorten(name)!r} that no file has",
                            column=f"{table.kind}.{name}", severity="warning",
                            fix=f"did you mean {near}?" if near else "")
                )  # fmt: skip
            cells = as_cells([_trimmed(row.get(name)) for row in rows])
            columns[name] = Column(name, cells) if known is None else replace(known, cells=cells)
        numbers = np.array([getattr(row, "number", -1) for row in rows], dtype=np.int64)
        return replace(table, columns=columns, rows=numbers)

    def check(self) -> Tables | None:
        """Parse all columns, derive, and check all rows; None where a source could not be read."""
        for kind, table in self.tables.items():
            self.values[kind] = {}
            for name in table.columns:
                parsed = parse(table, name, self.spec(kind))
                report(table, name, parsed, self.found)
                self.values[kind][name] = parsed.values
                if self.watcher:
                    self.watcher.column(table, name, parsed, self.spec(kind).columns)
        reps = self._check_reps()
        history = self._check_history(reps)
        customers = self._check_customers(reps, history)
        for kind, table in self.tables.items():
            check_unclear(table, self.spec(kind), reps, self.data.unlisted_reps, self.found)
        if customers is None or reps is None or (self.data.history is not None and history is None):
            return None
        if self.found.errors:
            return None
        return Tables(
            frame(ROWS["customers"], customers),
            self._rep_frame,
            frame(ROWS["history"], []) if history is None else history,
        )

    def _check_reps(self) -> Reps | None:
        table = self.tables.get("reps")
        if table is None:
            return None
        values = self.values["reps"]
        rows = self._validated(table, values)
        check_rep_dates(table, values, self.found)
        self._rep_frame: pd.DataFrame = frame(ROWS["reps"], rows)
        if len(rows) == len(table.rows):
            check_active(table, self._rep_frame, self.period, self.found)
        if ID_OF["reps"] not in table.columns:
            return None
        return Reps(id_values(table, values), values.get("name", ()), self.removed)

    def _check_history(self, reps: Reps | None) -> pd.DataFrame | None:
        table = self.tables.get("history")
        if table is None:
            return None
        history = history_frame(table, self.values["history"], self.found)
        if reps is not None and "customers" in self.tables:
            known = self.seen["customers"] | {i for i in self._ids("customers") if i is not None}
            check_history(table, history, known, Reps(reps.ids | self.seen["reps"], ()), self.found)
        return history

    def _check_customers(self, reps: Reps | None, history: pd.DataFrame | None) -> list[Row] | None:
        table = self.tables.get("customers")
        if table is None:
            return None
        values = self.values["customers"]
        if reps is not None:
            check_customer_reps(table, values, reps, self.data.unlisted_reps, self.found)
        check_parents(table, values, self._ids("customers"), self.found)
        if reps is not None and (history is not None or self.data.history is None):
            derive(self.data, table, values, history, reps, self.period, self.found)
        return self._validated(table, values)

    def _ids(self, kind: str) -> list[Any]:
        return id_values(self.tables[kind], self.values[kind])

    def _validated(self, table: Table, values: Values) -> list[Row]:
        """Return the rows that are right, after looking at their ids; a table without ids gets some for the time."""
        key = ID_OF[table.kind]
        if key in table.columns:
            check_unique(table, values[key], self.found)
            return validate(table, values, self.found)
        return validate(table, {**values, key: [f"row {n}" for n in table.rows]}, self.found)


def _trimmed(cell: Any) -> Any:
    return (cell.strip() or None) if isinstance(cell, str) else cell


def _to_rows(table: Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    key = ID_OF[table.kind]
    names = list(table.columns)
    for number, cells in zip(table.rows, zip(*(c.cells for c in table.columns.values()), strict=True), strict=True):
        row = _RawRow((n, c) for n, c in zip(names, cells, strict=True) if c is not None)
        row.number = int(number)
        if key in row:
            row[key] = text_of(row[key])
        rows.append(row)
    return rows
