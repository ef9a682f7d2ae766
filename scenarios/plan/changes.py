"""Declared changes: what happens to a company in its own words, turned into patches that keep the tables consistent.

An override lists them under ``changes``, each one a kind with its keys::

    overrides:
      two_leave:
        changes:
          - rep_leaves: {rep: R07}
          - rep_joins: {like: R07, count: 2, territories: [EMEA/DE]}

They are applied in order, each to what those before it left; the patches they come to are recorded cell by cell.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from scenarios.plan.company import Company, Refusal, covers, without
from scenarios.plan.patch import Declared, Resolved, combine
from solver.names import fold
from solver.problems import InputError, Problem, nearest, shorten
from solver.tables import Paths, Period, Skills, Tables, metric, said
from solver.where import WhereError, WhereText, parse


class DeclaredChange(BaseModel):
    """What all kinds share; a subclass registers itself under its ``kind``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: ClassVar[str]
    registry: ClassVar[dict[str, type[DeclaredChange]]] = {}

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        DeclaredChange.registry[cls.kind] = cls

    def make(self, company: Company) -> str:
        """Change the company and return in a sentence what that does.

        Raises
        ------
        Refusal
            It cannot be done to this company.
        """
        raise NotImplementedError


class RepLeaves(DeclaredChange):
    """A rep leaves: its customers move by force, and pins to it are dropped."""

    kind: ClassVar[str] = "rep_leaves"
    rep: str = Field(description="rep_id")
    date: dt.date | None = Field(None, description="last day; empty: before the period begins")

    def make(self, company: Company) -> str:
        """Set `end_date` or `active`, and empty pins where the rep is not there in the period any more."""
        rep = company.rep(self.rep)
        if not company.there(rep):
            raise Refusal(f"{self.rep} is not there in the period anyway", "an active rep")
        if self.date is None:
            company.set_rep(self.rep, "active", False)
        else:
            company.set_rep(self.rep, "end_date", self.date)
        who = f"{self.rep} leaves" if self.date is None else f"{self.rep} leaves on {self.date}"
        if company.there(company.rep(self.rep)):
            return f"{who}: its capacity and targets count the days until then"
        table = company.customers
        dropped = company.drop_pins(table["pinned_rep"] == self.rep)
        held = int((table["current_rep"] == self.rep).sum())
        return f"{who}: {held:,} customers have to move{dropped}"


class RepJoins(DeclaredChange):
    """One or more reps join, like one that is there (same skills, industries, limits and home) or described anew."""

    kind: ClassVar[str] = "rep_joins"
    like: str | None = Field(None, description="rep_id of the rep to copy; empty: nobody, all is said here")
    rep: str | None = Field(None, min_length=1, max_length=255, description="rep_id; empty: R07-new-1, or new-1")
    count: int = Field(1, ge=1, le=1000, description="how many join")
    territories: Paths | None = Field(None, description="paths they cover; empty: those of the rep they are like")
    skills: Skills | None = Field(None, description="skills with levels; empty: those of the rep they are like")
    capacity: float | None = Field(None, ge=0, le=1e15, description="hours; empty: those of the rep they are like")
    name: str | None = Field(None, min_length=1, description="name; empty: New rep 1, New rep 2 …")
    team: str | None = Field(None, description="team; empty: that of the rep they are like")
    date: dt.date | None = Field(None, description="first day; empty: before the period")
    ramp: float | None = Field(None, ge=0, le=1, description="productive share 0-1; empty: that of the rep")

    @model_validator(mode="after")
    def _says_who(self) -> RepJoins:
        if self.like is None and self.territories is None:
            raise ValueError("say whom they are like, or which territories they cover")
        if self.rep is not None and self.count > 1:
            raise ValueError("several reps cannot have one rep_id: leave rep out, or let each join by itself")
        return self

    def make(self, company: Company) -> str:
        """Add the rows of the reps."""
        like = {} if self.like is None else company.rep(self.like)
        if self.rep in company.reps:
            raise Refusal(f"there is a rep {shorten(str(self.rep))!r} already", "an id that nobody has")
        for path in self.territories or ():
            company.check_territory(path)
        row = {k: v for k, v in like.items() if k not in {"rep_id", "start_date", "end_date", "active"}}
        given: dict[str, Any] = {
            "territories": self.territories,
            "team": self.team,
            "start_date": self.date,
            "ramp": self.ramp,
        }
        given |= {"skills": self.skills, "capacity": self.capacity}
        row |= {k: v for k, v in given.items() if v is not None}
        ids = []
        for n in range(self.count):
            rep_id, number = company.new_id(self.like)
            rep_id = self.rep or rep_id
            name = f"New rep {number}" if self.name is None else self.name
            company.add_rep(rep_id, row | {"name": name if n == 0 or self.name is None else f"{name} {n + 1}"})
            ids.append(rep_id)
        said = f"{', '.join(ids[:5])}{' …' if len(ids) > 5 else ''} {'join' if len(ids) > 1 else 'joins'}"
        return said if company.there(company.reps[ids[0]]) else f"{said} on {self.date}, after the period ends"


class TerritoryMoves(DeclaredChange):
    """A territory moves to another team: its reps cover it, no other rep does, and pins to those are dropped."""

    kind: ClassVar[str] = "territory_moves"
    territory: str = Field(description="path; all below it moves too")
    to_team: str = Field(description="team that covers it from now on")

    def make(self, company: Company) -> str:
        """Rewrite the territories of the reps that gain and lose it."""
        path = company.check_territory(self.territory)
        active = {rep_id for rep_id, rep in company.reps.items() if company.there(rep)}
        teams = {fold(company.reps[r]["team"]): company.reps[r]["team"] for r in active if company.reps[r]["team"]}
        if fold(self.to_team) not in teams:
            near = nearest(self.to_team, teams.values())
            raise Refusal(
                f"no active rep is in a team {shorten(self.to_team)!r}",
                "a team",
                f"did you mean {near}?" if near else "",
            )
        gained, lost = 0, set()
        known = company.territories()
        for rep_id, rep in list(company.reps.items()):
            old = tuple(rep["territories"])
            mine = any(covers(t, path) for t in old)
            if fold(rep["team"]) == fold(self.to_team):
                new = old if mine or rep_id not in active else (*(t for t in old if not covers(path, t)), path)
                gained += new != old
            else:
                new = without(old, path, known, rep_id)
                if new != old:
                    lost.add(rep_id)
            if new != old:
                company.set_rep(rep_id, "territories", new)
        if not gained and not lost:
            raise Refusal(f"only team {self.to_team} covers {path} anyway", "a territory of another team")
        table = company.customers
        inside = pd.Series([covers(path, t) for t in table["territory"]], index=table.index, dtype=bool)
        dropped = company.drop_pins(inside & table["pinned_rep"].isin(lost))
        return (
            f"{path} moves to team {teams[fold(self.to_team)]}: {int(inside.sum()):,} customers, "
            f"{gained:,} reps gain it, {len(lost):,} lose it{dropped}"
        )


class DemandGrows(DeclaredChange):
    """Customers bring, or take, more by a share; a negative share is a fall."""

    kind: ClassVar[str] = "demand_grows"
    where: WhereText | None = Field(None, description="filter on the customers' columns")
    segment: str | None = Field(None, description="segment, instead of a filter")
    share: float = Field(gt=-1, le=100, allow_inf_nan=False, description="0.2 is 20 % more, -0.1 is 10 % less")
    metric: str = Field("potential", description="column of numbers that grows")

    @model_validator(mode="after")
    def _one_choice(self) -> DemandGrows:
        if (self.where is None) == (self.segment is None):
            raise ValueError("name either a segment or a filter where")
        return self

    def make(self, company: Company) -> str:
        """Multiply the column."""
        table = company.customers
        try:
            amount = metric(table, self.metric)
        except KeyError:
            numbers = [c for c in table.columns if pd.api.types.is_numeric_dtype(table[c])]
            raise Refusal(
                f"the customers have no column of numbers {shorten(self.metric)!r}", ", ".join(numbers)
            ) from None
        if self.metric == "customers":
            raise Refusal("the number of customers cannot grow by a share", "a column of numbers, e.g. potential")
        if self.segment is not None:
            hit = (table["segment"].map(fold) == fold(self.segment)).to_numpy(dtype=bool)
            which, known = f"in segment {self.segment}", sorted({s for s in table["segment"] if s})
        else:
            which, known = f"with {self.where}", []
            try:
                hit = parse(str(self.where)).mask(table)
            except WhereError as error:
                raise Refusal(str(error)) from None
        hit = hit & (amount > 0)
        if not hit.any():
            near = nearest(str(self.segment), known)
            raise Refusal(f"no customer {which} has any {self.metric}", ", ".join(known[:8]),
                          f"did you mean {near}?" if near else "")  # fmt: skip
        before = float(amount[hit].sum())
        for at in hit.nonzero()[0].tolist():
            company.set_customer(at, self.metric, round(float(amount[at]) * (1 + self.share), 6), once=True)
        after = before * (1 + self.share)
        return (
            f"{self.metric} of {int(hit.sum()):,} customers {which} goes from {said(round(before, 2))} "
            f"to {said(round(after, 2))}"
        )


class SkillTrained(DeclaredChange):
    """A rep learns a skill, or gets better at it."""

    kind: ClassVar[str] = "skill_trained"
    rep: str = Field(description="rep_id")
    skill: str = Field(min_length=1, description="a skill that a rep has or a customer requires")
    level: int = Field(1, ge=1, le=5, description="level afterwards, 1-5")

    def make(self, company: Company) -> str:
        """Raise the level in the rep's skills."""
        skills = dict(company.rep(self.rep)["skills"])
        name = fold(self.skill)
        known = {s for r in company.reps.values() for s in r["skills"]}
        known |= {s for required in company.customers["required_skills"] for s in required}
        if name not in known:
            near = nearest(name, sorted(known))
            raise Refusal(f"no rep has and no customer requires the skill {shorten(self.skill)!r}", "a known skill",
                          f"did you mean {near}?" if near else "")  # fmt: skip
        if skills.get(name, 0) >= self.level:
            raise Refusal(f"{self.rep} has {name} at level {skills[name]} already", f"above {skills[name]}")
        company.set_rep(self.rep, "skills", skills | {name: self.level})
        return f"{self.rep} has {name} at level {self.level}"


@dataclass(frozen=True)
class Expanded:
    """What declared changes come to: patches of the tables, and a note a change for people."""

    tables: dict[str, dict[str, Any]]
    notes: tuple[Problem, ...]


def expand(
    resolved: Resolved, parts: Sequence[tuple[Declared, DeclaredChange]], tables: Tables, period: Period, file: str = ""
) -> Expanded:
    """Turn declared changes into patches of the tables, beside those the scenario has already.

    Parameters
    ----------
    parts : each change with where it stands, in order.
    tables : checked, with the scenario's own patches applied.

    Raises
    ------
    InputError
        A change cannot be made, or sets what an override sets too.
    """
    company, problems, notes = Company(tables, period), [], []
    for declared, change in parts:
        place = f"{declared.place}.{change.kind}"
        company.place = place
        try:
            sentence = change.make(company)
            notes.append(Problem("declared_change", sentence, file, column=place, severity="note"))
        except Refusal as no:
            problems.append(Problem("bad_change", no.message, file, column=place, expected=no.expected, fix=no.fix))
    for (table, name, column), place in company.set_by.items():
        for path in ((table, name, column), (table, name), (table,)):
            if path in resolved.set_by:
                message = f"{table}.{name}.{column} is set by {resolved.set_by[path]} too"
                problems.append(Problem("set_twice", message, file, column=place, fix="drop one of the two"))
    if problems:
        raise InputError(problems)
    merged: dict[str, Any] = {}
    combine(merged, company.patch)
    combine(merged, resolved.tables)  # what the command line sets wins
    return Expanded(merged, tuple(notes))
