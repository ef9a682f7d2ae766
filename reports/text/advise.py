"""What the terminal says of advice: which strategy the past speaks for, if any, and which figures are off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from reports import wording
from reports.console import new_table, show
from scenarios.advise.advice import LIMITS
from solver.problems import shorten

if TYPE_CHECKING:
    from rich.console import Console

    from scenarios.advise.advice import Advice
    from scenarios.advise.judge import Judged, Verdicts

_SHOWN = 8
_WORDS = {"gain": "gain", "loss": "loss", "none": "no evidence", "little": "too little data", "same": "plans the same"}


def advice_summary(found: Advice, console: Console, written: bool = False) -> None:
    """Print the verdict, how each strategy was judged and by how much data, and the figures that history says are off.

    Parameters
    ----------
    written : whether the overrides were written to files.
    """
    console.print()
    console.print(Text(f"Advice on {shorten(found.plan)} from {_periods(found)}", style="bold"))
    for n, line in enumerate(verdict(found)):
        console.print(Text(line, style="bold" if n == 0 else ""), soft_wrap=True)
    if found.verdicts is not None:
        _strategies(found, found.verdicts, console)
    _figures(found, console)
    console.print()
    if found.verdicts is not None:
        console.print(Text("How far to trust it", style="bold"))
        for line in LIMITS:
            console.print(Text(f"  {line}", style="dim"), soft_wrap=True)
    for note in (*found.notes, *found.updates.notes):
        console.print(Text(f"  {note[:1].upper()}{note[1:]}.", style="dim"), soft_wrap=True)
    if (found.best is not None or len(found.updates.table)) and not written:
        console.print(Text("Nothing is applied. ", style="dim").append("--out DIR", style="bold")
                      .append(" writes the overrides, for fairbook solve PLAN --set @FILE.", style="dim"))  # fmt: skip


def _periods(found: Advice) -> str:
    if not found.pasts:
        return "no past period"
    return f"{wording.counted(len(found.pasts), 'past period')} ({', '.join(reversed(found.pasts))})"


def verdict(found: Advice) -> list[str]:
    """Return the verdict in sentences, the first of them the verdict itself."""
    judged, best = found.verdicts, found.best
    if judged is None:
        return ["Nothing could be judged."]
    many = ("decided opportunity", "decided opportunities") if found.unit == "opportunity" else ("customer period",)
    seen = (
        f"Looked at: {wording.counted(judged.units, *many)} of {wording.counted(judged.customers, 'customer')}. They "
        f"brought {wording.short(judged.seen)} a period; by the plan as written it would have been about "
        f"{wording.short(judged.base)}."
    )
    if best is None:
        said = {
            "no_evidence": "No evidence: for no strategy tried does the past show a gain over the plan as written.",
            "too_little": "Too little data: the strategies tried differ for too few customers to be judged.",
        }[found.verdict]
        return [said, seen]
    low, high = best.net_interval
    share = f" ({100 * best.net / judged.base:+.1f} %)" if judged.base > 0 else ""
    lines = [
        f"Recommended: {shorten(best.name, 100)}",
        f"It is reckoned to sell {signed(best.net)}{share} a period more, {wording.percent(found.level)} sure between "
        f"{signed(low)} and {signed(high)}, after {wording.percent(found.loss, 1)} lost where it moves more customers.",
    ]
    if judged.like:
        names = ", ".join(shorten(n, 60) for n in judged.like[:_SHOWN])
        lines.append(f"The past cannot tell it from: {names}.")
    return [*lines, seen]


def signed(value: float) -> str:
    """Return money with its sign: ``+1.2k``."""
    text = wording.short(value)
    return text if value < 0 or text == "0" else f"+{text}"


def _strategies(found: Advice, judged: Verdicts, console: Console) -> None:
    between = f"{wording.percent(found.level)} sure between"
    heads = ("strategy", "evidence", "gain", "net of moves", between, "customers", "matched", "no overlap", "moves")
    title = "Against the plan as written, money a period; the intervals hold all at once"
    table = new_table(console, title, *heads, text=2)
    for j in sorted(judged.judged, key=lambda j: (j.evidence in {"little", "same"}, -j.net)):
        style = "bold" if j.name == judged.best else "dim" if j.evidence in {"little", "same"} else ""
        table.add_row(_name(j.name), _WORDS[j.evidence], *_money(j), *_counts(j), style=style or None)
    show(console, table)
    console.print(
        Text(
            "customers: whose rep differs and who count; matched: units among them that one of the two reps really "
            "worked; no overlap: units left out because one of the two had next to no chance of it.",
            style="dim",
        ),
        soft_wrap=True,
    )


def _name(name: str) -> str:
    """A strategy's name with a line a key."""
    return "\n".join(shorten(part, 60) for part in name.split(" "))


def _money(j: Judged) -> tuple[str, ...]:
    if j.evidence in {"little", "same"}:
        return "", "", ""
    low, high = j.net_interval
    return signed(j.gain), signed(j.net), f"{signed(low)} to {signed(high)}"


def _counts(j: Judged) -> tuple[str, ...]:
    return f"{j.customers:,}", f"{j.matched:,}", f"{j.trimmed:,}", f"{j.moved:,.0f}"


def _figures(found: Advice, console: Console) -> None:
    table = found.updates.table
    for figure, looked_at in found.updates.looked_at.items():
        part = table[table["figure"] == figure]
        console.print()
        said = f"{wording.heading(figure)}: {wording.counted(len(part), 'figure')} of {looked_at:,} off by history"
        console.print(Text(said, style="bold"))
        if not len(part):
            continue
        what = "sold" if figure == "potential" else "contacts"
        drawn = new_table(console, "", "customer", "name", "planned", "updated", "90 % sure", f"{what} a period",
                          "typical", "periods", "weight", text=2)  # fmt: skip
        for row in part.head(_SHOWN).itertuples():
            drawn.add_row(shorten(row.customer_id, 20), shorten(row.name, 30), *_evidence(row))
        show(console, drawn)
        if len(part) > _SHOWN:
            console.print(
                Text(f"and {len(part) - _SHOWN:,} more: --out DIR writes all with their evidence", style="dim")
            )


def _evidence(row: Any) -> tuple[str, ...]:
    planned, updated, low, high, seen, expected = (
        wording.short(float(v)) for v in (row.planned, row.updated, row.low, row.high, row.seen, row.expected)
    )
    return planned, updated, f"{low} to {high}", seen, expected, str(row.periods), wording.percent(float(row.weight))
