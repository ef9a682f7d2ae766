"""Stage *improve*: better plans near the prices, by annealing chains of moves among options that are nearly as good.

At the right prices almost every unit of the best plan takes an option whose reduced cost is next to nothing. So rounds
of annealing (`kernels.anneal`) search only those; how near is near, and how hot to begin, is learned from which rounds
paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import numpy as np

from solver.arrays import Floats, Ints
from solver.engine import kernels
from solver.engine.price import Prices
from solver.engine.solution import Cancelled
from solver.instance import NO_LIMIT, Instance

#: Shares of the units that should have a choice in a round; each share is one arm that is learned about.
SHARES = (0.2, 0.35, 0.5)
#: First temperature of a round, as a share of the reduced cost up to which options are let in; the last is a fifteenth.
HEATS = (0.3, 1.0)
_STEPS_PER_UNIT = 1500
_FEWEST_STEPS, _MOST_STEPS = 300_000, 6_000_000
_LONGEST_CHAIN = 5
#: What a step beyond a hard limit costs while a plan is grown from prices, in prices of that load.
_PENALTY = 5.0


@dataclass
class _Arm:
    """A way to set a round up, and what it has brought: gains fade, so that late rounds count more than early ones."""

    share: float
    heat: float
    gain: float = 0.0
    tries: float = 0.0

    def learn(self, gain: float) -> None:
        self.gain = 0.7 * self.gain + gain
        self.tries = 0.7 * self.tries + 1

    def worth(self) -> float:
        return self.gain / self.tries if self.tries else np.inf


@dataclass
class Improver:
    """Rounds of annealing on an instance without separations in which every unit takes an option."""

    instance: Instance
    prices: Prices
    workers: int
    seed: int
    _arms: list[_Arm] = field(init=False)
    _loss: Floats = field(init=False)
    _second: Floats = field(init=False)

    def __post_init__(self) -> None:
        inst = self.instance
        self._loss = kernels.reduced(
            inst.indptr, inst.option_score.astype(np.float64), inst.load_indptr, inst.load_row, inst.load_amount,
            self.prices.price,
        )  # fmt: skip
        self._table = inst.cost_table()
        self._rng = np.random.default_rng(self.seed)
        self._arms = [_Arm(share, heat) for share in SHARES for heat in HEATS]
        # Each unit's second smallest loss says from which width on it has a choice.
        order = np.lexsort((self._loss, inst.option_unit))
        several = np.flatnonzero(np.diff(inst.indptr) > 1)
        self._second = self._loss[order[inst.indptr[several] + 1]]

    def from_prices(self, cancelled: Cancelled) -> Ints | None:
        """Return a plan grown from every unit's best option at the prices, None where it breaks a limit.

        Hard limits cost while it is annealed, so that the way to a plan may lead through what is none.
        """
        inst = self.instance
        if not len(self._second):
            return None
        order = np.lexsort((self._loss, inst.option_unit))
        plan: Ints = order[inst.indptr[:-1]]
        hard = (inst.row_upper < NO_LIMIT) | (inst.row_lower > -NO_LIMIT)
        size = np.bincount(inst.load_row, weights=np.abs(inst.load_amount), minlength=inst.n_rows)
        count = np.maximum(1, np.bincount(inst.load_row, minlength=inst.n_rows))
        typical = np.abs(inst.option_score).mean() / np.maximum(1.0, size / count)
        slope = np.where(hard, np.ceil(_PENALTY * np.maximum(typical, np.abs(self.prices.price))), 0).astype(np.int64)
        side, edge, slopes = self._table
        ones = np.ones_like(slope)
        costly = (
            np.column_stack([side, ones, -ones]),
            np.column_stack([edge, inst.row_upper, inst.row_lower]),
            np.column_stack([slopes, np.where(inst.row_upper < NO_LIMIT, slope, 0),
                             np.where(inst.row_lower > -NO_LIMIT, slope, 0)]),
        )  # fmt: skip
        free = np.full(inst.n_rows, NO_LIMIT, dtype=np.int64)
        width = float(np.quantile(self._second, SHARES[-1]))
        halt = np.zeros(1, dtype=np.int64)
        with ThreadPoolExecutor(1) as pool:
            task = pool.submit(self._anneal, plan, width, HEATS[0], self.seed, halt, costly, -free, free)
            ((_, plan),) = _results([task], halt, cancelled)
        return plan if inst.feasible(plan) else None

    def rounds(self, plan: Ints, cancelled: Cancelled) -> Iterator[Ints]:
        """Yield the plan after each round, never a worse one; `plan` gives every unit an option, keeps every limit."""
        if not len(self._second):
            return
        with ThreadPoolExecutor(self.workers) as pool:
            while not cancelled():
                if self._rng.random() < 0.2:
                    arm = self._arms[int(self._rng.integers(len(self._arms)))]
                else:
                    arm = max(self._arms, key=_Arm.worth)
                width = float(np.quantile(self._second, arm.share))
                seeds = self._rng.integers(2**31, size=self.workers).tolist()
                halt = np.zeros(1, dtype=np.int64)
                running = [pool.submit(self._anneal, plan, width, arm.heat, seed, halt) for seed in seeds]
                gain, best = max(_results(running, halt, cancelled), key=lambda t: t[0])
                arm.learn(float(gain))
                if gain > 0:
                    plan = best
                yield plan

    def _anneal(
        self,
        plan: Ints,
        width: float,
        heat: float,
        seed: int,
        halt: Ints,
        table: tuple[Ints, Ints, Ints] | None = None,
        lower: Ints | None = None,
        upper: Ints | None = None,
    ) -> tuple[int, Ints]:
        """Anneal a copy of `plan` among options within `width`; other costs and limits than the instance's if given."""
        inst = self.instance
        near = self._loss <= width
        near[plan] = True
        candidate = np.flatnonzero(near)
        start = np.r_[0, np.cumsum(np.bincount(inst.option_unit[candidate], minlength=inst.n_units))].astype(np.int64)
        units = np.flatnonzero(np.diff(start) > 1)
        if not len(units):
            return 0, plan
        choice, loads = plan.copy(), inst.loads(plan)
        hot = max(1.0, heat * width)
        steps = int(np.clip(_STEPS_PER_UNIT * len(units), _FEWEST_STEPS, _MOST_STEPS))
        gain = kernels.anneal(
            inst.option_rep, inst.option_score, inst.load_indptr, inst.load_row, inst.load_amount,
            inst.row_lower if lower is None else lower, inst.row_upper if upper is None else upper,
            *(self._table if table is None else table), choice, loads, start, candidate, units, inst.n_reps,
            hot, max(0.5, hot / 15), steps, _LONGEST_CHAIN, seed, halt,
        )  # fmt: skip
        return int(gain), choice


def _results(tasks: list[Future[tuple[int, Ints]]], halt: Ints, cancelled: Cancelled) -> list[tuple[int, Ints]]:
    """Wait for annealers, in their order; tell them to end when `cancelled` says so."""
    left = set(tasks)
    while left:
        left = wait(left, timeout=0.05).not_done
        if cancelled():
            halt[0] = 1
    return [task.result() for task in tasks]
