"""An evaluation on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from reports.console import new_table, show
from reports.evaluation import said
from reports.wording import label, percent, short
from reports.words import say

#: Lines of a breakdown that are listed.
SHOWN = 15


def evaluation(found: Mapping[str, Any], console: Console) -> None:
    """Print what became of a plan."""
    for note in found["notes"]:
        console.print(Text(note, style="dim"))
    console.print()
    console.print(Text(said.title(found), style="bold"))
    for line in said.takeaways(found):
        console.print(Text(line), soft_wrap=True)
    for name, lines in found["attainment"].items():
        _lines(f"Attainment by {name}", "potential", lines, console, found["reps"] if name == "rep" else {})
    for name in ("segment", "territory"):
        _lines(f"Against the same days a year before, by {name}", "year before", found["trend"][name], console)
    console.print(Text(say(said.HOW)), soft_wrap=True)


def _lines(
    title: str, below: str, lines: Sequence[Mapping[str, Any]], console: Console, names: Mapping[str, str] | None = None
) -> None:
    if not lines:
        return
    quota = any("quota" in line for line in lines)
    table = new_table(console, title, "", "sold", below, "share", "range", *(["of quota"] if quota else []), "verdict")
    for line in lines[:SHOWN]:
        ends = "–" if line["low"] is None else f"{percent(line['low'])} … {percent(line['high'])}"
        share = "–" if line["ratio"] is None else percent(line["ratio"])
        attained = line.get("attained")
        of = [] if not quota else ["–" if attained is None else percent(attained)]
        table.add_row(
            _named(line["name"], names or {}),
            short(line["actual"]),
            short(line["expected"]),
            share,
            ends,
            *of,
            line["verdict"],
        )
    show(console, table)
    if len(lines) > SHOWN:
        console.print(f"and {len(lines) - SHOWN:,} more")


def _named(name: str, names: Mapping[str, str]) -> str:
    """A rep by id, as commands take it, and name."""
    known = names.get(name, name)
    return label(name if known == name else f"{name} {known}")
