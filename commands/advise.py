"""``fairbook advise``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from commands.interrupt import Interrupt
from commands.options import PICTURES, a_plan, as_json, chart, cores, lang, sets
from commands.settings import Settings, pass_settings


@click.command("advise")
@a_plan
@click.option(
    "--scenario", "-s", "names", multiple=True, metavar="NAME",
    help="Try this scenario or override of the plan; may be repeated.",
)  # fmt: skip
@click.option(
    "--grid", multiple=True, metavar="KEY=VALUE,VALUE...",
    help="Try each value of a key, e.g. --grid objectives.fit.weight=0,2,8; repeated: every combination. Default the "
    "plan's advise.grid, else each weight at a third and three times, each move budget at half and twice.",
)  # fmt: skip
@sets
@click.option("--periods", type=click.IntRange(1, 40), metavar="N", help="Past periods; default the plan's, else 4.")
@click.option(
    "--time-limit", type=click.FloatRange(min=0, min_open=True), default=10.0, show_default=True, metavar="SECONDS",
    help="For each plan of a past period.",
)  # fmt: skip
@click.option(
    "--gap", type=click.FloatRange(0, 100), default=0.2, show_default=True, metavar="POINTS",
    help="At which each of them is good enough.",
)  # fmt: skip
@click.option("--jobs", "-j", type=click.IntRange(1, 256), help="Plans at once. Default one a core.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Write strategy.yaml and figures.yaml, overrides ready to use, and the evidence as CSV to DIR; those of an "
    "earlier advice that this one does not have are removed.",
)  # fmt: skip
@chart
@lang
@as_json
@pass_settings
def command(
    s: Settings,
    plan: Path,
    names: tuple[str, ...],
    grid: tuple[str, ...],
    sets: tuple[str, ...],
    periods: int | None,
    time_limit: float,
    gap: float,
    jobs: int | None,
    out: Path | None,
    chart: Path | None,
    lang: str,
) -> None:
    """Try other weights, tolerances and budgets on past periods, and bring potential and workload up to date.

    Each past period is planned by each strategy with what was known at its start, and judged by what was sold in it.
    A strategy is recommended only where the past shows a gain beyond chance, all strategies taken together. Learned fit
    is learned anew for each past period, from what was known then. Figures of customers are updated where history says
    they are off. Nothing is applied.

    \b
    Example: fairbook advise plan.yaml --grid objectives.fit.weight=1,4,12 --out advice
    """
    with Interrupt(lambda line: click.echo(line, err=True)):
        from scenarios.advise.advice import FILES, advise, strategies_of
        from scenarios.plan.yaml_text import read_document
        from scenarios.sweep.workers import Processes

        if periods is not None:
            sets = (*sets, f"advise.periods={periods}")
        document = read_document(plan)
        strategies = strategies_of(document, names, grid, sets)
        with Processes(jobs or cores(), 1) as processes:
            processes.preload("scenarios.advise.backtest")
            from reports.text.advise import advice_summary
            from reports.text.sweep import LiveSweep
            from scenarios.files import take_away, write_all, write_whole
            from solver.engine.solution import Options

            options = replace(Options(), time_limit=time_limit, gap=gap, workers=1)
            with LiveSweep(s.quiet, s.err) as live:
                found = advise(plan, document, strategies, processes, options, live)
        written = []
        if out is not None:
            files = found.files()
            written = write_all(out, files)
            for path in take_away(out, (name for name in FILES if name not in files)):
                click.echo(f"Removed {path}: it was of an earlier advice, and this one has none", err=True)
        if chart is not None:
            from reports.charts.many.advice import picture
            from reports.words import language

            with language(lang):
                write_whole(chart, picture(found, PICTURES[chart.suffix.lower()]))
        s.show(
            lambda: found.as_dict() | {"files": [str(p) for p in written]},
            lambda console: advice_summary(found, console, out is not None),
        )
        if written and not s.json:
            click.echo("\n".join(f"Wrote {p}" for p in written))
