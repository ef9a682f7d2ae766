"""Draws the pictures of the README from the shipped example. Run by ``make pictures``.

Sales of the period planned are made up from a seed: a customer buys or not, about as much as its potential says; one
rep sells less than that, one more. What the evaluation then finds is its own.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import click
import numpy as np
import pandas as pd

from reports import style
from reports.charts import evaluated as evaluated_charts
from reports.charts import plots
from reports.slides.content import deck
from reports.slides.pdf import page
from reports.words import language
from scenarios.evaluate.evaluate import evaluated
from scenarios.run.prepare import prepare
from scenarios.run.record import Run
from scenarios.run.run import solve_prepared
from scenarios.start import start
from solver.tables import Interaction, frame

FOLDER = Path(__file__).parent / "pictures"
SLIDES = ("decision", "balance")
SHOWN = {"loads-potential", "flows", "score", "waterfall", "streams-rep"}
CHINESE = {"loads-potential"}
EVALUATED = {"attainment-rep"}
#: What two reps sell of the potential of their customers; all others sell it whole.
SOLD = {"R03": 1.5, "R06": 0.55}


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
    for plot in evaluated_charts.plots(evaluated(run, sold(run)).document):
        if plot.name in EVALUATED:
            path = FOLDER / f"evaluated-{plot.name}.png"
            path.write_bytes(plot.picture("png", 110))
            click.echo(path)
    slides = {slide.kind: slide for slide in deck(run).slides}
    for kind in SLIDES:
        path = FOLDER / f"deck-{kind}.png"
        with style.house([str(slides[kind])]):
            path.write_bytes(style.picture(page(slides[kind], ""), "png", 60))
        click.echo(path)


def sold(run: Run) -> pd.DataFrame:
    """Return made-up sales of the period planned, as history has them."""
    rng = np.random.default_rng(1)
    book = run.assignment
    buys = rng.random(len(book)) < 0.9
    amount = book["potential"] / 0.9 * rng.lognormal(-0.045, 0.3, len(book)) * book["rep_id"].map(SOLD).fillna(1.0)
    days = [dt.date(2026, 10, 5) + dt.timedelta(days=int(d)) for d in rng.integers(0, 85, len(book))]
    rows = zip(book["customer_id"], book["rep_id"], days, amount.round(2), buys, strict=True)
    return frame(Interaction, (
        Interaction(customer_id=c, rep_id=r, date=d, outcome="won", amount=a) for c, r, d, a, bought in rows if bought
    ))  # fmt: skip


if __name__ == "__main__":
    main()
