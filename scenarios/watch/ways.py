"""Ways to go on with a plan when things have changed: what each amounts to, and what it is worth in money."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from scenarios.plan.disruption import Disruption
from scenarios.run.record import Run, plain
from solver.arrays import Floats
from solver.audit import Audit

Way = Literal["keep", "mend", "targeted", "replan"]
Money = tuple[float, float]
"""From the least to the most by the ranges of `Disruption`, in the units of the potential, a year."""


@dataclass(frozen=True)
class Choice:
    """One way to go on.

    Attributes
    ----------
    way, status : which, and how its search ended; ``keep`` is ``feasible`` if it breaks no rule, else ``infeasible``.
    score, bound, gap : points by the plan's own terms; the bound is the search's, None for the targeted plan (its
        search has another aim, see `Watch.most`) and for keep.
    terms : value of each term of the plan.
    unassigned, unassigned_potential : who would have no rep.
    violations : what it breaks, in sentences.
    moves, forced, first : customers moved by choice; because they have to; that get their first rep.
    moved_potential, moved_sales : of those moved by choice.
    points : score less the baseline's.
    value, cost, net : money a year against the baseline: of the points, of the hand-overs by choice, and what is left.
    run : the solved run, not stored; None for keep, or where there is no plan.
    """

    way: Way
    status: str
    score: float | None = None
    bound: float | None = None
    terms: dict[str, float] = field(default_factory=dict)
    unassigned: int = 0
    unassigned_potential: float = 0.0
    violations: tuple[str, ...] = ()
    moves: int = 0
    forced: int = 0
    first: int = 0
    moved_potential: float = 0.0
    moved_sales: float = 0.0
    points: float | None = None
    value: Money | None = None
    cost: Money | None = None
    net: Money | None = None
    run: Run | None = None

    @property
    def gap(self) -> float | None:
        """Bound − score in points."""
        return None if self.bound is None or self.score is None else max(0.0, self.bound - self.score)

    @property
    def holds(self) -> bool:
        """Whether it is a plan that keeps every rule."""
        return self.score is not None and not self.violations

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``."""
        skipped = {"run"}
        return dict(plain({k: v for k, v in vars(self).items() if k not in skipped} | {"gap": self.gap}))


def described(choice: Choice, checked: Audit, customers: pd.DataFrame, sales: Floats) -> Choice:
    """Fill in what an audited assignment amounts to.

    Parameters
    ----------
    customers, sales : the table, and float64[customers], what each buys in a year.
    """
    view = checked.view
    kinds = np.array(
        [
            "none" if i < 0
            else "first" if not view.customers["current_rep"][j]
            else "kept" if i == view.current[j]
            else "moved" if view.keepable[j]
            else "forced"
            for j, i in enumerate(view.rep_of)
        ]
    )  # fmt: skip
    potential: Floats = np.nan_to_num(customers["potential"].to_numpy(dtype=np.float64))
    count = {k: int((kinds == k).sum()) for k in ("none", "moved", "forced", "first")}
    return replace(
        choice,
        score=checked.score,
        bound=None if choice.bound is None else max(choice.bound, checked.score),
        terms=dict(checked.terms),
        unassigned=count["none"],
        unassigned_potential=float(potential[kinds == "none"].sum()),
        moves=count["moved"],
        forced=count["forced"],
        first=count["first"],
        moved_potential=float(potential[kinds == "moved"].sum()),
        moved_sales=float(sales[kinds == "moved"].sum()),
    )


@dataclass(frozen=True)
class Worth:
    """What points and hand-overs are in money.

    Attributes
    ----------
    given : the ranges.
    total : yearly sales of all customers.
    """

    given: Disruption
    total: float

    def of(self, points: float) -> float:
        """Money of points, by the middle of the range."""
        return points * self.given.worth * self.total

    def priced(self, choice: Choice, base: Choice | None) -> Choice:
        """Put money to a way: what its moves cost, and what its points are worth against the baseline."""
        if choice.score is None:
            return choice
        cost = tuple(share * choice.moved_sales for share in self.given.handover_loss)
        choice = replace(choice, cost=(cost[0], cost[1]))
        if base is None or base.score is None:
            return choice
        points = (choice.score or 0.0) - base.score
        value = tuple(sorted(points * share * self.total for share in self.given.point))
        net = (value[0] - cost[1], value[1] - cost[0])
        return replace(choice, points=points, value=(value[0], value[1]), net=net)

    def middle(self, choice: Choice) -> float:
        """What a way nets by the middle of both ranges."""
        return self.of(choice.points or 0.0) - self.given.loss * choice.moved_sales

    def pays_from(self, choice: Choice | None) -> float | None:
        """Share of yearly sales that a point must be worth for a way to pay; None where it gains no points."""
        if choice is None or not choice.points or choice.points <= 0 or self.total <= 0:
            return None
        return self.given.loss * choice.moved_sales / (choice.points * self.total)
