"""Training of boosted trees: scikit-learn grows them, on what was known on the day of each closed opportunity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from solver.arrays import Floats
from solver.fit.learned.tallies import Running, Tally, overall
from solver.fit.learned.traits import MEASURES, Questions, Traits
from solver.fit.learned.trees import Boosted, Forest, Tree, columns

if TYPE_CHECKING:
    from solver.fit.learned.train import Events

#: Forests, each grown on a sample of the customers.
FORESTS = 4
#: Trees of a forest and most leaves of a tree: of few opportunities, and from `MANY` on.
FEW_TREES, MANY_TREES, MANY = (40, 4), (120, 8), 20_000
#: Share of a leaf that is believed, and fewest opportunities in a leaf.
RATE, SMALLEST = 0.05, 40
#: Bins of a column, between which trees split.
BINS = 64
#: Closed opportunities that are learned from at most: the latest.
MOST = 250_000
_SEED = 1


class ForeignTrees(RuntimeError):
    """Scikit-learn's trees are not what this code takes them for: its version is not one that this was made for."""


class Told:
    """What trees are told of closed opportunities, on the day of each; made once, for any stretch of time.

    Parameters
    ----------
    events : in order of their days. What is told of one looks at earlier days only.
    """

    def __init__(self, traits: Traits, events: Events):
        self._traits, self._events = traits, events
        self._levels = [traits.levels(g, events.of) for g in traits.groups]
        day, won = events.of.day, events.won
        self._running = [Running(level, day, won) for level in self._levels]
        self._all = Running(np.zeros(len(day), dtype=np.int64), day, won)
        self.x, self.names = self.of(events.of)

    def of(self, asked: Questions) -> tuple[Floats, list[str]]:
        """Return float64[questions, columns] of pairs as of their days, and the columns' names."""
        counts = [
            (group, *running.before(self._traits.levels(group, asked), asked.day))
            for group, running in zip(self._traits.groups, self._running, strict=True)
        ]
        rate = overall(*self._all.before(np.zeros(len(asked.day), dtype=np.int64), asked.day))
        return columns(self._traits, asked, counts, rate, tuple(MEASURES))

    def boosted(self, first: int, weight: Floats) -> Boosted:
        """Grow trees on the first so many events, each with a weight, and freeze the counts as they stand then."""
        won = self._events.won[:first]
        forests, gain = grown(self.x[:first], won, weight, self._events.of.customer[:first])
        tallies = tuple(
            Tally.made(group, level[:first], won)
            for group, level in zip(self._traits.groups, self._levels, strict=True)
        )
        total = float(gain.sum()) or 1.0
        shares = {name: float(g / total) for name, g in zip(self.names, gain, strict=True)}
        return Boosted(tuple(MEASURES), tallies, float(won.sum()), float(first), forests, shares)


def grown(x: Floats, won: Floats, weight: Floats, customer: Any) -> tuple[tuple[Forest, ...], Floats]:
    """Grow the forests; returns what the splits of each column gained too.

    Parameters
    ----------
    x : float64[events, columns], NaN for what is not known.
    customer : int64[events]; a forest sees each customer as often as a draw with replacement has it.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    late = slice(max(0, len(won) - MOST), None)
    x, won, weight = x[late], won[late], weight[late]
    _, who = np.unique(customer[late], return_inverse=True)
    n = int(who.max(initial=0)) + 1
    rng = np.random.default_rng(_SEED)
    forests, gain = [], np.zeros(x.shape[1])
    trees, leaves = MANY_TREES if len(won) >= MANY else FEW_TREES
    # A rate may only raise the chance: a rep that won more is not the worse for it.
    rates = x.shape[1] - sum(len(m) for m in MEASURES.values())
    rising = [int(k < rates and k % 2 == 0) for k in range(x.shape[1])]
    for number in range(FORESTS):
        own = np.repeat(np.arange(len(won)), rng.multinomial(n, np.full(n, 1 / n))[who])
        if won[own].min(initial=1) == won[own].max(initial=0):
            own = np.arange(len(won))
        model: Any = HistGradientBoostingClassifier(
            max_iter=trees, learning_rate=RATE, max_leaf_nodes=leaves, min_samples_leaf=SMALLEST, l2_regularization=1.0,
            max_bins=BINS, early_stopping=False, monotonic_cst=rising, random_state=_SEED + number,
        )  # fmt: skip
        known = x[own]
        known[:, np.isnan(known).all(axis=0)] = 0.0  # a column of which nothing is known: no tree splits on it
        even = weight.min() == weight.max()  # scikit-learn takes twenty times as long for bins of weighted rows
        with threadpool_limits(1):  # threads would wait for each other on a machine that is shared
            model.fit(known, won[own].astype(np.int64), sample_weight=None if even else weight[own])
        forest, gained = taken_over(model, x.shape[1])
        some = known[:500]
        if not np.allclose(forest.score(some), model.decision_function(some), rtol=0, atol=1e-9):
            raise ForeignTrees("the trees that scikit-learn grew do not say here what they say there")
        forests.append(forest)
        gain += gained
    return tuple(forests), gain


def taken_over(model: Any, width: int) -> tuple[Forest, Floats]:
    """Return a fitted ``HistGradientBoostingClassifier`` of two classes as plain numbers, and each column's gain."""
    gain = np.zeros(width)
    trees = []
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        leaf = nodes["is_leaf"].astype(bool)
        np.add.at(gain, nodes["feature_idx"][~leaf], np.maximum(nodes["gain"][~leaf], 0))
        trees.append(
            Tree(
                np.where(leaf, -1, nodes["feature_idx"]).astype(np.int64),
                # Known values against missing ones split at infinity, which JSON cannot hold.
                np.where(leaf, 0.0, np.minimum(nodes["num_threshold"], np.finfo(np.float64).max)).astype(np.float64),
                nodes["missing_go_to_left"].astype(bool) & ~leaf,
                np.where(leaf, -1, nodes["left"]).astype(np.int64),
                np.where(leaf, -1, nodes["right"]).astype(np.int64),
                np.where(leaf, nodes["value"], 0.0).astype(np.float64),
            )
        )
    return Forest(float(np.ravel(model._baseline_prediction)[0]), tuple(trees)), gain
