"""Declared fit: what the plan says makes a rep suit a customer."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from solver.arrays import Bools, codes
from solver.names import fold, folds
from solver.problems import Problem
from solver.tables import Tables

if TYPE_CHECKING:
    import pandas as pd

    from solver.arrays import Floats, Ints
    from solver.view import View

#: Fit of every rep to a customer of whom no criterion knows anything.
UNKNOWN = 0.5


class People(Protocol):
    """Customers and reps as data frames: a draft, or tables in training."""

    @property
    def customers(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def reps(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def n_reps(self) -> int: ...  # noqa: D102


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

    def pairs(self, draft: People, customer: Ints, rep: Ints) -> Floats:
        """float64[pairs], 0 to 1: fit of each pair of positions; memory grows with pairs only."""
        top, bottom = np.zeros(len(customer)), np.zeros(len(customer))
        for column, reps_column, weight in self._columns():
            held = [listed(v) for v in draft.reps[reps_column]]
            if weight and any(held):
                group, names = codes(folds(draft.customers[column].tolist()))
                number = {name: g for g, name in enumerate(names)}
                has_it = [number[n] * draft.n_reps + i for i, h in enumerate(held) for n in h if n in number]
                known = np.array([bool(n) for n in names], dtype=bool)[group][customer]
                top += weight * _among(group[customer] * draft.n_reps + rep, np.unique(np.array(has_it, np.int64)))
                bottom += weight * known
        if self.skill:
            group, sets = codes(draft.customers["required_skills"].tolist(), lambda s: tuple(sorted(s.items())))
            needs, distinct = codes([need for s in sets for need in s])
            has = draft.reps["skills"].tolist()
            table = np.array([[surplus(h.get(skill, 0), level) for h in has] for skill, level in distinct])
            count = np.array([len(s) for s in sets], dtype=np.int64)
            start = np.cumsum(count) - count
            group = group[customer]
            above = np.zeros(len(customer))
            for k in range(int(count.max(initial=0))):  # the k-th requirement of every customer that has so many
                which = np.flatnonzero(count[group] > k)
                above[which] += table[needs[start[group[which]] + k], rep[which]]
            known = count[group] > 0
            top[known] += self.skill * (above[known] / count[group[known]])
            bottom += self.skill * known
        fit: Floats = np.divide(top, bottom, out=np.full(len(top), UNKNOWN), where=bottom > 0)
        return fit

    def one(self, view: View, customer: int, rep: int) -> float:
        """Return the fit of one pair, from the tables alone."""
        return self.seen(view).one(customer, rep)

    def key(self, view: View, customer: int) -> Hashable:
        """All that matters of a customer here."""
        return self.seen(view).key(customer)

    def seen(self, view: View) -> Seen:
        """Return the tables as the profile sees them; made once a view."""
        return view.once(("profile", self), lambda: Seen(self, view))

    def problems(self, tables: Tables, active: Bools) -> Iterator[Problem]:
        """Columns of further criteria must exist, and something must tell reps apart; `active` bool[reps]."""
        missing = False
        for k, match in enumerate(self.matches):
            for side, name, table in (
                ("customer", match.customer, tables.customers),
                ("rep", match.rep, tables.reps),
            ):
                if name not in table:
                    missing = True
                    yield Problem(
                        "unknown_column", f"the {side}s have no column {name!r}", column=f"profile.matches[{k}].{side}",
                        expected=f"one of {', '.join(map(str, table))}",
                    )  # fmt: skip
        if not missing and (why := self._says_nothing(tables, active)):
            yield Problem(
                "no_fit", f"fit cannot tell reps apart: {'; '.join(why)}; the term is 100 for every plan in which "
                "every customer has a rep", column="kind",
                fix="map industry and industries (or segment and segments, or skills), add profile.matches, or drop "
                "the term", severity="warning",
            )  # fmt: skip

    def _says_nothing(self, tables: Tables, active: Bools) -> list[str]:
        """Why no criterion gives two active reps different fits for any customer; nothing where one does."""
        reps, customers = tables.reps[active], tables.customers
        why = []
        for column, reps_column, weight in self._columns():
            values = set(folds(customers[column].tolist())) - {""}
            held = [values & listed(v) for v in reps[reps_column]]
            if weight and any(h != held[0] for h in held):
                return []
            if not weight:
                why.append(f"{column} has no weight")
            elif not values:
                why.append(f"no customer's {column} is known")
            elif not any(listed(v) for v in reps[reps_column]):
                why.append(f"no rep lists {reps_column}")
            else:
                why.append(f"all reps list the same {reps_column} that customers have")
        needs = {need for s in customers["required_skills"] for need in s.items()}
        levels = [[surplus(has.get(skill, 0), level) for skill, level in needs] for has in reps["skills"]]
        if self.skill and any(levels[0] != own for own in levels):
            return []
        if not self.skill:
            why.append("skills have no weight")
        else:
            alike = "all reps are equally far above the required skills"
            why.append(alike if needs else "no customer requires skills")
        return why


class Seen:
    """What a profile looks at, for audits: one pair at a time, from the tables alone."""

    def __init__(self, profile: Profile, view: View):
        self._columns: list[tuple[list[str], list[frozenset[str]], float]] = []
        for column, reps_column, weight in profile._columns():
            held = [listed(v) for v in view.reps[reps_column]]
            if any(h for h, active in zip(held, view.active, strict=True) if active):
                self._columns.append((folds(view.customers[column]), held, weight))
        self._skill, self._required, self._has = profile.skill, view.customers["required_skills"], view.reps["skills"]

    def one(self, customer: int, rep: int) -> float:
        """Return the fit of a customer and a rep (positions)."""
        top = bottom = 0.0
        for names, held, weight in self._columns:
            if names[customer]:
                bottom += weight
                top += weight * (names[customer] in held[rep])
        if required := self._required[customer]:
            bottom += self._skill
            above = 0.0
            for skill, level in required.items():
                has = self._has[rep].get(skill, 0)
                above += 0.0 if has < level else 1.0 if level == 5 else (has - level) / (5 - level)
            top += self._skill * above / len(required)
        return top / bottom if bottom > 0 else UNKNOWN

    def key(self, customer: int) -> Hashable:
        """All that matters of a customer (position)."""
        required = self._required[customer]
        return (*(names[customer] for names, _, _ in self._columns), frozenset(required.items()) if required else None)


def lists_industry(industry: Iterable[Any], industries: Iterable[Any], customer: Ints, rep: Ints) -> Bools:
    """bool[pairs]: whether the rep of each pair lists the customer's industry; columns of customers and reps."""
    group, names = codes(folds(industry))
    number = {name: g for g, name in enumerate(names)}
    held = [listed(v) for v in industries]
    known = [number[n] * len(held) + i for i, h in enumerate(held) for n in h if n in number]
    return _among(group[customer] * len(held) + rep, np.unique(np.array(known, dtype=np.int64)))


def _among(values: Ints, known: Ints) -> Bools:
    """Whether each value is one of `known`, distinct and ascending."""
    if not len(known):
        return np.zeros(len(values), dtype=bool)
    at = np.minimum(np.searchsorted(known, values), len(known) - 1)
    found: Bools = known[at] == values
    return found


def surplus(has: int, required: int) -> float:
    """Return how far a level exceeds the required one: 0 where it just meets or lacks it, 1 at level 5."""
    if has < required:
        return 0.0
    return 1.0 if required == 5 else (has - required) / (5 - required)


def listed(value: Any) -> frozenset[str]:
    """Return what a rep's cell lists, one value or several."""
    if isinstance(value, str):
        value = value.split(";")
    elif not isinstance(value, tuple | list | dict):
        value = [value]
    return frozenset(name for v in value if (name := fold(v)))
