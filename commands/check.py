"""``fairbook check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.failures import DONE, INFEASIBLE
from commands.options import a_plan, as_json, company_changes, list_all, scenario, sets
from commands.settings import Settings, pass_settings

if TYPE_CHECKING:
    from rich.console import Console

#: Seconds to look for a conflict, and for a repair: a check is for looking a plan over.
_SECONDS = 5.0


@click.command("check")
@a_plan
@scenario
@sets
@company_changes
@list_all
@as_json
@pass_settings
def command(s: Settings, plan: Path, scenario: str | None, sets: tuple[str, ...]) -> int:
    """Read a plan and its data, list every problem, and show who could go where.

    \b
    Example: fairbook check plan.yaml
    """
    from reports.inspection import check
    from reports.text.impossible import conflict
    from scenarios.check import examine
    from scenarios.run.prepare import prepare

    prepared = prepare(plan, scenario, sets)
    examined = examine(prepared)
    reasons: dict[str, Any] = {}
    if examined.impossible:  # proven by counting: the search is for why, and for what would help
        from scenarios.explain.impossible import look_into

        reasons = look_into(prepared, sets, most=_SECONDS).as_dict()

    def draw(console: Console) -> None:
        check(examined, console, str(plan), s.quiet, s.every)
        conflict(reasons, console)

    s.show(lambda: examined.as_dict() | reasons, draw)
    return INFEASIBLE if examined.impossible else DONE
