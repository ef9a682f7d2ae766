"""What is known of customers, reps and pairs, as numbers: the features of the model.

A *group* is a set of effects of one kind that shrink together, one effect a *level*: each rep, each rep in each
industry. A *measure* is a number such as the days since the last contact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from solver.arrays import Bools, Floats, Ints
from solver.fit.declared import listed, surplus
from solver.fit.learned.past import Past
from solver.fit.learned.settings import Learning
from solver.names import folds

#: Groups of every model: the traits whose combinations are the levels. Customers' own, reps' own, and of both.
CUSTOMER_GROUPS: tuple[tuple[str, ...], ...] = (
    ("industry",), ("segment",), ("territory",), ("region",), ("customer",),
)  # fmt: skip
REP_GROUPS: tuple[tuple[str, ...], ...] = (("rep",), ("team",))
PAIR_GROUPS: tuple[tuple[str, ...], ...] = (("rep", "industry"), ("team", "industry"), ("rep", "segment"))

#: Measures by the family that shrinks together.
MEASURES: dict[str, tuple[str, ...]] = {
    "of the customer": ("size", "needs"),
    "of the rep": ("tenure", "breadth"),
    "of the match": ("industry_match", "segment_match", "skill_surplus"),
    "of the shared past": ("contacts", "recency", "pair_won", "pair_lost", "pair_feedback"),
}
#: Days in which the memory of the last contact falls to a third.
MEMORY = 90.0
DAYS_A_YEAR = 365.25


def region_of(territory: str) -> str:
    """Return the territory above one: ``emea/de/south`` → ``emea/de``; nothing where there is none."""
    return territory.rpartition("/")[0]


@dataclass(frozen=True)
class Questions:
    """Pairs at a day each: int64 arrays of one length; positions, days since 1970."""

    customer: Ints
    rep: Ints
    day: Ints

    def of(self, which: Bools | Ints) -> Questions:
        """Return some of them."""
        return Questions(self.customer[which], self.rep[which], self.day[which])


class Traits:
    """The features of any pair at any day.

    Parameters
    ----------
    customers, reps : tables, as in `solver.tables.Tables`.
    past : their history.
    learning : what the plan says.
    vocabulary : levels of each trait by name as a model knows them; by default those of the tables.
    sized : whether potential may be used: not where it comes from the very deals that are predicted.
    """

    def __init__(
        self,
        customers: pd.DataFrame,
        reps: pd.DataFrame,
        past: Past,
        learning: Learning,
        vocabulary: Mapping[str, Sequence[str]] | None = None,
        sized: bool = True,
    ):
        self.past, self.sized = past, sized
        self.n_customers, self.n_reps = len(customers), len(past.rep_ids)
        self._customers, self._reps = customers, reps
        own_c, own_r = tuple(learning.customer_columns), tuple(learning.rep_columns)
        self.customer_groups = (*CUSTOMER_GROUPS, *((f"customer:{c}",) for c in own_c))
        self.rep_groups = (*REP_GROUPS, *((f"rep:{c}",) for c in own_r))
        territory = folds(customers["territory"].tolist())
        text: dict[str, list[str]] = {
            "industry": folds(customers["industry"].tolist()),
            "segment": folds(customers["segment"].tolist()),
            "territory": territory,
            "region": [region_of(t) for t in territory],
            "customer": customers["customer_id"].tolist(),
            **{f"customer:{c}": folds(customers[c].tolist()) for c in own_c},
        }
        others = [""] * (self.n_reps - len(reps))
        text_r: dict[str, list[str]] = {
            "rep": list(past.rep_ids),
            "team": [*folds(reps["team"].tolist()), *others],
            **{f"rep:{c}": [*folds(reps[c].tolist()), *others] for c in own_r},
        }
        self.of_rep = frozenset(text_r)
        both = {**text, **text_r}
        self.vocabulary: dict[str, list[str]] = {
            name: list(vocabulary[name]) if vocabulary is not None else sorted({v for v in values if v})
            for name, values in both.items()
        }
        #: int64[customers or reps]: which level of each trait everybody has, -1 for none or one that is not known.
        self.level: dict[str, Ints] = {name: _codes(values, self.vocabulary[name]) for name, values in both.items()}

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """All groups."""
        return (*self.customer_groups, *self.rep_groups, *PAIR_GROUPS)

    def levels(self, group: tuple[str, ...], of: Questions) -> Ints:
        """int64[questions]: the level of a group, numbered over the combinations of its traits; -1 for none."""
        number = np.zeros(len(of.customer), dtype=np.int64)
        known = np.ones(len(of.customer), dtype=bool)
        for trait in group:
            if trait in self.of_rep:
                code = np.where(of.rep >= 0, self.level[trait][of.rep], -1)
            else:
                code = self.level[trait][of.customer]
            known &= code >= 0
            number = number * max(1, len(self.vocabulary[trait])) + code
        return np.where(known, number, -1)

    def measure(self, family: str, of: Questions) -> dict[str, Floats]:
        """float64[questions] for each measure of a family; NaN where it is not known."""
        if family == "of the customer":
            return {"size": self._size[of.customer], "needs": self._needs[of.customer]}
        if family == "of the rep":
            start = np.where(of.rep >= 0, self._start[of.rep], np.nan)
            years = np.maximum(of.day - start, 0) / DAYS_A_YEAR
            return {"tenure": np.log1p(years), "breadth": np.where(of.rep >= 0, self._breadth[of.rep], np.nan)}
        if family == "of the match":
            return self._match(of)
        shared = self.past.shared(of.customer, of.rep, of.day)
        mean = np.divide(shared.score_sum, shared.scores, out=np.full(len(of.day), np.nan), where=shared.scores > 0)
        recency = np.where(shared.contacts > 0, np.exp(-(of.day - shared.last) / MEMORY), 0.0)
        return {
            "contacts": np.log1p(shared.contacts),
            "recency": recency,
            "pair_won": np.log1p(shared.won),
            "pair_lost": np.log1p(shared.lost),
            "pair_feedback": mean,
        }

    # --- of customers and reps -------------------------------------------------------------------

    @cached_property
    def _size(self) -> Floats:
        potential = self._customers["potential"].to_numpy(dtype=np.float64)
        known = (potential > 0) & self.sized
        return np.asarray(np.where(known, np.log1p(np.maximum(potential, 0)), np.nan))

    @cached_property
    def _needs(self) -> Floats:
        return np.array([len(s) for s in self._customers["required_skills"]], dtype=np.float64)

    @cached_property
    def _start(self) -> Floats:
        days = self._reps["start_date"].to_numpy().astype("datetime64[D]")
        start = np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(np.float64))
        return np.asarray(np.r_[start, np.full(self.n_reps - len(start), np.nan)])

    @cached_property
    def _breadth(self) -> Floats:
        listed_of = [float(len(listed(v))) or np.nan for v in self._reps["industries"]]
        return np.asarray(np.r_[np.array(listed_of, dtype=np.float64), np.full(self.n_reps - len(listed_of), np.nan)])

    # --- of the match ----------------------------------------------------------------------------

    def _match(self, of: Questions) -> dict[str, Floats]:
        found = {}
        for name, trait, column in (
            ("industry_match", "industry", "industries"),
            ("segment_match", "segment", "segments"),
        ):
            level = self.level[trait][of.customer]
            held, some = self._held(trait, column)
            key = of.rep * max(1, len(self.vocabulary[trait])) + level
            hit = np.isin(key, held).astype(np.float64)
            known = (level >= 0) & (of.rep >= 0)
            known &= some[np.maximum(of.rep, 0)]
            found[name] = np.where(known, hit, np.nan)
        table, need = self._surplus
        which = need[of.customer]
        rep = np.maximum(of.rep, 0)
        found["skill_surplus"] = np.where((which >= 0) & (of.rep >= 0), table[np.maximum(which, 0), rep], np.nan)
        return found

    def _held(self, trait: str, column: str) -> tuple[Ints, Bools]:
        """Sorted numbers rep × levels + level of what reps list; whether each rep lists anything at all."""
        at = {name: k for k, name in enumerate(self.vocabulary[trait])}
        of_reps = [listed(v) for v in self._reps[column]] if column in self._reps else []
        width = max(1, len(at))
        held = [i * width + at[n] for i, names in enumerate(of_reps) for n in names if n in at]
        some = np.zeros(self.n_reps, dtype=bool)
        some[: len(of_reps)] = [bool(n) for n in of_reps]
        return np.array(sorted(held), dtype=np.int64), some

    @cached_property
    def _surplus(self) -> tuple[Floats, Ints]:
        """How far each rep exceeds each distinct set of required skills, mean over its skills; which set each has."""
        sets: dict[tuple[tuple[str, int], ...], int] = {}
        which = np.array(
            [
                sets.setdefault(tuple(sorted(s.items())), len(sets)) if s else -1
                for s in self._customers["required_skills"]
            ],
            dtype=np.int64,
        )
        has = self._reps["skills"].tolist()
        table = np.full((max(1, len(sets)), self.n_reps), np.nan)
        for needs, k in sets.items():
            for i, skills in enumerate(has):
                table[k, i] = sum(surplus(skills.get(n, 0), level) for n, level in needs) / len(needs)
        return table, which


def _codes(values: list[str], vocabulary: list[str]) -> Ints:
    return pd.Index(vocabulary, dtype=object).get_indexer(pd.Index(values, dtype=object)).astype(np.int64)
