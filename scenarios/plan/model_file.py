"""The file of a learned model: where a plan looks for it, and what has to be true of it to be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from scenarios.plan.card_file import read_card
from scenarios.plan.plan import Plan
from solver.fit.learned.model import Model
from solver.problems import InputError, Problem
from solver.tables import Tables


def place_of(plan: Plan, path: Path) -> Path:
    """Return where the model of the plan at a path is."""
    return path.parent / plan.learning.model


def with_model(plan: Plan, tables: Tables, hashes: Mapping[str, str], path: Path) -> tuple[Tables, dict[str, str]]:
    """Return the tables with the model that the plan's terms ask for, and the hashes with the model's.

    Tables that come from a run have its model, and keep it.

    Raises
    ------
    InputError
        It is not there, damaged, or was learned from another history or with columns that the tables lack.
    """
    if tables.learned is not None or not any(t.needs_model for t in plan.terms.values()):
        return tables, dict(hashes)
    model = read_model(plan, path)
    if model.data.get("history") != hashes.get("history"):
        message = f"{plan.learning.model} was learned from another history than the plan reads now"
        raise InputError([Problem("stale_model", message, path.name, fix=f"learn again: fairbook learn {path.name}")])
    gone = f"{plan.learning.model} was learned with other tables than the plan reads now: "
    again = f"or learn again: fairbook learn {path.name}"
    if problems := [
        replace(p, message=gone + p.message, file=path.name, fix=f"{p.fix}; {again}" if p.fix else again[3:])
        for p in model.learning.problems(tables)
    ]:
        raise InputError(problems)
    return replace(tables, learned=model), {**hashes, "model": model.sha256}


def model_hash(plan: Plan, path: Path) -> dict[str, str]:
    """Hash of the model a plan's terms ask for; empty where they ask for none, or it cannot be read."""
    if not any(t.needs_model for t in plan.terms.values()):
        return {}
    try:
        return {"model": read_model(plan, path).sha256}
    except InputError:  # whoever solves the case says why
        return {}


def read_model(plan: Plan, path: Path) -> Model:
    """Return the model a plan names, with its card if that is beside it; errors as `with_model`."""
    place = place_of(plan, path)
    fix = f"make it: fairbook learn {path.name}"
    try:
        if place.stat().st_size > plan.data.limits.max_bytes:
            message = f"{plan.learning.model} has more bytes than data.limits.max_bytes allows"
            raise InputError([Problem("too_large", message, path.name, expected=f"{plan.data.limits.max_bytes:,}")])
        model = Model.from_json(place.read_bytes())
        return replace(model, card=read_card(place.parent, model))
    except OSError as error:
        why = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        message = f"the learned model {plan.learning.model} {why}, and the plan's terms ask for it"
        raise InputError([Problem("no_model", message, path.name, fix=fix)]) from None
    except ValueError as error:  # DamagedModel, and text that is not UTF-8
        raise InputError([Problem("bad_model", f"{plan.learning.model}: {error}", path.name, fix=fix)]) from None
