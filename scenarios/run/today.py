"""What the terms of a run's plan would be if every customer stayed where it is: the books of today, measured."""

from __future__ import annotations

from scenarios.plan.plan import parse_plan
from scenarios.run.record import Run
from solver.problems import InputError
from solver.view import View


def today(run: Run) -> dict[str, float] | None:
    """Return each term's value, 0 to 100, of today's books: what the plan's own terms say of them.

    A customer whose current rep is not active in the period has none. None where the run's plan is no plan file's, so
    that its terms cannot be measured.
    """
    try:
        plan = parse_plan(run.plan)
    except InputError:
        return None
    active = set(run.books.loc[run.books["active"].astype(bool), "rep_id"]) if len(run.books) else set()
    customers = run.tables.customers
    pairs = zip(customers["customer_id"], customers["current_rep"], strict=True)
    view = View(run.tables, plan.period, plan.rules, {c: r if r in active else None for c, r in pairs})
    return {name: term.measure(view) for name, term in plan.terms.items()}
