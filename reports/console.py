"""What the terminal shows: results on stdout, progress on stderr, plain text when nobody watches.

Nothing heavy is imported before it is needed, so that ``fairbook --help`` stays quick.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports import wording
from solver.problems import WORST_FIRST, Problem, grouped, shorten

if TYPE_CHECKING:
    from scenarios.run.record import Run

SHOWN = 10
"""Lines of problems of one kind that are listed."""
PIPED_WIDTH = 120
_STATUS = {"optimal": "bold green", "feasible": "bold yellow", "infeasible": "bold red", "no_plan": "bold red"}
_BY = {"repair": "Repairs", "roll": "Carries on from", "horizon": "Planned together with, and after,"}
#: Points of gap that nobody would wait for: two plans so near score the same to the digits shown.
_NO_MATTER = 0.01


def out() -> Console:
    """Return the console for results: stdout, as wide as the terminal, or 120 columns into a pipe."""
    return _console(stderr=False)


def err() -> Console:
    """Return the console for progress and errors: stderr."""
    return _console(stderr=True)


def _console(stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=PIPED_WIDTH)
    return console


def solve_summary(run: Run, console: Console) -> None:
    """Print what a solve came to: score, terms, balance, retention, moves, the fullest reps, and what to do next."""
    from reports import metrics
    from reports.text import impossible

    head = metrics.headline(run)
    console.print()
    title = Text(f"{shorten(head['plan'])} / {shorten(head['scenario'])}", style="bold")
    console.print(title.append(f"  run {head['id']}", style="dim"))
    parent = run.result.get("parent") or {}
    if parent:
        console.print(Text(f"{_BY.get(parent['by'], parent['by'])} run {parent['run']}", style="dim"))
    if not metrics.has_plan(run):
        console.print(Text(head["verdict"], style=_STATUS.get(head["status"], "bold")))
        for finding in run.result.get("findings") or []:
            console.print(Text(f"  - {shorten(finding.get('message', finding), 500)}"))
        impossible.conflict(run.result, console)
        next_steps(console, [("fairbook check PLAN", "who could go where, and what is too tight")])
        return
    score = Text(head["in_words"], style=_STATUS.get(head["status"], "bold"))
    console.print(score.append(f"  {head['verdict']}", style="not bold"))
    if head["caveat"]:
        console.print(Text(head["caveat"], style="yellow"))
    _terms(run, console)
    _levels(run, console)
    _balance(run, console)
    _moves(run, console, head)
    _fullest(run, console)
    steps = [
        (f"fairbook report {head['id']}", "a page and charts to look at and pass on"),
        (f"fairbook export {head['id']} DIR", "assignment.csv, books.csv and the rest"),
    ]
    late = head["gap"] > 0 and head["status"] != "optimal" and run.result.get("stopped", "time") == "time"
    if late and head["gap"] < _NO_MATTER:
        steps.append((f"fairbook solve PLAN --gap {_NO_MATTER:g}", "ends as soon as a plan is proven to be this good"))
    elif late:
        seconds = (run.plan.get("solve") or {}).get("time_limit")
        more = f"{5 * seconds:g}" if isinstance(seconds, int | float) else "300"
        steps.append((f"fairbook solve PLAN --set solve.time_limit={more}", "search longer, to close the gap"))
    next_steps(console, steps)


def _terms(run: Run, console: Console) -> None:
    from reports import metrics

    table = new_table(console, "Where the score comes from", "term", "weight", "term at", "points", "of", "missed")
    for t in metrics.terms(run).itertuples():
        figures = (f"{t.weight:g}", f"{t.score:.1f}", f"{t.points:.2f}", f"{t.most:.2f}", f"{t.missed:.2f}")
        table.add_row(wording.spoken(str(t.name)), *figures)
    show(console, table)


def _levels(run: Run, console: Console) -> None:
    levels = run.result.get("levels") or []
    if len(levels) < 2:
        return
    table = new_table(console, "Priorities, one after another", "", "terms", "reached", "at most", "in the end", text=2)
    for level in levels:
        figures = (level["best"], level["bound"], level["score"])
        shown = ("–" if v is None else f"{v:.2f}" for v in figures)
        table.add_row(level["name"], ", ".join(wording.spoken(t) for t in level["terms"]), *shown)
    show(console, table)


def _balance(run: Run, console: Console) -> None:
    from reports import metrics

    measures = list(metrics.MEASURES)
    table = new_table(console, "Balance, before → after", "metric", *(metrics.MEASURES[m] for m in measures))
    for metric, rows in metrics.balance(run).groupby("metric", sort=False):
        cells = []
        for r in rows.itertuples():
            both = [_measure(str(r.measure), v) for v in (r.before, r.after)]
            cells.append("–" if both == ["–", "–"] else " → ".join(both))
        table.add_row(wording.spoken(str(metric)), *cells)
    show(console, table)


def _measure(name: str, value: Any) -> str:
    if name == "within":
        return wording.percent(value)
    return "–" if math.isnan(value) else f"{value:.1f}" if name == "max_min" else f"{value:.3f}"


def _moves(run: Run, console: Console, head: Mapping[str, Any]) -> None:
    from reports import metrics

    table = new_table(
        console, "Kept with their rep, of those that could", "of all", "kept", "could stay", "share", "had to go"
    )
    for r in metrics.retention(run).itertuples():
        figures = (wording.short(float(str(v))) for v in (r.kept, r.of))
        table.add_row(
            str(r.measure), *figures, wording.percent(float(str(r.share))), wording.short(float(str(r.forced)))
        )
    show(console, table)
    parts = [
        f"{head['chosen']:,} moved by choice ({wording.short(head['chosen_potential'])} of potential)",
        f"{head['forced']:,} by force ({wording.short(head['forced_potential'])})",
        wording.counted(head["new"], "got its first rep", "got their first rep"),
        f"{head['unassigned']:,} of {wording.counted(head['customers'], 'has', 'have')} none",
    ]
    console.print(Text("Customers: " + ", ".join(parts) + "."))
    if said := metrics.handover_said(run):
        console.print(Text(said))


def _fullest(run: Run, console: Console, most: int = 5) -> None:
    from reports import metrics

    found = metrics.most_loaded(run, most)
    if not len(found):
        return
    of = "hard limit" if found["of"].iloc[0] == "limit" else "target"
    table = new_table(
        console, f"The fullest reps, by share of their {of}", "rep", "team", "metric", "load", of, "share", text=3
    )
    for r in found.itertuples():
        load, limit, share = (float(str(v)) for v in (r.load, r.limit, r.share))
        texts = (shorten(r.name), shorten(r.team), wording.spoken(str(r.metric)))
        table.add_row(*texts, wording.short(load), wording.short(limit), wording.percent(share))
    show(console, table)


def next_steps(console: Console, steps: Sequence[tuple[str, str]]) -> None:
    """Print commands that go on from here, each with what it is for."""
    console.print()
    console.print(Text("Next", style="bold"))
    width = max(len(command) for command, _ in steps)
    for command, why in steps:
        console.print(
            Text("  ").append(command.ljust(width), style="cyan").append(f"  {why}", style="dim"), soft_wrap=True
        )


def runs_table(runs: Iterable[Mapping[str, Any]], console: Console, elsewhere: str = "") -> None:
    """Print a line a run.

    Parameters
    ----------
    runs : mappings with id, created, plan_name, scenario, status, score, bound, gap, and changes (path, old, new).
    elsewhere : a sentence for where there is no run.
    """
    from scenarios.plan.patch import Change

    listed = [(run, [Change(c["path"], c["old"], c["new"]).line() for c in run.get("changes") or ()]) for run in runs]
    if not listed:
        console.print(f"No runs yet: fairbook solve PLAN makes one.{elsewhere and f' {elsewhere}'}", soft_wrap=True)
        return
    told = any(changes for _, changes in listed)
    last = ("set otherwise",) if told else ()
    heads = ("run", "solved", "plan", "scenario", "status", "score", "bound", "gap", *last)
    table = new_table(console, "", *heads, text=5)
    if told:
        table.columns[-1].justify = "left"
    for run, changes in listed:
        moment = str(run["created"]).replace("T", " ")[:16]
        status = str(run["status"])
        texts = (str(run["id"]), moment, shorten(run["plan_name"]), shorten(run["scenario"]))
        figures = ("–" if run[n] is None else f"{run[n]:.2f}" for n in ("score", "bound", "gap"))
        more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
        last_cell = (shorten(changes[0], 60) + more if changes else "",) if told else ()
        table.add_row(*texts, Text(status, style=_STATUS.get(status, "")), *figures, *last_cell)
    show(console, table)


def problems(found: Iterable[Problem], console: Console, every: bool | None = None) -> None:
    """Print what is wrong, grouped by code, worst first, with each one's place.

    Parameters
    ----------
    every : whether each is on a line of its own; else like ones share a line and a kind has at most `SHOWN` lines.
        False says that ``--all`` shows the rest, None does not: the command has no such option.
    """
    found = list(found)
    tones = {"error": "bold red", "warning": "bold yellow", "note": "bold"}
    for severity in WORST_FIRST:
        members = [p for p in found if p.severity == severity]
        counts = Counter(p.code for p in members)
        for code, (lines, left) in by_kind(members, every).items():
            head = Text(f"{severity}: ", style=tones[severity]).append(code, style="bold")
            console.print(head.append(f" ({counts[code]:,})" if counts[code] > 1 else "", style="dim"))
            for line in lines:
                console.print(Text("  " + shorten(line, 2000)), soft_wrap=True)
            if left:
                console.print(Text(f"  {left}", style="dim"))
    counts = Counter(p.severity for p in found)
    said = [f"{counts[s]:,} {s}{'' if counts[s] == 1 else 's'}" for s in WORST_FIRST if counts[s]]
    if said:
        console.print(Text(", ".join(said) + "."))


def by_kind(found: Iterable[Problem], every: bool | None = None) -> dict[str, tuple[list[str], str]]:
    """Return by code the lines to print and what to say of those left out; `every` as for `problems`."""
    kinds: dict[str, list[Problem]] = {}
    for problem in found:
        kinds.setdefault(problem.code, []).append(problem)
    told = {}
    for code, members in kinds.items():
        if every:
            told[code] = ([p.line() for p in members], "")
            continue
        groups = grouped(members)
        left = sum(max(1, len(g.rows)) for g in groups[SHOWN:])
        hint = "" if every is None else ": --all lists them"
        told[code] = ([g.line() for g in groups[:SHOWN]], f"and {left:,} more{hint}" if left else "")
    return told


def funnel(steps: Sequence[tuple[str, int]], console: Console, width: int = 36) -> None:
    """Print how many customers are left after each step, with a bar each."""
    whole = max((n for _, n in steps), default=0)
    table = new_table(console, "", *FUNNEL, "", text=1)
    sign = "█" if str(console.encoding).lower().startswith("utf") else "#"
    for (_, left), row in zip(steps, funnel_rows(steps), strict=True):
        bar = sign * (max(1, round(width * left / whole)) if left and whole else 0)
        table.add_row(*row, Text(bar, style="blue"))
    table.columns[-1].justify = "left"
    show(console, table)


FUNNEL = ("customers left after", "", "lost")


def funnel_rows(steps: Sequence[tuple[str, int]]) -> list[tuple[str, str, str]]:
    """Return how many customers are left after each step, and how many it takes, as rows of `FUNNEL`."""
    before = [None, *(left for _, left in steps)]
    return [
        (wording.spoken(name), f"{left:,}", "" if last in {None, left} else f"−{(last or 0) - left:,}")
        for last, (name, left) in zip(before, steps, strict=False)
    ]


def new_table(console: Console, title: str, *columns: str, text: int = 1) -> Table:
    """A table in the house style: the first `text` columns are text, the others numbers; only spaces when piped."""
    watched = console.is_terminal
    table = Table(
        title=Text(title, style="bold") if title else None,
        title_justify="left",
        box=SIMPLE_HEAD if watched else None,
        header_style="dim",
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for n, column in enumerate(columns):
        table.add_column(Text(column), justify="left" if n < text else "right", overflow="fold")
    return table


def show(console: Console, table: Table) -> None:
    """Print a table with a line of space above."""
    console.print()
    console.print(table)
