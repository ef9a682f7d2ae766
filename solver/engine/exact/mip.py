"""The same instance for the MIP solvers inside OR-Tools: second opinions, bounds, and peers in benchmarks."""

from __future__ import annotations

import time
from typing import Literal

import numpy as np
from ortools.math_opt.python import mathopt

from solver.arrays import Ints
from solver.engine.exact.aside import ask
from solver.engine.exact.exact import Outcome
from solver.engine.expand import expanded
from solver.engine.solution import Cancelled
from solver.instance import NO_LIMIT, Instance

SolverName = Literal["highs", "scip"]
#: Rounds of cutting off plans that keep limits only within the solver's tolerance.
_MOST_CUTS = 100
_SOLVERS = {"highs": mathopt.SolverType.HIGHS, "scip": mathopt.SolverType.GSCIP}


def solve_mip(
    instance: Instance,
    most_unassigned: int,
    solver: SolverName = "highs",
    time_limit: float = 60.0,
    presolve: bool = True,
    objective: bool = True,
    cancelled: Cancelled | None = None,
) -> Outcome:
    """Solve the instance as a MIP; objective and bound in integer steps, rounded outwards.

    A MIP solver keeps limits within a tolerance only. A plan that breaks one in whole numbers is cut off and the
    search goes on, so a plan returned keeps every limit exactly; ``UNKNOWN`` where that does not come to an end.

    Parameters
    ----------
    most_unassigned : customers that may stay without a rep.
    objective : False asks only whether there is a plan.
    time_limit : seconds, building the model included.
    cancelled : ends the search; see `ask`.
    """
    began = time.monotonic()
    inst = expanded(instance)
    model = mathopt.Model()
    x = [model.add_binary_variable() for _ in range(inst.n_options)]
    open_units = {}
    for unit, (a, b) in enumerate(zip(inst.indptr[:-1].tolist(), inst.indptr[1:].tolist(), strict=True)):
        parts = x[a:b]
        if most_unassigned >= inst.unit_size[unit] and not inst.required[unit]:
            open_units[unit] = model.add_binary_variable()
            parts = [*parts, open_units[unit]]
        model.add_linear_constraint(mathopt.fast_sum(parts) == 1)
    if open_units:
        model.add_linear_constraint(
            mathopt.fast_sum(int(inst.unit_size[u]) * v for u, v in open_units.items()) <= most_unassigned
        )
    outside = []
    option, amount, starts = (part.tolist() for part in inst.by_row())
    for row in range(inst.n_rows):
        start, end = starts[row], starts[row + 1]
        # A row in units of its own size keeps the solver's absolute tolerances meaningful.
        unit_size = float(max(map(abs, amount[start:end]), default=1)) or 1.0
        load = mathopt.fast_sum(a / unit_size * x[o] for o, a in zip(option[start:end], amount[start:end], strict=True))
        low, high = int(inst.row_lower[row]), int(inst.row_upper[row])
        if low > -NO_LIMIT:
            model.add_linear_constraint(load >= low / unit_size)
        if high < NO_LIMIT:
            model.add_linear_constraint(load <= high / unit_size)
        for k in range(*np.searchsorted(inst.piece_row, [row, row + 1]).tolist()) if objective else ():
            side, edge = int(inst.piece_side[k]), int(inst.piece_edge[k])
            beyond = model.add_variable(lb=0.0)
            model.add_linear_constraint(side * load - beyond <= side * edge / unit_size)
            outside.append((unit_size * int(inst.piece_slope[k]), beyond))
    if objective:
        score = inst.option_score.tolist()
        points = mathopt.fast_sum(s / inst.scale * v for s, v in zip(score, x, strict=True))
        lost = mathopt.fast_sum(s / inst.scale * v for s, v in outside)
        model.maximize(points - lost + inst.offset / inst.scale)
    bound: int | None = None
    for _ in range(_MOST_CUTS):
        result = ask(model, _SOLVERS[solver], time_limit - (time.monotonic() - began), presolve, cancelled)
        if result is None:
            break
        reason = result.termination.reason
        if reason in {mathopt.TerminationReason.INFEASIBLE, mathopt.TerminationReason.INFEASIBLE_OR_UNBOUNDED}:
            return Outcome("INFEASIBLE", None, None, None)
        dual = result.termination.objective_bounds.dual_bound
        bound = int(np.ceil(dual * inst.scale - 1e-4)) if objective and np.isfinite(dual) else None
        if not result.has_primal_feasible_solution():
            break
        values = result.variable_values()
        choice = np.full(inst.n_units, -1, dtype=np.int64)
        taken = np.flatnonzero([values[v] > 0.5 for v in x])
        choice[inst.option_unit[taken]] = taken
        broken = _broken(inst, choice)
        if not broken:
            status = "OPTIMAL" if reason == mathopt.TerminationReason.OPTIMAL else "FEASIBLE"
            return Outcome(status, choice, inst.value(choice) if objective else None, bound)
        for drop, add in broken:
            model.add_linear_constraint(
                mathopt.fast_sum([1 - x[o] for o in drop] + [x[o] for o in add]) >= 1  # one of these has to change
            )
    return Outcome("UNKNOWN", None, None, bound)


def _broken(inst: Instance, choice: Ints) -> list[tuple[list[int], list[int]]]:
    """For every limit a choice breaks: options of which one has to be dropped, or one of others taken, to keep it."""
    loads = inst.loads(choice)
    entry = inst.entry_option()
    taken = np.zeros(inst.n_options, dtype=bool)
    taken[choice[choice >= 0]] = True
    found = []
    for row in np.flatnonzero((loads > inst.row_upper) | (loads < inst.row_lower)).tolist():
        here = inst.load_row == row
        option, raises = entry[here], inst.load_amount[here] > 0
        if loads[row] < inst.row_lower[row]:
            raises = ~raises
        found.append((option[taken[option] & raises].tolist(), option[~taken[option] & ~raises].tolist()))
    return found
