"""``fairbook repair``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from commands.failures import DONE, STATUS_CODE
from commands.interrupt import Interrupt
from commands.options import an_export, as_json, company_changes, list_all, more_of_the_plan, sets
from commands.settings import Settings, pass_settings


@click.command("repair")
@click.argument("run", metavar="RUN")
@company_changes
@click.option(
    "--threshold",
    metavar="WHAT",
    default="cost",
    show_default=True,
    help="What moving a customer by choice has to pay: points of score (0.05), a share of its potential (15%), cost or "
    "never.",
)
@click.option(
    "--from",
    "since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="First day of the new books. Default the day after a rep leaves in the period, else the whole period.",
)
@more_of_the_plan
@sets
@an_export
@list_all
@as_json
@pass_settings
def command(
    s: Settings,
    run: str,
    threshold: str,
    since: datetime | None,
    scenario: str | None,
    sets: tuple[str, ...],
    export_to: Path | None,
) -> int:
    """Plan what is left of a period anew after a change, moving as few customers as pays.

    A customer stays with the rep the run gave it unless it cannot (its rep left, or may not have it any more), unless
    room has to be made for those, or unless moving it pays more than the threshold. By default that is the cost of the
    hand-over: the sales it loses, in points by what a point is worth, both as the plan's `disruption:` says. With 0 it
    is a fresh solve; with never only those move who have to. The plan and the tables are the run's; the result is a run
    whose parent it is. Potential and quotas stay those of the whole period, which the plan then names as its
    `potential_period`.

    \b
    Example: fairbook repair latest --rep-left "R07 on 2026-11-14" --rep-joined "like R07 as Ann from 2026-12-01"
    """
    with Interrupt(lambda line: click.echo(line, err=True)) as interrupt:
        from reports.inspection import notes
        from reports.live import LiveProgress
        from reports.text.repair import repaired
        from scenarios.horizon.repair import Threshold, repair
        from scenarios.run.export import export, result_document

        asked = Threshold.read(threshold)
        parent = s.load(run)
        interrupt.phase = "searching"
        with LiveProgress(s.quiet, s.err) as live:
            found, prepared = repair(
                parent, sets, asked, None if since is None else since.date(), scenario,
                live.search, interrupt,
            )  # fmt: skip
        if not s.quiet:
            notes(prepared.notes, s.err, s.every)
        made = found.run
        interrupt.phase = "keeping"
        with s.store() as store:
            store.save(made)
            if export_to and STATUS_CODE[made.result["status"]] == DONE:
                export(made, export_to)
                store.note("exported", made.id)
        s.show(lambda: result_document(made), lambda console: repaired(found, parent.id, console))
    return STATUS_CODE[made.result["status"]]
