"""Branch and bound for the few units that are too large to be split: best first, every node bounded by prices.

The linear relaxation splits a large customer between two reps so that both loads are just right. A plan cannot, and
what it loses is most of the gap that is left once small customers are where they belong. So a node says for some large
units where they go or where they do not, its bound is the dual of what is left (`price.lower`, from the prices of the
node above), and its plan is rounded from those prices and annealed. Next comes the unit whose share, between two reps,
hides the largest loss. A few nodes are mostly enough, as few units are large.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.engine import kernels
from solver.engine.improve.construct import from_losses
from solver.engine.machines.pool import Chains
from solver.engine.prices.price import Ascent, Pricer, lower
from solver.engine.restrict import offering
from solver.engine.strengthen import strengthened
from solver.instance import Instance

#: Prices of a node, from those of the node above.
_NODE = Ascent((0.01, 0.003, 0.001), 40)
#: Heat at which options share a unit, as in `Ascent`.
_SHARE_HEAT = 0.001
#: Units with a choice for each rep in the annealing of a node's plan, first temperature as a share of the reduced cost
#: up to which options are let in, and steps for each such unit.
_NEAR, _HOT, _STEPS = 20, (1.0, 3.0), 300
#: A loss hidden in shares is none below this share of what is left between bound and plan.
_NO_LOSS = 1e-3
#: What a look at a load entry and a step of annealing count as, in seconds of work.
_ENTRY_SECONDS, _STEP_SECONDS = 1e-8, 5e-7


@dataclass(frozen=True)
class _Node:
    """What is open, and the dual point of the best bound known."""

    keep: Bools
    at: Floats


class Tree:
    """A piece's tree of nodes; it can be left and gone on with.

    Parameters
    ----------
    instance : a piece, see `Pieces.part`.
    price : float64[rows], where to begin.
    bound : steps of score known to bound the piece.

    Attributes
    ----------
    bound : steps of score that no plan of the piece exceeds.
    stuck : whether splitting units can lower the bound no further.
    nodes : how many were looked at.
    work : seconds of work, counted in looks and steps.
    """

    def __init__(self, instance: Instance, price: Floats, bound: float, seed: int):
        self.own = instance
        self.instance = strengthened(instance)
        self.bound = bound
        self.stuck = False
        self.nodes = 0
        self.work = 0.0
        self._rng = np.random.default_rng(seed)
        self._count = itertools.count()
        self._open: list[tuple[float, int, _Node]] = []
        self._price = np.r_[price, np.zeros(self.instance.n_rows - len(price))]

    def grow(self, room: Instance, value: float, nodes: int, halt: Ints) -> Ints | None:
        """Look at some nodes more; return the best plan met if it is better than the one at hand.

        Parameters
        ----------
        room : the same units and options with all loads as they are and what the plan may use of them; see `Parcels`.
        value : steps of score of the plan at hand, by the piece's own reckoning.
        halt : int64[1]; anything but 0 ends it soon, from another thread.

        Returns
        -------
        int64[units], None where nothing better was met.
        """
        found, best = None, -np.inf
        if not self._open:
            self._root(halt, value)
        for _ in range(nodes):
            if halt[0] or self.stuck or self.bound <= value + 1:
                break
            minus, _, node = heapq.heappop(self._open)
            plan = self._plan(room, node, halt)
            if plan is not None and room.value(plan) > best:
                found, best = plan, room.value(plan)
            self._branch(-minus, node, value, halt)
            self.nodes += 1
            self.bound = min(self.bound, -self._open[0][0] if self._open else -np.inf)
        return found

    def _root(self, halt: Ints, value: float) -> None:
        inst = self.instance
        pricer = Pricer(inst)
        self._lower(pricer, pricer.from_rows(self._price), halt, value)
        self.bound = min(self.bound, pricer.bound)
        self._push(self.bound, _Node(np.ones(inst.n_options, dtype=bool), pricer.at))

    def _lower(self, pricer: Pricer, q: Floats, halt: Ints, value: float) -> None:
        """Price a node; what cannot be in a better plan is not looked at any longer."""
        lower(pricer, q, _NODE, lambda: bool(halt[0]) or pricer.bound <= value)
        self.work += pricer.passes * len(pricer.instance.load_row) * _ENTRY_SECONDS

    def _push(self, bound: float, node: _Node) -> None:
        heapq.heappush(self._open, (-bound, next(self._count), node))

    def _branch(self, bound: float, node: _Node, value: float, halt: Ints) -> None:
        """Put the two nodes below this one in its place, if a unit is split."""
        inst = self.instance
        option = np.flatnonzero(node.keep)
        sub = offering(inst, node.keep)
        pricer = Pricer(sub)
        loss = self._losses(sub, pricer.row_prices(node.at))
        weight = np.exp(-loss / (_SHARE_HEAT * pricer.typical * inst.scale))
        share = weight / np.add.reduceat(weight, sub.indptr[:-1])[sub.option_unit]
        lump = np.bincount(
            sub.entry_option(),
            weights=np.abs(sub.load_amount) * _kinks(sub, pricer.row_prices(node.at))[sub.load_row],
            minlength=sub.n_options,
        )
        hidden = np.add.reduceat(np.minimum(share, 1 - share) * lump, sub.indptr[:-1])
        unit = int(np.argmax(hidden))
        if hidden[unit] <= _NO_LOSS * (bound - value):
            self.stuck = True
            self._push(bound, node)
            return
        first, last = sub.indptr[unit], sub.indptr[unit + 1]
        chosen = option[first + int(np.argmax(share[first:last]))]
        there, elsewhere = node.keep.copy(), node.keep.copy()
        there[inst.indptr[unit] : inst.indptr[unit + 1]] = False
        there[chosen] = True
        elsewhere[chosen] = False
        price = pricer.row_prices(node.at)  # a dual point is in measures of its own pricer's amounts
        for keep in (there, elsewhere):
            below = Pricer(offering(inst, keep))
            self._lower(below, below.from_rows(price), halt, value)
            self._push(min(bound, below.bound), _Node(keep, below.at))

    @staticmethod
    def _losses(inst: Instance, price: Floats) -> Floats:
        loss: Floats = kernels.reduced(
            inst.indptr, inst.option_score.astype(np.float64), inst.load_indptr, inst.load_row, inst.load_amount, price
        )
        return loss

    def _plan(self, room: Instance, node: _Node, halt: Ints) -> Ints | None:
        """A plan rounded from a node's prices and annealed, where there is room for one."""
        sub = offering(self.instance, node.keep)
        loss = self._losses(sub, Pricer(sub).row_prices(node.at))
        option = np.flatnonzero(node.keep)
        part = offering(room, node.keep)
        plan = from_losses(part, loss, int(self._rng.integers(2**31)))
        if plan is None or halt[0]:
            return None
        second = kernels.second(part.indptr, loss)
        second = np.sort(second[np.isfinite(second)])
        if not len(second):
            return option[plan]
        reps = len(np.unique(part.option_rep))
        width = second[min(len(second) - 1, _NEAR * reps)]
        near = loss <= width
        near[plan] = True
        option, part = option[near], offering(part, near)
        start = (np.cumsum(near) - 1)[plan]
        steps = _STEPS * int((np.diff(part.indptr) > 1).sum())
        hot = width * _HOT[int(self._rng.integers(len(_HOT)))]
        self.work += steps * _STEP_SECONDS
        _, better = Chains.of(part, start, hot, steps, int(self._rng.integers(2**31))).run(halt)
        found: Ints = option[better]
        return found


def _kinks(inst: Instance, price: Floats) -> Floats:
    """float64[rows]: how far each price is from the next slope of its row's cost, or from that of no cost.

    A load that is off the kink its price holds it at loses that much a step, at least.
    """
    order = np.lexsort((inst.piece_edge, inst.piece_row))
    row, slope = inst.piece_row[order], inst.piece_slope[order].astype(np.float64)
    least = np.zeros(inst.n_rows)
    np.subtract.at(least, inst.piece_row, np.where(inst.piece_side < 0, inst.piece_slope, 0).astype(np.float64))
    sums = np.cumsum(slope)
    first = np.flatnonzero(np.r_[True, np.diff(row) > 0]) if len(row) else np.zeros(0, dtype=np.int64)
    before = np.repeat(sums[first] - slope[first], np.diff(np.r_[first, len(row)])) if len(row) else sums
    kinks = np.abs(price - least)
    np.minimum.at(kinks, row, np.abs(price[row] - (least[row] + sums - before)))
    return kinks
