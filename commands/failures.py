"""Exit codes, and every failure as its exit code, a message for people, and JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from solver.problems import InputError, Problem

DONE, DEFECT, USAGE, INVALID, INFEASIBLE, NO_PLAN, STOPPED = 0, 1, 2, 3, 4, 5, 130
STATUS_CODE = {"optimal": DONE, "feasible": DONE, "infeasible": INFEASIBLE, "no_plan": NO_PLAN}


class StoppedWithoutPlan(Exception):
    """Ctrl-C came before there was any plan to keep."""

    def __init__(self) -> None:
        super().__init__("stopped with no plan")


@dataclass(frozen=True)
class Failure:
    """How a command failed.

    Attributes
    ----------
    kind : short stable word: ``usage``, ``invalid_input``, ``unknown_run``, ``store``, ``files``, ``cluster``,
        ``no_plan``, ``stopped``, ``defect``.
    message : for people, complete in itself.
    code : the exit code.
    problems : for ``invalid_input``, everything that is wrong.
    more : further keys of the JSON object's ``error``.
    """

    kind: str
    message: str
    code: int
    problems: Sequence[Problem] = ()
    more: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints: error and exit code, for invalid input also its problems."""
        said: dict[str, Any] = {"error": {"kind": self.kind, "message": self.message, **self.more}}
        if self.kind == "invalid_input":
            said |= {"status": "invalid", "problems": [p.as_dict() for p in self.problems]}
        return said | {"exit_code": self.code}


def failure(error: Exception) -> Failure | None:
    """Return what an exception means to whoever called; None where it is a defect that nobody foresaw."""
    if isinstance(error, InputError):
        return Failure("invalid_input", str(error), INVALID, error.problems)
    if isinstance(error, StoppedWithoutPlan):
        return Failure("no_plan", str(error), NO_PLAN)
    return _of_scenarios(error)


def _of_scenarios(error: Exception) -> Failure | None:
    """Failures whose classes are costly to import: they were imported already if one of them was raised."""
    from scenarios.files import FilesError
    from scenarios.run.run import AuditFailed
    from scenarios.store import StoreError, UnknownRun
    from solver.engine.machines.connect import ClusterError

    if isinstance(error, AuditFailed):
        violations = [v.message for v in error.violations]
        return Failure("defect", str(error), DEFECT, more={"violations": violations})
    known: list[tuple[type[Exception], str, int]] = [
        (UnknownRun, "unknown_run", USAGE),
        (StoreError, "store", INVALID),
        (FilesError, "files", INVALID),
        (ClusterError, "cluster", INVALID),
    ]
    return next((Failure(word, str(error), code) for kind, word, code in known if isinstance(error, kind)), None)


def unforeseen(error: Exception) -> Failure:
    """Return a defect that nobody foresaw, by its class and message."""
    return Failure("defect", f"{type(error).__name__}: {error}", DEFECT)
