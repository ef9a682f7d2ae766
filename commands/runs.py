"""``fairbook runs``: what was solved, and by whom."""

from __future__ import annotations

import click

from commands.failures import DEFECT, DONE
from commands.options import a_run, as_json
from commands.settings import Settings, pass_settings


@click.group("runs")
def command() -> None:
    """List, show, compare and remove runs.

    Wherever a RUN is asked for, an id, a unique prefix of one, a scenario's name or `latest` will do.
    """


@command.command("list")
@click.option("--limit", "-n", type=click.IntRange(1), default=20, show_default=True, help="Most runs to list.")
@as_json
@pass_settings
def runs_list(s: Settings, limit: int) -> None:
    """List runs, newest first, with what each set otherwise than its plan as written.

    \b
    Example: fairbook runs list -n 5
    """
    from reports.console import runs_table

    found = []
    if s.has_store():
        with s.existing() as store:
            summaries = store.list(limit)
            changed = store.changes([summary.id for summary in summaries])
            found = [summary.as_dict() | {"changes": changed.get(summary.id, [])} for summary in summaries]
    s.show(lambda: found, lambda console: runs_table(found, console, s.where_runs_are()))


@command.command("show")
@a_run
@as_json
@pass_settings
def runs_show(s: Settings, run: str) -> None:
    """Show one run as `solve` does.

    \b
    Example: fairbook runs show latest
    """
    from reports.console import solve_summary
    from scenarios.run.export import result_document

    loaded = s.load(run)
    s.show(lambda: result_document(loaded), lambda console: solve_summary(loaded, console))


@command.command("diff")
@click.argument("before", metavar="RUN")
@click.argument("after", metavar="RUN", default="latest")
@as_json
@pass_settings
def runs_diff(s: Settings, before: str, after: str) -> None:
    """Show what differs between two runs: scores, plan keys, inputs, customers.

    \b
    Example: fairbook runs diff 3f2a latest
    """
    from reports.inspection import diff as draw
    from scenarios.run.diff import diff

    result = diff(s.load(before), s.load(after))
    s.show(result.as_dict, lambda console: draw(result, console))


@command.command("rm")
@click.argument("names", metavar="RUN...", nargs=-1, required=True)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@as_json
@pass_settings
def runs_rm(s: Settings, names: tuple[str, ...], yes: bool) -> None:
    """Remove runs; the store's log keeps that they were there.

    \b
    Example: fairbook runs rm 3f2a --yes
    """
    with s.existing() as store:
        ids = list(dict.fromkeys(store.find(name) for name in names))
        if not yes:
            question = f"Remove {len(ids)} run{'s' if len(ids) > 1 else ''} ({', '.join(ids)}) for good?"
            click.confirm(question, abort=True, err=s.json)
        for run_id in ids:
            store.remove(run_id)
    s.show(lambda: {"removed": ids}, lambda _: click.echo("\n".join(f"removed {i}" for i in ids)))


@command.command("log")
@as_json
@pass_settings
def runs_log(s: Settings) -> None:
    """Show who saved, exported and removed which run, and when.

    \b
    Example: fairbook runs log
    """
    from reports.inspection import log

    entries = []
    if s.has_store():
        with s.existing() as store:
            entries = list(store.log())
    s.show(lambda: [entry.as_dict() for entry in entries], lambda console: log(entries, console))


@command.command("audit")
@a_run
@as_json
@pass_settings
def runs_audit(s: Settings, run: str) -> int:
    """Check a stored run again against its own tables and plan.

    \b
    Example: fairbook runs audit latest
    """
    from reports.inspection import audit
    from scenarios.run.run import audit_again

    loaded = s.load(run)
    checked = audit_again(loaded)
    holds = not checked.violations
    document = {
        "run": loaded.id,
        "holds": holds,
        "score": checked.score,
        "terms": checked.terms,
        "violations": [v.message for v in checked.violations],
    }
    s.show(lambda: document, lambda console: audit(loaded, checked, console))
    return DONE if holds else DEFECT
