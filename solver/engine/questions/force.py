"""What a plan loses when one unit has to take a given option: exactly where the plan is small, else near the unit.

Prices say at once what an option costs at least (`at_least`): no plan that takes it is worth more than the bound less
its reduced cost. A plan that takes it is found by freeing the units near it, those that share a load with it and lose
least by moving, and placing them best with CP-SAT. The same units are placed best without the demand as well, so that
what is gained nearby does not hide what the demand costs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.engine.exact.exact import Model
from solver.engine.expand import Closed
from solver.engine.restrict import Sub, among, entries
from solver.engine.solution import Cancelled, Options, Prices
from solver.instance import Instance

#: Options freed in each round, more every time. CP-SAT proves some hundred of them in a tenth of a second.
ROUNDS = (50, 100, 200)
#: Options that relieve a limit the demand breaks, for each such limit.
_RELIEF = 40


def forced(instance: Instance, option: int) -> tuple[Instance, Ints]:
    """Return the instance in which the option's unit may take nothing else, and int64[its options]: their old numbers.

    The loads keep their rows, so prices by name stay valid.
    """
    unit = int(instance.option_unit[option])
    keep: Bools = np.ones(instance.n_options, dtype=bool)
    keep[instance.indptr[unit] : instance.indptr[unit + 1]] = False
    keep[option] = True
    required = instance.required.copy()
    required[unit] = True
    smaller, kept = narrowed(instance, keep)
    return replace(smaller, required=required), kept


def narrowed(instance: Instance, keep: Bools) -> tuple[Instance, Ints]:
    """Return the instance with some of its options only, bool[options], and int64[its options]: their old numbers."""
    inst = instance
    kept = np.flatnonzero(keep)
    row, amount, count = entries(inst, kept)
    smaller = replace(
        inst,
        indptr=np.r_[0, np.cumsum(np.bincount(inst.option_unit[kept], minlength=inst.n_units))].astype(np.int64),
        option_unit=inst.option_unit[kept],
        option_rep=inst.option_rep[kept],
        option_score=inst.option_score[kept],
        load_indptr=np.r_[0, np.cumsum(count)].astype(np.int64),
        load_row=row,
        load_amount=amount,
    )
    return smaller, kept


@dataclass(frozen=True)
class Alone:
    """What happens when each option is taken and nobody else moves.

    Attributes
    ----------
    loss : int64[options given], steps of score; negative where the plan gains.
    broken : for each option the rows whose limit it breaks, with by how many steps of load.
    """

    loss: Ints
    broken: tuple[dict[int, int], ...]


def alone(instance: Instance, plan: Ints, options: Ints) -> Alone:
    """Take each of some options by itself; every unit of the instance takes an option in `plan`."""
    inst, loads = instance, instance.loads(plan)
    side, edge, slope = inst.cost_table()
    lost, broken = np.zeros(len(options), dtype=np.int64), []
    for k, option in enumerate(options.tolist()):
        was = int(plan[inst.option_unit[option]])
        change: Ints = np.zeros(inst.n_rows, dtype=np.int64)
        for o, sign in ((was, -1), (option, 1)):
            row, amount, _ = entries(inst, np.array([o]))
            change[row] += sign * amount  # an option loads a row once
        rows = np.flatnonzero(change)
        now, then = loads[rows], loads[rows] + change[rows]
        dearer = slope[rows] * (
            np.maximum(0, side[rows] * (then[:, None] - edge[rows]))
            - np.maximum(0, side[rows] * (now[:, None] - edge[rows]))
        )
        lost[k] = inst.option_score[was] - inst.option_score[option] + dearer.sum()
        over = np.maximum(then - inst.row_upper[rows], inst.row_lower[rows] - then)
        broken.append({int(rows[r]): int(over[r]) for r in np.flatnonzero(over > 0).tolist()})
    return Alone(lost, tuple(broken))


@dataclass(frozen=True)
class Near:
    """Two plans that differ by a demand and what follows from it.

    Attributes
    ----------
    free : int64[units], the plan given, with the units near the demand placed better where that was possible.
    held : int64[units], the best plan found that takes the option; None where none was found near it.
    proven : whether no other placing of the units freed is better, neither with the demand nor without.
    """

    free: Ints
    held: Ints | None
    proven: bool


def near(
    shut: Closed, plan: Ints, option: int, loss: Floats, options: Options, cancelled: Cancelled = lambda: False
) -> Near:
    """Find the best plan that takes an option, by placing the units near it anew, more of them every round.

    The last round whose two placings are both proven counts, as their difference is then no accident of the search.

    Parameters
    ----------
    plan : int64[units], a choice of the closed instance that keeps every limit.
    option : of the closed instance.
    loss : float64[options], reduced costs; they say which options are worth freeing.
    options : its time limit holds for all rounds together.
    """
    inst = shut.instance
    unit = int(inst.option_unit[option])
    own = np.arange(inst.indptr[unit], inst.indptr[unit + 1])
    until = time.monotonic() + options.time_limit
    start = plan.copy()
    start[unit] = option
    last = Near(plan, start if inst.feasible(start) else None, False)
    for most in ROUNDS:
        wanted = _neighbours(inst, last.free, option, loss, most)
        begin = start if last.held is None else last.held
        held, sure = _place(inst, begin, wanted, _left(options, until), cancelled)
        held = last.held if held is None else held
        if held is None:
            if not sure or len(wanted) < most:
                return last
            continue
        # The better start of the two; with the option itself among the choices the placing can only be better.
        first = max((last.free, held), key=inst.value)
        free, sure_too = _place(inst, first, np.union1d(wanted, own), _left(options, until), cancelled)
        free = pruned(inst, first if free is None else free, last.free)
        found = Near(free, pruned(inst, held, free, unit), sure and sure_too)
        if last.proven and not found.proven:
            return last
        last = found
        if not found.proven or len(wanted) < most or time.monotonic() > until or cancelled():
            break
    return last


def _left(options: Options, until: float) -> Options:
    return replace(options, gap=0.0, time_limit=max(0.05, until - time.monotonic()))


def _neighbours(inst: Instance, plan: Ints, option: int, loss: Floats, most: int) -> Ints:
    """Options of other units to free, ascending: they change a load that the demand changes, or one that those do."""
    unit = int(inst.option_unit[option])
    extra = loss - loss[plan][inst.option_unit]  # what moving there costs at the prices
    mine: Bools = np.ones(inst.n_options, dtype=bool)
    mine[plan] = False
    mine[inst.indptr[unit] : inst.indptr[unit + 1]] = False
    entry_option = inst.entry_option()
    chosen: Bools = np.zeros(inst.n_options, dtype=bool)
    chosen[_reliefs(inst, plan, option, extra, mine, entry_option)] = True
    source = np.array([option, plan[unit]])
    for share in (0.5, 1.0):
        rows: Bools = np.zeros(inst.n_rows, dtype=bool)
        rows[entries(inst, source)[0]] = True
        loaded = np.bincount(entry_option, weights=rows[inst.load_row], minlength=inst.n_options) > 0
        near_by = np.flatnonzero((loaded | loaded[plan][inst.option_unit]) & mine & ~chosen)
        room = max(0, round(most * share) - int(chosen.sum()))
        if len(near_by) > room:
            near_by = near_by[np.argpartition(extra[near_by], room)[:room]] if room else near_by[:0]
        chosen[near_by] = True
        source = np.flatnonzero(chosen)
        if not len(source):
            break
    return np.flatnonzero(chosen)


def _reliefs(inst: Instance, plan: Ints, option: int, extra: Floats, mine: Bools, entry_option: Ints) -> Ints:
    """Options that take load off the limits that break when the option is taken and nobody else moves."""
    changed = plan.copy()
    changed[inst.option_unit[option]] = option
    loads = inst.loads(changed)
    found: list[Ints] = []
    for row, sign in ((r, s) for s, over in ((1, loads > inst.row_upper), (-1, loads < inst.row_lower))
                      for r in np.flatnonzero(over).tolist()):  # fmt: skip
        here = inst.load_row == row
        amount = np.bincount(entry_option[here], weights=inst.load_amount[here], minlength=inst.n_options)
        relief = sign * (amount[changed][inst.option_unit] - amount)
        helps = np.flatnonzero((relief > 0) & mine)
        order = np.argsort(np.maximum(extra[helps], 0.0) / relief[helps], kind="stable")
        found.append(helps[order[:_RELIEF]])
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def _place(
    inst: Instance, plan: Ints, wanted: Ints, options: Options, cancelled: Cancelled
) -> tuple[Ints | None, bool]:
    """Place the units of some options best, all others staying: (plan or None, whether that is proven)."""
    units = np.unique(inst.option_unit[wanted])
    if not len(units):
        return (plan if inst.feasible(plan) else None), True
    sub: Sub = among(inst, np.union1d(wanted, plan[units]), units, plan)
    model = Model(sub.instance, 0)
    model.maximise_score()
    model.hint(sub.close(plan))
    outcome = model.solve(options, "exact", None, cancelled)
    proven = outcome.status in {"OPTIMAL", "INFEASIBLE"}
    if outcome.choice is None:
        return None, proven
    found = sub.open(outcome.choice)
    return (found if inst.feasible(found) else None), proven


def pruned(instance: Instance, plan: Ints, towards: Ints, but: int = -1) -> Ints:
    """Return a plan with every change undone that gains nothing by itself; it is worth no less.

    Parameters
    ----------
    towards : int64[units], the plan whose options are taken again where they can be.
    but : a unit that stays as it is.
    """
    best, value = plan.copy(), instance.value(plan)
    again = True
    while again:
        again = False
        for unit in np.flatnonzero(best != towards).tolist():
            if unit == but:
                continue
            tried = best.copy()
            tried[unit] = towards[unit]
            now = instance.value(tried)
            if now >= value and instance.feasible(tried):
                best, value, again = tried, now, True
    return best


def at_least(prices: Prices, loss: Floats, value: int) -> Floats:
    """float64[options]: steps of score that a plan with the option is certainly worth less than `value`; 0 if unknown.

    Parameters
    ----------
    loss : reduced costs at these prices.
    """
    sure: Floats = np.maximum(0.0, loss - (prices.bound - value))
    return sure
