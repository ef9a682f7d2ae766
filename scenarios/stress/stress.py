"""What becomes of a plan when amounts turn out otherwise: the chance of each rep to stay within capacity and band.

Every draw gives each customer another amount around the planned one; loads, and the targets that split the total, are
added up anew. Draws depend on the seed and the order of the customers alone, so that two plans for the same customers
meet the same futures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from scipy.sparse import csr_array
from scipy.special import ndtr

from scenarios.plan.plan import parse_plan
from scenarios.run.record import Run, plain
from scenarios.stress.futures import AT_ONCE, Distribution, Futures, groups_by
from solver.arrays import Floats, Ints
from solver.chance import spread_column, spreads
from solver.draft import Draft
from solver.objectives.balance import Balance
from solver.problems import InputError, Problem, nearest
from solver.rules.limited import Limited
from solver.rules.robust import Robust
from solver.tables import MAX_SPREAD

#: Share of the Monte Carlo interval of a chance.
CONFIDENCE = 0.95
#: Spread from which a normal amount is below 0 more than once in a thousand draws.
_WIDE = 1 / 3.09
#: Share of a limit by which rounding may make a load look too large.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Chance:
    """A share of the draws, and the interval in which the chance itself lies with 95 % confidence (Wilson 1927)."""

    share: float
    low: float
    high: float

    @classmethod
    def of(cls, hits: int, draws: int) -> Chance:
        """Return the chance of what came about in so many of the draws."""
        z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
        share, below = hits / draws, 1 + z * z / draws
        middle = (share + z * z / (2 * draws)) / below
        half = z * math.sqrt(share * (1 - share) / draws + z * z / (4 * draws * draws)) / below
        return cls(share, max(0.0, middle - half) if hits else 0.0, min(1.0, middle + half) if hits < draws else 1.0)


@dataclass(frozen=True)
class RepChance:
    """One rep in one check.

    Attributes
    ----------
    load : as planned, in units of the metric.
    low, high : edges within which the load should stay, as planned; None where there is none. Of a band they move with
        the total that is drawn.
    p05, p95 : the load in the 5th and the 95th of a hundred draws.
    chance : to stay within.
    exact : the same, reckoned and not drawn: of capacities, where draws are normal.
    """

    rep_id: str
    name: str
    team: str
    load: float
    low: float | None
    high: float | None
    p05: float
    p95: float
    chance: Chance
    exact: float | None


@dataclass(frozen=True)
class Check:
    """One rule or term under all draws.

    Attributes
    ----------
    name, kind : its name in the plan; ``capacity`` for hard limits, ``band`` for a balance term's tolerance.
    metric : what is added up.
    all_reps : the chance that all reps stay within at once.
    within : how many reps stay within on average.
    reps : the least chance first.
    """

    name: str
    kind: Literal["capacity", "band"]
    metric: str
    all_reps: Chance
    within: float
    reps: tuple[RepChance, ...]


@dataclass(frozen=True)
class Stress:
    """A plan under draws of its customers' amounts.

    Attributes
    ----------
    run, scenario : which.
    spread : by metric the mean spread, weighted by amount.
    given : by metric the spread of customers whose cell is empty, where one was given.
    by, correlation : the column of customers whose amounts go up and down together, and how far; ``""`` and 0 for none.
    """

    run: str
    scenario: str
    draws: int
    seed: int
    distribution: Distribution
    by: str
    correlation: float
    spread: dict[str, float]
    given: dict[str, float]
    checks: tuple[Check, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``."""
        return dict(plain(asdict(self) | {"confidence": CONFIDENCE}))


@dataclass(frozen=True)
class _Asked:
    """One check before the draws: who counts for which rep, and the edges of each."""

    name: str
    kind: Literal["capacity", "band"]
    metric: str
    counts: Floats
    reps: Ints
    low: Floats
    high: Floats
    share: Floats
    tolerance: float


def stress(
    run: Run,
    draws: int = 1000,
    seed: int = 1,
    distribution: Distribution = "normal",
    by: str = "",
    correlation: float = 0.5,
    given: Mapping[str, float] | None = None,
    tell: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Stress:
    """Draw a plan's amounts anew, many times.

    Parameters
    ----------
    by : column of the customers; those with one value there share a part of their deviation. ``all``: all customers.
    correlation : of two customers of one group, 0 to 1; of no matter without `by`.
    given : metric → spread of customers whose cell is empty.
    tell : is told how many draws of how many are done.
    cancelled : says whether to stop; what was drawn by then counts.

    Raises
    ------
    InputError
        The run has no plan, no amount of it has a spread, nothing limits a metric that has one, or there is no such
        column.
    """
    if run.result.get("score") is None:
        raise InputError([Problem("no_plan", f"run {run.id} ({run.scenario}) has no plan")])
    plan = parse_plan(run.plan, run.plan_name)
    draft = Draft(run.tables, plan.period, plan.rules, plan.terms, plan.coverage == "required")
    defaults = dict(given or {})
    _check_given(defaults, draft)
    for rule in plan.rules.values():
        if isinstance(rule, Robust) and rule.spread:
            defaults.setdefault(rule.metric, rule.spread)
    asked = _asked(draft)
    metrics = list(dict.fromkeys(a.metric for a in asked))
    spread = {m: spreads(draft.customers, m, defaults.get(m, 0.0)) for m in metrics}
    moving = [m for m in metrics if np.any(spread[m] * draft.amounts(m) > 0)]
    if not moving:
        raise InputError([_nothing(metrics)])
    asked = [a for a in asked if a.metric in moving]
    group = groups_by(draft, by)
    rep_of = np.array(
        [draft.rep_at.get(r, -1) for r in draft.customers["customer_id"].map(run.rep_of()).tolist()], dtype=np.int64
    )
    done, loads, totals = _draw(draft, asked, spread, rep_of, group, correlation, draws, seed, distribution, tell,
                                cancelled)  # fmt: skip
    checks = [
        _checked(
            a, draft, loads[k][:done], totals[k][:done], rep_of, spread[a.metric], group, correlation, distribution
        )
        for k, a in enumerate(asked)
    ]
    notes = _notes(draft, moving, spread, distribution)
    if done < draws:
        notes.append(f"stopped after {done:,} of {draws:,} draws")
    mean = {m: float((spread[m] * draft.amounts(m)).sum() / draft.amounts(m).sum()) for m in moving}
    used = correlation if by else 0.0
    return Stress(run.id, run.scenario, done, seed, distribution, by, used, mean, defaults, tuple(checks),
                  tuple(notes))  # fmt: skip


# --- what is asked ---------------------------------------------------------------------------------


def _asked(draft: Draft) -> list[_Asked]:
    found = []
    for name, rule in draft.rules.items():
        if not isinstance(rule, Limited) or rule.metric == "customers":
            continue
        low, high = rule.limits(draft)
        reps = np.flatnonzero(np.isfinite(low) | np.isfinite(high))
        counts = draft.chosen_customers(rule.where).astype(np.float64)
        none = np.zeros(len(reps))
        found.append(_Asked(name, "capacity", rule.metric, counts, reps, low[reps], high[reps], none, 0.0))
    for name, term in draft.terms.items():
        if not isinstance(term, Balance) or term.metric == "customers":
            continue
        target = term.targets(draft)
        reps = np.flatnonzero(~np.isnan(target))
        if not target[reps].sum() > 0:
            continue
        share = target[reps] / target[reps].sum()
        counts = draft.chosen_customers(term.where).astype(np.float64)
        low, high = ((1 + side * term.tolerance) * target[reps] for side in (-1, 1))
        found.append(_Asked(name, "band", term.metric, counts, reps, low, high, share, term.tolerance))
    return [a for a in found if len(a.reps)]


def _check_given(given: Mapping[str, float], draft: Draft) -> None:
    numbers = [c for c in draft.customers if draft.customers[c].dtype == np.float64 and not str(c).endswith("_spread")]
    for metric, value in given.items():
        if metric not in numbers:
            near = nearest(metric, numbers)
            raise InputError([Problem("bad_metric", f"customers have no amount {metric!r}", column="--spread",
                                      expected="a numeric column of the customers",
                                      fix=f"did you mean {near}?" if near else "")])  # fmt: skip
        if not 0 <= value <= MAX_SPREAD:
            raise InputError([Problem("bad_spread", f"a spread of {metric} of {value:g}", column="--spread",
                                      expected=f"0 to {MAX_SPREAD:g}, such as 0.2 for 20 %")])  # fmt: skip


def _nothing(metrics: Sequence[str]) -> Problem:
    if not metrics:
        message = "the plan limits and balances no amount but the number of customers, which does not vary"
        return Problem("no_spread", message, fix="stress a plan with a capacity rule or a balance term")
    columns = " or ".join(spread_column(m) for m in metrics)
    return Problem("no_spread", f"no customer has a spread of {' or '.join(metrics)}", expected=f"a column {columns}",
                   fix=f"or say it here: --spread {metrics[0]}=0.2")  # fmt: skip


# --- draws -----------------------------------------------------------------------------------------


def _draw(
    draft: Draft,
    asked: Sequence[_Asked],
    spread: Mapping[str, Floats],
    rep_of: Ints,
    group: Ints | None,
    correlation: float,
    draws: int,
    seed: int,
    distribution: Distribution,
    tell: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool],
) -> tuple[int, list[Floats], list[Floats]]:
    """Return how many draws were made; and for each check float64[draws, reps] loads and float64[draws] totals."""
    held = np.flatnonzero(rep_of >= 0)
    matrix = []
    for a in asked:
        at = np.full(draft.n_reps, -1, dtype=np.int64)
        at[a.reps] = np.arange(len(a.reps))
        who = held[(at[rep_of[held]] >= 0) & (a.counts[held] > 0)]
        shape = (draft.n_customers, len(a.reps))
        matrix.append(csr_array((np.ones(len(who)), (who, at[rep_of[who]])), shape=shape))
    loads = [np.zeros((draws, len(a.reps))) for a in asked]
    totals = [np.zeros(draws) for _ in asked]
    futures = {
        m: Futures(draft.amounts(m), spread[m], group, correlation, seed, m, distribution)
        for m in dict.fromkeys(a.metric for a in asked)
    }
    done = 0
    while done < draws and not (done and cancelled()):
        some = min(AT_ONCE, draws - done)
        amounts = {m: f.draw(some) for m, f in futures.items()}
        for k, a in enumerate(asked):
            loads[k][done : done + some] = amounts[a.metric] @ matrix[k]
            totals[k][done : done + some] = amounts[a.metric] @ a.counts
        done += some
        if tell is not None:
            tell(done, draws)
    return done, loads, totals


# --- what came of them -----------------------------------------------------------------------------


def _checked(
    asked: _Asked,
    draft: Draft,
    loads: Floats,
    totals: Floats,
    rep_of: Ints,
    spread: Floats,
    group: Ints | None,
    correlation: float,
    distribution: Distribution,
) -> Check:
    amount = draft.amounts(asked.metric) * asked.counts
    planned = np.bincount(rep_of[rep_of >= 0], weights=amount[rep_of >= 0], minlength=draft.n_reps)[asked.reps]
    low, high = asked.low[None, :], asked.high[None, :]
    if asked.kind == "band":
        target = totals[:, None] * asked.share[None, :]
        low, high = (1 - asked.tolerance) * target, (1 + asked.tolerance) * target
    slack = _ROUNDING * np.maximum(1.0, np.abs(totals))[:, None]
    inside = (loads >= low - slack) & (loads <= high + slack)
    draws = len(loads)
    p05, p95 = np.quantile(loads, [0.05, 0.95], axis=0)
    exact: list[float | None] = [None] * len(asked.reps)
    if asked.kind == "capacity" and distribution == "normal":
        deviation = _deviation(amount * spread, rep_of, draft.n_reps, group, correlation)[asked.reps]
        exact = [
            _between(lo, hi, m, d)
            for lo, hi, m, d in zip(asked.low.tolist(), asked.high.tolist(), planned.tolist(), deviation.tolist(),
                                    strict=True)
        ]  # fmt: skip
    reps = draft.reps
    found = [
        RepChance(
            str(reps["rep_id"].iloc[i]), str(reps["name"].iloc[i]), str(reps["team"].iloc[i]), float(planned[k]),
            _finite(asked.low[k]), _finite(asked.high[k]), float(p05[k]), float(p95[k]),
            Chance.of(int(inside[:, k].sum()), draws), exact[k],
        )
        for k, i in enumerate(asked.reps.tolist())
    ]  # fmt: skip
    found.sort(key=lambda r: r.chance.share)
    every = Chance.of(int(inside.all(axis=1).sum()), draws)
    return Check(asked.name, asked.kind, asked.metric, every, float(inside.sum(axis=1).mean()), tuple(found))


def _deviation(sigma: Floats, rep_of: Ints, n_reps: int, group: Ints | None, correlation: float) -> Floats:
    """float64[reps]: the standard deviation of each rep's load, customers of a group correlated."""
    held = rep_of >= 0
    alone = np.bincount(rep_of[held], weights=sigma[held] ** 2, minlength=n_reps)
    if group is None:
        return np.sqrt(alone)
    groups = int(group.max(initial=0)) + 1
    together = np.bincount(rep_of[held] * groups + group[held], weights=sigma[held], minlength=n_reps * groups)
    found: Floats = np.sqrt(
        (1 - correlation) * alone + correlation * (together.reshape(n_reps, groups) ** 2).sum(axis=1)
    )
    return found


def _between(low: float, high: float, mean: float, deviation: float) -> float:
    """Return the chance of a normal load to be within two edges."""
    if deviation <= 0:
        return float(low <= mean <= high)
    below, above = ((edge - mean) / deviation for edge in (low, high))
    return float(ndtr(above) - ndtr(below))


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _notes(draft: Draft, moving: Sequence[str], spread: Mapping[str, Floats], distribution: Distribution) -> list[str]:
    notes = []
    for metric in moving:
        known = int(((spread[metric] == 0) & (draft.amounts(metric) > 0)).sum())
        if known:
            notes.append(
                f"{known:,} of {draft.n_customers:,} customers have no spread of {metric}: it stays as planned"
            )
        wide = int(((spread[metric] > _WIDE) & (draft.amounts(metric) > 0)).sum())
        if wide and distribution == "normal":
            notes.append(
                f"{wide:,} customers have a spread of {metric} so wide that normal draws fall below 0 at times:"
                " lognormal ones do not"
            )
    return notes
