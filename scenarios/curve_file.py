"""A trade-off curve read back from the file ``fairbook frontier --json`` was written to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError

from solver.problems import InputError, Problem, shorten

#: Largest file that is read, bytes.
MOST_BYTES = 50_000_000


class _Kept(BaseModel):
    """Part of a curve's document; what is not named here is kept as it is."""

    model_config = ConfigDict(extra="allow")


class _Side(_Kept):
    name: str
    less_is_better: bool


class _Place(_Kept):
    x: FiniteFloat
    y: FiniteFloat
    score: FiniteFloat
    violations: int = 0


class _Point(_Kept):
    point: int
    x: FiniteFloat
    y: FiniteFloat
    score: FiniteFloat
    bound: FiniteFloat | None
    knee: bool


class _Document(_Kept):
    x: _Side
    y: _Side
    bound_of: str
    points: list[_Point]
    today: _Place
    waterfall: _Place


def read_curve(path: Path) -> dict[str, Any]:
    """Return the document of a curve, see `scenarios.curve.document`.

    Raises
    ------
    InputError
        The file cannot be read, or holds no curve.
    """
    expected = "what fairbook frontier PLAN --json prints"

    def refuse(message: str) -> InputError:
        return InputError([Problem("bad_frontier", message, str(path), expected=expected)])

    try:
        if path.stat().st_size > MOST_BYTES:
            raise refuse(f"the file is larger than {MOST_BYTES:,} bytes")
        return _Document.model_validate_json(path.read_bytes(), strict=False).model_dump()
    except OSError as error:
        raise refuse(f"the file cannot be read: {error.strerror or error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise refuse(
            f"the file holds no trade-off curve: {shorten(f'{where}: ' if where else '', 80)}{first['msg']}"
        ) from None
