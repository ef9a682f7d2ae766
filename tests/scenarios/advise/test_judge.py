"""The estimate is right if the odds or the model are; intervals, trimming and the rule of recommending."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scenarios.advise.judge import FEWEST, judge
from scenarios.advise.logged import Logged, Odds, Outlook
from scenarios.plan.advise_spec import Advise

SPEC = Advise(samples=400)
N, REPS = 60, 4


def company(seed: int, odds_right: bool, model_right: bool, effect: float = 1.0, rows: int = 600):
    """A log of one period; the truth is 1 + effect · rep for everybody. Returns the log and the true gain of R3 on R0."""
    rng = np.random.default_rng(seed)
    current = np.arange(N) % REPS
    loyal = 0.4
    who = np.arange(rows) % N
    steps = rng.integers(1, REPS, rows)
    stays = rng.random(rows) < loyal
    # whoever steps in is R0 twice as often as the odds say where these are wrong
    rep = np.where(stays, current[who], (current[who] + steps) % REPS)
    mean = 1 + effect * np.arange(REPS)
    sales = mean[rep] + rng.normal(0, 0.5, rows)
    habit = np.ones((1, REPS)) / REPS
    told = loyal if odds_right else 0.75
    odds = Odds(told, np.zeros(N, dtype=np.int64), current, habit)
    rate = (mean if model_right else np.full(REPS, 1.7))[:, None]
    outlook = Outlook(np.ones(N), rate, np.zeros(N, dtype=np.int64))
    log = Logged("opportunity", np.zeros(rows, dtype=np.int64), who, rep, sales, (odds,), (outlook,), ())
    return log, effect * 3 * rows


def everybody(rep: int) -> list[np.ndarray]:
    return [np.full(N, rep)]


@pytest.mark.parametrize(("odds_right", "model_right"), [(True, False), (False, True), (True, True)])
def test_doubly_robust(odds_right, model_right):
    """With either the odds or the model wrong the mean over many companies is the truth."""
    gains, inside = [], 0
    for seed in range(40):
        log, truth = company(seed, odds_right, model_right)
        verdicts = judge(log, {"base": everybody(0), "best": everybody(3)}, "base", 0.0, SPEC, 1)
        (one,) = verdicts.judged
        gains.append(one.gain)
        inside += one.interval[0] <= truth <= one.interval[1]
    assert np.mean(gains) == pytest.approx(truth, abs=4 * np.std(gains) / np.sqrt(len(gains)) + 1e-6)
    assert inside >= 34  # of 40 at 95 %: fewer than this has a chance below 1 in 100


def test_with_both_wrong_it_is_not_the_truth():
    """The test above can fail."""
    gains = [
        judge(log, {"base": everybody(0), "best": everybody(3)}, "base", 0.0, SPEC, 1).judged[0].gain
        for log, _ in (company(seed, False, False) for seed in range(20))
    ]
    truth = company(0, True, True)[1]
    assert abs(np.mean(gains) - truth) > 4 * np.std(gains) / np.sqrt(len(gains))


def test_the_best_with_evidence_is_recommended_and_hand_overs_count():
    log, _ = company(1, True, True)
    plans = {"base": everybody(0), "r1": everybody(1), "r3": everybody(3), "same": everybody(0)}
    verdicts = judge(log, plans, "base", 0.0, SPEC, 1)
    assert verdicts.best == "r3" and [j.evidence for j in verdicts.judged] == ["gain", "gain", "same"]
    worse = judge(log, {"base": everybody(3), "r1": everybody(1)}, "base", 0.0, SPEC, 1)
    assert worse.best is None and worse.judged[0].evidence == "loss"
    # all who change hands lose everything: whatever moves most is worth least
    stay = [log.odds[0].current]
    lost = judge(log, {"base": stay, "r3": everybody(3)}, "base", 1.0, SPEC, 1).judged[0]
    assert lost.gain > 0 > lost.net and lost.moved == N * 3 / 4


def test_without_an_effect_nothing_is_recommended():
    said = []
    for seed in range(40):
        log, _ = company(seed, True, False, effect=0.0)
        plans = {"base": everybody(0), **{f"r{k}": everybody(k) for k in range(1, REPS)}}
        said.append(judge(log, plans, "base", 0.0, SPEC, 1).best is not None)
    assert (
        sum(said) <= 6
    )  # at 95 % sure on two sides, half of the misses are gains; 7 of 40 has a chance below 1 in 1000


def test_too_few_customers_claim_nothing_and_no_overlap_counts_for_nobody():
    log, _ = company(2, True, True)
    few = everybody(0)[0].copy()
    few[: FEWEST - 1] = 3
    one = judge(log, {"base": everybody(0), "few": [few]}, "base", 0.0, SPEC, 1).judged[0]
    assert one.evidence == "little" and one.customers == FEWEST - 1
    never = replace(log.odds[0], habit=np.array([[0.5, 0.5, 0.0, 0.0]]))
    shut = replace(log, odds=(never,))
    one = judge(shut, {"base": everybody(0), "r3": everybody(3)}, "base", 0.0, SPEC, 1).judged[0]
    assert one.trimmed > 0 and one.units + one.trimmed == len(log)
    assert one.customers == N / REPS  # only where R3 is the current rep is anything known of it


def test_the_same_seed_gives_the_same_intervals():
    log, _ = company(3, True, True)
    plans = {"base": everybody(0), "r3": everybody(3)}
    assert judge(log, plans, "base", 0.1, SPEC, 1) == judge(log, plans, "base", 0.1, SPEC, 1)
