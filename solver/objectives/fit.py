"""Term `fit`: reps look after the customers they suit."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from solver.checks import metric_problems
from solver.fit.declared import Profile
from solver.objectives.base import Term
from solver.problems import Problem
from solver.tables import Period, Tables, presence

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.view import View


class Fit(Term):
    """Reps look after the customers they suit, weighted by value.

    Mathematics: `100 · Σ_j V_j f_{j,a(j)} / Σ_j V_j max_i f_ij`, max over eligible reps; f from the profile, 0 to 1.
    """

    kind: Literal["fit"] = "fit"
    value: str = Field("potential", description="what a customer counts: a numeric column, or customers")
    profile: Profile = Field(Profile(), description="what makes a rep suit a customer")

    def apply(self, draft: Draft) -> None:
        """A gain for every pair."""
        p = draft.pairs
        value = draft.amounts(self.value)
        fit = self.profile.pairs(draft, p.customer, p.rep)
        best = float((value * draft.best_per_customer(fit)).sum())
        if best > 0:
            draft.gain(100 * value[p.customer] * fit / best)
        else:
            draft.grant(100)

    def measure(self, view: View) -> float:
        """Value from the tables alone; customers alike in all that matters share one best fit."""
        best: dict[Hashable, float] = {}
        one: dict[Hashable, float] = {}
        reached = most = 0.0
        seen = self.profile.seen(view)
        for j, reps in enumerate(view.eligible):
            value = view.amount(self.value, j)
            if not value or not reps:
                continue
            alike = seen.key(j)
            if (alike, reps) not in best:
                best[alike, reps] = max(seen.one(j, i) for i in reps)
            most += value * best[alike, reps]
            i = view.rep_of[j]
            if i >= 0:
                if (alike, i) not in one:
                    one[alike, i] = seen.one(j, i)
                reached += value * one[alike, i]
        return 100 * reached / most if most > 0 else 100.0

    def describe(self) -> str:
        """One sentence."""
        return f"reps look after the customers they suit, weighted by {self.value}"

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """Value and criteria must fit the tables; warn where the term says nothing."""
        yield from metric_problems("value", self.value, tables.customers, "value")
        active = tables.reps["active"].to_numpy(dtype=bool) & (presence(tables, period) > 0)
        yield from self.profile.problems(tables, active)
