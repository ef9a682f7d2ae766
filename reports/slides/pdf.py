"""The deck as PDF, drawn page by page: for those without PowerPoint; nothing but matplotlib is needed."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import style, wording
from reports.slides.blocks import (
    BOTTOM,
    HIGH,
    LEFT,
    RIGHT,
    WIDE,
    Bars,
    Box,
    Curve,
    Deck,
    Grid,
    Points,
    Slide,
    Tiles,
    fitted,
    one_line,
    too_short,
    wrap,
)  # fmt: skip

DEEP = "#0B2F4A"
#: How much smaller our Latin font has to be to take the room a presentation's would.
NARROW = 0.86


def pdf(deck: Deck, created: dt.datetime) -> bytes:
    """Return the deck as a PDF file's content, the same bytes for the same deck."""
    target = io.BytesIO()
    moment = created.astimezone(dt.UTC)
    told = {"Title": deck.title, "Author": "Fairbook", "Creator": None, "Producer": None, "CreationDate": moment}
    with style.house(_texts(deck)), PdfPages(target, metadata=told) as file:
        for number, slide in enumerate(deck.slides, 1):
            file.savefig(page(slide, f"{deck.footer} · {number}/{len(deck.slides)}"))
    return target.getvalue()


def page(slide: Slide, footer: str) -> Figure:
    """Return one slide as a figure."""
    figure = Figure(figsize=(WIDE, HIGH))
    FigureCanvasAgg(figure)
    wide = wording.columns(one_line(slide.title))
    size = 24 if wide <= 52 else 20 if wide <= 66 else 17
    lines = wrap(one_line(slide.title), RIGHT - LEFT, size / NARROW)[:2]
    _lines(figure, LEFT, 0.62 if len(lines) == 1 else 0.35, lines, size, DEEP, strong=True)
    _lines(figure, LEFT, 1.15, [one_line(slide.below)], 13, style.SOFT)
    for box, block in slide.blocks:
        if isinstance(block, Tiles):
            _tiles(figure, box, block)
        elif isinstance(block, Points):
            _points(figure, box, block)
        elif isinstance(block, Grid):
            _grid(figure, box, block)
        else:
            ax = figure.add_axes(_share(_inner(box, block)))
            _bars(ax, block) if isinstance(block, Bars) else _curve(ax, block)
    _lines(figure, LEFT, BOTTOM + 0.2, [footer], 8.5, style.SOFT)
    return figure


def _texts(deck: Deck) -> Iterator[str]:
    for slide in deck.slides:
        yield slide.title + slide.below
        for _, block in slide.blocks:
            yield str(block)


def _share(box: Box) -> tuple[float, float, float, float]:
    return box.x / WIDE, 1 - (box.y + box.h) / HIGH, box.w / WIDE, box.h / HIGH


def _inner(box: Box, block: Bars | Curve) -> Box:
    """The part of a chart's place that is left to its axes."""
    if isinstance(block, Curve):
        return Box(box.x + 0.6, box.y + 0.45, box.w - 0.8, box.h - 1.35)
    if block.way == "stacked":
        left = min(0.4 * box.w, style.room(block.categories, 10) + 0.1)
        return Box(box.x + left, box.y + 0.45, box.w - left - 0.15, box.h - 0.95)
    slanted = _slanted(block, box.w)
    below = min(1.3, 0.75 * style.room(block.categories, 9)) if slanted else 0.3
    return Box(box.x + 0.55, box.y + 0.45, box.w - 0.6, box.h - 0.9 - below)


def _slanted(block: Bars, wide: float) -> bool:
    return style.room(block.categories, 9) > 0.95 * wide / max(1, len(block.categories))


def _lines(
    figure: Figure, x: float, y: float, lines: list[str], size: float, colour: str, strong: bool = False,
    align: Any = "left",
) -> float:  # fmt: skip
    """Write lines from a point down; return where the next would go."""
    for text in lines:
        font = style.strong(text) if strong else {}
        figure.text(x / WIDE, 1 - y / HIGH, text, va="top", ha=align, fontsize=size, color=colour, **font)
        y += 1.28 * size / 72
    return y


def _tiles(figure: Figure, box: Box, block: Tiles) -> None:
    across = 4 if len(block.items) > 6 else 3
    down = -(-len(block.items) // across)
    wide, high = box.w / across, box.h / max(down, 2)
    for n, (name, number, more) in enumerate(block.items):
        x, y = box.x + n % across * wide, box.y + n // across * high
        colour = style.BLUE if n == 0 else style.RULE
        bar = Rectangle((x / WIDE, 1 - (y + 0.09) / HIGH), (wide - 0.35) / WIDE, 0.04 / HIGH, color=colour, linewidth=0)
        figure.add_artist(bar)
        at = _lines(figure, x, y + 0.22, [name], 13, style.SOFT)
        at = _lines(figure, x, at + 0.05, [number], 32, DEEP, strong=True)
        _lines(figure, x, at + 0.05, wrap(more, wide - 0.4, 12 / NARROW), 12, style.SOFT)


def _points(figure: Figure, box: Box, block: Points) -> None:
    y = box.y
    if block.head:
        y = _lines(figure, box.x, y, [block.head], 13, style.BLUE, strong=True) + 0.05
    size = fitted([one_line(t) for t in block.items], box.w, box.y + box.h - y, block.size, 9.0) * NARROW
    for text in block.items:
        lines = wrap(one_line(text), box.w - 0.3, size / NARROW)
        many = len(block.items) > 1
        if many:
            _lines(figure, box.x, y, ["•"], size, style.INK)
        y = _lines(figure, box.x + (0.2 if many else 0), y, lines, size, style.INK) + 0.4 * size / 72


def _grid(figure: Figure, box: Box, block: Grid) -> None:
    rows = len(block.rows) + 1
    high = min(box.h / rows, 0.42)
    widths = list(block.widths) or [1.0] * len(block.head)
    size = min(block.size * NARROW, high * 72 * 0.5)
    edges = box.x + np.concatenate([[0.0], np.cumsum(widths)]) / sum(widths) * box.w
    for r, cells in enumerate([block.head, *block.rows]):
        top = box.y + r * high
        shade = DEEP if r == 0 else "#F4F6F8" if r % 2 == 0 else "white"
        corner = (box.x / WIDE, 1 - (top + high) / HIGH)
        figure.add_artist(Rectangle(corner, box.w / WIDE, high / HIGH, color=shade, linewidth=0, zorder=0))
        for c, text in enumerate(cells):
            number, room = c in block.numbers, (edges[c + 1] - edges[c] - 0.12) * 72 / 0.58
            fits = min(size, max(0.75 * size, room / max(1, wording.columns(text))))
            said = wording.label(text, max(3, int(room / fits + 1e-6)))
            figure.text(
                ((edges[c + 1] - 0.07) if number else (edges[c] + 0.07)) / WIDE, 1 - (top + high / 2) / HIGH, said,
                ha="right" if number else "left", va="center_baseline", fontsize=fits, zorder=3,
                color="white" if r == 0 else style.INK, **(style.strong(said) if r == 0 else {}),
            )  # fmt: skip


_LOOKS = {"main": style.BLUE, "quiet": "#9DB4C4", "mark": "#D55E00", "missed": style.RULE}


def _bars(ax: Axes, block: Bars) -> None:
    style.bare(ax)
    ax.set_title(block.title, loc="left", fontsize=12, pad=10, **style.strong(block.title))
    at = np.arange(len(block.categories), dtype=np.float64)
    drawn = [(s, np.array([np.nan if v is None else v for v in s.values], dtype=np.float64)) for s in block.series]
    names = [wording.label(c, 26) for c in block.categories]
    if block.way == "stacked":
        left = np.zeros(len(at))
        for series, values in drawn:
            ax.barh(at, values, left=left, height=0.62, color=_LOOKS[series.role], label=series.name)
            for y, start, value in zip(at, left, values, strict=True):
                ink = "white" if series.role == "main" else style.INK
                if not too_short(float(value), block):
                    ax.text(start + value / 2, y, f"{value:.1f}", ha="center", va="center_baseline", fontsize=10,
                            color=ink)  # fmt: skip
            left = left + np.nan_to_num(values)
        ax.set_yticks(at, names, fontsize=10)
        ax.set_ylim(len(at) - 0.5, -0.5)
        ax.set_xticks([])
    else:
        columns = [d for d in drawn if d[0].role != "mark"]
        wide = 0.76 / max(1, len(columns))
        for n, (series, values) in enumerate(columns):
            x = at - 0.38 + wide * (n + 0.5)
            ax.bar(x, values, width=wide * 0.94, color=_LOOKS[series.role], label=series.name, zorder=2)
            if len(block.series) == 1:
                for where, value in zip(x, values, strict=True):
                    text = _said(float(value), block.form)
                    ax.text(where, value, text, ha="center", va="bottom", fontsize=10.5)
        for series, values in (d for d in drawn if d[0].role == "mark"):
            ax.hlines(values, at - 0.42, at + 0.42, color=_LOOKS["mark"], linewidth=2, label=series.name, zorder=3)
        slanted = style.room(names, 9) > 0.95 * float(ax.get_position().width) * WIDE / max(1, len(names))
        turn: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
        ax.set_xticks(at, names, fontsize=9, color=style.INK, **turn)
        ax.yaxis.set_major_locator(MaxNLocator(5))
        ax.yaxis.set_major_formatter(
            FuncFormatter(lambda v, _: _said(v, "0%") if block.form == "0%" else wording.short(v, trim=True))
        )
        ax.tick_params(axis="y", labelcolor=style.SOFT)
        if len(block.series) == 1:
            ax.set_yticks([])
            ax.margins(y=0.12)
        else:
            ax.grid(axis="y", color=style.PALE)
        ax.set_xlim(-0.6, len(at) - 0.4)
    if len(block.series) > 1:
        _legend(ax, above=block.way != "stacked")


def _said(value: float, form: str) -> str:
    """A value as its number format has it."""
    if form == "0%":
        return wording.percent(value)
    return f"{value:.1f}" if form == "0.0" else wording.short(value)


def _legend(ax: Axes, above: bool) -> None:
    options: dict[str, Any] = {"frameon": False, "fontsize": 9.5, "ncols": 4, "borderaxespad": 0.2}
    if above:
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1.0), **options)
    else:
        ax.legend(loc="upper left", bbox_to_anchor=(0, -0.02), **options)


def _curve(ax: Axes, block: Curve) -> None:
    ax.set_title(block.title, loc="left", fontsize=12, pad=10, **style.strong(block.title))
    marks, colours = ("o", "D", "s", "X"), (style.BLUE, "#D55E00", style.INK, style.SOFT)
    for n, (name, xs, ys, line) in enumerate(block.series):
        ax.plot(xs, ys, marks[n % 4], color=colours[n % 4], markersize=7 if line else 10, label=name, zorder=3 + n,
                linestyle="-" if line else "", linewidth=2.2, markeredgecolor="white")  # fmt: skip
    ax.set_xlabel(block.x, fontsize=10)
    ax.set_ylabel(block.y, fontsize=10)
    ax.margins(0.08)
    ax.grid(color=style.PALE)
    ax.tick_params(labelcolor=style.SOFT)
    ax.legend(loc="upper left", bbox_to_anchor=(0, -0.13), frameon=False, fontsize=9.5, ncols=4)
