"""Compiled sweeps over one rep's knapsack, cell by cell: its best book, and what that loses with an item in or out."""

from __future__ import annotations

from solver.engine.kernels import _compiled

_jit = _compiled()
_fast = _compiled(fastmath=True)


@_fast
def step(before, after, amount, profit, cells):  # type: ignore[no-untyped-def]
    """One item of a knapsack: the best of at most so many cells, with and without it."""
    for c in range(min(amount, cells)):
        after[c] = before[c]
    for c in range(amount, cells):
        with_ = before[c - amount] + profit
        after[c] = with_ if with_ > before[c] else before[c]


@_fast
def best_with(before, behind, most):  # type: ignore[no-untyped-def]
    """The most that two parts of a book bring together, in `most` cells."""
    best = -1e300  # finite: fast mathematics know no infinity
    for c in range(most + 1):
        both = before[c] + behind[most - c]
        best = both if both > best else best
    return best


@_jit
def fill(first, last, item, cells, profit, room, ahead):  # type: ignore[no-untyped-def]
    """Sweep the items ``first:last`` that bring something: how many. ``ahead[n]`` is the best of the first n."""
    n = 0
    ahead[0, : room + 1] = 0.0
    for k in range(first, last):
        if profit[k] > 0.0:
            step(ahead[n], ahead[n + 1], cells[item[k]], profit[k], room + 1)
            n += 1
    return n


@_jit
def sweep(first, last, item, cells, profit, room, ahead, taken):  # type: ignore[no-untyped-def]
    """Best book of the items ``first:last``: its profit; `taken` of each item. `ahead` keeps the sweep."""
    weight = 0
    for k in range(first, last):
        if profit[k] > 0.0:
            weight += cells[item[k]]
    if weight <= room:
        value = 0.0
        for k in range(first, last):
            taken[k] = profit[k] > 0.0
            if taken[k]:
                value += profit[k]
        return value
    n = fill(first, last, item, cells, profit, room, ahead)
    value = ahead[n, room]
    c = room
    for k in range(last - 1, first - 1, -1):
        taken[k] = False
        if profit[k] > 0.0:
            if ahead[n, c] != ahead[n - 1, c]:
                taken[k] = True
                c -= cells[item[k]]
            n -= 1
    return value


@_jit
def lost(first, last, item, cells, profit, room, ahead, behind, spare, lost_in, lost_out):  # type: ignore[no-untyped-def]
    """What the best book loses with each item forced in, and out."""
    n = fill(first, last, item, cells, profit, room, ahead)
    best = ahead[n, room]
    for k in range(first, last):
        if profit[k] <= 0.0:
            lost_out[k] = 0.0
            lost_in[k] = best - (profit[k] + ahead[n, room - cells[item[k]]])
    behind[: room + 1] = 0.0
    for k in range(last - 1, first - 1, -1):
        if profit[k] > 0.0:
            n -= 1
            a = cells[item[k]]
            lost_out[k] = max(0.0, best - best_with(ahead[n], behind, room))
            lost_in[k] = max(0.0, best - profit[k] - best_with(ahead[n], behind, room - a))
            step(behind, spare, a, profit[k], room + 1)
            behind[: room + 1] = spare[: room + 1]
