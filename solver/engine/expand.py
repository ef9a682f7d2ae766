"""Separations as load rows: what engines that know only rows need."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

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
