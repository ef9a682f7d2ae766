"""Which column of a source is which field: the plan's column map first, then our own names, then the aliases."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scenarios.sources.aliases import (
    ALIASES,
    COUNTRY,
    FIRST_NAME,
    IS_CLOSED,
    IS_WON,
    LAST_NAME,
    STATE,
    plain_name,
)
from scenarios.sources.collect import Collector
from scenarios.sources.grid import Cells, Flaw, Grid, as_cells
from scenarios.sources.words import read_flag, text_of
from solver.arrays import Ints
from solver.problems import Problem, nearest, shorten
from solver.tables import ROWS

REQUIRED = {"customers": ("customer_id",), "reps": ("rep_id",), "history": ("customer_id",)}

OWNERS = {"customers": ("current_rep", "pinned_rep"), "history": ("rep_id",)}
"""Fields that hold the id of a rep, by table."""


#: How like a field's name a column must be called to be taken for a misspelt one, 0 to 1.
_MISSPELT = 0.85


@dataclass(frozen=True)
class Column:
    """One column with a meaning.

    `header` is its name in the source, `cells` what stands in it, `letter` a sheet's name of it, empty elsewhere.
    """

    header: str
    cells: Cells
    letter: str = ""


@dataclass(frozen=True)
class Table:
    """A source whose columns are known.

    Attributes
    ----------
    kind : customers, reps or history.
    file, sheet : for messages.
    columns : by our field, or by its own name where it is none of ours.
    original : columns of the file by the file's name, for filters.
    rows : row numbers in the source; -1 for a row that a scenario added.
    semicolons : cells were separated by semicolons, a sign of decimal commas.
    unclear : the columns of the file that could each be a field, by field.
    """

    kind: str
    file: str
    sheet: str
    columns: dict[str, Column]
    original: dict[str, str]
    rows: Ints
    semicolons: bool
    unclear: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    def take(self, mask: Any) -> Table:
        """Return the table with the rows that `mask` picks."""
        columns = {n: replace(c, cells=c.cells[mask]) for n, c in self.columns.items()}
        return replace(self, columns=columns, rows=self.rows[mask])


def fields_of(kind: str) -> list[str]:
    """Return our fields of a table, in order."""
    return list(ROWS[kind].model_fields)


def apply_map(kind: str, grid: Grid, explicit: Mapping[str, str], found: Collector) -> Table:
    """Give each column of `grid` its meaning; say every column that was recognised by another name."""
    mapper = _Mapper(kind, grid, explicit, found)
    mapper.from_plan()
    mapper.by_name()
    mapper.joined()
    mapper.rest()
    mapper.misspelt()
    mapper.check_required()
    return Table(
        kind, grid.file, grid.sheet, mapper.columns, mapper.original, grid.rows, grid.semicolons, mapper.rivals
    )


def ambiguous_column(kind: str, file: str, sheet: str, name: str, headers: tuple[str, ...], why: str = "") -> Problem:
    """Return the problem of a field that several columns could be; `why`: what is in them, where that was looked at."""
    return Problem(
        "ambiguous_column",
        f"columns {' and '.join(map(shorten, headers))} could both be {name}{f': {why}' if why else ''}",
        file, sheet, column=shorten(headers[0]), expected="one column",
        fix=f"say which: data.{kind}.columns: {{{name}: {shorten(headers[0])}}}",
    )  # fmt: skip


def is_like(kind: str, names: Iterable[str], explicit: Mapping[str, str]) -> bool:
    """Say whether a table with these column names could be customers, reps or history: it has the column of ids."""
    there = set(map(plain_name, names))
    for name in REQUIRED[kind]:
        wanted = (explicit[name],) if explicit.get(name) else (name, *ALIASES[kind].get(name, ()))
        if there.isdisjoint(map(plain_name, wanted)):
            return False
    return True


class _Mapper:
    def __init__(self, kind: str, grid: Grid, explicit: Mapping[str, str], found: Collector):
        self.kind, self.grid, self.explicit, self.found = kind, grid, explicit, found
        self.columns: dict[str, Column] = {}
        self.original: dict[str, str] = {}
        self.fields = fields_of(kind)
        self.unclear: set[str] = set()
        self.rivals: dict[str, tuple[str, ...]] = {}
        self._cells = dict(zip(grid.names, grid.columns, strict=True))

    def _use(self, name: str, header: str) -> None:
        self.columns[name] = self._column(header)
        self.original.setdefault(header, name)

    def _column(self, header: str) -> Column:
        return Column(header, self._cells[header], self.grid.letters.get(header, ""))

    def _note(
        self, message: str, header: str, severity: Any = "note", code: str = "column_read", fix: str = ""
    ) -> None:
        self.found.add(
            Problem(code, message, self.grid.file, self.grid.sheet, column=shorten(header), fix=fix, severity=severity)
        )

    def from_plan(self) -> None:
        """Take what the plan's column map says."""
        plain = {plain_name(n): n for n in self.grid.names}
        for name, wanted in self.explicit.items():
            if not wanted:
                self.unclear.add(name)  # the plan says: read it from no column
                continue
            self._check_key(name)
            header = wanted if wanted in self._cells else plain.get(plain_name(wanted), "")
            if header:
                self._use(name, header)
                continue
            near = nearest(plain_name(wanted), plain)
            self.unclear.add(name)
            self.found.add(
                Problem("unknown_column", f"there is no column {shorten(wanted)!r} to read {name} from",
                        self.grid.file, self.grid.sheet, column=f"data.{self.kind}.columns.{name}",
                        expected=f"one of {', '.join(map(shorten, self.grid.names[:30]))}",
                        fix=f"did you mean {shorten(plain[near])}?" if near else "")
            )  # fmt: skip

    def _check_key(self, name: str) -> None:
        near = nearest(name, self.fields, 0.8)
        if name not in self.fields and near:
            self.found.add(
                Problem("unknown_field", f"there is no field {shorten(name)}; the column is kept under that name",
                        self.grid.file, self.grid.sheet, column=f"data.{self.kind}.columns.{shorten(name)}",
                        fix=f"did you mean {near}?", severity="warning")
            )  # fmt: skip

    def _free(self) -> list[str]:
        return [n for n in self.grid.names if n not in self.original]

    def _find(self, words: tuple[str, ...]) -> str:
        """Return the first free column that is called one of `words`, in their order; empty where there is none."""
        free = {plain_name(n): n for n in reversed(self._free())}
        return next((free[w] for w in map(plain_name, words) if w in free), "")

    def by_name(self) -> None:
        """Recognise columns by our own names and by the aliases."""
        free = self._free()
        for field in self.fields:
            if field in self.columns or field in self.unclear:
                continue
            own = [n for n in free if plain_name(n) == plain_name(field)]
            known = set(map(plain_name, ALIASES[self.kind].get(field, ())))
            other = [n for n in free if plain_name(n) in known and n not in self.original]
            match = own or other
            if len(match) > 1:
                self.unclear.add(field)
                self.rivals[field] = tuple(match)
                if field not in OWNERS.get(self.kind, ()):  # which of those is meant shows when the reps are known
                    self.found.add(
                        ambiguous_column(self.kind, self.grid.file, self.grid.sheet, field, self.rivals[field])
                    )
                for header in match:
                    self.original.setdefault(header, header)
            elif match:
                self._use(field, match[0])
                if match[0] != field:
                    self._note(f"read `{shorten(match[0])}` as {field}", match[0])

    def joined(self) -> None:
        """Make up fields that the source spreads over several columns."""
        if self.kind == "customers" and self._open("territory"):
            self._join_territory()
        if self.kind == "reps" and self._open("name"):
            first, last = self._find(FIRST_NAME), self._find(LAST_NAME)
            if first and last:
                pairs = zip(self._cells[first], self._cells[last], strict=True)
                cells = [" ".join(text_of(p) for p in pair if p is not None) or None for pair in pairs]
                self.columns["name"] = Column(f"{first} + {last}", as_cells(cells))
                self._note(f"read `{first}` and `{last}` as name", first)
        if self.kind == "history" and "outcome" not in self.explicit and "outcome" not in self.unclear:
            self._join_outcome()

    def _open(self, field: str) -> bool:
        return field not in self.columns and field not in self.unclear

    def _join_territory(self) -> None:
        country, state = self._find(COUNTRY), self._find(STATE)
        headers = [h for h in (country, state) if h]
        if not headers:
            return
        cells: list[Any] = []
        for parts in zip(*(self._cells[h] for h in headers), strict=True):
            if flaw := next((p for p in parts if isinstance(p, Flaw)), None):
                cells.append(flaw)
                continue
            cells.append("/".join(text_of(p).replace("/", "-") for p in parts if p is not None) or None)
        self.columns["territory"] = Column(" + ".join(headers), as_cells(cells))
        shape = " (Country/State)" if len(headers) > 1 else ""
        self._note(f"read {' and '.join(f'`{shorten(h)}`' for h in headers)} as territory{shape}", headers[0])

    def _join_outcome(self) -> None:
        won = self._find(IS_WON)
        if not won:
            return
        closed = self._find(IS_CLOSED)
        stage = self.columns.get("outcome")
        n = len(self.grid.rows)
        is_won = [read_flag(c) for c in self._cells[won]]
        is_closed = [read_flag(c) for c in self._cells[closed]] if closed else [None] * n
        stages = stage.cells if stage is not None else np.full(n, None, dtype=object)
        cells: list[Any] = []
        for yes, shut, text in zip(is_won, is_closed, stages, strict=True):
            if yes is None:
                cells.append(text)
            elif yes:
                cells.append("won")
            else:
                cells.append("lost" if shut else text if text is not None else "open" if shut is False else "not won")
        header = won if stage is None else f"{won} + {stage.header}"
        self.columns["outcome"] = Column(header, as_cells(cells))
        self._note(f"read `{shorten(won)}` as outcome: won where it is yes", won)

    def rest(self) -> None:
        """Keep every other column under its own name."""
        for header in self.grid.names:
            if header in self.original:
                if header not in self.columns and self.original[header] == header:
                    self.columns[header] = self._column(header)
                continue
            if header in self.columns or header in self.fields:
                why = "says to read it from none" if header in self.unclear else "reads it from another"
                self._note(f"column {shorten(header)} is left out: the plan {why}", header, code="column_left_out")
                self.original[header] = ""
                continue
            self._use(header, header)

    def misspelt(self) -> None:
        """Warn of columns that are called nearly like a field that none is read into: most are meant for it."""
        open_ = {plain_name(f): f for f in self.fields if self._open(f)}
        for header in [n for n, field in self.original.items() if field == n and n not in self.fields]:
            near = nearest(plain_name(header), open_, _MISSPELT)
            if near is not None:
                field = open_[near]
                message = f"column {shorten(header)} is kept as one of your own, and no column is read as {field}"
                fix = f"if it is meant: data.{self.kind}.columns: {{{field}: {shorten(header)}}}"
                self._note(message, header, "warning", "misspelt_column", fix)

    def check_required(self) -> None:
        """Report ids that no column holds."""
        for field in REQUIRED[self.kind]:
            if field not in self.columns and not (field in self.unclear and self.explicit.get(field) != ""):
                self.found.add(
                    Problem("missing_column", f"no column is {field}", self.grid.file, self.grid.sheet, column=field,
                            expected=f"a column {field} or {ALIASES[self.kind][field][0]}; there are "
                            f"{', '.join(map(shorten, self.grid.names[:30]))}",
                            fix=f"say which it is: data.{self.kind}.columns: {{{field}: …}}")
                )  # fmt: skip
