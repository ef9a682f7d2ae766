"""Every mistake in a plan file, named by its path and line: parts read by their pydantic models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

import solver.objectives
import solver.rules  # noqa: F401  (importing registers every kind)
from solver.objectives.base import Term
from solver.problems import Problem, nearest, shorten
from solver.rules.base import Rule

#: Names that no rule may have: breaches of what every plan must keep go by them.
TAKEN = {
    "coverage": "to demand a rep for every customer, write coverage: required at the top of the plan",
    "assignment": "give the rule another name",
}


class Mistakes:
    """The problems found in one file; `lines` says at which line each path stands."""

    def __init__(self, file: str, lines: Mapping[str, int]):
        self.file, self.lines = file, lines
        self.problems: list[Problem] = []

    def add(self, code: str, path: str, message: str, value: object = "", expected: str = "", fix: str = "") -> None:
        """Note a problem at a path, at its line or at that of the nearest path above."""
        row, at = self.lines.get(path), path
        while row is None and ("." in at or "[" in at):
            at = at[: max(at.rfind("."), at.rfind("["))]
            row = self.lines.get(at)
        text = "" if value == "" else shorten(value)
        self.problems.append(Problem(code, f"{path}: {message}", self.file, "", row, "", text, expected, fix))


def read_part(model: Any, value: Any, path: str, found: Mistakes, required: bool = False) -> Any:
    """Build a model from its keys; None where it is absent, or after noting what is wrong."""
    if value is None and required:
        found.add(
            "missing_key",
            path,
            f"the plan has no {path}",
            expected=f"{path}: with {', '.join(model.model_fields)}",
        )
        return None
    if not isinstance(value, dict):
        found.add("bad_value", path, "must be a mapping of keys", value)
        return None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        for e in error.errors(include_url=False):
            _translate(model, e, path, found)
        return None


def read_kinds(base: type[Rule] | type[Term], value: Any, path: str, found: Mistakes) -> dict[str, Any]:
    """Build each entry of ``rules`` or ``objectives``; `kind` defaults to the name."""
    if value is None:
        value = {}
    if not isinstance(value, dict):
        found.add("bad_value", path, "must be a mapping by name", value)
        return {}
    built: dict[str, Any] = {}
    for name, config in value.items():
        where = f"{path}.{name}"
        config = {} if config is None else config
        if base is Rule and name in TAKEN:
            message = "no rule may have this name: what every plan must keep is reported under it"
            found.add("taken_name", where, message, fix=TAKEN[name])
            continue
        if not isinstance(config, dict):
            found.add("bad_value", where, "must be a mapping of keys", config)
            continue
        kind = str(config.get("kind", name))
        if kind not in base.registry:
            known = sorted(base.registry)
            others = [n for n in value if n != name] if "kind" not in config else []  # --set with a misspelt name
            at = f"{where}.kind" if "kind" in config else where
            found.add(
                "unknown_kind",
                at,
                f"there is no kind {shorten(kind)!r}{did_you_mean(str(kind), [*known, *others])}",
                expected=f"one of {', '.join(known)}",
            )
            continue
        part = read_part(base.registry[kind], {**config, "kind": kind}, where, found)
        if part is not None:
            built[name] = part
    return built


def _translate(model: Any, error: Any, path: str, found: Mistakes) -> None:
    """Turn a pydantic error into a problem that names the path and, for a wrong key, the right one."""
    where, at = path, model
    keys: list[str] = []
    for step in error["loc"]:
        if isinstance(step, int):
            where += f"[{step}]"
        elif step in {"function-after", "function-before"} or str(step).startswith("function-"):
            continue
        else:
            fields = {f.alias or n: f for n, f in getattr(at, "model_fields", {}).items()}
            keys = list(fields)
            field = fields.get(step)
            if field is None and keys and error["type"] != "extra_forbidden":
                continue  # pydantic names the member of a union here
            at = _model_of(field.annotation) if field is not None else None
            where += f".{step}"
    if error["type"] == "extra_forbidden":
        found.add(
            "unknown_key",
            where,
            f"unknown key{did_you_mean(where.rsplit('.', 1)[-1], keys)}",
            expected=f"one of {', '.join(keys)}",
        )
        return
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "missing":
        found.add("missing_key", where, "is missing")
        return
    value = "" if isinstance(error["input"], dict) else error["input"]
    found.add("bad_value", where, message[0].lower() + message[1:], value)


def _model_of(annotation: Any) -> Any:
    for option in (annotation, *get_args(annotation)):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    for option in get_args(annotation):
        if (inner := _model_of(option)) is not None:
            return inner
    return None


def did_you_mean(word: str, known: Any) -> str:
    """Return ``, did you mean capacity?``, or nothing where no known word is near."""
    near = nearest(word, known)
    return f", did you mean {near}?" if near else ""
