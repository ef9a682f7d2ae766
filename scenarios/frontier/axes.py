"""What a trade-off curve may be drawn between: terms of the plan by name, and figures every plan has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from solver.engine.aims.levels import Aim
from solver.objectives.base import Term
from solver.objectives.continuity import Continuity
from solver.problems import InputError, Problem, nearest

#: Figures besides the plan's terms: (what they are, the term that measures them, whether less of it is better).
FIGURES: dict[str, tuple[str, dict[str, Any] | None, bool]] = {
    "score": ("the plan's score", None, False),
    "retention": ("% of potential kept by reps who could keep it", {"kind": "continuity", "value": "potential"}, False),
    "retention_count": ("% of customers kept by reps who could keep them", {"kind": "continuity", "value": "customers"},
                        False),
    "money_moved": ("% of potential that changes hands by choice", {"kind": "continuity", "value": "potential"}, True),
}  # fmt: skip


@dataclass(frozen=True)
class Axis:
    """One side of a trade-off. Inside, more is better and 100 the most; `shown` is what people read.

    Attributes
    ----------
    name, about : as asked for, and in words.
    aim : the mean of terms that is measured.
    extra : configuration of a term that the plan lacks and `aim` needs, else empty.
    falling : whether less is better as shown: 100 − points.
    """

    name: str
    about: str
    aim: Aim
    extra: Mapping[str, Any] = field(default_factory=dict)
    falling: bool = False

    def shown(self, points: float) -> float:
        """Points as people read them."""
        return 100.0 - points if self.falling else points

    def value(self, terms: Mapping[str, float]) -> float:
        """Points of a plan with these values of terms."""
        return sum(self.aim.share(n) * terms[n] for n in self.aim.weights)

    def terms(self) -> dict[str, Term]:
        """The term the plan lacks, by its name, without weight."""
        return {self.name: Continuity(**self.extra, weight=0.0)} if self.extra else {}

    def floor(self, points: float) -> dict[str, Any]:
        """Return the patch of ``objectives`` that holds a plan to these points; nothing for the score."""
        if len(self.aim.weights) != 1:
            return {}
        (term,) = self.aim.weights
        least = max(0.0, math.floor(points * 100 - 1e-6) / 100)
        return {term: {**self.extra, **({"weight": 0} if self.extra else {}), "at_least": least}}


def axis(name: str, terms: Mapping[str, Term], option: str) -> Axis:
    """Return the axis of this name; a term goes before a figure of the same name.

    Parameters
    ----------
    option : where the name was given, for the message.

    Raises
    ------
    InputError
        There is no such term or figure, or nothing in the plan counts for the score.
    """
    if name in terms:
        return Axis(name, terms[name].describe(), Aim(name, {name: 1.0}))
    if name == "score":
        weights = {n: t.weight for n, t in terms.items() if t.weight > 0}
        if weights:
            return Axis(name, FIGURES[name][0], Aim(name, weights))
        raise InputError([Problem("no_axis", "no term of the plan counts, so its score is 100 in any plan",
                                  column=option)])  # fmt: skip
    if name in FIGURES:
        about, extra, falling = FIGURES[name]
        return Axis(name, about, Aim(name, {name: 1.0}), extra or {}, falling)
    known = [*terms, *(f for f in FIGURES if f not in terms)]
    near = nearest(name, known)
    expected, fix = f"one of {', '.join(known)}", f"did you mean {near}?" if near else ""
    message = f"there is no term or figure {name!r}"
    raise InputError([Problem("no_axis", message, column=option, expected=expected, fix=fix)])
