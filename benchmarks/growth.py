"""How seconds, gap and memory grow with the company: whole processes, reading included, and one chart on log axes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import click
import pandas as pd

from benchmarks.company import company
from benchmarks.measure import RESULTS, machine, solve, times_to_gap, write

GAPS = (1.0, 0.1, 0.05, 0.02, 0.01)
#: Customers, reps, and seconds of search, so that the whole process stays within the time such a plan may take.
SIZES = ((2_000, 20, 20.0), (10_000, 100, 25.0), (100_000, 500, 105.0))
HUGE = (1_000_000, 2_000, 720.0)


@click.command()
@click.option("--huge", is_flag=True, help="Also 1,000,000 customers x 2,000 reps: 15 minutes and 7 GiB.")
@click.option("--hard/--easy", default=True, show_default=True, help="Also with tolerance 0 and a tighter move budget.")
def main(huge: bool, hard: bool) -> None:
    """Measure growth; rows go to results/growth.csv as they come, the chart to results/growth.png."""
    rows: list[dict[str, Any]] = []
    for customers, reps, seconds in (*SIZES, *([HUGE] if huge else [])):
        for tolerance, share in ((0.05, 0.15), *([(0.0, 0.05)] if hard else [])):
            with tempfile.TemporaryDirectory() as name:
                plan = company(Path(name), customers, reps, tolerance=tolerance, move_share=share)
                result, done = solve(plan, "--time-limit", str(seconds))
            rows.append(
                {
                    "customers": customers, "reps": reps, "tolerance": tolerance, "move_share": share,
                    "status": result["status"], "score": round(result["score"], 4),
                    "bound": round(result["bound"], 4), "gap": round(result["gap"], 5),
                    "unassigned": result["metrics"]["unassigned"], **times_to_gap(result, GAPS),
                    "search_seconds": result["seconds"], "process_seconds": round(done.seconds, 1),
                    "mebibytes": round(done.mebibytes), "machine": machine(),
                }
            )  # fmt: skip
            click.echo(json.dumps(rows[-1]), err=True)
            path = write("growth", rows)
    click.echo(path)
    click.echo(draw(pd.DataFrame(rows), RESULTS / "growth.png"))


def draw(rows: pd.DataFrame, path: Path) -> Path:
    """Draw gap, seconds to a first plan, and memory against customers, all on log axes."""
    import matplotlib.pyplot as plt

    wanted = (("gap", "gap, points"), ("first_plan", "search until a first plan, s"), ("mebibytes", "memory, MiB"))
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained")
    for axis, (column, label) in zip(axes, wanted, strict=True):
        for (tolerance, share), part in rows.groupby(["tolerance", "move_share"]):
            axis.loglog(part["customers"], part[column], "o-", label=f"tolerance {tolerance:g}, moves {share:g}")
        axis.set_xlabel("customers")
        axis.set_title(label, loc="left", fontsize=10)
        axis.grid(alpha=0.3)
    axes[0].legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return path


if __name__ == "__main__":
    main()
