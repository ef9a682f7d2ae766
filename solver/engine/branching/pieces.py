"""Pieces of an instance that can be bounded one by one: reps and all units that may go to one of them.

At given prices of all that a piece shares with the rest, its own loads can be priced anew and its units' choices looked
at exactly, whatever the others do. No unit is in two pieces, so what each of them takes off the bound adds up
(Lagrangian decomposition). Where territories fall apart, each part is a piece; where they hang together, pieces are the
reps around those whose loads cost most, with a strip between them that stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from solver.arrays import Floats, Ints
from solver.engine.improve.groups import several
from solver.engine.prices.price import Pricer
from solver.instance import Instance

#: Options of a piece at most, where territories fall apart; and where they do not.
_MOST, _MOST_OF_BALL = 250_000, 60_000


@dataclass
class Pieces:
    """An instance cut up at prices.

    Parameters
    ----------
    instance : as `expand.closed` returns it, the last rep being nobody.
    price : float64[rows], steps of score for a step of load.
    plan : int64[units], says where loads cost most.

    Attributes
    ----------
    of_unit, of_row, of_rep : int64[…], the piece of each, -1 for none. A row is a piece's own if nobody else loads it.
    count : how many pieces there are.
    rest : steps of score of all that is in no piece, at the prices; with a bound of each piece it is a bound of all.
    bound : float64[pieces], steps of score no plan of the piece exceeds, at the prices.
    """

    instance: Instance
    price: Floats
    plan: Ints
    of_unit: Ints = field(init=False)
    of_row: Ints = field(init=False)
    of_rep: Ints = field(init=False)
    count: int = field(init=False)
    rest: float = field(init=False)
    bound: Floats = field(init=False)
    _worth: Floats = field(init=False)
    _held: Floats = field(init=False)

    def __post_init__(self) -> None:
        inst = self.instance
        pricer = Pricer(inst)
        at = pricer.from_rows(self.price)
        self.price, self._held = pricer.row_prices(at), pricer.held(at)
        paid = np.bincount(
            inst.entry_option(), weights=inst.load_amount * self.price[inst.load_row], minlength=inst.n_options
        )
        self._worth = inst.option_score.astype(np.float64) - paid
        best = np.maximum.reduceat(self._worth, inst.indptr[:-1]) if inst.n_units else np.zeros(0)
        self.of_rep = self._cut(best)
        self.count = int(self.of_rep.max(initial=-1)) + 1
        of_option = self.of_rep[inst.option_rep]
        self.of_unit = np.maximum.reduceat(of_option, inst.indptr[:-1]) if inst.n_units else of_option
        low, high = np.full(inst.n_rows, self.count), np.full(inst.n_rows, -1)
        np.minimum.at(low, inst.load_row, of_option[inst.entry_option()])
        np.maximum.at(high, inst.load_row, of_option[inst.entry_option()])
        self.of_row = np.where(low == high, high, -1)
        units, rows = self.of_unit >= 0, self.of_row >= 0
        self.rest = inst.offset + float(best[~units].sum()) + float(self._held[~rows].sum())
        self.bound = self._sums(best, self._held)

    def _cut(self, best: Floats) -> Ints:
        """int64[reps]: the piece of each rep."""
        inst = self.instance
        row = several(inst)[0]
        alone = np.ones(inst.n_rows, dtype=bool)
        alone[row] = False
        has = np.zeros(inst.n_reps, dtype=bool)  # loads of its own
        has[inst.option_rep[inst.entry_option()[alone[inst.load_row]]]] = True
        has[-1:] = False  # nobody's count of who stays out is all pieces' to share
        option = np.flatnonzero(has[inst.option_rep])
        unit, at = inst.option_unit[option], inst.option_rep[option]
        same = unit[1:] == unit[:-1]
        one, other = at[:-1][same], at[1:][same]
        links = coo_array((np.ones(len(one)), (one, other)), (inst.n_reps, inst.n_reps)).tocsr()
        _, part = connected_components(links, directed=False)
        options = np.bincount(part[inst.option_rep], minlength=int(part.max(initial=-1)) + 1)
        of_rep = np.where(has & (options[part] <= _MOST), part, -1)
        large = np.flatnonzero(has & (options[part] > _MOST))
        if len(large):
            of_rep[large] = self._balls(large, best, int(part.max()) + 1)
        some = of_rep >= 0
        of_rep[some] = np.unique(of_rep[some], return_inverse=True)[1]
        return of_rep

    def _balls(self, reps: Ints, best: Floats, first: int) -> Ints:
        """int64[len(reps)]: pieces around reps where the plan loses most, numbered from `first`, -1 between them."""
        inst = self.instance
        among = np.zeros(inst.n_reps, dtype=bool)
        among[reps] = True
        option = np.flatnonzero(among[inst.option_rep])
        unit, rep = inst.option_unit[option], inst.option_rep[option]
        meets = coo_array((np.ones(len(option)), (rep, unit)), (inst.n_reps, inst.n_units)).tocsr()
        links = (meets @ meets.T).tocsr()
        size = np.diff(inst.indptr)
        lost = np.bincount(inst.option_rep[self.plan], weights=best - self._worth[self.plan], minlength=inst.n_reps)
        slack = self._slack(inst.loads(self.plan))
        row, at = np.unique(np.stack([inst.load_row, inst.option_rep[inst.entry_option()]]), axis=1)
        np.add.at(lost, at, slack[row])
        found = np.full(inst.n_reps, -1, dtype=np.int64)
        taken = np.zeros(inst.n_units, dtype=bool)
        for seed in reps[np.argsort(-lost[reps], kind="stable")].tolist():
            if found[seed] >= 0:
                continue
            own = np.zeros(inst.n_units, dtype=bool)
            options = 0
            for near in breadth_first_order(links, seed, directed=False, return_predecessors=False).tolist():
                units = meets.indices[meets.indptr[near] : meets.indptr[near + 1]]
                if found[near] >= 0 or np.any(taken[units]):
                    if near == seed:
                        break
                    continue
                new = units[~own[units]]
                options += int(size[new].sum())
                if options > _MOST_OF_BALL:
                    break
                own[new] = True
                found[near] = first
            taken |= own
            first += 1
        return found[reps]

    def _slack(self, loads: Ints) -> Floats:
        """float64[rows]: how much less each load brings than the load its price likes best."""
        side, edge, slope = self.instance.cost_table()
        cost = (slope * np.maximum(0, side * (loads[:, None] - edge))).sum(axis=1)
        slack: Floats = self._held - (self.price * loads - cost)
        return slack

    def values(self, plan: Ints, loads: Ints) -> Floats:
        """float64[pieces]: what a plan with these loads is worth in each piece, in steps; to be held against bounds."""
        return self._sums(self._worth[plan], self._held - self._slack(loads))

    def _sums(self, unit: Floats, row: Floats) -> Floats:
        """float64[pieces]: sums by piece of what units and rows bring."""
        total = np.zeros(self.count)
        np.add.at(total, self.of_unit[self.of_unit >= 0], unit[self.of_unit >= 0])
        np.add.at(total, self.of_row[self.of_row >= 0], row[self.of_row >= 0])
        return total

    def part(self, number: int) -> tuple[Instance, Ints]:
        """One piece as an instance of its own, units, options and rows in the order of the whole, and its rows there.

        Other loads are in the scores, at their prices and rounded up: what bounds this instance bounds the piece.
        """
        inst = self.instance
        unit, row = np.flatnonzero(self.of_unit == number), np.flatnonzero(self.of_row == number)
        mine = self.of_unit[inst.option_unit] == number
        option = np.flatnonzero(mine)
        entry = np.flatnonzero(np.repeat(mine, np.diff(inst.load_indptr)))
        at = np.full(inst.n_rows, -1, dtype=np.int64)
        at[row] = np.arange(len(row))
        number_of = np.full(inst.n_units, -1, dtype=np.int64)
        number_of[unit] = np.arange(len(unit))
        owner = np.repeat(np.arange(len(option)), np.diff(inst.load_indptr)[option])
        here = at[inst.load_row[entry]] >= 0
        paid = np.bincount(
            owner[~here],
            weights=inst.load_amount[entry[~here]] * self.price[inst.load_row[entry[~here]]],
            minlength=len(option),
        )
        option_unit = number_of[inst.option_unit[option]]
        piece = at[inst.piece_row] >= 0
        return (
            replace(
                inst,
                offset=0,
                customer_unit=number_of[inst.customer_unit][number_of[inst.customer_unit] >= 0],
                unit_size=inst.unit_size[unit],
                required=inst.required[unit],
                indptr=np.r_[0, np.cumsum(np.bincount(option_unit, minlength=len(unit)))].astype(np.int64),
                option_unit=option_unit,
                option_rep=inst.option_rep[option],
                option_score=inst.option_score[option] - np.floor(paid).astype(np.int64),
                row_lower=inst.row_lower[row],
                row_upper=inst.row_upper[row],
                piece_row=at[inst.piece_row[piece]],
                piece_side=inst.piece_side[piece],
                piece_edge=inst.piece_edge[piece],
                piece_slope=inst.piece_slope[piece],
                load_indptr=np.r_[0, np.cumsum(np.bincount(owner[here], minlength=len(option)))].astype(np.int64),
                load_row=at[inst.load_row[entry[here]]],
                load_amount=inst.load_amount[entry[here]],
                rows=tuple([inst.rows[r] for r in row.tolist()]),
            ),
            row,
        )
