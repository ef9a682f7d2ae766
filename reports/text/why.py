"""Why a customer has its rep, on the terminal."""

from __future__ import annotations

from collections import defaultdict

from rich.console import Console
from rich.text import Text

from reports.console import new_table, show
from reports.wording import counted, full, label, percent, points, short, spoken
from scenarios.explain.insist import Insistence
from scenarios.explain.why import Candidate, Why, pts
from solver.explain import listed

#: Eligible reps and customers of a chain that are listed.
SHOWN = 15


def explained(told: Why, asked: Insistence | None, console: Console) -> None:
    """Print the reason, the eligible reps with what each would cost, who may not have it, and the rep asked about."""
    title = Text(label(told.customer, 60), style="bold")
    if told.name not in {"", told.customer}:
        title.append(f"  {label(told.name, 60)}", style="dim")
    console.print()
    console.print(title)
    has = f"has {told.rep}" if told.rep else "has no rep"
    console.print(f"It {has}: {told.reason}." if told.reason else f"It {has}.")
    _before(told, console)
    if told.family:
        console.print(f"Its family stays together: {listed(told.family)}.")
    _eligible(told, console)
    _records(told, console)
    _others(told, console)
    if asked is not None:
        _asked(told, asked, console)


def _before(told: Why, console: Console) -> None:
    """What became of the rep it had, and what keeping that one would cost."""
    if told.previous in {"", told.rep}:
        return
    kept = told.candidate(told.previous)
    if kept is None:
        console.print(f"Before it had {told.previous}, who is not active in the period.")
    elif not kept.eligible:
        console.print(f"Before it had {told.previous}, who may not have it any more.")
    else:
        cost = f"costs about {pts(kept.estimate)} points" if kept.estimate else "costs nothing"
        console.print(f"Before it had {told.previous}: to keep that one {cost}, others giving way.")


def _listed(told: Why, eligible: list[Candidate]) -> list[Candidate]:
    """The least costly reps, and whatever they cost, the one it has and the one it had."""
    own = [c for c in eligible[SHOWN:] if c.now or c.rep_id == told.previous]
    return eligible[: SHOWN - len(own)] + own


def _eligible(told: Why, console: Console) -> None:
    eligible = [c for c in told.reps if c.eligible]
    if not eligible:
        console.print("No rep may have it.")
        return
    names = list(eligible[0].terms or {})
    heads = ("rep", "fit, 0 to 1", *(f"gained by {spoken(n)}" for n in names), "lost", "at least", "alone")
    table = new_table(console, "Points lost with each rep that may have it", *heads)
    for c in _listed(told, eligible):
        fit = "–" if c.fit is None else f"{c.fit:.2f}"
        gains = (_signed((c.terms or {})[n]) for n in names)
        alone = "–" if c.alone is None else _signed(c.alone)
        lost = "now" if c.now else _signed(c.estimate or 0.0)
        rep = f"{c.rep_id} (before)" if c.rep_id == told.previous and not c.now else c.rep_id
        table.add_row(rep, fit, *gains, lost, pts(c.at_least or 0.0), alone)
    show(console, table)
    if len(eligible) > SHOWN:
        console.print(f"and {len(eligible) - SHOWN:,} more")
    console.print(
        "lost: at the prices of the run, others giving way; at least: proven; alone: if nobody else moves, – where a "
        f"limit forbids that. The run is within {points(told.gap)} points of the best possible."
    )


def _records(told: Why, console: Console) -> None:
    """What history shows of the customer with each rep, where fit is learned."""
    known = [c for c in told.reps if c.record]
    if not known:
        return
    table = new_table(console, "What history shows", "rep", "record", "chance", "4 of 5", "expected", text=2)
    for c in known[:SHOWN]:
        around = f"{percent(c.low or 0.0)} … {percent(c.high or 0.0)}"
        money = "–" if c.money is None else short(c.money)
        table.add_row(c.rep_id, label(c.record, 100), percent(c.win or 0.0), around, money)
    show(console, table)
    console.print(
        "chance: of winning an opportunity, as history shows it; 4 of 5: a range that holds 4 of 5 such chances; "
        "expected: money in the period."
    )


def _others(told: Why, console: Console) -> None:
    by: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for c in told.reps:
        if not c.eligible:
            by[c.rules].append(c.rep_id)
    for rules, reps in sorted(by.items(), key=lambda item: -len(item[1])):
        why = " and ".join(spoken(r) for r in rules) or "its family"
        console.print(Text(f"Not {listed(reps)}: {why}."))


def _asked(told: Why, asked: Insistence, console: Console) -> None:
    console.print()
    console.print(Text(f"If {asked.rep} has to take it", style="bold"))
    if asked.status == "not_eligible":
        console.print("It may not:")
        _bullets(asked.flips, console)
        return
    if asked.loss is None or asked.lower is None or asked.upper is None:
        proven = (
            "there is no plan that keeps every rule" if asked.status == "infeasible" else "no plan was found in time"
        )
        console.print(f"{proven[0].upper()}{proven[1:]}.")
        return
    lost = f"costs {pts(asked.loss)} points" if asked.loss > 0 else "costs nothing"
    within = f"between {pts(asked.lower)} and {pts(asked.upper)}"
    console.print(f"That {lost}: solved again and audited. What the best plans of all differ by lies {within}.")
    if asked.unassigned > 0:
        console.print(f"{counted(asked.unassigned, 'customer')} more would have no rep.")
    if asked.better and asked.reference is not None:
        gain = pts(asked.reference - told.score)
        console.print(
            f"It is held against the run with {counted(asked.better, 'customer')} near it placed better ({gain} points "
            "more): the run stopped before that."
        )
    _chain(asked, console)
    if asked.flips:
        console.print("What would have to change, each by itself:")
        _bullets(asked.flips, console)


def _chain(asked: Insistence, console: Console) -> None:
    if len(asked.moves) <= 1:
        console.print("Nobody else moves." if asked.moves else "Nobody moves.")
        return
    table = new_table(console, "Who moves in turn", "customer", "from", "to", "potential", "workload", text=3)
    for m in asked.moves[:SHOWN]:
        table.add_row(m.customer_id, m.from_rep or "–", m.to_rep or "–", full(m.potential), full(m.workload))
    show(console, table)
    if len(asked.moves) > SHOWN:
        console.print(f"and {len(asked.moves) - SHOWN:,} more")


def _bullets(sentences: tuple[str, ...], console: Console) -> None:
    for sentence in sentences:
        console.print(Text(f"  - {sentence}"))


def _signed(points: float) -> str:
    text = pts(abs(points))
    return text if points >= 0 or text == "0" else f"−{text}"
