"""History as numbers, and what a pair shared before any given day. Nothing of that day or later is ever looked at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from solver.arrays import Floats, Ints
from solver.fit.learned.settings import Learning

#: More days than any table spans: pair and day in one integer.
DAYS = 1 << 22
#: What is added to a day there: dates before 1970 are negative, and would fall among the days of the pair before.
ZERO = 1 << 20


@dataclass(frozen=True)
class Shared:
    """What pairs shared before a day, an entry a question.

    Attributes
    ----------
    contacts : float64, rows of history.
    won, lost : float64, closed opportunities.
    last : int64, day of the last contact, negative before 1970; -1 where there are no contacts.
    scores, score_sum : float64, how many feedback scores there are and their sum.
    """

    contacts: Floats
    won: Floats
    lost: Floats
    last: Ints
    scores: Floats
    score_sum: Floats


class Past:
    """Dated rows of history of known customers, by position.

    Attributes
    ----------
    customer, rep : int64[rows], positions; rep -1 where the row names none. Reps of history that are not in the table
        of reps come after those that are, see `rep_ids`.
    day : int64[rows], days since 1970.
    closed : int64[rows], 1 won, 0 lost, -1 neither.
    amount, feedback : float64[rows], NaN for none.
    """

    def __init__(self, customers: pd.DataFrame, reps: pd.DataFrame, history: pd.DataFrame, learning: Learning):
        at = pd.Index(customers["customer_id"]).get_indexer(pd.Index(history["customer_id"]))
        keep = (at >= 0) & history["date"].notna().to_numpy()
        rows = history[keep]
        self.customer: Ints = at[keep].astype(np.int64)
        listed = reps["rep_id"].tolist()
        known = set(listed)
        others = sorted({r for r in rows["rep_id"].unique() if r and r not in known})
        self.rep_ids: list[str] = [*listed, *others]
        self.rep: Ints = pd.Index(self.rep_ids).get_indexer(pd.Index(rows["rep_id"])).astype(np.int64)
        self.day: Ints = rows["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
        words, distinct = pd.factorize(rows["outcome"])
        meaning = np.array([learning.outcome(str(w)) for w in distinct], dtype=np.int64)
        self.closed: Ints = meaning[words] if len(words) else np.zeros(0, np.int64)
        self.amount: Floats = rows["amount"].to_numpy(dtype=np.float64)
        self.feedback: Floats = rows["feedback"].to_numpy(dtype=np.float64)

    @cached_property
    def _ordered(self) -> tuple[Ints, Ints, Floats]:
        """Pair and day of each row that names a rep, ascending; the days; running sums, float64[rows + 1, 5]."""
        named = np.flatnonzero(self.rep >= 0)
        pair = self.customer[named] * len(self.rep_ids) + self.rep[named]
        key = pair * DAYS + self.day[named] + ZERO
        order = np.argsort(key, kind="stable")
        at = named[order]
        score = self.feedback[at]
        steps = np.stack(
            [
                np.ones(len(at)),
                self.closed[at] == 1,
                self.closed[at] == 0,
                ~np.isnan(score),
                np.nan_to_num(score),
            ],
            axis=1,
        )
        return key[order], self.day[at], np.vstack([np.zeros((1, 5)), np.cumsum(steps, axis=0)])

    def shared(self, customer: Ints, rep: Ints, day: Ints) -> Shared:
        """What each customer and rep (positions) shared strictly before a day, an entry a question."""
        key, days, sums = self._ordered
        pair = customer * len(self.rep_ids) + rep
        first = np.searchsorted(key, pair * DAYS)
        end = np.searchsorted(key, pair * DAYS + day + ZERO)
        first, end = np.where(rep >= 0, first, 0), np.where(rep >= 0, end, 0)
        found = sums[end] - sums[first]
        last = np.full(len(customer), -1, dtype=np.int64)
        some = end > first
        last[some] = days[end[some] - 1]
        return Shared(found[:, 0], found[:, 1], found[:, 2], last, found[:, 3], found[:, 4])
