"""What a pair of customer and rep costs: seconds, bytes kept and bytes sent; ``docs/cluster.md`` reckons with these."""

from __future__ import annotations

import pickle
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.charts import bars
from benchmarks.company import company
from benchmarks.measure import machine, write
from scenarios.run.prepare import prepare
from solver.engine.expand import closed
from solver.engine.improve.groups import Parcels, grouped
from solver.engine.machines.cluster import Share, look_at, share_parts
from solver.engine.machines.pool import Chains, Sums
from solver.engine.prices.price import ROUGH, Pricer, price
from solver.engine.prices.reduce import reduced_costs
from solver.engine.solution import Options
from solver.engine.solve import solve
from solver.instance import Instance


@click.command()
@click.option("--customers", default=20_000, show_default=True)
@click.option("--reps", default=200, show_default=True)
def main(customers: int, reps: int) -> None:
    """Measure on one core of this machine; rows go to results/per_pair.csv and to the terminal."""
    with tempfile.TemporaryDirectory() as folder:
        instance = prepare(company(Path(folder), customers, reps)).instance
    inst = closed(instance, 0).instance
    figures = _kept(inst) | _passes(inst) | _annealing(instance)
    case = f"company {customers} x {reps}"
    rows = [{"figure": k, "value": f"{v:.4g}", "case": case, "machine": machine()} for k, v in figures.items()]
    for row in rows:
        click.echo(f"{row['figure']},{row['value']}")
    click.echo(write("per_pair", rows))
    named = [{"figure": row["figure"].replace("_", " "), "value": row["value"]} for row in rows]
    click.echo(bars("per_pair", named, "figure", "value", f"What a pair costs, {case}, one core"))


def _kept(inst: Instance) -> dict[str, float]:
    arrays = [value for value in vars(inst).values() if isinstance(value, np.ndarray)]
    return {
        "pairs_per_customer": inst.n_options / len(inst.customer_unit),
        "entries_per_pair": len(inst.load_row) / inst.n_options,
        "rows_per_rep": inst.n_rows / inst.n_reps,
        "instance_bytes_per_pair": sum(a.nbytes for a in arrays) / inst.n_options,
    }


def _passes(inst: Instance) -> dict[str, float]:
    pricer = Pricer(inst)
    priced = pricer.priced
    share = Share(0, priced.parts, np.arange(inst.n_rows))
    parts = share_parts(priced, share)
    sent = len(pickle.dumps(parts, protocol=5))
    sums = Sums(priced)
    prices = np.zeros(inst.n_rows)
    heat = 0.03 * pricer.typical
    sums(prices, heat)  # compiles
    seconds = min(_seconds(lambda: sums(prices, heat)) for _ in range(20))
    back = sum(len(pickle.dumps(part, protocol=5)) for part in look_at(parts, prices, heat))
    return {
        "pass_seconds_per_pair": seconds / inst.n_options,
        "pass_seconds_per_entry": seconds / len(inst.load_row),
        "worker_bytes_per_pair": sent / inst.n_options,
        "parts": priced.parts,
        "out_bytes_per_row_and_worker": len(pickle.dumps(prices, protocol=5)) / inst.n_rows,
        "back_bytes_per_row_and_part": back / inst.n_rows / priced.parts,
        "passes_to_a_bound": price(inst, workers=1).passes,
    }


def _annealing(instance: Instance) -> dict[str, float]:
    found = solve(instance, Options(time_limit=60, gap=0.5, workers=1, engine="price"))
    if found.choice is None:
        raise RuntimeError("no plan")
    shut = closed(instance, found.unassigned)
    inst, plan = shut.instance, shut.close(found.choice)
    prices = price(inst, workers=1, ascent=ROUGH)
    loss = reduced_costs(inst, prices.smooth)
    rng = np.random.default_rng(1)
    near = loss <= np.quantile(loss, 0.2)
    near[plan] = True
    parcels = Parcels(inst, plan, prices.smooth)
    widths = iter(lambda: float(np.quantile(loss, 0.2)), None)
    halt = np.zeros(1, dtype=np.int64)
    steps, spent, sent, pairs = 0, 0.0, 0, 0
    for parcel in parcels.cut(loss, grouped(inst, near, 10, rng), widths, np.inf, rng):
        small = parcel.sub.instance
        chains = Chains.of(small, parcel.sub.close(parcels.plan), float(np.quantile(loss, 0.05)), 200_000, 1)
        chains._replace(steps=1).run(halt)
        spent += _seconds(lambda chains=chains: chains.run(halt))
        steps += chains.steps
        sent += len(pickle.dumps(chains, protocol=5))
        pairs += small.n_options
        parcels.merge(parcel, None)
    return {"annealing_steps_per_second": steps / spent, "parcel_bytes_per_pair": sent / pairs}


def _seconds(work: Any) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


if __name__ == "__main__":
    main()
