"""A repaired plan, on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from reports.console import new_table, next_steps, show
from reports.text import impossible
from reports.wording import counted, digits, full, points, short
from scenarios.explain.why import pts
from scenarios.horizon.repair import Moved, Repaired
from scenarios.plan.patch import Change
from solver.problems import shorten

_TITLES = {
    "lost": "Nobody looks after them any more",
    "forced": "Had to move",
    "new": "Got a rep",
    "chosen": "Moved because it pays, or to make room",
}


def repaired(found: Repaired, parent: str, console: Console, most: int = 20) -> None:
    """Print what a repair changed, who moved and why, and what it cost."""
    run = found.run
    console.print()
    console.print(
        Text(f"Run {parent} repaired for {found.period}", style="bold").append(f"  run {run.id}", style="dim")
    )
    if run.result["score"] is None:
        console.print(Text(f"No plan: {run.result['status']}", style="bold red"))
        for line in [*(f["message"] for f in run.result.get("findings", ())), *run.result.get("notes", ())]:
            console.print(Text(f"  - {shorten(line, 500)}"), soft_wrap=True)
        impossible.conflict(run.result, console, writes=False)
        return
    recorded(run.result.get("changes", ()), console)
    said = f"{counted(found.kept, 'customer stays', 'customers stay')} where they are"
    console.print(f"{said}; {', '.join(_parts(found)) or 'nobody moves'}.")
    console.print(Text(f"By the threshold, {run.result['repaired']['threshold']}.", style="dim"), soft_wrap=True)
    for kind, title in _TITLES.items():
        _table([m for m in found.moves if m.kind == kind], title, most, console)
    console.print()
    score, bound = float(run.result["score"]), float(run.result["bound"])
    decimals = digits(score, bound)
    console.print(Text(f"Score {score:.{decimals}f} of at most {bound:.{decimals}f}", style="bold"))
    if found.lost_most is not None:
        console.print(f"A plan made without regard to who moves scores at most {points(found.lost_most)} points more.")
    next_steps(
        console,
        [
            (f"fairbook report {run.id} --format handover", "hand-over packs for whoever gains or loses customers"),
            (f"fairbook runs diff {parent} {run.id}", "both plans side by side"),
        ],
    )


_COUNTED = (
    ("forced", "has to move", "have to move"),
    ("chosen", "moves by choice", "move by choice"),
    ("new", "gets a rep", "get a rep"),
    ("lost", "is left without", "are left without"),
)


def _parts(found: Repaired) -> list[str]:
    """How many customers of each kind, each with its own potential."""
    parts: list[str] = []
    for kind, one, many in _COUNTED:
        if number := found.count(kind):
            worth = short(sum(m.potential for m in found.moves if m.kind == kind))
            parts.append(f"{counted(number, one, many)} ({worth}{'' if parts else ' of potential'})")
    return parts


def recorded(changes: object, console: Console, most: int = 12) -> None:
    """Print what changed, as ``path: old → new``."""
    lines = [Change(**c).line() for c in changes] if isinstance(changes, list | tuple) else []
    for line in lines[:most]:
        console.print(Text(f"  {shorten(line, 200)}"), soft_wrap=True)
    if len(lines) > most:
        console.print(Text(f"  and {len(lines) - most:,} more changes", style="dim"))


def _table(moves: list[Moved], title: str, most: int, console: Console) -> None:
    if not moves:
        return
    pays = moves[0].kind == "chosen"
    heads = ("customer", "", "from", "to", "why", "potential", "workload", *(("points paid", "asked") if pays else ()))
    table = new_table(console, title, *heads, text=5)
    for m in moves[:most]:
        more: tuple[str, ...] = ()
        if pays:
            more = ("–" if m.paid is None else pts(m.paid), "–" if m.asked is None else pts(m.asked))
        texts = (m.customer_id, shorten(m.name), m.from_rep or "–", m.to_rep or "–", shorten(m.why))
        table.add_row(*texts, full(m.potential), full(m.workload), *more)
    show(console, table)
    if len(moves) > most:
        console.print(f"and {len(moves) - most:,} more")
