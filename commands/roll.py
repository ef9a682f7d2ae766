"""``fairbook roll``."""

from __future__ import annotations

from pathlib import Path

import click

from commands.failures import DONE, STATUS_CODE
from commands.interrupt import Interrupt
from commands.options import an_export, as_json, company_changes, list_all, more_of_the_plan, ramp_gain, sets
from commands.settings import Settings, pass_settings


@click.command("roll")
@click.argument("run", metavar="RUN")
@click.option("--period", metavar="PERIOD", help="The period to plan. Default the next of the same kind.")
@company_changes
@more_of_the_plan
@sets
@ramp_gain
@click.option(
    "--write",
    "write_to",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the plan and its tables to DIR instead of solving it. Cells stand as they are: a name that starts "
    "with = is a formula to a spreadsheet.",
)
@click.option("--force", is_flag=True, help="With --write: overwrite files that are there.")
@an_export
@list_all
@as_json
@pass_settings
def command(
    s: Settings,
    run: str,
    period: str | None,
    scenario: str | None,
    sets: tuple[str, ...],
    ramp_gain: float,
    write_to: Path | None,
    force: bool,
    export_to: Path | None,
) -> int:
    """Plan the next period from a run: its books are the current ones.

    Each customer's current rep is the one the run gave it, with tenure and assigned_since kept from run to run; reps
    come and go by their dates, and starters ramp up. With the rule holding, --set rules.holding.months=6, nobody
    changes hands twice in a row. The result is a run whose parent is RUN, named after its period.

    \b
    Example: fairbook roll latest --period 2027-Q1 --rep-left "R07 on 2027-01-31"
             fairbook roll latest --write q1
    """
    if write_to is not None and export_to is not None:
        raise click.UsageError("--write writes the plan and solves nothing, so there is nothing to --export")
    if force and write_to is None:
        raise click.UsageError("--force goes with --write: nothing else is overwritten")
    with Interrupt(lambda line: click.echo(line, err=True)) as interrupt:
        from reports.console import solve_summary
        from reports.inspection import notes
        from reports.live import LiveProgress
        from reports.text.repair import recorded
        from scenarios.horizon.roll import roll, rolled, write_rolled
        from scenarios.run.export import export, result_document

        parent = s.load(run)
        prepared = rolled(parent, period, sets, scenario, ramp_gain)
        if not s.quiet:
            notes(prepared.notes, s.err, s.every)
        if write_to is not None:
            interrupt.phase = "keeping"
            s.show_paths(write_rolled(parent, prepared, write_to, force))
            return DONE
        interrupt.phase = "searching"
        with LiveProgress(s.quiet, s.err) as live:
            made = roll(parent, prepared, live.search, interrupt)
        interrupt.phase = "keeping"
        with s.store() as store:
            store.save(made)
            if export_to and STATUS_CODE[made.result["status"]] == DONE:
                export(made, export_to)
                store.note("exported", made.id)
        if not s.json:
            click.echo(f"\nWhat is different from {parent.plan['period']}")
            recorded(made.result["changes"], s.out)
        s.show(lambda: result_document(made), lambda console: solve_summary(made, console))
    return STATUS_CODE[made.result["status"]]
