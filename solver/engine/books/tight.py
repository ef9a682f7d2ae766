"""Stage *books*: proofs and plans where capacities are tight and books keep all that is scarce.

Three kinds of tasks share the workers, none of them with a linear program:

- *prove*: is there a plan worth at least the bound? Few options are left open by that, so `branch` answers soon. If
  there is none the bound is lower, and the question is put again, a step lower each time, until the best plan is met.
- *dive*: plans from the shares of the smoothed books (`dive`).
- *regroup*: some reps give up their books, and `branch` finds the best way to share the units out among them.

Dives and regroupings take turns, whichever gains more for its work.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from solver.arrays import Bools, Ints
from solver.engine.books.books import Books
from solver.engine.books.branch import Branch, Found
from solver.engine.books.dive import FIRST, WAYS, Dive, plans
from solver.engine.improve.bandit import Bandit
from solver.engine.improve.lns import _State
from solver.engine.restrict import restricted
from solver.engine.solution import Cancelled, Options

#: Where other loads are scarce too: shares of the time for dives, and dives without a gain.
_DIVES_SHARE, _DIVES_MOST, _IDLE_DIVES = 0.6, 0.95, 40
#: Work of a regrouping, and of a turn of a proof where one worker does all.
_WORK, _TURN = 100_000_000, 500_000_000
#: Units that a regrouping frees: at first, fewest; growth where it is done soon, and where it is not.
_SIZE, _FEWEST, _GROW, _SHRINK = 40.0, 6, 1.04, 0.93
#: A proof that takes more than this share of the time makes place for more plans.
_PROOF_SHARE = 0.3
#: Steps in which a proof walks down from the bound to the best plan, at least.
_WALK = 12


@dataclass(frozen=True)
class News:
    """Something better: a plan (a choice of the books' instance), its value, and steps of score no plan exceeds."""

    plan: Ints
    value: int
    bound: float
    stage: str

    @property
    def proven(self) -> bool:
        """Whether no plan is better."""
        return self.bound < self.value + 1


def improved(
    books: Books, plan: Ints, options: Options, seconds: float, cancelled: Cancelled, enough: Callable[[int], bool]
) -> Iterator[News]:
    """Yield what is known, better and better; without end but the clock's where books keep all that is scarce.

    Parameters
    ----------
    books : after `Books.run`; plan : a choice of its instance that keeps every limit.
    seconds : of clock, at most.
    enough : whether CP-SAT is the better choice once there is a plan of that value; asked where books do not suffice.
    """
    now = time.monotonic()
    branch = Branch(books)
    if branch.whole:
        yield from Tight(branch, books, plan, options.workers, options.seed, now + seconds).news(cancelled)
        return
    value, idle = books.instance.value(plan), 0
    for found in plans(books, options.workers, options.seed, now + _DIVES_MOST * seconds, cancelled, plan):
        idle += 1
        if found is not None and books.instance.value(found) > value:
            plan, value, idle = found, books.instance.value(found), 0
        yield News(plan, value, books.bound, "dive")
        late = time.monotonic() > now + _DIVES_SHARE * seconds  # a dive cut short gives nothing: wait for the first
        if late or idle >= _IDLE_DIVES or enough(value):
            return


@dataclass
class _Task:
    kind: str
    halt: Ints
    target: int
    began: float
    run: Callable[[], tuple[Found, Ints | None]]


class Tight:
    """Tasks on a plan of an instance whose books keep all that is scarce (`Branch.whole`).

    With one worker and a seed it goes through the same plans, but for what the clock cuts.

    Parameters
    ----------
    plan : int64[units] of the books' instance, keeps every limit.
    until : reading of `time.monotonic` at which to end.
    """

    def __init__(self, branch: Branch, books: Books, plan: Ints, workers: int, seed: int, until: float):
        self.branch, self.books, self.workers, self.until = branch, books, workers, until
        self.instance = books.instance
        self.rng = np.random.default_rng(seed)
        self.state = _State(self.instance, plan)
        self.bound = books.bound
        self._began = time.monotonic()
        self._ways = Bandit(2)
        self._size = _SIZE
        self._dives = 0
        self._proof_work = self._other_work = 0
        self._proof_budget = _TURN
        self._proof_over = False

    @property
    def value(self) -> int:
        """Steps of score of the best plan."""
        return self.instance.offset + self.state.score

    def news(self, cancelled: Cancelled) -> Iterator[News]:
        """Yield after each task what is known; the end is a proven plan, the clock or `cancelled`."""
        running: dict[Future[tuple[Found, Ints | None]], _Task] = {}
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(self.workers) as pool:
            try:
                while not (cancelled() or time.monotonic() >= self.until or self.bound < self.value + 1):
                    while len(running) < self.workers:
                        task = self._next([t.kind for t in running.values()], cancelled)
                        running[pool.submit(task.run)] = task
                    done = wait(running, timeout=0.05, return_when=FIRST_COMPLETED).done
                    for future in [f for f in running if f in done]:
                        task = running.pop(future)
                        yield self._learn(task, *future.result())
                    self._restrain(running.values())
            finally:  # whoever asked may want no more of it
                while running:
                    for task in running.values():
                        task.halt[0] = 1
                    for future in wait(running, timeout=0.02).done:
                        del running[future]

    def _restrain(self, running: Iterable[_Task]) -> None:
        """End a proof that another task has overtaken, or that takes too long while plans may still be far."""
        for task in running:
            if task.kind != "prove":
                continue
            late = time.monotonic() - task.began > _PROOF_SHARE * (self.until - self._began)
            if task.target <= self.value:
                task.halt[0] = 1
            elif late and self.workers > 1 and task.target > self.value + 1:
                self._proof_over = True
                task.halt[0] = 1

    def _next(self, busy: list[str], cancelled: Cancelled) -> _Task:
        alone = self.workers == 1
        turn = self._proof_work < self._other_work if alone else "prove" not in busy
        if turn and (not self._proof_over or self.bound < self.value + 2):
            return self._prove()
        if self._dives == 0 or (self._ways.draw(self.rng) == 0 and "dive" not in busy):
            return self._dive(cancelled)
        return self._regroup()

    def _prove(self) -> _Task:
        gap = max(0.0, self.bound - self.value)
        # One step at a time near the plan, larger ones where it is far: a question costs more the lower it is put.
        low = math.floor(self.bound) - (math.ceil(gap / _WALK) - 1)
        target = max(self.value + 1, low)
        plan, halt = self.state.plan, np.zeros(1, dtype=np.int64)
        sub = restricted(self.instance, self._may(target), plan)
        budget = self._proof_budget if self.workers == 1 else 1 << 62

        def run() -> tuple[Found, Ints | None]:
            return self.branch.search(sub, target, budget, halt), None

        return _Task("prove", halt, target, time.monotonic(), run)

    def _dive(self, cancelled: Cancelled) -> _Task:
        way = FIRST if self._dives == 0 else WAYS[int(self.rng.integers(len(WAYS)))]
        self._dives += 1
        halt = np.zeros(1, dtype=np.int64)
        dive = Dive(
            self.books, way, int(self.rng.integers(2**31)), self.until, lambda: bool(halt[0]) or cancelled(),
            self.state.plan, self.branch,
        )  # fmt: skip

        def run() -> tuple[Found, Ints | None]:
            found = dive.run()
            return Found(found, True, dive.work), None

        return _Task("dive", halt, self.value + 1, time.monotonic(), run)

    def _regroup(self) -> _Task:
        inst, plan, target = self.instance, self.state.plan, self.value + 1
        home = inst.option_rep[plan]
        books = np.bincount(home, minlength=inst.n_reps)
        order = self.rng.permutation(inst.n_reps)
        count = max(2, int(np.searchsorted(np.cumsum(books[order]), self._size)) + 1)
        reps = np.zeros(inst.n_reps, dtype=bool)
        reps[order[:count]] = True
        keep = self._may(target) & reps[inst.option_rep] & reps[home][inst.option_unit]
        sub, halt = restricted(inst, keep, plan), np.zeros(1, dtype=np.int64)

        def run() -> tuple[Found, Ints | None]:
            return self.branch.search(sub, target, _WORK, halt), sub.unit

        return _Task("regroup", halt, target, time.monotonic(), run)

    def _may(self, target: int) -> Bools:
        """bool[options]: those that a plan worth `target` may take, by the books."""
        may: Bools = self.books.top - self.books.losses >= target - 1e-9 * self.books.measure
        return may

    def _learn(self, task: _Task, found: Found, freed: Ints | None) -> News:
        before = self.value
        if found.choice is not None:
            moved = np.flatnonzero(found.choice != self.state.plan)
            if freed is not None:
                moved = np.intersect1d(moved, freed)
            if len(moved):
                self.state.take(moved, found.choice[moved])
        gain = self.value - before
        if task.kind == "prove":
            self._proof_work += found.work
            if found.done:
                # Nothing but what was found reaches the target.
                self.bound = min(self.bound, float(max(self.value, task.target - 1)))
                self._proof_over = False
            elif not task.halt[0]:
                self._proof_budget *= 2
        else:
            self._other_work += found.work
            self._ways.learn(0 if task.kind == "dive" else 1, gain, max(1, found.work))
            if task.kind == "regroup":
                grown = self._size * (_GROW if found.done else _SHRINK)
                self._size = min(float(self.instance.n_units), max(_FEWEST, grown))
        return News(self.state.plan, self.value, self.bound, task.kind)
