"""A stored run opened again as a model with its plan and prices, so that questions can be asked of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from scenarios.plan.plan import Plan, parse_plan
from scenarios.plan.priorities import staged
from scenarios.run.prepare import Prepared, build
from scenarios.run.record import Run
from scenarios.run.warm import start_from, stored_prices
from solver.arrays import Floats, Ints
from solver.audit import Audit, audit
from solver.draft import Draft
from solver.engine.expand import Closed, closed
from solver.engine.prices.price import price
from solver.engine.prices.reduce import reduced_costs
from solver.engine.solution import Options, Prices, prices_by_row
from solver.instance import Instance
from solver.problems import InputError, Problem, nearest
from solver.tables import Tables

#: Seconds for the prices, at most; a stored run's own are where they begin.
_PRICING = 0.6


@dataclass(frozen=True)
class Reopened:
    """A run's model, plan and prices.

    Attributes
    ----------
    choice : int64[units], the options the run's plan takes, -1 for none.
    shut : the instance with nobody as an option, see `solver.engine.expand.closed`.
    taken : int64[units], the plan as options of the closed instance.
    prices, loss : prices there, and float64[closed options] the reduced costs at them.
    score, bound : points; the bound is the better of the run's and the prices'.
    """

    run: Run
    plan: Plan
    draft: Draft
    instance: Instance
    choice: Ints
    shut: Closed
    taken: Ints
    prices: Prices
    loss: Floats
    score: float
    bound: float

    @property
    def gap(self) -> float:
        """Bound − score, points."""
        return self.bound - self.score

    def options(self, seconds: float, workers: int | None = None) -> Options:
        """Return the run's own solve options with another time limit."""
        own = Options(**self.plan.options.model_dump())
        return replace(own, time_limit=seconds, workers=workers or own.workers)

    def rep_of(self, choice: Ints) -> Ints:
        """int64[customers]: position of the rep each customer has in a choice of the open instance, -1 for none."""
        option = choice[self.instance.customer_unit]
        reps = self.instance.option_rep if self.instance.n_options else np.full(1, -1)
        return np.where(option >= 0, reps[option], -1)

    def audit(self, choice: Ints) -> Audit:
        """Check a choice of the open instance against the tables."""
        ids, reps = self.draft.customers["customer_id"].tolist(), self.draft.reps["rep_id"].tolist()
        named = [reps[i] if i >= 0 else None for i in self.rep_of(choice).tolist()]
        required = self.plan.coverage == "required"
        assignment = dict(zip(ids, named, strict=True))
        return audit(self.run.tables, self.plan.period, self.plan.rules, self.plan.terms, assignment, required)

    def customer(self, name: str) -> int:
        """Return the position of a customer, by id or by a name that only one has.

        Raises
        ------
        InputError
            There is none such, or several.
        """
        return _named(name, self.run.tables.customers, "customer")

    def rep(self, name: str) -> int:
        """Return the position of a rep in the run's table (leavers included); as `customer`."""
        return _named(name, self.run.tables.reps, "rep")


def reopen(run: Run, seconds: float = _PRICING) -> Reopened:
    """Open a run again.

    Raises
    ------
    InputError
        The run has no plan, or its terms have priorities or floors, which one set of prices does not know.
    """
    if run.result.get("score") is None:
        message = f"run {run.id} ({run.scenario}) has no plan: it is {run.result.get('status')}"
        raise InputError([Problem("no_plan", message, fix="ask about a run that found a plan")])
    plan = parse_plan(run.plan, run.plan_name)
    if staged(plan.terms):
        message = f"the terms of run {run.id} have priorities or a floor (at_least), and these have no prices yet"
        raise InputError([Problem("staged", message, fix="solve with weights alone, and ask about that run")])
    draft, instance = build(plan, run.tables)
    start = start_from(run, draft, instance)
    choice = start.choice
    if choice is None or not instance.feasible(choice):
        message = f"the plan of run {run.id} does not keep its own rules any more"
        raise InputError([Problem("broken_run", message, fix="fairbook runs audit RUN says which; solve it again")])
    shut = closed(instance, instance.unassigned(choice))
    named = stored_prices(run)
    first = prices_by_row(shut.instance, named) if named else None
    prices = price(shut.instance, seconds, start=first, workers=plan.options.workers)
    score = instance.points(instance.value(choice))
    priced = instance.points(min(prices.bound, shut.instance.ceiling())) + instance.error
    stored = run.result.get("bound")
    bound = max(score, priced if stored is None else min(priced, stored))
    loss = reduced_costs(shut.instance, prices.price)
    return Reopened(run, plan, draft, instance, choice, shut, shut.close(choice), prices, loss, score, bound)


def prepared(run: Run, plan: Plan, tables: Tables, scenario: str) -> Prepared:
    """Return a run's plan and tables, changed or not, as something to solve.

    Raises
    ------
    InputError
        As `scenarios.run.prepare.build`.
    """
    draft, instance = build(plan, tables)
    hashes = dict(run.result.get("input_hashes", {}))
    return Prepared(Path(f"{run.plan_name}.yaml"), scenario, plan, tables, draft, instance, (), (), hashes)


def _named(name: str, table: pd.DataFrame, kind: str) -> int:
    ids = table[f"{kind}_id"].tolist()
    if name in ids:
        return ids.index(name)
    called = [k for k, n in enumerate(table["name"].tolist()) if str(n).strip().casefold() == name.strip().casefold()]
    if len(called) == 1:
        return called[0]
    if called:
        message = f"{len(called)} {kind}s are called {name!r}: {', '.join(ids[k] for k in called[:5])}"
        raise InputError([Problem("unclear_name", message, fix=f"give the {kind}_id")])
    meant = nearest(name, ids)
    message = f"the run has no {kind} {name!r}"
    raise InputError([Problem("unknown_id", message, fix=f"Did you mean {meant}?" if meant else "")])
