"""A trade-off curve read back from the file ``fairbook frontier --json`` was written to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import FiniteFloat

from scenarios.document_file import Kept, read_document


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
