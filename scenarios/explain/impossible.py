"""Plans that cannot hold: the smallest set of rules in conflict, and the cheapest changes that make them possible."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import yaml

from scenarios.explain.remedy import Step, Unsayable, written
from scenarios.plan.plan import Plan
from scenarios.run.prepare import Prepared, prepare
from scenarios.run.record import Run, plain
from scenarios.run.run import solve_prepared
from scenarios.run.warm import choice_of
from solver.arrays import Bools
from solver.engine.questions.conflict import Clock, Conflict, smallest, support
from solver.engine.questions.elastic import Cure, cheapest
from solver.engine.solution import Cancelled, Options, Start
from solver.explain import Finding, impossibilities
from solver.impossible.actions import menu_of
from solver.impossible.conflict import Member, about, member_of, members_like, sentences
from solver.impossible.members import Loose, loosen
from solver.problems import InputError

#: Pairs of a customer and a rep, eligible or not, up to which the whole plan is taken apart at once.
_WHOLE = 60_000
#: The same for a part of it; beyond, a model takes longer than anybody waits.
_MOST = 400_000
#: Seconds for the conflict and for each repair, at most; and for solving a repaired plan.
_SECONDS = 20.0
#: Rounds in which a repair of a part of the plan is widened by what is still in conflict; and repairs shown.
_ROUNDS, _REPAIRS = 8, 3
#: Share of the seconds that a different repair gets.
_OTHER = 0.4


@dataclass(frozen=True)
class Repair:
    """Changes that make the plan possible.

    Attributes
    ----------
    cost : in units of the plan's `repair:` costs.
    cheapest : whether it is proven that no changes of the kinds considered cost less.
    verified : whether the repaired plan was solved and audited.
    steps : what to do.
    override : the same as a merge patch.
    """

    cost: float
    cheapest: bool
    verified: bool
    steps: tuple[Step, ...]
    override: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, with all steps in one sentence as ``message``."""
        return {"message": "; ".join(step.message for step in self.steps), **asdict(self)}


@dataclass(frozen=True)
class Impossible:
    """Why a plan cannot hold, and what would help.

    Attributes
    ----------
    conflict : members that cannot hold together; empty where none were found in time.
    minimal : whether it is proven that there is a plan as soon as any one of them is set aside.
    confirmed : whether two solvers say that they cannot hold together.
    repairs : the cheapest first, then different ones.
    notes : what was not found, and why.
    """

    conflict: tuple[Member, ...]
    minimal: bool
    confirmed: bool
    repairs: tuple[Repair, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of a result: ``conflict`` (members), ``repair`` (an override, None for none) and more."""
        found = {
            "conflict": [asdict(m) for m in self.conflict],
            "conflict_in_words": sentences(self.conflict),
            "conflict_minimal": self.minimal,
            "conflict_confirmed": self.confirmed,
            "repair": self.repairs[0].override if self.repairs else None,
            "repairs": [r.as_dict() for r in self.repairs],
            "repair_notes": list(self.notes),
        }
        return plain(found)  # type: ignore[no-any-return]


#: Prepares the same plan again with more ``--set`` assignments.
Again = Callable[[Sequence[str]], Prepared]


def explained(
    run: Run,
    prepared: Prepared,
    sets: Sequence[str] = (),
    cancelled: Cancelled | None = None,
    again: Again | None = None,
) -> Run:
    """Return the run with its conflict and repairs where it is infeasible, else as it is; see `look_into`."""
    if run.result["status"] != "infeasible":
        return run
    return replace(run, result={**run.result, **look_into(prepared, sets, cancelled, again=again).as_dict()})


def look_into(
    prepared: Prepared,
    sets: Sequence[str] = (),
    cancelled: Cancelled | None = None,
    most: float = _SECONDS,
    again: Again | None = None,
) -> Impossible:
    """Find the conflict of a plan that is known to be impossible, and its repairs.

    Parameters
    ----------
    sets : the ``--set`` assignments it was prepared with.
    most : seconds for the conflict, and for the repair; less where the plan's time limit is shorter.
    again : prepares it with other assignments, to verify a repair; by default from the plan file.
    """
    options = Options(**prepared.plan.options.model_dump())
    seconds = min(most, max(2.0, options.time_limit))
    notes: list[str] = []
    loose, conflict = None, None
    clock = Clock(seconds, cancelled)
    for loose, start in _beginnings(prepared, clock):
        conflict = smallest(loose, start, options, clock)
        if conflict is not None:
            break
    members: tuple[Member, ...] = ()
    if loose is not None and conflict is not None:
        members = tuple(member_of(loose, m) for m in conflict.members.tolist())
        if not conflict.minimal:
            notes.append("time ran out before every member of the conflict was shown to be necessary")
        if not conflict.confirmed:
            notes.append("the conflict was found by one solver and could not be confirmed by a second one in time")
    else:
        notes.append("no conflict of rules alone was found in time")
    mend = _Mending(prepared, sets, options, seconds, cancelled, again or _from_file(prepared))
    repairs = mend.run()
    minimal, sure = (conflict.minimal, conflict.confirmed) if isinstance(conflict, Conflict) else (False, False)
    return Impossible(members, minimal, sure, repairs, (*notes, *mend.notes))


def _beginnings(prepared: Prepared, clock: Clock) -> Iterator[tuple[Loose, Bools]]:
    """Members to begin with, fewest first: what counting names, what an LP is stretched by, then everything."""
    draft, instance = prepared.draft, prepared.instance
    required = prepared.plan.coverage == "required"

    def fits(customers: Bools) -> bool:
        return int(customers.sum()) * draft.n_reps <= _MOST

    for finding in sorted(impossibilities(draft), key=_size)[:2]:
        customers = about(draft, _one_of(prepared, finding))
        if fits(customers):
            loose = loosen(draft, required, customers)
            yield loose, members_like(loose, finding.rules)
    found = support(instance, clock) if not clock.over() else None
    if found is not None:
        customers = np.ones(draft.n_customers, dtype=bool) if found.minima else found.units[draft.label]
        if fits(customers):
            loose = loosen(draft, required, customers)
            named = {instance.rows[r].source for r in np.flatnonzero(found.rows).tolist()}
            named |= {g.source for g, used in zip(instance.separations, found.groups.tolist(), strict=True) if used}
            yield loose, members_like(loose, named)
    everybody = np.ones(draft.n_customers, dtype=bool)
    if fits(everybody) and not clock.over():
        loose = loosen(draft, required)
        yield loose, np.ones(len(loose.parts), dtype=bool)


def _size(finding: Finding) -> tuple[int, int]:
    single = finding.kind == "no_eligible_rep"
    return (0 if single else 1 if finding.customers else 2), len(finding.customers)


def _one_of(prepared: Prepared, finding: Finding) -> Finding:
    """A finding on customers nobody may have, of one of them who must be served."""
    if finding.kind != "no_eligible_rep":
        return finding
    must = set(prepared.draft.customers["customer_id"][prepared.draft.must])
    return replace(finding, customers=tuple(c for c in finding.customers if c in must)[:1])


def _from_file(prepared: Prepared) -> Again:
    scenario = None if prepared.scenario == "base" else prepared.scenario
    return lambda sets: prepare(prepared.path, scenario, sets)


class _Mending:
    def __init__(
        self,
        prepared: Prepared,
        sets: Sequence[str],
        options: Options,
        seconds: float,
        cancelled: Cancelled | None,
        again: Again,
    ):
        self._prepared, self._sets, self._options, self._again = prepared, tuple(sets), options, again
        self._seconds, self._cancelled = seconds, cancelled or (lambda: False)
        self._required = prepared.plan.coverage == "required"
        self.notes: list[str] = []

    def run(self) -> tuple[Repair, ...]:
        """Return the cheapest repair, then such as do without one of the kinds of change it uses."""
        draft = self._prepared.draft
        whole = draft.n_customers * draft.n_reps <= _WHOLE
        try:
            loose = loosen(draft, self._required, None if whole else self._troubled(self._prepared))
        except OverflowError:
            loose = None
        if loose is None or len(loose.who) * draft.n_reps > _MOST:
            self.notes.append("the plan is too large to look for a repair")
            return ()
        best = self._mend(loose, frozenset())
        if best is None:
            self.notes.append("no repair was found among the changes that repair: allows, or not in time")
            return ()
        repairs, used = [best], [{step.kind for step in best.steps}]
        for kind in sorted(used[0], key=lambda k: k == "unassigned"):
            if len(repairs) < _REPAIRS and not self._cancelled():
                other = self._mend(loose, frozenset({kind}))
                if other is not None and other.verified and {step.kind for step in other.steps} not in used:
                    repairs.append(other)
                    used.append({step.kind for step in other.steps})
        return tuple(sorted(repairs, key=lambda r: (not r.verified, r.cost)))

    def _troubled(self, prepared: Prepared) -> Bools:
        """bool[customers]: whom the conflict is about: as counting says, or as an LP does; everybody for a minimum."""
        draft = prepared.draft
        chosen = np.zeros(draft.n_customers, dtype=bool)
        for finding in impossibilities(draft):
            chosen |= about(draft, finding)
        if not chosen.any():
            found = support(prepared.instance, Clock(self._seconds, self._cancelled))
            if found is not None:
                chosen |= found.units[draft.label] | found.minima
        return chosen if chosen.any() else np.ones(draft.n_customers, dtype=bool)

    def _mend(self, loose: Loose, without: frozenset[str]) -> Repair | None:
        """Find and verify the cheapest repair; where it only mends a part, widen that part by what is left."""
        refused: list[Cure] = []
        clock = Clock(self._seconds * (_OTHER if without else 1.0), self._cancelled)
        last: Repair | None = None
        for _ in range(_ROUNDS):
            if clock.over():
                break
            cure = cheapest(menu_of(loose, self._plan.repair), self._options, clock, without, refused)
            if cure is None:
                break
            try:
                steps, override = written(self._plan, loose, cure)
            except Unsayable:
                if not cure.actions:
                    break
                refused.append(cure)
                continue
            repair = Repair(cure.cost, cure.proven and not refused, False, steps, override)
            left = self._solved(loose, override, cure)
            if left is None:
                return replace(repair, verified=True)
            last = last or repair
            wider = loose.draft.n_customers > len(loose.who)
            if wider and isinstance(left, Prepared):
                chosen = self._troubled(left)
                chosen[loose.who] = True
                if chosen.sum() * loose.draft.n_reps > _MOST:
                    break
                if chosen.sum() > len(loose.who):
                    loose = loosen(loose.draft, self._required, chosen)
                    continue
            if not cure.actions:
                break
            refused.append(cure)
        return last

    @property
    def _plan(self) -> Plan:
        return self._prepared.plan

    def _solved(self, loose: Loose, override: dict[str, Any], cure: Cure) -> Prepared | InputError | None:
        """None where the repaired plan can be solved; else the plan, to see what is still wrong."""
        sets = (*self._sets, *as_sets(override))
        try:
            repaired = self._again(sets)
        except InputError as error:
            self.notes.append(f"a repair does not fit the data: {error}")
            return error
        quick = replace(self._options, gap=100.0, time_limit=self._seconds)
        rep_of = np.full(repaired.draft.n_customers, -1, dtype=np.int64)
        if np.array_equal(repaired.draft.reps["rep_id"], loose.draft.reps["rep_id"]):
            rep_of[loose.who] = cure.rep_of
        run = solve_prepared(repaired, None, self._cancelled, quick, Start(choice_of(repaired.instance, rep_of)))
        left_out = sum(len(a.customers) for a in cure.actions if a.kind == "unassigned")
        held = run.result["status"] in {"optimal", "feasible"}
        return None if held and (not self._required or len(run.unassigned) <= left_out) else repaired


def as_sets(override: dict[str, Any]) -> list[str]:
    """Return an override as ``--set`` assignments, one a key at its top."""
    return [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in override.items()]


def override_text(run: Run) -> str:
    """Return a run's repair as YAML to paste into its plan, under ``overrides``.

    Raises
    ------
    ValueError
        The run has no repair.
    """
    if not run.result.get("repair"):
        raise ValueError(f"run {run.id} has no repair")
    first = run.result["repairs"][0]
    lines = [
        f"# Makes {run.plan_name} / {run.scenario} possible (cost {first['cost']:.6g}):",
        *(f"#   {step['message']}" for step in first["steps"]),
        "# Try it with fairbook solve PLAN --set @FILE, this file; or paste it under the plan's overrides, then",
        "# fairbook solve PLAN --scenario repair",
    ]
    body = yaml.safe_dump({"overrides": {"repair": run.result["repair"]}}, allow_unicode=True, sort_keys=False)
    return "\n".join(lines) + "\n" + body
