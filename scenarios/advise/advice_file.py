"""Advice read back from the file ``fairbook advise --json`` was written to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, FiniteFloat

from scenarios.document_file import Kept, read_document


class _Judged(Kept):
    name: str
    evidence: Literal["gain", "loss", "none", "little", "same"]
    net: FiniteFloat | None
    net_interval: tuple[FiniteFloat | None, FiniteFloat | None]
    customers: int
    moved: FiniteFloat


class _Judgement(Kept):
    judged: list[_Judged]
    seen: FiniteFloat
    base: FiniteFloat
    units: int
    customers: int
    best: str | None
    like: list[str]


class _Document(Kept):
    plan: str
    verdict: Literal["recommended", "no_evidence", "too_little"]
    periods: list[str]
    level: FiniteFloat
    loss: FiniteFloat
    judgement: _Judgement | None
    written: dict[str, Any] = Field(default_factory=dict)
    limits: list[str]
    notes: list[str]


def read_advice(path: Path) -> dict[str, Any]:
    """Return the document of an advice, see `scenarios.advise.advice.Advice.as_dict`.

    Raises
    ------
    InputError
        The file cannot be read, or holds no advice.
    """
    return read_document(path, _Document, "advice", "bad_advice", "fairbook advise PLAN")
