"""What is drawn over and over on a terminal while something goes on, and is gone when it ends."""

from __future__ import annotations

import math
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn
from rich.text import Text

from reports.console import err

if TYPE_CHECKING:
    from solver.engine import solution


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


#: What the engine does in each of its stages, for people.
STAGES = {
    "construct": "making a first plan",
    "coverage": "finding a rep for everybody",
    "price": "pricing the limits",
    "anneal": "improving customer by customer",
    "neighbourhoods": "solving parts anew",
    "branch": "proving part by part",
    "books": "bounding by whole books",
    "dive": "filling whole books",
    "regroup": "improving a few books at a time",
    "prove": "proving by whole books",
    "floors": "keeping the floors",
    "exact": "solving it as a whole",
    "confirm": "confirming that no plan is possible",
    "done": "done",
}


class LiveProgress(Drawing):
    """Shows a search while it runs: ``with LiveProgress() as progress: solve(..., progress)``.

    On a terminal one line that is drawn over and over, with a bar up to the score and on to the bound; elsewhere a
    plain line every `every` seconds and at the end; nothing when `quiet`. It may be called from any thread.

    Parameters
    ----------
    console : where to draw; stderr by default.
    every : seconds between plain lines.
    """

    def __init__(self, quiet: bool = False, console: Console | None = None, every: float = 5.0) -> None:
        super().__init__(quiet, console or err())
        self._every = every
        self._began = time.monotonic()
        self._said = -math.inf
        self._last: tuple[float, float | None, float | None, float | None, str] | None = None

    def __enter__(self) -> Self:
        """Start drawing."""
        self._began = time.monotonic()
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing and leave the terminal clean; elsewhere say the last news."""
        drawn = self._screen is not None
        super().__exit__(kind, error, trace)
        if not drawn and self._last is not None and not self._quiet and self._said != self._last[0]:
            self._say()

    def __call__(
        self, seconds: float, score: float | None, bound: float | None, gap: float | None, stage: str = ""
    ) -> None:
        """Take news of the search: seconds since its start, points of score, bound and gap (None: not yet), stage."""
        self._last = (seconds, score, bound, gap, stage)
        if not self._quiet and self._screen is None and seconds - self._said >= self._every:
            self._say()

    def search(self, progress: solution.Progress, before: str = "") -> None:
        """Take news of the engine; `before` says which of several searches they are of."""
        stage = before + STAGES.get(progress.stage, progress.stage)
        self(progress.seconds, progress.score, progress.bound, progress.gap, stage)

    def _say(self) -> None:
        if self._last is not None:
            self._said = self._last[0]
            self._console.print(Text(f"{self._last[0]:7.1f} s  {self._words()}"), soft_wrap=True)

    def _words(self) -> str:
        if self._last is None:
            return "starting"
        _, score, bound, gap, stage = self._last
        parts = [
            "no plan yet" if score is None else f"score {score:.2f}",
            "no bound yet" if bound is None else f"of at most {bound:.2f}",
            "" if gap is None else f"gap {gap:.2f}",
            stage,
        ]
        return "  ".join(p for p in parts if p)

    def _draw(self) -> Text:
        line = Text(f"{time.monotonic() - self._began:6.1f} s  ", style="dim")
        if self._last is not None:
            width = max(10, min(40, self._console.width - 60))
            score, bound = (0.0 if v is None else min(100.0, max(0.0, v)) for v in self._last[1:3])
            solid = round(width * score / 100)
            open_ = max(solid, round(width * (bound or 100) / 100))
            line.append("━" * solid, "green").append("━" * (open_ - solid), "yellow").append(
                "━" * (width - open_), "dim"
            )
            line.append("  ")
        line.append(self._words(), "none")
        line.truncate(max(10, self._console.width - 1), overflow="ellipsis")
        return line
