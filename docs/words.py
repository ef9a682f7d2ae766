"""Brings the catalogues of `reports.words` up to date with the texts of the code. Run by ``make docs``.

What is new there comes in without a translation, what is no longer said goes out, and what is translated stays.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import jinja2
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from reports.words import ENGLISH, FOLDER, languages

ROOT = Path(__file__).parent.parent
#: In which rooms which functions have a text first, and whether the second argument is its form for several things.
CALLS = {
    "reports": {"say": False, "mark": False, "say_n": True},
    "scenarios": {"sentence": False, "sentence_n": True},
    "solver": {"sentence": False, "sentence_n": True},
}
HEADER = """\
# The words of Fairbook's reports. `python -m docs.words` brings in what is new and takes out what is no longer said.
msgid ""
msgstr ""
"Project-Id-Version: fairbook\\n"
"Language: {code}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals};\\n"

"""


@dataclass
class Text:
    """A text of the code: its form for several things, if it has one, and the files it stands in."""

    many: str
    files: set[str]


def texts() -> dict[str, Text]:
    """Return every text of the code by itself, or by its form for one thing.

    Raises
    ------
    ValueError
        A text is no plain text, or has two forms for several things.
    """
    found: dict[str, Text] = {}
    for room, calls in CALLS.items():
        for path in sorted(p for p in (ROOT / room).rglob("*") if p.suffix in {".py", ".j2"}):
            name = path.relative_to(ROOT).as_posix()
            read = _in_python if path.suffix == ".py" else _in_template
            for one, many in read(name, path.read_text(encoding="utf-8"), calls):
                text = found.setdefault(one, Text(many, set()))
                if text.many and many and text.many != many:
                    raise ValueError(f"{name}: {one!r} has two forms for several things: {text.many!r}, {many!r}")
                text.many = text.many or many
                text.files.add(name)
    return found


def _in_python(name: str, code: str, calls: dict[str, bool]) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in calls:
            continue
        one, many = node.args[0], node.args[1] if calls[node.func.id] else None
        if isinstance(one, ast.JoinedStr) or isinstance(many, ast.JoinedStr):
            raise ValueError(f"{name}:{node.lineno}: the values of a text belong after it, not into it")  # noqa: TRY004
        if isinstance(one, ast.Constant):
            yield str(one.value), str(many.value) if isinstance(many, ast.Constant) else ""
        elif node.func.id != "say":
            raise ValueError(f"{name}:{node.lineno}: a text stands in the call itself; only say takes one from mark")


def _in_template(_: str, text: str, calls: dict[str, bool]) -> Iterator[tuple[str, str]]:
    for node in jinja2.Environment(autoescape=True).parse(text).find_all(jinja2.nodes.Call):
        if not isinstance(node.node, jinja2.nodes.Name) or node.node.name not in calls:
            continue
        one, *others = node.args
        if isinstance(one, jinja2.nodes.Const):
            many = others[0] if calls[node.node.name] else None
            yield str(one.value), str(many.value) if isinstance(many, jinja2.nodes.Const) else ""


def catalogue(code: str) -> str:
    """Return what the catalogue of a language has to be, with the translations it has."""
    made = Catalog(locale=code)
    with (FOLDER / f"{code}.po").open("rb") as file:
        known = read_po(file, locale=code)
    for one, text in texts().items():
        before = known.get(one)
        said = before.string if before is not None else ""
        said = said if isinstance(said, str) else next(iter(said), "")
        where = [(name, 0) for name in sorted(text.files)]
        made.add((one, text.many) if text.many else one, (said,) if text.many else said, where)
    target = io.BytesIO()
    write_po(target, made, width=0, sort_output=True, omit_header=True, include_lineno=False)
    return HEADER.format(code=code, plurals=made.plural_forms.rstrip(";")) + target.getvalue().decode("utf-8")


if __name__ == "__main__":
    for language in languages():
        if language == ENGLISH:
            continue
        content = catalogue(language)
        (FOLDER / f"{language}.po").write_text(content, encoding="utf-8")
        empty = sum(1 for m in read_po(io.BytesIO(content.encode()), locale=language) if m.id and not any(m.string))
        click.echo(f"reports/words/{language}.po: {empty} to translate")
