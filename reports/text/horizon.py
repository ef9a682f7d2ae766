"""Several periods planned together, on the terminal."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.text import Text

from reports.console import new_table, next_steps, show
from reports.wording import counted, full
from scenarios.explain.why import pts
from scenarios.horizon.horizon import Planned, Way
from solver.problems import shorten


def planned(found: Planned, console: Console, most: int = 20) -> None:
    """Print each period's score together and one after another, the difference, and who changes hands when."""
    console.print()
    console.print(Text(f"{counted(len(found.periods), 'period')} planned together", style="bold"))
    heads = ("", "run", "score", "of at most", "moves", "by force", "one by one", "moves", "by force", "difference")
    table = new_table(console, "", *heads, text=2)
    for n, period in enumerate(found.periods):
        row = [period, *(_cells(found.together, n, True)), *(_cells(found.alone, n, False))]
        one, other = (_score(w, n) for w in (found.together, found.alone))
        table.add_row(*row, "–" if one is None or other is None else _signed(one - other))
    both = [("" if w.score is None else f"{w.score:.2f}") for w in (found.together, found.alone)]
    bound = "" if found.bound is None else f"{found.bound:.2f}"
    gain = "–" if found.gain is None else _signed(found.gain)
    table.add_row(Text("mean", style="bold"), "", both[0], bound, "", "", both[1], "", "", gain)
    show(console, table)
    for run in found.together.runs:
        if run.result["score"] is None:
            console.print(Text(f"{run.plan['period']}: no plan, {run.result['status']}", style="bold red"))
            for finding in run.result.get("findings", ())[:5]:
                console.print(Text(f"  - {shorten(finding['message'], 500)}"), soft_wrap=True)
    console.print(_verdict(found))
    for note in found.notes:
        console.print(Text(f"Note: {shorten(note, 500)}", style="yellow"), soft_wrap=True)
    _moves(found, most, console)
    if found.together.runs and found.together.done:
        last = found.together.runs[-1]
        first = found.together.runs[0]
        next_steps(
            console,
            [
                (f"fairbook report {first.id}", f"the plan of {found.periods[0]}, to look at and pass on"),
                (f"fairbook roll {last.id}", f"the period after {found.periods[-1]}"),
            ],
        )


def _verdict(found: Planned) -> str:
    if found.gain is None:
        return "There is nothing to compare: not every period has a plan."
    changes = [Counter(h.kind for h in w.handovers()) for w in (found.together, found.alone)]
    hands = [c["chosen"] + c["forced"] for c in changes]
    one = f"Planned together the periods score {_signed(found.gain)} points on average"
    twice = [sum(n > 1 for n in Counter(h.customer_id for h in w.handovers() if h.kind != "new").values())
             for w in (found.together, found.alone)]  # fmt: skip
    said = f"{one}, with {hands[0]:,} hand-overs instead of {hands[1]:,}"
    often = counted(twice[0], "customer changes", "customers change")
    return f"{said}; {often} hands more than once instead of {twice[1]:,}."


def _moves(found: Planned, most: int, console: Console) -> None:
    handovers = found.together.handovers()
    if not handovers:
        return
    table = new_table(
        console, "Who changes hands when", "period", "customer", "", "from", "to", "", "potential", text=6
    )
    each = max(3, most // max(1, len(found.periods)))
    seen: Counter[str] = Counter()
    for h in handovers:
        seen[h.period] += 1
        if seen[h.period] <= each:
            who = (h.period, h.customer_id, shorten(h.name), h.from_rep or "–", h.to_rep, _SAID[h.kind])
            table.add_row(*who, full(h.potential))
    show(console, table)
    left = len(handovers) - sum(min(each, n) for n in seen.values())
    if left:
        console.print(f"and {left:,} more: --json lists them all")


_SAID = {"chosen": "by choice", "forced": "by force", "new": "new"}


def _score(way: Way, n: int) -> float | None:
    return way.runs[n].result["score"] if n < len(way.runs) else None


def _cells(way: Way, n: int, run: bool) -> list[str]:
    more = 2 if run else 0
    if _score(way, n) is None:
        return ["–"] * (3 + more)
    result = way.runs[n].result
    kinds = way.runs[n].assignment["moved"].value_counts()
    cells = [f"{result['score']:.2f}", *([f"{result['bound']:.2f}"] if run else [])]
    counts = [f"{int(kinds.get(k, 0)):,}" for k in ("chosen", "forced")]
    return [*([way.runs[n].id] if run else []), *cells, *counts]


def _signed(points: float) -> str:
    text = pts(abs(points))
    return text if text == "0" else f"{'−' if points < 0 else '+'}{text}"
