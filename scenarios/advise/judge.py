"""Judging strategies by what came after, though outcomes are seen only for the rep who really worked the customer.

Each strategy's sales are estimated doubly robustly: what a model of earlier history expects of the strategy's rep, put
right by what was seen where that rep really worked the customer, weighted by one over the odds of it (Dudík, Langford
and Li 2011, *Doubly robust policy evaluation and learning*, ICML). The estimate is right if either the odds or the
model are. Where the rep of either plan had next to no chance there is nothing to learn from, so those units count for
no strategy (trimming: Crump, Hotz, Imbens and Mitnik 2009, *Biometrika* 96). Intervals resample whole customers, and
are as wide as it takes for all strategies to be inside theirs at once: the largest studentised deviation of each sample
sets the width (Romano and Wolf 2005, *Econometrica* 73).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from scenarios.advise.logged import Logged, Odds, Outlook
from scenarios.plan.advise_spec import Advise
from solver.arrays import Bools, Floats, Ints

#: Least odds of a rep at which a unit still says something: no outcome counts more than fifty times.
LEAST = 0.02
#: Customers whose rep differs and who say something, below which nothing is claimed.
FEWEST = 20
_CHUNK = 200_000_000
"""Cells of the bootstrap held at a time."""

Evidence = Literal["gain", "loss", "none", "little", "same"]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Judged:
    """What the past says of one strategy against the plan as written; money a period.

    Attributes
    ----------
    name : of the strategy.
    evidence : ``gain`` or ``loss``: the interval of `gain` is above or below 0; ``none``: 0 is inside; ``little``: too
        few customers to say; ``same``: it plans as the plan as written does.
    gain, interval, error : sales more than the plan as written, its simultaneous interval and standard error.
    net, net_interval : the same less what the further hand-overs lose.
    customers, units, matched : customers and units whose rep differs and that count; units among them that one of the
        two plans' reps really worked.
    trimmed : units whose rep differs and where one of the two had next to no chance.
    moved : customers a period that it moves from their current rep, on average.
    """

    name: str
    evidence: Evidence
    gain: float
    interval: Interval
    error: float
    net: float
    net_interval: Interval
    customers: int
    units: int
    matched: int
    trimmed: int
    moved: float


@dataclass(frozen=True)
class Verdicts:
    """All strategies judged together.

    Attributes
    ----------
    judged : in the order given, without the plan as written.
    seen : sales of the units as they were, a period.
    base : estimated sales of the plan as written, a period.
    units, customers, periods : that were looked at.
    best : name of the recommended strategy; None where there is no evidence for any.
    like : others that cannot be told from it: their gain lies within its interval and theirs holds its gain.
    """

    judged: tuple[Judged, ...]
    seen: float
    base: float
    units: int
    customers: int
    periods: int
    best: str | None
    like: tuple[str, ...]


def judge(
    log: Logged, plans: Mapping[str, Sequence[Ints]], base: str, loss: float, spec: Advise, periods: int
) -> Verdicts:
    """Judge strategies against one of them.

    Parameters
    ----------
    plans : by name, a period after the other int64[customers]: position of the planned rep, -1 for none.
    base : the name of the plan as written.
    loss : share of a customer's sales that is lost in a period after it changes hands.
    periods : how many periods there are.
    """
    reps = {name: _of_rows(log, plan) for name, plan in plans.items()}
    current = [odds.current for odds in log.odds]
    now = _of_rows(log, current)
    own = _expected(log, log.rep)
    value = {name: _worth(log, rep, own) for name, rep in reps.items()}
    left = {name: np.where((rep != now) & (now >= 0), 1.0 - loss, 1.0) for name, rep in reps.items()}
    open_to = {name: (rep < 0) | (_odds(log, rep) >= LEAST) for name, rep in reps.items()}
    others = [name for name in plans if name != base]
    size = int(log.customer.max(initial=-1)) + 1
    gains, nets = np.zeros((size, len(others))), np.zeros((size, len(others)))
    counts = []
    for k, name in enumerate(others):
        differs = reps[name] != reps[base]
        counts_for = differs & open_to[name] & open_to[base]
        plain = np.where(counts_for, value[name] - value[base], 0.0)
        after = np.where(counts_for, left[name] * value[name] - left[base] * value[base], 0.0)
        np.add.at(gains[:, k], log.customer, plain / periods)
        np.add.at(nets[:, k], log.customer, after / periods)
        hit = counts_for & ((reps[name] == log.rep) | (reps[base] == log.rep))
        counts.append((len(np.unique(log.customer[counts_for])), int(counts_for.sum()), int(hit.sum()),
                       int((differs & ~counts_for).sum()), bool(differs.any())))  # fmt: skip
    present = np.unique(log.customer)
    spread = _bootstrap(np.hstack([gains, nets])[present], spec)
    enough = np.array([c[0] >= FEWEST for c in counts], dtype=bool)
    width, error = _width(spread[:, : len(others)], enough, spec.level)
    net_width, net_error = _width(spread[:, len(others) :], enough, spec.level)
    judged = []
    for k, name in enumerate(others):
        gain, net = float(gains[:, k].sum()), float(nets[:, k].sum())
        reach, net_reach = width * float(error[k]), net_width * float(net_error[k])
        interval = (gain - reach, gain + reach)
        customers, units, matched, trimmed, differs_at_all = counts[k]
        word: Evidence = "same"
        if differs_at_all:
            word = "little" if customers < FEWEST else "none"
            if word == "none" and reach > 0:
                word = "gain" if interval[0] > 0 else "loss" if interval[1] < 0 else "none"
        moved = sum(int(((r != c) & (c >= 0)).sum()) for r, c in zip(plans[name], current, strict=True)) / periods
        judged.append(Judged(name, word, gain, interval, float(error[k]), net, (net - net_reach, net + net_reach),
                             customers, units, matched, trimmed, moved))  # fmt: skip
    best = _best(judged)
    like = _alike(judged, best)
    return Verdicts(tuple(judged), float(log.sales.sum()) / periods, float(value[base].sum()) / periods, len(log),
                    len(present), periods, best, like)  # fmt: skip


def _of_rows(log: Logged, plan: Sequence[Ints]) -> Ints:
    """int64[rows]: what a plan (one array of customers a period) says of each row's customer."""
    found = np.full(len(log), -1, dtype=np.int64)
    for number, reps in enumerate(plan):
        here = log.past == number
        found[here] = reps[log.customer[here]]
    return found


def _cells(log: Logged, by_period: Sequence[Odds | Outlook], rep: Ints) -> Floats:
    """float64[rows]: what each row's period says of its customer and this rep; 0 for no rep."""
    found = np.zeros(len(log))
    for number, one in enumerate(by_period):
        here = (log.past == number) & (rep >= 0)
        found[here] = one.of(log.customer[here], rep[here])
    return found


def _expected(log: Logged, rep: Ints) -> Floats:
    return _cells(log, log.outlook, rep)


def _odds(log: Logged, rep: Ints) -> Floats:
    return _cells(log, log.odds, rep)


def _worth(log: Logged, rep: Ints, own: Floats) -> Floats:
    """float64[rows]: the doubly robust sales of a row under a plan; odds below `LEAST` count as `LEAST`."""
    hit = (rep == log.rep) & (rep >= 0)
    weight = np.where(hit, 1.0 / np.maximum(LEAST, _odds(log, log.rep)), 0.0)
    found: Floats = _expected(log, rep) + weight * (log.sales - own)
    return found


def _bootstrap(values: Floats, spec: Advise) -> Floats:
    """float64[samples, columns]: column sums over customers drawn with replacement, less the sums of all."""
    n, columns = values.shape
    draws = np.random.default_rng(spec.seed)
    found = np.zeros((spec.samples, columns))
    if not n:
        return found
    step = max(1, _CHUNK // n)
    for start in range(0, spec.samples, step):
        size = min(step, spec.samples - start)
        times = draws.multinomial(n, np.full(n, 1.0 / n), size=size)
        found[start : start + size] = times @ values
    centred: Floats = found - values.sum(axis=0)
    return centred


def _width(spread: Floats, enough: Bools, level: float) -> tuple[float, Floats]:
    """How many standard errors the intervals reach to hold all at once, and the standard errors."""
    error: Floats = spread.std(axis=0)
    live = enough & (error > 0)
    if not live.any():
        return 0.0, error
    largest = np.abs(spread[:, live] / error[live]).max(axis=1)
    return float(np.quantile(largest, level)), error


def _best(judged: Sequence[Judged]) -> str | None:
    """Return the strategy that nets most, of those that history and the hand-overs both speak for.

    Of several that plan the same it is the one that moves fewest, then the first.
    """
    good = [j for j in judged if j.evidence == "gain" and j.net_interval[0] > 0]
    return max(good, key=lambda j: (round(j.net, 2), -j.moved)).name if good else None


def _alike(judged: Sequence[Judged], best: str | None) -> tuple[str, ...]:
    chosen = next((j for j in judged if j.name == best), None)
    if chosen is None:
        return ()
    return tuple(
        j.name
        for j in judged
        if j is not chosen
        and j.evidence == "gain"
        and chosen.net_interval[0] <= j.net <= chosen.net_interval[1]
        and j.net_interval[0] <= chosen.net <= j.net_interval[1]
    )
