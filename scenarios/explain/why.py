"""Why a customer has the rep it has: who may not have it, and what each other rep would cost at the run's prices."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from scenarios.run.reopen import Reopened
from solver.arrays import Floats, Ints
from solver.engine.questions.force import alone, at_least
from solver.engine.restrict import entries
from solver.explain import removed_by
from solver.fit.learned.words import record_of
from solver.instance import Row
from solver.objectives.fit import Fit
from solver.tables import said


@dataclass(frozen=True)
class Share:
    """One part of what an option costs against the one taken, points; positive where it costs.

    Attributes
    ----------
    source : the term or rule.
    of, metric : whose load, of what; empty for a term's own score.
    amount : how much more of the load, in units of the metric.
    points : cost; ``amount`` times the price of the load, or the points of the term lost.
    """

    source: str
    of: str
    metric: str
    amount: float
    points: float


@dataclass(frozen=True)
class Broken:
    """A limit that would not hold if the customer moved and nobody else did: by how many units of the metric."""

    source: str
    of: str
    metric: str
    by: float

    def sentence(self) -> str:
        """Return it in words."""
        whose = self.source if self.of in {"", self.source} else f"the limit of {self.of} ({self.source})"
        return f"{said(self.by)} {self.metric} beyond {whose}"


@dataclass(frozen=True)
class Candidate:
    """One active rep as the customer's rep.

    Attributes
    ----------
    rep_id, name : the rep.
    eligible : whether every rule lets it have the customer, with its family.
    rules : the rules that do not.
    now : whether the plan gives it the customer.
    fit : 0 to 1 by the plan's first fit term, a family's weighted by value; None where there is no such term.
    win, low, high : learned chance of winning with the customer itself, and the interval it is in 4 times of 5; None
        where the plan uses no learned model.
    money : expected of the pair in the period, likewise; None too where the model knows no amounts.
    record : in words, what history shows of the pair; empty where the plan uses no learned model.
    terms : points each term has more (or less) with this rep than with the one the plan gives; loads aside.
    estimate : points the plan loses at the prices if this rep has to take it and the others give way.
    at_least : points that every plan with the pair certainly stays below the run's score.
    alone : points lost if only this customer moves; None where a limit breaks, see `broken`.
    shares : what `estimate` is made of.
    """

    rep_id: str
    name: str
    eligible: bool
    rules: tuple[str, ...] = ()
    now: bool = False
    fit: float | None = None
    win: float | None = None
    low: float | None = None
    high: float | None = None
    money: float | None = None
    record: str = ""
    terms: dict[str, float] | None = None
    estimate: float | None = None
    at_least: float | None = None
    alone: float | None = None
    broken: tuple[Broken, ...] = ()
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True)
class Why:
    """Why one customer has the rep it has.

    Attributes
    ----------
    run, score, bound, gap : the run's id and figures, points.
    customer, name : the customer.
    family : ids of all customers that have to stay together with it, itself included; empty where there is no family.
    rep, previous : the rep the plan gives it, ``""`` for none, and the one it had.
    reason : one sentence.
    reps : the eligible reps, the least costly first, then the others.
    """

    run: str
    score: float
    bound: float
    gap: float
    customer: str
    name: str
    family: tuple[str, ...]
    rep: str
    previous: str
    reason: str
    reps: tuple[Candidate, ...]

    def candidate(self, rep: str) -> Candidate | None:
        """Return the rep of this id; None where it is not active in the period."""
        return next((c for c in self.reps if c.rep_id == rep), None)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``."""
        plan = {"score": self.score, "bound": self.bound, "gap": self.gap}
        known = asdict(self)
        for key in plan:
            del known[key]
        return {"run": known.pop("run"), "plan": plan, **known}


def why(opened: Reopened, customer: int) -> Why:
    """Explain the rep of the customer at a position."""
    draft, inst, run = opened.draft, opened.shut.instance, opened.run
    unit = int(draft.label[customer])
    members = draft.members(unit)
    ids = draft.customers["customer_id"].tolist()
    span = np.arange(inst.indptr[unit], inst.indptr[unit + 1])
    own = span[opened.shut.option[span] >= 0]
    taken = int(opened.taken[unit])
    loss = (opened.loss[own] - opened.loss[taken]) / inst.scale
    sure = at_least(opened.prices, opened.loss[own], inst.value(opened.taken)) / inst.scale
    single = alone(inst, opened.taken, own)
    gains = term_points(opened, own) - term_points(opened, np.array([taken]))
    fits = _fits(opened, members, inst.option_rep[own])
    names = list(_weighted(opened))
    reps = draft.reps["rep_id"].tolist()
    called = draft.reps["name"].tolist()
    learned = _learned(opened, customer, inst.option_rep[own])
    found = []
    for k in np.lexsort((np.arange(len(own)), loss)).tolist():
        rep, option = int(inst.option_rep[own[k]]), int(own[k])
        broken = tuple(_broken(inst.rows[r], by) for r, by in single.broken[k].items())
        found.append(
            Candidate(
                rep_id=reps[rep],
                name=called[rep],
                eligible=True,
                now=option == taken,
                fit=None if fits is None else float(fits[k]),
                terms=dict(zip(names, gains[:, k].tolist(), strict=True)),
                estimate=float(loss[k]),
                at_least=float(sure[k]),
                alone=None if broken else float(single.loss[k] / inst.scale),
                broken=broken,
                shares=_shares(opened, option, taken, names, gains[:, k]),
                **learned[k],
            )
        )
    there = {c.rep_id for c in found}
    for i, rep_id in enumerate(reps):
        if rep_id not in there:
            found.append(Candidate(rep_id, called[i], False, tuple(removed_by(draft, customer, i))))
    reason = _reason(opened, ids[customer])
    return Why(
        run.id, opened.score, opened.bound, opened.gap, ids[customer], str(draft.customers["name"].iloc[customer]),
        tuple(ids[j] for j in members.tolist()) if len(members) > 1 else (),
        next((c.rep_id for c in found if c.now), ""), str(draft.customers["current_rep"].iloc[customer]), reason,
        tuple(found),
    )  # fmt: skip


def term_points(opened: Reopened, options: Ints) -> Floats:
    """float64[terms that count, options]: points of score each closed option brings by each term, loads aside."""
    terms = _weighted(opened)
    total = sum(opened.draft.parts[n].weight for n in opened.draft.parts) or 1.0
    found = np.zeros((len(terms), len(options)))
    original = opened.shut.option[options]
    some = original >= 0
    for k, name in enumerate(terms):
        part = opened.draft.parts[name]
        if part.gain is not None:
            found[k, some] = part.weight / total * part.gain[original[some]]
    return found


def _weighted(opened: Reopened) -> list[str]:
    """Terms that score pairs and count."""
    return [n for n, p in opened.draft.parts.items() if p.weight > 0 and p.gain is not None]


def _shares(opened: Reopened, option: int, taken: int, names: list[str], gains: Floats) -> tuple[Share, ...]:
    inst = opened.shut.instance
    change: dict[int, int] = {}
    for o, sign in ((taken, -1), (option, 1)):
        rows, amounts, _ = entries(inst, np.array([o]))
        for row, amount in zip(rows.tolist(), amounts.tolist(), strict=True):
            change[row] = change.get(row, 0) + sign * amount
    found = [Share(n, "", "", 0.0, -g) for n, g in zip(names, gains.tolist(), strict=True) if g]
    for row, amount in change.items():
        points = float(opened.prices.price[row]) * amount / inst.scale
        if points:
            about = inst.rows[row]
            found.append(Share(about.source, about.of, about.metric, amount / about.unit, points))
    return tuple(sorted(found, key=lambda s: -s.points))


def _broken(row: Row, steps: int) -> Broken:
    return Broken(row.source, row.of, row.metric, steps / row.unit)


def first_fit(opened: Reopened) -> tuple[str, Fit] | None:
    """The plan's first fit term that counts, with its name."""
    return next(((n, t) for n, t in opened.plan.terms.items() if isinstance(t, Fit) and t.weight > 0), None)


def _fits(opened: Reopened, members: Ints, reps: Ints) -> Floats | None:
    found = first_fit(opened)
    if found is None:
        return None
    term = found[1]
    fit = term.pairs(opened.draft, np.tile(members, len(reps)), np.repeat(reps, len(members)))
    value = opened.draft.amounts(term.value)[members]
    weight = value if value.sum() > 0 else np.ones(len(members))
    mean: Floats = fit.reshape(len(reps), len(members)) @ weight / weight.sum()
    return mean


def _learned(opened: Reopened, customer: int, reps: Ints) -> list[dict[str, Any]]:
    """What the learned model and the record say of a customer with each rep; nothing where none is used."""
    scorer, record = opened.draft.scorer, record_of(opened.draft)
    if scorer is None or record is None:
        return [{} for _ in reps]
    s = scorer.pairs(np.full(len(reps), customer), reps)
    return [
        {
            "win": float(s.win[k]),
            "low": float(s.low[k]),
            "high": float(s.high[k]),
            "money": None if math.isnan(s.money[k]) else float(s.money[k]),
            "record": record.said(customer, int(rep)),
        }
        for k, rep in enumerate(reps)
    ]


def _reason(opened: Reopened, customer: str) -> str:
    for table in (opened.run.assignment, opened.run.unassigned):
        hit = table["reason"][table["customer_id"] == customer]
        if len(hit):
            return str(hit.iloc[0])
    return ""


def pts(points: float) -> str:
    """Return points in words with three digits that count, as losses of one customer are small: ``0.00412``."""
    if not points:
        return "0"
    text = said(round(points, min(6, max(2, 2 - math.floor(math.log10(abs(points)))))))
    return text if text not in {"0", "-0"} else "less than 0.000001"
