"""The trace of a search: its best score and bound so far, kept and passed on."""

from __future__ import annotations

import time

from solver.arrays import Ints
from solver.engine.solution import Progress, Watch
from solver.instance import Instance


class Trace:
    """What a search reached, and when.

    Attributes
    ----------
    began : moment the search began (`time.monotonic`).
    entries : one for each time the score or the bound got better.
    """

    def __init__(self, instance: Instance, watch: Watch | None):
        self.instance, self.watch = instance, watch
        self.began = time.monotonic()
        self.entries: list[Progress] = []

    def spent(self) -> float:
        """Seconds since the search began."""
        return time.monotonic() - self.began

    @property
    def bound(self) -> float | None:
        """Points no plan exceeds, as far as is known."""
        return self.entries[-1].bound if self.entries else None

    @property
    def gap(self) -> float | None:
        """Points between the best score and the bound."""
        return self.entries[-1].gap if self.entries else None

    def tell(self, progress: Progress) -> None:
        """Keep what improved on the best score and bound so far, and pass it on."""
        last = self.entries[-1] if self.entries else Progress(0.0, None, None, "")
        scores = [s for s in (last.score, progress.score) if s is not None]
        bounds = [b for b in (last.bound, progress.bound) if b is not None]
        best = Progress(progress.seconds, max(scores, default=None), min(bounds, default=None), progress.stage)
        if (best.score, best.bound) != (last.score, last.bound):
            self.entries.append(best)
            if self.watch:
                self.watch(best)

    def stage(self, stage: str) -> None:
        """Pass on that a stage begins, which reports nothing itself."""
        if self.watch:
            self.watch(Progress(self.spent(), None, None, stage))

    def plan(self, plan: Ints, stage: str) -> Ints:
        """Report a plan's score and return the plan."""
        self.tell(Progress(self.spent(), self.instance.points(self.instance.value(plan)), None, stage))
        return plan

    def limit(self, bound: float, stage: str = "price") -> None:
        """Report a bound in steps."""
        inst = self.instance
        self.tell(Progress(self.spent(), None, inst.points(min(bound, inst.ceiling())) + inst.error, stage))
