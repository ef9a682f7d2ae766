"""The plan file: what it may say, read with every mistake named by its path."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from scenarios.plan.advise_spec import Advise
from scenarios.plan.changes import DeclaredChange
from scenarios.plan.disruption import Disruption
from scenarios.plan.mistakes import Mistakes, did_you_mean, read_kinds, read_part
from scenarios.plan.patch import DECLARED, Declared
from scenarios.plan.period import parse_period
from scenarios.sources.spec import Data
from solver.engine.solution import Engine
from solver.fit.learned.settings import Learning
from solver.impossible.actions import RepairCosts
from solver.objectives.base import Term
from solver.problems import InputError, shorten
from solver.rules.base import Rule
from solver.tables import Period


class SolveOptions(BaseModel):
    """How long to search and with what."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    time_limit: float = Field(60.0, gt=0, le=864_000, allow_inf_nan=False, description="seconds of clock")
    gap: float = Field(0.0, ge=0, le=100, allow_inf_nan=False, description="points of bound − score at which to stop")
    workers: int = Field(2, ge=1, le=256, description="threads; 1 gives the same plan every time")
    engine: Engine = Field("auto", description="exact, price (prices and annealing first), or auto: by size")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="of every random choice")


@dataclass(frozen=True)
class Later:
    """A period of a horizon after the plan's own: its name, its days, and what holds from then on, as an override."""

    name: str
    period: Period
    override: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A checked plan.

    Attributes
    ----------
    period_name, period : as written, and its days.
    data : where the tables come from.
    rules, terms : by name, in the order of the file.
    coverage : whether every customer must get a rep.
    options : how to solve.
    repair : what changes cost when the plan is impossible.
    disruption : what changing reps costs, and what a point of score is worth.
    learning : how fit is learned from history.
    periods : those planned together after `period`, in order; see `Later`.
    advise : which strategies to try on the past.
    source : the plan as plain data, as resolved.
    potential_period : the days that potential and quotas are for, where these are not `period`.
    """

    period_name: str
    period: Period
    data: Data
    rules: dict[str, Rule]
    terms: dict[str, Term]
    coverage: Literal["required", "best_effort"]
    options: SolveOptions
    source: dict[str, Any]
    repair: RepairCosts = field(default_factory=RepairCosts)
    disruption: Disruption = field(default_factory=Disruption)
    learning: Learning = field(default_factory=Learning)
    periods: tuple[Later, ...] = ()
    advise: Advise = field(default_factory=Advise)
    potential_period: Period | None = None

    @property
    def potential_days(self) -> int:
        """How many days potential and quotas are for."""
        return (self.potential_period or self.period).days


#: Top-level keys: what each holds, for the schema and for suggestions.
KEYS = (
    "period", "potential_period", "data", "rules", "objectives", "coverage", "solve", "repair", "disruption", "advise",
    "learn", "periods", "overrides", "scenarios",
)  # fmt: skip


def parse_plan(data: Mapping[str, Any], file: str = "plan", lines: Mapping[str, int] | None = None) -> Plan:
    """Check a plan's plain data.

    Raises
    ------
    InputError
        Every mistake, with its path and line.
    """
    found = Mistakes(file, lines or {})
    for key in data:
        if key not in KEYS:
            found.add(
                "unknown_key",
                key,
                f"unknown key{did_you_mean(key, KEYS)}",
                expected=f"one of {', '.join(KEYS)}",
            )
    period = None
    name = data.get("period")
    name = name.isoformat() if isinstance(name, dt.date) else "" if name is None else str(name)
    if not name:
        found.add("missing_key", "period", "the plan names no period", expected="e.g. period: 2026-Q4")
    else:
        try:
            period = parse_period(name)
        except ValueError as error:
            found.add("bad_period", "period", str(error))
    potential_period, of = None, data.get("potential_period")
    if of is not None:
        try:
            potential_period = parse_period(str(of))
        except ValueError as error:
            found.add("bad_period", "potential_period", str(error))
    sources = read_part(Data, data.get("data"), "data", found, required=True)
    options = read_part(SolveOptions, data.get("solve") or {}, "solve", found)
    repair = read_part(RepairCosts, data.get("repair") or {}, "repair", found)
    disruption = read_part(Disruption, data.get("disruption") or {}, "disruption", found)
    learning = read_part(Learning, data.get("learn") or {}, "learn", found)
    advise = read_part(Advise, data.get("advise") or {}, "advise", found)
    rules = read_kinds(Rule, data.get("rules"), "rules", found)
    terms = read_kinds(Term, data.get("objectives"), "objectives", found)
    coverage = data.get("coverage", "best_effort")
    if coverage not in {"required", "best_effort"}:
        found.add("bad_value", "coverage", f"{shorten(coverage)!r} is not known", expected="required or best_effort")
    for key in ("overrides", "scenarios"):
        if not isinstance(data.get(key) or {}, dict):
            found.add("bad_value", key, "must be a mapping by name")
    for key, override in (data.get("overrides") or {}).items() if isinstance(data.get("overrides"), dict) else ():
        entries = override.get(DECLARED) if isinstance(override, dict) else None
        for n, entry in enumerate(entries if isinstance(entries, list) else ()):
            _change(entry, f"overrides.{key}.{DECLARED}[{n}]", found)
    parts = sources, options, repair, disruption, learning, advise, period
    later = () if period is None else _periods(data.get("periods"), name, period, found)
    if found.problems or None in parts or period is None:
        raise InputError(found.problems)
    words = {k: getattr(learning, k) for k in ("won", "lost") if k not in advise.model_fields_set}
    advise = advise.model_copy(update=words)
    own = (dict(data), repair, disruption, learning, later, advise, potential_period)
    return Plan(name, period, sources, rules, terms, coverage, options, *own)


def _periods(value: Any, name: str, period: Period, found: Mistakes) -> tuple[Later, ...]:
    """Read ``periods``: names, or overrides that name their ``period``; the plan's own may come first."""
    if value is None:
        return ()
    if not isinstance(value, list):
        found.add("bad_value", "periods", "must be a list", value, expected="e.g. [2027-Q1, 2027-Q2]")
        return ()
    later: list[Later] = []
    for n, entry in enumerate(value):
        path = f"periods[{n}]"
        override = dict(entry) if isinstance(entry, dict) else {"period": entry}
        called = override.pop("period", None)
        called = called.isoformat() if isinstance(called, dt.date) else "" if called is None else str(called)
        if n == 0 and called.strip().upper() == name.strip().upper():
            if override:
                message = "is the plan's own period: what holds in it stands in the plan itself"
                found.add("bad_value", path, message, fix="move these keys to the top of the plan")
            continue
        try:
            days = parse_period(called)
        except ValueError as error:
            found.add("bad_period", path, str(error))
            continue
        before = later[-1].period if later else period
        if days.first <= before.last:
            found.add("bad_period", path, f"{called} begins on {days.first}, before the period before it ends")
        for k, change in enumerate(override.get(DECLARED) or () if isinstance(override.get(DECLARED), list) else ()):
            _change(change, f"{path}.{DECLARED}[{k}]", found)
        later.append(Later(called, days, override))
    return tuple(later)


def parse_changes(
    declared: Sequence[Declared], file: str = "plan", lines: Mapping[str, int] | None = None
) -> list[tuple[Declared, DeclaredChange]]:
    """Check declared changes, each a mapping from its kind to its keys; errors as `parse_plan`."""
    found = Mistakes(file, lines or {})
    parts = [(d, _change(d.entry, d.place, found)) for d in declared]
    if found.problems:
        raise InputError(found.problems)
    return [(d, part) for d, part in parts if part is not None]


def _change(entry: Any, path: str, found: Mistakes) -> DeclaredChange | None:
    known = sorted(DeclaredChange.registry)
    if not isinstance(entry, dict) or len(entry) != 1:
        expected = f"one of {', '.join(known)} with its keys, e.g. rep_leaves: {{rep: R07}}"
        found.add("bad_value", path, "must be one declared change", expected=expected)
        return None
    ((kind, keys),) = entry.items()
    if kind not in DeclaredChange.registry:
        message = f"there is no change {shorten(kind)!r}{did_you_mean(str(kind), known)}"
        found.add("unknown_kind", f"{path}.{kind}", message, expected=f"one of {', '.join(known)}")
        return None
    part: DeclaredChange | None = read_part(DeclaredChange.registry[kind], keys, f"{path}.{kind}", found)
    return part
