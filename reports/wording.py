"""Numbers and names in writing, alike in every report. Light to import: the command line uses it too."""

from __future__ import annotations

import datetime as dt
import math
import re
import textwrap
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.words import current, mark, say
from reports.words.names import named

OTHER_WEIGHTS = "The weights differ, so the scores do not measure the same: compare the terms."


@dataclass(frozen=True)
class _Looks:
    """How a language writes numbers.

    Attributes
    ----------
    units : sizes that have a word or letter, the largest first; 1 without one last.
    per_cent : what follows the figure of a share.
    moment : a day with its time, for ``strftime``.
    """

    units: tuple[tuple[float, str], ...]
    per_cent: str
    moment: str


#: The languages that write numbers otherwise than English does.
_OTHERS = {"zh": _Looks(((1e12, "万亿"), (1e8, "亿"), (1e4, "万"), (1.0, "")), "%", "%Y年%m月%d日 %H:%M")}
_ENGLISH = _Looks(((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"), (1.0, "")), " %", "%Y-%m-%d %H:%M")


def _looks() -> _Looks:
    return _OTHERS.get(current(), _ENGLISH)


_STATUS = {
    "optimal": mark("optimal"), "feasible": mark("feasible"), "infeasible": mark("infeasible"),
    "no_plan": mark("no_plan"),
}  # fmt: skip

#: What the hash of each table is called, and that of any other file.
_HASHES = {
    "customers": mark("SHA-256 of customers"), "reps": mark("SHA-256 of reps"), "history": mark("SHA-256 of history"),
    "model": mark("SHA-256 of the model"),
    "": mark("SHA-256 of {name}"),
}  # fmt: skip


def short(value: float, trim: bool = False, beside: float = 0.0) -> str:
    """Return a number in few signs: 950, 4.5k, 12.3M, 1.2B; ``–`` for none. `trim` makes 3.0M 3M, for axes.

    In Chinese 950, 4,500, 1,230万, 12.0亿. A number `beside` it, up to a hundred times as large, gives the unit: 0.99M.
    """
    if not math.isfinite(value):
        return "–"
    if value and abs(value) < 1:
        return f"{value:.2g}".replace("-", "−")
    for size, unit in _looks().units:
        above = abs(value) >= size * 0.9995
        if above or not unit or min(abs(beside), 100 * abs(value)) >= size * 0.9995:
            text = f"{value / size:,.{2 if not above and unit else 1 if abs(value / size) < 99.95 else 0}f}"
            whole = text.endswith(".0") and (trim or not unit)
            return (text[:-2] if whole else text).replace("-", "−") + unit
    raise AssertionError(value)


def ends(low: float, high: float) -> tuple[str, str]:
    """Return both ends of a range in few signs and one unit, see `short`: ``0.99M``, ``1.2M``."""
    return short(low, beside=high), short(high, beside=low)


def signed_ends(low: float, high: float) -> tuple[str, str]:
    """Return `ends`, with their signs: ``+0.99M``, ``+1.2M``."""
    return signed(low, high), signed(high, low)


def signed(value: float, beside: float = 0.0) -> str:
    """Return an amount with its sign in few signs, see `short`: ``+4.5k``, ``−1.2M``, ``0``."""
    text = short(value, beside=beside)
    return text if value <= 0 or not math.isfinite(value) or text == "0" else f"+{text}"


def percent(share: float, digits: int = 0) -> str:
    """Return a share (0-1) as a percentage: ``73 %``."""
    return per_cent(f"{100 * share:.{digits}f}") if math.isfinite(share) else "–"


def part(share: float) -> str:
    """Return a share as a percentage that is rounded neither to none nor to all: ``< 1 %``, ``73 %``, ``> 99 %``."""
    if 0 < share < 0.005:
        return f"< {percent(0.01)}"
    return f"> {percent(0.99)}" if 0.995 <= share < 1 else percent(share)


def per_cent(figure: str) -> str:
    """Return a figure with what stands for per cent: ``73 %``, ``73%`` in Chinese."""
    return f"{figure}{_looks().per_cent}"


def moment(when: dt.datetime) -> str:
    """Return a day with its time: ``2026-11-27 09:30 UTC``."""
    return f"{when:{_looks().moment}} UTC"


def day(when: dt.date) -> str:
    """Return a day: ``2026-11-07``, ``2026年11月7日`` in Chinese."""
    return re.sub("(?<=[年月])0", "", f"{when:{_looks().moment.partition(' ')[0]}}")


def signed_percent(share: float, digits: int = 0) -> str:
    """Return a share that may be below none as a percentage: ``73 %``, ``−4 %``."""
    return percent(share, digits).replace("-", "−")


def off_target(ratio: float, digits: int = 0) -> str:
    """Return how far a ratio is from 1: ``+12 %``, ``−3 %``, ``±0 %``."""
    if not math.isfinite(ratio):
        return ""
    off = round(100 * (ratio - 1), digits)
    sign = "+" if off > 0 else "−" if off < 0 else "±"
    return f"{sign}{per_cent(f'{abs(off):.{digits}f}')}"


def off_band(ratio: float, edge: float, outside: bool) -> str:
    """Return `off_target`, with as many decimals as it takes to tell a load `outside` its band from where that ends.

    Parameters
    ----------
    edge : where the band ends, as a ratio to the target like `ratio` itself.
    """
    tells = (d for d in range(5) if not outside or round(abs(ratio - 1), d + 2) > round(edge - 1, d + 2))
    return off_target(ratio, digits=next(tells, 4))


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number with what it counts: ``1 family``, ``2,000 families``; `many` is `one` with an s by default."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def label(text: str, width: int = 26) -> str:
    """Return a name on one line, cut to `width` columns; a Chinese sign takes two; control characters show as ``�``."""
    line = "".join(c if c.isprintable() else "�" for c in " ".join(str(text).split()))
    if columns(line) <= width:
        return line
    used, kept = 0, ""
    for sign in line:
        used += columns(sign)
        if used > width - 1:
            break
        kept += sign
    return f"{kept.rstrip()}…"


def columns(text: str) -> int:
    """Return how many columns a text takes, a Chinese sign two."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text, at most `width` columns each; a Chinese text breaks between any two of its signs."""
    if columns(text) == len(text):
        return textwrap.wrap(text, width)
    lines = [""]
    for piece in re.findall(r"[^\S\n]*(?:[!-~\u00A0-\u2E7F]+|.)[，。；：、！？）”》%]*", text):
        if lines[-1] and columns(lines[-1] + piece) > width:
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return lines


def spoken(name: str) -> str:
    """Return a name of the plan for people: ``balance_potential`` → ``balance potential``."""
    return label(named(name.replace("_", " ")), 40)


def scenario(name: str, width: int = 40) -> str:
    """Return a scenario's name in a table or picture, with the id of its run if it has one: ``lean_stable (3f…)``."""
    own, brace, run = name.replace("_", " ").partition(" (")
    return label(f"{named(own)}{brace}{run}", width)


def heading(name: str) -> str:
    """Return a name of the plan as the start of a line: ``balance_potential`` → ``Balance potential``."""
    text = spoken(name)
    return text[:1].upper() + text[1:]


def quantity(metric: str) -> str:
    """Return a metric as the start of a line, with its unit where that is known: ``Workload (hours)``."""
    return say("{metric} (hours)", metric=heading(metric)) if metric == "workload" else heading(metric)


def plan_title(plan: str, period: str = "") -> str:
    """Return what a plan is called in a heading: ``autumn``, ``2026-Q4`` → ``Autumn plan for 2026-Q4``.

    The word plan and the period are left out where the name of the plan's file has them already.
    """
    name = label(re.sub(r"[_\-\s]+", " ", plan).strip(), 80)
    words = {"name": named(name or "plan"), "period": label(period, 80)}
    told = re.sub(r"[_\-\s]+", " ", period).strip().casefold() in name.casefold()
    if not name or "plan" in name.casefold():
        return capital(words["name"] if told else say("{name} for {period}", **words))
    return capital(say("{name} plan", name=words["name"]) if told else say("{name} plan for {period}", **words))


def scenario_said(scenario: str) -> str:
    """Return a scenario's name in a heading: ``base`` → ``as written``, ``lean_stable`` → ``scenario lean stable``."""
    if scenario == "base":
        return say("as written")
    return say("scenario {name}", name=label(scenario.replace("_", " "), 80))


def full(value: float) -> str:
    """Return a number with thousands separators, decimals only where it is small: ``1,234,567``, ``12.5``."""
    if not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:,.1f}"


def points(value: float) -> str:
    """Return points of the score in writing: two decimals where that matters, never rounded to a gap of 0."""
    if not math.isfinite(value):
        return "–"
    return f"{value:.2f}" if value == 0 or abs(value) >= 0.005 else say("less than 0.01")


def digits(score: float, bound: float) -> int:
    """Return the decimals, 1 to 3, with which score and bound in writing show their gap, not half or twice of it."""
    gap = bound - score
    return next((d for d in (1, 2, 3) if abs(round(bound, d) - round(score, d) - gap) <= 0.45 * gap), 3)


def capital(text: str) -> str:
    """Return a text with a capital first letter."""
    return text[:1].upper() + text[1:]


def status(code: str) -> str:
    """Return the status of a run in writing."""
    return say(_STATUS.get(code, code))


def changed(change: Mapping[str, Any]) -> str:
    """Return in a line what a scenario changed of the plan or its people, with both values cut short."""
    path, old, new = str(change.get("path")), change.get("old"), change.get("new")
    if old is None and new == "added":
        return say("{key}: added", key=path)
    if new is None and old in {"customer_id", "rep_id"}:
        return say("{key}: removed", key=path)
    return f"{path}: {value(old)} → {value(new)}"


def value(given: Any) -> str:
    """Return a value of a plan in writing, cut short; ``nothing`` for none."""
    if given is None:
        return say("nothing")
    return say("yes" if given else "no") if isinstance(given, bool) else label(str(given), 80)


def hashes(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the hashes of what a run was made from, each with what it is of."""
    found = (result.get("input_hashes") or {}).items()
    return [(say(_HASHES.get(name) or _HASHES[""], name=name), str(digest)) for name, digest in found]
