"""From a plan file to a model: read, check, build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scenarios.plan.changes import expand
from scenarios.plan.model_file import with_model
from scenarios.plan.patch import Change, Resolved, patch_rows, resolve
from scenarios.plan.plan import Plan, parse_changes, parse_plan
from scenarios.plan.priorities import misfits
from scenarios.plan.yaml_text import Document, read_document
from scenarios.sources.load import Loaded, load
from scenarios.sources.reading import Look
from scenarios.sources.spec import Data
from solver.draft import Draft
from solver.instance import Instance
from solver.problems import InputError, Problem
from solver.tables import Period, Tables

#: Most eligible pairs that one model may hold: some 600 bytes a pair from reading to the plan.
MAX_PAIRS = 20_000_000


@dataclass(frozen=True)
class Prepared:
    """A plan that was read and checked, with its tables and model.

    Attributes
    ----------
    path, scenario : where it came from; scenario is ``base`` for the plan as written.
    plan, tables, draft, instance : the plan, its data, and the model.
    changes : what the scenario and ``--set`` changed.
    notes : warnings and notes on the input, for people.
    hashes : sha256 of each input.
    """

    path: Path
    scenario: str
    plan: Plan
    tables: Tables
    draft: Draft
    instance: Instance
    changes: tuple[Change, ...]
    notes: tuple[Problem, ...]
    hashes: dict[str, str]


@dataclass(frozen=True)
class Inputs:
    """Tables that were read already and how, so that a scenario that reads the same need not read them again."""

    data: Data
    period: Period
    loaded: Loaded

    def are_of(self, plan: Plan) -> bool:
        """Whether a plan would read these."""
        return plan.data == self.data and plan.period == self.period


def read_plan(path: Path, scenario: str | None = None, sets: Sequence[str] = ()) -> tuple[Plan, Resolved]:
    """Read a plan file with a scenario applied: the plan, and what the scenario changed or leaves to be changed."""
    document = read_document(path)
    return resolve_plan(document, scenario, sets)


def resolve_plan(document: Document, scenario: str | None = None, sets: Sequence[str] = ()) -> tuple[Plan, Resolved]:
    """Apply a scenario to a plan file that was read; see `read_plan`."""
    resolved = resolve(document.data, scenario, sets, document.file)
    unknown = [t for t in ("history",) if t in resolved.data and t not in document.data]
    if unknown:
        raise InputError(
            [Problem("bad_override", "rows of history have no id and cannot be patched", column="history")]
        )
    return parse_plan(resolved.data, document.file, document.lines), resolved


def prepare(
    path: Path,
    scenario: str | None = None,
    sets: Sequence[str] = (),
    inputs: Inputs | None = None,
    document: Document | None = None,
    look: Look | None = None,
) -> Prepared:
    """Read and check everything a solve needs.

    Parameters
    ----------
    path, scenario, sets : the plan file, a scenario of it, and assignments of the command line.
    inputs : tables that were read already, used where the scenario would read the same.
    document : the plan file as it was read already; by default it is read.
    look : is told what was read of the tables, also where they cannot be used; of a scenario that changes the company
        once before and once after, the last holds.

    Raises
    ------
    InputError
        Every problem of the plan, or of all its tables, with its place.
    """
    found = gather(path, scenario, sets, inputs, document, look)
    return ready(path, scenario or "base", found.plan, found.tables, found.changes, found.notes, found.hashes)


@dataclass(frozen=True)
class Gathered:
    """All that is read from files for a solve; whoever has it needs the files no more. See `Prepared`."""

    plan: Plan
    tables: Tables
    changes: tuple[Change, ...]
    notes: tuple[Problem, ...]
    hashes: dict[str, str]


def gather(
    path: Path,
    scenario: str | None = None,
    sets: Sequence[str] = (),
    inputs: Inputs | None = None,
    document: Document | None = None,
    look: Look | None = None,
) -> Gathered:
    """Read everything a solve needs; as `prepare`."""
    document = document or read_document(path)
    plan, resolved = resolve_plan(document, scenario, sets)
    changes = list(resolved.changes)
    loaded, said = read_tables(plan, resolved, path, changes, inputs, document.lines, look)
    tables, hashes = with_model(plan, loaded.tables, loaded.hashes, path)
    return Gathered(plan, tables, tuple(changes), (*loaded.problems, *said), hashes)


def ready(
    path: Path,
    scenario: str,
    plan: Plan,
    tables: Tables,
    changes: Sequence[Change],
    notes: Sequence[Problem],
    hashes: Mapping[str, str],
) -> Prepared:
    """Check that a plan fits its tables, and build its model.

    Raises
    ------
    InputError
        It does not; or what `build` raises.
    """
    tables, hashes = with_model(plan, tables, hashes, path)
    notes = [*notes, *_misfits(plan, tables, path.name)]
    errors = [p for p in notes if p.severity == "error"]
    if errors:
        raise InputError([*errors, *(p for p in notes if p.severity != "error")])
    draft, instance = build(plan, tables)
    return Prepared(path, scenario, plan, tables, draft, instance, tuple(changes), tuple(notes), dict(hashes))


def read_tables(
    plan: Plan,
    resolved: Resolved,
    path: Path,
    changes: list[Change],
    inputs: Inputs | None = None,
    lines: Mapping[str, int] | None = None,
    look: Look | None = None,
) -> tuple[Loaded, tuple[Problem, ...]]:
    """Read the tables with a scenario's patches and declared changes; adds what changed, returns notes on it too."""

    def read(patches: dict[str, dict[str, Any]], made: list[Change]) -> Loaded:
        if not patches and inputs is not None and inputs.are_of(plan):
            return inputs.loaded
        patch = (lambda rows: patch_rows(patches, rows, made)) if patches else None
        return load(plan.data, plan.period, path.parent, patch, look)

    if not resolved.declared:
        return read(resolved.tables, changes), ()
    parts = parse_changes(resolved.declared, path.name, lines)
    before = read(resolved.tables, [])
    expanded = expand(resolved, parts, before.tables, plan.period, path.name)
    return read(expanded.tables, changes), expanded.notes


def build(plan: Plan, tables: Tables) -> tuple[Draft, Instance]:
    """Turn a checked plan and its tables into a model.

    Raises
    ------
    InputError
        The model is too large, or its loads too fine, to be solved exactly.
    """
    draft = Draft(tables, plan.period, plan.rules, plan.terms, plan.coverage == "required")
    n = len(draft.pairs.option_unit)
    if n > MAX_PAIRS:
        message = f"the plan has {n:,} eligible pairs of customer and rep"
        raise InputError(
            [Problem("too_large", message, expected=f"at most {MAX_PAIRS:,}", fix="add territories or skills")]
        )
    try:
        return draft, draft.instance()
    except OverflowError as error:
        raise InputError([Problem("too_large", str(error))]) from None


def _misfits(plan: Plan, tables: Tables, file: str) -> list[Problem]:
    """What of the plan's rules and terms does not fit the tables, by path."""
    found = []
    for section, parts in (("rules", plan.rules), ("objectives", plan.terms)):
        for name, part in parts.items():
            for problem in part.problems(tables, plan.period):
                path = f"{section}.{name}" if problem.column in {"", "kind"} else f"{section}.{name}.{problem.column}"
                found.append(
                    replace(problem, file=problem.file or file, column="", message=f"{path}: {problem.message}")
                )
    found += [replace(problem, file=file) for problem in misfits(plan.terms)]
    if not any(t.weight for t in plan.terms.values()):
        why = "every weight is 0" if plan.terms else "the plan names none"
        message = f"objectives: {why}, so every plan that keeps the rules scores 100 and none is better than another"
        fix = "name what to aim for, such as balance: {} and continuity: {}"
        found.append(Problem("no_weight", message, file=file, fix=fix, severity="warning"))
    return found
