"""Hand-overs that gain nothing: plans of one score are not alike to the customers who change hands in one of them.

A solver takes any of the best plans. Where a term gains by a move exactly what continuity loses by it, that may be one
with hand-overs that nobody needs, so each is undone that can be undone by itself at no loss.
"""

from __future__ import annotations

import numpy as np

from solver.arrays import Ints
from solver.engine.expand import expanded
from solver.engine.kernels import _compiled, _holds, _shift
from solver.instance import Instance

_jit = _compiled()
#: How often the units away from home are looked at: what one of them leaves may be what another one needs.
_ROUNDS = 5


def homes(instance: Instance, current: Ints) -> Ints:
    """int64[units]: the option that leaves a unit with the rep of all its customers now; -1 where there is none.

    Parameters
    ----------
    current : int64[customers], positions of the current reps among the active ones, -1 for none.
    """
    lowest = np.full(instance.n_units, np.iinfo(np.int64).max)
    highest: Ints = np.full(instance.n_units, -1, dtype=np.int64)
    np.minimum.at(lowest, instance.customer_unit, current)
    np.maximum.at(highest, instance.customer_unit, current)
    rep = np.where(lowest == highest, highest, -1)
    option = np.flatnonzero((instance.option_rep == rep[instance.option_unit]) & (instance.option_rep >= 0))
    home: Ints = np.full(instance.n_units, -1, dtype=np.int64)
    home[instance.option_unit[option]] = option
    return home


def kept_home(instance: Instance, plan: Ints, home: Ints) -> Ints:
    """Return a plan as good, and with as many units placed, without the moves that gain nothing by themselves.

    What two plans differ by in rounded steps up to `Instance.error` tells nothing, so as much may be lost in all.

    Parameters
    ----------
    plan : int64[units], a choice that keeps every limit.
    home : int64[units], the option that is no move, see `homes`.
    """
    inst = expanded(instance)
    side, edge, slope = inst.cost_table()
    best, loads, left = plan.copy(), inst.loads(plan), int(inst.error * inst.scale)
    for _ in range(_ROUNDS):
        away = np.flatnonzero((home >= 0) & (best >= 0) & (best != home))
        lost = inst.option_score[best[away]] - inst.option_score[home[away]]
        before = len(away)
        left = _sent_home(
            away[np.argsort(lost, kind="stable")], home, inst.option_score, inst.load_indptr, inst.load_row,
            inst.load_amount, inst.row_lower, inst.row_upper, side, edge, slope, left, best, loads,
        )  # fmt: skip
        if int((best[away] != home[away]).sum()) == before:
            break
    return best


@_jit
def _sent_home(  # type: ignore[no-untyped-def]
    units, home, score, load_indptr, load_row, amount, lower, upper, side, edge, slope, left, choice, loads
):
    """Send each unit home in turn where that keeps the limits and loses no more than is left; returns what is left.

    Works on `choice` and `loads` in place.
    """
    for u in units:
        was, new = choice[u], home[u]
        loss = score[was] - score[new]
        loss -= _shift(was, -1, load_indptr, load_row, amount, loads, side, edge, slope)
        loss -= _shift(new, 1, load_indptr, load_row, amount, loads, side, edge, slope)
        if (
            loss <= left
            and _holds(was, load_indptr, load_row, loads, lower, upper)
            and _holds(new, load_indptr, load_row, loads, lower, upper)
        ):
            choice[u] = new
            left -= max(0, loss)
        else:
            _shift(new, -1, load_indptr, load_row, amount, loads, side, edge, slope)
            _shift(was, 1, load_indptr, load_row, amount, loads, side, edge, slope)
    return left
