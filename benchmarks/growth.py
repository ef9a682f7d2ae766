"""How seconds, gap and memory grow with the company: whole processes, reading included, and one chart on log axes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import click
import pandas as pd
from matplotlib.axes import Axes

from benchmarks.company import company
from benchmarks.measure import RESULTS, machine, merged, read, sizes, solve, times_to_gap, write
from reports import style

GAPS = (1.0, 0.1, 0.05, 0.02, 0.01)
#: Seconds of search for a size, so that the whole process stays within the time such a plan may take.
SECONDS = {(2_000, 20): 16.0, (10_000, 100): 25.0, (100_000, 500): 104.0, (1_000_000, 2_000): 690.0}
SIZES = "2000x20,10000x100,100000x500"
HUGE = "1000000x2000"
#: Tolerance of the two balances and share of the move budget: as such plans have it, and as hard as it gets.
EASY, HARD = (0.05, 0.15), (0.0, 0.05)


@click.command()
@click.option("--sizes", "chosen", default=SIZES, show_default=True, callback=sizes, help="Customers x reps.")
@click.option("--huge", is_flag=True, help="Also 1,000,000 customers x 2,000 reps: 15 minutes and 12 GiB a plan.")
@click.option("--case", type=click.Choice(["both", "easy", "hard"]), default="both", show_default=True,
              help="easy: tolerance 5 %, moves 15 %; hard: tolerance 0, moves 5 %.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="Of search, instead of what the size has.")
@click.option("--add", is_flag=True, help="Keep what other sizes have in results/growth.csv.")
def main(chosen: list[tuple[int, int]], huge: bool, case: str, seconds: float | None, add: bool) -> None:
    """Measure growth; rows go to results/growth.csv as they come, the chart to results/growth.png."""
    old = read("growth") if add else []
    rows: list[dict[str, Any]] = []
    cases = {"easy": [EASY], "hard": [HARD], "both": [EASY, HARD]}[case]
    for size in [*chosen, *(sizes(None, None, HUGE) if huge else [])]:
        for tolerance, share in cases:
            rows.append(_measured(size, tolerance, share, seconds or SECONDS.get(size, 60.0)))
            click.echo(json.dumps(rows[-1]), err=True)
            whole = merged(old, rows, ("customers", "reps", "tolerance", "move_share"))
            whole.sort(key=lambda row: (row["customers"], -row["tolerance"]))
            path = write("growth", whole)
    click.echo(path)
    picture = RESULTS / "growth.png"
    picture.write_bytes(style.picture(style.figure(draw(pd.DataFrame(whole))), "png", dpi=150))
    click.echo(picture)


def _measured(size: tuple[int, int], tolerance: float, share: float, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        plan = company(Path(name), *size, tolerance=tolerance, move_share=share)
        result, done = solve(plan, "--time-limit", str(seconds))
    return {
        "customers": size[0], "reps": size[1], "tolerance": tolerance, "move_share": share, "status": result["status"],
        "score": round(result["score"], 4), "bound": round(result["bound"], 4), "gap": round(result["gap"], 5),
        "unassigned": result["metrics"]["unassigned"],
        # Proven: nobody is eligible for them, so no plan has fewer.
        "fewest_unassigned": result["metrics"]["fewest_unassigned"],
        **times_to_gap(result, GAPS), "search_seconds": result["seconds"], "process_seconds": round(done.seconds, 1),
        "mebibytes": round(done.mebibytes), "machine": machine(),
    }  # fmt: skip


def draw(rows: pd.DataFrame) -> Axes:
    """Draw gap, seconds to a first plan and to a gap of 0.1, and memory against customers, all on log axes."""
    import matplotlib.pyplot as plt
    from matplotlib.ticker import LogLocator, NullFormatter

    wanted = {
        "gap when time is up, points": ["gap"],
        "seconds to a first plan, dotted: to a gap of 0.1": ["first_plan", "gap_0.1"],
        "peak memory, MiB": ["mebibytes"],
    }
    with style.house(list(wanted)):
        _, axes = plt.subplots(1, 3, figsize=(11.5, 3.6), layout="constrained")
        for axis, (title, columns) in zip(axes, wanted.items(), strict=True):
            for (tolerance, _), colour in zip((EASY, HARD), (style.BLUE, style.ORANGE), strict=True):
                part = rows[rows["tolerance"] == tolerance].sort_values("customers")
                name = f"tolerance {tolerance:.0%}, {len(part) and part['move_share'].iloc[0]:.0%} may move"
                for column, line in zip(columns, ("o-", "o:"), strict=False):
                    label = name if line == "o-" else None
                    axis.loglog(part["customers"], part[column], line, color=colour, label=label)
            axis.set_xlabel("customers")
            axis.set_title(title, loc="left", fontsize=9)
            axis.xaxis.set_major_formatter("{x:,.0f}")
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.yaxis.set_major_formatter("{x:,g}")
            axis.yaxis.set_minor_formatter(NullFormatter())
            axis.grid(alpha=0.3)
        axes[0].legend(frameon=False, fontsize=8)
    first: Axes = axes[0]
    return first


if __name__ == "__main__":
    main()
