"""Stage *price*: prices on loads that make every unit's choice independent, and a valid bound at every pass.

With a price for each load, the best plan is each unit's best option, and what that comes to bounds every plan's score
(Lagrangian duality). Each piece of a row's cost and each hard limit has its own variable, between 0 and its slope, so
the dual is the linear relaxation's. It is smoothed by an entropy term and minimised by L-BFGS-B at falling heat
(Nesterov's smoothing); the bound reported is always that of the exact maximum, not of the smoothed one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from solver.arrays import Floats
from solver.engine.machines.pool import Pass, Priced, Sums, Threads, Workers
from solver.engine.solution import Cancelled, Prices
from solver.instance import NO_LIMIT, Instance


@dataclass(frozen=True)
class Ascent:
    """Heats of the smoothing, as shares of an average unit's score, and passes at each."""

    heats: tuple[float, ...]
    passes: int


#: Good enough for a first plan, in a tenth of the passes.
ROUGH = Ascent((0.3, 0.03), 20)
#: From nothing, and from prices of a neighbour.
FULL = Ascent((0.3, 0.1, 0.03, 0.01, 0.003, 0.001), 60)
AGAIN = Ascent((0.1, 0.03, 0.01, 0.003, 0.001), 60)
#: From prices that are right but for the last digits.
POLISH = Ascent((0.003, 0.001, 0.0003), 100)
#: Largest price of a hard limit.
_MOST = 1e6
#: Heat down to which the prices are those that searches go by.
_SMOOTH = 0.01


class Pricer:
    """The dual of an instance without separations in which every unit takes an option."""

    def __init__(self, instance: Instance):
        inst = self.instance = instance
        self._scale = float(inst.scale)
        size = np.bincount(inst.load_row, weights=np.abs(inst.load_amount), minlength=inst.n_rows)
        count = np.bincount(inst.load_row, minlength=inst.n_rows)
        self._unit: Floats = np.maximum(1.0, size / np.maximum(1, count)).astype(
            np.float64
        )  # an average amount: the measure of a row
        self._score = inst.option_score / self._scale
        self._amount: Floats = inst.load_amount / self._unit[inst.load_row]
        upper, lower = np.flatnonzero(inst.row_upper < NO_LIMIT), np.flatnonzero(inst.row_lower > -NO_LIMIT)
        row = np.concatenate([inst.piece_row, upper, lower])
        self._row = row
        self._side = np.concatenate([inst.piece_side, np.ones(len(upper)), -np.ones(len(lower))]).astype(np.float64)
        edge = np.concatenate([inst.piece_edge, inst.row_upper[upper], inst.row_lower[lower]])
        self._edge = edge / self._unit[row]
        most = inst.piece_slope * self._unit[inst.piece_row] / self._scale
        self._most = np.concatenate([most, np.full(len(upper) + len(lower), np.inf)])
        self.priced = Priced(inst.indptr, self._score, inst.load_indptr, inst.load_row, self._amount, inst.n_rows)
        self.look: Pass = Sums(self.priced)
        self._offset = inst.offset / self._scale
        self.typical = max(1e-12, float(np.abs(self._score).mean()) if inst.n_options else 1.0)
        self.best = np.inf
        self.at: Floats = np.zeros(len(row))
        self.smooth = self.at
        self.passes = 0

    def _price(self, q: Floats) -> Floats:
        n_rows = self.instance.n_rows
        price: Floats = np.bincount(self._row, weights=self._side * q, minlength=n_rows).astype(np.float64)
        return price

    def value(self, q: Floats, heat: float) -> tuple[float, Floats]:
        """Return the smoothed dual in points and its gradient; keeps the best exact bound seen."""
        best, soft, loads = self.look(self._price(q), heat)
        self.passes += 1
        held = float((self._side * self._edge * q).sum())
        exact = self._offset + best + held
        if exact < self.best:
            self.best, self.at = exact, q.copy()
        return self._offset + soft + held, self._side * (self._edge - loads[self._row])

    def spread(self, price: Floats) -> Floats:
        """Spread prices of rows over their pieces so that the bound is lowest.

        An ascent that is cut short leaves prices on both sides of a band, which cancel out but for what they add to the
        bound. Beyond each edge the slope of a row's cost grows; the pieces up to which it reaches the price pay for it.
        """
        most = np.minimum(self._most, _MOST)
        order = np.lexsort((self._edge, self._row))
        row, step, below = self._row[order], most[order], self._side[order] < 0
        reach = price.copy()  # counted from the least slope of the row's cost
        np.add.at(reach, row[below], step[below])
        first = np.flatnonzero(np.r_[True, np.diff(row) > 0])
        nth = np.arange(len(row)) - np.repeat(first, np.diff(np.r_[first, len(row)]))
        taken = np.zeros(len(row))
        for k in range(int(nth.max(initial=-1)) + 1):  # row by row: sums over all rows would lose the last digits
            here = np.flatnonzero(nth == k)
            taken[here] = np.clip(reach[row[here]], 0.0, step[here])
            reach[row[here]] -= taken[here]
        spread: Floats = np.empty(len(row))
        spread[order] = np.where(below, step - taken, taken)
        return spread

    @property
    def bound(self) -> float:
        """The best bound so far, in steps of score."""
        return self.best * self._scale

    def from_rows(self, price: Floats) -> Floats:
        """Return the dual point of prices of rows, in steps, that bounds best; see `spread`."""
        return self.spread(price * self._unit / self._scale)

    def row_prices(self, q: Floats) -> Floats:
        """float64[rows]: prices of a dual point, in steps of score for a step of load."""
        price: Floats = self._price(q) * self._scale / self._unit
        return price

    def held(self, q: Floats) -> Floats:
        """float64[rows]: the most that a load could bring at its price, less what it costs, in steps of score."""
        held = np.bincount(self._row, weights=self._side * self._edge * q, minlength=self.instance.n_rows)
        in_steps: Floats = held.astype(np.float64) * self._scale
        return in_steps

    def result(self) -> Prices:
        """Return the best prices so far, in steps."""
        return Prices(self.row_prices(self.at), self.bound, self.passes, self.row_prices(self.smooth))


class _Stop(Exception):
    pass


@contextmanager
def _pricer(instance: Instance, workers: Workers, cancelled: Cancelled) -> Iterator[Pricer]:
    """A pricer on these workers. The linear algebra of the ascent is too small for threads of its own."""
    pricer = Pricer(instance)
    with threadpool_limits(1, "blas"), workers.passes(instance, pricer.priced, cancelled) as pricer.look:
        yield pricer


def price(
    instance: Instance,
    seconds: float = 60.0,
    cancelled: Cancelled = lambda: False,
    start: Floats | None = None,
    workers: int | Workers = 2,
    ascent: Ascent | None = None,
) -> Prices:
    """Return prices and bound; the clock or `cancelled` end it early with the best so far.

    Parameters
    ----------
    start : float64[rows], prices of a neighbouring instance in steps of this one; they save the hot passes.
    ascent : `FULL`, or `AGAIN` from a start, where none is given.
    workers : threads, or whoever else looks at the options. The result does not depend on how many.
    """
    pool = Threads(workers) if isinstance(workers, int) else workers
    with _pricer(instance, pool, cancelled) as pricer:
        _ascend(pricer, time.monotonic() + seconds, cancelled, start, ascent)
        return pricer.result()


def _ascend(pricer: Pricer, until: float, cancelled: Cancelled, start: Floats | None, ascent: Ascent | None) -> None:
    def over() -> bool:
        return cancelled() or time.monotonic() > until

    n = len(pricer._row)
    ascent = ascent or (FULL if start is None else AGAIN)
    q: Floats = np.zeros(n) if start is None or not n else pricer.from_rows(start)
    lower(pricer, q, ascent, over)
    if n and not cancelled():
        pricer.value(pricer.spread(pricer._price(pricer.at)), ascent.heats[-1] * pricer.typical)


def lower(pricer: Pricer, q: Floats, ascent: Ascent, over: Cancelled) -> None:
    """Lower the dual from a point, a price for each piece and limit; `over` ends it, after one look at the options.

    The point is in the measures of this pricer: prices of another instance come through `Pricer.from_rows`.

    What was found is in the pricer: ``at``, ``smooth`` and ``best``.
    """

    def one(q: Floats, heat: float) -> tuple[float, Floats]:
        if over():
            raise _Stop
        return pricer.value(q, heat)

    most = np.minimum(pricer._most, _MOST)
    q = np.clip(q, 0.0, most)  # a price beyond its slope bounds nothing
    pricer.smooth = q
    pricer.value(q, ascent.heats[0] * pricer.typical)  # whatever the clock says: a bound there has to be
    if not len(q):
        return
    bounds = list(zip(np.zeros(len(q)), most, strict=True))
    limits = {"maxiter": ascent.passes, "maxfun": ascent.passes * 5 // 4, "maxcor": 20, "ftol": 1e-13, "gtol": 1e-10}
    with suppress(_Stop):
        for heat in ascent.heats:
            found = minimize(one, q, (heat * pricer.typical,), "L-BFGS-B", jac=True, bounds=bounds, options=limits)
            q = found.x
            if heat >= _SMOOTH:
                pricer.smooth = q
