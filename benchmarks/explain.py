"""``fairbook explain RUN CUSTOMER --rep REP`` with 10,000 customers and 100 reps: seconds of the whole process."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.company import company
from benchmarks.measure import machine, measure, write
from benchmarks.measure import solve as solved

ROOT = Path(__file__).parents[1]


@click.command()
@click.option("--customers", default=10_000, show_default=True)
@click.option("--reps", default=100, show_default=True)
@click.option("--asked", default=8, show_default=True, help="Customers, at random; each with its dearest rep.")
@click.option("--search", default=12.0, show_default=True, help="Seconds for the run that is asked about.")
def main(customers: int, reps: int, asked: int, search: float) -> None:
    """Measure; a row a customer goes to results/explain.csv."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        plan = company(Path(name), customers, reps)
        solved(plan, "--time-limit", str(search))
        command = [sys.executable, "-m", "cli", "-q", "--store", str(Path(name) / "runs.db"), "explain", "latest"]
        for number in np.random.default_rng(1).integers(0, customers, asked).tolist():
            customer = f"C{number:07d}"
            why = measure([*command, customer, "--json"], ROOT)
            able = [r["rep_id"] for r in json.loads(why.out)["reps"] if r["eligible"] and not r["now"]]
            if not able:
                continue
            done = measure([*command, customer, "--rep", able[-1], "--json"], ROOT)
            told = json.loads(done.out)
            rows.append(
                {
                    "company": f"{customers}x{reps}", "customer": customer, "rep": able[-1],
                    "why_seconds": round(why.seconds, 2), "with_rep_seconds": round(done.seconds, 2),
                    "status": told["asked"]["status"], "loss": told["loss"],
                    "lower": (told["bound"] or [None])[0], "upper": (told["bound"] or [None])[-1],
                    "mebibytes": round(done.mebibytes),
                    "load_average": round(os.getloadavg()[0], 1), "machine": machine(),
                }
            )  # fmt: skip
            click.echo(json.dumps(rows[-1]), err=True)
            path = write("explain", rows)
    click.echo(path)
    slowest = max(r["with_rep_seconds"] for r in rows)
    click.echo(f"{len(rows)} customers with a rep asked for: slowest {slowest:.1f} s of the whole process")


if __name__ == "__main__":
    main()
