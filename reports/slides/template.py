"""The template a deck is built on: one of the user's, looked through before it is unpacked, or an empty one of ours."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

from lxml import etree
from pptx import Presentation
from pptx.exc import PackageNotFoundError
from pptx.oxml.ns import qn
from pptx.util import Inches

from reports.slides.blocks import HIGH, WIDE, one_line
from solver.problems import InputError, Problem

#: What a template may come to when unpacked: bytes, and times its own size.
MOST_BYTES, MOST_RATIO = 300_000_000, 200


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
        with zipfile.ZipFile(path) as archive:
            whole = sum(i.file_size for i in archive.infolist())
            if whole > MOST_BYTES or whole > MOST_RATIO * max(path.stat().st_size, 1_000_000):
                raise refuse(f"the template unpacks to {whole:,} bytes", f"at most {MOST_BYTES:,}")
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
    ids = show.slides._sldIdLst
    for entry in list(ids):
        show.part.drop_rel(entry.get(qn("r:id")))
        ids.remove(entry)
    return show


def plain() -> Any:
    """Return an empty presentation of our own: wide slides, a title at the left."""
    show = Presentation()
    show.slide_width, show.slide_height = Inches(WIDE), Inches(HIGH)
    layout = titled(show)
    for shape in list(layout.placeholders):
        if shape.placeholder_format.type != 1 and shape.placeholder_format.idx != 0:  # dates, footers, numbers
            shape._element.getparent().remove(shape._element)
    return show


def titled(show: Any) -> Any:
    """Return the layout to build on: a title and as little else as there is; None where none has a title."""
    fitting = [
        (sum(1 for p in layout.placeholders if p.placeholder_format.idx not in {0, 10, 11, 12}), n, layout)
        for n, layout in enumerate(show.slide_layouts)
        if any(p.placeholder_format.idx == 0 for p in layout.placeholders)
    ]
    return min(fitting, key=lambda f: f[:2])[2] if fitting else None
