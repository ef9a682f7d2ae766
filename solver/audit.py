"""Re-checks any assignment against the tables. Shares nothing with the engine: no model, no integers, no OR-Tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from solver.objectives.base import Term
from solver.rules.base import Rule
from solver.tables import Period, Tables
from solver.view import View, Violation

#: Points by which a score may differ from the audited one.
AGREEMENT = 0.001


@dataclass(frozen=True)
class Audit:
    """What the audit found.

    Attributes
    ----------
    violations : every breach of every rule; empty for a plan that holds.
    score : weighted mean of the terms, 0 to 100; 100 where no term has weight.
    terms : value of each term by name, 0 to 100.
    unassigned : customers without a rep.
    view : the assignment as the audit saw it.
    """

    violations: tuple[Violation, ...]
    score: float
    terms: dict[str, float]
    unassigned: tuple[str, ...]
    view: View


def audit(
    tables: Tables,
    period: Period,
    rules: Mapping[str, Rule],
    terms: Mapping[str, Term],
    assignment: Mapping[str, str | None],
    coverage_required: bool = False,
) -> Audit:
    """Check an assignment (customer_id → rep_id or None) against every rule and measure every term.

    Raises
    ------
    ValueError
        The assignment names somebody who is not in the tables.
    """
    view = View(tables, period, rules, assignment)
    found: list[Violation] = []
    for customer, rep in view.assigned():
        if not view.active[rep]:
            who, whom = view.customer_id(customer), view.rep_id(rep)
            found.append(Violation(f"{whom} is not active in the period but has {who}", (who,), (whom,), "assignment"))
    unassigned = tuple(view.customer_id(j) for j, i in enumerate(view.rep_of) if i < 0)
    if coverage_required:
        found += [Violation(f"{who} has no rep", (who,), (), "coverage") for who in unassigned]
    for name, rule in rules.items():
        found += [violation.by(name) for violation in rule.audit(view)]
    values = {name: term.measure(view) for name, term in terms.items()}
    for name, value in values.items():
        least = terms[name].at_least
        if least is not None and value < least - AGREEMENT:
            found.append(Violation(f"{name} has {value:.3f} points, at least {least:g} are asked for", (), (), name))
    weight = sum(terms[name].weight for name in values)
    score = sum(terms[name].weight * value for name, value in values.items()) / weight if weight else 100.0
    return Audit(tuple(found), score, values, unassigned, view)
