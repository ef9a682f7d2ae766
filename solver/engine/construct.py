"""A first plan: regret-based greedy, then repair by moving and ejecting units, then improvement by single moves.

Greedy in the order of regret (how much worse a unit's second choice is) is the construction of Martello & Toth for the
generalized assignment problem; ejections repair what it could not place.
"""

from __future__ import annotations

import numpy as np

from solver.arrays import Bools, Ints
from solver.engine.expand import expanded
from solver.instance import Instance

#: Rounds of ejection before a unit is left unassigned, per unit that could not be placed.
_EJECTIONS = 30


class State:
    """A choice under construction with its loads, on an instance whose separations are rows."""

    def __init__(self, instance: Instance):
        self.instance = instance
        self.choice: Ints = np.full(instance.n_units, -1, dtype=np.int64)
        self.loads: Ints = np.zeros(instance.n_rows, dtype=np.int64)
        self._side, self._edge, self._slope = instance.cost_table()

    def entries(self, unit: int) -> tuple[int, int, slice, Ints, Ints, Ints]:
        """(first option, options, slice of load entries, each entry's option counted from the first, row, amount)."""
        inst = self.instance
        a, b = int(inst.indptr[unit]), int(inst.indptr[unit + 1])
        s = slice(int(inst.load_indptr[a]), int(inst.load_indptr[b]))
        number = np.repeat(np.arange(b - a), np.diff(inst.load_indptr[a : b + 1]))
        return a, b - a, s, number, inst.load_row[s], inst.load_amount[s]

    def options(self, unit: int) -> tuple[Ints, Bools]:
        """For each option of an unplaced unit: (steps of score it would add, whether it keeps upper limits)."""
        inst = self.instance
        a, n, _, number, row, amount = self.entries(unit)
        before, after = self.loads[row], self.loads[row] + amount
        cost = self._cost(after, row) - self._cost(before, row)
        gain = inst.option_score[a : a + n] - np.bincount(number, weights=cost, minlength=n).astype(np.int64)
        broken = np.bincount(number, weights=after > inst.row_upper[row], minlength=n) > 0
        return gain, ~broken

    def _cost(self, load: Ints, row: Ints) -> Ints:
        beyond = np.maximum(0, self._side[row] * (load[:, None] - self._edge[row]))
        cost: Ints = (self._slope[row] * beyond).sum(axis=1)
        return cost

    def place(self, unit: int, option: int) -> None:
        """Give an unplaced unit an option."""
        self.choice[unit] = option
        self._add(option, 1)

    def take(self, unit: int) -> int:
        """Take a placed unit out and return the option it had."""
        option = int(self.choice[unit])
        self.choice[unit] = -1
        self._add(option, -1)
        return option

    def _add(self, option: int, sign: int) -> None:
        inst = self.instance
        s = slice(int(inst.load_indptr[option]), int(inst.load_indptr[option + 1]))
        self.loads[inst.load_row[s]] += sign * inst.load_amount[s]  # rows of one option are distinct

    def lacking(self) -> int:
        """How far loads lie below their hard minimum, summed over rows (rows of one metric compare)."""
        return int(np.maximum(0, self.instance.row_lower - self.loads).sum())


def construct(instance: Instance, seed: int, passes: int = 3) -> Ints:
    """Return a choice, int64[units] with -1 for unassigned. It keeps upper limits and separations; minima if it can."""
    inst = expanded(instance)
    state = State(inst)
    rng = np.random.default_rng(seed)
    for unit in _order(inst):
        gain, fits = state.options(unit)
        if fits.any():
            state.place(unit, int(inst.indptr[unit]) + int(np.argmax(np.where(fits, gain, np.iinfo(np.int64).min))))
    _eject(state, rng)
    _fill_minima(state)
    for _ in range(passes):
        if not _improve(state, rng):
            break
    return state.choice


def _order(inst: Instance) -> list[int]:
    """Required units and those with the largest regret first; big loads break ties."""
    n = inst.n_units
    regret = np.zeros(n)
    for unit in range(n):
        scores = np.sort(inst.option_score[inst.indptr[unit] : inst.indptr[unit + 1]])[::-1]
        if len(scores) == 1:
            regret[unit] = np.inf
        elif len(scores):
            regret[unit] = scores[0] - scores[1]
    entry_unit = inst.option_unit[inst.entry_option()]
    limit = np.where(np.abs(inst.row_upper) < inst.row_upper.max(initial=1), np.maximum(1, inst.row_upper), np.inf)
    size = np.zeros(n)
    np.maximum.at(size, entry_unit, inst.load_amount / limit[inst.load_row])
    return [int(u) for u in np.lexsort((np.arange(n), -size, -regret, ~inst.required))]


def _eject(state: State, rng: np.random.Generator) -> None:
    """Place what is left by pushing others out to options they also fit."""
    inst = state.instance
    has = np.diff(inst.indptr) > 0
    queue = [u for u in np.flatnonzero((state.choice < 0) & has).tolist()]
    tries = _EJECTIONS * len(queue)
    option_units: dict[int, list[int]] = {}
    while queue and tries > 0:
        tries -= 1
        unit = queue.pop(0)
        gain, fits = state.options(unit)
        base = int(inst.indptr[unit])
        if fits.any():
            state.place(unit, base + int(np.argmax(np.where(fits, gain, np.iinfo(np.int64).min))))
            continue
        option = base + int(rng.integers(len(gain)))
        s = slice(int(inst.load_indptr[option]), int(inst.load_indptr[option + 1]))
        over = state.loads[inst.load_row[s]] + inst.load_amount[s] - inst.row_upper[inst.load_row[s]]
        pushed: list[tuple[int, int]] = []
        for row in inst.load_row[s][over > 0].tolist():
            if row not in option_units:
                option_units[row] = np.unique(inst.entry_option()[inst.load_row == row]).tolist()
            holders = [
                o for o in option_units[row] if state.choice[inst.option_unit[o]] == o and inst.option_unit[o] != unit
            ]
            for other in rng.permutation(holders).tolist() if holders else []:
                need = state.loads[row] + inst.load_amount[s][inst.load_row[s] == row][0] - inst.row_upper[row]
                if need <= 0:
                    break
                victim = int(inst.option_unit[other])
                if state.choice[victim] == other:
                    pushed.append((victim, state.take(victim)))
        _, fits = state.options(unit)
        if fits[option - base]:
            state.place(unit, option)
            queue = [v for v, _ in pushed] + queue
        else:
            for victim, was in pushed:
                state.place(victim, was)
            queue.append(unit)


def _fill_minima(state: State) -> None:
    """Move units to rows below their hard minimum while that brings the minima closer."""
    inst = state.instance
    for _ in range(2):
        if not state.lacking():
            return
        for unit in range(inst.n_units):
            if state.choice[unit] < 0:
                continue
            before = state.lacking()
            if not before:
                return
            was = state.take(unit)
            _, fits = state.options(unit)
            best, best_lack = was, before
            for k in np.flatnonzero(fits).tolist():
                option = int(inst.indptr[unit]) + k
                state.place(unit, option)
                lack = state.lacking()
                state.take(unit)
                if lack < best_lack:
                    best, best_lack = option, lack
            state.place(unit, best)


def _improve(state: State, rng: np.random.Generator) -> bool:
    """One pass of best single moves; True where the score rose."""
    inst = state.instance
    rose = False
    for unit in rng.permutation(inst.n_units).tolist():
        if state.choice[unit] < 0:
            continue
        lack = state.lacking()
        was = state.take(unit)
        gain, fits = state.options(unit)
        base = int(inst.indptr[unit])
        best = base + int(np.argmax(np.where(fits, gain, np.iinfo(np.int64).min)))
        if best == was or not fits.any() or gain[best - base] <= gain[was - base]:
            state.place(unit, was)
            continue
        state.place(unit, best)
        if state.lacking() > lack:
            state.take(unit)
            state.place(unit, was)
        else:
            rose = True
    return rose
