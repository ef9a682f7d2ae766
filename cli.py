"""The command line: parse, call, print, exit code. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from scenarios.record import Run
    from scenarios.store import Store

DONE, DEFECT, USAGE, INVALID, INFEASIBLE, NO_PLAN, STOPPED = 0, 1, 2, 3, 4, 5, 130
STATUS_CODE = {"optimal": DONE, "feasible": DONE, "infeasible": INFEASIBLE, "no_plan": NO_PLAN}


class Settings:
    """What every command shares: where runs are kept, and the two consoles."""

    def __init__(self, store: str | None, quiet: bool):
        self.store_url = store or os.environ.get("FAIRBOOK_STORE") or str(Path(".fairbook") / "runs.db")
        self.quiet = quiet

    def store(self) -> Store:
        """Open the run store, making it where there is none."""
        from scenarios.store import Store

        return Store(self.store_url)

    @property
    def out(self) -> Console:
        """Where results go."""
        from reports.console import out

        return out()

    @property
    def err(self) -> Console:
        """Where progress and problems go."""
        from reports.console import err

        return err()


CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.option(
    "--store",
    metavar="URL",
    help="Where runs are kept: a SQLite file or a database URL. [env FAIRBOOK_STORE; default .fairbook/runs.db]",
)
@click.option("--quiet", "-q", is_flag=True, help="No progress, no notes; results and errors only.")
@click.version_option(package_name="fairbook", prog_name="fairbook")
@click.pass_context
def app(context: click.Context, store: str | None, quiet: bool) -> None:
    """Decide which sales rep looks after which customer, and prove how good the plan is.

    \b
    Begin with:
      fairbook init demo --example
      fairbook solve demo/plan.yaml
      fairbook report latest

    Exit codes: 0 done, 1 a defect, 2 usage, 3 invalid input, 4 the plan is impossible, 5 stopped with no plan,
    130 quit by Ctrl-C.
    """
    context.obj = Settings(store, quiet)


as_json = click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")
a_plan = click.argument("plan", type=click.Path(path_type=Path), metavar="PLAN")
scenario = click.option(
    "--scenario", "-s", metavar="NAME", help="A scenario or override of the plan; default the plan as written."
)
sets = click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override any key of the plan, e.g. --set rules.moves.share=0.05; may be repeated.",
)
settings = click.make_pass_decorator(Settings)


@app.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option("--example", is_flag=True, help="Write the example with its data: 400 customers, 12 reps.")
@click.option("--seed", default=2026, show_default=True, help="Of the example's data.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@settings
def init(s: Settings, folder: Path, example: bool, seed: int, force: bool) -> None:
    """Write a plan to start from into FOLDER, with --example also its data.

    \b
    Example: fairbook init demo --example
    """
    from scenarios.start import start

    for path in start(folder, example, seed, force):
        click.echo(path)
    if not s.quiet:
        click.echo(f"Next: fairbook check {folder / 'plan.yaml'}", err=True)


@app.command()
def schema() -> None:
    """Print the JSON schema of the plan file, for editors that complete and check YAML.

    \b
    Example: fairbook schema > plan.schema.json
    """
    from scenarios.plan import json_schema

    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@app.command()
@a_plan
@scenario
@sets
@as_json
@settings
def check(s: Settings, plan: Path, scenario: str | None, sets: tuple[str, ...], json_: bool) -> int:
    """Read a plan and its data, list every problem, and show who could go where.

    \b
    Example: fairbook check plan.yaml
    """
    from reports.inspection import check as show
    from scenarios.check import examine
    from scenarios.run import prepare

    examined = examine(prepare(plan, scenario, sets))
    if json_:
        _print_json(examined.as_dict())
    else:
        show(examined, s.out, str(plan), s.quiet)
    return INFEASIBLE if examined.impossible else DONE


@app.command()
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
@as_json
@settings
def solve(
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
    json_: bool,
) -> int:
    """Find the best plan, audit it and keep it as a run.

    Ctrl-C ends the search and keeps the best plan found; a second one quits at once.

    \b
    Example: fairbook solve plan.yaml --set rules.moves.share=0.05 --export out
    """
    from reports.console import LiveProgress, solve_summary
    from reports.inspection import notes
    from scenarios.export import export, result_document
    from scenarios.run import prepare, solve_prepared

    flags = {"time_limit": time_limit, "gap": gap, "workers": workers, "seed": seed, "engine": engine}
    sets = (*sets, *(f"solve.{key}={value}" for key, value in flags.items() if value is not None))
    prepared = prepare(plan, scenario, sets)
    if not s.quiet:
        notes(prepared.notes, s.err)
    with LiveProgress(s.quiet, s.err) as live, Interrupt() as interrupt:
        run = solve_prepared(prepared, lambda p: live(p.seconds, p.score, p.bound, p.gap, p.stage), interrupt)
        with s.store() as store:  # a plan found impossible is kept too: it is evidence
            store.save(run)
            if export_to and STATUS_CODE[run.result["status"]] == DONE:
                export(run, export_to)
                store.note("exported", run.id)
    code = STATUS_CODE[run.result["status"]]
    if json_:
        _print_json(result_document(run))
    else:
        solve_summary(run, s.out)
    return code


@app.group()
def runs() -> None:
    """List, show, compare and remove runs.

    Wherever a RUN is asked for, an id, a unique prefix of one, a scenario's name or `latest` will do.
    """


a_run = click.argument("run", metavar="[RUN]", default="latest")


@runs.command("list")
@click.option("--limit", "-n", type=click.IntRange(1), default=20, show_default=True, help="Most runs to list.")
@as_json
@settings
def runs_list(s: Settings, limit: int, json_: bool) -> None:
    """List runs, newest first.

    \b
    Example: fairbook runs list -n 5
    """
    from reports.console import runs_table

    with s.store() as store:
        found = store.list(limit)
    if json_:
        _print_json([summary.as_dict() for summary in found])
    else:
        runs_table(found, s.out)


@runs.command("show")
@a_run
@as_json
@settings
def runs_show(s: Settings, run: str, json_: bool) -> None:
    """Show one run as `solve` does.

    \b
    Example: fairbook runs show latest
    """
    from reports.console import solve_summary
    from scenarios.export import result_document

    loaded = _load(s, run)
    if json_:
        _print_json(result_document(loaded))
    else:
        solve_summary(loaded, s.out)


@runs.command("diff")
@click.argument("before", metavar="RUN")
@click.argument("after", metavar="RUN", default="latest")
@as_json
@settings
def runs_diff(s: Settings, before: str, after: str, json_: bool) -> None:
    """Show what differs between two runs: scores, plan keys, inputs, customers.

    \b
    Example: fairbook runs diff 3f2a latest
    """
    from reports.inspection import diff as show
    from scenarios.diff import diff

    result = diff(_load(s, before), _load(s, after))
    if json_:
        _print_json(result.as_dict())
    else:
        show(result, s.out)


@runs.command("rm")
@click.argument("names", metavar="RUN...", nargs=-1, required=True)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@settings
def runs_rm(s: Settings, names: tuple[str, ...], yes: bool) -> None:
    """Remove runs; the store's log keeps that they were there.

    \b
    Example: fairbook runs rm 3f2a --yes
    """
    with s.store() as store:
        ids = list(dict.fromkeys(store.find(name) for name in names))
        if not yes:
            click.confirm(
                f"Remove {len(ids)} run{'s' if len(ids) > 1 else ''} ({', '.join(ids)}) for good?", abort=True
            )
        for run_id in ids:
            store.remove(run_id)
            click.echo(f"removed {run_id}")


@runs.command("log")
@as_json
@settings
def runs_log(s: Settings, json_: bool) -> None:
    """Show who saved, exported and removed which run, and when.

    \b
    Example: fairbook runs log
    """
    from reports.inspection import log as show

    with s.store() as store:
        entries = store.log()
    if json_:
        _print_json([entry.as_dict() for entry in entries])
    else:
        show(entries, s.out)


@runs.command("audit")
@a_run
@as_json
@settings
def runs_audit(s: Settings, run: str, json_: bool) -> int:
    """Check a stored run again against its own tables and plan.

    \b
    Example: fairbook runs audit latest
    """
    from reports.inspection import audit as show
    from scenarios.run import audit_again

    loaded = _load(s, run)
    checked = audit_again(loaded)
    holds = not checked.violations
    if json_:
        _print_json({"run": loaded.id, "holds": holds, "score": checked.score, "terms": checked.terms,
                     "violations": [v.message for v in checked.violations]})  # fmt: skip
    else:
        show(loaded, checked, s.out)
    return DONE if holds else DEFECT


@app.command()
@a_run
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@as_json
@settings
def export(s: Settings, run: str, folder: Path, json_: bool) -> None:
    """Write a run's assignment.csv, unassigned.csv, books.csv and result.json to DIR.

    \b
    Example: fairbook export latest out
    """
    from scenarios.export import export as write

    with s.store() as store:
        loaded = store.load(store.find(run))
        written = write(loaded, folder)
        store.note("exported", loaded.id)
    _print_paths(written, json_)


@app.command()
@a_run
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write; default fairbook-report-<run>."
)
@click.option(
    "--format", "formats", default="page,charts", show_default=True, metavar="LIST", help="Any of page, charts, or all."
)
@as_json
@settings
def report(s: Settings, run: str, out: Path | None, formats: str, json_: bool) -> None:
    """Write a page and charts of a run, to open and to send.

    \b
    Example: fairbook report latest --out report
    """
    from reports.build import FORMATS, build

    wanted = {f.strip() for f in formats.split(",") if f.strip()}
    unknown = wanted - {*FORMATS, "all"}
    if unknown or not wanted:
        raise click.BadParameter(
            f"no such format: {', '.join(sorted(unknown))}; known: {', '.join(FORMATS)}, all", param_hint="--format"
        )
    loaded = _load(s, run)
    folder = out or Path(f"fairbook-report-{loaded.id}")
    written = build(loaded, folder, set(FORMATS) if "all" in wanted else wanted)
    _print_paths(written, json_)
    page = folder / "page.html"
    if not json_ and page in written:
        click.echo(f"Open {page}")


class Interrupt:
    """Ctrl-C as a flag: the first ends the search and keeps its best plan, the second quits at once."""

    def __init__(self) -> None:
        self.hit = False
        self._before: Any = None

    def __call__(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self.hit

    def __enter__(self) -> Interrupt:
        """Begin to listen."""
        self._before = signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        signal.signal(signal.SIGINT, self._before)

    def _on_signal(self, *_: object) -> None:
        if self.hit:
            os._exit(STOPPED)
        self.hit = True
        click.echo("\nStopping: the best plan so far is kept (Ctrl-C again quits at once).", err=True)


def _load(s: Settings, name: str) -> Run:
    with s.store() as store:
        return store.load(store.find(name))


def _print_json(value: Any) -> None:
    from scenarios.record import to_json

    click.echo(to_json(value), nl=False)


def _print_paths(paths: list[Path], json_: bool) -> None:
    if json_:
        _print_json([str(p) for p in paths])
    else:
        for path in paths:
            click.echo(path)


def main() -> None:
    """Run the command line; every known failure ends in its exit code and a message on stderr."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    wants_json = "--json" in arguments
    try:
        code = app.main(arguments, prog_name="fairbook", standalone_mode=False)
    except click.Abort:
        click.echo("Stopped.", err=True)
        return STOPPED
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except click.ClickException as error:
        error.show()
        return USAGE
    except Exception as error:
        return _failed(error, wants_json)
    return code if isinstance(code, int) else DONE


def _failed(error: Exception, wants_json: bool) -> int:
    from solver.problems import InputError

    if isinstance(error, InputError):
        if wants_json:
            _print_json({"status": "invalid", "problems": [p.as_dict() for p in error.problems]})
        from reports.console import err, problems

        quiet = bool({"-q", "--quiet"} & set(sys.argv))
        problems([p for p in error.problems if p.severity == "error" or not quiet], err())
        return INVALID
    known = _known_failures()
    for kind, code in known:
        if isinstance(error, kind):
            click.echo(f"Error: {error}", err=True)
            return code
    raise error


def _known_failures() -> list[tuple[type[Exception], int]]:
    from scenarios.files import FilesError
    from scenarios.run import AuditFailed
    from scenarios.store import StoreError, UnknownRun

    return [(UnknownRun, USAGE), (StoreError, INVALID), (FilesError, INVALID), (AuditFailed, DEFECT)]


if __name__ == "__main__":
    main()
