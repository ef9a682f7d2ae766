"""Books: what each rep carries before and after, beside targets, bands and limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from solver.draft import Draft
from solver.objectives.balance import Balance
from solver.rules.limited import Limited
from solver.tables import DECIMALS, metric


def books(draft: Draft, rep_of: np.ndarray[Any, np.dtype[np.int64]]) -> pd.DataFrame:
    """Return a row a rep of the input, in its order; the columns are those of `scenarios.run.record.Run.books`.

    A rule with limits or balance term with a filter has columns under its own name; one without, under its metric's.

    Parameters
    ----------
    rep_of : int64[customers], position of the rep among the active ones, -1 for none.
    """
    reps = draft.tables.reps
    at = {r: i for i, r in enumerate(reps["rep_id"])}
    home = np.array([at[r] for r in draft.reps["rep_id"]], dtype=np.int64)  # active position → position in the table
    before = np.array([at.get(r, -1) for r in draft.customers["current_rep"]], dtype=np.int64)
    after = np.where(rep_of >= 0, home[rep_of] if len(home) else -1, -1)
    active = np.zeros(len(reps), dtype=bool)
    active[home] = True
    table = pd.DataFrame({"rep_id": reps["rep_id"], "name": reps["name"], "team": reps["team"], "active": active})

    metrics: dict[str, tuple[str, str | None]] = {m: (m, None) for m in ("customers", "potential", "workload")}
    parts: list[tuple[str, Limited]] = [(n, r) for n, r in draft.rules.items() if isinstance(r, Limited)]
    terms: list[tuple[str, Balance]] = [(n, t) for n, t in draft.terms.items() if isinstance(t, Balance)]
    owners: list[tuple[str, Limited | Balance]] = [*parts, *terms]
    for name, part in owners:
        metrics.setdefault(part.metric if part.where is None else name, (part.metric, part.where))
    new: dict[str, Any] = {}
    for column, (name, where) in metrics.items():
        amount = metric(draft.customers, name)
        if where is not None:
            amount = np.where(draft.chosen_customers(where), amount, 0.0)
        for suffix, owner in (("", after), ("_before", before)):
            held = owner >= 0
            total = np.bincount(owner[held], weights=amount[held], minlength=len(reps))
            new[column + suffix] = np.round(total, DECIMALS)
        for suffix in ("_target", "_low", "_high", "_min", "_max"):
            new[column + suffix] = np.full(len(reps), np.nan)
    for name, term in terms:
        column = term.metric if term.where is None else name
        target = term.targets(draft)
        new[f"{column}_target"][home] = target
        new[f"{column}_low"][home] = target * (1 - term.tolerance)
        new[f"{column}_high"][home] = target * (1 + term.tolerance)
    for name, rule in parts:
        column = rule.metric if rule.where is None else name
        low, high = rule.limits(draft)
        new[f"{column}_min"][home] = np.fmax(new[f"{column}_min"][home], np.where(np.isfinite(low), low, np.nan))
        new[f"{column}_max"][home] = np.fmin(new[f"{column}_max"][home], np.where(np.isfinite(high), high, np.nan))
    return pd.concat([table, pd.DataFrame(new, index=table.index)], axis=1)
