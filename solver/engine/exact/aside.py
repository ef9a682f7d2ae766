"""A MIP solved where it can be ended: HiGHS inside OR-Tools hears no interrupt and does not always keep its time."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time

from ortools.math_opt import model_pb2, result_pb2
from ortools.math_opt.python import mathopt
from ortools.math_opt.python.result import parse_solve_result

from solver.engine.solution import Cancelled

#: Seconds a model gets in this process, where most are done, before one is started that can be ended.
FIRST = 1.0
#: Seconds beyond its limit that such a process gets to start and to end by itself; seconds between two looks at it.
_GRACE, _LOOK = 0.5, 0.05


def ask(
    model: mathopt.Model,
    kind: mathopt.SolverType,
    seconds: float,
    presolve: bool = True,
    cancelled: Cancelled | None = None,
) -> mathopt.SolveResult | None:
    """Solve to proven optimality within so many seconds.

    Parameters
    ----------
    cancelled : asked again and again, and obeyed at once; without it nothing can end the solver but its own clock.

    Returns
    -------
    None where the solver was left alone in its thread, or where the process it was given to was ended, or ended by
    itself without an answer.
    """
    if cancelled is None:
        return mathopt.solve(model, kind, params=_params(seconds, presolve))
    began = time.monotonic()
    here = _in_a_thread(model, kind, min(FIRST, seconds), presolve, cancelled)
    left = seconds - (time.monotonic() - began)
    if (here is not None and here.termination.limit != mathopt.Limit.TIME) or left <= 0 or cancelled():
        return here
    answer = _in_a_process(model, kind, left, presolve, cancelled)
    return None if answer is None else parse_solve_result(result_pb2.SolveResultProto.FromString(answer), model)


def _params(seconds: float, presolve: bool) -> mathopt.SolveParameters:
    return mathopt.SolveParameters(
        time_limit=dt.timedelta(seconds=max(0.01, seconds)),
        presolve=None if presolve else mathopt.Emphasis.OFF,
        relative_gap_tolerance=0.0,
        absolute_gap_tolerance=0.0,
    )


def _in_a_thread(
    model: mathopt.Model, kind: mathopt.SolverType, seconds: float, presolve: bool, cancelled: Cancelled
) -> mathopt.SolveResult | None:
    """Solve here while this thread listens; when it hears enough, the solver goes on to its own clock unheeded."""
    result: list[mathopt.SolveResult] = []
    failed: list[BaseException] = []

    def solve() -> None:
        try:
            result.append(mathopt.solve(model, kind, params=_params(seconds, presolve)))
        except BaseException as error:
            failed.append(error)

    until = time.monotonic() + seconds + _GRACE
    # Not a daemon: a process that exits while HiGHS is at work aborts, so the exit waits for the solver's clock.
    thread = threading.Thread(target=solve)
    thread.start()
    thread.join(_LOOK)
    while thread.is_alive():
        if cancelled() or time.monotonic() > until:
            return None
        thread.join(_LOOK)
    if failed:
        raise failed[0]
    return result[0]


def _in_a_process(
    model: mathopt.Model, kind: mathopt.SolverType, seconds: float, presolve: bool, cancelled: Cancelled
) -> bytes | None:
    command = [sys.executable, "-c", f"from {__name__} import main; main()", kind.name, str(seconds), str(presolve)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    until = time.monotonic() + seconds + _GRACE
    given: bytes | None = model.export_model().SerializeToString()
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment) as process:  # noqa: S603 (our own Python)
        try:
            while not cancelled() and time.monotonic() < until:
                try:
                    answer, _ = process.communicate(given, timeout=_LOOK)
                except subprocess.TimeoutExpired:
                    given = None  # it has been taken: asking again goes on where this stopped
                else:
                    return answer if process.returncode == 0 else None
            return None
        finally:
            process.kill()


def main() -> None:
    """Solve the model on stdin as the arguments say, and write the result to stdout; both as protocol buffers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; whoever asked ends this
    kind, seconds, presolve = sys.argv[1:]
    out = os.dup(1)
    os.dup2(2, 1)  # nothing a solver prints may get between
    model = mathopt.Model.from_model_proto(model_pb2.ModelProto.FromString(sys.stdin.buffer.read()))
    result = mathopt.solve(model, mathopt.SolverType[kind], params=_params(float(seconds), presolve == "True"))
    with os.fdopen(out, "wb") as stream:
        stream.write(result.to_proto().SerializeToString())
