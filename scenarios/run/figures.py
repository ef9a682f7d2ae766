"""The standard figures of a plan: moves, retention and balance, from its assignment and books."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

Floats = np.ndarray[Any, np.dtype[np.float64]]

#: Kinds of assignment: stays; moved though it could have stayed; moved because it could not; had no rep.
MOVES = ("kept", "chosen", "forced", "new")


def figures(assignment: pd.DataFrame, unassigned: pd.DataFrame, books: pd.DataFrame) -> dict[str, Any]:
    """Return all figures as plain data; `scenarios.run.record.Run` states the columns."""
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
    """Spread of a metric over the active reps: CV, Gini, Hoover, max/min, reps within the band (`within` of `of`).

    Where reps have targets, CV, Gini and max/min are of load ÷ target: a starter is meant to carry less. Hoover is the
    share of the total that sits with the wrong rep. None where a figure does not exist.
    """
    active = books[books["active"]]
    load: Floats = active[metric + suffix].to_numpy(dtype=np.float64)
    target: Floats = active[f"{metric}_target"].to_numpy(dtype=np.float64)
    low, high = (active[f"{metric}_{edge}"].to_numpy(dtype=np.float64) for edge in ("low", "high"))
    found: dict[str, float | int | None] = dict.fromkeys(("cv", "gini", "hoover", "max_min", "within", "of"))
    total = load.sum()
    if not len(load) or total <= 0:
        return found
    aimed = ~np.isnan(target)
    fair = np.nan_to_num(target) > 0
    if fair.any():
        ratio, share = load[fair] / target[fair], target[fair] / target[fair].sum()
        held = load[fair] / load[fair].sum() if load[fair].sum() > 0 else share
        inside = (load >= low - 1e-9 * total) & (load <= high + 1e-9 * total)
        found |= {"within": int(inside[aimed].sum()), "of": int(aimed.sum())}
    else:
        ratio, share, held = load, np.full(len(load), 1 / len(load)), load / total
    return found | {
        "cv": float(ratio.std() / ratio.mean()) if ratio.mean() > 0 else None,
        "gini": gini(ratio),
        "hoover": float(np.abs(held - share).sum() / 2),
        "max_min": float(ratio.max() / ratio.min()) if ratio.min() > 0 else None,
    }


def gini(values: Floats) -> float:
    """Gini coefficient of non-negative values, 0 (all equal) to 1."""
    ordered = np.sort(values)
    n = len(ordered)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum())) if ordered.sum() > 0 else 0.0
