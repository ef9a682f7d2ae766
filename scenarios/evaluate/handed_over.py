"""What became of customers that changed hands, against those that stayed: what they bought, how content they were."""

from __future__ import annotations

import math
from typing import Any

from scenarios.evaluate.ratios import Ratio, against, ratio
from solver.arrays import Bools, Floats

#: Fewest customers with a score before and after.
FEWEST_SCORES = 10


def lost(actual: Floats, past: Floats, moved: Bools, stayed: Bools) -> dict[str, Any]:
    """Return what moved customers bought against a year before, held against what those that stayed did.

    Parameters
    ----------
    actual, past : float64[customers], sales of the period and of the same days a year before.

    Returns
    -------
    moved, stayed : customers; moved_ratio, stayed_ratio : sales ÷ those a year before; of_moved, of_stayed : the same
        with sums and 95 % interval.
    lost, low, high : share of their sales that moved customers lost against the others, and its 95 % interval; not
        there where too little is known.
    money : the same in money, ``[lost, low, high]``: of what they would have bought had they gone as the others did.
    verdict : ``lost``, ``gained``, ``no difference shown`` or ``too little data``.
    """
    one, other = ratio(actual[moved], past[moved]), ratio(actual[stayed], past[stayed])
    found: dict[str, Any] = {
        "moved": int(moved.sum()), "stayed": int(stayed.sum()), "moved_ratio": one.value, "stayed_ratio": other.value,
        "of_moved": _sides(one), "of_stayed": _sides(other),
    }  # fmt: skip
    held = against(one, other)
    if held is None or other.value is None:
        return found | {"verdict": "too little data"}
    shares = 1 - held[0], 1 - held[2], 1 - held[1]
    expected = one.below * other.value
    said = "lost" if shares[1] > 0 else "gained" if shares[2] < 0 else "no difference shown"
    found |= dict(zip(("lost", "low", "high"), shares, strict=True))
    return found | {"money": [expected * share for share in shares], "verdict": said}


def _sides(of: Ratio) -> dict[str, Any]:
    return {"actual": of.above, "before": of.below, "ratio": of.value, "low": of.low, "high": of.high,
            "customers": of.customers, "buyers": of.active}  # fmt: skip


def felt(then: Floats, now: Floats, moved: Bools, stayed: Bools) -> dict[str, Any]:
    """Return how each customer's mean score changed, of those that moved against those that stayed (Welch).

    Parameters
    ----------
    then, now : float64[customers], mean score before the period and in it; NaN for none.

    Returns
    -------
    moved, stayed : customers with a score before and after.
    moved_change, stayed_change, difference, low, high : mean changes, and their difference with its 95 % interval; not
        there where too little is known.
    of_moved, of_stayed : mean before and after, and the change with its 95 % interval.
    verdict : ``worse``, ``better``, ``no difference shown`` or ``too little data``.
    """
    from scipy.stats import ttest_ind

    change = now - then
    known = change == change
    sides = {"moved": moved & known, "stayed": stayed & known}
    found: dict[str, Any] = {name: int(own.sum()) for name, own in sides.items()}
    one, other = (change[own] for own in sides.values())
    if min(len(one), len(other)) < FEWEST_SCORES or one.std() + other.std() == 0:
        return found | {"verdict": "too little data"}
    test = ttest_ind(one, other, equal_var=False)
    around = test.confidence_interval(0.95)
    found |= {
        "moved_change": float(one.mean()), "stayed_change": float(other.mean()),
        "difference": float(one.mean() - other.mean()), "low": float(around.low), "high": float(around.high),
    }  # fmt: skip
    found |= {f"of_{name}": _changed(then[own], now[own]) for name, own in sides.items()}
    said = "worse" if around.high < 0 else "better" if around.low > 0 else "no difference shown"
    return found | {"verdict": said}


def _changed(then: Floats, now: Floats) -> dict[str, float]:
    from scipy.stats import t

    change = now - then
    wide = float(t.ppf(0.975, len(change) - 1) * change.std(ddof=1) / math.sqrt(len(change)))
    middle = float(change.mean())
    return {"before": float(then.mean()), "after": float(now.mean()), "change": middle, "low": middle - wide,
            "high": middle + wide}  # fmt: skip
