"""What the terminal shows of runs side by side: a table a subject, a line a scenario."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from reports import wording
from reports.console import new_table, show
from scenarios.plan.patch import Change
from solver.problems import shorten

if TYPE_CHECKING:
    from scenarios.compare import Comparison, Side

_MOST_CHANGES = 3
_MOST_REPS = 4
_MOST_CUSTOMERS = 40


def comparison(found: Comparison, console: Console, customers: bool = False) -> None:
    """Print the comparison; with `customers` also whose rep differs, largest potential first."""
    _score(found, console)
    _changes(found, console)
    _balance(found, console)
    _customers_kept(found, console)
    _capacity(found, console)
    _gains(found, console)
    if customers:
        _customers(found, console)


def _score(found: Comparison, console: Console) -> None:
    terms = list(dict.fromkeys(t for side in found.sides for t in side.terms))
    table = new_table(
        console, "Score", "scenario", "run", "", "score", "bound", "gap", *map(wording.spoken, terms), text=3
    )
    for side in found.sides:
        figures = (_points(v) for v in (side.score, side.bound, side.gap))
        parts = (_points((side.terms.get(t) or {}).get("score"), 1) for t in terms)
        table.add_row(shorten(side.name), side.run, side.status, *figures, *parts)
    show(console, table)
    if not found.same_weights:
        console.print(Text(wording.OTHER_WEIGHTS, style="yellow"))


def _changes(found: Comparison, console: Console) -> None:
    lines = []
    for side in found.sides:
        changes = [*side.notes, *(Change(c["path"], c["old"], c["new"]).line() for c in side.changes)]
        if changes:
            more = f"; and {len(changes) - _MOST_CHANGES:,} more" if len(changes) > _MOST_CHANGES else ""
            told = "; ".join(shorten(c, 100) for c in changes[:_MOST_CHANGES])
            lines.append(Text(f"  {shorten(side.name)}: ").append(told + more, style="dim"))
    if lines:
        console.print()
        console.print(Text("What each changes", style="bold"))
        for line in lines:
            console.print(line, soft_wrap=True)


def _balance(found: Comparison, console: Console) -> None:
    for metric in _names(found.sides, "balance"):
        rows = []
        for side in found.sides:
            after = ((side.metrics.get("balance") or {}).get(metric) or {}).get("after") or {}
            within = "–" if after.get("within") is None else f"{after['within']} of {after['of']}"
            figures = (_number(after.get(k), 3) for k in ("cv", "gini", "hoover"))
            rows.append((shorten(side.name), *figures, _number(after.get("max_min"), 1), within))
        columns = ("scenario", "CV", "Gini", "Hoover", "largest ÷ smallest", "reps within tolerance")
        table = new_table(console, f"Balance of {wording.spoken(metric)}", *columns)
        for row in rows:
            table.add_row(*row)
        show(console, table)


def _customers_kept(found: Comparison, console: Console) -> None:
    first = found.sides[0].name
    columns = ("scenario", "kept", "kept of potential", "kept of top tenth", "chosen", "money", "forced", "money",
               "lost by hand-over", "no rep", f"other rep than {shorten(first, 20)}", "money")  # fmt: skip
    table = new_table(console, "Customers kept and moved", *columns)
    for side in found.sides:
        if not side.has_plan:
            table.add_row(shorten(side.name), *["–"] * (len(columns) - 1))
            continue
        kept = side.metrics.get("retention") or {}
        moves = side.metrics.get("moves") or {}
        shares = ("–" if kept.get(k) is None else wording.percent(kept[k], 1) for k in ("count", "value", "top_decile"))
        moved: list[str] = []
        for kind in ("chosen", "forced"):
            part = moves.get(kind) or {"customers": 0, "potential": 0.0}
            moved += [f"{part['customers']:,}", wording.short(part["potential"])]
        lost = "–" if side.moves_cost is None else " to ".join(wording.short(v) for v in side.moves_cost)
        other = (f"{side.differ:,}", wording.short(side.differ_potential))
        other = ("", "") if side.name == first else other
        table.add_row(shorten(side.name), *shares, *moved, lost, f"{side.metrics.get('unassigned', 0):,}", *other)
    show(console, table)


def _capacity(found: Comparison, console: Console) -> None:
    metrics = list(dict.fromkeys(m for side in found.sides for m in side.capacity))
    if not metrics:
        return
    table = new_table(
        console, "Capacity", "scenario", "of", "used", "fullest rep", "reps above 95 %", "reps with a limit", text=2
    )
    for side in found.sides:
        for n, metric in enumerate(metrics):
            use = side.capacity.get(metric)
            name = shorten(side.name) if n == 0 else ""
            if use is None:
                table.add_row(name, wording.spoken(metric), "–", "–", "–", "–")
                continue
            shares = ("–" if use[k] is None else wording.percent(float(use[k] or 0)) for k in ("used", "highest"))
            table.add_row(name, wording.spoken(metric), *shares, f"{use['full']:,}", f"{use['reps']:,}")
    show(console, table)


def _gains(found: Comparison, console: Console) -> None:
    if not found.sides[0].has_plan:
        return
    lines = []
    for side in found.sides[1:]:
        table = found.gains(side.name) if side.has_plan else found.reps.head(0)
        if not len(table):
            continue
        told = []
        for word, part in (("gain", table[table["change"] > 0]), ("lose", table[table["change"] < 0])):
            names = [
                f"{shorten(n)} ({r}) {wording.short(abs(float(c)))}"
                if n != r
                else f"{r} {wording.short(abs(float(c)))}"
                for r, n, c in zip(part["rep_id"], part["name"], part["change"], strict=True)
            ]
            if names:
                more = f" and {len(names) - _MOST_REPS:,} more" if len(names) > _MOST_REPS else ""
                told.append(f"{word}: {', '.join(names[:_MOST_REPS])}{more}")
        lines.append(Text(f"  {shorten(side.name)}: ").append("; ".join(told), style="dim"))
    if lines:
        console.print()
        said = f"Who gains and loses potential against {shorten(found.sides[0].name)}"
        console.print(Text(said, style="bold"))
        for line in lines:
            console.print(line, soft_wrap=True)


def _customers(found: Comparison, console: Console) -> None:
    names = [side.name for side in found.sides]
    rows = found.customers
    title = f"{wording.counted(len(rows), 'customer')} whose rep is not the same in all"
    if not len(rows):
        console.print()
        console.print("Every customer has the same rep in all.")
        return
    table = new_table(console, title, "customer", "potential", "today", *map(shorten, names))
    for c, potential, today, *reps in zip(
        *(rows[n].head(_MOST_CUSTOMERS) for n in ("customer_id", "potential", "today", *names)), strict=True
    ):
        table.add_row(
            shorten(c), wording.short(float(potential)), shorten(today or "–"), *(shorten(r or "–") for r in reps)
        )
    show(console, table)
    if len(rows) > _MOST_CUSTOMERS:
        console.print(Text(f"and {len(rows) - _MOST_CUSTOMERS:,} more: --json lists them all", style="dim"))


def _names(sides: Sequence[Side], key: str) -> list[str]:
    return list(dict.fromkeys(m for side in sides for m in side.metrics.get(key) or {}))


def _points(value: Any, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _number(value: Any, digits: int) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"
