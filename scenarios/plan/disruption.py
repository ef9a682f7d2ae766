"""What changing reps costs and what a better plan brings, in money a year: figures the plan declares.

Neither can be read off a score, so both are ranges, and whoever judges by them says from where on it pays.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


def _pair(value: Any) -> Any:
    """Take one number as a range of no width."""
    return (value, value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _ordered(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] > value[1]:
        raise ValueError(f"a range goes from less to more, not from {value[0]:g} to {value[1]:g}")
    return value


_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Range = Annotated[tuple[_Share, _Share], BeforeValidator(_pair), AfterValidator(_ordered)]


class Disruption(BaseModel):
    """What a hand-over costs, and what a point of the score is worth; each a range ``[from, to]`` or one number.

    handover_loss: a customer that changes hands buys so much less in the year after, as a share of its yearly sales.

    point: what a point of the score is worth, as a share of all yearly sales. The default spreads the 2 to 7 % of sales
    that better territories have brought (Zoltners and Lorimer 2000; Zoltners and Sinha's review of 1,500 projects) over
    the some twenty points between a careless plan and a good one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    handover_loss: Range = Field(
        (0.13, 0.18), description="share of a moved customer's yearly sales that is lost: [from, to]"
    )
    point: Range = Field(
        (0.001, 0.0035), description="share of all yearly sales that a point of score is worth: [from, to]"
    )
    sales: str | None = Field(
        None,
        description="column of the customers with their yearly sales; default: what history shows was won in its last "
        "12 months, else the potential for a year",
    )

    @property
    def loss(self) -> float:
        """Middle of `handover_loss`."""
        return sum(self.handover_loss) / 2

    @property
    def worth(self) -> float:
        """Middle of `point`."""
        return sum(self.point) / 2
