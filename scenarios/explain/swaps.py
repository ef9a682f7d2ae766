"""Accounts that can change hands within a stated loss: one customer to another rep, or two that swap theirs."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from scenarios.run.reopen import Reopened
from solver.engine.improve.exchange import Exchanges, single_moves, two_way_swaps


@dataclass(frozen=True)
class Side:
    """What one rep hands to another: a customer, or a family as a whole.

    Attributes
    ----------
    customers : ids.
    names : of the customers.
    from_rep, to_rep : ids.
    potential, workload : money and hours that go along.
    returns : whether the customers go back to the rep they had before the plan.
    """

    customers: tuple[str, ...]
    names: tuple[str, ...]
    from_rep: str
    to_rep: str
    potential: float
    workload: float
    returns: bool


@dataclass(frozen=True)
class Exchange:
    """One exchange that keeps every rule, on its own.

    Attributes
    ----------
    kind : ``move``, one side; ``swap``, two.
    loss : points of score lost; negative where the plan gains.
    potential, workload : money and hours that the first side's new rep has more afterwards, and its old rep less.
    """

    kind: Literal["move", "swap"]
    loss: float
    sides: tuple[Side, ...]
    potential: float
    workload: float


@dataclass(frozen=True)
class Swaps:
    """All that may change hands.

    Attributes
    ----------
    run, score, bound, gap : the run's id and figures, points.
    within : points that may be lost by one exchange.
    moves, swaps : how many there are of either kind, those not listed included.
    listed : the least loss first.
    """

    run: str
    score: float
    bound: float
    gap: float
    within: float
    moves: int
    swaps: int
    listed: tuple[Exchange, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``."""
        return asdict(self)


def swaps(opened: Reopened, within: float, most: int = 50, rep: str | None = None) -> Swaps:
    """List exchanges that each lose at most `within` points and keep every rule.

    Parameters
    ----------
    most : how many of either kind to list.
    rep : id of a rep that one of the sides has to come from or go to; any by default.
    """
    inst = opened.shut.instance
    home = inst.option_rep[opened.taken][inst.option_unit]
    nobody = inst.n_reps - 1
    candidates = (inst.option_rep != nobody) & (home != nobody) & (inst.option_rep != home)
    if rep is not None:
        at = opened.draft.rep_at.get(rep, -1)
        candidates &= (inst.option_rep == at) | (home == at)
    steps = math.floor(within * inst.scale)
    given = inst, opened.taken, opened.prices, steps, candidates, most
    moves, pairs = single_moves(*given), two_way_swaps(*given)
    listed = [*_exchanges(opened, moves), *_exchanges(opened, pairs)]
    listed.sort(key=lambda e: e.loss)
    return Swaps(opened.run.id, opened.score, opened.bound, opened.gap, within, moves.count, pairs.count, tuple(listed))


def _exchanges(opened: Reopened, found: Exchanges) -> list[Exchange]:
    result = []
    scale = opened.shut.instance.scale
    for first, second, loss in zip(found.first.tolist(), found.second.tolist(), found.loss.tolist(), strict=True):
        sides = tuple(_side(opened, o) for o in (first, second) if o >= 0)
        back = sides[1] if len(sides) > 1 else None
        potential = sides[0].potential - (back.potential if back else 0.0)
        workload = sides[0].workload - (back.workload if back else 0.0)
        result.append(Exchange("swap" if back else "move", loss / scale, sides, potential, workload))
    return result


def _side(opened: Reopened, option: int) -> Side:
    draft, inst = opened.draft, opened.shut.instance
    unit = int(inst.option_unit[option])
    members = draft.members(unit)
    customers = draft.customers
    reps = draft.reps["rep_id"]
    to = int(inst.option_rep[option])
    return Side(
        tuple(customers["customer_id"].iloc[members]),
        tuple(customers["name"].iloc[members]),
        str(reps.iloc[int(inst.option_rep[opened.taken[unit]])]),
        str(reps.iloc[to]),
        float(np.sum(draft.amounts("potential")[members])),
        float(np.sum(draft.amounts("workload")[members])),
        bool(np.all(draft.current[members] == to)),
    )
