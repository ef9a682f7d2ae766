"""The instance of some units and some of their options while all other units stay where they are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from solver.arrays import Bools, Ints
from solver.instance import NO_LIMIT, Instance


@dataclass(frozen=True)
class Sub:
    """A smaller instance and the way back to the whole one.

    Attributes
    ----------
    instance : the units that still choose, with the loads and the score of the others counted in.
    unit : int64[units here], their numbers in the whole instance, ascending.
    option : int64[options here], their numbers in the whole instance, ascending.
    row : int64[rows here], their numbers in the whole instance, ascending.
    choice : int64[units of the whole], where the units stay that are not here.
    """

    instance: Instance
    unit: Ints
    option: Ints
    row: Ints
    choice: Ints

    def open(self, choice: Ints) -> Ints:
        """Return a choice of the smaller instance as one of the whole."""
        whole = self.choice.copy()
        whole[self.unit] = self.options(choice)
        return whole

    def options(self, choice: Ints) -> Ints:
        """int64[units here]: what a choice of the smaller instance is called in the whole one."""
        options = np.full(len(choice), -1, dtype=np.int64)
        some = choice >= 0
        options[some] = self.option[choice[some]]
        return options

    def close(self, choice: Ints) -> Ints:
        """Return a choice of the whole, which leaves the other units where they are, as one of the smaller instance.

        Raises
        ------
        ValueError
            A unit takes an option that is not here.
        """
        here = choice[self.unit]
        at = np.searchsorted(self.option, here)
        some = here >= 0
        if np.any(at[some] >= len(self.option)) or np.any(self.option[at[some]] != here[some]):
            raise ValueError("the choice takes an option that the smaller instance does not have")
        return np.where(some, at, -1).astype(np.int64)


def restricted(instance: Instance, keep: Bools, choice: Ints) -> Sub:
    """Return the instance of the units that have more than one option kept; all others stay at `choice`.

    What a unit has in `choice` is always kept, so `choice` itself stays possible. A choice has the same score here and
    in the whole instance, and keeps the limits here exactly if it does there.

    Parameters
    ----------
    instance : without separations (see `expanded`, `closed`). A unit that `choice` leaves out may stay out.
    keep : bool[options].
    choice : int64[units].
    """
    keep = keep.copy()
    keep[choice[choice >= 0]] = True
    out = choice < 0  # to stay out is one more way for them
    ways = np.diff(np.r_[0, np.cumsum(keep)][instance.indptr]) + out
    free = (ways > 1) | (out & instance.required)  # the latter break a rule here as they do in the whole
    return among(instance, np.flatnonzero(keep & free[instance.option_unit]), np.flatnonzero(free), choice)


def among(instance: Instance, option: Ints, unit: Ints, choice: Ints, loads: Ints | None = None) -> Sub:
    """Return the instance of these units with these options only.

    Parameters
    ----------
    option, unit : ascending; every option is of one of the units, and what `choice` gives these units is among them.
    loads : int64[rows] of `choice`, where they are known already.
    """
    inst = instance
    loads = inst.loads(choice) if loads is None else loads
    own = choice[unit]
    own = own[own >= 0]
    row, amount, _ = entries(inst, own)
    fixed = loads.copy()
    np.subtract.at(fixed, row, amount)
    row, amount, count = entries(inst, option)
    lower, upper = _shifted(inst.row_lower, fixed), _shifted(inst.row_upper, fixed)
    used = (lower > 0) | (upper < 0)  # a limit that the others break alone is not forgotten
    used[row] = True
    rows = np.flatnonzero(used)
    at = np.full(inst.n_rows, -1, dtype=np.int64)
    at[rows] = np.arange(len(rows))
    lost = inst.piece_slope * np.maximum(0, inst.piece_side * (fixed[inst.piece_row] - inst.piece_edge))
    piece = used[inst.piece_row]
    taken = choice[choice >= 0]
    number = np.full(inst.n_units, -1, dtype=np.int64)
    number[unit] = np.arange(len(unit))
    customer_unit = number[inst.customer_unit]
    option_unit = number[inst.option_unit[option]]
    score = int(inst.option_score[taken].sum() - inst.option_score[own].sum())
    small = Instance(
        scale=inst.scale,
        offset=inst.offset + score - int(lost[~piece].sum()),
        error=inst.error,
        n_reps=inst.n_reps,
        customer_unit=customer_unit[customer_unit >= 0],
        unit_size=inst.unit_size[unit],
        required=inst.required[unit],
        indptr=np.r_[0, np.cumsum(np.bincount(option_unit, minlength=len(unit)))].astype(np.int64),
        option_unit=option_unit,
        option_rep=inst.option_rep[option],
        option_score=inst.option_score[option],
        row_lower=lower[rows],
        row_upper=upper[rows],
        piece_row=at[inst.piece_row[piece]],
        piece_side=inst.piece_side[piece],
        piece_edge=(inst.piece_edge - fixed[inst.piece_row])[piece],
        piece_slope=inst.piece_slope[piece],
        load_indptr=np.r_[0, np.cumsum(count)].astype(np.int64),
        load_row=at[row],
        load_amount=amount,
        rows=tuple([inst.rows[r] for r in rows.tolist()]),
        separations=(),
    )
    return Sub(small, unit, option, rows, choice)


def offering(instance: Instance, keep: Bools) -> Instance:
    """Return the instance with these options only; units and rows keep their numbers.

    Parameters
    ----------
    keep : bool[options], one of each unit's at least.
    """
    inst = instance
    count = np.diff(inst.load_indptr)
    entry = np.repeat(keep, count)
    unit = inst.option_unit[keep]
    return replace(
        inst,
        indptr=np.r_[0, np.cumsum(np.bincount(unit, minlength=inst.n_units))].astype(np.int64),
        option_unit=unit,
        option_rep=inst.option_rep[keep],
        option_score=inst.option_score[keep],
        load_indptr=np.r_[0, np.cumsum(count[keep])].astype(np.int64),
        load_row=inst.load_row[entry],
        load_amount=inst.load_amount[entry],
    )


def entries(instance: Instance, option: Ints) -> tuple[Ints, Ints, Ints]:
    """Load entries of some options, in their order: (row, amount, how many each option has)."""
    start = instance.load_indptr[option]
    count = instance.load_indptr[option + 1] - start
    first = np.cumsum(count) - count
    entry = np.arange(int(count.sum())) - np.repeat(first - start, count)
    return instance.load_row[entry], instance.load_amount[entry], count


def _shifted(limit: Ints, fixed: Ints) -> Ints:
    """Limits of what is left when `fixed` is there already; no limit stays none."""
    return np.where(np.abs(limit) >= NO_LIMIT, limit, limit - fixed)
