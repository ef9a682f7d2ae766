"""Charts of several runs side by side, one file each, with ``TITLE``, ``frame``, ``draw`` and ``describe``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import ModuleType
from typing import Any, Literal

import pandas as pd

from reports import style
from scenarios.run.record import Run

Kind = Literal["png", "svg", "pdf"]


def many_plots(runs: Sequence[Run], curve: Mapping[str, Any] | None = None) -> dict[str, Callable[[Kind], bytes]]:
    """Return what draws each chart that has something to show, by its file name.

    Parameters
    ----------
    runs : the run a report is about, and those beside it.
    curve : a trade-off curve, see `scenarios.frontier.curve.document`.
    """
    from reports.charts.many import frontier, reps, scores, trend
    from scenarios.compare import compare

    found: dict[str, Callable[[Kind], bytes]] = {}
    if len(runs) > 1:
        sides = compare(runs)
        tables: list[tuple[str, ModuleType, pd.DataFrame]] = [
            ("scenario-scores", scores, scores.frame(sides)),
            ("scenario-reps", reps, reps.frame(sides)),
            ("trend", trend, trend.frame(runs)),
        ]
        found |= {name: partial(_picture, chart, table, name) for name, chart, table in tables if len(table)}
    if curve is not None and curve.get("points"):
        found["frontier"] = partial(frontier.picture, curve)
    return found


def _picture(chart: ModuleType, table: pd.DataFrame, name: str, kind: Kind) -> bytes:
    with style.house(style.texts(table), salt=name):
        return style.picture(style.figure(chart.draw(table)), kind)
