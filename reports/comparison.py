"""The charts of a comparison as files, all of them or none."""

from __future__ import annotations

from pathlib import Path

from reports import style
from reports.charts.many import reps, scores
from scenarios.compare import Comparison
from scenarios.files import write_all

CHARTS = {"scores": scores, "reps": reps}
"""The charts by file name."""


def write_charts(found: Comparison, folder: Path) -> list[Path]:
    """Write each chart that has something to show as PNG (300 dpi) and SVG; return the files.

    Raises
    ------
    scenarios.files.FilesError
        The folder cannot be written; everything is as it was.
    """
    made: dict[str, bytes | str] = {}
    for name, chart in CHARTS.items():
        table = chart.frame(found)
        if not len(table):
            continue
        with style.house(style.texts(table), salt=name):
            made[f"{name}.png"] = style.picture(style.figure(chart.draw(table)), "png")
            made[f"{name}.svg"] = style.picture(style.figure(chart.draw(table)), "svg")
    return write_all(folder, made) if made else []
