"""What slides are made of: plain data that each form of the deck draws in its own way. Lengths are inches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from reports import wording
from reports.words import current, say

WIDE, HIGH = 13.333, 7.5
"""Size of a slide as it is laid out; a template of another size is filled in proportion."""
LEFT, RIGHT, TOP, BOTTOM = 0.6, 12.733, 1.6, 6.85
"""The part of it below the title that blocks stand in."""
MOST = 10
"""Most slides."""


@dataclass(frozen=True)
class Box:
    """A place on a slide."""

    x: float
    y: float
    w: float
    h: float


def place(x: float = 0.0, y: float = 0.0, w: float = 1.0, h: float = 1.0) -> Box:
    """Return a part of the place below the title, in shares of it."""
    wide, high = RIGHT - LEFT, BOTTOM - TOP
    return Box(LEFT + x * wide, TOP + y * high, w * wide, h * high)


def bare(sentence: str) -> str:
    """Return a sentence without its full stop."""
    return sentence.removesuffix(say("{sentence}.").partition("}")[2])


@dataclass(frozen=True)
class Tiles:
    """Key figures side by side: name, figure, what goes with it."""

    items: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Points:
    """Sentences, one under the other; `head` stands above them."""

    items: Sequence[str]
    head: str = ""
    size: float = 18.0


@dataclass(frozen=True)
class Grid:
    """A table: a header, rows of cells in writing, and which columns are numbers; widths are shares."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()
    widths: Sequence[float] = ()
    size: float = 13.0


@dataclass(frozen=True)
class Series:
    """One series of a chart; `role` decides how it looks: main, quiet, mark or missed."""

    name: str
    values: Sequence[float | None]
    role: Literal["main", "quiet", "mark", "missed"] = "main"


def amounts(most: float) -> str:
    """Return the number format of an axis: short as `wording.short` has it, the value itself stays whole.

    No format divides by ten thousand, which Chinese counts by: there a point is set before the last of the thousands.
    """
    if current() == "zh":
        return '0\\.00,,"亿"' if most >= 1e8 else '0\\.0,"万"' if most >= 1e4 else "#,##0"
    if most >= 1e6:
        return '#,##0.0,,"M"'
    return '#,##0,"k"' if most >= 5e3 else "#,##0"


@dataclass(frozen=True)
class Bars:
    """A bar chart people can edit: upright columns, or lying bars that are stacked."""

    categories: Sequence[str]
    series: Sequence[Series]
    title: str
    alt: str
    way: Literal["columns", "stacked"] = "columns"
    form: str = "#,##0"


@dataclass(frozen=True)
class Curve:
    """Points in a plane: each series is a name, its x and y, and whether a line joins them."""

    series: Sequence[tuple[str, Sequence[float], Sequence[float], bool]]
    x: str
    y: str
    title: str
    alt: str


Block = Tiles | Points | Grid | Bars | Curve


@dataclass(frozen=True)
class Slide:
    """One slide: the finding as its title, a quieter line, blocks in places, and what the speaker may say."""

    title: str
    below: str
    blocks: Sequence[tuple[Box, Block]]
    notes: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Deck:
    """The slides, and what stands in the corner of each."""

    title: str
    footer: str
    slides: Sequence[Slide] = field(default_factory=tuple)


def one_line(text: str) -> str:
    """Return a text as XML can hold it: on one line, no control signs."""
    return wording.label(str(text), 600)


def too_short(value: float | None, block: Bars) -> bool:
    """Whether a part of a stacked bar has no room for its figure."""
    longest = max(
        (sum(v or 0.0 for v in bar) for bar in zip(*(s.values for s in block.series), strict=True)), default=0
    )
    return (value or 0.0) < 0.035 * longest


def wrap(text: str, inches: float, points: float) -> list[str]:
    """Return a text in lines that fit in a width at a type size; Chinese breaks between any signs."""
    most = max(4, int(inches * 72 / (points * 0.54)))
    lines, line = [], ""
    for word in _words(text):
        if line and wording.columns(line + word.rstrip()) > most:
            lines.append(line.rstrip())
            line = ""
        line += word
    return [*lines, line.rstrip()] if line.strip() else lines or [""]


def _words(text: str) -> list[str]:
    """Pieces a line may end after: words with the space behind them, and single wide signs."""
    pieces: list[str] = []
    word = ""
    for sign in text:
        if wording.columns(sign) > 1 and sign not in "，。；：、）”":
            if word:
                pieces.append(word)
            word = sign
            continue
        if word and wording.columns(word[0]) > 1 and sign not in "，。；：、）” ":
            pieces.append(word)
            word = ""
        word += sign
        if sign == " ":
            pieces.append(word)
            word = ""
    return [*pieces, word] if word else pieces


def fitted(items: Sequence[str], inches: float, high: float, size: float, least: float = 10.0) -> float:
    """Return the largest type size, `size` at most, at which sentences fit in a place, each with a gap below."""
    while size > least:
        lines = sum(len(wrap(t, inches - 0.3, size)) for t in items)
        if (lines * 1.25 + 0.55 * len(items)) * size / 72 <= high:
            break
        size -= 0.5
    return size
