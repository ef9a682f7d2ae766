"""Rule `holding`: who has changed hands stays for a while."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from solver.checks import filter_problems
from solver.problems import Problem
from solver.rules.base import Rule
from solver.sentences import sentence, sentence_n
from solver.tables import Period, Tables
from solver.where import WhereText

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.view import View, Violation

_YEAR = 365.25


class Holding(Rule):
    """A customer stays with its rep for some months before it may move again: no ping-pong.

    The months count from `assigned_since`, the day the current rep got the customer; where that is unknown, from
    `tenure`, the years with the current rep; where both are, the customer is free. `fairbook repair`, `roll` and
    `horizon` keep both columns, so what one period moves the next leaves alone. The day in question is the first of the
    period. A customer that cannot stay, because its rep left or may not have it any more, is free to go.

    Mathematics: `Σ x_ij ≤ 0` over pairs with j in K, held, and i other than its current rep.
    """

    kind: Literal["holding"] = "holding"
    months: int = Field(6, ge=1, le=600, description="calendar months a customer stays before it may move again")
    where: WhereText | None = Field(None, description="which customers; all by default")

    def free_on(self, since: Any, tenure: Any, first: dt.date) -> dt.date | None:
        """Return the day from which a customer may move; None where it is not known since when its rep has it.

        Parameters
        ----------
        since, tenure : cells of `assigned_since` and `tenure`.
        first : first day of the period.
        """
        if since is not None and since == since:
            return months_later(dt.date(since.year, since.month, since.day), self.months)
        if tenure is None or tenure != tenure:
            return None
        days = round(tenure * _YEAR)
        return months_later(first - dt.timedelta(days=days), self.months) if days < (first - dt.date.min).days else None

    def apply(self, draft: Draft) -> None:
        """One load row that no pair may be in that moves a held customer."""
        first = draft.period.first
        cells = zip(draft.customers["assigned_since"].tolist(), draft.customers["tenure"].tolist(), strict=True)
        free = (self.free_on(since, tenure, first) for since, tenure in cells)
        held = np.fromiter((day is not None and day > first for day in free), bool, count=draft.n_customers)
        held &= draft.chosen_customers(self.where)
        entries = np.flatnonzero(draft.moving & held[draft.pairs.customer])
        row, amount = np.zeros(len(entries), dtype=np.int64), np.ones(len(entries))
        draft.limit("customers", ["held"], row, entries, amount, upper=np.zeros(1), whose="all")

    def audit(self, view: View) -> Iterator[Violation]:
        """Yield held customers that move."""
        from solver.view import Violation

        counts, first = view.customers_with(self.where), view.period.first
        since, tenure = view.customers["assigned_since"], view.customers["tenure"]
        for j in range(view.n_customers):
            if not counts[j] or not view.moved(j):
                continue
            day = self.free_on(since[j], tenure[j], first)
            if day is not None and day > first:
                who, home, to = view.customer_id(j), view.rep_id(view.current[j]), view.rep_id(view.rep_of[j])
                message = f"{who} goes from {home} to {to}, but stays until {day}: it has {self._span()} to stay"
                yield Violation(message, (who,), (home, to))

    def describe(self) -> str:
        """One sentence."""
        which = sentence(" with {filter}", filter=self.where) if self.where else ""
        return sentence_n("customers{and_which} stay with a rep for at least {n} month",
                          "customers{and_which} stay with a rep for at least {n} months", self.months,
                          and_which=which)  # fmt: skip

    def _span(self) -> str:
        return f"{self.months} month{'' if self.months == 1 else 's'}"

    def problems(self, tables: Tables, period: Period) -> Iterator[Problem]:
        """The filter must fit; somebody's day must be known."""
        yield from filter_problems("where", self.where, tables.customers)
        if tables.customers["assigned_since"].isna().all() and tables.customers["tenure"].isna().all():
            yield Problem(
                "no_assigned_since", "of no customer it is known since when its rep has it, so nobody is held",
                column="kind", fix="map assigned_since or tenure, or plan on from a run: fairbook roll",
                severity="warning",
            )  # fmt: skip


def months_later(day: dt.date, months: int) -> dt.date:
    """Return the same day some months later, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > dt.MAXYEAR:
        return dt.date.max
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
