"""The waterfall: rule after rule, customer after customer, and no look back, as sales teams do it by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arrays import Floats, Ints
from solver.draft import Draft
from solver.engine.expand import expanded
from solver.engine.improve.construct import State
from solver.instance import NO_LIMIT, Instance
from solver.objectives.fit import Fit


@dataclass(frozen=True)
class Habits:
    """What the waterfall goes by, for instances made of tables.

    Attributes
    ----------
    weight : float64[units], potential: the larger the earlier.
    current : int64[units], the current rep, -1 for none.
    fit : float64[options].
    """

    weight: Floats
    current: Ints
    fit: Floats


def habits_of(draft: Draft) -> Habits:
    """Return what the waterfall goes by in a plan.

    A family's rep is the one of its largest customer, its fit the mean over its customers, weighted by potential.
    """
    pairs, units = draft.pairs, len(draft.pairs.indptr) - 1
    potential = draft.amounts("potential")
    weight: Floats = np.bincount(draft.label, weights=potential, minlength=units).astype(np.float64)
    current = np.full(units, -1, dtype=np.int64)
    order = np.argsort(potential, kind="stable")
    current[draft.label[order]] = draft.current[order]  # the largest comes last and stays
    term = next((t for t in draft.terms.values() if isinstance(t, Fit)), Fit())
    fit = term.pairs(draft, pairs.customer, pairs.rep)
    counts = np.maximum(potential[pairs.customer], 1e-9)
    top = np.bincount(pairs.option, weights=counts * fit, minlength=len(pairs.option_unit))
    bottom = np.bincount(pairs.option, weights=counts, minlength=len(pairs.option_unit))
    return Habits(weight, current, top / np.maximum(bottom, 1e-9))


def by_waterfall(instance: Instance, habits: Habits | None = None) -> Ints:
    """Return what the waterfall makes of an instance, int64[units]; -1 where a unit finds no room.

    1. Customers keep their current rep, the largest first, while the rep is not overfull (above a target's band).
    2. The others, the largest first, go to the best fit that is not overfull.
    3. Who is left goes to the best fit that has room within the hard limits.

    Without habits, a unit's weight is its best option's score, an option's fit is its score, and nobody has a rep yet.
    """
    inst = expanded(instance)
    if habits is None:
        weight = np.zeros(inst.n_units)
        np.maximum.at(weight, inst.option_unit, inst.option_score)
        habits = Habits(weight, np.full(inst.n_units, -1, dtype=np.int64), inst.option_score.astype(np.float64))
    above = inst.piece_side > 0
    band = np.full(inst.n_rows, NO_LIMIT, dtype=np.int64)
    np.minimum.at(band, inst.piece_row[above], inst.piece_edge[above])
    state = State(inst)
    order = np.lexsort((np.arange(inst.n_units), -habits.weight)).tolist()
    for keep, overfull in ((True, False), (False, False), (False, True)):
        for unit in order:
            a, n, _, number, row, amount = state.entries(unit)
            if state.choice[unit] >= 0 or not n or (keep and habits.current[unit] < 0):
                continue
            limit = inst.row_upper[row] if overfull else np.minimum(inst.row_upper[row], band[row])
            full = (state.loads[row] + amount > limit) & (amount > 0)
            fits = np.bincount(number, weights=full, minlength=n) == 0
            if keep:
                fits &= inst.option_rep[a : a + n] == habits.current[unit]
            if fits.any():
                state.place(unit, a + int(np.argmax(np.where(fits, habits.fit[a : a + n], -np.inf))))
    return state.choice
