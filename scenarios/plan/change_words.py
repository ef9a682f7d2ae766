"""Declared changes as people say them on the command line: ``2 like R07 in EMEA/DE``, ``enterprise +20%``."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from scenarios.plan.patch import DECLARED
from solver.problems import InputError, Problem, shorten

#: How each kind of change may be said, by the option it is said with.
SAID: dict[str, str] = {
    "rep-left": "R07, or R07 on 2026-11-14 (the last day)",
    "rep-joined": "like R07, 2 like R07 in EMEA/DE, like R07 as Ann from 2026-12-01 ramp 0.5, or R13 in EMEA/DE as Ann",
    "territory-moved": "EMEA/DE/South to North (territory to team)",
    "demand-grown": "enterprise +20%, or a filter: industry == 'retail' -10%",
    "skill-trained": "R07 cloud:3",
}
_WORDS = ("like", "in", "as", "team", "from", "ramp", "skills", "capacity")
"""Words that begin a part of ``--rep-joined``."""


class _Unclear(Exception):
    """What was said is no such change."""


def change_sets(said: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return what was said as ``--set`` assignments: one that declares all the changes, or none.

    Parameters
    ----------
    said : by option (a key of `SAID`), every text given; they are applied in the order of `SAID`, and in each option in
        the order given.

    Raises
    ------
    InputError
        Every text that says no such change.
    """
    entries, problems = [], []
    for option in SAID:
        for text in said.get(option, ()):
            try:
                entries.append(_READERS[option](" ".join(text.split())))
            except _Unclear as no:
                said_so = f"--{option} {shorten(text)!r}"
                message = f"{said_so}: {no}" if str(no) else f"{said_so} says no change"
                problems.append(Problem("bad_change", message, expected=SAID[option]))
    if problems:
        raise InputError(problems)
    return (f"{DECLARED}={json.dumps(entries, ensure_ascii=False)}",) if entries else ()


def _left(text: str) -> dict[str, Any]:
    rep, on, day = _cut(text, "on")
    if not rep:
        raise _Unclear
    return {"rep_leaves": {"rep": rep} | ({"date": _day(day)} if on else {})}


def _joined(text: str) -> dict[str, Any]:
    first, parts = _parts(text.split(" "))
    keys: dict[str, Any] = {}
    count = re.fullmatch(r"\d+", first)
    if count and "like" in parts:
        keys["count"] = int(first)
    elif first:
        keys["rep"] = first
    for word, key in (("like", "like"), ("as", "name"), ("team", "team"), ("skills", "skills")):
        if word in parts:
            keys[key] = parts[word]
    if "in" in parts:
        keys["territories"] = parts["in"]
    if "from" in parts:
        keys["date"] = _day(parts["from"])
    for word in ("ramp", "capacity"):
        if word in parts:
            keys[word] = _number(word, parts[word])
    if not keys:
        raise _Unclear
    return {"rep_joins": keys}


def _parts(words: Iterable[str]) -> tuple[str, dict[str, str]]:
    """What stands before the first of `_WORDS`, and after each."""
    at = ""
    found: dict[str, list[str]] = {at: []}
    for word in words:
        low = word.lower()
        if low in _WORDS and low not in found:
            at, found[low] = low, []
        else:
            found[at].append(word)
    empty = [w for w, said in found.items() if w and not said]
    if empty:
        raise _Unclear(f"nothing after {empty[0]!r}")
    first, *rest = found.items()
    return " ".join(first[1]), {word: " ".join(said) for word, said in rest}


def _territory(text: str) -> dict[str, Any]:
    path, to, team = _cut(text, "to")
    if not path or not to or not team:
        raise _Unclear
    return {"territory_moves": {"territory": path, "to_team": team}}


def _demand(text: str) -> dict[str, Any]:
    found = re.fullmatch(r"(?P<which>.+?)(?: by)? (?P<share>[+\-−]?\d+(?:\.\d+)?) ?%", text)
    if not found:
        raise _Unclear
    which = found["which"]
    key = "where" if re.search(r"[=<>()]", which) else "segment"
    share = float(found["share"].replace("−", "-"))
    return {"demand_grows": {key: which, "share": round(share / 100, 9)}}


def _trained(text: str) -> dict[str, Any]:
    found = re.fullmatch(r"(?P<rep>\S+) (?P<skill>[^:]+?) ?(?:: ?(?P<level>\d+))?", text)
    if not found:
        raise _Unclear
    keys: dict[str, Any] = {"rep": found["rep"], "skill": found["skill"]}
    return {"skill_trained": keys | ({"level": int(found["level"])} if found["level"] else {})}


_READERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "rep-left": _left, "rep-joined": _joined, "territory-moved": _territory, "demand-grown": _demand,
    "skill-trained": _trained,
}  # fmt: skip


def _cut(text: str, word: str) -> tuple[str, str, str]:
    """What stands before and after the last ``word`` of a text, as `str.rpartition`, the text first where it is not."""
    before, found, after = f" {text} ".rpartition(f" {word} ")
    return (before.strip(), word, after.strip()) if found else (after.strip(), "", "")


def _day(text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise _Unclear(f"{shorten(text)!r} is no day such as 2026-11-14") from None


def _number(word: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise _Unclear(f"{word} {shorten(text)!r} is no number") from None
