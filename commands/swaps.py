"""``fairbook swaps``."""

from __future__ import annotations

import click

from commands.options import a_run, as_json
from commands.settings import Settings, pass_settings


@click.command("swaps")
@a_run
@click.option(
    "--within",
    type=click.FloatRange(0, 100),
    default=0.05,
    show_default=True,
    metavar="POINTS",
    help="Most points that one exchange may lose.",
)
@click.option("--rep", metavar="REP", help="Only exchanges from or to this rep.")
@click.option("--most", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many of a kind.")
@as_json
@pass_settings
def command(s: Settings, run: str, within: float, rep: str | None, most: int) -> None:
    """List accounts that can change hands within a stated loss, every rule kept.

    Each exchange holds by itself: one customer to another rep, or two customers whose reps swap them.

    \b
    Example: fairbook swaps latest --within 0.02
    """
    from reports.text.swaps import exchanges
    from scenarios.explain.swaps import swaps
    from scenarios.run.reopen import reopen

    opened = reopen(s.load(run))
    rep_id = None if rep is None else str(opened.run.tables.reps["rep_id"].iloc[opened.rep(rep)])
    found = swaps(opened, within, most, rep_id)
    s.show(found.as_dict, lambda console: exchanges(found, console))
