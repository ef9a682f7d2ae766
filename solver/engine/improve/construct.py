"""A first plan: regret-based greedy, then repair by moving and ejecting units, then improvement by single moves.

Greedy in the order of regret (how much worse a unit's second choice is) is the construction of Martello & Toth for the
generalized assignment problem; ejections repair what it could not place.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.engine import kernels
from solver.engine.expand import expanded
from solver.engine.prices.reduce import reduced_costs
from solver.engine.solution import Prices
from solver.instance import NO_LIMIT, Instance

#: Rounds of ejection before a unit is left unassigned, per unit that could not be placed.
_EJECTIONS = 30
_MOST_EJECTIONS = 3000
#: Units of a rep that are tried to make room for another one: few at first, then all.
_VICTIMS = (16, 1 << 30)
#: Rounds of single moves after rounding.
_PASSES = 4


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

    def settle(self, order: Ints) -> int:
        """Give units in turn their best option at the loads as they stand; how many changed. See `kernels.settle`."""
        inst = self.instance
        return int(
            kernels.settle(
                order, inst.indptr, inst.option_score, inst.load_indptr, inst.load_row, inst.load_amount,
                inst.row_lower, inst.row_upper, self._side, self._edge, self._slope, self.choice, self.loads,
            )
        )  # fmt: skip

    def make_room(self, most: int) -> int:
        """Place units that fit nowhere by moving one other unit each; how many. See `kernels.make_room`."""
        inst = self.instance
        queue = np.flatnonzero((self.choice < 0) & (np.diff(inst.indptr) > 0))
        return int(
            kernels.make_room(
                queue, inst.indptr, inst.option_rep, inst.option_score, inst.load_indptr, inst.load_row,
                inst.load_amount, inst.row_lower, inst.row_upper, self._side, self._edge, self._slope,
                self.choice, self.loads, inst.n_reps, most,
            )
        )  # fmt: skip

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
    state.settle(_order(inst))
    _place_rest(state, rng)
    for _ in range(passes):
        if not state.settle(rng.permutation(np.flatnonzero(state.choice >= 0))):
            break
    return state.choice


def from_prices(instance: Instance, prices: Prices, seed: int) -> Ints | None:
    """Return a plan rounded from prices, int64[units]: each unit in turn takes the option the prices like best.

    Units that find no room push one other unit on, or several; then each moves to where it is best at the loads as they
    are. None where a unit stays out or a minimum is not met.

    Parameters
    ----------
    instance : without separations, in which every unit takes an option.
    """
    return from_losses(instance, reduced_costs(instance, prices.smooth), seed)


def from_losses(instance: Instance, loss: Floats, seed: int) -> Ints | None:
    """Return a plan as `from_prices` does, rounded from what each option loses, float64[options] in steps of score."""
    inst = instance
    state = State(replace(inst, option_score=-np.round(loss).astype(np.int64), piece_slope=0 * inst.piece_slope))
    rng = np.random.default_rng(seed)
    state.settle(_order(state.instance))
    _place_rest(state, rng)
    if np.any(state.choice < 0):
        return None
    final = State(inst)
    final.choice, final.loads = state.choice, state.loads
    for _ in range(_PASSES):
        if not final.settle(rng.permutation(inst.n_units)):
            break
    return final.choice if inst.feasible(final.choice) else None


def _place_rest(state: State, rng: np.random.Generator) -> None:
    for most in _VICTIMS:
        while state.make_room(most):
            pass
    _eject(state, rng)
    _fill_minima(state)


def _order(inst: Instance) -> Ints:
    """Required units and those with the largest regret first; big loads break ties."""
    n = inst.n_units
    count = np.diff(inst.indptr)
    ranked = np.lexsort((-inst.option_score, inst.option_unit))
    regret = np.where(count == 1, np.inf, 0.0)
    several = np.flatnonzero(count > 1)
    first = inst.indptr[several]
    regret[several] = inst.option_score[ranked[first]] - inst.option_score[ranked[first + 1]]
    entry_unit = inst.option_unit[inst.entry_option()]
    limit = np.where(np.abs(inst.row_upper) < NO_LIMIT, np.maximum(1, inst.row_upper), np.inf)
    size = np.zeros(n)
    np.maximum.at(size, entry_unit, inst.load_amount / limit[inst.load_row])
    order: Ints = np.lexsort((np.arange(n), -size, -regret, ~inst.required))
    return order


def _eject(state: State, rng: np.random.Generator) -> None:
    """Place what is left by pushing others out to options they also fit."""
    inst = state.instance
    has = np.diff(inst.indptr) > 0
    queue = [u for u in np.flatnonzero((state.choice < 0) & has).tolist()]
    tries = min(_MOST_EJECTIONS, _EJECTIONS * len(queue))
    if not queue:
        return
    using, _, start = inst.by_row()
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
            options = using[start[row] : start[row + 1]]
            held = state.choice[inst.option_unit[options]] == options
            for other in rng.permutation(options[held & (inst.option_unit[options] != unit)]).tolist():
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
