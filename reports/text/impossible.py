"""What the terminal shows of a plan that cannot hold: the conflict, and the changes that would mend it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from reports import wording
from solver.problems import shorten

#: Sentences of a conflict, and changes of a repair, that are listed.
_LINES = 15


def conflict(result: Mapping[str, Any], console: Console, writes: bool = True) -> None:
    """Print the conflict and the repairs of a result that has them, else nothing.

    Parameters
    ----------
    result : with the keys of `scenarios.explain.impossible.Impossible.as_dict`.
    writes : whether `fairbook solve` of the same plan would write the repair to a file.
    """
    if "conflict" not in result:
        return
    for title, lines in parts(result):
        console.print()
        console.print(Text(title, style="bold"))
        _list(lines, console)
    for note in result["repair_notes"]:
        console.print(Text(f"Note: {shorten(note, 500)}", style="yellow"))
    if result["repair"] and writes:
        console.print()
        console.print(Text("  fairbook solve PLAN --write-repair FILE", style="cyan").append(
            "  writes the first as an override: solve with --set @FILE", style="dim"), soft_wrap=True)  # fmt: skip


def parts(result: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Return the conflict and the repairs of a result that has them, a title with its lines each."""
    found = []
    if result.get("conflict"):
        count = wording.counted(len(result["conflict"]), "member")
        sure = result["conflict_minimal"] and result["conflict_confirmed"]
        head = "These rules cannot hold together; without any one of them there is a plan" if sure else (
            "These rules cannot hold together; some of them may not be needed for that"
        )  # fmt: skip
        found.append((f"{head} ({count})", list(result["conflict_in_words"])))
    for number, repair in enumerate(result.get("repairs", ())):
        found.append((_title(number, repair), [step["message"] for step in repair["steps"]]))
    return found


def _title(number: int, repair: Mapping[str, Any]) -> str:
    kind = "Or" if number else "The cheapest repair" if repair["cheapest"] else "The cheapest repair found"
    unsure = "" if repair["verified"] else ", not verified by solving"
    cost = wording.full(repair["cost"]) if repair["cost"] >= 100 else f"{repair['cost']:.3g}"
    return f"{kind} (cost {cost}{unsure})"


def _list(lines: list[str], console: Console) -> None:
    for line in lines[:_LINES]:
        console.print(Text(f"  - {shorten(line, 500)}"), soft_wrap=True)
    if len(lines) > _LINES:
        console.print(Text(f"  and {len(lines) - _LINES:,} more: --json lists them all", style="dim"))
