"""Two ways to improve a plan in turn, the one more often that gains more for its work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from solver.arrays import Ints
from solver.engine.improve import Improver
from solver.engine.lns import Lns
from solver.engine.solution import Cancelled, Options, Prices
from solver.instance import Instance

#: Least work of a turn of CP-SAT neighbourhoods, in seconds.
_TURN = 2.0
#: Chance of a turn for the way that gained less.
_OTHER = 0.15
#: Annealing goes on alone while this many rounds together take this share off the gap.
_ALONE_ROUNDS, _ALONE = 5, 0.05


@dataclass
class _Way:
    """One way to improve, and what it gained of late."""

    name: str
    search: Improver | Lns
    gain: float = 0.0
    work: float = 0.0

    def worth(self) -> float:
        """Steps of score for a second of work; what was not tried comes first."""
        return self.gain / self.work if self.work else np.inf


def improvements(
    instance: Instance, prices: Prices, plan: Ints, options: Options, cancelled: Cancelled
) -> Iterator[tuple[Ints, int, float, str]]:
    """Yield (best plan so far, its steps of score, seconds of work so far, stage), without end unless cancelled.

    Work is counted in steps, not by the clock, so that one worker and a seed go through the same plans every time.

    Parameters
    ----------
    instance : without separations, in which every unit takes an option; `plan` keeps every limit.
    """
    ways = [
        _Way("anneal", Improver(instance, prices, options.workers, options.seed)),
        _Way("neighbourhoods", Lns(instance, prices, options.workers, options.seed)),
    ]
    rng = np.random.default_rng(options.seed)
    value = instance.value(plan)
    alone = True
    rounds: list[int] = []
    while not cancelled():
        best, other = sorted(ways, key=_Way.worth, reverse=True)
        way = other if np.isfinite(best.worth()) and rng.random() < _OTHER else best
        if alone:
            way = ways[0]
        begun, before = way.search.work, value
        elsewhere = sum(w.search.work for w in ways if w is not way)
        for found in way.search.rounds(plan, cancelled):
            if found is not plan:
                plan, value = found, way.search.value
            yield plan, value, elsewhere + way.search.work, way.name
            if way.name == "neighbourhoods" and way.search.work - begun > max(_TURN, 0.1 * elsewhere):
                break
        way.gain = 0.5 * way.gain + value - before
        way.work = 0.5 * way.work + max(1e-3, way.search.work - begun)
        rounds.append(value - before)
        alone = alone and (
            len(rounds) < _ALONE_ROUNDS or sum(rounds[-_ALONE_ROUNDS:]) > _ALONE * max(0.0, prices.bound - value)
        )
        if all(w.search.work == 0.0 for w in ways if w.work):  # nothing to choose anywhere
            return
