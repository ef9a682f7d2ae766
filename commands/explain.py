"""``fairbook explain``."""

from __future__ import annotations

import click

from commands.options import as_json
from commands.settings import Settings, pass_settings


@click.command("explain")
@click.argument("run", metavar="RUN")
@click.argument("customer", metavar="CUSTOMER")
@click.option("--rep", metavar="REP", help="What it costs if this rep has to take the customer: solved again, audited.")
@click.option(
    "--time-limit",
    type=click.FloatRange(0, 864_000, min_open=True),
    help="With --rep: seconds to solve again; default 1, in a small plan 3.",
)
@as_json
@pass_settings
def command(s: Settings, run: str, customer: str, rep: str | None, time_limit: float | None) -> None:
    """Say why a customer has its rep, and what each other rep would cost.

    Customer and rep are ids, or names that only one has.

    \b
    Example: fairbook explain latest C0007 --rep R02
    """
    from reports.text.why import explained
    from scenarios.explain.insist import insist
    from scenarios.explain.why import why
    from scenarios.run.reopen import reopen

    opened = reopen(s.load(run))
    told = why(opened, opened.customer(customer))
    asked = None
    if rep is not None:
        rep_id = str(opened.run.tables.reps["rep_id"].iloc[opened.rep(rep)])
        asked = insist(opened, told, rep_id, time_limit)
    document = told.as_dict() | (asked.as_dict() if asked else {})
    s.show(lambda: document, lambda console: explained(told, asked, console))
