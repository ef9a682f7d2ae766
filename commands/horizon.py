"""``fairbook horizon``."""

from __future__ import annotations

from pathlib import Path

import click

from commands.failures import DONE, STATUS_CODE
from commands.interrupt import Interrupt
from commands.options import a_plan, as_json, company_changes, list_all, ramp_gain, scenario, sets
from commands.settings import Settings, pass_settings


@click.command("horizon")
@a_plan
@click.option(
    "--period",
    "periods",
    multiple=True,
    metavar="PERIOD",
    help="A period after the plan's own, instead of those its periods: list; may be repeated, in order.",
)
@click.option(
    "--moves",
    type=click.IntRange(0, 10),
    default=1,
    show_default=True,
    help="How often a customer may move by choice within the horizon.",
)
@scenario
@sets
@company_changes
@ramp_gain
@list_all
@as_json
@pass_settings
def command(
    s: Settings,
    plan: Path,
    periods: tuple[str, ...],
    moves: int,
    scenario: str | None,
    sets: tuple[str, ...],
    ramp_gain: float,
) -> int:
    """Plan several periods together, and compare with planning one after another.

    The plan lists them under `periods:`, each a name, or an override with its period that says what holds from then on:
    who leaves and joins, what grows. Each customer takes one path through all periods, so that one move can serve them
    all. The score is the mean of the periods'. Every period is audited by itself and kept as a run, each the parent of
    the next. Ctrl-C keeps the best found.

    \b
    Example: fairbook horizon plan.yaml --period 2027-Q1 --period 2027-Q2 --rep-left "R07 on 2027-01-31"
    """
    if periods:
        import json

        sets = (*sets, f"periods={json.dumps(list(periods))}")
    with Interrupt(lambda line: click.echo(line, err=True)) as interrupt:
        from reports.inspection import notes
        from reports.live import LiveProgress
        from reports.text.horizon import planned
        from scenarios.horizon.horizon import plan_horizon, stages

        prepared = stages(plan, scenario, sets, ramp_gain)
        if not s.quiet:
            notes([note for stage in prepared for note in stage.notes], s.err, s.every)
        interrupt.phase = "searching"
        with LiveProgress(s.quiet, s.err) as live:
            found = plan_horizon(prepared, moves, lambda who, p: live.search(p, f"{who}: "), interrupt)
        interrupt.phase = "keeping"
        with s.store() as store:
            for run in found.together.runs:
                store.save(run)
        s.show(found.as_dict, lambda console: planned(found, console))
    codes = [STATUS_CODE[run.result["status"]] for run in found.together.runs]
    return next((code for code in codes if code != DONE), DONE)
