"""Charts of a plan held against what happened, one file each; a new file here is a new chart of every evaluation.

Each is as a chart of `reports.charts`, but its ``frame(found, **options)`` takes the document of
`scenarios.evaluate.evaluate.evaluate`. Where too little is known the frame says so and the picture has it in words; it
is empty only where there is nothing to tell of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol, cast

import pandas as pd

from reports.charts import Drawn, Plot
from reports.words import say


class EvaluationChart(Drawn, Protocol):
    """What the module of a chart of an evaluation has to have."""

    def frame(self, found: Mapping[str, Any], **options: Any) -> pd.DataFrame:
        """Return exactly what is plotted."""


@dataclass(frozen=True)
class EvaluationPlot(Plot):
    """One picture of an evaluation."""

    @property
    def module(self) -> Drawn:
        """The chart's module."""
        return charts()[self.chart]


@cache
def charts() -> Mapping[str, EvaluationChart]:
    """Return the charts by name, in the order of the page."""
    found = {m.name: cast(EvaluationChart, import_module(f"{__name__}.{m.name}")) for m in iter_modules(__path__)}
    return dict(sorted(found.items(), key=lambda item: (item[1].ORDER, item[0])))


def plots(found: Mapping[str, Any]) -> Iterator[EvaluationPlot]:
    """Yield every picture that has something to show or to say, in the order of the page."""
    for name, chart in charts().items():
        variants: Mapping[str, dict[str, Any]] = chart.variants(found) if hasattr(chart, "variants") else {"": {}}
        for variant, options in variants.items():
            table = chart.frame(found, **options)
            if len(table):
                whole = f"{name}-{variant}" if variant else name
                yield EvaluationPlot(whole, name, say(chart.TITLE, variant=say(variant)), table)
