"""Ways to close the gap in turn, the one more often that closes more for its work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from solver.arrays import Ints
from solver.engine.branching.branching import Branching
from solver.engine.improve.improve import Improver
from solver.engine.improve.lns import Lns
from solver.engine.machines.pool import Workers
from solver.engine.solution import Cancelled, Options, Prices
from solver.instance import Instance

#: Units beyond which annealing has no turn to spare: choosing what to free looks at all of them.
_FEW = 30_000
#: Least work of a turn of CP-SAT neighbourhoods or of branching, in seconds, and as a share of all other work.
_TURN, _TURN_SHARE = 2.0, 0.1
#: Chance of a turn for a way that closed less.
_OTHER = 0.15
#: Annealing goes on alone while this many rounds together take this share off the gap.
_ALONE_ROUNDS, _ALONE = 5, 0.05


@dataclass
class _Way:
    """One way to improve, and what it gained of late."""

    name: str
    search: Improver | Lns | Branching
    gain: float = 0.0
    work: float = 0.0

    def rounds(self, plan: Ints, most: float, cancelled: Cancelled) -> Iterator[Ints]:
        """Plans of a turn; branching has to know how long it is, to take back in time what is under way."""
        if isinstance(self.search, Branching):
            return self.search.rounds(plan, most, cancelled)
        return self.search.rounds(plan, cancelled)

    def worth(self) -> float:
        """Steps of score for a second of work; what was not tried comes first."""
        return self.gain / self.work if self.work else np.inf


class Improvements:
    """Turns of annealing, of CP-SAT neighbourhoods and of branch and bound on a plan.

    Work is counted in steps, not by the clock, so that one worker and a seed go through the same plans every time.

    Parameters
    ----------
    instance : without separations, in which every unit takes an option; `plan` keeps every limit.
    pool : who anneals, where not so many threads as `options` say.

    Attributes
    ----------
    plan, value : the best plan so far and its steps of score.
    bound : steps of score that no plan exceeds.
    """

    def __init__(self, instance: Instance, prices: Prices, plan: Ints, options: Options, pool: Workers | None = None):
        self.plan, self.value = plan, instance.value(plan)
        self.bound = prices.bound
        self._ways = [
            _Way("anneal", Improver(instance, prices, pool or options.workers, options.seed)),
        ]
        if instance.n_units <= _FEW:
            self._ways.append(_Way("neighbourhoods", Lns(instance, prices, options.workers, options.seed)))
        self._ways.append(_Way("branch", Branching(instance, prices, options.workers, options.seed)))
        self._rng = np.random.default_rng(options.seed)
        self._alone = True
        self._gains: list[float] = []

    @property
    def work(self) -> float:
        """Seconds of work so far."""
        return sum(way.search.work for way in self._ways)

    def reprice(self, prices: Prices) -> None:
        """Go on with better prices."""
        self.bound = min(self.bound, prices.bound)
        for way in self._ways:
            way.search.reprice(prices)

    def rounds(self, cancelled: Cancelled) -> Iterator[str]:
        """Yield the stage whenever something came back, without end unless cancelled or there is nothing to choose."""
        while not cancelled():
            way = self._next()
            begun, before = way.search.work, self.value - self.bound
            elsewhere = self.work - begun
            most = max(_TURN, _TURN_SHARE * elsewhere)
            for found in way.rounds(self.plan, most, cancelled):
                if way.search.value > self.value:
                    self.plan, self.value = found, way.search.value
                if isinstance(way.search, Branching):
                    self.bound = min(self.bound, way.search.bound)
                yield way.name
                if way.name == "neighbourhoods" and way.search.work - begun > most:
                    break
            self._learn(way, self.value - self.bound - before, way.search.work - begun)
            if all(way.search.work == 0.0 for way in self._ways if way.work):
                return

    def _next(self) -> _Way:
        if self._alone or len(self._ways) == 1:
            return self._ways[0]
        best, *others = sorted(self._ways, key=_Way.worth, reverse=True)
        if np.isfinite(best.worth()) and self._rng.random() < _OTHER:
            return others[int(self._rng.integers(len(others)))]
        return best

    def _learn(self, way: _Way, gain: float, work: float) -> None:
        way.gain = 0.5 * way.gain + gain
        way.work = 0.5 * way.work + max(1e-3, work)
        self._gains.append(gain)
        late = sum(self._gains[-_ALONE_ROUNDS:])
        self._alone = self._alone and (
            len(self._gains) < _ALONE_ROUNDS or late > _ALONE * max(0.0, self.bound - self.value)
        )
