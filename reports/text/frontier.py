"""A trade-off curve on the terminal, and its search while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.text import Text

from reports import wording
from reports.console import new_table, show
from reports.live import LiveProgress

if TYPE_CHECKING:
    from rich.console import Console

    from solver.engine.solution import Progress


class LiveFrontier(LiveProgress):
    """Shows the search for one point after another; see `LiveProgress`."""

    _before = 0.0
    _number = 0
    _seconds = 0.0

    def __enter__(self) -> LiveFrontier:
        """Start drawing."""
        super().__enter__()
        return self

    def point(self, number: int, total: int, progress: Progress) -> None:
        """Take news of a point's search."""
        if number != self._number:
            self._before, self._number = self._seconds, number
        self._seconds = max(self._seconds, self._before + progress.seconds)
        self.search(replace(progress, seconds=self._seconds), f"search {number} of {total}, ")


def frontier_summary(document: Mapping[str, Any], console: Console) -> None:
    """Print a curve (`scenarios.frontier.curve.document`): its points, today and the waterfall beside, what next."""
    x, y = document["x"], document["y"]
    console.print()
    console.print(Text(f"{wording.heading(x['name'])} against {wording.spoken(y['name'])}", style="bold"))
    for side in (x, y):
        less = "; less is better" if side["less_is_better"] else ""
        console.print(Text(f"{wording.spoken(side['name'])}: {side['about']}{less}", style="dim"))
    if not document["points"]:
        said = "no plan keeps the rules" if document["status"] == "infeasible" else "no plan was found in time"
        console.print(Text(said, style="bold red"))
        for finding in document["findings"]:
            console.print(Text(f"  - {finding}"))
        return
    of = x if document["bound_of"] == "x" else y
    limit = "at least" if of["less_is_better"] else "at most"
    names = (wording.spoken(x["name"]), wording.spoken(y["name"]))
    table = new_table(console, "", "point", *names, f"{wording.spoken(of['name'])} {limit}", "gap", "score", "")
    table.columns[-1].justify = "left"
    for p in document["points"]:
        proven = ("–", "–") if p["bound"] is None else (f"{p['bound']:.2f}", wording.points(p["gap"]))
        row = (str(p["point"]), f"{p['x']:.2f}", f"{p['y']:.2f}", *proven, f"{p['score']:.2f}")
        table.add_row(*row, "knee" if p["knee"] else "", style="bold" if p["knee"] else None)
    for kind in ("today", "waterfall"):
        place = document[kind]
        notes = []
        if place["unassigned"]:
            notes.append(f"{wording.counted(place['unassigned'], 'customer')} without a rep")
        if place["violations"]:
            notes.append(f"breaks rules {wording.counted(place['violations'], 'time')}")
        table.add_row(
            kind, f"{place['x']:.2f}", f"{place['y']:.2f}", "", "", f"{place['score']:.2f}", ", ".join(notes),
            style="dim",
        )  # fmt: skip
    show(console, table)
    console.print()
    if document["dropped"]:
        said = wording.counted(document["dropped"], "plan")
        console.print(Text(f"{said} found besides, no better than these in both.", style="dim"))
    for note in document["notes"]:
        console.print(Text(note, style="yellow"))
    chosen = document["knee"] or 1
    console.print(Text("Take a point over as a scenario: ").append(f"--adopt {chosen} --write FILE", style="bold"))
