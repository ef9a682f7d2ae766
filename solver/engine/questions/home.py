"""Hand-overs that gain nothing: plans of one score are not alike to the customers who change hands in one of them.

A solver takes any of the best plans. Where a term gains by a move exactly what continuity loses by it, that may be one
with hand-overs that nobody needs, so each is undone that can be undone by itself at no loss.
"""

from __future__ import annotations

import numpy as np

from solver.arrays import Ints
from solver.engine.questions.force import alone
from solver.instance import Instance

#: Most units away from home that are looked at; in larger plans ties are rare, and looking would take seconds.
_LOOKED_AT = 20_000
#: Most of them that are tried again in full, and how often all are looked at.
_TRIED = 500
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
    slack = int(instance.error * instance.scale)
    best, least = plan, instance.value(plan) - slack
    for _ in range(_ROUNDS):
        away = np.flatnonzero((home >= 0) & (best >= 0) & (best != home))
        if not len(away) or len(away) > _LOOKED_AT:
            break
        single = alone(instance, best, home[away])
        cheapest = np.argsort(single.loss, kind="stable").tolist()
        free = [k for k in cheapest if single.loss[k] <= slack and not single.broken[k]]
        changed = False
        for k in free[:_TRIED]:
            tried = best.copy()
            tried[away[k]] = home[away[k]]
            if instance.value(tried) >= least and instance.feasible(tried):
                best, changed = tried, True  # what was undone before may have made a later one needed
        if not changed:
            break
    return best
