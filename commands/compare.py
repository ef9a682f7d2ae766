"""``fairbook compare``."""

from __future__ import annotations

from pathlib import Path

import click

from commands.options import as_json, lang
from commands.settings import Settings, pass_settings


@click.command("compare")
@click.argument("names", metavar="[RUN]...", nargs=-1)
@click.option("--customers", is_flag=True, help="Also list the customers whose rep differs.")
@click.option(
    "--charts",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Also write charts as PNG and SVG to DIR.",
)
@lang
@as_json
@pass_settings
def command(s: Settings, names: tuple[str, ...], customers: bool, charts: Path | None, lang: str) -> None:
    """Compare runs side by side: score, terms, balance, retention, capacity, moves, who gains and loses.

    RUN is an id, a prefix of one, a scenario's name or `latest`; by default all runs of the latest sweep. The others
    are held against the first.

    \b
    Example: fairbook compare base stable --customers
    """
    from reports.text.compare import comparison
    from scenarios.compare import compare
    from scenarios.sweep.swept import latest_sweep

    with s.existing() as store:
        if names:
            ids = dict.fromkeys(store.find(name) for name in names)
            runs = [store.load(run_id) for run_id in ids]
        else:
            runs = latest_sweep(store)
    found = compare(runs)
    written: list[Path] = []
    if charts:
        from reports.comparison import write_charts
        from reports.words import language

        with language(lang):
            written = write_charts(found, charts)
    s.show(lambda: found.as_list(customers), lambda console: comparison(found, console, customers))
    for path in written:
        click.echo(f"wrote {path}", err=True)
