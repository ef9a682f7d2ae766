"""``fairbook schema``."""

from __future__ import annotations

import click

from commands.settings import print_json


@click.command("schema")
def command() -> None:
    """Print the JSON schema of the plan file, for editors that complete and check YAML.

    \b
    Example: fairbook schema > plan.schema.json
    """
    from scenarios.plan.schema import json_schema

    print_json(json_schema())
