"""What the terminal says of a plan that is watched: what changed, the ways to go on, and whether to re-plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from reports import wording
from reports.console import new_table, show
from reports.live import LiveProgress
from solver.problems import shorten

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from scenarios.watch.drift import Drift
    from scenarios.watch.watch import Watch
    from scenarios.watch.ways import Choice, Way
    from solver.engine.solution import Progress

#: Rows of a kind that are listed.
_SHOWN = 8
_WAYS: dict[str, str] = {
    "keep": "keep everybody",
    "mend": "mend: only place who has no rep",
    "targeted": "targeted: move only what pays",
    "replan": "re-plan in full",
}


class LiveWatch(LiveProgress):
    """Shows the searches for the ways to go on; see `LiveProgress`."""

    def __enter__(self) -> LiveWatch:
        """Start drawing."""
        super().__enter__()
        return self

    def way(self, way: Way, progress: Progress) -> None:
        """Take news of one way's search."""
        self.search(progress, f"{_WAYS[way]}, ")


def watch_summary(found: Watch, console: Console, saved: str = "") -> None:
    """Print what changed since the run, how the ways to go on compare, and the verdict.

    Parameters
    ----------
    saved : id of the run that was kept, if one was.
    """
    console.print()
    title = f"{shorten(found.plan_name)} / {shorten(found.scenario)} against the data as they are now"
    console.print(Text(title, style="bold").append(f"  run {found.run}, {found.created[:10]}", style="dim"))
    changed(found.drift, console)
    if len(found.choices) > 1:
        _ways(found, console)
    console.print()
    for n, line in enumerate(verdict(found)):
        console.print(Text(line, style="bold" if n == 0 else ""), soft_wrap=True)
    for note in found.notes:
        console.print(Text(note, style="yellow"), soft_wrap=True)
    if saved:
        console.print(Text("Kept as run ").append(saved, style="bold").append(f": fairbook report {saved}"))
    elif found.best in {"mend", "targeted", "replan"}:
        console.print(Text("Nothing is applied. ", style="dim").append("--save", style="bold")
                      .append(" keeps that plan as a run to report on.", style="dim"))  # fmt: skip


def changed(found: Drift, console: Console) -> None:
    """Print what is not as it was."""
    if found.same:
        console.print("Nothing changed that the plan depends on.")
    for table, one, what in (
        (found.new, "new customer", "new"),
        (found.gone, "customer gone", "gone"),
        (found.joined, "rep joined", "joined"),
        (found.left, "rep gone", "left"),
    ):
        if len(table):
            _people(table, one, what, console)
    cells = [f"{kind} {column} ({count:,})" for (kind, column), count in found.cells.items()]
    if cells:
        console.print(Text("Other values: ", style="bold").append(", ".join(map(shorten, cells))), soft_wrap=True)
    if found.plan:
        lines = [shorten(c.line(), 100) for c in found.plan[:_SHOWN]]
        more = f" and {len(found.plan) - _SHOWN:,} more" if len(found.plan) > _SHOWN else ""
        console.print(Text("The plan itself: ", style="bold").append("; ".join(lines) + more), soft_wrap=True)
    if found.inputs:
        said = {"model": "fit was learned anew", "history": "history, which it is learned from, has changed"}
        words = "; ".join(said[name] for name in found.inputs)
        console.print(Text("Learned fit: ", style="bold").append(words), soft_wrap=True)
    kept = found.kept
    if kept.pending or kept.elsewhere:
        console.print(
            Text("Hand-overs: ", style="bold").append(
                f"{kept.as_planned:,} as planned, {kept.pending:,} still shown with the rep before, "
                f"{len(kept.elsewhere):,} with another rep"
            ),
            soft_wrap=True,
        )
    _shifts(found, console)
    _books(found, console)


def _people(table: pd.DataFrame, one: str, what: str, console: Console) -> None:
    many = {"new": "new customers", "gone": "customers gone", "joined": "reps joined", "left": "reps gone"}[what]
    line = Text(f"{wording.counted(len(table), one, many)}: ", style="bold")
    shown = []
    for row in table.head(_SHOWN).itertuples():
        if what in {"new", "gone"}:
            whose = f" with {shorten(row.rep, 30)}" if row.rep else ""
            shown.append(f"{shorten(row.customer_id, 30)} ({wording.short(float(str(row.potential)))}{whose})")
        else:
            has = wording.counted(int(str(row.customers)), "customer")
            shown.append(f"{shorten(row.rep_id, 30)} {shorten(row.name, 30)} ({has})")
    more = f" and {len(table) - _SHOWN:,} more" if len(table) > _SHOWN else ""
    console.print(line.append(", ".join(shown) + more), soft_wrap=True)


def _shifts(found: Drift, console: Console) -> None:
    table = found.shifts[found.shifts["metric"] != "customers"]
    if not len(table):
        return
    drawn = new_table(console, "Largest shifts, the old assignment kept", "", "", "metric", "as planned", "now", "",
                      text=3)  # fmt: skip
    for row in table.groupby(["by", "metric"], sort=False).head(3).itertuples():
        before, after = float(str(row.before)), float(str(row.after))
        off = wording.off_target(after / before) if before else "new"
        texts = (str(row.by), shorten(row.of, 30), str(row.metric))
        drawn.add_row(*texts, wording.short(before), wording.short(after), off)
    show(console, drawn)


def _books(found: Drift, console: Console) -> None:
    table = found.drifted()
    if not len(table):
        if len(found.books):
            console.print("No book that was within its band and limits has left them.")
        return
    drawn = new_table(console, "Books that drifted out, the old assignment kept", "rep", "team", "metric",
                      "as planned", "now", "band", "limit", "", text=3)  # fmt: skip
    for row in table.itertuples():
        low, high, least, most = (float(str(v)) for v in (row.low, row.high, row.min, row.max))
        band = " to ".join(wording.ends(low, high)) if low == low else ""
        limit = wording.short(most) if most == most else f"at least {wording.short(least)}" if least == least else ""
        what = {"over": "over the limit", "under": "under the minimum", "outside": "out of band"}[str(row.now)]
        loads = (wording.short(float(str(row.before))), wording.short(float(str(row.after))))
        tone = Text(what, style="red" if row.now != "outside" else "yellow")
        texts = (shorten(row.name, 30), shorten(row.team, 24), wording.spoken(str(row.metric)))
        drawn.add_row(*texts, *loads, band, limit, tone)
    show(console, drawn)


def _ways(found: Watch, console: Console) -> None:
    table = new_table(console, "Ways to go on; money a year, against the first that holds", "", "score", "gap",
                      "no rep", "moved", "forced", "worth", "hand-overs lose", "nets")  # fmt: skip
    for choice in found.choices.values():
        name = Text(_WAYS[choice.way], style="bold" if choice.way == found.best else "")
        if choice.score is None:
            table.add_row(name, choice.status, *[""] * 7)
            continue
        gap = "" if choice.gap is None else wording.points(choice.gap)
        score = f"{choice.score:.2f}" + ("" if choice.holds else " *")
        counts = (f"{choice.unassigned:,}", f"{choice.moves:,}", f"{choice.forced + choice.first:,}")
        money = [span(m) for m in (choice.value, choice.cost, choice.net)]
        table.add_row(name, score, gap, *counts, *(money if choice.way != found.baseline else [""] * 3))
    show(console, table)
    for choice in found.choices.values():
        for said in choice.violations[:_SHOWN]:
            star = "*" if choice.score is not None else f"{choice.way}:"
            console.print(Text(f"{star} {shorten(said, 200)}", style="dim"), soft_wrap=True)
        if len(choice.violations) > _SHOWN:
            console.print(Text(f"  and {len(choice.violations) - _SHOWN:,} more", style="dim"))


def span(money: tuple[float, float] | None) -> str:
    """Return a range of money in few signs: ``−1.2k to 3.4k``."""
    if money is None:
        return ""
    low, high = wording.ends(*money)
    return low if low == high else f"{low} to {high}"


def verdict(found: Watch) -> list[str]:
    """Return the verdict in sentences, the first of them the verdict itself."""
    best = found.choices[found.best] if found.best else None
    said = {
        "unchanged": "Nothing to do: the data are as they were.",
        "keep": "Keep the plan: re-planning is not worth its disruption.",
        "mend": "Mend it: give the customers without a rep one; moving others is not worth its disruption.",
        "replan": "Re-plan: it is worth its disruption.",
        "depends": "It depends on what a point of the score is worth.",
        "impossible": "No plan keeps every rule with the data as they are now; fairbook solve says why, with a repair.",
        "no_plan": "No plan was found in the time given: try a longer --time-limit.",
        "stopped": "Stopped before it could be judged.",
    }[found.verdict]
    if found.verdict == "replan" and found.baseline is None:
        said = "Re-plan: without moves the rules cannot be kept any more."
    lines = [said]
    if best is None:
        return lines
    if best.net is not None and best.way != found.baseline and best.points is not None:
        lines.append(_account(found, best))
    elif found.baseline is None:
        which = "The targeted plan" if best.way == "targeted" else "The full re-plan"
        moved = wording.counted(best.moves, "customer")
        lines.append(f"{which} moves {moved} by choice, which lose {span(best.cost)} a year.")
    elif found.baseline == best.way and "targeted" in found.choices:
        lines.append(_too_little(found))
    if found.verdict == "depends" and found.pays_from is not None:
        share = f"{100 * found.pays_from:.2g} %"
        low, high = (f"{100 * p:g}" for p in found.disruption.point)
        lines.append(f"It pays where a point is worth {share} of yearly sales or more; {low} to {high} % are declared.")
    if found.most is not None:
        lines.append(
            f"Proven: by the middle of the declared ranges no plan nets more than {wording.short(found.most)}."
        )
    loss = " to ".join(f"{100 * s:g}" for s in found.disruption.handover_loss)
    lines.append(
        f"Declared under disruption: a hand-over loses {loss} % of a customer's yearly sales ({found.sales_from}; "
        f"{wording.short(found.sales)} in all)."
    )
    return lines


def _account(found: Watch, best: Choice) -> str:
    points = 0.0 if best.points is None else best.points
    gap = ""
    if best.gap is not None:
        gap = f" (gap {wording.points(best.gap)})"
    name = _WAYS[best.way]
    return (
        f"{name[:1].upper()}{name[1:]}: {points:+.2f} points{gap}, worth {span(best.value)} a year; "
        f"{wording.counted(best.moves, 'customer')} moved by choice lose {span(best.cost)}; it nets {span(best.net)}."
    )


def _too_little(found: Watch) -> str:
    plan = found.choices.get("replan")
    if plan is None or plan.net is None or plan.points is None:
        return ""
    return (
        f"A full re-plan would bring {plan.points:+.2f} points, worth {span(plan.value)}, and move "
        f"{wording.counted(plan.moves, 'customer')} at {span(plan.cost)}."
    )
