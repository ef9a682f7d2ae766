"""Term `balance`: reps carry alike, or in proportion to a target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from solver.checks import filter_problems, metric_problems
from solver.objectives.base import Term
from solver.problems import Problem
from solver.sentences import sentence
from solver.tables import Period, Tables, presence, said_share
from solver.where import WhereText, parse

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.draft import Draft
    from solver.view import View


class Balance(Term):
    """What reps carry of a metric comes close to targets; what lies within the tolerance costs nothing.

    The metric's total over all customers is split among the active reps: in equal parts, or in proportion to
    `capacity` (× ramp × share of the period), `quota`, or any numeric column of the reps.

    Mathematics: `100 · (1 − Σ_i max(0, |L_i − T_i| − tol·T_i) / (2 Σ_i T_i))`. With tolerance 0 and equal
    targets this is 100·(1 − Hoover index).
    """

    kind: Literal["balance"] = "balance"
    metric: str = Field("potential", description="what is added up: customers, or a numeric column of the customers")
    target: str = Field("equal", description="equal, capacity, quota, or a numeric column of the reps")
    tolerance: float = Field(
        0.10, ge=0, le=1, allow_inf_nan=False, description="share of the target that costs nothing"
    )
    where: WhereText | None = Field(None, description="which customers count; all by default")
    reps: WhereText | None = Field(None, description="which reps share the total; all active ones by default")

    def targets(self, draft: Draft) -> Floats:
        """float64[active reps]: what each should carry; NaN for reps left out."""
        chosen = draft.chosen_reps(self.reps)
        if self.target == "equal":
            part = np.ones(draft.n_reps)
        else:
            part = np.nan_to_num(draft.reps[self.target].to_numpy(dtype=np.float64))
            if self.target == "capacity":
                part = part * draft.strength()
        part = np.where(chosen, part, 0.0)
        whole = part.sum()
        total = draft.amounts(self.metric, self.where).sum()
        return np.where(chosen, total * part / whole if whole > 0 else 0.0, np.nan)

    def apply(self, draft: Draft) -> None:
        """One load row with a band for each rep that shares the total."""
        targets = self.targets(draft)
        total = float(np.nansum(targets))
        draft.grant(100)
        if total <= 0:
            return
        who = np.flatnonzero(~np.isnan(targets))
        number = np.full(draft.n_reps, -1, dtype=np.int64)
        number[who] = np.arange(len(who))
        p = draft.pairs
        entries = np.flatnonzero(number[p.rep] >= 0)
        amount = draft.amounts(self.metric, self.where)[p.customer[entries]]
        low, high = targets[who] * (1 - self.tolerance), targets[who] * (1 + self.tolerance)
        names = draft.reps["rep_id"].iloc[who].tolist()
        draft.penalise(self.metric, names, number[p.rep[entries]], entries, amount, low, high, 100 / (2 * total))

    def measure(self, view: View) -> float:
        """Value from the tables alone."""
        loads = [0.0] * view.n_reps
        total = 0.0
        for j, counts in enumerate(view.customers_with(self.where)):
            if counts:
                total += view.amount(self.metric, j)
                if view.rep_of[j] >= 0:
                    loads[view.rep_of[j]] += view.amount(self.metric, j)
        part: dict[int, float] = {}
        for i, shares in enumerate(view.reps_with(self.reps)):
            if view.active[i] and shares:
                base = 1.0 if self.target == "equal" else float(view.reps[self.target][i])
                base = base if base == base else 0.0
                part[i] = base * view.strength(i) if self.target == "capacity" else base
        whole = sum(part.values())
        if total <= 0 or whole <= 0:
            return 100.0
        lost = 0.0
        for i, share in part.items():
            target = total * share / whole
            lost += max(0.0, abs(loads[i] - target) - self.tolerance * target)
        return 100 * (1 - lost / (2 * total))

    def describe(self) -> str:
        """One sentence."""
        values = {"metric": self.metric, "n": said_share(self.tolerance)}
        if self.target == "equal":
            return sentence("reps carry equal {metric}, within {n}", **values)
        return sentence("reps carry, in proportion to {column}, their part of the {metric}, within {n}",
                        column=self.target, **values)  # fmt: skip

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """Metric, target and filters must fit the tables; every active rep needs a target."""
        yield from metric_problems("metric", self.metric, tables.customers)
        yield from filter_problems("where", self.where, tables.customers)
        yield from filter_problems("reps", self.reps, tables.reps)
        if self.target == "equal":
            return
        found = list(
            metric_problems(
                "target", self.target, tables.reps, "target: equal, capacity, quota or a column of the reps"
            )
        )
        yield from found
        if not found:
            column = tables.reps[self.target]
            shares = tables.reps["active"].to_numpy(dtype=bool) & (presence(tables, period) > 0)
            if self.reps is not None:
                shares &= parse(self.reps).mask(tables.reps)
            without = tables.reps["rep_id"][shares & (column.isna() | (column < 0)).to_numpy()]
            if len(without):
                yield Problem(
                    "no_target", f"{len(without)} active reps have no {self.target}: {', '.join(without[:5])}",
                    column="target", fix=f"fill in {self.target}, or use target: equal",
                )  # fmt: skip
