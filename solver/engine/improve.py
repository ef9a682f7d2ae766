"""Stage *improve*: better plans near the prices, by annealing chains of moves among options that are nearly as good.

At the right prices almost every unit of the best plan takes an option whose reduced cost is next to nothing. So rounds
of annealing (`kernels.anneal`) search only those; how near is near, and how hot to begin, is learned from which rounds
paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from solver.arrays import Floats, Ints
from solver.engine.groups import Parcel, Parcels, grouped
from solver.engine.pool import Annealers, Annealing, Chains, Threads, Workers
from solver.engine.reduce import reduced_costs
from solver.engine.solution import Cancelled, Prices
from solver.instance import Instance

#: Shares of the units that should have a choice in a round; each share is one arm that is learned about.
SHARES = (0.1, 0.2, 0.35)
#: First temperature of a round, as a share of the reduced cost up to which options are let in; the last is a fifteenth.
HEATS = (0.1, 0.3, 1.0)
#: Steps of a round for each unit in it.
STEPS = (300, 1200)
#: Most reps in a group.
SIZES = (5, 10, 25)
#: What a step counts as, in seconds of work; fixed, so that what is done next does not depend on the clock.
_STEP_SECONDS = 7e-7


@dataclass
class _Arm:
    """A way to set a round up, and what it has brought: gains fade, so that late rounds count more than early ones."""

    share: float
    heat: float
    steps: int
    gain: float = 0.0
    work: float = 0.0

    def learn(self, gain: float, work: float) -> None:
        self.gain = 0.7 * self.gain + gain
        self.work = 0.7 * self.work + work

    def worth(self) -> float:
        return self.gain / self.work if self.work else np.inf


@dataclass
class Improver:
    """Rounds of annealing on an instance without separations in which every unit takes an option.

    Attributes
    ----------
    work : seconds of work so far, counted in steps and not by the clock.
    value : steps of score of the plan yielded last.
    """

    instance: Instance
    prices: Prices
    workers: int | Workers
    seed: int
    work: float = field(init=False, default=0.0)
    value: int = field(init=False, default=0)
    _parcels: Parcels | None = field(init=False, default=None)
    _arms: list[_Arm] = field(init=False)
    _loss: Floats = field(init=False)
    _second: Floats = field(init=False)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)
        self._arms = [_Arm(share, heat, steps) for share in SHARES for heat in HEATS for steps in STEPS]
        self.reprice(self.prices)

    def reprice(self, prices: Prices) -> None:
        """Go on with other prices."""
        inst = self.instance
        self.prices = prices
        self._loss = reduced_costs(inst, prices.smooth)
        # Each unit's second smallest loss says from which width on it has a choice.
        order = np.lexsort((self._loss, inst.option_unit))
        several = np.flatnonzero(np.diff(inst.indptr) > 1)
        self._second = self._loss[order[inst.indptr[several] + 1]]
        if self._parcels is not None:
            self._parcels.reprice(prices.smooth)

    def rounds(self, plan: Ints, cancelled: Cancelled) -> Iterator[Ints]:
        """Anneal every group of one cut of the reps; yield the best plan so far as groups come back, never a worse one.

        `plan` gives every unit an option and keeps every limit.
        """
        if not len(self._second):
            return
        inst = self.instance
        best, value = plan, inst.value(plan)
        if self._parcels is None or value > self.value:
            self._parcels = Parcels(inst, plan, self.prices.smooth)
        # Else on from where the last round ended: what it saved of shared loads may not have paid yet.
        parcels = self._parcels
        near = self._loss <= self._width(SHARES[-1])
        near[parcels.plan] = True
        group = grouped(inst, near, int(self._rng.choice(SIZES)), self._rng)
        pool = Threads(self.workers) if isinstance(self.workers, int) else self.workers
        with pool.annealers() as begin:
            for steps in self._wave(parcels, group, begin, pool.at_once(inst.n_reps), cancelled):
                self.work += steps * _STEP_SECONDS
                if parcels.value > value:
                    best, value = parcels.plan.copy(), parcels.value
                self.value = value
                yield best

    def _width(self, share: float) -> float:
        return float(np.quantile(self._second, share))

    def _pick(self) -> _Arm:
        if self._rng.random() < 0.2:
            return self._arms[int(self._rng.integers(len(self._arms)))]
        return max(self._arms, key=_Arm.worth)

    def _wave(
        self, parcels: Parcels, group: Ints, begin: Annealers, at_once: int, cancelled: Cancelled
    ) -> Iterator[int]:
        """Anneal a parcel of each group, some at a time, merge them in the order they were cut: steps of each."""
        arms: list[_Arm] = []

        def widths() -> Iterator[float]:
            while True:
                arms.append(self._pick())
                yield self._width(arms[-1].share)

        waiting = parcels.cut(self._loss, group, widths(), self._rng)
        running: list[tuple[Parcel, _Arm, int, Annealing]] = []
        while True:
            while len(running) < at_once and not cancelled():
                parcel = next(waiting, None)
                if parcel is None:
                    break
                small, arm = parcel.sub.instance, arms[-1]
                steps = arm.steps * small.n_units
                seed = int(self._rng.integers(2**31))
                start = parcel.sub.close(parcels.plan)
                task = begin(Chains.of(small, start, arm.heat * self._width(arm.share), steps, seed))
                running.append((parcel, arm, steps, task))
            if not running:
                return
            parcel, arm, steps, task = running.pop(0)
            found = task.result(cancelled)
            arm.learn(parcels.merge(parcel, found[1] if found and found[0] > 0 else None), steps)
            yield steps


def anneal(instance: Instance, plan: Ints, hot: float, steps: int, seed: int, halt: Ints) -> tuple[int, Ints]:
    """Anneal a copy of `plan` among all options of an instance in which every unit takes one: (steps gained, plan)."""
    return Chains.of(instance, plan, hot, steps, seed).run(halt)
