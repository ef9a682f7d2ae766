"""The best plan by trying them all, with nothing but the audit."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from solver.view import View
from tests.solver.draw import PERIOD, Case


@dataclass(frozen=True)
class Best:
    """Fewest customers unassigned, and the best score among those plans."""

    unassigned: int
    score: float
    assignment: dict[str, str | None]

    def key(self) -> tuple[int, float]:
        """Smaller is better."""
        return self.unassigned, -self.score


def options_of(case: Case) -> dict[str, list[str | None]]:
    """Reps each customer may have as the tables show it, and nobody."""
    view = View(case.tables, PERIOD, case.built_rules, {})
    return {
        view.customer_id(j): [None, *(view.rep_id(i) for i in sorted(view.eligible[j]))]
        for j in range(view.n_customers)
    }


def combinations(case: Case) -> int:
    """How many assignments `best_of` would try."""
    return prod(len(o) for o in options_of(case).values())


def best_of(case: Case) -> Best | None:
    """The best of all assignments that hold; None where none does."""
    options = options_of(case)
    best: Best | None = None
    tables: Any = case.tables
    rules, terms = case.built_rules, case.built_terms
    from solver.audit import audit

    for reps in product(*options.values()):
        assignment = dict(zip(options, reps, strict=True))
        left = sum(r is None for r in reps)
        if best is not None and left > best.unassigned:
            continue
        found = audit(tables, PERIOD, rules, terms, assignment, case.coverage)
        if found.violations:
            continue
        plan = Best(len(found.unassigned), found.score, assignment)
        if best is None or plan.key() < best.key():
            best = plan
    return best
