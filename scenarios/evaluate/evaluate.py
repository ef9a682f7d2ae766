"""A period's plan held against what happened in it: attainment, forecast, balance, hand-overs, feedback, the market."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from scenarios.evaluate.bands import USUAL, Held, judged
from scenarios.evaluate.breakdown import Line, broken_down
from scenarios.evaluate.forecast import forecast
from scenarios.evaluate.handed_over import felt, lost
from scenarios.evaluate.ratios import FEWEST, groups_of, ratio
from scenarios.plan.period import slack
from scenarios.plan.plan import Plan, parse_plan
from scenarios.run.figures import gini
from scenarios.run.record import Run
from scenarios.run.sales import is_outcome
from scenarios.sources.derive import months_before, outcomes_there
from solver.arrays import Floats
from solver.names import fold
from solver.objectives.balance import Balance
from solver.problems import InputError, Problem, shorten
from solver.tables import Period

#: Groups of customers by the size of their potential, of which forecast and sales are held against each other.
TENTHS = 10
#: How much longer than any before it a silence up to the period's end must be to say that the rows stop before it, and
#: on how many days there must be rows: with fewer they are sums, dated anyhow.
SILENCE, FEWEST_DAYS = 3, 5


@dataclass(frozen=True)
class Evaluated:
    """A plan held against what happened.

    Attributes
    ----------
    document : every figure as plain data, see `evaluate`.
    customers : a row a customer: customer_id, name, territory, segment, rep_id, previous_rep and moved as in the plan
        (empty for none), planned, actual, year_before (money; NaN where history has no sales a year before),
        feedback_before, feedback (mean scores; NaN for none).
    """

    document: dict[str, Any]
    customers: pd.DataFrame


def evaluate(run: Run, actuals: pd.DataFrame) -> dict[str, Any]:
    """Hold a run's plan against what happened.

    Parameters
    ----------
    actuals : rows of history of the period, see `scenarios.sources.actuals`; others are left out and counted.

    Returns
    -------
    Plain data: ``period``, ``until`` (its last day, or the last that the rows show), ``rows``, ``all`` (the whole),
    ``reps`` (names by id), ``attainment`` by ``rep``, ``team``, ``territory`` and ``segment``, ``forecast``,
    ``balance``, ``drift`` of reps and ``drift_territories``, ``followed`` (how far), ``moves``, ``feedback``, ``trend``
    by segment and territory (with ``new``: sold to customers who had bought nothing for twelve months), ``notes``.

    Raises
    ------
    InputError
        The run has no plan, or no row is of the period and of a customer of the plan.
    """
    return evaluated(run, actuals).document


def evaluated(run: Run, actuals: pd.DataFrame) -> Evaluated:
    """Do as `evaluate`, and give the figures of every customer too."""
    if not len(run.assignment):
        message = f"run {run.id} ({run.scenario}) has no plan to evaluate"
        raise InputError([Problem("no_plan", message, fix="evaluate a run that found a plan")])
    found = _Evaluation(run, parse_plan(run.plan, run.plan_name), actuals)
    return Evaluated(found.document(), found.table())


class _Evaluation:
    def __init__(self, run: Run, plan: Plan, actuals: pd.DataFrame):
        self.run, self.plan = run, plan
        self.customers = run.tables.customers
        ids = pd.Index(self.customers["customer_id"])
        first, last = pd.Timestamp(plan.period.first), pd.Timestamp(plan.period.last)
        inside = (actuals["date"] >= first) & (actuals["date"] <= last)
        known = actuals["customer_id"].isin(ids)
        self.rows = actuals[inside & known]
        if not len(self.rows):
            raise InputError([_nothing_of(plan, actuals, inside)])
        self.last = _seen_until(plan.period, self.rows["date"])
        self.seen = ((self.last - plan.period.first).days + 1) / plan.period.days
        self.notes = [
            f"{n:,} rows left out: {why}"
            for n, why in (
                (int((~inside).sum()), f"not dated from {plan.period.first} to {plan.period.last}"),
                (int((inside & ~known).sum()), "of customers that are not in the plan"),
            )
            if n
        ]
        self.actual = self._sales(self.rows)
        if len(self.rows) and not is_outcome(self.rows["outcome"], *plan.learning.won).any():
            words = " or ".join(repr(shorten(w, 30)) for w in plan.learning.won)
            there = outcomes_there(self.rows["outcome"])
            self.notes.append(
                f"no row of the period has the outcome {words}, so nothing counts as sold; there are: {there}; "
                "the plan says which are a sale: learn: {won: [...]}"
            )
        expected = forecast(plan, run.tables)
        self.planned, self.part = self.seen * expected.planned, self.seen * expected.part
        self.potential: Floats = np.nan_to_num(self.customers["potential"].to_numpy(dtype=np.float64))
        self.notes += expected.notes
        if self.seen < 1:
            days = f"{(self.last - plan.period.first).days + 1} of the {plan.period.days} days"
            self.notes.append(
                f"the rows of the period end on {self.last}: potential and quotas are counted for {days} until then, "
                "and sales held against the same days a year before"
            )
        a = run.assignment.set_index("customer_id").reindex(ids)
        self.rep: list[str] = a["rep_id"].fillna("").tolist()
        self.kind = a["moved"].fillna("").to_numpy(dtype=object)
        self.moved = np.isin(self.kind, ["chosen", "forced"])
        self.stayed = self.kind == "kept"
        self.past = self._year_before()
        self.scores = self._scores()
        reps = run.tables.reps
        self.team = dict(zip(reps["rep_id"], reps["team"].map(str), strict=True))

    def _sales(self, rows: pd.DataFrame) -> Floats:
        won = rows[is_outcome(rows["outcome"], *self.plan.learning.won)]
        sums = won.groupby("customer_id")["amount"].sum()
        found: Floats = self.customers["customer_id"].map(sums).fillna(0.0).clip(lower=0.0).to_numpy(dtype=np.float64)
        return found

    def document(self) -> dict[str, Any]:
        """Everything as plain data."""
        whole = ratio(self.actual, self.planned)
        return {
            "run": self.run.id,
            "period": self.plan.period_name,
            "until": str(self.last),
            "rows": len(self.rows),
            "reps": {r: str(n) for r, n in zip(self.run.books["rep_id"], self.run.books["name"], strict=True)},
            "all": Line("all", whole, "as the rest" if whole.enough else "too little data").as_dict(),
            "attainment": broken_down(
                self.actual,
                {
                    "rep": (self.rep, self._quota(lambda r: r)),
                    "team": ([self.team.get(r, "") for r in self.rep], self._quota(lambda r: self.team.get(r, ""))),
                    "territory": (self._text("territory"), {}),
                    "segment": (self._text("segment"), {}),
                },
                self.planned,
            ),
            "forecast": self._forecast(),
            "balance": self._balance(),
            "drift": self._drift(),
            "drift_territories": self._drift_of_territories(),
            "followed": self._followed(),
            "moves": self._moves(),
            "feedback": felt(*self.scores, self.moved, self.stayed),
            "trend": self._trend(),
            "notes": self.notes,
        }

    def table(self) -> pd.DataFrame:
        """The figures of every customer, see `Evaluated`."""
        then, now = self.scores
        found = self.customers[["customer_id", "name", "territory", "segment"]].copy()
        found["rep_id"], found["previous_rep"], found["moved"] = self.rep, self.customers["current_rep"], self.kind
        found["planned"], found["actual"] = self.planned, self.actual
        found["year_before"] = self.past if self.past.any() else np.nan
        found["feedback_before"], found["feedback"] = then, now
        return found

    def _text(self, column: str) -> list[str]:
        """Values of a column in one spelling each."""
        first: dict[str, str] = {}
        return [first.setdefault(fold(v), str(v)) for v in self.customers[column]]

    def _quota(self, of: Any) -> dict[str, float]:
        found: dict[str, float] = {}
        for rep, quota in zip(self.run.tables.reps["rep_id"], self.run.tables.reps["quota"], strict=True):
            if quota == quota:
                found[of(rep)] = found.get(of(rep), 0.0) + float(quota) * self.part
        return found

    def _forecast(self) -> dict[str, Any]:
        from scipy.stats import spearmanr

        both = (self.planned > 0) | (self.actual > 0)
        a, b = self.planned[both], self.actual[both]
        total = ratio(b, a)
        rank = None
        if total.enough and a.std() > 0 and b.std() > 0:
            rank = float(spearmanr(a, b).statistic)
        wrong = float(np.abs(b - a).sum() / a.sum()) if a.sum() > 0 else None
        return {"customers": int(both.sum()), "buyers": total.active, "forecast": total.below, "actual": total.above,
                "ratio": total.value, "low": total.low, "high": total.high, "rank": rank, "off": wrong,
                "tenths": self._tenths()}  # fmt: skip

    def _tenths(self) -> list[dict[str, Any]]:
        """Tenths of the customers by potential, the largest first; fewer groups where these would be too small.

        ``forecast`` and ``actual`` are of a customer, on average, ``low`` and ``high`` the 95 % interval of the latter.
        """
        order = np.argsort(-self.planned, kind="stable")
        order = order[self.planned[order] > 0]
        found = []
        for own in np.array_split(order, max(1, min(TENTHS, len(order) // FEWEST))):
            of, n = ratio(self.actual[own], self.planned[own]), len(own)
            if not n:
                continue
            ends = [None if end is None else end * of.below / n for end in (of.low, of.high)]
            found.append({"customers": n, "forecast": of.below / n, "actual": of.above / n, "ratio": of.value,
                          "low": ends[0], "high": ends[1]})  # fmt: skip
        return found

    def _by_rep(self, of: Floats) -> Floats:
        books = self.run.books
        sums = pd.Series(of).groupby(pd.Series(self.rep)).sum()
        return np.asarray(books["rep_id"].map(sums).fillna(0.0), dtype=np.float64)

    def _fair(self) -> Floats:
        """Each rep's share of all, by the plan's targets of potential; by what it was given where there are none."""
        books = self.run.books
        target = books["potential_target"].fillna(0.0).to_numpy(dtype=np.float64) * books["active"].to_numpy(dtype=bool)
        return target if target.sum() > 0 else self._by_rep(self.planned)

    def _balance(self) -> dict[str, Any]:
        """How unevenly potential was planned and sales became, by each rep's part; and hours, and contacts for them."""
        count = self.customers["customer_id"].map(self.rows["customer_id"].value_counts())
        contacts: Floats = np.nan_to_num(count.to_numpy(dtype=np.float64))
        hours: Floats = np.nan_to_num(self.customers["workload"].to_numpy(dtype=np.float64))
        found: dict[str, Any] = self._uneven(self._fair(), self.planned, self.actual)
        return found | {"workload": self._uneven(self._by_rep(hours), hours, contacts)}

    def _uneven(self, fair: Floats, planned: Floats, became: Floats) -> dict[str, dict[str, float | None]]:
        active = self.run.books["active"].to_numpy(dtype=bool)
        fair = fair[active]
        share: Floats = fair / fair.sum() if fair.sum() > 0 else np.full(len(fair), 1 / max(1, len(fair)))
        found = {}
        for name, of in (("planned", planned), ("became", became)):
            held = self._by_rep(of)[active]
            total = held.sum()
            some = total > 0 and (share > 0).any()
            found[name] = {
                "hoover": float(np.abs(held / total - share).sum() / 2) if some else None,
                "gini": gini(held[share > 0] / share[share > 0]) if some else None,
            }
        return found

    def _drift(self) -> list[dict[str, Any]]:
        """Each active rep's share of what was planned and of what was sold, ÷ its target, and its band by the plan.

        Drifted out are those within their band of potential by plan whose share of what was sold is surely outside it.
        """
        books = self.run.books
        fair, total, given = self._fair(), float(self.actual.sum()), self._by_rep(self.potential)
        if fair.sum() <= 0 or given.sum() <= 0 or total <= 0:
            return []
        owned, nobody = groups_of(self.rep), np.zeros(len(self.rep), dtype=bool)
        groups = []
        for k, row in enumerate(books.itertuples(index=False)):
            if not row.active or not fair[k] > 0:
                continue
            own = owned.get(str(row.rep_id), nobody)
            became = ratio(self.actual[own], self.planned[own])
            unit = became.below / total / (float(fair[k]) / float(fair.sum()))
            planned = float(given[k]) / float(given.sum()) / (float(fair[k]) / float(fair.sum()))
            bottom, top, aimed = (float(getattr(row, f"potential_{e}")) for e in ("low", "high", "target"))
            band = None
            if not math.isnan(bottom) and aimed > 0:
                band, planned = (bottom / aimed, top / aimed), float(given[k]) / aimed
            groups.append(Held(str(row.rep_id), planned, became, unit, band))
        return judged(groups, "rep_id")

    def _drift_of_territories(self) -> list[dict[str, Any]]:
        """Each territory's share of what was sold ÷ that of what was planned; its band is the tolerance of the plan."""
        total, planned = float(self.actual.sum()), float(self.planned.sum())
        if total <= 0 or planned <= 0:
            return []
        balances = [t for t in self.plan.terms.values() if isinstance(t, Balance) and t.metric == "potential"]
        wide = balances[0].tolerance if balances and balances[0].tolerance > 0 else USUAL
        groups = []
        for name, own in groups_of(self._text("territory")).items():
            became = ratio(self.actual[own], self.planned[own])
            if became.below > 0:
                groups.append(Held(name, 1.0, became, planned / total, (1 - wide, 1 + wide)))
        return judged(groups, "territory")

    def _followed(self) -> dict[str, Any]:
        """How far the plan was followed: rows of the period, and sales, that the planned rep made."""
        planned = self.rows["customer_id"].map(dict(zip(self.customers["customer_id"], self.rep, strict=True)))
        named = (self.rows["rep_id"] != "").to_numpy(dtype=bool) & (planned != "").to_numpy(dtype=bool)
        own = (self.rows["rep_id"] == planned).to_numpy(dtype=bool) & named
        won = is_outcome(self.rows["outcome"], *self.plan.learning.won).to_numpy(dtype=bool)
        money = np.where(won, np.nan_to_num(self.rows["amount"].to_numpy(dtype=np.float64)), 0.0)
        sold = float(money[named].sum())
        return {
            "rows": int(named.sum()),
            "share": float(own.sum() / named.sum()) if named.any() else None,
            "sales_share": float(money[own].sum()) / sold if sold > 0 else None,
        }

    def _moves(self) -> dict[str, Any]:
        """What customers that changed hands lost against those that stayed, and the shares the plan reckoned with."""
        reckoned = (self.run.result.get("metrics", {}).get("handover") or {}).get("shares")
        return lost(self.actual, self.past, self.moved, self.stayed) | {"reckoned": reckoned}

    def _year_before(self) -> Floats:
        history = self.run.tables.history
        first = months_before(self.plan.period.first, 12)
        last = months_before(self.last + dt.timedelta(days=1), 12)
        inside = (history["date"] >= pd.Timestamp(first)) & (history["date"] < pd.Timestamp(last))
        begins = history["date"].min()
        late = begins > pd.Timestamp(first + slack(self.plan.period))
        if late and history["date"][inside].nunique() >= FEWEST_DAYS:
            self.notes.append(
                f"history begins on {begins.date()}, within the same days a year before (from {first} on): sales then "
                "are not known whole, and nothing is held against them"
            )
            return np.zeros(len(self.customers))
        return self._sales(history[inside])

    def _scores(self) -> tuple[Floats, Floats]:
        """float64[customers] each: the mean score before the period and in it; NaN for none."""
        history = self.run.tables.history
        before = history[history["date"] < pd.Timestamp(self.plan.period.first)]
        then, now = (
            t.dropna(subset=["feedback"]).groupby("customer_id")["feedback"].mean()
            .reindex(self.customers["customer_id"]).to_numpy(dtype=np.float64)
            for t in (before, self.rows)
        )  # fmt: skip
        return then, now

    def _trend(self) -> dict[str, Any]:
        """Growth against the same days a year before, which leaves the season out, by segment and territory."""
        past = self.past
        if not past.any():
            self.notes.append("no sales in history in the same days a year before: no trend can be told")
            return {"all": None, "segment": [], "territory": []}
        whole = ratio(self.actual, past)
        parts: dict[str, tuple[list[str], dict[str, float]]] = {
            n: (self._text(n), {}) for n in ("segment", "territory")
        }
        told = Line("all", whole, "as the rest" if whole.enough else "too little data").as_dict()
        lines = broken_down(self.actual, parts, past, shares=True)
        fresh = np.where(self._bought_before() > 0, 0.0, self.actual)
        for name, (labels, _) in parts.items():
            own = groups_of(labels)
            for line in lines[name]:
                new = float(fresh[own[line["name"]]].sum())
                line |= {"new": new, "new_share": new / float(fresh.sum()) if fresh.any() else None}
        return {"all": told | {"new": float(fresh.sum())}, **lines}

    def _bought_before(self) -> Floats:
        """float64[customers]: sales in the twelve months before the period."""
        history, first = self.run.tables.history, self.plan.period.first
        year = (history["date"] >= pd.Timestamp(months_before(first, 12))) & (history["date"] < pd.Timestamp(first))
        return self._sales(history[year])


def _seen_until(period: Period, dates: pd.Series[Any]) -> dt.date:
    """Return the period's last day; or the last day with a row, where the rows stop well before the period does."""
    days = [period.first, *(d.date() for d in dates.drop_duplicates().sort_values())]
    if len(days) <= FEWEST_DAYS:
        return period.last
    before = max(late - early for early, late in pairwise(days))
    rest = period.last - days[-1]
    return days[-1] if rest > slack(period) and rest > SILENCE * before else period.last


def _nothing_of(plan: Plan, actuals: pd.DataFrame, inside: pd.Series[bool]) -> Problem:
    """Why there is nothing to evaluate by."""
    days = f"{plan.period.first} to {plan.period.last}"
    dates = actuals["date"].dropna()
    if not len(actuals):
        return Problem("no_actuals", "the file of what happened holds no rows", expected=f"rows dated {days}")
    if inside.any():
        there = ", ".join(shorten(c, 30) for c in actuals["customer_id"][inside].drop_duplicates()[:3])
        message = f"no row of the period is of a customer of the plan; there are rows of {there}"
        return Problem("no_actuals", message, expected="the plan's customer_id")
    has = f"they are dated {dates.min().date()} to {dates.max().date()}" if len(dates) else "none has a date"
    message = f"no row of what happened is of the plan's period {plan.period_name}: {has}"
    fix = "evaluate the run of that period" if len(dates) else "say which column it is: data.history.columns: {date: …}"
    return Problem("no_actuals", message, expected=f"rows dated {days}", fix=fix)
