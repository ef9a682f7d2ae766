"""Which of CP-SAT's complete strategies should have the first worker: gap after equal time, on small companies."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import click

from benchmarks.charts import bars
from benchmarks.company import company
from benchmarks.measure import machine, write
from scenarios.example import write_example
from scenarios.run.prepare import prepare
from solver.engine.exact import exact
from solver.engine.improve.construct import construct
from solver.engine.solution import Options


@click.command()
@click.option("--seconds", default=15.0, show_default=True, help="For each case and strategy.")
def main(seconds: float) -> None:
    """Compare strategies on two workers; rows go to results/strategies.csv."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_example(folder / "example")
        cases = {"example": folder / "example" / "plan.yaml"}
        for customers, reps in ((500, 8), (1000, 12), (2000, 20)):
            cases[f"company {customers} x {reps}"] = company(folder / f"{customers}", customers, reps)
        for case, plan in cases.items():
            instance = prepare(plan).instance
            first = construct(instance, 1)
            for strategy in ("default_lp", "max_lp", "reduced_costs", "lb_tree_search", "pseudo_costs"):
                exact.STRATEGIES = (strategy,)
                model = exact.Model(instance, instance.unassigned(first))
                model.maximise_score()
                model.hint(first)
                began = time.monotonic()
                outcome = model.solve(Options(seconds, 0.0, 2, 1), "exact")
                if outcome.objective is None or outcome.bound is None:
                    raise RuntimeError(f"{case}: no plan")
                gap = instance.points(outcome.bound - outcome.objective)
                row = {"case": case, "strategy": strategy, "status": outcome.status, "gap": round(gap, 4)}
                rows.append(row | {"seconds": round(time.monotonic() - began, 1), "machine": machine()})
                click.echo(rows[-1])
    click.echo(write("strategies", rows))
    click.echo(bars("strategies", rows, "case", "gap", "Gap after equal time by CP-SAT's first strategy", "strategy"))


if __name__ == "__main__":
    main()
