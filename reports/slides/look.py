"""The colours of a deck: those of the house, or those of a template's theme, held against its background.

A colour is one of the theme where it can be, so that it changes with the theme, else a mixture as RGB.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree
from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml.ns import qn

Rgb = tuple[int, int, int]
Paint = Any
"""A colour: an `RGBColor`, or one of the theme, an `MSO_THEME_COLOR`."""
ACCENTS = ("accent1", "accent2", "accent3", "accent4", "accent5", "accent6")
_NAMES = {
    "tx1": MSO_THEME_COLOR.TEXT_1, "tx2": MSO_THEME_COLOR.TEXT_2, "bg1": MSO_THEME_COLOR.BACKGROUND_1,
    **{name: MSO_THEME_COLOR[f"ACCENT_{n}"] for n, name in enumerate(ACCENTS, 1)},
}  # fmt: skip
#: How far apart text and ground have to be, and shapes and ground (WCAG 2.1, 1.4.3 and 1.4.11).
TEXT, SHAPE = 4.5, 3.0


@dataclass(frozen=True)
class Look:
    """The colours of what slides are made of.

    Attributes
    ----------
    ink, soft, strong : of text: plain, quieter, of figures and headings.
    rule, fill : of lines, and of what lies beneath cards and every other row.
    heading : of small headings.
    main, quiet, mark, missed : of the series of charts.
    head, on_head : of bars and headers of tables, and of the text on them; `on_main` and `on_strong` alike.
    paper : of the ground itself.
    """

    ink: Paint
    soft: Paint
    strong: Paint
    on_strong: Paint
    heading: Paint
    rule: Paint
    fill: Paint
    main: Paint
    on_main: Paint
    quiet: Paint
    mark: Paint
    missed: Paint
    head: Paint
    on_head: Paint
    paper: Paint


def look(show: Any, layout: Any) -> Look:
    """Return the colours for slides on a layout of a presentation."""
    known = _scheme(layout.slide_master, layout)
    paper = _ground(show, layout, known)
    ink: Paint
    if contrast(known["tx1"], paper) >= TEXT:
        ink, plain = _NAMES["tx1"], known["tx1"]
    else:
        plain = max(((27, 36, 48), (255, 255, 255)), key=lambda c: contrast(c, paper))
        ink = _rgb(plain)
    known = {**known, "ink": plain, "dim": _mixed(plain, paper, 0.3)}  # where the theme has no colour that can be seen
    main = next((a for a in ACCENTS if contrast(known[a], paper) >= SHAPE), "dim")
    mark = next((a for a in ACCENTS if contrast(known[a], paper) >= 2.5 and _apart(known[a], known[main]) > 160), "ink")
    strong = next((n for n in ("tx2", main) if contrast(known[n], paper) >= 2 * SHAPE), "ink")
    head = strong if strong != "ink" else main
    quiets = [_mixed(plain, paper, f) for f in (0.62, 0.52, 0.42, 0.8)]
    quiet = max(quiets, key=lambda c: (contrast(c, paper) >= 1.9, contrast(c, known[main]) >= 1.4, -quiets.index(c)))
    softs = [_mixed(plain, paper, f) for f in (0.32, 0.2, 0.1)]
    soft = next((c for c in softs if contrast(c, paper) >= TEXT), plain)

    def of(name: str) -> Paint:
        return ink if name == "ink" else _NAMES.get(name) or _rgb(known[name])

    return Look(
        ink=ink, soft=_rgb(soft), strong=of(strong), on_strong=_rgb(_on(known[strong])),
        heading=of(main) if contrast(known[main], paper) >= TEXT - 0.5 else of(strong),
        rule=_rgb(_mixed(plain, paper, 0.8)), fill=_rgb(_mixed(plain, paper, 0.95)), main=of(main),
        on_main=_rgb(_on(known[main])), quiet=_rgb(quiet),
        mark=of(mark), missed=_rgb(_mixed(plain, paper, 0.8)), head=of(head), on_head=_rgb(_on(known[head])),
        paper=_rgb(paper),
    )  # fmt: skip


def paint(colour: Any, with_: Paint) -> None:
    """Give a colour of a shape or text."""
    if isinstance(with_, RGBColor):
        colour.rgb = with_
    else:
        colour.theme_color = with_


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG 2.1 has it."""
    bright, dark = sorted((_light(one), _light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _light(colour: Rgb) -> float:
    parts = [c / 255 for c in colour]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _apart(one: Rgb, other: Rgb) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))


def _on(ground: Rgb) -> Rgb:
    return max(((255, 255, 255), (27, 36, 48)), key=lambda c: contrast(c, ground))


def _mixed(one: Rgb, other: Rgb, part: float) -> Rgb:
    red, green, blue = (round(a + part * (b - a)) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _rgb(colour: Rgb) -> RGBColor:
    return RGBColor(*colour)


def _hex(text: str | None) -> Rgb | None:
    try:
        return (int(text[:2], 16), int(text[2:4], 16), int(text[4:6], 16)) if text else None
    except ValueError:
        return None


def _scheme(master: Any, layout: Any) -> dict[str, Rgb]:
    """The colours of a master's theme by the names slides call them: tx1, bg1, accent1 …"""
    found: dict[str, Rgb] = {"dk1": (0, 0, 0), "lt1": (255, 255, 255), "dk2": (68, 84, 106), "lt2": (231, 230, 230)}
    found |= dict.fromkeys(ACCENTS, (0, 114, 178))
    theme = etree.fromstring(master.part.part_related_by(RELATIONSHIP_TYPE.THEME).blob)
    for entry in theme.iterfind(f".//{qn('a:clrScheme')}/*"):
        for colour in entry:
            if own := _hex(colour.get("lastClr") or colour.get("val")):
                found[etree.QName(entry).localname] = own
    called = master._element.find(qn("p:clrMap"))
    own_map = layout._element.find(f"{qn('p:clrMapOvr')}/{qn('a:overrideClrMapping')}")
    for name, of in {
        **(called.attrib if called is not None else {}),
        **(own_map.attrib if own_map is not None else {}),
    }.items():
        if of in found and name in {"tx1", "tx2", "bg1", "bg2"}:
            found[f"={name}"] = found[of]
    for name, of in (("tx1", "dk1"), ("bg1", "lt1"), ("tx2", "dk2"), ("bg2", "lt2")):
        found[name] = found.pop(f"={name}", found[of])
    return found


def _ground(show: Any, layout: Any, known: Mapping[str, Rgb]) -> Rgb:
    """The colour slides lie on: what covers them, or the background of the layout or its master."""
    whole = int(show.slide_width) * int(show.slide_height)
    for part in (layout, layout.slide_master):
        for shape in reversed(list(part.shapes)):
            if shape.is_placeholder or not shape.width or shape.width * shape.height < 0.8 * whole:
                continue
            properties = shape._element.find(qn("p:spPr"))
            if properties is not None and (colour := _filled(properties, known)):
                return colour
            if shape._element.tag == qn("p:pic"):
                return _against_title(layout, known)
        ground = part._element.find(f"{qn('p:cSld')}/{qn('p:bg')}")
        if ground is None:
            continue
        for inside in ground:
            if inside.find(qn("a:blipFill")) is not None:
                return _against_title(layout, known)
            if colour := _filled(inside, known) or _colour(inside, known):
                return colour
    return known["bg1"]


def _filled(inside: Any, known: Mapping[str, Rgb]) -> Rgb | None:
    """The colour of a fill: of a gradient that between its ends."""
    solid, gradient = inside.find(qn("a:solidFill")), inside.find(qn("a:gradFill"))
    if solid is not None:
        return _colour(solid, known)
    if gradient is None:
        return None
    stops = [c for stop in gradient.iter(qn("a:gs")) if (c := _colour(stop, known))]
    return _mixed(stops[0], stops[-1], 0.5) if stops else None


def _colour(inside: Any, known: Mapping[str, Rgb]) -> Rgb | None:
    for entry in inside:
        name = etree.QName(entry).localname
        colour = (
            known.get(entry.get("val", "")) if name == "schemeClr" else _hex(entry.get("lastClr") or entry.get("val"))
        )
        if colour is None or name not in {"schemeClr", "srgbClr", "sysClr"}:
            continue
        for change, value in ((etree.QName(c).localname, float(c.get("val", 0)) / 100_000) for c in entry):
            if change == "lumMod":
                colour = _mixed((0, 0, 0), colour, value)
            elif change == "lumOff":
                colour = _mixed(colour, (255, 255, 255), value)
            elif change in {"tint", "shade"}:
                colour = _mixed((255, 255, 255) if change == "tint" else (0, 0, 0), colour, value)
        return colour
    return None


def _against_title(layout: Any, known: Mapping[str, Rgb]) -> Rgb:
    """What a picture behind the text is taken for: dark where the titles on it are light."""
    fill = layout.slide_master._element.find(f".//{qn('p:titleStyle')}//{qn('a:solidFill')}")
    title = (_colour(fill, known) if fill is not None else None) or known["tx1"]
    return (20, 24, 32) if _light(title) > 0.4 else (250, 250, 250)
