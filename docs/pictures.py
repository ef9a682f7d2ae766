"""Draws the pictures of the README from the shipped example. Run by ``make pictures``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from reports.charts import plots
from scenarios.prepare import prepare
from scenarios.run import solve_prepared
from scenarios.start import start

FOLDER = Path(__file__).parent / "pictures"
SHOWN = {"loads-potential", "flows", "score"}


def main() -> None:
    """Solve the example and write its charts as PNG."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        start(Path(folder), example=True)
        run = solve_prepared(prepare(Path(folder) / "plan.yaml"))
    for plot in plots(run):
        if plot.name in SHOWN:
            path = FOLDER / f"{plot.name}.png"
            path.write_bytes(plot.picture("png", 110))
            click.echo(path)


if __name__ == "__main__":
    main()
