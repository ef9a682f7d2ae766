"""Stage *improve*: better plans near the prices, by annealing chains of moves among options that are nearly as good.

At the right prices almost every unit of the best plan takes an option whose reduced cost is next to nothing. So rounds
of annealing (`kernels.anneal`) search only those; how near is near, and how hot to begin, is learned from which rounds
paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import numpy as np

from solver.arrays import Floats, Ints
from solver.engine import kernels
from solver.engine.price import Prices
from solver.engine.solution import Cancelled
from solver.instance import Instance

#: Shares of the units that should have a choice in a round; each share is one arm that is learned about.
SHARES = (0.15, 0.3, 0.5, 0.8)
#: First temperature of a round, as a share of the reduced cost up to which options are let in; the last is a twentieth.
HEATS = (0.2, 0.6)
_STEPS_PER_UNIT = 1500
_FEWEST_STEPS, _MOST_STEPS = 300_000, 6_000_000
_LONGEST_CHAIN = 5


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

    def rounds(self, plan: Ints, cancelled: Cancelled) -> Iterator[Ints]:
        """Yield the plan after each round, never a worse one; `plan` gives every unit an option, keeps every limit."""
        if not len(self._second):
            return
        halt = np.zeros(1, dtype=np.int64)
        with ThreadPoolExecutor(self.workers) as pool:
            while not cancelled():
                if self._rng.random() < 0.2:
                    arm = self._arms[int(self._rng.integers(len(self._arms)))]
                else:
                    arm = max(self._arms, key=_Arm.worth)
                width = float(np.quantile(self._second, arm.share))
                seeds = self._rng.integers(2**31, size=self.workers).tolist()
                running = {pool.submit(self._anneal, plan, width, arm.heat, seed, halt) for seed in seeds}
                tries = []
                while running:
                    done, running = wait(running, timeout=0.05)
                    tries += [task.result() for task in done]
                    halt[0] = cancelled()
                gain, best = max(tries, key=lambda t: t[0])
                arm.learn(float(gain))
                if gain > 0:
                    plan = best
                yield plan

    def _anneal(self, plan: Ints, width: float, heat: float, seed: int, halt: Ints) -> tuple[int, Ints]:
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
            inst.row_lower, inst.row_upper, *self._table, choice, loads, start, candidate, units, inst.n_reps,
            hot, max(0.5, hot / 20), steps, _LONGEST_CHAIN, seed, halt,
        )  # fmt: skip
        return int(gain), choice
