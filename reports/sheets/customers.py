"""Sheet Customers: every customer with its rep before and after, its figures and the reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd

from reports import metrics
from reports.reasons import reasons
from reports.sheets.book import Book, Place
from reports.sheets.looks import Column
from reports.words import mark, say
from scenarios.files import joined
from scenarios.run.record import Run

NAME = mark("Customers")
NOBODY = "no rep"
"""The change of a customer that ends without a rep."""
CHANGES = {
    "kept": mark("kept"), "chosen": mark("by choice"), "forced": mark("had to move"), "new": mark("first rep"),
    NOBODY: mark("no rep"),
}  # fmt: skip
"""How changes are written in the sheets, where formulas count them."""
#: Columns of the input that are shown where any customer has a value.
_GIVEN = {
    "territory": mark("Territory"), "industry": mark("Industry"), "segment": mark("Segment"),
    "parent_id": mark("Parent ID"), "required_skills": mark("Required skills"), "tenure": mark("Tenure"),
    "renewal_date": mark("Renewal date"), "feedback": mark("Feedback"), "pinned_rep": mark("Pinned rep"),
}  # fmt: skip
#: Own columns of the input beyond these are left to the input itself.
MOST_OWN = 20


def rows(run: Run) -> pd.DataFrame:
    """A row a customer in the order of the input: its columns, then rep_id, moved, fit and reason of the run."""
    found = run.assignment.set_index("customer_id")[["rep_id", "moved", "fit", "reason"]]
    table = run.tables.customers.join(found, on="customer_id")
    left = dict(zip(run.unassigned["customer_id"], run.unassigned["reason"], strict=True))
    nobody = table["rep_id"].isna()
    table["rep_id"] = table["rep_id"].astype(object).where(~nobody, "")
    table["moved"] = table["moved"].astype(object).where(~nobody, NOBODY)
    table["reason"] = [
        left.get(c, "") if n else r
        for c, n, r in zip(table["customer_id"], nobody, table["reason"].astype(object).fillna(""), strict=True)
    ]
    return table


def change_said(change: str) -> str:
    """Return how the sheets write what becomes of a customer."""
    return say(CHANGES.get(change, change))


def write(book: Book, run: Run) -> Place:
    """Write the sheet."""
    sheet = book.sheet(say(NAME))
    table, reps = rows(run), metrics.rep_names(run)
    team = dict(zip(run.tables.reps["rep_id"], run.tables.reps["team"], strict=True))
    columns = [
        Column(say("Customer ID"), table["customer_id"].tolist()),
        Column(say("Customer"), table["name"].tolist(), "name"),
        Column(say("Rep ID"), table["rep_id"].tolist()),
        Column(say("Rep"), [reps.get(r, r) for r in table["rep_id"]], "name"),
        Column(say("Team"), [team.get(r, "") for r in table["rep_id"]]),
        Column(say("Rep before, ID"), table["current_rep"].tolist()),
        Column(say("Rep before"), [reps.get(r, r) for r in table["current_rep"]], "name"),
        Column(say("Change"), [change_said(m) for m in table["moved"]]),
        Column(say("Fit"), table["fit"].tolist(), "points"),
        Column(say("Potential"), table["potential"].tolist(), "amount"),
        Column(say("Workload"), table["workload"].tolist(), "amount"),
        Column(say("Reason"), list(map(reasons(run), table["reason"])), "long"),
    ]
    for name, title in _GIVEN.items():
        cells = [_cell(v) for v in table[name].tolist()]
        if any(c not in {None, ""} and c == c for c in cells):
            columns.append(Column(say(title), cells, _kind(cells)))
    taken = {c.title.casefold() for c in columns}
    own = [c for c in run.tables.customers.columns if c not in _model() and str(c).casefold() not in taken]
    for name in own[:MOST_OWN]:
        cells = [_cell(v) for v in table[name].tolist()]
        columns.append(Column(str(name), cells, _kind(cells)))
    place = book.table(sheet, columns, name="Customers", lead=2, until=say("Reason"))
    title = say("Change")
    change = place.top(title)
    chosen, forced, new, nobody = (change_said(k) for k in ("chosen", "forced", "new", NOBODY))
    book.colour(sheet, place, title, f'{change}="{chosen}"', "well")
    book.colour(sheet, place, title, f'OR({change}="{forced}",{change}="{new}")', "off")
    book.colour(sheet, place, title, f'{change}="{nobody}"', "broken")
    book.bars(sheet, place, say("Potential"))
    return place


def _model() -> set[str]:
    from solver.tables import Customer

    return set(Customer.model_fields)


def _kind(cells: Sequence[Any]) -> str:
    """What a column of the input holds, by what is in it."""
    there = [c for c in cells if c not in {None, ""} and c == c]
    if there and all(isinstance(c, dt.date) for c in there):
        return "date"
    numbers = there and all(isinstance(c, int | float) and not isinstance(c, bool) for c in there)
    return "amount" if numbers else "text"


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list | tuple):
        return joined(value)
    return None if value is pd.NaT else value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
