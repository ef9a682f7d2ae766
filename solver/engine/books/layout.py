"""How an instance is laid out as knapsacks: which load row is a rep's book, and which options are items of it."""

from __future__ import annotations

import numpy as np

from solver.arrays import Floats, Ints
from solver.engine.solution import Prices
from solver.instance import NO_LIMIT, Instance

#: Most cells of a knapsack. A larger capacity is counted in coarser cells, amounts rounded down: the bound still holds.
MOST_CELLS = 1 << 14


class Layout:
    """Which options are items of which rep's knapsack.

    Attributes
    ----------
    row : int64[blocks], the hard load row each block keeps; at most one a rep.
    step : int64[blocks], amounts and room of a block are counted in cells of so many steps of load, rounded down.
    item_option : int64[items], all options: those of block b at ``start[b]:start[b + 1]``, then those of no block by
        unit, unit u's at ``free[u]:free[u + 1]``.
    amount : int64[items], cells; room : int64[blocks], cells.
    """

    def __init__(self, instance: Instance, prices: Prices):
        inst = instance
        owner = inst.option_rep[inst.entry_option()]
        self.row = _rows(inst, owner, prices.price)
        n_blocks = len(self.row)
        block_of_rep = np.full(inst.n_reps, -1, dtype=np.int64)
        option, amount, begin = inst.by_row()
        weight = np.zeros(inst.n_options, dtype=np.int64)
        self.step = np.ones(n_blocks, dtype=np.int64)
        for b, row in enumerate(self.row.tolist()):
            part = slice(int(begin[row]), int(begin[row + 1]))
            block_of_rep[inst.option_rep[option[part.start]]] = b
            common = max(1, int(np.gcd.reduce(amount[part])))
            coarse = -(-int(inst.row_upper[row]) // (common * MOST_CELLS))
            self.step[b] = common * max(1, coarse)
            weight[option[part]] = amount[part] // self.step[b]
        self.block: Ints = block_of_rep[inst.option_rep]  # of each option, -1 for none
        self.room: Ints = inst.row_upper[self.row] // self.step
        order = np.lexsort((np.arange(inst.n_options), np.where(self.block < 0, n_blocks, self.block)))
        self.item_option: Ints = order
        self.item_unit: Ints = inst.option_unit[order]
        self.amount: Ints = weight[order]
        count = np.bincount(self.block[self.block >= 0], minlength=n_blocks)
        self.start: Ints = np.r_[0, np.cumsum(count)].astype(np.int64)
        loose = np.bincount(inst.option_unit[self.block < 0], minlength=inst.n_units)
        self.free: Ints = (self.start[-1] + np.r_[0, np.cumsum(loose)]).astype(np.int64)


def _rows(inst: Instance, owner: Ints, price: Floats) -> Ints:
    """Return the hard row of each rep whose rounding costs most: price times how much its amounts differ."""
    count = np.maximum(1, np.bincount(inst.load_row, minlength=inst.n_rows))
    total = np.bincount(inst.load_row, weights=inst.load_amount, minlength=inst.n_rows)
    spread = np.bincount(
        inst.load_row, weights=np.abs(inst.load_amount - (total / count)[inst.load_row]), minlength=inst.n_rows
    )
    least_rep = np.full(inst.n_rows, inst.n_reps, dtype=np.int64)
    most_rep = np.full(inst.n_rows, -1, dtype=np.int64)
    least = np.zeros(inst.n_rows, dtype=np.int64)
    np.minimum.at(least_rep, inst.load_row, owner)
    np.maximum.at(most_rep, inst.load_row, owner)
    np.minimum.at(least, inst.load_row, inst.load_amount)
    able = (least_rep == most_rep) & (least >= 0) & (inst.row_upper < NO_LIMIT) & (inst.row_upper >= 0)
    rows = np.flatnonzero(able & (total > inst.row_upper))
    worth = np.maximum(price[rows], 0.0) * spread[rows] / count[rows]
    tight = total[rows] / np.maximum(1, inst.row_upper[rows])
    order = np.lexsort((tight, worth, most_rep[rows]))
    last = np.flatnonzero(np.diff(np.r_[most_rep[rows[order]], -1]) != 0)
    chosen: Ints = rows[order[last]]
    return chosen
