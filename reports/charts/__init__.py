"""The charts, one file each. A new file here is a new chart: found, drawn on the page, and written by every format.

A chart is a module with ``TITLE`` and ``ORDER`` (place on the page), ``frame(run, **options)`` (exactly what is
plotted; empty when there is nothing to show), ``draw(frame, ax=None)`` and ``describe(frame)`` (what the picture says,
for those who cannot see it). It may have ``variants(run)``: for each picture, by a short name, the options of `frame`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Literal, Protocol, cast

import pandas as pd
from matplotlib.axes import Axes

from reports import style, wording
from reports.words import say
from scenarios.run.record import Run


class Drawn(Protocol):
    """What draws a frame and says what it shows."""

    TITLE: str
    ORDER: int

    def draw(self, frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
        """Draw it, on a figure of its own where no axes are given."""

    def describe(self, frame: pd.DataFrame) -> str:
        """Say what the picture shows."""


class Chart(Drawn, Protocol):
    """What a chart's module has to have."""

    def frame(self, run: Run, **options: Any) -> pd.DataFrame:
        """Return exactly what is plotted."""


@dataclass(frozen=True)
class Plot:
    """One picture of one chart.

    Attributes
    ----------
    name : file name without ending, ``loads-potential``.
    chart : the chart's module, ``loads``.
    title : what it is about.
    frame : exactly what is plotted.
    """

    name: str
    chart: str
    title: str
    frame: pd.DataFrame

    @property
    def module(self) -> Drawn:
        """The chart's module."""
        return charts()[self.chart]

    @property
    def alt(self) -> str:
        """What the picture says, in words."""
        return self.module.describe(self.frame)

    @property
    def notes(self) -> list[str]:
        """What is to be told about the fonts, if anything."""
        return style.fonts(style.texts(self.frame))[1]

    def draw(self, ax: Axes | None = None) -> Axes:
        """Draw it, on a figure of its own where no axes are given."""
        return self.module.draw(self.frame, ax)

    def picture(self, kind: Literal["png", "svg", "pdf"], dpi: int = style.DPI) -> bytes:
        """Return it as a file's content, the same bytes for the same run."""
        return next(self.pictures((kind,), dpi))[1]

    def pictures(
        self, kinds: Sequence[Literal["png", "svg", "pdf"]], dpi: int = style.DPI
    ) -> Iterator[tuple[Literal["png", "svg", "pdf"], bytes]]:
        """Draw it once and yield each kind with its content, the same bytes as of `picture`."""
        with style.house(style.texts(self.frame), salt=self.name):
            drawn = style.figure(self.draw())
            for kind in kinds:
                yield kind, style.picture(drawn, kind, dpi)


@cache
def charts() -> Mapping[str, Chart]:
    """Return the charts by name, in the order of the page.

    Raises
    ------
    TypeError
        A module of this package lacks something a chart has to have.
    """
    found: dict[str, Chart] = {}
    for module in iter_modules(__path__):
        if module.ispkg:  # charts of more than one run are for others to ask for
            continue
        chart = import_module(f"{__name__}.{module.name}")
        missing = [n for n in ("TITLE", "ORDER", "frame", "draw", "describe") if not hasattr(chart, n)]
        if missing:
            raise TypeError(f"chart {module.name} lacks {', '.join(missing)}")
        found[module.name] = cast(Chart, chart)
    return dict(sorted(found.items(), key=lambda item: (item[1].ORDER, item[0])))


def plots(run: Run) -> Iterator[Plot]:
    """Yield every picture that has something to show for the run, in the order of the page."""
    for name, chart in charts().items():
        variants: Mapping[str, dict[str, Any]] = chart.variants(run) if hasattr(chart, "variants") else {"": {}}
        for variant, options in variants.items():
            table = chart.frame(run, **options)
            if len(table):
                yield Plot(
                    f"{name}-{variant}" if variant else name,
                    name,
                    say(chart.TITLE, variant=wording.heading(variant)),
                    table,
                )
