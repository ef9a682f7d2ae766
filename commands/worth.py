"""``fairbook worth``."""

from __future__ import annotations

import click

from commands.interrupt import Interrupt
from commands.options import a_run, as_json
from commands.settings import Settings, pass_settings


@click.command("worth")
@a_run
@click.option("--like", multiple=True, metavar="REP", help="One more rep like this one; may be repeated.")
@click.option(
    "--units",
    type=click.FloatRange(0, 1e9, min_open=True),
    default=1.0,
    show_default=True,
    help="How many units of capacity one more is.",
)
@click.option("--confirm", type=click.IntRange(0, 100), default=3, show_default=True, help="How many to solve again.")
@click.option("--most", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many to list.")
@click.option(
    "--time-limit",
    type=click.FloatRange(0, 864_000, min_open=True),
    help="Seconds for each that is solved again; default the plan's.",
)
@as_json
@pass_settings
def command(
    s: Settings,
    run: str,
    like: tuple[str, ...],
    units: float,
    confirm: int,
    most: int,
    time_limit: float | None,
) -> None:
    """Rank what one more rep, unit of capacity, skill or point of move budget is worth.

    Ranked by the run's prices; the top ones are solved again to be sure. Ctrl-C leaves out what was not yet solved.

    \b
    Example: fairbook worth latest --like R07 --confirm 2
    """
    with Interrupt(lambda line: click.echo(line, err=True)) as interrupt:
        from reports.text.worth import ranking
        from scenarios.explain.worth import worths
        from scenarios.run.reopen import reopen

        opened = reopen(s.load(run))
        interrupt.phase = "searching"
        limit = opened.plan.options.time_limit if time_limit is None else time_limit
        found = worths(opened, like, units, most, confirm, opened.options(limit), interrupt)
        s.show(found.as_dict, lambda console: ranking(found, units, console))
