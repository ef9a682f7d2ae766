"""The chance that a load stays within a limit when amounts turn out otherwise, and a reserve that keeps it linear.

An amount with mean a and spread s (standard deviation ÷ mean) is taken as normally distributed, σ = s·a; any two of one
book have the correlation ρ. The load of a book then is normal with mean μ = Σ a and variance

    V = (1 − ρ) Σ σ² + ρ (Σ σ)²,

and it stays within C with a chance of at least p exactly when ``μ + z √V ≤ C``, z the p-quantile of the normal
distribution: a second-order cone (Charnes and Cooper 1959; Boyd and Vandenberghe 2004, section 4.4.2). Loads of an
Instance are linear, so √V is replaced by something linear that is never less:

- ``√V ≤ (V₀ + V) / (2 √V₀)`` for every V₀ > 0, as a concave function lies below its tangents;
- ``(Σ σ)² ≤ B Σ σ`` with B the most that Σ σ can be in a book whose μ fits.

Both are equalities for a full book of the usual mix, at which V₀ is taken; elsewhere the reserve is a little more than
it has to be, a tenth more where V is half or twice as large. The chance is therefore always kept.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import NormalDist

import numpy as np
import pandas as pd

from solver.arrays import Floats
from solver.tables import DECIMALS

_NORMAL = NormalDist()
#: Steps of one unit of a metric: amounts have so many decimals.
STEPS: int = 10**DECIMALS
#: Significant digits of a reserve; more would only make the integers of the model large.
_DIGITS = 6


def spread_column(metric: str) -> str:
    """Return the column of the customers that holds the spread of a metric."""
    return f"{metric}_spread"


def spreads(customers: pd.DataFrame, metric: str, default: float = 0.0) -> Floats:
    """float64[customers]: the spread of each amount, `default` where the cell is empty or there is no column."""
    column = spread_column(metric)
    if column not in customers:
        return np.full(len(customers), default)
    values = customers[column].to_numpy(dtype=np.float64)
    return np.where(np.isnan(values), default, values)


def quantile(level: float) -> float:
    """Return z, by how many standard deviations a normal load has to stay below its limit for this chance."""
    return max(0.0, _NORMAL.inv_cdf(level))


def chance_below(limit: float, mean: float, variance: float) -> float:
    """Return the chance that a normal load does not exceed a limit."""
    if variance <= 0:
        return 1.0 if mean <= limit else 0.0
    return _NORMAL.cdf((limit - mean) / math.sqrt(variance))


@dataclass(frozen=True)
class Mix:
    """The usual book: what all customers together are like.

    Attributes
    ----------
    variance : Σ σ² ÷ Σ a.
    deviation : Σ σ ÷ Σ a.
    amounts, deviations : Σ a and Σ σ of the customers with the largest spreads, one more each, the largest first.
    """

    variance: float
    deviation: float
    amounts: tuple[float, ...]
    deviations: tuple[float, ...]

    @classmethod
    def of(cls, amounts: Sequence[float], spreads: Sequence[float]) -> Mix:
        """Return the mix of customers with these amounts and spreads; sums do not depend on their order."""
        pairs = sorted(((s, a) for a, s in zip(amounts, spreads, strict=True) if a > 0), reverse=True)
        total = math.fsum(a for _, a in pairs)
        if not total:
            return cls(0.0, 0.0, (), ())
        return cls(
            math.fsum((s * a) ** 2 for s, a in pairs) / total,
            math.fsum(s * a for s, a in pairs) / total,
            tuple(accumulate(a for _, a in pairs)),
            tuple(accumulate(s * a for s, a in pairs)),
        )

    def most_deviation(self, room: float) -> float:
        """Return the most that Σ σ can be in a book with Σ a ≤ room: the largest spreads first, the last in part."""
        k = bisect_right(self.amounts, room)
        held, deviation = (self.amounts[k - 1], self.deviations[k - 1]) if k else (0.0, 0.0)
        if k < len(self.amounts):
            share = (room - held) / (self.amounts[k] - held)
            deviation += share * (self.deviations[k] - deviation)
        return deviation


@dataclass(frozen=True)
class Reserve:
    """A limit as the model keeps it: Σ (a + margin) ≤ room, with ``margin = square · σ² + single · σ``, rounded up.

    Attributes
    ----------
    limit : what the load must not exceed, with the chance asked for.
    room : the limit less the part of the reserve that every book has.
    grain : steps of 10⁻⁶ to which a margin is rounded up.
    """

    limit: float
    room: float
    square: float
    single: float
    grain: int

    @classmethod
    def of(cls, limit: float, z: float, correlation: float, mix: Mix) -> Reserve:
        """Return the reserve for one limit >= 0; see the module for the mathematics."""
        digits = math.floor(math.log10(limit)) + 1 + DECIMALS - _DIGITS if limit > 0 else 0
        grain: int = 10 ** max(0, digits)
        alone, together = (1.0 - correlation) * mix.variance, correlation * mix.deviation**2
        # The mean M of a full book of the usual mix: M + z √(alone M + together M²) = limit.
        a, b = 1.0 - z * z * together, 2.0 * limit + z * z * alone
        mean = 2.0 * limit * limit / (b + math.sqrt(max(0.0, b * b - 4.0 * a * limit * limit))) if b > 0 else 0.0
        root = math.sqrt(alone * mean + together * mean * mean)
        if z * root <= 0:
            return cls(limit, limit, 0.0, 0.0, grain)
        room = max(0.0, math.floor((limit - z * root / 2.0) * STEPS) / STEPS)
        most = mix.most_deviation(room)
        return cls(limit, room, z * (1.0 - correlation) / (2.0 * root), z * correlation * most / (2.0 * root), grain)

    def margin(self, deviation: float) -> int:
        """Return the margin of a customer with this σ, in steps of 10⁻⁶."""
        steps = (self.square * (deviation * deviation) + self.single * deviation) * STEPS
        return math.ceil(steps / self.grain) * self.grain


def variance_of(deviations: Sequence[float], correlation: float) -> float:
    """Return the variance of the sum of a book's amounts."""
    alone, together = math.fsum(d * d for d in deviations), math.fsum(deviations)
    return (1.0 - correlation) * alone + correlation * together * together
