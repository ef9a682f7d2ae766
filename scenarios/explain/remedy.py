"""Changes that make a plan possible, written out: a sentence each, and one override (a merge patch) ready to use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenarios.plan.plan import Plan
from solver.draft import Draft
from solver.engine.questions.elastic import Cure
from solver.explain import listed
from solver.impossible.actions import Action, ActionKind
from solver.impossible.members import Loose
from solver.integers import Loads
from solver.rules.capacity import Capacity
from solver.rules.exclusion import Exclusion
from solver.rules.move_budget import MoveBudget
from solver.rules.pin import Pin
from solver.rules.segment import Segment
from solver.rules.separation import Separation
from solver.tables import DECIMALS, said, said_share

#: Customers left without a rep that are named one by one.
_FEW = 5


@dataclass(frozen=True)
class Step:
    """One change in words.

    Attributes
    ----------
    kind : see `solver.impossible.actions.RepairCosts`.
    rule : the rule it changes; ``coverage`` for leaving customers without a rep.
    customers, reps : ids it concerns.
    message : what to do, as one would say it.
    """

    kind: ActionKind
    rule: str
    message: str
    customers: tuple[str, ...] = ()
    reps: tuple[str, ...] = ()


class Unsayable(Exception):
    """A change that a plan file cannot express."""


def written(plan: Plan, loose: Loose, cure: Cure) -> tuple[tuple[Step, ...], dict[str, Any]]:
    """Return a cure's steps and its override.

    Raises
    ------
    Unsayable
        The plan file has no words for one of them: an id with both kinds of quotes, say.
    """
    writer = _Writer(plan, loose, cure)
    writer.write()
    return tuple(writer.steps), writer.override


class _Writer:
    def __init__(self, plan: Plan, loose: Loose, cure: Cure):
        self._plan, self._loose, self._cure = plan, loose, cure
        self._draft: Draft = loose.draft
        self._ids = self._draft.customers["customer_id"].tolist()
        self._reps = self._draft.reps["rep_id"].tolist()
        self.steps: list[Step] = []
        self.override: dict[str, Any] = {}

    def write(self) -> None:
        """Write it all: limits by rule, then actions of a kind and rule together."""
        limits: dict[str, list[tuple[int, int]]] = {}
        for row, side in self._cure.raised:
            limits.setdefault(self._loose.wide.rows[row].source, []).append((row, side))
        for rule, rows in limits.items():
            built = self._draft.rules[rule]
            if isinstance(built, Capacity):
                self._capacity(rule, built, rows)
            elif isinstance(built, MoveBudget):
                self._budget(rule, built, [row for row, _ in rows])
            else:
                raise Unsayable(rule)
        for rule, more in self._cure.groups.items():
            separation = self._draft.rules[rule]
            if not isinstance(separation, Separation):
                raise Unsayable(rule)
            limit = separation.limit + more
            self._set(limit, "rules", rule, "limit")
            message = f"let a rep have {limit} customers of one group instead of {separation.limit} ({rule})"
            self.steps.append(Step("separation", rule, message))
        together: dict[tuple[str, str, int], list[Action]] = {}
        for action in self._cure.actions:
            together.setdefault((action.kind, action.rule, action.rep), []).append(action)
        for (kind, rule, rep), actions in together.items():
            getattr(self, f"_{kind}")(rule, rep, actions)

    # --- limits ----------------------------------------------------------------------------------

    def _needed(self, row: int) -> float:
        """The load that a row has to allow, in units of its metric."""
        load = next(v for (r, _), v in self._cure.raised.items() if r == row)
        return round(load / self._loose.wide.rows[row].unit, DECIMALS)

    def _capacity(self, rule: str, built: Capacity, rows: Sequence[tuple[int, int]]) -> None:
        share = self._draft.strength(built.ramp, built.presence)
        own: dict[str, dict[str, float]] = {}
        for row, side in rows:
            load, k = self._loose.load_of(row)
            rep = load.of[k]
            old = float((load.upper if side > 0 else load.lower)[k])
            new = self._needed(row)
            self.steps.append(self._step(rule, rep, load, side, old, new))
            number = _whole(new, float(share[self._draft.rep_at[rep]]), side)
            column = built.limit_column() if side > 0 else built.min_column
            if column:
                self._set(number, "reps", rep, column)
            else:
                own.setdefault(rep, {})["limit" if side > 0 else "min"] = number
        bound = [self._reps[i] for i in np.flatnonzero(self._draft.chosen_reps(built.reps)).tolist()]
        changes = list(own.values())
        if own and set(own) == set(bound) and all(change == changes[0] for change in changes):
            for key, value in changes[0].items():
                self._set(value, "rules", rule, key)
        elif own:  # one number for all: who needs another gets a rule of its own
            self._set(_but(built.reps, "rep_id", list(own)), "rules", rule, "reps")
            config = dict(self._plan.source["rules"][rule] or {})
            for rep, change in own.items():
                alone = {**config, "kind": "capacity", **change, "reps": _only(built.reps, "rep_id", rep)}
                self._set(alone, "rules", self._free(f"{rule}_{rep}"))

    @staticmethod
    def _step(rule: str, rep: str, load: Loads, side: int, old: float, new: float) -> Step:
        if side > 0:
            message = (
                f"raise {rep}'s limit of {load.metric} by {said(new - old)}, from {said(old)} to {said(new)} ({rule})"
            )
            return Step("limit", rule, message, (), (rep,))
        message = (
            f"lower {rep}'s minimum of {load.metric} by {said(old - new)}, from {said(old)} to {said(new)} ({rule})"
        )
        return Step("minimum", rule, message, (), (rep,))

    def _budget(self, rule: str, built: MoveBudget, rows: Sequence[int]) -> None:
        load, _ = self._loose.load_of(rows[0])
        old = {row: float(self._loose.load_of(row)[0].upper[self._loose.load_of(row)[1]]) for row in rows}
        new = {row: self._needed(row) for row in rows}
        share = None
        if built.limit is None and built.share and min(old.values()) > 0:
            share = _up(built.share * max(new[row] / old[row] for row in rows))
        if built.share is not None and share is not None and share <= 1:
            self._set(share, "rules", rule, "share")
            message = f"let {said_share(share)} of {load.metric} move instead of {said_share(built.share)} ({rule})"
        else:
            rest = [v for other in self._loose.loads if other.source == rule for v in other.upper.tolist()]
            most = _up(max(*new.values(), *rest, built.limit or 0.0))
            self._set(most, "rules", rule, "limit")
            if built.share is not None:
                self._set(None, "rules", rule, "share")
            what = "in total" if load.whose == "all" else f"for each {load.whose}"
            before = said(max(old.values()))
            message = f"let {said(most)} {load.metric} move {what} instead of {before} ({rule})"
        named = [self._loose.load_of(row)[0].of[self._loose.load_of(row)[1]] for row in rows]
        self.steps.append(Step("limit", rule, message, (), tuple(named) if load.whose == "rep" else ()))

    # --- actions: one method a kind --------------------------------------------------------------

    def _territory(self, rule: str, rep: int, actions: Sequence[Action]) -> None:
        if rep < 0:
            self._set("anybody", "rules", rule, "unmapped")
            self.steps.append(Step("territory", rule, f"let anybody have customers without a territory ({rule})"))
            return
        new = [a.what for a in actions]
        self._set("; ".join([*self._draft.reps["territories"].iloc[rep], *new]), "reps", self._reps[rep], "territories")
        message = f"let {self._reps[rep]} cover {' and '.join(new)} ({rule})"
        self.steps.append(Step("territory", rule, message, (), (self._reps[rep],)))

    def _skill(self, rule: str, rep: int, actions: Sequence[Action]) -> None:
        has = dict(self._draft.reps["skills"].iloc[rep])
        for a in actions:
            has[a.what] = max(has.get(a.what, 0), a.level)
        self._set("; ".join(f"{s}:{level}" for s, level in has.items()), "reps", self._reps[rep], "skills")
        learns = " and ".join(f"{a.what} to level {a.level}" for a in actions)
        message = f"teach {self._reps[rep]} {learns} ({rule})"
        self.steps.append(Step("skill", rule, message, (), (self._reps[rep],)))

    def _unpin(self, rule: str, _: int, actions: Sequence[Action]) -> None:
        who, built = self._named(actions), self._draft.rules[rule]
        if isinstance(built, Pin) and built.to == "pinned_rep":
            for customer in who:
                self._set(None, "customers", customer, "pinned_rep")
        elif isinstance(built, Pin):
            self._set(_but(built.where, "customer_id", who), "rules", rule, "where")
        self.steps.append(Step("unpin", rule, f"free {listed(who)} from its pin ({rule})" if len(who) == 1
                               else f"free {listed(who)} from their pins ({rule})", tuple(who)))  # fmt: skip

    def _exempt(self, rule: str, _: int, actions: Sequence[Action]) -> None:
        built, who = self._draft.rules[rule], self._named(actions)
        if isinstance(built, Segment):
            inside = self._draft.chosen_customers(built.customers)
            out = [self._ids[a.customers[0]] for a in actions if inside[a.customers[0]]]
            into = [self._ids[a.customers[0]] for a in actions if not inside[a.customers[0]]]
            text = _but(built.customers, "customer_id", out) if out else built.customers
            if into:
                text = f"({text}) or {_among('customer_id', into)}"
            self._set(text, "rules", rule, "customers")
        elif isinstance(built, Exclusion):
            self._exclusion(rule, built, actions)
        message = f"set {rule} aside for {listed(who)}"
        self.steps.append(Step("exempt", rule, message, tuple(who)))

    def _exclusion(self, rule: str, built: Exclusion, actions: Sequence[Action]) -> None:
        who = set(self._named(actions))
        pairs = [list(pair) for pair in built.pairs if pair[0] not in who]
        by_filter = built.customers is not None or built.reps is not None
        if len(pairs) < len(built.pairs):
            if not pairs and not by_filter:
                self._set(None, "rules", rule)
                return
            self._set(pairs, "rules", rule, "pairs")
        if by_filter:
            matched = self._draft.chosen_customers(built.customers)
            out = [self._ids[a.customers[0]] for a in actions if matched[a.customers[0]]]
            if out:
                self._set(_but(built.customers, "customer_id", out), "rules", rule, "customers")

    def _split(self, rule: str, _: int, actions: Sequence[Action]) -> None:
        parents = self._draft.customers["parent_id"].tolist()
        for action in actions:
            who = [self._ids[j] for j in action.customers]
            for j in action.customers:
                if parents[j]:
                    self._set(None, "customers", self._ids[j], "parent_id")
            self.steps.append(Step("split", rule, f"let the family of {listed(who)} be split ({rule})", tuple(who)))

    def _unassigned(self, rule: str, _: int, actions: Sequence[Action]) -> None:
        who = self._named(actions)
        self._set("best_effort", "coverage")
        some = listed(who) if len(who) <= _FEW else f"{len(who):,} customers"
        such = "" if len(who) <= _FEW else f", such as {listed(who)}"
        message = f"leave {some} without a rep{such} (coverage: best_effort)"
        self.steps.append(Step("unassigned", rule, message, tuple(who)))

    def _drop(self, rule: str, _: int, __: Sequence[Action]) -> None:
        self._set(None, "rules", rule)
        self.steps.append(Step("drop", rule, f"leave out the rule {rule}"))

    # --- helpers ---------------------------------------------------------------------------------

    def _named(self, actions: Sequence[Action]) -> list[str]:
        return [str(self._ids[a.customers[0]]) for a in actions]

    def _free(self, name: str) -> str:
        taken = set(self._draft.rules) | set(self.override.get("rules", {}))
        number = 2
        free = name
        while free in taken:
            free, number = f"{name}_{number}", number + 1
        return free

    def _set(self, value: Any, *path: str) -> None:
        tree = self.override
        for key in path[:-1]:
            tree = tree.setdefault(key, {})
        tree[path[-1]] = value


def _up(value: float) -> float:
    """The number rounded up to the tables' decimals."""
    return _plain(math.ceil(round(value * 10**DECIMALS, 3)) / 10**DECIMALS)


def _whole(limit: float, share: float, side: int) -> float:
    """The least number (for a minimum the largest) that times `share` gives the limit, in the tables' decimals."""
    step = 10.0**-DECIMALS
    number: float = round(limit / share, DECIMALS)
    while side * (limit - round(number * share, DECIMALS)) > 0:
        number = round(number + side * step, DECIMALS)
        step *= 2
    return _plain(number)


def _plain(number: float) -> float:
    """The number, a whole one without a point: that is how people write it."""
    return int(number) if float(number).is_integer() else number


def _literal(text: str) -> str:
    quote = next((q for q in ("'", '"') if q not in text), None)
    if quote is None or not text.isprintable():
        raise Unsayable(text)
    return f"{quote}{text}{quote}"


def _among(column: str, ids: Sequence[str]) -> str:
    return f"{column} in [{', '.join(_literal(i) for i in ids)}]"


def _but(where: str | None, column: str, ids: Sequence[str]) -> str:
    """A filter for all that `where` takes in but these."""
    others = f"{column} not in [{', '.join(_literal(i) for i in ids)}]"
    return others if where is None else f"({where}) and {others}"


def _only(where: str | None, column: str, name: str) -> str:
    one = f"{column} == {_literal(name)}"
    return one if where is None else f"({where}) and {one}"
