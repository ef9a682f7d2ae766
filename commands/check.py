"""``fairbook check``."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.failures import DONE, INFEASIBLE
from commands.options import a_plan, as_json, company_changes, list_all, scenario, sets
from commands.settings import Settings, pass_settings

if TYPE_CHECKING:
    from rich.console import Console

    from scenarios.check import Examined
    from scenarios.sources.reading import Reading
    from solver.problems import Problem

#: Endings of the files of problems.
_ENDINGS = (".html", ".xlsx")
#: Seconds to look for a conflict, and for a repair: a check is for looking a plan over.
_SECONDS = 5.0


def _a_list(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.suffix.lower() not in _ENDINGS:
        ending = f"ends in {value.suffix}" if value.suffix else "has no ending"
        message = f"{value.name} {ending}; it must end in .html, a page to read, or .xlsx, a list to work through"
        raise click.BadParameter(message, context, parameter)
    return value


@click.command("check")
@a_plan
@scenario
@sets
@company_changes
@click.option(
    "--problems",
    "listed",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_a_list,
    metavar="FILE",
    help="Also write every problem to FILE, in English: .html, a page that also shows what was read, which column "
    "became which field, and what is tight; or .xlsx, a workbook with a row each, to work through.",
)
@list_all
@as_json
@pass_settings
def command(s: Settings, plan: Path, scenario: str | None, sets: tuple[str, ...], listed: Path | None) -> int:
    """Read a plan and its data, list every problem, and show who could go where.

    \b
    Example: fairbook check plan.yaml
             fairbook check plan.yaml --problems problems.html
             fairbook check plan.yaml --problems problems.xlsx
    """
    from reports.inspection import check
    from reports.text.impossible import conflict
    from scenarios.check import examine
    from scenarios.run.prepare import prepare
    from solver.problems import InputError

    if listed is None:
        page = f"fairbook check {shlex.quote(str(plan))} --problems problems.html"
        s.next_step = f"As a page, with what was read of each table: {page}"
    options = [*(["--scenario", scenario] if scenario else []), *(word for given in sets for word in ("--set", given))]
    read: list[Reading] = []
    look = read.append if listed and listed.suffix.lower() == ".html" else None
    try:
        prepared = prepare(plan, scenario, sets, look=look)
        examined = examine(prepared)
    except InputError as error:
        _list(s, error.problems, listed, plan, read, options)
        raise
    reasons: dict[str, Any] = {}
    if examined.impossible:  # proven by counting: the search is for why, and for what would help
        from scenarios.explain.impossible import look_into

        reasons = look_into(prepared, sets, most=_SECONDS).as_dict()
    _list(s, examined.notes, listed, plan, read, options, examined, reasons)

    def draw(console: Console) -> None:
        check(examined, console, str(plan), s.quiet, s.every)
        conflict(reasons, console)

    s.show(lambda: examined.as_dict() | reasons, draw)
    return INFEASIBLE if examined.impossible else DONE


def _list(
    s: Settings,
    found: Sequence[Problem],
    file: Path | None,
    plan: Path,
    read: Sequence[Reading],
    options: Sequence[str],
    examined: Examined | None = None,
    reasons: dict[str, Any] | None = None,
) -> None:
    """Write the problems to a file, where one is named, and say so beside what is printed."""
    if file is None:
        return
    from scenarios.files import write_whole

    now = dt.datetime.now(dt.UTC)
    if file.suffix.lower() == ".html":
        from reports.problems_page import problems_page

        last = read[-1] if read else None
        write_whole(file, problems_page(found, str(plan), now, last, examined, reasons, options, file))
    else:
        from reports.sheets.problems import problems_workbook

        write_whole(file, problems_workbook(found, str(plan), now))
    if not s.quiet:
        s.err.print(f"Wrote {file}", markup=False, highlight=False, soft_wrap=True)
