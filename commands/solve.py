"""``fairbook solve``."""

from __future__ import annotations

from pathlib import Path

import click

from commands.failures import DONE, STATUS_CODE
from commands.interrupt import Interrupt
from commands.options import a_plan, as_json, list_all, scenario, sets
from commands.settings import Settings, pass_settings


@click.command("solve")
@a_plan
@scenario
@sets
@click.option(
    "--export",
    "export_to",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Also write assignment.csv, books.csv, result.json … to DIR.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Instead of the plan's solve.time_limit.",
)
@click.option(
    "--gap",
    type=click.FloatRange(0, 100),
    metavar="POINTS",
    help="Instead of the plan's solve.gap: stop when proven this close to the best.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="Instead of the plan's solve.workers; 1 gives the same plan every time.",
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Instead of the plan's solve.seed.")
@click.option("--engine", type=click.Choice(["auto", "exact", "price"]), help="Instead of the plan's solve.engine.")
@list_all
@as_json
@pass_settings
def command(
    s: Settings,
    plan: Path,
    scenario: str | None,
    sets: tuple[str, ...],
    export_to: Path | None,
    time_limit: float | None,
    gap: float | None,
    workers: int | None,
    seed: int | None,
    engine: str | None,
) -> int:
    """Find the best plan, audit it and keep it as a run.

    Ctrl-C ends the search and keeps the best plan found; before there is one, it ends with exit code 5. A second Ctrl-C
    quits at once with exit code 130 and keeps nothing that was not kept already.

    \b
    Example: fairbook solve plan.yaml --set rules.moves.share=0.05 --export out
    """
    flags = {"time_limit": time_limit, "gap": gap, "workers": workers, "seed": seed, "engine": engine}
    sets = (*sets, *(f"solve.{key}={value}" for key, value in flags.items() if value is not None))
    with Interrupt(lambda line: click.echo(line, err=True)) as interrupt:
        from reports.console import LiveProgress, solve_summary
        from reports.inspection import notes
        from scenarios.export import export, result_document
        from scenarios.run import prepare, solve_prepared

        prepared = prepare(plan, scenario, sets)
        if not s.quiet:
            notes(prepared.notes, s.err, s.every)
        interrupt.phase = "searching"
        with LiveProgress(s.quiet, s.err) as live:
            run = solve_prepared(prepared, lambda p: live(p.seconds, p.score, p.bound, p.gap, p.stage), interrupt)
        interrupt.phase = "keeping"
        with s.store() as store:  # a plan found impossible is kept too: it is evidence
            store.save(run)
            if export_to and STATUS_CODE[run.result["status"]] == DONE:
                export(run, export_to)
                store.note("exported", run.id)
        s.show(lambda: result_document(run), lambda console: solve_summary(run, console))
    return STATUS_CODE[run.result["status"]]
