"""Rule `move_budget`: only so much may change hands."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from solver.arrays import codes
from solver.checks import filter_problems, metric_problems
from solver.names import fold, spelled
from solver.problems import Problem
from solver.rules.base import Rule
from solver.sentences import sentence
from solver.tables import DECIMALS, Period, Tables, exact, said, said_share
from solver.where import WhereText

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.integers import Whose
    from solver.view import View, Violation

#: Whose moves a budget counts, in words.
_EACH = {
    ("total", "both"): sentence("in total"),
    ("team", "in"): sentence("for each team (in)"),
    ("team", "out"): sentence("for each team (out)"),
    ("team", "both"): sentence("for each team (both)"),
    ("rep", "in"): sentence("for each rep (in)"),
    ("rep", "out"): sentence("for each rep (out)"),
    ("rep", "both"): sentence("for each rep (both)"),
}


class MoveBudget(Rule):
    """Only so much of a metric may change hands: in total, for each team, or for each rep, in or out.

    A move is a customer whose current rep is active and eligible and who goes to another rep; customers that have to
    go, because their rep left or may not have them any more, count in no budget. A team's or rep's customers go *out*
    when they leave the rep they are with; they come *in* when a rep of the team gets them; a move within a team
    is both. Upper and lower case and spacing do not make two teams of one; reps without a team share one budget.

    `share` is of what could stay: in total, or of the team's or rep's own; coming in, of an average one. `limit` is in
    units of the metric; where both are given the smaller holds.

    Mathematics: `Σ a_j x_ij ≤ budget` over pairs with j in K and i other than its current rep, per group.
    """

    kind: Literal["move_budget"] = "move_budget"
    metric: str = Field("customers", description="what is counted: customers, or a numeric column of the customers")
    share: float | None = Field(None, ge=0, le=1, allow_inf_nan=False, description="share that may move, 0 to 1")
    limit: float | None = Field(None, ge=0, allow_inf_nan=False, description="amount that may move")
    scope: Literal["total", "team", "rep"] = Field("total", description="one budget, one a team, or one a rep")
    direction: Literal["in", "out", "both"] = Field(
        "both", description="for teams and reps: which way counts; both: each way on its own"
    )
    where: WhereText | None = Field(None, description="which customers count; all by default")

    @model_validator(mode="after")
    def _says_something(self) -> MoveBudget:
        if self.share is None and self.limit is None:
            raise ValueError("give share or limit")
        return self

    def _budget(self, base: float) -> float:
        options = [self.limit] if self.limit is not None else []
        if self.share is not None:
            options.append(self.share * base)
        return round(float(min(options)), DECIMALS)

    def apply(self, draft: Draft) -> None:
        """One load row a budget."""
        p = draft.pairs
        amounts = draft.amounts(self.metric, self.where)
        entries = np.flatnonzero(draft.moving)
        amount = amounts[p.customer[entries]]
        stay = draft.keepable
        total = float(sum(map(exact, amounts[stay].tolist()), Decimal()))
        if self.scope == "total":
            row, upper = np.zeros(len(entries), dtype=np.int64), np.array([self._budget(total)])
            draft.limit(self.metric, ["moves"], row, entries, amount, upper=upper, whose="all")
            return
        whose: Whose = "team" if self.scope == "team" else "rep"
        names = draft.reps["team" if self.scope == "team" else "rep_id"].tolist()
        group_of, keys = codes(names, fold if self.scope == "team" else str)
        groups = [spelled(names[g]) for g in np.unique(group_of, return_index=True)[1].tolist()]
        if self.direction in {"out", "both"}:
            row = group_of[draft.current[p.customer[entries]]]
            base = [Decimal()] * len(keys)
            for g, own in zip(group_of[draft.current[stay]].tolist(), amounts[stay].tolist(), strict=True):
                base[g] += exact(own)
            upper = np.array([self._budget(float(b)) for b in base])
            draft.limit(self.metric, groups, row, entries, amount, upper=upper, whose=whose, way="out")
        if self.direction in {"in", "both"}:
            row = group_of[p.rep[entries]]
            upper = np.full(len(groups), self._budget(total / max(1, len(groups))))
            draft.limit(self.metric, groups, row, entries, amount, upper=upper, whose=whose, way="in")

    def audit(self, view: View) -> Iterator[Violation]:
        """Yield budgets that are overspent."""
        from solver.view import Violation

        counts = view.customers_with(self.where)
        worth = [view.amount(self.metric, j) if counts[j] else 0.0 for j in range(view.n_customers)]
        column = {"total": None, "team": "team", "rep": "rep_id"}[self.scope]
        if column is None:
            group = ["all"] * view.n_reps
        else:
            group = [fold(v) if self.scope == "team" else str(v) for v in view.reps[column]]
        called: dict[str, str] = {}
        for i in range(view.n_reps):
            if view.active[i]:
                called.setdefault(group[i], spelled(view.reps[column][i]) or "no team" if column else "all")
        groups = set(called)
        base, out, into = ({g: Decimal() for g in groups} for _ in range(3))
        for j in range(view.n_customers):
            if view.keepable[j]:
                home = group[view.current[j]]
                base[home] += exact(worth[j])
                if view.moved(j):
                    out[home] += exact(worth[j])
                    new = group[view.rep_of[j]]
                    into[new] = into.get(new, Decimal()) + exact(worth[j])  # a rep that is not active has no budget
        total = float(sum(base.values(), Decimal()))
        for g in sorted(groups, key=called.__getitem__):
            checks, name = [], called[g]
            if self.scope == "total" or self.direction in {"out", "both"}:
                what = "moves" if self.scope == "total" else f"{name} out"
                checks.append((out[g], self._budget(float(base[g])), what))
            if self.scope != "total" and self.direction in {"in", "both"}:
                checks.append((into[g], self._budget(total / len(groups)), f"{name} in"))
            for spent, budget, what in checks:
                if spent > exact(budget):
                    yield Violation(f"{what}: {said(spent)} {self.metric}, more than the budget of {said(budget)}")

    def describe(self) -> str:
        """One sentence."""
        values = {"share_n": said_share(self.share or 0), "limit_n": said(self.limit or 0), "metric": self.metric}
        if self.share is None:
            what = sentence("{limit_n} {metric}", **values)
        elif self.limit is None:
            what = sentence("{share_n} of {metric}", **values)
        else:
            what = sentence("{share_n} of {metric} and {limit_n} {metric}", **values)
        each = _EACH.get((self.scope, self.direction), _EACH["total", "both"])
        return sentence("at most {what} may change hands {then}", what=what, then=each)

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """Metric and filter must fit the customers."""
        yield from metric_problems("metric", self.metric, tables.customers)
        yield from filter_problems("where", self.where, tables.customers)
