"""The charts of a stress as files, all of them or none."""

from __future__ import annotations

import re
from pathlib import Path

from reports.charts.many import stress as chart
from scenarios.files import write_all
from scenarios.stress.stress import Stress


def write_charts(found: Stress, level: float, folder: Path) -> list[Path]:
    """Write a chart a check as PNG (300 dpi) and SVG, ``stress-NAME``; return the files.

    Raises
    ------
    scenarios.files.FilesError
        The folder cannot be written; everything is as it was.
    """
    made: dict[str, bytes | str] = {}
    for number, check in enumerate(found.checks, 1):
        name = "stress-" + re.sub(r"[^\w-]+", "_", check.name)
        name = name if f"{name}.png" not in made else f"{name}-{number}"
        table = chart.frame(check, level)
        made[f"{name}.png"] = chart.picture(table, "png")
        made[f"{name}.svg"] = chart.picture(table, "svg")
    return write_all(folder, made)
