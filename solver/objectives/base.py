"""What every term of the score is: its own configuration, its coefficients, and its value from the tables alone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from solver.problems import Problem
from solver.tables import Period, Tables

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.view import View


class Term(BaseModel, ABC):
    """A term of the score, 0 to 100. A subclass with a new `kind` in its own file of this package is a new term.

    The docstring of a term is its page in ``docs/formulation.md``: what it says, then its mathematics.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    registry: ClassVar[dict[str, type[Term]]] = {}
    kind: Any
    weight: float = Field(1.0, ge=0, le=1e6, allow_inf_nan=False, description="how much the term counts in the score")
    priority: int = Field(
        1, ge=1, le=100, description="terms of priority 1 are seen to first, then those of 2, and so on"
    )
    give_up: float = Field(
        0.0, ge=0, le=100, allow_inf_nan=False,
        description="points that all terms of this priority together may lose to later ones",
    )  # fmt: skip
    at_least: float | None = Field(
        None, ge=0, le=100, allow_inf_nan=False, description="points every plan must have of this term"
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register every concrete term under its kind."""
        super().__pydantic_init_subclass__(**kwargs)
        kind = cls.model_fields["kind"].default
        if isinstance(kind, str):
            Term.registry[kind] = cls

    @property
    def needs_model(self) -> bool:
        """Whether the term scores pairs with a model learned from history."""
        return False

    @abstractmethod
    def apply(self, draft: Draft) -> None:
        """Give the model its coefficients, in points of this term."""

    @abstractmethod
    def measure(self, view: View) -> float:
        """Return the term's value, 0 to 100, from the tables and the assignment alone."""

    @abstractmethod
    def describe(self) -> str:
        """One sentence for people."""

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """Yield what of this term's configuration does not fit the tables; `column` holds the key."""
        yield from ()
