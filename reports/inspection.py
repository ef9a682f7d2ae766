"""What the terminal shows of a plan before solving, and of runs side by side: check, diff, log and audit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from reports import wording
from reports.console import funnel, new_table, problems, show
from solver.explain import listed
from solver.problems import Problem, shorten

if TYPE_CHECKING:
    from scenarios.check import Examined
    from scenarios.diff import RunDiff
    from scenarios.record import Run
    from solver.audit import Audit

_SHOWN = 15


def check(examined: Examined, console: Console, plan: str, quiet: bool = False) -> None:
    """Print what a plan says, who could go where, what is tight and what cannot be."""
    if examined.notes and not quiet:
        problems(examined.notes, console)
        console.print()
    families = f", {examined.families:,} families" if examined.families else ""
    counts = (
        f"{examined.customers:,} customers, {examined.reps:,} active reps, {examined.pairs:,} eligible pairs{families}"
    )
    console.print(Text(counts, style="bold"))
    for title, said in (("Rules", examined.rules), ("Score", examined.terms)):
        console.print(Text(title, style="bold"))
        for name, sentence in said.items():
            console.print(Text(f"  {wording.spoken(name)}: ").append(sentence, style="dim"))
    if examined.changes:
        console.print(Text("The scenario changes", style="bold"))
        for line in examined.changes:
            console.print(Text(f"  {shorten(line, 200)}"))
    funnel(examined.funnel, console)
    if examined.tight:
        table = new_table(
            console, "Tightest limits: what only these reps can serve", "reps", "rule", "need", "limit", "", text=2
        )
        for p in examined.tight:
            names = f"all {len(p.reps)}" if len(p.reps) == examined.reps else listed(p.reps)
            table.add_row(names, wording.spoken(p.rule), f"{p.demand:,g}", f"{p.limit:,g}", wording.percent(p.share))
        show(console, table)
    _findings(examined, console)
    console.print()
    if not examined.impossible:
        console.print(Text("Next", style="bold"))
        console.print(Text(f"  fairbook solve {plan}", style="cyan"))


def _findings(examined: Examined, console: Console) -> None:
    if not examined.findings:
        return
    console.print()
    words = "The plan is impossible" if examined.impossible else "Some customers may stay without a rep"
    console.print(Text(words, style="bold red" if examined.impossible else "bold yellow"))
    for finding in examined.findings[:_SHOWN]:
        console.print(Text(f"  - {shorten(finding.message, 500)}"), soft_wrap=True)
    if len(examined.findings) > _SHOWN:
        console.print(Text(f"  and {len(examined.findings) - _SHOWN:,} more", style="dim"))


def notes(found: Iterable[Problem], console: Console) -> None:
    """Print warnings in full and notes in one line each."""
    for problem in found:
        tone = "yellow" if problem.severity == "warning" else "dim"
        console.print(Text(shorten(problem.line(), 1000), style=tone), soft_wrap=True)


def diff(found: RunDiff, console: Console) -> None:
    """Print two runs side by side: score and terms, what was changed in plan and inputs, whose rep differs."""
    table = new_table(console, "", "", found.a, found.b, "change")
    table.add_row("scenario", *map(shorten, found.scenarios), "")
    table.add_row("status", *found.statuses, "")
    for name, (a, b) in {"score": found.score, "bound": found.bound, "gap": found.gap, **found.terms}.items():
        change = "" if a is None or b is None else f"{b - a:+.2f}"
        table.add_row(wording.spoken(name), _figure(a), _figure(b), change)
    show(console, table)
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
    title = f"{len(customers):,} of {found.common:,} customers have another rep"
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
        console.print(Text(f"Run {run.id} breaks {len(checked.violations)} rules", style="bold red"))
        for violation in checked.violations[:_SHOWN]:
            console.print(Text(f"  - {violation.rule}: {shorten(violation.message, 300)}"), soft_wrap=True)
        return
    said = run.result["score"]
    console.print(Text(f"Run {run.id} keeps every rule.", style="bold green"))
    console.print(f"Score {checked.score:.4f}, as stored: {said:.4f}.")
