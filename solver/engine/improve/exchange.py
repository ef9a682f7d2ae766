"""Exchanges of a plan: one unit that goes to another rep, or two that swap theirs, at their exact loss.

Every exchange that keeps the limits and loses no more than asked is found. Prices leave out most of the others unseen:
at any prices a plan loses at least what its units lose there, less what its loads could still gain (`Reach`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.engine import kernels
from solver.engine.kernels import _compiled, _holds, _shift
from solver.engine.solution import Prices
from solver.instance import Instance

_jit = _compiled()


@dataclass(frozen=True)
class Exchanges:
    """What was found, the least loss first.

    Attributes
    ----------
    first, second : int64[n], the options taken; `second` is -1 where one unit moves alone.
    loss : int64[n], steps of score; negative where the plan gains.
    count : how many there are, those left out included.
    """

    first: Ints
    second: Ints
    loss: Ints
    count: int


def single_moves(
    instance: Instance, plan: Ints, prices: Prices, within: int, candidates: Bools, most: int
) -> Exchanges:
    """Units that may take another option alone.

    Parameters
    ----------
    plan : int64[units], an option each, keeps every limit; the instance has no separations (see `closed`).
    within : steps of score that may be lost.
    candidates : bool[options] that may be taken; those of the plan are left out.
    most : how many to return.
    """
    inst = instance
    extra, limit = _reach(inst, plan, prices, within)
    options = np.flatnonzero(candidates & (extra <= limit) & (plan[inst.option_unit] != np.arange(inst.n_options)))
    loss, holds = _singles(
        options, plan[inst.option_unit[options]], inst.option_score, inst.load_indptr, inst.load_row, inst.load_amount,
        inst.row_lower, inst.row_upper, *inst.cost_table(), inst.loads(plan),
    )  # fmt: skip
    good = holds & (loss <= within)
    options, loss = options[good], loss[good]
    order = np.lexsort((options, loss))[:most]
    return Exchanges(options[order], np.full(len(order), -1, dtype=np.int64), loss[order], int(good.sum()))


def two_way_swaps(
    instance: Instance, plan: Ints, prices: Prices, within: int, candidates: Bools, most: int
) -> Exchanges:
    """Pairs of units of two reps that may each take the other's rep; parameters as `single_moves`."""
    inst = instance
    extra, limit = _reach(inst, plan, prices, within)
    home = inst.option_rep[plan][inst.option_unit]  # the rep the option's unit has now
    away = candidates & (inst.option_rep != home)
    # What the cheapest way back adds says whether an option can be half of any swap within the limit.
    pair = home * inst.n_reps + inst.option_rep
    options = np.flatnonzero(away & (extra <= limit - min(0.0, float(extra[away].min(initial=0.0)))))
    options = options[np.lexsort((options, extra[options], pair[options]))]
    keys, start = np.unique(pair[options], return_index=True)
    end = np.r_[start[1:], len(options)]
    back = (keys % inst.n_reps) * inst.n_reps + keys // inst.n_reps
    at = np.searchsorted(keys, back)
    at = np.minimum(at, max(0, len(keys) - 1))
    both = np.flatnonzero((keys[at] == back) & (keys < back)) if len(keys) else np.zeros(0, dtype=np.int64)
    groups = np.stack([start[both], end[both], start[at[both]], end[at[both]]], axis=1).astype(np.int64)
    first, second, loss, filled, count = _pairs(
        groups.reshape(-1, 4), options, plan[inst.option_unit[options]], extra[options], limit, within,
        inst.option_score, inst.load_indptr, inst.load_row, inst.load_amount, inst.row_lower, inst.row_upper,
        *inst.cost_table(), inst.loads(plan), most,
    )  # fmt: skip
    first, second, loss = first[:filled], second[:filled], loss[:filled]
    order = np.lexsort((second, first, loss))
    return Exchanges(first[order], second[order], loss[order], int(count))


def _reach(inst: Instance, plan: Ints, prices: Prices, within: int) -> tuple[Floats, float]:
    """What each option adds to its unit's loss at the prices, and the most that an exchange within the loss may add.

    Any plan is worth at most the bound less all its units' reduced costs; the plan in hand falls short of that by what
    its loads could still gain, and no exchange gains more from them.
    """
    loss: Floats = kernels.reduced(
        inst.indptr, inst.option_score.astype(np.float64), inst.load_indptr, inst.load_row, inst.load_amount,
        prices.price,
    )  # fmt: skip
    loads = max(0.0, prices.bound - float(loss[plan].sum()) - inst.value(plan))
    margin = 1.0 + 1e-9 * abs(prices.bound)
    return loss - loss[plan][inst.option_unit], within + loads + margin


@_jit
def _singles(  # type: ignore[no-untyped-def]
    options, was, score, load_indptr, load_row, amount, lower, upper, side, edge, slope, loads
):
    loss = np.empty(len(options), np.int64)
    holds = np.empty(len(options), np.bool_)
    for k in range(len(options)):
        old, new = was[k], options[k]
        gain = score[new] - score[old]
        gain += _shift(old, -1, load_indptr, load_row, amount, loads, side, edge, slope)
        gain += _shift(new, 1, load_indptr, load_row, amount, loads, side, edge, slope)
        loss[k] = -gain
        holds[k] = _holds(old, load_indptr, load_row, loads, lower, upper) and _holds(
            new, load_indptr, load_row, loads, lower, upper
        )
        _shift(new, -1, load_indptr, load_row, amount, loads, side, edge, slope)
        _shift(old, 1, load_indptr, load_row, amount, loads, side, edge, slope)
    return loss, holds


@_jit
def _pairs(  # type: ignore[no-untyped-def]
    groups,
    options,
    was,
    extra,
    limit,
    within,
    score,
    load_indptr,
    load_row,
    amount,
    lower,
    upper,
    side,
    edge,
    slope,
    loads,
    most,
):
    """Look at each pair of an option there and one back; keep the `most` of least loss."""
    first = np.empty(most, np.int64)
    second = np.empty(most, np.int64)
    kept = np.empty(most, np.int64)
    filled, count, worst = 0, 0, 0
    for g in range(len(groups)):
        for i in range(groups[g, 0], groups[g, 1]):
            if extra[i] + extra[groups[g, 2]] > limit:
                break
            a, b = was[i], options[i]
            there = score[b] - score[a]
            there += _shift(a, -1, load_indptr, load_row, amount, loads, side, edge, slope)
            there += _shift(b, 1, load_indptr, load_row, amount, loads, side, edge, slope)
            for j in range(groups[g, 2], groups[g, 3]):
                if extra[i] + extra[j] > limit:
                    break
                c, d = was[j], options[j]
                gain = there + score[d] - score[c]
                gain += _shift(c, -1, load_indptr, load_row, amount, loads, side, edge, slope)
                gain += _shift(d, 1, load_indptr, load_row, amount, loads, side, edge, slope)
                if -gain <= within:
                    good = _holds(a, load_indptr, load_row, loads, lower, upper)
                    good = good and _holds(b, load_indptr, load_row, loads, lower, upper)
                    good = good and _holds(c, load_indptr, load_row, loads, lower, upper)
                    good = good and _holds(d, load_indptr, load_row, loads, lower, upper)
                    if good:
                        count += 1
                        if filled < most:
                            first[filled], second[filled], kept[filled] = b, d, -gain
                            filled += 1
                            if filled == most:
                                worst = int(np.argmax(kept))
                        elif most > 0 and -gain < kept[worst]:
                            first[worst], second[worst], kept[worst] = b, d, -gain
                            worst = int(np.argmax(kept))
                _shift(d, -1, load_indptr, load_row, amount, loads, side, edge, slope)
                _shift(c, 1, load_indptr, load_row, amount, loads, side, edge, slope)
            _shift(b, -1, load_indptr, load_row, amount, loads, side, edge, slope)
            _shift(a, 1, load_indptr, load_row, amount, loads, side, edge, slope)
    return first, second, kept, filled, count
