"""The template a deck is built on: one of the user's, looked through before it is unpacked, or an empty one of ours."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

from lxml import etree
from pptx import Presentation
from pptx.exc import PackageNotFoundError
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches

from reports import style
from reports.slides.blocks import HIGH, LEFT, RIGHT, TITLE, WIDE, Box, one_line
from solver.problems import InputError, Problem

#: What a template may come to when unpacked: bytes, and times its own size.
MOST_BYTES, MOST_RATIO = 300_000_000, 200
#: How files begin that are no archive though they are often named .pptx: an old or an encrypted office file.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Presentations as their files name themselves, with what to do about those that are no .pptx.
_KINDS = {"template": ".potx", "slideshow": ".ppsx"}
#: The theme of our own slides: text, ground, then the accents.
_THEME = {
    "dk1": style.INK, "lt1": "#FFFFFF", "dk2": "#0B2F4A", "lt2": style.PALE, "accent1": style.BLUE,
    "accent2": "#D55E00",
    "accent3": "#009E73", "accent4": style.ORANGE, "accent5": "#CC79A7", "accent6": style.SKY,
}  # fmt: skip
OWN_TITLE = Box(LEFT, 0.3, RIGHT - LEFT, 0.95)
"""Where the title of our own slides stands."""


def opened(path: Path) -> Any:
    """Return a template, checked before it is unpacked, without its slides.

    Raises
    ------
    InputError
        It is no presentation that can be used.
    """

    def refuse(message: str, expected: str = "a presentation saved as .pptx") -> InputError:
        return InputError([Problem("bad_template", message, str(path), expected=expected)])

    try:
        with path.open("rb") as file:
            if file.read(8) == _OLE:
                raise refuse(
                    "the template is no .pptx but an old .ppt, or it opens only with a password",
                    "a presentation without a password, saved as .pptx",
                )
        with zipfile.ZipFile(path) as archive:
            whole = sum(i.file_size for i in archive.infolist())
            if whole > MOST_BYTES or whole > MOST_RATIO * max(path.stat().st_size, 1_000_000):
                raise refuse(f"the template unpacks to {whole:,} bytes", f"at most {MOST_BYTES:,}")
            if found := re.search(rb"presentationml\.(template|slideshow)\.main", archive.read("[Content_Types].xml")):
                kind = _KINDS[found[1].decode()]
                raise refuse(
                    f"the template is a {kind} file, whatever its name", "open it in PowerPoint and save it as .pptx"
                )
        show = Presentation(str(path))
        show.slide_width, show.slide_height, titled(show)
    except OSError as error:
        raise refuse(f"the template cannot be read: {error.strerror or error}") from None
    except (
        RuntimeError,
        EOFError,
        zlib.error,
    ) as error:  # encrypted, packed in an unknown way (NotImplementedError), torn
        raise refuse(f"the template cannot be unpacked: {one_line(str(error))[:200]}") from None
    except (zipfile.BadZipFile, PackageNotFoundError, KeyError, ValueError, AttributeError, etree.LxmlError) as error:
        raise refuse(f"the template is no presentation: {one_line(str(error))[:200]}") from None
    if not show.slide_width or not show.slide_height or titled(show) is None:
        raise refuse("the template has no slide layout with a title", "a layout such as “Title Only”")
    _without_picture(show)
    ids = show.slides._sldIdLst
    for entry in list(ids):
        show.part.drop_rel(entry.get(qn("r:id")))
        ids.remove(entry)
    for sections in show.part._element.iter(_SECTIONS):  # they list slides that are no longer there
        sections.getparent().getparent().remove(sections.getparent())
    return show


def _without_picture(show: Any) -> None:
    """Take out the small picture of another deck's first slide, which file managers would show."""
    relations = show.part.package._rels
    for key in [k for k, relation in relations.items() if relation.reltype.endswith("/thumbnail")]:
        relations.pop(key)


_SECTIONS = "{http://schemas.microsoft.com/office/powerpoint/2010/main}sectionLst"


def plain() -> Any:
    """Return an empty presentation of our own: wide slides, a title at the left, the colours of the house."""
    show = Presentation()
    times = Inches(WIDE) / int(show.slide_width)
    show.slide_width, show.slide_height = Inches(WIDE), Inches(HIGH)
    _without_picture(show)
    master = show.slide_master
    for part in (master, *show.slide_layouts):
        for shape in part.placeholders:
            if shape._element.spPr.find(qn("a:xfrm")) is not None:
                shape.left, shape.width = Emu(int(shape.left * times)), Emu(int(shape.width * times))
    theme = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    root = etree.fromstring(theme.blob)
    root.set("name", "Fairbook")
    for entry in root.iterfind(f".//{qn('a:clrScheme')}/*"):
        if colour := _THEME.get(etree.QName(entry).localname):
            entry[:] = [etree.Element(qn("a:srgbClr"), val=colour[1:])]
    theme._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    shaped = (OWN_TITLE.x, OWN_TITLE.y, OWN_TITLE.w, OWN_TITLE.h)
    for part in (master, titled(show)):
        title = next(p for p in part.placeholders if p.placeholder_format.type in {1, 3})
        title.left, title.top, title.width, title.height = map(Inches, shaped)
    _styled_titles(master)
    for part in (master, titled(show)):
        for shape in list(part.placeholders):
            if shape.placeholder_format.type == 16:  # a date that nobody set
                shape._element.getparent().remove(shape._element)
            elif shape.placeholder_format.type in {13, 15}:
                number = shape.placeholder_format.type == 13
                shape.left, shape.top = Inches(RIGHT - 1.5 if number else LEFT), Inches(6.95)
                shape.width, shape.height = Inches(1.5 if number else 9.0), Inches(0.3)
                if part is master:
                    style_ = shape._element.find(f".//{qn('a:lvl1pPr')}")
                    style_.set("algn", "r" if number else "l")
                    style_.find(qn("a:defRPr")).set("sz", "1000")
                    body = shape._element.find(f".//{qn('a:bodyPr')}")
                    body.set("lIns", "0")
                    body.set("rIns", "0")
    return show


def _styled_titles(master: Any) -> None:
    """Titles of our own: at the left, over the line below them, in the colour of figures."""
    body = next(p for p in master.placeholders if p.placeholder_format.type == 1)._element.find(f".//{qn('a:bodyPr')}")
    for name, value in (("anchor", "b"), ("lIns", "0"), ("rIns", "0"), ("tIns", "0"), ("bIns", "0")):
        body.set(name, value)
    for child in list(body):
        body.remove(child)
    first = master._element.find(f".//{qn('p:titleStyle')}/{qn('a:lvl1pPr')}")
    first.set("algn", "l")
    spacing = etree.SubElement(first, qn("a:lnSpc"))
    etree.SubElement(spacing, qn("a:spcPct"), val="95000")
    first.insert(0, spacing)
    look = first.find(qn("a:defRPr"))
    look.set("sz", str(int(TITLE * 100)))
    look.set("b", "1")
    look.find(f"{qn('a:solidFill')}/{qn('a:schemeClr')}").set("val", "tx2")


def titled(show: Any) -> Any:
    """Return the layout to build on: a title at the top and as little else as there is; None where none has a title."""
    fitting = [
        (layout._element.get("type") in {"title", "secHead"}, _elsewhere(show, layout),
         layout._element.get("type") != "titleOnly" and _besides(layout), n, layout)
        for n, layout in enumerate(layout for master in show.slide_masters for layout in master.slide_layouts)
        if any(p.placeholder_format.idx == 0 for p in layout.placeholders)
    ]  # fmt: skip
    return min(fitting, key=lambda f: f[:4])[4] if fitting else None


def _besides(layout: Any) -> int:
    return sum(1 for p in layout.placeholders if p.placeholder_format.type not in {1, 3, 13, 15, 16})


def title_of(layout: Any) -> Any:
    """Return the title of a layout that has one."""
    return next(p for p in layout.placeholders if p.placeholder_format.idx == 0)


def at_top(show: Any, title: Any) -> bool:
    """Whether a title lies along the top of its slides, so that the rest is free for what it heads."""
    if title.top is None or title.width is None:
        return False
    return bool(title.top + title.height <= 0.36 * show.slide_height and title.width >= 0.5 * show.slide_width)


def _elsewhere(show: Any, layout: Any) -> bool:
    return not at_top(show, title_of(layout))


def area(show: Any, layout: Any) -> tuple[int, int, int, int] | None:
    """Return the place a template has for what stands below the title of a layout: left, top, right, bottom.

    It is that of the large placeholder of a layout with its title in the same place; None where there is none.
    """
    title = title_of(layout)
    for other in layout.slide_master.slide_layouts:
        for shape in other.placeholders:
            if shape.placeholder_format.type not in {2, 7} or shape.width is None:
                continue
            heads = next((p for p in other.placeholders if p.placeholder_format.idx == 0), None)
            same = heads is not None and (heads.left, heads.top, heads.width) == (title.left, title.top, title.width)
            large = shape.width >= 0.6 * show.slide_width and shape.height >= 0.4 * show.slide_height
            if same and large and shape.top + 0.02 * show.slide_height >= title.top + title.height:
                return int(shape.left), int(shape.top), int(shape.left + shape.width), int(shape.top + shape.height)
    return None


def centred(layout: Any) -> bool:
    """Whether titles of a layout stand in the middle of their line."""
    own = title_of(layout)._element.find(f".//{qn('a:lvl1pPr')}")
    of = layout.slide_master._element.find(f".//{qn('p:titleStyle')}/{qn('a:lvl1pPr')}")
    said = [e.get("algn") for e in (own, of) if e is not None and e.get("algn")]
    return bool(said) and said[0] == "ctr"


def monospaced(layout: Any) -> bool:
    """Whether the text of a layout is in a font whose letters are all as wide as its widest."""
    theme = etree.fromstring(layout.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME).blob)
    font = theme.find(f".//{qn('a:minorFont')}/{qn('a:latin')}")
    return font is not None and bool(re.search("courier|mono|consol|typewriter", font.get("typeface", "").lower()))


def footers(layout: Any) -> dict[str, Any]:
    """Return the places a layout has for a footer and the number of a slide, by ``ftr`` and ``sldNum``."""
    found = {}
    for shape in layout.placeholders:
        kind = {13: "sldNum", 15: "ftr"}.get(int(shape.placeholder_format.type))
        if kind and shape.top is not None:
            found[kind] = shape
    return found
