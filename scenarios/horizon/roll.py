"""From a run to the plan of the next period: its books are the current ones, its reps those who are there by then."""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from scenarios.files import csv_text, refuse_to_overwrite, write_all
from scenarios.horizon.carry import carried, period_of
from scenarios.horizon.revise import revised
from scenarios.plan.company import cell_of
from scenarios.plan.period import next_period, parse_period
from scenarios.run.prepare import Prepared
from scenarios.run.record import Run, plain
from scenarios.run.run import solve_prepared
from scenarios.run.warm import choice_of, stored_prices
from solver.engine.solution import Cancelled, Start, Watch
from solver.problems import InputError, Problem
from solver.tables import Period, Tables

#: What a starter's productive share gains in a quarter: fully productive after nine months.
RAMP_GAIN = 1 / 3
_QUARTER = 91.3125
_DAY = dt.timedelta(days=1)
#: Periods of the same kind differ by no more than this share: February and March.
_MONTHS_DIFFER = 0.12


def rolled(
    run: Run,
    period: str | None = None,
    sets: Sequence[str] = (),
    scenario: str | None = None,
    ramp_gain: float = RAMP_GAIN,
) -> Prepared:
    """Return the plan of a period after a run's, ready to solve.

    Parameters
    ----------
    period : its name; by default the next of the same kind; after a repair, of the kind of the whole period.
    sets : what changes by then, as of ``--set``.
    scenario : override of the run's plan that is applied as well.
    ramp_gain : what the productive share of each rep below 1 gains in a quarter.

    Raises
    ------
    InputError
        The run has no plan, the period does not come after its own, or a change cannot be made.
    """
    old = period_of(run)
    whole = str(run.plan.get("potential_period") or run.plan["period"])
    repaired = parse_period(whole).last == old.last
    name = next_period(whole if repaired else str(run.plan["period"])) if period is None else period
    new = _period(name)
    if new.first <= old.last:
        message = f"{name} begins on {new.first}, and the run plans {old.first} to {old.last}"
        fix = "to plan what is left of it anew: fairbook repair RUN"
        raise InputError([Problem("bad_period", message, expected=f"a period from {old.last + _DAY} on", fix=fix)])
    tables = carried(run, new.first)
    other = abs(new.days / parse_period(whole).days - 1) > _MONTHS_DIFFER
    of = f'"{whole}"' if other else "null"
    sets = (f'period="{name}"', f"potential_period={of}", *turn_sets(tables, old, new, ramp_gain), *sets)
    hashes = dict(run.result.get("input_hashes", {}))
    found = revised(run.plan, tables, sets, run.plan_name, name, hashes, scenario)
    if other and found.plan.source.get("potential_period") == whole:
        message = f"potential and quotas are those of {whole}, and {name} has {new.days} days"
        fix = "where you set them for it, also --set potential_period=null"
        note = Problem("potential_period", message, column="potential_period", fix=fix, severity="note")
        found = replace(found, notes=(*found.notes, note))
    return found


def _period(name: str) -> Period:
    try:
        return parse_period(name)
    except ValueError as error:
        raise InputError([Problem("bad_period", str(error))]) from None


def turn_sets(tables: Tables, old: Period, new: Period, gain: float) -> tuple[str, ...]:
    """Return as ``--set`` assignments what time alone changes from one period to a later one.

    Starters who were there in the old one ramp up, and pins to reps who are gone by the new one are dropped.
    """
    more = gain * (new.first - old.first).days / _QUARTER
    reps, ramps = tables.reps, {}
    for rep, ramp, start, active in zip(reps["rep_id"], reps["ramp"], reps["start_date"], reps["active"], strict=True):
        began = pd.isna(start) or pd.Timestamp(start).date() <= old.last
        if active and began and ramp < 1 and more > 0:
            ramps[rep] = {"ramp": min(1.0, round(ramp + more, 2))}
    gone = set(reps["rep_id"][(reps["end_date"] < pd.Timestamp(new.first)).to_numpy()])
    pins = tables.customers["customer_id"][tables.customers["pinned_rep"].isin(gone).to_numpy()]
    edits = {"reps": ramps, "customers": {customer: {"pinned_rep": None} for customer in pins}}
    return tuple(f"{table}={json.dumps(edit, ensure_ascii=False)}" for table, edit in edits.items() if edit)


def roll(run: Run, prepared: Prepared, watch: Watch | None = None, cancelled: Cancelled | None = None) -> Run:
    """Solve the plan that `rolled` made of a run; the result is a run whose parent it is."""
    stay = choice_of(prepared.instance, prepared.draft.current)
    made = solve_prepared(prepared, watch, cancelled, start=Start(stay, stored_prices(run)))
    return replace(made, result=plain({**made.result, "parent": {"run": run.id, "by": "roll"}}))


def write_rolled(run: Run, prepared: Prepared, folder: Path, force: bool = False) -> list[Path]:
    """Write a plan with its tables, to look at, edit and solve: all files or none; returns their paths.

    Cells stand as they are, to be read back as they were: text that starts like a formula is not guarded.

    Raises
    ------
    InputError
        A file of that name is there and `force` is not given; nothing is written then.
    """
    tables = prepared.tables
    names = {n: f"{n}.csv" for n in ("customers", "reps", "history") if n != "history" or len(tables.history)}
    source = copy.deepcopy(prepared.plan.source)
    source["data"] = {n: {"source": file} for n, file in names.items()} | {"unlisted_reps": "gone"}
    head = f"# {prepared.plan.period_name}, carried on from run {run.id} ({run.plan_name} / {run.scenario})."
    changed = "".join(f"\n#   {change.line()}" for change in prepared.changes[:_SHOWN])
    more = f"\n#   and {len(prepared.changes) - _SHOWN:,} more" if len(prepared.changes) > _SHOWN else ""
    body = yaml.safe_dump(plain_source(source), allow_unicode=True, sort_keys=False)
    files = {file: csv_text(_cells(getattr(tables, n)), escape=False) for n, file in names.items()}
    files |= {"plan.yaml": f"{head}{changed}{more}\n{body}"}
    if not force:
        refuse_to_overwrite(folder, files)
    return write_all(folder, files)


_SHOWN = 40


def plain_source(value: Any) -> Any:
    """Return a plan's plain data as YAML writes it: lists for tuples."""
    if isinstance(value, dict):
        return {k: plain_source(v) for k, v in value.items()}
    return [plain_source(v) for v in value] if isinstance(value, list | tuple) else value


def _cells(table: pd.DataFrame) -> pd.DataFrame:
    """The table as a source holds it: skills and lists as text, columns that hold nothing left out."""
    cells = {str(c): [cell_of(v) for v in table[c].tolist()] for c in table.columns}
    full = {n: v for n, v in cells.items() if any(not (x is None or x == "" or x != x) for x in v)}
    return pd.DataFrame({n: pd.Series(v, dtype=object) for n, v in full.items()})
