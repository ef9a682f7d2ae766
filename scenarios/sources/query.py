"""Does an SQL text only read? One statement that starts with SELECT or WITH; the database's own guard comes on top."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    --[^\n]*                                   # comment to the end of the line
  | /\*.*?(?:\*/|\Z)                           # comment
  | (?<![\w$])[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)  # text with backslashes
  | '(?:[^']|'')*(?:'|\Z)                      # text
  | "(?:[^"]|"")*(?:"|\Z)                      # name
  | \$(?P<tag>[A-Za-z_]\w*)?\$.*?(?:\$(?P=tag)?\$|\Z)  # text between dollars
  | [A-Za-z_]\w* | \S
    """,
    re.VERBOSE | re.DOTALL,
)


def why_not_read_only(query: str) -> str:
    """Return why `query` is not taken, or an empty text where it is."""
    words = [m[0] for m in _TOKEN.finditer(query) if not m[0].startswith(("--", "/*"))]
    while words and words[-1] == ";":
        words.pop()
    if not words:
        return "the query is empty"
    if ";" in words:
        return "the query has more than one statement"
    first = next((w for w in words if w != "("), "")
    if first.upper() not in {"SELECT", "WITH"}:
        return f"the query starts with {first[:20]}"
    writing = {"INSERT", "UPDATE", "DELETE", "MERGE", "DROP", "ALTER", "CREATE", "TRUNCATE", "GRANT", "INTO"}
    if first.upper() == "WITH" and (verb := next((w for w in words if w.upper() in writing), "")):
        return f"the query says {verb}"
    return ""
