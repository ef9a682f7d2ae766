"""What differs between two runs: figures, plan keys, inputs, and who looks after whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scenarios.plan.patch import Change
from scenarios.run.record import Run, plain

Pair = tuple[float | None, float | None]
"""A figure of both runs, in points; None where a run has none."""


@dataclass(frozen=True)
class RunDiff:
    """What differs between run `a` and run `b`; of every pair, `a`'s side comes first.

    Attributes
    ----------
    a, b : the runs' ids.
    scenarios, statuses : of both.
    score, bound, gap : of both, in points.
    terms : of both, by name; None where a run has no such term.
    plan : the plan's keys that differ, as ``path: old → new``; None stands for no such key.
    inputs : sha256 of the inputs that differ, by name; None where a run has no such input.
    customers : a row a customer whose rep differs, by potential: customer_id, rep_a, rep_b (``""`` unassigned,
        None where the run does not know the customer), potential (of `b`, or of `a` where `b` does not know it).
    common : how many customers both runs know.
    same_weights : whether both plans weigh the same terms alike, so that their scores measure the same.
    """

    a: str
    b: str
    scenarios: tuple[str, str]
    statuses: tuple[str, str]
    score: Pair
    bound: Pair
    gap: Pair
    terms: dict[str, Pair]
    plan: tuple[Change, ...]
    inputs: dict[str, tuple[str | None, str | None]]
    customers: pd.DataFrame
    common: int
    same_weights: bool = True

    @property
    def same(self) -> bool:
        """Whether plan, inputs and assignment are the same."""
        return not (self.plan or self.inputs or len(self.customers))

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``."""
        pairs = {"score": self.score, "bound": self.bound, "gap": self.gap}
        return dict(
            plain(
                {
                    "a": self.a,
                    "b": self.b,
                    "scenarios": self.scenarios,
                    "statuses": self.statuses,
                    **pairs,
                    "terms": self.terms,
                    "plan": [{"path": c.path, "old": c.old, "new": c.new} for c in self.plan],
                    "inputs": self.inputs,
                    "customers": self.customers.to_dict("records"),
                    "common": self.common,
                    "same_weights": self.same_weights,
                }
            )
        )


def diff(a: Run, b: Run) -> RunDiff:
    """Compare two runs."""

    def both(name: str) -> Pair:
        return a.result.get(name), b.result.get(name)

    terms_a, terms_b = a.result.get("terms", {}), b.result.get("terms", {})
    inputs_a, inputs_b = a.result.get("input_hashes", {}), b.result.get("input_hashes", {})
    return RunDiff(
        a=a.id,
        b=b.id,
        scenarios=(a.scenario, b.scenario),
        statuses=(str(a.result["status"]), str(b.result["status"])),
        score=both("score"),
        bound=both("bound"),
        gap=both("gap"),
        terms={n: (_score(terms_a, n), _score(terms_b, n)) for n in {**terms_a, **terms_b}},
        plan=tuple(changes_of(a.plan, b.plan)),
        inputs={
            n: (inputs_a.get(n), inputs_b.get(n))
            for n in {**inputs_a, **inputs_b}
            if inputs_a.get(n) != inputs_b.get(n)
        },
        customers=_customers(a, b),
        common=len(set(a.tables.customers["customer_id"]) & set(b.tables.customers["customer_id"])),
        same_weights=not (terms_a and terms_b) or shares_of(terms_a) == shares_of(terms_b),
    )


def shares_of(terms: Mapping[str, Any]) -> dict[str, float]:
    """What each term that counts has of all weights, by name; equal shares make scores comparable."""
    weights = {name: float(term["weight"]) for name, term in terms.items() if term["weight"]}
    total = sum(weights.values()) or 1.0
    return {name: round(weight / total, 9) for name, weight in weights.items()}


def _score(terms: Mapping[str, Any], name: str) -> float | None:
    return terms[name].get("score") if name in terms else None


def changes_of(old: Mapping[str, Any], new: Mapping[str, Any], path: str = "") -> Iterator[Change]:
    """Yield the keys in which two plans' plain data differ."""
    for key in {**old, **new}:
        before, after = old.get(key), new.get(key)
        where = f"{path}.{key}" if path else str(key)
        parts = [v for v in (before, after) if v is not None]
        if all(isinstance(v, Mapping) for v in parts) and (len(parts) == 2 or not path):  # a section there is in one
            yield from changes_of(before or {}, after or {}, where)
        elif before != after or (type(before) is not type(after) and bool in {type(before), type(after)}):
            yield Change(where, before, after)


def _reps(run: Run) -> dict[str, str]:
    """Rep by customer, ``""`` for none, over all customers of the run."""
    assigned = run.rep_of()
    return {customer: assigned.get(customer, "") for customer in run.tables.customers["customer_id"]}


def _customers(a: Run, b: Run) -> pd.DataFrame:
    reps_a, reps_b = _reps(a), _reps(b)
    potential: dict[str, float] = {}
    for run in (a, b):
        potential |= dict(zip(run.tables.customers["customer_id"], run.tables.customers["potential"], strict=True))
    rows = [
        (customer, reps_a.get(customer), reps_b.get(customer), float(potential[customer]))
        for customer in {**reps_a, **reps_b}
        if reps_a.get(customer) != reps_b.get(customer)
    ]
    rows.sort(key=lambda row: (-row[3], row[0]))
    data: dict[str, pd.Series[Any]] = {
        name: pd.Series([row[at] for row in rows], dtype="object")
        for at, name in enumerate(("customer_id", "rep_a", "rep_b"))
    }
    return pd.DataFrame({**data, "potential": pd.Series([row[3] for row in rows], dtype="float64")})
