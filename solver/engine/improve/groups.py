"""Groups of reps that can be improved side by side, on threads here or on other machines.

Reps are near each other where units are nearly undecided between them. A group is a connected piece of that graph, cut
by growing from a random rep where it is too large; other cuts every time, so that no border lasts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order

from solver.arrays import Bools, Floats, Ints
from solver.engine.restrict import Sub, among, entries
from solver.instance import NO_LIMIT, Instance


def grouped(instance: Instance, near: Bools, size: int, rng: np.random.Generator) -> Ints:
    """int64[reps]: the group of each rep, groups of at most `size` reps, numbered from 0.

    Parameters
    ----------
    near : bool[options], options that count; units with two of them link the reps of both.
    """
    inst = instance
    option = np.flatnonzero(near)
    unit, rep = inst.option_unit[option], inst.option_rep[option]
    same = unit[1:] == unit[:-1]  # a path through a unit's reps connects them as well as all pairs would
    links = coo_array((np.ones(int(same.sum())), (rep[:-1][same], rep[1:][same])), (inst.n_reps, inst.n_reps)).tocsr()
    group: Ints = np.full(inst.n_reps, -1, dtype=np.int64)
    number = 0
    for first in rng.permutation(inst.n_reps).tolist():
        if group[first] >= 0:
            continue
        reach = breadth_first_order(links, first, directed=False, return_predecessors=False)
        # What was reached through reps of other groups may be far; nearest first all the same.
        own = reach[group[reach] < 0][:size]
        group[own] = number
        number += 1
    return group


#: What is left of a shared load is much or little from these shares of the gap on, at its price.
_MUCH, _LITTLE = 0.3, 0.1


@dataclass
class Parcel:
    """What one group may do: its units, its options, and its part of what all share.

    Attributes
    ----------
    sub : the group's own instance; its hard limits on shared loads hold whatever the other groups do.
    spare_up, spare_down : int64[rows of the whole], how far it may raise and lower each load; 0 but on shared rows.
    """

    sub: Sub
    spare_up: Ints
    spare_down: Ints


class Parcels:
    """Hands out parcels of a plan and takes them back; what all share is never promised twice.

    Parameters
    ----------
    instance : without separations; every unit takes an option.
    plan : int64[units], keeps every limit.
    price : float64[rows], what a step of each shared load is worth to the others.
    """

    def __init__(self, instance: Instance, plan: Ints, price: Floats):
        self.instance = instance
        self.reset(plan)
        self._table = instance.cost_table()
        self._priced: Ints = np.zeros(instance.n_rows, dtype=np.int64)
        self._hard: Bools = np.zeros(instance.n_rows, dtype=bool)
        self._factor = np.ones(instance.n_rows)
        self.reprice(price)
        self._several = several(instance)
        self._up: Ints = np.zeros(instance.n_rows, dtype=np.int64)
        self._down = self._up.copy()

    def reset(self, plan: Ints) -> None:
        """Go on from another plan; while no parcel is out."""
        self.plan = plan.copy()
        self.loads = self.instance.loads(plan)
        self.value = self.instance.value(plan)

    def reprice(self, price: Floats) -> None:
        """Set what a step of each shared load is worth; while no parcel is out."""
        self._given = price
        self.price: Ints = np.round(price * self._factor).astype(np.int64)

    def weigh(self, gap: float) -> None:
        """Make shared loads dearer where all of it is used, cheaper where much is left, by little; no parcel is out.

        Else groups either save a budget that then nobody spends, or have none left to exchange.

        Parameters
        ----------
        gap : steps of score that a plan might gain; what is left of a load is much or little beside it.
        """
        inst = self.instance
        limited = np.where(self._given > 0, inst.row_upper < NO_LIMIT, inst.row_lower > -NO_LIMIT)
        left = np.where(self._given > 0, inst.row_upper - self.loads, self.loads - inst.row_lower)
        worth = np.where(limited, np.abs(self._given) * left, 0.2 * gap)
        self._factor[worth > _MUCH * gap] *= 0.9
        self._factor[worth > gap] *= 0.6
        self._factor[worth < _LITTLE * gap] *= 1.05
        self._factor = np.clip(self._factor, 0.05, 1.0)
        self.reprice(self._given)

    def cut(
        self, loss: Floats, group: Ints, widths: Iterator[float], widest: float, rng: np.random.Generator
    ) -> Iterator[Parcel]:
        """Yield a parcel for each group in which a unit has a choice, in random order; each has to be merged.

        Parameters
        ----------
        loss : float64[options], reduced costs.
        widths : for each parcel the reduced cost up to which options may be taken, besides those of the plan; none of
            them is more than `widest`.
        """
        inst = self.instance
        stays = np.zeros(inst.n_options, dtype=bool)
        stays[self.plan] = True
        option = np.flatnonzero(stays | (loss <= widest))
        mine = group[inst.option_rep[option]]
        inside = mine == group[inst.option_rep[self.plan]][inst.option_unit[option]]
        option, mine = option[inside], mine[inside]
        order = np.argsort(mine, kind="stable")
        option, mine = option[order], mine[order]
        starts = np.flatnonzero(np.r_[True, np.diff(mine) > 0])
        ends = np.r_[starts[1:], len(option)]
        self.share(self._shared(group) & (len(starts) > 1))
        for k in rng.permutation(len(starts)).tolist():
            own = option[starts[k] : ends[k]]
            own = own[stays[own] | (loss[own] <= next(widths))]
            several = np.zeros(len(own), dtype=bool)
            unit = inst.option_unit[own]
            several[1:] = unit[1:] == unit[:-1]
            several[:-1] |= several[1:]
            own = own[several]
            if len(own):
                yield self.parcel(own, np.unique(unit[several]), len(starts))

    def share(self, row: Bools) -> None:
        """Begin a round in which several parcels may load these rows, bool[rows]; those with limits have a price."""
        inst = self.instance
        self._up[:] = 0  # parcels of a round that was left half way never come back
        self._down[:] = 0
        self._hard = row & ((inst.row_upper < NO_LIMIT) | (inst.row_lower > -NO_LIMIT))
        self._priced = np.where(self._hard, self.price, 0)

    def _shared(self, group: Ints) -> Bools:
        """bool[rows]: rows that options of more than one group load."""
        row, rep = self._several
        low = np.full(self.instance.n_rows, np.iinfo(np.int64).max)
        high = np.full(self.instance.n_rows, -1, dtype=np.int64)
        np.minimum.at(low, row, group[rep])
        np.maximum.at(high, row, group[rep])
        shared: Bools = high > low
        return shared

    def parcel(self, option: Ints, unit: Ints, groups: int) -> Parcel:
        """Hand out a parcel, which has to be merged.

        Parameters
        ----------
        option, unit : ascending; what the units take now is among the options.
        groups : how many parcels are out at a time, about: what is left of shared loads is for all of them.
        """
        inst = self.instance
        sub = among(inst, option, unit, self.plan, self.loads)
        up: Ints = np.zeros(inst.n_rows, dtype=np.int64)
        down = up.copy()
        if np.any(self._hard):
            rows = np.flatnonzero(self._hard)
            # A few large parts rather than many of no use; what is not used comes back.
            part = min(groups, 4)
            free = np.where(inst.row_upper < NO_LIMIT, inst.row_upper - self.loads - self._up, 0)
            up[rows] = np.maximum(0, free[rows]) // part
            free = np.where(inst.row_lower > -NO_LIMIT, self.loads - inst.row_lower - self._down, 0)
            down[rows] = np.maximum(0, free[rows]) // part
            sub = replace(sub, instance=self._within(sub, rows, up, down))
            self._up += up
            self._down += down
        return Parcel(sub, up, down)

    def _within(self, sub: Sub, rows: Ints, up: Ints, down: Ints) -> Instance:
        """The parcel's instance with its part of the limits, and shared loads at their price."""
        small = sub.instance
        at = np.full(self.instance.n_rows, -1, dtype=np.int64)
        at[sub.row] = np.arange(len(sub.row))
        rows = rows[at[rows] >= 0]
        here = at[rows]
        own = small.loads(sub.close(self.plan))
        lower, upper = small.row_lower.copy(), small.row_upper.copy()
        upper[here] = np.where(upper[here] < NO_LIMIT, own[here] + up[rows], NO_LIMIT)
        lower[here] = np.where(lower[here] > -NO_LIMIT, own[here] - down[rows], -NO_LIMIT)
        price = np.zeros(small.n_rows, dtype=np.int64)
        price[here] = self.price[rows]
        paid = np.bincount(
            small.entry_option(), weights=small.load_amount * price[small.load_row], minlength=small.n_options
        )
        return replace(
            small, row_lower=lower, row_upper=upper, option_score=small.option_score - np.round(paid).astype(np.int64)
        )

    def merge(self, parcel: Parcel, choice: Ints | None) -> int:
        """Take a parcel back, with what its units take now; return the steps of score gained, priced loads paid for.

        Soft loads that several groups changed at once cost more than each of them saw: what does not pay is not taken.
        ``None`` for `choice`: nothing came of it.
        """
        self._up -= parcel.spare_up
        self._down -= parcel.spare_down
        if choice is None:
            return 0
        inst, unit = self.instance, parcel.sub.unit
        new = parcel.sub.options(choice)
        moved = self.plan[unit] != new
        old, new, unit = self.plan[unit][moved], new[moved], unit[moved]
        change: Ints = np.zeros(inst.n_rows, dtype=np.int64)
        for option, sign in ((old, -1), (new, 1)):
            row, amount, _ = entries(inst, option)
            np.add.at(change, row, sign * amount)
        rows = np.flatnonzero(change)
        after = self.loads[rows] + change[rows]
        if np.any(after > inst.row_upper[rows]) or np.any(after < inst.row_lower[rows]):
            raise RuntimeError("a group broke a limit it had its own part of")
        value = int(inst.option_score[new].sum() - inst.option_score[old].sum())
        value += int((self._cost(rows, self.loads[rows]) - self._cost(rows, after)).sum())
        priced = value - int((self._priced[rows] * change[rows]).sum())
        if priced < 0:
            return 0
        self.plan[unit] = new
        self.loads[rows] = after
        self.value += value
        return priced

    def _cost(self, rows: Ints, loads: Ints) -> Ints:
        side, edge, slope = (part[rows] for part in self._table)
        cost: Ints = (slope * np.maximum(0, side * (loads[:, None] - edge))).sum(axis=1)
        return cost


def several(inst: Instance) -> tuple[Ints, Ints]:
    """Which reps load the rows that more than one rep loads: (row, rep), each pair once."""
    rep = np.repeat(inst.option_rep, np.diff(inst.load_indptr))
    low, high = np.full(inst.n_rows, inst.n_reps), np.full(inst.n_rows, -1)
    np.minimum.at(low, inst.load_row, rep)
    np.maximum.at(high, inst.load_row, rep)
    entry = np.flatnonzero((low < high)[inst.load_row])
    there = np.unique(inst.load_row[entry] * inst.n_reps + rep[entry])
    return there // inst.n_reps, there % inst.n_reps
