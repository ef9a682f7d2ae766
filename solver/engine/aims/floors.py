"""Floors: "this mean of terms is at least so many points" as hard rows of an instance; ``docs/adr/0006-floors.md``.

The floor's own mean is an instance over the same options, with its own scores and soft rows. Scores add up to one hard
row. What soft rows lose is convex in the loads, so a row over options cannot hold it: there each piece of a soft row
gets a slack in binary digits, each digit a unit of no customers that is taken or not. Only CP-SAT should have to look
for plans among those, so they are for small instances.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from solver.arrays import Ints
from solver.instance import NO_LIMIT, Instance, Row

#: Points by which a floor with slacks may be missed, so that few digits are enough.
LOOSE = 2e-4


@dataclass(frozen=True)
class Floor:
    """`instance`, over the same options, has at least `least` points.

    Attributes
    ----------
    name : for messages and prices.
    instance : what is measured.
    least : points, not below what a plan is asked to keep.
    """

    name: str
    instance: Instance
    least: float

    @property
    def linear(self) -> bool:
        """Whether the floor is one row: no soft loads in it."""
        return not len(self.instance.piece_row)

    @property
    def loose(self) -> float:
        """Points by which a plan that keeps the row may miss the floor: rounding, and digits of slacks."""
        return self.instance.error + (0.0 if self.linear else LOOSE)

    @property
    def steps(self) -> int:
        """The floor in steps of its instance, rounded and loosened so that no plan that keeps the floor is lost."""
        return math.floor((self.least - self.loose) * self.instance.scale)

    def points(self, choice: Ints) -> float:
        """Points of a choice of the floor's options."""
        return self.instance.points(self.instance.value(choice))

    def kept(self, choice: Ints) -> bool:
        """Whether a choice keeps the floor."""
        return self.instance.value(choice) >= self.steps


@dataclass(frozen=True)
class Floored:
    """An instance with floors; its first units and options are those of the instance without.

    Attributes
    ----------
    instance : the instance with hard rows, and with slack units after its own.
    n_units : units without slacks.
    """

    instance: Instance
    n_units: int
    _digits: tuple[_Slack, ...]

    @property
    def slack(self) -> bool:
        """Whether there are slack units, so that the instance is one for CP-SAT."""
        return bool(self._digits)

    def open(self, choice: Ints) -> Ints:
        """Return a choice without its slacks."""
        return choice[: self.n_units]

    def close(self, choice: Ints) -> Ints:
        """Return a choice with the least slacks that it needs; beyond a slack's reach it takes all of it."""
        options: list[int] = []
        loads: dict[int, Ints] = {}
        for slack in self._digits:
            if id(slack.of) not in loads:
                loads[id(slack.of)] = slack.of.loads(choice)
            options += slack.choose(int(loads[id(slack.of)][slack.row]))
        return np.concatenate([choice, np.array(options, dtype=np.int64)])


@dataclass(frozen=True)
class _Slack:
    """The digits of one piece's slack: digit k is worth ``size · 2^k`` steps of load; `first` is its first option."""

    of: Instance
    row: int
    side: int
    edge: int
    size: int
    digits: int
    first: int

    def choose(self, load: int) -> list[int]:
        """For each digit the option taken: even ones are 0, odd ones 1."""
        need = -(-max(0, self.side * (load - self.edge)) // self.size)
        need = min(need, (1 << self.digits) - 1)
        return [self.first + 2 * k + (need >> k & 1) for k in range(self.digits)]


def with_floors(instance: Instance, floors: Sequence[Floor]) -> Floored:
    """Return an instance in which every plan keeps the floors, up to each one's `loose`.

    No plan that keeps them is lost, so a bound of the result holds for all of those.
    """
    parts = _Parts(instance)
    for floor in floors:
        parts.add(floor)
    return parts.done()


class _Parts:
    def __init__(self, instance: Instance):
        self.base = instance
        self.rows: list[Row] = []
        self.lower: list[int] = []
        self.upper: list[int] = []
        self.option: list[Ints] = []
        self.row: list[Ints] = []
        self.amount: list[Ints] = []
        self.slacks: list[_Slack] = []
        self.n_digits = 0

    def add(self, floor: Floor) -> None:
        """Add the row of a floor, and for each piece of its soft rows a row and a slack."""
        inst = floor.instance
        total = self._row(Row(floor.name, "all", "points", float(inst.scale)), floor.steps - inst.offset, NO_LIMIT)
        scored = np.flatnonzero(inst.option_score)
        self._entries(scored, total, inst.option_score[scored])
        if floor.linear:
            return
        option, amount, start = inst.by_row()
        spare = max(0, inst.ceiling() - floor.steps)  # all that may be lost to the pieces together
        pieces = zip(inst.piece_row.tolist(), inst.piece_side.tolist(), inst.piece_edge.tolist(),
                     inst.piece_slope.tolist(), strict=True)  # fmt: skip
        for row, side, edge, slope in pieces:
            s = slice(int(start[row]), int(start[row + 1]))
            size = max(1, math.floor(LOOSE * inst.scale / (len(inst.piece_row) * slope)))
            farthest = min(int(amount[s].sum()) - edge if side > 0 else edge, spare // slope + size)
            if farthest <= 0:
                continue
            low, high = (-NO_LIMIT, edge) if side > 0 else (edge, NO_LIMIT)
            here = self._row(replace(inst.rows[row], source=floor.name), low, high)
            self._entries(option[s], here, amount[s])
            slack = _Slack(inst, row, side, edge, size, (-(-farthest // size)).bit_length(),
                           self.base.n_options + 2 * self.n_digits)  # fmt: skip
            self.slacks.append(slack)
            self.n_digits += slack.digits
            taken = slack.first + 1 + 2 * np.arange(slack.digits)
            worth = np.array([size << k for k in range(slack.digits)], dtype=np.int64)
            self._entries(taken, here, -side * worth)
            self._entries(taken, total, -slope * worth)

    def _row(self, row: Row, lower: int, upper: int) -> int:
        self.rows.append(row)
        self.lower.append(lower)
        self.upper.append(upper)
        return self.base.n_rows + len(self.rows) - 1

    def _entries(self, option: Ints, row: int, amount: Ints) -> None:
        self.option.append(option)
        self.row.append(np.full(len(option), row, dtype=np.int64))
        self.amount.append(amount)

    def done(self) -> Floored:
        """Put base, rows and slacks together."""
        base, n = self.base, self.n_digits
        option = np.concatenate([base.entry_option(), *self.option])
        row = np.concatenate([base.load_row, *self.row])
        amount = np.concatenate([base.load_amount, *self.amount])
        order = np.lexsort((row, option))
        n_options = base.n_options + 2 * n
        zeros = np.zeros(2 * n, dtype=np.int64)
        made = replace(
            base,
            unit_size=np.r_[base.unit_size, np.zeros(n, dtype=np.int64)],
            required=np.r_[base.required, np.ones(n, dtype=bool)],
            indptr=np.r_[base.indptr, base.n_options + 2 * np.arange(1, n + 1)],
            option_unit=np.r_[base.option_unit, np.repeat(base.n_units + np.arange(n), 2)],
            option_rep=np.r_[base.option_rep, zeros],
            option_score=np.r_[base.option_score, zeros],
            row_lower=np.r_[base.row_lower, np.array(self.lower, dtype=np.int64)],
            row_upper=np.r_[base.row_upper, np.array(self.upper, dtype=np.int64)],
            load_indptr=np.r_[0, np.cumsum(np.bincount(option, minlength=n_options))].astype(np.int64),
            load_row=row[order],
            load_amount=amount[order],
            rows=(*base.rows, *self.rows),
        )
        return Floored(made, base.n_units, tuple(self.slacks))
