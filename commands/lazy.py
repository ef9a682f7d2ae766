"""A group of commands that imports a command only when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

from solver.problems import nearest


class LazyGroup(click.Group):
    """Commands by name from a table.

    Parameters
    ----------
    table : name → (module that holds the command as ``command``, short help).
    """

    def __init__(self, *arguments: Any, table: Mapping[str, tuple[str, str]], **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, sorted."""
        return sorted(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of this name; None where there is none."""
        if cmd_name not in self.table:
            return None
        found = importlib.import_module(self.table[cmd_name][0]).command
        if not isinstance(found, click.Command):
            raise TypeError(f"{self.table[cmd_name][0]}.command is no click command")
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may be meant."""
        if args and args[0] not in self.table and not args[0].startswith("-"):
            meant = nearest(args[0], self.table)
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {meant!r}?" if meant else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by their short helps in the table, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.table[name][1]) for name in self.list_commands(ctx)])
