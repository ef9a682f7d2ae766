"""Past periods planned by each strategy with what was known then, side by side on workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.advise.past import Past, as_then
from scenarios.plan.plan import parse_plan
from scenarios.run.prepare import Prepared, build
from scenarios.run.run import AuditFailed, solve_prepared
from scenarios.run.warm import choice_of
from scenarios.sweep.sweep import Progress, State
from scenarios.sweep.workers import Done, Event, Failed, Lost, News, Started, Workers
from solver.arrays import Ints
from solver.engine.solution import Options, Start
from solver.fit.learned.model import Model
from solver.problems import InputError
from solver.tables import Period, Tables


@dataclass(frozen=True)
class Solved:
    """A past period as one strategy plans it.

    Attributes
    ----------
    rep_of : int64[customers], position in the table of reps, -1 for none; None where there is no plan.
    status, score, bound, seconds : of the solve.
    trouble : why there is no plan.
    """

    rep_of: Ints | None
    status: str
    score: float | None = None
    bound: float | None = None
    seconds: float = 0.0
    trouble: str = ""

    @property
    def gap(self) -> float | None:
        """Bound − score in points."""
        return None if self.score is None or self.bound is None else max(0.0, self.bound - self.score)


@dataclass(frozen=True)
class _Task:
    strategy: str
    past: int


def backtest(
    plans: Mapping[str, Mapping[str, Any]],
    base: str,
    pasts: Sequence[Past],
    options: Options,
    workers: Workers,
    watch: Callable[[Progress], None],
    cancelled: Callable[[], bool],
    models: Mapping[str, Sequence[Model | None]] | None = None,
) -> dict[str, list[Solved]]:
    """Plan every past period by every strategy; the others start from the plan as written.

    Parameters
    ----------
    plans : strategies by name, as plans' plain data.
    models : by strategy that uses learned fit one a period, as it would have been learned then.
    pasts : workers are given what was known of them, never what came after.

    Returns
    -------
    By strategy one a period; a strategy that was not solved because of a stop is not there.

    Raises
    ------
    AuditFailed
        A plan found does not hold.
    """
    workers.share("plans", {name: dict(plan) for name, plan in plans.items()})
    workers.share("known", [(p.name, p.period, p.known) for p in pasts])
    workers.share("options", options)
    workers.share("models", {name: list(found) for name, found in (models or {}).items()})
    found: dict[tuple[str, int], Solved] = {}

    def run(tasks: list[_Task]) -> None:
        names = [f"{t.strategy} in {pasts[t.past].name}" for t in tasks]
        for name in names:
            watch(Progress(name, "waiting"))

        def take(event: Event) -> None:
            task, name = tasks[event.task], names[event.task]
            if isinstance(event, Started):
                watch(Progress(name, "reading", event.tries, pid=event.pid))
            elif isinstance(event, News):
                watch(Progress(name, "searching", event.tries, *event.what))
            elif isinstance(event, Done):
                solved: Solved = event.value
                found[task.strategy, task.past] = solved
                ended = (solved.seconds, solved.score, solved.bound)
                state: State = "failed" if solved.trouble else "solved"
                watch(Progress(name, state, 0, *ended, message=solved.trouble or solved.status))
            elif isinstance(event, Failed):
                raise AuditFailed((), f"{name}: {event.message}")
            elif isinstance(event, Lost):
                found[task.strategy, task.past] = Solved(None, "lost", trouble=event.message)

        workers.run(plan_past, tasks, take, cancelled)

    run([_Task(base, k) for k in range(len(pasts))])
    workers.share("base", [found[base, k].rep_of if (base, k) in found else None for k in range(len(pasts))])
    if not cancelled():
        run([_Task(name, k) for name in plans if name != base for k in range(len(pasts))])
    whole = [name for name in plans if all((name, k) in found for k in range(len(pasts)))]
    return {name: [found[name, k] for k in range(len(pasts))] for name in whole}


def plan_past(shared: Mapping[str, Any], task: _Task, tell: Callable[[Any], None]) -> Solved:
    """Plan one past period by one strategy, in a worker."""
    name, period, known = shared["known"][task.past]
    base = shared["base"][task.past] if "base" in shared else None
    then = shared["models"].get(task.strategy)
    known = replace(known, learned=None if then is None else then[task.past])
    try:
        return solve_past(shared["plans"][task.strategy], name, period, known, shared["options"], base, tell)
    except InputError as error:
        return Solved(None, "invalid", trouble=str(error))


def solve_past(
    source: Mapping[str, Any],
    name: str,
    period: Period,
    known: Tables,
    options: Options,
    base: Ints | None = None,
    tell: Callable[[Any], None] = lambda _: None,
) -> Solved:
    """Plan a past period with what was known; errors as `scenarios.run.run.solve_prepared`.

    Parameters
    ----------
    base : int64[customers], the plan to start from, positions in the table of reps.
    """
    plan = as_then(parse_plan(source), name, period)
    draft, instance = build(plan, known)
    prepared = Prepared(Path("plan.yaml"), name, plan, known, draft, instance, (), (), {})
    ids = known.reps["rep_id"].tolist()
    start = None
    if base is not None:
        active = np.array([draft.rep_at.get(r, -1) for r in ids] + [-1], dtype=np.int64)
        start = Start(choice_of(instance, active[base]))
    own = replace(options, seed=plan.options.seed)
    run = solve_prepared(prepared, lambda p: tell((p.seconds, p.score, p.bound)), options=own, start=start)
    status, seconds = str(run.result["status"]), float(run.result["seconds"])
    if run.result["score"] is None:
        why = "; ".join(str(f["message"]) for f in run.result["findings"][:2]) or status
        return Solved(None, status, seconds=seconds, trouble=why)
    at = {r: k for k, r in enumerate(ids)}
    planned = run.rep_of()
    rep_of = np.array([at.get(planned.get(c, ""), -1) for c in known.customers["customer_id"]], dtype=np.int64)
    return Solved(rep_of, status, run.result["score"], run.result["bound"], seconds)
