"""A plan under draws of its customers' amounts, on the terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.progress import TimeRemainingColumn
from rich.text import Text

from reports import wording
from reports.console import new_table, show
from reports.live import Bar

if TYPE_CHECKING:
    from rich.console import Console

    from scenarios.stress.stress import Chance, Check, Stress

#: Reps that are listed of each check, besides those below the level.
_FEW = 5
_MOST = 30
_DIGITS = {"normal": "normally", "lognormal": "lognormally", "uniform": "evenly"}


class LiveDraws(Bar):
    """Shows how many draws are done: a bar on a terminal, elsewhere a plain line every `every` seconds; or nothing.

    ``with LiveDraws(quiet, console) as live: stress(..., tell=live)``.
    """

    def __init__(self, quiet: bool, console: Console, every: float = 5.0) -> None:
        super().__init__(quiet, console, "drawing", TimeRemainingColumn())
        self._every, self._said = every, time.monotonic()

    def __call__(self, done: int, draws: int) -> None:
        """Take news."""
        self.move(done, draws)
        now = time.monotonic()
        if not self._quiet and not self._console.is_terminal and now - self._said >= self._every:
            self._said = now
            self._console.print(Text(f"{done:,} of {draws:,} draws"))


def stressed(found: Stress, level: float, console: Console) -> None:
    """Print each check: the chance of all reps at once, then the reps with the least, those below `level` stressed."""
    console.print()
    console.print(Text(f"{found.scenario} under {found.draws:,} draws", style="bold").append(
        f"  run {found.run}, seed {found.seed}", style="dim"))  # fmt: skip
    spread = ", ".join(f"{wording.spoken(m)} ±{wording.percent(s)}" for m, s in found.spread.items())
    among = "" if not found.by else (
        f"; those of one {wording.spoken(found.by)} go together (correlation {found.correlation:g})"
        if found.by != "all" else f"; all go together (correlation {found.correlation:g})"
    )  # fmt: skip
    console.print(Text(f"Amounts spread {_DIGITS[found.distribution]}: {spread}{among}.", style="dim"))
    for check in found.checks:
        _check(check, level, console)
    console.print()
    for note in found.notes:
        console.print(Text(note, style="yellow"))
    hard = [c for c in found.checks if c.kind == "capacity" and c.reps and c.reps[0].chance.share < level]
    if hard:
        metric = hard[0].metric
        keys = {"metric": metric, "level": f"{max(0.5, level):g}"}
        keys |= {"spread": f"{found.given[metric]:g}"} if metric in found.given else {}
        keys |= {"correlation": f"{found.correlation:g}"} if found.correlation else {}
        said = ", ".join(f"{k}: {v}" for k, v in keys.items())
        text = f"--set 'rules.robust={{{said}}}'"
        console.print(Text("Plan for it: fairbook solve PLAN ").append(text, style="cyan"), soft_wrap=True)


def _check(check: Check, level: float, console: Console) -> None:
    what = "hard limits" if check.kind == "capacity" else "tolerance band"
    low = [r for r in check.reps if r.chance.share < level]
    shown = check.reps[: min(_MOST, max(_FEW, len(low)))]
    columns = ("rep", "team", "planned", "from", "to", "90 of 100 draws", "chance", "95 % sure")
    exact = any(r.exact is not None for r in shown)
    title = f"{wording.heading(check.name)}: {wording.spoken(check.metric)} within the {what}"
    table = new_table(console, title, *columns, *(["reckoned"] if exact else []), text=2)
    for r in shown:
        edges = ("–" if v is None else wording.short(v) for v in (r.low, r.high))
        drawn = f"{wording.short(r.p05)} to {wording.short(r.p95)}"
        cells = [wording.label(r.name), wording.label(r.team), wording.short(r.load), *edges, drawn]
        cells += [share(r.chance.share), interval(r.chance)]
        cells += [share(r.exact)] if r.exact is not None else [""] if exact else []
        table.add_row(*cells, style="bold red" if r.chance.share < level else None)
    show(console, table)
    if len(check.reps) > len(shown):
        console.print(
            Text(f"and {wording.counted(len(check.reps) - len(shown), 'rep')} with better chances", style="dim")
        )
    at_once = f"All {wording.counted(len(check.reps), 'rep')} within at once: {share(check.all_reps.share)}"
    text = Text(f"{at_once} ({interval(check.all_reps)}); on average {check.within:.1f} of them are.")
    if low:
        text.append(f" {wording.counted(len(low), 'rep')} below {wording.percent(level)}.", style="bold")
    console.print(text)


def share(value: float) -> str:
    """Return a chance in writing; never 100 % where it is not, nor 0 %."""
    text = wording.percent(value, 1)
    if text == wording.percent(1.0, 1) and value < 1:
        return f"> {wording.percent(0.999, 1)}"
    return f"< {wording.percent(0.001, 1)}" if text == wording.percent(0.0, 1) and value > 0 else text


def interval(chance: Chance) -> str:
    """Return the interval of a chance in writing."""
    return f"{100 * chance.low:.1f} to {100 * chance.high:.1f} %"
