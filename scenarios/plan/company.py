"""The company that declared changes work on: checked tables that are edited, every edit kept as a patch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd

from scenarios.files import joined
from solver.explain import listed
from solver.problems import nearest, shorten
from solver.tables import Period, Tables, clean_path


class Refusal(Exception):
    """A change cannot be made: why, what would do, and a suggestion."""

    def __init__(self, message: str, expected: str = "", fix: str = ""):
        super().__init__(message)
        self.message, self.expected, self.fix = message, expected, fix


class Company:
    """Tables under change.

    Attributes
    ----------
    customers : the customers' table; edited in place, the one it was made from is not.
    reps : rows by rep_id.
    patch : every edit so far, as a patch of the tables.
    place : of the change that is being made, for messages.
    set_by : the place that set each (table, id, column).
    """

    def __init__(self, tables: Tables, period: Period):
        self.customers = tables.customers.copy()
        self.reps: dict[str, dict[str, Any]] = {
            row["rep_id"]: row for row in ({str(k): v for k, v in r.items()} for r in tables.reps.to_dict("records"))
        }
        self.period = period
        self.patch: dict[str, dict[str, dict[str, Any]]] = {}
        self.place = ""
        self.set_by: dict[tuple[str, str, str], str] = {}

    def rep(self, rep_id: str) -> dict[str, Any]:
        """Return a rep's row.

        Raises
        ------
        Refusal
            There is no such rep.
        """
        if rep_id not in self.reps:
            called = [r for r, row in self.reps.items() if row["name"] == rep_id]
            near = called[0] if len(called) == 1 else nearest(rep_id, self.reps)
            some = f"did you mean {near}?" if near else f"there are {listed(list(self.reps))}"
            raise Refusal(f"there is no rep {shorten(rep_id)!r}", "a rep_id", some)
        return self.reps[rep_id]

    def there(self, rep: dict[str, Any]) -> bool:
        """Whether a rep is active on some day of the period."""
        start, end = (None if pd.isna(rep[n]) else pd.Timestamp(rep[n]).date() for n in ("start_date", "end_date"))
        begins, ends = start or dt.date.min, end or dt.date.max
        return bool(rep["active"]) and begins <= self.period.last and ends >= self.period.first

    def territories(self) -> list[str]:
        """Return every territory that customers are in, once each; an empty one where customers have none."""
        return list({t.casefold(): t for t in self.customers["territory"]}.values())

    def check_territory(self, path: str) -> str:
        """Return a path in its one spelling.

        Raises
        ------
        Refusal
            No customer is in it.
        """
        clean = clean_path(path)
        known = {t for t in self.customers["territory"] if t}
        if clean == "*" or any(covers(clean, t) for t in known):
            return clean
        near = nearest(clean, sorted(known | {t.rpartition("/")[0] for t in known} - {""}))
        raise Refusal(f"no customer is in territory {shorten(path)!r}", "a territory of the customers",
                      f"did you mean {near}?" if near else "")  # fmt: skip

    def set_rep(self, rep_id: str, column: str, value: Any) -> None:
        """Set one cell of a rep."""
        self.reps[rep_id][column] = value
        self._keep("reps", rep_id, column, value)

    def add_rep(self, rep_id: str, row: dict[str, Any]) -> None:
        """Add a rep; cells that are empty are left out."""
        blank = {"team": "", "territories": (), "skills": {}}  # what other changes look at
        self.reps[rep_id] = {**blank, "rep_id": rep_id, "active": True, "start_date": None, "end_date": None, **row}
        self.patch.setdefault("reps", {})[rep_id] = {}
        for column, value in row.items():
            if not is_empty(value):
                self._keep("reps", rep_id, column, value)

    def new_id(self, like: str | None) -> tuple[str, int]:
        """Return an id that nobody has for a new rep like one or none, and its number among the new ones."""
        number, stem = 1, "new" if like is None else f"{like}-new"
        while (rep_id := f"{stem}-{number}") in self.reps:
            number += 1
        return rep_id, number

    def set_customer(self, at: int, column: str, value: Any, once: bool = False) -> None:
        """Set one cell of the customer at a position; with `once`, a cell that was set before is refused."""
        customer = str(self.customers["customer_id"].iloc[at])
        if once and (by := self.set_by.get(("customers", customer, column))):
            raise Refusal(
                f"{column} of customer {customer} is set by {by} too", fix="let each customer be in one of the two"
            )
        self.customers.loc[self.customers.index[at], column] = "" if value is None else value
        self._keep("customers", customer, column, value)

    def drop_pins(self, hit: pd.Series[bool]) -> str:
        """Empty the pins of some customers and return what to say of it, nothing where there are none."""
        positions = hit.to_numpy(dtype=bool).nonzero()[0].tolist()
        positions = [p for p in positions if self.customers["pinned_rep"].iloc[p]]
        ids = [str(self.customers["customer_id"].iloc[p]) for p in positions]
        for position in positions:
            self.set_customer(position, "pinned_rep", None)
        if not ids:
            return ""
        shown = ", ".join(ids[:5]) + (" …" if len(ids) > 5 else "")
        return f"; {len(ids):,} {'pins are' if len(ids) > 1 else 'pin is'} dropped: {shown}"

    def _keep(self, table: str, name: str, column: str, value: Any) -> None:
        self.patch.setdefault(table, {}).setdefault(name, {})[column] = cell_of(value)
        self.set_by[table, name, column] = self.place


def covers(territory: str, path: str) -> bool:
    """Whether a rep's territory takes in a path: ``*`` all, else the path itself or one above it."""
    above, below = territory.casefold(), path.casefold()
    return above == "*" or (bool(below) and (below == above or below.startswith(above + "/")))


def without(territories: Sequence[str], path: str, known: Sequence[str], rep_id: str) -> tuple[str, ...]:
    """Return a rep's territories without one path and what is below it.

    A territory above the path is replaced by those beside it, as far as `known` names them.

    Raises
    ------
    Refusal
        Someone known is at a level between the two, which no list of paths can keep without the path.
    """
    left: dict[str, str] = {}
    for territory in territories:
        if covers(path, territory):
            continue
        beside = _beside(territory, path, known, rep_id) if covers(territory, path) else [territory]
        left |= {t.casefold(): t for t in beside if t.casefold() not in left}
    return tuple(left.values())


def _beside(above: str, path: str, known: Sequence[str], rep_id: str) -> list[str]:
    steps = path.split("/")
    found: dict[str, str] = {}
    for depth in range(0 if above == "*" else above.count("/") + 1, len(steps)):
        at = "/".join(steps[:depth])
        for other in known:
            if at and not covers(at, other):
                continue
            if other.casefold() == at.casefold():
                raise Refusal(
                    f"{rep_id} covers {above} and with it customers in {at or 'no territory'} itself, which no list of "
                    f"territories keeps without {path}",
                    fix=f"say what {rep_id} is to cover: reps: {{{rep_id}: {{territories: …}}}}",
                )
            child = "/".join(other.split("/")[: depth + 1])
            if not covers(child, path):
                found.setdefault(child.casefold(), child)
    return list(found.values())


def is_empty(value: Any) -> bool:
    """Whether a cell holds nothing."""
    if isinstance(value, str | dict | tuple | list):
        return not value
    return value is None or bool(pd.isna(value))


def cell_of(value: Any) -> Any:
    """Return the value as a cell of a source holds it."""
    if isinstance(value, dict | tuple | list):
        return joined(value) or None
    if isinstance(value, pd.Timestamp):
        return value.date()
    return value
