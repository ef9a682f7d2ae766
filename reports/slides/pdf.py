"""The deck as PDF, drawn page by page: for those without PowerPoint; nothing but matplotlib is needed."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Stroke
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from reports import style, wording
from reports.slides import fit, numbers
from reports.slides.blocks import (
    BELOW,
    BOTTOM,
    HIGH,
    LEAST,
    LEFT,
    RIGHT,
    TITLE,
    WIDE,
    Band,
    Bars,
    Box,
    Card,
    Curve,
    Deck,
    Grid,
    Points,
    Slide,
    Tiles,
    one_line,
    ticks,
    too_short,
)  # fmt: skip
from reports.slides.fit import card_size

DEEP, FILL, QUIET, MARK = "#0B2F4A", "#F4F5F7", "#9DB4C4", "#D55E00"
#: How much smaller our Latin font has to be to look as large as those of office programs, and to take their room.
NARROW = 0.86
EM = 1.02 * NARROW
"""How wide letters are at the size they would have in a presentation, of those of our Latin font; with some room."""


def pdf(deck: Deck, created: dt.datetime) -> bytes:
    """Return the deck as a PDF file's content, the same bytes for the same deck."""
    target = io.BytesIO()
    moment = created.astimezone(dt.UTC)
    told = {"Title": deck.title, "Author": "Fairbook", "Creator": None, "Producer": None, "CreationDate": moment}
    with style.house(_texts(deck)), PdfPages(target, metadata=told) as file:
        for number, slide in enumerate(deck.slides, 1):
            file.savefig(page(slide, deck.footer, f"{number} / {len(deck.slides)}"))
    return target.getvalue()


def page(slide: Slide, footer: str, number: str = "") -> Figure:
    """Return one slide as a figure."""
    figure = Figure(figsize=(WIDE, HIGH))
    FigureCanvasAgg(figure)
    size, text = TITLE, one_line(slide.title)
    while size > 0.6 * TITLE and len(fit.wrap(text, RIGHT - LEFT, size, EM * 1.1)) * 1.2 * size / 72 > 0.95:
        size -= 1
    lines = fit.wrap(text, RIGHT - LEFT, size, EM * 1.1)[:3]
    _lines(
        figure, LEFT, 1.22 - len(lines) * 1.2 * size / 72, lines, size * NARROW, DEEP, strong=True, apart=1.2 / NARROW
    )
    _lines(figure, LEFT, 1.3, [fit.cut(slide.below, RIGHT - LEFT, BELOW, 1, EM)], BELOW * NARROW, style.SOFT)
    small = fit.cards_size([(box, b) for box, b in slide.blocks if isinstance(b, Card)], 1.0, EM)
    for box, block in slide.blocks:
        if isinstance(block, Card):
            _card(figure, box, block, size=small)
        elif isinstance(block, Bars | Curve):
            ax = figure.add_axes(_share(_inner(box, block)))
            _bars(ax, block) if isinstance(block, Bars) else _curve(ax, block)
        else:
            _TEXTS[type(block)](figure, box, block)
    _lines(figure, LEFT, BOTTOM + 0.22, [footer], 9, style.SOFT)
    _lines(figure, RIGHT, BOTTOM + 0.22, [number], 9, style.SOFT, align="right")
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
        return Box(box.x + 0.6, box.y + 0.45, box.w - 0.8, box.h - 1.4)
    if block.way == "stacked":
        left = min(0.4 * box.w, style.room(block.categories, 10.5) + 0.1)
        return Box(box.x + left, box.y + 0.45, box.w - left - 0.15, box.h - 0.95)
    left = 0.1 if block.labelled else 0.62
    below = (
        0.32 * _deep(block, box.w)
        if not fit.slanted(block, box.w, 12, EM)
        else min(1.35, 0.75 * style.room(block.categories, 10))
    )
    return Box(box.x + left, box.y + 0.5, box.w - left - 0.05, box.h - 0.6 - below)


def _names(block: Bars, wide: float) -> list[list[str]]:
    """The names below columns, in up to two lines each."""
    room = 0.95 * wide / max(1, len(block.categories))
    return [fit.wrap(c, room, 12, EM) for c in block.categories]


def _deep(block: Bars, wide: float) -> int:
    return min(2, max((len(n) for n in _names(block, wide)), default=1))


def _lines(
    figure: Figure, x: float, y: float, lines: Sequence[str], size: float, colour: Any, strong: bool = False,
    align: Any = "left", apart: float = 1.28 / NARROW,
) -> float:  # fmt: skip
    """Write lines from a point down; return where the next would go."""
    for text in lines:
        _text(figure, x / WIDE, 1 - y / HIGH, text, size, colour, strong, va="top", ha=align)
        y += apart * size / 72
    return y


def _text(figure: Any, x: float, y: float, text: str, size: float, colour: Any, strong: bool, **more: Any) -> None:
    """Write a text; a stressed one in bold, or where its font has none, with an outline in its own colour."""
    font = style.strong(text) if strong else {}
    figure.text(x, y, text, fontsize=size, color=colour, **font, **more)
    if strong and not font and text.strip():
        outline = Stroke(linewidth=0.045 * size, foreground=colour)
        figure.text(x, y, text, fontsize=size, color=colour, path_effects=[outline], **more)


def _plate(figure: Figure, box: Box, colour: str) -> None:
    figure.add_artist(Rectangle((box.x / WIDE, 1 - (box.y + box.h) / HIGH), box.w / WIDE, box.h / HIGH, color=colour,
                                linewidth=0, zorder=0))  # fmt: skip


def _tiles(figure: Figure, box: Box, block: Tiles) -> None:
    across = 4 if len(block.items) > 6 or len(block.items) == 4 else 3
    wide, high = (box.w + 0.2) / across, min(box.h / max(-(-len(block.items) // across), 1), 2.4)
    for n, (name, number, more) in enumerate(block.items):
        at = Box(box.x + n % across * wide, box.y + n // across * high, wide - 0.2, high - 0.2)
        _card(figure, at, Card(name, number, more), strong=n == 0)


def _card(figure: Figure, box: Box, block: Card, strong: bool = True, size: float = 15.0) -> None:
    _plate(figure, box, FILL)
    _plate(figure, Box(box.x, box.y, box.w, 0.06), style.BLUE if strong else style.RULE)
    x, wide, bold = box.x + 0.18, box.w - 0.36, bool(block.items)
    colour = style.BLUE if strong and bold else style.SOFT
    at = _lines(figure, x, box.y + 0.2, [block.head], 16 * NARROW, colour, strong=bold)
    number = card_size(block, wide, 1.0, EM)
    at = _lines(figure, x, at, [block.figure], number * NARROW, DEEP, strong=True, apart=1.2 / NARROW)
    _lines(figure, x, at, fit.wrap(block.more, wide, 14, EM)[:3], 14 * NARROW, style.INK)
    if block.items:
        high = fit.card_room(box, block, 1.0, EM)
        _points(figure, Box(x, box.y + box.h - high - 0.09, wide, high), Points(block.items, "", size))


def _band(figure: Figure, box: Box, block: Band) -> None:
    _plate(figure, box, DEEP)
    found, quiet = fit.band_fitted(block, box.w, box.h, 1.0, EM)
    lines, more = fit.wrap(found.items[0], box.w - 0.44, found.size, EM * 1.1), [quiet] if quiet else []
    high = (14 * 1.4 * (1 + len(more)) + found.size * 1.28 * len(lines)) / 72
    at = _lines(figure, box.x + 0.22, box.y + (box.h - high) / 2, [block.head], 14 * NARROW, "white") + 0.02
    at = _lines(figure, box.x + 0.22, at, lines, found.size * NARROW, "white", strong=True) + 0.02
    _lines(figure, box.x + 0.22, at, more, 14 * NARROW, "white")


def _points(figure: Figure, box: Box, block: Points) -> None:
    y = box.y
    if block.head:
        y = _lines(figure, box.x, y, [block.head], 16 * NARROW, style.BLUE, strong=True) + 0.06
    found = fit.fitted(block.items, box.w, box.y + box.h - y, block.size, LEAST, EM)
    size, many = found.size * NARROW, len(block.items) > 1
    for text in found.items:
        if many:
            _lines(figure, box.x, y, ["•"], size, style.INK)
        lines = fit.wrap(text, box.w - 0.3, found.size, EM)
        y = _lines(figure, box.x + (0.2 if many else 0), y, lines, size, style.INK) + 0.4 * found.size / 72


def _grid(figure: Figure, box: Box, block: Grid) -> None:
    laid = fit.laid(block, box.w, box.h, 1.0, EM)
    edges = box.x + np.concatenate([[0.0], np.cumsum(laid.widths)])
    top = box.y
    for r, (cells, high) in enumerate(zip(laid.cells, laid.heights, strict=True)):
        if r % 2 == 0:
            _plate(figure, Box(box.x, top, box.w, high), DEEP if r == 0 else FILL)
        for c, text in enumerate(cells):
            number, strong = c in block.numbers, r == 0 or c == block.strong
            lines = fit.wrap(text, laid.widths[c] - 2 * fit.PAD, laid.size, EM)
            x = edges[c + 1] - fit.PAD if number else edges[c] + (2 if c - 1 in block.numbers else 1) * fit.PAD
            for n, line in enumerate(lines):
                y = top + high / 2 + (n - (len(lines) - 1) / 2) * 1.22 * laid.size / 72
                ink = "white" if r == 0 else style.INK
                _text(figure, x / WIDE, 1 - y / HIGH, line, laid.size * NARROW, ink, strong,
                      ha="right" if number else "left", va="center_baseline", zorder=3)  # fmt: skip
        top += high


_TEXTS: dict[type, Any] = {Tiles: _tiles, Band: _band, Points: _points, Grid: _grid}
_LOOKS: dict[str, dict[str, Any]] = {
    "main": {"color": style.BLUE}, "quiet": {"color": QUIET}, "missed": {"color": style.RULE}, "total": {"color": DEEP},
    "loss": {"facecolor": "white", "edgecolor": MARK, "hatch": "////"}, "base": {"alpha": 0.0}, "cap": {"alpha": 0.0},
}  # fmt: skip


def _headed(ax: Axes, title: str) -> None:
    """Put the title of a chart over its place."""
    box = ax.get_position()
    figure = style.figure(ax)
    _text(figure, box.x0, box.y1 + 0.28 / HIGH, title, 14 * NARROW, style.INK, True, ha="left", va="center_baseline")


def _bars(ax: Axes, block: Bars) -> None:
    style.bare(ax)
    _headed(ax, block.title)
    at = np.arange(len(block.categories), dtype=np.float64)
    drawn = [(s, np.array([np.nan if v is None else v for v in s.values], dtype=np.float64)) for s in block.series]
    if block.way == "stacked":
        _stacked(ax, block, at, drawn)
    else:
        _columns(ax, block, at, drawn)
    if len([s for s in block.series if s.role not in {"base", "cap"}]) > 1 and block.way != "steps":
        _legend(ax, above=block.way != "stacked")


Drawn = list[tuple[Any, Any]]


def _stacked(ax: Axes, block: Bars, at: Any, drawn: Drawn) -> None:
    left = np.zeros(len(at))
    for series, values in drawn:
        ax.barh(at, values, left=left, height=0.62, label=series.name, **_LOOKS[series.role])
        for y, start, value in zip(at, left, values, strict=True):
            if not too_short(float(value), block):
                ax.text(start + value / 2, y, numbers.said(value, block.form), ha="center", va="center_baseline",
                        fontsize=12 * NARROW, color="white" if series.role == "main" else style.INK)  # fmt: skip
        left = left + np.nan_to_num(values)
    ax.set_yticks(at, [wording.label(c, 26) for c in block.categories], fontsize=12 * NARROW)
    ax.set_ylim(len(at) - 0.5, -0.5)
    ax.set_xticks([])


def _columns(ax: Axes, block: Bars, at: Any, drawn: Drawn) -> None:
    """Upright columns side by side, or on top of each other, with short lines across them where they have a target."""
    upright = [d for d in drawn if d[0].role != "mark"]
    steps = block.way == "steps"
    span = {1: 0.35, 2: 0.55}.get(len(at), 0.76)
    wide = span / (1 if steps else max(1, len(upright)))
    under = np.zeros(len(at))
    for n, (series, values) in enumerate(upright):
        x = at if steps else at - span / 2 + wide * (n + 0.5)
        ax.bar(x, values, bottom=under if steps else 0.0, width=wide * 0.94, label=series.name, zorder=2,
               **_LOOKS[series.role])  # fmt: skip
        for k, (where, value) in enumerate(zip(x, values, strict=True)):
            if block.labelled and series.role not in {"base", "cap"} and value == value:
                end = value + under[k] if steps else value
                sign = {"main": "+", "loss": "−"}.get(series.role, "") if steps else ""
                ax.text(where, end, sign + numbers.said(value, block.form), ha="center", va="bottom",
                        fontsize=12 * NARROW)  # fmt: skip
        under = under + (np.nan_to_num(values) if steps else 0.0)
    for series, values in (d for d in drawn if d[0].role == "mark"):
        ax.hlines(values, at - 0.55 * span, at + 0.55 * span, color=MARK, linewidth=2.4, label=series.name, zorder=3)
    place = float(ax.get_position().width) * WIDE
    if fit.slanted(block, place, 12, EM):
        names = [wording.label(c, 18) for c in block.categories]
        ax.set_xticks(at, names, fontsize=11 * NARROW, color=style.INK, rotation=45, ha="right", rotation_mode="anchor")
    else:
        ax.set_xticks(at, ["\n".join(n) for n in _names(block, place)], fontsize=12 * NARROW, color=style.INK)
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_formatter(
        FuncFormatter(
            lambda v, _: wording.short(v, trim=True) if block.form == "money" else numbers.said(v, block.form)
        )
    )
    ax.tick_params(axis="y", labelcolor=style.SOFT, labelsize=12 * NARROW)
    if block.labelled:
        ax.set_yticks([])
        ax.margins(y=0.12)
    else:
        ax.grid(axis="y", color=style.PALE)
    if block.most is not None:
        ax.set_ylim(block.least or 0.0, block.most)
    ax.axhline(ax.get_ylim()[0] if block.least is not None else 0.0, color=style.RULE, linewidth=1)
    ax.set_xlim(-0.6, len(at) - 0.4)


def _legend(ax: Axes, above: bool) -> None:
    options: dict[str, Any] = {"frameon": False, "fontsize": 12 * NARROW, "ncols": 4, "borderaxespad": 0.2,
                               "columnspacing": 1.4, "handlelength": 1.4}  # fmt: skip
    if above:
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1.0), **options)
    else:
        ax.legend(loc="upper left", bbox_to_anchor=(0, -0.02), **options)


def _curve(ax: Axes, block: Curve) -> None:
    style.bare(ax)
    _headed(ax, block.title)
    marks = ("o", "D", "s", "^", "X")
    colours = (style.BLUE, MARK, style.INK, style.SOFT, DEEP)
    for n, (name, xs, ys, line) in enumerate(block.series):
        ax.plot(xs, ys, marks[n % 5], color=colours[n % 5], markersize=7 if line else 11, label=name, zorder=3 + n,
                linestyle="-" if line else "", linewidth=2.2, markeredgecolor="white", clip_on=False)  # fmt: skip
        for k, (x, y) in enumerate(zip(xs, ys, strict=True) if line else ()):
            ax.annotate(str(k + 1), (x, y), (0, 8), textcoords="offset points", ha="center", fontsize=12 * NARROW,
                        color=style.INK, zorder=9)  # fmt: skip
    across, along = ticks(block)
    ax.set_xlim(*across[:2])
    ax.set_ylim(*along[:2])
    for axis, (_, _, step) in ((ax.xaxis, across), (ax.yaxis, along)):
        axis.set_major_locator(MultipleLocator(step))
        axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    ax.set_xlabel(block.x, fontsize=12 * NARROW, color=style.INK)
    ax.set_ylabel(block.y, fontsize=12 * NARROW, color=style.INK)
    ax.grid(color=style.PALE)
    ax.tick_params(labelcolor=style.SOFT, labelsize=12 * NARROW)
    ax.legend(loc="upper left", bbox_to_anchor=(-0.05, -0.15), frameon=False, fontsize=12 * NARROW, ncols=5,
              columnspacing=1.2, handletextpad=0.3)  # fmt: skip
