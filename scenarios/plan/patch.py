"""Scenarios as merge patches over plan and tables, every change recorded as ``path: old → new``.

A patch follows RFC 7396: mappings merge, null deletes, anything else replaces. Keys ``customers``, ``reps`` and
``history`` at the top patch the tables, rows addressed by id. The key ``changes`` lists declared changes, such as a rep
who leaves; `scenarios.plan.changes` turns them into patches of the tables.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scenarios.plan.yaml_text import parse_value, read_document
from solver.problems import InputError, Problem, nearest
from solver.tables import ID_OF

TABLES = ("customers", "reps")
"""Tables whose rows have ids and can be patched."""
DECLARED = "changes"
"""The key of an override that lists declared changes."""


@dataclass(frozen=True)
class Change:
    """One value that a scenario sets: its path, what stood there (None: nothing), and the new value (None: deleted)."""

    path: str
    old: Any
    new: Any

    def line(self) -> str:
        """Return it as ``path: old → new``."""
        return f"{self.path}: {_short(self.old)} → {_short(self.new)}"


@dataclass(frozen=True)
class Declared:
    """A declared change as written: its place in the plan (``overrides.lean.changes[0]``), and what stands there."""

    place: str
    entry: Any


@dataclass(frozen=True)
class Resolved:
    """A plan with a scenario applied.

    Attributes
    ----------
    data : the plan as plain data.
    tables : patches left for the tables.
    changes : what changed of the plan.
    declared : changes left to be turned into patches of the tables, in order.
    set_by : the override that sets each key, by its path.
    """

    data: dict[str, Any]
    tables: dict[str, dict[str, Any]]
    changes: tuple[Change, ...]
    declared: tuple[Declared, ...] = ()
    set_by: Mapping[tuple[str, ...], str] = field(default_factory=dict)

    @property
    def patches_tables(self) -> bool:
        """Whether anything is left to be done to the tables."""
        return bool(self.tables or self.declared)


def resolve(data: Mapping[str, Any], scenario: str | None, sets: Sequence[str] = (), file: str = "plan") -> Resolved:
    """Apply a scenario, then ``--set`` assignments (``@FILE``: all that a YAML file sets), to a plan's plain data.

    `scenario` names an entry of ``scenarios`` (a list of overrides) or of ``overrides``; None and ``base``
    change nothing.

    Raises
    ------
    InputError
        No such scenario or override; a key set twice in one scenario; an assignment that is none.
    """
    problems: list[Problem] = []
    patch = _patched(data, scenario, sets, file, problems)
    if problems:
        raise InputError(problems)
    plan = {k: copy.deepcopy(v) for k, v in data.items()}
    tables = {t: patch.tree[t] for t in TABLES if t in patch.tree}
    changes: list[Change] = []
    apply_patch(plan, {k: v for k, v in patch.tree.items() if k not in TABLES}, changes)
    return Resolved(plan, tables, tuple(changes), tuple(patch.declared), patch.set_by)


def override_of(data: Mapping[str, Any], scenario: str | None, sets: Sequence[str] = ()) -> dict[str, Any]:
    """Return what a scenario and assignments set, as one override; errors as `resolve`."""
    problems: list[Problem] = []
    patch = _patched(data, scenario, sets, "plan", problems)
    if problems:
        raise InputError(problems)
    declared = {DECLARED: [d.entry for d in patch.declared]} if patch.declared else {}
    return {**patch.tree, **declared}


def _patched(
    data: Mapping[str, Any], scenario: str | None, sets: Sequence[str], file: str, problems: list[Problem]
) -> _Patch:
    """Put a scenario's overrides and the assignments together."""
    patch = _Patch(file)
    if scenario not in {None, "base"}:
        for name in _overrides_of(data, str(scenario), file, problems):
            patch.merge(data["overrides"][name], f"overrides.{name}", problems)
    for text in sets:
        if text.startswith("@"):
            patch.override(_written(read_document(Path(text[1:])).data), problems)
            continue
        path, equals, value = text.partition("=")
        keys = [k for k in path.strip().split(".")]
        if not equals or not all(keys):
            problems.append(Problem("bad_set", f"--set {text!r} sets nothing", expected="--set rules.moves.share=0.05"))
            continue
        tree: Any = parse_value(value.strip() or "null")
        for key in reversed(keys):
            tree = {key: tree}
        patch.override(tree, problems)
    return patch


def _written(data: dict[str, Any]) -> dict[str, Any]:
    """What a file sets; one that holds a single named override, ready to be pasted into a plan, sets what that does."""
    named = data.get("overrides")
    if set(data) == {"overrides"} and isinstance(named, dict) and len(named) == 1:
        (only,) = named.values()
        return only if isinstance(only, dict) else data
    return data


def _overrides_of(data: Mapping[str, Any], scenario: str, file: str, problems: list[Problem]) -> list[str]:
    scenarios, overrides = data.get("scenarios") or {}, data.get("overrides") or {}
    known = [*scenarios, *overrides]
    if scenario in scenarios:
        names = scenarios[scenario]
        names = [names] if isinstance(names, str) else names or []
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            message, fix = "must be the name of an override, or a list of names", "e.g. [no_hire, stable]"
            problems.append(Problem("bad_value", message, file, column=f"scenarios.{scenario}", fix=fix))
            return []
    elif scenario in overrides:
        names = [scenario]
    else:
        names = []
        problems.append(
            Problem("unknown_scenario", f"there is no scenario {scenario!r}", file=file, column="scenarios",
                    expected=f"one of base, {', '.join(known)}" if known else "base: the plan lists no scenarios",
                    fix=_near(scenario, known))
        )  # fmt: skip
    place = f"scenarios.{scenario}"
    problems += [
        Problem(
            "unknown_override", f"there is no override {n!r}", file, column=place, fix=_near(str(n), list(overrides))
        )
        for n in names
        if n not in overrides
    ]
    return [n for n in names if n in overrides]


class _Patch:
    def __init__(self, file: str) -> None:
        self.tree: dict[str, Any] = {}
        self.declared: list[Declared] = []
        self.set_by: dict[tuple[str, ...], str] = {}
        self._file = file

    def merge(self, tree: Any, source: str, problems: list[Problem]) -> None:
        """Add an override; a key another override has set already is an error."""
        if not isinstance(tree, dict):
            problems.append(Problem("bad_override", "an override is a mapping of keys", file=self._file, column=source))
            return
        tree = self._without_declared(tree, f"{source}.{DECLARED}", problems)
        for path, _ in _leaves(tree):
            for other, by in self.set_by.items():
                if by != source and path[: len(other)] == other[: len(path)]:
                    problems.append(
                        Problem("set_twice", f"{'.'.join(path)} is set by {by} too", file=self._file, column=source,
                                fix="one scenario may set a key once: drop one of the two overrides")
                    )  # fmt: skip
            self.set_by[path] = source
        combine(self.tree, tree)

    def override(self, tree: dict[str, Any], problems: list[Problem]) -> None:
        """Add an assignment of the command line, which wins over overrides."""
        combine(self.tree, self._without_declared(tree, f"--set {DECLARED}", problems))

    def _without_declared(self, tree: dict[str, Any], place: str, problems: list[Problem]) -> dict[str, Any]:
        """Put the declared changes of a tree aside and return the rest."""
        entries = tree.get(DECLARED)
        if entries is not None and not isinstance(entries, list):
            message = f"{DECLARED} is a list, such as [{{rep_leaves: {{rep: R07}}}}]"
            problems.append(Problem("bad_override", message, file=self._file, column=place))
        elif entries:
            self.declared += [Declared(f"{place}[{n}]", entry) for n, entry in enumerate(entries)]
        return {k: v for k, v in tree.items() if k != DECLARED}


def _leaves(tree: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def combine(into: dict[str, Any], tree: Mapping[str, Any]) -> None:
    """Merge one patch into another in place; its own keys win, and null stays a null."""
    for key, value in tree.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            combine(into[key], value)
        else:
            into[key] = copy.deepcopy(value)


def apply_patch(target: dict[str, Any], patch: Mapping[str, Any], changes: list[Change], path: str = "") -> None:
    """Apply a merge patch in place and add what changed to `changes`."""
    for key, value in patch.items():
        where = f"{path}.{key}" if path else key
        if value and isinstance(value, dict) and not path:
            target.setdefault(key, {})  # a section that the plan leaves out: what is told is each key set in it
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            apply_patch(target[key], value, changes, where)
        elif value is None:
            changes.append(Change(where, target.pop(key, None), None))
        else:
            new = _without_nulls(value)
            if target.get(key) != new or key not in target:
                changes.append(Change(where, target.get(key), new))
            target[key] = new


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return copy.deepcopy(value)


def patch_rows(
    tables: Mapping[str, dict[str, Any]], rows: dict[str, list[dict[str, Any]]], changes: list[Change]
) -> list[Problem]:
    """Apply table patches to raw rows in place: null deletes a row, a mapping edits it or, for a new id, adds it."""
    problems: list[Problem] = []
    for table, patch in tables.items():
        key = ID_OF[table]
        if not isinstance(patch, dict):
            problems.append(Problem("bad_override", f"{table} in an override is a mapping by {key}", column=table))
            continue
        at = {str(row.get(key, "")): row for row in rows[table]}
        for name, edit in patch.items():
            if edit is None:
                if name not in at:
                    problems.append(
                        Problem("unknown_id", f"an override removes {key} {name!r}, which is not there",
                                column=f"{table}.{name}",
                                fix=_near(name, list(at)))
                    )  # fmt: skip
                    continue
                rows[table] = [row for row in rows[table] if str(row.get(key, "")) != name]
                changes.append(Change(f"{table}.{name}", key, None))
            elif isinstance(edit, dict):
                if name not in at:
                    rows[table].append({key: name})
                    at[name] = rows[table][-1]
                    changes.append(Change(f"{table}.{name}", None, "added"))
                for column, value in edit.items():
                    changes.append(Change(f"{table}.{name}.{column}", at[name].get(column), value))
                    at[name][column] = value
            else:
                problems.append(
                    Problem(
                        "bad_override",
                        "a row is patched by a mapping, or removed by null",
                        column=f"{table}.{name}",
                    )
                )
    return problems


def _near(name: str, known: Sequence[str]) -> str:
    near = nearest(name, known)
    return f"did you mean {near}?" if near else ""


def _short(value: Any) -> str:
    return "nothing" if value is None else str(value)
