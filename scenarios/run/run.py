"""From a prepared plan to a run: solve, audit, write down; and audit again what was kept."""

from __future__ import annotations

import datetime as dt
import platform
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scenarios.plan.plan import parse_plan
from scenarios.plan.priorities import solve_levels, staged
from scenarios.run.books import books
from scenarios.run.figures import figures
from scenarios.run.handover_risk import risk
from scenarios.run.prepare import Prepared
from scenarios.run.record import Run, plain
from solver.audit import AGREEMENT, Audit, audit
from solver.engine.solution import Cancelled, Options, Solution, Start, Watch
from solver.explain import diagnose, homeless, impossibilities, reasons
from solver.fit.learned.words import record_of
from solver.objectives.base import Term
from solver.objectives.fit import Fit
from solver.problems import Problem
from solver.sentences import sentence
from solver.view import View, Violation

if TYPE_CHECKING:
    from solver.engine.machines.pool import Workers


class AuditFailed(Exception):
    """The engine's plan does not hold when checked against the tables: a defect, and nothing was kept."""

    def __init__(self, violations: Sequence[Violation], message: str):
        self.violations = tuple(violations)
        super().__init__(message)


def solve_prepared(
    prepared: Prepared,
    watch: Watch | None = None,
    cancelled: Cancelled | None = None,
    options: Options | None = None,
    start: Start | None = None,
    pool: Workers | None = None,
) -> Run:
    """Solve and audit a prepared plan, from what an earlier run hands on (see `scenarios.run.warm`) if given.

    Parameters
    ----------
    pool : who prices and anneals, such as a `solver.engine.machines.cluster.Cluster`; threads here where None.

    Returns
    -------
    A run with a plan, or with status ``infeasible`` or ``no_plan`` and the findings in ``result["findings"]``.

    Raises
    ------
    AuditFailed
        The plan found does not hold.
    """
    from solver.engine.solve import solve

    options = options or Options(**prepared.plan.options.model_dump())
    if impossibilities(prepared.draft):  # proven by counting: no search needed
        solution = Solution("infeasible", None, None, None, 0, 0, "proven", 0.0, ())
    elif staged(prepared.plan.terms):
        given = prepared.draft, prepared.instance
        solution, levels, missed = solve_levels(*given, options, watch, cancelled, start)
        if pool:
            note = sentence("a plan with priorities or floors is solved on this machine: the cluster was not used")
            solution = replace(solution, notes=(*solution.notes, note))
        return make_run(prepared, solution, options, levels, missed)
    else:
        solution = _without_idle_moves(prepared, solve(prepared.instance, options, watch, cancelled, start, pool))
    return make_run(prepared, solution, options)


def _without_idle_moves(prepared: Prepared, solution: Solution) -> Solution:
    """As good a plan, without hand-overs that add nothing to its score.

    The score is the engine's own and what was changed since, so that the audit still holds the engine to its word.
    """
    from solver.engine.improve.home import homes, kept_home

    instance = prepared.instance
    if solution.choice is None or solution.score is None:
        return solution
    choice = kept_home(instance, solution.choice, homes(instance, prepared.draft.current))
    change = instance.value(choice) - instance.value(solution.choice)
    return replace(solution, choice=choice, score=solution.score + instance.points(change))


def make_run(
    prepared: Prepared,
    solution: Solution,
    options: Options,
    levels: Sequence[dict[str, Any]] = (),
    findings: Sequence[Problem] = (),
) -> Run:
    """Audit a solution and write it down; errors as `solve_prepared`.

    Parameters
    ----------
    levels : what each priority came to, where there are several; see `scenarios.plan.priorities`.
    findings : why there is no plan, where that is known.
    """
    plan, draft, instance = prepared.plan, prepared.draft, prepared.instance
    rep_of = np.full(draft.n_customers, -1, dtype=np.int64)
    if solution.choice is not None:
        option = solution.choice[instance.customer_unit]
        rep_of = np.where(option >= 0, instance.option_rep[option] if instance.n_options else -1, -1)
    ids, reps = draft.customers["customer_id"].tolist(), draft.reps["rep_id"].tolist()
    rep_ids = [reps[i] if i >= 0 else None for i in rep_of.tolist()]
    assignment = dict(zip(ids, rep_ids, strict=True))
    result: dict[str, Any] = {
        "status": solution.status,
        "score": None,
        "bound": _of_100(solution.bound),
        "gap": None,
        "terms": {},
        "metrics": {},
        "stopped": solution.stopped,
        "seconds": round(solution.seconds, 3),
        "seed": options.seed,
        "workers": options.workers,
        "reproducible": options.workers == 1 and solution.stopped in {"proven", "gap"},
        "coverage": plan.coverage,
        "period": plan.period_name,
        "rules": {name: rule.describe() for name, rule in plan.rules.items()},
        "changes": [asdict(c) for c in prepared.changes],
        "findings": [],
        "notes": list(solution.notes),
        "versions": versions(),
        "input_hashes": prepared.hashes,
        "prices": [
            {"source": source, "of": of, "metric": metric, "points": points}
            for (source, of, metric), points in (solution.prices or {}).items()
        ],
        "audit": {"violations": []},
        **_learned(prepared),
        "trace": [
            {"seconds": round(p.seconds, 4), "score": _of_100(p.score), "bound": _of_100(p.bound), "stage": p.stage}
            for p in solution.trace
        ],
    }
    empty = pd.DataFrame({c: [] for c in ASSIGNMENT})
    if solution.choice is None:
        result["findings"] = [asdict(f) for f in findings or diagnose(draft)]
        rows, left = empty, pd.DataFrame({"customer_id": [], "reason": []})
    else:
        checked = audit(prepared.tables, plan.period, plan.rules, plan.terms, assignment, plan.coverage == "required")
        _agree(checked, solution, levels, plan.terms)
        rows, left = _rows(prepared, rep_of, checked.view)
        score = min(100.0, checked.score)  # a weighted mean of hundreds may end a last digit above
        bound = None if result["bound"] is None else max(result["bound"], score)  # they agree, see _agree
        result |= {
            "score": score,
            "bound": bound,
            "gap": None if bound is None else bound - score,
            "terms": {
                n: {"kind": t.kind, "score": checked.terms[n], "weight": t.weight} for n, t in plan.terms.items()
            },
        }
        if len(left):
            result["findings"] = [asdict(f) for f in homeless(draft)]
    if levels:
        result["levels"] = list(levels)
    book = books(draft, rep_of)
    result["metrics"] = figures(rows, left, book) | {"fewest_unassigned": solution.fewest_unassigned}
    if solution.choice is not None and (lost := risk(plan, prepared.tables, rows)) is not None:
        result["metrics"]["handover"] = lost
    return Run(
        id=secrets.token_hex(6),
        created=dt.datetime.now(dt.UTC),
        plan_name=prepared.path.stem,
        scenario=prepared.scenario,
        plan=plain(plan.source),
        result=plain(result),
        tables=prepared.tables,
        assignment=rows,
        unassigned=left,
        books=book,
    )


ASSIGNMENT = ("customer_id", "rep_id", "previous_rep", "moved", "fit", "potential", "workload", "reason")


def _of_100(points: float | None) -> float | None:
    """No plan scores above 100, so what the engine's margin for rounding puts above it tells nothing."""
    return None if points is None else min(100.0, points)


def _learned(prepared: Prepared) -> dict[str, Any]:
    """The card of the learned model that the plan's terms use; nothing where they use none, or it has none."""
    model = prepared.tables.learned
    if model is None or not model.usable or not any(t.needs_model for t in prepared.plan.terms.values()):
        return {}
    return {} if model.card is None else {"learned": dict(model.card)}


def _agree(
    checked: Audit, solution: Solution, levels: Sequence[dict[str, Any]] = (), terms: Mapping[str, Term] | None = None
) -> None:
    if checked.violations:
        first = "; ".join(v.message for v in checked.violations[:3])
        raise AuditFailed(checked.violations, f"the plan found breaks {len(checked.violations)} rules: {first}")
    if solution.score is None or abs(checked.score - solution.score) > AGREEMENT:
        raise AuditFailed((), f"the engine says {solution.score} points, the audit {checked.score}")
    if solution.bound is not None and checked.score > solution.bound + AGREEMENT:
        raise AuditFailed((), f"the engine says no plan exceeds {solution.bound} points, the audit {checked.score}")
    if checked.score > 100 + AGREEMENT:
        raise AuditFailed((), f"the audit says {checked.score} points, and no plan can have more than 100")
    for level in levels:
        weights = {n: (terms or {})[n].weight or 1.0 for n in level["terms"]}
        value = sum(w * checked.terms[n] for n, w in weights.items()) / sum(weights.values())
        if abs(value - level["score"]) > AGREEMENT:
            raise AuditFailed((), f"{level['name']}: the engine says {level['score']} points, the audit {value}")
        if level["least"] is not None and value < level["least"] - AGREEMENT:
            raise AuditFailed((), f"{level['name']} has {value} points and must keep {level['least']}")


def _rows(prepared: Prepared, rep_of: Any, view: View) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of ``assignment.csv`` and ``unassigned.csv``."""
    why = reasons(prepared.draft, rep_of)
    term = next((t for t in prepared.plan.terms.values() if isinstance(t, Fit)), Fit())
    seen = term.seen(view)
    record = record_of(prepared.draft)
    active = prepared.draft.rep_at
    rows, left = [], []
    for j, i in enumerate(view.rep_of):
        customer = view.customer_id(j)
        if i < 0:
            left.append((customer, why[j]))
            continue
        previous = view.customers["current_rep"][j]
        moved = (
            "new" if not previous else "kept" if i == view.current[j] else "chosen" if view.keepable[j] else "forced"
        )
        potential, workload = view.amount("potential", j), view.amount("workload", j)
        reason = why[j]
        if record is not None:
            reason = str(sentence("{why}; {then}", why=reason, then=record.said(j, active[view.rep_id(i)])))
        rows.append((customer, view.rep_id(i), previous, moved, seen.one(j, i), potential, workload, reason))
    return (
        pd.DataFrame(rows, columns=list(ASSIGNMENT)).astype({"fit": float, "potential": float, "workload": float}),
        pd.DataFrame(left, columns=["customer_id", "reason"]),
    )


def audit_again(run: Run) -> Audit:
    """Check a stored run against its own tables and plan, as if it had just been made."""
    plan = parse_plan(run.plan, run.plan_name)
    assignment = run.rep_of()
    required = plan.coverage == "required"
    return audit(run.tables, plan.period, plan.rules, plan.terms, assignment, required)


def versions() -> dict[str, str]:
    """Versions of what the figures depend on."""
    names = ("fairbook", "ortools", "numpy", "pandas", "pydantic")
    return {"python": platform.python_version(), **{n: version(n) for n in names}}
