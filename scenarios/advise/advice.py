"""Advice: past periods planned by alternative strategies, judged by what came after, and figures brought up to date."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import yaml

from scenarios.advise.backtest import Solved, backtest
from scenarios.advise.credibility import Updates, updates
from scenarios.advise.judge import Judged, Verdicts, judge
from scenarios.advise.logged import logged
from scenarios.advise.past import Past, past_periods
from scenarios.advise.refit import notes_on, refitted
from scenarios.files import csv_text
from scenarios.plan.patch import override_of
from scenarios.plan.plan import Plan
from scenarios.plan.yaml_text import Document
from scenarios.run.prepare import prepare, resolve_plan
from scenarios.run.record import plain
from scenarios.sources.load import load
from scenarios.sweep.cases import Case, cases
from scenarios.sweep.sweep import Progress
from scenarios.sweep.workers import Workers
from solver.engine.solution import Options
from solver.problems import InputError, Problem, shorten
from solver.rules.move_budget import MoveBudget
from solver.sentences import sentence
from solver.tables import Period, Tables, said_share

Verdict = Literal["recommended", "no_evidence", "too_little"]
#: What no strategy may change: the figures and people are those of the files.
_FIXED = ("period", "data")
#: Every name `Advice.files` may give a file.
FILES = ("strategy.yaml", "figures.yaml", "figures.csv", "strategies.csv")
LIMITS = (
    sentence("Outcomes are seen only for the rep who really worked a customer. Elsewhere they are inferred from "
             "customers where the planned rep stepped in, on the assumption that who stepped in had nothing to do with "
             "the chance of a sale beyond territory and current rep."),
    sentence("It is association, not proof: try a recommended strategy in part of the company first where you can."),
)  # fmt: skip


@dataclass(frozen=True)
class Advice:
    """What the past says.

    Attributes
    ----------
    plan : name of the plan file, without ending.
    verdict : ``recommended``; ``no_evidence``: no strategy's interval is above no gain; ``too_little``: nothing could
        be judged.
    strategies : by name the override each is; the plan as written first, with none.
    pasts : names of the periods judged, the latest first.
    solved : by strategy one a period.
    verdicts : of the judgement; None where nothing could be judged.
    unit : what was counted, ``opportunity`` or ``customer``; empty where nothing was.
    level, loss : how sure intervals are; share of a moved customer's sales counted as lost.
    updates : figures history says are off.
    notes : what to know besides.
    learned : names of the strategies that use learned fit.
    written : what the plan as written has of what strategies change, by key: ``objectives.fit.weight``.
    """

    plan: str
    verdict: Verdict
    strategies: dict[str, dict[str, Any]]
    pasts: tuple[str, ...]
    solved: dict[str, list[Solved]]
    verdicts: Verdicts | None
    unit: str
    level: float
    loss: float
    updates: Updates
    notes: tuple[str, ...]
    learned: tuple[str, ...] = ()
    written: dict[str, Any] = field(default_factory=dict)

    @property
    def best(self) -> Judged | None:
        """The recommended strategy."""
        if self.verdicts is None or self.verdicts.best is None:
            return None
        return next(j for j in self.verdicts.judged if j.name == self.verdicts.best)

    def override(self) -> dict[str, Any]:
        """Return the recommended strategy as an override of the plan; empty where there is none."""
        return self.strategies[self.best.name] if self.best else {}

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``."""
        solves = {
            name: [{"period": p, "status": s.status, "score": s.score, "bound": s.bound, "gap": s.gap}
                   for p, s in zip(self.pasts, found, strict=True)]
            for name, found in self.solved.items()
        }  # fmt: skip
        found: dict[str, Any] = {"plan": self.plan, "verdict": self.verdict, "periods": list(self.pasts)}
        found |= {"unit": self.unit, "level": self.level, "loss": self.loss, "override": self.override() or None}
        found |= {"judgement": asdict(self.verdicts) if self.verdicts else None, "solves": solves}
        found |= {
            "strategies": self.strategies,
            "written": self.written,
            "updates": self.updates.table.to_dict("records"),
        }
        found |= {"updates_override": self.updates.override() or None, "limits": list(LIMITS)}
        return dict(plain(found | {"notes": [*self.notes, *self.updates.notes]}))

    def files(self) -> dict[str, str]:
        """Return what ``--out`` writes, by file name: overrides ready to use, and the evidence as tables."""
        found: dict[str, str] = {}
        if self.best is not None:
            found["strategy.yaml"] = self.strategy_text()
        if self.updates.override():
            count = len(self.updates.table)
            found["figures.yaml"] = _yaml(
                [f"{count} figures of customers brought up to date with history; figures.csv holds the evidence."],
                "figures.yaml", self.updates.override(),
            )  # fmt: skip
        found["figures.csv"] = csv_text(self.updates.table)
        if self.verdicts is not None:
            found["strategies.csv"] = csv_text(self.table())
        return found

    def strategy_text(self) -> str:
        """Return the recommended strategy as YAML with what speaks for it.

        Raises
        ------
        ValueError
            None is recommended.
        """
        best = self.best
        if best is None or self.verdicts is None:
            raise ValueError("no strategy is recommended")
        low, high = best.net_interval
        lines = [
            f"{shorten(best.name, 200)}: {best.net:+,.0f} a period net of hand-overs, {said_share(self.level)} sure "
            f"between {low:+,.0f} and {high:+,.0f}",
            f"over {', '.join(self.pasts)}; the plan as written: {self.verdicts.base:,.0f} a period.",
        ]
        if best.name in self.learned:
            lines.append("It uses learned fit, which has to be made first: fairbook learn PLAN")
        return _yaml(lines, "strategy.yaml", self.override())

    def table(self) -> pd.DataFrame:
        """Return a row a strategy with all that was judged of it."""
        rows = []
        for j in self.verdicts.judged if self.verdicts else ():
            row = {k: v for k, v in asdict(j).items() if not k.endswith("interval")}
            low, high = j.interval
            net_low, net_high = j.net_interval
            rows.append(row | {"low": low, "high": high, "net_low": net_low, "net_high": net_high})
        return pd.DataFrame(rows)


def _yaml(lines: Sequence[str], file: str, override: dict[str, Any]) -> str:
    head = [*lines, f"Use it: fairbook solve PLAN --set @{file}, or put it under a name in the plan's overrides."]
    return "".join(f"# {line}\n" for line in head) + yaml.safe_dump(override, sort_keys=False, allow_unicode=True)


def strategies_of(document: Document, names: Sequence[str], grid: Sequence[str], sets: Sequence[str]) -> list[Case]:
    """Return the strategies to try, the plan as written first.

    From `names` and `grid` as for a sweep; else the plan's ``advise: grid``; else each weight and budget by itself.

    Raises
    ------
    InputError
        As `scenarios.sweep.cases.cases`; or a strategy that changes data or people.
    """
    plan, _ = resolve_plan(document, None, sets)
    if not names and not grid:
        grid = [f"{key}={', '.join(_flow(v) for v in values)}" for key, values in plan.advise.grid.items()]
    if names or grid:
        found = cases(document.data, names, grid, sets)
    else:
        base = cases(document.data, (), (), sets)[0]
        found = [base, *(Case(said, None, (*sets, said)) for said in _one_at_a_time(plan))]
    problems = []
    for case in found:
        patch = override_of(document.data, case.scenario, case.sets)
        fixed = [k for k in (*_FIXED, "customers", "reps", "history", "changes") if k in patch]
        if fixed:
            message = f"{case.name}: a strategy changes weights, tolerances or budgets, not {', '.join(fixed)}"
            problems.append(Problem("no_strategy", message, file=document.file))
    if problems:
        raise InputError(problems)
    return found


def _flow(value: Any) -> str:
    """Return a value as YAML in one line."""
    return json.dumps(plain(value), ensure_ascii=False)


def _one_at_a_time(plan: Plan) -> list[str]:
    found = []
    for name, term in plan.terms.items():
        if term.weight > 0 and "." not in name:
            found += [f"objectives.{name}.weight={float(f'{term.weight * by:.3g}'):g}" for by in (1 / 3, 3)]
    for name, rule in plan.rules.items():
        if isinstance(rule, MoveBudget) and rule.share and "." not in name:
            found += [f"rules.{name}.share={min(1.0, float(f'{rule.share * by:.3g}')):g}" for by in (0.5, 2)]
    return found


def advise(
    path: Path,
    document: Document,
    strategies: Sequence[Case],
    workers: Workers,
    options: Options | None = None,
    watch: Callable[[Progress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Advice:
    """Judge strategies on past periods, and bring potential and workload up to date.

    Parameters
    ----------
    strategies : see `strategies_of`; the first is the plan as written.
    options : of each solve; by default the plan's.

    Raises
    ------
    InputError
        The plan, a strategy or the data are wrong.
    AuditFailed
        A plan found does not hold.
    """
    base = strategies[0]
    ready = prepare(path, None, base.sets, document=document)
    plan, now, spec = ready.plan, ready.tables, ready.plan.advise
    pasts, said = past_periods(plan, now, _reader(plan, now, path.parent))
    notes = list(said)
    sources = {case.name: resolve_plan(document, case.scenario, case.sets)[0].source for case in strategies}
    overrides = {case.name: _beyond(document, case, base) for case in strategies}
    found = updates(plan, now, spec)
    fixed = (path.stem, overrides, found, spec.level, plan.disruption.loss)
    if not pasts or len(strategies) < 2:
        return _without(*fixed, notes if pasts else [*notes, "nothing can be judged"])

    def learning(name: str, done: bool) -> None:
        watch(Progress(name, "solved" if done else "waiting", message="learned" if done else ""))

    force = now.learned is not None and now.learned.forced
    refits = refitted(sources, pasts, force, workers, learning, cancelled)
    notes += notes_on(refits, pasts)
    solved = backtest(
        sources, base.name, pasts, options or Options(**plan.options.model_dump()), workers, watch, cancelled,
        {name: [one.model for one in found] for name, found in refits.items()},
    )  # fmt: skip
    pasts, solved, more = _whole(pasts, solved, base.name)
    notes += more
    if not pasts or len(solved) < 2:
        return _without(*fixed, [*notes, "no strategy could be compared with the plan as written"])
    log = logged(pasts, spec)
    notes += [*log.notes, *_as_now(plan)]
    plans = {name: [s.rep_of for s in one if s.rep_of is not None] for name, one in solved.items()}
    verdicts = judge(log, plans, base.name, plan.disruption.loss, spec, len(pasts))
    judged = any(j.evidence not in {"little", "same"} for j in verdicts.judged)
    verdict: Verdict = "recommended" if verdicts.best else "no_evidence" if judged else "too_little"
    return Advice(path.stem, verdict, overrides, tuple(p.name for p in pasts), solved, verdicts, log.unit, spec.level,
                  plan.disruption.loss, found, tuple(notes), tuple(refits), _written(plan, overrides))  # fmt: skip


def _without(
    plan: str, overrides: dict[str, dict[str, Any]], found: Updates, level: float, loss: float, notes: Sequence[str]
) -> Advice:
    return Advice(plan, "too_little", overrides, (), {}, None, "", level, loss, found, tuple(notes))


def _beyond(document: Document, case: Case, base: Case) -> dict[str, Any]:
    """What a strategy sets beyond what all of them have."""
    own = case.sets[len(base.sets) :] if case.sets[: len(base.sets)] == base.sets else case.sets
    return override_of(document.data, case.scenario, own)


def _written(plan: Plan, overrides: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What a plan has of the settings of rules and terms that overrides change, by key; nothing where it has none."""
    found: dict[str, Any] = {}
    for patch in overrides.values():
        for room, of in (("objectives", plan.terms), ("rules", plan.rules)):
            for name, settings in (patch.get(room) or {}).items():
                for key in settings if isinstance(settings, dict) and name in of else ():
                    old = getattr(of[name], key, None)
                    if isinstance(old, bool | int | float | str):
                        found[f"{room}.{name}.{key}"] = old
    return found


def _reader(plan: Plan, now: Tables, folder: Path) -> Callable[[Period], Tables]:
    """How to read the tables as of a period: anew only where something is derived from history."""
    derive = plan.data.derive
    if derive.current_rep is None and derive.potential is None and derive.tenure is None:
        return lambda _: now
    return lambda period: load(plan.data, period, folder).tables


def _as_now(plan: Plan) -> list[str]:
    """What is taken as the files have it now though it may have been otherwise then."""
    if plan.data.derive.potential is None:
        return ["potential is as the file has it now: if past sales went into it, the past looks more predictable"]
    return []


def _whole(
    pasts: list[Past], solved: dict[str, list[Solved]], base: str
) -> tuple[list[Past], dict[str, list[Solved]], list[str]]:
    """Drop periods that the plan as written cannot plan, then strategies that cannot plan all that are left."""
    if base not in solved:
        return [], {}, []
    notes = [
        f"{past.name} is left out: the plan as written has no plan for it ({shorten(one.trouble, 200)})"
        for past, one in zip(pasts, solved[base], strict=True)
        if one.rep_of is None
    ]
    keep = [k for k, one in enumerate(solved[base]) if one.rep_of is not None]
    kept = {name: [found[k] for k in keep] for name, found in solved.items()}
    whole = {}
    for name, found in kept.items():
        trouble = next((one.trouble for one in found if one.rep_of is None), None)
        if trouble is None:
            whole[name] = found
        else:
            notes.append(f"{shorten(name, 100)} is left out: {shorten(trouble, 200)}")
    worst = max((one.gap for found in whole.values() for one in found if one.gap is not None), default=math.nan)
    if worst == worst:
        notes.append(f"past plans are within {worst:.2f} points of the best possible")
    return [pasts[k] for k in keep], whole, notes
