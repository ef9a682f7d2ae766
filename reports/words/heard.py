"""Sentences that a run was kept with, in the language spoken: its rules, its reasons, what was found.

They are kept in English. The catalogue has every text they are made from (see `solver.sentences`), so a sentence is
told by its words which text it is and what its values are, and said again. One that is from no text stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from reports.wording import per_cent
from reports.words import ENGLISH, current, languages, mark, messages, say
from reports.words.names import named
from solver.sentences import Sentence

#: What a number looks like, and what else may stand in a place: semicolons stand between sentences.
_NUMBER, _OTHER = r"[\d.,%−-]+(?: %)?", r"[^;]+?"
#: Older runs have shares as ``25.0%``.
_SHARE = re.compile(r"([\d.,−-]+?)(?:\.0+)? ?%")
_PLACE = re.compile(r"\{(\w+)\}")
#: Places whose values are sentences, or parts of one, themselves; and those that are names of the plan.
SENTENCES = frozenset({"why", "what", "then"})
NAMES = frozenset({"term", "metric", "column", "rules"})
#: Places whose values are ids of reps.
REPS = frozenset({"rep", "reps"})
_NO_NAMES: Mapping[str, str] = {}
AND = mark(" and ")
#: How the names of places begin that may be empty, and how their texts do.
PART, STOPS = "and_", tuple(" ,;:(")


@dataclass(frozen=True)
class _Text:
    """A text to tell a sentence by: how many of its letters are its own, how it begins and ends, and how it is said."""

    own: int
    begins: str
    ends: str
    pattern: re.Pattern[str]
    says: str


def heard(text: str, reps: Mapping[str, str] = _NO_NAMES) -> str:
    """Return a sentence of a run, or one just made, in the language spoken.

    Parameters
    ----------
    reps : what reps are called, by id: said where the sentence has their ids.
    """
    if not text or (current() == ENGLISH and not reps and "%" not in text):
        return text
    if isinstance(text, Sentence):
        return say(text.text, **{name: _value(name, value, reps) for name, value in text.values.items()})
    if (told := _told(current(), text)) is None:
        return text
    says, values = told
    return says.format_map({"n": "1", **{name: _value(name, value, reps) for name, value in values.items()}})


@lru_cache(maxsize=100_000)
def _told(code: str, text: str) -> tuple[str, Mapping[str, str]] | None:
    """How a kept sentence is said and the values in it; None for one from no text."""
    for known in _texts(code):
        if text.startswith(known.begins) and text.endswith(known.ends) and (found := known.pattern.fullmatch(text)):
            return known.says, found.groupdict()
    return None


def _value(place: str, value: object, reps: Mapping[str, str]) -> str:
    text = value if isinstance(value, str) else str(value)
    if place.startswith(PART) or place in SENTENCES:
        return heard(text, reps)
    if (place == "n" or place.endswith("_n")) and (share := _SHARE.fullmatch(text)):
        return per_cent(share[1])
    if place in NAMES:
        return say(AND).join(map(_name, text.split(AND) if place == "rules" else [text]))
    head, and_, more = text.rpartition(AND)  # a list cut short, see `solver.explain.listed`
    if not (and_ and re.fullmatch(r"[\d,]+ more", more)):
        head, and_ = text, ""
    if place in REPS:
        head = reps.get(head) or ", ".join(reps.get(one, one) for one in head.split(", "))
    return f"{head}{heard(f'{AND}{more}')}" if and_ else head


def _name(name: str) -> str:
    spaced = name.replace("_", " ")
    said = named(spaced)
    return name if said == spaced else said


@cache
def _texts(code: str) -> tuple[_Text, ...]:
    """The texts of the solver and the scenarios, those with most words of their own first."""
    english = code == ENGLISH  # every catalogue has them all
    listed = messages(next(iter(languages()[1:]), code) if english else code)
    known = [(one, one if english else m.says) for m in listed if m.kept for one in m.texts]
    parts = "|".join(_regex(text, "") for text, _ in known if text.startswith(STOPS))
    return tuple(sorted((_text(text, says, parts) for text, says in known), key=lambda t: -t.own))


def _text(text: str, says: str, parts: str) -> _Text:
    pieces = _PLACE.split(text)
    return _Text(len("".join(pieces[::2])), pieces[0], pieces[-1], re.compile(_regex(text, parts), re.DOTALL), says)


def _regex(text: str, parts: str) -> str:
    """The pattern of a text; without `parts` that of one that stands in another, which names nothing."""
    out, seen = "", set[str]()
    for n, piece in enumerate(_PLACE.split(text)):
        if n % 2 == 0:
            out += re.escape(piece)
        elif piece in seen:
            out += f"(?P={piece})"
        else:
            value = ".+?" if piece in SENTENCES else _NUMBER if piece == "n" or piece.endswith("_n") else _OTHER
            if piece.startswith(PART):
                value = f"(?:{parts})?"
            seen.add(piece)
            out += f"(?P<{piece}>{value})" if parts else f"(?:{value})"
    return out
