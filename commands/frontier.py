"""``fairbook frontier``."""

from __future__ import annotations

from pathlib import Path

import click

from commands.failures import STATUS_CODE
from commands.interrupt import Interrupt
from commands.options import PICTURES, a_plan, as_json, chart, lang, scenario, sets
from commands.settings import Settings, pass_settings


@click.command("frontier")
@a_plan
@click.option("--x", "x", required=True, metavar="NAME", help="A term of the plan, or one of the figures below.")
@click.option("--y", "y", required=True, metavar="NAME", help="Another one.")
@click.option("--points", type=click.IntRange(2, 200), default=12, show_default=True, help="Plans to look for.")
@scenario
@sets
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="For each point, instead of the plan's solve.time_limit.",
)
@chart
@lang
@click.option("--adopt", type=click.IntRange(min=1), metavar="N", help="Turn point N into an override of the plan.")
@click.option(
    "--write",
    "write_to",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the override of --adopt to FILE instead of printing it.",
)
@as_json
@pass_settings
def command(
    s: Settings,
    plan: Path,
    x: str,
    y: str,
    points: int,
    scenario: str | None,
    sets: tuple[str, ...],
    time_limit: float | None,
    chart: Path | None,
    lang: str,
    adopt: int | None,
    write_to: Path | None,
) -> int:
    """Show what more of one term costs of another: a proven trade-off curve.

    Each point is a plan with at least so much of one side and the most of the other, with its bound and gap. Today's
    assignment and what a sequential waterfall would give stand beside them. Besides terms there are the figures
    retention, retention_count, money_moved (shares in %) and score. Ctrl-C keeps the points found.

    \b
    Example: fairbook frontier plan.yaml --x continuity --y balance_potential --points 12
    """
    if write_to is not None and adopt is None:
        raise click.UsageError("--write needs --adopt N: which point to write")
    if time_limit is not None:
        sets = (*sets, f"solve.time_limit={time_limit}")
    with Interrupt(lambda line: click.echo(line, err=True)) as interrupt:
        from reports.inspection import notes
        from reports.text.frontier import LiveFrontier, frontier_summary
        from scenarios.files import write_whole
        from scenarios.frontier.curve import adopted, document
        from scenarios.frontier.frontier import trace
        from scenarios.run.prepare import prepare

        prepared = prepare(plan, scenario, sets)
        if not s.quiet:
            notes(prepared.notes, s.err, s.every)
        interrupt.phase = "searching"
        with LiveFrontier(s.quiet, s.err) as live:
            found = trace(prepared, x, y, points, tell=live.point, cancelled=interrupt)
        interrupt.phase = "keeping"
        drawn = document(found)
        text = None if adopt is None or not found.points else adopted(found, adopt)
        if chart is not None and found.points:
            from reports.charts.many.frontier import picture
            from reports.words import language

            with language(lang):
                write_whole(chart, picture(drawn, PICTURES[chart.suffix.lower()]))
        if text is not None and write_to is not None:
            write_whole(write_to, text)
        s.show(lambda: drawn, lambda console: frontier_summary(drawn, console))
        if text is not None and not s.json:
            click.echo(f"\n{text}" if write_to is None else f"Wrote {write_to}", nl=write_to is not None)
    return STATUS_CODE[found.status]
