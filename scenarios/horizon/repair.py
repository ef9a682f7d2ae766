"""A plan repaired in mid-period: what has to move moves, and anybody else only where that pays."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from scenarios.explain.impossible import explained
from scenarios.horizon.carry import carried, period_of
from scenarios.horizon.revise import revised
from scenarios.plan.changes import RepLeaves
from scenarios.plan.disruption import Disruption
from scenarios.plan.patch import resolve
from scenarios.plan.plan import parse_changes
from scenarios.plan.priorities import staged
from scenarios.run.prepare import Prepared
from scenarios.run.record import Run, plain
from scenarios.run.run import make_run
from scenarios.run.sales import yearly_sales
from scenarios.run.warm import choice_of, stored_prices
from solver.arrays import Floats, Ints
from solver.draft import Draft
from solver.engine.expand import closed
from solver.engine.prices.price import price
from solver.engine.questions.force import alone, narrowed, pruned
from solver.engine.solution import Cancelled, Options, Solution, Start, Watch, prices_by_row
from solver.engine.solve import solve
from solver.explain import impossibilities
from solver.instance import Instance
from solver.problems import InputError, Problem, shorten
from solver.sentences import sentence
from solver.tables import Period, said

NEVER, COST = "never", "cost"
#: Points that no move is asked more than: more than the whole score.
_DEAREST = 101.0
#: Seconds to bound what a plan without regard to disruption could reach.
_PRICING = 1.0
#: Work, in options times moves, up to which moves that pay nothing by themselves are looked for and undone.
_PRUNABLE = 50_000_000


@dataclass(frozen=True)
class Threshold:
    """What a move by choice has to pay: ``points`` of score each, a ``share`` of the customer's potential, or its cost.

    A share counts in points as the customer's potential does in a term that weighs by it: 15 % of a customer with a
    hundredth of all potential is 0.15 points. The ``cost`` is what a hand-over loses of what the customer buys in a
    year, in points by what the plan says a point is worth (`scenarios.plan.disruption`); a customer counts by its part
    of all sales or of all potential, whichever is larger, as one that buys nothing yet can be lost too.
    """

    kind: Literal["points", "share", "cost", "never"]
    value: float = 0.0

    @classmethod
    def read(cls, text: str) -> Threshold:
        """Read ``0.05`` (points), ``15%`` (of the customer's potential), ``cost`` or ``never``.

        Raises
        ------
        InputError
            It is none of these.
        """
        word = text.strip().lower()
        if word in {NEVER, "inf", "infinity"}:
            return cls("never")
        if word == COST:
            return cls("cost")
        found = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+) *(%?)", word)
        if not found or float(found[1]) > 1e6:
            message = f"the threshold {shorten(text)!r} is none"
            expected = "points such as 0.05, a share of the customer's potential such as 15%, cost, or never"
            raise InputError([Problem("bad_threshold", message, expected=expected)])
        return cls("share", float(found[1]) / 100) if found[2] else cls("points", float(found[1]))

    def describe(self, given: Disruption) -> str:
        """Return in words when a customer moves by choice."""
        if self.kind == "never":
            return "nobody moves by choice"
        if self.kind == "points":
            return f"a customer moves by choice only where that pays more than {said(self.value)} points of score"
        if self.kind == "cost":
            loss, point = (said(round(100 * share, 6)) for share in (given.loss, given.worth))
            costs = f"{loss} % of what it buys in a year, where a point of score is worth {point} % of what all buy"
            return f"a customer moves by choice only where that pays more than its hand-over costs: {costs}"
        share = said(round(100 * self.value, 6))
        return (
            f"a customer moves by choice only where that pays more than {share} % of its potential, in points of score"
        )

    def points(self, prepared: Prepared) -> Floats:
        """float64[customers]: points of score that moving each by choice has to pay."""
        draft, given = prepared.draft, prepared.plan.disruption
        if self.kind in {"points", "never"}:
            return np.full(draft.n_customers, self.value)
        if self.kind == "share":
            return 100 * self.value * _part_of_all(draft.amounts("potential"))
        sales, _ = yearly_sales(prepared.plan, prepared.tables, given)
        part = np.maximum(_part_of_all(sales), _part_of_all(draft.amounts("potential")))
        return np.minimum(_DEAREST, given.loss * part / max(given.worth, 1e-9))


def _part_of_all(amount: Floats) -> Floats:
    """Each customer's share of a sum; equal shares of nothing."""
    total = float(amount.sum())
    return amount / total if total > 0 else np.full(len(amount), 1 / max(1, len(amount)))


@dataclass(frozen=True)
class Moved:
    """A customer that changes hands in the repair.

    Attributes
    ----------
    kind : ``forced``, ``chosen``, ``new`` (had nobody) or ``lost`` (has nobody any more).
    from_rep, to_rep : rep_id, ``""`` for nobody.
    why : why it had to move or was left out; for a chosen one what would break if it alone stayed, else nothing.
    paid : of a chosen move of a customer or its family: points the plan would lose if it alone had stayed; None where
        it could not have stayed.
    asked : points it had to pay.
    """

    customer_id: str
    name: str
    kind: str
    from_rep: str
    to_rep: str
    potential: float
    workload: float
    why: str = ""
    paid: float | None = None
    asked: float | None = None


@dataclass(frozen=True)
class Repaired:
    """A repaired plan.

    Attributes
    ----------
    run : to be stored; its ``parent`` is the run that was repaired.
    threshold, period : as used.
    kept : customers that stay with their rep.
    moves : the others, forced first, then chosen by what they paid.
    lost_most : points by which a plan without regard to who moves could be better, at most; None without a plan.
    """

    run: Run
    threshold: Threshold
    period: str
    kept: int
    moves: tuple[Moved, ...]
    lost_most: float | None

    def count(self, kind: str) -> int:
        """How many customers moved in a way."""
        return sum(m.kind == kind for m in self.moves)


def repair(
    run: Run,
    sets: Sequence[str],
    threshold: Threshold,
    since: dt.date | None = None,
    scenario: str | None = None,
    watch: Watch | None = None,
    cancelled: Cancelled | None = None,
) -> tuple[Repaired, Prepared]:
    """Plan what is left of a run's period anew, after changes, and move as few as pays.

    Parameters
    ----------
    sets : what changed, as of ``--set``; see `scenarios.plan.change_words` for rep left, rep joined and the like.
    since : first day of the new books; by default the day after the first rep leaves, where that is in the period, else
        the run's own first day.
    scenario : override of the run's plan that is applied as well.

    Raises
    ------
    InputError
        A change cannot be made, or the run cannot be repaired.
    """
    sets, day, period = _from_day(run, sets, since, scenario)
    tables, hashes = carried(run, day), dict(run.result.get("input_hashes", {}))

    def again(sets: Sequence[str]) -> Prepared:
        return revised(run.plan, tables, sets, run.plan_name, "repair", hashes, scenario)

    prepared = again(sets)
    if staged(prepared.plan.terms):
        message = f"the terms of run {run.id} have priorities or a floor (at_least), which a repair does not know yet"
        raise InputError([Problem("staged", message, fix="solve with weights alone, and repair that run")])
    options = Options(**prepared.plan.options.model_dump())
    solution, aimed = _solved(run, prepared, threshold, options, watch, cancelled)
    made = make_run(prepared, solution, options)
    if aimed.get("status") != "infeasible" or threshold.kind != "never":  # else it may be the threshold alone
        made = explained(made, prepared, sets, cancelled, again)
    moves, kept = _moves(prepared, solution.choice, threshold) if solution.choice is not None else ((), 0)
    lost = None if solution.score is None or solution.bound is None else max(0.0, solution.bound - solution.score)
    about = {
        "threshold": threshold.describe(prepared.plan.disruption),
        "kept": kept,
        "moves": {kind: sum(m.kind == kind for m in moves) for kind in ("forced", "chosen", "new", "lost")},
        "listed": [asdict(m) for m in moves],
        "lost_most": lost,
        "aim": aimed,
    }
    result = plain({**made.result, "parent": {"run": run.id, "by": "repair"}, "repaired": about})
    made = replace(made, result=result)
    return Repaired(made, threshold, period, kept, moves, lost), prepared


def _from_day(
    run: Run, sets: Sequence[str], since: dt.date | None, scenario: str | None
) -> tuple[Sequence[str], dt.date, str]:
    """The assignments with the period that is left, its first day, and its name."""
    whole = period_of(run)
    day = since or _day_after_the_first_left(run, sets, scenario, whole) or whole.first
    if not whole.first <= day <= whole.last:
        message = f"the new books cannot begin on {day}"
        expected = f"a day of the run's period, {whole.first} to {whole.last}"
        raise InputError([Problem("bad_date", message, expected=expected, fix="for a later period: fairbook roll RUN")])
    name = str(run.plan["period"])
    if day > whole.first:
        name = f"{day}..{whole.last}"
        of = run.plan.get("potential_period") or run.plan["period"]  # potential stays that of all of it
        sets = (f'period="{name}"', f'potential_period="{of}"', *sets)
    return sets, day, name


def _day_after_the_first_left(run: Run, sets: Sequence[str], scenario: str | None, period: Period) -> dt.date | None:
    declared = parse_changes(resolve(run.plan, scenario, sets, run.plan_name).declared, run.plan_name)
    days = [c.date for _, c in declared if isinstance(c, RepLeaves) and c.date is not None]
    days = [d + dt.timedelta(days=1) for d in days if period.first <= d < period.last]
    return min(days, default=None)


def _solved(
    run: Run,
    prepared: Prepared,
    threshold: Threshold,
    options: Options,
    watch: Watch | None,
    cancelled: Cancelled | None,
) -> tuple[Solution, dict[str, Any]]:
    """The repaired plan as a solution of the plan itself: its own score, and a bound that no plan at all exceeds."""
    draft, instance = prepared.draft, prepared.instance
    if impossibilities(draft):
        return Solution("infeasible", None, None, None, 0, 0, "proven", 0.0, ()), {}
    aim, kept = penalised(prepared, threshold)
    stay = choice_of(aim, draft.current)
    prices = stored_prices(run)
    found = solve(aim, options, watch, cancelled, Start(stay, prices))
    aimed = {"status": found.status, "score": found.score, "bound": found.bound}
    if found.choice is None:
        notes = found.notes
        if threshold.kind == "never":
            text = sentence("nobody may move by choice: a threshold in points or % lets customers make room")
            notes = (*notes, text)
        return replace(found, notes=notes), aimed
    choice = found.choice
    if int((choice != stay).sum()) * aim.n_options <= _PRUNABLE:
        towards = np.where(stay >= 0, stay, choice)
        choice = pruned(aim, choice, towards)
    if kept is not None:
        choice = np.where(choice >= 0, kept[choice], -1)
    score = instance.points(instance.value(choice))
    same = aim is instance
    bound = found.bound if same else _bound(prepared, choice, found, score, options)
    status = found.status
    if not same and (bound is None or bound - score > 2 * instance.error):
        status = "feasible"  # proven to be the best repair, perhaps, but not the best plan
    return replace(found, choice=choice, score=score, bound=bound, status=status, trace=()), aimed


def penalised(prepared: Prepared, threshold: Threshold) -> tuple[Instance, Ints | None]:
    """Return the instance in which every move by choice costs what it has to pay.

    Returns
    -------
    The instance, the one given where moves cost nothing; and int64[its options], their old numbers, where it has fewer.
    """
    draft, instance = prepared.draft, prepared.instance
    p, moving = draft.pairs, draft.moving
    if threshold.kind == "never":
        moved = np.bincount(p.option[moving], minlength=instance.n_options)
        least = np.full(instance.n_units, np.iinfo(np.int64).max)
        np.minimum.at(least, instance.option_unit, moved)
        return narrowed(instance, (moved == 0) | (least[instance.option_unit] > 0))
    asked = threshold.points(prepared)
    if not asked.any():
        return instance, None
    cost = np.bincount(p.option[moving], weights=asked[p.customer[moving]], minlength=instance.n_options)
    some = np.bincount(p.option[moving], minlength=instance.n_options) > 0
    # A step at least, so that nobody moves for nothing.
    steps = np.where(some, np.maximum(1, np.rint(cost * instance.scale)), 0).astype(np.int64)
    return replace(instance, option_score=instance.option_score - steps), None


def _bound(prepared: Prepared, choice: Ints, found: Solution, score: float, options: Options) -> float:
    """Points that no plan with as few customers unassigned exceeds, whoever moves."""
    instance = prepared.instance
    shut = closed(instance, instance.unassigned(choice))
    start = prices_by_row(shut.instance, found.prices) if found.prices else None
    prices = price(shut.instance, _PRICING, start=start, workers=options.workers)
    return max(score, instance.points(min(prices.bound, shut.instance.ceiling())) + instance.error)


def _moves(prepared: Prepared, choice: Ints, threshold: Threshold) -> tuple[tuple[Moved, ...], int]:
    draft, instance = prepared.draft, prepared.instance
    option = choice[instance.customer_unit]
    reps = instance.option_rep if instance.n_options else np.full(1, -1)
    rep_of = np.where(option >= 0, reps[option], -1)
    rep_ids = draft.reps["rep_id"].tolist()
    table = draft.customers
    active = set(rep_ids)
    paid = _paid(draft, instance, choice, rep_of)
    asked = threshold.points(prepared) if threshold.kind != "never" else None
    ids, names, before = (table[c].tolist() for c in ("customer_id", "name", "current_rep"))
    potential, workload = draft.amounts("potential"), draft.amounts("workload")
    found, kept = [], 0
    for j, rep in enumerate(rep_of.tolist()):
        was, now = before[j], rep_ids[rep] if rep >= 0 else ""
        if was == now:
            kept += bool(now)
            continue
        why, gain, ask = "", None, None
        kind = "lost" if not now else "new" if not was else "chosen" if draft.keepable[j] else "forced"
        if kind == "lost" and draft.keepable[j]:
            why = "makes room: no plan found gives every customer a rep"
        elif kind in {"lost", "forced"}:
            why = f"{was} may not have it any more" if was in active else f"{was} is not there any more"
        elif kind == "chosen":
            gain, why = paid.get(int(draft.label[j]), (None, ""))
            ask = None if asked is None else float(asked[j])
        worth, hours = float(potential[j]), float(workload[j])
        found.append(Moved(ids[j], names[j], kind, was, now, worth, hours, why, gain, ask))
    order = {"lost": 0, "forced": 1, "new": 2, "chosen": 3}
    found.sort(key=lambda m: (order[m.kind], -(m.paid if m.paid is not None else np.inf), -m.potential, m.customer_id))
    return tuple(found), kept


def _paid(draft: Draft, instance: Instance, choice: Ints, rep_of: Ints) -> Mapping[int, tuple[float | None, str]]:
    """By unit that moved by choice: points lost if it alone had stayed, or None and what that would break."""
    chosen = draft.keepable & (rep_of >= 0) & (rep_of != draft.current)
    units = np.unique(draft.label[chosen])
    back = choice_of(instance, draft.current)[units]
    whole = back >= 0  # a family may have been with several reps
    found: dict[int, tuple[float | None, str]] = {int(u): (None, "its family comes together") for u in units[~whole]}
    if not whole.any():
        return found
    shut = closed(instance, instance.unassigned(choice))
    at = np.full(instance.n_options, -1, dtype=np.int64)
    own = np.flatnonzero(shut.option >= 0)
    at[shut.option[own]] = own
    told = alone(shut.instance, shut.close(choice), at[back[whole]])
    for unit, loss, broken in zip(units[whole].tolist(), told.loss.tolist(), told.broken, strict=True):
        if broken:
            row = shut.instance.rows[next(iter(broken))]
            found[unit] = (None, f"makes room: {row.source} of {row.of}")
        else:
            found[unit] = (instance.points(loss), "")
    return found
