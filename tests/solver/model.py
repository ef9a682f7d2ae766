"""A small learned model by hand, for cases: what each rep wins in each industry, and what a win brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from solver.fit.learned.model import Group, Measure, Model, Money, Part
from solver.fit.learned.settings import Learning


def small(
    effects: Mapping[str, Mapping[str, float]],
    amounts: Mapping[str, float] | None = None,
    measures: Mapping[str, float] | None = None,
    **more: Any,
) -> Model:
    """A model with an effect on the log-odds by rep and industry; `amounts`: what a win brings by customer.

    Every customer of `amounts` has an opportunity a day of the period (rate 1); an industry's letters are lower case.
    """
    reps = sorted(effects)
    industries = sorted({i for of in effects.values() for i in of})
    customers = sorted(amounts or {})
    vocabulary = {"rep": reps, "industry": industries, "customer": customers, "segment": [], "team": [],
                  "territory": [], "region": []}  # fmt: skip
    pairs = [
        (k * len(industries) + m, effects[r][i])
        for k, r in enumerate(reps)
        for m, i in enumerate(industries)
        if i in effects[r]
    ]
    level = np.array([n for n, _ in pairs], dtype=np.int64)
    mean = np.array([e for _, e in pairs], dtype=np.float64)
    group = Group(("rep", "industry"), level, mean, np.full(len(pairs), 0.04), 0.25)
    family = {
        "contacts": "of the shared past", "pair_won": "of the shared past", "recency": "of the shared past",
        "pair_lost": "of the shared past", "pair_feedback": "of the shared past", "size": "of the customer",
        "needs": "of the customer", "industry_match": "of the match", "segment_match": "of the match",
        "skill_surplus": "of the match", "tenure": "of the rep", "breadth": "of the rep",
    }  # fmt: skip
    chance = Part(0.0, (group,), tuple(Measure(n, family[n], 0.5, 2.0, e, 0.01) for n, e in (measures or {}).items()))
    money = None
    if amounts is not None:
        logs = np.log(np.array([amounts[c] for c in customers], dtype=np.float64))
        own = Group(("customer",), np.arange(len(customers)), logs, np.zeros(len(customers)), 0.0)
        money = Money(Part(0.0, (own,), ()), 1.0, np.ones(len(customers)), np.ones(1))
    return Model(Learning(), vocabulary, chance, 1.0, 0.0, money, True, **more)


def drawn() -> Model:
    """A model that knows nobody by id and no money, so that renaming and another currency change nothing."""
    model = small({}, {}, {"industry_match": 1.3, "skill_surplus": 0.7, "needs": -0.4, "segment_match": -0.2})
    needs = Measure("needs", "of the customer", 0.5, 2.0, 0.8, 0.01)
    match = Measure("industry_match", "of the match", 0.25, 0.5, 0.3, 0.01)
    money = Money(Part(1.5, (), (needs, match)), 1.1, np.zeros(0), np.full(3, 0.02))
    vocabulary = model.vocabulary | {"industry": ["medical", "retail"], "segment": ["enterprise", "mid"]}
    return replace(model, vocabulary=vocabulary, money=money)
