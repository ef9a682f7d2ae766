"""Where customers that can go nowhere else press on a limit: Hall's condition on sets of reps or teams."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.draft import Draft
from solver.integers import LARGEST, Loads, decimals_of
from solver.tables import exact


@dataclass(frozen=True)
class Pressure:
    """How much of a limit the customers that can go nowhere else need.

    Attributes
    ----------
    rule, metric : the limit.
    who : what the limits are called, one a rep or team: ``R7``, ``North out``.
    reps, teams : ids of the reps, or names of the teams, that share it.
    customers : ids of the customers whose eligible reps are all among them.
    demand, limit : in units of the metric; `demand` counts each family where it needs least.
    """

    rule: str
    metric: str
    who: tuple[str, ...]
    reps: tuple[str, ...]
    teams: tuple[str, ...]
    customers: tuple[str, ...]
    demand: float
    limit: float
    way: str = ""

    @property
    def share(self) -> float:
        """Demand over limit; infinite for a limit of 0."""
        return self.demand / self.limit if self.limit > 0 else float("inf") if self.demand > 0 else 0.0


def pressures(draft: Draft, most: int = 400) -> list[Pressure]:
    """Hall's condition on sets of reps: where customers may go to a set and nowhere else, their need and its limit.

    Looks at the `most` commonest sets, and at all reps together; worst first. Units that may stay unassigned count too.
    """
    found = []
    for load in draft.loads:
        if np.isfinite(load.upper).any():
            found += _pressures_of(draft, load, most)
    return sorted(found, key=lambda p: -p.share)


def _pressures_of(draft: Draft, load: Loads, most: int) -> list[Pressure]:
    pairs = draft.pairs
    n_units = len(pairs.indptr) - 1
    amount = np.zeros(len(pairs.option_unit))
    row_of = np.full(len(pairs.option_unit), -1, dtype=np.int64)
    amount[load.option], row_of[load.option] = load.amount, load.row
    row_of = np.where((row_of >= 0) & np.isfinite(load.upper[np.maximum(row_of, 0)]), row_of, -1)
    bound = np.bincount(pairs.option_unit, weights=row_of < 0, minlength=n_units) == 0
    bound &= np.diff(pairs.indptr) > 0  # every option of the unit uses a limited row
    if not bound.any():
        return []
    needs = np.full(n_units, np.inf)
    np.minimum.at(needs, pairs.option_unit, amount)
    number, start, rows = _sets(pairs.option_unit, row_of, bound)
    units, (by_set, set_start) = np.flatnonzero(bound), _grouped(number, len(start) - 1)
    members, member_start = _grouped(draft.label, n_units)
    size, first, last = np.diff(start), rows[start[:-1]], rows[start[1:] - 1]
    total = _Exact(needs[units])
    upper = [exact(v) if math.isfinite(v) else Decimal() for v in load.upper.tolist()]
    ids, labels = draft.customers["customer_id"].to_numpy(), load.labels()
    common = np.argsort(-np.diff(set_start), kind="stable")[:most].tolist()
    wanted = dict.fromkeys([tuple(rows[start[s] : start[s + 1]].tolist()) for s in common])
    wanted[tuple(np.unique(rows).tolist())] = None
    inside = np.zeros(len(load.of), dtype=bool)
    found = []
    for which in wanted:
        inside[list(which)] = True
        maybe = np.flatnonzero(inside[first] & inside[last])
        within = np.add.reduceat(inside[_spans(start, maybe, rows)], np.cumsum(size[maybe]) - size[maybe])
        inside[list(which)] = False
        chosen = np.sort(_spans(set_start, maybe[within == size[maybe]], by_set))
        who = np.sort(_spans(member_start, units[chosen], members))
        names = tuple(load.of[r] or "no team" for r in which)
        reps, teams = (names if load.whose == kind else () for kind in ("rep", "team"))
        found.append(
            Pressure(
                load.source,
                load.metric,
                tuple(labels[r] for r in which),
                reps,
                teams,
                tuple(map(str, ids[who])),
                total.of(chosen),
                float(sum(upper[r] for r in which)),
                load.way,
            )
        )
    return found


def _grouped(number: Ints, groups: int) -> tuple[Ints, Ints]:
    """Positions by their number, ascending within each, and int64[groups + 1], where each number starts."""
    count = np.bincount(number, minlength=groups)
    return np.argsort(number, kind="stable"), np.r_[0, np.cumsum(count)].astype(np.int64)


def _spans(start: Ints, which: Ints, values: Ints) -> Ints:
    """``values[start[w] : start[w + 1]]`` of every w, one after another."""
    count = start[which + 1] - start[which]
    flat = np.arange(count.sum()) + np.repeat(start[which] - np.cumsum(count) + count, count)
    taken: Ints = values[flat]
    return taken


def _sets(unit: Ints, row: Ints, bound: Bools) -> tuple[Ints, Ints, Ints]:
    """Number the distinct sets of rows that units use, in order of appearance.

    Parameters
    ----------
    unit, row : int64[options].
    bound : bool[units], whether a unit counts.

    Returns
    -------
    int64[bound units], the set of each; int64[sets + 1], where each set starts; its rows, ascending, one after another.
    """
    keep = bound[unit]
    width = int(row.max(initial=0)) + 1
    used = np.sort(unit[keep] * width + row[keep])  # nearly in order; np.unique would hash first
    used = used[np.r_[True, np.diff(used) > 0]]
    of, rows = used // width, used % width
    count = np.bincount(of, minlength=len(bound))[bound]
    end = np.cumsum(count)
    begin = end - count
    data, item = rows.tobytes(), rows.itemsize
    seen: dict[bytes, int] = {}
    spans = zip((begin * item).tolist(), (end * item).tolist(), strict=True)
    number = np.fromiter((seen.setdefault(data[a:b], len(seen)) for a, b in spans), np.int64, count=len(count))
    sizes = np.array([len(key) // item for key in seen], dtype=np.int64)
    start = np.r_[0, np.cumsum(sizes)].astype(np.int64)
    return number, start, np.frombuffer(b"".join(seen), dtype=np.int64)


class _Exact:
    """Numbers of at most `DECIMALS` decimals, to be added up without rounding."""

    def __init__(self, values: Floats):
        self._decimals = decimals_of(values)
        steps = np.rint(values * 10.0**self._decimals)
        whole = np.abs(steps).sum() < LARGEST and bool(np.all(steps / 10.0**self._decimals == values))
        self._steps = steps.astype(np.int64) if whole else None
        self._values = values

    def of(self, which: Ints) -> float:
        """Return the sum of the numbers at these positions."""
        if self._steps is None:
            return float(sum(map(exact, self._values[which].tolist())))
        return float(Decimal(int(self._steps[which].sum())).scaleb(-self._decimals))
