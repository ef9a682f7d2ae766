"""Who a CRM's owner columns mean: ids where they are ids of reps, else names of reps, which become their ids."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from scenarios.sources.cells import Issue, distinct
from scenarios.sources.collect import Collector, count_of
from scenarios.sources.grid import Cells, Flaw, as_cells
from scenarios.sources.mapping import OWNERS, Table, ambiguous_column
from scenarios.sources.typed import cell_problem
from scenarios.sources.words import text_of
from solver.problems import Problem, shorten


def settle_owners(tables: dict[str, Table], found: Collector) -> None:
    """Decide, in place, which of several owner columns is read, and turn names of reps in them into ids.

    A column that holds ids of reps goes before one that holds names; what was read, and how, is said.
    """
    reps = tables.get("reps")
    known = _Known(reps) if reps is not None and "rep_id" in reps.columns else None
    for kind, fields in OWNERS.items():
        for field in fields:
            if kind not in tables:
                continue
            if field in tables[kind].unclear:
                tables[kind] = _choose(tables[kind], field, known, found)
            if known is not None and field in tables[kind].columns:
                _name_to_id(tables[kind], field, known, found)


def plain_person(text: str) -> str:
    """Return a person's name without case and odd spaces, as names are compared."""
    return " ".join(text.split()).casefold()


class _Known:
    """The reps: their ids, and the ids by name."""

    def __init__(self, reps: Table):
        ids = _texts(reps.columns["rep_id"].cells)
        names = _texts(reps.columns["name"].cells) if "name" in reps.columns else [None] * len(ids)
        self.ids = {i for i in ids if i is not None}
        self.by_name: dict[str, list[str]] = {}
        for rep, name in zip(ids, names, strict=True):
            if rep is None or name is None:
                continue
            same = self.by_name.setdefault(plain_person(name), [])
            if rep not in same:
                same.append(rep)


@dataclass(frozen=True)
class _Fit:
    """How many cells of a column are ids, and how many names, of reps."""

    header: str
    ids: int
    names: int
    of: int

    @property
    def by_id(self) -> bool:
        return self.ids >= self.names

    def said(self) -> str:
        return (
            f"{shorten(self.header)} has {count_of(self.ids, 'rep_id')} and "
            f"{count_of(self.names, 'name')} of reps in {count_of(self.of, 'cell')}"
        )


def _texts(cells: Cells) -> list[str | None]:
    return distinct([None if isinstance(c, Flaw) else c for c in cells], text_of)[0]


def _choose(table: Table, field: str, known: _Known | None, found: Collector) -> Table:
    headers = table.unclear[field]
    if known is None:
        found.add(ambiguous_column(table.kind, table.file, table.sheet, field, headers))
        return table
    fits = []
    for header in headers:
        counts = Counter(c for c in _texts(table.columns[header].cells) if c is not None)
        ids = sum(n for c, n in counts.items() if c in known.ids)
        names = sum(n for c, n in counts.items() if c not in known.ids and plain_person(c) in known.by_name)
        fits.append(_Fit(header, ids, names, counts.total()))
    best = max(fits, key=lambda f: (max(2 * f.ids, f.names), f.ids))  # ids, unless names fit twice as many cells
    rivals = [f for f in fits if f is not best and f.ids + f.names and f.by_id == best.by_id]
    same = _texts(table.columns[best.header].cells)
    if not best.ids + best.names or any(_texts(table.columns[r.header].cells) != same for r in rivals):
        why = "; ".join(f.said() for f in fits)
        found.add(ambiguous_column(table.kind, table.file, table.sheet, field, headers, why))
        return table
    what = "ids" if best.by_id else "names"
    other = " and ".join(f"`{shorten(f.header)}`" for f in fits if f is not best)
    found.add(
        Problem("column_read", f"read `{shorten(best.header)}` as {field}, not {other}: it holds {what} of reps",
                table.file, table.sheet, column=shorten(best.header), severity="note")
    )  # fmt: skip
    columns = {n: c for n, c in table.columns.items() if n != best.header}
    columns[field] = table.columns[best.header]
    original = {**table.original, best.header: field}
    unclear = {f: h for f, h in table.unclear.items() if f != field}
    return replace(table, columns=columns, original=original, unclear=unclear)


def _name_to_id(table: Table, field: str, known: _Known, found: Collector) -> None:
    column = table.columns[field]
    texts = _texts(column.cells)
    named = {
        text: reps
        for text in dict.fromkeys(texts)
        if text is not None and text not in known.ids and (reps := known.by_name.get(plain_person(text)))
    }
    if not named:
        return
    meant: Counter[str] = Counter()
    cells: list[Any] = list(column.cells)
    for i, text in enumerate(texts):
        if text is None or text not in named:
            continue
        reps = named[text]
        cells[i] = reps[0]  # also where it could be another, so that it is not reported as an unknown rep as well
        if len(reps) == 1:
            meant[text] += 1
            continue
        listed = ", ".join(map(shorten, reps[:10])) + (" …" if len(reps) > 10 else "")
        issue = Issue("ambiguous_rep_name", f"{field} {shorten(text)} is the name of {len(reps)} reps: {listed}",
                      "a rep_id, or a name that one rep has",
                      f"write the rep_id, such as {shorten(reps[0])}")  # fmt: skip
        found.add(cell_problem(table, column, field, i, issue))
    table.columns[field] = replace(column, cells=as_cells(cells))
    if meant:
        name = next(iter(meant))
        reps_named, rows = count_of(len({named[m][0] for m in meant}), "rep"), count_of(meant.total(), "row")
        example = f"{shorten(name)} = {shorten(named[name][0])}"
        message = f"read the names of {reps_named} in {rows} as their ids, such as {example}"
        header = shorten(column.header)
        found.add(Problem("names_read", message, table.file, table.sheet, column=header, severity="note"))
