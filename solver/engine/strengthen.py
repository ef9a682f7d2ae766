"""A tighter relaxation of the same instance: what an option costs for certain is part of its score.

A customer larger than all that a rep may have without loss costs the rest of it wherever it goes, whatever else the rep
has; and no other rep is any less short of load because of that rest. Prices would split such a customer among several
reps and see no loss at all. So a row of loads falls in two: what is above the band, where the loss that comes with the
option alone goes into its score and its load ends where the last slope begins; and what is below the band, where a load
counts as far as the band only. It is the coefficient tightening of mixed-integer presolve (Savelsbergh 1994), for a
convex cost in place of a limit.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from solver.arrays import Bools, Ints
from solver.engine.expand import Closed, closed
from solver.instance import NO_LIMIT, Instance


def tightened(instance: Instance, most_unassigned: int) -> Closed:
    """Return the instance `closed` and `strengthened`: what prices are for."""
    shut = closed(instance, most_unassigned)
    return replace(shut, instance=strengthened(shut.instance))


def strengthened(instance: Instance) -> Instance:
    """Return an instance in which every choice has the same score and keeps the same limits, with a tighter relaxation.

    Only rows without hard limits and without negative amounts change. Rows that fall in two have the same `Row`.

    Parameters
    ----------
    instance : in which every unit takes an option. Options and units keep their numbers, and rows too; there may be
        more of them.
    """
    inst = instance
    may = (inst.row_upper >= NO_LIMIT) & (inst.row_lower <= -NO_LIMIT)
    may[inst.load_row[inst.load_amount < 0]] = False
    certain = _certain(inst)
    base = np.zeros(inst.n_rows, dtype=np.int64)
    np.add.at(base, inst.load_row[certain], inst.load_amount[certain])
    side = {1: _last(inst, 1, may), -1: _last(inst, -1, may)}
    over = {way: _beyond(inst, last, base, certain) for way, last in side.items()}
    inst = _split(inst, over[-1], side)
    entry = np.flatnonzero(over[1] > 0)
    if not len(entry):
        return inst
    # Entries of rows that are new come after an option's others, so these have to be found again.
    option = np.searchsorted(instance.load_indptr, entry, side="right") - 1
    row, beyond = instance.load_row[entry], over[1][entry]
    slope = np.zeros(inst.n_rows, dtype=np.int64)
    up = inst.piece_side > 0
    np.add.at(slope, inst.piece_row[up], inst.piece_slope[up])
    score, amount = inst.option_score.copy(), inst.load_amount.copy()
    np.subtract.at(score, option, slope[row] * beyond)
    amount[entry + (inst.load_indptr[option] - instance.load_indptr[option])] -= beyond
    return replace(inst, option_score=score, load_amount=amount)


def _certain(inst: Instance) -> Bools:
    """bool[entries]: of units without a choice, so there whatever the plan."""
    only = np.diff(inst.indptr)[inst.option_unit] == 1
    certain: Bools = np.repeat(only, np.diff(inst.load_indptr))
    return certain


def _last(inst: Instance, side: int, may: Bools) -> Ints:
    """int64[rows]: the edge beyond which the cost of this side is a straight line; `NO_LIMIT` where there is none."""
    last = np.full(inst.n_rows, -NO_LIMIT, dtype=np.int64)
    of = (inst.piece_side == side) & may[inst.piece_row]
    np.maximum.at(last, inst.piece_row[of], inst.piece_edge[of])
    return np.where(last > -NO_LIMIT, last, NO_LIMIT)


def _beyond(inst: Instance, last: Ints, base: Ints, certain: Bools) -> Ints:
    """int64[entries]: how much of each amount lies beyond `last` whatever other units do, 0 for none."""
    beyond: Ints = np.minimum(inst.load_amount, base[inst.load_row] + inst.load_amount - last[inst.load_row])
    beyond[certain] = 0
    np.maximum(0, beyond, out=beyond)
    return beyond


def _split(inst: Instance, over: Ints, side: dict[int, Ints]) -> Instance:
    """Give the cost below the band a row of its own where an amount reaches beyond the band's lower edge by itself."""
    rows = np.unique(inst.load_row[over > 0])
    alone = rows[side[1][rows] >= NO_LIMIT]  # nothing above the band: the row itself will do
    if len(alone):
        inst = replace(inst, load_amount=inst.load_amount - np.where(np.isin(inst.load_row, alone), over, 0))
    rows = np.setdiff1d(rows, alone)
    if not len(rows):
        return inst
    new = np.full(inst.n_rows, -1, dtype=np.int64)
    new[rows] = inst.n_rows + np.arange(len(rows))
    entry = np.flatnonzero(new[inst.load_row] >= 0)
    option = np.searchsorted(inst.load_indptr, entry, side="right") - 1
    at = inst.load_indptr[option + 1]
    more = np.bincount(option, minlength=inst.n_options)
    moved = (inst.piece_side < 0) & (new[inst.piece_row] >= 0)
    piece_row = np.where(moved, new[inst.piece_row], inst.piece_row)
    order = np.argsort(piece_row, kind="stable")
    free = np.full(len(rows), NO_LIMIT, dtype=np.int64)
    return replace(
        inst,
        row_lower=np.r_[inst.row_lower, -free],
        row_upper=np.r_[inst.row_upper, free],
        piece_row=piece_row[order],
        piece_side=inst.piece_side[order],
        piece_edge=inst.piece_edge[order],
        piece_slope=inst.piece_slope[order],
        load_indptr=inst.load_indptr + np.r_[0, np.cumsum(more)],
        load_row=np.insert(inst.load_row, at, new[inst.load_row[entry]]),
        load_amount=np.insert(inst.load_amount, at, (inst.load_amount - over)[entry]),
        rows=(*inst.rows, *(inst.rows[r] for r in rows.tolist())),
    )
