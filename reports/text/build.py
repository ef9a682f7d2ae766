"""How far the making of reports is, on the terminal."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn


class BuildProgress:
    """A bar while reports are made: ``with BuildProgress() as progress: build(..., progress)``.

    Drawn on a terminal only, and gone when done; nothing when `quiet`.
    """

    def __init__(self, quiet: bool = False, console: Console | None = None):
        shown = console is not None and console.is_terminal and not quiet
        columns = (TextColumn("{task.description:>9}"), BarColumn(), MofNCompleteColumn())
        self._bar = Progress(*columns, console=console, transient=True, disable=not shown)
        self._task = self._bar.add_task("starting", total=None)

    def __enter__(self) -> BuildProgress:
        """Start drawing."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing and leave the terminal clean."""
        self._bar.stop()

    def __call__(self, name: str, done: int, of: int) -> None:
        """Take news: what is made next, how many formats are done, and of how many."""
        self._bar.update(self._task, description=name, completed=done, total=of)
