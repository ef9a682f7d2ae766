"""Boosted trees: scikit-learn's to the last digits, kept as data, and used only where they are surely better."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from solver.fit.declared import Profile
from solver.fit.learned.boost import Told, taken_over
from solver.fit.learned.card import card
from solver.fit.learned.model import DamagedModel, Model
from solver.fit.learned.past import Past
from solver.fit.learned.propensity import propensity
from solver.fit.learned.scorer import Scorer
from solver.fit.learned.seen import Seen
from solver.fit.learned.settings import Learning
from solver.fit.learned.train import Events, events_of, train
from solver.fit.learned.traits import Questions, Traits
from solver.fit.learned.trees import Boosted, Tree
from solver.fit.learned.validation import Validation, validate
from solver.tables import Period, Tables
from solver.view import View
from tests.solver.test_learned import BEFORE, later_changed, world

PERIOD = Period(dt.date(2026, 10, 1), dt.date(2026, 12, 31))


@cache
def crossed(events: int = 2_400) -> Tables:
    """A truth that no sum of effects tells: old hands win with large customers, newcomers with small ones."""
    rng = np.random.default_rng(4)
    reps: list[dict[str, Any]] = [
        {"rep_id": f"R{i}", "team": "ns"[i % 2], "start_date": dt.date(2012 if i < 5 else 2025, 1 + i, 1)}
        for i in range(10)
    ]
    customers = [{"customer_id": f"C{j}", "potential": float(np.round(np.exp(rng.normal(8, 1.2))))} for j in range(150)]
    large = np.array([c["potential"] for c in customers]) > np.exp(8)
    history = []
    for day in np.sort(rng.integers(0, 600, events)).tolist():
        j, i = int(rng.integers(0, 150)), int(rng.integers(0, 10))
        won = rng.random() < (0.75 if large[j] == (i < 5) else 0.25)
        history.append({"customer_id": f"C{j}", "rep_id": f"R{i}", "date": dt.date(2025, 2, 1) + dt.timedelta(day),
                        "outcome": "won" if won else "lost", "amount": 100.0})  # fmt: skip
    return Tables.of(customers, reps, history)


def parts(tables: Tables, learning: Learning, before: int = BEFORE) -> tuple[Traits, Events]:
    past = Past(tables.customers, tables.reps, tables.history, learning)
    return Traits(tables.customers, tables.reps, past, learning), events_of(past, before)


def judged(tables: Tables, learning: Learning) -> Validation:
    traits, events = parts(tables, learning)
    return validate(traits, learning, events, tables.customers, tables.reps, Profile())


@cache
def grown_model() -> tuple[Traits, Events, Model]:
    traits, events = parts(world(), Learning())
    return traits, events, train(traits, Learning(), events, BEFORE, "trees")


def test_scores_are_those_of_scikit_learn() -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    rng = np.random.default_rng(2)
    x = np.round(rng.normal(size=(3_000, 6)), 2)
    x[rng.random(x.shape) < 0.15] = np.nan
    y = (np.nan_to_num(x[:, 0]) * np.nan_to_num(x[:, 1]) + np.isnan(x[:, 2]) + rng.normal(size=3_000) > 0).astype(int)
    model = HistGradientBoostingClassifier(max_iter=25, max_leaf_nodes=9, max_bins=32, early_stopping=False)
    model.fit(x, y)
    forest, gain = taken_over(model, 6)
    ask = np.vstack([x, np.full((1, 6), np.nan), rng.normal(size=(500, 6)) * 9])
    ask[5:9, 0] = forest.trees[0].threshold[0]  # just on a threshold goes left
    np.testing.assert_allclose(forest.score(ask), model.decision_function(ask), rtol=0, atol=1e-9)
    assert np.isnan(ask).any() and len(forest.trees) == 25
    kept = [Tree.from_dict(json.loads(json.dumps(t.as_dict(), allow_nan=False)), 6) for t in forest.trees]
    np.testing.assert_array_equal(replace(forest, trees=tuple(kept)).score(ask), forest.score(ask))
    assert max(t.threshold.max() for t in kept) > 1e300, "known against missing is a split too"
    assert gain[:3].sum() > 0.8 * gain.sum()


def test_a_constant_truth_grows_trees_of_one_leaf() -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    x = np.zeros((100, 2))
    model = HistGradientBoostingClassifier(max_iter=2, early_stopping=False).fit(x, np.arange(100) % 2)
    forest, _ = taken_over(model, 2)
    np.testing.assert_allclose(forest.score(x[:3]), model.decision_function(x[:3]), rtol=0, atol=1e-9)


def test_what_comes_later_changes_nothing_that_trees_are_told() -> None:
    tables, cut = world(), dt.date(2026, 3, 1)
    day = (cut - dt.date(1970, 1, 1)).days
    (one, events), (two, same) = (parts(t, Learning()) for t in (tables, later_changed(tables, cut)))
    n = int((events.of.day < day).sum())
    a, b = Told(one, events), Told(two, same)
    np.testing.assert_array_equal(a.x[:n], b.x[:n])
    assert not np.array_equal(a.x[n:], b.x[n:], equal_nan=True)
    grown = [told.boosted(n, np.ones(n)).as_dict() for told in (a, b)]
    assert grown[0] == grown[1]


def test_the_frozen_counts_say_what_the_running_ones_say_on_that_day() -> None:
    traits, events, model = grown_model()
    assert isinstance(model.chance, Boosted)
    asked = Questions(*(v[:40] for v in (events.of.customer, events.of.rep)), np.full(40, BEFORE))
    x, _ = Told(traits, events).of(asked)
    value = np.mean([f.score(x) for f in model.chance.forests], axis=0)
    np.testing.assert_array_equal(model.chance.score(traits, asked)[0], value)


def test_pair_by_pair_and_all_at_once_say_the_same() -> None:
    model = replace(grown_model()[2], slope=0.8, offset=0.1)
    more = world(newcomers=True)
    customer, rep = np.divmod(np.arange(62 * 8), 8)
    at_once = Scorer(model, more.customers, more.reps, more.history, PERIOD).pairs(customer, rep)
    seen = Seen(model, View(more, PERIOD, {}, {}))
    one = [seen.win(j, i) for j, i in zip(customer.tolist(), rep.tolist(), strict=True)]
    np.testing.assert_allclose(one, at_once.win, rtol=0, atol=1e-12)
    assert np.ptp(at_once.win) > 0.2
    assert (at_once.low <= at_once.win).all() and (at_once.low < at_once.win).any()


def test_trees_become_the_model_where_they_are_surely_better_and_only_there() -> None:
    found = judged(crossed(), Learning(folds=3))
    assert (found.method, found.verdict) == ("trees", "earned"), found.sentence
    assert found.challenge is not None and found.challenge.method == "effects" and found.challenge.low > 0
    assert found.figures["learned"].auc > 0.65 > found.figures["challenger"].auc + 0.02
    plain = judged(world(), Learning(folds=3))
    assert (plain.method, plain.verdict) == ("effects", "earned"), plain.sentence
    assert plain.challenge is not None and plain.challenge.method == "trees" and plain.challenge.low < 0
    assert plain.figures["learned"].log_loss < plain.figures["challenger"].log_loss


@pytest.mark.parametrize("method", ["effects", "trees"])
def test_a_plan_may_say_which(method: Any) -> None:
    found = judged(world(), Learning(folds=2, method=method))
    assert found.method == method
    assert ("challenger" in found.figures) == (method == "trees")


def test_a_model_of_trees_comes_back_as_it_was_and_a_broken_one_does_not() -> None:
    traits, events, model = grown_model()
    text = model.to_json()
    again = Model.from_json(text)
    assert again.as_dict() == model.as_dict() and again.sha256 == model.sha256
    checked = judged(world(), Learning(folds=2, method="trees"))
    told = card(model, checked, events, traits, (events.of.customer, events.of.rep), propensity(traits, events.of))
    assert told["method"] == "trees" and sum(d["share"] for d in told["drivers"]) <= 1
    assert any("other samples of the customers" in c for c in told["caveats"])

    def broken(**change: Any) -> str:
        data = json.loads(text)
        data.pop("sha256")
        tree = next(t for t in data["chance"]["forests"][0]["trees"] if len(t["value"]) > 1)
        for name, value in change.items():
            tree[name][0] = value
        return json.dumps(data)

    for change in ({"left": 0}, {"right": 99}, {"feature": 999}, {"value": float("inf")}, {"left": -1}):
        with pytest.raises(DamagedModel, match="not a model"):
            Model.from_json(broken(**change))


def test_a_model_without_trees_is_written_as_before() -> None:
    traits, events = parts(world(), Learning())
    data = train(traits, Learning(), events, BEFORE).as_dict()
    assert data["format"] == 1 and "method" not in data["learning"]
