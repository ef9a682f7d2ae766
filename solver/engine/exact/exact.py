"""Stage *exact*: the whole instance as one CP-SAT model."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from solver.arrays import Ints
from solver.engine.expand import expanded
from solver.engine.solution import Cancelled, Options, Progress, Watch
from solver.instance import NO_LIMIT, Instance

#: CP-SAT's complete strategies in the order they are used, on half of the workers; the other half searches
#: neighbourhoods. Its own first choice, default_lp, was the weakest on these models: ``benchmarks/strategies.py``.
STRATEGIES = ("pseudo_costs", "reduced_costs", "max_lp", "lb_tree_search", "default_lp", "quick_restart", "no_lp")

#: How often, 0.05 s apart, CP-SAT is told to stop after a failure.
_STOPS = 40


@dataclass(frozen=True)
class Outcome:
    """What one CP-SAT solve found, in integers of the model's own objective (None: nothing yet)."""

    status: str
    """``OPTIMAL``, ``FEASIBLE``, ``INFEASIBLE`` or ``UNKNOWN``, as CP-SAT says it."""
    choice: Ints | None
    objective: int | None
    bound: int | None


class Model:
    """The CP-SAT model of an instance.

    Variables: ``x[o]`` for each option, and for each soft row the load above and below its band.

    Parameters
    ----------
    instance : with or without separations.
    most_unassigned : customers that may stay without a rep; with 0 every unit chooses exactly one option.
    """

    def __init__(self, instance: Instance, most_unassigned: int):
        inst = self.instance = expanded(instance)
        self.model = model = cp_model.CpModel()
        self.x = [model.new_bool_var("") for _ in range(inst.n_options)]
        self.open: list[tuple[int, cp_model.IntVar]] = []
        for unit, (a, b) in enumerate(zip(inst.indptr[:-1].tolist(), inst.indptr[1:].tolist(), strict=True)):
            if most_unassigned < inst.unit_size[unit] or inst.required[unit]:
                model.add_exactly_one(self.x[a:b])
            else:
                none = model.new_bool_var("")
                self.open.append((unit, none))
                model.add_exactly_one([*self.x[a:b], none])
        self.unassigned = cp_model.LinearExpr.weighted_sum(
            [v for _, v in self.open], [int(inst.unit_size[u]) for u, _ in self.open]
        )
        if self.open:
            model.add(self.unassigned <= most_unassigned)
        self.outside: list[tuple[int, cp_model.IntVar]] = []
        self._bands: list[tuple[cp_model.IntVar, int, int, int]] = []  # variable, row, side, edge
        self._rows()

    def _rows(self) -> None:
        inst, model = self.instance, self.model
        option, amount, start = inst.by_row()
        for row in range(inst.n_rows):
            s = slice(int(start[row]), int(start[row + 1]))
            load = cp_model.LinearExpr.weighted_sum([self.x[o] for o in option[s].tolist()], amount[s].tolist())
            low, high = int(inst.row_lower[row]), int(inst.row_upper[row])
            if low > high:  # CP-SAT drops such a constraint where it has no variable
                model.add_bool_or([])
            elif low > -NO_LIMIT or high < NO_LIMIT:
                model.add_linear_constraint(
                    load, low if low > -NO_LIMIT else -(1 << 62), high if high < NO_LIMIT else 1 << 62
                )
            most = int(amount[s][amount[s] > 0].sum())
            least = int(amount[s][amount[s] < 0].sum())
            for k in range(*np.searchsorted(inst.piece_row, [row, row + 1]).tolist()):
                side, edge = int(inst.piece_side[k]), int(inst.piece_edge[k])
                farthest = most - edge if side > 0 else edge - least
                if farthest > 0:
                    outside = model.new_int_var(0, farthest, "")
                    model.add(outside >= side * load - side * edge)
                    self.outside.append((int(inst.piece_slope[k]), outside))
                    self._bands.append((outside, row, side, edge))

    def maximise_score(self) -> None:
        """Ask for the best score."""
        inst = self.instance
        parts = [cp_model.LinearExpr.weighted_sum(self.x, inst.option_score.tolist())]
        if self.outside:
            parts.append(cp_model.LinearExpr.weighted_sum([v for _, v in self.outside], [-s for s, _ in self.outside]))
        self.model.maximize(sum(parts) + inst.offset)

    def minimise_unassigned(self) -> None:
        """Ask for the fewest customers without a rep (as a maximum of minus that)."""
        self.model.maximize(-1 * self.unassigned)

    def hint(self, choice: Ints) -> None:
        """Start from this choice."""
        inst = self.instance
        taken = np.zeros(inst.n_options, dtype=bool)
        taken[choice[choice >= 0]] = True
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for variable, value in zip(self.x, taken.tolist(), strict=True):
            self.model.add_hint(variable, value)
        for unit, none in self.open:
            self.model.add_hint(none, bool(choice[unit] < 0))
        loads = inst.loads(choice)
        for variable, row, side, edge in self._bands:  # a whole hint is a plan at once, a part of one is a wish
            self.model.add_hint(variable, max(0, side * (int(loads[row]) - edge)))

    def fix(self, choice: Ints) -> None:
        """Allow this choice and no other."""
        inst = self.instance
        taken = np.zeros(inst.n_options, dtype=bool)
        taken[choice[choice >= 0]] = True
        for variable, value in zip(self.x, taken.tolist(), strict=True):
            self.model.add(variable == int(value))

    def solve(
        self,
        options: Options,
        stage: str,
        watch: Watch | None = None,
        cancelled: Cancelled | None = None,
        started: float | None = None,
        presolve: bool = True,
        in_points: bool = True,
    ) -> Outcome:
        """Solve until proven, within the gap, out of time or cancelled; cancelling keeps the best plan found."""
        solver = cp_model.CpSolver()
        p = solver.parameters
        p.max_time_in_seconds = max(0.01, options.time_limit)
        p.num_workers = options.workers
        p.random_seed = options.seed
        p.catch_sigint_signal = False
        p.cp_model_presolve = presolve
        p.linearization_level = 2
        if options.workers > 1 and in_points:  # without a score to improve its own choice is the better one
            p.subsolvers.extend(STRATEGIES[: max(1, options.workers // 2)])
        if in_points:
            p.absolute_gap_limit = max(options.gap, 0.0) * self.instance.scale
        began = time.monotonic() if started is None else started
        report = _Reporter(self.instance, stage, watch, began) if watch and in_points else None
        if report:
            solver.best_bound_callback = report.on_bound
        status = solver.status_name(_in_a_thread(solver, self.model, report, cancelled))
        if status == "MODEL_INVALID":
            raise RuntimeError(f"CP-SAT refuses the model: {self.model.validate()}")
        if status not in {"OPTIMAL", "FEASIBLE"}:
            return Outcome(status, None, None, None)  # CP-SAT says 0 where it has no bound yet
        choice = np.full(self.instance.n_units, -1, dtype=np.int64)
        taken = np.flatnonzero([solver.boolean_value(v) for v in self.x])
        choice[self.instance.option_unit[taken]] = taken
        return Outcome(status, choice, round(solver.objective_value), round(solver.best_objective_bound))


def _in_a_thread(
    solver: cp_model.CpSolver, model: cp_model.CpModel, report: _Reporter | None, cancelled: Cancelled | None
) -> Any:
    """Solve while this thread listens; what fails in there or in a callback ends the search and is raised here."""
    result: list[Any] = []
    failed: list[BaseException] = []

    def solve() -> None:
        try:
            result.append(solver.solve(model, report))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=solve, daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.05)
            if (report and report.failed) or (cancelled is not None and cancelled()):
                solver.stop_search()
    except BaseException:
        for _ in range(_STOPS):  # CP-SAT hears nothing before it began
            solver.stop_search()
            thread.join(0.05)
            if not thread.is_alive():
                break
        raise
    if report and report.failed:
        raise report.failed
    if not result:
        raise RuntimeError("CP-SAT ended without an answer") from (failed[0] if failed else None)
    return result[0]


class _Reporter(cp_model.CpSolverSolutionCallback):
    """Passes every new score and bound on, in points, until whoever watches fails: `failed` is how."""

    def __init__(self, instance: Instance, stage: str, watch: Watch, began: float):
        super().__init__()
        self._instance, self._stage, self._watch, self._began = instance, stage, watch, began
        self._score: float | None = None
        self._bound: float | None = None
        self.failed: BaseException | None = None

    def on_solution_callback(self) -> None:
        """Report a better plan."""
        self._score = self._instance.points(round(self.objective_value))
        self.on_bound(self.best_objective_bound)

    def on_bound(self, bound: float) -> None:
        """Report a better bound."""
        if math.isfinite(bound):
            self._bound = self._instance.points(round(bound)) + self._instance.error
        self._tell()

    def _tell(self) -> None:
        if self.failed:
            return
        try:
            self._watch(Progress(time.monotonic() - self._began, self._score, self._bound, self._stage))
        except BaseException as error:  # must not reach CP-SAT, which calls this from its own threads
            self.failed = error


def feasible(instance: Instance, choice: Ints) -> bool:
    """Whether CP-SAT accepts a choice as a plan (score aside)."""
    model = Model(instance, int(instance.unit_size.sum()))
    model.fix(choice)
    return model.solve(Options(workers=1), "check", in_points=False).status == "OPTIMAL"
