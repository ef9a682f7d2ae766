"""The cheapest changes that make an impossible plan possible, as one CP-SAT model with a price on every change."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from solver.arrays import Ints
from solver.engine.questions.conflict import Clock
from solver.engine.solution import Options
from solver.impossible.actions import Action, Menu, Slack

#: Integer steps of a cost of 1.
_SCALE = 1_000_000_000
#: Kinds of change that open pairs, and the share of the seconds for a first search without them.
_OPENING: frozenset[str] = frozenset({"territory", "skill", "unpin", "exempt", "split", "drop"})
_FIRST = 0.3
#: Most that raising one limit may come to, in steps of cost: keeps all sums within 64 bits.
_MOST = 10**14


@dataclass(frozen=True)
class Cure:
    """Changes that make a plan possible.

    Attributes
    ----------
    actions : those taken.
    raised : (row of `Loose.wide`, side) → the load it has to allow, in integer steps.
    groups : rule → how many more of a group a rep may have.
    rep_of : int64[customers looked at], the rep of each in the plan that this makes possible, -1 for none.
    cost : in units of the declared costs.
    proven : whether nothing cheaper makes the plan possible.
    """

    actions: tuple[Action, ...]
    raised: dict[tuple[int, int], int]
    groups: dict[str, int]
    rep_of: Ints
    cost: float
    proven: bool

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of change among them."""
        found = {a.kind for a in self.actions} | {"limit" if side > 0 else "minimum" for _, side in self.raised}
        return frozenset(found | ({"separation"} if self.groups else set()))


def cheapest(
    menu: Menu,
    options: Options,
    clock: Clock,
    without: Collection[str] = (),
    other_than: Sequence[Cure] = (),
) -> Cure | None:
    """Find the cheapest changes.

    Parameters
    ----------
    without : kinds of change that must not be taken.
    other_than : cures whose actions must not all be taken again.

    Returns
    -------
    None where no changes help, or none is found in time.
    """
    # Limits alone first: a small model, and its answer is where the search for all changes together begins.
    few = _Elastic(menu, {*without, *_OPENING}, other_than).solve(options, clock, _FIRST)
    if few is not None and few.cost == 0:
        return few
    model = _Elastic(menu, without, other_than)
    if few is not None:
        model.hint(few)
    found = model.solve(options, clock)
    if found is None or (few is not None and few.cost < found.cost):
        return few if few is None else replace(few, proven=False)
    return found


class _Elastic:
    def __init__(self, menu: Menu, without: Collection[str], other_than: Sequence[Cure]):
        self._menu, self._without = menu, frozenset(without)
        self._model = cp_model.CpModel()
        self._price: list[tuple[cp_model.IntVar, int]] = []
        wide = self._wide = menu.loose.wide
        self._n_reps = wide.n_reps
        self._acts: dict[int, cp_model.IntVar] = {}
        for number, action in enumerate(menu.actions):
            if action.kind not in self._without:
                self._acts[number] = self._model.new_bool_var("")
                self._price.append((self._acts[number], round(action.cost * _SCALE)))
        self._x: list[cp_model.IntVar | None] = []
        for option in range(wide.n_options):
            clauses = [self._of(ways) for ways in menu.clauses.get(option, ())]
            if not all(clauses):
                self._x.append(None)
                continue
            taken = self._model.new_bool_var("")
            self._x.append(taken)
            for ways in clauses:
                self._model.add_bool_or([~taken, *ways])
        self._people()
        self._slack: dict[tuple[int, int], tuple[Slack, cp_model.IntVar | None]] = {}
        self._limits()
        self._more: dict[str, cp_model.IntVar] = {}
        self._groups()
        for cure in other_than:
            at = [n for n, a in enumerate(menu.actions) if a in set(cure.actions) and n in self._acts]
            self._model.add_bool_or([~self._acts[n] for n in at])
        variables, prices = [v for v, _ in self._price], [p for _, p in self._price]
        self._model.minimize(cp_model.LinearExpr.weighted_sum(variables, prices))

    def _of(self, ways: Sequence[int]) -> list[cp_model.IntVar]:
        return [self._acts[a] for a in ways if a in self._acts]

    def _options(self, k: int) -> list[cp_model.IntVar]:
        return [v for v in self._x[k * self._n_reps : (k + 1) * self._n_reps] if v is not None]

    def _people(self) -> None:
        for k in range(len(self._menu.loose.who)):
            self._model.add_at_most_one(self._options(k))
        for k, ways in self._menu.served:
            self._model.add_bool_or([*self._options(k), *self._of(ways)])
        for members, ways in self._menu.together:
            split = self._of(ways)
            for first, second in pairwise(members):
                for rep in range(self._n_reps):
                    a, b = self._x[first * self._n_reps + rep], self._x[second * self._n_reps + rep]
                    if a is not None:
                        self._model.add_bool_or([~a, *split, *([b] if b is not None else [])])
                    if b is not None:
                        self._model.add_bool_or([~b, *split, *([a] if a is not None else [])])

    def _limits(self) -> None:
        wide = self._wide
        option, amount, start = (part.tolist() for part in wide.by_row())
        for slack in self._menu.slacks:
            s = slice(start[slack.row], start[slack.row + 1])
            entries = [(self._x[o], slack.side * a) for o, a in zip(option[s], amount[s], strict=True)]
            terms = [(v, a) for v, a in entries if v is not None]
            limit = slack.side * int((wide.row_upper if slack.side > 0 else wide.row_lower)[slack.row])
            most = sum(a for _, a in terms if a > 0)
            load = cp_model.LinearExpr.weighted_sum([v for v, _ in terms], [a for _, a in terms])
            over = None
            kind = "limit" if slack.side > 0 else "minimum"
            if slack.cost is not None and kind not in self._without and most > limit:
                grain = slack.grain
                price = max(1, round(slack.cost * grain * _SCALE))
                over = self._model.new_int_var(0, max(0, min(-((limit - most) // grain), _MOST // price)), "")
                self._price.append((over, price))
                if slack.spare and grain == 1:
                    some = self._model.new_bool_var("")
                    self._model.add(some <= over)
                    self._price.append((some, -round(slack.cost * slack.spare * _SCALE)))
                load -= grain * over
            self._slack[slack.row, slack.side] = slack, over
            held = self._model.add(load <= limit)
            if slack.drop in self._acts:
                held.only_enforce_if(~self._acts[slack.drop])

    def _groups(self) -> None:
        loose = self._menu.loose
        for number, cost in self._menu.groups:
            group = loose.wide.separations[number]
            if group.source not in self._more and cost is not None and "separation" not in self._without:
                most = max(int(g.sizes.sum()) for g in loose.wide.separations if g.source == group.source)
                self._more[group.source] = self._model.new_int_var(0, most, "")
                self._price.append((self._more[group.source], round(cost * _SCALE)))
            members = loose.index[group.units].tolist()
            for rep in range(self._n_reps):
                held = [v for k in members if (v := self._x[k * self._n_reps + rep]) is not None]
                if len(held) > group.limit:
                    more = self._more.get(group.source)
                    self._model.add(sum(held) - (0 if more is None else more) <= group.limit)

    def hint(self, cure: Cure) -> None:
        """Begin the search at a cure."""
        for option, v in enumerate(self._x):
            if v is not None:
                self._model.add_hint(v, bool(cure.rep_of[option // self._n_reps] == option % self._n_reps))
        taken = set(cure.actions)
        for number, act in self._acts.items():
            self._model.add_hint(act, self._menu.actions[number] in taken)
        for (row, side), (slack, over) in self._slack.items():
            if over is not None:
                limit = int((self._wide.row_upper if side > 0 else self._wide.row_lower)[row])
                beyond = side * (cure.raised.get((row, side), limit) - limit)
                self._model.add_hint(over, -(-beyond // slack.grain))
        for rule, more in self._more.items():
            self._model.add_hint(more, cure.groups.get(rule, 0))

    def solve(self, options: Options, clock: Clock, share: float = 1.0) -> Cure | None:
        """Solve it in a share of the seconds left."""
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = share * clock.left()
        solver.parameters.num_workers = options.workers
        solver.parameters.random_seed = options.seed
        solver.parameters.catch_sigint_signal = False
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.append(solver.solve(self._model)), daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(0.05)
            if clock.cancelled():
                solver.stop_search()
        status = found[0] if found else cp_model.UNKNOWN
        if status == cp_model.MODEL_INVALID:
            raise RuntimeError(f"CP-SAT refuses the model: {self._model.validate()}")
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return None
        loose = self._menu.loose
        rep_of = np.full(len(loose.who), -1, dtype=np.int64)
        for option, v in enumerate(self._x):
            if v is not None and solver.boolean_value(v):
                rep_of[option // self._n_reps] = option % self._n_reps
        taken = tuple(
            a for n, a in enumerate(self._menu.actions) if n in self._acts and solver.boolean_value(self._acts[n])
        )
        held = rep_of >= 0
        choice = np.full(self._wide.n_units, -1, dtype=np.int64)
        choice[loose.who[held]] = np.flatnonzero(held) * self._n_reps + rep_of[held]
        loads = self._wide.loads(choice)
        raised: dict[tuple[int, int], int] = {}
        cost = sum(a.cost for a in taken)
        for (row, side), (slack, over) in self._slack.items():
            limit = int((self._wide.row_upper if side > 0 else self._wide.row_lower)[row])
            beyond = side * (int(loads[row]) - limit)
            if over is not None and slack.cost is not None and beyond > 0:
                raised[row, side] = int(loads[row])
                cost += slack.cost * (beyond - slack.spare)
        groups = {rule: solver.value(v) for rule, v in self._more.items() if solver.value(v)}
        prices = {g.source: c for n, c in self._menu.groups for g in [self._wide.separations[n]]}
        cost += sum((prices[rule] or 0.0) * more for rule, more in groups.items())
        return Cure(taken, raised, groups, rep_of, cost, status == cp_model.OPTIMAL)
