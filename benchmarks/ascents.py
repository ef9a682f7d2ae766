"""Which ascent finds good prices soonest: curves of the bound against passes over all options, one core.

All minimise the same convex function, the Lagrangian dual of `solver.engine.prices.price`, within the same box; what is
drawn is the exact bound, whatever an ascent works on itself.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy.optimize import linprog, minimize
from threadpoolctl import threadpool_limits

from benchmarks.company import company
from benchmarks.measure import RESULTS, machine, sizes, write
from reports import style
from scenarios.run.prepare import prepare
from solver.arrays import Floats
from solver.engine.improve.construct import from_prices
from solver.engine.prices.price import FULL, ROUGH, Pricer, price
from solver.engine.strengthen import tightened

#: Heat of ascents that do without smoothing, in an average unit's score: as good as none.
_COLD = 1e-7
#: Largest price of a hard limit, which has no slope of its own.
_MOST = 1e6
_COLOURS = (style.BLUE, style.ORANGE, style.SKY, style.RED, style.SOFT)


class Stop(Exception):
    """The passes are used up."""


class Dual:
    """The dual with its box, counting passes; remembers the best exact bound after each.

    `target` is the score of a plan, which some ascents take the length of their steps from.
    """

    def __init__(self, pricer: Pricer, passes: int, target: float = 0.0):
        self.pricer, self.passes, self.target = pricer, passes, target
        self.most = np.where(np.isinf(pricer._most), _MOST, pricer._most)
        self.began = time.thread_time()
        self.trace: list[tuple[int, float, float]] = []

    def __call__(self, q: Floats, heat: float = _COLD) -> tuple[float, Floats]:
        """Value and gradient at q, smoothed at a heat."""
        if len(self.trace) >= self.passes:
            raise Stop
        value, slope = self.pricer.value(q, heat * self.pricer.typical)
        self.trace.append((len(self.trace) + 1, time.thread_time() - self.began, self.pricer.best))
        return value, slope

    def clip(self, q: Floats) -> Floats:
        """The nearest prices within the box."""
        return np.clip(q, 0.0, self.most)


def smoothed_lbfgs(dual: Dual) -> None:
    """Entropy smoothing at falling heat, L-BFGS-B within the box: what `price` does."""
    q, bounds = np.zeros(len(dual.most)), list(zip(np.zeros(len(dual.most)), dual.most, strict=True))
    limits = {"maxiter": FULL.passes, "maxfun": FULL.passes * 5 // 4, "maxcor": 20, "ftol": 1e-13, "gtol": 1e-10}
    for heat in (*FULL.heats, *[FULL.heats[-1] / 3**k for k in range(1, 20)]):
        q = minimize(dual, q, (heat,), "L-BFGS-B", jac=True, bounds=bounds, options=limits).x


def accelerated(dual: Dual) -> None:
    """The same smoothing, Nesterov's accelerated gradient with backtracking and restarts (O'Donoghue & Candès 2015)."""
    q = np.zeros(len(dual.most))
    step = 1.0
    for heat in (*FULL.heats, *[FULL.heats[-1] / 3**k for k in range(1, 20)]):
        ahead, momentum = q.copy(), 1.0
        for _ in range(FULL.passes):
            value, slope = dual(ahead, heat)
            while True:
                new = dual.clip(ahead - step * slope)
                moved = new - ahead
                if dual(new, heat)[0] <= value + float(slope @ moved) + float(moved @ moved) / (2 * step) + 1e-12:
                    break
                step *= 0.5
            if float((ahead - new) @ (new - q)) > 0:
                momentum = 1.0
            later = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
            ahead, q, momentum = dual.clip(new + (momentum - 1) / later * (new - q)), new, later
            step *= 1.1


def volume(dual: Dual) -> None:
    """Volume algorithm (Barahona & Anbil 2000): a subgradient method along a fading mean of subgradients."""
    centre = np.zeros(len(dual.most))
    best, mean = dual(centre)
    share, failures = 0.1, 0
    while True:
        free = np.where(((centre <= 0) & (mean > 0)) | ((centre >= dual.most) & (mean < 0)), 0.0, mean)
        new = dual.clip(centre - share * (best - dual.target) / max(1e-12, float(free @ free)) * free)
        value, slope = dual(new)
        along = float(slope @ free)
        mean = 0.1 * slope + 0.9 * mean
        if value < best:
            centre, best, failures = new, value, 0
            share = min(2.0, share * (1.1 if along >= 0 else 1.0))
        else:
            failures += 1
            if failures >= 20:
                share, failures = max(1e-4, share * 0.66), 0


def bundle(dual: Dual) -> None:
    """Proximal bundle with at most fifty cuts; its quadratic program by projected gradient on its own dual."""
    centre = np.zeros(len(dual.most))
    best, slope = dual(centre)
    cuts, offsets = [slope], [best - float(slope @ centre)]
    weight = 1.0
    while True:
        g, b = np.array(cuts), np.array(offsets)
        new = _proximal(g, b, centre, weight, dual.most)
        promised = best - float((b + g @ new).max())
        value, slope = dual(new)
        if value < best - 0.1 * promised:
            centre, best, weight = new, value, weight * (2.0 if value < best - 0.5 * promised else 1.0)
        else:
            weight *= 0.9
        cuts.append(slope)
        offsets.append(value - float(slope @ new))
        if len(cuts) > 50:  # what is farthest below the model at the centre tells least
            drop = int(np.argmin(np.array(offsets[:-1]) + np.array(cuts[:-1]) @ centre))
            del cuts[drop], offsets[drop]


def _proximal(g: Floats, b: Floats, centre: Floats, weight: float, most: Floats) -> Floats:
    """The minimum of ``max(b + g q) + |q - centre|² / (2 weight)`` within the box."""
    share = np.full(len(b), 1 / len(b))
    step = 1.0 / max(1e-12, weight * float(np.square(g).sum(axis=1).max()))
    q = centre
    for _ in range(300):
        q = np.clip(centre - weight * (share @ g), 0.0, most)
        share = _simplex(share + step * (b + g @ q))
    return q


def _simplex(v: Floats) -> Floats:
    """The nearest point of the simplex (Duchi et al. 2008)."""
    ordered = np.sort(v)[::-1]
    total = (np.cumsum(ordered) - 1) / np.arange(1, len(v) + 1)
    return np.maximum(0.0, v - total[np.flatnonzero(ordered > total)[-1]])


def boxstep(dual: Dual) -> None:
    """Stabilised column generation: the master is a linear program in a box around the best prices (Marsten 1975)."""
    n = len(dual.most)
    centre, radius = (
        np.zeros(n),
        0.3 * float(np.median(dual.most[dual.most < _MOST]) if (dual.most < _MOST).any() else 1),
    )
    best, slope = dual(centre)
    cuts, offsets = [slope], [best - float(slope @ centre)]
    while True:
        box = list(zip(np.maximum(0.0, centre - radius), np.minimum(dual.most, centre + radius), strict=True))
        master = linprog(
            np.r_[np.zeros(n), 1.0], np.c_[np.array(cuts), -np.ones(len(cuts))], -np.array(offsets),
            bounds=[*box, (None, None)], method="highs",
        )  # fmt: skip
        new = master.x[:n]
        promised = best - float(master.x[n])
        value, slope = dual(new)
        if value < best - 0.1 * promised:
            centre, best = new, value
        else:
            radius *= 0.8
        cuts.append(slope)
        offsets.append(value - float(slope @ new))
        if len(cuts) > 300:
            del cuts[0], offsets[0]


ASCENTS: dict[str, Callable[[Dual], None]] = {
    "smoothed, L-BFGS-B (used)": smoothed_lbfgs,
    "smoothed, accelerated gradient": accelerated,
    "volume": volume,
    "proximal bundle": bundle,
    "stabilised column generation": boxstep,
}


@click.command()
@click.option("--sizes", "chosen", default="2000x20", show_default=True, callback=sizes, help="One company's size.")
@click.option("--passes", default=1000, show_default=True, type=click.IntRange(10), help="Over all options, each.")
@click.option("--seconds", default=40.0, show_default=True, help="Each, at most.")
def main(chosen: list[tuple[int, int]], passes: int, seconds: float) -> None:
    """Compare ascents; curves go to results/ascents.csv, the picture to results/ascents.png."""
    customers, reps = chosen[0]
    with tempfile.TemporaryDirectory() as folder:
        instance = prepare(company(Path(folder), customers, reps)).instance
    homeless = np.diff(instance.indptr) == 0
    shut = tightened(instance, int(instance.unit_size[homeless].sum())).instance
    plan = from_prices(shut, price(shut, workers=1, ascent=ROUGH), 1)
    if plan is None:
        raise RuntimeError("no plan")
    Dual(Pricer(shut), 1)(np.zeros(len(Pricer(shut)._row)))  # compiles
    rows: list[dict[str, Any]] = []
    for name, ascent in ASCENTS.items():
        dual = Dual(Pricer(shut), passes, shut.points(shut.value(plan)))
        until = time.monotonic() + seconds
        dual.pricer.look = _timed(dual.pricer.look, until)
        with threadpool_limits(1, "blas"), suppress(Stop):
            ascent(dual)
        rows += [
            {"case": f"company {customers} x {reps}", "ascent": name, "passes": n, "seconds": round(s, 4),
             "bound": round(float(best), 6), "machine": machine()}
            for n, s, best in dual.trace if n & (n - 1) == 0 or n % 20 == 0 or n == len(dual.trace)
        ]  # fmt: skip
        click.echo(f"{name}: {rows[-1]['bound']} after {rows[-1]['passes']} passes, {rows[-1]['seconds']} s")
    click.echo(write("ascents", rows))
    picture = RESULTS / "ascents.png"
    picture.write_bytes(style.picture(style.figure(draw(pd.DataFrame(rows))), "png", dpi=150))
    click.echo(picture)


def _timed(look: Any, until: float) -> Any:
    def once(price: Floats, heat: float) -> Any:
        if time.monotonic() > until:
            raise Stop
        return look(price, heat)

    return once


def draw(rows: pd.DataFrame) -> Axes:
    """Draw how far each ascent's bound is above the best one, against passes and against seconds."""
    import matplotlib.pyplot as plt

    best = rows["bound"].min()
    with style.house(list(ASCENTS)):
        _, axes = plt.subplots(1, 2, figsize=(10.5, 4.0), layout="constrained", sharey=True)
        for axis, column in zip(axes, ("passes", "seconds"), strict=True):
            for (name, part), colour in zip(rows.groupby("ascent", sort=False), _COLOURS, strict=False):
                above = (part["bound"] - best).clip(lower=1e-5)
                axis.loglog(part[column].clip(lower=1e-3), above, color=colour, label=name)
            axis.set_xlabel("passes over all options" if column == "passes" else "seconds of one core")
            axis.grid(alpha=0.3)
        axes[0].set_ylabel("bound above the best one, points")
        axes[0].set_title(f"Ascents on the prices, {rows['case'].iloc[0]}", loc="left", fontsize=10)
        axes[0].legend(frameon=False, fontsize=8)
    first: Axes = axes[0]
    return first


if __name__ == "__main__":
    main()
