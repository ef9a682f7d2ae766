"""Plans whose terms have priorities or floors: level after level, and what each level came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from solver.draft import Draft
from solver.engine.aims.levels import Aim, Least, Level, Make, Reached, Weights, one_after_another, reach
from solver.engine.solution import Cancelled, Options, Progress, Solution, Start, Status, Stopped, Watch
from solver.instance import Instance
from solver.objectives.base import Term
from solver.problems import Problem
from solver.sentences import sentence


def staged(terms: Mapping[str, Term]) -> bool:
    """Whether the terms need more than one solve by their weights: several priorities, or a floor."""
    return len(levels_of(terms)) > 1 or bool(floors_of(terms))


def levels_of(terms: Mapping[str, Term]) -> list[Level]:
    """The levels that have weight, the first first."""
    found = []
    for priority in sorted({t.priority for t in terms.values() if t.weight > 0}):
        mine = {n: t for n, t in terms.items() if t.priority == priority and t.weight > 0}
        aim = Aim(f"priority {priority}", {n: t.weight for n, t in mine.items()})
        found.append(Level(aim, max(t.give_up for t in mine.values())))
    return found


def floors_of(terms: Mapping[str, Term]) -> list[Least]:
    """What terms have to reach."""
    return [Least(Aim(f"{n}.at_least", {n: 1.0}), t.at_least) for n, t in terms.items() if t.at_least is not None]


def misfits(terms: Mapping[str, Term]) -> Iterator[Problem]:
    """Yield what of priorities and `give_up` cannot be meant; `column` is the path in the plan."""
    levels = {t.priority for t in terms.values() if t.weight > 0}
    for name, term in terms.items():
        if "priority" in term.model_fields_set and len(levels) == 1 and levels == {term.priority}:
            yield Problem(
                "one_priority", f"objectives.{name}.priority: every term that counts has priority {term.priority}, so"
                " there is no order among them",
                fix="terms without a priority have 1: give those that come later a 2", severity="warning",
            )  # fmt: skip
    for priority in sorted(levels):
        stated = {n: t.give_up for n, t in terms.items() if t.priority == priority and "give_up" in t.model_fields_set}
        if len(set(stated.values())) > 1:
            said = ", ".join(f"{n} {value:g}" for n, value in stated.items())
            yield Problem(
                "several_give_up", f"objectives: terms of priority {priority} state different give_up: {said}",
                expected="one number of points for the whole level", fix="state it once",
            )  # fmt: skip
        elif stated and priority == max(levels):
            yield Problem(
                "idle_give_up", f"objectives: give_up of priority {priority} does nothing: no level comes after it",
                severity="warning",
            )  # fmt: skip


def maker(draft: Draft) -> Make:
    """Return the draft's instances by weights, the last few kept."""

    @lru_cache(maxsize=8)
    def made(weights: tuple[tuple[str, float], ...]) -> Instance:
        return draft.instance(dict(weights))

    def make(weights: Weights) -> Instance:
        return made(tuple(sorted(weights.items())))

    return make


def solve_levels(
    draft: Draft,
    instance: Instance,
    options: Options,
    watch: Watch | None = None,
    cancelled: Cancelled | None = None,
    start: Start | None = None,
) -> tuple[Solution, list[dict[str, Any]], list[Problem]]:
    """Solve a plan with priorities or floors.

    Parameters
    ----------
    instance : the draft's, with the terms' own weights: score and bound are its points.

    Returns
    -------
    The solution; a record a level, see ``result["levels"]`` in ``docs/outputs.md``; and where there is no plan, why.

    Notes
    -----
    The bound is the weighted mean of the levels' bounds. It holds for plans that keep the floors and, of every level,
    what it has to keep.
    """
    make, floors, levels = maker(draft), floors_of(draft.terms), levels_of(draft.terms)
    if floors:
        found, missed = reach(make, floors, options, watch, cancelled, start)
        if missed is not None and found is not None:
            return _unreached(found, missed), [], [_why(found, missed)]
        if found is not None:
            start = Start(found.choice, found.prices)
    total = sum(sum(level.aim.weights.values()) for level in levels)
    if not levels:  # floors, and no term that counts
        levels = [Level(Aim("floors", {n: 1.0 for f in floors for n in f.aim.weights}), 0.0)]
    reached = one_after_another(make, levels, floors, options, watch, cancelled, start)
    return _whole(instance, reached, len(levels), total), [_record(make, r, reached) for r in reached], []


def _whole(instance: Instance, reached: tuple[Reached, ...], n_levels: int, total: float) -> Solution:
    """All levels as one solution in the points of the whole score."""
    last = reached[-1].solution
    plans = [(r.solution.choice, r.solution.prices) for r in reached if r.solution.choice is not None]
    if not plans:
        return last
    choice, prices = plans[-1]
    score = instance.points(instance.value(choice))
    notes = [note for r in reached for note in r.solution.notes]
    bounds = [r.solution.bound for r in reached]
    bound: float | None = None
    if len(reached) < n_levels:
        notes.append(
            sentence("the search ended before {n} of {all_n} priorities; no bound is proven",
                     n=n_levels - len(reached), all_n=n_levels)
        )  # fmt: skip
    elif all(b is not None for b in bounds):
        shares = [sum(r.level.aim.weights.values()) / total if total else 0.0 for r in reached]
        mean = sum(s * b for s, b in zip(shares, bounds, strict=True) if b is not None)
        bound = max(score, (mean if total else 100.0) + instance.error)
        if n_levels > 1:
            notes.append(sentence("the bound is that of plans that keep the priorities"))
    else:
        notes.append(sentence("no bound is proven: one of the priorities has none"))
    proven = all(r.solution.status == "optimal" for r in reached) and len(reached) == n_levels
    status: Status = "optimal" if proven else "feasible"
    stops = {r.solution.stopped for r in reached}
    stopped: Stopped = next((s for s in ("cancelled", "time", "gap") if s in stops), "proven")
    seconds = sum(r.solution.seconds for r in reached)
    # What the levels told on the way are points of their own aims; only the end is a score.
    return Solution(
        status, choice, score, bound, instance.unassigned(choice), last.fewest_unassigned, stopped, seconds,
        (Progress(seconds, score, bound, "priorities"),), tuple(dict.fromkeys(notes)), prices,
    )  # fmt: skip


def _record(make: Make, one: Reached, reached: tuple[Reached, ...]) -> dict[str, Any]:
    final = [r.solution.choice for r in reached if r.solution.choice is not None]
    inst = make(one.level.aim.weights)
    found = one.solution
    bound = None if found.bound is None else min(100.0, found.bound)  # what is above is the engine's margin
    return {
        "name": one.level.aim.name,
        "terms": sorted(one.level.aim.weights),
        "status": found.status,
        "score": inst.points(inst.value(final[-1])) if final else None,
        "best": found.score,
        "bound": bound,
        "gap": None if bound is None or found.score is None else max(0.0, bound - found.score),
        "give_up": one.level.give_up,
        "least": one.least if found.score is not None else None,
    }


def _unreached(found: Solution, missed: Least) -> Solution:
    """No plan: the floor is above what is proven to be possible, or was not reached in time."""
    impossible = found.status == "infeasible" or (found.bound is not None and found.bound < missed.points)
    if impossible:
        return Solution("infeasible", None, None, None, 0, 0, "proven", found.seconds, ())
    return Solution("no_plan", None, None, None, 0, 0, found.stopped, found.seconds, (), found.notes)


def _why(found: Solution, missed: Least) -> Problem:
    (name,) = missed.aim.weights
    key = f"objectives.{name}.at_least"
    if found.choice is None:
        text = sentence("{key}: no plan keeps the rules and the floors before this one", key=key)
        return Problem("floor_unreached", text)
    most = "" if found.bound is None else sentence(", and no plan more than {bound_n}", bound_n=f"{found.bound:.2f}")
    text = sentence("{key}: {points_n} points are asked for; the best plan found has {score_n}{and_most}", key=key,
                    points_n=f"{missed.points:g}", score_n=f"{found.score:.2f}", and_most=most)  # fmt: skip
    return Problem(
        "floor_unreached", text, expected=f"at most {found.score:.2f}" if found.score is not None else "",
    )  # fmt: skip
