"""What a strategy changes, in words: ``objectives.fit.weight=12`` is ``fit weighs 12 instead of 4``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from reports import wording
from reports.words import mark, say
from scenarios.sweep.cases import BASE

#: How a setting of a rule or term is said with its value; one that is not here goes by its name.
SETTINGS = {
    "weight": mark("{part} weighs {new}"), "tolerance": mark("{part} within {new}"),
    "share": mark("{part} at most {new}"), "limit": mark("{part} at most {new}"),
}  # fmt: skip
SHARES = {"tolerance", "share"}
_SETS = re.compile(r"(?:^| )(?=(?:objectives|rules)\.[^ =]+=)")
_SET = re.compile(r"(?:objectives|rules)\.(?P<part>[^ =]+)\.(?P<setting>[^ =.]+)=(?P<value>.+)", re.DOTALL)


def strategy(name: str, written: Mapping[str, Any]) -> str:
    """Return the name of a strategy, as `scenarios.sweep.cases` makes them, in words.

    Parameters
    ----------
    written : what the plan as written has, by key; a key that is not in it is said without.
    """
    if name == BASE:
        return say("the plan as written")
    return say(", ").join(_said(piece, written) for piece in _SETS.split(name) if piece)


def _said(piece: str, written: Mapping[str, Any]) -> str:
    found = _SET.fullmatch(piece)
    if found is None:
        return wording.scenario(piece, 80)
    part, setting, new = wording.spoken(found["part"]), found["setting"], _value(found["value"])
    text = SETTINGS.get(setting)
    what = (
        say(text, part=part, new=_write(setting, new)) if text
        else say("{part}: {setting} {new}", setting=wording.spoken(setting), part=part, new=_write(setting, new))
    )  # fmt: skip
    old = written.get(piece.partition("=")[0])
    return what if old is None else say("{what} instead of {old}", what=what, old=_write(setting, old))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _write(setting: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return wording.value(value)
    return wording.per_cent(f"{100 * value:.4g}") if setting in SHARES else f"{value:,.6g}"
