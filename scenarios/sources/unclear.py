"""Where several columns could be one field: the rows that are wrong whichever of the columns is meant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from scenarios.sources.collect import Collector
from scenarios.sources.grid import as_cells
from scenarios.sources.history import history_frame
from scenarios.sources.mapping import Column, Table
from scenarios.sources.references import Reps, check_customer_reps
from scenarios.sources.rows import check_unique, validate
from scenarios.sources.spec import Source
from scenarios.sources.typed import parse, report
from solver.problems import Problem
from solver.tables import ID_OF


def check_unclear(table: Table, spec: Source, reps: Reps | None, unlisted: Any, found: Collector) -> None:
    """Report each row whose cell is wrong in every column that could be the field, at the first of them."""
    for field, headers in table.unclear.items():
        bad = [_wrong(table, field, header, spec, reps, unlisted) for header in headers]
        for row in sorted(set.intersection(*(set(b) for b in bad))):
            found.add(*bad[0][row])


def _wrong(
    table: Table, field: str, header: str, spec: Source, reps: Reps | None, unlisted: Any
) -> dict[int, list[Problem]]:
    """Return what is wrong in one column read as `field`, by row."""
    trial = Collector()
    one = replace(table, columns={field: table.columns[header]}, unclear={})
    parsed = parse(one, field, spec)
    report(one, field, parsed, trial)
    values = {field: parsed.values}
    key = ID_OF.get(table.kind)
    if key is None:
        history_frame(one, values, trial)
    elif field == key:
        check_unique(one, values[key], trial)
        validate(one, values, trial)
    else:
        made_up = [f"row {n}" for n in table.rows]
        with_ids = replace(one, columns={**one.columns, key: Column(key, as_cells(made_up))})
        validate(with_ids, {**values, key: made_up}, trial)
    if reps is not None and table.kind == "customers" and field in {"current_rep", "pinned_rep"}:
        check_customer_reps(one, values, reps, unlisted, trial)
    rows: dict[int, list[Problem]] = {}
    for problem in trial.problems:
        if problem.severity == "error" and problem.row is not None:
            rows.setdefault(problem.row, []).append(problem)
    return rows
