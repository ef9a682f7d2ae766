"""Runs side by side: score, terms, balance, retention, capacity, moves, who gains and loses, whose rep differs.

Pure functions of runs. The first run is the one the others are held against.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scenarios.run.diff import shares_of
from scenarios.run.figures import metrics_of
from scenarios.run.handover_risk import risk_of
from scenarios.run.record import Run, plain

#: Most characters of what a run set, where it is called by that.
_LONGEST_NAME = 40


@dataclass(frozen=True)
class Side:
    """One run of a comparison.

    Attributes
    ----------
    name : its scenario; with the run's id where two have one name.
    run, status : its id and how it ended.
    score, bound, gap : points; None where there is no plan.
    terms, metrics : as in ``result.json``.
    capacity : by metric with hard limits, see `capacity_use`.
    changes : what its scenario changed, as ``path: old → new``, without what all runs changed alike.
    notes : what its declared changes did, in sentences.
    moves_cost : sales that hand-overs lose in a year, from and to, by the plan's `disruption`; customers whose rep left
        included. None where there is no plan.
    differ, differ_potential : customers whose rep is another than in the first run, and their potential.
    """

    name: str
    run: str
    status: str
    score: float | None
    bound: float | None
    gap: float | None
    terms: dict[str, Any]
    metrics: dict[str, Any]
    capacity: dict[str, dict[str, float | int | None]]
    changes: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    moves_cost: tuple[float, float] | None
    differ: int
    differ_potential: float

    @property
    def has_plan(self) -> bool:
        """Whether there is a plan to compare."""
        return self.score is not None


@dataclass(frozen=True)
class Comparison:
    """Runs side by side.

    Attributes
    ----------
    sides : one a run, the first is what the others are held against.
    reps : a row a rep of any run: rep_id, name, team, today (potential of the book before the plan, in the first run
        that knows the rep), then a column a side: potential of the book after; NaN where the rep is not active or the
        run has no plan.
    customers : a row a customer whose rep is not the same in all runs with a plan, largest potential first:
        customer_id, name, potential, today (current rep), then a column a side: rep_id, ``""`` for none, None where
        the run does not know the customer or has no plan.
    """

    sides: tuple[Side, ...]
    reps: pd.DataFrame
    customers: pd.DataFrame

    @property
    def same_weights(self) -> bool:
        """Whether all plans weigh the same terms alike, so that their scores measure the same."""
        weighed = [shares_of(side.terms) for side in self.sides if side.has_plan]
        return all(w == weighed[0] for w in weighed)

    def gains(self, name: str) -> pd.DataFrame:
        """Who gains and loses in a side against the first: rep_id, name, team, potential, change; largest change first.

        A rep who is not there counts as having nothing.
        """
        first = self.sides[0].name
        table = self.reps[["rep_id", "name", "team"]].copy()
        before, after = self.reps[first].fillna(0.0), self.reps[name].fillna(0.0)
        table["potential"], table["change"] = after, (after - before).round(6)
        table = table[table["change"] != 0]
        order = table["change"].abs().sort_values(ascending=False, kind="stable").index
        return table.loc[order].reset_index(drop=True)

    def as_list(self, customers: bool = False) -> list[dict[str, Any]]:
        """Return plain data by scenario for ``--json``; with `customers` also whose rep differs from the first."""
        found = []
        first = self.sides[0]
        for side in self.sides:
            entry: dict[str, Any] = {"scenario": side.name}
            entry |= {
                k: getattr(side, k)
                for k in (
                    "run",
                    "status",
                    "score",
                    "bound",
                    "gap",
                    "terms",
                    "metrics",
                    "capacity",
                    "moves_cost",
                    "changes",
                    "notes",
                )
            }
            comparable = side.has_plan and first.has_plan
            entry["against"] = first.name
            entry["reps"] = self.gains(side.name).to_dict("records") if comparable else []
            entry["differ"] = {"customers": side.differ, "potential": side.differ_potential} if comparable else None
            if customers:
                table = self.customers
                other = table[table[side.name] != table[first.name]] if comparable else table.head(0)
                columns = zip(*(other[c] for c in ("customer_id", first.name, side.name, "potential")), strict=True)
                entry["customers"] = [
                    {"customer_id": c, "rep_before": a, "rep_after": b, "potential": p} for c, a, b, p in columns
                ]
            found.append(plain(entry))
        return found


def compare(runs: Sequence[Run]) -> Comparison:
    """Put runs side by side.

    Raises
    ------
    ValueError
        There is none.
    """
    if not runs:
        raise ValueError("no runs to compare")
    names = names_of(runs)
    table = _customers(runs, names)
    first = names[0]
    common = _common_changes(runs)
    sides = []
    for name, run in zip(names, runs, strict=True):
        result = run.result
        other = table[table[name] != table[first]] if result["score"] is not None else table.head(0)
        other = other if runs[0].result["score"] is not None else table.head(0)
        sides.append(
            Side(
                name=name,
                run=run.id,
                status=str(result["status"]),
                score=result["score"],
                bound=result["bound"],
                gap=result["gap"],
                terms=dict(result.get("terms") or {}),
                metrics=dict(result.get("metrics") or {}),
                capacity=capacity_use(run) if result["score"] is not None else {},
                changes=tuple(c for c in result.get("changes") or () if _line(c) not in common),
                notes=tuple((result.get("sweep") or {}).get("notes") or ()),
                moves_cost=moves_cost(run) if result["score"] is not None else None,
                differ=len(other),
                differ_potential=float(other["potential"].sum()),
            )
        )
    return Comparison(tuple(sides), _reps(runs, names), table)


def names_of(runs: Sequence[Run]) -> list[str]:
    """Return a name a run, all different: its scenario, and where several have one, what it set or else its id.

    Runs of one scenario that each set one key otherwise are called by that: ``base (continuity.weight 6)``.
    """
    counts = Counter(run.scenario for run in runs)
    common = _common_changes(runs)
    names = []
    for run in runs:
        own = [c for c in run.result.get("changes") or () if _line(c) not in common]
        told = f"{'.'.join(str(own[0]['path']).split('.')[-2:])} {own[0]['new']}" if len(own) == 1 else run.id
        told = told if len(told) <= _LONGEST_NAME else run.id
        names.append(run.scenario if counts[run.scenario] == 1 else f"{run.scenario} ({told})")
    again = Counter(names)
    return [n if again[n] == 1 else f"{run.scenario} ({run.id})" for n, run in zip(names, runs, strict=True)]


def capacity_use(run: Run) -> dict[str, dict[str, float | int | None]]:
    """How full the active reps are, by metric that has hard upper limits.

    Returns
    -------
    used : load of the reps that have a limit ÷ their limits; highest : of the fullest rep; full : reps above 95 %;
    reps : how many have a limit. Shares are None where the limits are 0.
    """
    found: dict[str, dict[str, float | int | None]] = {}
    active = run.books[run.books["active"].astype(bool)]
    for metric in metrics_of(run.books):
        limit = active[f"{metric}_max"].to_numpy(dtype=np.float64)
        has = ~np.isnan(limit)
        if not has.any():
            continue
        load, limit = active[metric].to_numpy(dtype=np.float64)[has], limit[has]
        open_ = limit > 0
        share = load[open_] / limit[open_]
        found[metric] = {
            "used": float(load.sum() / limit.sum()) if limit.sum() > 0 else None,
            "highest": float(share.max()) if len(share) else None,
            "full": int((share > 0.95).sum()),
            "reps": int(has.sum()),
        }
    return found


def moves_cost(run: Run) -> tuple[float, float] | None:
    """Sales that hand-overs lose in a year, from and to: of all who change reps, by choice or by force.

    None where nobody's sales are known, or an old run's plan cannot be read any more.
    """
    lost = risk_of(run)
    return None if lost is None else (float(lost["low"]), float(lost["high"]))


def _common_changes(runs: Sequence[Run]) -> set[str]:
    each = [{_line(c) for c in run.result.get("changes") or ()} for run in runs]
    return set.intersection(*each) if len(each) > 1 else set()


def _line(change: dict[str, Any]) -> str:
    return f"{change['path']}: {change['old']!r} → {change['new']!r}"


def _reps(runs: Sequence[Run], names: Sequence[str]) -> pd.DataFrame:
    known: dict[str, tuple[str, str, float]] = {}
    columns: dict[str, dict[str, float]] = {}
    for name, run in zip(names, runs, strict=True):
        books = run.books
        for r, called, team, before in zip(
            books["rep_id"], books["name"], books["team"], books["potential_before"], strict=True
        ):
            known.setdefault(r, (called, team, float(before)))
        has = run.result["score"] is not None
        active = books[books["active"].astype(bool)] if has else books.head(0)
        columns[name] = dict(zip(active["rep_id"], active["potential"].astype(float), strict=True))
    table = pd.DataFrame([(r, *told) for r, told in known.items()], columns=["rep_id", "name", "team", "today"]).astype(
        {"today": "float64"}
    )
    held = {name: [column.get(r, math.nan) for r in known] for name, column in columns.items()}
    return pd.concat([table, pd.DataFrame(held, index=table.index, dtype="float64")], axis=1)


def _customers(runs: Sequence[Run], names: Sequence[str]) -> pd.DataFrame:
    known: dict[str, tuple[str, float, str]] = {}
    reps: list[dict[str, str]] = []
    for run in runs:
        table = run.tables.customers
        for c, called, potential, now in zip(
            table["customer_id"], table["name"], table["potential"], table["current_rep"], strict=True
        ):
            known.setdefault(c, (called, float(potential), now))
        if run.result["score"] is None:
            reps.append({})
            continue
        assigned = run.rep_of()
        reps.append({c: assigned.get(c, "") for c in table["customer_id"]})
    planned = [r for r in reps if r]
    rows = [c for c in known if len({r.get(c) for r in planned}) > 1]
    rows.sort(key=lambda c: (-known[c][1], c))
    data: dict[str, Any] = {
        "customer_id": pd.Series(rows, dtype="object"),
        "name": pd.Series([known[c][0] for c in rows], dtype="object"),
        "potential": pd.Series([known[c][1] for c in rows], dtype="float64"),
        "today": pd.Series([known[c][2] for c in rows], dtype="object"),
    }
    held = {n: pd.Series([r.get(c) for c in rows], dtype="object") for n, r in zip(names, reps, strict=True)}
    return pd.concat([pd.DataFrame(data), pd.DataFrame(held)], axis=1)
