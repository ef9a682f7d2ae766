"""Does the model earn its place? Checked as it would have been used: learned up to a day, judged on what came after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd

from solver.arrays import Floats, Ints
from solver.fit.declared import Profile
from solver.fit.learned.boost import Told
from solver.fit.learned.propensity import propensity
from solver.fit.learned.settings import Learning
from solver.fit.learned.train import Events, train_chance, train_money
from solver.fit.learned.traits import Questions, Traits

#: Share of the events before the first stretch that is judged.
HISTORY = 0.4
#: Fewest closed opportunities, and fewest wins and losses, from which anything is learned.
FEWEST_EVENTS, FEWEST_EACH = 100, 20
#: How sure it must be that the model is better than the best baseline.
CONFIDENCE = 0.95
#: Made-up events that draw a baseline's rate to the overall one.
DRAW = 5.0
#: The strongest part of the ranking whose wins are the lift.
TOP = 0.2
LEARNED, CHALLENGER = "learned", "challenger"
Method = Literal["effects", "trees"]
#: What the model is held against, in words: it has to be surely better than the best of all but declared fit, which it
#: would replace and has to be better than on average.
BASELINES = {
    "overall": "the overall rate",
    "rep": "the rep's rate",
    "industry": "the industry's rate",
    "customer": "a model of the customer alone",
    "declared": "declared fit",
}
Verdict = Literal["earned", "declined", "too_little"]


@dataclass(frozen=True)
class Figures:
    """How well one forecast did on events it had not seen.

    Attributes
    ----------
    auc : chance that a win was ranked above a loss; 0.5 says nothing.
    brier, log_loss : errors of the chance, lower is better.
    lift : win rate among the fifth ranked highest, by the overall one.
    """

    auc: float
    brier: float
    log_loss: float
    lift: float


@dataclass(frozen=True)
class Challenge:
    """Effects that shrink against boosted trees, on the same opportunities.

    Attributes
    ----------
    method : of the challenger: the one that is not kept.
    gain, low, high : how much less log loss an opportunity has with trees than with effects, and 90 % of it, customers
        being independent: trees are kept where `low` is above 0, surely (95 %, one-sided) better.
    """

    method: Method
    gain: float
    low: float
    high: float


@dataclass(frozen=True)
class Validation:
    """The whole check.

    Attributes
    ----------
    verdict : whether the model earned its place.
    sentence : the verdict in words.
    figures : by forecast, ``learned``, ``challenger`` where there was one, and each of `BASELINES`.
    best : the baseline with the least log loss, declared fit aside.
    gain, low : how much less log loss an event has with the model than with that one, and what it is at least, with
        95 % confidence, customers being independent of each other, their events not.
    over_declared : how much less log loss an event has than with declared fit, and its lower limit.
    events, wins : judged, and won among them.
    first, last : days of the events that were judged.
    bins : by tenth of the forecast: ``forecast``, ``actual``, ``low``, ``high`` (95 %), ``events``.
    slope, offset : of the log-odds of what happened over those forecast; 1 and 0 where well calibrated.
    slope_range : 95 % of the slope.
    money : of the last stretch: `wins`, what they brought (`actual`), what was expected of them given that they were
        won (`told`), and Spearman's `rank` correlation of the two; None where the amounts are too few.
    """

    verdict: Verdict
    sentence: str
    figures: dict[str, Figures] = field(default_factory=dict)
    best: str = ""
    gain: float = 0.0
    low: float = 0.0
    over_declared: tuple[float, float] = (0.0, 0.0)
    events: int = 0
    wins: int = 0
    first: int = 0
    last: int = 0
    bins: tuple[dict[str, float], ...] = ()
    slope: float = 1.0
    offset: float = 0.0
    slope_range: tuple[float, float] = (1.0, 1.0)
    money: dict[str, float] | None = None
    method: Method = "effects"
    challenge: Challenge | None = None


@dataclass(frozen=True)
class _People:
    customers: pd.DataFrame
    reps: pd.DataFrame
    n_reps: int


def validate(
    traits: Traits, learning: Learning, events: Events, customers: pd.DataFrame, reps: pd.DataFrame, profile: Profile
) -> Validation:
    """Learn on growing stretches of time and judge each on the next one.

    Parameters
    ----------
    events : closed opportunities, in order of their days.
    profile : declared fit, as the plan has it.
    """
    wins = int(events.won.sum())
    if len(events) < FEWEST_EVENTS or min(wins, len(events) - wins) < FEWEST_EACH:
        return Validation(
            "too_little",
            f"too little data: {len(events):,} closed opportunities with a rep ({wins:,} won); at least "
            f"{FEWEST_EVENTS} are needed, {FEWEST_EACH} of them won and {FEWEST_EACH} lost",
        )
    cuts = _cuts(events.of.day, learning.folds)
    if len(cuts) < 3:
        return Validation(
            "too_little", "too little data: the closed opportunities lie on too few days to check a model"
        )
    trees = None if learning.method == "effects" else Told(traits, events)
    found: dict[str, list[Floats]] = {name: [] for name in ("effects", *(("trees",) if trees else ()), *BASELINES)}
    judged = []
    spreads: Floats | None = None
    alone: Floats | None = None
    declared = profile.pairs(_People(customers, reps, len(reps)), events.of.customer, _listed(events.of.rep, len(reps)))
    for start, end in pairwise(cuts):
        seen = events.of.day < start
        ask = np.flatnonzero((events.of.day >= start) & (events.of.day < end))
        train = events.some(np.flatnonzero(seen))
        if not len(ask) or train.won.min() == train.won.max():
            continue
        judged.append(ask)
        then = events.of.of(ask)  # known at the start of the stretch, as a plan made then would know it
        asked = Questions(then.customer, then.rep, np.full(len(ask), start))
        weight = propensity(traits, train.of).weight if learning.weighting == "propensity" else np.ones(len(train))
        part, spreads = train_chance(traits, train, weight, spreads)
        found["effects"].append(_chance(part.score(traits, asked)[0]))
        if trees is not None:
            found["trees"].append(_chance(trees.boosted(len(train), weight).score(traits, asked)[0]))
        only, alone = train_chance(traits, train, weight, alone, reps=False)
        found["customer"].append(_chance(only.score(traits, asked)[0]))
        found["overall"].append(np.full(len(ask), train.won.mean()))
        found["rep"].append(_rate(train.of.rep, train.won, asked.rep))
        industry = traits.level["industry"]
        found["industry"].append(_rate(industry[train.of.customer], train.won, industry[asked.customer]))
        found["declared"].append(_logistic(declared[seen], train.won, declared[ask]))
    if not judged:
        return Validation("too_little", "too little data: nothing was both won and lost before what it is checked on")
    ask = np.concatenate(judged)
    won = events.won[ask]
    told = {name: np.concatenate(parts) for name, parts in found.items()}
    customer = events.of.customer[ask]
    method, challenge = _challenged(told, won, customer, learning)
    told = {LEARNED: told.pop(method)} | ({CHALLENGER: told.pop(challenge.method)} if challenge else {}) | told
    figures = {name: _figures(won, p) for name, p in told.items()}
    best = min((n for n in BASELINES if n != "declared"), key=lambda n: figures[n].log_loss)
    loss = {name: _loss(won, p) for name, p in told.items()}
    gain, low = _gain(loss[best] - loss[LEARNED], customer)
    over = _gain(loss["declared"] - loss[LEARNED], customer)
    slope, offset, around = _calibration(won, told[LEARNED])
    days = events.of.day[ask]
    return Validation(
        "earned" if low > 0 and over[0] > 0 else "declined", _sentence(len(ask), figures, best, gain, low, over[0]),
        figures, best, gain, low, over, len(ask), int(won.sum()), int(days.min()), int(days.max()),
        _bins(won, told[LEARNED]), slope, offset, around, _money(traits, events, cuts[-2]), method, challenge,
    )  # fmt: skip


def _challenged(
    told: dict[str, Floats], won: Floats, customer: Ints, learning: Learning
) -> tuple[Method, Challenge | None]:
    """Which method is kept, and how the two compare; the simpler one unless the other is surely better."""
    if "trees" not in told:
        return "effects", None
    gain, low = _gain(_loss(won, told["effects"]) - _loss(won, told["trees"]), customer)
    method: Method = "trees" if learning.method == "trees" or low > 0 else "effects"
    other: Method = "effects" if method == "trees" else "trees"
    return method, Challenge(other, gain, low, 2 * gain - low)


def _money(traits: Traits, events: Events, start: int) -> dict[str, float] | None:
    from scipy.stats import spearmanr

    money = train_money(traits, traits.past, events.some(events.of.day < start), start)
    wins = events.some((events.of.day >= start) & (events.won == 1) & (events.amount > 0))
    if money is None or len(wins) < FEWEST_EACH:
        return None
    asked = Questions(wins.of.customer, wins.of.rep, np.full(len(wins), start))
    told = money.smear * np.exp(money.amount.score(traits, asked)[0])
    same = told.std() == 0 or wins.amount.std() == 0
    rank = 0.0 if same else float(spearmanr(told, wins.amount).statistic)
    return {"wins": float(len(wins)), "told": float(told.sum()), "actual": float(wins.amount.sum()), "rank": rank}


def _sentence(events: int, figures: dict[str, Figures], best: str, gain: float, low: float, over: float) -> str:
    mine, other = figures[LEARNED].log_loss, figures[best].log_loss
    place = "earns its place" if low > 0 and over > 0 else "does not earn its place"
    least = f"the gain of {gain:+.4f} is at least {low:+.4f} with 95 % confidence"
    found = (
        f"{place}: on {events:,} later opportunities its log loss is {mine:.4f}, against {other:.4f} of "
        f"{BASELINES[best]}, the best baseline; {least}"
    )
    declared = f"declared fit has {figures['declared'].log_loss:.4f}"
    return f"{found}; {declared}" if over > 0 else f"{found}; {declared}, which is better"


def _listed(rep: Ints, n_reps: int) -> Ints:
    """Positions of reps; those who are not in the table count as the first (their declared fit is not known)."""
    return np.where(rep < n_reps, rep, 0)


def _cuts(day: Ints, folds: int) -> Sequence[int]:
    """Days at which the stretches begin, and the day after the last."""
    at = [int(day[min(len(day) - 1, round(len(day) * (HISTORY + (1 - HISTORY) * k / folds)))]) for k in range(folds)]
    return sorted({d for d in at if d > day[0]} | {int(day[-1]) + 1})


def _chance(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-odds)))


def _rate(of: Ints, won: Floats, ask: Ints) -> Floats:
    """Rate of wins by level, drawn to the overall one by `DRAW` made-up events."""
    overall = float(won.mean())
    n = max(int(of.max(initial=-1)), int(ask.max(initial=-1))) + 1
    known = of >= 0
    count = np.bincount(of[known], minlength=n)
    wins = np.bincount(of[known], weights=won[known], minlength=n)
    rate = (wins + DRAW * overall) / (count + DRAW)
    return np.where(ask >= 0, rate[ask], overall) if n else np.full(len(ask), overall)


def _logistic(x: Floats, won: Floats, ask: Floats) -> Floats:
    from sklearn.linear_model import LogisticRegression

    model: Any = LogisticRegression(C=100.0)
    model.fit(x[:, None], won.astype(np.int64))
    return np.asarray(model.predict_proba(ask[:, None])[:, 1])


def _loss(won: Floats, p: Floats) -> Floats:
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(-(won * np.log(p) + (1 - won) * np.log(1 - p)))


def _figures(won: Floats, p: Floats) -> Figures:
    from sklearn.metrics import roc_auc_score

    auc = float(roc_auc_score(won, p)) if 0 < won.sum() < len(won) else 0.5
    order = np.argsort(-p, kind="stable")
    top = order[: max(1, round(TOP * len(p)))]
    ties = p == p[top[-1]]  # of those ranked alike, as many as there is room for, on average
    above = p > p[top[-1]]
    room = len(top) - int(above.sum())
    top_wins = float(won[above].sum()) + room * float(won[ties].mean())
    lift = top_wins / len(top) / float(won.mean()) if won.any() else 1.0
    return Figures(auc, float(np.mean((won - p) ** 2)), float(_loss(won, p).mean()), lift)


def _gain(better: Floats, cluster: Ints) -> tuple[float, float]:
    """Mean of differences and its lower 95 % limit, one-sided, by clusters (Student's t on their sums)."""
    from scipy.stats import t

    mean = float(better.mean())
    _, at = np.unique(cluster, return_inverse=True)
    rest = np.bincount(at, weights=better - mean)
    n = len(rest)
    if n < 3:
        return mean, -np.inf
    error = float(np.sqrt((rest @ rest) * n / (n - 1))) / len(better)
    return mean, mean - float(t.ppf(CONFIDENCE, n - 1)) * error


def _calibration(won: Floats, p: Floats) -> tuple[float, float, tuple[float, float]]:
    """Slope and offset of the log-odds of what happened over those forecast, and 95 % of the slope (Wald)."""
    from sklearn.linear_model import LogisticRegression

    p = np.clip(p, 1e-6, 1 - 1e-6)
    odds = np.log(p / (1 - p))
    if odds.std() < 1e-6 or won.min() == won.max():
        return 1.0, 0.0, (-np.inf, np.inf)
    model: Any = LogisticRegression(C=1e6, tol=1e-8)
    model.fit(odds[:, None], won.astype(np.int64))
    slope, offset = float(model.coef_[0, 0]), float(model.intercept_[0])
    fitted = _chance(offset + slope * odds)
    w = fitted * (1 - fitted)
    spread = float(w @ odds**2 - (w @ odds) ** 2 / w.sum())
    error = 1.96 / np.sqrt(max(spread, 1e-12))
    return slope, offset, (slope - error, slope + error)


def _bins(won: Floats, p: Floats, most: int = 10) -> tuple[dict[str, float], ...]:
    from scipy.stats import binomtest

    order = np.argsort(p, kind="stable")
    found = []
    for part in np.array_split(order, max(2, min(most, len(p) // 30))):
        if len(part):
            hits = int(won[part].sum())
            around = binomtest(hits, len(part)).proportion_ci(method="wilson")
            found.append(
                {"forecast": float(p[part].mean()), "actual": hits / len(part), "low": float(around.low),
                 "high": float(around.high), "events": float(len(part))}
            )  # fmt: skip
    return tuple(found)
