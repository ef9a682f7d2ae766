"""Term `fit`: reps look after the customers they suit."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from solver.checks import metric_problems
from solver.fit.declared import Profile
from solver.fit.learned.model import Model
from solver.fit.learned.seen import Seen
from solver.objectives.base import Term
from solver.problems import Problem
from solver.sentences import sentence
from solver.tables import Period, Tables, presence

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.draft import Draft
    from solver.view import View


class Fit(Term):
    """Reps look after the customers they suit, weighted by value.

    Declared fit is what the profile says. Learned fit is the chance of winning that `fairbook learn` found in history,
    stretched so that the plan's pairs fill 0 to 1; where what it found was no better than guessing, fit stays
    declared. With a blend of 0.5 both count half.

    Mathematics: `100 · Σ_j V_j f_{j,a(j)} / Σ_j V_j max_i f_ij`, max over eligible reps; f from the profile, 0 to 1, or
    `f = b · (p − p₁) / (p₉₉ − p₁) + (1 − b) · profile`, the fraction kept within 0 and 1; p the learned chance of
    winning, p₁ and p₉₉ its percentiles over the plan's pairs when it was learned, b the blend.
    """

    kind: Literal["fit"] = "fit"
    value: str = Field("potential", description="what a customer counts: a numeric column, or customers")
    source: Literal["declared", "learned"] = Field(
        "declared", description="the profile, or the model that fairbook learn made from history"
    )
    blend: float | None = Field(
        None, ge=0, le=1, allow_inf_nan=False, description="share of learned fit in the mix; default all or nothing"
    )
    profile: Profile = Field(Profile(), description="what makes a rep suit a customer")

    @property
    def needs_model(self) -> bool:
        """Whether learned fit counts."""
        return self.wanted > 0

    @property
    def wanted(self) -> float:
        """Share of learned fit the plan asks for."""
        if self.blend is not None:
            return self.blend
        return 1.0 if self.source == "learned" else 0.0

    def share(self, model: Model | None) -> float:
        """Share of learned fit there is: none where the model did not earn its place."""
        return self.wanted if model is not None and model.usable else 0.0

    def pairs(self, draft: Draft, customer: Ints, rep: Ints) -> Floats:
        """float64[pairs], 0 to 1: fit of each pair of positions, reps among the active ones."""
        share = self.share(draft.tables.learned)
        if not share or draft.scorer is None:
            return self.profile.pairs(draft, customer, rep)
        fit = draft.scorer.fit(customer, rep)
        return fit if share == 1 else share * fit + (1 - share) * self.profile.pairs(draft, customer, rep)

    def seen(self, view: View) -> SeenFit:
        """Return fit as audits see it; made once a view."""
        return view.once(("fit", self), lambda: SeenFit(self, view))

    def apply(self, draft: Draft) -> None:
        """A gain for every pair."""
        p = draft.pairs
        value = draft.amounts(self.value)
        fit = self.pairs(draft, p.customer, p.rep)
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
        seen = self.seen(view)
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
        learned = "" if not self.wanted else sentence(" by what history shows")
        learned = learned if self.wanted in {0, 1} else sentence(" by profile and history")
        return sentence("reps look after the customers they suit{and_by}, weighted by {metric}", and_by=learned,
                        metric=self.value)  # fmt: skip

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """Value and criteria must fit the tables; warn where the term says nothing."""
        yield from metric_problems("value", self.value, tables.customers, "value")
        if self.wanted and not self.share(tables.learned):
            why = "there is no model" if tables.learned is None else f"the model {tables.learned.verdict}"
            yield Problem(
                "stays_declared", f"fit stays declared, as {why}", column="source", severity="warning",
                fix="fairbook learn PLAN says more; --force uses it all the same",
            )  # fmt: skip
        if self.share(tables.learned) < 1:
            active = tables.reps["active"].to_numpy(dtype=bool) & (presence(tables, period) > 0)
            yield from self.profile.problems(tables, active)


class SeenFit:
    """Fit for audits: one pair at a time, from the tables and the stored model."""

    def __init__(self, term: Fit, view: View):
        self._share = term.share(view.learned)
        self._declared = term.profile.seen(view) if self._share < 1 else None
        self._learned = learned_seen(view) if self._share else None

    def one(self, customer: int, rep: int) -> float:
        """Return the fit of a customer and a rep (positions)."""
        fit = 0.0
        if self._learned is not None:
            fit += self._share * self._learned.fit(customer, rep)
        if self._declared is not None:
            fit += (1 - self._share) * self._declared.one(customer, rep)
        return fit

    def key(self, customer: int) -> Hashable:
        """All that matters of a customer (position): with learned fit no two are alike."""
        return customer if self._declared is None or self._learned is not None else self._declared.key(customer)


def learned_seen(view: View) -> Seen | None:
    """Return the learned model as audits see it; None where none is used."""
    model = view.learned
    if model is None or not model.usable:
        return None
    return view.once("learned", lambda: Seen(model, view))
