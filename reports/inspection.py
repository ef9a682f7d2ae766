"""What the terminal shows of a plan before solving, and of runs side by side: check, diff, log and audit."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from reports import wording
from reports.console import by_kind, funnel, new_table, problems, show
from solver.explain import listed
from solver.problems import Problem, shorten

if TYPE_CHECKING:
    from scenarios.check import Examined, Tight
    from scenarios.run.diff import RunDiff
    from scenarios.run.record import Run
    from solver.audit import Audit

_SHOWN = 15
#: Reps of one finding whose names are told.
_NAMED = 5


def check(examined: Examined, console: Console, plan: str, quiet: bool = False, every: bool | None = None) -> None:
    """Print what a plan says, who could go where, what is tight and what cannot be; `every` as for `problems`."""
    if examined.notes and not quiet:
        problems(examined.notes, console, every)
        console.print()
    console.print(Text(counts(examined), style="bold"))
    for title, said in (("Rules", examined.rules), ("Score", examined.terms)):
        console.print(Text(title, style="bold"))
        for name, sentence in said.items():
            console.print(Text(f"  {wording.spoken(name)}: ").append(sentence, style="dim"))
    if examined.changes:
        console.print(Text("The scenario changes", style="bold"))
        for line in examined.changes[:_SHOWN]:
            console.print(Text(f"  {shorten(line, 200)}"))
        if len(examined.changes) > _SHOWN:
            console.print(Text(f"  and {len(examined.changes) - _SHOWN:,} more: --json lists them all", style="dim"))
    funnel(examined.funnel, console)
    _lost(examined, console)
    _tight(examined, console)
    _findings(examined, console)
    console.print()
    if not examined.impossible:
        console.print(Text("Next", style="bold"))
        console.print(Text(f"  fairbook solve {plan}", style="cyan"))


def counts(examined: Examined) -> str:
    """Return how many customers, reps, pairs and families there are, in a line."""
    said = [
        wording.counted(examined.customers, "customer"),
        wording.counted(examined.reps, "active rep"),
        wording.counted(examined.pairs, "eligible pair"),
    ]
    if examined.families:
        said.append(wording.counted(examined.families, "family", "families"))
    return ", ".join(said)


def _lost(examined: Examined, console: Console) -> None:
    if rows := lost_rows(examined):
        table = new_table(console, "Pairs of customer and rep", *LOST)
        for row in rows:
            table.add_row(*row)
        show(console, table)


LOST = ("rule", "taken first", "taken by it alone", "left")


def lost_rows(examined: Examined) -> list[tuple[str, ...]]:
    """Return the pairs that each rule takes away as rows of `LOST`; none where no rule takes any."""
    if not any(loss.first or loss.alone for loss in examined.lost):
        return []
    left = examined.customers * examined.reps
    rows: list[tuple[str, ...]] = [("all", "", "", f"{left:,}")]
    for loss in examined.lost:
        left -= loss.first
        rows.append((wording.spoken(loss.rule), f"{loss.first:,}", f"{loss.alone:,}", f"{left:,}"))
    return rows


def _tight(examined: Examined, console: Console) -> None:
    if rows := tight_rows(examined):
        table = new_table(console, TIGHT_TITLE, *TIGHT, "", text=3)
        for row in rows:
            table.add_row(*row)
        show(console, table)


TIGHT_TITLE = "Tightest limits: what only these reps can serve"
TIGHT = ("reps", "territories", "rule", "need", "limit")


def tight_rows(examined: Examined) -> list[tuple[str, ...]]:
    """Return the tightest limits as rows of `TIGHT`, each with the share of the limit that is needed."""
    rows: list[tuple[str, ...]] = []
    for t in examined.tight:
        p = t.pressure
        reps = f"all {len(p.reps)}" if len(p.reps) == examined.reps else listed(_who(t), 3)
        where = listed([shorten(name) for name in t.territories], 2)
        limit = math.floor(p.limit) if p.metric == "customers" else p.limit
        figures = (f"{p.demand:,g}", f"{limit:,g}", wording.percent(p.share))
        rows.append((reps, where, wording.spoken(p.rule), *figures))
    return rows


def _who(tight: Tight) -> list[str]:
    """The reps of a tight set as ``name (id)``; what the limits are called where they are not simply the reps'."""
    p = tight.pressure
    if p.way or not p.reps:
        return [shorten(w) for w in p.who]
    return [f"{shorten(n)} ({r})" if n != r else r for r, n in zip(p.reps, tight.rep_names, strict=True)]


def _findings(examined: Examined, console: Console) -> None:
    if not examined.findings:
        return
    console.print()
    tone = "bold red" if examined.impossible else "bold yellow"
    title, lines, named = findings(examined)
    console.print(Text(title, style=tone))
    for line in lines[:_SHOWN]:
        console.print(Text(f"  - {line}"), soft_wrap=True)
    if len(lines) > _SHOWN:
        console.print(Text(f"  and {len(lines) - _SHOWN:,} more", style="dim"))
    if named:
        console.print(Text(f"  Reps: {named}", style="dim"), soft_wrap=True)


def findings(examined: Examined) -> tuple[str, list[str], str]:
    """Return what the findings come to, a line each, and the names of the reps of those that are shown first."""
    title = "The plan is impossible" if examined.impossible else "Some customers may stay without a rep"
    said = dict.fromkeys(r for finding in examined.findings[:_SHOWN] for r in finding.reps[:_NAMED])
    named = [f"{r} {shorten(examined.rep_names[r])}" for r in said if examined.rep_names.get(r, r) != r]
    return title, [shorten(f.message, 500) for f in examined.findings], listed(named, _SHOWN) if named else ""


def notes(found: Iterable[Problem], console: Console, every: bool | None = None) -> None:
    """Print warnings and notes, like ones in one line, at most ten lines of a kind; `every` as for `problems`."""
    for severity, tone in (("warning", "yellow"), ("note", "dim")):
        for lines, left in by_kind((p for p in found if p.severity == severity), every).values():
            for line in lines:
                console.print(Text(shorten(line, 1000), style=tone), soft_wrap=True)
            if left:
                console.print(Text(left, style=tone), soft_wrap=True)


def diff(found: RunDiff, console: Console) -> None:
    """Print two runs side by side: score and terms, what was changed in plan and inputs, whose rep differs."""
    table = new_table(console, "", "", found.a, found.b, "change")
    table.add_row("scenario", *map(shorten, found.scenarios), "")
    table.add_row("status", *found.statuses, "")
    for name, (a, b) in {"score": found.score, "bound": found.bound, "gap": found.gap, **found.terms}.items():
        change = "" if a is None or b is None else f"{round(b - a, 2) + 0.0:+.2f}"
        table.add_row(wording.spoken(name), _figure(a), _figure(b), change)
    show(console, table)
    if not found.same_weights:
        console.print(Text(wording.OTHER_WEIGHTS, style="yellow"))
    changed = [change.line() for change in found.plan]
    inputs = [f"{name} is {'another' if all(pair) else 'in one of them only'}" for name, pair in found.inputs.items()]
    for title, lines in (("Plan", changed), ("Inputs", inputs)):
        if lines:
            console.print(Text(title, style="bold"))
            for line in lines:
                console.print(Text(f"  {shorten(line, 300)}"), soft_wrap=True)
    customers = found.customers
    if not len(customers):
        console.print("Every customer has the same rep in both.")
        return
    of = wording.counted(found.common, "customer has", "customers have")
    title = f"{len(customers):,} of {of} another rep"
    table = new_table(console, title, "customer", found.a, found.b, "potential", text=3)
    for r in customers.head(_SHOWN).itertuples():
        texts = (shorten(r.customer_id), shorten(r.rep_a or "–"), shorten(r.rep_b or "–"))
        table.add_row(*texts, wording.short(float(str(r.potential))))
    show(console, table)
    if len(customers) > _SHOWN:
        console.print(Text(f"and {len(customers) - _SHOWN:,} more: --json lists them all", style="dim"))


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def log(entries: Iterable[Any], console: Console) -> None:
    """Print who did what to which run, and when."""
    table = new_table(console, "", "when", "who", "what", "run", text=4)
    for entry in entries:
        table.add_row(f"{entry.when:%Y-%m-%d %H:%M:%S}", shorten(entry.who), entry.what, entry.run_id)
    if table.row_count:
        show(console, table)
    else:
        console.print("Nothing was done yet.")


def audit(run: Run, checked: Audit, console: Console) -> None:
    """Print whether a stored run still holds."""
    if checked.violations:
        console.print(Text(f"Run {run.id} breaks {wording.counted(len(checked.violations), 'rule')}", style="bold red"))
        for violation in checked.violations[:_SHOWN]:
            console.print(Text(f"  - {violation.rule}: {shorten(violation.message, 300)}"), soft_wrap=True)
        return
    said = run.result["score"]
    console.print(Text(f"Run {run.id} keeps every rule.", style="bold green"))
    console.print(f"Score {checked.score:.4f}, as stored: {said:.4f}.")
