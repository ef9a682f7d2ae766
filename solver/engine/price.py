"""Stage *price*: prices on loads that make every unit's choice independent, and a valid bound at every pass.

With a price for each load, the best plan is each unit's best option, and what that comes to bounds every plan's score
(Lagrangian duality). Each piece of a row's cost and each hard limit has its own variable, between 0 and its slope, so
the dual is the linear relaxation's. It is smoothed by an entropy term and minimised by L-BFGS-B at falling heat
(Nesterov's smoothing); the bound reported is always that of the exact maximum, not of the smoothed one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from solver.arrays import Floats
from solver.engine import kernels
from solver.engine.solution import Cancelled
from solver.instance import NO_LIMIT, Instance

#: Heats of the smoothing, as shares of an average unit's score, and passes at each.
HEATS = (0.3, 0.1, 0.03, 0.01, 0.003)
PASSES = 60


@dataclass(frozen=True)
class Prices:
    """What pricing found.

    Attributes
    ----------
    price : float64[rows], steps of score for one step of load.
    bound : steps of score that no plan exceeds; valid for plans that give every unit one of its options.
    passes : how often all options were looked at.
    """

    price: Floats
    bound: float
    passes: int


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
        self._loads = np.zeros((kernels.PARTS, inst.n_rows))
        self._sums = np.zeros((2, kernels.PARTS))
        self._offset = inst.offset / self._scale
        self.typical = max(1e-12, float(np.abs(self._score).mean()) if inst.n_options else 1.0)
        self.best = np.inf
        self.at: Floats = np.zeros(len(row))
        self.passes = 0

    def _price(self, q: Floats) -> Floats:
        n_rows = self.instance.n_rows
        price: Floats = np.bincount(self._row, weights=self._side * q, minlength=n_rows).astype(np.float64)
        return price

    def value(self, q: Floats, heat: float) -> tuple[float, Floats]:
        """Return the smoothed dual in points and its gradient; keeps the best exact bound seen."""
        inst = self.instance
        kernels.price_pass(
            inst.indptr, self._score, inst.load_indptr, inst.load_row, self._amount, self._price(q), heat,
            self._loads, self._sums[0], self._sums[1],
        )  # fmt: skip
        self.passes += 1
        held = float((self._side * self._edge * q).sum())
        exact = self._offset + float(self._sums[0].sum()) + held
        if exact < self.best:
            self.best, self.at = exact, q.copy()
        loads = self._loads.sum(axis=0)
        return self._offset + float(self._sums[1].sum()) + held, self._side * (self._edge - loads[self._row])

    def result(self) -> Prices:
        """Return the best prices so far, in steps."""
        price = self._price(self.at) * self._scale / self._unit
        return Prices(price, self.best * self._scale, self.passes)


class _Stop(Exception):
    pass


def price(
    instance: Instance, seconds: float = 60.0, cancelled: Cancelled = lambda: False, start: Prices | None = None
) -> Prices:
    """Return prices and bound; the clock or `cancelled` end it early with the best so far.

    Parameters
    ----------
    start : prices of an earlier run of an instance with the same rows; they save the hot passes.
    """
    pricer = Pricer(instance)
    n = len(pricer._row)
    until = time.monotonic() + seconds

    def one(q: Floats, heat: float) -> tuple[float, Floats]:
        if cancelled() or time.monotonic() > until:
            raise _Stop
        return pricer.value(q, heat)

    q: Floats = np.zeros(n)
    heats: tuple[float, ...] = HEATS
    if start is not None and len(start.price) == instance.n_rows:
        q, heats = _split(pricer, start.price), HEATS[2:]
    try:
        pricer.value(q, HEATS[0] * pricer.typical)
        if not n:
            return pricer.result()
        bounds = list(zip(np.zeros(n), np.where(np.isinf(pricer._most), 1e6, pricer._most), strict=True))
        for heat in heats:
            limits = {"maxiter": PASSES, "maxfun": PASSES + PASSES // 4, "maxcor": 20, "ftol": 1e-13, "gtol": 1e-10}
            found = minimize(one, q, (heat * pricer.typical,), "L-BFGS-B", jac=True, bounds=bounds, options=limits)
            q = found.x
    except _Stop:
        pass
    return pricer.result()


def _split(pricer: Pricer, price: Floats) -> Floats:
    """Spread the prices of rows over their pieces, cheapest slopes first."""
    q: Floats = np.zeros(len(pricer._row))
    left = price * pricer._unit / pricer._scale
    for k in np.argsort(pricer._most, kind="stable").tolist():
        r = pricer._row[k]
        take = min(pricer._most[k], max(0.0, pricer._side[k] * left[r]))
        q[k] = take
        left[r] -= pricer._side[k] * take
    return q
