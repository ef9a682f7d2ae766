"""What the customers' file leaves empty is worked out from history or looked up, and said."""

from __future__ import annotations

import calendar
import datetime as dt
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from scenarios.sources.collect import Collector, count_of
from scenarios.sources.mapping import Column, Table
from scenarios.sources.references import Reps
from scenarios.sources.rows import Values
from scenarios.sources.spec import Data, Spread, Workload
from scenarios.sources.words import text_of
from solver.names import plain_outcome
from solver.problems import Problem, nearest, shorten
from solver.tables import Period

DAYS_A_YEAR = 365.25
#: Days between the end of history and the period beyond which it is said that what is derived is old.
_OLD = 183


def months_before(day: dt.date, months: int) -> dt.date:
    """Return the day `months` calendar months before `day`: 31 March less one month is 28 February."""
    total = day.year * 12 + day.month - 1 - months
    year, month = max(1, total // 12), total % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def outcomes_there(column: pd.Series[Any]) -> str:
    """Return in words which outcomes there are, the most frequent first, each with its count."""
    counts = column.value_counts()
    return ", ".join(f"{shorten(k, 30) or '(empty)'} ({n:,})" for k, n in list(counts.items())[:8]) or "none"


def derive(
    data: Data, table: Table, values: Values, history: pd.DataFrame | None, reps: Reps, period: Period, found: Collector
) -> None:
    """Fill empty cells of `values`, the customers' columns, in place."""
    work = _Derivation(data, table, values, history, reps, period, found)
    plan = data.derive
    for name, part in (("current_rep", plan.current_rep), ("potential", plan.potential), ("tenure", plan.tenure)):
        if part is not None and history is None:
            found.add(
                Problem("no_history", f"{name} is to come from history, and the plan names none",
                        column=f"data.derive.{name}", expected="data.history: {source: …}")
            )  # fmt: skip
    if history is not None:
        if plan.current_rep is not None:
            work.current_rep(plan.current_rep.months, plan.current_rep.outcome)
        if plan.potential is not None:
            work.potential(plan.potential.months, plan.potential.outcome)
        if plan.tenure is not None:
            work.tenure()
    looked_up: tuple[tuple[str, Workload | Spread | None, str], ...] = (
        ("workload", plan.workload, "workload 1"),
        ("potential_spread", plan.potential_spread, "no potential_spread"),
        ("workload_spread", plan.workload_spread, "no workload_spread"),
    )
    for name, table_of, otherwise in looked_up:
        if table_of is not None:
            work.look_up(name, table_of, otherwise)


class _Derivation:
    def __init__(
        self,
        data: Data,
        table: Table,
        values: Values,
        history: pd.DataFrame | None,
        reps: Reps,
        period: Period,
        found: Collector,
    ):
        self.data, self.table, self.values, self.reps, self.period, self.found = (
            data, table, values, reps, period, found,
        )  # fmt: skip
        self.ids: list[Any] = values.get("customer_id", [None] * len(table.rows))
        self.past = pd.DataFrame()
        if history is None:
            return
        before = pd.Timestamp(period.first)
        late = history["date"] >= before
        self.past = history[~late & history["customer_id"].isin([i for i in self.ids if i is not None])]
        dates = history["date"][~late]
        last = dates.max() if dates.notna().any() else None
        day_before = period.first - dt.timedelta(days=1)
        self.end = min(day_before, last.date()) if last is not None else day_before
        age = (day_before - self.end).days
        if age > _OLD:
            message = f"history ends on {self.end}, {age / DAYS_A_YEAR:.1f} years before the period begins"
            self._say(f"{message}: what is derived tells of then", "", "warning", "old_history", "export newer rows")
        if late.any():
            self._say(
                f"{count_of(int(late.sum()), 'row')} of history from {period.first} on not used to derive anything"
            )

    def _say(self, message: str, name: str = "", severity: Any = "note", code: str = "derived", fix: str = "") -> None:
        column = f"data.derive.{name}" if name else "data.derive"
        self.found.add(Problem(code, message, column=column, fix=fix, severity=severity))

    def _won(self, outcome: str, name: str) -> pd.DataFrame:
        """Past rows with the outcome; where there is none at all, a warning says which outcomes there are."""
        wanted = plain_outcome(outcome)
        kinds = self.past["outcome"].unique()
        won = self.past[self.past["outcome"].isin([k for k in kinds if plain_outcome(str(k)) == wanted])]
        if not len(won) and len(self.past):
            there = outcomes_there(self.past["outcome"])
            self._say(f"no past row of history has the outcome {shorten(outcome)!r}; there are: {there}",
                      name, "warning", "no_outcome", f"set data.derive.{name}.outcome")  # fmt: skip
        return won

    def _window(self, rows: pd.DataFrame, months: int) -> tuple[pd.DataFrame, str]:
        first = months_before(self.end + dt.timedelta(days=1), months)
        inside = (rows["date"] >= pd.Timestamp(first)) & (rows["date"] <= pd.Timestamp(self.end))
        undated = int(rows["date"].isna().sum())
        text = f"{first} to {self.end}"
        return rows[inside], f"{text}; {undated:,} rows without a date left out" if undated else text

    def _fill(self, name: str, by_id: dict[str, Any]) -> tuple[int, int]:
        """Fill empty cells of a column; return how many were filled, and how many were empty before."""
        cells = self.values.setdefault(name, [None] * len(self.ids))
        self.table.columns.setdefault(name, Column(name, np.full(len(self.ids), None, dtype=object)))
        filled = empty = 0
        for i, value in enumerate(cells):
            if value is None:
                empty += 1
                cells[i] = by_id.get(self.ids[i])
                filled += cells[i] is not None
        return filled, empty

    def _counts(self, filled: int, empty: int) -> str:
        kept = len(self.ids) - empty
        said = f" (the file has {kept:,} more, which are kept)" if kept else ""
        return f"of {count_of(filled, 'customer')}{said}"

    def current_rep(self, months: int | None, outcome: str) -> None:
        """Fill the current rep: most money closed, then most deals, then the latest, then the first rep_id."""
        won = self._won(outcome, "current_rep")
        window = f"all rows before {self.period.first}"
        if months is not None:
            won, window = self._window(won, months)
        won = won[won["rep_id"] != ""]
        pairs = won.assign(amount=won["amount"].fillna(0.0)).groupby(
            ["customer_id", "rep_id"], as_index=False, sort=False
        )
        ranked = pairs.agg(money=("amount", "sum"), deals=("amount", "size"), latest=("date", "max"))
        ranked["money"] = ranked["money"].round(6)
        ranked = ranked.sort_values(
            ["customer_id", "money", "deals", "latest", "rep_id"],
            ascending=[True, False, False, False, True], na_position="last", kind="stable",
        ).drop_duplicates("customer_id")  # fmt: skip
        chosen = dict(zip(ranked["customer_id"], ranked["rep_id"], strict=True))
        before = [i for i, v in enumerate(self.values.get("current_rep", [None] * len(self.ids))) if v is None]
        filled, empty = self._fill("current_rep", chosen)
        self._say(f"current_rep {self._counts(filled, empty)} is who closed most with them ({window}); "
                  f"{empty - filled:,} have none", "current_rep")  # fmt: skip
        unknown = Counter(
            r for i in before if (r := self.values["current_rep"][i]) is not None and r not in self.reps.ids
        )
        for rep in [r for r in unknown if r in self.reps.removed]:
            del unknown[rep]
        listed = ", ".join(f"{shorten(r, 30)} ({count_of(n, 'customer')})" for r, n in unknown.most_common(10))
        if unknown and self.data.unlisted_reps == "gone":
            self._say(f"reps of history who are not among the reps count as gone: {listed}", "current_rep")
        elif unknown:
            for rep, n in unknown.items():
                fix = self.reps.hint(rep, "add it to the reps with active: no, or set data.unlisted_reps: gone")
                customers = count_of(n, "customer")
                message = f"history makes {shorten(rep)} the current rep of {customers}, who is not among the reps"
                self.found.add(Problem("unknown_rep", message, column="data.derive.current_rep", value=shorten(rep),
                                       expected="a rep_id", fix=fix))  # fmt: skip

    def potential(self, months: int, outcome: str) -> None:
        """Fill the potential with what was bought in the window; a negative sum counts as 0."""
        rows, window = self._window(self._won(outcome, "potential"), months)
        sums = rows.groupby("customer_id")["amount"].sum().round(6)
        below = sums[sums < 0]
        bought = {str(c): max(0.0, float(v)) for c, v in sums.items()}
        filled, empty = self._fill("potential", bought)
        self._say(f"potential {self._counts(filled, empty)} is what they bought from {window}; "
                  f"{empty - filled:,} bought nothing and have 0", "potential")  # fmt: skip
        if len(below):
            self._say(f"{count_of(len(below), 'customer')} gave back more than bought: potential 0",
                      "potential", "warning")  # fmt: skip

    def tenure(self) -> None:
        """Fill the tenure: years from the first row with the current rep to the period's start."""
        dated = self.past[self.past["date"].notna()]
        current = self.values.get("current_rep", [None] * len(self.ids))
        first = dated.groupby(["customer_id", "rep_id"], sort=False)["date"].min().to_dict()
        start = pd.Timestamp(self.period.first)
        years = {
            c: round((start - day).days / DAYS_A_YEAR, 6)
            for c, r in zip(self.ids, current, strict=True)
            if c is not None and r is not None and (day := first.get((c, r))) is not None
        }
        filled, empty = self._fill("tenure", years)
        self._say(f"tenure {self._counts(filled, empty)} counts from their first row of history with the current rep; "
                  f"{empty - filled:,} have none", "tenure")  # fmt: skip

    def look_up(self, target: str, part: Workload | Spread, otherwise: str) -> None:
        """Fill a column by a table of the plan; `otherwise` says what customers have that the table does not list."""
        name = part.origin if part.origin in self.values else self.table.original.get(part.origin, "")
        if name not in self.values:
            near = nearest(part.origin, self.values)
            self.found.add(
                Problem("unknown_column", f"the customers have no column {shorten(part.origin)!r}",
                        column=f"data.derive.{target}.from",
                        expected=f"one of {', '.join(shorten(n) for n in list(self.values)[:30])}",
                        fix=f"did you mean {shorten(near)}?" if near else "")
            )  # fmt: skip
            return
        table = {k.strip().casefold(): v for k, v in part.table.items()}
        keys = ["" if v is None else text_of(v) for v in self.values[name]]
        found_for = {
            c: found
            for c, k in zip(self.ids, keys, strict=True)
            if c is not None and (found := table.get(k.casefold(), part.default)) is not None
        }
        cells = self.values.get(target, [None] * len(keys))
        missing = Counter(k for k, v in zip(keys, cells, strict=True) if v is None and k.casefold() not in table)
        filled, empty = self._fill(target, found_for)
        self._say(f"{target} {self._counts(filled, empty)} comes from their {name}", target)
        if missing:
            listed = ", ".join(f"{shorten(k, 30) or '(empty)'} ({n:,})" for k, n in missing.most_common(8))
            if part.default is None:
                self._say(f"{count_of(missing.total(), 'customer')} with a {name} that data.derive.{target}.table does "
                          f"not list: {otherwise} for {listed}", target, "warning", f"no_{target}",
                          "add it to the table, or set a default")  # fmt: skip
            else:
                self._say(f"default {target} {part.default:g} for {count_of(missing.total(), 'customer')}: {listed}",
                          target)  # fmt: skip
