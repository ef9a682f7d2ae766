"""How long every report of the shipped example takes, format by format: ``python -m benchmarks.reports``."""

from __future__ import annotations

import csv
import tempfile
import time
from pathlib import Path

import click

from reports.build import FORMATS, Beside, build, unsuited
from scenarios.prepare import prepare
from scenarios.run import solve_prepared
from scenarios.start import start

RESULTS = Path(__file__).parent / "results" / "reports.csv"
GOAL = 20.0
"""Seconds all of them together may take."""


@click.command()
def main() -> None:
    """Solve the example, build each format by itself and then all at once, and keep the seconds."""
    rows: list[tuple[str, int, int, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        start(Path(folder), example=True)
        run = solve_prepared(prepare(Path(folder) / "plan.yaml"))
        suited = [name for name in FORMATS if name not in unsuited(run)]
        for name in [*suited, "all"]:
            began = time.perf_counter()
            files = build(run, Path(folder) / name, set(suited) if name == "all" else {name}, beside=Beside([run]))
            seconds = time.perf_counter() - began
            rows.append((name, len(files), sum(f.stat().st_size for f in files), round(seconds, 2)))
            click.echo(f"{name:10} {len(files):4} files {rows[-1][2] / 1e6:6.1f} MB {seconds:6.2f} s")
    click.echo(f"all: {rows[-1][3]:.1f} s, to be at most {GOAL:g} s")
    with RESULTS.open("w", encoding="utf-8", newline="") as file:
        written = csv.writer(file, lineterminator="\n")
        written.writerows([("format", "files", "bytes", "seconds"), *rows])


if __name__ == "__main__":
    main()
