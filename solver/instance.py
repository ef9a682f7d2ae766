"""`Instance`: a plan as frozen integer arrays, nothing but eligibility, scores and loads; every engine stage uses it.

In general form it is a multiple choice with linear loads: each *unit* (a customer or a family) picks one *option* or
stays unassigned; an option has a score and a sparse row of loads. An eligible pair is the simplest option.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arrays import Bools, Ints

#: A limit that does not limit. Far beyond any load (loads stay below 2**53), safely inside int64.
NO_LIMIT = 1 << 60


@dataclass(frozen=True)
class Row:
    """What a load row is about, for messages: the rule or term it belongs to, and whose load it is."""

    source: str
    of: str
    metric: str
    unit: float
    """How many integer steps of this row make one unit of the metric."""


@dataclass(frozen=True)
class Separation:
    """Of these units no option group (rep) may hold more than `limit` customers.

    Attributes
    ----------
    source, label : the rule and the group's name.
    units : int64[k], distinct.
    sizes : int64[k], how many of each unit's customers belong to the group.
    limit : most customers of the group with one rep.
    """

    source: str
    label: str
    units: Ints
    sizes: Ints
    limit: int


@dataclass(frozen=True)
class Instance:
    """A plan as integers.

    Attributes
    ----------
    scale : integer steps that make one point of score.
    offset : steps of score every plan has.
    error : points by which the integer score may differ from the true one, proven from the rounding of each entry.
    n_reps : active reps.
    customer_unit : int64[customers], the unit of each customer.
    unit_size : int64[units], customers in the unit.
    required : bool[units], true where the unit may not stay unassigned.
    indptr : int64[units + 1], options of unit u are ``indptr[u]:indptr[u + 1]``, ordered by rep.
    option_unit, option_rep, option_score : int64[options].
    row_lower, row_upper : int64[rows], hard limits on a load; -/+ `NO_LIMIT` for none.
    piece_row, piece_side, piece_edge, piece_slope : int64[pieces], rows ascending. A load L of that row loses
        ``slope · max(0, side · (L - edge))`` steps of score, side +1 above and -1 below the edge; pieces add up, so the
        cost of a row is convex.
    load_indptr : int64[options + 1], with load_row, load_amount : int64[entries]; loads of each option, rows ascending.
    rows : what each row is about.
    separations : see `Separation`.
    """

    scale: int
    offset: int
    error: float
    n_reps: int
    customer_unit: Ints
    unit_size: Ints
    required: Bools
    indptr: Ints
    option_unit: Ints
    option_rep: Ints
    option_score: Ints
    row_lower: Ints
    row_upper: Ints
    piece_row: Ints
    piece_side: Ints
    piece_edge: Ints
    piece_slope: Ints
    load_indptr: Ints
    load_row: Ints
    load_amount: Ints
    rows: tuple[Row, ...]
    separations: tuple[Separation, ...]

    @property
    def n_units(self) -> int:
        """How many units choose."""
        return len(self.unit_size)

    @property
    def n_options(self) -> int:
        """How many options (eligible pairs) there are."""
        return len(self.option_unit)

    @property
    def n_rows(self) -> int:
        """How many load rows there are."""
        return len(self.rows)

    def entry_option(self) -> Ints:
        """int64[entries]: the option each load entry belongs to."""
        return np.repeat(np.arange(self.n_options), np.diff(self.load_indptr))

    def by_row(self) -> tuple[Ints, Ints, Ints]:
        """Load entries sorted by row: (option, amount, int64[rows + 1] start of each row)."""
        order = np.argsort(self.load_row, kind="stable")
        start = np.r_[0, np.cumsum(np.bincount(self.load_row, minlength=self.n_rows))].astype(np.int64)
        return self.entry_option()[order], self.load_amount[order], start

    def loads(self, choice: Ints) -> Ints:
        """int64[rows]: the loads when unit u takes option ``choice[u]`` (-1: none)."""
        chosen = np.zeros(self.n_options, dtype=bool)
        chosen[choice[choice >= 0]] = True
        taken = chosen[self.entry_option()]
        loads = np.zeros(self.n_rows, dtype=np.int64)
        np.add.at(loads, self.load_row[taken], self.load_amount[taken])
        return loads

    def value(self, choice: Ints) -> int:
        """Return the integer score of a choice, whether or not it keeps the hard limits."""
        lost = self.piece_slope * np.maximum(
            0, self.piece_side * (self.loads(choice)[self.piece_row] - self.piece_edge)
        )
        taken = choice[choice >= 0]
        return int(self.offset + self.option_score[taken].sum() - lost.sum())

    def cost_table(self) -> tuple[Ints, Ints, Ints]:
        """Pieces laid out by row: (side, edge, slope), each int64[rows, k]; slope 0 where a row has fewer than k."""
        count = np.bincount(self.piece_row, minlength=self.n_rows)
        width = max(1, int(count.max(initial=0)))
        nth = np.arange(len(self.piece_row)) - np.repeat(np.cumsum(count) - count, count)
        table = np.zeros((3, self.n_rows, width), dtype=np.int64)
        table[:, self.piece_row, nth] = self.piece_side, self.piece_edge, self.piece_slope
        return table[0], table[1], table[2]

    def ceiling(self) -> int:
        """Return an integer score no choice exceeds: every unit at its best, no load outside its band."""
        best = np.zeros(self.n_units, dtype=np.int64)
        np.maximum.at(best, self.option_unit, self.option_score)
        return int(self.offset + best.sum())

    def unassigned(self, choice: Ints) -> int:
        """How many customers a choice leaves without a rep."""
        return int(self.unit_size[choice < 0].sum())

    def feasible(self, choice: Ints) -> bool:
        """Whether a choice keeps every hard limit, requirement and separation."""
        loads = self.loads(choice)
        if np.any(loads > self.row_upper) or np.any(loads < self.row_lower) or np.any(self.required & (choice < 0)):
            return False
        for part in self.separations:
            options = choice[part.units]
            reps = self.option_rep[options[options >= 0]]
            if reps.size and np.bincount(reps, weights=part.sizes[options >= 0]).max() > part.limit:
                return False
        return True

    def points(self, steps: float) -> float:
        """Integer score steps as points."""
        return steps / self.scale
