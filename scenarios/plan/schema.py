"""The JSON schema of the plan file, from the models that read it."""

from __future__ import annotations

from typing import Any

from scenarios.plan.advise_spec import Advise
from scenarios.plan.changes import DeclaredChange
from scenarios.plan.disruption import Disruption
from scenarios.plan.patch import DECLARED
from scenarios.plan.plan import SolveOptions
from scenarios.sources.spec import Data
from solver.fit.learned.settings import Learning
from solver.impossible.actions import RepairCosts
from solver.objectives.base import Term
from solver.rules.base import Rule


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of the plan file: each rule and term one of the registered kinds."""
    definitions: dict[str, Any] = {}

    def take(model: Any) -> dict[str, Any]:
        schema = model.model_json_schema(ref_template="#/$defs/{model}")
        definitions.update(schema.pop("$defs", {}))
        definitions[model.__name__] = schema
        return {"$ref": f"#/$defs/{model.__name__}"}

    def kinds(base: type[Rule] | type[Term]) -> dict[str, Any]:
        entries = []
        for kind in sorted(base.registry):
            reference = take(base.registry[kind])
            entries.append(reference)
        known = sorted(base.registry)
        return {
            "type": "object",
            "description": "a mapping by name; kind defaults to the name",
            "properties": {kind: {"$ref": f"#/$defs/{base.registry[kind].__name__}"} for kind in known},
            "additionalProperties": {"anyOf": entries},
        }

    changes = [
        {"type": "object", "additionalProperties": False, "required": [kind], "properties": {kind: take(model)}}
        for kind, model in sorted(DeclaredChange.registry.items())
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Fairbook plan",
        "type": "object",
        "additionalProperties": False,
        "required": ["period", "data"],
        "properties": {
            "period": {"type": ["string", "integer"], "description": "the days planned, e.g. 2026-Q4"},
            "potential_period": {
                "type": ["string", "integer"],
                "description": "the days that potential and quotas are for; default: period. fairbook repair, which "
                "plans what is left of a period, sets it to the whole of it",
            },
            "data": take(Data),
            "rules": kinds(Rule),
            "objectives": kinds(Term),
            "coverage": {"enum": ["required", "best_effort"], "default": "best_effort"},
            "solve": take(SolveOptions),
            "repair": take(RepairCosts),
            "disruption": take(Disruption),
            "learn": take(Learning),
            "periods": {
                "type": "array",
                "items": {
                    "anyOf": [
                        {"type": ["string", "integer"]},
                        {
                            "type": "object",
                            "required": ["period"],
                            "properties": {"period": {"type": ["string", "integer"]}},
                        },
                    ]
                },
                "description": "periods planned together by fairbook horizon, after the plan's own, in order; each a "
                "name, or an override with its period: what holds from then on",
            },
            "advise": take(Advise),
            "overrides": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        DECLARED: {
                            "type": "array",
                            "items": {"oneOf": changes},
                            "description": "what happens to the company, in order; the tables are patched accordingly",
                        }
                    },
                },
                "description": "merge patches by name",
            },
            "scenarios": {
                "type": "object",
                "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
                "description": "lists of overrides by name",
            },
        },
        "$defs": definitions,
    }
