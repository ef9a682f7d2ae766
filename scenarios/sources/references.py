"""Do the tables fit each other? Reps and parents that are named must be there, families must not be rings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any, Literal

import pandas as pd

from scenarios.sources.cells import Issue
from scenarios.sources.collect import Collector, count_of
from scenarios.sources.mapping import Table
from scenarios.sources.rows import Values
from scenarios.sources.typed import cell_problem
from solver.problems import Problem, nearest, shorten
from solver.tables import Period

_SHOWN = 5


class Reps:
    """The reps there are, and how one might have been meant by a name that is none."""

    def __init__(self, ids: Iterable[Any], names: Iterable[Any], removed: Collection[str] = ()):
        self.ids = {i for i in ids if i is not None}
        self.removed = set(removed) - self.ids
        self._names = {str(n).casefold() for n in names if n is not None}
        self._plain = {i.casefold(): i for i in self.ids}
        self._some = sorted(self.ids)[:5000]

    def hint(self, text: str, otherwise: str) -> str:
        """Return what to do about `text`, which is no rep_id."""
        if text.casefold() in self._names:
            return "that is a rep's name: use ids in both tables, or map data.reps.columns.rep_id to the names"
        near = self._plain.get(text.casefold()) or nearest(text, self._some, 0.8)
        return f"did you mean {shorten(near)}? If not, {otherwise}" if near else otherwise


def check_customer_reps(
    table: Table, values: Values, reps: Reps, unlisted: Literal["error", "gone"], found: Collector
) -> None:
    """Report current and pinned reps that are not among the reps; a pin to a rep the scenario removed is emptied."""
    hints: dict[str, str] = {}
    gone: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    for name in ("pinned_rep", "current_rep"):
        if name not in values:
            continue
        for i, text in enumerate(values[name]):
            if text is None or text in reps.ids:
                continue
            if name == "current_rep" and (unlisted == "gone" or text in reps.removed):
                gone[text] += text not in reps.removed
                continue
            if text in reps.removed:
                dropped[text] += 1
                values[name][i] = None
                continue
            if text not in hints:
                hints[text] = reps.hint(text, _FIX[name])
            issue = Issue("unknown_rep", f"{name} {shorten(text)} is not among the reps", "a rep_id", hints[text])
            found.add(cell_problem(table, table.columns[name], name, i, issue))
    if total := dropped.total():
        found.add(
            Problem("dropped_pins", f"{count_of(total, 'pin')} dropped, to reps the scenario removes: {_list(dropped)}",
                    table.file, table.sheet, column=table.columns["pinned_rep"].header, severity="note")
        )  # fmt: skip
    if total := gone.total():
        found.add(
            Problem("gone_reps", f"{count_of(total, 'customer')} with a current rep who is not among the reps and "
                    f"counts as gone: {_list(gone)}", table.file, table.sheet,
                    column=table.columns["current_rep"].header, severity="note")
        )  # fmt: skip


_FIX = {
    "current_rep": "add it to the reps with active: no, or set data.unlisted_reps: gone",
    "pinned_rep": "add it to the reps, or empty the cell",
}


def check_parents(table: Table, values: Values, ids: list[Any], found: Collector) -> None:
    """Report rings of parents as errors; parents that are no customers, and customers that are their own, as notes.

    A customer that is named as its own parent gets none.
    """
    parents = values.get("parent_id")
    if parents is None:
        return
    column = table.columns["parent_id"]
    row_of = {c: i for i, c in enumerate(ids) if c is not None}
    own = [i for i, p in enumerate(parents) if p is not None and p == ids[i]]
    for i in own:
        parents[i] = None
    if own:
        found.add(
            Problem("own_parent", f"{count_of(len(own), 'customer')} named as their own parent, which counts as none: "
                    f"{_list(Counter(ids[i] for i in own))}", table.file, table.sheet, column=column.header,
                    severity="note")
        )  # fmt: skip
    outside = Counter(p for p in parents if p is not None and p not in row_of)
    if outside:
        found.add(
            Problem("outside_parent", f"{count_of(len(outside), 'parent')} not among the customers, still holding "
                    f"families together: {_list(outside)}", table.file, table.sheet, column=column.header,
                    severity="note")
        )  # fmt: skip
    state = [0] * len(ids)  # 1: on the way being walked, 2: known to end
    for start in range(len(ids)):
        way: list[int] = []
        at: int | None = start
        while at is not None and not state[at]:
            state[at] = 1
            way.append(at)
            at = row_of.get(parents[at])
        if at is not None and state[at] == 1:
            ring = way[way.index(at) :]
            names = " → ".join(shorten(ids[i], 30) for i in [*ring[:6], *([] if len(ring) > 6 else [ring[0]])])
            issue = Issue(
                "cyclic_parents", f"parents form a ring: {names}{' → …' if len(ring) > 6 else ''}",
                "a parent that is not below its own subsidiary", "empty parent_id of one of them",
            )  # fmt: skip
            found.add(cell_problem(table, column, "parent_id", at, issue))
        for i in way:
            state[i] = 2


def check_history(table: Table, frame: pd.DataFrame, customers: Collection[str], reps: Reps, found: Collector) -> None:
    """Report history of customers and reps that are not there; `customers` includes those a scenario removes."""
    for name, known, severity, what in (
        ("customer_id", customers, "warning", "customers who are not there; it is not used to derive anything"),
        ("rep_id", reps.ids | reps.removed, "note", "reps who are not there"),
    ):
        counts = frame[name].value_counts()
        unknown = Counter({str(k): int(n) for k, n in counts.items() if k != "" and k not in known})
        if unknown:
            rows = unknown.total()
            found.add(
                Problem(f"unknown_{'customer' if name == 'customer_id' else 'rep'}",
                        f"{count_of(rows, 'row')} of history with {what}: {_list(unknown)}",
                        table.file, table.sheet, column=table.columns[name].header, severity=severity)  # type: ignore[arg-type]
            )  # fmt: skip


def check_active(table: Table, reps: pd.DataFrame, period: Period, found: Collector) -> None:
    """Report it when no rep is there in the period."""
    if not len(reps):
        return
    starts, ends = reps["start_date"], reps["end_date"]
    there = (
        reps["active"]
        & (starts.isna() | (starts <= pd.Timestamp(period.last)))
        & (ends.isna() | (ends >= pd.Timestamp(period.first)))
    )
    if not there.any():
        found.add(
            Problem("no_active_rep", f"no rep is active between {period.first} and {period.last}", table.file,
                    table.sheet, expected="at least one", fix="look at active, start_date and end_date")
        )  # fmt: skip


def _list(counts: Counter[Any]) -> str:
    shown = ", ".join(shorten(k, 30) for k, _ in counts.most_common(_SHOWN))
    return f"{shown} …" if len(counts) > _SHOWN else shown
