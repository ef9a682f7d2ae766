"""``fairbook report``."""

from __future__ import annotations

from pathlib import Path

import click

from commands.options import a_run, as_json
from commands.settings import Settings, pass_settings


@click.command("report")
@a_run
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write; default fairbook-report-<run>."
)
@click.option(
    "--format", "formats", default="page,charts", show_default=True, metavar="LIST", help="Any of page, charts, or all."
)
@as_json
@pass_settings
def command(s: Settings, run: str, out: Path | None, formats: str) -> None:
    """Write a page and charts of a run, to open and to send.

    \b
    Example: fairbook report latest --out report
    """
    from reports.build import FORMATS, build

    wanted = {f.strip() for f in formats.split(",") if f.strip()}
    unknown = wanted - {*FORMATS, "all"}
    if unknown or not wanted:
        raise click.BadParameter(
            f"no such format: {', '.join(sorted(unknown))}; known: {', '.join(FORMATS)}, all", param_hint="--format"
        )
    loaded = s.load(run)
    folder = out or Path(f"fairbook-report-{loaded.id}")
    written = build(loaded, folder, set(FORMATS) if "all" in wanted else wanted)
    s.show_paths(written)
    page = folder / "page.html"
    if not s.json and page in written:
        click.echo(f"Open {page}")
