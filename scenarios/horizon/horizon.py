"""Several periods solved together, each kept as a run, and compared with solving one after another."""

from __future__ import annotations

import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.horizon.carry import after, period_of
from scenarios.horizon.revise import revised
from scenarios.horizon.roll import RAMP_GAIN, turn_sets
from scenarios.plan.priorities import staged
from scenarios.run.prepare import Prepared, prepare, ready
from scenarios.run.record import Run, plain
from scenarios.run.run import make_run, solve_prepared
from scenarios.run.warm import choice_of
from solver.engine.expand import closed
from solver.engine.prices.price import price
from solver.engine.solution import Cancelled, Options, Progress, Solution, Start, Status
from solver.engine.solve import solve
from solver.horizon.horizon import Horizon, horizon_of
from solver.horizon.paths import Stretch
from solver.problems import InputError, Problem
from solver.sentences import sentence
from solver.tables import Tables

#: Seconds to bound what a period by itself could reach from the books it begins with.
_PRICING = 1.0
_DONE = {"optimal", "feasible"}

#: Told of progress: which period or ``together``, and the search's own.
Tell = Callable[[str, Progress], None]


@dataclass(frozen=True)
class Handover:
    """A customer that changes hands: in which period, by choice (``chosen``), ``forced``, or ``new``."""

    period: str
    customer_id: str
    name: str
    kind: str
    from_rep: str
    to_rep: str
    potential: float


@dataclass(frozen=True)
class Way:
    """One way through the periods: a run each, up to the first without a plan."""

    runs: tuple[Run, ...]

    @property
    def done(self) -> bool:
        """Whether every run has a plan."""
        return all(run.result["status"] in _DONE for run in self.runs)

    @property
    def score(self) -> float | None:
        """Mean of the periods' audited scores, points; None where one has no plan."""
        return float(np.mean([run.result["score"] for run in self.runs])) if self.done else None

    @property
    def unassigned(self) -> int:
        """Customers without a rep, added up over the periods."""
        return sum(len(run.unassigned) for run in self.runs)

    def handovers(self) -> tuple[Handover, ...]:
        """Who changes hands, period by period, the largest first."""
        found: list[Handover] = []
        for run in self.runs:
            names = dict(zip(run.tables.customers["customer_id"], run.tables.customers["name"], strict=True))
            rows = run.assignment[run.assignment["moved"] != "kept"].sort_values("potential", ascending=False)
            for r in rows.to_dict("records"):
                who, period = str(r["customer_id"]), str(run.plan["period"])
                before = str(r["previous_rep"])
                worth = float(r["potential"])
                found.append(Handover(period, who, names[who], str(r["moved"]), before, str(r["rep_id"]), worth))
        return tuple(found)


@dataclass(frozen=True)
class Planned:
    """What a horizon came to.

    Attributes
    ----------
    periods : their names.
    together : solved together; alone : one after another. The runs of `together` are those to keep.
    bound : points that the mean score of no plan exceeds whose customers move as often as asked; None where unknown.
    notes : for people.
    options, pruned : paths that were looked at, and units of which some were left out.
    seconds : of clock for both.
    """

    periods: tuple[str, ...]
    together: Way
    alone: Way
    bound: float | None
    notes: tuple[str, ...]
    options: int
    pruned: int
    moves: int
    seconds: float

    @property
    def gain(self) -> float | None:
        """Points that the mean score is better than one after another."""
        one, other = self.together.score, self.alone.score
        return None if one is None or other is None else one - other

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""

        def of(way: Way) -> dict[str, Any]:
            periods = [
                {
                    "period": str(run.plan["period"]),
                    "run": run.id,
                    **{k: run.result[k] for k in ("status", "score", "bound", "gap", "terms")},
                    "moves": run.result["metrics"].get("moves"),
                    "unassigned": len(run.unassigned),
                }
                for run in way.runs
            ]
            return {"score": way.score, "unassigned": way.unassigned, "periods": periods}

        together = of(self.together) | {
            "bound": self.bound,
            "handovers": [asdict(h) for h in self.together.handovers()],
        }
        alone = of(self.alone)
        for period in alone["periods"]:
            del period["run"]  # not kept
        return {
            "periods": list(self.periods),
            "together": together,
            "one_at_a_time": alone,
            "gain": self.gain,
            "paths": self.options,
            "pruned": self.pruned,
            "moves_each": self.moves,
            "seconds": round(self.seconds, 3),
            "notes": list(self.notes),
        }


def stages(
    path: Path, scenario: str | None = None, sets: Sequence[str] = (), ramp_gain: float = RAMP_GAIN
) -> list[Prepared]:
    """Return the plan of each period: the plan's own, then those it lists, each with what came before.

    Raises
    ------
    InputError
        As `scenarios.run.prepare.prepare` for any of them, or terms with priorities.
    """
    found = [prepare(path, scenario, sets)]
    if staged(found[0].plan.terms):
        message = "the terms have priorities or a floor (at_least), which a horizon does not know yet"
        raise InputError([Problem("staged", message, fix="plan the horizon with weights alone")])
    for later in found[0].plan.periods:
        last = found[-1]
        turns = turn_sets(last.tables, last.plan.period, later.period, ramp_gain)
        own = [f"{key}={json.dumps(value, default=str, ensure_ascii=False)}" for key, value in later.override.items()]
        more = (f'period="{later.name}"', *turns, *own)
        found.append(revised(last.plan.source, last.tables, more, path.stem, later.name, last.hashes))
    return found


def plan_horizon(
    prepared: Sequence[Prepared], moves: int = 1, tell: Tell | None = None, cancelled: Cancelled | None = None
) -> Planned:
    """Solve periods one after another, then together from there; the better of the two is what is planned.

    Parameters
    ----------
    prepared : of `stages`.
    moves : how often a customer may move by choice within the horizon.

    Raises
    ------
    InputError
        The periods do not fit together, or the model is too large.
    """
    began = time.monotonic()
    tell = tell or _silent
    names = tuple(p.plan.period_name for p in prepared)
    alone = _one_by_one(prepared, tell, cancelled)
    known = [run.rep_of() for run in alone.runs] if alone.done else []
    layout = _layout(prepared, moves, known, cancelled)
    options = Options(**prepared[0].plan.options.model_dump())
    options = replace(options, time_limit=options.time_limit * len(prepared))
    start = Start(layout.choice_of(known)) if known else None
    found = solve(layout.instance, options, partial(tell, "together"), cancelled, start)
    notes: list[str] = list(found.notes)
    if layout.pruned:
        notes.append(f"of {layout.pruned:,} customers or families only the most promising paths were looked at")
    together, bound = Way(()), None
    if found.choice is not None:
        together = _kept(prepared, layout, found)
        bound = found.bound if layout.bounded else None
        if not layout.bounded:
            notes.append("no bound of the mean: locks to the current rep change what later periods are measured by")
        out = layout.instance.unassigned(found.choice)
        if out:
            notes.append(f"{out:,} customers find no rep in every period and stay out of the joint plan")
    else:
        notes.append(f"no joint plan: {found.status}; what is shown is one period after another")
    often = Counter(h.customer_id for h in alone.handovers() if h.kind == "chosen")
    more = sum(n > moves for n in often.values())
    if more:
        how = f"{moves} time{'' if moves == 1 else 's'} by choice"
        notes.append(
            f"one period after another moves {more:,} customer{'' if more == 1 else 's'} more often than {how}, "
            "as the joint plan may not"
        )
    if alone.done and together.runs and not more and _worse(together, alone):
        if len(prepared) > 1:
            notes.append("no joint plan that was found is better than planning one period after another")
        together = alone
        bound = None if bound is None or alone.score is None else max(bound, alone.score)
    if not together.runs:
        together = alone
    return Planned(
        names, _linked(together, names, bound, alone), alone, bound, tuple(notes), layout.instance.n_options,
        layout.pruned, moves, time.monotonic() - began,
    )  # fmt: skip


def _silent(_: str, progress: Progress) -> None:
    """Tell nobody."""


def _worse(together: Way, alone: Way) -> bool:
    if not together.done:
        return True
    return (together.unassigned, -(together.score or 0.0)) > (alone.unassigned, -(alone.score or 0.0))


def _layout(
    prepared: Sequence[Prepared], moves: int, known: Sequence[Mapping[str, str]], cancelled: Cancelled | None
) -> Horizon:
    stretches = [
        Stretch(p.plan.period_name, p.plan.period, p.tables, p.plan.rules, p.plan.terms, p.plan.coverage == "required")
        for p in prepared
    ]
    try:
        return horizon_of(stretches, moves, known=known, cancelled=cancelled or (lambda: False))
    except ValueError as error:
        fix = "customers that come later can be there from the start with a potential of 0"
        raise InputError([Problem("bad_horizon", str(error), fix=fix)]) from None
    except OverflowError as error:
        raise InputError([Problem("too_large", str(error))]) from None


def _one_by_one(prepared: Sequence[Prepared], tell: Tell, cancelled: Cancelled | None) -> Way:
    runs: list[Run] = []
    for n, stage in enumerate(prepared):
        here = stage if n == 0 else _carried(stage, runs[-1])
        name = stage.plan.period_name
        stay = Start(choice_of(here.instance, here.draft.current)) if n else None
        runs.append(solve_prepared(here, partial(tell, name), cancelled, start=stay))
        if runs[-1].result["status"] not in _DONE:
            break
    return Way(tuple(runs))


def _carried(stage: Prepared, before: Run) -> Prepared:
    """A later period's plan, its books those that a run of the period before left."""
    first = stage.plan.period.first
    state = after(before.tables, period_of(before).first, first, before.rep_of()).customers.set_index("customer_id")
    columns = {
        n: stage.tables.customers["customer_id"].map(state[n]) for n in ("current_rep", "tenure", "assigned_since")
    }
    columns["current_rep"] = columns["current_rep"].fillna("").astype(object)
    columns["assigned_since"] = columns["assigned_since"].astype("datetime64[s]")
    tables: Tables = replace(stage.tables, customers=stage.tables.customers.assign(**columns))
    return ready(stage.path, stage.scenario, stage.plan, tables, stage.changes, (), stage.hashes)


def _kept(prepared: Sequence[Prepared], layout: Horizon, found: Solution) -> Way:
    """The joint plan as runs: each period audited by itself, with the books the one before leaves."""
    if found.choice is None:
        return Way(())
    runs: list[Run] = []
    for n, (stage, assignment) in enumerate(zip(prepared, layout.assignments(found.choice), strict=True)):
        here = stage if n == 0 else _carried(stage, runs[-1])
        at = here.draft.rep_at
        rep_of = np.array(
            [at.get(assignment.get(c, ""), -1) for c in here.draft.customers["customer_id"]], dtype=np.int64
        )
        runs.append(_run(here, rep_of, found))
    return Way(tuple(runs))


def _run(here: Prepared, rep_of: Any, found: Solution) -> Run:
    instance = here.instance
    choice = choice_of(instance, rep_of)
    options = Options(**here.plan.options.model_dump())
    score = instance.points(instance.value(choice))
    shut = closed(instance, instance.unassigned(choice))
    prices = price(shut.instance, _PRICING, workers=options.workers)
    bound = max(score, instance.points(min(prices.bound, shut.instance.ceiling())) + instance.error)
    homeless = int(instance.unit_size[np.diff(instance.indptr) == 0].sum())
    status: Status = "optimal" if bound - score <= 2 * instance.error and found.status == "optimal" else "feasible"
    solution = Solution(
        status, choice, score, bound, instance.unassigned(choice), homeless, found.stopped, found.seconds, (),
        (sentence("planned together with other periods: by itself this one could come up to its bound"),),
        prices.named(shut.instance),
    )  # fmt: skip
    return make_run(here, solution, options)


def _linked(way: Way, names: Sequence[str], bound: float | None, alone: Way) -> Way:
    """The runs of a horizon, each the parent of the next."""
    ident = secrets.token_hex(6)
    runs: list[Run] = []
    for n, run in enumerate(way.runs):
        about = {"id": ident, "order": n, "periods": list(names), "score": way.score, "bound": bound}
        result = {**run.result, "horizon": about | {"one_at_a_time": alone.score}}
        if runs:
            result["parent"] = {"run": runs[-1].id, "by": "horizon"}
        runs.append(replace(run, scenario=f"horizon-{names[n]}", result=plain(result)))
    return Way(tuple(runs))
