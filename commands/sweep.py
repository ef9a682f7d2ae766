"""``fairbook sweep``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.failures import DEFECT, DONE, INFEASIBLE, INVALID, NO_PLAN, STATUS_CODE, STOPPED
from commands.interrupt import Interrupt
from commands.options import a_plan, as_json, cluster, company_changes, cores, sets
from commands.settings import Settings, pass_settings

if TYPE_CHECKING:
    from scenarios.sweep.dask_workers import DaskWorkers
    from scenarios.sweep.workers import Processes

_CODE = {"invalid": INVALID, "defect": DEFECT, "lost": DEFECT, "stopped": STOPPED} | STATUS_CODE
#: The worst end of a scenario first.
WORST = (STOPPED, DEFECT, INVALID, NO_PLAN, INFEASIBLE, DONE)


@click.command("sweep")
@a_plan
@click.option(
    "--scenario",
    "-s",
    "names",
    multiple=True,
    metavar="NAME",
    help="Only this scenario or override of the plan; may be repeated. Default all scenarios.",
)
@click.option(
    "--grid",
    multiple=True,
    metavar="KEY=VALUE,VALUE...",
    help="Solve for each value of a key, e.g. --grid rules.moves.share=0.05,0.1; repeated: for every combination.",
)
@sets
@company_changes
@click.option("--jobs", "-j", type=click.IntRange(1, 256), help="Scenarios at once. Default one a core.")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Threads a scenario.")
@click.option("--fresh", is_flag=True, help="Solve again what is in the store from before.")
@cluster
@as_json
@pass_settings
def command(
    s: Settings,
    plan: Path,
    names: tuple[str, ...],
    grid: tuple[str, ...],
    sets: tuple[str, ...],
    jobs: int | None,
    workers: int,
    fresh: bool,
    cluster: str | None,
) -> int:
    """Solve all scenarios of a plan, or a grid over any of its keys, side by side.

    The plan as written is solved first, and the others start from it. Each scenario is kept as a run as soon as it is
    solved, and is not solved again as long as plan and inputs stay the same: a sweep that was killed goes on where it
    stopped. One scenario that fails keeps none of the others back. Ctrl-C keeps what is solved. With --cluster as many
    at once as its workers have threads.

    Exit code: the first of 130, 1, 3, 5 and 4 that a scenario ended with, 0 when all have a plan.

    \b
    Example: fairbook sweep plan.yaml --grid rules.moves.share=0.05,0.1,0.2
    """
    with Interrupt(lambda line: click.echo(line, err=True)) as interrupt:
        from scenarios.plan.yaml_text import read_document
        from scenarios.sweep.cases import cases

        document = read_document(plan)
        found = cases(document.data, names, grid, (*sets, f"solve.workers={workers}"))
        interrupt.phase = "sweeping"
        with _workers(cluster, min(jobs or cores(), len(found)), workers) as hands:
            from reports.text.sweep import LiveSweep, sweep_summary
            from scenarios.sweep.sweep import sweep

            with s.store() as store, LiveSweep(s.quiet, s.err) as live:
                outcomes = sweep(plan, found, store, hands, fresh, live, interrupt, document)
        s.show(
            lambda: [outcome.as_dict() for outcome in outcomes],
            lambda console: sweep_summary(outcomes, console, str(plan)),
        )
    ended = {_CODE[outcome.status] for outcome in outcomes}
    return next(code for code in WORST if code in ended)


def _workers(cluster: str | None, jobs: int, threads: int) -> Processes | DaskWorkers:
    if cluster is not None:
        from scenarios.sweep.dask_workers import DaskWorkers

        return DaskWorkers(cluster)
    from scenarios.sweep.workers import Processes

    processes = Processes(jobs, threads)
    processes.preload("scenarios.sweep.sweep")  # beside the same imports here
    return processes
