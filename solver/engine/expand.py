"""The instance in simpler words: separations as load rows, staying unassigned as an option."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from solver.arrays import Ints
from solver.instance import NO_LIMIT, Instance, Row


def expanded(instance: Instance) -> Instance:
    """Return the same instance with every separation turned into one load row a rep that could break it."""
    if not instance.separations:
        return instance
    option, row, amount, upper, rows = [], [], [], [], list(instance.rows)
    for part in instance.separations:
        starts, ends = instance.indptr[part.units], instance.indptr[part.units + 1]
        options = np.concatenate([np.arange(s, e) for s, e in zip(starts, ends, strict=True)])
        sizes = np.repeat(part.sizes, ends - starts)
        reps, number = np.unique(instance.option_rep[options], return_inverse=True)
        most = np.bincount(number, weights=sizes)
        could = np.flatnonzero(most > part.limit)
        at = np.full(len(reps), -1, dtype=np.int64)
        at[could] = len(rows) + np.arange(len(could))
        keep = at[number] >= 0
        option.append(options[keep])
        row.append(at[number[keep]])
        amount.append(sizes[keep])
        upper += [part.limit] * len(could)
        rows += [Row(part.source, part.label, "customers", 1.0)] * len(could)
    n = len(upper)
    all_option = np.concatenate([instance.entry_option(), *option])
    all_row = np.concatenate([instance.load_row, *row])
    all_amount = np.concatenate([instance.load_amount, *amount])
    order = np.lexsort((all_row, all_option))
    free = np.full(n, NO_LIMIT, dtype=np.int64)
    return replace(
        instance,
        row_lower=np.r_[instance.row_lower, -free],
        row_upper=np.r_[instance.row_upper, np.array(upper, dtype=np.int64)],
        load_indptr=np.r_[0, np.cumsum(np.bincount(all_option, minlength=instance.n_options))].astype(np.int64),
        load_row=all_row[order],
        load_amount=all_amount[order],
        rows=tuple(rows),
        separations=(),
    )


@dataclass(frozen=True)
class Closed:
    """An instance in which every unit takes an option: staying unassigned is one, of a rep that is nobody.

    Attributes
    ----------
    instance : the closed instance; `n_reps` counts nobody, the last one, and separations are rows.
    option : int64[closed options], the option of the original, -1 for nobody.
    """

    instance: Instance
    option: Ints

    def open(self, choice: Ints) -> Ints:
        """Return a choice of the closed instance as one of the original."""
        return self.option[choice]

    def close(self, choice: Ints) -> Ints:
        """Return a choice of the original, with no unit unassigned that must not be, as one of the closed instance."""
        inst = self.instance
        at = np.full(int(self.option.max(initial=-1)) + 1, -1, dtype=np.int64)
        own = np.flatnonzero(self.option >= 0)
        at[self.option[own]] = own
        nobody = np.full(inst.n_units, -1, dtype=np.int64)
        none = np.flatnonzero(self.option < 0)
        nobody[inst.option_unit[none]] = none
        closed: Ints = np.where(choice >= 0, at[choice] if len(at) else -1, nobody)
        return closed


def closed(instance: Instance, most_unassigned: int) -> Closed:
    """Return the instance with nobody as an option where a unit may stay unassigned.

    Where only units without any option have to stay out, only they may; else one more load row counts who stays out,
    at most `most_unassigned` customers.
    """
    inst = expanded(instance)
    homeless = np.diff(inst.indptr) == 0
    spare = most_unassigned > int(inst.unit_size[homeless].sum())
    may = homeless | (~inst.required & (inst.unit_size <= most_unassigned)) if spare else homeless
    who = np.flatnonzero(may)
    unit = np.concatenate([inst.option_unit, who])
    order = np.argsort(unit, kind="stable")
    option = np.concatenate([np.arange(inst.n_options), np.full(len(who), -1)])[order]
    entries = np.diff(inst.load_indptr)
    counts = np.concatenate([entries, np.full(len(who), 1 if spare else 0)])[order]
    load_indptr = np.r_[0, np.cumsum(counts)].astype(np.int64)
    own = np.repeat(option >= 0, counts)
    load_row = np.full(int(load_indptr[-1]), inst.n_rows, dtype=np.int64)
    load_amount = np.zeros(int(load_indptr[-1]), dtype=np.int64)
    load_row[own], load_amount[own] = inst.load_row, inst.load_amount
    rows, upper, lower = inst.rows, inst.row_upper, inst.row_lower
    if spare:
        load_amount[~own] = inst.unit_size[unit[order][option < 0]]
        rows = (*rows, Row("coverage", "all", "customers", 1.0))
        upper, lower = np.r_[upper, most_unassigned], np.r_[lower, -NO_LIMIT]
    result = replace(
        inst,
        n_reps=inst.n_reps + 1,
        indptr=np.r_[0, np.cumsum(np.bincount(unit, minlength=inst.n_units))].astype(np.int64),
        option_unit=unit[order],
        option_rep=np.concatenate([inst.option_rep, np.full(len(who), inst.n_reps)])[order],
        option_score=np.concatenate([inst.option_score, np.zeros(len(who), dtype=np.int64)])[order],
        row_lower=lower,
        row_upper=upper,
        load_indptr=load_indptr,
        load_row=load_row,
        load_amount=load_amount,
        rows=rows,
    )
    return Closed(result, option)
