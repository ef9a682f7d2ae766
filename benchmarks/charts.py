"""The plain chart of a benchmark that has no other: a bar a case, drawn from the rows of its CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.ticker import FuncFormatter

from benchmarks.measure import RESULTS
from reports import style

_COLOURS = (style.BLUE, style.ORANGE, style.SKY, style.RED, style.SOFT)


def bars(name: str, rows: Sequence[dict[str, Any]], case: str, value: str, title: str, group: str = "") -> Path:
    """Draw ``results/<name>.png``: a bar for each row, or for each `group` within a case; log axis, values beside."""
    cases = list(dict.fromkeys(str(row[case]) for row in rows))
    groups = list(dict.fromkeys(str(row[group]) for row in rows)) if group else [""]
    with style.house([*cases, *groups]):
        ax = style.canvas(None, 9.0, 1.2 + (0.3 + 0.16 * len(groups)) * len(cases))
        height = 0.8 / len(groups)
        for k, which in enumerate(groups):
            mine = [row for row in rows if not group or str(row[group]) == which]
            at = [cases.index(str(row[case])) + (k - (len(groups) - 1) / 2) * height for row in mine]
            width = [max(float(row[value] or 0.0), 1e-4) for row in mine]
            ax.barh(at, width, height * 0.85, color=_COLOURS[k % len(_COLOURS)], label=which or None)
            for y, x, row in zip(at, width, mine, strict=True):
                ax.annotate(f" {float(row[value] or 0.0):,.4g}", (x, y), va="center", fontsize=7, color=style.SOFT)
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        ax.margins(x=0.15)
        ax.set_yticks(range(len(cases)), cases)
        ax.invert_yaxis()
        ax.set_title(title, loc="left", fontsize=10)
        if group:
            ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
        picture = RESULTS / f"{name}.png"
        made = style.figure(ax)
        made.set_layout_engine("constrained")
        picture.write_bytes(style.picture(made, "png", dpi=150))
    return picture
