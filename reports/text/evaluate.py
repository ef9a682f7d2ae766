"""An evaluation on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from reports.console import new_table, show
from reports.wording import label, percent, short

#: Lines of a breakdown that are listed.
SHOWN = 15


def evaluation(found: Mapping[str, Any], console: Console) -> None:
    """Print what became of a plan."""
    for note in found["notes"]:
        console.print(Text(note, style="dim"))
    whole = found["all"]
    title = f"{found['period']}: {short(whole['actual'])} sold of {short(whole['expected'])} potential"
    console.print()
    console.print(Text(f"{title}, {_around(whole)}", style="bold"))
    for name, lines in found["attainment"].items():
        _lines(f"Attainment by {name}", "potential", lines, console)
    _forecast(found["forecast"], console)
    _followed(found["followed"], console)
    _balance(found["balance"], found["drift"], console)
    _drifted(found["drift_territories"], console)
    _handovers(found["moves"], found["feedback"], console)
    for name in ("segment", "territory"):
        _lines(f"Against the same days a year before, by {name}", "year before", found["trend"][name], console)
    console.print(
        "Ranges hold 95 of 100; above and below: different from all the others together, with care for how many are "
        "compared (Benjamini and Hochberg, 5 %)."
    )


def _around(line: Mapping[str, Any]) -> str:
    if line["ratio"] is None:
        return "nothing to hold it against"
    if line["low"] is None:
        return f"{percent(line['ratio'])} (too little data for a range)"
    return f"{percent(line['ratio'])} ({percent(line['low'])} to {percent(line['high'])})"


def _lines(title: str, below: str, lines: Sequence[Mapping[str, Any]], console: Console) -> None:
    if not lines:
        return
    quota = any("quota" in line for line in lines)
    table = new_table(console, title, "", "sold", below, "share", "range", *(["of quota"] if quota else []), "verdict")
    for line in lines[:SHOWN]:
        ends = "–" if line["low"] is None else f"{percent(line['low'])} … {percent(line['high'])}"
        share = "–" if line["ratio"] is None else percent(line["ratio"])
        attained = line.get("attained")
        of = [] if not quota else ["–" if attained is None else percent(attained)]
        table.add_row(
            label(line["name"]), short(line["actual"]), short(line["expected"]), share, ends, *of, line["verdict"]
        )
    show(console, table)
    if len(lines) > SHOWN:
        console.print(f"and {len(lines) - SHOWN:,} more")


def _forecast(of: Mapping[str, Any], console: Console) -> None:
    if of["rank"] is None or of["off"] is None:
        console.print("Forecast: too little data to say how good the potentials were.")
        return
    console.print(
        f"Forecast: potentials and sales of {of['customers']:,} customers have a rank correlation of "
        f"{of['rank']:.2f}; all differences together are {percent(of['off'])} of the potential."
    )


def _balance(of: Mapping[str, Any], drift: Sequence[Mapping[str, Any]], console: Console) -> None:
    planned, became = of["planned"]["hoover"], of["became"]["hoover"]
    if planned is not None and became is not None:
        console.print(
            f"Balance, by each rep's part of the plan: {percent(planned)} of the potential was planned with the "
            f"wrong rep; of what was sold it became {percent(became)}."
        )
    contacts = of["workload"]["became"]["hoover"]
    if contacts is not None:
        console.print(f"Work: {percent(contacts)} of the contacts were with other reps' books than the hours planned.")
    out = [d for d in drift if d["verdict"] == "drifted out"]
    for d in out:
        console.print(
            f"{label(d['rep_id'])} drifted out of its band: planned at {percent(d['planned'])} of its target, became "
            f"{percent(d['became'])} ({percent(max(0.0, d['low']))} to {percent(d['high'])})."
        )
    if any(d["band"] for d in drift) and not out:
        console.print("No rep within its band by plan is surely out of it by what was sold.")


def _followed(of: Mapping[str, Any], console: Console) -> None:
    if of["share"] is None:
        console.print("Whether the plan was followed is not known: no row names a rep.")
        return
    sales = "" if of["sales_share"] is None else f", {percent(of['sales_share'])} of the sales"
    console.print(
        f"Followed: the planned rep made {percent(of['share'])} of the {of['rows']:,} rows that name one{sales}."
    )


def _drifted(drift: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Territories that became more or less of the whole than was planned, by more than the band."""
    for d in drift:
        if d["verdict"] == "drifted out":
            console.print(
                f"{label(d['territory'])} became {percent(d['became'])} of its planned share of the sales "
                f"({percent(max(0.0, d['low']))} to {percent(d['high'])}): out of a band of {percent(d['band'][0])} to "
                f"{percent(d['band'][1])}."
            )


def _handovers(moves: Mapping[str, Any], feedback: Mapping[str, Any], console: Console) -> None:
    head = f"Hand-overs: {moves['moved']:,} customers moved, {moves['stayed']:,} stayed"
    if "lost" not in moves:
        console.print(f"{head}: too little data to say what they lost.")
    else:
        ends = f"{percent(moves['low'])} to {percent(moves['high'])}".replace("-", "−")
        console.print(
            f"{head}; those that moved lost {percent(moves['lost'])} ({ends}) against them: {moves['verdict']}."
        )
    if "difference" not in feedback:
        console.print("Feedback before and after: too little data.")
    else:
        console.print(
            f"Feedback: {feedback['moved_change']:+.2f} where the rep changed, {feedback['stayed_change']:+.2f} "
            f"where not; difference {feedback['difference']:+.2f} ({feedback['low']:+.2f} to {feedback['high']:+.2f}): "
            f"{feedback['verdict']}."
        )
