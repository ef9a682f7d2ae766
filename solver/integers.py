"""From what rules and terms said to an `Instance` of integers; ``docs/adr/0002-integer-scaling.md`` says why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.instance import NO_LIMIT, Instance, Row, Separation
from solver.pairs import Pairs
from solver.tables import DECIMALS

#: Loads stay exact in a double, so that any engine stage may add them up as it likes.
LARGEST = 1 << 53
#: A soft load is kept in whole units of its own where all of it comes to at most this many units a customer.
_FEW = 50


#: Whose load a row is.
Whose = Literal["rep", "team", "all"]


@dataclass
class Loads:
    """Load rows of one rule or term, in units of the metric; entries (option, row, amount) sorted by option.

    `lower` and `upper` are hard limits, or the edges of the free band of a soft load; `points` of the term are then
    lost for every unit outside it. `of` names the rep (its id) or team of each row; `way` is ``in`` or ``out`` where
    only what comes or goes counts.
    """

    source: str
    metric: str
    of: list[str]
    lower: Floats
    upper: Floats
    option: Ints
    row: Ints
    amount: Floats
    points: float = 0.0
    whose: Whose = "rep"
    way: str = ""

    def labels(self) -> list[str]:
        """Return what each row is called: ``R7``, ``North out``."""
        return [f"{name or 'no team'} {self.way}".rstrip() for name in self.of]


@dataclass
class TermPart:
    """One term: `constant` points for every plan, `gain` points for each option, and soft loads.

    `ties`, int64[options], are whole steps of score far below a point, which only decide between plans that are alike.
    """

    weight: float
    constant: float = 0.0
    gain: Floats | None = None
    ties: Ints | None = None
    loads: list[Loads] = field(default_factory=list)


@dataclass
class _Block:
    """Rows of one load as integers; pieces are (row, side, edge, slope) as in `Instance`."""

    rows: list[Row]
    lower: Ints
    upper: Ints
    option: Ints
    row: Ints
    amount: Ints
    pieces: list[tuple[int, int, int, int]]


def assemble(
    pairs: Pairs,
    label: Ints,
    must: Bools,
    n_reps: int,
    hard: Sequence[Loads],
    parts: Mapping[str, TermPart],
    separations: Sequence[tuple[str, str, Ints, int]],
) -> Instance:
    """Return the instance; see `solver.draft.Draft.instance`.

    Parameters
    ----------
    label, must : int64[customers] and bool[customers], unit of each and whether it may not stay unassigned.
    separations : (rule, group, int64[members], limit).
    """
    units = len(pairs.indptr) - 1
    weight = sum(p.weight for p in parts.values())
    total = weight or 1.0
    soft = [(load, p.weight / total) for p in parts.values() if p.weight > 0 for load in p.loads]
    sizes = [_whole_units(load, pairs, _FEW * (units + 1)) for load, _ in soft]
    n_soft, n_units = sum(len(load.of) for load, _ in soft), sum(size.total for size in sizes if size is not None)
    ties = sum((p.ties for p in parts.values() if p.ties is not None and p.weight > 0), np.zeros(1, dtype=np.int64))
    most_ties = int(_per_unit(pairs, pairs.option_unit, ties).sum()) if ties.any() else 0
    scale = 10 ** math.ceil(math.log10(10_000 * (units + n_soft + 4 * n_units + most_ties + 1)))
    score = np.zeros(len(pairs.option_unit))
    offset = 0.0 if weight else 100.0 * scale  # without a term that counts every plan is worth 100
    for part in parts.values():
        offset += part.weight / total * part.constant * scale
        if part.gain is not None:
            score += part.weight / total * part.gain * scale
    # Half a step a pair taken and a load in steps; for loads in whole units half a step a unit outside the band; and
    # every step that is there to break ties.
    rough = sum(size is None for size in sizes)
    error = (0.5 * units * (1 + rough) + 2 * n_soft + n_units + most_ties + 1) / scale

    blocks = [_harden(load, pairs) for load in hard]
    for (load, share), size in zip(soft, sizes, strict=True):
        steps = share * load.points * scale
        blocks.append(_soften(load, steps) if size is None else _soften_whole(load, steps, size))
    starts = np.cumsum([0, *(len(b.rows) for b in blocks)]).tolist()
    option = _join([b.option for b in blocks])
    row = _join([b.row + s for b, s in zip(blocks, starts, strict=False)])
    amount = _join([b.amount for b in blocks])
    order = np.argsort(option, kind="stable")  # rows ascend within each block and from block to block
    pieces = np.array(
        [(r + s, *rest) for b, s in zip(blocks, starts, strict=False) for r, *rest in b.pieces], dtype=np.int64
    ).reshape(-1, 4)
    pieces = pieces[np.argsort(pieces[:, 0], kind="stable")]
    return Instance(
        scale=scale,
        offset=round(offset),
        error=error,
        n_reps=n_reps,
        customer_unit=label,
        unit_size=np.bincount(label, minlength=units),
        required=np.bincount(label, weights=must, minlength=units) > 0,
        indptr=pairs.indptr,
        option_unit=pairs.option_unit,
        option_rep=pairs.option_rep,
        option_score=np.rint(score).astype(np.int64) + ties,
        row_lower=_join([b.lower for b in blocks]),
        row_upper=_join([b.upper for b in blocks]),
        piece_row=pieces[:, 0],
        piece_side=pieces[:, 1],
        piece_edge=pieces[:, 2],
        piece_slope=pieces[:, 3],
        load_indptr=np.r_[0, np.cumsum(np.bincount(option, minlength=len(pairs.option_unit)))].astype(np.int64),
        load_row=row[order],
        load_amount=amount[order],
        rows=tuple(r for b in blocks for r in b.rows),
        separations=tuple(Separation(source, name, *_counted(label[who]), k) for source, name, who, k in separations),
    )


def _counted(values: Ints) -> tuple[Ints, Ints]:
    distinct, count = np.unique(values, return_counts=True)
    return distinct.astype(np.int64), count.astype(np.int64)


def _join(parts: list[Ints]) -> Ints:
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, dtype=np.int64)


def decimals_of(amount: Floats) -> int:
    """How many decimals these numbers have, at most `DECIMALS`."""
    for decimals in range(DECIMALS):
        if np.all(np.rint(amount * 10.0**decimals) / 10.0**decimals == amount):  # the double nearest to such a number
            return decimals
    return DECIMALS


def _largest(load: Loads, pairs: Pairs, amount: Floats | Ints) -> Floats:
    """For each unit the largest amount any of its options adds: together they bound every load."""
    return _per_unit(pairs, pairs.option_unit[load.option], np.abs(amount))


def _per_unit(pairs: Pairs, unit: Ints, amount: Floats | Ints) -> Floats:
    """float64[units]: the largest of each unit's amounts, which are not below 0."""
    largest = np.zeros(len(pairs.indptr) - 1)
    np.maximum.at(largest, unit, amount)
    return largest


def _harden(load: Loads, pairs: Pairs) -> _Block:
    """Integers that keep a hard limit exactly: loads have `DECIMALS` decimals, so a power of ten makes them whole."""
    decimals = decimals_of(load.amount)
    steps = load.amount * 10.0**decimals
    if _largest(load, pairs, steps).sum() >= LARGEST:
        message = f"{load.source}: {load.metric} adds up to more than can be counted exactly"
        raise OverflowError(f"{message}; use a larger unit or fewer decimals")

    def whole(limit: float, rounding: str) -> int:
        if math.isinf(limit):
            return NO_LIMIT if limit > 0 else -NO_LIMIT
        steps = Decimal(repr(round(float(limit), DECIMALS))).scaleb(decimals).to_integral_value(rounding)
        return max(-NO_LIMIT, min(NO_LIMIT, int(steps)))

    amount = np.rint(steps).astype(np.int64)
    common = max(1, int(np.gcd.reduce(amount))) if len(amount) else 1  # hours in threes need no steps of one

    def divided(limit: int, up: bool) -> int:
        return limit if abs(limit) == NO_LIMIT else -(-limit // common) if up else limit // common

    return _Block(
        rows=[Row(load.source, of, load.metric, 10.0**decimals / common) for of in load.labels()],
        lower=np.array([divided(whole(v, ROUND_CEILING), True) for v in load.lower], dtype=np.int64),
        upper=np.array([divided(whole(v, ROUND_FLOOR), False) for v in load.upper], dtype=np.int64),
        option=load.option,
        row=load.row,
        amount=amount // common,
        pieces=[],
    )


def _soften(load: Loads, steps: float) -> _Block:
    """Loads measured in score steps, so that a step outside the band costs exactly one step of score."""
    free = np.full(len(load.of), NO_LIMIT, dtype=np.int64)
    edges = enumerate(zip(load.lower, load.upper, strict=True))
    return _Block(
        rows=[Row(load.source, of, load.metric, steps) for of in load.labels()],
        lower=-free,
        upper=free,
        option=load.option,
        row=load.row,
        amount=np.rint(load.amount * steps).astype(np.int64),
        pieces=[(r, side, round(edge * steps), 1) for r, (low, high) in edges for side, edge in ((-1, low), (1, high))],
    )


@dataclass(frozen=True)
class _Units:
    """A soft load in whole units: a unit is `size` of the metric; no plan is above or below by more than `total`."""

    size: float
    amount: Ints
    total: int


def _whole_units(load: Loads, pairs: Pairs, most: int) -> _Units | None:
    """Return the load in units of its common divisor, where these are few; None where they are many."""
    decimals = decimals_of(load.amount)
    steps = np.rint(load.amount * 10.0**decimals)
    if not len(steps) or np.abs(steps).max() >= LARGEST:
        return None
    amount = steps.astype(np.int64)
    common = max(1, int(np.gcd.reduce(amount)))
    amount //= common
    largest = _largest(load, pairs, amount)
    size = common / 10.0**decimals
    # Loads come to so many units at most, and lie below their bands by so many: those may be of customers nobody gets.
    total = max(float(largest.sum()), math.ceil(float(np.maximum(0, load.lower).sum()) / size))
    return _Units(size, amount, int(total)) if total <= most else None


def _soften_whole(load: Loads, steps: float, units: _Units) -> _Block:
    """Loads in whole units, with the edges of the band moved to whole units too.

    A load can only be a whole number of units. The cost of the whole loads on both sides of an edge is joined by a
    straight line: the same cost at every load that can be, and a tighter relaxation between them.
    """
    free = np.full(len(load.of), NO_LIMIT, dtype=np.int64)
    pieces: list[tuple[int, int, int, int]] = []
    each = round(steps * units.size)
    for r, (low, high) in enumerate(zip(load.lower, load.upper, strict=True)):
        for side, edge in ((-1, low), (1, high)):
            inside = math.floor(
                round(side * edge / units.size, 9)
            )  # last whole load that costs nothing, seen from inside
            first = round(max(0.0, (inside + 1) * units.size - side * edge) * steps)
            first = min(first, each)
            pieces.append((r, side, side * inside, first))
            pieces.append((r, side, side * (inside + 1), each - first))
    return _Block(
        rows=[Row(load.source, of, load.metric, 1 / units.size) for of in load.labels()],
        lower=-free,
        upper=free,
        option=load.option,
        row=load.row,
        amount=units.amount,
        pieces=[p for p in pieces if p[3] > 0],
    )
