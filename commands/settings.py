"""What every command shares: where runs are kept, how much is said, and how results are printed."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from scenarios.run.record import Run
    from scenarios.store import Store

_DEFAULT_STORE = str(Path(".fairbook") / "runs.db")
#: Most folders in which runs are looked for where there are none here.
_LOOKED_AT = 200


class Settings:
    """The global options of one call.

    Attributes
    ----------
    store_url : file or URL of the run store.
    quiet : whether progress and notes are left out.
    json : whether the result is printed as JSON; set by `--json` as soon as it is parsed.
    every : whether every problem is listed on a line of its own, set by `--all`; None where the command has no `--all`.
    next_step : what to say after the problems of an input; empty for nothing.
    """

    def __init__(self, store: str | None = None, quiet: bool = False, json: bool = False):
        self.store_url = store or os.environ.get("FAIRBOOK_STORE") or _DEFAULT_STORE
        self.quiet = quiet
        self.json = json
        self.every: bool | None = None
        self.next_step = ""

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

    # --- the store -------------------------------------------------------------------------------

    def store(self) -> Store:
        """Open the run store to write in, making it where there is none."""
        from scenarios.store import Store

        return Store(self.store_url)

    def has_store(self) -> bool:
        """Whether there is a run store to read; looking makes none. One on a server counts as there."""
        from scenarios.store.address import Address

        path = Address.of(self.store_url).path
        return path is None or path.exists()

    def existing(self) -> Store:
        """Open the run store to read.

        Raises
        ------
        UnknownRun
            There is none; none is made.
        """
        from scenarios.store import UnknownRun

        if not self.has_store():
            elsewhere = self.where_runs_are() or "fairbook solve PLAN makes one"
            raise UnknownRun(f"no runs yet: there is no store {Path(self.store_url).absolute()}; {elsewhere}")
        return self.store()

    def where_runs_are(self) -> str:
        """Where runs were found instead, in a folder above or right below, and how to name them; empty for nowhere.

        Runs are kept in the folder in which `solve` was called, so one who calls from another sees none of them.
        """
        if self.store_url != _DEFAULT_STORE or self.has_store():
            return ""
        try:
            here = Path.cwd()
            folders = [*here.parents, *sorted(p for p in here.iterdir() if p.is_dir())]
            found = [f / _DEFAULT_STORE for f in folders[:_LOOKED_AT] if (f / _DEFAULT_STORE).is_file()]
        except OSError:
            return ""
        if not found:
            return ""
        shown = found[0].relative_to(here) if found[0].is_relative_to(here) else found[0]
        return f"there are runs in {shown}: fairbook --store {shlex.quote(str(shown))} …"

    def load(self, name: str) -> Run:
        """Load the run that is meant by an id, a prefix of one, a scenario's name or ``latest``."""
        with self.existing() as store:
            return store.load(store.find(name))

    # --- results ---------------------------------------------------------------------------------

    def show(self, document: Callable[[], Any], draw: Callable[[Console], object]) -> None:
        """Print a result: with `--json` the document, else as `draw` puts it on the terminal."""
        if self.json:
            print_json(document())
        else:
            draw(self.out)

    def show_paths(self, paths: Iterable[Path]) -> None:
        """Print the files that were written, one a line."""
        named = [str(p) for p in paths]
        self.show(lambda: named, lambda _: click.echo("\n".join(named)))


def print_json(value: Any) -> None:
    """Print plain data as JSON on stdout."""
    from scenarios.run.record import to_json

    click.echo(to_json(value), nl=False)


pass_settings = click.make_pass_decorator(Settings)
