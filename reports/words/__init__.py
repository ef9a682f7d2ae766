"""The words of every report in each language: English in the code, the others in one gettext catalogue each.

`say` and `say_n` are what gettext calls ``gettext`` and ``ngettext``; `mark` names a text that is said later. A
catalogue is ``<language>.po`` beside this file, made and edited with any gettext tool (Poedit, Babel).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
ENGLISH = "en"
_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def languages() -> tuple[str, ...]:
    """Return the languages there are, English first."""
    return (ENGLISH, *sorted(p.stem for p in FOLDER.glob("*.po")))


@contextmanager
def language(code: str) -> Iterator[None]:
    """Within this, reports speak the language.

    Raises
    ------
    ValueError
        There is no such language.
    """
    if code not in languages():
        raise ValueError(f"no language {code}; there are {', '.join(languages())}")
    token = _language.set(code)
    try:
        yield
    finally:
        _language.reset(token)


def current() -> str:
    """Return the language that is spoken."""
    return _language.get()


def mark(text: str) -> str:
    """Return the text as it is: it is in the catalogues, and said later."""
    return text


def say(text: str, /, **values: object) -> str:
    """Return a text in the language spoken, with the values in place of ``{name}``."""
    found = _catalogue(current()).get(text, text)
    return found.format(**values) if values else found


def say_n(one: str, many: str, n: int, /, **values: object) -> str:
    """Return `one` or `many`, whichever the language has for `n` things; ``{n}`` becomes the number itself."""
    found = _catalogue(current()).get(one) or (one if n == 1 else many)
    return found.format(n=f"{n:,}", **values)


def signs() -> str:
    """Return every sign the catalogue of the language has, which the fonts have to cover; empty for English."""
    return "".join(sorted(set("".join(_catalogue(current()).values()))))


@dataclass(frozen=True)
class Message:
    """What a catalogue has for a text.

    Attributes
    ----------
    texts : the English text, or its forms for one and for several things.
    says : what is said for it.
    kept : whether runs are kept with sentences made from it, see `heard`.
    """

    texts: tuple[str, ...]
    says: str
    kept: bool


@cache
def messages(code: str) -> tuple[Message, ...]:
    """Return what the catalogue of a language says; of a text with a plural, the first form stands for all."""
    from babel.messages.pofile import read_po

    with (FOLDER / f"{code}.po").open("rb") as file:
        read = read_po(file, locale=code)
    found = []
    for message in read:
        texts, forms = ((v,) if isinstance(v, str) else tuple(v or ("",)) for v in (message.id, message.string))
        if texts[0] and forms[0]:
            kept = any(not name.startswith("reports/") for name, _ in message.locations)
            found.append(Message(texts, forms[0], kept))
    return tuple(found)


@cache
def _catalogue(code: str) -> Mapping[str, str]:
    """What stands for each English text, or for its form for one thing."""
    return {} if code == ENGLISH else {m.texts[0]: m.says for m in messages(code)}


def slots(text: str) -> set[str]:
    """Return the names of the values a text has places for."""
    return set(re.findall(r"\{(\w+)[^}]*\}", text))
