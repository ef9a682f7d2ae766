"""Fit learned anew for each past period, from what was known at its start: as `fairbook learn` would have done then.

The model of today knows how the past ended. What is judged is therefore never it, but the habit of learning: a model
of the history before each period, checked on that history alone, and used only where it would have earned its place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scenarios.advise.past import Past, as_then
from scenarios.learn.learn import learn_from
from scenarios.plan.plan import Plan, parse_plan
from scenarios.sweep.workers import Done, Event, Failed, Lost, Workers, WorkersError
from solver.fit.learned.model import Model
from solver.problems import InputError, shorten

LIMITS = (
    "Fit was learned anew for each past period, from the history before it, and used where it would have earned its "
    "place then. That judges the habit of learning, not the model of today.",
    "What a customer would have brought with another rep is in part expected from the same history that fit was "
    "learned from: take a gain of learned fit for less sure than its interval says.",
)


@dataclass(frozen=True)
class Refit:
    """Fit as it would have been learned at the start of one past period.

    Attributes
    ----------
    model : None where nothing could be learned.
    why : why fit stays declared; empty where the model is used.
    """

    model: Model | None
    why: str = ""


@dataclass(frozen=True)
class _Task:
    plan: int
    past: int


def refitted(
    plans: Mapping[str, Mapping[str, Any]],
    pasts: Sequence[Past],
    force: bool,
    workers: Workers,
    watch: Callable[[str, bool], None] = lambda name, done: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, list[Refit]]:
    """Learn for each past period, once for all strategies that learn alike.

    Parameters
    ----------
    plans : strategies by name, as plans' plain data; those that use no learned fit are passed over.
    force : use models although they would not have earned their place: the model of today is forced too.
    watch : told of each period when it is begun, and when it is done.

    Returns
    -------
    By strategy one a period; strategies that use no learned fit are not there, nor any after a stop.
    """
    parsed = {name: parse_plan(source) for name, source in plans.items()}
    alike = {name: _key(plan) for name, plan in parsed.items() if any(t.needs_model for t in plan.terms.values())}
    keys = list(dict.fromkeys(alike.values()))
    if not keys:
        return {}
    sources = [plans[next(name for name, key in alike.items() if key == one)] for one in keys]
    workers.share("learning", [dict(source) for source in sources])
    workers.share("known", [(p.name, p.period, p.known) for p in pasts])
    workers.share("force", force)
    tasks = [_Task(k, n) for k in range(len(keys)) for n in range(len(pasts))]
    names = [f"learned fit for {pasts[t.past].name}" for t in tasks]
    found: dict[tuple[int, int], Refit] = {}
    for name in names:
        watch(name, False)

    def take(event: Event) -> None:
        task = tasks[event.task]
        if isinstance(event, Done):
            found[task.plan, task.past] = event.value
            watch(names[event.task], True)
        elif isinstance(event, Failed):
            raise WorkersError(f"{names[event.task]}: {event.message}")
        elif isinstance(event, Lost):
            found[task.plan, task.past] = Refit(None, event.message)
            watch(names[event.task], True)

    workers.run(refit, tasks, take, cancelled)
    if len(found) < len(tasks):
        return {}
    return {name: [found[keys.index(key), n] for n in range(len(pasts))] for name, key in alike.items()}


def refit(shared: Mapping[str, Any], task: _Task, tell: Callable[[Any], None]) -> Refit:
    """Learn for one past period, in a worker."""
    name, period, known = shared["known"][task.past]
    plan = as_then(parse_plan(shared["learning"][task.plan]), name, period)
    try:
        model = learn_from(plan, known, "plan.yaml", {}, shared["force"]).model
    except InputError as error:
        return Refit(None, str(error))
    return Refit(model, "" if model.usable else model.verdict)


def notes_on(refits: Mapping[str, Sequence[Refit]], pasts: Sequence[Past]) -> list[str]:
    """Return what to know of fits learned anew: where they stayed declared, and the limits of judging them."""
    if not refits:
        return []
    notes = []
    for n, past in enumerate(pasts):
        why = dict.fromkeys(one[n].why for one in refits.values() if one[n].why)
        notes += [f"fit stays declared in {past.name}, as what was known then {_then(w)}" for w in why]
    return [*notes, *(limit.removesuffix(".") for limit in LIMITS)]


def _then(why: str) -> str:
    return shorten(why if why.startswith("does not earn") else f"was of no use: {why}", 300)


def _key(plan: Plan) -> str:
    """All of a plan that what is learned depends on."""
    profiles = [t.profile.model_dump(mode="json") for t in plan.terms.values() if hasattr(t, "profile")]
    rules = {name: rule.model_dump(mode="json") for name, rule in plan.rules.items()}
    return json.dumps([plan.learning.model_dump(mode="json"), profiles, rules], sort_keys=True, default=str)
