"""Learned weights: several ways to do a thing, drawn in proportion to what they gained for their work, of late."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from solver.arrays import Floats

_FADE = 0.9


@dataclass
class Bandit:
    """What each of several ways has gained per unit of work; both fade (Ropke & Pisinger 2006)."""

    count: int
    gain: Floats = field(init=False)
    work: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.gain, self.work = np.zeros(self.count), np.zeros(self.count)

    def draw(self, rng: np.random.Generator) -> int:
        """A way, the likelier the more it gained; one not tried yet counts as the best."""
        worth = self.gain / np.maximum(self.work, 1e-9)
        best = float(worth.max())
        worth[self.work == 0] = best
        worth += 0.1 * best if best > 0 else 1.0
        return int(rng.choice(self.count, p=worth / worth.sum()))

    def learn(self, way: int, gain: float, work: float) -> None:
        """Count one try."""
        self.gain[way] = _FADE * self.gain[way] + gain
        self.work[way] = _FADE * self.work[way] + work
