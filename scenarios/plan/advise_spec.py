"""The ``advise`` part of a plan file: which strategies to try on the past, and how far back."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _several(value: Any) -> Any:
    """Take one word as a list of one."""
    return (value,) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_several), Field(min_length=1)]


class Advise(BaseModel):
    """What `fairbook advise` tries.

    Without a grid each term's weight is tried at a third and three times, and each move budget at half and twice.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    grid: dict[str, list[Any]] = Field({}, description="values to try by key, e.g. objectives.fit.weight: [0, 2, 8]")
    periods: int = Field(4, ge=1, le=40, description="past periods, each as long as the plan's, the latest first")
    won: Words = Field(("won",), description="outcomes that are a sale; default: those of learn")
    lost: Words = Field(("lost",), description="outcomes that are a loss; default: those of learn")
    level: float = Field(
        0.95, gt=0.5, lt=1, allow_inf_nan=False, description="how sure an interval is, all strategies taken together"
    )
    samples: int = Field(2000, ge=200, le=20_000, description="bootstrap samples of the customers")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="of the bootstrap")
