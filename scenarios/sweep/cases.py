"""The scenarios of a sweep: those the plan names, and the points of a grid over any of its keys."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scenarios.plan.yaml_text import parse_value
from solver.problems import InputError, Problem

MOST = 10_000
"""Most scenarios of one sweep."""
BASE = "base"


@dataclass(frozen=True)
class Case:
    """One scenario to be solved.

    Attributes
    ----------
    name : what it is called, and its run's scenario.
    scenario : the plan's scenario or override; None for the plan as written.
    sets : ``KEY=VALUE`` on top of it.
    is_base : whether the others start from its plan.
    """

    name: str
    scenario: str | None
    sets: tuple[str, ...] = ()
    is_base: bool = False


def cases(
    data: Mapping[str, Any], names: Sequence[str] = (), grid: Sequence[str] = (), sets: Sequence[str] = ()
) -> list[Case]:
    """Return the scenarios to solve, the base first.

    Parameters
    ----------
    data : the plan as plain data.
    names : scenarios or overrides; all scenarios of the plan where neither names nor a grid are given, all overrides
        where it has no scenarios.
    grid : ``KEY=VALUE,VALUE…`` each; every combination is a case, of the base or of each scenario named.
    sets : ``KEY=VALUE`` that all of them have.

    Raises
    ------
    InputError
        A grid that is none, a key of it given twice, or too many cases.
    """
    sets = tuple(sets)
    named = [n for n in dict.fromkeys(names) if n != BASE]
    if not named and not grid:
        named = list(data.get("scenarios") or data.get("overrides") or ())
        named = [n for n in named if n != BASE]
    found = [Case(BASE, None, sets, is_base=True)]
    if not grid:
        found += [Case(name, name, sets) for name in named]
    else:
        axes = [_axis(text) for text in grid]
        keys = [key for key, _ in axes]
        twice = {k for k in keys if keys.count(k) > 1}
        if twice:
            raise InputError([Problem("bad_grid", f"--grid {key} is given twice") for key in sorted(twice)])
        count = max(1, len(named))
        for _, values in axes:
            count *= len(values)
        if count > MOST:
            message = f"the grid has {count:,} points"
            raise InputError([Problem("too_large", message, expected=f"at most {MOST:,}", fix="take fewer values")])
        of: list[str | None] = [*named] or [None]
        for name in of:
            for point in itertools.product(*(values for _, values in axes)):
                pairs = list(zip(keys, point, strict=True))
                said = " ".join(f"{key}={_said(value)}" for key, value in pairs)
                own = tuple(f"{key}={json.dumps(value, default=str, ensure_ascii=False)}" for key, value in pairs)
                found.append(Case(said if name is None else f"{name} {said}", name, (*sets, *own)))
    if len(found) > MOST:
        raise InputError([Problem("too_large", f"{len(found):,} scenarios", expected=f"at most {MOST:,}")])
    return found


def _axis(text: str) -> tuple[str, list[Any]]:
    key, equals, values = text.partition("=")
    bad = Problem("bad_grid", f"--grid {text!r} is no grid", expected="--grid rules.moves.share=0.05,0.1")
    if not equals or not all(key.strip().split(".")) or not values.strip():
        raise InputError([bad])
    try:
        found = parse_value(f"[{values}]")
    except InputError:
        raise InputError([bad]) from None
    if not isinstance(found, list) or not found:
        raise InputError([bad])
    distinct: dict[str, Any] = {}
    for value in found:
        distinct.setdefault(json.dumps(value, default=str), value)
    return key.strip(), list(distinct.values())


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
