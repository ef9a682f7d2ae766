"""A period's plan held against what happened in it: attainment, forecast, balance, hand-overs, feedback, the market."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scenarios.evaluate.bands import USUAL, Held, judged
from scenarios.evaluate.breakdown import Line, broken_down
from scenarios.evaluate.forecast import forecast
from scenarios.evaluate.handed_over import felt, lost
from scenarios.evaluate.happened import FEWEST_DAYS, happened
from scenarios.evaluate.ratios import FEWEST, groups_of, ratio
from scenarios.plan.period import slack
from scenarios.plan.plan import Plan, parse_plan
from scenarios.run.figures import gini
from scenarios.run.record import Run
from scenarios.run.sales import is_outcome
from scenarios.sources.derive import months_before
from solver.arrays import Floats
from solver.names import fold
from solver.objectives.balance import Balance
from solver.problems import InputError, Problem
from solver.sentences import Sentence, sentence

#: Groups of customers by the size of their potential, of which forecast and sales are held against each other.
TENTHS = 10


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
        The run has no plan, or the rows tell of no sales in its period to its customers, see `happened`.
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
        of = happened(plan, self.customers["customer_id"], actuals)
        self.rows, self.last = of.rows, of.until
        self.seen = ((self.last - plan.period.first).days + 1) / plan.period.days
        self.actual = self._sales(self.rows)
        expected = forecast(plan, run.tables)
        self.planned, self.part = self.seen * expected.planned, self.seen * expected.part
        self.potential: Floats = np.nan_to_num(self.customers["potential"].to_numpy(dtype=np.float64))
        self.notes: list[Sentence] = [*of.notes, *expected.notes]
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
                sentence("history begins on {day}, within the same days a year before (from {first} on): sales then "
                         "are not known whole, and nothing is held against them", day=begins.date(), first=first)
            )  # fmt: skip
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
            self.notes.append(sentence("no sales in history in the same days a year before: no trend can be told"))
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
