"""The house style: colours, numbers in writing, fonts that cover every name, pictures that come out alike each time."""

from __future__ import annotations

import io
import unicodedata
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
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font

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
    with mpl.rc_context(settings):
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
    """Return the figure as a file's content, the same bytes for the same figure."""
    empty: dict[str, dict[str, Any]] = {
        "png": {"Software": None},
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    }
    target = io.BytesIO()
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
    """Return the ink, dark or white, that reads better on a colour."""
    light = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in color[:3]]
    return INK if 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] > 0.25 else "white"


def title(ax: Axes, said: str, below: str = "") -> None:
    """Put a finding above the axes, flush with the figure's left edge, and a quieter line under it."""
    if not own(ax):
        ax.set_title(said, loc="left", fontsize=11, **strong(said))
        return
    width, height = (float(v) for v in figure(ax).get_size_inches())
    lines = wording.wrapped(said, max(20, int((width - 0.3) / 0.104)))[:2]
    for n, line in enumerate(lines):
        y = 1 - (MARGIN + 0.24 * n) / height
        written = figure(ax).text(MARGIN / width, y, line, va="top", fontsize=12.5, color=INK, **strong(line))
        written.set_gid(TITLE + ("" if n else wording.label(said, 400)))
    y = 1 - (MARGIN + 0.06 + 0.24 * len(lines)) / height
    written = figure(ax).text(MARGIN / width, y, below, va="top", fontsize=9.5, color=SOFT)
    written.set_gid(BELOW + wording.label(below, 400))


def place(ax: Axes, left: float, right: float, top: float, bottom: float) -> None:
    """Give the axes margins in inches, so that a picture's type is the same size whatever it shows."""
    if own(ax):
        width, height = (float(v) for v in figure(ax).get_size_inches())
        size = ((width - left - right) / width, (height - top - bottom) / height)
        ax.set_position((left / width, bottom / height, *size))


def room(texts: Iterable[str], size: float = 9.5) -> float:
    """Return the inches the widest of the texts takes at a type size in points."""
    return max((wording.columns(t) for t in texts), default=0) * size * 0.0083 + 0.1


def texts(table: pd.DataFrame) -> set[str]:
    """Return every text in a table, which the fonts have to cover."""
    return {v for c in table for v in table[c] if isinstance(v, str)}


def key(ax: Axes, handles: Sequence[tuple[Any, str]], down: float) -> None:
    """Put a legend in one line `down` inches below the top of a figure of its own; under the axes in one given."""
    options: dict[str, Any] = {
        "ncols": len(handles), "frameon": False, "fontsize": 8.5, "handletextpad": 0.4, "columnspacing": 1.3,
        "borderpad": 0, "labelcolor": SOFT, "handlelength": 1.2,
    }  # fmt: skip
    marks, names = [h for h, _ in handles], [n for _, n in handles]
    if not own(ax):
        ax.legend(marks, names, loc="upper center", bbox_to_anchor=(0.5, -0.08), **options)
        return
    width, height = figure(ax).get_size_inches()
    corner = (MARGIN / width, 1 - down / height)
    whole = figure(ax).transFigure
    ax.legend(marks, names, loc="upper left", bbox_to_anchor=corner, bbox_transform=whole, **options)


def bare(ax: Axes) -> None:
    """Take the frame and the marks off the axes."""
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
