"""What changed since a run was made: people, figures, and the books as they are with the old assignment kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scenarios.plan.patch import Change
from scenarios.plan.plan import Plan
from scenarios.run.books import books
from scenarios.run.diff import changes_of
from scenarios.run.figures import metrics_of
from scenarios.run.record import Run, plain
from solver.arrays import Ints
from solver.draft import Draft
from solver.tables import Tables

#: What a customer adds up to in shifts.
METRICS = ("customers", "potential", "workload")
_SHIFTS = ["by", "of", "metric", "before", "after"]
#: Columns of the customers that a plan itself sets, or that age by themselves.
_NOT_NEWS = {"current_rep", "tenure"}


@dataclass(frozen=True)
class Kept:
    """Who looks after each customer if nobody changes anything.

    Attributes
    ----------
    rep : by customer_id, ``""`` for nobody: the run's rep; where the data show a rep that is neither the run's nor the
        one before it, that one; for customers the run does not know, or left without a rep, the data's.
    as_planned, pending, elsewhere : customers of the run whose data show its rep; still the rep before it; another.
    """

    rep: dict[str, str]
    as_planned: int
    pending: int
    elsewhere: tuple[str, ...]


@dataclass(frozen=True)
class Drift:
    """What is not as it was when the run was made.

    Attributes
    ----------
    new, gone : a row a customer: customer_id, name, territory, potential, workload, rep (kept, or of the run).
    joined, left : a row a rep that is active now and was not, and the other way round: rep_id, name, team, customers.
    cells : how many customers and reps have another value in a column: (table, column) → count.
    shifts : a row for each rep, team and territory whose customers, potential or workload changed: by, of, metric,
        before, after; the largest changes of each kind first.
    books : a row an active rep and metric with a band or a limit: rep_id, name, team, metric, before (as planned),
        after (old assignment, new data), target, low, high, min, max, was, now (``within``, ``outside`` the band,
        ``over`` or ``under`` a hard limit).
    plan : keys of the plan that differ.
    inputs : ``model`` and ``history``, where the plan's terms score by them and they are not those of the run.
    kept : who looks after whom if nobody changes anything.
    """

    new: pd.DataFrame
    gone: pd.DataFrame
    joined: pd.DataFrame
    left: pd.DataFrame
    cells: dict[tuple[str, str], int]
    shifts: pd.DataFrame
    books: pd.DataFrame
    plan: tuple[Change, ...]
    inputs: tuple[str, ...]
    kept: Kept

    @property
    def same(self) -> bool:
        """Whether nothing changed that a plan could depend on."""
        people = len(self.new) + len(self.gone) + len(self.joined) + len(self.left) + len(self.kept.elsewhere)
        return not (people or self.cells or self.plan or self.inputs)

    def drifted(self) -> pd.DataFrame:
        """Rows of `books` that were within band and limits as planned, and are not any more."""
        return self.books[(self.books["now"] != "within") & (self.books["was"] == "within")]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``."""
        tables = {n: getattr(self, n).to_dict("records") for n in ("new", "gone", "joined", "left", "shifts", "books")}
        kept = {
            "as_planned": self.kept.as_planned, "pending": self.kept.pending, "elsewhere": list(self.kept.elsewhere)
        }  # fmt: skip
        cells = [{"table": t, "column": c, "rows": n} for (t, c), n in self.cells.items()]
        changes = [{"path": c.path, "old": c.old, "new": c.new} for c in self.plan]
        return dict(plain({**tables, "cells": cells, "plan": changes, "inputs": self.inputs, "assignment": kept}))


def keep(run: Run, now: Tables) -> Kept:
    """Return who looks after whom now if the run's plan was carried out and nobody changes anything since."""
    planned = run.rep_of()
    before = dict(zip(run.tables.customers["customer_id"], run.tables.customers["current_rep"], strict=True))
    rep: dict[str, str] = {}
    as_planned = pending = 0
    elsewhere = []
    for customer, shown in zip(now.customers["customer_id"], now.customers["current_rep"], strict=True):
        wanted = planned.get(customer)
        if wanted is None:
            rep[customer] = shown
            continue
        if shown == wanted:
            as_planned += 1
        elif shown in {before[customer], ""}:
            pending += 1
        else:
            elsewhere.append(customer)
            wanted = shown
        rep[customer] = wanted
    return Kept(rep, as_planned, pending, tuple(elsewhere))


def positions(draft: Draft, rep: Mapping[str, str]) -> Ints:
    """int64[customers]: position of each customer's rep among the active ones, -1 for none."""
    return np.array([draft.rep_at.get(rep.get(c, ""), -1) for c in draft.customers["customer_id"]], dtype=np.int64)


def drift(run: Run, plan: Plan, draft: Draft, kept: Kept, hashes: Mapping[str, str]) -> Drift:
    """Compare what a run was made from with the data as they are.

    Parameters
    ----------
    plan, draft : the plan as it is now, and its model over the data as they are now.
    hashes : sha256 of each input as it is now.
    """
    old, now = run.tables, draft.tables
    planned = run.rep_of()
    was_active = set(run.books["rep_id"][run.books["active"].astype(bool)])
    is_active = set(draft.reps["rep_id"])
    return Drift(
        new=_people(now.customers, set(old.customers["customer_id"]), kept.rep),
        gone=_people(old.customers, set(now.customers["customer_id"]), planned),
        joined=_staff(now.reps, is_active - was_active, kept.rep),
        left=_staff(old.reps, was_active - is_active, planned),
        cells=_cells("customers", old, now, _NOT_NEWS) | _cells("reps", old, now, set()),
        shifts=_shifts(old, now, planned, kept.rep),
        books=_books(run, draft, kept.rep),
        plan=tuple(c for c in changes_of(run.plan, plain(plan.source)) if not c.path.startswith(_ASIDE)),
        inputs=_inputs(run, plan, now, hashes),
        kept=kept,
    )


_ASIDE = ("potential_period", "overrides", "scenarios", "solve", "repair", "disruption", "advise")
"""Keys of a plan that do not change what the best plan is."""


def _inputs(run: Run, plan: Plan, now: Tables, hashes: Mapping[str, str]) -> tuple[str, ...]:
    """Which of the learned model and the history it scores from are others than the run's."""
    if not any(t.needs_model for t in plan.terms.values()):
        return ()
    models = [None if t.learned is None else t.learned.sha256 for t in (run.tables, now)]
    changed = {"model": models[0] != models[1]}
    changed["history"] = dict(run.result.get("input_hashes", {})).get("history") != hashes.get("history")
    return tuple(name for name, is_other in changed.items() if is_other)


def _people(table: pd.DataFrame, known: set[str], rep: Mapping[str, str]) -> pd.DataFrame:
    found = table[~table["customer_id"].isin(known)][["customer_id", "name", "territory", "potential", "workload"]]
    found = found.sort_values(["potential", "customer_id"], ascending=[False, True], kind="stable")
    return found.assign(rep=[rep.get(c, "") for c in found["customer_id"]]).reset_index(drop=True)


def _staff(table: pd.DataFrame, ids: set[str], rep: Mapping[str, str]) -> pd.DataFrame:
    found = table[table["rep_id"].isin(ids)][["rep_id", "name", "team"]]
    held = pd.Series(list(rep.values()), dtype="object").value_counts()
    return found.assign(customers=[int(held.get(r, 0)) for r in found["rep_id"]]).reset_index(drop=True)


def _cells(kind: str, old: Tables, now: Tables, aside: set[str]) -> dict[tuple[str, str], int]:
    """How many rows that both know have another value, by column."""
    key = f"{kind.removesuffix('s')}_id"
    before: pd.DataFrame = getattr(old, kind).set_index(key)
    after: pd.DataFrame = getattr(now, kind).set_index(key)
    both = before.index.intersection(after.index, sort=False)
    found = {}
    for column in dict.fromkeys([*before.columns, *after.columns]):
        if column in aside:
            continue
        missing = pd.Series([""] * len(both), index=both, dtype="object")
        pairs = zip(*(t.loc[both, column] if column in t else missing for t in (before, after)), strict=True)
        count = sum(not _equal(a, b) for a, b in pairs)
        if count:
            found[kind, str(column)] = count
    return found


def _equal(a: Any, b: Any) -> bool:
    return (_absent(a) and _absent(b)) or bool(a == b)


def _absent(value: Any) -> bool:
    return value is None or value is pd.NaT or value == "" or (isinstance(value, float) and value != value)


def _shifts(old: Tables, now: Tables, planned: Mapping[str, str], kept: Mapping[str, str]) -> pd.DataFrame:
    both = [_sums(old, planned), _sums(now, kept)]
    rows = []
    for key in dict.fromkeys([*both[0], *both[1]]):
        before, after = (round(side.get(key, 0.0), 6) for side in both)
        if before != after:
            rows.append((*key, before, after))
    rows.sort(key=lambda r: (("rep", "team", "territory").index(r[0]), METRICS.index(r[2]), -abs(r[4] - r[3]), r[1]))
    return pd.DataFrame(rows, columns=_SHIFTS)


def _sums(tables: Tables, rep: Mapping[str, str]) -> dict[tuple[str, str, str], float]:
    team = dict(zip(tables.reps["rep_id"], tables.reps["team"], strict=True))
    found: dict[tuple[str, str, str], float] = {}
    columns = ("customer_id", "territory", "potential", "workload")
    for customer, territory, *amounts in zip(*(tables.customers[c] for c in columns), strict=True):
        owner = rep.get(customer, "")
        of = {"rep": owner, "team": team.get(owner, ""), "territory": territory}
        for by, name in of.items():
            for metric, amount in zip(METRICS, (1.0, *amounts), strict=True):
                if name and amount == amount:
                    found[by, name, metric] = found.get((by, name, metric), 0.0) + float(amount)
    return found


def _books(run: Run, draft: Draft, kept: Mapping[str, str]) -> pd.DataFrame:
    now = books(draft, positions(draft, kept))
    now = now[now["active"].astype(bool)]
    then = run.books.set_index("rep_id")
    rows = []
    for metric in metrics_of(now):
        edges = [f"{metric}_{e}" for e in ("low", "high", "min", "max")]
        for _, rep in now.iterrows():
            if rep[edges].isna().all():
                continue
            was: dict[str, Any] = {}
            if rep["rep_id"] in then.index and metric in then:
                was = then.loc[rep["rep_id"]].to_dict()
            before = float(was[metric]) if was and bool(was["active"]) else np.nan
            state = _state(before, *(float(was.get(e, np.nan)) for e in edges)) if before == before else ""
            limits = [float(rep[e]) for e in edges]
            here = (str(rep["rep_id"]), str(rep["name"]), str(rep["team"]), metric, before, float(rep[metric]))
            rows.append((*here, float(rep[f"{metric}_target"]), *limits, state, _state(float(rep[metric]), *limits)))
    heads = ["rep_id", "name", "team", "metric", "before", "after", "target", "low", "high", "min", "max", "was", "now"]
    return pd.DataFrame(rows, columns=heads)


def _state(load: float, low: float, high: float, least: float, most: float) -> str:
    if load > most + 1e-6:
        return "over"
    if load < least - 1e-6:
        return "under"
    return "outside" if load > high + 1e-6 or load < low - 1e-6 else "within"
