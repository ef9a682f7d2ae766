"""Wins and closed opportunities of a rep, an industry, a rep in an industry …, counted up to any day, for trees.

Trees split on numbers; a rep is none. What they are told of a rep is how often it won by then, against how often all
did, on the scale of log-odds, and how much it had closed. Neither looks at the day itself or later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arrays import Floats, Ints
from solver.fit.learned.past import DAYS, ZERO

#: Made-up events at the overall rate that are added to a level's own.
DRAW = 5.0


def told(won: Floats, closed: Floats, rate: Floats | float) -> tuple[Floats, Floats]:
    """Return the log-odds of levels less those of the overall rate, and how much they have closed (log of 1 + n)."""
    own = (won + DRAW * rate) / (closed + DRAW)
    return np.asarray(np.log(own / (1 - own)) - np.log(rate / (1 - rate))), np.log1p(closed)


def overall(won: Floats | float, closed: Floats | float) -> Floats | float:
    """Return the rate of all, with one made-up win and loss."""
    return (won + 1) / (closed + 2)


class Running:
    """Events of one group, to be counted up to any day.

    Parameters
    ----------
    level, day : int64[events]; -1 for no level: those are left out.
    won : float64[events], 1 or 0.
    """

    def __init__(self, level: Ints, day: Ints, won: Floats):
        some = np.flatnonzero(level >= 0)
        key = level[some] * DAYS + day[some] + ZERO
        order = np.argsort(key, kind="stable")
        self._key = key[order]
        self._won = np.r_[0.0, np.cumsum(won[some][order])]

    def before(self, level: Ints, day: Ints) -> tuple[Floats, Floats]:
        """float64[questions] each: wins and closed opportunities of a level strictly before a day."""
        first = np.searchsorted(self._key, level * DAYS)
        end = np.searchsorted(self._key, level * DAYS + day + ZERO)
        return self._won[end] - self._won[first], (end - first).astype(np.float64)


@dataclass(frozen=True)
class Tally:
    """The counts of one group as they stood when the model was made.

    Attributes
    ----------
    of : the traits whose combinations are the levels.
    level : int64[levels], ascending.
    won, closed : float64[levels].
    """

    of: tuple[str, ...]
    level: Ints
    won: Floats
    closed: Floats

    @classmethod
    def made(cls, of: tuple[str, ...], level: Ints, won: Floats) -> Tally:
        """Count events."""
        some = level >= 0
        levels, at = np.unique(level[some], return_inverse=True)
        n = len(levels)
        closed = np.bincount(at, minlength=n).astype(np.float64)
        return cls(of, levels, np.bincount(at, weights=won[some], minlength=n).astype(np.float64), closed)

    def look_up(self, level: Ints) -> tuple[Floats, Floats]:
        """float64[questions] each: wins and closed opportunities; 0 for levels without any."""
        if not len(self.level):
            return np.zeros(len(level)), np.zeros(len(level))
        at = np.minimum(np.searchsorted(self.level, level), len(self.level) - 1)
        seen = self.level[at] == level
        return np.where(seen, self.won[at], 0.0), np.where(seen, self.closed[at], 0.0)
