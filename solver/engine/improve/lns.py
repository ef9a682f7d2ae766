"""Stage *improve*, the other way: free some units at a time and let CP-SAT place them best.

Large neighbourhood search (Shaw 1998) that learns which neighbourhoods pay (Ropke & Pisinger 2006): a way to choose
units and a width of options are drawn in proportion to the score they gained per unit of work, of late more than of
old. How many options a sub-solve gets grows while CP-SAT proves its answers quickly, and shrinks where it cannot.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import numpy as np
from ortools.sat.python import cp_model

from solver.arrays import Ints
from solver.engine.exact.exact import Model
from solver.engine.improve.bandit import Bandit
from solver.engine.improve.neighbourhoods import NEIGHBOURHOODS, Ground, View, choose
from solver.engine.prices.reduce import reduced_costs
from solver.engine.restrict import among, entries
from solver.engine.solution import Cancelled, Prices
from solver.instance import Instance

#: Shares of the units with a choice that should have one in a neighbourhood's width of options; 1: all options.
SHARES = (0.2, 0.35, 0.5, 0.8, 1.0)
#: Options in a neighbourhood: at first, fewest and most.
_SIZE, _SMALLEST, _LARGEST = 250, 40, 1500
#: Work of one sub-solve in CP-SAT's deterministic seconds: for few units, and for more than so many of them, where many
#: small gains beat a large one; and what setting a sub-solve up counts as.
WORK, _WORK_OF_MANY, _MANY = 0.2, 0.07, 5000
_SET_UP = 0.02
#: What a unit of that work takes in all, model building included, in seconds.
_SECONDS_OF_WORK = 2.5
#: A net under the deterministic limit, in seconds of clock.
_SECONDS = 10.0
#: Share of the work allowed under which a proven sub-solve was quick.
_QUICK = 0.5
#: Sub-solves end when this share of the whole plan's gap is all they could still gain.
_NEGLIGIBLE = 1e-4


@dataclass
class _Task:
    """One sub-solve: what is freed, which ways chose it, and how to stop it."""

    way: int
    share: int
    option: Ints
    unit: Ints
    plan: Ints
    loads: Ints
    slack: float
    seed: int
    work: float
    solver: cp_model.CpSolver = field(default_factory=cp_model.CpSolver)
    halted: threading.Event = field(default_factory=threading.Event)

    def halt(self) -> None:
        """End it soon; to be repeated until it has ended, as CP-SAT hears nothing before it began."""
        self.halted.set()
        self.solver.stop_search()


@dataclass(frozen=True)
class _Found:
    option: Ints | None  # int64[units freed], None where nothing better was found
    proven: bool
    work: float


@dataclass
class Tally:
    """What one neighbourhood did: sub-solves, those that gained, those proven, steps gained, work."""

    tries: int = 0
    better: int = 0
    proven: int = 0
    gain: int = 0
    work: float = 0.0


class _State:
    """A plan with its loads and score, changed a few units at a time."""

    def __init__(self, instance: Instance, plan: Ints):
        self.instance, self.plan, self.loads = instance, plan, instance.loads(plan)
        self.lost = self._cost(self.loads)

    @property
    def score(self) -> int:
        """Steps of score, the instance's offset aside."""
        return int(self.instance.option_score[self.plan].sum()) - self.lost

    def _cost(self, loads: Ints) -> int:
        inst = self.instance
        beyond = np.maximum(0, inst.piece_side * (loads[inst.piece_row] - inst.piece_edge))
        return int((inst.piece_slope * beyond).sum())

    def take(self, unit: Ints, option: Ints) -> int:
        """Give units other options if that keeps every limit and gains something: steps gained, 0 if not done."""
        inst = self.instance
        loads = self.loads.copy()
        for sign, options in ((-1, self.plan[unit]), (1, option)):
            row, amount, _ = entries(inst, options)
            np.add.at(loads, row, sign * amount)
        lost = self._cost(loads)
        gain = int((inst.option_score[option] - inst.option_score[self.plan[unit]]).sum()) + self.lost - lost
        if gain <= 0 or np.any(loads > inst.row_upper) or np.any(loads < inst.row_lower):
            return 0
        self.plan = self.plan.copy()
        self.plan[unit] = option
        self.loads, self.lost = loads, lost
        return gain


class Lns:
    """Large neighbourhood search on an instance without separations in which every unit takes an option.

    With one worker and a seed every run goes through the same plans, unless the clock cuts a sub-solve.
    """

    def __init__(self, instance: Instance, prices: Prices, workers: int, seed: int):
        self.instance, self.workers = instance, workers
        self.work = 0.0
        self.value = 0
        self._work = WORK if instance.n_units <= _MANY else _WORK_OF_MANY
        self._names = tuple(NEIGHBOURHOODS)
        self._ways, self._shares = Bandit(len(self._names)), Bandit(len(SHARES))
        self._size = np.full((len(self._names), len(SHARES)), float(_SIZE))
        self._rng = np.random.default_rng(seed)
        self.tally = {name: Tally() for name in self._names}
        self.reprice(prices)

    def reprice(self, prices: Prices) -> None:
        """Go on with other prices."""
        self.prices = prices
        self._ground = Ground(self.instance, prices.smooth, reduced_costs(self.instance, prices.smooth))
        self._widths = [self._ground.width(share) if share < 1 else np.inf for share in SHARES]

    def rounds(self, plan: Ints, cancelled: Cancelled) -> Iterator[Ints]:
        """Yield the plan after each sub-solve, never a worse one; `plan` keeps every limit.

        Several sub-solves run at a time, on different units. What they find is put into the plan one after the other,
        and left out where the changes made meanwhile do not go with it.
        """
        if not np.any(np.isfinite(self._ground.second)):
            return
        state = _State(self.instance, plan)
        running: dict[Future[_Found], _Task] = {}
        with ThreadPoolExecutor(self.workers) as pool:
            try:
                while True:
                    while len(running) < self.workers and not cancelled():
                        task = self._task(state, running.values())
                        running[pool.submit(_solve, self.instance, task)] = task
                    if not running:
                        return
                    done = wait(running, timeout=0.05, return_when=FIRST_COMPLETED).done
                    if cancelled():
                        for task in running.values():
                            task.halt()
                    for future in [f for f in running if f in done]:
                        self._learn(state, running.pop(future), future.result())
                        self.value = self.instance.offset + state.score
                        yield state.plan
            finally:  # whoever asked for rounds may want no more of them
                while running:
                    for task in running.values():
                        task.halt()
                    for future in wait(running, timeout=0.02).done:
                        del running[future]

    def _task(self, state: _State, others: Iterable[_Task]) -> _Task:
        """Choose what to free next; nothing that another sub-solve has freed."""
        busy = np.zeros(self.instance.n_units, dtype=bool)
        for other in others:
            busy[other.unit] = True
        way, share = self._ways.draw(self._rng), self._shares.draw(self._rng)
        gap = max(0.0, self.prices.bound - self.instance.offset - state.score)
        # An option that loses more than the gap is in no better plan. One step more, for the rounding of sums.
        view = View(self._ground, state.plan, state.loads, min(self._widths[share], gap + 1), busy)
        option, unit = choose(view, self._names[way], int(self._size[way, share]), self._rng)
        seed = int(self._rng.integers(2**31))
        return _Task(way, share, option, unit, state.plan, state.loads, gap * _NEGLIGIBLE, seed, self._work)

    def _learn(self, state: _State, task: _Task, found: _Found) -> None:
        """Put what was found into the plan, and remember what it took."""
        gain = 0 if found.option is None else state.take(task.unit, found.option)
        self._ways.learn(task.way, gain, found.work)
        self._shares.learn(task.share, gain, found.work)
        size = self._size[task.way, task.share]
        if found.proven and found.work < _QUICK * self._work and len(task.option) > 0.7 * size:
            self._size[task.way, task.share] = min(_LARGEST, 1.25 * size)
        elif not found.proven:
            self._size[task.way, task.share] = max(_SMALLEST, 0.8 * size)
        self.work += _SECONDS_OF_WORK * found.work
        tally = self.tally[self._names[task.way]]
        tally.tries += 1
        tally.better += gain > 0
        tally.proven += found.proven
        tally.gain += gain
        tally.work += found.work


def _solve(instance: Instance, task: _Task) -> _Found:
    """Place the units freed as well as CP-SAT can with the work it may do."""
    if not len(task.unit) or task.halted.is_set():
        return _Found(None, True, _SET_UP)
    sub = among(instance, task.option, task.unit, task.plan, task.loads)
    start = sub.close(task.plan)
    value = sub.instance.value(start)
    model = Model(sub.instance, 0)
    model.maximise_score()
    model.hint(start)
    p = task.solver.parameters
    p.num_workers = 1
    p.random_seed = task.seed
    p.catch_sigint_signal = False
    p.linearization_level = 2
    p.max_deterministic_time = task.work
    p.max_time_in_seconds = _SECONDS
    p.absolute_gap_limit = float(math.floor(task.slack))
    if task.halted.is_set():
        return _Found(None, False, _SET_UP)
    status = task.solver.status_name(task.solver.solve(model.model))
    work = _SET_UP + task.solver.deterministic_time
    if status == "MODEL_INVALID":
        raise RuntimeError(f"CP-SAT refuses the model: {model.model.validate()}")
    if status == "INFEASIBLE":
        raise RuntimeError("CP-SAT calls infeasible what it was given a plan for")
    if status == "UNKNOWN" or round(task.solver.objective_value) <= value:
        return _Found(None, status == "OPTIMAL", work)
    taken = np.flatnonzero(np.array(list(task.solver.response_proto.solution))[: sub.instance.n_options])
    return _Found(sub.option[taken], status == "OPTIMAL", work)
