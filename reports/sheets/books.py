"""Sheet Books: a row a rep with every load before and after, its target, band and limits."""

from __future__ import annotations

import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from reports import metrics, wording
from reports.sheets.book import Book, Place, heading_row
from reports.sheets.looks import Column, Formula, amount_form, font
from reports.words import mark, say
from scenarios.run.record import Run

NAME = mark("Books")
_TITLES = {
    "before": mark("{metric} before"), "after": mark("{metric} after"), "change": mark("{metric} change"),
    "target": mark("{metric} target"), "off": mark("{metric} off target"), "low": mark("{metric} band from"),
    "high": mark("{metric} band to"), "min": mark("{metric} at least"), "max": mark("{metric} at most"),
}  # fmt: skip
_EDGES = ("target", "low", "high", "min", "max")


def kind_of(metric: str) -> str:
    """Return how the loads of a metric are written."""
    return "count" if metric == "customers" else "amount"


def title(metric: str, what: str) -> str:
    """Return the title of a column, for `what` of it: ``Potential after``."""
    return say(_TITLES[what], metric=wording.heading(metric))


def write(book: Book, run: Run) -> Place:
    """Write the sheet."""
    sheet = book.sheet(say(NAME))
    sheet.set_tab_color("#0072B2")
    names = metrics.metrics(run) if len(run.books) else []
    tables = {m: metrics.books(run, m) for m in names}
    rows = next(iter(tables.values()), pd.DataFrame(columns=["rep_id", "name", "team", "active"]))
    managers = dict(zip(run.tables.reps["rep_id"], run.tables.reps["manager"], strict=True))
    columns = [
        Column(say("Rep ID"), rows["rep_id"].tolist()),
        Column(say("Rep"), rows["name"].tolist(), "name"),
        Column(say("Team"), rows["team"].tolist()),
        Column(say("Manager"), [managers.get(r, "") for r in rows["rep_id"]]),
        Column(say("Active"), [bool(a) for a in rows["active"]]),
    ]
    said: set[str] = {c.title for c in columns}
    shown: dict[str, list[str]] = {}
    for metric, table in tables.items():
        columns += _metric(metric, table, len(columns), said)
        shown[metric] = [e for e in _EDGES if table[e].notna().any()]
    starts = [title(m, "before") for m in names]  # on paper a page a metric
    place = book.table(sheet, columns, name="Books", lead=2, starts=starts)
    for metric, edges in shown.items():
        after = title(metric, "after")
        cell = place.top(after)
        if "max" in edges:
            limit = place.top(title(metric, "max"))
            book.colour(sheet, place, after, f'AND({limit}<>"",{cell}>{limit}*(1+1E-9))', "broken", stop=True)
        if "low" in edges:
            low, high = (place.top(title(metric, e)) for e in ("low", "high"))
            slack = f"1E-6*MAX(1,{high})"
            inside = f"{cell}>={low}-{slack},{cell}<={high}+{slack}"
            book.colour(sheet, place, after, f'AND({low}<>"",{inside})', "well", stop=True)
            book.colour(sheet, place, after, f'AND({low}<>"",NOT(AND({inside})))', "off")
    note = say("Inactive reps left or are away: they lose their customers.")
    sheet.write_comment(heading_row(place), 4, note, {"x_scale": 2, "font_name": font(), "author": "Fairbook"})
    return place


def _metric(metric: str, table: pd.DataFrame, at: int, said: set[str]) -> list[Column]:
    """The columns of one metric; change and distance to the target are formulas."""
    kind = kind_of(metric)
    number = amount_form(*(table[w].tolist() for w in ("before", "after", *_EDGES))) if kind == "amount" else ""
    before, after = xl_col_to_name(at), xl_col_to_name(at + 1)
    change = [
        Formula(f"{after}{n}-{before}{n}", round(b - a, 6))
        for n, (a, b) in enumerate(zip(table["before"], table["after"], strict=True), 2)
    ]
    columns = [
        Column(title(metric, "before"), table["before"].tolist(), kind, number=number),
        Column(title(metric, "after"), table["after"].tolist(), kind, number=number),
        Column(title(metric, "change"), change, kind, number=number),
    ]
    for edge in _EDGES:
        if not table[edge].notna().any():
            continue
        columns.append(Column(title(metric, edge), table[edge].tolist(), kind, number=number))
        if edge == "target":
            target = xl_col_to_name(at + len(columns) - 1)
            off = [
                Formula(f'IF({target}{n}>0,{after}{n}/{target}{n}-1,"")', b / t - 1 if t > 0 else "")
                for n, (t, b) in enumerate(zip(table["target"], table["after"], strict=True), 2)
            ]
            columns.append(Column(title(metric, "off"), off, "off"))
    if twice := said & {c.title for c in columns}:
        raise AssertionError(f"two columns {twice}")
    said |= {c.title for c in columns}
    return columns
