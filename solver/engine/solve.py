"""From instance to solution: coverage first, then score; what is said to be impossible was said twice."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from solver.arrays import Bools, Ints
from solver.engine.alternate import Improvements
from solver.engine.books.books import Books
from solver.engine.books.layout import Layout
from solver.engine.books.tight import improved
from solver.engine.coverage import confirm_impossible, cover
from solver.engine.exact.exact import Model
from solver.engine.expand import Closed
from solver.engine.improve.construct import construct, from_prices
from solver.engine.machines.pool import Workers
from solver.engine.prices.price import POLISH, ROUGH, Ascent
from solver.engine.prices.pricing import Pricing
from solver.engine.prices.reduce import open_options, reduced_costs
from solver.engine.restrict import restricted
from solver.engine.solution import (
    Cancelled,
    Options,
    Prices,
    Progress,
    Solution,
    Start,
    Status,
    Stopped,
    Watch,
)
from solver.engine.strengthen import tightened
from solver.engine.trace import Trace
from solver.instance import Instance
from solver.sentences import Sentence, sentence

#: Eligible pairs up to which one CP-SAT model is the quickest way to the optimum.
_SMALL = 3_000
#: Eligible pairs up to which nothing but that model is worth the while.
_TINY = 300
#: Work on a plan and its bound, in seconds, before such a small one goes to that model.
_BRIEF = 3.0
#: Units up to which whole books are tried, and the share of the time left for their bound.
_MOST_BOOKED, _BOOKS_SHARE = 5_000, 0.4
#: Eligible pairs, of those that may still be in a better plan, up to which CP-SAT is asked to prove one.
_PROVABLE = 20_000
#: Work without a gain, as a share of all work so far, after which CP-SAT gets the plan; and the least, in seconds.
_IDLE_SHARE, _IDLE_LEAST = 0.5, 3.0
#: Steps by which a bound has to lie below the next better plan, so that rounding of sums proves nothing.
_CERTAIN = 0.5
#: Seconds between reports of a better plan, at least.
_SHOWN_EVERY = 0.1
#: Work for a pass over a load entry, in seconds; prices are polished after this many times the work they took, again
#: and again while that takes this share off the gap.
_ENTRY_SECONDS, _POLISH_AFTER, _POLISH_SHARE = 1e-8, 2.0, 0.02
#: Share of the time limit that coverage may take when the first plan leaves customers unassigned.
_COVERAGE_SHARE = 0.4


def solve(
    instance: Instance,
    options: Options,
    watch: Watch | None = None,
    cancelled: Cancelled | None = None,
    start: Start | None = None,
    pool: Workers | None = None,
) -> Solution:
    """Find the best plan: fewest customers unassigned first, then the highest score.

    Parameters
    ----------
    watch : called with every improvement, from another thread.
    cancelled : polled about twenty times a second; True ends the search with the best plan found.
    start : what an earlier solve found.
    pool : who prices and anneals, such as a `cluster.Cluster`; threads here where None.
    """
    return _Search(instance, options, watch, cancelled or (lambda: False), start or Start(), pool).run()


class _Search:
    def __init__(
        self,
        instance: Instance,
        options: Options,
        watch: Watch | None,
        cancelled: Cancelled,
        start: Start,
        pool: Workers | None,
    ):
        self.instance, self.options, self.cancelled, self.start = instance, options, cancelled, start
        self.pool = pool
        self.trace = Trace(instance, watch)
        self.notes: list[Sentence] = []
        self.prices: Prices | None = None
        self._pricing = Pricing(self.start.prices)
        self.books: Books | None = None
        self.polished = False  # whether better prices would tell nothing new
        self.proven = False  # whether books leave no better plan
        self.cut = False  # whether clock or user ended a stage before its own end

    def left(self, share: float = 1.0) -> Options:
        """Options with what remains of the clock."""
        return replace(self.options, time_limit=max(0.1, self.options.time_limit * share - self.trace.spent()))

    def over(self) -> bool:
        """Whether the search has to end: no time left, or cancelled. Remembers that it had to."""
        self.cut = self.cut or self.cancelled() or self.trace.spent() >= self.options.time_limit
        return self.cut

    def near(self, plan: Ints) -> bool:
        """Whether a plan is proven to lie within the gap asked for."""
        bound = self.trace.bound
        return bound is not None and bound - self.instance.points(self.instance.value(plan)) <= self.options.gap

    def run(self) -> Solution:
        """Construct, cover, optimise."""
        inst = self.instance
        homeless = np.diff(inst.indptr) == 0
        if np.any(homeless & inst.required):
            self.notes.append(sentence("some customers that must get a rep have no eligible rep"))
            return self.end("infeasible", None, None, "proven")
        fewest = int(inst.unit_size[homeless].sum())
        engine = self.options.engine
        large = engine == "price" or (engine == "auto" and (inst.n_options > _SMALL or self.tight(fewest)))
        if self.pool and not large:
            self.notes.append(
                sentence("the plan is small enough for one CP-SAT model on this machine: the cluster was not used")
            )
        shut = None
        plan = self.given(fewest)
        if large:
            shut = tightened(inst, fewest)
            self.price(shut, ROUGH)
            if plan is None:
                plan = self.rounded(shut)
        stage = "price" if large else "construct"
        if plan is None:
            first = construct(inst, self.options.seed)
            if inst.feasible(first) and inst.unassigned(first) <= fewest:
                plan = first
            else:
                covered = self.cover(first, fewest)
                if isinstance(covered, Solution):
                    return covered
                plan, fewest = covered
                stage, shut = "coverage", None
        # Not before: the score of a plan that leaves more customers unassigned is no step towards this one.
        self.trace.plan(plan, stage)
        if large or (engine == "auto" and inst.n_options > _TINY):
            shut = shut or tightened(inst, inst.unassigned(plan))
            plan = self.improve(shut, plan, np.inf if large else _BRIEF)
            if self.proven:
                return self.closing(plan, inst.points(inst.value(plan)) + inst.error, True, fewest)
            if self.over() or self.near(plan):
                return self.improved(plan, fewest)
            if large:
                return self.prove_rest(shut, plan, fewest)
        return self.prove(plan, fewest)

    def tight(self, fewest: int) -> bool:
        """Whether capacities have prices, so that whole books tell more than one CP-SAT model; for few pairs only."""
        inst = self.instance
        if inst.n_options <= _TINY:
            return False
        shut = tightened(inst, fewest)
        prices = self.price(shut)
        rows = Layout(shut.instance, prices).row
        return bool(np.mean(prices.price[rows] > 0) > 0.5) if len(rows) else False

    def given(self, fewest: int) -> Ints | None:
        """The plan handed on, where it is one here and leaves nobody out who could have a rep."""
        plan = self.start.choice
        good = plan is not None and len(plan) == self.instance.n_units and self.instance.feasible(plan)
        return plan if plan is not None and good and self.instance.unassigned(plan) <= fewest else None

    def price(self, shut: Closed, ascent: Ascent | None = None) -> Prices:
        """Price the loads, from the prices there are."""
        pool = self.pool or self.options.workers
        self.prices = self._pricing.go_on(shut.instance, self.left().time_limit, self.over, pool, ascent)
        return self.prices

    def rounded(self, shut: Closed) -> Ints | None:
        """A plan rounded from the prices, in which nobody is left out who need not be."""
        if self.prices is None:
            return None
        found = from_prices(shut.instance, self.prices, self.options.seed)
        return None if found is None else shut.open(found)

    def improve(self, shut: Closed, plan: Ints, most: float = np.inf) -> Ints:
        """Price the loads exactly, round, and improve the plan near the prices until nothing is gained any more.

        Parameters
        ----------
        most : work, in seconds, after which to leave it at that; whole books are for those without such a limit.
        """
        inst = self.instance
        self.trace.limit(self.price(shut).bound)
        grown = self.rounded(shut)
        if grown is not None and inst.value(grown) > inst.value(plan):
            plan = self.trace.plan(grown, "price")
        if self.near(plan):
            return plan
        if self.prices is None:
            return plan
        if np.isinf(most):
            plan = self.by_books(shut, plan)
        if self.near(plan) or self.over():
            return plan
        search = Improvements(shut.instance, self.prices, shut.close(plan), self.options, self.pool)
        while self.near_prices(shut, search, most) and not self.over():
            before = self.trace.gap or 0.0
            search.reprice(self.price(shut, POLISH))
            if self.prices is not None:
                self.trace.limit(self.prices.bound)
            if before - (self.trace.gap or 0.0) < _POLISH_SHARE * before:
                self.polished = True
        return shut.open(search.plan)

    def by_books(self, shut: Closed, plan: Ints) -> Ints:
        """Where capacities are tight: a bound from whole books, and plans dived for in them."""
        inst = self.instance
        if self.prices is None or inst.n_units > _MOST_BOOKED:
            return plan
        books = Books(shut.instance, self.prices, self.options.workers)
        if not books.useful or not np.any(self.prices.price[books.layout.row] > 0):
            return plan
        self.books = books
        books.run(time.monotonic() + _BOOKS_SHARE * self.left().time_limit, self.over)
        self.trace.limit(books.bound, "books")
        value, left = inst.value(plan), self.left().time_limit
        for news in improved(
            books, shut.close(plan), self.options, left, self.over,
            lambda value: self.open_count(shut, value) <= _PROVABLE // 10,
        ):  # fmt: skip
            if news.value > value:
                plan, value = self.trace.plan(shut.open(news.plan), news.stage), news.value
            self.trace.limit(news.bound, news.stage)
            self.proven = news.proven
            if self.near(plan):
                break
        return plan

    def still_open(self, shut: Closed, value: int) -> Bools:
        """bool[options]: options a plan of more than `value` steps may take, by prices and by books."""
        inst, prices = shut.instance, self.prices
        if prices is None:
            return np.ones(inst.n_options, dtype=bool)
        still = open_options(reduced_costs(inst, prices.price), prices.bound, value)
        return still if self.books is None else still & self.books.fixed(value)

    def near_prices(self, shut: Closed, search: Improvements, most: float) -> bool:
        """Improve the plan near the prices; whether better prices are what is wanted next."""
        inst, prices, shown, value, bound = self.instance, self.prices, -np.inf, search.value, search.bound
        if prices is None:
            return False
        until = search.work + prices.passes * len(shut.instance.load_row) * _ENTRY_SECONDS * _POLISH_AFTER
        gained_at = search.work
        for stage in search.rounds(self.over):
            if search.value > value or search.bound < bound:
                if search.bound < bound:
                    self.trace.limit(search.bound, stage)
                value, bound, gained_at = search.value, search.bound, search.work
                score = inst.points(value)
                done = (self.trace.bound or 100.0) - score <= self.options.gap
                if done or self.trace.spent() > shown + _SHOWN_EVERY:
                    shown = self.trace.spent()
                    self.trace.tell(Progress(shown, score, None, stage))
                self.proven = bound < value + _CERTAIN
                if done or self.proven:
                    return False
            if search.work > most:
                return False
            if not self.polished and search.work > until:
                return True
            idle = search.work - gained_at > max(_IDLE_LEAST, _IDLE_SHARE * search.work)
            if idle and self.open_count(shut, value) <= _PROVABLE:
                return False
        return False

    def open_count(self, shut: Closed, value: int) -> int:
        """How many options may still be in a better plan, of units that have more than one such."""
        still, unit = self.still_open(shut, value), shut.instance.option_unit
        ways = np.bincount(unit[still], minlength=shut.instance.n_units)
        return int((still & (ways[unit] > 1)).sum())

    def prove_rest(self, shut: Closed, plan: Ints, fewest: int) -> Solution:
        """Give CP-SAT what may still be in a better plan; what it proves of that holds for the whole."""
        inst, start = shut.instance, shut.close(plan)
        sub = restricted(inst, self.still_open(shut, inst.value(start)), start)
        model = Model(sub.instance, 0)
        model.maximise_score()
        model.hint(sub.close(start))
        outcome = model.solve(self.left(), "exact", self.trace.tell, self.cancelled, self.trace.began)
        if outcome.status == "INFEASIBLE":
            raise RuntimeError("CP-SAT calls infeasible what it was given a plan for")
        if outcome.choice is not None and sub.instance.value(outcome.choice) > inst.value(start):
            plan = shut.open(sub.open(outcome.choice))
        value = self.instance.value(plan)
        bound = self.trace.bound
        proven = outcome.status == "OPTIMAL" and outcome.bound is not None and outcome.bound <= value
        if proven:
            bound = self.instance.points(value) + self.instance.error
        if outcome.bound is not None:
            here = self.instance.points(max(value, outcome.bound)) + self.instance.error
            bound = here if bound is None else min(bound, here)
        return self.closing(plan, bound, proven, fewest)

    def prove(self, plan: Ints, fewest: int) -> Solution:
        """Solve the whole instance as one CP-SAT model, from a plan."""
        inst = self.instance
        most = inst.unassigned(plan)
        model = Model(inst, most)
        model.maximise_score()
        model.hint(plan)
        outcome = model.solve(self.left(), "exact", self.trace.tell, self.cancelled, self.trace.began)
        if outcome.status == "INFEASIBLE":
            raise RuntimeError("CP-SAT calls infeasible what it was given a plan for")
        ceiling = inst.ceiling()
        bound = inst.points(ceiling if outcome.bound is None else min(ceiling, outcome.bound)) + inst.error
        told = self.trace.bound  # CP-SAT gives no bound with its answer when it ends without a plan
        bound = bound if told is None else min(bound, told)
        if outcome.choice is not None and (inst.unassigned(outcome.choice), -inst.value(outcome.choice)) <= (
            most,
            -inst.value(plan),
        ):
            plan = outcome.choice
        proven = outcome.status == "OPTIMAL" and outcome.bound == inst.value(plan)
        return self.closing(plan, bound, proven, fewest)

    def closing(self, plan: Ints, bound: float | None, proven: bool, fewest: int) -> Solution:
        """Wrap up what CP-SAT found last."""
        inst = self.instance
        covered = inst.unassigned(plan) == fewest  # otherwise the clock cut the search for coverage
        if proven and covered:
            return self.end("optimal", plan, bound, "proven", fewest)
        stopped: Stopped = "time"
        if self.cancelled():
            stopped = "cancelled"
        elif covered and bound is not None:
            stopped = "gap" if bound - inst.points(inst.value(plan)) <= self.options.gap + 2 * inst.error else "time"
        return self.end("feasible", plan, bound, stopped, fewest)

    def improved(self, plan: Ints, fewest: int) -> Solution:
        """Wrap up what was found without CP-SAT."""
        bound = self.trace.bound
        stopped: Stopped = "cancelled" if self.cancelled() else "time"
        if not self.cut and self.near(plan) and self.instance.unassigned(plan) == fewest:
            stopped = "gap"
        return self.end("feasible", plan, bound, stopped, fewest)

    def cover(self, first: Ints, fewest: int) -> tuple[Ints, int] | Solution:
        """Find a plan with the fewest customers unassigned: (plan, proven lower bound of unassigned)."""
        inst = self.instance
        share = _COVERAGE_SHARE if inst.feasible(first) else 1.0
        found = cover(inst, first, fewest, self.left(share), self.cancelled)
        if found.impossible:
            return self.impossible()
        if found.choice is None:
            return self.end("no_plan", None, None, "cancelled" if self.cancelled() else "time", found.fewest)
        if inst.unassigned(found.choice) > found.fewest:
            self.notes.append(sentence("fewer customers might stay unassigned: the search for coverage was cut short"))
        return found.choice, found.fewest

    def impossible(self) -> Solution:
        """Say that there is no plan only when CP-SAT without presolve and a second solver say so too."""
        self.trace.stage("confirm")
        if confirm_impossible(self.instance, self.options, self.cancelled, lambda: self.left().time_limit):
            return self.end("infeasible", None, None, "proven")
        self.notes.append(
            sentence("CP-SAT found no plan possible, but that could not be confirmed by a second solver in time")
        )
        return self.end("no_plan", None, None, "cancelled" if self.cancelled() else "time")

    def end(
        self, status: Status, plan: Ints | None, bound: float | None, stopped: Stopped, fewest: int = 0
    ) -> Solution:
        """Wrap up."""
        inst = self.instance
        score = None if plan is None else inst.points(inst.value(plan))
        if score is not None:
            self.trace.tell(Progress(self.trace.spent(), score, bound, "done"))
        notes = (*self.notes, *(self.pool.notes if self.pool else ()))
        return Solution(
            status, plan, score, bound, 0 if plan is None else inst.unassigned(plan), fewest, stopped,
            self.trace.spent(), tuple(self.trace.entries), notes, self._pricing.named(),
        )  # fmt: skip
