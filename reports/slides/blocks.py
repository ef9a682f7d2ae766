"""What slides are made of: plain data that each form of the deck draws in its own way. Lengths are inches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from reports import wording
from reports.slides.numbers import Form
from reports.words import say

WIDE, HIGH = 13.333, 7.5
"""Size of a slide as it is laid out; a template of another size is filled in proportion."""
LEFT, RIGHT, TOP, BOTTOM = 0.6, 12.733, 1.72, 6.8
"""The part of it below the title that blocks stand in."""
MOST = 10
"""Most slides."""
LEAST = 12.0
"""The smallest type of what is to be read, in points, on a slide of this size."""
TITLE, BELOW = 26.0, 16.0
"""Type of the title, and of the quieter line under it."""


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
class Card:
    """One of a few things to weigh: its heading, a figure, what goes with it, and sentences below."""

    head: str
    figure: str
    more: str
    items: Sequence[str] = ()


@dataclass(frozen=True)
class Band:
    """What is asked of the audience, in a bar that stands out: its name, the sentence, a quieter one."""

    head: str
    text: str
    more: str = ""


@dataclass(frozen=True)
class Points:
    """Sentences, one under the other; `head` stands above them."""

    items: Sequence[str]
    head: str = ""
    size: float = 18.0


@dataclass(frozen=True)
class Grid:
    """A table: a header, rows of cells in writing, and which columns are numbers; widths are shares.

    Attributes
    ----------
    lines : most lines of a cell; what does not fit is cut.
    strong : a column that stands out, the one the slide is about.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()
    widths: Sequence[float] = ()
    size: float = 14.0
    lines: int = 1
    strong: int | None = None


Role = Literal["main", "quiet", "mark", "missed", "total", "loss", "base", "cap"]


@dataclass(frozen=True)
class Series:
    """One series of a chart.

    Attributes
    ----------
    role : how it looks. `mark` is a short line across the column, a target; `base` is what other parts stand on, not
        seen; `loss` is hatched, so that it differs from `main` without colours too; `cap` has the figure of the part
        below it, and is not seen either.
    """

    name: str
    values: Sequence[float | None]
    role: Role = "main"


@dataclass(frozen=True)
class Bars:
    """A bar chart people can edit: upright columns, parts on top of each other (`steps`), or lying stacked bars.

    Attributes
    ----------
    form : how values are written, see `reports.slides.numbers`.
    labels : whether each bar has its figure; by default where it has room: of one series, and of stacked bars.
    least, most : where the axis of values begins and ends.
    """

    categories: Sequence[str]
    series: Sequence[Series]
    title: str
    alt: str
    way: Literal["columns", "stacked", "steps"] = "columns"
    form: Form = "count"
    labels: bool | None = None
    least: float | None = None
    most: float | None = None

    @property
    def labelled(self) -> bool:
        """Whether bars have their figures."""
        return self.labels if self.labels is not None else len(self.series) == 1 or self.way != "columns"


@dataclass(frozen=True)
class Curve:
    """Points in a plane: each series is a name, its x and y, and whether a line joins them; those have numbers."""

    series: Sequence[tuple[str, Sequence[float], Sequence[float], bool]]
    x: str
    y: str
    title: str
    alt: str


Block = Tiles | Card | Band | Points | Grid | Bars | Curve


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
    bars = zip(*(s.values for s in block.series), strict=True)
    longest = max((sum(v or 0.0 for v in bar) for bar in bars), default=0) - (block.least or 0.0)
    return (value or 0.0) < (0.07 if block.way == "stacked" else 0.0) * longest


def ticks(block: Curve) -> list[tuple[float, float, float]]:
    """Return where each axis of a plane begins and ends, and how far its ticks are apart: all round numbers."""
    found = []
    for values in ([v for s in block.series for v in s[1]], [v for s in block.series for v in s[2]]):
        low, high = min(values, default=0.0), max(values, default=0.0)
        room = max(0.1 * (high - low), 0.5)
        step = next((s for s in (0.5, 1, 2, 5, 10, 20, 50) if (high - low + 2 * room) / s <= 8), 100)
        ends = step * math.floor((low - room) / step), step * math.ceil((high + room) / step)
        if low >= 0 and high <= 100:  # terms and shares have no more
            ends = max(0.0, ends[0]), min(100.0, ends[1])
        found.append((*ends, float(step)))
    return found


def notes(*lines: str) -> str:
    """Return what the speaker reads, a line a sentence, each closed; headings among them end with a colon."""
    heads = {say("To say"), say("If asked")}
    told = [f"{t}{say(': ').rstrip()}" if t in heads else say("{sentence}.", sentence=bare(t)) for t in lines if t]
    return "\n".join(dict.fromkeys(told))
