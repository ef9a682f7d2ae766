"""Writes the pages that come from the code: the formulation, the commands, the columns. Run by ``make docs``."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

import solver.objectives
import solver.rules  # noqa: F401  (importing registers every kind)
from cli import app
from commands.options import CONTEXT
from docs.growth import growth
from solver.objectives.base import Term
from solver.rules.base import Rule
from solver.tables import ROWS

HERE = Path(__file__).parent
NOTE = "<!-- Written by `make docs` from the code; edit the docstrings instead. -->\n"


def pages() -> dict[str, str]:
    """Every generated page by file name."""
    return {
        "formulation.md": formulation(),
        "commands.md": commands(),
        "columns.md": columns(),
        "cluster.md": cluster(),
    }


def formulation() -> str:
    """The model as mathematics: a fixed frame, then each rule and term from its docstring."""
    text = [NOTE, (HERE / "formulation.head.md").read_text(encoding="utf-8")]
    for title, base in (("Rules", Rule), ("Terms", Term)):
        text.append(f"\n## {title}\n")
        for kind in sorted(base.registry):
            model = base.registry[kind]
            text += [f"\n### {kind}\n", f"{inspect.getdoc(model)}\n", _keys(model)]
    return "\n".join(text)


def cluster() -> str:
    """Working on several machines, with what it costs reckoned from the figures measured."""
    return "\n".join([NOTE, (HERE / "cluster.head.md").read_text(encoding="utf-8"), growth()])


def columns() -> str:
    """What the input tables may hold."""
    text = [
        NOTE,
        "# Columns of the input tables\n",
        "Any other column is kept and can be used in filters, metrics and reports.",
    ]
    for name, model in ROWS.items():
        text += [f"\n## {name}\n", f"{inspect.getdoc(model)}\n", _keys(model, "column")]
    return "\n".join(text)


def _keys(model: type[BaseModel], word: str = "key") -> str:
    rows = [f"| {word} | default | what it is |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        if name == "kind" and word == "key":
            continue
        default = "required" if field.is_required() else _default(field.default)
        rows.append(f"| `{name}` | {default} | {field.description or ''} |")
    return "\n".join(rows) + "\n"


def _default(value: Any) -> str:
    if value is None or value == "" or value == () or value == {}:
        return ""
    return "see below" if isinstance(value, BaseModel) else f"`{value}`"


def commands() -> str:
    """The help of every command, as printed."""
    text = [NOTE, "# Commands\n"]
    for path, command in walk(app, "fairbook"):
        context = click.Context(command, info_name=path, terminal_width=100, **CONTEXT)
        text += [f"\n## {path}\n", f"```\n{command.get_help(context)}\n```"]
    return "\n".join(text) + "\n"


def walk(command: click.Command, path: str) -> list[tuple[str, click.Command]]:
    """Every command below one, with the words that call it."""
    found = [(path, command)]
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            found += walk(below, f"{path} {name}") if below else []
    return found


if __name__ == "__main__":
    for name, content in pages().items():
        (HERE / name).write_text(content, encoding="utf-8")
        click.echo(f"docs/{name}")
