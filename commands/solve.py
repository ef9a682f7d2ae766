"""``fairbook solve``."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.failures import DONE, STATUS_CODE
from commands.interrupt import Interrupt
from commands.options import a_plan, an_export, as_json, cluster, company_changes, list_all, scenario, sets
from commands.settings import Settings, pass_settings

if TYPE_CHECKING:
    from scenarios.run.record import Run


@click.command("solve")
@a_plan
@scenario
@sets
@company_changes
@an_export
@click.option(
    "--write-repair",
    "repair_to",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where the plan is impossible: write its cheapest repair to FILE, an override to paste into the plan.",
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
@cluster
@list_all
@as_json
@pass_settings
def command(
    s: Settings,
    plan: Path,
    scenario: str | None,
    sets: tuple[str, ...],
    export_to: Path | None,
    repair_to: Path | None,
    time_limit: float | None,
    gap: float | None,
    workers: int | None,
    seed: int | None,
    engine: str | None,
    cluster: str | None,
) -> int:
    """Find the best plan, audit it and keep it as a run.

    Ctrl-C ends the search and keeps the best plan found; before there is one, it ends with exit code 5. A second Ctrl-C
    quits at once with exit code 130 and keeps nothing that was not kept already.

    \b
    Example: fairbook solve plan.yaml --set rules.moves.share=0.05 --export out
    """
    flags = {"time_limit": time_limit, "gap": gap, "workers": workers, "seed": seed, "engine": engine}
    sets = (*sets, *(f"solve.{key}={value}" for key, value in flags.items() if value is not None))
    with Interrupt(lambda line: click.echo(line, err=True)) as interrupt, ExitStack() as stack:
        from reports.console import solve_summary
        from reports.inspection import notes
        from reports.live import LiveProgress
        from scenarios.run.export import export, result_document
        from scenarios.run.prepare import prepare
        from scenarios.run.run import solve_prepared

        # First of all: reading the tables may take a while, and the cluster may not be there.
        pool = None
        if cluster:
            from solver.engine.machines.cluster import Cluster

            pool = stack.enter_context(Cluster(cluster))
        prepared = prepare(plan, scenario, sets)
        if not s.quiet:
            notes(prepared.notes, s.err, s.every)
        with s.store():  # one that cannot be opened is better known before the search than after it
            pass
        interrupt.phase = "searching"
        with LiveProgress(s.quiet, s.err) as live:
            run = solve_prepared(prepared, live.search, interrupt, pool=pool)
        if run.result["status"] == "infeasible":
            from scenarios.explain.impossible import explained

            if not s.quiet:
                click.echo("The plan is impossible: looking for the rules in conflict, and for a repair.", err=True)
            run = explained(run, prepared, sets, interrupt)
        interrupt.phase = "keeping"
        with s.store() as store:  # a plan found impossible is kept too: it is evidence
            store.save(run)
            if export_to and STATUS_CODE[run.result["status"]] == DONE:
                try:
                    export(run, export_to)
                except Exception:
                    click.echo(f"The plan is kept as run {run.id}; only its export failed.", err=True)
                    raise
                store.note("exported", run.id)
        if repair_to:
            _write_repair(run, repair_to)
        s.show(lambda: result_document(run), lambda console: solve_summary(run, console))
    return STATUS_CODE[run.result["status"]]


def _write_repair(run: Run, path: Path) -> None:
    from scenarios.explain.impossible import override_text
    from scenarios.files import write_all

    if run.result.get("repair"):
        write_all(path.absolute().parent, {path.name: override_text(run)})
        click.echo(f"The repair is in {path}.", err=True)
    else:
        why = "no repair was found" if run.result["status"] == "infeasible" else "the plan is not impossible"
        click.echo(f"{path} is not written: {why}.", err=True)
