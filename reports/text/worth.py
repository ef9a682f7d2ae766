"""What one more of something is worth, on the terminal."""

from __future__ import annotations

from rich.console import Console

from reports.console import new_table, show
from reports.wording import counted, points
from scenarios.explain.why import pts
from scenarios.explain.worth import Confirmed, Worths


def ranking(found: Worths, units: float, console: Console) -> None:
    """Print what one more of each thing is worth, the most first, and what solving again said."""
    if not found.listed:
        console.print("Nothing more would raise the score at the prices of this run.")
        return
    heads = ("one more", "points at the prices", "solved again", "certainly between", "unassigned")
    table = new_table(console, "What one more is worth", *heads)
    for w in found.listed:
        table.add_row(w.what, _signed(w.points), *_confirmed(w.confirmed))
    show(console, table)
    gap = f"The run is within {points(found.gap)} points of the best possible"
    console.print(f"{gap}; what was solved again has its own gap, and both are in the figures between.")
    if any(w.points < 0 and w.kind == "rep" for w in found.listed):
        console.print(
            "A rep below 0 lowers the score, usually by the targets: they are shared by one more rep, whose book the "
            "moves that are allowed, or pay, do not fill."
        )
    if found.idle:
        console.print(f"{counted(found.idle, 'other limit')} would be worth nothing at the margin.")


def _confirmed(sure: Confirmed | None) -> tuple[str, str, str]:
    if sure is None:
        return "", "", ""
    if sure.gain is None or sure.lower is None:
        return sure.status, "", ""
    upper = "?" if sure.upper is None else _signed(sure.upper)
    left = f"{sure.unassigned:+d}".replace("-", "−") if sure.unassigned else "same"
    return _signed(sure.gain), f"{_signed(sure.lower)} … {upper}", left


def _signed(points: float) -> str:
    text = pts(abs(points))
    return f"{'−' if points < 0 else '+'}{text}" if text != "0" else text
