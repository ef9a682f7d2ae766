"""Coverage comes first: the fewest customers without a rep, and the double check before a plan is called impossible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from solver.arrays import Bools, Ints
from solver.engine.exact.exact import Model, Outcome
from solver.engine.exact.mip import solve_mip
from solver.engine.expand import expanded
from solver.engine.restrict import restricted
from solver.engine.solution import Cancelled, Options
from solver.instance import Instance

#: Eligible pairs up to which the fewest unassigned customers are sought in one CP-SAT model of everything.
_WHOLE = 60_000
#: Seconds a second solver gets to confirm that there is no plan, at most.
_CONFIRM_SECONDS = 60.0


@dataclass(frozen=True)
class Coverage:
    """The best coverage found.

    Attributes
    ----------
    choice : int64[units], None where there is no plan yet.
    fewest : proven lower bound of customers without a rep.
    impossible : CP-SAT says there is no plan at all; to be confirmed.
    """

    choice: Ints | None
    fewest: int
    impossible: bool = False


def cover(instance: Instance, first: Ints, fewest: int, options: Options, cancelled: Cancelled) -> Coverage:
    """Find a plan that leaves the fewest customers without a rep.

    Parameters
    ----------
    first : int64[units], a construction; a plan or not.
    fewest : what is proven already.
    """
    plan = first if instance.feasible(first) else None
    if instance.n_options <= _WHOLE:
        outcome = _minimise(instance, first, options, cancelled)
        if outcome.status == "INFEASIBLE" and plan is None:
            return Coverage(None, fewest, impossible=True)
        if outcome.bound is not None:
            fewest = max(fewest, -outcome.bound)
        return Coverage(_better(instance, plan, outcome.choice), fewest)
    # Too large for one model: the reps around those left out make one that is not.
    whole = expanded(instance)
    keep = _around(whole, first)
    sub = restricted(whole, keep, first)
    outcome = _minimise(sub.instance, sub.close(first), options, cancelled)
    found = None if outcome.choice is None else sub.open(outcome.choice)
    if found is not None and not instance.feasible(found):
        found = None
    return Coverage(_better(instance, plan, found), fewest)


def _minimise(instance: Instance, hint: Ints, options: Options, cancelled: Cancelled) -> Outcome:
    model = Model(instance, int(instance.unit_size.sum()))
    model.minimise_unassigned()
    model.hint(hint)
    return model.solve(options, "coverage", cancelled=cancelled, in_points=False)


def _better(instance: Instance, plan: Ints | None, found: Ints | None) -> Ints | None:
    if plan is None or found is None:
        return found if plan is None else plan
    return found if instance.unassigned(found) < instance.unassigned(plan) else plan


def _around(inst: Instance, choice: Ints) -> Bools:
    """bool[options]: options of units that are left out or share a rep with one, and so on, `_WHOLE` at most."""
    free = choice < 0
    keep: Bools = free[inst.option_unit]
    while True:
        reps = np.zeros(inst.n_reps, dtype=bool)
        reps[inst.option_rep[keep]] = True
        taken = choice >= 0
        free[taken] |= reps[inst.option_rep[choice[taken]]]
        wider: Bools = free[inst.option_unit]
        if wider.sum() > _WHOLE or wider.sum() == keep.sum():
            return keep if keep.any() and wider.sum() > _WHOLE else wider
        keep = wider


def confirm_impossible(instance: Instance, options: Options, cancelled: Cancelled, left: Callable[[], float]) -> bool:
    """Whether CP-SAT without presolve and a second solver both say that there is no plan, in the seconds left."""
    everyone = int(instance.unit_size.sum())
    model = Model(instance, everyone)
    limit = replace(options, time_limit=min(_CONFIRM_SECONDS, max(0.1, left())))
    limit = replace(limit, workers=1)  # without presolve one worker is done where a portfolio of few is not
    plain = model.solve(limit, "confirm", cancelled=cancelled, presolve=False, in_points=False)
    if plain.status != "INFEASIBLE" or cancelled():
        return False
    seconds = min(_CONFIRM_SECONDS, max(0.1, left()))
    other = solve_mip(instance, everyone, "highs", seconds, presolve=False, objective=False, cancelled=cancelled)
    return other.status == "INFEASIBLE"
