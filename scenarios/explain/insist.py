"""What it costs if a rep has to take a customer: found by solving again with the pair forced, and audited."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from scenarios.explain.why import Candidate, Why, first_fit, pts
from scenarios.run.reopen import Reopened
from solver.arrays import Ints
from solver.engine.questions.force import forced, near
from solver.engine.solution import Cancelled, Solution, Start
from solver.tables import said

#: Eligible pairs up to which the whole plan is solved again, not only what is near the customer.
_SMALL = 3_000
#: Seconds to solve again where nobody says: near the customer, and a whole small plan.
_SECONDS, _SECONDS_SMALL = 1.0, 3.0


@dataclass(frozen=True)
class Moved:
    """A customer that changes hands: ``""`` stands for nobody."""

    customer_id: str
    name: str
    from_rep: str
    to_rep: str
    potential: float
    workload: float


@dataclass(frozen=True)
class Insistence:
    """What it costs if a rep has to take a customer.

    Attributes
    ----------
    rep : the rep that has to.
    status : ``done``; ``not_eligible``; ``infeasible`` (proven: no plan keeps the rules with this pair); ``no_plan``
        (none was found in time).
    loss : points, the score of the best plan known less that of the best one found with the pair.
    lower, upper : what is proven of the loss between the best plan of all and the best with the pair.
    score, bound : of the plan with the pair, points.
    reference : score of the plan that `score` is compared with: the run's, or better where the units near the customer
        could be placed better.
    unassigned : customers without a rep in the plan with the pair, less those in the run.
    violations : what the audit finds wrong with the plan with the pair; nothing, or it would be a defect.
    moves : who changes hands against the reference, the customer first and each next as the one before makes it.
    better : customers that the reference places differently from the run.
    flips : sentences: what would have to change for the rep to be as good.
    whole : whether all of the plan was solved again, and not only what is near the customer.
    seconds : of clock.
    """

    rep: str
    status: str
    loss: float | None = None
    lower: float | None = None
    upper: float | None = None
    score: float | None = None
    bound: float | None = None
    reference: float | None = None
    unassigned: int = 0
    violations: tuple[str, ...] = ()
    moves: tuple[Moved, ...] = ()
    better: int = 0
    flips: tuple[str, ...] = ()
    whole: bool = False
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data: `loss` and its `bound` (least and most), then the rest."""
        known = asdict(self)
        lower, upper, bound = known.pop("lower"), known.pop("upper"), known.pop("bound")
        within = None if lower is None else [lower, upper]
        return {"loss": known.pop("loss"), "bound": within, "asked": {**known, "score_bound": bound}}


@dataclass(frozen=True)
class _Found:
    free: Ints
    held: Ints | None
    bound: float
    bound_held: float
    status: str
    whole: bool


def insist(
    opened: Reopened, told: Why, rep: str, seconds: float | None = None, cancelled: Cancelled = lambda: False
) -> Insistence:
    """Say what it costs if a rep has to take a customer.

    Parameters
    ----------
    told : `scenarios.explain.why.why` of the customer.
    rep : id of a rep of the run.
    seconds : of clock for solving again; by default what keeps the answer within some seconds in all.
    """
    began = time.monotonic()
    candidate = told.candidate(rep)
    if candidate is None or not candidate.eligible:
        return Insistence(rep, "not_eligible", flips=_lifted(opened, told, rep, candidate))
    if candidate.now:
        audited = opened.audit(opened.choice)
        here = max(0.0, opened.bound - audited.score)
        flips = ("nothing: it has this rep",)
        return Insistence(
            rep, "done", 0.0, 0.0, here, audited.score, opened.bound, audited.score,
            violations=tuple(v.message for v in audited.violations), flips=flips, seconds=time.monotonic() - began,
        )  # fmt: skip
    option = _option(opened, told, rep)
    if seconds is None:
        seconds = _SECONDS if opened.instance.n_options > _SMALL else _SECONDS_SMALL
    found = _search(opened, option, seconds, cancelled)
    if found.held is None:
        return Insistence(rep, found.status, seconds=time.monotonic() - began, whole=found.whole)
    audited = opened.audit(found.held)
    reference = opened.audit(found.free).score
    fewer = opened.instance.unassigned(found.held) - opened.instance.unassigned(found.free)
    free = found.free
    if audited.score > reference and fewer <= 0:  # the pair is in the best plan known
        free, reference = found.held, audited.score
    bound_held = max(audited.score, found.bound_held)
    loss = reference - audited.score
    before = opened.choice if free is found.held else free
    moves = _moves(opened, before, found.held, (told.customer, *told.family))
    return Insistence(
        rep, "done", loss,
        reference - bound_held if fewer else max(0.0, reference - bound_held),
        max(loss, found.bound - audited.score),
        audited.score, bound_held, reference, fewer, tuple(v.message for v in audited.violations), moves,
        int((opened.rep_of(free) != opened.rep_of(opened.choice)).sum()), _flips(opened, told, candidate, loss),
        found.whole, time.monotonic() - began,
    )  # fmt: skip


def _option(opened: Reopened, told: Why, rep: str) -> int:
    """The option of the open instance that is this pair."""
    inst = opened.instance
    unit = int(opened.draft.label[opened.customer(told.customer)])
    span = np.arange(inst.indptr[unit], inst.indptr[unit + 1])
    return int(span[inst.option_rep[span] == opened.draft.rep_at[rep]][0])


def _search(opened: Reopened, option: int, seconds: float, cancelled: Cancelled) -> _Found:
    inst, shut = opened.instance, opened.shut
    here = int(np.flatnonzero(shut.option == option)[0])
    # A plan with the pair is worth at most the bound at the prices less the pair's reduced cost.
    priced = inst.points(opened.prices.bound - float(opened.loss[here])) + inst.error
    began, small = time.monotonic(), inst.n_options <= _SMALL

    def left() -> float:
        return max(0.5, seconds - (time.monotonic() - began))

    about = near(shut, opened.taken, here, opened.loss, opened.options(seconds / 3 if small else seconds), cancelled)
    free = shut.open(about.free)
    held = None if about.held is None else shut.open(about.held)
    bound = opened.bound
    if held is not None and not small:
        return _Found(free, held, bound, min(bound, priced), "done", False)
    if small and bound - inst.points(inst.value(free)) > 2 * inst.error:
        base = _solve(opened, None, free, left() / 2, cancelled)
        if base.choice is not None and _better(opened, base.choice, free):
            free = base.choice
        if base.bound is not None and inst.unassigned(free) == inst.unassigned(opened.choice):
            bound = min(bound, base.bound)
    smaller, kept = forced(inst, option)
    start = free.copy() if held is None else held
    start[inst.option_unit[option]] = option
    at = np.full(inst.n_options, -1, dtype=np.int64)
    at[kept] = np.arange(len(kept))
    solution = _solve(opened, smaller, np.where(start >= 0, at[start], -1), left(), cancelled)
    if solution.choice is None:
        return _Found(free, held, bound, min(bound, priced), solution.status if held is None else "done", True)
    found = np.where(solution.choice >= 0, kept[solution.choice], -1)
    if held is None or _better(opened, found, held):
        held = found
    bound_held = bound if solution.bound is None else solution.bound
    if inst.unassigned(held) <= inst.unassigned(opened.choice):
        bound_held = min(bound_held, bound, priced)
    return _Found(free, held, bound, bound_held, "done", True)


def _better(opened: Reopened, one: Ints, other: Ints) -> bool:
    inst = opened.instance
    return (inst.unassigned(one), -inst.value(one)) < (inst.unassigned(other), -inst.value(other))


def _solve(opened: Reopened, smaller: Any, start: Ints, seconds: float, cancelled: Cancelled) -> Solution:
    from solver.engine.solve import solve

    named = opened.prices.named(opened.shut.instance)
    options = replace(opened.options(seconds), gap=0.0)
    return solve(opened.instance if smaller is None else smaller, options, None, cancelled, Start(start, named))


def _moves(opened: Reopened, before: Ints, after: Ints, first: tuple[str, ...]) -> tuple[Moved, ...]:
    """Who changes hands: `first`, then each where the one before pushes somebody out or leaves a gap."""
    customers, reps = opened.draft.customers, opened.draft.reps["rep_id"].tolist()
    old, new = opened.rep_of(before), opened.rep_of(after)
    ids, names = customers["customer_id"].tolist(), customers["name"].tolist()
    potential, workload = opened.draft.amounts("potential"), opened.draft.amounts("workload")
    left = [
        Moved(
            ids[j], names[j], reps[old[j]] if old[j] >= 0 else "", reps[new[j]] if new[j] >= 0 else "",
            float(potential[j]), float(workload[j]),
        )
        for j in np.flatnonzero(old != new).tolist()
    ]  # fmt: skip
    chain: list[Moved] = [m for c in dict.fromkeys(first) for m in left if m.customer_id == c]
    left = [m for m in left if m not in chain]
    while left:
        follows = [m for m in left if chain and m.from_rep == chain[-1].to_rep]
        follows = follows or [m for m in left if any(m.from_rep == c.to_rep or m.to_rep == c.from_rep for c in chain)]
        chain.append((follows or left)[0])
        left.remove(chain[-1])
    return tuple(chain)


def _lifted(opened: Reopened, told: Why, rep: str, candidate: Candidate | None) -> tuple[str, ...]:
    if candidate is None:
        return (f"{rep} is not active in the period",)
    rules = opened.plan.rules
    whom = f"{told.customer} or its family" if told.family else told.customer
    return tuple(
        f"{rep} may not have {whom}: {name} ({rules[name].describe()})" if name in rules else f"{rep}: {name}"
        for name in candidate.rules
    )


def _flips(opened: Reopened, told: Why, candidate: Candidate, loss: float) -> tuple[str, ...]:
    """What would have to change for the rep to be as good: more fit, other weights, more room."""
    rep, instead = candidate.rep_id, told.rep or "nobody"
    if loss <= opened.instance.error:
        return (f"nothing: with {rep} the plan is as good",)
    found = []
    term = first_fit(opened)
    if term is not None and candidate.fit is not None:
        needed = candidate.fit + loss / per_fit if (per_fit := _points_of_fit(opened, told, term[0])) > 0 else 2.0
        if needed <= 1:
            found.append(f"its fit with {rep} would have to be {needed:.2f}, not {candidate.fit:.2f}")
        elif candidate.fit < 1:
            found.append(f"more fit with {rep} alone would not do: even a fit of 1 is too little")
    for name, more in (candidate.terms or {}).items():
        weight = opened.plan.terms[name].weight
        if more > 1e-12:
            heavier = weight * (1 + loss / more)
            if heavier <= 10 * weight:
                speaks = f"{name}, which speaks for {rep}, would have to weigh about {heavier:.3g}, not {weight:g}"
                found.append(speaks)
        elif -more > loss:
            lighter = weight * (1 + loss / more)
            found.append(f"{name}, which speaks for {instead}, would have to weigh about {lighter:.3g}, not {weight:g}")
    for share in candidate.shares:
        if not share.of or share.points <= 0.05 * loss:
            continue
        if share.source in opened.plan.rules:
            whose = f"the limit of {share.of} on {share.metric} ({share.source})"
            takes = f"the {said(round(abs(share.amount), 6))} {share.metric} it takes there cost"
            found.append(f"{whose} is full: {takes} {pts(share.points)} points, which more room would give back")
        elif share.amount > 0:
            too = f"{share.of} has enough {share.metric} ({share.source})"
            found.append(f"{too}: as much less there would give back {pts(share.points)} points")
        else:
            short = f"{share.of} is short of {share.metric} ({share.source})"
            found.append(f"{short}: as much more there would give back {pts(share.points)} points")
    found += [f"to move it and nobody else, room is missing: it goes {b.sentence()}" for b in candidate.broken]
    return tuple(found)


def _points_of_fit(opened: Reopened, told: Why, name: str) -> float:
    """Points that the customer (with its family) brings by a fit of 1."""
    draft, term = opened.draft, opened.plan.terms[name]
    value = draft.amounts(getattr(term, "value", "potential"))
    pairs = draft.pairs
    fit = first_fit(opened)
    if fit is None:
        return 0.0
    best = float((value * draft.best_per_customer(fit[1].pairs(draft, pairs.customer, pairs.rep))).sum())
    total = sum(p.weight for p in draft.parts.values())
    members = draft.members(int(draft.label[opened.customer(told.customer)]))
    return 100 * float(value[members].sum()) / best * term.weight / total if best > 0 else 0.0
