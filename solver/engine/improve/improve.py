"""Stage *improve*: better plans near the prices, by annealing chains of moves among options that are nearly as good.

At the right prices almost every unit of the best plan takes an option whose reduced cost is next to nothing. So rounds
of annealing (`kernels.anneal`) search only those; how near is near, and how hot to begin, is learned from which rounds
paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from solver.arrays import Floats, Ints
from solver.engine import kernels
from solver.engine.improve.bandit import Bandit
from solver.engine.improve.construct import State
from solver.engine.improve.groups import Parcel, Parcels, grouped
from solver.engine.machines.pool import Annealers, Annealing, Chains, Threads, Workers
from solver.engine.prices.reduce import reduced_costs
from solver.engine.solution import Cancelled, Prices
from solver.instance import Instance

#: Units with a choice for each rep in a round, and their share of all at most; fewer of them are searched sooner, more
#: of them reach farther.
NEAR = ((10, 0.1), (20, 0.2), (40, 0.4), (60, 0.6))
#: First temperature of a round, as a share of the reduced cost up to which options are let in at `_TYPICAL` such units
#: a rep; the last is a fifteenth.
HEATS = (0.1, 1.0, 3.0)
_TYPICAL = NEAR[1]
#: Steps of a round for each unit in it.
STEPS = 300
#: Most reps in a group.
SIZES = (10, 25, 50)
#: Share of rounds set up by chance: what gains most for its work now is not all that gains in the long run.
_CURIOUS = 0.5
#: Parcels whose plan is behind the best one by more than this share of the gap go on from the best one.
_ASTRAY = 0.5
#: What a step counts as, in seconds of work; fixed, so that what is done next does not depend on the clock.
_STEP_SECONDS = 5e-7


class _Arm(NamedTuple):
    """How a round is set up: which of `NEAR` and which of `HEATS`."""

    near: int
    heat: int


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
    _loss: Floats = field(init=False)
    _several: Ints = field(init=False)
    _second: Floats = field(init=False)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)
        self._learned = tuple(Bandit(len(ways)) for ways in (NEAR, HEATS))
        self.reprice(self.prices)

    def reprice(self, prices: Prices) -> None:
        """Go on with other prices."""
        inst = self.instance
        self.prices = prices
        self._loss = reduced_costs(inst, prices.smooth)
        # Each unit's second smallest loss says from which width on it has a choice.
        second = kernels.second(inst.indptr, self._loss)
        self._several = np.flatnonzero(np.isfinite(second))
        self._second = second[self._several]
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
        gap = max(0.0, self.prices.bound - value)
        if self._parcels is None:
            self._parcels = Parcels(inst, plan, self.prices.smooth)
        elif value > self.value or value - self._parcels.value > _ASTRAY * gap:
            self._parcels.reset(plan)
        # Else on from where the last round ended: what it saved of shared loads may not have paid yet.
        parcels = self._parcels
        near = self._loss <= self._width(NEAR[-1])
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
        parcels.weigh(gap)
        spent = self._spent(parcels)
        if (gained := inst.value(spent)) > value:
            self.value = gained
            yield spent

    def _spent(self, parcels: Parcels) -> Ints:
        """The plan of the parcels with what they left of shared loads spent, by single moves; they go on without."""
        state = State(self.instance)
        state.choice, state.loads = parcels.plan.copy(), parcels.loads.copy()
        near = self._second <= self._width(NEAR[-1])
        state.settle(self._rng.permutation(self._several[near]))
        return state.choice

    def _width(self, near: tuple[int, float]) -> float:
        """Reduced cost up to which options are let in so that about so many units have a choice; see `NEAR`."""
        each, most = near
        return float(np.quantile(self._second, min(most, each * self.instance.n_reps / len(self._second))))

    def _pick(self) -> _Arm:
        if self._rng.random() < _CURIOUS:
            return _Arm(*(int(self._rng.integers(learned.count)) for learned in self._learned))
        return _Arm(*(learned.draw(self._rng) for learned in self._learned))

    def _learn(self, arm: _Arm, gain: float, steps: int) -> None:
        for learned, way in zip(self._learned, arm, strict=True):
            learned.learn(way, gain, steps)

    def _wave(
        self, parcels: Parcels, group: Ints, begin: Annealers, at_once: int, cancelled: Cancelled
    ) -> Iterator[int]:
        """Anneal a parcel of each group, some at a time, merge them in the order they were cut: steps of each."""
        arms: list[_Arm] = []
        widths, typical = [self._width(near) for near in NEAR], self._width(_TYPICAL)

        def wanted() -> Iterator[float]:
            while True:
                arms.append(self._pick())
                yield widths[arms[-1].near]

        waiting = parcels.cut(self._loss, group, wanted(), widths[-1], self._rng)
        running: list[tuple[Parcel, _Arm, int, Annealing]] = []
        while True:
            while len(running) < at_once and not cancelled():
                parcel = next(waiting, None)
                if parcel is None:
                    break
                small, arm = parcel.sub.instance, arms[-1]
                steps = STEPS * small.n_units
                seed = int(self._rng.integers(2**31))
                start = parcel.sub.close(parcels.plan)
                task = begin(Chains.of(small, start, HEATS[arm.heat] * typical, steps, seed))
                running.append((parcel, arm, steps, task))
            if not running:
                return
            parcel, arm, steps, task = running.pop(0)
            found = task.result(cancelled)
            self._learn(arm, parcels.merge(parcel, found[1] if found and found[0] > 0 else None), steps)
            yield steps


def anneal(instance: Instance, plan: Ints, hot: float, steps: int, seed: int, halt: Ints) -> tuple[int, Ints]:
    """Anneal a copy of `plan` among all options of an instance in which every unit takes one: (steps gained, plan)."""
    return Chains.of(instance, plan, hot, steps, seed).run(halt)
