"""Exact search below whole books: all plans that reach a value, among the options left open.

`tree` does the work; here its arrays are made from an instance, its books and the units that are free. What it says is
exact for any instance: loads that no book keeps are priced in its bounds, and every plan it meets is held against all
limits and its true score. It closes gaps where books keep all that is scarce (`Branch.whole`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.engine.books import tree
from solver.engine.books.books import Books
from solver.engine.restrict import Sub
from solver.instance import NO_LIMIT

#: Steps of the subgradient at a node, and at the first one.
STEPS = (10, 50)
#: What other loads may cost at their prices, in typical losses, where books are said to keep all that is scarce.
_IDLE = 0.01
#: Most numbers in the tables of a search: books by items, and a depth's duals.
_MOST_NUMBERS = 1 << 27


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes
    ----------
    choice : int64[units of the whole], the best plan that reaches the target, None where none was found.
    done : whether no better plan is left among the open options.
    work : cells of knapsacks looked at; it depends on no clock.
    """

    choice: Ints | None
    done: bool
    work: int


class Branch:
    """Searches in an instance at the dual point its books have reached.

    Parameters
    ----------
    books : after `Books.run`.

    Attributes
    ----------
    whole : whether no other load costs anything there.
    """

    def __init__(self, books: Books):
        inst = self.instance = books.instance
        layout, n = books.layout, inst.n_units
        self.room, self.block, self.dual = layout.room, layout.block, books.unit_dual
        self.cells: Ints = np.zeros(inst.n_options, dtype=np.int64)
        self.cells[layout.item_option] = layout.amount
        paid = np.bincount(
            inst.entry_option(), weights=inst.load_amount * books.price[inst.load_row], minlength=inst.n_options
        )
        self.worth: Floats = (inst.option_score - paid).astype(np.float64)
        held = books.side * books.edge * books.at[n:]
        self.constant = inst.offset + float(held.sum()) * books.measure
        # A bound's own rounding: the sums that went into the constant and into worths before a search began.
        lost = np.zeros(inst.n_units)
        np.maximum.at(lost, inst.option_unit, np.abs(paid))
        self.constant += 1e-13 * (abs(inst.offset) + float(np.abs(held).sum()) * books.measure + float(lost.sum()))
        least: Ints = np.zeros(inst.n_rows, dtype=np.int64)
        np.minimum.at(least, inst.load_row, inst.load_amount)
        self.fills: Bools = (least >= 0) & (inst.row_upper < NO_LIMIT)
        widest = int(self.room.max(initial=0)) + 1
        table = widest * int(np.bincount(self.block[self.block >= 0], minlength=1).max())
        self.whole = books.useful and float(np.abs(held).sum()) < _IDLE and max(table, n * n) < _MOST_NUMBERS
        self.slack = max(1.0, 0.1 * books.measure)

    def search(self, sub: Sub, target: int, budget: int, halt: Ints) -> Found:
        """Return the best plan worth at least `target` steps.

        Parameters
        ----------
        sub : of the instance; units that are not in it stay where ``sub.choice`` has them.
        budget : work after which to give up; halt : int64[1], ends it from another thread.
        """
        inst, small = self.instance, sub.instance
        stays = np.ones(inst.n_units, dtype=bool)
        stays[sub.unit] = False
        fixed = sub.choice[stays]
        room = self.room.copy()
        held = self.block[fixed] >= 0
        np.subtract.at(room, self.block[fixed][held], self.cells[fixed][held])
        if np.any(room < 0):
            return Found(None, True, 0)
        best: Ints = np.zeros(small.n_units, dtype=np.int64)
        ended, value, work, _ = tree.search(
            small.indptr, small.option_unit, self.block[sub.option], self.cells[sub.option], self.worth[sub.option],
            room, self.constant + float(self.worth[fixed].sum()), small.option_score, small.offset, small.load_indptr,
            small.load_row, small.load_amount, small.row_lower, small.row_upper, self.fills[sub.row], small.piece_row,
            small.piece_side, small.piece_edge, small.piece_slope, self.dual[sub.unit],
            np.ones(small.n_options, dtype=bool), target, self.slack, np.array(STEPS), budget, halt, best,
        )  # fmt: skip
        found = sub.open(best) if value >= target else None
        return Found(found, ended == tree.DONE, int(work))
