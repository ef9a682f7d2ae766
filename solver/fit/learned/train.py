"""Training: closed opportunities with their features at the day of each, two regressions, how often chances come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.fit.learned.boost import Told
from solver.fit.learned.mixed import Effects, fit_amount, fit_chance
from solver.fit.learned.model import Group, Measure, Model, Money, Part
from solver.fit.learned.past import Past
from solver.fit.learned.propensity import propensity
from solver.fit.learned.settings import Learning
from solver.fit.learned.traits import MEASURES, Questions, Traits
from solver.fit.learned.trees import Boosted

#: Fewest wins with an amount for expected money.
FEWEST_AMOUNTS = 50
#: Rounds of empirical Bayes: of a first fit, and of one that begins where an earlier one ended.
FIRST, NEXT = 8, 4


@dataclass(frozen=True)
class Events:
    """Closed opportunities with a rep, by day.

    Attributes
    ----------
    of : the pair and day of each.
    won : float64[events], 1 or 0.
    amount : float64[events], NaN for none.
    """

    of: Questions
    won: Floats
    amount: Floats

    def __len__(self) -> int:
        return len(self.won)

    def some(self, which: Ints | Bools) -> Events:
        """Return those of a mask or of positions."""
        return Events(self.of.of(which), self.won[which], self.amount[which])


def events_of(past: Past, before: int) -> Events:
    """Return the closed opportunities before a day, in order of their days."""
    which = np.flatnonzero((past.closed >= 0) & (past.rep >= 0) & (past.day < before))
    which = which[np.argsort(past.day[which], kind="stable")]
    of = Questions(past.customer[which], past.rep[which], past.day[which])
    return Events(of, past.closed[which].astype(np.float64), past.amount[which])


@dataclass(frozen=True)
class Design:
    """Columns of a regression: which effects there are, and how to lay them out for any questions.

    Attributes
    ----------
    groups, families : of traits, and of measures, that are used.
    level : for each group the levels seen in training, ascending.
    centre, scale : by measure.
    """

    groups: tuple[tuple[str, ...], ...]
    families: tuple[str, ...]
    level: tuple[Ints, ...]
    centre: dict[str, float]
    scale: dict[str, float]

    @classmethod
    def of(
        cls, traits: Traits, groups: tuple[tuple[str, ...], ...], families: tuple[str, ...], of: Questions
    ) -> tuple[Design, list[Ints], dict[str, Floats]]:
        """Return the design for training questions, with their levels and measures."""
        levels = [traits.levels(g, of) for g in groups]
        measures = {n: v for f in families for n, v in traits.measure(f, of).items()}
        centre, scale = {}, {}
        for name, values in measures.items():
            known = values[~np.isnan(values)]
            centre[name] = float(known.mean()) if len(known) else 0.0
            spread = float(known.std()) if len(known) else 0.0
            scale[name] = spread if spread > 1e-9 else 1.0
        seen = tuple(np.unique(v[v >= 0]) for v in levels)
        return cls(groups, families, seen, centre, scale), levels, measures

    @property
    def group(self) -> Ints:
        """int64[columns]: the group of each column, families of measures after the groups of levels."""
        parts = [np.full(len(s), k) for k, s in enumerate(self.level)]
        parts += [np.full(len(MEASURES[f]), len(self.groups) + k) for k, f in enumerate(self.families)]
        return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)

    def matrix(self, levels: list[Ints], measures: dict[str, Floats]):  # type: ignore[no-untyped-def]
        """Return the rows × columns as a sparse matrix."""
        from scipy.sparse import csr_matrix

        rows, columns, values = [], [], []
        offset = 0
        for seen, level in zip(self.level, levels, strict=True):
            if len(seen):
                at = np.minimum(np.searchsorted(seen, level), len(seen) - 1)
                hit = np.flatnonzero(seen[at] == level)
                rows.append(hit)
                columns.append(offset + at[hit])
                values.append(np.ones(len(hit)))
            offset += len(seen)
        n = len(levels[0]) if levels else len(next(iter(measures.values())))
        for family in self.families:
            for name in MEASURES[family]:
                z = np.nan_to_num((measures[name] - self.centre[name]) / self.scale[name])
                hit = np.flatnonzero(z)
                rows.append(hit)
                columns.append(np.full(len(hit), offset))
                values.append(z[hit])
                offset += 1
        entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
        return csr_matrix(entries, shape=(n, offset))

    def part(self, effects: Effects) -> Part:
        """Return the effects under the names of what they are of."""
        groups, at = [], 0
        for k, (of, seen) in enumerate(zip(self.groups, self.level, strict=True)):
            here = slice(at, at + len(seen))
            spread = float(effects.spread[k])
            groups.append(Group(of, seen, effects.mean[here], effects.variance[here], spread))
            at += len(seen)
        measures = []
        for family in self.families:
            for name in MEASURES[family]:
                mean, variance = float(effects.mean[at]), float(effects.variance[at])
                measures.append(Measure(name, family, self.centre[name], self.scale[name], mean, variance))
                at += 1
        return Part(effects.intercept, tuple(groups), tuple(measures), effects.noise)


def train_chance(
    traits: Traits, events: Events, weight: Floats, start: Floats | None = None, reps: bool = True
) -> tuple[Part, Floats]:
    """Fit the log-odds of winning; returns the spreads too, to begin the next fit with.

    Parameters
    ----------
    reps : whether anything of the rep may be used; without, it is what the customer alone tells.
    """
    groups = traits.groups if reps else traits.customer_groups
    families = tuple(MEASURES) if reps else ("of the customer",)
    design, levels, measures = Design.of(traits, groups, families, events.of)
    x, group = design.matrix(levels, measures), design.group
    n_groups = len(groups) + len(families)
    effects = fit_chance(x, events.won, weight, group, n_groups, FIRST if start is None else NEXT, start)
    return design.part(effects), effects.spread


def train_money(traits: Traits, past: Past, events: Events, before: int) -> Money | None:
    """Fit the money of a win, and count how often each customer has an opportunity; None where wins are too few."""
    wins = events.some(np.flatnonzero((events.won == 1) & (events.amount > 0)))
    if len(wins) < FEWEST_AMOUNTS:
        return None
    groups = (*traits.customer_groups, *traits.rep_groups, ("rep", "industry"))
    families = ("of the customer", "of the match")
    design, levels, measures = Design.of(traits, groups, families, wins.of)
    log = np.log(wins.amount)
    x = design.matrix(levels, measures)
    effects = fit_amount(x, log, design.group, len(groups) + len(families), FIRST)
    told = x @ effects.mean + effects.intercept
    smear = float(wins.amount.sum() / np.exp(told).sum())
    rate, rate_of = _rates(traits, past, before)
    return Money(design.part(effects), smear, rate, rate_of)


def _rates(traits: Traits, past: Past, before: int) -> tuple[Floats, Floats]:
    """Opportunities a day: by customer, drawn to its segment's by a gamma law; by segment, the last for none."""
    closed = (past.closed >= 0) & (past.day < before)
    days = max(1.0, float(before - past.day[past.day < before].min()))
    count = np.bincount(past.customer[closed], minlength=traits.n_customers).astype(np.float64)
    segment = traits.level["segment"]
    n_segments = len(traits.vocabulary["segment"])
    rate = np.zeros(traits.n_customers)
    rate_of = np.zeros(n_segments + 1)
    for s in range(-1, n_segments):
        who = segment == s
        own = count[who] if who.any() else count
        mean, variance = float(own.mean()), float(own.var())
        rate_of[s] = mean / days  # -1 is the last
        extra = max(variance - mean, 1e-9 + mean * 1e-3)  # more than Poisson: the spread of the customers' own rates
        strength = mean / extra if mean > 0 else 1.0
        rate[who] = (count[who] + mean * strength) / (1 + strength) / days
    at = {name: k for k, name in enumerate(traits.vocabulary["customer"])}
    by_level = np.zeros(len(at))
    level = traits.level["customer"]
    by_level[level[level >= 0]] = rate[level >= 0]
    return by_level, rate_of


def train(
    traits: Traits, learning: Learning, events: Events, before: int, method: Literal["effects", "trees"] = "effects"
) -> Model:
    """Learn from the closed opportunities before a day; the model is not calibrated and not judged yet."""
    weight = propensity(traits, events.of).weight if learning.weighting == "propensity" else np.ones(len(events))
    chance: Part | Boosted
    if method == "trees":
        chance = Told(traits, events).boosted(len(events), weight)
    else:
        chance, _ = train_chance(traits, events, weight)
    money = train_money(traits, traits.past, events, before)
    return Model(learning, traits.vocabulary, chance, 1.0, 0.0, money, traits.sized)
