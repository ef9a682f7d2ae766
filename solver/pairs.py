"""Eligible pairs, laid out from what the rules say of groups of customers.

Memory grows with eligible pairs, never with customers × reps: customers that are alike to every rule share one row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arrays import Bools, Ints

#: Members of families laid out at a time, times reps: bounds the memory of the one dense step.
_CHUNK = 20_000_000


@dataclass(frozen=True)
class Restriction:
    """What one rule says on eligibility: customer j may go to the active reps of ``allowed[group[j]]``."""

    rule: str
    group: Ints
    allowed: Bools


@dataclass(frozen=True)
class Pairs:
    """Eligible pairs, of units and of their customers.

    Attributes
    ----------
    indptr : int64[units + 1]; options of unit u are ``indptr[u]:indptr[u + 1]``.
    option_unit, option_rep : int64[options].
    customer, rep, option : int64[customer pairs]; each option once for every customer of its unit.
    """

    indptr: Ints
    option_unit: Ints
    option_rep: Ints
    customer: Ints
    rep: Ints
    option: Ints


def lay_out(n_customers: int, n_reps: int, label: Ints, restrictions: list[Restriction]) -> Pairs:
    """Return the eligible pairs.

    Parameters
    ----------
    label : int64[customers], the unit of each customer, numbered from 0 without gaps.
    """
    kind = np.zeros(n_customers, dtype=np.int64)  # customers with equal kind are alike to every rule
    for r in restrictions:
        kind = np.unique(kind * len(r.allowed) + r.group, return_inverse=True)[1]
    n_kinds = int(kind.max()) + 1 if n_customers else 0
    one = np.zeros(n_kinds, dtype=np.int64)
    one[kind] = np.arange(n_customers)  # any customer of the kind

    def allowed(customers: Ints) -> Bools:
        mask = np.ones((len(customers), n_reps), dtype=bool)
        for r in restrictions:
            mask &= r.allowed[r.group[customers]]
        return mask

    step = max(1, _CHUNK // max(1, n_reps))
    kind_rep, kind_count = [], np.zeros(n_kinds, dtype=np.int64)
    for start in range(0, n_kinds, step):
        mask = allowed(one[start : start + step])
        kind_count[start : start + step] = mask.sum(axis=1)
        kind_rep.append(np.nonzero(mask)[1])
    flat: Ints = np.concatenate(kind_rep).astype(np.int64) if kind_rep else np.zeros(0, dtype=np.int64)
    kind_start = np.r_[0, np.cumsum(kind_count)]

    units = int(label.max()) + 1 if n_customers else 0
    members = np.argsort(label, kind="stable")
    size = np.bincount(label, minlength=units)
    first = np.r_[0, np.cumsum(size)][:-1].astype(np.int64)
    leader = members[first] if units else members
    count = kind_count[kind[leader]]
    alike = (
        np.minimum.reduceat(kind[members], first) == np.maximum.reduceat(kind[members], first)
        if units
        else np.zeros(0, bool)
    )
    mixed = np.flatnonzero(~alike)
    mixed_reps: dict[int, Ints] = {}
    for u in mixed.tolist():
        common = allowed(members[first[u] : first[u] + size[u]]).all(axis=0)
        mixed_reps[u] = np.flatnonzero(common)
        count[u] = len(mixed_reps[u])
    indptr = np.r_[0, np.cumsum(count)].astype(np.int64)
    option_unit = np.repeat(np.arange(units), count)
    within = np.arange(indptr[-1]) - indptr[option_unit]
    source = kind_start[kind[leader]][option_unit] + within
    option_rep = np.zeros(len(option_unit), dtype=np.int64)
    plain = alike[option_unit] if units else np.zeros(0, bool)
    option_rep[plain] = flat[source[plain]]
    for u, reps in mixed_reps.items():
        option_rep[indptr[u] : indptr[u + 1]] = reps

    copies = size[option_unit] if units else size
    option = np.repeat(np.arange(len(option_unit)), copies)
    nth = np.arange(len(option)) - np.repeat(np.cumsum(copies) - copies, copies)
    customer = members[first[option_unit[option]] + nth] if len(option) else option
    return Pairs(indptr, option_unit, option_rep, customer, option_rep[option], option)
