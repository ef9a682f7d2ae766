"""``fairbook export``."""

from __future__ import annotations

from pathlib import Path

import click

from commands.options import as_json
from commands.settings import Settings, pass_settings


@click.command("export")
@click.argument("run", metavar="RUN")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@as_json
@pass_settings
def command(s: Settings, run: str, folder: Path) -> None:
    """Write a run's assignment.csv, unassigned.csv, books.csv and result.json to DIR.

    \b
    Example: fairbook export latest out
    """
    from scenarios.run.export import export

    with s.existing() as store:
        loaded = store.load(store.find(run))
        written = export(loaded, folder)
        store.note("exported", loaded.id)
    s.show_paths(written)
