"""The trade-off between two terms or figures: proven points by ε-constraint, each from the plan of its neighbour.

The method is Haimes, Lasdon and Wismer's (1971), with a small reward on the constrained side as in AUGMECON (Mavrotas
2009) so that it is not wasted; see ``docs/adr/0006-floors.md``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scenarios.frontier.axes import Axis, axis
from scenarios.frontier.curve import Frontier, Method, Place, Point, knee_of, undominated
from scenarios.plan.priorities import floors_of, levels_of, maker
from scenarios.run.prepare import Prepared
from scenarios.run.run import AuditFailed
from solver.arrays import Ints
from solver.audit import AGREEMENT, Audit, audit
from solver.draft import Draft
from solver.engine.aims.levels import EXACT, Least, Make, maximise, reach
from solver.engine.solution import Options, Progress, Solution, Start
from solver.explain import diagnose
from solver.instance import Instance
from solver.objectives.base import Term
from solver.problems import InputError, Problem
from solver.waterfall import by_waterfall, habits_of

#: What a point of the held side is worth where the other is maximised above a floor.
REWARD = 1e-3
#: What it is worth at the far end, where a floor for the other side cannot be said in rows.
_END_REWARD = 0.05

#: Called with: point number from 1, how many there are, and news of its search in points of the maximised side.
Tell = Callable[[int, int, Progress], None]


@dataclass(frozen=True)
class _Cut:
    """No plan with at least `least` points of the constrained side has more than `most` of the maximised one."""

    least: float
    most: float


def trace(
    prepared: Prepared,
    x: str,
    y: str,
    points: int = 12,
    options: Options | None = None,
    tell: Tell | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Frontier:
    """Trace the curve between two terms or figures.

    Parameters
    ----------
    points : how many to look for, both ends included, >= 2.
    options : of every single point's search; the plan's own by default.

    Raises
    ------
    InputError
        No such term or figure, or twice the same.
    AuditFailed
        A plan found does not hold.
    """
    options = options or Options(**prepared.plan.options.model_dump())
    axes = axis(x, prepared.plan.terms, "--x"), axis(y, prepared.plan.terms, "--y")
    if axes[0].aim.weights == axes[1].aim.weights or axes[0].extra == axes[1].extra != {}:
        raise InputError([Problem("same_axis", f"{x} and {y} are the same", column="--y", fix="name two")])
    return _Tracer(prepared, axes, points, options, tell, cancelled or (lambda: False)).run()


class _Tracer:
    def __init__(
        self,
        prepared: Prepared,
        axes: tuple[Axis, Axis],
        n: int,
        options: Options,
        tell: Tell | None,
        cancelled: Callable[[], bool],
    ):
        self.prepared, self.n, self.options, self.cancelled = prepared, n, options, cancelled
        self._tell = tell
        self.x, self.y = axes
        plan = prepared.plan
        self.terms: dict[str, Term] = plan.terms | self.x.terms() | self.y.terms()
        self.draft = prepared.draft
        if len(self.terms) > len(plan.terms):
            self.draft = Draft(prepared.tables, plan.period, plan.rules, self.terms, plan.coverage == "required")
        self.make: Make = maker(self.draft)
        self.floors = floors_of(plan.terms)
        self.found: list[Point] = []
        self.cuts: list[_Cut] = []
        self.lines: list[tuple[float, float]] = []  # with weights: share of the free side, most the mean can be
        self.notes: list[str] = []
        self.began = time.monotonic()
        if len(levels_of(plan.terms)) > 1:
            self.notes.append("the plan's priorities play no part here: both sides are looked at for themselves")
        self.method: Method = "weights"
        if self.sayable(self.x):
            self.method = "floor on x"
        elif self.sayable(self.y):
            self.method = "floor on y"
        self.held, self.free = (self.y, self.x) if self.method == "floor on y" else (self.x, self.y)

    def sayable(self, side: Axis) -> bool:
        """Whether a floor on this side can be put in rows."""
        return self.prepared.instance.n_options <= EXACT or not len(self.make(side.aim.weights).piece_row)

    # --- searching -------------------------------------------------------------------------------

    def run(self) -> Frontier:
        """Both ends, then what lies between, from the end where the held side is largest."""
        start, failed = None, None
        if self.floors:
            first, missed = reach(self.make, self.floors, self.options, None, self.cancelled)
            if missed is not None:
                failed = first
            elif first is not None:
                start = Start(first.choice, first.prices)
        top = failed or self.search(1, self.held, [], start)
        if top.choice is None or failed is not None:
            return self.result(top)
        self.take(top)
        end = self.search(2, self.free, [], Start(top.choice, top.prices))
        if end.choice is not None:
            self.take(end)
            if end.bound is not None:
                self.cuts.append(_Cut(-math.inf, end.bound))
        most_held, end = top.bound, self.far_end(end)
        high, low = self.points_of(top, self.held), self.points_of(end, self.held)
        if self.method == "weights":
            self.weigh(top, most_held)
        elif high is not None and low is not None:
            self.step(top, high, low)
        return self.result(top, most_held)

    def step(self, top: Solution, high: float, low: float) -> None:
        """Points at even floors, falling, so that each plan is one for the next floor."""
        start = Start(top.choice, top.prices)
        inner = np.linspace(high, min(low, high), max(2, self.n))[:-1].tolist()
        for k, least in enumerate(inner):
            if self.cancelled():
                break
            found = self.search(4 + k, self.free, [Least(self.held.aim, least)], start)
            if found.choice is None:
                continue
            if found.bound is not None:
                self.cuts.append(_Cut(least, found.bound))
            self.take(found)
            start = Start(found.choice, found.prices)

    def weigh(self, top: Solution, most_held: float | None) -> None:
        """Points at even weights; what one proves of the mean limits every point."""
        start = Start(top.choice, top.prices)
        if most_held is not None:
            self.lines.append((0.0, most_held))
        for k, share in enumerate(np.linspace(0, 1, max(2, self.n))[1:-1].tolist()):
            if self.cancelled():
                break
            both = replace(self.free.aim, weights=self.free.aim.plus([((1 - share) / share, self.held.aim)]))
            found = maximise(self.make, both, self.floors, self.options, self.watch(4 + k), self.cancelled, start)
            if found.choice is None:
                continue
            if found.bound is not None:
                self.lines.append((share, found.bound))
            self.take(found)
            start = Start(found.choice, found.prices)

    def far_end(self, end: Solution) -> Solution:
        """Of the plans that have the most of the free side, one with much of the held side."""
        best = self.points_of(end, self.free)
        if end.choice is None or best is None or self.cancelled():
            return end
        start = Start(end.choice, end.prices)
        if self.sayable(self.free):
            found = self.search(3, self.held, [Least(self.free.aim, best)], start)
        else:
            aim = replace(self.free.aim, weights=self.free.aim.plus([(_END_REWARD, self.held.aim)]))
            options = replace(self.options, gap=self.options.gap * _END_REWARD)
            found = maximise(self.make, aim, self.floors, options, self.watch(3), self.cancelled, start)
        if found.choice is None:
            return end
        self.take(found)
        return found

    def search(self, number: int, free: Axis, floors: Sequence[Least], start: Start | None) -> Solution:
        """Maximise one side, with a reward on the other where that has a floor; the bound is of the one side alone."""
        others = [(REWARD, floor.aim) for floor in floors]
        aim = replace(free.aim, weights=free.aim.plus(others))
        found = maximise(
            self.make, aim, [*self.floors, *floors], self.options, self.watch(number), self.cancelled, start
        )
        if found.bound is None:
            return found
        reward = sum(r * (floor.points - AGREEMENT) for (r, _), floor in zip(others, floors, strict=True))
        return replace(found, bound=min(100.0, (1 + REWARD * len(others)) * found.bound - reward))

    @property
    def total(self) -> int:
        """How many searches there are: three for the ends, and one a floor or weight."""
        return self.n + 2 if self.method != "weights" else self.n + 1

    def watch(self, number: int) -> Callable[[Progress], None] | None:
        """Pass news of a search on."""
        tell = self._tell
        if tell is None:
            return None
        return lambda p: tell(number, self.total, p)

    def points_of(self, found: Solution, side: Axis) -> float | None:
        """Points that a solution has of a side."""
        if found.choice is None:
            return None
        inst = self.make(side.aim.weights)
        return inst.points(inst.value(found.choice))

    # --- looking at plans ------------------------------------------------------------------------

    def take(self, found: Solution) -> None:
        """Audit a plan and keep it as a point."""
        if found.choice is None:
            return
        assignment = self.assignment(found.choice)
        checked = self.audit(assignment)
        if checked.violations:
            raise AuditFailed(checked.violations, f"a plan found breaks a rule: {checked.violations[0].message}")
        place = self.place(checked)
        for side, value in ((self.x, place.x), (self.y, place.y)):
            if abs(value - (self.points_of(found, side) or 0.0)) > AGREEMENT:
                raise AuditFailed((), f"{side.name}: the engine and the audit ({value}) do not agree")
        self.found.append(Point(place, None, found.status, found.stopped, assignment))

    def assignment(self, choice: Ints) -> dict[str, str | None]:
        """customer_id → rep_id or None."""
        inst = self.prepared.instance
        option = choice[inst.customer_unit]
        rep = np.where(option >= 0, inst.option_rep[option] if inst.n_options else -1, -1)
        reps = self.draft.reps["rep_id"].tolist()
        ids = self.draft.customers["customer_id"].tolist()
        return {c: reps[i] if i >= 0 else None for c, i in zip(ids, rep.tolist(), strict=True)}

    def audit(self, assignment: Mapping[str, str | None]) -> Audit:
        """Check and measure an assignment, the extra figures among its terms."""
        plan = self.prepared.plan
        required = plan.coverage == "required"
        return audit(self.prepared.tables, plan.period, plan.rules, self.terms, assignment, required)

    def place(self, checked: Audit) -> Place:
        """Return where an audited assignment lies."""
        said = tuple(f"{v.rule}: {v.message}" for v in checked.violations)
        here = self.x.value(checked.terms), self.y.value(checked.terms)
        return Place(*here, checked.score, checked.terms, len(checked.unassigned), said)

    def today(self) -> Place:
        """Return where the current assignment lies; customers of reps who are gone have nobody."""
        known = set(self.draft.reps["rep_id"])
        pairs = zip(self.draft.customers["customer_id"], self.draft.customers["current_rep"], strict=True)
        return self.place(self.audit({c: r if r in known else None for c, r in pairs}))

    def waterfall(self) -> Place:
        """Return where the waterfall ends."""
        inst: Instance = self.prepared.instance
        return self.place(self.audit(self.assignment(by_waterfall(inst, habits_of(self.draft)))))

    # --- the curve -------------------------------------------------------------------------------

    def limit(self, held: float, free: float) -> float | None:
        """The least of all that is proven of the free side for plans with this much of the held one."""
        most = [c.most for c in self.cuts if c.least <= held + 1e-9]
        most += [(b - (1 - share) * held) / share for share, b in self.lines if share > 0]
        if most and min(most) < free - AGREEMENT:
            raise AuditFailed((), f"{self.free.name}: a plan has {free} points where at most {min(most)} are proven")
        return max(free, min(most)) if most else None

    def result(self, top: Solution, most_held: float | None = None) -> Frontier:
        """Drop what is dominated, put limits to the rest, and name the knee."""
        fewest = min((p.place.unassigned for p in self.found), default=0)
        kept = [p for p in undominated(self.found) if p.place.unassigned == fewest]
        if len(kept) < len(self.found) and any(p.place.unassigned > fewest for p in self.found):
            self.notes.append("points that leave more customers without a rep than others were dropped")
        limited = []
        for p in kept:
            held, free = (p.place.y, p.place.x) if self.held is self.y else (p.place.x, p.place.y)
            limited.append(replace(p, limit=self.limit(held, free)))
        if self.cancelled():
            self.notes.append("the search was stopped, so points may be missing")
        most_free = next((c.most for c in self.cuts if c.least == -math.inf), None)
        most = (most_held, most_free) if self.held is self.x else (most_free, most_held)
        status = "feasible" if limited else top.status if top.choice is None else "no_plan"
        findings = () if limited else tuple(f.message for f in diagnose(self.prepared.draft))
        return Frontier(
            self.x, self.y, self.method, tuple(limited), len(self.found) - len(limited),
            knee_of([(p.place.x, p.place.y) for p in limited]), *most, self.today(), self.waterfall(), status,
            tuple(self.notes), findings, time.monotonic() - self.began,
        )  # fmt: skip
