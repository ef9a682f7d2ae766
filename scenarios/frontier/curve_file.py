"""A trade-off curve read back from the file ``fairbook frontier --json`` was written to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import FiniteFloat

from scenarios.document_file import Kept, read_document
from scenarios.frontier.axes import FIGURES
from scenarios.run.record import Run
from scenarios.run.today import today
from solver.problems import InputError, Problem

#: Points by which today's books may differ between a curve and a run of the same inputs.
_SAME = 0.01


class _Side(Kept):
    name: str
    less_is_better: bool


class _Place(Kept):
    x: FiniteFloat
    y: FiniteFloat
    score: FiniteFloat
    violations: int = 0


class _Point(Kept):
    point: int
    x: FiniteFloat
    y: FiniteFloat
    score: FiniteFloat
    bound: FiniteFloat | None
    knee: bool


class _Document(Kept):
    x: _Side
    y: _Side
    bound_of: str
    points: list[_Point]
    today: _Place
    waterfall: _Place


def read_curve(path: Path) -> dict[str, Any]:
    """Return the document of a curve, see `scenarios.frontier.curve.document`.

    Raises
    ------
    InputError
        The file cannot be read, or holds no curve.
    """
    return read_document(path, _Document, "trade-off curve", "bad_frontier", "fairbook frontier PLAN")


def hold_against(curve: Mapping[str, Any], run: Run, path: Path) -> None:
    """Refuse a curve of another plan than a run's: no plan of the run has to keep its bounds.

    Both measure the books of today, so of the same inputs they say the same of them, whatever a scenario weighs.

    Parameters
    ----------
    curve : see `read_curve`, read from `path`.

    Raises
    ------
    InputError
        A side of it is no term of the run's plan, or today's books measure otherwise there.
    """
    terms = today(run)
    if terms is None:
        return
    for side in ("x", "y"):
        name, there = curve[side]["name"], curve["today"][side]
        if name in FIGURES and name not in terms:
            continue
        if name not in terms:
            said = f"its {name} is no term of the plan of run {run.id}"
        elif abs(terms[name] - there) > _SAME:
            said = f"today's {name} is {there:.2f} on it, and {terms[name]:.2f} by the plan of run {run.id}"
        else:
            continue
        fix = "fairbook frontier PLAN --json, with the plan, the scenario and the files of the run, draws one of it"
        problem = Problem("other_frontier", f"the curve is of another plan than the run: {said}", str(path), fix=fix)
        raise InputError([problem])
