"""Runs to store, with every kind of cell a table may hold, and processes that store them."""

from __future__ import annotations

import ctypes
import datetime as dt
import math
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.testing import assert_frame_equal

from scenarios.run.record import Run
from solver.tables import Tables

ROOT = Path(__file__).resolve().parents[2]


def make_run(number: int = 1, inputs: int = 1, customers: int = 5, padding: int = 0, **changes: Any) -> Run:
    """A run; those of equal `inputs` share them. `padding` characters make each customer heavy."""
    tables = Tables.of(
        [
            {
                "customer_id": f"C{i}",
                "name": ["王伟", "=SUM(A1)", "", "A;B: C", "Weiß\r\n\t\0"][i % 5],
                "territory": "EMEA/DE",
                "potential": 1000.5 * (i + inputs),
                "required_skills": [{}, {"cloud": 3, "german": 1}, {"a b": 5}][i % 3],
                "latitude": None if i % 2 else 48.1,
                "renewal_date": None if i % 3 else dt.date(2027, 1, 31),
                "pinned_rep": "R1" if i == 0 else "",
                "Tier": ["gold", 2, None, 1.5, True][i % 5],
                "Score": [1, 2.5, None, 4, 5][i % 5],
                "Note": random.Random(f"{inputs} {i}").randbytes(padding // 2).hex(),
            }
            for i in range(customers)
        ],
        [
            {"rep_id": "R1", "name": "Ana", "territories": "EMEA; APAC", "skills": "cloud:4;german", "capacity": 40},
            {"rep_id": "R2", "end_date": dt.date(2026, 12, 1), "ramp": 0.5, "industries": "medical"},
            {"rep_id": "R3", "active": False},
        ],
        [{"customer_id": "C1", "rep_id": "R1", "date": dt.date(2026, 1, 2), "amount": -3.25, "kind": "purchase"}],
    )
    assignment = pd.DataFrame(
        [
            (f"C{i}", f"R{1 + (i + number) % 2}", "", "new", 0.1 * number, 1000.5 * (i + inputs), 1.0, "=because")
            for i in range(customers)
        ],
        columns=["customer_id", "rep_id", "previous_rep", "moved", "fit", "potential", "workload", "reason"],
    )
    books = tables.reps[["rep_id", "name", "team", "active"]].copy()
    books["customers"], books["customers_max"] = 2.0, [math.nan, 3.0, math.nan]
    values: dict[str, Any] = {
        "id": f"{number:012x}",
        "created": dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC) + dt.timedelta(minutes=number, microseconds=7),
        "plan_name": "autumn",
        "scenario": "base",
        "plan": {"period": "2026-Q4", "rules": {"moves": {"share": 0.1}}, "names": ["王", None, True, 1]},
        "result": {
            "status": "feasible", "score": 80.0 + 0.1 * number, "bound": 90, "gap": 10 - 0.1 * number,
            "terms": {"fit": {"kind": "fit", "score": 80.0, "weight": 1}}, "seconds": 1.5, "seed": 1,
            "input_hashes": {"customers": "ab" * 32}, "audit": {"violations": []}, "trace": [],
        },
        "tables": tables,
        "assignment": assignment,
        "unassigned": pd.DataFrame({"customer_id": [], "reason": []}),
        "books": books,
    }  # fmt: skip
    return Run(**(values | changes))


def assert_same_run(found: Run, expected: Run) -> None:
    for name in ("customers", "reps", "history"):
        assert_frame_equal(getattr(found.tables, name), getattr(expected.tables, name), check_exact=True)
    for name in ("assignment", "unassigned", "books"):
        assert_frame_equal(getattr(found, name), getattr(expected, name), check_exact=True)
    for name in ("id", "created", "plan_name", "scenario", "plan", "result"):
        assert getattr(found, name) == getattr(expected, name)


def python(code: str, *arguments: object, guarded: bool = False) -> subprocess.Popen[str]:
    """Start a Python process on some code; `guarded` makes file permissions count even for root."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_permissions_count() if guarded else None,
    )


def output(process: subprocess.Popen[str]) -> str:
    """Wait for a process to end well and return what it printed."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def _permissions_count() -> Callable[[], None] | None:
    if os.geteuid() != 0:
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def drop() -> None:
        drop_from_bounding_set, override_permissions = 24, 1
        libc.prctl(drop_from_bounding_set, override_permissions, 0, 0, 0)

    return drop
