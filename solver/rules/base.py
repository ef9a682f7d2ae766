"""What every hard rule is: its configuration, what it forbids or loads, how to check it, one sentence for people."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict

from solver.problems import Problem
from solver.tables import Period, Tables

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.view import View, Violation


class Stage(IntEnum):
    """The order in which rules shape the model: who may have whom, who stays together, what it may add up to."""

    ELIGIBILITY = 1
    FAMILY = 2
    LOAD = 3


class Rule(BaseModel, ABC):
    """A hard rule. A subclass with a new `kind` in its own file of this package is a new rule, valid everywhere.

    The docstring of a rule is its page in ``docs/formulation.md``: what it says, then its mathematics.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    registry: ClassVar[dict[str, type[Rule]]] = {}
    stage: ClassVar[Stage] = Stage.LOAD
    kind: Any

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register every concrete rule under its kind."""
        super().__pydantic_init_subclass__(**kwargs)
        kind = cls.model_fields["kind"].default
        if isinstance(kind, str):
            Rule.registry[kind] = cls

    @abstractmethod
    def apply(self, draft: Draft) -> None:
        """Say it to the model."""

    @abstractmethod
    def audit(self, view: View) -> Iterator[Violation]:
        """Yield every breach, found from the tables and the assignment alone."""

    @abstractmethod
    def describe(self) -> str:
        """One sentence for people."""

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """Yield what of this rule's configuration does not fit the tables; `column` holds the key."""
        yield from ()


class PairRule(Rule):
    """A rule that only says which rep may have which customer."""

    stage: ClassVar[Stage] = Stage.ELIGIBILITY
    late: ClassVar[bool] = False
    """Whether it takes few reps away: an audit asks it after the rules that leave few."""

    @abstractmethod
    def key(self, view: View, customer: int) -> Hashable:
        """All that matters of a customer here: customers with equal keys are permitted the same reps."""

    @abstractmethod
    def permits(self, view: View, customer: int, rep: int) -> bool:
        """Whether this rule alone lets the rep have the customer (positions in the tables)."""

    def among(self, view: View, customer: int, reps: frozenset[int]) -> frozenset[int]:
        """Return those of these reps that the rule permits; a rule that can say so without asking each overrides it."""
        return frozenset(i for i in reps if self.permits(view, customer, i))

    def audit(self, view: View) -> Iterator[Violation]:
        """Yield every assigned pair the rule does not permit."""
        from solver.view import Violation

        for customer, rep in view.assigned():
            if not view.active[rep] or not self.permits(view, customer, rep):
                who, whom = view.customer_id(customer), view.rep_id(rep)
                yield Violation(f"{whom} may not have {who}: {self.describe()}", customers=(who,), reps=(whom,))
