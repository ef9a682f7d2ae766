"""``fairbook check``."""

from __future__ import annotations

from pathlib import Path

import click

from commands.failures import DONE, INFEASIBLE
from commands.options import a_plan, as_json, list_all, scenario, sets
from commands.settings import Settings, pass_settings


@click.command("check")
@a_plan
@scenario
@sets
@list_all
@as_json
@pass_settings
def command(s: Settings, plan: Path, scenario: str | None, sets: tuple[str, ...]) -> int:
    """Read a plan and its data, list every problem, and show who could go where.

    \b
    Example: fairbook check plan.yaml
    """
    from reports.inspection import check
    from scenarios.check import examine
    from scenarios.run import prepare

    examined = examine(prepare(plan, scenario, sets))
    s.show(examined.as_dict, lambda console: check(examined, console, str(plan), s.quiet, s.every))
    return INFEASIBLE if examined.impossible else DONE
