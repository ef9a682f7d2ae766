"""``fairbook evaluate``."""

from __future__ import annotations

from pathlib import Path

import click

from commands.options import as_json
from commands.settings import Settings, pass_settings


@click.command("evaluate")
@click.argument("run", metavar="RUN")
@click.option(
    "--actuals",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="What happened in the period: rows as in the plan's history, under the same column names.",
)
@as_json
@pass_settings
def command(s: Settings, run: str, actuals: Path) -> None:
    """Hold a period's plan against what happened: attainment, forecast, balance, hand-overs, feedback, trend.

    \b
    Example: fairbook evaluate latest --actuals q4-history.csv
    """
    from reports.inspection import notes
    from reports.text.evaluate import evaluation
    from scenarios.evaluate import evaluate
    from scenarios.plan import parse_plan
    from scenarios.sources.actuals import read_actuals

    loaded = s.load(run)
    rows, said = read_actuals(actuals, parse_plan(loaded.plan, loaded.plan_name).data)
    if not s.quiet:
        notes(said, s.err, s.every)
    found = evaluate(loaded, rows)
    s.show(lambda: found, lambda console: evaluation(found, console))
