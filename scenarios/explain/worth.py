"""What one more of something is worth: a rep, a unit of capacity, a skill, a point of move budget.

Prices say at once what a unit of a limit is worth at the margin. A new rep or skill brings new pairs: what it is worth
is by how much the bound rises with it. The top ones are solved again, which is slower and certain within the gaps.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from scenarios.plan.plan import Plan, parse_plan
from scenarios.run.prepare import Prepared, build
from scenarios.run.reopen import Reopened, prepared
from scenarios.run.run import solve_prepared
from scenarios.run.warm import start_from
from solver.arrays import Ints
from solver.draft import Draft
from solver.engine.expand import closed
from solver.engine.prices.price import price
from solver.engine.solution import Cancelled, NamedPrices, Options, prices_by_row
from solver.instance import NO_LIMIT, Instance
from solver.rules.capacity import Capacity
from solver.rules.move_budget import MoveBudget
from solver.rules.skill import Skill
from solver.tables import Tables, said

Kind = Literal["rep", "capacity", "skill", "move_budget"]
#: Reps that one more is tried of when none are named: those whose loads cost most at the prices.
_LIKE = 3
#: Skills whose worth is looked at closely, of those that look best.
_SKILLS = 5
#: Seconds to price each plan with a new rep or skill, at most.
_PRICING = 1.0


@dataclass(frozen=True)
class Confirmed:
    """What solving again with the one more came to.

    Attributes
    ----------
    status : of the solve; the other figures are None unless it found a plan.
    score, bound : points.
    gain : its score less the run's.
    lower, upper : what is proven of the gain of the best plan.
    unassigned : customers without a rep, less those of the run.
    """

    status: str
    score: float | None = None
    bound: float | None = None
    gain: float | None = None
    lower: float | None = None
    upper: float | None = None
    unassigned: int = 0


@dataclass(frozen=True)
class Worth:
    """One more of one thing.

    Attributes
    ----------
    kind : ``rep``, ``capacity``, ``skill`` or ``move_budget``.
    what : in words: ``one more rep like R07``.
    points : what it is worth by prices; negative for a rep who would have to be given more than it pays.
    override : the change as an override of the plan file.
    confirmed : after solving again; None where that was not asked for.
    """

    kind: Kind
    what: str
    points: float
    override: dict[str, Any]
    confirmed: Confirmed | None = None


@dataclass(frozen=True)
class Worths:
    """What one more of each thing is worth, the most first; `run`, `score`, `bound` and `gap` are the run's."""

    run: str
    score: float
    bound: float
    gap: float
    listed: tuple[Worth, ...]
    idle: int
    """Limits that were looked at and of which more is worth nothing at the prices."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``."""
        return asdict(self)


@dataclass(frozen=True)
class _More:
    """One thing to have more of; `change` makes the plan's data and tables that have it."""

    kind: Kind
    what: str
    points: float
    override: dict[str, Any]
    change: Callable[[], tuple[dict[str, Any], Tables]]


def worths(
    opened: Reopened,
    like: Sequence[str] = (),
    units: float = 1.0,
    most: int = 20,
    confirm: int = 3,
    options: Options | None = None,
    cancelled: Cancelled = lambda: False,
) -> Worths:
    """Rank what one more of each thing is worth, and solve again with the top ones.

    Parameters
    ----------
    like : ids of reps to have one more of.
    units : how many units of capacity one more is.
    most : how many to list.
    confirm : how many to solve again; unless it is 0, reps that `like` names are solved again in any case.
    options : for solving again; the run's own by default.
    """
    found = [*_capacity(opened, units), *_budgets(opened, units), *_reps(opened, like), *_skills(opened)]
    # A rep more may cost: it has to be given customers, and every move does. Who asks for it is told so.
    useful = sorted((m for m in found if m.points > 1e-9 or m.kind == "rep"), key=lambda m: (-m.points, m.what))
    listed = []
    for n, more in enumerate(useful[:most]):
        asked = n < confirm or (more.kind == "rep" and bool(like) and confirm > 0)
        sure = _confirm(opened, more, options, cancelled) if asked and not cancelled() else None
        listed.append(Worth(more.kind, more.what, more.points, more.override, sure))
    return Worths(opened.run.id, opened.score, opened.bound, opened.gap, tuple(listed), len(found) - len(useful))


def _confirm(opened: Reopened, more: _More, options: Options | None, cancelled: Cancelled) -> Confirmed:
    changed = _prepared(opened, more)
    start = start_from(opened.run, changed.draft, changed.instance)
    options = options or opened.options(opened.plan.options.time_limit)
    run = solve_prepared(changed, cancelled=cancelled, options=options, start=start)
    score, bound = run.result["score"], run.result["bound"]
    if score is None:
        return Confirmed(run.result["status"])
    before = opened.instance.unassigned(opened.choice)
    upper = None if bound is None else bound - opened.score
    return Confirmed(
        run.result["status"],
        score,
        bound,
        score - opened.score,
        score - opened.bound,
        upper,
        len(run.unassigned) - before,
    )


def _prepared(opened: Reopened, more: _More) -> Prepared:
    source, tables = more.change()
    return prepared(opened.run, parse_plan(source, opened.run.plan_name), tables, more.what)


# --- limits ----------------------------------------------------------------------------------------


def _capacity(opened: Reopened, units: float) -> Iterable[_More]:
    """More of each rep's own limit; where one number holds for all reps, more of that."""
    draft, price_of = opened.draft, _price_of(opened)
    for name, rule in opened.plan.rules.items():
        if not isinstance(rule, Capacity):
            continue
        share = draft.strength(rule.ramp, rule.presence)
        worth = np.array([max(0.0, price_of(name, r, rule.metric)) for r in draft.reps["rep_id"]]) * share * units
        if rule.limit is not None:
            raised = rule.limit + units
            override = {"rules": {name: {"limit": raised}}}
            what = f"{said(units)} more {rule.metric} for every rep ({name}: {said(rule.limit)} → {said(raised)})"
            yield _More("capacity", what, float(worth.sum()), override, _plan_change(opened, override))
            continue
        column = rule.limit_column()
        if column is None:
            continue
        table = opened.run.tables.reps
        at = {r: i for i, r in enumerate(table["rep_id"])}
        bound = draft.chosen_reps(rule.reps)
        for rep, points, binds in zip(draft.reps["rep_id"], worth.tolist(), bound.tolist(), strict=True):
            was = float(table[column].iloc[at[rep]])
            if not binds or was != was:
                continue
            raised = was + units
            what = f"{said(units)} more {rule.metric} for {rep} ({column}: {said(was)} → {said(raised)})"
            override = {"reps": {rep: {column: raised}}}
            yield _More("capacity", what, points, override, _cell_change(opened, at[rep], column, raised))


def _budgets(opened: Reopened, units: float) -> Iterable[_More]:
    """A point more of each move budget that is a share, or more units of one that is a number."""
    for name, rule in opened.plan.rules.items():
        if not isinstance(rule, MoveBudget):
            continue
        more: dict[str, float] = {}
        if rule.share is not None and rule.share < 1:
            more["share"] = min(1.0, round(rule.share + 0.01, 6))
        if rule.limit is not None:
            more["limit"] = rule.limit + units
        for key, raised in more.items():
            override = {"rules": {name: {key: raised}}}
            change = _plan_change(opened, override)
            source, tables = change()
            _, instance = build(parse_plan(source, opened.run.plan_name), tables)
            points = _relaxed(opened, instance)
            if key == "share":
                what = f"one point more of {name} ({100 * (rule.share or 0):g} % → {100 * raised:g} % of {rule.metric})"
            else:
                what = f"{said(units)} more {rule.metric} in {name} ({said(rule.limit or 0)} → {said(raised)})"
            yield _More("move_budget", what, points, override, change)


def _relaxed(opened: Reopened, changed: Instance) -> float:
    """Points that higher limits are worth at the prices; the rows are the same but for their limits."""
    old = opened.instance
    limits = {(r.source, r.of, r.metric): k for k, r in enumerate(changed.rows)}
    points = 0.0
    for k, row in enumerate(old.rows):
        at, dear = limits.get((row.source, row.of, row.metric)), float(opened.prices.price[k])
        if dear <= 0 or at is None or old.row_upper[k] >= NO_LIMIT or changed.row_upper[at] >= NO_LIMIT:
            continue
        room = changed.row_upper[at] / changed.rows[at].unit - old.row_upper[k] / row.unit
        points += dear * row.unit * max(0.0, float(room)) / old.scale
    return points


def _price_of(opened: Reopened) -> Callable[[str, str, str], float]:
    named: NamedPrices = opened.prices.named(opened.shut.instance)
    return lambda source, of, metric: named.get((source, of, metric), 0.0)


# --- new pairs -------------------------------------------------------------------------------------


def _reps(opened: Reopened, like: Sequence[str]) -> Iterable[_More]:
    """One more rep like some: by how much the bound rises."""
    table = opened.run.tables.reps
    names = [str(table["rep_id"].iloc[opened.rep(r)]) for r in like] if like else _dearest(opened)
    for rep in dict.fromkeys(names):
        number = int(np.flatnonzero(table["rep_id"] == rep)[0])
        new = _unused(f"{rep} twin", table["rep_id"].tolist())
        change = _one_more(opened, number, new)
        points = _risen(opened, change, {new: rep})
        override = {"changes": [{"rep_joins": {"like": rep}}]}
        yield _More("rep", f"one more rep like {rep}", points, override, change)


def _dearest(opened: Reopened) -> list[str]:
    """The reps whose loads cost most at the prices: those that could hand over most."""
    inst = opened.shut.instance
    cost: dict[str, float] = dict.fromkeys(opened.draft.reps["rep_id"], 0.0)
    paid = opened.prices.price * inst.loads(opened.taken)
    for row, points in zip(inst.rows, paid.tolist(), strict=True):
        if row.of in cost:
            cost[row.of] += points
    return sorted(cost, key=lambda r: (-cost[r], r))[:_LIKE]


def _one_more(opened: Reopened, number: int, new: str) -> Callable[[], tuple[dict[str, Any], Tables]]:
    def change() -> tuple[dict[str, Any], Tables]:
        tables = opened.run.tables
        reps = pd.concat([tables.reps, tables.reps.iloc[[number]]], ignore_index=True)
        reps.loc[len(reps) - 1, ["rep_id", "name"]] = [new, new]
        return dict(opened.run.plan), replace(tables, reps=reps)

    return change


def _unused(name: str, taken: list[str]) -> str:
    return (
        name
        if name not in taken
        else next(f"{name} {k}" for k in range(2, len(taken) + 3) if f"{name} {k}" not in taken)
    )


def _skills(opened: Reopened) -> Iterable[_More]:
    """One skill more for one rep, at the level that some customers require: by how much the bound rises."""
    rules = {n: r for n, r in opened.plan.rules.items() if not isinstance(r, Skill)}
    if len(rules) == len(opened.plan.rules):
        return
    wide = Draft(opened.run.tables, opened.plan.period, rules, opened.plan.terms, opened.plan.coverage == "required")
    table = opened.run.tables.reps
    at = {r: i for i, r in enumerate(table["rep_id"])}
    for rep, skill, level in _promising(opened, wide):
        number = at[rep]
        has = {**table["skills"].iloc[number], skill: level}
        change = _cell_change(opened, number, "skills", has)
        points = _risen(opened, change, {})
        override = {"changes": [{"skill_trained": {"rep": rep, "skill": skill, "level": level}}]}
        yield _More("skill", f"{skill}:{level} for {rep}", points, override, change)


def _promising(opened: Reopened, wide: Draft) -> list[tuple[str, str, int]]:
    """The rep, skill and level that would bring most at the prices if no load changed its price by it.

    `wide` is the plan without its skill rules; a pair counts for a skill where that is all the rep lacks for it.
    """
    inst = wide.instance()
    dear = prices_by_row(inst, opened.prices.named(opened.shut.instance))
    paid = np.bincount(inst.entry_option(), weights=inst.load_amount * dear[inst.load_row], minlength=inst.n_options)
    value = (inst.option_score - paid) / inst.scale
    old = opened.instance
    key = inst.option_unit * inst.n_reps + inst.option_rep
    known = np.isin(key, old.option_unit * old.n_reps + old.option_rep)
    best = np.full(inst.n_units, -np.inf)
    np.maximum.at(best, inst.option_unit[known], value[known])
    gain = value - best[inst.option_unit]
    gain = np.where(np.isfinite(gain), gain, np.maximum(0.0, value))
    held = wide.reps["skills"].tolist()
    ids = wide.reps["rep_id"].tolist()
    required = wide.customers["required_skills"].tolist()
    sums: dict[tuple[str, str, int], float] = {}
    for option in np.flatnonzero(~known & (gain > 0)).tolist():
        rep = int(inst.option_rep[option])
        lacking: dict[str, int] = {}
        for j in wide.members(int(inst.option_unit[option])).tolist():
            for skill, level in required[j].items():
                if held[rep].get(skill, 0) < level:
                    lacking[skill] = max(level, lacking.get(skill, 0))
        if len(lacking) == 1:
            ((skill, level),) = lacking.items()
            sums[ids[rep], skill, level] = sums.get((ids[rep], skill, level), 0.0) + float(gain[option])
    return sorted(sums, key=lambda k: (-sums[k], k))[:_SKILLS]


def _risen(opened: Reopened, change: Callable[[], tuple[dict[str, Any], Tables]], twins: dict[str, str]) -> float:
    """By how many points the bound at the prices rises; new reps begin at the prices of those they are like."""
    source, tables = change()
    plan: Plan = parse_plan(source, opened.run.plan_name)
    _, instance = build(plan, tables)
    named = dict(opened.prices.named(opened.shut.instance))
    for new, like in twins.items():
        named |= {(s, new, m): p for (s, of, m), p in named.items() if of == like}
    homeless: Ints = np.flatnonzero(np.diff(instance.indptr) == 0)
    stay_out = max(opened.instance.unassigned(opened.choice), int(instance.unit_size[homeless].sum()))
    shut = closed(instance, stay_out)
    found = price(shut.instance, _PRICING, start=prices_by_row(shut.instance, named), workers=plan.options.workers)
    after = min(found.bound, shut.instance.ceiling()) / shut.instance.scale
    before = opened.prices.bound / opened.shut.instance.scale
    return float(after - before)


# --- changes ---------------------------------------------------------------------------------------


def _plan_change(opened: Reopened, override: dict[str, Any]) -> Callable[[], tuple[dict[str, Any], Tables]]:
    def change() -> tuple[dict[str, Any], Tables]:
        source = copy.deepcopy(opened.run.plan)
        for name, keys in override["rules"].items():
            source["rules"][name] = {**(source["rules"][name] or {}), **keys}
        return source, opened.run.tables

    return change


def _cell_change(opened: Reopened, number: int, column: str, value: Any) -> Callable[[], tuple[dict[str, Any], Tables]]:
    def change() -> tuple[dict[str, Any], Tables]:
        reps = opened.run.tables.reps.copy()
        reps.at[number, column] = value
        return dict(opened.run.plan), replace(opened.run.tables, reps=reps)

    return change
