"""Scores of many pairs at once, for what is solved. Audits score pair by pair, see `solver.fit.learned.seen`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from solver.arrays import Floats, Ints
from solver.fit.learned.model import Model
from solver.fit.learned.past import Past
from solver.fit.learned.traits import Questions, Traits
from solver.tables import Period

#: Standard deviations on either side of an 80 % interval.
WIDE = 1.2815515655446004


@dataclass(frozen=True)
class Scores:
    """What a model says of pairs; float64[pairs] each.

    Attributes
    ----------
    win : chance of winning an opportunity, 0 to 1; `low` and `high` hold it between them in some 4 of 5 cases.
    money : expected in the period; NaN where the model knows no amounts. `money_low` and `money_high` likewise, for the
        expectation and not for what a single period brings.
    """

    win: Floats
    low: Floats
    high: Floats
    money: Floats
    money_low: Floats
    money_high: Floats


class Scorer:
    """A model with the tables it scores.

    Parameters
    ----------
    customers, reps : tables; positions are theirs.
    history : all rows; those of the period or later are not looked at.
    period : the days planned.
    """

    def __init__(
        self, model: Model, customers: pd.DataFrame, reps: pd.DataFrame, history: pd.DataFrame, period: Period
    ):
        self.model = model
        self._day = int(np.datetime64(period.first, "D").astype(np.int64))
        self._days = period.days
        past = Past(customers, reps, history, model.learning)
        self._traits = Traits(customers, reps, past, model.learning, model.vocabulary, model.sized)

    def fit(self, customer: Ints, rep: Ints) -> Floats:
        """float64[pairs]: the chance of winning, stretched to 0 to 1 as the model says."""
        model = self.model
        return np.clip((self.pairs(customer, rep).win - model.floor) / (model.ceiling - model.floor), 0, 1)

    def pairs(self, customer: Ints, rep: Ints) -> Scores:
        """Score pairs of positions."""
        model, traits = self.model, self._traits
        of = Questions(customer, rep, np.full(len(customer), self._day))
        odds, variance = model.chance.score(traits, of)
        odds = model.offset + model.slope * odds
        error = abs(model.slope) * np.sqrt(variance)
        win = _chance(odds)
        if model.money is None:
            none = np.full(len(win), np.nan)
            return Scores(win, _chance(odds - WIDE * error), _chance(odds + WIDE * error), none, none, none)
        log, spread = model.money.amount.score(traits, of)
        level, segment = traits.level["customer"][customer], traits.level["segment"][customer]
        known = model.money.rate[np.maximum(level, 0)] if len(model.money.rate) else np.zeros(len(level))
        rate = np.where(level >= 0, known, model.money.rate_of[segment])
        money = win * rate * self._days * model.money.smear * np.exp(log)
        wide = np.exp(WIDE * np.sqrt(spread + ((1 - win) * error) ** 2))  # the log of a product, to first order
        low, high = _chance(odds - WIDE * error), _chance(odds + WIDE * error)
        return Scores(win, low, high, money, money / wide, money * wide)


def _chance(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-odds)))
