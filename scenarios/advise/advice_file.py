"""Advice read back from the file ``fairbook advise --json`` was written to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError

from solver.problems import InputError, Problem, shorten

#: Largest file that is read, bytes.
MOST_BYTES = 50_000_000


class _Kept(BaseModel):
    """Part of an advice's document; what is not named here is kept as it is."""

    model_config = ConfigDict(extra="allow")


class _Judged(_Kept):
    name: str
    evidence: Literal["gain", "loss", "none", "little", "same"]
    net: FiniteFloat | None
    net_interval: tuple[FiniteFloat | None, FiniteFloat | None]
    customers: int
    moved: FiniteFloat


class _Judgement(_Kept):
    judged: list[_Judged]
    seen: FiniteFloat
    base: FiniteFloat
    units: int
    customers: int
    best: str | None
    like: list[str]


class _Document(_Kept):
    plan: str
    verdict: Literal["recommended", "no_evidence", "too_little"]
    periods: list[str]
    level: FiniteFloat
    loss: FiniteFloat
    judgement: _Judgement | None
    limits: list[str]
    notes: list[str]


def read_advice(path: Path) -> dict[str, Any]:
    """Return the document of an advice, see `scenarios.advise.advice.Advice.as_dict`.

    Raises
    ------
    InputError
        The file cannot be read, or holds no advice.
    """
    expected = "what fairbook advise PLAN --json prints"

    def refuse(message: str) -> InputError:
        return InputError([Problem("bad_advice", message, str(path), expected=expected)])

    try:
        if path.stat().st_size > MOST_BYTES:
            raise refuse(f"the file is larger than {MOST_BYTES:,} bytes")
        return _Document.model_validate_json(path.read_bytes(), strict=False).model_dump()
    except OSError as error:
        raise refuse(f"the file cannot be read: {error.strerror or error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise refuse(f"the file holds no advice: {shorten(f'{where}: ' if where else '', 80)}{first['msg']}") from None
