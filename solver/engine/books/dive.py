"""Stage *dive*: plans from the shares of the smoothed books.

A dive fixes the options with the largest shares, prices what is left anew, and so on; the last few units are left to
CP-SAT. It is the diving heuristic of branch and price (Sadykov and others) on smoothed books in place of columns. A
dive that can no longer beat the best plan is given up: the books bound what is left of it exactly. Later dives differ
by chance in what they fix and at which heat.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from solver.arrays import Bools, Floats, Ints
from solver.engine.books.books import ROUGH, Ascent, Books, Stop
from solver.engine.books.branch import Branch
from solver.engine.exact.exact import Model
from solver.engine.restrict import among
from solver.engine.solution import Cancelled, Options


@dataclass(frozen=True)
class Way:
    """How a dive goes: heat of the smoothing, share of the units fixed at once, passes between, chance in the order."""

    heat: float
    share: float
    passes: int
    chance: float


#: The first dive is without chance; the others draw one of these.
FIRST = Way(0.03, 0.1, 30, 0.0)
WAYS = tuple(
    Way(heat, share, passes, 0.1) for heat in (0.03, 0.1) for share, passes in ((0.1, 30), (0.1, 10), (0.05, 15))
)
#: A share from which a unit counts as decided.
_SURE = 0.97
#: A pass over smoothed books as sweeps of plain ones.
_SWEEPS = 4
#: Units left to CP-SAT at the end of a dive, and its seconds.
_TAIL = 10
_TAIL_SECONDS = 1.0
#: Units left to `branch` where there is one, and its work.
_BRANCH_TAIL, _BRANCH_WORK = 15, 20_000_000


def plans(
    books: Books, workers: int, seed: int, until: float, cancelled: Cancelled, incumbent: Ints | None = None
) -> Iterator[Ints | None]:
    """Yield after each dive the best plan so far (a choice of the books' instance), None while there is none.

    The same with one worker and the same seed, but for what the clock cuts.

    Parameters
    ----------
    until : reading of `time.monotonic` at which to end.
    incumbent : a plan that only better ones replace.
    """
    if not books.useful:
        return
    rng = np.random.default_rng(seed)
    best = incumbent
    pending: dict[Future[Ints | None], None] = {}
    left = threading.Event()
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers) as pool:
        first = True
        try:
            while not cancelled() and time.monotonic() < until:
                while len(pending) < workers:
                    way = FIRST if first else WAYS[int(rng.integers(len(WAYS)))]
                    first = False
                    dive = Dive(
                        books, way, int(rng.integers(2**31)), until, lambda: left.is_set() or cancelled(), best
                    )  # fmt: skip
                    pending[pool.submit(dive.run)] = None
                done, _ = wait(pending, return_when=FIRST_COMPLETED)
                for task in [t for t in pending if t in done]:
                    del pending[task]
                    found = task.result()
                    if found is not None and (best is None or books.instance.value(found) > books.instance.value(best)):
                        best = found
                yield best
        finally:  # whoever asked may want no more of it
            left.set()


class Dive:
    """One dive.

    Parameters
    ----------
    incumbent : a plan that only a better one replaces.
    branch : who places the last units where there is a plan to beat; else CP-SAT does.

    Attributes
    ----------
    work : cells of knapsacks looked at so far; it depends on no clock.
    """

    def __init__(
        self, books: Books, way: Way, seed: int, until: float, cancelled: Cancelled, incumbent: Ints | None,
        branch: Branch | None = None,
    ):  # fmt: skip
        self.books, self.way, self.until, self.cancelled = books, way, until, cancelled
        self.branch, self.work = branch, 0
        self._last = _TAIL if branch is None or incumbent is None else _BRANCH_TAIL
        inst = books.instance
        self.rng = np.random.default_rng(seed)
        self.to_beat = None if incumbent is None else inst.value(incumbent)
        self.may: Bools = np.ones(inst.n_options, dtype=bool) if self.to_beat is None else books.fixed(self.to_beat)
        self.entry_option = inst.entry_option()
        least = np.zeros(inst.n_rows, dtype=np.int64)
        np.minimum.at(least, inst.load_row, inst.load_amount)
        self.limits: Bools = least >= 0  # rows that only fill up
        self.choice: Ints = np.full(inst.n_units, -1, dtype=np.int64)
        self.loads: Ints = np.zeros(inst.n_rows, dtype=np.int64)

    def run(self) -> Ints | None:
        """Return a plan, better than the one to beat, or None."""
        try:
            return self._run()
        except Stop:
            return None

    def _run(self) -> Ints | None:
        books, inst, layout = self.books, self.books.instance, self.books.layout
        at = books.at.copy()
        while True:
            todo = self.choice < 0
            if not todo.any():
                break
            option = self._open(todo)
            if np.any(todo & (np.bincount(inst.option_unit[option], minlength=inst.n_units) == 0)):
                return None  # a unit fits nowhere any more
            if int(todo.sum()) <= self._last:
                return self._better(self._tail(np.flatnonzero(todo), np.flatnonzero(option)))
            ascent = Ascent(books, None, option[layout.item_option], self.loads)
            at = ascent.minimise(at, self.way.heat, self.way.passes, self.until, self.cancelled, ROUGH)
            cells = int(((ascent.start[1:] - ascent.start[:-1]) * (ascent.room + 1)).sum())
            self.work += _SWEEPS * ascent.passes * cells
            if self.to_beat is not None and self._bound(ascent, at) < self.to_beat + 1:
                return None
            ascent.smoothed(at, self.way.heat)
            self._fix(ascent, int(todo.sum()))
        return self._better(self.choice)

    def _open(self, todo: Bools) -> Bools:
        """bool[options]: those of units still to choose that keep the limits."""
        inst = self.books.instance
        room = np.where(self.limits, inst.row_upper - self.loads, np.iinfo(np.int64).max)
        open_: Bools = self.may & todo[inst.option_unit]
        open_[self.entry_option[inst.load_amount > room[inst.load_row]]] = False
        return open_

    def _bound(self, ascent: Ascent, at: Floats) -> float:
        """Steps of score that no plan with the units fixed so far exceeds."""
        inst = self.books.instance
        taken = self.choice[self.choice >= 0]
        return inst.offset + float(inst.option_score[taken].sum()) + ascent.exact(at) * self.books.measure

    def _fix(self, ascent: Ascent, todo: int) -> None:
        """Fix what is decided, at least a share of the units, the surest first."""
        inst = self.books.instance
        total = np.bincount(ascent.unit, weights=ascent.share, minlength=inst.n_units)
        share = ascent.share / np.maximum(total[ascent.unit], 1e-9)
        key = share + self.way.chance * self.rng.random(len(share))
        fewest, fixed = max(1, round(self.way.share * todo)), 0
        for i in np.argsort(-key, kind="stable").tolist():
            if fixed >= fewest and share[i] < _SURE:
                if key[i] < _SURE:
                    break
                continue
            option, unit = int(ascent.option[i]), int(ascent.unit[i])
            entry = slice(int(inst.load_indptr[option]), int(inst.load_indptr[option + 1]))
            rows = inst.load_row[entry]
            after = self.loads[rows] + inst.load_amount[entry]
            if self.choice[unit] < 0 and np.all((after <= inst.row_upper[rows]) | ~self.limits[rows]):
                self.choice[unit] = option
                self.loads[rows] = after
                fixed += 1
            if todo - fixed <= self._last:
                break

    def _tail(self, unit: Ints, option: Ints) -> Ints | None:
        """The best choice of the last units, None where there is none or CP-SAT finds none."""
        sub = among(self.books.instance, option, unit, self.choice, self.loads)
        if self.branch is not None and self.to_beat is not None:
            ended = self.branch.search(sub, self.to_beat + 1, _BRANCH_WORK, np.zeros(1, dtype=np.int64))
            self.work += ended.work
            return ended.choice
        model = Model(sub.instance, 0)
        model.maximise_score()
        left = max(0.1, min(_TAIL_SECONDS, self.until - time.monotonic()))
        found = model.solve(Options(left, 0.0, 1, 1), "dive", cancelled=self.cancelled).choice
        return None if found is None else sub.open(found)

    def _better(self, choice: Ints | None) -> Ints | None:
        inst = self.books.instance
        if choice is None or np.any(choice < 0) or not inst.feasible(choice):
            return None
        return choice if self.to_beat is None or inst.value(choice) > self.to_beat else None
