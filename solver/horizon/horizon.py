"""Several periods as one instance: an option of a unit is a path, the rep that looks after it in each period.

Loads and scores of every period come from its own draft. What remembers (a move budget, a holding time, continuity, a
lock to the current rep) is said of paths here, as there the current rep is that of the period before. All of it is
linear but one thing: the customers that could stay, by which continuity is divided, depend on the plan. They are taken
as all customers, which makes a loss no larger than it is; so the bound of the instance holds for the audited scores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from solver.arrays import Bools, Floats, Ints, codes
from solver.draft import Draft
from solver.fit.declared import lists_industry
from solver.horizon.paths import Paths, Stretch, Walks, remembers
from solver.instance import Instance
from solver.integers import Loads, TermPart, assemble
from solver.names import fold
from solver.objectives.continuity import Continuity
from solver.pairs import Pairs
from solver.rules.move_budget import MoveBudget
from solver.rules.pin import Pin
from solver.tables import DECIMALS

_YEAR = 365.25


@dataclass(frozen=True)
class Horizon:
    """Several periods as one instance.

    Attributes
    ----------
    instance : its options are paths; its score is the mean of the periods' scores, or a little above.
    drafts : of each period.
    reps : rep_ids of all periods.
    rep : int64[options, periods], position in `reps`, -1 where nobody may have the unit in the period.
    pruned : units of which only the most promising paths are here.
    bounded : whether the instance's bound holds for the audited mean: not where a later period locks customers to their
        current rep, as fit and travel are measured by the best and farthest rep that a customer may have.
    """

    instance: Instance
    drafts: tuple[Draft, ...]
    reps: tuple[str, ...]
    rep: Ints
    pruned: int
    bounded: bool

    def assignments(self, choice: Ints) -> list[dict[str, str]]:
        """Return for each period who has whom, customer_id → rep_id, of a choice of paths."""
        ids = self.drafts[0].customers["customer_id"].tolist()
        option = choice[self.instance.customer_unit]
        found = []
        for t in range(len(self.drafts)):
            rep = np.where(option >= 0, self.rep[option, t] if len(self.rep) else -1, -1)
            found.append({c: self.reps[i] for c, i in zip(ids, rep.tolist(), strict=True) if i >= 0})
        return found

    def choice_of(self, assignments: Sequence[Mapping[str, str]]) -> Ints:
        """int64[units]: the path of each unit in given assignments, -1 where it is not among the options."""
        at = {r: i for i, r in enumerate(self.reps)}
        ids = self.drafts[0].customers["customer_id"].tolist()
        table = np.array([[at.get(a.get(c, ""), -1) for a in assignments] for c in ids], dtype=np.int64)
        table = table.reshape(len(ids), len(self.drafts))
        inst = self.instance
        first = np.full(inst.n_units, -1, dtype=np.int64)
        first[inst.customer_unit[::-1]] = np.arange(len(ids))[::-1]
        choice = np.full(inst.n_units, -1, dtype=np.int64)
        same = (self.rep == table[first[inst.option_unit]]).all(axis=1) & (self.rep >= 0).any(axis=1)
        hit = np.flatnonzero(same)
        choice[inst.option_unit[hit]] = hit
        return choice


def horizon_of(
    stretches: Sequence[Stretch],
    moves: int = 1,
    most: int = 400,
    known: Sequence[Mapping[str, str]] = (),
    cancelled: Callable[[], bool] = lambda: False,
) -> Horizon:
    """Lay several periods out as one instance.

    Parameters
    ----------
    stretches : the periods, in order, of the same customers and families.
    moves : how often a unit may move by choice within the horizon; moves by force do not count.
    most : paths of one unit, at most; the most promising by score are kept. Where there are more than ten times
        as many, moves lead only to the reps with the best scores in each period.
    known : an assignment a period; of its paths those that move no more often than that are never left out.
    cancelled : asked at every unit; once it is true only the most promising paths of the others are looked at.

    Raises
    ------
    ValueError
        Customers or families are not the same in all periods.
    OverflowError
        As `Draft.instance`.
    """
    walks = Walks(stretches, moves, most, known, cancelled)
    bounded = not any(isinstance(r, Pin) and remembers(r) for s in stretches[1:] for r in s.rules.values())
    instance = _Assembly(walks).instance()
    return Horizon(instance, tuple(walks.drafts), tuple(walks.reps), walks.paths.rep, walks.pruned, bounded)


@dataclass(frozen=True)
class _Assembly:
    walks: Walks

    def instance(self) -> Instance:
        """Return the instance of all paths."""
        paths = self.walks.paths
        indptr = np.r_[0, np.cumsum(np.bincount(paths.unit, minlength=self.walks.units))].astype(np.int64)
        none = np.zeros(0, dtype=np.int64)
        pairs = Pairs(indptr, paths.unit, self.walks.kind, none, none, none)
        hard: list[Loads] = []
        parts: dict[str, TermPart] = {}
        for t, draft in enumerate(self.walks.drafts):
            option, name = paths.option[:, t], self.walks.stretches[t].name
            hard += [self._along(load, option, name) for load in draft.loads]
            hard += self._apart(draft, option, name)
            for term, part in draft.parts.items():
                parts[f"{term} {name}"] = self._part(part, option, name)
            if t:
                for term, kept in self.walks.stretches[t].terms.items():
                    if isinstance(kept, Continuity):
                        parts[f"{term} {name}"] = self._continuity(kept, paths, t)
                for rule, budget in self.walks.stretches[t].rules.items():
                    if isinstance(budget, MoveBudget):
                        hard += self._budget(rule, budget, paths, t)
        must: Bools = self.walks.must.sum(axis=0) > 0
        return assemble(
            pairs,
            self.walks.drafts[0].label,
            must[self.walks.drafts[0].label],
            max(1, self.walks.kinds),
            hard,
            parts,
            (),
        )

    @staticmethod
    def _along(load: Loads, option: Ints, name: str) -> Loads:
        """A period's load, every path with the entries of its option in that period."""
        start = np.searchsorted(load.option, option, side="left")
        count = np.where(option >= 0, np.searchsorted(load.option, option, side="right") - start, 0)
        path = np.repeat(np.arange(len(option)), count)
        within = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
        entry = np.repeat(start, count) + within
        of = [f"{o or 'no team'} {name}" for o in load.of]
        return replace(load, of=of, option=path, row=load.row[entry], amount=load.amount[entry])

    def _part(self, part: TermPart, option: Ints, name: str) -> TermPart:
        some = option >= 0

        def along(values: Any) -> Any:
            return None if values is None else np.where(some, values[option] if len(values) else 0, 0)

        loads = [self._along(load, option, name) for load in part.loads]
        return TermPart(part.weight, part.constant, along(part.gain), along(part.ties), loads)

    def _apart(self, draft: Draft, option: Ints, name: str) -> list[Loads]:
        """Separations of a period as loads: a row a rep that could have too many."""
        found = []
        p = draft.pairs
        for source, label, customers, limit in draft.separations:
            size = np.bincount(draft.label[customers], minlength=self.walks.units)
            amount = size[p.option_unit].astype(np.float64)
            most = np.bincount(p.option_rep, weights=amount, minlength=draft.n_reps)
            rows = np.flatnonzero(most > limit)
            at = np.full(draft.n_reps, -1, dtype=np.int64)
            at[rows] = np.arange(len(rows))
            keep = np.flatnonzero((amount > 0) & (at[p.option_rep] >= 0))
            ids = draft.reps["rep_id"].tolist()
            of = [f"{label} {ids[r]}" for r in rows.tolist()]
            low, high = np.full(len(rows), -np.inf), np.full(len(rows), float(limit))
            load = Loads(source, "customers", of, low, high, keep, at[p.option_rep[keep]], amount[keep])
            found.append(self._along(load, option, name))
        return found

    def _continuity(self, term: Continuity, paths: Paths, t: int) -> TermPart:
        """What a period's moves by choice take from continuity, if everybody could have stayed."""
        draft, day = self.walks.drafts[t], self.walks.stretches[t].period.first
        value = draft.amounts(term.value)
        tenure = self.walks.drafts[0].customers["tenure"].to_numpy(dtype=np.float64)
        years = (day - self.walks.stretches[0].period.first).days / _YEAR

        p = draft.pairs
        share = np.ones(len(p.customer))  # of what a move loses, for each customer of each option
        if term.industry_loss < 1:
            knows = lists_industry(draft.customers["industry"], draft.reps["industries"], p.customer, p.rep)
            share = np.where(knows, term.industry_loss, 1.0)

        def counted(long: Floats) -> Floats:
            amount: Floats = value * (1 + term.tenure_bonus * np.minimum(long, term.tenure_cap))
            return amount

        def moved(long: Floats) -> Floats:
            worth = np.bincount(p.option, weights=counted(long)[p.customer] * share, minlength=len(p.option_unit))
            option = paths.option[:, t]
            return np.where(option >= 0, worth[option] if len(worth) else 0.0, 0.0)

        most = np.bincount(draft.label, weights=counted(np.nan_to_num(tenure) + years), minlength=self.walks.units)
        # What a move loses counts as if the rep were new where it had changed before: no more than it is.
        whole, least = moved(np.where(np.isnan(tenure), 0.0, tenure + years)), moved(np.zeros(len(value)))
        first = zip(paths.unit.tolist(), paths.rep[:, 0].tolist(), strict=True)
        had = np.fromiter((self.walks.has(unit, rep) for unit, rep in first), bool, count=len(paths.unit))
        long: Bools = (paths.rep[:, :t] != paths.rep[:, :1]).sum(axis=1) == 0
        long = long & had
        lost = np.where(paths.chosen[:, t], np.where(long, whole, least), 0.0)
        placed = np.zeros(self.walks.units, dtype=bool)
        placed[paths.unit] = True
        total = float(most[placed].sum())
        # Losses from 100, not gains from 0: who has no rep cannot be lost, and is not among those to divide by.
        part = TermPart(term.weight, 100.0)
        if total > 0:
            part.gain = -100 * lost / total
        worthless = np.bincount(draft.label[value == 0], minlength=self.walks.units)
        part.ties = np.where(paths.could[:, t] & ~paths.chosen[:, t], worthless[paths.unit], 0).astype(np.int64)
        return part

    def _budget(self, name: str, rule: MoveBudget, paths: Paths, t: int) -> list[Loads]:
        """A period's move budget, on paths: who cannot stay takes its part of what the budget is a share of."""
        draft, period = self.walks.drafts[t], self.walks.stretches[t].name
        worth = np.bincount(draft.label, weights=draft.amounts(rule.metric, rule.where), minlength=self.walks.units)
        placed = np.zeros(self.walks.units, dtype=bool)
        placed[paths.unit] = True
        total, mine = float(worth[placed].sum()), worth[paths.unit]
        moved, could = paths.chosen[:, t], paths.could[:, t]
        forced = np.where(could, 0.0, mine)
        if rule.scope == "total":
            return self._rows(name, rule, "moves", period, np.where(moved, mine, 0.0), forced, total)
        team = rule.scope == "team"
        names = draft.reps["team" if team else "rep_id"].tolist()
        code, keys = codes(names, fold if team else str)
        group = np.full(len(self.walks.reps) + 1, -1, dtype=np.int64)  # the last stands for no rep
        group[self.walks.number[t]] = code
        home, to = group[paths.rep[:, t - 1]], group[paths.rep[:, t]]
        found: list[Loads] = []
        for g in range(len(keys)):
            if rule.direction in {"out", "both"}:
                gone, other = np.where(moved & (home == g), mine, 0.0), np.where(could & (home == g), 0.0, mine)
                found += self._rows(name, rule, f"{keys[g]} out", period, gone, other, total)
            if rule.direction in {"in", "both"}:
                come = np.where(moved & (to == g), mine, 0.0)
                found += self._rows(name, rule, f"{keys[g]} in", period, come, forced, total, len(keys))
        return found

    @staticmethod
    def _rows(
        name: str, rule: MoveBudget, of: str, period: str, moved: Floats, gone: Floats, total: float, parts: int = 1
    ) -> list[Loads]:
        """`moved ≤ limit`, and `moved ≤ share · (total − gone)` with all that a plan decides on the left."""
        found = []
        for amount, upper in (
            (moved, rule.limit),
            (None, None)
            if rule.share is None
            else (moved + _up(rule.share / parts * gone), rule.share / parts * total),
        ):
            if amount is None or upper is None:
                continue
            path = np.flatnonzero(amount)
            limit = np.array([np.floor(round(upper * 10**DECIMALS, 3)) / 10**DECIMALS])
            low, row = np.full(1, -np.inf), np.zeros(len(path), dtype=np.int64)
            found.append(Loads(name, rule.metric, [f"{of} {period}"], low, limit, path, row, amount[path]))
        return found


def _up(amount: Floats) -> Floats:
    """Amounts rounded up to the tables' decimals, so that no budget is overspent by rounding."""
    whole: Floats = np.ceil(np.round(amount * 10**DECIMALS, 3)) / 10**DECIMALS
    return whole
