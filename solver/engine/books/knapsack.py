"""Compiled loops over reps' knapsacks: the best book of each rep at given profits, exactly and smoothed.

A block is one rep's capacity: items (options) with amounts and room for so many cells. Items of block b are
``start[b]:start[b + 1]``. The smoothed value is heat times the logarithm of the sum of exponentials over all books that
fit; it and each item's share of it come from one sweep over the items forwards and one back, as in a hidden Markov
model. Profits are taken relative to the price of room at which the knapsack's own linear relaxation breaks, so only
the items near that price (the core of Balas & Zemel) need cells, and numbers stay within reach of doubles.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.engine.kernels import _compiled

_jit: Any = _compiled()
_fast: Any = _compiled(fastmath=True)
#: Items are left out of the core whose weight is below exp(-this).
_NEGLIGIBLE = 12.0
#: Books further than so many heats below the relaxation count for nothing: they are beyond the reach of doubles.
_REACH = 480.0
#: Weights grow beyond this before they are scaled down.
_LARGE = 1e30


@_jit
def profits(item_option, item_unit, score, load_indptr, load_row, amount, dual, price, profit):  # type: ignore[no-untyped-def]
    """Set `profit` of each item: its score less its unit's dual and the prices of its loads."""
    for i in range(len(item_option)):
        o = item_option[i]
        p = score[o] - dual[item_unit[i]]
        for k in range(load_indptr[o], load_indptr[o + 1]):
            p -= amount[k] * price[load_row[k]]
        profit[i] = p


@_fast
def _add(before, after, amount, weight, cells):  # type: ignore[no-untyped-def]
    """One item forwards: weights of all books of each size with and without it; returns the largest."""
    most = 0.0
    for c in range(min(amount, cells)):
        after[c] = before[c]
        most = max(most, after[c])
    for c in range(amount, cells):
        after[c] = before[c] + weight * before[c - amount]
        most = max(most, after[c])
    return most


@_fast
def _back(before, behind, amount, weight, cells):  # type: ignore[no-untyped-def]
    """One item backwards, `behind` in place: weight of the books without and with it, and the largest in `behind`."""
    without, with_, most = 0.0, 0.0, 0.0
    for c in range(max(0, cells - amount)):
        with_ += before[c] * behind[c + amount]
        without += before[c] * behind[c]
        behind[c] += weight * behind[c + amount]
        most = max(most, behind[c])
    for c in range(max(0, cells - amount), cells):
        without += before[c] * behind[c]
        most = max(most, behind[c])
    return without, weight * with_, most


@_jit
def _relaxation(first, last, amount, profit, room):  # type: ignore[no-untyped-def]
    """Price of room at which the linear relaxation breaks, and how much its value exceeds a greedy book's."""
    items = np.empty(last - first, np.int64)
    n = 0
    for i in range(first, last):
        if profit[i] > 0.0 and amount[i] <= room:
            items[n] = i
            n += 1
    rate = np.empty(n)
    for j in range(n):
        rate[j] = profit[items[j]] / max(amount[items[j]], 1e-9)
    price, relaxed, greedy = 0.0, 0.0, 0.0
    left, greedy_left = room, room
    broken = False
    for j in np.argsort(-rate):
        i = items[j]
        if not broken:
            if amount[i] <= left:
                left -= amount[i]
                relaxed += profit[i]
            else:
                broken = True
                price = rate[j]
                relaxed += price * left
        if amount[i] <= greedy_left:
            greedy_left -= amount[i]
            greedy += profit[i]
    return price, relaxed - greedy


@_jit
def soft_books(start, amount, profit, room, heat, first, last, value, share):  # type: ignore[no-untyped-def]
    """Smoothed value of blocks `first` to `last` and each item's share (0–1) in it, into `value` and `share`."""
    for block in range(first, last):
        begin, end = start[block], start[block + 1]
        most = room[block]
        price, gap = _relaxation(begin, end, amount, profit, most)
        core = np.empty(end - begin, np.int64)
        warmth = heat
        while True:
            near = min(gap, _REACH * warmth) + _NEGLIGIBLE * warmth
            left, sure, n = most, 0.0, 0
            for i in range(begin, end):
                share[i] = 0.0
                if amount[i] > most:
                    continue
                net = profit[i] - price * amount[i]
                if net > near:
                    share[i] = 1.0
                    left -= amount[i]
                    sure += profit[i]
                elif net >= -near:
                    core[n] = i
                    n += 1
            if left < 0:  # so large are the profits that doubles cannot tell which items are in for certain
                warmth *= 4.0
                continue
            cells = left + 1
            ahead = np.empty((n + 1, cells))
            ahead[0, :] = 0.0
            ahead[0, 0] = 1.0
            log = 0.0
            for j in range(n):
                i = core[j]
                weight = np.exp((profit[i] - price * amount[i]) / warmth)
                largest = _add(ahead[j], ahead[j + 1], amount[i], weight, cells)
                if largest > _LARGE:
                    ahead[j + 1] /= largest
                    log += np.log(largest)
            behind = np.empty(cells)
            fade, at, mass = np.exp(-price / warmth), 1.0, 0.0
            for c in range(cells - 1, -1, -1):  # room left over costs its price
                behind[c] = at
                mass += at * ahead[n, c]
                at *= fade
            if mass >= 1e-250:
                break
            warmth *= 4.0  # the best book lies further below the relaxation than doubles reach
        for j in range(n - 1, -1, -1):
            i = core[j]
            weight = np.exp((profit[i] - price * amount[i]) / warmth)
            without, with_, largest = _back(ahead[j], behind, amount[i], weight, cells)
            share[i] = with_ / (with_ + without)
            if largest > _LARGE:
                behind /= largest
        value[block] = sure + price * left + warmth * (np.log(mass) + log)


@_jit
def best_books(start, amount, profit, room, first, last, value):  # type: ignore[no-untyped-def]
    """Set `value` of blocks `first` to `last` to their best book's profit."""
    for block in range(first, last):
        most = room[block]
        best = np.zeros(most + 1)
        for i in range(start[block], start[block + 1]):
            if profit[i] > 0.0:
                for c in range(most, amount[i] - 1, -1):
                    best[c] = max(best[c], best[c - amount[i]] + profit[i])
        value[block] = best[most]


@_jit
def book_losses(start, amount, profit, room, first, last, lost_in, lost_out):  # type: ignore[no-untyped-def]
    """What a block loses when an item must be in its book, and when it must not, for blocks `first` to `last`."""
    for block in range(first, last):
        most = room[block]
        begin, end = start[block], start[block + 1]
        items = np.empty(end - begin, np.int64)
        n = 0
        for i in range(begin, end):
            if profit[i] > 0.0 and amount[i] <= most:
                items[n] = i
                n += 1
        ahead = np.zeros((n + 1, most + 1))  # best book of the items so far, of at most so many cells
        for j in range(n):
            a, p = amount[items[j]], profit[items[j]]
            for c in range(most + 1):
                ahead[j + 1, c] = ahead[j, c] if c < a else max(ahead[j, c], ahead[j, c - a] + p)
        best = ahead[n, most]
        for i in range(begin, end):
            lost_out[i] = 0.0
            lost_in[i] = np.inf if amount[i] > most else best - (profit[i] + ahead[n, most - amount[i]])
        behind = np.zeros(most + 1)
        for j in range(n - 1, -1, -1):
            i = items[j]
            a, p = amount[i], profit[i]
            with_, without = 0.0, 0.0
            for c in range(most + 1):
                without = max(without, ahead[j, c] + behind[most - c])
                if c + a <= most:
                    with_ = max(with_, ahead[j, c] + p + behind[most - a - c])
            lost_in[i] = max(0.0, best - with_)
            lost_out[i] = max(0.0, best - without)
            for c in range(most, a - 1, -1):
                behind[c] = max(behind[c], behind[c - a] + p)


@_jit
def soft_free(start, profit, heat, value, share):  # type: ignore[no-untyped-def]
    """For options outside blocks: each unit takes one or none of ``start[u]:start[u + 1]``; as `soft_books`."""
    for u in range(len(start) - 1):
        top = 0.0
        for i in range(start[u], start[u + 1]):
            top = max(top, profit[i])
        mass = np.exp(-top / heat)
        for i in range(start[u], start[u + 1]):
            share[i] = np.exp((profit[i] - top) / heat)
            mass += share[i]
        for i in range(start[u], start[u + 1]):
            share[i] /= mass
        value[u] = top + heat * np.log(mass)
