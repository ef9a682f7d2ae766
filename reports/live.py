"""What is drawn over and over on a terminal while something goes on, and is gone when it ends."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn


class Drawing:
    """``with`` it, something is drawn by `_draw`; nothing where the console is no terminal, or when `quiet`."""

    def __init__(self, quiet: bool, console: Console) -> None:
        self._console, self._quiet = console, quiet
        self._screen: Live | Progress | None = None

    def __enter__(self) -> Self:
        """Start drawing."""
        if not self._quiet and self._console.is_terminal:
            self._screen = self._made()
            self._screen.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing and leave the terminal clean."""
        if self._screen is not None:
            self._screen.stop()
            self._screen = None

    def _made(self) -> Live | Progress:
        return Live(get_renderable=self._draw, console=self._console, refresh_per_second=4, transient=True)

    def _draw(self) -> RenderableType:
        raise NotImplementedError


class Bar(Drawing):
    """A bar with a word before it and, after it, how many are done of how many.

    Parameters
    ----------
    word : what is going on first.
    more : columns after the count.
    """

    def __init__(self, quiet: bool, console: Console, word: str, *more: ProgressColumn) -> None:
        super().__init__(quiet, console)
        columns = (TextColumn("{task.description:>9}"), BarColumn(), MofNCompleteColumn(), *more)
        self._bar = Progress(*columns, console=console, transient=True)
        self._task = self._bar.add_task(word, total=None)

    def _made(self) -> Progress:
        return self._bar

    def move(self, done: float, of: int, word: str | None = None) -> None:
        """Take news: how many are done, with the part done of the next, and of how many."""
        self._bar.update(self._task, completed=done, total=of, description=word)
