"""What hand-overs lose: measured in history where it shows, else the range the plan declares.

History shows it where enough customers changed hands between two stretches of time and what they bought then can be
held against what customers that stayed bought (a difference in differences, as a ratio), with an interval narrow enough
to be of use.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from scenarios.plan.plan import Plan, parse_plan
from scenarios.run.record import Run
from scenarios.run.sales import is_outcome, yearly_sales
from scenarios.sources.derive import months_before
from solver.arrays import Floats
from solver.fit.declared import listed
from solver.names import folds
from solver.problems import InputError
from solver.tables import Tables

#: Fewest customers that changed hands, and that stayed, in history.
FEWEST = 30
#: Widest half of the 95 % interval of a measured loss that is still of use.
WIDEST = 0.05
#: Bootstrap samples, and how many are held at a time.
_DRAWS, _PIECE = 1_000, 20


@dataclass(frozen=True)
class Shown:
    """What history shows.

    Attributes
    ----------
    moved, stayed : customers that bought something in the first stretch and changed hands, or did not, by the second.
    loss, low, high : share of their purchases that moved customers lost against those that stayed, and its 95 %
        interval (bootstrap over customers); None where there are too few.
    first, second : the days of the two stretches, in words.
    """

    moved: int
    stayed: int
    loss: float | None = None
    low: float | None = None
    high: float | None = None
    first: str = ""
    second: str = ""

    @property
    def of_use(self) -> bool:
        """Whether the loss is known well enough to reckon with."""
        return (
            self.loss is not None
            and self.high is not None
            and self.low is not None
            and ((self.high - self.low) / 2 <= WIDEST)
        )


def shown(history: pd.DataFrame, before: dt.date, won: Sequence[str] = ("won",)) -> Shown:
    """Measure what hand-overs lost in history before a day; `won` are the outcomes of a sale.

    Two stretches of the same length are compared: the last twelve months and the twelve before, or the halves of what
    there is. Whose a customer was in each is who has most of its rows.
    """
    rows = history[(history["date"] < pd.Timestamp(before)) & (history["rep_id"] != "")]
    if not len(rows):
        return Shown(0, 0)
    last, begin = rows["date"].max().date() + dt.timedelta(days=1), rows["date"].min().date()
    middle = months_before(last, 12)
    if months_before(middle, 12) < begin:
        middle = begin + (last - begin) / 2
    start = max(begin, middle - (last - middle))
    early = rows[(rows["date"] >= pd.Timestamp(start)) & (rows["date"] < pd.Timestamp(middle))]
    late = rows[rows["date"] >= pd.Timestamp(middle)]
    words = f"{start} to {middle - dt.timedelta(days=1)}", f"{middle} to {last - dt.timedelta(days=1)}"
    then, now = _owners(early), _owners(late)
    bought = pd.DataFrame({"then": _bought(early, won), "now": _bought(late, won)}).reindex(
        then.index.intersection(now.index)
    )
    bought = bought.fillna(0.0)
    bought = bought[bought["then"] > 0]
    moved = (then.reindex(bought.index) != now.reindex(bought.index)).to_numpy()
    n_moved, n_stayed = int(moved.sum()), int((~moved).sum())
    if min(n_moved, n_stayed) < FEWEST:
        return Shown(n_moved, n_stayed, None, None, None, *words)
    a, b = bought["then"].to_numpy(dtype=np.float64), bought["now"].to_numpy(dtype=np.float64)
    rng = np.random.default_rng(1)
    draws = [_resampled(b[own], a[own], rng) for own in (moved, ~moved)]
    kept = b[~moved].sum() / a[~moved].sum()
    if kept <= 0 or (draws[1] <= 0).any():
        return Shown(n_moved, n_stayed, None, None, None, *words)
    loss = 1 - b[moved].sum() / a[moved].sum() / kept
    low, high = np.quantile(1 - draws[0] / draws[1], (0.025, 0.975))
    return Shown(n_moved, n_stayed, float(loss), float(low), float(high), *words)


def _resampled(above: Floats, below: Floats, rng: np.random.Generator) -> Floats:
    """float64[draws]: ratio of the sums of each bootstrap sample; drawn in pieces, to need little memory."""
    ratios = []
    for _ in range(_DRAWS // _PIECE):
        pick = rng.integers(0, len(above), (_PIECE, len(above)))
        ratios.append(above[pick].sum(axis=1) / below[pick].sum(axis=1))
    return np.concatenate(ratios)


def _owners(rows: pd.DataFrame) -> pd.Series[Any]:
    """The rep with most rows of each customer; of equals the first by id."""
    count = rows.groupby(["customer_id", "rep_id"]).size().reset_index(name="n")
    count = count.sort_values(["customer_id", "n", "rep_id"], ascending=[True, False, True], kind="stable")
    return count.drop_duplicates("customer_id").set_index("customer_id")["rep_id"]


def _bought(rows: pd.DataFrame, won: Sequence[str]) -> pd.Series[Any]:
    sold = rows[is_outcome(rows["outcome"], *won)]
    return sold.groupby("customer_id")["amount"].sum().clip(lower=0)


def risk(plan: Plan, tables: Tables, assignment: pd.DataFrame) -> dict[str, Any] | None:
    """What the hand-overs of a plan may lose in the year after, as plain data; None where nobody's sales are known.

    A customer that goes to a rep who lists its industry loses the least of `disruption.handover_loss`, any other the
    most; where history shows a loss well enough, both are centred on that.

    Returns
    -------
    customers, sales : that change hands, and what they buy in a year; known : of them to a rep who lists their
        industry.
    loss, low, high : money in a year; with the shares by receiver, and with all at the least, and all at the most.
    shares : the least and the most; source : where they come from, in words; history : see `Shown`.
    """
    try:
        sales, of = yearly_sales(plan, tables, plan.disruption)
    except InputError:  # whoever needs the sales says so; here they are one figure of many
        return None
    if not sales.any():
        return None
    moved = assignment[assignment["moved"].isin(["chosen", "forced"])]
    least, most = plan.disruption.handover_loss
    past = shown(tables.history, plan.period.first, plan.learning.won)
    source = "declared: disruption.handover_loss"
    if past.of_use and past.loss is not None:
        centre = min(max(past.loss, 0.0), 1.0)
        least, most = max(0.0, centre - (most - least) / 2), min(1.0, centre + (most - least) / 2)
        source = f"measured: {past.moved:,} hand-overs in history"
    at = pd.Index(tables.customers["customer_id"]).get_indexer(pd.Index(moved["customer_id"]))
    industry = folds(tables.customers["industry"].iloc[at].tolist())
    knows = dict(zip(tables.reps["rep_id"], (listed(v) for v in tables.reps["industries"]), strict=True))
    known = np.array([i in knows[r] for i, r in zip(industry, moved["rep_id"], strict=True)], dtype=bool)
    worth = sales[at]
    total = float(worth.sum())
    return {
        "customers": len(moved),
        "known": int(known.sum()),
        "sales": total,
        "sales_from": of,
        "loss": float((worth * np.where(known, least, most)).sum()),
        "low": least * total,
        "high": most * total,
        "shares": [least, most],
        "source": source,
        "history": asdict(past),
    }


def risk_of(run: Run) -> dict[str, Any] | None:
    """Return what the hand-overs of a run may lose, as `risk`: as the run was kept with it, else worked out anew."""
    if known := run.result.get("metrics", {}).get("handover"):
        return dict(known)
    try:
        return risk(parse_plan(run.plan, run.plan_name), run.tables, run.assignment)
    except InputError:
        return None
