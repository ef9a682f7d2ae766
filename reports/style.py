"""The house style: colours, numbers in writing, fonts that cover every name, pictures that come out alike each time."""

from __future__ import annotations

import io
import math
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, cast

import matplotlib as mpl
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font, LoadFlags

from reports import wording
from reports.words import say, signs

# Okabe and Ito's colours, which the colour-blind tell apart, in uses that also differ in shade or shape.
BLUE, ORANGE, RED, SKY = "#0072B2", "#E69F00", "#B84A00", "#56B4E9"
INK, SOFT, FAINT, RULE, PALE, BAND = "#1B2430", "#566270", "#8A94A0", "#C9D0D8", "#EEF1F4", "#D9E8F2"

LATIN = "DejaVu Sans"
#: Fonts with Chinese, Japanese and Korean signs, as the systems ship them; the first that is there is used.
CJK = (
    "Microsoft YaHei", "PingFang SC", "Hiragino Sans GB", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC",
    "Noto Sans CJK JP", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei", "Arial Unicode MS",
)  # fmt: skip
OFFICE = CJK[0]
"""The font of Chinese texts in files for office programs, which have it or take one like it."""
#: Whatever else a system may have for the signs of other scripts.
OTHER = (
    "Segoe UI Symbol",
    "Noto Sans",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Thai",
    "Noto Sans Devanagari",
    "Arial",
)
DPI = 300
TIP = "tip:"
"""How the id of a shape begins that says something of its own when pointed at; the rest is what it says."""
TITLE, BELOW = "title:", "below:"
"""How the ids of a picture's title and of the line under it begin; the rest is what they say, whole."""
MARGIN = 0.12
"""Inches between a picture's edge and its title."""
TITLED = 0.58
"""Inches below a picture's edge that its title, in one line, and the line under it take."""
HEAD, UNDER, KEY = 12.5, 9.5, 8.5
"""Sizes of type, in points, of a title, the line under it, and the key."""
LONG = 25
"""Rows from which on a picture has its axis at the top as well."""
_LINES = {HEAD: 0.24, UNDER: 0.18, KEY: 0.2}
"""Inches from line to line, by the size of the type."""

RC: dict[str, Any] = {
    "font.size": 9.5,
    "axes.edgecolor": RULE,
    "axes.labelcolor": SOFT,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "xtick.color": RULE,
    "xtick.labelcolor": SOFT,
    "ytick.color": RULE,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "text.parse_math": False,  # a name with two $ is a name
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.dpi": 100,
    "svg.fonttype": "path",  # the reader's machine need not have the font
    "pdf.fonttype": 42,
    "path.simplify": True,
}


@contextmanager
def house(texts: Iterable[str] = (), salt: str = "fairbook") -> Iterator[list[str]]:
    """Within this, figures are made and saved in the house style, in fonts that cover `texts`; gives `fonts`' notes."""
    families, notes = fonts([*texts, signs()])
    settings: Any = {**RC, "font.family": families, "svg.hashsalt": salt}
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font")  # the notes say so, once and in words
        yield notes


def fonts(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the font families to use, first choice first, and a note for people if some signs are in none of them."""
    texts = [str(t) for t in texts]
    covered, bare_signs = cover(beyond_latin(texts))
    families = [LATIN, *(family for family, _, _ in covered)]
    if not bare_signs:
        return families, []
    hit = sorted({t for t in texts if bare_signs & set(t)})
    shown = ", ".join(wording.label(t, 24) for t in hit[:3])
    if len(hit) > 3:
        shown = say("{names} and {n} more", names=shown, n=len(hit) - 3)
    text = say("no font here has every sign of {names}, so pictures show boxes instead; {cure}", names=shown,
                     cure=cure(bare_signs))  # fmt: skip
    return families, [text]


def beyond_latin(texts: Iterable[str]) -> set[str]:
    """Return the signs of the texts that leave ink and that the Latin font lacks."""
    return {c for t in texts for c in set(t) if c.isprintable() and not c.isspace() and c not in _signs(LATIN)}


def cover(
    signs: set[str], may: Callable[[Path], bool] = lambda _: True
) -> tuple[list[tuple[str, Path, set[str]]], set[str]]:
    """Return from which fonts to take which signs, in the order of `CJK` and `OTHER`, and the signs none has.

    Parameters
    ----------
    may : whether a font's file is to be used at all.

    Returns
    -------
    Family, file and signs of each font needed; no sign is taken twice.
    """
    left, found = set(signs), []
    for family in (*CJK, *OTHER):
        if (has := left & _signs(family)) and (path := file(family)) and may(path):
            found.append((family, path, has))
            left -= has
    return found, left


def cure(signs: set[str]) -> str:
    """Return what helps where no font has the signs."""
    wide = any(unicodedata.east_asian_width(c) == "W" for c in signs)
    if wide:
        return say("pip install 'fairbook[cjk]' brings a Chinese one")
    return say("install a font that has them")


@cache
def _signs(family: str) -> frozenset[str]:
    found = file(family)
    return frozenset(map(chr, FT2Font(str(found)).get_charmap())) if found else frozenset()


def file(family: str) -> Path | None:
    """Return the file of a font family, if this machine or the extra ``cjk`` has it."""
    known = {f.name for f in font_manager.fontManager.ttflist}
    if family == "Noto Sans SC" and family not in known and (bundled := _bundled()):
        font_manager.fontManager.addfont(bundled)
        known.add(family)
    return Path(font_manager.findfont(family, fallback_to_default=False)) if family in known else None


def _bundled() -> Path | None:
    """Noto Sans SC of the extra ``cjk``, found without importing its package, which changes matplotlib."""
    spec = find_spec("zhplot")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "fonts" / "NotoSansSC-Regular.ttf"
    return path if path.is_file() else None


def canvas(ax: Axes | None, width: float, height: float) -> Axes:
    """Return `ax`, or the axes of a new figure of so many inches, made apart from pyplot and its global state."""
    if ax is not None:
        return ax
    made = Figure(figsize=(width, height))
    FigureCanvasAgg(made)
    return made.add_subplot(label="own")


def figure(ax: Axes) -> Figure:
    """Return the figure the axes are in."""
    return cast(Figure, ax.get_figure(root=True))


def own(ax: Axes) -> bool:
    """Whether the figure is the chart's own, so that it may set margins and titles."""
    return ax.get_label() == "own"


def picture(made: Figure, kind: Literal["png", "svg", "pdf"], dpi: int = DPI) -> bytes:
    """Return the figure as a file's content, the same bytes for the same figure.

    A PDF has the shapes of its letters as Type 3, which stay text to search and copy: to cut a font down to TrueType of
    its own for each picture takes eight times as long.
    """
    empty: dict[str, dict[str, Any]] = {
        "png": {"Software": None},
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    }
    target = io.BytesIO()
    with mpl.rc_context({"pdf.fonttype": 3}):
        made.savefig(target, format=kind, dpi=dpi, metadata=empty[kind])
    return target.getvalue()


def strong(text: str) -> dict[str, Any]:
    """Return the font to stress a text with; fonts for other scripts often have no bold, so those stay as they are."""
    return {"fontweight": "bold", "fontfamily": LATIN} if set(text) <= _signs(LATIN) else {}


def beside(
    ax: Axes, y: float, text: str, off: float, *, right: bool = False, size: float = 9, stress: bool = False, color: str
) -> None:
    """Write a text level with `y`, `off` points from the axes' left edge, or ending `off` points past the right one."""
    font = strong(text) if stress else {}
    ax.annotate(
        text, (1.0 if right else 0.0, y), (off, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
        ha="right" if right else "left", va="center_baseline", fontsize=size, color=color, annotation_clip=False,
        **font,
    )  # fmt: skip


def tip(artist: Any, text: str) -> None:
    """Let a shape say something when it is pointed at on a page."""
    artist.set_gid(f"{TIP}{wording.label(text, 200)}")


def rows(table: pd.DataFrame) -> list[Any]:
    """Return the rows as objects with a column an attribute."""
    return list(table.itertuples(index=False, name="Row"))


def ink_on(color: tuple[float, ...]) -> str:
    """Return the ink for text on a colour: dark or white as it reads better, black where neither reaches 4.5 to 1.

    Source: W3C, Web Content Accessibility Guidelines 2.2, relative luminance and contrast ratio.
    """
    ground = _light(color)
    best = max((INK, "white"), key=lambda ink: _contrast(ink, ground))
    return best if _contrast(best, ground) >= 4.5 else "black"


def _light(color: Any) -> float:
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _contrast(ink: str, ground: float) -> float:
    dark, light = sorted((_light(ink), ground))
    return (light + 0.05) / (dark + 0.05)


def title(ax: Axes, said: str, below: str = "") -> None:
    """Put a finding above the axes, flush with the figure's left edge, and a quieter line under it.

    What is too long for a line goes on in the next, and a figure of its own grows by as much.
    """
    if not own(ax):
        ax.set_title(said, loc="left", fontsize=11, **strong(said))
        return
    made = figure(ax)
    wide = float(made.get_size_inches()[0]) - 2 * MARGIN
    above, under = _lines(said, wide, HEAD), _lines(below, wide, UNDER)
    grow(made, titled(len(above), len(under)) - TITLED)
    width, height = (float(v) for v in made.get_size_inches())
    for n, line in enumerate([*above, *under]):
        first, m = n < len(above), max(0, n - len(above))
        down = MARGIN + _LINES[HEAD] * min(n, len(above)) + _LINES[UNDER] * m + (0.0 if first else 0.06)
        font = {"fontsize": HEAD, "color": INK, **strong(line)} if first else {"fontsize": UNDER, "color": SOFT}
        written = made.text(MARGIN / width, 1 - down / height, line, va="top", **font)
        whole = "" if n not in {0, len(above)} else wording.label(said if first else below, 400)
        written.set_gid((TITLE if first else BELOW) + whole)


def titled(above: int, under: int) -> float:
    """Return the inches below a picture's edge that a title of so many lines and the lines under it take."""
    return TITLED + _LINES[HEAD] * (above - 1) + _LINES[UNDER] * max(0, under - 1)


def _lines(text: str, inches: float, size: float) -> list[str]:
    """The lines of a text at a type size, none wider than so many inches."""
    most = max(wording.columns(text), 1)
    while True:
        lines = wording.wrapped(text, most)
        if most <= 10 or room(lines, size, bool(strong(text)) and size == HEAD) - 0.1 <= inches:
            return lines
        most -= 1


def grow(made: Figure, inches: float) -> None:
    """Make a figure higher, with all that is in it where it was from the bottom."""
    width, height = (float(v) for v in made.get_size_inches())
    part = height / (height + inches)
    for ax in made.axes:
        box = ax.get_position(original=True)
        ax.set_position((box.x0, box.y0 * part, box.width, box.height * part))
    for text in made.texts:
        x, y = text.get_position()
        text.set_position((x, 1 - (1 - y) * part))
    made.set_size_inches(width, height + inches)


def place(ax: Axes, left: float, right: float, top: float, bottom: float) -> None:
    """Give the axes margins in inches, so that a picture's type is the same size whatever it shows."""
    if own(ax):
        width, height = (float(v) for v in figure(ax).get_size_inches())
        size = ((width - left - right) / width, (height - top - bottom) / height)
        ax.set_position((left / width, bottom / height, *size))


def room(texts: Iterable[str], size: float = 9.5, bold: bool = False) -> float:
    """Return the inches the widest of the texts takes at a type size in points, and a little more."""
    return max((sum(_advance(c, bold) for c in t) for t in texts), default=0.0) * size / 72 + 0.1


@cache
def _advance(sign: str, bold: bool) -> float:
    """The width of a sign in ems, by the Latin font, which has no wide ones."""
    if sign in _signs(LATIN):
        font = _latin(bold)
        return font.load_char(ord(sign), flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536 / 100
    return 0.0 if unicodedata.combining(sign) else 1.0 if unicodedata.east_asian_width(sign) in "WF" else 0.7


@cache
def _latin(bold: bool) -> FT2Font:
    found = font_manager.FontProperties(family=[LATIN], weight="bold" if bold else "normal")
    font = FT2Font(str(font_manager.findfont(found)))
    font.set_size(100, 72)
    return font


def texts(table: pd.DataFrame) -> set[str]:
    """Return every text in a table, which the fonts have to cover."""
    return {v for c in table for v in table[c] if isinstance(v, str)}


def key(ax: Axes, handles: Sequence[tuple[Any, str]]) -> None:
    """Put a legend under the title of a figure of its own, in a line or two; under the axes in one given."""
    options: dict[str, Any] = {
        "ncols": len(handles), "frameon": False, "fontsize": KEY, "handletextpad": 0.4, "columnspacing": 1.3,
        "borderpad": 0, "labelcolor": SOFT, "handlelength": 1.2,
    }  # fmt: skip
    marks, names = [h for h, _ in handles], [n for _, n in handles]
    if not own(ax):
        ax.legend(marks, names, loc="upper center", bbox_to_anchor=(0.5, -0.08), **options)
        return
    made = figure(ax)
    width = float(made.get_size_inches()[0])
    if sum(room([n], KEY) + 0.27 for n in names) > width - 2 * MARGIN:
        options["ncols"] = -(-len(handles) // 2)
        grow(made, _LINES[KEY])
    height = float(made.get_size_inches()[1])
    down = max(((1 - t.get_position()[1]) * height for t in made.texts), default=0.42) + 0.26
    corner = (MARGIN / width, 1 - down / height)
    ax.legend(marks, names, loc="upper left", bbox_to_anchor=corner, bbox_transform=made.transFigure, **options)


def slope(ax: Axes) -> float:
    """Return the degrees at which a line from corner to corner of the axes rises."""
    box, (width, height) = ax.get_position(), figure(ax).get_size_inches()
    return math.degrees(math.atan2(box.height * height, box.width * width))


def both_ends(ax: Axes, rows: int) -> None:
    """Write the axis at the top as well where a picture of its own has many rows."""
    if own(ax) and rows > LONG:
        ax.tick_params(axis="x", labeltop=True)


def bare(ax: Axes) -> None:
    """Take the frame and the marks off the axes."""
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
