"""Accounts that can change hands, on the terminal."""

from __future__ import annotations

from rich.console import Console

from reports.console import new_table, show
from reports.wording import counted, full, points
from scenarios.explain.swaps import Exchange, Side, Swaps
from scenarios.explain.why import pts


def exchanges(found: Swaps, console: Console) -> None:
    """Print what can change hands: single customers, then pairs, the least loss first."""
    console.print()
    both = f"{counted(found.moves, 'single move')} and {counted(found.swaps, 'swap')}"
    console.print(f"{both} lose at most {pts(found.within)} points each and keep every rule.")
    _table(found, "move", "One customer to another rep", console)
    _table(found, "swap", "Two customers whose reps swap them", console)
    if any(e.loss < 0 for e in found.listed):
        console.print(f"A loss below 0 is a gain: the run may still be up to {points(found.gap)} points from the best.")
    if found.listed:
        console.print("Each holds by itself; several together may break a limit or lose more.")


def _table(found: Swaps, kind: str, title: str, console: Console) -> None:
    listed = [e for e in found.listed if e.kind == kind]
    if not listed:
        return
    swap = kind == "swap"
    heads = ("customer", "from", "to", *(("for",) if swap else ()), "potential", "workload", "points lost")
    table = new_table(console, title, *heads, text=4 if swap else 3)
    for e in listed:
        side = e.sides[0]
        more = (_customers(e.sides[1]),) if swap else ()
        figures = (_signed(e.potential, swap), _signed(e.workload, swap), _loss(e))
        table.add_row(_customers(side), side.from_rep, side.to_rep, *more, *figures)
    show(console, table)
    total = found.swaps if swap else found.moves
    if total > len(listed):
        console.print(f"and {total - len(listed):,} more")


def _customers(side: Side) -> str:
    more = len(side.customers) - 1
    return f"{side.customers[0]} with {more} of its family" if more else side.customers[0]


def _signed(value: float, sign: bool) -> str:
    return f"{'+' if value > 0 and sign else '−' if value < 0 else ''}{full(abs(value))}"


def _loss(exchange: Exchange) -> str:
    return f"{'−' if exchange.loss < 0 else ''}{pts(abs(exchange.loss))}"
