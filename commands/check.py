"""``fairbook check``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.failures import DONE, INFEASIBLE
from commands.options import a_plan, as_json, company_changes, list_all, scenario, sets
from commands.settings import Settings, pass_settings

if TYPE_CHECKING:
    from rich.console import Console

    from solver.problems import Problem

#: Seconds to look for a conflict, and for a repair: a check is for looking a plan over.
_SECONDS = 5.0


@click.command("check")
@a_plan
@scenario
@sets
@company_changes
@click.option(
    "--problems",
    "listed",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.xlsx",
    help="Also write every problem to a workbook, a row each, to work through.",
)
@list_all
@as_json
@pass_settings
def command(s: Settings, plan: Path, scenario: str | None, sets: tuple[str, ...], listed: Path | None) -> int:
    """Read a plan and its data, list every problem, and show who could go where.

    \b
    Example: fairbook check plan.yaml
             fairbook check plan.yaml --problems problems.xlsx
    """
    from reports.inspection import check
    from reports.text.impossible import conflict
    from scenarios.check import examine
    from scenarios.run.prepare import prepare
    from solver.problems import InputError

    try:
        prepared = prepare(plan, scenario, sets)
        examined = examine(prepared)
    except InputError as error:
        _list(s, error.problems, listed, plan)
        raise
    _list(s, examined.notes, listed, plan)
    reasons: dict[str, Any] = {}
    if examined.impossible:  # proven by counting: the search is for why, and for what would help
        from scenarios.explain.impossible import look_into

        reasons = look_into(prepared, sets, most=_SECONDS).as_dict()

    def draw(console: Console) -> None:
        check(examined, console, str(plan), s.quiet, s.every)
        conflict(reasons, console)

    s.show(lambda: examined.as_dict() | reasons, draw)
    return INFEASIBLE if examined.impossible else DONE


def _list(s: Settings, found: Iterable[Problem], file: Path | None, plan: Path) -> None:
    """Write the problems to a file, where one is named, and say so beside what is printed."""
    if file is None:
        return
    from reports.sheets.problems import problems_workbook
    from scenarios.files import write_whole

    write_whole(file, problems_workbook(found, str(plan), dt.datetime.now(dt.UTC)))
    if not s.quiet:
        s.err.print(f"Wrote {file}", markup=False, highlight=False, soft_wrap=True)
