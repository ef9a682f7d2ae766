"""Pages' own pieces of fonts: just the signs that the reader's Latin fonts lack, inside the page or beside it."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont, TTLibError

from reports import style

#: Bits of ``OS/2.fsType``, OpenType's word for what a font's licence lets a document do with it.
_USAGE, _EDITABLE, _WHOLE_ONLY, _BITMAP_ONLY = 0x000F, 0x0008, 0x0100, 0x0200
#: Attributes whose text a page shows: in an empty field, when it counts rows, when a shape is pointed at.
_SPOKEN = re.compile(r'\b(?:placeholder|data-all|data-some|data-tip)="([^"]*)"')
#: What only a variable font needs; without it the font is its default instance, a fraction of the size.
_VARIATIONS = ("fvar", "gvar", "avar", "cvar", "HVAR", "VVAR", "MVAR", "STAT")


def faces(html: str) -> tuple[str, set[str]]:
    """Return the CSS that brings the signs of a page along, and the signs no font here may bring.

    The CSS is one ``@font-face`` a font needed, and the custom property ``--carried``, which names them all; empty
    where Latin fonts do. Only text counts, that of a few attributes too: not tags, and not pictures, whose letters are
    drawn as shapes.
    """
    fonts, missing = pieces([html])
    return css(f"data:font/woff;base64,{base64.b64encode(font).decode()}" for font in fonts), missing


def pieces(pages: Iterable[str]) -> tuple[list[bytes], set[str]]:
    """Return, as WOFF, the pieces of fonts that have the signs of all pages, and the signs no font here may bring."""
    found, missing = style.cover(style.beyond_latin(map(_shown, pages)), may=embeddable)
    return [cut(path, signs) for _, path, signs in found], missing


def css(sources: Iterable[str]) -> str:
    """Return the CSS that names pieces of fonts by where they are, as `faces` has it; empty where there are none."""
    rules, names = [], []
    for number, source in enumerate(sources, 1):
        names.append(f'"Fairbook {number}"')
        rules.append(f"@font-face {{ font-family: {names[-1]}; src: url({source}) format('woff'); }}")
    return "\n".join([*rules, f":root {{ --carried: {', '.join(names)}; }}\n"]) if rules else ""


def embeddable(path: Path) -> bool:
    """Whether the font's licence lets a part of it stand in a document that others may pass on and edit.

    Source: OpenType specification, OS/2 table, fsType.
    """
    try:
        with TTFont(path, fontNumber=0, lazy=True) as font:
            terms = int(font["OS/2"].fsType) if "OS/2" in font else _WHOLE_ONLY
    except (TTLibError, OSError):
        return False
    usage = terms & _USAGE
    return (not usage or bool(usage & _EDITABLE)) and not terms & (_WHOLE_ONLY | _BITMAP_ONLY)


def cut(path: Path, signs: set[str]) -> bytes:
    """Return the font with no other signs than these, as WOFF; the same bytes for the same signs."""
    options = subset.Options(flavor="woff", hinting=False, layout_features=[], notdef_outline=True)
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]  # its name, and whose it is under which licence
    options.drop_tables += _VARIATIONS
    with TTFont(path, fontNumber=0, lazy=True, recalcTimestamp=False) as font:
        if "glyf" not in font:  # outlines of another kind keep their variations in the outlines themselves
            options.drop_tables = [t for t in options.drop_tables if t not in _VARIATIONS]
        tool = subset.Subsetter(options)
        tool.populate(unicodes=[ord(c) for c in signs])
        tool.subset(font)
        font.flavor = "woff"
        target = io.BytesIO()
        font.save(target, reorderTables=False)
    return target.getvalue()


def _shown(html: str) -> str:
    """The text of a page: what stands outside of pictures and tags, and in the attributes that come to be shown."""
    outside = re.sub(r"<svg.*?</svg>|<[^>]*>", " ", html, flags=re.DOTALL)
    return " ".join([outside, *_SPOKEN.findall(html)])
