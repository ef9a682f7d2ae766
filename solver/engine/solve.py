"""From instance to solution: coverage first, then score; what is said to be impossible was said twice."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from solver.arrays import Ints
from solver.engine.construct import construct
from solver.engine.exact import Model
from solver.engine.expand import closed
from solver.engine.improve import Improver
from solver.engine.mip import solve_mip
from solver.engine.price import price
from solver.engine.solution import Cancelled, Options, Progress, Solution, Status, Stopped, Watch
from solver.instance import Instance

#: Eligible pairs up to which one CP-SAT model is the quickest way to the optimum.
_SMALL = 3_000
#: Eligible pairs beyond which one CP-SAT model adds nothing to a plan and its bound.
_LARGE = 60_000
#: Rounds of annealing without a gain after which CP-SAT gets the plan.
_IDLE_ROUNDS = 8
#: Share of the time limit that coverage may take when the first plan leaves customers unassigned.
_COVERAGE_SHARE = 0.4
#: Seconds a second solver gets to confirm that there is no plan.
_CONFIRM_SECONDS = 60.0


def solve(
    instance: Instance, options: Options, watch: Watch | None = None, cancelled: Cancelled | None = None
) -> Solution:
    """Find the best plan: fewest customers unassigned first, then the highest score.

    Parameters
    ----------
    watch : called with every improvement, from another thread.
    cancelled : polled about twenty times a second; True ends the search with the best plan found.
    """
    return _Search(instance, options, watch, cancelled or (lambda: False)).run()


class _Search:
    def __init__(self, instance: Instance, options: Options, watch: Watch | None, cancelled: Cancelled):
        self.instance, self.options, self.cancelled = instance, options, cancelled
        self.began = time.monotonic()
        self.trace: list[Progress] = []
        self.notes: list[str] = []
        self._watch = watch
        self.cut = False  # whether clock or user ended a stage before its own end

    def tell(self, progress: Progress) -> None:
        """Keep what improved on the best score and bound so far, and pass it on."""
        last = self.trace[-1] if self.trace else Progress(0.0, None, None, "")
        scores = [s for s in (last.score, progress.score) if s is not None]
        bounds = [b for b in (last.bound, progress.bound) if b is not None]
        best = Progress(progress.seconds, max(scores, default=None), min(bounds, default=None), progress.stage)
        if (best.score, best.bound) != (last.score, last.bound):
            self.trace.append(best)
            if self._watch:
                self._watch(best)

    def left(self, share: float = 1.0) -> Options:
        """Options with what remains of the clock."""
        spent = time.monotonic() - self.began
        return replace(self.options, time_limit=max(0.1, self.options.time_limit * share - spent))

    def run(self) -> Solution:
        """Construct, cover, optimise."""
        inst = self.instance
        homeless = np.diff(inst.indptr) == 0
        if np.any(homeless & inst.required):
            self.notes.append("some customers that must get a rep have no eligible rep")
            return self.end("infeasible", None, None, "proven")
        fewest = int(inst.unit_size[homeless].sum())
        first = construct(inst, self.options.seed)
        plan = first if inst.feasible(first) else None
        stage = "construct"
        if plan is None or inst.unassigned(plan) > fewest:
            covered = self.cover(first, plan, fewest)
            if isinstance(covered, Solution):
                return covered
            plan, fewest = covered
            stage = "coverage"
        # Not before: the score of a plan that leaves more customers unassigned is no step towards this one.
        self.tell(Progress(time.monotonic() - self.began, inst.points(inst.value(plan)), None, stage))
        most = inst.unassigned(plan)
        engine = self.options.engine
        if engine == "price" or (engine == "auto" and inst.n_options > _SMALL):
            plan = self.improve(plan, most)
            if self.over() or self.near(plan) or inst.n_options > _LARGE:
                return self.improved(plan, fewest)
        model = Model(inst, most)
        model.maximise_score()
        model.hint(plan)
        outcome = model.solve(self.left(), "exact", self.tell, self.cancelled, self.began)
        if outcome.status == "INFEASIBLE":
            raise RuntimeError("CP-SAT calls infeasible what it was given a plan for")
        ceiling = inst.ceiling()
        bound = inst.points(ceiling if outcome.bound is None else min(ceiling, outcome.bound)) + inst.error
        told = self.trace[-1].bound  # CP-SAT gives no bound with its answer when it ends without a plan
        bound = bound if told is None else min(bound, told)
        if outcome.choice is not None and (inst.unassigned(outcome.choice), -inst.value(outcome.choice)) <= (
            most,
            -inst.value(plan),
        ):
            plan = outcome.choice
        score = inst.points(inst.value(plan))
        gap = bound - score
        proven = outcome.status == "OPTIMAL" and outcome.bound == inst.value(plan)
        if proven and inst.unassigned(plan) == fewest:
            return self.end("optimal", plan, bound, "proven", fewest)
        stopped: Stopped = "time"
        if self.cancelled():
            stopped = "cancelled"
        elif inst.unassigned(plan) == fewest and gap <= self.options.gap + 2 * inst.error:
            stopped = "gap"  # otherwise the clock cut the search for coverage
        return self.end("feasible", plan, bound, stopped, fewest)

    def over(self) -> bool:
        """Whether the search has to end: no time left, or cancelled. Remembers that it had to."""
        self.cut = self.cut or self.cancelled() or time.monotonic() - self.began >= self.options.time_limit
        return self.cut

    def near(self, plan: Ints) -> bool:
        """Whether a plan is proven to lie within the gap asked for."""
        bound = self.trace[-1].bound
        return bound is not None and bound - self.instance.points(self.instance.value(plan)) <= self.options.gap

    def improve(self, plan: Ints, most: int) -> Ints:
        """Price the loads, then anneal near the prices until nothing is gained any more."""
        inst = self.instance
        shut = closed(inst, most)
        prices = price(shut.instance, self.left().time_limit, self.over)
        bound = inst.points(min(prices.bound, inst.ceiling())) + inst.error
        self.tell(Progress(time.monotonic() - self.began, None, bound, "price"))
        improver = Improver(shut.instance, prices, self.options.workers, self.options.seed)
        grown = improver.from_prices(self.over)
        if grown is not None and inst.value(shut.open(grown)) > inst.value(plan):
            plan = shut.open(grown)
            self.tell(Progress(time.monotonic() - self.began, inst.points(inst.value(plan)), None, "price"))
        idle, last = 0, inst.value(plan)
        for found in improver.rounds(shut.close(plan), self.over):
            plan = shut.open(found)
            value = inst.value(plan)
            idle, last = (idle + 1, last) if value <= last else (0, value)
            self.tell(Progress(time.monotonic() - self.began, inst.points(value), None, "improve"))
            if self.near(plan) or (idle >= _IDLE_ROUNDS and inst.n_options <= _LARGE):
                break
        return plan

    def improved(self, plan: Ints, fewest: int) -> Solution:
        """Wrap up what was found without CP-SAT."""
        bound = self.trace[-1].bound
        stopped: Stopped = "cancelled" if self.cancelled() else "time"
        if not self.cut and self.near(plan) and self.instance.unassigned(plan) == fewest:
            stopped = "gap"
        return self.end("feasible", plan, bound, stopped, fewest)

    def cover(self, first: Ints, plan: Ints | None, fewest: int) -> tuple[Ints, int] | Solution:
        """Find a plan with the fewest customers unassigned: (plan, proven lower bound of unassigned)."""
        inst = self.instance
        model = Model(inst, int(inst.unit_size.sum()))
        model.minimise_unassigned()
        model.hint(first)
        share = _COVERAGE_SHARE if plan is not None else 1.0
        outcome = model.solve(self.left(share), "coverage", cancelled=self.cancelled, in_points=False)
        if outcome.status == "INFEASIBLE" and plan is None:
            return self.impossible()
        if outcome.bound is not None:
            fewest = max(fewest, -outcome.bound)
        best = outcome.choice if outcome.choice is not None else plan
        if best is None:
            return self.end("no_plan", None, None, "cancelled" if self.cancelled() else "time", fewest)
        if plan is not None and inst.unassigned(plan) <= inst.unassigned(best):
            best = plan
        if inst.unassigned(best) > fewest:
            self.notes.append("fewer customers might stay unassigned: the search for coverage was cut short")
        return best, fewest

    def impossible(self) -> Solution:
        """Say that there is no plan only when CP-SAT without presolve and a second solver say so too."""
        inst = self.instance
        everyone = int(inst.unit_size.sum())
        again = Model(inst, everyone)
        options = replace(self.options, time_limit=_CONFIRM_SECONDS)
        plain = again.solve(options, "confirm", cancelled=self.cancelled, presolve=False, in_points=False)
        second = solve_mip(inst, everyone, "highs", _CONFIRM_SECONDS, presolve=False, objective=False)
        if plain.status == second.status == "INFEASIBLE":
            return self.end("infeasible", None, None, "proven")
        self.notes.append("CP-SAT found no plan possible, but that could not be confirmed by a second solver")
        return self.end("no_plan", None, None, "cancelled" if self.cancelled() else "time")

    def end(
        self, status: Status, plan: Ints | None, bound: float | None, stopped: Stopped, fewest: int = 0
    ) -> Solution:
        """Wrap up."""
        inst = self.instance
        seconds = time.monotonic() - self.began
        score = None if plan is None else inst.points(inst.value(plan))
        if score is not None:
            self.tell(Progress(seconds, score, bound, "done"))
        return Solution(
            status, plan, score, bound, 0 if plan is None else inst.unassigned(plan), fewest, stopped, seconds,
            tuple(self.trace), tuple(self.notes),
        )  # fmt: skip
