"""Where work that falls into parts is done: on threads here (`Threads`), or on other machines (`cluster.Cluster`).

Two kinds of work can be given away: a pass over all options at given prices, and annealing a group of reps. What comes
back does not depend on who did it, nor on how many did.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, Protocol

import numpy as np

from solver.arrays import Floats, Ints
from solver.engine import kernels
from solver.engine.solution import Cancelled
from solver.instance import Instance
from solver.sentences import Sentence

#: Load entries of a part, at most: a larger instance has more parts than `kernels.PARTS`.
_LARGEST_PART = 4_000_000
#: Load entries below which one thread is quicker than two.
_FEW = 300_000
#: Most units in a chain of moves.
_LONGEST_CHAIN = 5


class Priced(NamedTuple):
    """What a pass looks at: options with their scores and loads, in the measures of whoever sets the prices.

    Attributes
    ----------
    indptr : int64[units + 1], score : float64[options], load_indptr : int64[options + 1], load_row : int64[entries],
        amount : float64[entries], n_rows : as in `Instance`.
    """

    indptr: Ints
    score: Floats
    load_indptr: Ints
    load_row: Ints
    amount: Floats
    n_rows: int

    @property
    def parts(self) -> int:
        """How many parts a pass is cut into: a matter of the instance alone, so that sums are the same everywhere."""
        return parts_of(len(self.load_row))

    def part(self, number: int) -> Priced:
        """Return one part of the units, as `kernels.price_pass` cuts them, as something to look at by itself."""
        n = len(self.indptr) - 1
        units = self.indptr[n * number // self.parts : n * (number + 1) // self.parts + 1]
        options = self.load_indptr[units[0] : units[-1] + 1]
        entries = slice(int(options[0]), int(options[-1]))
        return Priced(
            units - units[0],
            self.score[units[0] : units[-1]],
            options - options[0],
            self.load_row[entries],
            self.amount[entries],
            self.n_rows,
        )


def parts_of(entries: int) -> int:
    """How many parts a pass over so many load entries is cut into."""
    return max(kernels.PARTS, -(-entries // _LARGEST_PART))


class Pass(Protocol):
    """A pass over all options at prices float64[rows] and a heat."""

    def __call__(self, price: Floats, heat: float) -> tuple[float, float, Floats]:
        """Return the sum of the units' best values, the same smoothed, and the loads float64[rows] it smooths to."""


class Chains(NamedTuple):
    """A round of annealing as `kernels.anneal` wants it: arrays and numbers only, so that it can be sent anywhere."""

    option_rep: Ints
    option_score: Ints
    load_indptr: Ints
    load_row: Ints
    load_amount: Ints
    row_lower: Ints
    row_upper: Ints
    side: Ints
    edge: Ints
    slope: Ints
    choice: Ints
    loads: Ints
    indptr: Ints
    n_reps: int
    hot: float
    steps: int
    seed: int

    @classmethod
    def of(cls, instance: Instance, plan: Ints, hot: float, steps: int, seed: int) -> Chains:
        """Set up a round among all options of an instance in which every unit takes one.

        Parameters
        ----------
        plan : int64[units], keeps every limit.
        hot : first temperature, in steps of score.
        """
        inst = instance
        return cls(
            inst.option_rep, inst.option_score, inst.load_indptr, inst.load_row, inst.load_amount, inst.row_lower,
            inst.row_upper, *inst.cost_table(), plan, inst.loads(plan), inst.indptr, inst.n_reps, max(1.0, hot),
            steps, seed,
        )  # fmt: skip

    def run(self, halt: Ints) -> tuple[int, Ints]:
        """Anneal: (steps of score gained, plan). Another thread may set `halt`, int64[1], to end it soon."""
        # Arrays that came over a network may be read-only, which would be another function to compile.
        arrays = [a if a.flags.writeable else a.copy() for a in self[:10]]
        choice, loads = self.choice.copy(), self.loads.copy()
        indptr = self.indptr if self.indptr.flags.writeable else self.indptr.copy()
        units = np.flatnonzero(np.diff(indptr) > 1)
        gain = kernels.anneal(
            *arrays, choice, loads, indptr, np.arange(len(self.option_rep)), units, self.n_reps,
            self.hot, max(0.5, self.hot / 15), self.steps, _LONGEST_CHAIN, self.seed, halt,
        )  # fmt: skip
        return int(gain), choice


class Annealing(Protocol):
    """A round of annealing that was handed out."""

    def result(self, cancelled: Cancelled) -> tuple[int, Ints] | None:
        """Wait for (steps of score gained, plan); None where nothing came back.

        When `cancelled` says so, the round ends early, with the best plan it met if that can be had within a second.
        """


Annealers = Callable[[Chains], Annealing]


class Workers(Protocol):
    """Who does the work that falls into parts.

    Attributes
    ----------
    notes : sentences for people about what went wrong on the way.
    """

    notes: list[Sentence]

    def at_once(self, n_reps: int) -> int:
        """How many rounds of annealing to have handed out at a time."""

    def passes(self, instance: Instance, priced: Priced, cancelled: Cancelled) -> AbstractContextManager[Pass]:
        """Get ready for passes over an instance; `priced` holds its options, always the same for an instance."""

    def annealers(self) -> AbstractContextManager[Annealers]:
        """Get ready to anneal; at the end what is still under way is ended and forgotten."""


class Sums:
    """Sums of a pass by part, which make the same total whoever did which part.

    Attributes
    ----------
    loads : float64[parts, rows], best, soft : float64[parts].
    """

    def __init__(self, priced: Priced):
        self.priced = priced
        self.loads = np.zeros((priced.parts, priced.n_rows))
        self.best = np.zeros(priced.parts)
        self.soft = np.zeros(priced.parts)

    def look(self, first: int, last: int, price: Floats, heat: float) -> None:
        """Do parts `first` to `last` here."""
        of = self.priced
        kernels.price_pass(
            first, last, of.indptr, of.score, of.load_indptr, of.load_row, of.amount, price, heat, self.loads,
            self.best, self.soft,
        )  # fmt: skip

    def __call__(self, price: Floats, heat: float) -> tuple[float, float, Floats]:
        """Do all parts here, one after the other."""
        self.look(0, self.priced.parts, price, heat)
        return self.total()

    def total(self) -> tuple[float, float, Floats]:
        """Return what a `Pass` returns."""
        return float(self.best.sum()), float(self.soft.sum()), self.loads.sum(axis=0)


class Threads:
    """Work done here, on so many threads."""

    def __init__(self, count: int):
        self.count = count
        self.notes: list[Sentence] = []

    def at_once(self, n_reps: int) -> int:
        """One round a thread."""
        return self.count

    @contextmanager
    def passes(
        self, instance: Instance, priced: Priced, cancelled: Cancelled = lambda: False
    ) -> Iterator[Callable[[Floats, float], tuple[float, float, Floats]]]:
        """Yield a `Pass` on as many threads as pay."""
        sums = Sums(priced)
        threads = max(1, min(self.count, os.cpu_count() or 1, priced.parts))
        if threads == 1 or len(priced.load_row) < _FEW:
            yield sums
            return
        each = -(-priced.parts // threads)
        shares = [(k, min(k + each, priced.parts)) for k in range(0, priced.parts, each)]
        with ThreadPoolExecutor(threads) as pool:

            def together(price: Floats, heat: float) -> tuple[float, float, Floats]:
                for task in [pool.submit(sums.look, *share, price, heat) for share in shares]:
                    task.result()
                return sums.total()

            yield together

    @contextmanager
    def annealers(self) -> Iterator[Annealers]:
        """Yield a function that starts a round on one of the threads."""
        halt: Ints = np.zeros(1, dtype=np.int64)
        with ThreadPoolExecutor(self.count) as pool:
            try:
                yield lambda chains: _Here(pool.submit(chains.run, halt), halt)
            finally:
                halt[0] = 1


class _Here:
    def __init__(self, task: Future[tuple[int, Ints]], halt: Ints):
        self._task, self._halt = task, halt

    def result(self, cancelled: Cancelled) -> tuple[int, Ints] | None:
        while not wait([self._task], timeout=0.05).done:
            if cancelled():
                self._halt[0] = 1
        return self._task.result()
