"""The exact stage alone: gap, seconds and memory of small companies, and of the shipped example over several seeds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import click

from benchmarks.charts import bars
from benchmarks.company import company
from benchmarks.measure import machine, solve, times_to_gap, write
from scenarios.example import write_example

GAPS = (1.0, 0.1, 0.01)


@click.command()
@click.option("--time-limit", default=60.0, show_default=True, help="Seconds for each company.")
@click.option("--seeds", default=5, show_default=True, help="Of the shipped example.")
def main(time_limit: float, seeds: int) -> None:
    """Measure the exact stage; rows go to results/exact.csv."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for customers, reps in ((200, 5), (500, 8), (1000, 12), (2000, 20)):
            plan = company(folder / f"{customers}x{reps}", customers, reps, time_limit=time_limit)
            rows.append(_row(f"company {customers} x {reps}", plan))
        for seed in range(2026, 2026 + seeds):
            where = folder / f"example{seed}"
            write_example(where, seed)
            rows.append(_row(f"example, seed {seed}, gap 0.1", where / "plan.yaml", "--time-limit", "30"))
    click.echo(write("exact", rows))
    click.echo(bars("exact", rows, "case", "gap", "Gap when time is up or proven, points"))


def _row(case: str, plan: Path, *flags: str) -> dict[str, Any]:
    result, done = solve(plan, *flags)
    row = {
        "case": case,
        "status": result["status"],
        "score": round(result["score"], 4),
        "bound": round(result["bound"], 4),
        "gap": round(result["gap"], 4),
        "unassigned": result["metrics"]["unassigned"],
        **times_to_gap(result, GAPS),
        "search_seconds": result["seconds"],
        "process_seconds": round(done.seconds, 1),
        "mebibytes": round(done.mebibytes),
        "machine": machine(),
    }
    click.echo(row)
    return row


if __name__ == "__main__":
    main()
