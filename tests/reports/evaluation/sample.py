"""A quarter after the plan of `tests.reports.sample`, made up from a seed: what was sold, and how content people were."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from scenarios.evaluate.evaluate import Evaluated, evaluated
from scenarios.run.record import Run
from solver.tables import Interaction, Tables, frame
from tests.reports.sample import sample

PLACES = ("DE/North", "DE/South", "FR/Nord", "华南")
SEGMENTS = ("enterprise", "mid", "small")


def planned(reps: int = 12, customers: int = 300, seed: int = 1, past: bool = True) -> Run:
    """The run, with territories and segments, and history of a year before where it is asked for."""
    run = sample(reps, 3, customers, seed)
    table = run.tables.customers
    rng = np.random.default_rng(seed)
    at = np.arange(len(table))
    value = np.round(rng.lognormal(11, 0.7, len(table)))
    table = table.assign(
        territory=[PLACES[i % 4] for i in at], segment=[SEGMENTS[i % 3] for i in at // 2], potential=value
    )
    assignment = run.assignment.assign(
        potential=run.assignment["customer_id"].map(dict(zip(table["customer_id"], value, strict=True)))
    )
    rows = [
        {"customer_id": c, "rep_id": r or "R01", "date": dt.date(2025, 11, 5), "outcome": "won",
         "amount": round(p * float(rng.lognormal(0, 0.3)), 2), "feedback": 7 + float(rng.normal(0, 0.5))}
        for c, r, p in zip(table["customer_id"], table["current_rep"], table["potential"], strict=True)
    ]  # fmt: skip
    history = frame(Interaction, (Interaction.model_validate(r) for r in (rows if past else [])))
    tables = Tables(table, run.tables.reps.assign(quota=1_000_000.0), history)
    books = run.books.copy()
    share = assignment.groupby("rep_id")["potential"].sum()
    books["potential"] = books["rep_id"].map(share).fillna(0.0)
    even = value.sum() / books["active"].sum()
    for name, factor in (("target", 1.0), ("low", 0.75), ("high", 1.25)):
        books[f"potential_{name}"] = np.where(books["active"], factor * even, np.nan)
    lost = {"shares": [0.13, 0.18], "low": 1.0, "high": 2.0, "customers": 1, "sales": 1.0, "loss": 1.5, "known": 0,
            "source": "declared", "history": {"loss": None}}  # fmt: skip
    result: dict[str, Any] = run.result | {"metrics": {"handover": lost}}
    return replace(run, tables=tables, assignment=assignment, books=books, result=result)


def happened(
    run: Run,
    weak: str = "R03",
    strong: str = "small",
    lost: float = 0.35,
    sulk: float = 1.0,
    seed: int = 1,
    few: int = 0,
) -> pd.DataFrame:
    """What was sold: half as much by one rep, more in a segment, less by customers that moved; `few` rows or all."""
    rng = np.random.default_rng(seed)
    segment = dict(zip(run.tables.customers["customer_id"], run.tables.customers["segment"], strict=True))
    rows = []
    for row in run.assignment.itertuples():
        moved = row.moved in {"chosen", "forced"}
        amount = row.potential * rng.lognormal(-0.03, 0.25) * (0.5 if row.rep_id == weak else 1.0)
        amount *= (1.4 if segment[row.customer_id] == strong else 1.0) * (1 - lost if moved else 1.0)
        score = 7 + rng.normal(0, 0.5) - (sulk if moved else 0.0)
        rows.append({"customer_id": row.customer_id, "rep_id": row.rep_id, "date": dt.date(2026, 10, 31),
                     "outcome": "won", "amount": round(float(amount), 2), "feedback": float(score)})  # fmt: skip
    return frame(Interaction, (Interaction.model_validate(r) for r in (rows[:few] if few else rows)))


@cache
def quarter(few: int = 0, **more: Any) -> tuple[Run, Evaluated]:
    """A run and what became of it; with `few` rows of sales there is too little to say anything."""
    run = planned(past=not few)
    return run, evaluated(run, happened(run, few=few, **more))
