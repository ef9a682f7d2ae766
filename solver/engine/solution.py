"""What the engine is told, what it reports on the way, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from solver.arrays import Floats, Ints
from solver.instance import Instance
from solver.sentences import Sentence

Status = Literal["optimal", "feasible", "infeasible", "no_plan"]
Engine = Literal["auto", "exact", "price"]
Stopped = Literal["proven", "gap", "time", "cancelled"]


@dataclass(frozen=True)
class Options:
    """When to stop and what to use.

    Attributes
    ----------
    time_limit : seconds of clock, > 0.
    gap : stop when bound − score is at most this many points; 0 means prove the optimum.
    workers : threads. One worker and a seed give the same plan on every run that the clock does not cut.
    seed : of every random choice.
    engine : ``exact``: one CP-SAT model; ``price``: prices and annealing first, then CP-SAT where that is still of use;
        ``auto``: by size.
    """

    time_limit: float = 60.0
    gap: float = 0.0
    workers: int = 2
    seed: int = 1
    engine: Engine = "auto"


@dataclass(frozen=True)
class Progress:
    """One moment of a solve: seconds since the start, score and bound in points (None: none yet), stage by name."""

    seconds: float
    score: float | None
    bound: float | None
    stage: str

    @property
    def gap(self) -> float | None:
        """Bound − score in points, None while one of them is missing."""
        return None if self.score is None or self.bound is None else max(0.0, self.bound - self.score)


@dataclass(frozen=True)
class Solution:
    """The outcome of a solve.

    Attributes
    ----------
    status : ``optimal`` only when proven for the whole instance, coverage included.
    choice : int64[units], the option each unit takes, -1 for none; None without a plan.
    score, bound : points; the bound holds for every plan that leaves no more customers unassigned than this one.
    unassigned : customers without a rep.
    fewest_unassigned : a proven lower bound of `unassigned`.
    stopped : why the search ended.
    seconds : of clock.
    trace : every improvement of score or bound.
    notes : sentences for people, e.g. that a time limit cut the search.
    prices : by name, where the loads were priced; see `NamedPrices`.
    """

    status: Status
    choice: Ints | None
    score: float | None
    bound: float | None
    unassigned: int
    fewest_unassigned: int
    stopped: Stopped
    seconds: float
    trace: tuple[Progress, ...]
    notes: tuple[Sentence, ...] = ()
    prices: NamedPrices | None = None


#: Prices by name: (rule or term, whose load, metric) → points that one more unit of that load costs.
NamedPrices = Mapping[tuple[str, str, str], float]


@dataclass(frozen=True)
class Prices:
    """What a step of each load is worth to a plan.

    Attributes
    ----------
    price : float64[rows], steps of score for one step of load.
    bound : steps of score that no plan exceeds; valid for plans that give every unit one of its options.
    passes : how often all options were looked at.
    smooth : float64[rows], prices at which units are still undecided between options nearly as good. At the sharpest
        prices reduced costs say little about which options go together; searches near these found better plans.
    """

    price: Floats
    bound: float
    passes: int
    smooth: Floats

    def named(self, instance: Instance) -> dict[tuple[str, str, str], float]:
        """Return the prices by name, in points for one unit of the metric; rows without a price are left out.

        Rows of one name are two sides of one load: their prices add up.
        """
        named: dict[tuple[str, str, str], float] = {}
        for row, price in zip(instance.rows, self.price.tolist(), strict=True):
            if price:
                name = (row.source, row.of, row.metric)
                named[name] = named.get(name, 0.0) + price * row.unit / instance.scale
        return named


def prices_by_row(instance: Instance, named: NamedPrices) -> Floats:
    """float64[rows]: prices by name as steps of score for a step of load; 0 for a row that has none."""
    return np.array(
        [named.get((row.source, row.of, row.metric), 0.0) / row.unit * instance.scale for row in instance.rows],
        dtype=np.float64,
    )


@dataclass(frozen=True)
class Start:
    """What an earlier solve of the same or a neighbouring plan hands on; it saves time and changes no proof.

    Attributes
    ----------
    choice : int64[units], an option of this instance for each unit, -1 for none; used if it keeps every limit.
    prices : by name; those of rows this instance does not have are ignored.
    """

    choice: Ints | None = None
    prices: NamedPrices | None = None


Watch = Callable[[Progress], None]
Cancelled = Callable[[], bool]
