"""The general engine on public generalized-assignment instances: ``python benchmarks/gap.py FILE… --time-limit 60``.

Prints one CSV row an instance: name, cost, bound, seconds, status; with ``--best-known`` also the best known cost and
how far above it the cost is, in %.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path
from typing import Any

import click

if not __package__:  # run as a script: the packages lie beside this folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.gap_reader import Gap, read_best_known, read_gaps
from solver.engine.solution import Options
from solver.engine.solve import solve
from solver.problems import InputError

COLUMNS = ("name", "cost", "bound", "seconds", "status")


def run(gap: Gap, options: Options) -> dict[str, Any]:
    """Solve one instance with the general engine: a row with `COLUMNS`; cost and bound are None where there is none.

    Raises
    ------
    RuntimeError
        The engine's plan or bound does not hold when checked against the file's own numbers: a defect.
    """
    began = time.monotonic()
    solution = solve(gap.instance, options)
    seconds = time.monotonic() - began
    bound = None if solution.bound is None else gap.cost_bound(solution.bound)
    cost, status = None, str(solution.status)
    if solution.choice is not None:
        try:
            cost = gap.plan_cost(solution.choice)
        except ValueError as error:
            raise RuntimeError(f"the plan found breaks the instance: {error}") from None
        if solution.score is None or abs(gap.offset - solution.score - cost) > 0.5:
            raise RuntimeError(f"{gap.name}: the plan found costs {cost}, its score says {solution.score}")
        if bound is not None and bound > cost:
            raise RuntimeError(f"{gap.name}: the bound {bound} is above the cost {cost} of a plan")
        if bound == cost:
            status = "optimal"  # costs are whole numbers: no plan lies between
    return {"name": gap.name, "cost": cost, "bound": bound, "seconds": round(seconds, 2), "status": status}


def percent_above(cost: int | None, best: int | None) -> float | None:
    """How far a cost lies above the best known one, in %; None where one of them is missing or there is no share."""
    return None if cost is None or not best else round(100 * (cost - best) / best, 4)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(exists=True, path_type=Path))
@click.option("--time-limit", default=60.0, show_default=True, type=click.FloatRange(0, min_open=True),
              help="Seconds for each instance.")  # fmt: skip
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Threads.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0))
@click.option("--engine", default="auto", show_default=True, type=click.Choice(["auto", "exact", "price"]))
@click.option("--best-known", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A CSV with instance and best_known_cost; adds both and the distance in %.")  # fmt: skip
def main(
    files: tuple[Path, ...], time_limit: float, workers: int, seed: int, engine: Any, best_known: Path | None
) -> None:
    """Solve each FILE, or each instance of a folder, and print a CSV row for it as soon as it is done."""
    try:
        best = None if best_known is None else read_best_known(best_known)
        gaps = read_gaps(files)
    except InputError as error:
        for problem in error.problems:
            click.echo(problem.line(), err=True)
        sys.exit(3)
    columns = COLUMNS if best is None else (*COLUMNS, "best_known", "percent_above")
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()
    sys.stdout.flush()
    options = Options(time_limit, 0.0, workers, seed, engine)
    for gap in gaps:
        row = run(gap, options)
        if best is not None:
            row |= {"best_known": best.get(gap.name), "percent_above": percent_above(row["cost"], best.get(gap.name))}
        writer.writerow(row)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
