"""Sales by rep, team, territory or segment, held against what was expected: which groups differ from all the others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from scenarios.evaluate.ratios import Ratio, adjusted, difference, groups_of, ratio
from solver.arrays import Floats

Verdict = Literal["above", "below", "as the rest", "too little data"]
#: A difference counts where its adjusted p-value is below this: of those that are called one, 1 in 20 is none.
LEVEL = 0.05


@dataclass(frozen=True)
class Line:
    """One group of one breakdown.

    Attributes
    ----------
    name : the rep, team, territory or segment.
    of : actual ÷ planned (attainment), or ÷ a year before (trend).
    quota : what the reps are to bring in the period; None where none is set. attained : actual ÷ quota.
    p : of the group being like the rest, adjusted for the number of groups; None where it is not known.
    share_before, share : of all sales, where a trend is told.
    """

    name: str
    of: Ratio
    verdict: Verdict
    p: float | None = None
    quota: float | None = None
    share_before: float | None = None
    share: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        r = self.of
        known: dict[str, Any] = {
            "name": self.name, "actual": r.above, "expected": r.below, "ratio": r.value, "low": r.low, "high": r.high,
            "customers": r.customers, "buyers": r.active, "p": self.p, "verdict": self.verdict,
        }  # fmt: skip
        if self.quota is not None:
            known |= {"quota": self.quota, "attained": r.above / self.quota if self.quota else None}
        if self.share is not None:
            known |= {"share_before": self.share_before, "share": self.share}
        return known


def broken_down(
    actual: Floats, parts: Mapping[str, tuple[Sequence[str], Mapping[str, float]]], below: Floats, shares: bool = False
) -> dict[str, list[dict[str, Any]]]:
    """Return a line a group of each breakdown: its ratio, and whether it differs from that of all the others together.

    P-values are adjusted over all lines of all breakdowns at once: one plan, one look at it.

    Parameters
    ----------
    actual, below : float64[customers].
    parts : by breakdown the group of each customer, and quotas by group.
    shares : whether to tell each group's share of all.
    """
    made = [
        (part, name, ratio(actual[own], below[own]), ratio(actual[~own], below[~own]))
        for part, (labels, _) in parts.items()
        for name, own in groups_of(labels).items()
    ]
    p = adjusted([difference(of, rest) for _, _, of, rest in made])
    found: dict[str, list[Line]] = {part: [] for part in parts}
    for (part, name, of, rest), value in zip(made, p, strict=True):
        verdict: Verdict = "as the rest"
        if math.isnan(value) or of.value is None or rest.value is None:
            verdict = "too little data"
        elif value < LEVEL:
            verdict = "above" if of.value > rest.value else "below"
        before = of.below / float(below.sum()) if shares and below.sum() > 0 else None
        now = of.above / float(actual.sum()) if shares and actual.sum() > 0 else None
        quota = parts[part][1].get(name)
        found[part].append(Line(name, of, verdict, None if math.isnan(value) else value, quota, before, now))
    return {part: [x.as_dict() for x in sorted(lines, key=lambda x: -x.of.below)] for part, lines in found.items()}
