"""Run a command as a whole process and measure it: seconds of clock, peak memory, and the result it printed."""

from __future__ import annotations

import csv
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Measured:
    """A finished process: exit code, seconds, peak memory in MiB, what it printed."""

    code: int
    seconds: float
    mebibytes: float
    out: str
    err: str


def measure(command: list[str], cwd: Path) -> Measured:
    """Run a command to its end; peak memory is the kernel's own figure for that process."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=cwd, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        scale = 1024 if platform.system() == "Linux" else 1024 * 1024
        return Measured(process.returncode, seconds, usage.ru_maxrss / scale, out.read(), err.read())


def solve(plan: Path, *flags: str) -> tuple[dict[str, Any], Measured]:
    """Run ``fairbook solve`` on a plan: (its result, the process)."""
    command = [sys.executable, "-m", "cli", "-q", "--store", str(plan.parent / "runs.db"), "solve", str(plan), "--json"]
    done = measure([*command, *flags], Path(__file__).parents[1])
    if done.code:
        raise RuntimeError(f"fairbook solve ended with {done.code}: {done.err[-2000:]}")
    return json.loads(done.out), done


def times_to_gap(result: Mapping[str, Any], gaps: Iterable[float]) -> dict[str, float | None]:
    """Seconds of search until a first plan, and until each gap (points) was proven; None: never."""
    trace = result["trace"]
    first = next((p["seconds"] for p in trace if p["score"] is not None), None)
    found: dict[str, float | None] = {"first_plan": first}
    for gap in gaps:
        reached = (
            p for p in trace if p["score"] is not None and p["bound"] is not None and p["bound"] - p["score"] <= gap
        )
        found[f"gap_{gap:g}"] = next((p["seconds"] for p in reached), None)
    return found


def write(name: str, rows: list[dict[str, Any]]) -> Path:
    """Write rows as ``results/<name>.csv``."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(name: str) -> list[dict[str, Any]]:
    """Rows of ``results/<name>.csv`` with numbers as numbers and None for empty cells; none where there is no file."""
    path = RESULTS / f"{name}.csv"
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{key: _cell(text) for key, text in row.items()} for row in csv.DictReader(file)]


def _cell(text: str) -> Any:
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text or None


def merged(old: list[dict[str, Any]], new: list[dict[str, Any]], keys: Sequence[str]) -> list[dict[str, Any]]:
    """Rows with `new` in place of those of the same keys; columns are those of `new`."""
    replaced = {tuple(row[k] for k in keys) for row in new}
    kept = [{k: row.get(k) for k in new[0]} for row in old if tuple(row.get(k) for k in keys) not in replaced]
    return [*kept, *new]


def sizes(_: Any, __: Any, value: str) -> list[tuple[int, int]]:
    """Read ``500x8,2000x20`` as (customers, reps): the callback of an option."""
    found = []
    for part in filter(None, value.split(",")):
        customers, _, reps = part.partition("x")
        if not (customers.isdigit() and reps.isdigit() and int(customers) > 3 and int(reps) > 0):
            raise click.BadParameter(f"{part!r} is no size such as 2000x20 (customers x reps)")
        found.append((int(customers), int(reps)))
    return found


def machine() -> str:
    """The machine in a few words."""
    memory = resource.getpagesize() * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"
