"""The command line: global options, the commands by name, and every end as an exit code."""

from __future__ import annotations

import os
import sys

import click

from commands.catalogue import COMMANDS
from commands.failures import DONE, STOPPED, USAGE, Failure, failure, unforeseen
from commands.lazy import LazyGroup
from commands.options import CONTEXT
from commands.settings import Settings, print_json


@click.group(cls=LazyGroup, table=COMMANDS, context_settings=CONTEXT)
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
    settings = context.ensure_object(Settings)
    settings.quiet = quiet
    if store:
        settings.store_url = store


_GLOBAL = frozenset(o for p in app.params if isinstance(p, click.Option) for o in (*p.opts, *p.secondary_opts))


def main() -> None:
    """Run the command line; every known failure ends in its exit code and a message on stderr."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; with `--json` a failure too is a JSON object on stdout."""
    settings = Settings()
    try:
        code = app.main(arguments, prog_name="fairbook", standalone_mode=False, obj=settings)
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except click.Abort:
        return _failed(Failure("stopped", "stopped", STOPPED), settings)
    except click.ClickException as error:
        settings.json = settings.json or _asks_for_json(arguments)  # what cannot be parsed sets no option
        command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "fairbook"
        if isinstance(error, click.NoSuchOption) and error.option_name in _GLOBAL:
            name = error.option_name
            there = f"No such option {name!r} here: it goes before the command, fairbook {name} …"
            error = click.NoSuchOption(name, there, ctx=error.ctx)
        failed = Failure("usage", error.format_message(), USAGE, more={"command": command})
        return _failed(failed, settings, error)
    except Exception as error:
        known = failure(error)
        if known is None:
            if settings.json:
                print_json(unforeseen(error).as_dict())
            raise
        return _failed(known, settings)
    return code if isinstance(code, int) else DONE


def _asks_for_json(arguments: list[str]) -> bool:
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


def _failed(failed: Failure, settings: Settings, usage: click.ClickException | None = None) -> int:
    """Say what failed: JSON on stdout where it is asked for, and in any case words on stderr."""
    if settings.json:
        print_json(failed.as_dict())
    if usage:
        usage.show()
    elif failed.problems:
        from reports.console import problems

        said = [p for p in failed.problems if p.severity == "error" or not settings.quiet]
        problems(said, settings.err, settings.every)
        if settings.next_step and not settings.quiet:
            click.echo(settings.next_step, err=True)
    else:
        click.echo(f"Error: {failed.message}" if failed.code != STOPPED else "Stopped.", err=True)
    return failed.code


if __name__ == "__main__":
    main()
