"""A presentation as a file: the same bytes for the same slides, in the language and fonts of its readers."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from typing import Any

from lxml import etree
from pptx.oxml.ns import qn

from reports import style
from reports.words import current

#: How office programs call the languages: that of the text, and that of names in another writing within it.
TAGS = {"en": ("en-US", "zh-CN"), "zh": ("zh-CN", "en-US")}
#: A theme that leaves open which font has the signs of East Asia, which programs then fill with a poor one.
_OPEN = re.compile(rb'<a:ea typeface=""\s*/>')
_SPOKEN = re.compile(r"ppt/(slides/slide|notesSlides/notesSlide|charts/chart)\d+\.xml")
_PROPERTIES = ("a:rPr", "a:defRPr", "a:endParaRPr")


def settled(content: bytes, moment: dt.datetime) -> bytes:
    """Return the file with fixed times throughout, in the workbooks of its charts too, and every text's language."""
    target = io.BytesIO()
    stamp = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(?=<)")
    with zipfile.ZipFile(io.BytesIO(content)) as read, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        for item in read.infolist():
            data = read.read(item)
            if item.filename.endswith(".xlsx"):
                data = settled(data, moment)
            elif item.filename == "docProps/core.xml":
                data = stamp.sub(rb"\g<1>" + moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode(), data)
            elif _SPOKEN.fullmatch(item.filename):
                data = _in_language(data)
            elif item.filename.startswith("ppt/theme/"):
                data = _OPEN.sub(f'<a:ea typeface="{style.OFFICE}"/>'.encode(), data)
            info = zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            written.writestr(info, data)
    return target.getvalue()


def _in_language(data: bytes) -> bytes:
    """Say of every run of text which language it is in, so that no spelling check underlines it all."""
    root = etree.fromstring(data)
    for run in root.iter(qn("a:r"), qn("a:fld")):
        if run.find(qn("a:rPr")) is None:
            run.insert(0, etree.Element(qn("a:rPr")))
    for name in _PROPERTIES:
        for properties in root.iter(qn(name)):
            _tagged(properties)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return written


def _tagged(properties: Any) -> None:
    own, other = TAGS.get(current(), (current(), "en-US"))
    properties.set("lang", own)
    properties.set("altLang", other)
