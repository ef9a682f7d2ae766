"""Sheet Customers: every customer with its rep before and after, its figures and the reason."""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports import metrics
from reports.sheets.book import Book, Column, Place
from scenarios.files import joined
from scenarios.record import Run

NAME = "Customers"
NOBODY = "no rep"
"""The change of a customer that ends without a rep."""
#: Columns of the input that are shown where any customer has a value.
_GIVEN = ("territory", "industry", "segment", "parent_id", "required_skills", "tenure", "renewal_date", "feedback",
          "pinned_rep")  # fmt: skip
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


def write(book: Book, run: Run) -> Place:
    """Write the sheet."""
    sheet = book.sheet(NAME)
    table, reps = rows(run), metrics.rep_names(run)
    team = dict(zip(run.tables.reps["rep_id"], run.tables.reps["team"], strict=True))
    columns = [
        Column("Customer ID", table["customer_id"].tolist()),
        Column("Customer", table["name"].tolist(), "name"),
        Column("Rep ID", table["rep_id"].tolist(), width=10),
        Column("Rep", [reps.get(r, r) for r in table["rep_id"]], "name", width=22),
        Column("Team", [team.get(r, "") for r in table["rep_id"]]),
        Column("Rep before, ID", table["current_rep"].tolist(), width=10),
        Column("Rep before", [reps.get(r, r) for r in table["current_rep"]], "name", width=22),
        Column("Change", table["moved"].tolist(), width=10),
        Column("Fit", table["fit"].tolist(), "points"),
        Column("Potential", table["potential"].tolist(), "amount"),
        Column("Workload", table["workload"].tolist(), "amount"),
    ]
    for name in _GIVEN:
        cells = [_cell(v) for v in table[name].tolist()]
        if any(c not in {None, ""} and c == c for c in cells):
            kind = "date" if name == "renewal_date" else "amount" if table[name].dtype == "float64" else "text"
            columns.append(Column(name.replace("_", " ").capitalize(), cells, kind))
    columns.append(Column("Reason", table["reason"].tolist(), "long"))
    taken = {c.title.casefold() for c in columns}
    own = [c for c in run.tables.customers.columns if c not in _model() and str(c).casefold() not in taken]
    for name in own[:MOST_OWN]:
        kind = "amount" if pd.api.types.is_float_dtype(table[name]) else "text"
        columns.append(Column(str(name), [_cell(v) for v in table[name].tolist()], kind))
    place = book.table(sheet, columns, freeze=2)
    change = place.top("Change")
    book.colour(sheet, place, "Change", f'{change}="chosen"', "well")
    book.colour(sheet, place, "Change", f'OR({change}="forced",{change}="new")', "off")
    book.colour(sheet, place, "Change", f'{change}="{NOBODY}"', "broken")
    book.bars(sheet, place, "Potential")
    return place


def _model() -> set[str]:
    from solver.tables import Customer

    return set(Customer.model_fields)


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list | tuple):
        return joined(value)
    return None if value is pd.NaT else value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
