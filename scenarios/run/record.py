"""A run: one solved scenario with everything needed to read, re-check and report it. Never edited after it is made."""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from solver.tables import Tables


@dataclass(frozen=True)
class Run:
    """One solved scenario.

    Attributes
    ----------
    id : 12 lower-case hex digits.
    created : moment it was solved, UTC.
    plan_name : stem of the plan file.
    scenario : name of the scenario; ``base`` for the plan as written.
    plan : the resolved plan as plain data (overrides applied, defaults left out).
    result : the content of ``result.json``, see ``docs/outputs.md``.
    tables : the checked inputs the plan was made from (leavers and starters included).
    assignment : a row a customer that has a rep: customer_id, rep_id, previous_rep, moved (``kept``, ``chosen``,
        ``forced``, ``new``), fit (0-1), potential, workload, reason.
    unassigned : a row a customer that has none: customer_id, reason.
    books : a row a rep: rep_id, name, team, active, then a group of columns a metric: ``<metric>`` (load after),
        ``<metric>_before``, ``<metric>_target``, ``<metric>_low`` and ``<metric>_high`` (tolerance band),
        ``<metric>_min`` and ``<metric>_max`` (hard limits); NaN where there is none.
        Metric ``customers`` is always there.
    """

    id: str
    created: dt.datetime
    plan_name: str
    scenario: str
    plan: dict[str, Any]
    result: dict[str, Any]
    tables: Tables
    assignment: pd.DataFrame
    unassigned: pd.DataFrame
    books: pd.DataFrame

    def rep_of(self) -> dict[str, str]:
        """Return the rep_id of every customer that has a rep, by customer_id."""
        return dict(zip(self.assignment["customer_id"], self.assignment["rep_id"], strict=True))


def plain(value: Any) -> Any:
    """Return `value` as JSON can hold it: numpy scalars as Python's, dates in ISO form, NaN and infinity as None."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def to_json(value: Any) -> str:
    """Return `value` as indented UTF-8 JSON with a newline at the end."""
    return json.dumps(plain(value), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
