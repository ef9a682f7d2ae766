"""What others would do with the same instance: CP-SAT, HiGHS, SCIP, the waterfall of sales teams, greedy with swaps.

``python -m benchmarks.peers SOLVER CASE`` solves a plan file or a public instance in this process and prints JSON;
``fairbook`` is a solver too, so that all are called, timed and checked alike.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np
from ortools.sat.python import cp_model

from benchmarks.gap_reader import Gap, read_gap
from solver.arrays import Ints
from solver.engine.exact.exact import Model
from solver.engine.exact.mip import SolverName, solve_mip
from solver.engine.expand import expanded
from solver.engine.improve.construct import construct
from solver.engine.solution import Options, Progress
from solver.engine.solve import solve
from solver.instance import NO_LIMIT, Instance
from solver.waterfall import Habits, by_waterfall, habits_of

#: Units tried as partners of one unit before the next, in greedy with swaps.
PARTNERS = 30
#: A solver gets so many times its limit, and this many seconds more, to come to an end by itself.
PATIENCE, GRACE = 3, 300


@dataclass(frozen=True)
class Found:
    """What a solver made of an instance.

    Attributes
    ----------
    status : ``optimal`` (as the solver says, within its tolerance), ``feasible``, ``infeasible`` or ``no_plan``.
    choice : int64[units], the option of each unit, -1 for none; None without a plan.
    score, bound : points; None where there is none.
    unassigned : customers without a rep, counted also where that is why there is no plan; None where nothing was tried.
    seconds : from the instance in hand to the answer, building the solver's model included.
    trace : improvements with their moments; empty where the solver does not tell.
    """

    status: str
    choice: Ints | None
    score: float | None
    bound: float | None
    unassigned: int | None
    seconds: float
    trace: tuple[Progress, ...]


def homeless(instance: Instance) -> int:
    """How many customers have no option at all: fewer than these no plan leaves unassigned."""
    return int(instance.unit_size[np.diff(instance.indptr) == 0].sum())


def ours(instance: Instance, options: Options) -> Found:
    """Fairbook's own engine."""
    began = time.monotonic()
    s = solve(instance, options)
    left = None if s.choice is None else s.unassigned
    return Found(s.status, s.choice, s.score, s.bound, left, time.monotonic() - began, s.trace)


def cpsat(instance: Instance, options: Options, most_unassigned: int | None = None) -> Found:
    """One CP-SAT model with CP-SAT's own parameters and no hint.

    Parameters
    ----------
    most_unassigned : customers that may stay without a rep; None for those without any option.
    """
    began = time.monotonic()
    most = homeless(instance) if most_unassigned is None else most_unassigned
    model = Model(instance, most)
    model.maximise_score()
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.01, options.time_limit - (time.monotonic() - began))
    solver.parameters.num_workers = options.workers
    solver.parameters.random_seed = options.seed
    watch = _Watch(instance, began)
    solver.best_bound_callback = watch.on_bound
    code = solver.solve(model.model, watch)
    status = solver.status_name(code)
    if status == "INFEASIBLE":
        return _end(instance, began, None, None, infeasible=True)
    if status == "MODEL_INVALID":
        raise RuntimeError("CP-SAT refuses the model: " + model.model.validate())
    if status not in {"OPTIMAL", "FEASIBLE"}:
        return _end(instance, began, None, watch.bound, trace=watch.trace)
    choice = np.full(instance.n_units, -1, dtype=np.int64)
    taken = np.flatnonzero([solver.boolean_value(v) for v in model.x])
    choice[instance.option_unit[taken]] = taken
    bound = round(solver.best_objective_bound)
    return _end(instance, began, choice, bound, proven=status == "OPTIMAL", trace=watch.trace)


class _Watch(cp_model.CpSolverSolutionCallback):
    """Keeps every new score and bound with its moment; CP-SAT calls it from its own threads."""

    def __init__(self, instance: Instance, began: float):
        super().__init__()
        self._instance, self._began = instance, began
        self._score: float | None = None
        self.bound: int | None = None
        self.trace: list[Progress] = []

    def on_solution_callback(self) -> None:
        self._score = self._instance.points(round(self.objective_value))
        self.on_bound(self.best_objective_bound)

    def on_bound(self, bound: float) -> None:
        if abs(bound) < NO_LIMIT:  # CP-SAT's word for "none yet" is the end of its integers
            self.bound = round(bound)
        points = None if self.bound is None else self._instance.points(self.bound) + self._instance.error
        self.trace.append(Progress(time.monotonic() - self._began, self._score, points, "cpsat"))


def mip(instance: Instance, options: Options, solver: SolverName, most_unassigned: int | None = None) -> Found:
    """One MIP for HiGHS or SCIP, which do not tell when they found what; parameters as `cpsat`.

    The clock starts when the model is built, so `seconds` may exceed the limit by the time that took. The MIP solvers
    choose their own number of threads, within the cores the process may use.
    """
    began = time.monotonic()
    most = homeless(instance) if most_unassigned is None else most_unassigned
    outcome = solve_mip(instance, most, solver, options.time_limit)
    bound = outcome.bound
    proven = outcome.status == "OPTIMAL"
    if proven and bound is not None and outcome.objective == bound - 1:
        bound -= 1  # rounding outwards made a step of the solver's last digit
    infeasible = outcome.status == "INFEASIBLE"
    found = _end(instance, began, outcome.choice, bound, infeasible=infeasible, proven=proven)
    return replace(found, trace=())


def waterfall(instance: Instance, habits: Habits | None = None) -> Found:
    """The waterfall of sales teams; a unit that finds no room stays out, and where it must not, there is no plan."""
    began = time.monotonic()
    return _end(instance, began, by_waterfall(instance, habits), None)


def greedy(instance: Instance, options: Options) -> Found:
    """Greedy with repair and single moves, then swaps of two units' reps until none helps or the time is up."""
    began = time.monotonic()
    choice = construct(instance, options.seed)
    if not instance.feasible(choice):
        return _end(instance, began, choice, None)
    trace = [Progress(time.monotonic() - began, instance.points(instance.value(choice)), None, "construct")]
    swapper = _Swapper(expanded(instance), choice)
    rng = np.random.default_rng(options.seed)
    rose = True
    while rose and time.monotonic() - began < options.time_limit:
        rose = False
        for unit in rng.permutation(instance.n_units).tolist():
            if time.monotonic() - began >= options.time_limit:
                break
            rose |= swapper.improve(unit, rng)
        score = instance.points(instance.value(swapper.choice))
        trace.append(Progress(time.monotonic() - began, score, None, "swap"))
    return _end(instance, began, swapper.choice, None, trace=trace)


class _Swapper:
    """A plan whose units exchange reps where that raises the score and keeps every limit."""

    def __init__(self, instance: Instance, choice: Ints):
        self.instance, self.choice = instance, choice.copy()
        self.loads: list[int] = instance.loads(choice).tolist()
        self._lower, self._upper = instance.row_lower.tolist(), instance.row_upper.tolist()
        pieces = zip(instance.piece_side.tolist(), instance.piece_edge.tolist(), instance.piece_slope.tolist(),
                     strict=True)  # fmt: skip
        self._pieces: list[list[tuple[int, int, int]]] = [[] for _ in range(instance.n_rows)]
        for row, piece in zip(instance.piece_row.tolist(), pieces, strict=True):
            self._pieces[row].append(piece)
        self._held: list[list[int]] = [[] for _ in range(instance.n_reps)]
        for unit in np.flatnonzero(choice >= 0).tolist():
            self._held[instance.option_rep[choice[unit]]].append(unit)

    def improve(self, unit: int, rng: np.random.Generator) -> bool:
        """Swap a unit with the first of some partners with whom it helps; False where none does."""
        inst, own = self.instance, int(self.choice[unit])
        if own < 0:
            return False
        home = int(inst.option_rep[own])
        options = [o for o in range(int(inst.indptr[unit]), int(inst.indptr[unit + 1])) if inst.option_rep[o] != home]
        for _ in range(PARTNERS if options else 0):
            mine = options[int(rng.integers(len(options)))]
            there = int(inst.option_rep[mine])
            if not self._held[there]:
                continue
            partner = self._held[there][int(rng.integers(len(self._held[there])))]
            a, b = int(inst.indptr[partner]), int(inst.indptr[partner + 1])
            theirs = a + int(np.searchsorted(inst.option_rep[a:b], home))
            if theirs < b and inst.option_rep[theirs] == home and self._try(unit, own, mine, partner, theirs):
                self._held[home].remove(unit)
                self._held[there].remove(partner)
                self._held[home].append(partner)
                self._held[there].append(unit)
                return True
        return False

    def _try(self, unit: int, own: int, mine: int, partner: int, theirs: int) -> bool:
        inst, was = self.instance, int(self.choice[partner])
        change: dict[int, int] = {}
        for option, sign in ((own, -1), (was, -1), (mine, 1), (theirs, 1)):
            s = slice(int(inst.load_indptr[option]), int(inst.load_indptr[option + 1]))
            for row, amount in zip(inst.load_row[s].tolist(), inst.load_amount[s].tolist(), strict=True):
                change[row] = change.get(row, 0) + sign * amount
        score = inst.option_score
        gain = int(score[mine] + score[theirs] - score[own] - score[was])
        for row, more in change.items():
            before, after = self.loads[row], self.loads[row] + more
            if (more > 0 and after > self._upper[row]) or (more < 0 and after < self._lower[row]):
                return False
            for side, edge, slope in self._pieces[row]:
                gain -= slope * (max(0, side * (after - edge)) - max(0, side * (before - edge)))
        if gain <= 0:
            return False
        for row, more in change.items():
            self.loads[row] += more
        self.choice[unit], self.choice[partner] = mine, theirs
        return True


def _end(
    instance: Instance, began: float, choice: Ints | None, bound: int | None, *, infeasible: bool = False,
    proven: bool = False, trace: list[Progress] | None = None,
) -> Found:  # fmt: skip
    """Wrap up: a plan counts only where it keeps every limit; the best is what bound or solver (`proven`) say is."""
    seconds = time.monotonic() - began
    points = None if bound is None else instance.points(bound) + instance.error
    left = None if choice is None else instance.unassigned(choice)
    if choice is None or not instance.feasible(choice):
        return Found("infeasible" if infeasible else "no_plan", None, None, points, left, seconds, tuple(trace or ()))
    value = instance.value(choice)
    score = instance.points(value)
    moments = (*(trace or ()), Progress(seconds, score, points, "done"))
    return Found("optimal" if proven or value == bound else "feasible", choice, score, points, left, seconds, moments)


#: Every solver by name, called alike.
SOLVERS: dict[str, Callable[[Instance, Options, int | None, Habits | None], Found]] = {
    "fairbook": lambda inst, options, most, habits: ours(inst, options),
    "cpsat": lambda inst, options, most, habits: cpsat(inst, options, most),
    "highs": lambda inst, options, most, habits: mip(inst, options, "highs", most),
    "scip": lambda inst, options, most, habits: mip(inst, options, "scip", most),
    "waterfall": lambda inst, options, most, habits: waterfall(inst, habits),
    "greedy": lambda inst, options, most, habits: greedy(inst, options),
}


def company_case(plan: Path) -> tuple[Instance, Habits]:
    """Return a plan file's instance and what the waterfall goes by."""
    from scenarios.run.prepare import prepare

    prepared = prepare(plan)
    return prepared.instance, habits_of(prepared.draft)


def check(instance: Instance, found: Found, gap: Gap | None) -> None:
    """Hold a plan against the instance, a public one also against the file's own numbers.

    Raises
    ------
    ValueError
        It does not hold, or the bound lies below the score.
    """
    if found.choice is None:
        return
    if not instance.feasible(found.choice):
        raise ValueError("the plan breaks a hard limit")
    score = instance.points(instance.value(found.choice))
    if found.score is None or abs(score - found.score) > 1e-6 * max(1.0, abs(score)):
        raise ValueError(f"the plan's score is {score}, not {found.score}")
    if gap is not None and gap.offset - gap.plan_cost(found.choice) != round(score):
        raise ValueError("the score is not the cost's")
    if found.bound is not None and found.bound < score - 1e-6 * max(1.0, abs(score)):
        raise ValueError(f"the bound {found.bound} lies below the score {score}")


def record(instance: Instance, found: Found, gap: Gap | None) -> dict[str, Any]:
    """Return it as plain data; a public instance's score and bound as points, its `offset` beside them."""
    return {
        "status": found.status,
        "score": found.score,
        "bound": found.bound,
        "unassigned": found.unassigned,
        "seconds": round(found.seconds, 3),
        "offset": None if gap is None else gap.offset,
        "pairs": instance.n_options,
        "mebibytes": peak_mebibytes(),
        "trace": [{"seconds": round(p.seconds, 3), "score": p.score, "bound": p.bound} for p in _thin(found.trace)],
    }


def peak_mebibytes() -> float | None:
    """Peak memory of this process alone, in MiB; None where the system does not tell."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return None


def _thin(trace: tuple[Progress, ...]) -> list[Progress]:
    """Drop moments that told nothing new."""
    new = [b for a, b in pairwise(trace) if (a.score, a.bound) != (b.score, b.bound)]
    return [*trace[:1], *new]


def confine(workers: int) -> None:
    """Let this process use so many cores: the same for solvers that count them for themselves."""
    if hasattr(os, "sched_setaffinity"):
        with suppress(OSError):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:workers])


def end_after(seconds: int) -> None:
    """End this process after so many seconds, even inside a solver that does not look at the clock."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


@click.command()
@click.argument("solver", type=click.Choice(list(SOLVERS)))
@click.argument("case", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--time-limit", default=60.0, show_default=True, type=click.FloatRange(0, min_open=True))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Threads and cores.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0))
@click.option("--most-unassigned", type=click.IntRange(0), help="Customers that may stay out; default: who has to.")
def main(solver: str, case: Path, time_limit: float, workers: int, seed: int, most_unassigned: int | None) -> None:
    """Solve CASE, a plan (.yaml) or a public instance, and print JSON."""
    confine(workers)
    gap, habits = None, None
    if case.suffix in {".yaml", ".yml"}:
        instance, habits = company_case(case)
    else:
        gap = read_gap(case)
        instance = gap.instance
    end_after(int(PATIENCE * time_limit) + GRACE)
    found = SOLVERS[solver](instance, Options(time_limit, 0.0, workers, seed), most_unassigned, habits)
    check(instance, found, gap)
    json.dump(record(instance, found, gap), sys.stdout)


if __name__ == "__main__":
    main()
