"""Learned fit: nothing of the future, shrinking, chances that come true, and a place that has to be earned."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from functools import cache
from typing import Any, Literal

import numpy as np
import pytest

from solver.fit.declared import Profile
from solver.fit.learned.model import DamagedModel, Model
from solver.fit.learned.past import Past
from solver.fit.learned.propensity import propensity
from solver.fit.learned.scorer import Scorer
from solver.fit.learned.seen import Seen
from solver.fit.learned.settings import Learning, is_sensitive
from solver.fit.learned.train import Events, events_of, train
from solver.fit.learned.traits import Questions, Traits
from solver.fit.learned.validation import Validation, validate
from solver.fit.learned.words import Record
from solver.tables import Period, Tables
from solver.view import View

PERIOD = Period(dt.date(2026, 10, 1), dt.date(2026, 12, 31))
BEFORE = (PERIOD.first - dt.date(1970, 1, 1)).days
FIRST = dt.date(2025, 1, 1)
INDUSTRIES = ("medical", "retail", "energy")


@cache
def world(strength: float = 1.6, events: int = 900, seed: int = 1, newcomers: bool = False) -> Tables:
    """Six reps of two teams, each strong in one industry by `strength` log-odds; R6 has one deal, R7 is new."""
    rng = np.random.default_rng(seed)
    reps: list[dict[str, Any]] = [
        {"rep_id": f"R{i}", "team": "north" if i <= 3 or i == 7 else "south", "industries": INDUSTRIES[i % 3],
         "skills": "cloud:4" if i % 2 else "", "start_date": dt.date(2020 + i % 5, 1, 1) if i != 5 else None}
        for i in range(1, 8)
    ]  # fmt: skip
    customers = [
        {"customer_id": f"C{j}", "industry": INDUSTRIES[j % 3].title(), "segment": ("mid", "small")[j % 2],
         "territory": ("EMEA/DE", "EMEA/FR", "")[j // 3 % 3], "potential": 1000.0 * (1 + j % 7) if j % 9 else 0,
         "required_skills": "cloud:2" if j % 4 == 0 else ""}
        for j in range(60)
    ]  # fmt: skip
    history: list[dict[str, Any]] = []
    days = np.sort(rng.integers(0, (PERIOD.first - FIRST).days + 60, events))
    for day in days.tolist():
        j, i = int(rng.integers(0, 58)), int(rng.integers(1, 6))
        chance = 1 / (1 + np.exp(-(strength * ((i + 1) % 3 == j % 3) - strength / 2)))
        date = FIRST + dt.timedelta(day)
        won = rng.random() < chance
        amount = round(float(rng.lognormal(5 + (j % 2), 0.3)), 2)
        history.append({"customer_id": f"C{j}", "rep_id": f"R{i}", "date": date, "kind": "opportunity",
                        "outcome": "Closed Won" if won else "lost", "amount": amount})  # fmt: skip
        if rng.random() < 0.5:
            history.append({"customer_id": f"C{j}", "rep_id": rng.choice([f"R{i}", "", "R99"]), "date": date,
                            "kind": "call", "feedback": float(rng.integers(1, 11)) if rng.random() < 0.3 else None})  # fmt: skip
    history.append({"customer_id": "C1", "rep_id": "R6", "date": FIRST, "outcome": "won", "amount": 100})
    if newcomers:
        customers += [{"customer_id": "C900", "industry": "Medical", "segment": "huge", "territory": "APAC/CN"},
                      {"customer_id": "C901", "required_skills": "cloud:5", "potential": 5}]  # fmt: skip
        reps.append({"rep_id": "R900", "industries": "medical; space", "team": "North"})
    return Tables.of(customers, reps, history)


def learned(tables: Tables, learning: Learning = Learning(), before: int = BEFORE) -> tuple[Traits, Events, Model]:  # noqa: B008
    past = Past(tables.customers, tables.reps, tables.history, learning)
    traits = Traits(tables.customers, tables.reps, past, learning)
    events = events_of(past, before)
    return traits, events, train(traits, learning, events, before)


@cache
def strong() -> tuple[Traits, Events, Model]:
    return learned(world())


def checked(tables: Tables) -> Validation:
    learning = Learning(folds=3)
    past = Past(tables.customers, tables.reps, tables.history, learning)
    traits = Traits(tables.customers, tables.reps, past, learning)
    return validate(traits, learning, events_of(past, BEFORE), tables.customers, tables.reps, Profile())


# --- nothing of the future -----------------------------------------------------------------------------


def later_changed(tables: Tables, first: dt.date) -> Tables:
    """The same tables with everything from a day on turned around: outcomes, reps, customers, amounts, feedback."""
    history = tables.history.copy()
    late = history.index[(history["date"] >= np.datetime64(first)).to_numpy()]
    mixed = np.random.default_rng(9).permutation(late)
    for column in ("customer_id", "rep_id", "outcome", "amount", "feedback"):
        history.loc[late, column] = history.loc[mixed, column].to_numpy()
    swap = {"Closed Won": "lost", "lost": "Closed Won"}
    history.loc[late, "outcome"] = [swap.get(o, o) for o in history.loc[late, "outcome"]]
    return replace(tables, history=history)


def test_what_comes_later_changes_no_feature_of_what_was_before() -> None:
    tables = world()
    cut = dt.date(2026, 3, 1)
    other = later_changed(tables, cut)
    assert not other.history.equals(tables.history)
    day = (cut - dt.date(1970, 1, 1)).days
    (one, events, model), (two, same, again) = learned(tables, before=day), learned(other, before=day)
    assert len(events) == len(same) > 300
    for family in ("of the customer", "of the rep", "of the match", "of the shared past"):
        for name, values in one.measure(family, events.of).items():
            np.testing.assert_array_equal(values, two.measure(family, same.of)[name], err_msg=name)
    assert model.sha256 == again.sha256


def test_scores_for_a_period_look_at_nothing_in_it() -> None:
    tables = world()
    _, _, model = strong()
    other = later_changed(tables, PERIOD.first)
    customer, rep = np.divmod(np.arange(60 * 7), 7)
    found = [Scorer(model, t.customers, t.reps, t.history, PERIOD).pairs(customer, rep) for t in (tables, other)]
    np.testing.assert_array_equal(found[0].win, found[1].win)
    np.testing.assert_array_equal(found[0].money, found[1].money)


def test_what_a_pair_shared_ends_the_day_before() -> None:
    rows = [
        {"customer_id": "C1", "rep_id": "R1", "date": dt.date(2026, 1, d), "outcome": o, "feedback": f}
        for d, o, f in ((1, "won", 9), (5, "lost", None), (5, "", 4), (9, "won", None))
    ]
    tables = Tables.of([{"customer_id": "C1"}], [{"rep_id": "R1"}], [*rows, {"customer_id": "C1", "outcome": "won"}])
    past = Past(tables.customers, tables.reps, tables.history, Learning())
    first = (dt.date(2026, 1, 1) - dt.date(1970, 1, 1)).days
    day = first + np.array([0, 1, 4, 5, 8, 30])
    found = past.shared(np.zeros(6, int), np.zeros(6, int), day)
    assert found.contacts.tolist() == [0, 1, 1, 3, 3, 4]
    assert found.won.tolist() == [0, 1, 1, 1, 1, 2]
    assert found.lost.tolist() == [0, 0, 0, 1, 1, 1]
    assert (found.last - first).tolist()[1:] == [0, 0, 4, 4, 8]
    assert found.last[0] == -1
    assert found.score_sum.tolist() == [0, 9, 9, 13, 13, 13]


def test_days_before_1970_are_days_like_any() -> None:
    rows = [
        {"customer_id": c, "rep_id": "R1", "date": dt.date.fromisoformat(d), "outcome": o}
        for c, d, o in (
            ("C1", "1965-03-01", "won"), ("C1", "2020-01-01", "lost"), ("C2", "1900-01-01", "won"),
            ("C2", "2030-01-01", "won"), ("C3", "1969-12-31", ""),
        )
    ]  # fmt: skip
    tables = Tables.of([{"customer_id": f"C{j}"} for j in (1, 2, 3)], [{"rep_id": "R1"}], rows)
    past = Past(tables.customers, tables.reps, tables.history, Learning())
    customer, rep = np.arange(3), np.zeros(3, int)
    found = past.shared(customer, rep, np.full(3, BEFORE))
    assert found.contacts.tolist() == [2, 1, 1]
    assert (found.won.tolist(), found.lost.tolist()) == ([1, 1, 0], [1, 0, 0])
    sixties = (dt.date(1966, 1, 1) - dt.date(1970, 1, 1)).days
    assert past.shared(customer, rep, np.full(3, sixties)).contacts.tolist() == [1, 1, 0]
    traits = Traits(tables.customers, tables.reps, past, Learning())
    recency = traits.measure("of the shared past", Questions(customer, rep, np.zeros(3, int)))["recency"]
    assert (recency > 0).all() and recency[2] == recency.max(), "who met in 1969 has met"


# --- shrinking -----------------------------------------------------------------------------------------


def scores(rep: str, customer: str) -> tuple[float, float]:
    """Chance, and width of its interval."""
    tables = world()
    scorer = Scorer(strong()[2], tables.customers, tables.reps, tables.history, PERIOD)
    found = scorer.pairs(np.array([int(customer[1:])]), np.array([int(rep[1:]) - 1]))
    return float(found.win[0]), float(found.high[0] - found.low[0])


def test_what_is_there_is_found() -> None:
    (own, _), (other, _) = scores("R2", "C3"), scores("R2", "C4")  # (2 + 1) % 3 is medical, and so is C3
    assert own > 0.6 > 0.45 > other


def test_a_rep_with_one_deal_stays_near_its_peers_and_a_new_one_too_less_surely() -> None:
    """R6 won its only deal; R7 lists retail and has none: neither gets near what many wins show."""
    _, sure = scores("R2", "C3")
    (sparse, wide), (new, unsure) = scores("R6", "C1"), scores("R7", "C1")
    assert 0.35 < new < 0.65
    assert 0.35 < sparse < 0.7
    assert unsure > sure
    assert wide > sure


# --- the audit's own way -------------------------------------------------------------------------------


@pytest.mark.parametrize("money", [True, False])
def test_pair_by_pair_and_all_at_once_say_the_same(money: bool) -> None:
    model = replace(strong()[2], slope=0.8, offset=0.1, money=strong()[2].money if money else None)
    more = world(newcomers=True)
    customer, rep = np.divmod(np.arange(62 * 8), 8)
    at_once = Scorer(model, more.customers, more.reps, more.history, PERIOD).pairs(customer, rep)
    seen = Seen(model, View(more, PERIOD, {}, {}))
    one = [seen.win(j, i) for j, i in zip(customer.tolist(), rep.tolist(), strict=True)]
    np.testing.assert_allclose(one, at_once.win, rtol=0, atol=1e-12)
    assert np.ptp(at_once.win) > 0.3
    if money:
        brings = [seen.money(j, i) for j, i in zip(customer.tolist(), rep.tolist(), strict=True)]
        np.testing.assert_allclose(brings, at_once.money, rtol=1e-9)
        assert (at_once.money_low < at_once.money).all()
    else:
        assert np.isnan(at_once.money).all()


# --- its place -----------------------------------------------------------------------------------------


def test_a_strong_signal_earns_its_place_and_its_chances_come_true() -> None:
    found = checked(world())
    assert found.verdict == "earned", found.sentence
    assert found.low > 0
    assert found.figures["learned"].auc > 0.65
    assert found.figures["learned"].lift > 1.2
    assert all(found.figures["learned"].brier < f.brier for n, f in found.figures.items() if n != "learned")
    assert found.slope_range[0] < 1.15 and found.slope_range[1] > 0.85
    assert sum(b["events"] for b in found.bins) == found.events
    assert found.money is not None and found.money["rank"] > 0.3


def test_noise_is_declined() -> None:
    found = checked(world(0.0, 700, 2))
    assert found.verdict == "declined", found.sentence
    assert "does not earn its place" in found.sentence


def test_too_little_data_is_said() -> None:
    tables = world(events=90)
    found = checked(tables)
    assert found.verdict == "too_little"
    assert "too little data" in found.sentence


def test_usual_pairings_count_less() -> None:
    traits, events, _ = strong()
    same = Questions(events.of.customer, events.of.rep.copy(), events.of.day)
    medical = traits.level["industry"][events.of.customer] == traits.level["industry"][0]
    same.rep[medical] = 0  # R1 has all of one industry and a fifth of the others
    weight = propensity(traits, same).weight
    assert weight.mean() == pytest.approx(1)
    assert weight[medical].mean() < weight[~medical & (same.rep == 0)].mean()


def given(seed: int, favour: float, events: int = 1_500) -> Tables:
    """Two reps get a kind of customer that buys easily, two the others; which of them it is makes no difference.

    What is easy is an industry in one segment and the other in the other: no sum of their effects tells it.
    """
    rng = np.random.default_rng(seed)
    customers = [
        {"customer_id": f"C{j}", "industry": "ab"[j % 2], "segment": "xy"[j // 2 % 2], "territory": "T"}
        for j in range(200)
    ]
    history = []
    for day in np.sort(rng.integers(0, 600, events)).tolist():
        j = int(rng.integers(0, 200))
        easy = j % 2 == j // 2 % 2
        i = int(rng.integers(1, 3)) + (0 if rng.random() < (favour if easy else 1 - favour) else 2)
        outcome = "won" if rng.random() < (0.75 if easy else 0.3) else "lost"
        history.append(
            {"customer_id": f"C{j}", "rep_id": f"R{i}", "date": FIRST + dt.timedelta(day), "outcome": outcome}
        )
    return Tables.of(customers, [{"rep_id": f"R{i}"} for i in range(1, 5)], history)


def favoured(tables: Tables, weighting: Literal["none", "propensity"]) -> float:
    """By how much the chance of the two who got the easy ones is above that of the others, over all customers."""
    traits, _, model = learned(tables, Learning(weighting=weighting))
    customer, rep = np.divmod(np.arange(200 * 4), 4)
    odds, _ = model.chance.score(traits, Questions(customer, rep, np.full(800, BEFORE)))
    chance = 1 / (1 + np.exp(-odds))
    return float(chance[rep < 2].mean() - chance[rep >= 2].mean())


def test_propensity_takes_out_what_only_the_assignment_made() -> None:
    plain, weighted = ([favoured(given(seed, 0.85), w) for seed in range(3)] for w in ("none", "propensity"))
    assert min(plain) > 0.1, "reps who were given the easy customers look better, and are not"
    assert np.abs(weighted).mean() < np.mean(plain) / 5
    traits, events, _ = learned(given(0, 0.85))
    found = propensity(traits, events.of)
    assert found.refused == "" and found.overlap == 1
    assert 0.3 * len(events) < found.effective < 0.8 * len(events)
    assert found.apart > 0.3 > 0.03 > found.apart_after


def test_propensity_is_refused_where_reps_never_met_a_kind_of_customer() -> None:
    for favour, why in ((1.0, "on average a rep ever met only 50 %"), (0.985, "of the difference between reps' cust")):
        traits, events, _ = learned(given(1, favour))
        found = propensity(traits, events.of)
        assert why in found.refused
    assert "are worth no more than 150" in replace(found, effective=150.0).refused
    alone = Tables.of([{"customer_id": "C1"}], [{"rep_id": "R1"}],
                      [{"customer_id": "C1", "rep_id": "R1", "date": FIRST, "outcome": "won"}])  # fmt: skip
    past = Past(alone.customers, alone.reps, alone.history, Learning())
    found = propensity(Traits(alone.customers, alone.reps, past, Learning()), events_of(past, BEFORE).of)
    assert (found.refused, found.overlap, found.apart) == ("", 1.0, 0.0), "where nobody chose nothing is to be undone"


# --- kept as data --------------------------------------------------------------------------------------


def test_a_model_comes_back_as_it_was_and_a_changed_one_does_not() -> None:
    model = replace(strong()[2], data={"history": "abc"}, verdict="earns its place")
    text = model.to_json()
    again = Model.from_json(text)
    assert again.sha256 == model.sha256
    assert again.as_dict() == model.as_dict()
    data = json.loads(text)
    data["chance"]["intercept"] += 1e-9
    huge, endless = json.loads(text), json.loads(text)
    huge["chance"]["groups"][0]["level"][0] = 10**30
    endless["chance"]["intercept"] = float("nan")
    texts = (json.dumps(data), text[:500], "[]", json.dumps({"format": 99}), json.dumps(huge), json.dumps(endless))
    for damaged in (*texts, b"\x80\x04K\x01.", "[" * 200_000):
        with pytest.raises(DamagedModel):
            Model.from_json(damaged)


# --- sensitive columns ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Age", "contact_gender", "ContactAge", "owner nationality", "性别", "Geschlecht"])
def test_columns_on_persons_are_known(name: str) -> None:
    assert is_sensitive(name)


@pytest.mark.parametrize("name", ["stage", "package", "region", "average_order", "language", "Usage"])
def test_other_columns_are_not(name: str) -> None:
    assert not is_sensitive(name)


def test_a_sensitive_column_is_refused_unless_it_is_meant() -> None:
    tables = Tables.of([{"customer_id": "C1", "gender": "f", "tier": "a"}], [{"rep_id": "R1", "age": 40}])
    asked = Learning(customer_columns=("tier", "gender", "teir"), rep_columns=("age", "team"))
    found = {(p.code, p.message.split(":")[0]) for p in asked.problems(tables)}
    assert found == {
        ("sensitive_column", "learn.customer_columns"), ("unknown_column", "learn.customer_columns"),
        ("sensitive_column", "learn.rep_columns"), ("known_column", "learn.rep_columns"),
    }  # fmt: skip
    meant = Learning(customer_columns=("gender",), rep_columns=("age",), sensitive=("Gender", "age"))
    assert not list(meant.problems(tables))


# --- in words ------------------------------------------------------------------------------------------


def test_a_record_in_words() -> None:
    reps = [{"rep_id": r, "team": t} for r, t in (("R1", "north"), ("R2", "north"), ("R3", "south"), ("R4", ""))]
    customers = [{"customer_id": c, "industry": i} for c, i in (("C1", "Medical"), ("C2", "medical"), ("C3", ""))]
    deals = [("C1", "R1", "won")] * 3 + [("C2", "R1", "lost")] * 1 + [("C2", "R2", "won")] * 1
    deals += [("C2", "R2", "lost")] * 2 + [("C1", "R3", "won")] * 2
    history = [{"customer_id": c, "rep_id": r, "outcome": o, "date": dt.date(2026, 5, 1)} for c, r, o in deals]
    history.append({"customer_id": "C1", "rep_id": "R1", "outcome": "won", "date": PERIOD.first})
    tables = Tables.of(customers, reps, history)
    record = Record(tables.customers, tables.reps, tables.history, PERIOD)
    assert record.said(0, 0) == "won 3 of 4 in Medical; team average 1.3 of 4; with this customer 3 of 3"
    assert record.said(0, 1) == "won 1 of 3 in Medical; team average 2.2 of 3"
    assert record.said(0, 2) == "won 2 of 2 in Medical; all reps' average 1.1 of 2; with this customer 2 of 2"
    assert record.said(0, 3) == "nothing closed in Medical yet; all reps won 6 of 9"
    assert record.said(2, 0) == "won 3 of 4; team average 1.3 of 4"
