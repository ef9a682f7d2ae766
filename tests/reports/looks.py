"""Pictures held against those that somebody looked at, and faults that nobody should have to look for."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text

BASELINE, MANY = (Path(__file__).parent / name for name in ("baseline", "baseline_many"))
SLACK = 1.5
"""Pixels by which boxes of texts may meet: they have some air in them."""


def hold(picture: bytes, approved: Path, folder: Path) -> None:
    """Fail unless a PNG is the one approved. With UPDATE_BASELINES=1 it becomes that; look at it before you commit it.

    Parameters
    ----------
    folder : where the comparison may leave its files.
    """
    drawn, compared = folder / f"{approved.stem}-drawn.png", folder / f"{approved.stem}-approved.png"
    drawn.write_bytes(picture)
    if os.environ.get("UPDATE_BASELINES"):
        approved.write_bytes(picture)
    compared.write_bytes(approved.read_bytes())
    assert compare_images(str(compared), str(drawn), tol=2) is None


def faults(figure: Figure) -> list[str]:
    """Return what is wrong with the texts of a figure: cut off at its edge, or one over another."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [(t, t.get_window_extent(renderer)) for t in _texts(figure)]
    width, height = figure.bbox.width, figure.bbox.height
    found = [
        f"cut off: {t.get_text()!r}"
        for t, b in boxes
        if min(b.x0, b.y0) < -1 or b.x1 > width + 1 or b.y1 > height + 1
    ]  # fmt: skip
    for (t, a), (u, b) in itertools.combinations([(t, b) for t, b in boxes if t.get_rotation() % 90 == 0], 2):
        across, up = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        if across > SLACK and up > SLACK + 1:
            found.append(f"one over the other: {t.get_text()!r} and {u.get_text()!r}")
    return found


def _texts(figure: Figure) -> Iterator[Text]:
    """The texts that are drawn: not the labels of ticks beyond the ends of an axis."""
    beyond = {id(text) for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) for text in _beyond(axis)}
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in beyond:
            yield text


def _beyond(axis: Axis) -> Iterator[Text]:
    low, high = sorted(axis.get_view_interval())
    for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
        if not low - 1e-9 <= tick.get_loc() <= high + 1e-9:
            yield from (tick.label1, tick.label2)
