"""What the terminal shows of a sweep: one live table while it goes on, and how each scenario ended."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports import wording
from reports.console import by_kind, new_table, show
from reports.live import Drawing
from solver.problems import shorten

if TYPE_CHECKING:
    from scenarios.sweep.sweep import Outcome, Progress

_TONE = {"kept": "green", "solved": "green", "failed": "bold red", "searching": "yellow", "reading": "yellow"}
_SAID = {"kept": "solved before", "failed": "failed"}
_FIRST = ("searching", "reading", "failed", "solved", "kept", "waiting")
"""The order of states where the terminal has too few lines for all scenarios."""


class LiveSweep(Drawing):
    """Shows a sweep while it goes on: ``with LiveSweep(...) as live: sweep(..., watch=live)``.

    On a terminal one table that is drawn over and over; elsewhere a plain line a scenario when it ends, and one when
    it has to be begun again; nothing when `quiet`.
    """

    def __init__(self, quiet: bool, console: Console) -> None:
        super().__init__(quiet, console)
        self._at: dict[str, Progress] = {}
        self._began: dict[str, float] = {}

    def __call__(self, progress: Progress) -> None:
        """Take news of a scenario."""
        self._at[progress.name] = progress
        if progress.state == "reading":
            self._began[progress.name] = time.monotonic()
        if self._quiet or self._screen is not None:
            return
        if progress.state in {"kept", "solved", "failed"}:
            ended = sum(p.state in {"kept", "solved", "failed"} for p in self._at.values())
            state = _SAID.get(progress.state, progress.state)
            line = f"{ended:>4} of {len(self._at)}  {shorten(progress.name)}: {state}"
            said = shorten(progress.message.split("\n")[0], 200) if progress.state == "failed" else _figures(progress)
            self._console.print(Text(f"{line}, {said}" if said else line), soft_wrap=True)
        elif progress.state == "reading" and progress.tries > 1:
            self._console.print(Text(f"{shorten(progress.name)}: its worker died, begun again"), soft_wrap=True)

    def _draw(self) -> Table:
        found = list(self._at.values())
        ended = sum(p.state in {"kept", "solved", "failed"} for p in found)
        title = f"{ended:,} of {wording.counted(len(found), 'scenario')}"
        table = new_table(self._console, title, "scenario", "", "score", "bound", "gap", "seconds", text=2)
        room = max(3, self._console.height - 6)
        shown = sorted(found, key=lambda p: _FIRST.index(p.state))[:room] if len(found) > room else found
        for p in shown:
            seconds = p.seconds
            if p.state in {"reading", "searching"} and p.name in self._began:
                seconds = time.monotonic() - self._began[p.name]
            state = f"{_SAID.get(p.state, p.state)}{f', try {p.tries}' if p.tries > 1 else ''}"
            figures = (_points(p.score), _points(p.bound), _points(p.gap), "" if seconds is None else f"{seconds:.1f}")
            table.add_row(shorten(p.name), Text(state, style=_TONE.get(p.state, "dim")), *figures)
        if len(shown) < len(found):
            table.add_row(Text(f"and {len(found) - len(shown):,} more", style="dim"))
        return table


def _figures(p: Progress) -> str:
    if p.score is None:
        return {"infeasible": "no plan can keep every rule", "no_plan": "no plan found"}.get(p.message, "")
    if p.bound is None:
        return f"score {p.score:.2f}"
    return f"{p.score:.2f} of at most {p.bound:.2f}" + (f", {p.seconds:.1f} s" if p.seconds is not None else "")


def _points(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def sweep_summary(outcomes: Sequence[Outcome], console: Console, plan: str) -> None:
    """Print how every scenario ended, why those without a plan have none, and what to do next."""
    table = new_table(console, "", "scenario", "run", "", "score", "bound", "gap", "seconds", text=3)
    for o in outcomes:
        result = o.result or {}
        figures = [_points(result.get(k)) or "–" for k in ("score", "bound", "gap")]
        seconds = result.get("seconds")
        state = f"{o.status}, solved before" if o.kept else o.status
        fine = o.status in {"optimal", "feasible"}
        tone = Text(state, style="" if fine else "bold red")
        table.add_row(shorten(o.name), o.run or "–", tone, *figures, "–" if seconds is None else f"{seconds:.1f}")
    show(console, table)
    for o in outcomes:
        _notes(o, console)
    _troubles(outcomes, console)
    console.print()
    console.print(Text("Next", style="bold"))
    steps = [("fairbook compare", "the scenarios side by side")] if any(o.run for o in outcomes) else []
    named = [o.name for o in outcomes if o.status == "infeasible" and o.name != "base" and "=" not in o.name]
    if named:
        ask = f"fairbook solve {plan} --scenario {shlex.quote(named[0])}"
        steps.append((ask, "which rules are in conflict there, and the cheapest repair"))
    if any(o.trouble in {"stopped", "lost"} for o in outcomes):
        steps.append((f"fairbook sweep {plan} …", "the same again goes on: what is solved is not solved again"))
    for command, why in steps or [(f"fairbook check {plan}", "who could go where, and what is too tight")]:
        console.print(Text("  ").append(command, style="cyan").append(f"  {why}", style="dim"), soft_wrap=True)


def _notes(outcome: Outcome, console: Console) -> None:
    said = ((outcome.result or {}).get("sweep") or {}).get("notes") or []
    for note in said:
        console.print(Text(f"{shorten(outcome.name)}: ").append(shorten(note, 300), style="dim"), soft_wrap=True)


def _troubles(outcomes: Sequence[Outcome], console: Console) -> None:
    for o in outcomes:
        findings = (o.result or {}).get("findings") or []
        if not o.trouble and o.status not in {"infeasible", "no_plan"}:
            continue
        if o.trouble == "stopped":
            continue
        console.print(Text(f"{shorten(o.name)}: {o.status}", style="bold red"))
        lines = [str(f.get("message", f)) for f in findings[:5]]
        if o.problems:
            for told, left in by_kind((p for p in o.problems if p.severity == "error"), None).values():
                lines += [*told, left] if left else told
        elif o.message:
            lines.append(o.message)
        for line in lines:
            console.print(Text(f"  - {shorten(line, 500)}"), soft_wrap=True)
    stopped = sum(o.trouble == "stopped" for o in outcomes)
    if stopped:
        said = wording.counted(stopped, "scenario was", "scenarios were")
        console.print(Text(f"{said} not solved: stopped by Ctrl-C.", style="bold yellow"))
