"""``fairbook watch``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from commands.failures import DONE, INFEASIBLE, NO_PLAN
from commands.interrupt import Interrupt
from commands.options import PICTURES, as_json, chart, lang, scenario
from commands.settings import Settings, pass_settings


@click.command("watch")
@click.argument("target", metavar="PLAN_OR_RUN")
@scenario
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("."),
    metavar="DIR",
    help="Where the data are, if a run is named: its paths are relative to it. Default the current folder.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="For each search, instead of the plan's solve.time_limit.",
)
@chart
@lang
@click.option("--save", is_flag=True, help="Keep the plan of the verdict as a run, to report on; nothing is applied.")
@as_json
@pass_settings
def command(
    s: Settings, target: str, scenario: str | None, folder: Path, time_limit: float | None, chart: Path | None,
    lang: str, save: bool,
) -> int:  # fmt: skip
    """Say what changed since a plan was made, and whether re-planning is worth its disruption.

    A plan file is compared with its newest run, and judged by its rules as they are now; a run is judged by its own.
    Held against each other: keep everybody; give only customers without a rep one; move only what pays; re-plan in
    full. What a point of the score is worth, and what a hand-over loses, are declared in the plan under disruption.

    \b
    Example: fairbook watch plan.yaml --time-limit 20
    """
    with Interrupt(lambda line: click.echo(line, err=True)) as interrupt:
        from reports.inspection import notes
        from reports.text.watch import LiveWatch, watch_summary
        from scenarios.files import write_whole
        from scenarios.watch.watch import watch, watched
        from solver.engine.solution import Options

        with s.existing() as store:
            run, now = watched(target, scenario, folder, store)
        if not s.quiet:
            notes([n for n in now.notes if n.severity != "note"], s.err, s.every)
        options = Options(**now.plan.options.model_dump())
        if time_limit is not None:
            options = replace(options, time_limit=time_limit)
        interrupt.phase = "searching"
        with LiveWatch(s.quiet, s.err) as live:
            found = watch(run, now, options, live.way, interrupt)
        interrupt.phase = "keeping"
        kept = ""
        best = found.choices[found.best].run if found.best else None
        if save and best is not None:
            with s.store() as store:
                store.save(best)
            kept = best.id
        if chart is not None and not len(found.drift.books):
            click.echo(f"{chart} is not written: it shows bands and limits, and no rep has one", err=True)
        elif chart is not None:
            from reports.charts.many.drift import picture
            from reports.words import language

            with language(lang):
                write_whole(chart, picture(found.drift, PICTURES[chart.suffix.lower()]))
        s.show(lambda: found.as_dict() | {"saved": kept or None}, lambda console: watch_summary(found, console, kept))
    return {"impossible": INFEASIBLE, "no_plan": NO_PLAN, "stopped": NO_PLAN}.get(found.verdict, DONE)
