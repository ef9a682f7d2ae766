"""The card of a learned model, read from beside the model: what reports tell of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError

from solver.fit.learned.model import Model

NAME = "card.json"


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Data(_Part):
    closed: int
    won: int
    customers: int
    reps: int
    first: str
    last: str


class _Checked(_Part):
    events: int
    won: int
    first: str
    last: str
    gain: FiniteFloat
    gain_at_least: FiniteFloat
    over_declared: FiniteFloat
    over_declared_at_least: FiniteFloat


class _Figures(_Part):
    auc: FiniteFloat
    lift: FiniteFloat
    log_loss: FiniteFloat


class _Bin(_Part):
    forecast: FiniteFloat
    actual: FiniteFloat
    low: FiniteFloat
    high: FiniteFloat
    events: FiniteFloat


class _Calibration(_Part):
    slope: FiniteFloat
    slope_range: tuple[FiniteFloat, FiniteFloat]
    applied: bool
    bins: list[_Bin]


class _Overlap(_Part):
    pairs: int
    customer: FiniteFloat
    industry: FiniteFloat
    rep: FiniteFloat


class _Card(_Part):
    model: str
    verdict: Literal["earned", "declined", "too_little"]
    forced: bool
    method: str
    data: _Data
    checked: _Checked
    figures: dict[str, _Figures]
    calibration: _Calibration
    overlap: _Overlap
    caveats: list[str]


def read_card(folder: Path, model: Model) -> dict[str, Any] | None:
    """Return what the card in a model's folder says of it as plain data, as far as reports tell it.

    None where there is no card, it is not one, or it is that of another model.
    """
    try:
        card = _Card.model_validate_json((folder / NAME).read_bytes())
    except (OSError, ValidationError):
        return None
    return card.model_dump(mode="json") if card.model == model.sha256 and card.figures else None
