"""Ratios of sums over customers with honest intervals: attainment, growth, what changed more than elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from solver.arrays import Bools, Floats

#: Fewest customers with anything in the denominator, and in the numerator, below which nothing is said; and fewest that
#: the denominator is as good as shared by evenly (Kish's effective number).
FEWEST, FEWEST_ABOVE, FEWEST_EVEN = 8, 5, 5.0


@dataclass(frozen=True)
class Ratio:
    """A ratio of two sums over customers.

    Attributes
    ----------
    above, below : the sums.
    value : above ÷ below; None where nothing is below.
    low, high : its 95 % interval (Student's t on the linearised ratio, customers independent, degrees of freedom by how
        evenly the denominator is shared); None where too little is known.
    customers : with anything in the denominator; active : with anything in the numerator.
    """

    above: float
    below: float
    value: float | None
    low: float | None
    high: float | None
    customers: int
    active: int
    error: float = math.nan
    free: float = math.nan

    @property
    def enough(self) -> bool:
        """Whether there is enough to say anything."""
        return self.low is not None


def ratio(above: Floats, below: Floats) -> Ratio:
    """Return the ratio of the sums of two float64[customers]."""
    from scipy.stats import t

    top, bottom = float(above.sum()), float(below.sum())
    n, active = int((below > 0).sum()), int((above > 0).sum())
    if bottom <= 0:
        return Ratio(top, bottom, None, None, None, n, active)
    value = top / bottom
    even = bottom**2 / float(below @ below)
    if n < FEWEST or active < FEWEST_ABOVE or even < FEWEST_EVEN:
        return Ratio(top, bottom, value, None, None, n, active)
    rest = above - value * below
    error = math.sqrt(float(rest @ rest) * even / (even - 1)) / bottom
    wide = float(t.ppf(0.975, even - 1)) * error
    return Ratio(top, bottom, value, max(0.0, value - wide), value + wide, n, active, error, even - 1)


def difference(one: Ratio, other: Ratio) -> float:
    """Return the two-sided p-value of two independent ratios being the same (Welch); NaN where either is not known."""
    from scipy.stats import t

    if not (one.enough and other.enough) or one.value is None or other.value is None:
        return math.nan
    error = math.hypot(one.error, other.error)
    if not error > 0:
        return math.nan
    return float(2 * t.sf(abs(one.value - other.value) / error, _freedom(one, other, 1.0, 1.0)))


def _freedom(one: Ratio, other: Ratio, a: float, b: float) -> float:
    """Degrees of freedom of a difference of two errors, scaled (Welch and Satterthwaite)."""
    first, second = (a * one.error) ** 2, (b * other.error) ** 2
    return (first + second) ** 2 / (first**2 / one.free + second**2 / other.free)


def against(one: Ratio, other: Ratio) -> tuple[float, float, float] | None:
    """Return one ratio ÷ another with its 95 % interval (on the log scale); None where either is not known."""
    if not (one.enough and other.enough) or not one.value or not other.value:
        return None
    from scipy.stats import t

    middle = math.log(one.value / other.value)
    error = math.hypot(one.error / one.value, other.error / other.value)
    wide = float(t.ppf(0.975, _freedom(one, other, 1 / one.value, 1 / other.value))) * error if error > 0 else 0.0
    return math.exp(middle), math.exp(middle - wide), math.exp(middle + wide)


def adjusted(values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for how many there are (Benjamini and Hochberg); NaN stays NaN."""
    from scipy.stats import false_discovery_control

    known = [k for k, v in enumerate(values) if not math.isnan(v)]
    found = [math.nan] * len(values)
    if known:
        for k, v in zip(known, false_discovery_control([values[k] for k in known]), strict=True):
            found[k] = float(v)
    return found


def groups_of(labels: Iterable[str]) -> dict[str, Bools]:
    """bool[rows] by label, in order of appearance; rows without a label are in none."""
    names = np.array(list(labels), dtype=object)
    return {str(name): names == name for name in dict.fromkeys(names.tolist()) if name}
