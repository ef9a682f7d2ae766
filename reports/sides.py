"""Scenarios side by side in writing: the same rows in the deck and on the page."""

from __future__ import annotations

from reports import metrics, wording
from reports.words import say
from scenarios.compare import Comparison, Side

MOST_SIDES = 8
"""Most scenarios in one table."""
MOST_TERMS = 5


def side_by_side(found: Comparison) -> tuple[list[str], list[list[str]]]:
    """Return the names of the scenarios that have a plan, and rows of cells: what is compared, then a cell each."""
    sides = [s for s in found.sides if s.has_plan][:MOST_SIDES]
    names = [wording.scenario(s.name, 20) for s in sides]
    terms = list(dict.fromkeys(t for s in sides for t in s.terms))[:MOST_TERMS]
    rows = [
        [say("Score"), *(_in_gap(s, s.score) for s in sides)],
        [say("Bound"), *(_in_gap(s, s.bound) for s in sides)],
        *([wording.label(wording.heading(t), 24), *(_term(s, t) for s in sides)] for t in terms),
        [say("Potential kept"), *(_kept(s) for s in sides)],
        [say("Moved by choice"), *(_moved(s) for s in sides)],
    ]
    if sides and sides[0] is found.sides[0]:
        rows.append([say("Rep differs from {first}", first=names[0]), "–", *(f"{s.differ:,}" for s in sides[1:])])
    return names, rows


def _in_gap(side: Side, value: float | None) -> str:
    """A score or bound in as many decimals as show the gap between them."""
    if value is None:
        return "–"
    return f"{value:.{1 if side.score is None or side.bound is None else wording.digits(side.score, side.bound)}f}"


def _term(side: Side, name: str) -> str:
    return f"{side.terms[name]['score']:.1f}" if name in side.terms else "–"


def _kept(side: Side) -> str:
    return wording.percent(metrics.number((side.metrics.get("retention") or {}).get("value")))


def _moved(side: Side) -> str:
    told = (side.metrics.get("moves") or {}).get("chosen") or {}
    return f"{int(told.get('customers') or 0):,} ({wording.short(metrics.number(told.get('potential')))})"
