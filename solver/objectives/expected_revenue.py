"""Term `expected_revenue`: customers go where history says they bring the most money."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from solver.objectives.base import Term
from solver.objectives.fit import learned_seen
from solver.problems import Problem
from solver.sentences import sentence
from solver.tables import Period, Tables

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.view import View


class ExpectedRevenue(Term):
    """Customers go where history says they bring the most money in the period.

    The money expected of a pair is the opportunities the customer usually has in so many days, times the learned chance
    that the rep wins one, times what a win of theirs brings. Every customer with the rep that brings the least is 0,
    every customer with the one that brings the most is 100. It needs a model: `fairbook learn PLAN`.

    Mathematics: `100 · Σ_j (r_{j,a(j)} − min_i r_ij) / Σ_j (max_i r_ij − min_i r_ij)`, max and min over eligible reps;
    r the expected money.
    """

    kind: Literal["expected_revenue"] = "expected_revenue"

    @property
    def needs_model(self) -> bool:
        """It always does."""
        return True

    def apply(self, draft: Draft) -> None:
        """A gain for every pair."""
        p = draft.pairs
        if draft.scorer is None or draft.scorer.model.money is None:
            draft.grant(100)
            return
        money = draft.scorer.pairs(p.customer, p.rep).money
        most = draft.best_per_customer(money)
        least = most - draft.best_per_customer(most[p.customer] - money)
        total = float((most - least).sum())
        if total > 0:
            draft.gain(100 * (money - least[p.customer]) / total)
        else:
            draft.grant(100)

    def measure(self, view: View) -> float:
        """Value from the tables and the stored model alone."""
        seen = learned_seen(view)
        if seen is None or not seen.knows_money:
            return 100.0
        reached = most = 0.0
        for j, reps in enumerate(view.eligible):
            money = {i: seen.money(j, i) for i in reps}
            if money:
                least = min(money.values())
                most += max(money.values()) - least
                reached += money.get(view.rep_of[j], least) - least
        return 100 * reached / most if most > 0 else 100.0

    def describe(self) -> str:
        """One sentence."""
        return sentence("customers go where history says they bring the most money")

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """There must be a model that knows amounts."""
        model = tables.learned
        if model is None or not model.usable:
            why = "there is no model" if model is None else f"the model {model.verdict}"
            fix = "drop the term, or use the model all the same: fairbook learn PLAN --force"
            yield Problem("no_model", f"nothing to expect money by: {why}", column="kind", fix=fix)
        elif model.money is None:
            message = "history has too few wins with an amount to expect money by"
            yield Problem(
                "no_amounts", message, column="kind", fix="map the column amount of history, or drop the term"
            )
