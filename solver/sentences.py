"""Sentences for people: English, and still knowing what they were made from, so that reports can say them otherwise.

A run is kept with the English alone. `reports.words.heard` says both in another language: it asks a `Sentence` for its
text and values, and finds them again in a kept one by the words of the texts that are given here. What becomes of a
value hangs on the name of its place:

- ``term``, ``metric``, ``column``, ``rules``: names of the plan; those that the product gives are translated.
- ``why``, ``what``, ``then``: sentences, or parts of one, that were made here too.
- ``and_…``: a part that may be missing. It begins with a space or a stop, which no other text does.
- ``n`` and what ends in ``_n``: numbers.
- any other: ids, names and texts of the user, which stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping


class Sentence(str):
    """English for people, with the text it was made from and the values in it."""

    text: str
    values: Mapping[str, object]


def sentence(text: str, /, **values: object) -> Sentence:
    """Return the text with the values in place of ``{name}``."""
    made = Sentence(text.format(**values))
    made.text, made.values = text, values
    return made


def sentence_n(one: str, many: str, n: int, /, **values: object) -> Sentence:
    """Return `one` or `many`, whichever English has for `n` things; ``{n}`` becomes the number itself."""
    made = Sentence((one if n == 1 else many).format(n=f"{n:,}", **values))
    made.text, made.values = one, {"n": f"{n:,}", **values}
    return made
