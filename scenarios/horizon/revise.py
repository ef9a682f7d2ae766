"""A plan and its tables, both read already, changed as a scenario changes those of a file: for what follows a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from scenarios.plan.changes import expand
from scenarios.plan.company import cell_of, is_empty
from scenarios.plan.patch import Change, patch_rows, resolve
from scenarios.plan.plan import parse_changes, parse_plan
from scenarios.run.prepare import Prepared, ready
from solver.problems import InputError, Problem, nearest, shorten
from solver.tables import ID_OF, ROWS, Tables, frame

_SHOWN = 5


def revised(
    source: Mapping[str, Any],
    tables: Tables,
    sets: Sequence[str],
    name: str,
    scenario: str,
    hashes: Mapping[str, str],
    override: str | None = None,
) -> Prepared:
    """Return a plan and its tables with changes made, ready to solve.

    Parameters
    ----------
    source : the plan as plain data.
    tables : checked.
    sets : as of ``--set``: keys of the plan, cells of the tables, declared changes.
    name, scenario, hashes : of what comes out, see `scenarios.run.prepare.Prepared`; `name` is the plan file's stem.
    override : a scenario or override of the plan to apply first.

    Raises
    ------
    InputError
        Every change that cannot be made, and what of the result does not fit together.
    """
    file = f"{name}.yaml"
    source = {key: value for key, value in source.items() if key != "periods"}  # those after a period now past
    resolved = resolve(source, override, sets, file)
    plan = parse_plan(resolved.data, file)
    made = list(resolved.changes)
    notes: list[Problem] = []
    patch = resolved.tables
    if resolved.declared:
        parts = parse_changes(resolved.declared, file)
        before = patched(tables, patch, [], [])
        expanded = expand(resolved, parts, before, plan.period, file)
        patch, notes = expanded.tables, list(expanded.notes)
    changed = patched(tables, patch, made, notes)
    return ready(Path(file), scenario, plan, changed, made, notes, hashes)


def patched(tables: Tables, patch: Mapping[str, dict[str, Any]], made: list[Change], notes: list[Problem]) -> Tables:
    """Apply table patches to checked tables; adds what changed to `made` and what to know of it to `notes`.

    Raises
    ------
    InputError
        A row that is not there, a cell that is not what its column holds, a customer that names an unknown rep.
    """
    if not patch:
        return tables
    rows = {kind: _rows(getattr(tables, kind)) if kind in patch else [] for kind in ID_OF}
    problems = patch_rows(patch, rows, made)
    problems += [p for kind in patch for p in _new_columns(kind, patch[kind], getattr(tables, kind))]
    frames: dict[str, pd.DataFrame] = {}
    for kind in patch:
        model, found = ROWS[kind], []
        for row in rows[kind]:
            try:
                found.append(model.model_validate({k: v for k, v in row.items() if v is not None}))
            except ValidationError as error:
                problems += [
                    Problem("bad_value", e["msg"].removeprefix("Value error, "), value=shorten(e["input"]),
                            column=f"{kind}.{row.get(ID_OF[kind])}.{'.'.join(map(str, e['loc']))}")
                    for e in error.errors(include_url=False)
                ]  # fmt: skip
        frames[kind] = frame(model, found)
        if len(found) == len(rows[kind]):
            frames[kind] = frames[kind].reindex(columns=_columns(getattr(tables, kind), frames[kind]))
    _raise(problems, notes)
    result = replace(tables, customers=frames.get("customers", tables.customers), reps=frames.get("reps", tables.reps))
    return _known_reps(tables, result, notes)


def _known_reps(before: Tables, after: Tables, notes: list[Problem]) -> Tables:
    """Every rep a customer names must be there; pins to reps that were taken away are emptied.

    Raises
    ------
    InputError
        A customer names a rep that never was.
    """
    known = set(after.reps["rep_id"])
    gone = set(before.reps["rep_id"]) - known
    table, problems = after.customers, []
    for column in ("current_rep", "pinned_rep"):
        named = table[column]
        was = set(before.customers[column])  # a rep who left long ago may still be named
        unknown = sorted(r for r in set(named) - known - gone - {""} if column == "pinned_rep" or r not in was)
        for rep in unknown:
            who = table["customer_id"][named == rep].tolist()
            near = nearest(rep, sorted(known))
            message = f"{column} of {', '.join(who[:_SHOWN])}{' …' if len(who) > _SHOWN else ''} is {shorten(rep)!r}"
            fix = f"did you mean {near}?" if near else ""
            problems.append(
                Problem("unknown_rep", f"{message}, who is not among the reps", expected="a rep_id", fix=fix)
            )
    pins = table["pinned_rep"].isin(gone)
    if pins.any():
        who = table["customer_id"][pins].tolist()
        table = table.assign(pinned_rep=table["pinned_rep"].where(~pins, ""))
        message = f"{len(who):,} {'pins are' if len(who) > 1 else 'pin is'} dropped, to reps taken away"
        notes.append(Problem("dropped_pins", f"{message}: {', '.join(who[:_SHOWN])}", severity="note"))
    _raise(problems, notes)
    return replace(after, customers=table)


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as a source would hold them: skills and lists as text, None for nothing."""
    rows = ({str(k): v for k, v in row.items()} for row in table.to_dict("records"))
    return [{k: None if is_empty(v) else cell_of(v) for k, v in row.items()} for row in rows]


def _columns(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """The columns in their old order, own ones that nobody fills any more included."""
    return list(dict.fromkeys([*after.columns, *before.columns]))


def _new_columns(kind: str, patch: Mapping[str, Any], table: pd.DataFrame) -> list[Problem]:
    known = [*ROWS[kind].model_fields, *map(str, table.columns)]
    names = dict.fromkeys(c for edit in patch.values() if isinstance(edit, dict) for c in edit)
    found = []
    for name in names:
        if name not in known:
            near = nearest(name, known)
            message = f"there was no column {shorten(name)!r} among the {kind} so far"
            fix = f"did you mean {near}?" if near else ""
            found.append(Problem("new_column", message, column=f"{kind}.{name}", severity="warning", fix=fix))
    return found


def _raise(problems: Sequence[Problem], notes: list[Problem]) -> None:
    errors = [p for p in problems if p.severity == "error"]
    notes += [p for p in problems if p.severity != "error"]
    if errors:
        raise InputError(errors)
