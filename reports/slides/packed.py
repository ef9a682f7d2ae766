"""A presentation as a file: the same bytes for the same slides, in the language and fonts of its readers."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile

from reports import style
from reports.words import current

#: How office programs call the languages.
TAGS = {"en": "en-US", "zh": "zh-CN"}
#: A theme that leaves open which font has the signs of East Asia, which programs then fill with a poor one.
_OPEN = b'<a:ea typeface=""/>'


def settled(content: bytes, moment: dt.datetime) -> bytes:
    """Return the file with fixed times throughout, in the workbooks of its charts too."""
    target = io.BytesIO()
    stamp = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(?=<)")
    tag = TAGS.get(current(), current()).encode()
    with zipfile.ZipFile(io.BytesIO(content)) as read, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        for item in read.infolist():
            data = read.read(item)
            if item.filename.endswith(".xlsx"):
                data = settled(data, moment)
            elif item.filename == "docProps/core.xml":
                data = stamp.sub(rb"\g<1>" + moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode(), data)
            elif item.filename.startswith("ppt/slides/slide"):
                data = data.replace(b"<a:rPr ", b'<a:rPr lang="' + tag + b'" ')
            elif item.filename.startswith("ppt/theme/"):
                data = data.replace(_OPEN, f'<a:ea typeface="{style.OFFICE}"/>'.encode())
            info = zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            written.writestr(info, data)
    return target.getvalue()
