"""Which units to free at a time: each way is a small function, registered in `NEIGHBOURHOODS`.

A way looks at a `View` and names units, the most promising first, and where it matters the reps they may go to; how
many of them are freed is decided elsewhere. The gap of a plan is what its units lose against their best option at the
prices, plus what its rows lose against the load that suits their price best (`row_gap`): several ways begin there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.engine import kernels
from solver.engine.restrict import entries
from solver.instance import NO_LIMIT, Instance

#: Most reps that a chain links.
_LONGEST_CHAIN = 4


class Freed(NamedTuple):
    """int64[k] units, the most promising first; bool[reps] where they may go besides where they are, None: anywhere."""

    unit: Ints
    reps: Bools | None


@dataclass
class Ground:
    """What does not change with the plan, computed once.

    Attributes
    ----------
    instance : without separations; every unit takes an option.
    price : float64[rows], steps of score for one step of load.
    loss : float64[options], how much worse than its unit's best an option is at these prices.
    second : float64[units], the second smallest loss of the unit, infinite where it has one option only.
    """

    instance: Instance
    price: Floats
    loss: Floats
    second: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.second = kernels.second(self.instance.indptr, self.loss)

    def width(self, share: float) -> float:
        """Loss up to which options are let in, so that this share of the units with a choice have one left."""
        finite = self.second[np.isfinite(self.second)]
        return float(np.quantile(finite, share)) if len(finite) else 0.0

    @cached_property
    def shared(self) -> Ints:
        """Rows that options of more than one rep load, as budgets are."""
        inst = self.instance
        rep = np.repeat(inst.option_rep, np.diff(inst.load_indptr))
        least, most = np.full(inst.n_rows, inst.n_reps), np.full(inst.n_rows, -1)
        np.minimum.at(least, inst.load_row, rep)
        np.maximum.at(most, inst.load_row, rep)
        return np.flatnonzero(least < most)

    @cached_property
    def _lowest(self) -> Floats:
        """float64[rows]: the least that cost − price · load comes to; at an edge or a limit, as it is convex."""
        inst = self.instance
        _, edge, slope = inst.cost_table()
        lowest = np.full(inst.n_rows, np.inf)
        spots = [(edge[:, k], slope[:, k] > 0) for k in range(edge.shape[1])]
        spots += [(limit, np.abs(limit) < NO_LIMIT) for limit in (inst.row_lower, inst.row_upper)]
        for load, valid in spots:
            lowest = np.minimum(lowest, np.where(valid, self._held(load), np.inf))
        return lowest

    def row_gap(self, loads: Ints) -> Floats:
        """float64[rows]: what each row adds to the gap at these loads."""
        gap: Floats = np.maximum(0.0, self._held(loads) - self._lowest)
        return gap

    def _held(self, loads: Ints) -> Floats:
        inst = self.instance
        side, edge, slope = inst.cost_table()
        cost = (slope * np.maximum(0, side * (loads[:, None] - edge))).sum(axis=1)
        held: Floats = cost - self.price * loads
        return held


class View:
    """A plan with the options let in: those that lose at most `width`, and what the plan has.

    Attributes
    ----------
    unit, option : int64[n], the options let in, ascending, and their units; only of units with more than one of them
        that are not `busy`.
    """

    def __init__(self, ground: Ground, plan: Ints, loads: Ints, width: float, busy: Bools):
        inst = ground.instance
        self.ground, self.plan, self.loads = ground, plan, loads
        near = ground.loss <= width
        near[plan] = True
        option = np.flatnonzero(near)
        unit = inst.option_unit[option]
        several = (np.bincount(unit, minlength=inst.n_units) > 1) & ~busy
        here = several[unit]
        self.option, self.unit = option[here], unit[here]

    @cached_property
    def units(self) -> Ints:
        """Units with more than one option let in."""
        return np.unique(self.unit)

    @cached_property
    def rep(self) -> Ints:
        """The rep of each option let in."""
        return self.ground.instance.option_rep[self.option]

    @cached_property
    def plan_rep(self) -> Ints:
        """int64[units]: the rep each unit has."""
        return self.ground.instance.option_rep[self.plan]

    def nearest(self, units: Ints, rng: np.random.Generator) -> Ints:
        """Units in the order of how nearly tied they are, shaken."""
        return _shaken(units, self.ground.second[units], rng)

    def at(self, reps: Bools) -> Ints:
        """Units with an option let in at one of these reps."""
        return np.unique(self.unit[reps[self.rep]])

    def within(self, reps: Bools) -> Bools:
        """bool[n]: which options lead from one of these reps to one of them."""
        return reps[self.rep] & reps[self.plan_rep[self.unit]]

    def next_reps(self, reps: Bools) -> Floats:
        """float64[reps]: how many options lead from these reps to each other one, or back."""
        inst = self.ground.instance
        out, back = reps[self.plan_rep[self.unit]], reps[self.rep]
        links = np.bincount(self.rep[out], minlength=inst.n_reps)
        links += np.bincount(self.plan_rep[self.unit[back]], minlength=inst.n_reps)
        links[reps] = 0
        return links.astype(np.float64)

    def some_rep(self, rng: np.random.Generator) -> int:
        """A rep, the likelier the more options are let in there."""
        return int(self.rep[rng.integers(len(self.rep))])


#: (view, how many options are wanted, random generator) → what to free. The view has at least one unit.
Neighbourhood = Callable[[View, int, np.random.Generator], Freed]

NEIGHBOURHOODS: dict[str, Neighbourhood] = {}


def _register(way: Neighbourhood) -> Neighbourhood:
    NEIGHBOURHOODS[way.__name__] = way
    return way


def choose(view: View, name: str, size: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return (options, units) to free, both ascending, of about `size` options; empty where there is nothing to free.

    What the plan has is among the options, and every unit has one more.
    """
    if not len(view.unit):
        return view.option, view.unit
    unit, reps = NEIGHBOURHOODS[name](view, size, rng)
    option, owner = view.option, view.unit
    if reps is not None:
        here = reps[view.rep] | (option == view.plan[owner])
        option, owner = option[here], owner[here]
    count = np.bincount(owner, minlength=len(view.plan))
    unit = unit[count[unit] > 1]
    cut = int(np.searchsorted(np.cumsum(count[unit]), size, side="right"))
    freed = np.zeros(len(view.plan), dtype=bool)
    freed[unit[: max(cut, 2)]] = True
    return option[freed[owner]], np.flatnonzero(freed)


@_register
def undecided(view: View, size: int, rng: np.random.Generator) -> Freed:
    """Units that are nearly tied at the prices."""
    return Freed(view.nearest(view.units, rng), None)


@_register
def anywhere(view: View, size: int, rng: np.random.Generator) -> Freed:
    """Any units."""
    return Freed(rng.permutation(view.units), None)


@_register
def rows(view: View, size: int, rng: np.random.Generator) -> Freed:
    """Units at one to three rows that add most to the gap."""
    inst = view.ground.instance
    gap = view.ground.row_gap(view.loads)
    gap[~np.isfinite(gap)] = 0.0
    worst = _drawn(gap, int(rng.integers(1, 4)), rng)
    if not len(worst):
        return undecided(view, size, rng)
    there = np.zeros(inst.n_options, dtype=bool)
    there[np.searchsorted(inst.load_indptr, np.flatnonzero(np.isin(inst.load_row, worst)), side="right") - 1] = True
    return Freed(view.nearest(np.unique(view.unit[there[view.option]]), rng), None)


@_register
def misplaced(view: View, size: int, rng: np.random.Generator) -> Freed:
    """Units that lose most where they are, and those of the reps they would rather have."""
    lost = view.ground.loss[view.plan[view.units]]
    seeds = view.units[_drawn(lost, int(rng.integers(1, 6)), rng)]
    if not len(seeds):
        return undecided(view, size, rng)
    reps = np.zeros(view.ground.instance.n_reps, dtype=bool)
    reps[view.rep[np.isin(view.unit, seeds)]] = True
    others = np.setdiff1d(view.at(reps), seeds, assume_unique=True)
    return Freed(np.concatenate([seeds, view.nearest(others, rng)]), None)


@_register
def cluster(view: View, size: int, rng: np.random.Generator) -> Freed:
    """Reps that many nearly tied units link, and all units that could change between them."""
    reps = np.zeros(view.ground.instance.n_reps, dtype=bool)
    reps[view.some_rep(rng)] = True
    while np.count_nonzero(view.within(reps)) < size:
        more = _drawn(view.next_reps(reps), 1, rng)
        if not len(more):
            break
        reps[more] = True
    return _between(view, reps, rng)


@_register
def chain(view: View, size: int, rng: np.random.Generator) -> Freed:
    """Two to four reps, each linked to the last, and all units that could change between them."""
    reps = np.zeros(view.ground.instance.n_reps, dtype=bool)
    last = view.some_rep(rng)
    reps[last] = True
    for _ in range(int(rng.integers(1, _LONGEST_CHAIN))):
        only = np.zeros_like(reps)
        only[last] = True
        links = view.next_reps(only)
        links[reps] = 0
        more = _drawn(links, 1, rng)
        if not len(more):
            break
        last = int(more[0])
        reps[last] = True
    return _between(view, reps, rng)


@_register
def heavy(view: View, size: int, rng: np.random.Generator) -> Freed:
    """The units at one rep, or nearly there, with the largest loads at their prices: families, large customers."""
    rep = view.some_rep(rng)
    option = view.option[view.rep == rep]
    row, amount, count = entries(view.ground.instance, option)
    number = np.repeat(np.arange(len(option)), count)
    worth = np.abs(amount * view.ground.price[row])
    weight: Floats = np.bincount(number, weights=worth, minlength=len(option)).astype(np.float64)
    return Freed(_shaken(view.ground.instance.option_unit[option], -weight, rng), None)


@_register
def budget(view: View, size: int, rng: np.random.Generator) -> Freed:
    """Units that use or free much of one row that several reps share, for little loss."""
    inst = view.ground.instance
    shared = view.ground.shared
    if not len(shared):
        return undecided(view, size, rng)
    row, amount, count = entries(inst, view.option)
    where = int(rng.choice(shared))
    use = np.bincount(np.repeat(np.arange(len(view.option)), count), weights=amount * (row == where))
    use = np.pad(use, (0, len(view.option) - len(use)))
    most, least = np.full(inst.n_units, -np.inf), np.full(inst.n_units, np.inf)
    np.maximum.at(most, view.unit, use)
    np.minimum.at(least, view.unit, use)
    unit = view.units[most[view.units] > least[view.units]]
    return Freed(_shaken(unit, view.ground.second[unit] / (most - least)[unit], rng), None)


def _between(view: View, reps: Bools, rng: np.random.Generator) -> Freed:
    return Freed(view.nearest(np.unique(view.unit[view.within(reps)]), rng), reps)


def _shaken(units: Ints, key: Floats, rng: np.random.Generator) -> Ints:
    """Units by ascending key, each key times a random number of mean one."""
    shaken: Ints = units[np.argsort(key * rng.exponential(size=len(units)), kind="stable")]
    return shaken


def _drawn(weight: Floats, count: int, rng: np.random.Generator) -> Ints:
    """Up to `count` different numbers, drawn in proportion to their weights."""
    some = np.flatnonzero(weight > 0)
    if not len(some):
        return some
    chances = weight[some] / weight[some].sum()
    return rng.choice(some, size=min(count, len(some)), replace=False, p=chances)
