"""Declared fit: what the plan says makes a rep suit a customer."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from solver.arrays import codes
from solver.problems import Problem
from solver.tables import Tables

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints
    from solver.draft import Draft
    from solver.view import View

#: Fit of every rep to a customer of whom no criterion knows anything.
UNKNOWN = 0.5


class Match(BaseModel):
    """A criterion of the plan's own: a column of the customers against a column of the reps."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    customer: str = Field(description="column of the customers, one value")
    rep: str = Field(description="column of the reps, one value or several separated by ;")
    weight: float = Field(1.0, gt=0, allow_inf_nan=False, description="how much it counts")


class Profile(BaseModel):
    """Weights of the criteria. A criterion of which the customer's cell is empty is left out for that customer.

    industry, segment: 1 where the rep lists the customer's, else 0. skill: how far the rep's levels exceed the
    required ones, from 0 (just meets or lacks) to 1 (level 5), the mean over the required skills.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    industry: float = Field(3.0, ge=0, allow_inf_nan=False, description="weight of the industry the rep knows")
    segment: float = Field(1.0, ge=0, allow_inf_nan=False, description="weight of the segment the rep knows")
    skill: float = Field(1.0, ge=0, allow_inf_nan=False, description="weight of skills above the required level")
    matches: tuple[Match, ...] = Field((), description="further criteria: columns that should be equal")

    def _columns(self) -> Iterator[tuple[str, str, float]]:
        yield "industry", "industries", self.industry
        yield "segment", "segments", self.segment
        for match in self.matches:
            yield match.customer, match.rep, match.weight

    def pairs(self, draft: Draft, customer: Ints, rep: Ints) -> Floats:
        """float64[pairs], 0 to 1: fit of each pair of positions; one small table a criterion, looked up by pair."""
        if not len(customer):
            return np.zeros(0)
        top = np.zeros(len(customer))
        bottom = np.zeros(len(customer))

        def add(values: Any, key: Callable[[Any], Hashable], score: Callable[[Any, int], float], weight: float) -> None:
            group, keys = codes(values, key)
            table = np.array([[score(k, i) if k else 0.0 for i in range(draft.n_reps)] for k in keys])
            known = np.array([bool(k) for k in keys])[group[customer]]
            top[known] += weight * table[group[customer[known]], rep[known]]
            bottom[known] += weight

        for column, reps_column, weight in self._columns():
            held = [_lowered(v) for v in draft.reps[reps_column]]
            if weight and any(held):
                add(draft.customers[column].tolist(), _key, partial(_listed, held), weight)
        if self.skill:
            skills = draft.reps["skills"].tolist()
            add(
                draft.customers["required_skills"].tolist(),
                lambda s: tuple(sorted(s.items())),
                lambda k, i: float(np.mean([_surplus(skills[i].get(s, 0), level) for s, level in k])),
                self.skill,
            )
        fit: Floats = np.divide(top, bottom, out=np.full(len(top), UNKNOWN), where=bottom > 0)
        return fit

    def one(self, view: View, customer: int, rep: int) -> float:
        """Return the fit of one pair, from the tables alone."""
        top = bottom = 0.0
        for column, reps_column, weight in self._columns():
            value = _key(view.customers[column][customer])
            used = any(_lowered(v) for v, active in zip(view.reps[reps_column], view.active, strict=True) if active)
            if value and used:
                bottom += weight
                top += weight * (value in _lowered(view.reps[reps_column][rep]))
        required = view.customers["required_skills"][customer]
        if required:
            bottom += self.skill
            surplus = 0.0
            for skill, level in required.items():
                has = view.reps["skills"][rep].get(skill, 0)
                surplus += 0.0 if has < level else 1.0 if level == 5 else (has - level) / (5 - level)
            top += self.skill * surplus / len(required)
        return top / bottom if bottom > 0 else UNKNOWN

    def key(self, view: View, customer: int) -> Hashable:
        """All that matters of a customer here."""
        columns = tuple(_key(view.customers[c][customer]) for c, _, _ in self._columns())
        return columns, frozenset(view.customers["required_skills"][customer].items())

    def problems(self, tables: Tables) -> Iterator[Problem]:
        """Columns of further criteria must exist."""
        for k, match in enumerate(self.matches):
            for side, name, table in (
                ("customer", match.customer, tables.customers),
                ("rep", match.rep, tables.reps),
            ):
                if name not in table:
                    yield Problem(
                        "unknown_column", f"the {side}s have no column {name!r}", column=f"profile.matches[{k}].{side}",
                        expected=f"one of {', '.join(map(str, table))}",
                    )  # fmt: skip


def _listed(held: list[frozenset[str]], key: str, rep: int) -> float:
    return float(key in held[rep])


def _surplus(has: int, required: int) -> float:
    if has < required:
        return 0.0
    return 1.0 if required == 5 else (has - required) / (5 - required)


def _key(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():  # a column of numbers against a cell such as "1; 2"
        value = int(value)
    return " ".join(str(value).split()).casefold()


def _lowered(value: Any) -> frozenset[str]:
    """Return what a rep's cell lists, one value or several."""
    if isinstance(value, str):
        value = value.split(";")
    elif not isinstance(value, tuple | list | dict):
        value = [value]
    return frozenset(k for v in value if (k := _key(v)))
