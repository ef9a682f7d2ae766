"""Who is surely out of a band: shares of what was sold, held against what they were to be, many at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scenarios.evaluate.breakdown import LEVEL
from scenarios.evaluate.ratios import Ratio, adjusted

#: Band of groups for which the plan names none: the usual one of the field.
USUAL = 0.10


@dataclass(frozen=True)
class Held:
    """One group's share of what was sold, ÷ the share that it was to have.

    Attributes
    ----------
    name : of the rep or territory.
    planned : its share of what was planned ÷ its target.
    became : of its sales over what was planned with it.
    unit : what one unit of `became` is worth on the scale of the target.
    band : lowest and highest that is within, ÷ its target; None for no band.
    """

    name: str
    planned: float
    became: Ratio
    unit: float
    band: tuple[float, float] | None

    @property
    def value(self) -> float:
        """What it became, ÷ its target."""
        return self.became.above / self.became.below * self.unit if self.became.below > 0 else 0.0

    @property
    def p(self) -> float:
        """P-value, two-sided, of its true share lying within the band; NaN where too little is known."""
        from scipy.stats import t

        if self.band is None or not self.became.enough or not self.became.error > 0:
            return math.nan
        error = self.became.error * self.unit
        beyond = max((self.value - self.band[1]) / error, (self.band[0] - self.value) / error)
        return min(1.0, 2 * float(t.sf(beyond, self.became.free)))


def judged(groups: Sequence[Held], key: str) -> list[dict[str, Any]]:
    """Return each group as plain data, with a verdict in which all of them are looked at together.

    Returns
    -------
    By group: `key` (its name), ``planned``, ``became``, ``low`` and ``high`` (95 % of it; itself where too little is
    known), ``band``, ``p`` (adjusted by Benjamini and Hochberg, or None), and ``verdict``: ``drifted out``, ``was out
    and is``, ``within, or may be``, ``too little data`` or ``no band``.
    """
    found = []
    for group, p in zip(groups, adjusted([g.p for g in groups]), strict=True):
        ends = (group.became.low, group.became.high)
        wide = 0.0 if ends[0] is None or ends[1] is None else (ends[1] - ends[0]) / 2 * group.unit
        verdict = "no band"
        if group.band is not None:
            within = group.band[0] - 1e-9 <= group.planned <= group.band[1] + 1e-9
            out = p < LEVEL
            verdict = "drifted out" if out and within else "was out and is" if out else "within, or may be"
            verdict = "too little data" if math.isnan(p) else verdict
        found.append({
            key: group.name, "planned": group.planned, "became": group.value, "low": group.value - wide,
            "high": group.value + wide, "band": None if group.band is None else list(group.band),
            "p": None if math.isnan(p) else p, "verdict": verdict,
        })  # fmt: skip
    return found
