"""Stage *books*: a bound from whole books, where capacities are tight and customers are big.

Prices on loads (`price`) let a rep take a fraction of a customer, and that is what keeps the gap open when few
customers fill a capacity. Here each unit has a price too (its dual) and each rep answers with its best whole book: a
knapsack. That is the Dantzig-Wolfe bound of the generalized assignment problem, but it is reached without columns or
linear programs: each knapsack is smoothed by an entropy term (`knapsack.soft_books`) and the dual is minimised by
L-BFGS-B at falling heat, as in `price`. The shares of the smoothed books are a near-optimal fractional plan, which
`dive` rounds. The bound reported is always that of the exact knapsacks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from solver.arrays import Bools, Floats, Ints
from solver.engine import kernels
from solver.engine.books import knapsack
from solver.engine.books.layout import Layout
from solver.engine.solution import Cancelled, Prices
from solver.instance import NO_LIMIT, Instance

#: Heats of the smoothing, in typical losses of a unit's second best option, and most passes at each.
HEATS = (0.3, 0.1, 0.03, 0.01, 0.003)
PASSES = 80
#: Blocks are handed to threads in parts of about so many items.
_PART = 4000
#: The bound is raised by this share of all it sums up, far beyond what doubles may lose in the sums.
_ROUNDING = 1e-13


@dataclass(frozen=True)
class Ends:
    """When a minimisation ends: relative change of value, largest slope; passes remembered; width of the units' box."""

    value: float
    slope: float
    memory: int
    width: float


#: For the bound, and for the steps of a dive. A unit's price far off says that it cannot be placed.
FINE = Ends(1e-12, 1e-3, 20, 1000.0)
ROUGH = Ends(1e-7, 1e-2, 10, 30.0)


class Stop(Exception):
    """The clock or the caller ended an ascent."""


class Books:
    """The bound from whole books, of an instance without separations in which every unit takes an option.

    Parameters
    ----------
    instance : as `expand.closed` returns it.
    prices : of its load rows.
    workers : threads; results do not depend on it.

    Attributes
    ----------
    bound : steps of score that no plan exceeds; that of `prices` until `run` finds a lower one.
    useful : whether any rep has a capacity that whole books could keep better than prices do.
    unit_dual : float64[units], steps of score a unit brings the best books; price : float64[rows], steps of score for
        one step of load, the capacities that books keep aside.
    """

    def __init__(self, instance: Instance, prices: Prices, workers: int = 1):
        inst = self.instance = instance
        self.workers = workers
        self.bound = float(prices.bound)
        self.layout = Layout(inst, prices)
        self.useful = len(self.layout.row) > 0
        loss = kernels.reduced(
            inst.indptr, inst.option_score.astype(np.float64), inst.load_indptr, inst.load_row, inst.load_amount,
            prices.price,
        )  # fmt: skip
        several = np.flatnonzero(np.diff(inst.indptr) > 1)
        second = loss[np.lexsort((loss, inst.option_unit))[inst.indptr[several] + 1]]
        #: Steps of score that make one unit of heat: a typical loss, but no less than doubles tell apart.
        self.measure = max(
            1.0, 1e-3 * float(np.abs(inst.option_score).max(initial=0)) / max(1, inst.n_units),
            float(second.mean()) if len(second) else 0.0,
        )  # fmt: skip
        count = np.maximum(1, np.bincount(inst.load_row, minlength=inst.n_rows))
        size = np.bincount(inst.load_row, weights=np.abs(inst.load_amount), minlength=inst.n_rows)
        self.unit: Floats = np.maximum(1.0, size / count).astype(np.float64)  # an average amount: the measure of a row
        upper, lower = np.flatnonzero(inst.row_upper < NO_LIMIT), np.flatnonzero(inst.row_lower > -NO_LIMIT)
        row = np.concatenate([inst.piece_row, upper, lower])
        side = np.concatenate([inst.piece_side, np.ones(len(upper)), -np.ones(len(lower))])
        edge = np.concatenate([inst.piece_edge, inst.row_upper[upper], inst.row_lower[lower]])
        most = inst.piece_slope * self.unit[inst.piece_row] / self.measure
        most = np.concatenate([most, np.full(len(upper) + len(lower), np.inf)])
        part = _split(row, side, most, prices.price * self.unit / self.measure)
        kept = np.zeros(len(row), dtype=bool)  # the capacities that books keep need no price
        kept[len(inst.piece_row) : len(inst.piece_row) + len(upper)] = np.isin(upper, self.layout.row)
        used = np.flatnonzero(~kept)
        self.row: Ints = row[used]
        self.side: Floats = side[used].astype(np.float64)
        self.edge: Floats = edge[used] / self.unit[self.row]
        self.most: Floats = most[used]
        best = np.full(inst.n_units, -np.inf)
        worth = inst.option_score - np.bincount(
            inst.entry_option(), weights=inst.load_amount * prices.price[inst.load_row], minlength=inst.n_options
        )
        np.maximum.at(best, inst.option_unit, worth)
        self.at: Floats = np.concatenate([best / self.measure, part[used]])
        self.score: Floats = inst.option_score / self.measure
        self.load: Floats = inst.load_amount / self.unit[inst.load_row]
        self.passes = 0
        self._over: Cancelled = lambda: False
        self._known: tuple[float, Floats] | None = None  # `top` and `losses` where the books are

    @property
    def unit_dual(self) -> Floats:
        """float64[units]: the price of each unit, in steps of score."""
        return self.at[: self.instance.n_units] * self.measure

    @property
    def price(self) -> Floats:
        """float64[rows]: the price of each load but those of `Layout.row`, in steps of score for one step of load."""
        return self.prices_of(self.at) * self.measure / self.unit

    def prices_of(self, at: Floats) -> Floats:
        """float64[rows]: the prices in a dual point, in measures of score for an average amount."""
        n = self.instance.n_units
        price = np.bincount(self.row, weights=self.side * at[n:], minlength=self.instance.n_rows)
        return price.astype(np.float64)

    def box(self, width: float) -> list[tuple[float, float | None]]:
        """Return the least and most of each dual variable; units' within `width` measures of where they are."""
        units = [(x - width, x + width) for x in self.at[: self.instance.n_units].tolist()]
        return units + [(0.0, m if np.isfinite(m) else None) for m in self.most.tolist()]

    def run(self, until: float, cancelled: Cancelled = lambda: False) -> None:
        """Lower the bound until it moves no more; the clock (`time.monotonic`) or `cancelled` end it early."""
        self._over = cancelled
        if not self.useful:
            return
        at = self.at
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(self.workers) as pool:
            ascent = Ascent(self, pool if self.workers > 1 else None)
            try:
                for heat in HEATS:
                    at = ascent.minimise(at, heat, PASSES, until, cancelled)
                    self.passes = ascent.passes
                    before = self.bound
                    self.lower(at, ascent)
                    # An early heat only warms up; a later one that gains next to nothing is the last.
                    if heat < HEATS[0] and before - self.bound < 1e-3 * self.measure:
                        break
            except Stop:
                self.lower(ascent.last, ascent)

    def lower(self, at: Floats, ascent: Ascent) -> None:
        """Take a dual point's exact bound if it is lower."""
        bound = ascent.exact(at) * self.measure + self.instance.offset
        if bound < self.bound:
            self.bound, self.at, self._known = bound, at.copy(), None

    @property
    def top(self) -> float:
        """Steps of score that no plan exceeds by the prices where the books are; `losses` are taken off this.

        The bound may be lower: it can be older than these prices, from loads alone.
        """
        return self._here()[0]

    @property
    def losses(self) -> Floats:
        """float64[options]: steps of score by which `top` falls for plans that take the option (inf: none do).

        Once the search is called off, as `run` was told, books not looked at yet count as losing nothing.
        """
        return self._here()[1]

    def _here(self) -> tuple[float, Floats]:
        if self._known is None:
            top = Ascent(self, None).exact(self.at) * self.measure + self.instance.offset
            found = top, self._losses()
            if self._over():
                return found
            self._known = found
        return self._known

    def _losses(self) -> Floats:
        """The rep's book must hold the option and no other rep's may: both from the exact knapsacks."""
        layout, inst = self.layout, self.instance
        profit = Ascent(self, None).profits(self.at)
        lost_in, lost_out = np.zeros(len(profit)), np.zeros(len(profit))
        for book in range(len(layout.row)):
            if self._over():
                break
            knapsack.book_losses(
                layout.start, layout.amount, profit, layout.room, book, book + 1, lost_in, lost_out
            )  # fmt: skip
        loose = slice(int(layout.start[-1]), None)
        top = np.zeros(inst.n_units)
        np.maximum.at(top, layout.item_unit[loose], profit[loose])
        lost_in[loose] = top[layout.item_unit[loose]] - profit[loose]
        others: Floats = np.bincount(layout.item_unit, weights=lost_out, minlength=inst.n_units).astype(np.float64)
        out = others[layout.item_unit] - lost_out
        inside = np.arange(len(profit)) < layout.start[-1]
        out += np.where(inside, top[layout.item_unit], 0.0)
        loss = np.empty(inst.n_options)
        loss[layout.item_option] = (lost_in + out) * self.measure
        return loss

    def fixed(self, value: int) -> Bools:
        """bool[options]: the options that a plan with a higher score than `value` may take."""
        if not self.useful:
            return np.ones(self.instance.n_options, dtype=bool)
        may: Bools = self.top - self.losses >= value + 1 - 1e-9 * self.measure
        return may


class Ascent:
    """The smoothed dual of the books on the options still open; `dive` closes options and fills room.

    Parameters
    ----------
    books : the whole.
    open_ : bool[items], which options count; None for all.
    loads : int64[rows], loads already taken by units that no longer choose; None for none.
    """

    def __init__(
        self, books: Books, pool: ThreadPoolExecutor | None, open_: Bools | None = None, loads: Ints | None = None
    ):
        self.books, self.pool = books, pool
        inst, layout = books.instance, books.layout
        self.item: Ints = np.arange(len(layout.item_option)) if open_ is None else np.flatnonzero(open_)
        before = np.r_[0, np.cumsum(np.ones(len(layout.item_option)) if open_ is None else open_)].astype(np.int64)
        self.start, self.free = before[layout.start], before[layout.free]
        self.option, self.unit = layout.item_option[self.item], layout.item_unit[self.item]
        self.amount = layout.amount[self.item]
        self.room, self.edge = layout.room, books.edge
        if loads is not None:
            self.room = np.maximum(0, (inst.row_upper[layout.row] - loads[layout.row]) // layout.step)
            self.edge = books.edge - loads[books.row] / books.unit[books.row]
        self.chooses: Bools = np.bincount(self.unit, minlength=inst.n_units) > 0
        self.value, self.share = np.zeros(len(layout.row)), np.zeros(len(self.item))
        self.loose = np.zeros(inst.n_units)
        self.passes = 0
        self.last = books.at
        parts = max(1, min(len(layout.row), len(self.item) // _PART)) if pool else 1
        cuts = np.searchsorted(self.start, np.linspace(0, int(self.start[-1]), parts + 1)[1:-1])
        self.cuts: list[int] = sorted({0, *cuts.tolist(), len(layout.row)})
        self._priced = len(books.row) > 0

    def profits(self, at: Floats) -> Floats:
        """float64[items]: what each option brings its book, in measures."""
        books, n = self.books, self.books.instance.n_units
        if not self._priced:
            plain: Floats = books.score[self.option] - at[self.unit]
            return plain
        inst = books.instance
        profit: Floats = np.empty(len(self.item))
        knapsack.profits(
            self.option, self.unit, books.score, inst.load_indptr, inst.load_row, books.load, at[:n],
            books.prices_of(at), profit,
        )  # fmt: skip
        return profit

    def _blocks(self, run: Callable[..., Any], *after: Any, before: tuple[Any, ...] = ()) -> None:
        """Run a loop over blocks, in parts."""
        if self.pool is None or len(self.cuts) < 3:
            run(*before, 0, len(self.room), *after)
            return
        tasks = [
            self.pool.submit(run, *before, a, b, *after) for a, b in zip(self.cuts[:-1], self.cuts[1:], strict=True)
        ]
        for task in tasks:
            task.result()

    def smoothed(self, at: Floats, heat: float) -> tuple[float, Floats]:
        """Return the smoothed dual in measures and its gradient; `share` keeps each option's share."""
        books, n = self.books, self.books.instance.n_units
        profit = self.profits(at)
        self.passes += 1
        self.last = at.copy()
        self._blocks(
            knapsack.soft_books, self.value, self.share, before=(self.start, self.amount, profit, self.room, heat)
        )
        if self.free[-1] > self.free[0]:
            knapsack.soft_free(self.free, profit, heat, self.loose, self.share)
        gradient = np.empty(len(at))
        gradient[:n] = self.chooses - np.bincount(self.unit, weights=self.share, minlength=n)
        total = float(at[:n][self.chooses].sum() + self.value.sum() + self.loose.sum())
        if self._priced:
            loads = self._loads()
            gradient[n:] = books.side * (self.edge - loads[books.row])
            total += float((books.side * self.edge * at[n:]).sum())
        return total, gradient

    def _loads(self) -> Floats:
        books, inst = self.books, self.books.instance
        share = np.zeros(inst.n_options)
        share[self.option] = self.share
        loads: Floats = np.bincount(
            inst.load_row, weights=books.load * np.repeat(share, np.diff(inst.load_indptr)), minlength=inst.n_rows
        ).astype(np.float64)
        return loads

    def exact(self, at: Floats) -> float:
        """Return the dual's value in measures, rounded up: a bound of what open options can bring."""
        books, n = self.books, self.books.instance.n_units
        profit = self.profits(at)
        self._blocks(knapsack.best_books, self.value, before=(self.start, self.amount, profit, self.room))
        top = np.zeros(n)
        loose = slice(int(self.free[0]), int(self.free[-1]))
        np.maximum.at(top, self.unit[loose], profit[loose])
        held = books.side * self.edge * at[n:]
        dual = at[:n][self.chooses]
        size = float(np.abs(dual).sum() + np.abs(held).sum() + self.value.sum() + top.sum())
        size += abs(books.instance.offset) / books.measure
        if self._priced:
            size += float(np.abs(books.prices_of(at)).sum()) * len(dual)
        return float(dual.sum() + self.value.sum() + top.sum() + held.sum()) + _ROUNDING * size

    def minimise(
        self, at: Floats, heat: float, passes: int, until: float, cancelled: Cancelled, ends: Ends = FINE
    ) -> Floats:
        """Return a dual point of nearly least smoothed value.

        Raises
        ------
        Stop
            The clock or the caller ended it; `last` is the point reached.
        """

        def one(x: Floats) -> tuple[float, Floats]:
            if cancelled() or time.monotonic() > until:
                raise Stop
            return self.smoothed(x, heat)

        limits = {
            "maxiter": passes,
            "maxfun": passes + passes // 4 + 2,
            "maxcor": ends.memory,
            "ftol": ends.value,
            "gtol": ends.slope,
        }
        found: Floats = minimize(one, at, (), "L-BFGS-B", jac=True, bounds=self.books.box(ends.width), options=limits).x
        return found


def _split(row: Ints, side: Floats, most: Floats, price: Floats) -> Floats:
    """Spread the prices of rows over their pieces and limits, cheapest slopes first."""
    part: Floats = np.zeros(len(row))
    left = price.copy()
    for k in np.argsort(most, kind="stable").tolist():
        r = row[k]
        part[k] = min(most[k], max(0.0, side[k] * left[r]))
        left[r] -= side[k] * part[k]
    return part
