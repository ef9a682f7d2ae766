"""Aims one after another: the best by the first, then by the second among plans that give up little of the first.

Lexicographic goal programming with tolerances (Waltz 1967); each aim reached becomes a floor for those that follow. A
floor over soft loads is exact on small instances and priced on large ones, see ``docs/adr/0006-floors.md``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from solver.arrays import Ints
from solver.engine.aims.floors import Floor, with_floors
from solver.engine.solution import Cancelled, Options, Progress, Solution, Start, Status, Stopped, Watch
from solver.engine.solve import solve
from solver.instance import Instance

#: Eligible pairs up to which a floor over soft loads is put to CP-SAT as it is.
EXACT = 3_000
#: Solves that the search for a floor's price takes at most.
_ROUNDS = 8

Weights = Mapping[str, float]
Make = Callable[[Weights], Instance]


@dataclass(frozen=True)
class Aim:
    """A mean of terms.

    Attributes
    ----------
    name : for messages.
    weights : term → weight, their sum above 0.
    """

    name: str
    weights: Weights

    def share(self, term: str) -> float:
        """The term's part of the mean, 0 to 1."""
        return self.weights.get(term, 0.0) / sum(self.weights.values())

    def plus(self, others: Sequence[tuple[float, Aim]]) -> Weights:
        """Weights of this mean plus others, each so many times."""
        whole = [(1.0, self), *others]
        terms = {term for _, aim in whole for term in aim.weights}
        return {term: sum(times * aim.share(term) for times, aim in whole) for term in sorted(terms)}


@dataclass(frozen=True)
class Least:
    """A floor for an aim, in points."""

    aim: Aim
    points: float


@dataclass(frozen=True)
class Level:
    """What is asked first, second …: the aim, and how many of its points later levels may give up together."""

    aim: Aim
    give_up: float


@dataclass(frozen=True)
class Reached:
    """What a level came to: its own solve; `least` points of it every later level keeps."""

    level: Level
    solution: Solution
    least: float


def maximise(
    make: Make,
    aim: Aim,
    floors: Sequence[Least],
    options: Options,
    watch: Watch | None = None,
    cancelled: Cancelled | None = None,
    start: Start | None = None,
) -> Solution:
    """Find the best plan by an aim among those that keep the floors; score and bound are the aim's points.

    Parameters
    ----------
    make : the instance for weights, always over the same options.
    start : its choice, where it keeps the floors, is the worst that is returned from a large instance.
    """
    inst = make(aim.weights)
    made = [Floor(f.aim.name, make(f.aim.weights), f.points) for f in floors]
    if all(f.linear for f in made) or inst.n_options <= EXACT:
        return _rows(inst, made, options, watch, cancelled, start)
    return _Priced(make, aim, floors, made, options, watch, cancelled, start).run()


def _rows(
    inst: Instance,
    floors: Sequence[Floor],
    options: Options,
    watch: Watch | None,
    cancelled: Cancelled | None,
    start: Start | None,
) -> Solution:
    """Solve with every floor as rows."""
    whole = with_floors(inst, floors)
    if whole.slack:
        options = replace(options, engine="exact")
    if start is not None and start.choice is not None:
        start = replace(start, choice=whole.close(start.choice))
    found = solve(whole.instance, options, watch, cancelled, start)
    return found if found.choice is None else replace(found, choice=whole.open(found.choice))


class _Priced:
    """Floors over soft loads as prices: each plan of ``aim + Σ price · floor`` gives a bound, some keep the floors."""

    def __init__(
        self,
        make: Make,
        aim: Aim,
        floors: Sequence[Least],
        made: Sequence[Floor],
        options: Options,
        watch: Watch | None,
        cancelled: Cancelled | None,
        start: Start | None,
    ):
        self.make, self.aim, self.options, self.watch = make, aim, options, watch
        self.floors = made
        self.hard = [f for f in made if f.linear]
        self.soft = [(least, f) for least, f in zip(floors, made, strict=True) if not f.linear]
        self.cancelled = cancelled or (lambda: False)
        self.instance = make(aim.weights)
        self.start = start or Start()
        self.best: Ints | None = None
        self.bound = math.inf
        self.began = time.monotonic()
        self.trace: list[Progress] = []
        self.last: Solution | None = None

    def score(self) -> float | None:
        """Points of the best plan so far."""
        return None if self.best is None else self.instance.points(self.instance.value(self.best))

    def take(self, choice: Ints) -> None:
        """Keep a plan if it keeps the floors and is better."""
        inst = self.instance
        if not (all(f.kept(choice) for f in self.floors) and inst.feasible(choice)):
            return
        key = (inst.unassigned(choice), -inst.value(choice))
        if self.best is None or key < (inst.unassigned(self.best), -inst.value(self.best)):
            self.best = choice

    def near(self) -> bool:
        """Whether the best plan is within the gap."""
        score = self.score()
        return score is not None and self.bound - score <= self.options.gap

    def run(self) -> Solution:
        """Look for prices at which the floors are just kept."""
        if self.start.choice is not None:
            self.take(self.start.choice)
        price = [1.0] * len(self.soft)
        low, high = [0.0] * len(price), [math.inf] * len(price)
        for round_ in range(_ROUNDS):
            left = self.options.time_limit - (time.monotonic() - self.began)
            if left <= 0 or self.cancelled() or self.near():
                break
            self.solve_at(price, left / (_ROUNDS - round_) * 2 if round_ < _ROUNDS - 1 else left)
            if self.last is None or self.last.choice is None:
                break
            for k, (_, floor) in enumerate(self.soft):
                if floor.kept(self.last.choice):
                    high[k] = min(high[k], price[k])
                else:
                    low[k] = max(low[k], price[k])
                if high[k] <= low[k]:  # prices of several floors depend on each other
                    low[k], high[k] = 0.0, math.inf
                if math.isinf(high[k]):
                    price[k] *= 4
                else:
                    price[k] = math.sqrt(low[k] * high[k]) if low[k] else high[k] / 4
        return self.end()

    def solve_at(self, price: Sequence[float], seconds: float) -> None:
        """Solve at these prices: another bound, and perhaps a better plan."""
        total = 1 + sum(price)
        weights = self.aim.plus([(p, least.aim) for p, (least, _) in zip(price, self.soft, strict=True)])
        options = replace(self.options, time_limit=max(0.1, seconds), gap=self.options.gap / (2 * total))
        start = replace(self.start, choice=self.best if self.best is not None else self.start.choice)
        self.last = _rows(self.make(weights), self.hard, options, None, self.cancelled, start)
        if self.last.choice is not None:
            self.take(self.last.choice)
        self.start = Start(self.start.choice, self.last.prices or self.start.prices)
        if self.last.bound is not None:
            paid = sum(p * (f.least - f.loose) for p, (_, f) in zip(price, self.soft, strict=True))
            self.bound = min(self.bound, total * self.last.bound - paid)
        self.trace.append(
            Progress(
                time.monotonic() - self.began, self.score(), None if math.isinf(self.bound) else self.bound, "floors"
            )
        )
        if self.watch:
            self.watch(self.trace[-1])

    def end(self) -> Solution:
        """Wrap up."""
        score, bound = self.score(), None if math.isinf(self.bound) else self.bound
        stopped: Stopped = "cancelled" if self.cancelled() else "gap" if self.near() else "time"
        status: Status = "no_plan" if self.best is None else "feasible"
        if self.best is None and self.last is not None and self.last.status == "infeasible":
            status, stopped = "infeasible", "proven"
        unassigned = 0 if self.best is None else self.instance.unassigned(self.best)
        fewest = 0 if self.last is None else self.last.fewest_unassigned
        notes = () if self.last is None else self.last.notes
        if score is not None and bound is not None:
            bound = max(bound, score)
        return Solution(
            status, self.best, score, bound, unassigned, fewest, stopped, time.monotonic() - self.began,
            tuple(self.trace), notes, self.start.prices,
        )  # fmt: skip


def reach(
    make: Make,
    floors: Sequence[Least],
    options: Options,
    watch: Watch | None = None,
    cancelled: Cancelled | None = None,
    start: Start | None = None,
) -> tuple[Solution | None, Least | None]:
    """Find a plan that keeps all floors: (a plan, None), or (what was found, the floor that it could not reach)."""
    found: Solution | None = None
    began = time.monotonic()
    for n, floor in enumerate(floors):
        inst = make(floor.aim.weights)
        measured = Floor(floor.aim.name, inst, floor.points)
        if found is not None and found.choice is not None and measured.kept(found.choice):
            continue
        there: list[bool] = []

        def look(progress: Progress, least: float = floor.points, there: list[bool] = there) -> None:
            if progress.score is not None and progress.score >= least:
                there.append(True)
            if watch:
                watch(progress)

        def enough(there: list[bool] = there) -> bool:
            return bool(there) or (cancelled is not None and cancelled())

        left = max(0.1, options.time_limit - (time.monotonic() - began))
        limits = replace(options, time_limit=left, gap=0.0)
        given = start if found is None else Start(found.choice, found.prices)
        found = maximise(make, floor.aim, floors[:n], limits, look, enough, given)
        if found.choice is None or not measured.kept(found.choice):
            return found, floor
    return found, None


def one_after_another(
    make: Make,
    levels: Sequence[Level],
    floors: Sequence[Least],
    options: Options,
    watch: Watch | None = None,
    cancelled: Cancelled | None = None,
    start: Start | None = None,
) -> tuple[Reached, ...]:
    """Solve level after level; what is reached of one, less what it may give up, is a floor for the next.

    Ends early where a level has no plan, or when cancelled. The clock is shared in equal parts; what one leaves goes
    to the rest.
    """
    done: list[Reached] = []
    kept = list(floors)
    began = time.monotonic()
    for n, level in enumerate(levels):
        left = max(0.1, options.time_limit - (time.monotonic() - began)) / (len(levels) - n)
        shown = _staged(watch, level.aim.name, began) if len(levels) > 1 else watch
        found = maximise(make, level.aim, kept, replace(options, time_limit=left), shown, cancelled, start)
        least = -math.inf if found.score is None else found.score - level.give_up
        done.append(Reached(level, found, least))
        if found.choice is None or (cancelled is not None and cancelled()):
            break
        kept.append(Least(level.aim, least))
        start = Start(found.choice, found.prices)
    return tuple(done)


def _staged(watch: Watch | None, name: str, began: float) -> Watch | None:
    if watch is None:
        return None
    return lambda p: watch(replace(p, seconds=time.monotonic() - began, stage=f"{name}, {p.stage}"))
