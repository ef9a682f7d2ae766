"""How many pairs of customer and rep each rule takes away, counted from what the rules said of groups of customers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arrays import Bools, Ints
from solver.draft import Draft
from solver.rules.base import Stage

#: Kinds of customers looked at a time, times reps: bounds the memory.
_CHUNK = 5_000_000


@dataclass(frozen=True)
class Loss:
    """The pairs of a customer and an active rep that one rule takes away.

    Attributes
    ----------
    rule : its name in the plan; rules on families together are one, named by all of them.
    first : pairs that no rule before it took; over all rules they add up to all pairs lost.
    alone : pairs that no other rule takes: without the rule they would be eligible. What families add to a rule's
        effect is not in it, but stands with the families.
    """

    rule: str
    first: int
    alone: int


def losses(draft: Draft) -> list[Loss]:
    """What each rule of eligibility takes, in the order in which the rules speak: families come last.

    Returns
    -------
    A `Loss` a rule, with 0 where it takes nothing. ``customers × active reps`` less the sum of `first` is the number of
    customer pairs in ``draft.pairs``.
    """
    rules = list(dict.fromkeys(r.rule for r in draft.restrictions))  # a rule may speak twice
    first, alone = np.zeros(len(rules), dtype=np.int64), np.zeros(len(rules), dtype=np.int64)
    some, count = _kinds(draft)
    step = max(1, _CHUNK // max(1, draft.n_reps))
    for start in range(0, len(some), step):
        who, weight = some[start : start + step], count[start : start + step]
        takes = [_takes(draft, rule, who) for rule in rules]
        by = np.sum(takes, axis=0, dtype=np.int64) if takes else np.zeros((len(who), draft.n_reps), dtype=np.int64)
        left: Bools = np.ones((len(who), draft.n_reps), dtype=bool)
        for k, taken in enumerate(takes):
            first[k] += weight @ (taken & left).sum(axis=1)
            alone[k] += weight @ (taken & (by == 1)).sum(axis=1)
            left &= ~taken
    found = [Loss(r, int(f), int(a)) for r, f, a in zip(rules, first, alone, strict=True)]
    before = draft.n_customers * draft.n_reps - int(first.sum())
    split = before - len(draft.pairs.customer)
    families = [name for name, rule in draft.rules.items() if rule.stage is Stage.FAMILY]
    return [*found, Loss(" and ".join(families), split, split)] if families else found


def _kinds(draft: Draft) -> tuple[Ints, Ints]:
    """One customer of each kind that is alike to every rule, int64[kinds], and how many there are of it."""
    kind = np.zeros(draft.n_customers, dtype=np.int64)
    for r in draft.restrictions:
        kind = np.unique(kind * len(r.allowed) + r.group, return_inverse=True)[1].astype(np.int64)
    _, some, count = np.unique(kind, return_index=True, return_counts=True)
    return some.astype(np.int64), count.astype(np.int64)


def _takes(draft: Draft, rule: str, customers: Ints) -> Bools:
    """bool[customers, active reps]: the pairs that a rule takes away."""
    taken: Bools = np.zeros((len(customers), draft.n_reps), dtype=bool)
    for r in draft.restrictions:
        if r.rule == rule:
            taken |= ~r.allowed[r.group[customers]]
    return taken
