"""What every page shares: one file that works offline, loads nothing, and runs no script but its own."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jinja2
from markupsafe import Markup, escape

from reports import style, typeface, wording
from reports.words import current, say, say_n

TEMPLATES = Path(__file__).parent / "templates"
#: Ids of letters as matplotlib makes them; what holds lengths in a picture.
_GLYPH = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z]+)*-[0-9a-f]+")
_LENGTHS = frozenset({"d", "x", "y", "transform", "points", "width", "height"})
#: Where one part of a picture names another.
_REFERENCE = re.compile(r"^#(.+)$|url\(#([^)]+)\)")
#: Lengths finer than a picture shows; sizes of letters stay, as a hundredth of one moves the end of a word.
_DECIMALS = re.compile(r"scale\([^)]*\)|-?\d+\.\d{3,}")
#: Spaces between a number and its unit, and within a range, where no line may break.
_TOGETHER = re.compile(r"(?<=\d) (?=(?:%|km|h|s)(?![\w]))|(?<=[\d%]) (?=[–…] [\d−+])|(?<=[\d%] [–…]) (?=[\d−+])")
_WHOLE = re.compile(r"\b\d{4}-\d\d-\d\d\b|[\d.]+–[\d.]+\s?%|[\d.,]+[万亿]+")
#: How long a picture's inch is in its own lengths.
_INCH = 72.0


def environment() -> jinja2.Environment:
    """Return what renders the templates: everything is escaped, and nothing that is missing goes unnoticed."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        finalize=unbroken,
    )  # fmt: skip
    made.filters |= {
        "short": wording.short,
        "percent": wording.percent,
        "heading": wording.heading,
        "full": wording.full,
        "capital": wording.capital,
        "whole": _whole,
    }
    made.globals |= {"say": say, "say_n": say_n}
    return made


def whole(title: str, body: Callable[[str], str], glyphs: Mapping[str, str]) -> str:
    """Return a page as HTML text: its own style, script and fonts in it, all else forbidden by its policy.

    Parameters
    ----------
    body : gives what stands between head and script; told a note on fonts that it has to show, or nothing.
    glyphs : the shapes of letters that the pictures of the body share, see `inline`.
    """
    css, js = ((TEMPLATES / f"page.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    inner = body("")
    fonts, missing = typeface.faces(inner)
    if missing:
        inner = body(_without_font(missing))
    css = fonts + css
    policy = (
        f"default-src 'none'; style-src {_hash(css)}; script-src {_hash(js)}; img-src data:; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return environment().get_template("page.html.j2").render(
        policy=policy, css=Markup(css), js=Markup(js), body=Markup(inner), title=title, glyphs=glyphs,  # noqa: S704 - ours
        lang={"zh": "zh-CN"}.get(current(), current()),
    )  # fmt: skip


def is_ours(page: Path) -> bool:
    """Whether a file is a page that `whole` made, now or in an earlier version."""
    with page.open("rb") as file:
        head = file.read(4096)
    return (
        b'<meta name="generator" content="Fairbook">' in head or b'<style>@font-face { font-family: "Fairbook' in head
    )


def unbroken(value: Any) -> Any:
    """Return a text with no line break between a number and its unit; what is no text, or markup, as it is."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _TOGETHER.sub("\N{NO-BREAK SPACE}", value)
    return value


def _whole(text: str) -> Markup:
    """A text whose days and spans are not broken over two lines."""
    return Markup(_WHOLE.sub(r'<span class="day">\g<0></span>', str(escape(unbroken(text)))))  # noqa: S704 - escaped


def drawn(svg: bytes, prefix: str, title: str, alt: str, glyphs: dict[str, str] | None = None) -> Markup:
    """Return a picture as a figure of the page, its finding and the line under it as text that wraps and is found.

    Parameters
    ----------
    title : what the picture is about.
    alt, glyphs : as for `inline`.
    """
    root = ElementTree.fromstring(svg)  # noqa: S314 - drawn by matplotlib a moment ago
    said, below = _titles(root)
    caption = Markup("<figcaption><b>{}</b>{}</figcaption>").format(
        unbroken(said), Markup(" <span>{}</span>").format(unbroken(below)) if below else ""
    )
    return Markup('<figure>{}<div class="picture" tabindex="0" role="group" aria-label="{}">{}</div></figure>').format(
        caption if said else "", title, inline(root, prefix, alt, glyphs)
    )


def _titles(root: ElementTree.Element) -> tuple[str, str]:
    """Take title and the line under it out of a picture, with the room they had, and return what they say."""
    texts, lines = {style.TITLE: "", style.BELOW: ""}, {style.TITLE: 0, style.BELOW: 0}
    for parent in list(root.iter()):
        for child in list(parent):
            for begins in texts:
                if child.get("id", "").startswith(begins):
                    texts[begins] += child.attrib["id"].removeprefix(begins)
                    lines[begins] += 1
                    parent.remove(child)
    if texts[style.TITLE]:
        x, y, width, height = (float(v) for v in root.attrib["viewBox"].split())
        cut = style.titled(*lines.values()) * _INCH
        root.attrib["viewBox"] = f"{x:g} {y + cut:g} {width:g} {height - cut:g}"
    return texts[style.TITLE], texts[style.BELOW]


def inline(svg: bytes | ElementTree.Element, prefix: str, alt: str, glyphs: dict[str, str] | None = None) -> Markup:
    """Return a picture to stand in a page: with ids of its own, and no style attributes, which the policy forbids.

    Parameters
    ----------
    svg : as it was saved, or read; what was read is changed.
    glyphs : takes the shapes of letters by id, which stand once on the page then; None leaves them in the picture.
    """
    root = ElementTree.fromstring(svg) if isinstance(svg, bytes) else svg  # noqa: S314 - drawn by matplotlib
    for parent in list(root.iter()):
        for child in [c for c in parent if _local(c.tag) in {"metadata", "style"}]:
            parent.remove(child)
    used = {name for e in root.iter() for v in e.attrib.values() for m in _REFERENCE.findall(v) for name in m if name}
    if glyphs is not None:
        for defs in [e for e in root.iter() if _local(e.tag) == "defs"]:
            for shape in [c for c in defs if _local(c.tag) == "path" and _GLYPH.fullmatch(c.get("id", ""))]:
                glyphs.setdefault(shape.attrib["id"], _lean(shape.get("d", "")))
                defs.remove(shape)
    for element in root.iter():
        element.tag = _local(element.tag)
        given = {_local(k): v for k, v in element.attrib.items()}
        for rule in given.pop("style", "").split(";"):
            name, _, text = rule.partition(":")
            if text:
                given[name.strip()] = text.strip()
        for name in _LENGTHS & given.keys():
            given[name] = _lean(given[name])
        if given.get("href", "").startswith("#") and given["href"][1:] not in (glyphs or {}):
            given["href"] = f"#{prefix}-{given['href'][1:]}"
        if given.get("id", "").startswith(style.TIP):
            given["data-tip"] = given.pop("id").removeprefix(style.TIP)
        if given.get("id") in used:
            given["id"] = f"{prefix}-{given['id']}"
        else:
            given.pop("id", None)
        if not (element.text or "").strip():
            element.text = None
        if not (element.tail or "").strip():
            element.tail = None
        element.attrib.clear()
        element.attrib.update({k: v.replace("url(#", f"url(#{prefix}-") for k, v in given.items()})
    for name in ("height", "version"):
        root.attrib.pop(name, None)
    root.attrib.update({"role": "img", "aria-label": alt, "stroke-linejoin": "round", "stroke-linecap": "butt"})
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704 - serialised, so escaped


def _without_font(signs: set[str]) -> str:
    few = "".join(sorted(signs)[:8]) + ("…" if len(signs) > 8 else "")
    return say("no font here may go along with the page for {signs}, so a reader without one sees boxes; {cure}",
               signs=few, cure=style.cure(signs))  # fmt: skip


def _lean(text: str) -> str:
    """Lengths as fine as a screen shows, without needless spaces."""
    text = _DECIMALS.sub(
        lambda m: m[0] if m[0].startswith("scale") else f"{float(m[0]):.2f}".rstrip("0").rstrip("."), text
    )
    return re.sub(r"\s+", " ", text).strip()


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
