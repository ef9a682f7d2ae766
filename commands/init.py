"""``fairbook init``."""

from __future__ import annotations

from pathlib import Path

import click

from commands.options import as_json
from commands.settings import Settings, pass_settings


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option("--example", is_flag=True, help="Write the example with its data: 400 customers, 12 reps.")
@click.option("--seed", default=2026, show_default=True, help="Of the example's data.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@as_json
@pass_settings
def command(s: Settings, folder: Path, example: bool, seed: int, force: bool) -> None:
    """Write a plan to start from into FOLDER, with --example also its data.

    \b
    Example: fairbook init demo --example
    """
    from scenarios.start import start

    s.show_paths(start(folder, example, seed, force))
    if not s.quiet:
        click.echo(f"Next: fairbook check {folder / 'plan.yaml'}", err=True)
        click.echo(
            "  with --problems problems.html as a page too: what was read, what is wrong, and what to do", err=True
        )
