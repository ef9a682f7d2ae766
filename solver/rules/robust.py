"""Rule `robust`: what a rep carries stays within its limit with a stated chance, though amounts are uncertain."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from solver.chance import STEPS, Mix, Reserve, chance_below, quantile, spread_column, spreads, variance_of
from solver.checks import metric_problems
from solver.problems import Problem
from solver.rules.limited import Limited
from solver.sentences import sentence
from solver.tables import DECIMALS, MAX_SPREAD, Period, Tables, exact, said, said_share

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.view import View, Violation

#: Share of a limit by which rounding may make a chance look missed.
_ROUNDING = 1e-9


class Robust(Limited):
    """What a rep carries of a metric stays within its limit with a chance of at least `level`.

    How far an amount may turn out otherwise stands in the column `<metric>_spread` of the customers, its standard
    deviation as a share of the amount; `spread` holds where the cell is empty. Limits are as in `capacity`, which this
    rule does not replace: it keeps a reserve on top. `correlation` is how far the amounts of a book go up and down
    together; at 0 each goes its own way, and a large book needs little reserve. `fairbook stress` shows the chances.

    Mathematics: amounts are normal with mean `a_j` and standard deviation `σ_j = spread_j a_j`, any two of a book
    with correlation ρ. The chance is at least the level exactly when `μ_i + z √V_i ≤ limit_i s_i`, with
    `μ_i = Σ_j a_j x_ij`, `V_i = (1 − ρ) Σ_j σ_j² x_ij + ρ (Σ_j σ_j x_ij)²`, z the level's quantile, and s as in
    `capacity` (Charnes and Cooper 1959). The model holds the linear `Σ_j (a_j + m_ij) x_ij ≤ limit_i s_i − z √V₀ / 2`
    with the margins `m_ij = z ((1 − ρ) σ_j² + ρ B_i σ_j) / (2 √V₀)`, where V₀ is the variance of a full book of the
    usual mix and B_i the most that `Σ_j σ_j` can be in a book that fits. It is never looser, as
    `√V ≤ (V₀ + V) / (2 √V₀)`, and as tight for such a book. The audit asks both, the second from the chance itself.
    See `solver/chance.py`.
    """

    kind: Literal["robust"] = "robust"
    level: float = Field(0.9, ge=0.5, le=0.9999, description="least chance that the rep stays within its limit")
    spread: float = Field(
        0.0, ge=0, le=MAX_SPREAD, allow_inf_nan=False,
        description="spread where the customer's cell is empty: standard deviation as a share of the amount",
    )  # fmt: skip
    correlation: float = Field(
        0.0, ge=0, le=1, allow_inf_nan=False, description="how far amounts of one book go up and down together, 0 to 1"
    )

    def apply(self, draft: Draft) -> None:
        """One load row a rep, every amount with its margin."""
        high = self.limits(draft)[1]
        amount = draft.amounts(self.metric, self.where)
        mix = Mix.of(amount.tolist(), spreads(draft.customers, self.metric, self.spread).tolist())
        deviation = amount * spreads(draft.customers, self.metric, self.spread)
        z = quantile(self.level)
        kept = {v: Reserve.of(v, z, self.correlation, mix) for v in np.unique(high[np.isfinite(high)]).tolist()}
        of_rep = [kept.get(v) for v in high.tolist()]
        square, single, grain, room = (
            np.array([none if r is None else getattr(r, key) for r in of_rep], dtype=np.float64)
            for key, none in (("square", 0.0), ("single", 0.0), ("grain", 1), ("room", np.inf))
        )
        p = draft.pairs
        sigma, each = deviation[p.customer], grain[p.rep]
        margin = np.ceil((square[p.rep] * (sigma * sigma) + single[p.rep] * sigma) * STEPS / each) * each
        steps = np.rint(amount[p.customer] * STEPS) + margin
        # What alone does not fit needs no larger number than that.
        most = np.where(np.isfinite(room), np.nan_to_num(room, posinf=0.0) * STEPS + STEPS, np.inf)
        need = np.minimum(steps, np.rint(most)[p.rep]) / STEPS
        ids = list(draft.reps["rep_id"])
        draft.limit(f"{self.metric} with reserve", ids, p.rep, np.arange(len(p.rep)), need, None, room)

    def audit(self, view: View) -> Iterator[Violation]:
        """Yield reps whose book does not leave the reserve, or does not have the chance."""
        from solver.view import Violation

        column = spread_column(self.metric)
        known = view.customers.get(column, [math.nan] * view.n_customers)
        spread = [self.spread if s is None or s != s else float(s) for s in known]
        counts, bound = view.customers_with(self.where), view.reps_with(self.reps)
        amount = [view.amount(self.metric, j) if counts[j] else 0.0 for j in range(view.n_customers)]
        mix, z = Mix.of(amount, spread), quantile(self.level)
        held: dict[int, list[int]] = {}
        for j, i in view.assigned():
            held.setdefault(i, []).append(j)
        for i, book in sorted(held.items()):
            limit = self.base(view, i, self.limit, self.limit_column())
            if limit is None or not view.active[i] or not bound[i]:
                continue
            reserve = Reserve.of(limit, z, self.correlation, mix)
            load = sum((exact(amount[j]) for j in book), Decimal())
            margin = Decimal(sum(reserve.margin(amount[j] * spread[j]) for j in book)).scaleb(-DECIMALS)
            variance = variance_of([amount[j] * spread[j] for j in book], self.correlation)
            missed = float(load) + z * math.sqrt(variance) > limit * (1 + _ROUNDING)
            if load + margin > exact(reserve.room) or missed:
                who, chance = view.rep_id(i), chance_below(limit, float(load), variance)
                fixed = exact(limit) - exact(reserve.room)
                yield Violation(
                    f"{who} carries {said(load)} {self.metric} and needs {said(margin + fixed)} in reserve for a chance"
                    f" of {self.level:.4g}, together more than its limit of {said(limit)} (its chance is {chance:.4f})",
                    reps=(who,),
                )  # fmt: skip

    def describe(self) -> str:
        """One sentence."""
        column = self.limit_column()
        which = sentence(" of customers with {filter}", filter=self.where) if self.where else ""
        within = sentence("its {column}", column=column) if column else said(self.limit or 0)
        return sentence(
            "a rep's {metric}{and_which} stays within {what} with a chance of at least {n}",
            metric=self.metric, and_which=which, what=within, n=said_share(self.level),
        )  # fmt: skip

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """Metric, spread, columns and filters must fit the tables, and something must be limited."""
        yield from metric_problems("metric", self.metric, tables.customers)
        if self.limit_column() is None and self.limit is None:
            yield Problem(
                "no_limit", f"nothing says how much {self.metric} a rep may carry", column="limit",
                fix="give limit: (a number) or column: (of the reps)",
            )  # fmt: skip
        yield from spread_problems(self.metric, tables, self.spread)
        yield from super().problems(tables, period)


def spread_problems(metric: str, tables: Tables, default: float) -> Iterator[Problem]:
    """Yield what is wrong with the spread of a metric."""
    column = spread_column(metric)
    if column in tables.customers:
        found = list(metric_problems("metric", column, tables.customers, "spread"))
        yield from found
        if found:
            return
        above = tables.customers[column] > MAX_SPREAD
        if above.any():
            who = tables.customers["customer_id"][above].iloc[0]
            yield Problem(
                "bad_spread", f"{column} is above {MAX_SPREAD:g} in {int(above.sum()):,} rows, first of {who}",
                column="metric", expected="a share of the amount, such as 0.2 for 20 %",
            )  # fmt: skip
    if not np.any(spreads(tables.customers, metric, default) > 0):
        yield Problem(
            "no_spread", f"no customer has a spread of {metric}, so the rule is no more than a capacity",
            column="spread", fix=f"fill the column {column}, or give spread: 0.2", severity="warning",
        )  # fmt: skip
