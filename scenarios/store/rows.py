"""A run as rows of the store's tables, and back; and the lines that lists of runs are made of."""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Row

from scenarios.run.record import Run, plain
from scenarios.store import codec
from scenarios.store.errors import StoreError
from solver.fit.learned.model import DamagedModel, Model
from solver.tables import ROWS, Tables, completed

TABLES = ("customers", "reps", "history")
FRAMES = ("assignment", "unassigned", "books")
MODEL = "learned"
"""Name of the table, of one cell, that holds the learned model of a run that uses one, as JSON."""
SHORTEST_PREFIX = 4
SUMMARY = (
    "id", "created", "plan_name", "scenario", "status", "score", "bound", "gap", "customers", "reps", "seconds",
)  # fmt: skip


@dataclass(frozen=True)
class RunSummary:
    """One line of the list of runs.

    Attributes
    ----------
    created : moment it was solved, UTC.
    score, bound, gap : points; None where there is no plan.
    customers, reps : how many customers, and active reps, the plan is for.
    seconds : time the solver took.
    """

    id: str
    created: dt.datetime
    plan_name: str
    scenario: str
    status: str
    score: float | None
    bound: float | None
    gap: float | None
    customers: int
    reps: int
    seconds: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``."""
        return dict(plain(asdict(self)))


@dataclass(frozen=True)
class LogEntry:
    """One thing somebody did: `when` (UTC), `who`, `what`, to which run.

    `what` is ``saved``, ``removed``, ``exported``, or ``swept`` and the sweep the run belongs to.
    """

    when: dt.datetime
    who: str
    what: str
    run_id: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``."""
        return dict(plain(asdict(self)))


def row_of(run: Run) -> dict[str, Any]:
    """Return the row of a run but its sha256."""
    if not re.fullmatch(r"[0-9a-f]{12}", run.id):
        raise StoreError(f"a run's id is 12 lower-case hex digits, not {run.id!r}")
    if run.created.tzinfo is None:
        raise StoreError(f"run {run.id}: its moment has no time zone")
    plan, result = plain(run.plan), plain(run.result)
    violations = (result.get("audit") or {}).get("violations")
    if violations:
        raise StoreError(f"run {run.id} breaks {len(violations)} rules and is not kept")
    numbers = {n: None if result.get(n) is None else float(result[n]) for n in ("score", "bound", "gap", "seconds")}
    try:
        texts = {"plan": json.dumps(plan, allow_nan=False), "result": json.dumps(result, allow_nan=False)}
        status = str(result["status"])
    except (TypeError, ValueError, KeyError) as error:
        raise StoreError(f"run {run.id} cannot be stored: {error}") from error
    active = run.books["active"] if len(run.books) else run.tables.reps["active"]
    return {
        "id": run.id,
        "created": run.created.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "plan_name": run.plan_name,
        "scenario": run.scenario,
        "status": status,
        **numbers,
        "customers": len(run.tables.customers),
        "reps": int(active.sum()),
        **texts,
    }


def frames_of(run: Run) -> dict[str, pd.DataFrame]:
    """Return the tables of a run by name."""
    frames = {n: getattr(run.tables, n) for n in TABLES} | {n: getattr(run, n) for n in FRAMES}
    model = run.tables.learned
    return frames if model is None else frames | {MODEL: pd.DataFrame({"json": [model.to_json()]})}


def _model(frame: pd.DataFrame | None) -> Model | None:
    if frame is None:
        return None
    try:
        return Model.from_json(frame["json"].iloc[0])
    except (DamagedModel, KeyError, IndexError) as error:
        raise StoreError(f"a stored model cannot be read: {error}") from error


def digest_of(row: dict[str, Any], hashes: dict[str, str]) -> str:
    """Return the sha256 over everything a run is: its row and the blobs of its tables."""
    content = [[row[n] for n in (*SUMMARY, "plan", "result")], sorted(hashes.items())]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def run_of(head: Row[Any], tables: Sequence[Row[Any]], store: str) -> Run:
    """Return the run of a row and its tables (name, sha256, data).

    Raises
    ------
    StoreError
        It is not what was saved.
    """
    row, hashes = dict(head._mapping), {t.name: t.sha256 for t in tables}
    for table in tables:
        if table.data is None or hashlib.sha256(table.data).hexdigest() != table.sha256:
            raise StoreError(f"run {row['id']} in the store {store} is damaged: its {table.name} changed")
    if set(hashes) - {MODEL} != {*TABLES, *FRAMES} or digest_of(row, hashes) != row["sha256"]:
        raise StoreError(f"run {row['id']} in the store {store} is damaged: it is not what was saved")
    frames = {t.name: codec.decode(t.data) for t in tables}
    customers, reps, history = (completed(ROWS[n], frames[n]) for n in TABLES)
    return Run(
        id=row["id"],
        created=dt.datetime.fromisoformat(row["created"]),
        plan_name=row["plan_name"],
        scenario=row["scenario"],
        plan=json.loads(row["plan"]),
        result=json.loads(row["result"]),
        tables=Tables(customers, reps, history, _model(frames.get(MODEL))),
        **{n: frames[n] for n in FRAMES},
    )


def listed(found: Sequence[RunSummary]) -> str:
    """Name runs, the first eight of them."""
    more = f" and {len(found) - 8} more" if len(found) > 8 else ""
    return ", ".join(f"{r.id} ({r.plan_name}, {r.scenario})" for r in found[:8]) + more


def similar(wanted: str, known: Sequence[RunSummary]) -> str:
    """Say what was perhaps meant."""
    names = list(dict.fromkeys([r.scenario for r in known] + [r.id for r in known]))
    near = [r.id for r in known if wanted and r.id.startswith(wanted.lower())]
    near += [n for n in difflib.get_close_matches(wanted, names, n=5, cutoff=0.5) if n not in near]
    if near:
        few = f" (at least {SHORTEST_PREFIX} digits are needed)" if len(wanted) < SHORTEST_PREFIX else ""
        return f"did you mean {', '.join(near[:5])}{few}?"
    return f"the newest are {listed(known[:3])}"
