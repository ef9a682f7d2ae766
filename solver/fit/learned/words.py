"""What history shows of a customer and a rep, in words: ``won 7 of 11 in medical; team average 4 of 11``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from solver.arrays import Ints
from solver.fit.learned.past import Past
from solver.fit.learned.settings import Learning
from solver.names import fold, spelled
from solver.sentences import sentence
from solver.tables import Period

if TYPE_CHECKING:
    from solver.draft import Draft

Tally = tuple[int, int]
"""Wins and closed opportunities."""


class Record:
    """Closed opportunities before a period, counted.

    Parameters
    ----------
    customers, reps, history : tables; positions are theirs.
    """

    def __init__(
        self,
        customers: pd.DataFrame,
        reps: pd.DataFrame,
        history: pd.DataFrame,
        period: Period,
        learning: Learning | None = None,
    ):
        past = Past(customers, reps, history, learning or Learning())
        before = int(np.datetime64(period.first, "D").astype(np.int64))
        ask = np.flatnonzero((past.closed >= 0) & (past.rep >= 0) & (past.day < before))
        self._industry = [fold(v) for v in customers["industry"]]
        self._shown = [spelled(v) for v in customers["industry"]]
        self._team = [fold(v) for v in reps["team"]] + [""] * (len(past.rep_ids) - len(reps))
        self._of_pair = _tallies(past, ask, past.customer[ask])
        self._of_rep: dict[tuple[int, str], Tally] = {}
        self._of_team: dict[tuple[str, str], Tally] = {}
        self._of_all: dict[str, Tally] = {}
        for (customer, rep), tally in self._of_pair.items():
            for industry in {self._industry[customer], ""}:
                _add(self._of_rep, (rep, industry), tally)
                _add(self._of_team, (self._team[rep], industry), tally)
                _add(self._of_all, industry, tally)

    def own(self, customer: int, rep: int) -> Tally:
        """Return what the rep has won of how many in the customer's industry."""
        return self._of_rep.get((rep, self._industry[customer]), (0, 0))

    def shared(self, customer: int, rep: int) -> Tally:
        """Return what the rep has won of how many with the customer itself."""
        return self._of_pair.get((customer, rep), (0, 0))

    def others(self, customer: int, rep: int) -> tuple[str, Tally]:
        """Return who the rep is held against, the rest of its team or of all reps, and what they won of how many."""
        industry = self._industry[customer]
        won, closed = self.own(customer, rep)
        for who, tally in (
            ("team", self._of_team.get((self._team[rep], industry)) if self._team[rep] else None),
            ("all reps'", self._of_all.get(industry)),
        ):
            if tally is not None and tally[1] > closed:
                return who, (tally[0] - won, tally[1] - closed)
        return "", (0, 0)

    def said(self, customer: int, rep: int) -> str:
        """Return it in words; the team's average is of its other reps, for as many opportunities."""
        won, closed = self.own(customer, rep)
        who, (their_won, their_closed) = self.others(customer, rep)
        where = sentence(" in {industry}", industry=self._shown[customer]) if self._industry[customer] else ""
        own_won, own_closed = self.shared(customer, rep)
        with_it = sentence("; with this customer {won_n} of {all_n}", won_n=f"{own_won:,}", all_n=f"{own_closed:,}")
        parts = {"and_where": where, "and_others": "", "and_with": with_it if own_closed else ""}
        if closed:
            if who:
                average = {"won_n": _short(their_won / their_closed * closed), "all_n": f"{closed:,}"}
                parts["and_others"] = (
                    sentence("; team average {won_n} of {all_n}", **average) if who == "team"
                    else sentence("; all reps' average {won_n} of {all_n}", **average)
                )  # fmt: skip
            return str(
                sentence("won {won_n} of {all_n}{and_where}{and_others}{and_with}", won_n=f"{won:,}",
                         all_n=f"{closed:,}", **parts)
            )  # fmt: skip
        if who:
            tally = {"won_n": f"{their_won:,}", "all_n": f"{their_closed:,}"}
            parts["and_others"] = (
                sentence("; the team won {won_n} of {all_n}", **tally) if who == "team"
                else sentence("; all reps won {won_n} of {all_n}", **tally)
            )  # fmt: skip
        return str(sentence("nothing closed{and_where} yet{and_others}{and_with}", **parts))


def _tallies(past: Past, ask: Ints, customer: Ints) -> dict[tuple[int, int], Tally]:
    """Wins and closed opportunities by customer and rep."""
    n = max(1, len(past.rep_ids))
    pair, at = np.unique(customer * n + past.rep[ask], return_inverse=True)
    closed = np.bincount(at, minlength=len(pair))
    won = np.bincount(at, weights=past.closed[ask], minlength=len(pair)).astype(np.int64)
    keys = zip((pair // n).tolist(), (pair % n).tolist(), strict=True)
    return dict(zip(keys, zip(won.tolist(), closed.tolist(), strict=True), strict=True))


def _add(into: dict[Any, Tally], key: Any, tally: Tally) -> None:
    won, closed = into.get(key, (0, 0))
    into[key] = won + tally[0], closed + tally[1]


def record_of(draft: Draft) -> Record | None:
    """Return the record of a draft whose terms use a learned model, positions being those of its active reps."""
    model = draft.tables.learned
    if model is None or not model.usable:
        return None
    return Record(draft.customers, draft.reps, draft.tables.history, draft.period, model.learning)


def _short(value: float) -> str:
    """An average as it is said: a tenth of a win means something among a few only."""
    return f"{value:.1f}".removesuffix(".0") if value < 5 else f"{value:.0f}"
