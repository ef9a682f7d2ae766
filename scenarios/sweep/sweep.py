"""Sweeps: many scenarios of one plan solved side by side, each kept as a run as soon as it is solved.

The base plan is solved first; the others start from its assignment and prices. A scenario whose plan and inputs are
those of a run in the store is not solved again, so a sweep that was killed goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from scenarios.plan.model_file import model_hash
from scenarios.plan.patch import Resolved
from scenarios.plan.plan import Plan
from scenarios.plan.yaml_text import Document, read_document
from scenarios.run.prepare import Gathered, Inputs, gather, ready, resolve_plan
from scenarios.run.record import Run, plain
from scenarios.run.run import AuditFailed, solve_prepared, versions
from scenarios.run.warm import start_from
from scenarios.sources.collect import Collector, Refused
from scenarios.sources.load import load
from scenarios.sources.read import read_source
from scenarios.sources.spec import Data
from scenarios.store import Store
from scenarios.sweep.cases import Case
from scenarios.sweep.swept import WORD
from scenarios.sweep.workers import Done, Event, Failed, Line, Lost, News, Started, Workers
from solver.problems import InputError, Problem
from solver.tables import ROWS

Trouble = Literal["", "invalid", "defect", "lost", "stopped"]
"""Why a scenario has no run: wrong input, a defect, workers that died, Ctrl-C; empty where it has one."""
State = Literal["waiting", "reading", "searching", "kept", "solved", "failed"]
MARK = '"sweep": {'
"""How the result of a swept run is told from others."""


@dataclass(frozen=True)
class Outcome:
    """How one scenario of a sweep ended.

    Attributes
    ----------
    name : of the scenario.
    run : id of its run; empty where it has none.
    result : of the run, as in ``result.json``.
    kept : whether the run was in the store from before.
    trouble, message, problems : why there is no run.
    """

    name: str
    run: str = ""
    result: Mapping[str, Any] | None = None
    kept: bool = False
    trouble: Trouble = ""
    message: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def status(self) -> str:
        """The run's status, else the trouble."""
        return str(self.result["status"]) if self.result is not None else self.trouble

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``."""
        result = self.result or {}
        found: dict[str, Any] = {"scenario": self.name, "run": self.run or None, "status": self.status}
        found |= {k: result.get(k) for k in ("score", "bound", "gap")}
        found |= {k: result.get(k) or {} for k in ("terms", "metrics")}
        found |= {"seconds": result.get("seconds"), "kept": self.kept}
        if self.result is not None and result.get("score") is None:
            found["findings"] = result.get("findings") or []
        if self.trouble:
            error = {"kind": self.trouble, "message": self.message, "problems": [p.as_dict() for p in self.problems]}
            found["error"] = error
        return dict(plain(found))


@dataclass(frozen=True)
class Progress:
    """Where a scenario stands: state, how often it was begun, seconds of search, points (None: not yet), worker."""

    name: str
    state: State
    tries: int = 0
    seconds: float | None = None
    score: float | None = None
    bound: float | None = None
    pid: int = 0
    message: str = ""

    @property
    def gap(self) -> float | None:
        """Bound − score in points, None while one of them is missing."""
        return None if self.score is None or self.bound is None else max(0.0, self.bound - self.score)


@dataclass(frozen=True)
class Task:
    """One scenario as a worker gets it.

    Attributes
    ----------
    hashes : of the inputs its key stands for.
    gathered : what its files hold, for a worker on another machine; None where it reads or shares them.
    """

    path: Path
    case: Case
    hashes: dict[str, str]
    gathered: Gathered | None = None


@dataclass(frozen=True)
class _Pending:
    case: Case
    task: Task
    key: str
    order: int


def sweep(
    path: Path,
    cases: Sequence[Case],
    store: Store,
    workers: Workers,
    fresh: bool = False,
    watch: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    document: Document | None = None,
) -> list[Outcome]:
    """Solve scenarios and keep each as a run.

    Parameters
    ----------
    path : of the plan.
    cases : the scenarios, see `scenarios.sweep.cases`; one without scenario and grid is the base the others start from.
    store : is asked for runs from before, and gets the new ones.
    workers : that solve; the caller closes them.
    fresh : solve again what the store has.
    watch : is told where each scenario stands.
    cancelled : says whether to stop; what is being solved then is not kept.

    Returns
    -------
    How each case ended, in the order given.

    Raises
    ------
    InputError
        The plan file cannot be read.
    StoreError
        A run cannot be kept; those before it are.
    """
    document = document or read_document(path)
    work = _Sweep(path, document, store, workers, watch or (lambda _: None), cancelled or (lambda: False))
    pending = work.plan_ahead(cases, fresh)
    workers.share("document", document)
    workers.share("inputs", work.inputs)
    first = [p for p in pending if p.case.is_base]
    work.solve(first)
    work.hand_on(cases)
    work.solve([p for p in pending if not p.case.is_base])
    for case in cases:
        work.ended.setdefault(case.name, Outcome(case.name, trouble="stopped", message="stopped before it was solved"))
    return [work.ended[case.name] for case in cases]


class _Sweep:
    def __init__(
        self,
        path: Path,
        document: Document,
        store: Store,
        workers: Workers,
        watch: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ):
        self.path, self.document, self.store, self.workers = path.absolute(), document, store, workers
        self.watch, self.cancelled = watch, cancelled
        self.id = secrets.token_hex(4)
        self.inputs: Inputs | None = None
        self._has_read = False
        self.ended: dict[str, Outcome] = {}

    def plan_ahead(self, cases: Sequence[Case], fresh: bool) -> list[_Pending]:
        """Resolve every case, find those the store has, and return the others."""
        resolved: dict[str, tuple[Plan, Resolved]] = {}
        for case in cases:
            self.watch(Progress(case.name, "waiting"))
            try:
                resolved[case.name] = resolve_plan(self.document, case.scenario, case.sets)
            except InputError as error:
                self._fails(case.name, "invalid", str(error), error.problems)
        known: dict[str, tuple[str, dict[str, Any]]] = {}
        if not fresh:
            for run_id, result in self.store.results_with(MARK):
                known.setdefault(str(result["sweep"]["key"]), (run_id, result))
        digests = _Digests(self.path.parent)
        pending = []
        for order, case in enumerate(cases):
            if case.name not in resolved:
                continue
            plan, left = resolved[case.name]
            if not self._has_read and not left.patches_tables:
                self._read(plan, digests)
            hashes = digests.of(plan.data) | model_hash(plan, self.path)
            key = key_of(case, plan, left, hashes)
            if key in known:
                run_id, result = known[key]
                self.store.note(f"{WORD}{self.id}", run_id)
                self.ended[case.name] = Outcome(case.name, run_id, result, kept=True)
                self.watch(_standing(case.name, "kept", result))
            else:
                pending += self._pending(case, left, Task(self.path, case, hashes), key, order)
        return pending

    def _pending(self, case: Case, resolved: Resolved, task: Task, key: str, order: int) -> list[_Pending]:
        """The case to be solved; its own files are read here where the workers may not have them."""
        if self.workers.far and (resolved.patches_tables or "model" in task.hashes or self.inputs is None):
            try:
                found = gather(self.path, case.scenario, case.sets, self.inputs, self.document)
            except InputError as error:
                self._fails(case.name, "invalid", str(error), error.problems)
                return []
            task = replace(task, gathered=found)
        return [_Pending(case, task, key, order)]

    def _read(self, plan: Plan, digests: _Digests) -> None:
        """Read the tables once for all cases that do not patch them; where they are wrong, each case says so."""
        self._has_read = True
        try:
            loaded = load(plan.data, plan.period, self.path.parent)
        except InputError:
            return
        self.inputs = Inputs(plan.data, plan.period, loaded)
        digests.know(plan.data, dict(loaded.hashes))

    def solve(self, pending: Sequence[_Pending]) -> None:
        """Solve some cases; nothing is begun once it is cancelled."""
        if pending and not self.cancelled():
            tasks = [p.task for p in pending]
            self.workers.run(solve_case, tasks, lambda event: self._take(pending[event.task], event), self.cancelled)

    def hand_on(self, cases: Sequence[Case]) -> None:
        """Share the base run, if there is one with a plan."""
        base = next((self.ended[c.name] for c in cases if c.is_base and c.name in self.ended), None)
        if base is not None and base.run and base.status in {"optimal", "feasible"}:
            self.workers.share("base", self.store.load(base.run))

    def _take(self, one: _Pending, event: Event) -> None:
        name = one.case.name
        if isinstance(event, Started):
            self.watch(Progress(name, "reading", event.tries, pid=event.pid))
        elif isinstance(event, News):
            self.watch(Progress(name, "searching", event.tries, *event.what))
        elif isinstance(event, Done) and isinstance(event.value, Run):
            self._keep(one, event.value)
        elif isinstance(event, Done):
            trouble, message, problems = event.value
            self._fails(name, trouble, message, problems)
        elif isinstance(event, Failed):
            self._fails(name, "defect", event.message)
        elif isinstance(event, Lost):
            self._fails(name, "lost", f"{name} is not solved: {event.message}")

    def _keep(self, one: _Pending, run: Run) -> None:
        run.result["sweep"] |= {"id": self.id, "key": one.key, "order": one.order}
        self.store.save(run)
        self.store.note(f"{WORD}{self.id}", run.id)
        self.ended[one.case.name] = Outcome(one.case.name, run.id, run.result)
        self.watch(_standing(one.case.name, "solved", run.result))

    def _fails(self, name: str, trouble: Trouble, message: str, problems: Sequence[Problem] = ()) -> None:
        self.ended[name] = Outcome(name, trouble=trouble, message=message, problems=tuple(problems))
        self.watch(Progress(name, "failed", message=message))


def _standing(name: str, state: State, result: Mapping[str, Any]) -> Progress:
    seconds, score, bound = (result.get(k) for k in ("seconds", "score", "bound"))
    return Progress(name, state, 0, seconds, score, bound, message=str(result["status"]))


def solve_case(shared: Mapping[str, Any], task: Task, line: Line) -> Any:
    """Solve one scenario, in a worker.

    Returns
    -------
    Its run; or why there is none, as (trouble, message, problems).
    """
    case = task.case
    try:
        found = task.gathered or gather(task.path, case.scenario, case.sets, shared["inputs"], shared["document"])
        prepared = ready(task.path, case.name, found.plan, found.tables, found.changes, found.notes, found.hashes)
    except InputError as error:
        return "invalid", str(error), error.problems
    if prepared.hashes != task.hashes:
        changed = [n for n, digest in prepared.hashes.items() if task.hashes.get(n) != digest]
        problem = Problem("input_changed", f"{', '.join(changed)} changed while the sweep went on", file=task.path.name)
        return "invalid", problem.line(), (problem,)
    base: Run | None = shared.get("base")
    start = None if base is None else start_from(base, prepared.draft, prepared.instance)
    try:
        run = solve_prepared(prepared, lambda p: line((p.seconds, p.score, p.bound)), line.halted, start=start)
    except AuditFailed as error:
        return "defect", str(error), ()
    said = [p.message for p in prepared.notes if p.code in {"declared_change", "dropped_pins"}]
    return replace(run, result=run.result | {"sweep": {"notes": said, "from": None if base is None else base.id}})


def key_of(case: Case, plan: Plan, resolved: Resolved, hashes: Mapping[str, str]) -> str:
    """Return what tells a case's run from all others: its name, what it sets, the plan, the inputs and the version."""
    source = {k: v for k, v in plan.source.items() if k not in {"overrides", "scenarios"}}
    declared = [d.entry for d in resolved.declared]
    content = [case.name, source, resolved.tables, declared, dict(hashes), versions()["fairbook"]]
    return hashlib.sha256(json.dumps(plain(content), sort_keys=True, default=str).encode()).hexdigest()


class _Digests:
    """The hashes of what plans read, each source looked at once."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._known: dict[str, dict[str, str]] = {}

    def know(self, data: Data, hashes: dict[str, str]) -> None:
        self._known[data.model_dump_json()] = hashes

    def of(self, data: Data) -> dict[str, str]:
        """Hashes by table; a source that cannot be read has none, and whoever solves the case says why."""
        text = data.model_dump_json()
        if text not in self._known:
            found: dict[str, str] = {}
            for kind in ROWS:
                spec = getattr(data, kind)
                if spec is None:
                    continue
                try:
                    found[kind] = read_source(kind, spec, self.folder, data.limits, Collector()).digest
                except Refused:
                    continue
            self._known[text] = found
        return self._known[text]
