"""The smallest set of members of an impossible plan that cannot hold together: a deletion filter, every test a solve.

CP-SAT's own core of assumptions can be wrong, so nothing rests on it: a set is called impossible when CP-SAT says so,
and the last one only when CP-SAT without presolve and a second solver do too; a member is called necessary when there
is a plan without it, checked in whole numbers. Method: J. W. Chinneck, *Feasibility and Infeasibility in Optimization*
(2008), chapters 2 and 6: the multipliers of an elastic LP to start from, then a deletion filter, here on halves.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from ortools.math_opt.python import mathopt

from solver.arrays import Bools, Floats, Ints
from solver.engine.coverage import confirm_impossible
from solver.engine.exact.exact import Model
from solver.engine.expand import expanded
from solver.engine.solution import Cancelled, Options
from solver.impossible.members import Loose
from solver.instance import NO_LIMIT, Instance

#: Orders in which members are tried, at most: a set from which nothing can be dropped need not be the smallest of all.
_ORDERS = 4
#: Share of the seconds after which no other order is begun.
_ENOUGH = 0.4
#: Share of the seconds that one test of the filter may take, and seconds to confirm the result.
_EACH, _CONFIRM = 0.05, 10.0
_TINY = 1e-7


@dataclass(frozen=True)
class Conflict:
    """Members that cannot hold together.

    Attributes
    ----------
    members : int64[k], numbers of the members in `Loose.parts`, ascending.
    minimal : whether it is proven that there is a plan as soon as any one of them is set aside.
    confirmed : whether CP-SAT without presolve and a second solver both say that they cannot hold together.
    """

    members: Ints
    minimal: bool
    confirmed: bool


class Clock:
    """What is left of some seconds; over when they are or when the user cancels."""

    def __init__(self, seconds: float, cancelled: Cancelled | None = None):
        self._end, self._seconds = time.monotonic() + seconds, seconds
        self.cancelled: Cancelled = cancelled or (lambda: False)

    def left(self) -> float:
        """Seconds left, at least a tenth: whoever asks has checked `over`."""
        return max(0.1, self._end - time.monotonic())

    def over(self, share: float = 1.0) -> bool:
        """Whether this share of the seconds is spent."""
        return self.cancelled() or self._end - time.monotonic() <= (1.0 - share) * self._seconds


def possible(instance: Instance, options: Options, clock: Clock, seconds: float = np.inf) -> bool | None:
    """Whether there is a plan; None where the clock, or so many seconds, cut the search. Scores do not matter."""
    if np.any((np.diff(instance.indptr) == 0) & instance.required):
        return False
    model = Model(instance, int(instance.unit_size.sum()))
    limit = replace(options, time_limit=min(seconds, clock.left()))
    outcome = model.solve(limit, "conflict", cancelled=clock.cancelled, in_points=False)
    if outcome.choice is not None:
        if not instance.feasible(outcome.choice):
            raise RuntimeError("CP-SAT found a plan that breaks a limit")
        return True
    return False if outcome.status == "INFEASIBLE" else None


def confirmed(instance: Instance, options: Options, clock: Clock) -> bool:
    """Whether it is certain that there is no plan: by counting options, or said by two solvers."""
    if np.any((np.diff(instance.indptr) == 0) & instance.required):
        return True
    return not clock.over() and confirm_impossible(instance, options, clock.cancelled, clock.left)


def smallest(loose: Loose, start: Bools, options: Options, clock: Clock) -> Conflict | None:
    """Find members that cannot hold together, none of which can be spared.

    Parameters
    ----------
    start : bool[members], where to begin: all that may be among them.

    Returns
    -------
    None where the members to begin with can hold together, or that cannot be said in time.
    """
    # With several workers CP-SAT's strategies are those that find good plans; on plans that are none they can be lost.
    options = replace(options, workers=1)
    if possible(loose.keeping(start), options, clock) is not False:
        return None
    filters = _Filter(loose, options, clock)
    best: tuple[Bools, bool] | None = None
    for order in _orders(loose, start):
        found = filters.run(start, order)
        if best is None or found[0].sum() < best[0].sum():
            best = found
        if clock.over(_ENOUGH) or best[0].sum() <= 2:
            break
    if best is None:
        raise RuntimeError("no order was tried")
    kept, minimal = best
    sure = confirmed(loose.keeping(kept), options, Clock(_CONFIRM, clock.cancelled))
    return Conflict(np.flatnonzero(kept), minimal, sure)


class _Filter:
    """Drops what can be dropped: halves of all blocks first, single members last."""

    def __init__(self, loose: Loose, options: Options, clock: Clock):
        self._loose, self._options, self._clock = loose, options, clock
        self._known: dict[bytes, bool | None] = {}
        self._each = max(0.3, _EACH * clock.left())

    def run(self, start: Bools, order: Ints) -> tuple[Bools, bool]:
        """Return the members left, and whether each of them is proven to be necessary.

        Parameters
        ----------
        order : int64[members started with], those to be dropped first in front.
        """
        self._kept, self._necessary = start.copy(), np.zeros(len(start), dtype=bool)
        for blocks in self._rounds(order):
            self._drop([b for b in blocks if self._kept[b].any()])
        return self._kept, bool(self._necessary[self._kept].all())

    def _rounds(self, order: Ints) -> Iterator[list[Ints]]:
        """Blocks to drop: rules as a whole, then customers with all that is asked of them, then single members."""
        parts = self._loose.parts
        rules: dict[str, list[int]] = {}
        customers: dict[int, list[int]] = {}
        for m in order.tolist():
            rules.setdefault(parts[m].rule, []).append(m)
            if len(parts[m].customers) == 1:
                customers.setdefault(parts[m].customers[0], []).append(m)
        by_size = sorted(rules.values(), key=len, reverse=True)
        yield [np.array(block) for block in by_size]
        yield [np.array(block) for block in customers.values() if len(block) > 1]
        yield [np.array([m]) for m in order.tolist()]

    def _drop(self, blocks: Sequence[Ints]) -> None:
        """Drop as many of these blocks as can be spared."""
        if not blocks or self._clock.over():
            return
        members = np.concatenate(blocks)
        members = members[self._kept[members] & ~self._necessary[members]]
        if not len(members):
            return
        without = self._kept.copy()
        without[members] = False
        there = self._possible(without)
        if there is False:
            self._kept = without
        elif len(blocks) > 1:
            self._drop(blocks[: len(blocks) // 2])
            self._drop(blocks[len(blocks) // 2 :])
        elif there and len(members) == 1:
            self._necessary[members] = True

    def _possible(self, kept: Bools) -> bool | None:
        key = np.packbits(kept).tobytes()
        if key not in self._known:
            self._known[key] = possible(self._loose.keeping(kept), self._options, self._clock, self._each)
        return self._known[key]


def _orders(loose: Loose, start: Bools) -> Iterator[Ints]:
    """Orders of the members: customers that need little first, so that few large ones stay; backwards; at random."""
    n_reps = max(1, loose.wide.n_reps)
    heavy = np.zeros(len(loose.who))
    if loose.wide.n_rows:
        entry = loose.wide.entry_option() // n_reps
        upper = np.maximum(1, loose.wide.row_upper)[loose.wide.load_row].astype(np.float64)
        share = np.where(upper < NO_LIMIT, loose.wide.load_amount / upper, 0.0)
        np.maximum.at(heavy, entry, share)
    members = np.flatnonzero(start)
    weight = np.array([_weight(loose, heavy, m) for m in members.tolist()])
    order = members[np.argsort(weight, kind="stable")]
    rng = np.random.default_rng(1)
    yield order
    yield members[::-1]
    for _ in range(_ORDERS - 2):
        yield rng.permutation(members)


def _weight(loose: Loose, heavy: Floats, member: int) -> float:
    part = loose.parts[member]
    if len(part.customers) == 1:
        return float(heavy[loose.index[part.customers[0]]])
    return np.inf if part.kind in {"most", "least"} else 0.0


@dataclass(frozen=True)
class Support:
    """Where an elastic LP is stretched: units and rows whose multipliers prove that there is no plan.

    Attributes
    ----------
    units : bool[units], those whose being served is part of the proof.
    rows : bool[rows] of the instance.
    groups : bool[separations].
    minima : whether a lower limit is among the rows: then everybody who could help counts.
    """

    units: Bools
    rows: Bools
    groups: Bools
    minima: bool


def support(instance: Instance, clock: Clock) -> Support | None:
    """Return what of an instance proves it impossible already when customers could be shared out in fractions.

    None where it is possible in fractions, or that cannot be said in time.
    """
    inst = expanded(instance)
    model = mathopt.Model()
    x = [model.add_variable(lb=0.0) for _ in range(inst.n_options)]
    slack = []
    asked: dict[int, mathopt.LinearConstraint] = {}
    for unit, (a, b) in enumerate(zip(inst.indptr[:-1].tolist(), inst.indptr[1:].tolist(), strict=True)):
        if b > a:
            model.add_linear_constraint(mathopt.fast_sum(x[a:b]) <= 1)
        if inst.required[unit]:
            slack.append(model.add_variable(lb=0.0))
            asked[unit] = model.add_linear_constraint(mathopt.fast_sum([*x[a:b], slack[-1]]) >= 1)
    option, amount, starts = (part.tolist() for part in inst.by_row())
    limits: list[tuple[int, int, mathopt.LinearConstraint]] = []
    for row in range(inst.n_rows):
        s = slice(starts[row], starts[row + 1])
        size = float(max(map(abs, amount[s]), default=1)) or 1.0
        load = mathopt.fast_sum(a / size * x[o] for o, a in zip(option[s], amount[s], strict=True))
        for side, limit in ((1, int(inst.row_upper[row])), (-1, int(inst.row_lower[row]))):
            if abs(limit) < NO_LIMIT:
                slack.append(model.add_variable(lb=0.0))
                limits.append((row, side, model.add_linear_constraint(side * load - slack[-1] <= side * limit / size)))
    model.minimize(mathopt.fast_sum(slack))
    params = mathopt.SolveParameters(time_limit=dt.timedelta(seconds=clock.left()))
    result = mathopt.solve(model, mathopt.SolverType.GLOP, params=params)
    if result.termination.reason != mathopt.TerminationReason.OPTIMAL or result.objective_value() <= _TINY:
        return None
    dual = result.dual_values()
    units = np.zeros(inst.n_units, dtype=bool)
    units[[u for u, c in asked.items() if abs(dual[c]) > _TINY]] = True
    used = {(row, side) for row, side, c in limits if abs(dual[c]) > _TINY}
    rows = np.isin(np.arange(inst.n_rows), [row for row, _ in used])
    named = {(inst.rows[r].source, inst.rows[r].of) for r in np.flatnonzero(rows).tolist() if r >= instance.n_rows}
    groups = np.array([(g.source, g.label) in named for g in instance.separations], dtype=bool)
    return Support(units, rows[: instance.n_rows], groups, any(side < 0 for _, side in used))
