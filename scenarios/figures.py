"""The standard figures of a plan: moves, retention and balance, from its assignment and books."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

Floats = np.ndarray[Any, np.dtype[np.float64]]

#: Kinds of assignment: stays; moved though it could have stayed; moved because it could not; had no rep.
MOVES = ("kept", "chosen", "forced", "new")


def figures(assignment: pd.DataFrame, unassigned: pd.DataFrame, books: pd.DataFrame) -> dict[str, Any]:
    """Return all figures as plain data; `scenarios.record.Run` states the columns."""
    return {
        "customers": len(assignment) + len(unassigned),
        "reps": int(books["active"].sum()),
        "assigned": len(assignment),
        "unassigned": len(unassigned),
        "moves": {
            kind: {"customers": int(hit.sum()), "potential": float(assignment["potential"][hit].sum())}
            for kind in MOVES
            for hit in [assignment["moved"] == kind]
        },
        "retention": retention(assignment),
        "balance": {m: {"before": balance(books, m, "_before"), "after": balance(books, m)} for m in metrics_of(books)},
    }


def metrics_of(books: pd.DataFrame) -> list[str]:
    """Names of the metrics the books are kept in."""
    return [c.removesuffix("_before") for c in books.columns if c.endswith("_before")]


def retention(assignment: pd.DataFrame) -> dict[str, float | None]:
    """Share of customers that keep their rep among those that could: by count, by value, of the most valuable tenth.

    A customer whose rep left or may not have it any more is in no denominator. None where nobody could stay.
    """
    could = assignment[assignment["moved"].isin(["kept", "chosen"])]
    kept = could["moved"] == "kept"
    value = could["potential"]
    top = value >= value.quantile(0.9) if len(could) else kept
    return {
        "count": float(kept.mean()) if len(could) else None,
        "value": float(value[kept].sum() / value.sum()) if value.sum() > 0 else None,
        "top_decile": float(kept[top].mean()) if len(could) else None,
    }


def balance(books: pd.DataFrame, metric: str, suffix: str = "") -> dict[str, float | int | None]:
    """Spread of a metric over the active reps: CV, Gini, Hoover (against targets if any), max/min, reps in the band."""
    active = books[books["active"]]
    loads: Floats = active[metric + suffix].to_numpy(dtype=np.float64)
    target: Floats = active[f"{metric}_target"].to_numpy(dtype=np.float64)
    low, high = active[f"{metric}_low"], active[f"{metric}_high"]
    total = loads.sum()
    none: dict[str, float | int | None] = dict.fromkeys(("cv", "gini", "hoover", "max_min", "within", "of"))
    if not len(loads) or total <= 0:
        return none
    has_target = ~np.isnan(target)
    aim = (
        target / target[has_target].sum()
        if has_target.any() and np.nansum(target) > 0
        else np.full(len(loads), 1 / len(loads))
    )
    counted = ~np.isnan(aim)
    shares = loads[counted] / loads[counted].sum() if loads[counted].sum() > 0 else aim[counted]
    inside = (loads >= low - 1e-9 * total) & (loads <= high + 1e-9 * total)
    return {
        "cv": float(loads.std() / loads.mean()),
        "gini": gini(loads),
        "hoover": float(np.abs(shares - aim[counted]).sum() / 2),
        "max_min": float(loads.max() / loads.min()) if loads.min() > 0 else None,
        "within": int(inside.sum()) if has_target.any() else None,
        "of": int(has_target.sum()) if has_target.any() else None,
    }


def gini(loads: Floats) -> float:
    """Gini coefficient of non-negative loads, 0 (all equal) to 1."""
    values = np.sort(loads)
    n = len(values)
    return float((2 * np.arange(1, n + 1) - n - 1) @ values / (n * values.sum())) if values.sum() > 0 else 0.0
