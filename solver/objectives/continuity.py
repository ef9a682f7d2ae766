"""Term `continuity`: customers keep their current rep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from solver.checks import metric_problems
from solver.fit.declared import listed, lists_industry
from solver.names import fold
from solver.objectives.base import Term
from solver.problems import Problem
from solver.sentences import sentence
from solver.tables import Period, Tables

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.view import View


class Continuity(Term):
    """Customers keep their current rep, weighted by value, and the longer they have had it the more it counts.

    Only customers whose current rep is active and eligible count (K): the others have to go in any plan. A customer of
    value 0 adds nothing to the score, but of two plans with the same score the one in which more of them stay is found:
    staying is worth a step of the integer score to it, all such steps together less than 0.0001 points.

    A hand-over to a rep who lists the customer's industry loses less: with `industry_loss: 0.72` (13 of 18 % of yearly
    sales) such a move keeps 28 % of what staying would.

    Mathematics: `100 · Σ_K V_j (1 + b t_j) k_{j,a(j)} / Σ_K V_j (1 + b t_j)`; b the tenure bonus, t years; k is 1 for
    the current rep, `1 − industry_loss` for another that lists the customer's industry, else 0.
    """

    kind: Literal["continuity"] = "continuity"
    value: str = Field("potential", description="what a customer counts: a numeric column, or customers")
    tenure_bonus: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="extra weight for each year with the current rep"
    )
    industry_loss: float = Field(
        1.0, ge=0, le=1, allow_inf_nan=False,
        description="what a move to a rep who lists the customer's industry loses, as a share of what any other loses",
    )  # fmt: skip
    tenure_cap: float = Field(10.0, ge=0, allow_inf_nan=False, description="years that count at most")

    def apply(self, draft: Draft) -> None:
        """A gain for every pair that keeps the current rep."""
        tenure = np.nan_to_num(draft.customers["tenure"].to_numpy(dtype=np.float64))
        value = draft.amounts(self.value) * (1 + self.tenure_bonus * np.minimum(tenure, self.tenure_cap))
        total = float(value[draft.keepable].sum())
        p = draft.pairs
        stays = p.rep == draft.current[p.customer]
        draft.prefer(stays & (value[p.customer] == 0))
        if total > 0:
            kept = np.where(stays, 1.0, 0.0)
            if self.industry_loss < 1:
                knows = lists_industry(draft.customers["industry"], draft.reps["industries"], p.customer, p.rep)
                kept = np.where(stays, 1.0, np.where(knows & draft.keepable[p.customer], 1 - self.industry_loss, 0.0))
            draft.gain(100 * value[p.customer] / total * kept)
        else:
            draft.grant(100)

    def measure(self, view: View) -> float:
        """Value from the tables alone."""
        kept = total = 0.0
        tenure = view.customers["tenure"]
        for j, could in enumerate(view.keepable):
            if could:
                years = tenure[j]
                years = min(years, self.tenure_cap) if years == years else 0.0
                value = view.amount(self.value, j) * (1 + self.tenure_bonus * years)
                total += value
                if view.rep_of[j] == view.current[j]:
                    kept += value
                elif view.rep_of[j] >= 0 and self.industry_loss < 1:
                    names = view.once("industries of reps", lambda: [listed(v) for v in view.reps["industries"]])
                    knows = fold(view.customers["industry"][j]) in names[view.rep_of[j]]
                    kept += value * (1 - self.industry_loss) if knows else 0.0
        return 100 * kept / total if total > 0 else 100.0

    def describe(self) -> str:
        """One sentence."""
        longer = sentence(", more so the longer they have had it") if self.tenure_bonus else ""
        known = sentence(", or go to one who knows their industry") if self.industry_loss < 1 else ""
        return sentence(
            "customers keep their current rep{and_known}, weighted by {metric}{and_longer}",
            and_known=known, metric=self.value, and_longer=longer,
        )  # fmt: skip

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """The value must be a number of the customers; without current reps the term says nothing."""
        yield from metric_problems("value", self.value, tables.customers, "value")
        if not (tables.customers["current_rep"] != "").any():
            yield Problem(
                "no_current_rep", "no customer has a current rep, so continuity is 100 in any plan", column="kind",
                fix="map the column, or derive it: data.derive.current_rep: {from: history}", severity="warning",
            )  # fmt: skip
