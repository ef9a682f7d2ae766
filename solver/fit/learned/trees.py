"""Boosted trees as plain numbers: what challenges the regression, scored by our own few lines, kept as JSON.

The log-odds are the mean of a few forests, each boosted on a sample of the customers; how far these differ is what is
not known for sure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.fit.learned.tallies import Tally, overall, told

if TYPE_CHECKING:
    from solver.fit.learned.traits import Questions, Traits

#: Of a column's values: two ways to reckon one must not end on either side of a threshold.
DECIMALS = 6
#: Rows scored at a time: what a tree needs of them stays in the cache.
_CHUNK = 16_384
#: Fewest forests between which a difference says anything.
_FEWEST = 2


@dataclass(frozen=True)
class Tree:
    """One tree; nodes come before their children.

    Attributes
    ----------
    feature : int64[nodes], the column it splits on; -1 for a leaf.
    threshold : float64[nodes], values up to it go left; 0 for a leaf.
    missing_left : bool[nodes], where a value that is not known goes.
    left, right : int64[nodes], children; -1 for a leaf.
    value : float64[nodes], what a leaf adds to the log-odds.
    """

    feature: Ints
    threshold: Floats
    missing_left: Bools
    left: Ints
    right: Ints
    value: Floats

    def score(self, columns: Sequence[Floats], missing: Sequence[Bools]) -> Floats:
        """float64[rows]: what the tree says, from float64[rows] and what of it is not known, by column."""
        if not len(columns) or len(self.value) == 1:
            return np.full(len(columns[0]) if columns else 1, self.value[0])
        found: list[Floats | float] = list(self.value)
        for node in range(len(self.value) - 1, -1, -1):
            f = int(self.feature[node])
            if f >= 0:
                left = columns[f] <= self.threshold[node]  # False for NaN
                if self.missing_left[node]:
                    left |= missing[f]
                found[node] = np.where(left, found[self.left[node]], found[self.right[node]])
                found[self.left[node]] = found[self.right[node]] = 0.0
        return np.asarray(found[0])

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {name: getattr(self, name).tolist() for name in _COLUMNS}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], columns: int) -> Tree:
        """Read it again.

        Raises
        ------
        ValueError
            It is no tree over so many columns: it would never end, or ask for what is not there.
        """
        tree = cls(*(np.array(data[name], dtype=kind) for name, kind in _COLUMNS.items()))
        n = len(tree.value)
        if not n or any(getattr(tree, name).shape != (n,) for name in _COLUMNS):
            raise ValueError("a tree has columns of different length")
        inner = tree.feature >= 0
        children = np.r_[tree.left[inner], tree.right[inner]]
        own = np.flatnonzero(inner)
        if (children <= np.r_[own, own]).any() or (children >= n).any() or (tree.feature >= columns).any():
            raise ValueError("a tree leads to where there is nothing")
        if not (np.isfinite(tree.threshold).all() and np.isfinite(tree.value).all()):
            raise ValueError("a tree has a number that is none")
        return tree


_COLUMNS: dict[str, type] = {
    "feature": np.int64, "threshold": np.float64, "missing_left": np.bool_, "left": np.int64, "right": np.int64,
    "value": np.float64,
}  # fmt: skip


@dataclass(frozen=True)
class Forest:
    """Trees that are added up: log-odds from `baseline` on."""

    baseline: float
    trees: tuple[Tree, ...]

    def score(self, x: Floats) -> Floats:
        """float64[rows]: log-odds, from float64[rows, columns]."""
        value = np.full(len(x), self.baseline)
        for start in range(0, len(x), _CHUNK):
            part = np.asfortranarray(x[start : start + _CHUNK])
            columns = [part[:, k] for k in range(part.shape[1])]
            missing = [np.isnan(c) for c in columns]
            for tree in self.trees:
                value[start : start + _CHUNK] += tree.score(columns, missing)
        return value


@dataclass(frozen=True)
class Boosted:
    """Boosted trees over what is told of a pair.

    Attributes
    ----------
    families : of measures that are columns, after two for each tally: its rate and its count.
    tallies : counts by group, as they stood when the model was made.
    won, closed : of all.
    forests : each boosted on another sample of the customers.
    gain : by column, its share in what the splits gained.
    """

    families: tuple[str, ...]
    tallies: tuple[Tally, ...]
    won: float
    closed: float
    forests: tuple[Forest, ...]
    gain: dict[str, float]

    @property
    def rate(self) -> float:
        """Rate of wins of all."""
        return float(overall(self.won, self.closed))

    def score(self, traits: Traits, of: Questions) -> tuple[Floats, Floats]:
        """float64[questions] each: log-odds, and how much the forests differ on them (variance)."""
        counts = [(t.of, *t.look_up(traits.levels(t.of, of))) for t in self.tallies]
        parts = []
        for start in range(0, len(of.customer), 8 * _CHUNK):  # the columns of a million pairs are a quarter GiB
            here = slice(start, start + 8 * _CHUNK)
            own = of.of(np.arange(len(of.customer))[here])
            x, _ = columns(traits, own, [(g, w[here], c[here]) for g, w, c in counts], self.rate, self.families)
            parts.append(np.stack([f.score(x) for f in self.forests]))
        found = np.concatenate(parts, axis=1) if parts else np.zeros((len(self.forests), 0))
        if len(self.forests) < _FEWEST:
            return found.mean(axis=0), np.zeros(found.shape[1])
        return found.mean(axis=0), found.var(axis=0, ddof=1)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "kind": "trees",
            "families": list(self.families),
            "tallies": [
                {"of": list(t.of), "level": t.level.tolist(), "won": t.won.tolist(), "closed": t.closed.tolist()}
                for t in self.tallies
            ],
            "won": self.won,
            "closed": self.closed,
            "forests": [{"baseline": f.baseline, "trees": [t.as_dict() for t in f.trees]} for f in self.forests],
            "gain": self.gain,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Boosted:
        """Read it again; errors as `Tree.from_dict`."""
        from solver.fit.learned.traits import MEASURES

        tallies = tuple(
            Tally(tuple(t["of"]), np.array(t["level"], dtype=np.int64), np.array(t["won"], dtype=np.float64),
                  np.array(t["closed"], dtype=np.float64))
            for t in data["tallies"]
        )  # fmt: skip
        families = tuple(str(f) for f in data["families"])
        n = len(names([t.of for t in tallies], families, MEASURES))
        forests = tuple(
            Forest(float(f["baseline"]), tuple(Tree.from_dict(t, n) for t in f["trees"])) for f in data["forests"]
        )
        if not forests:
            raise ValueError("there are no trees")
        gain = {str(k): float(v) for k, v in data["gain"].items()}
        return cls(families, tallies, float(data["won"]), float(data["closed"]), forests, gain)


def names(
    groups: Sequence[tuple[str, ...]], families: Sequence[str], measures: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return the names of the columns, in order."""
    found = [f"{what} of {' × '.join(g)}" for g in groups for what in ("rate", "count")]
    return [*found, *(name for family in families for name in measures[family])]


def columns(
    traits: Traits, of: Questions, counts: Sequence[tuple[tuple[str, ...], Floats, Floats]], rate: Floats | float,
    families: Sequence[str],
) -> tuple[Floats, list[str]]:  # fmt: skip
    """Return float64[questions, columns], NaN for what is not known, and the columns' names.

    Parameters
    ----------
    counts : of each group the wins and closed opportunities of the questions' levels by then.
    rate : of all by then.
    """
    from solver.fit.learned.traits import MEASURES

    found = []
    for group, won, closed in counts:
        known = traits.levels(group, of) >= 0
        found += [np.where(known, column, np.nan) for column in told(won, closed, rate)]
    for family in families:
        measures = traits.measure(family, of)
        found += [measures[name] for name in MEASURES[family]]
    return np.round(np.column_stack(found), DECIMALS), names([g for g, _, _ in counts], families, MEASURES)
