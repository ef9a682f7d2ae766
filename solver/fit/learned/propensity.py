"""Who used to get which customers, and weights that undo it.

Reps who were given the easy customers look better than they are. Where it shows in the customers' traits (industry and
segment, within a territory) whom they were given, an opportunity counts by one over the odds of its rep having got it:
as if every rep of the territory had been sent to all kinds of its customers (inverse propensity weighting; stabilised:
Robins, Hernán and Brumback 2000, *Epidemiology* 11; clipped: Crump, Hotz, Imbens and Mitnik 2009, *Biometrika* 96).
Weights cannot make up for what the tables do not know, nor for kinds of customers that reps never met: where these are
too many they are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.arrays import Floats, Ints
from solver.fit.learned.traits import Questions, Traits
from solver.tables import said_share

#: Least and most that an opportunity counts.
CLIP = (0.2, 5.0)
#: Made-up opportunities that draw the odds within a kind of customer to those of the wider group.
_DRAW = 5.0
#: Least overlap, see `Weights`; least share of the opportunities that they are worth when weighted.
OVERLAP, EFFECTIVE = 0.6, 0.3
#: Least share of the difference between reps' customers that weights must undo, where it is more than next to nothing.
UNDONE, NOTHING = 0.25, 0.1


@dataclass(frozen=True)
class Weights:
    """What opportunities count, and how far that is to be trusted.

    Attributes
    ----------
    weight : float64[events], 1 on average.
    effective : how many evenly weighted opportunities they are worth (Kish: (Σw)² / Σw²).
    clipped : share of them whose weight was cut to `CLIP`.
    overlap : how much of what was worked in a territory of several reps is of kinds (industry and segment) that a rep
        there ever met, on average; 1 where every territory has one rep: then nothing was chosen.
    apart, apart_after : how far the kinds of customers that reps of a territory had differ from all of its customers',
        0 for not at all to 1 for wholly; as it was, and weighted.
    """

    weight: Floats
    effective: float
    clipped: float
    overlap: float
    apart: float
    apart_after: float

    @property
    def refused(self) -> str:
        """Why they must not be used, in words; empty if they may."""
        if self.overlap < OVERLAP:
            return (
                f"on average a rep ever met only {said_share(self.overlap, 0)} of what was worked in its territory, by "
                f"industry and segment, at least {said_share(OVERLAP)} are needed: weights cannot stand in for what "
                "was never seen"
            )
        share = self.effective / max(1, len(self.weight))
        if share < EFFECTIVE:
            return (
                f"who got which customers was so one-sided that {len(self.weight):,} closed opportunities, weighted, "
                f"are worth no more than {self.effective:,.0f}, at least {said_share(EFFECTIVE)} of them are needed"
            )
        if self.apart > NOTHING and self.apart_after > (1 - UNDONE) * self.apart:
            left = said_share(self.apart_after / self.apart, 0)
            return (
                "who got which customers was so one-sided that weights, which may count an opportunity "
                f"{CLIP[1]:g} times at most, leave {left} of the difference between "
                "reps' customers"
            )
        return ""

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for the card."""
        kept = ("effective", "clipped", "overlap", "apart", "apart_after")
        return {"events": len(self.weight), **{k: getattr(self, k) for k in kept}}


def propensity(traits: Traits, of: Questions) -> Weights:
    """Weigh closed opportunities so that in each territory all reps count as sent to all kinds of customers.

    The chance that the rep handles an opportunity of its territory, by the chance that it handles one of its territory,
    industry and segment, the latter drawn to that of territory and industry, and that to the former.
    """
    place, industry, segment = (traits.level[t][of.customer] for t in ("territory", "industry", "segment"))
    wide, narrow = (len(traits.vocabulary[t]) + 1 for t in ("industry", "segment"))
    broad = place + 1
    field = broad * wide + industry + 1
    kind = field * narrow + segment + 1
    usual = _share(broad, of.rep, traits.n_reps, None)
    own = _share(kind, of.rep, traits.n_reps, _share(field, of.rep, traits.n_reps, usual))
    raw = usual / own
    weight = np.clip(raw, *CLIP)
    weight = np.asarray(weight / weight.mean()) if len(weight) else weight
    effective = float(weight.sum() ** 2 / (weight @ weight)) if len(weight) else 0.0
    chosen = usual < 1  # more than one rep worked there
    met = _met(broad, kind, of.rep, traits.n_reps)
    apart = [_apart(broad, kind, of.rep, traits.n_reps, w, chosen) for w in (np.ones(len(weight)), weight)]
    return Weights(
        weight, effective, float((raw != np.clip(raw, *CLIP)).mean()) if len(raw) else 0.0,
        float(met[chosen].mean()) if chosen.any() else 1.0, *apart,
    )  # fmt: skip


def _share(cell: Ints, rep: Ints, n_reps: int, prior: Floats | None) -> Floats:
    """float64[events]: the rep's share of the events of a cell."""
    _, at = np.unique(cell * n_reps + rep, return_inverse=True)
    _, cell_at = np.unique(cell, return_inverse=True)
    hits, of_cell = np.bincount(at)[at], np.bincount(cell_at)[cell_at]
    if prior is None:
        return np.asarray(hits / of_cell)
    return np.asarray((hits + _DRAW * prior) / (of_cell + _DRAW))


def _met(broad: Ints, kind: Ints, rep: Ints, n_reps: int) -> Floats:
    """float64[events]: of the events of its territory, the share by reps who ever met its kind of customer."""
    _, place_at = np.unique(broad, return_inverse=True)
    who, who_at = np.unique(broad * n_reps + rep, return_inverse=True)
    kinds, kind_at = np.unique(kind, return_inverse=True)  # a kind is of one territory
    cells = np.unique(kind_at * len(who) + who_at)
    share = np.bincount(who_at, minlength=len(who))[cells % max(1, len(who))]
    by_kind = np.bincount(cells // max(1, len(who)), weights=share, minlength=len(kinds))
    return np.asarray(by_kind[kind_at] / np.bincount(place_at)[place_at])


def _apart(broad: Ints, kind: Ints, rep: Ints, n_reps: int, weight: Floats, chosen: Any) -> float:
    """Mean over events of half the absolute difference between the kinds a rep had and those of its territory."""
    if not chosen.any():
        return 0.0
    broad, kind, rep, weight = broad[chosen], kind[chosen], rep[chosen], weight[chosen]
    _, place_at = np.unique(broad, return_inverse=True)
    _, who_at = np.unique(broad * n_reps + rep, return_inverse=True)
    _, kind_at = np.unique(kind, return_inverse=True)  # a kind is of one territory
    cells, cell_at = np.unique(who_at * (kind_at.max() + 1) + kind_at, return_inverse=True)
    who, of_kind = np.divmod(cells, kind_at.max() + 1)
    by_who, by_kind = np.bincount(who_at, weights=weight), np.bincount(kind_at, weights=weight)
    by_place = np.bincount(place_at, weights=weight)
    place_of = np.zeros(len(by_kind), dtype=np.int64)
    place_of[kind_at] = place_at
    own = np.bincount(cell_at, weights=weight) / by_who[who]
    usual = by_kind[of_kind] / by_place[place_of[of_kind]]
    above = np.bincount(who, weights=np.maximum(own - usual, 0), minlength=len(by_who))  # as much as it is below
    return float((above * by_who).sum() / by_who.sum())
