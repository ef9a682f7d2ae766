"""Compiled depth-first branch and bound over whole books: every node is bounded by reps' knapsacks.

A node closes options. Units whose last option is left are fixed; for the others the Lagrangian of "one option each" is
lowered by some subgradient steps (Polyak's, towards the value that a plan has to reach), each step a knapsack a rep.
Knapsacks swept both ways then say what each option loses, and what loses too much is closed. So Posta, Ferland &
Michelon (2012) proved most public generalized-assignment instances.
"""

from __future__ import annotations

import numpy as np

from solver.engine.books.sweeps import lost, sweep
from solver.engine.kernels import _compiled

_jit = _compiled()
#: Share of all that a bound sums up by which doubles may be wrong.
_ROUNDING = 1e-13
#: How a search ended.
DONE, BUDGET = 0, 1


@_jit
def _exact(  # type: ignore[no-untyped-def]
    choice, score, offset, load_indptr, load_row, amount, lower, upper, piece_row, piece_side, piece_edge, piece_slope,
    loads,
):  # fmt: skip
    """(whether a choice keeps every limit, its value)."""
    loads[:] = 0
    value = offset
    for u in range(len(choice)):
        value += score[choice[u]]
        for e in range(load_indptr[choice[u]], load_indptr[choice[u] + 1]):
            loads[load_row[e]] += amount[e]
    for r in range(len(loads)):
        if loads[r] > upper[r] or loads[r] < lower[r]:
            return False, value
    for p in range(len(piece_row)):
        value -= piece_slope[p] * max(0, piece_side[p] * (loads[piece_row[p]] - piece_edge[p]))
    return True, value


@_jit
def search(  # type: ignore[no-untyped-def]
    indptr, option_unit, block, cells, worth, room, constant, score, offset, load_indptr, load_row, amount, lower,
    upper, fills, piece_row, piece_side, piece_edge, piece_slope, start, open_, target, slack, steps, budget, halt,
    best,
):  # fmt: skip
    """Look for plans worth at least `target`, better ones each time, until none is left or the budget is spent.

    Parameters
    ----------
    block, cells, worth : of each option: its knapsack (-1: none), cells there, and score less the prices of all loads
        that no knapsack keeps.
    room : cells of each knapsack; constant : what the bound has besides units and knapsacks.
    fills : bool[rows], hard upper limits of loads that only grow.
    start : float64[units], duals to begin with.
    open_ : bool[options]; slack : how far beyond the target a step aims; steps : of a node, and of the first one.
    budget : cells that may be looked at, about; halt : int64[1], ends it when not 0.
    best : int64[units], gets the best plan found.

    Returns
    -------
    how it ended (`DONE`: no plan but `best` reaches the target), value of the plan found or target − 1, cells looked
    at, nodes.
    """
    n_units, n_options, n_blocks, n_rows = len(indptr) - 1, len(option_unit), len(room), len(upper)
    alive = open_.copy()
    trail = np.empty(n_options, np.int64)
    trailed = 0
    mark = np.empty(n_options + 1, np.int64)
    branch = np.empty(n_options + 1, np.int64)
    saved = np.empty((n_units + 1, n_units))
    depth = 0
    u, keep = start.copy(), start.copy()
    widest = int(room.max()) if n_blocks else 0
    count_b = np.zeros(n_blocks + 1, np.int64)
    for o in range(n_options):
        if block[o] >= 0 and open_[o]:
            count_b[block[o]] += 1
    ahead = np.empty((int(count_b.max()) + 1, widest + 1))
    behind, spare = np.empty(widest + 1), np.empty(widest + 1)
    begin = np.zeros(n_blocks + 2, np.int64)  # items of each block, then the loose ones
    item = np.empty(n_options, np.int64)
    profit = np.empty(n_options)
    taken = np.zeros(n_options, np.bool_)
    lost_in, lost_out, loss = np.zeros(n_options), np.zeros(n_options), np.zeros(n_options)
    ways, only, picks = np.zeros(n_units, np.int64), np.zeros(n_units, np.int64), np.zeros(n_units, np.int64)
    top, away = np.zeros(n_units), np.zeros(n_units)
    left, loads = np.zeros(n_blocks, np.int64), np.zeros(n_rows, np.int64)
    exact_loads = np.zeros(n_rows, np.int64)
    choice = np.empty(n_units, np.int64)
    work, nodes = 0, 0
    found = target - 1
    first_node = True
    while True:
        nodes += 1
        verdict = 0  # 0: nothing better below, 1: branch
        chosen = -1
        rounds = 0
        while True:  # one node: propagate, bound, close
            rounds += 1
            holds = True
            while True:
                for b in range(n_blocks):
                    left[b] = room[b]
                loads[:] = 0
                base = constant
                n_free = 0
                for j in range(n_units):
                    ways[j] = 0
                    for o in range(indptr[j], indptr[j + 1]):
                        if alive[o]:
                            ways[j] += 1
                            only[j] = o
                    if ways[j] == 0:
                        holds = False
                        break
                    if ways[j] == 1:
                        o = only[j]
                        base += worth[o]
                        if block[o] >= 0:
                            left[block[o]] -= cells[o]
                            if left[block[o]] < 0:
                                holds = False
                                break
                        for e in range(load_indptr[o], load_indptr[o + 1]):
                            loads[load_row[e]] += amount[e]
                    else:
                        n_free += 1
                work += n_options
                if not holds:
                    break
                for r in range(n_rows):
                    if fills[r] and loads[r] > upper[r]:
                        holds = False
                if not holds or n_free == 0:
                    break
                changed = False
                for j in range(n_units):
                    if ways[j] > 1:
                        for o in range(indptr[j], indptr[j + 1]):
                            if alive[o]:
                                fits = block[o] < 0 or cells[o] <= left[block[o]]
                                for e in range(load_indptr[o], load_indptr[o + 1]):
                                    r = load_row[e]
                                    fits = fits and not (fills[r] and loads[r] + amount[e] > upper[r])
                                if not fits:
                                    alive[o] = False
                                    trail[trailed] = o
                                    trailed += 1
                                    changed = True
                if not changed:
                    break
            if not holds:
                break
            if n_free == 0:
                for j in range(n_units):
                    choice[j] = only[j]
                good, value = _exact(choice, score, offset, load_indptr, load_row, amount, lower, upper, piece_row,
                                     piece_side, piece_edge, piece_slope, exact_loads)  # fmt: skip
                if good and value >= target:
                    best[:] = choice
                    found = value
                    target = value + 1
                break
            # the options of units that still choose, by block
            begin[:] = 0
            for j in range(n_units):
                if ways[j] > 1:
                    for o in range(indptr[j], indptr[j + 1]):
                        if alive[o]:
                            begin[(block[o] if block[o] >= 0 else n_blocks) + 1] += 1
            for b in range(n_blocks + 1):
                begin[b + 1] += begin[b]
            n_items = begin[n_blocks + 1]
            fill = begin.copy()
            for j in range(n_units):
                if ways[j] > 1:
                    for o in range(indptr[j], indptr[j + 1]):
                        if alive[o]:
                            b = block[o] if block[o] >= 0 else n_blocks
                            item[fill[b]] = o
                            fill[b] += 1
            lowest = np.inf
            theta, stall = 1.0, 0
            pruned = False
            most = steps[1] if first_node else steps[0]
            for it in range(most + 1):
                if halt[0] or work > budget:
                    return BUDGET, found, work, nodes
                for k in range(n_items):
                    profit[k] = worth[item[k]] - u[option_unit[item[k]]]
                value_d = base
                size = abs(base)
                for j in range(n_units):
                    if ways[j] > 1:
                        value_d += u[j]
                        size += abs(u[j])
                        picks[j] = 0
                        top[j] = 0.0
                for b in range(n_blocks):
                    got = sweep(begin[b], begin[b + 1], item, cells, profit, left[b], ahead, taken)
                    work += (begin[b + 1] - begin[b]) * (left[b] + 1)
                    value_d += got
                    size += got
                    for k in range(begin[b], begin[b + 1]):
                        if taken[k]:
                            picks[option_unit[item[k]]] += 1
                for k in range(begin[n_blocks], n_items):
                    j = option_unit[item[k]]
                    if profit[k] > top[j]:
                        if top[j] == 0.0:
                            picks[j] += 1
                        value_d += profit[k] - top[j]
                        top[j] = profit[k]
                if value_d + _ROUNDING * size < target:
                    pruned = True
                    break
                norm = 0
                for j in range(n_units):
                    if ways[j] > 1:
                        norm += (1 - picks[j]) ** 2
                if value_d < lowest:
                    if value_d > lowest - 1e-3 * slack:
                        stall += 1
                    else:
                        stall = 0
                    lowest = value_d
                    keep[:] = u
                else:
                    stall += 1
                if norm == 0:
                    for j in range(n_units):
                        choice[j] = only[j]
                    for k in range(begin[n_blocks]):
                        if taken[k]:
                            choice[option_unit[item[k]]] = item[k]
                    for k in range(begin[n_blocks], n_items):
                        j = option_unit[item[k]]
                        if top[j] > 0.0 and profit[k] == top[j]:
                            choice[j] = item[k]
                    good, value = _exact(choice, score, offset, load_indptr, load_row, amount, lower, upper, piece_row,
                                         piece_side, piece_edge, piece_slope, exact_loads)  # fmt: skip
                    if good and value >= target:
                        best[:] = choice
                        found = value
                        target = value + 1
                        if value_d + _ROUNDING * size < target:
                            pruned = True
                    break
                if it == most:
                    break
                if stall >= 3:
                    theta *= 0.5
                    stall = 0
                    if theta < 0.05:
                        break
                stride = theta * (value_d - target + slack) / norm
                for j in range(n_units):
                    if ways[j] > 1:
                        u[j] -= stride * (1 - picks[j])
            first_node = False
            if pruned:
                break
            u[:] = keep
            # what each option loses
            for k in range(n_items):
                profit[k] = worth[item[k]] - u[option_unit[item[k]]]
            for j in range(n_units):
                away[j] = 0.0
                top[j] = 0.0
            value_d = base
            size = abs(base)
            for j in range(n_units):
                if ways[j] > 1:
                    value_d += u[j]
                    size += abs(u[j])
            for b in range(n_blocks):
                lost(begin[b], begin[b + 1], item, cells, profit, left[b], ahead, behind, spare, lost_in, lost_out)
                work += 4 * (begin[b + 1] - begin[b]) * (left[b] + 1)
                for k in range(begin[b], begin[b + 1]):
                    away[option_unit[item[k]]] += lost_out[k]
            for k in range(begin[n_blocks], n_items):
                top[option_unit[item[k]]] = max(top[option_unit[item[k]]], profit[k])
            closed = 0
            edge = lowest + _ROUNDING * 4 * size - target
            for k in range(n_items):
                o = item[k]
                j = option_unit[o]
                if k < begin[n_blocks]:
                    loss[o] = lost_in[k] + away[j] - lost_out[k] + top[j]
                else:
                    loss[o] = top[j] - profit[k] + away[j]
                if loss[o] > edge:
                    alive[o] = False
                    trail[trailed] = o
                    trailed += 1
                    closed += 1
            if closed == 0 or (closed < 0.1 * n_items and rounds > 3):
                verdict = 1
                break
        if verdict == 1:  # branch where both ways lose most
            top_rank = -1.0
            for j in range(n_units):
                if ways[j] > 1:
                    low, high, at = np.inf, np.inf, -1
                    for o in range(indptr[j], indptr[j + 1]):
                        if alive[o]:
                            if loss[o] < low:
                                low, high, at = loss[o], low, o
                            elif loss[o] < high:
                                high = loss[o]
                    if high < np.inf:
                        rank = (low + 0.1 * slack) * (high + 0.1 * slack)
                        if rank > top_rank:
                            top_rank, chosen = rank, at
            if chosen < 0:  # closing left every unit one option: look again
                continue
            mark[depth] = trailed
            saved[depth, :] = u
            branch[depth] = chosen
            depth += 1
            j = option_unit[chosen]
            for o in range(indptr[j], indptr[j + 1]):
                if alive[o] and o != chosen:
                    alive[o] = False
                    trail[trailed] = o
                    trailed += 1
        else:
            if depth == 0:
                return DONE, found, work, nodes
            depth -= 1
            while trailed > mark[depth]:
                trailed -= 1
                alive[trail[trailed]] = True
            u[:] = saved[depth]
            o = branch[depth]
            alive[o] = False
            trail[trailed] = o
            trailed += 1
        if work > budget or halt[0]:
            return BUDGET, found, work, nodes
