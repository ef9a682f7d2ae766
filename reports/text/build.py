"""How far the making of reports is, on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.progress import TimeElapsedColumn

from reports.live import Bar


class BuildProgress(Bar):
    """A bar while reports are made: ``with BuildProgress(quiet, console) as progress: build(..., progress)``.

    Drawn on a terminal only, and gone when done; nothing when `quiet`.
    """

    def __init__(self, quiet: bool, console: Console):
        super().__init__(quiet, console, "starting", TimeElapsedColumn())

    def __call__(self, name: str, done: float, of: int) -> None:
        """Take news: what is made, how many formats are done, with the part done of this one, and of how many."""
        self.move(done, of, name)
