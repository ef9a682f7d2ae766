"""Draws of what the customers' amounts may turn out to be, by a seed and the order of the customers alone."""

from __future__ import annotations

import math
import zlib
from typing import Literal

import numpy as np
from scipy.special import ndtr

from solver.arrays import Floats, Ints, codes
from solver.draft import Draft
from solver.names import fold
from solver.problems import InputError, Problem, nearest

Distribution = Literal["normal", "lognormal", "uniform"]
#: Draws to make at once, so that memory grows with the customers and not with customers × draws.
AT_ONCE = 64


def groups_by(draft: Draft, by: str) -> Ints | None:
    """int64[customers]: the group of each, by a column or ``all`` as one; None where all go their own ways.

    Raises
    ------
    InputError
        There is no such column.
    """
    if not by:
        return None
    if by == "all":
        return np.zeros(draft.n_customers, dtype=np.int64)
    if by not in draft.customers:
        near = nearest(by, [*draft.customers, "all"])
        raise InputError([Problem("unknown_column", f"the customers have no column {by!r}", column="--together-by",
                                  expected="a column such as segment or territory, or all",
                                  fix=f"did you mean {near}?" if near else "")])  # fmt: skip
    return codes(draft.customers[by].tolist(), fold)[0]


class Futures:
    """Draws of one metric. What is drawn does not depend on how many are drawn at once."""

    def __init__(
        self,
        amount: Floats,
        spread: Floats,
        group: Ints | None,
        correlation: float,
        seed: int,
        metric: str,
        distribution: Distribution,
    ):
        self.amount, self.spread, self.group, self.distribution = amount, spread, group, distribution
        self.own = math.sqrt(1 - correlation) if group is not None else 1.0
        self.shared = math.sqrt(correlation)
        single, common = np.random.SeedSequence([seed, zlib.crc32(metric.encode())]).spawn(2)
        self.single, self.common = np.random.default_rng(single), np.random.default_rng(common)
        self.sigma = np.sqrt(np.log1p(spread * spread))

    def draw(self, draws: int) -> Floats:
        """float64[draws, customers]: amounts."""
        z = self.single.standard_normal((draws, len(self.amount)))
        if self.group is not None:
            z *= self.own
            z += self.shared * self.common.standard_normal((draws, int(self.group.max(initial=0)) + 1))[:, self.group]
        if self.distribution == "lognormal":
            factor = np.exp(self.sigma * z - self.sigma**2 / 2)
        elif self.distribution == "uniform":
            factor = 1 + self.spread * math.sqrt(3) * (2 * ndtr(z) - 1)
        else:
            factor = 1 + self.spread * z
        found: Floats = self.amount * factor
        return found
