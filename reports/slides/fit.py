"""What fits where: texts broken into lines, type made smaller where it has to be, and cut where that is not enough."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from matplotlib.ft2font import FT2Font, LoadFlags

from reports import style, wording
from reports.slides.blocks import LEAST, Band, Bars, Box, Card, Grid, one_line
from reports.words import current, say

EM = 0.88
"""How wide letters are in the fonts of office programs, of those of our Latin font; with a little room to spare."""
_CLOSING = "，。；：、）”！？》"


@cache
def _advance(sign: str) -> float:
    """How wide a sign of our Latin font is, of the type size."""
    glyph = _font().load_char(ord(sign), flags=LoadFlags.NO_SCALE)
    return float(glyph.horiAdvance) / 2048


@cache
def _font() -> FT2Font:
    return FT2Font(str(style.file(style.LATIN)))


def width(text: str, em: float = EM) -> float:
    """Return how wide a text is, of its type size; `em` is the width of letters, of those of our Latin font."""
    if current() != "zh":
        return sum(wide / 2 if (wide := wording.columns(c)) > 1 else em * _advance(c) * wide for c in text)
    mixed = len(
        _BETWEEN.findall(text.replace(" ", ""))
    )  # programs leave a little room between Chinese signs and others
    return 0.3 * mixed + sum(_wide_in_chinese(c, em) for c in text)


def _wide_in_chinese(sign: str, em: float) -> float:
    """Quotes, dots and arrows come from the Chinese font, in which they are as wide as its other signs."""
    if unicodedata.east_asian_width(sign) in "WFA" and not unicodedata.combining(sign) and not sign.isalpha():
        return 1.0
    return wide / 2 if (wide := wording.columns(sign)) > 1 else em * _advance(sign) * wide


_BETWEEN = re.compile(r"(?<=[⺀-鿿])(?=[!-~])|(?<=[!-~])(?=[⺀-鿿])")


def wrap(text: str, inches: float, points: float, em: float = EM) -> list[str]:
    """Return a text in lines that fit in a width at a type size; Chinese breaks between any signs."""
    most = inches * 72 / points
    lines, line = [], ""
    for word in _words(text):
        if line and width(line + word.rstrip(), em) > most:
            lines.append(line.rstrip())
            line = ""
        while width(word.rstrip(), em) > most and len(word) > 1:  # a word longer than a line is broken where it is
            head = _as_much(word, most, em)
            lines.append(head)
            word = word[len(head) :]
        line += word
    return [*lines, line.rstrip()] if line.strip() else lines or [""]


def broken(text: str, inches: float, points: float, em: float = EM) -> bool:
    """Whether a word of a text is longer than a line."""
    return any(width(word.rstrip(), em) > inches * 72 / points for word in _words(text))


def _as_much(text: str, most: float, em: float) -> str:
    """As many signs of a text as fit, at least one."""
    used, kept = 0.0, 0
    while kept < len(text) and (used := used + width(text[kept], em)) <= most:
        kept += 1
    return text[: max(1, kept)]


def _words(text: str) -> list[str]:
    """Pieces a line may end after: words with the space behind them, and single wide signs."""
    pieces: list[str] = []
    word = ""
    for sign in text:
        if wording.columns(sign) > 1 and sign not in _CLOSING:
            if word:
                pieces.append(word)
            word = sign
            continue
        if word and wording.columns(word[0]) > 1 and sign not in f"{_CLOSING} ":
            pieces.append(word)
            word = ""
        word += sign
        if sign == " ":
            pieces.append(word)
            word = ""
    return [*pieces, word] if word else pieces


def cut(text: str, inches: float, points: float, most: int, em: float = EM) -> str:
    """Return as much of a text as `most` lines hold."""
    text = one_line(text)
    lines = wrap(text, inches, points, em)
    if len(lines) <= most:
        return text
    kept = text[: sum(map(len, lines[: most - 1])) + most - 1] if most > 1 else ""
    while kept and len(wrap(kept, inches, points, em)) > most - 1:
        kept = kept[:-1]
    last = _as_much(text[len(kept) :].lstrip(), inches * 72 / points - width("…", em), em)
    return f"{kept}{' ' if kept and not kept.endswith(' ') and text[len(kept) :][:1] == ' ' else ''}{last.rstrip()}…"


@dataclass(frozen=True)
class Fitted:
    """Sentences as they fit: the type size in points, and what is said."""

    size: float
    items: tuple[str, ...]


def fitted(
    items: Sequence[str], inches: float, high: float, size: float, least: float = LEAST, em: float = EM
) -> Fitted:
    """Return sentences in the largest type, `size` at most, at which they fit in a place, each with a gap below.

    Where they do not fit in the smallest either, long ones are cut, then the last ones left out, with their number.
    """
    texts = [one_line(t) for t in items]
    while size > least and _high(texts, inches, size, em) > high:
        size = max(least, size - 0.5)
    for most in (6, 4, 3, 2):
        if _high(texts, inches, size, em) > high:
            texts = [cut(t, inches - 0.3, size, most, em) for t in texts]
    kept = len(texts)
    while kept > 1 and _high(_few(texts, kept), inches, size, em) > high:
        kept -= 1
    return Fitted(size, tuple(_few(texts, kept)))


def _few(texts: Sequence[str], kept: int) -> list[str]:
    return list(texts) if kept == len(texts) else [*texts[:kept], say("and {n} more", n=len(texts) - kept)]


def _high(texts: Sequence[str], inches: float, size: float, em: float) -> float:
    lines = sum(len(wrap(t, inches - 0.3, size, em)) for t in texts)
    return (lines * 1.25 + 0.45 * len(texts)) * size / 72


@dataclass(frozen=True)
class Laid:
    """A table as it fits: type size in points, widths of columns and heights of rows in inches, and what cells say."""

    size: float
    widths: tuple[float, ...]
    heights: tuple[float, ...]
    cells: tuple[tuple[str, ...], ...]


CARD = 0.18
"""Inches between the edge of a card and its text."""
PAD = 0.08
"""Inches between a cell's edge and its text, left and right."""


def laid(grid: Grid, wide: float, high: float, scale: float = 1.0, em: float = EM) -> Laid:
    """Return a table as it fits in a place; rows that do not fit in the smallest type are left out at the end."""
    size, least = grid.size * scale, LEAST * scale
    while True:
        widths = _widths(grid, wide, size, em)
        cells = [
            _row(row, widths, size, em, 2 if n == 0 else grid.lines) for n, row in enumerate([grid.head, *grid.rows])
        ]
        heights = [_row_high(row, widths, size, em, scale) for row in cells]
        torn = any(
            broken(text, w - 2 * PAD, size, em)
            for row in [grid.head, *(grid.rows if grid.lines > 1 else ())] for text, w in zip(row, widths, strict=True)
        ) or any(text.endswith("…") for row in cells for text in row)  # fmt: skip
        if (sum(heights) <= high and not torn) or size <= least:
            break
        size = max(least, size - 0.5)
    tight = [max(len(wrap(t, w - 2 * PAD, size, em)) for t, w in zip(r, widths, strict=True)) for r in cells]
    if sum(heights) > high:  # as close as lines of type may stand
        heights = [(1.2 * n * size + 3) / 72 for n in tight]
    while len(heights) > 2 and sum(heights) > high:
        cells, heights = cells[:-1], heights[:-1]
    return Laid(size, widths, tuple(heights), tuple(map(tuple, cells)))


def _widths(grid: Grid, wide: float, size: float, em: float) -> tuple[float, ...]:
    """The widths of columns by their shares, but none narrower than the longest word of its heading or its numbers."""
    shares = list(grid.widths) or [1.0] * len(grid.head)
    needs = []
    for c, head in enumerate(grid.head):
        words = [width(word.rstrip(), em * 1.1) for word in _words(head)]
        words += [width(row[c], em) for row in grid.rows if c in grid.numbers]
        needs.append(max(words, default=0.0) * size / 72 + 3 * PAD)
    found = [wide * s / sum(shares) for s in shares]
    if sum(needs) >= wide:
        return tuple(found)
    while any(f < n - 1e-9 for f, n in zip(found, needs, strict=True)):
        fixed = [f <= n + 1e-9 for f, n in zip(found, needs, strict=True)]
        left = wide - sum(n for n, is_ in zip(needs, fixed, strict=True) if is_)
        free = sum(s for s, is_ in zip(shares, fixed, strict=True) if not is_)
        found = [n if is_ else left * s / free for n, s, is_ in zip(needs, shares, fixed, strict=True)]
    return tuple(found)


def _row(row: Sequence[str], widths: Sequence[float], size: float, em: float, lines: int) -> list[str]:
    return [cut(text, wide - 2 * PAD, size, lines, em) for text, wide in zip(row, widths, strict=True)]


def _row_high(row: Sequence[str], widths: Sequence[float], size: float, em: float, scale: float) -> float:
    lines = max(len(wrap(text, wide - 2 * PAD, size, em)) for text, wide in zip(row, widths, strict=True))
    return max(0.36 * scale, 1.22 * lines * size / 72 + 0.13 * scale)


def slanted(block: Bars, inches: float, points: float, em: float = EM) -> bool:
    """Whether the names below columns have no room side by side, in two lines at most."""
    room = 0.88 * inches / max(1, len(block.categories))
    return any(len(wrap(c, room, points, em)) > 2 or broken(c, room, points, em) for c in block.categories)


def card_size(block: Card, wide: float, scale: float, em: float) -> float:
    """Return the type size of a card's figure, so that it is on one line."""
    size = 36.0 if block.items else 44.0
    while size > 16 and len(wrap(block.figure, wide, size * scale, em * 1.1)) > 1:
        size -= 2
    return size


def card_top(block: Card, wide: float, scale: float, em: float) -> float:
    """Return the inches from the first line of a card to its sentences."""
    lines = len(wrap(cut(block.more, wide, 14 * scale, 3, em), wide, 14 * scale, em))
    return (16 * 1.25 + card_size(block, wide, scale, em) * 1.22 + lines * 14 * 1.25 + 10) * scale / 72


def cards_size(cards: Sequence[tuple[Box, Card]], scale: float, em: float) -> float:
    """Return the type size, as on a slide of our own, in which the sentences of all cards fit: one for all."""
    sizes = [15.0]
    for box, card in cards:
        wide = box.w - 2 * CARD * scale
        found = fitted(card.items, wide, card_room(box, card, scale, em), 15 * scale, LEAST * scale, em)
        sizes.append(found.size / scale)
    return min(sizes)


def card_room(box: Box, card: Card, scale: float, em: float) -> float:
    """Return the inches a card has for its sentences."""
    return box.h - card_top(card, box.w - 2 * CARD * scale, scale, em) - 1.5 * CARD * scale


def band_fitted(block: Band, wide: float, high: float, scale: float, em: float) -> tuple[Fitted, str]:
    """Return what a band says, in type that fits, and its quieter line on one line."""
    room = wide - 0.44 * scale
    left = high - (14 * 1.4 * (2 if block.more else 1) + 12) * scale / 72
    text = fitted([block.text], room + 0.3, left, 20 * scale, LEAST * scale, em * 1.1)
    more = cut(block.more, room, 14 * scale, 1, em) if block.more else ""
    return Fitted(text.size / scale, text.items), more
