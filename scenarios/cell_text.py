"""Text as a spreadsheet's cell can hold it: no formula, nothing XML forbids, no longer than a cell may be."""

from __future__ import annotations

import re

from scenarios.files import escape_cell

#: Most UTF-16 units a cell of Excel holds; a sign outside the basic plane, an emoji say, is two.
LONGEST = 32_767

_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def cell_text(value: object) -> str:
    """Return `value` as text for a cell: guarded by `escape_cell`, control signs as ``�``, cut to `LONGEST`."""
    text = str(escape_cell(str(value).replace("\r\n", "\n")))
    if _FORBIDDEN.search(text):
        text = _FORBIDDEN.sub("\ufffd", text)
    if 2 * len(text) <= LONGEST:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * LONGEST:
        return text
    return units[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore") + "…"  # "ignore": half an emoji at the cut
