"""The prices of a solve: each pricing goes on from the one before, of this instance or of a neighbour."""

from __future__ import annotations

from dataclasses import replace

from solver.engine.machines.pool import Workers
from solver.engine.prices.price import POLISH, Ascent, price
from solver.engine.solution import Cancelled, NamedPrices, Prices, prices_by_row
from solver.instance import Instance


class Pricing:
    """The best prices so far, and the instance they belong to.

    Parameters
    ----------
    start : prices of an earlier solve, by name.
    """

    def __init__(self, start: NamedPrices | None):
        self._start = start
        self._best: tuple[Instance, Prices] | None = None

    def named(self) -> NamedPrices | None:
        """Return the prices by name, None where nothing was priced."""
        return None if self._best is None else self._best[1].named(self._best[0])

    def go_on(
        self, instance: Instance, seconds: float, over: Cancelled, workers: int | Workers, ascent: Ascent | None
    ) -> Prices:
        """Price an instance from the prices there are; keep and return whichever bound it better. See `price`."""
        named = self._start if self._best is None else self.named()
        start = None if named is None else prices_by_row(instance, named)
        found = price(instance, seconds, over, start, workers, ascent)
        if self._best is not None and self._best[0] is instance:
            best = self._best[1]
            if found.bound >= best.bound:
                return best
            # Sharp prices give the bound, those before them are what searches go by.
            found = replace(found, smooth=best.smooth) if ascent is POLISH else found
        self._best = instance, found
        return found
