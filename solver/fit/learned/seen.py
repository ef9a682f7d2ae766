"""A learned fit as audits see it: one pair at a time, from the stored model and the tables, in plain Python.

Nothing here is shared with the scorer that the engine's model is made with but the model itself.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

from solver.fit.learned.model import Group, Model, Part
from solver.fit.learned.tallies import DRAW
from solver.fit.learned.traits import DAYS_A_YEAR, MEASURES, MEMORY, region_of
from solver.fit.learned.trees import DECIMALS, Boosted
from solver.names import fold

if TYPE_CHECKING:
    from solver.fit.learned.tallies import Tally
    from solver.view import View


class _Met:
    """What a customer and a rep shared before the period."""

    __slots__ = ("contacts", "last", "lost", "score_sum", "scores", "won")

    def __init__(self) -> None:
        self.contacts = self.won = self.lost = self.scores = 0
        self.score_sum = 0.0
        self.last: dt.date | None = None


class Seen:
    """A model with the tables of a view."""

    def __init__(self, model: Model, view: View):
        self._model, self._first, self._days = model, view.period.first, view.period.days
        self._customers, self._reps = view.customers, view.reps
        self._met = self._meet(view)
        self._known: dict[str, frozenset[str]] = {}
        own = model.learning
        columns_c = {"industry": "industry", "segment": "segment", "territory": "territory"}
        columns_c |= {f"customer:{c}": c for c in own.customer_columns}
        columns_r = {"team": "team"} | {f"rep:{c}": c for c in own.rep_columns}
        self._text_c = {trait: [fold(v) for v in view.customers[c]] for trait, c in columns_c.items()}
        self._text_c["region"] = [region_of(t) for t in self._text_c["territory"]]
        self._text_c["customer"] = list(view.customers["customer_id"])
        self._text_r = {trait: [fold(v) for v in view.reps[c]] for trait, c in columns_r.items()}
        self._text_r["rep"] = list(view.reps["rep_id"])
        self._industries = [_names(v) for v in view.reps["industries"]]
        self._segments = [_names(v) for v in view.reps["segments"]]
        self._chance: _Sum | _Trees = (
            _Trees(model.chance, self) if isinstance(model.chance, Boosted) else _Sum(model.chance, self)
        )
        self._amount = _Sum(model.money.amount, self) if model.money else None

    @property
    def knows_money(self) -> bool:
        """Whether the model knows amounts."""
        return self._amount is not None

    def win(self, customer: int, rep: int) -> float:
        """Return the chance of winning, 0 to 1."""
        odds = self._model.offset + self._model.slope * self._chance.of(customer, rep)
        return 1 / (1 + math.exp(-odds)) if odds > -700 else 0.0

    def fit(self, customer: int, rep: int) -> float:
        """Return the chance of winning, stretched to 0 to 1 as the model says."""
        low, high = self._model.floor, self._model.ceiling
        return min(1.0, max(0.0, (self.win(customer, rep) - low) / (high - low)))

    def money(self, customer: int, rep: int) -> float:
        """Return the money expected in the period; 0 where the model knows no amounts."""
        money = self._model.money
        if money is None or self._amount is None:
            return 0.0
        vocabulary = self._model.at_customer
        name, segment = self._text_c["customer"][customer], self._text_c["segment"][customer]
        if name in vocabulary:
            rate = money.rate[vocabulary[name]]
        else:
            rate = money.rate_of[self._model.at_segment.get(segment, -1)]
        brought = math.exp(self._amount.of(customer, rep)) * money.smear
        return float(self.win(customer, rep) * rate * self._days * brought)

    def _meet(self, view: View) -> dict[tuple[str, str], _Met]:
        found: dict[tuple[str, str], _Met] = {}
        table = view.history
        outcome = {w: self._model.learning.outcome(str(w)) for w in set(table["outcome"])}
        rows = zip(
            table["customer_id"], table["rep_id"], table["date"], table["outcome"], table["feedback"], strict=True
        )
        for customer, rep, date, word, score in rows:
            if not rep or date != date:
                continue
            day = date.date() if isinstance(date, dt.datetime) else date
            if day >= self._first:
                continue
            met = found.setdefault((customer, rep), _Met())
            met.contacts += 1
            met.won += outcome[word] == 1
            met.lost += outcome[word] == 0
            met.last = day if met.last is None or day > met.last else met.last
            if score == score and score is not None:
                met.scores += 1
                met.score_sum += score
        return found

    # --- measures --------------------------------------------------------------------------------

    def measure_of_customer(self, name: str, customer: int) -> float | None:
        """Return a number of the customer alone; None where it is not known."""
        if name == "needs":
            return float(len(self._customers["required_skills"][customer]))
        potential = self._customers["potential"][customer]
        return math.log1p(potential) if self._model.sized and potential > 0 else None

    def measure_of_rep(self, name: str, rep: int) -> float | None:
        """Return a number of the rep alone."""
        if name == "breadth":
            return float(len(self._industries[rep])) or None
        start = self._reps["start_date"][rep]
        if start != start:
            return None
        begun = start.date() if isinstance(start, dt.datetime) else start
        return math.log1p(max((self._first - begun).days, 0) / DAYS_A_YEAR)

    def measure_of_pair(self, name: str, customer: int, rep: int) -> float | None:
        """Return a number of both."""
        if name == "industry_match":
            return _match(self._text_c["industry"][customer], self._industries[rep], self._model.at_industry)
        if name == "segment_match":
            return _match(self._text_c["segment"][customer], self._segments[rep], self._model.at_segment)
        if name == "skill_surplus":
            required = self._customers["required_skills"][customer]
            if not required:
                return None
            above = 0.0
            for skill, level in required.items():
                has = self._reps["skills"][rep].get(skill, 0)
                above += 0.0 if has < level else 1.0 if level == 5 else (has - level) / (5 - level)
            return above / len(required)
        met = self._met.get((self._text_c["customer"][customer], self._text_r["rep"][rep]))
        if met is None or met.last is None:
            return None if name == "pair_feedback" else 0.0
        if name == "recency":
            return math.exp(-(self._first - met.last).days / MEMORY)
        if name == "pair_feedback":
            return met.score_sum / met.scores if met.scores else None
        return math.log1p({"contacts": met.contacts, "pair_won": met.won, "pair_lost": met.lost}[name])

    def trait(self, name: str, customer: int, rep: int) -> str:
        """Return the name of a trait's level."""
        return self._text_c[name][customer] if name in self._text_c else self._text_r[name][rep]

    def known(self, name: str) -> frozenset[str]:
        """Return the names of a trait that the model knows."""
        if name not in self._known:
            self._known[name] = frozenset(self._model.vocabulary[name])
        return self._known[name]

    def is_of_rep(self, name: str) -> bool:
        """Whether a trait is the rep's."""
        return name in self._text_r


#: Whether a family of measures is of the customer, of the rep, or of both.
_FAMILIES = {"of the customer": "c", "of the rep": "r", "of the match": "p", "of the shared past": "p"}


class _Sum:
    """One regression; what depends on the customer alone, or the rep alone, is added up once."""

    def __init__(self, part: Part, seen: Seen):
        self._part, self._seen, self._model = part, seen, seen._model
        self._alone: dict[tuple[str, int], float] = {}
        self._of: dict[str, list[tuple[tuple[str, ...], dict[tuple[str, ...], float]]]] = {"c": [], "r": [], "p": []}
        for group in part.groups:
            sides = {seen.is_of_rep(t) for t in group.of}
            side = "p" if len(sides) > 1 else "r" if True in sides else "c"
            self._of[side].append((group.of, _named(group, group.mean.tolist(), self._model)))
        self._measures = {s: [m for m in part.measures if _FAMILIES[m.family] == s] for s in "crp"}

    def of(self, customer: int, rep: int) -> float:
        """Return the value for a pair."""
        value = self._part.intercept + self._side("c", customer) + self._side("r", rep)
        for traits, effects in self._of["p"]:
            value += effects.get(tuple(self._seen.trait(t, customer, rep) for t in traits), 0.0)
        for m in self._measures["p"]:
            number = self._seen.measure_of_pair(m.name, customer, rep)
            value += 0.0 if number is None else m.mean * (number - m.centre) / m.scale
        return value

    def _side(self, side: str, at: int) -> float:
        if (side, at) not in self._alone:
            value = 0.0
            for traits, effects in self._of[side]:
                value += effects.get(tuple(self._seen.trait(t, at, at) for t in traits), 0.0)
            for m in self._measures[side]:
                of = self._seen.measure_of_customer if side == "c" else self._seen.measure_of_rep
                number = of(m.name, at)
                value += 0.0 if number is None else m.mean * (number - m.centre) / m.scale
            self._alone[side, at] = value
        return self._alone[side, at]


class _Trees:
    """Boosted trees, walked node by node."""

    def __init__(self, boosted: Boosted, seen: Seen):
        self._boosted, self._seen = boosted, seen
        pairs = [list(zip(t.won.tolist(), t.closed.tolist(), strict=True)) for t in boosted.tallies]
        self._tallies = [(t.of, _named(t, of, seen._model)) for t, of in zip(boosted.tallies, pairs, strict=True)]
        self._overall = (boosted.won + 1) / (boosted.closed + 2)
        self._forests = [
            (f.baseline, [[a.tolist() for a in (t.feature, t.threshold, t.missing_left, t.left, t.right, t.value)]
                          for t in f.trees])
            for f in boosted.forests
        ]  # fmt: skip

    def of(self, customer: int, rep: int) -> float:
        """Return the log-odds of a pair."""
        told = self._told(customer, rep)
        sums = []
        for value, trees in self._forests:
            for feature, threshold, missing_left, left, right, leaf in trees:
                node = 0
                while feature[node] >= 0:
                    x = told[feature[node]]
                    goes_left = missing_left[node] if x is None else x <= threshold[node]
                    node = left[node] if goes_left else right[node]
                value += leaf[node]
            sums.append(value)
        return sum(sums) / len(sums)

    def _told(self, customer: int, rep: int) -> list[float | None]:
        seen = self._seen
        found: list[float | None] = []
        for of, counts in self._tallies:
            level = tuple(seen.trait(t, customer, rep) for t in of)
            if any(name not in known for name, known in zip(level, (seen.known(t) for t in of), strict=True)):
                found += [None, None]
                continue
            won, closed = counts.get(level, (0.0, 0.0))
            rate = (won + DRAW * self._overall) / (closed + DRAW)
            found.append(math.log(rate / (1 - rate)) - math.log(self._overall / (1 - self._overall)))
            found.append(math.log1p(closed))
        for family in self._boosted.families:
            for name in MEASURES[family]:
                side = _FAMILIES[family]
                if side == "c":
                    found.append(seen.measure_of_customer(name, customer))
                elif side == "r":
                    found.append(seen.measure_of_rep(name, rep))
                else:
                    found.append(seen.measure_of_pair(name, customer, rep))
        return [None if x is None else round(x, DECIMALS) for x in found]


def _named(of: Group | Tally, values: list[Any], model: Model) -> dict[tuple[str, ...], Any]:
    """What is known of the levels of a group by their names."""
    found = {}
    for number, value in zip(of.level.tolist(), values, strict=True):
        names, rest = [], number
        for trait in reversed(of.of):
            rest, k = divmod(rest, max(1, len(model.vocabulary[trait])))
            names.append(model.vocabulary[trait][k])
        found[tuple(reversed(names))] = value
    return found


def _match(name: str, listed: frozenset[str], known: Any) -> float | None:
    """Whether a rep lists a customer's level; None where one of them says nothing, or no training data had it."""
    if not name or not listed or name not in known:
        return None
    return 1.0 if name in listed else 0.0


def _names(cell: Any) -> frozenset[str]:
    """The names in a rep's cell."""
    if isinstance(cell, str):
        cell = cell.split(";")
    elif not isinstance(cell, tuple | list):
        cell = [cell]
    return frozenset(n for v in cell if (n := fold(v)))
