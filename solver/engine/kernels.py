"""Compiled loops over options: pricing every unit, and annealing. Plain arrays in, plain arrays out.

numba compiles them once and keeps the result beside this file, or in the user's cache where that folder is read-only.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

#: Parts a pass is cut into. Fixed, so that sums come out the same on any number of cores.
PARTS = 16
#: Smoothing leaves out options whose weight is below exp(-this).
_NEGLIGIBLE = 16.0

_njit: Any = numba.njit


def _compiled(**options: bool) -> Any:
    def compile_(function: Any) -> Any:
        try:
            return _njit(cache=True, nogil=True, **options)(function)
        except RuntimeError:  # no folder to keep the result in: compile anew in each process
            return _njit(nogil=True, **options)(function)

    return compile_


_jit = _compiled()
_fast = _compiled(fastmath=True)


@_fast
def price_pass(  # type: ignore[no-untyped-def]
    first, last, indptr, score, load_indptr, load_row, amount, price, heat, loads, best, soft
):
    """One pass over the options of parts `first` to `last` (of `PARTS`) at given prices.

    For every unit the value of its best option, ``score - amount · price``, and the same smoothed: heat times the
    logarithm of the sum of exponentials. Sums go to `best` and `soft`, float64[PARTS]; loads under the smoothed choice
    to `loads`, float64[PARTS, rows].

    The lock is released, so threads may look at different parts at once. Not numba's own threads: where other programs
    want the cores too, those waited for each other twenty times as long as they worked.
    """
    parts, n = loads.shape[0], len(indptr) - 1
    widest = 1
    for u in range(n):
        widest = max(widest, indptr[u + 1] - indptr[u])
    for part in range(first, last):
        sums = loads[part]
        sums[:] = 0.0
        value = np.empty(widest)
        total = 0.0
        total_soft = 0.0
        for u in range(n * part // parts, n * (part + 1) // parts):
            a, b = indptr[u], indptr[u + 1]
            if a == b:
                continue
            top = -np.inf
            for o in range(a, b):
                v = score[o]
                for k in range(load_indptr[o], load_indptr[o + 1]):
                    v -= amount[k] * price[load_row[k]]
                value[o - a] = v
                top = max(top, v)
            total += top
            mass = 0.0
            for o in range(b - a):
                below = (top - value[o]) / heat
                if below < _NEGLIGIBLE:
                    value[o] = np.exp(-below)
                    mass += value[o]
                else:
                    value[o] = 0.0
            total_soft += top + heat * np.log(mass)
            for o in range(a, b):
                w = value[o - a] / mass
                if w > 0.0:
                    for k in range(load_indptr[o], load_indptr[o + 1]):
                        sums[load_row[k]] += w * amount[k]
        best[part] = total
        soft[part] = total_soft


@_jit
def reduced(indptr, score, load_indptr, load_row, amount, price):  # type: ignore[no-untyped-def]
    """float64[options]: how much worse than its unit's best each option is at these prices, in units of `score`."""
    loss = np.empty(len(score))
    for u in range(len(indptr) - 1):
        top = -np.inf
        for o in range(indptr[u], indptr[u + 1]):
            v = score[o]
            for k in range(load_indptr[o], load_indptr[o + 1]):
                v -= amount[k] * price[load_row[k]]
            loss[o] = v
            top = max(top, v)
        for o in range(indptr[u], indptr[u + 1]):
            loss[o] = top - loss[o]
    return loss


@_jit
def second(indptr, loss):  # type: ignore[no-untyped-def]
    """float64[units]: the second smallest loss of each unit's options, infinite where it has one option only."""
    found = np.full(len(indptr) - 1, np.inf)
    for u in range(len(indptr) - 1):
        least = np.inf
        for o in range(indptr[u], indptr[u + 1]):
            if loss[o] < least:
                least, found[u] = loss[o], least
            elif loss[o] < found[u]:
                found[u] = loss[o]
    return found


@_jit
def _cost(load, row, side, edge, slope):  # type: ignore[no-untyped-def]
    cost = 0
    for k in range(side.shape[1]):
        beyond = side[row, k] * (load - edge[row, k])
        if beyond > 0:
            cost += slope[row, k] * beyond
    return cost


@_jit
def _shift(option, sign, load_indptr, load_row, amount, loads, side, edge, slope):  # type: ignore[no-untyped-def]
    """Add an option to the loads, or take it out (sign -1): what the score gains by it, its own score aside."""
    gain = 0
    for k in range(load_indptr[option], load_indptr[option + 1]):
        r = load_row[k]
        gain += _cost(loads[r], r, side, edge, slope)
        loads[r] += sign * amount[k]
        gain -= _cost(loads[r], r, side, edge, slope)
    return gain


@_jit
def _holds(option, load_indptr, load_row, loads, lower, upper):  # type: ignore[no-untyped-def]
    for k in range(load_indptr[option], load_indptr[option + 1]):
        r = load_row[k]
        if loads[r] > upper[r] or loads[r] < lower[r]:
            return False
    return True


@_jit
def settle(  # type: ignore[no-untyped-def]
    order, indptr, score, load_indptr, load_row, amount, lower, upper, side, edge, slope, choice, loads
):
    """Give each unit of `order` in turn its best option at the loads as they stand, if one keeps the upper limits.

    A unit that has one already leaves it only for a better one, and not where a load would fall below its minimum.
    Works on `choice` (-1: none yet) and `loads` in place; returns how many units changed.
    """
    changed = 0
    for u in order:
        was = choice[u]
        value = 0
        if was >= 0:  # what it brings now: its score less what its loads cost
            value = score[was] - _shift(was, -1, load_indptr, load_row, amount, loads, side, edge, slope)
        best = -1
        best_value = 0
        for o in range(indptr[u], indptr[u + 1]):
            worth = score[o] + _shift(o, 1, load_indptr, load_row, amount, loads, side, edge, slope)
            fits = True
            for k in range(load_indptr[o], load_indptr[o + 1]):
                if loads[load_row[k]] > upper[load_row[k]]:
                    fits = False
            _shift(o, -1, load_indptr, load_row, amount, loads, side, edge, slope)
            if fits and (best < 0 or worth > best_value):
                best, best_value = o, worth
        if was >= 0:
            if best >= 0 and best_value > value and best != was:
                for k in range(load_indptr[was], load_indptr[was + 1]):
                    r = load_row[k]
                    if loads[r] < lower[r] <= loads[r] + amount[k]:
                        best = was
            else:
                best = was
        if best >= 0:
            _shift(best, 1, load_indptr, load_row, amount, loads, side, edge, slope)
            changed += best != was
            choice[u] = best
    return changed


@_jit
def make_room(  # type: ignore[no-untyped-def]
    queue,
    indptr,
    rep,
    score,
    load_indptr,
    load_row,
    amount,
    lower,
    upper,
    side,
    edge,
    slope,
    choice,
    loads,
    n_reps,
    most,
):
    """Place units that fit nowhere by moving one other unit of the rep they go to, the pair that costs least.

    At most `most` units of each rep are tried, others for each unit in the queue.
    Works on `choice` (-1: not placed) and `loads` in place; returns how many of `queue` were placed.
    """
    count = np.zeros(n_reps + 1, np.int64)
    for u in range(len(choice)):
        if choice[u] >= 0:
            count[rep[choice[u]] + 1] += 1
    first = np.cumsum(count)
    book = np.empty(first[-1], np.int64)
    filled = first[:-1].copy()
    for u in range(len(choice)):
        if choice[u] >= 0:
            book[filled[rep[choice[u]]]] = u
            filled[rep[choice[u]]] += 1
    placed = 0
    for u in queue:
        best = -1
        best_other = -1
        best_to = -1
        best_value = 0
        for o in range(indptr[u], indptr[u + 1]):
            value = score[o] + _shift(o, 1, load_indptr, load_row, amount, loads, side, edge, slope)
            if _holds(o, load_indptr, load_row, loads, lower, upper) and (best < 0 or value > best_value):
                best, best_other, best_value = o, -1, value
            start, length = first[rep[o]], first[rep[o] + 1] - first[rep[o]]
            for k in range(min(length, most)):
                v = book[start + (u + k) % length]
                was = choice[v]
                if was < 0 or rep[was] != rep[o]:  # it left this rep since
                    continue
                left = value - score[was] + _shift(was, -1, load_indptr, load_row, amount, loads, side, edge, slope)
                if _holds(o, load_indptr, load_row, loads, lower, upper) and _holds(
                    was, load_indptr, load_row, loads, lower, upper
                ):
                    for to in range(indptr[v], indptr[v + 1]):
                        if to == was:
                            continue
                        both = left + score[to] + _shift(to, 1, load_indptr, load_row, amount, loads, side, edge, slope)
                        if (best < 0 or both > best_value) and _holds(to, load_indptr, load_row, loads, lower, upper):
                            best, best_other, best_to, best_value = o, v, to, both
                        _shift(to, -1, load_indptr, load_row, amount, loads, side, edge, slope)
                _shift(was, 1, load_indptr, load_row, amount, loads, side, edge, slope)
            _shift(o, -1, load_indptr, load_row, amount, loads, side, edge, slope)
        if best < 0:
            continue
        if best_other >= 0:
            _shift(choice[best_other], -1, load_indptr, load_row, amount, loads, side, edge, slope)
            _shift(best_to, 1, load_indptr, load_row, amount, loads, side, edge, slope)
            choice[best_other] = best_to
        _shift(best, 1, load_indptr, load_row, amount, loads, side, edge, slope)
        choice[u] = best
        placed += 1
    return placed


@_jit
def anneal(  # type: ignore[no-untyped-def]
    rep, score, load_indptr, load_row, amount, lower, upper, side, edge, slope,
    choice, loads, start, candidate, units, n_reps, hot, cold, steps, longest, seed, halt,
):  # fmt: skip
    """Simulated annealing by chains: a unit takes another option, pushes a unit of that rep on, and so forth.

    Works on `choice` (a plan that keeps every limit) and its `loads` in place and leaves the best plan met there.

    Parameters
    ----------
    start, candidate : options unit u may take are ``candidate[start[u]:start[u + 1]]``.
    units : units with more than one candidate.
    hot, cold : temperatures of the first and last step, in steps of score; `longest` : most units in a chain.
    halt : int64[1]; anything but 0 ends the search soon, from another thread.

    Returns
    -------
    Steps of score gained over the plan it began with.
    """
    np.random.seed(seed)
    place = np.full(len(start) - 1, -1, np.int64)
    count = np.zeros(n_reps, np.int64)
    for u in units:
        count[rep[choice[u]]] += 1
    widest = max(8, int(2 * count.max()) if n_reps else 8)
    book = np.full((n_reps, widest), -1, np.int64)
    count[:] = 0
    for u in units:
        r = rep[choice[u]]
        book[r, count[r]] = u
        place[u] = count[r]
        count[r] += 1
    who = np.zeros(longest, np.int64)
    new = np.zeros(longest, np.int64)
    old = np.zeros(longest, np.int64)
    # The way back to the best plan: what each change since then replaced. Too long a way is walked once, on a copy.
    journal = 4 * len(units) + longest
    back_unit = np.zeros(journal, np.int64)
    back_option = np.zeros(journal, np.int64)
    back = 0
    kept = choice[:0].copy()
    best = 0
    now = 0
    ratio = cold / hot
    heat = hot
    for step in range(steps):
        if step % 1024 == 0:
            if halt[0] != 0:
                break
            heat = hot * ratio ** (step / steps)
        gain = 0
        length = 0
        u = units[np.random.randint(len(units))]
        while True:
            options = start[u + 1] - start[u]
            o = candidate[start[u] + np.random.randint(options)]
            if o == choice[u]:
                o = candidate[start[u] + np.random.randint(options)]
            twice = o == choice[u]
            for k in range(length):
                if who[k] == u:
                    twice = True
            if twice:
                break
            was = choice[u]
            gain += score[o] - score[was]
            gain += _shift(was, -1, load_indptr, load_row, amount, loads, side, edge, slope)
            gain += _shift(o, 1, load_indptr, load_row, amount, loads, side, edge, slope)
            who[length], new[length], old[length] = u, o, was
            length += 1
            if length == longest or np.random.random() < 0.25 or count[rep[o]] == 0:
                break
            u = book[rep[o], np.random.randint(count[rep[o]])]
        if length == 0:
            continue
        holds = True
        for k in range(length):
            if not (
                _holds(new[k], load_indptr, load_row, loads, lower, upper)
                and _holds(old[k], load_indptr, load_row, loads, lower, upper)
            ):
                holds = False
                break
        if holds:
            for k in range(length):
                if count[rep[new[k]]] + longest >= widest:
                    holds = False
        if holds and (gain >= 0 or np.random.random() < np.exp(gain / heat)):
            now += gain
            for k in range(length):
                u = who[k]
                choice[u] = new[k]
                if len(kept) == 0:
                    back_unit[back] = u
                    back_option[back] = old[k]
                    back += 1
                r = rep[old[k]]
                last = book[r, count[r] - 1]
                book[r, place[u]] = last
                place[last] = place[u]
                count[r] -= 1
                r = rep[new[k]]
                book[r, count[r]] = u
                place[u] = count[r]
                count[r] += 1
            if now > best:
                best = now
                back = 0
                kept = choice[:0].copy()
            elif back + longest >= journal and len(kept) == 0:
                kept = choice.copy()
                for k in range(back - 1, -1, -1):
                    kept[back_unit[k]] = back_option[k]
        else:
            for k in range(length):
                _shift(new[k], -1, load_indptr, load_row, amount, loads, side, edge, slope)
                _shift(old[k], 1, load_indptr, load_row, amount, loads, side, edge, slope)
    if len(kept) > 0:
        choice[:] = kept
    else:
        for k in range(back - 1, -1, -1):
            choice[back_unit[k]] = back_option[k]
    return best
