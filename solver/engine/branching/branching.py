"""Stage *branch*: the pieces of an instance bounded below their prices, and better plans on the way.

Each piece has its tree (`lumps`), all of them at the same prices of what they share; what the trees take off their
pieces' bounds comes off the whole. Trees grow by a few nodes at a time, next the one that closes most for its work.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from solver.arrays import Floats, Ints
from solver.engine.branching.lumps import Tree
from solver.engine.branching.pieces import Pieces
from solver.engine.improve.groups import Parcel, Parcels
from solver.engine.solution import Cancelled, Prices
from solver.instance import Instance

#: Nodes of a tree at a time.
_NODES = 2
#: Seconds of work for each load entry in which a piece that was not looked at is hoped to close all its gap.
_HOPED = 2e-5
_FADE = 0.5


@dataclass(frozen=True)
class _Grown:
    """A tree being grown: its piece, what it may use, and its bound and work before."""

    piece: int
    parcel: Parcel
    bound: float
    work: float
    task: Future[Ints | None]


class Branching:
    """Rounds of branch and bound on an instance without separations in which every unit takes an option.

    Attributes
    ----------
    work : seconds of work so far, counted in looks and steps and not by the clock.
    value : steps of score of the plan yielded last.
    bound : steps of score that no plan exceeds.
    """

    def __init__(self, instance: Instance, prices: Prices, workers: int, seed: int):
        self.instance, self.prices, self.workers, self.seed = instance, prices, workers, seed
        self.work = 0.0
        self.value = 0
        self.bound = prices.bound
        self._forest: _Forest | None = None

    def reprice(self, prices: Prices) -> None:
        """Go on with better prices; trees keep those they began with."""
        self.prices = prices
        self.bound = min(self.bound, prices.bound)

    def rounds(self, plan: Ints, most: float, cancelled: Cancelled) -> Iterator[Ints]:
        """Grow trees; yield the best plan so far as they come back, never a worse one, until all is done that can be.

        Parameters
        ----------
        plan : gives every unit an option and keeps every limit.
        most : seconds of work after which no more is begun.
        """
        inst, begun = self.instance, self.work
        if self._forest is None:
            self._forest = _Forest(Pieces(inst, self.prices.price, plan), self.seed)
        forest = self._forest
        parcels = Parcels(inst, plan, forest.pieces.price)
        parcels.share(forest.pieces.of_row < 0)
        best, self.value = plan, parcels.value
        worth = forest.pieces.values(plan, parcels.loads)
        running: list[_Grown] = []
        halt: Ints = np.zeros(1, dtype=np.int64)
        with ThreadPoolExecutor(self.workers) as pool, threadpool_limits(1, "blas"):
            try:
                while True:
                    while len(running) < self.workers and self.work - begun <= most and not cancelled():
                        number = forest.next(worth, [grown.piece for grown in running])
                        if number is None:
                            break
                        tree, option, unit = forest.tree(number)
                        parcel = parcels.parcel(option, unit, self.workers)
                        bound, work = tree.bound, tree.work  # as they are before another thread is at it
                        task = pool.submit(tree.grow, parcel.sub.instance, float(worth[number]), _NODES, halt)
                        running.append(_Grown(number, parcel, bound, work, task))
                    if not running:
                        return
                    grown = running.pop(0)
                    while not wait([grown.task], timeout=0.05).done:
                        if cancelled():
                            halt[0] = 1
                    gained = parcels.merge(grown.parcel, grown.task.result())
                    worth[grown.piece] += gained
                    self.work += forest.learn(grown, gained)
                    self.bound = min(self.bound, forest.bound)
                    if parcels.value > self.value:
                        best, self.value = parcels.plan.copy(), parcels.value
                    yield best
            finally:  # whoever asked for rounds may want no more of them
                halt[0] = 1


class _Forest:
    """The trees of all pieces; each grows from when it is first wanted."""

    def __init__(self, pieces: Pieces, seed: int):
        self.pieces = pieces
        self._rng = np.random.default_rng(seed)
        self._trees: dict[int, Tree] = {}
        self._bounds = pieces.bound.copy()
        inst = pieces.instance
        of = np.repeat(pieces.of_unit[inst.option_unit], np.diff(inst.load_indptr))
        self._hoped = _HOPED * np.maximum(1, np.bincount(of + 1, minlength=pieces.count + 1)[1:])
        self._rate: Floats = np.full(pieces.count, np.inf)

    @property
    def bound(self) -> float:
        """Steps of score that no plan exceeds."""
        return self.pieces.rest + float(self._bounds.sum())

    def next(self, worth: Floats, busy: list[int]) -> int | None:
        """The piece that promises to close most for its work; None where none is worth the while."""
        left = np.maximum(0.0, self._bounds - worth - 1)
        promise = np.minimum(self._rate, left / self._hoped)
        promise[[number for number, tree in self._trees.items() if tree.stuck]] = 0.0
        promise[busy] = 0.0
        number = int(np.argmax(promise)) if len(promise) else -1
        return number if number >= 0 and promise[number] > 0 else None

    def tree(self, number: int) -> tuple[Tree, Ints, Ints]:
        """A piece's tree, and the options and units of the whole that are the piece's."""
        pieces = self.pieces
        if number not in self._trees:
            own, row = pieces.part(number)
            seed = int(self._rng.integers(2**31))
            self._trees[number] = Tree(own, pieces.price[row], float(self._bounds[number]), seed)
        option = np.flatnonzero(pieces.of_unit[pieces.instance.option_unit] == number)
        return self._trees[number], option, np.flatnonzero(pieces.of_unit == number)

    def learn(self, grown: _Grown, gained: int) -> float:
        """Note what a tree did: seconds of work it took."""
        number, tree = grown.piece, self._trees[grown.piece]
        self._bounds[number] = tree.bound
        work = max(1e-6, tree.work - grown.work)
        rate = (max(0.0, grown.bound - tree.bound) + gained) / work
        before = self._rate[number]
        self._rate[number] = rate if np.isinf(before) else _FADE * before + (1 - _FADE) * rate
        return work
