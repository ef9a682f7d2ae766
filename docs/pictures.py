"""Draws the pictures of the README from the shipped example. Run by ``make pictures``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from reports import style
from reports.charts import plots
from reports.slides.content import deck
from reports.slides.pdf import page
from reports.words import language
from scenarios.run.prepare import prepare
from scenarios.run.run import solve_prepared
from scenarios.start import start

FOLDER = Path(__file__).parent / "pictures"
SLIDES = ("decision", "balance")
SHOWN = {"loads-potential", "flows", "score", "waterfall", "streams-rep"}
CHINESE = {"loads-potential"}


def main() -> None:
    """Solve the example and write its charts and slides as PNG."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        start(Path(folder), example=True)
        run = solve_prepared(prepare(Path(folder) / "plan.yaml"))
    for plot in plots(run):
        if plot.name in SHOWN:
            path = FOLDER / f"{plot.name}.png"
            path.write_bytes(plot.picture("png", 110))
            click.echo(path)
    with language("zh"):
        for plot in [p for p in plots(run) if p.name in CHINESE]:
            path = FOLDER / f"{plot.name}-zh.png"
            path.write_bytes(plot.picture("png", 110))
            click.echo(path)
    slides = {slide.kind: slide for slide in deck(run).slides}
    for kind in SLIDES:
        path = FOLDER / f"deck-{kind}.png"
        with style.house([str(slides[kind])]):
            path.write_bytes(style.picture(page(slides[kind], ""), "png", 60))
        click.echo(path)


if __name__ == "__main__":
    main()
