"""What a stored run hands on to the solve of a neighbouring plan: its assignment and its prices."""

from __future__ import annotations

import numpy as np

from scenarios.run.record import Run
from solver.arrays import Ints
from solver.draft import Draft
from solver.engine.solution import NamedPrices, Start
from solver.instance import Instance


def start_from(run: Run, draft: Draft, instance: Instance) -> Start:
    """Return a run's assignment and prices in the terms of another model; what has no counterpart there is left out."""
    rep_at = draft.rep_at
    rep = run.rep_of()
    rep_of = np.array([rep_at.get(rep.get(c, ""), -1) for c in draft.customers["customer_id"]], dtype=np.int64)
    return Start(choice_of(instance, rep_of), stored_prices(run))


def choice_of(instance: Instance, rep_of: Ints) -> Ints:
    """int64[units]: the option of each unit whose customers all have one rep and are eligible for it, else -1.

    Parameters
    ----------
    rep_of : int64[customers], position of each customer's rep among the active ones, -1 for none.
    """
    low = np.full(instance.n_units, instance.n_reps, dtype=np.int64)
    high = np.full(instance.n_units, -1, dtype=np.int64)
    np.minimum.at(low, instance.customer_unit, rep_of)
    np.maximum.at(high, instance.customer_unit, rep_of)
    wanted = np.where((low == high) & (low >= 0), low, -1)
    choice: Ints = np.full(instance.n_units, -1, dtype=np.int64)
    match = np.flatnonzero(instance.option_rep == wanted[instance.option_unit])
    choice[instance.option_unit[match]] = match
    return choice


def stored_prices(run: Run) -> NamedPrices:
    """The prices a run was left with, by name; empty where its loads were not priced."""
    return {(p["source"], p["of"], p["metric"]): p["points"] for p in run.result.get("prices", ())}
