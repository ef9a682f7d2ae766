"""Several periods as one instance: an option of a unit is a path, the rep that looks after it in each period.

Loads and scores of every period come from its own draft. What remembers (a move budget, a holding time, continuity, a
lock to the current rep) is said of paths here, as there the current rep is that of the period before. All of it is
linear but one thing: the customers that could stay, by which continuity is divided, depend on the plan. They are taken
as all customers, which makes a loss no larger than it is; so the bound of the instance holds for the audited scores.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from solver.arrays import Bools, Floats, Ints, codes
from solver.draft import Draft
from solver.instance import Instance
from solver.integers import Loads, TermPart, assemble
from solver.names import fold
from solver.objectives.base import Term
from solver.objectives.continuity import Continuity
from solver.pairs import Pairs
from solver.rules.base import Rule
from solver.rules.holding import Holding
from solver.rules.move_budget import MoveBudget
from solver.rules.pin import Pin
from solver.tables import DECIMALS, Period, Tables

_YEAR = 365.25


def remembers(part: Rule | Term) -> bool:
    """Whether a rule or term looks at the current rep, and with it at the period before."""
    return isinstance(part, MoveBudget | Holding | Continuity) or (isinstance(part, Pin) and part.to == "current_rep")


@dataclass(frozen=True)
class Stretch:
    """One period of a horizon: what a `Draft` is made from. In the first the current reps are those of the tables."""

    name: str
    period: Period
    tables: Tables
    rules: Mapping[str, Rule]
    terms: Mapping[str, Term]
    coverage_required: bool = False

    def draft(self, first: bool) -> Draft:
        """Return the period's draft; but for the first, without what remembers."""
        rules = {n: r for n, r in self.rules.items() if first or not remembers(r)}
        terms = {n: t for n, t in self.terms.items() if first or not remembers(t)}
        return Draft(self.tables, self.period, rules, terms, self.coverage_required)


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
) -> Horizon:
    """Lay several periods out as one instance.

    Parameters
    ----------
    stretches : the periods, in order, of the same customers and families.
    moves : how often a unit may move by choice within the horizon; moves by force do not count.
    most : paths of one unit, at most; the most promising by score are kept.
    known : an assignment a period, whose paths are options in any case.

    Raises
    ------
    ValueError
        Customers or families are not the same in all periods.
    OverflowError
        As `Draft.instance`.
    """
    return _Layout(stretches, moves, most, known).horizon()


@dataclass
class _Paths:
    """Paths of all units: option of each period's draft, -1 for none, and what happens on the way.

    `rep` numbers the reps of all periods; `chosen` says where the unit moves by choice, `could` where it could stay.
    """

    unit: Ints
    option: Ints
    rep: Ints
    chosen: Bools
    could: Bools


@dataclass
class _Layout:
    stretches: Sequence[Stretch]
    moves: int
    most: int
    known: Sequence[Mapping[str, str]]
    pruned: int = 0
    drafts: list[Draft] = field(default_factory=list)

    def horizon(self) -> Horizon:
        self.drafts = [s.draft(n == 0) for n, s in enumerate(self.stretches)]
        first = self.drafts[0]
        ids = first.customers["customer_id"].tolist()
        for draft, stretch in zip(self.drafts[1:], self.stretches[1:], strict=True):
            if draft.customers["customer_id"].tolist() != ids:
                raise ValueError(f"the customers of {stretch.name} are not those of {self.stretches[0].name}")
            if not np.array_equal(draft.label, first.label):
                raise ValueError(f"the families of {stretch.name} are not those of {self.stretches[0].name}")
        names = list(dict.fromkeys(r for d in self.drafts for r in d.reps["rep_id"]))
        self.reps = {r: i for i, r in enumerate(names)}
        self.number = [np.array([self.reps[r] for r in d.reps["rep_id"]], dtype=np.int64) for d in self.drafts]
        self.units = len(first.pairs.indptr) - 1
        self._facts()
        paths = self._sorted(self._paths())
        bounded = not any(isinstance(r, Pin) and remembers(r) for s in self.stretches[1:] for r in s.rules.values())
        return Horizon(self._instance(paths), tuple(self.drafts), tuple(names), paths.rep, self.pruned, bounded)

    # --- paths -----------------------------------------------------------------------------------

    def _facts(self) -> None:
        """What the paths of a unit depend on: its options, its members' days, what is locked."""
        first = self.drafts[0]
        self.spans: list[list[list[tuple[int, int]]]] = []
        for draft, number in zip(self.drafts, self.number, strict=True):
            p = draft.pairs
            rep = number[p.option_rep].tolist()
            starts, ends = p.indptr[:-1].tolist(), p.indptr[1:].tolist()
            self.spans.append([[(o, rep[o]) for o in range(a, b)] for a, b in zip(starts, ends, strict=True)])
        moved = np.bincount(first.pairs.option[first.moving], minlength=len(first.pairs.option_unit))
        self.moved_first = moved.tolist()
        self.must = np.zeros((len(self.drafts), self.units), dtype=bool)
        for t, draft in enumerate(self.drafts):
            np.logical_or.at(self.must[t], draft.label, draft.must)
        self.there = [set(number.tolist()) for number in self.number]
        self.locked = [
            self._locked(s, d) if t else {} for t, (s, d) in enumerate(zip(self.stretches, self.drafts, strict=True))
        ]
        self.since = self._days(first)
        self.best = [self._best(draft) for draft in self.drafts]
        self.greedy = self._known(first)

    def _locked(self, stretch: Stretch, draft: Draft) -> dict[int, bool]:
        """Units that a pin to the current rep holds where they are."""
        held = np.zeros(draft.n_customers, dtype=bool)
        for rule in stretch.rules.values():
            if isinstance(rule, Pin) and rule.to == "current_rep":
                held |= draft.chosen_customers(rule.where)
        return dict.fromkeys(np.unique(draft.label[held]).tolist(), True)

    def _days(self, first: Draft) -> list[dt.date | None]:
        """Since when each customer's current rep has it, as far as the tables tell."""
        day, found = self.stretches[0].period.first, []
        for since, tenure in zip(first.customers["assigned_since"], first.customers["tenure"], strict=True):
            known: dt.date | None = None
            if since == since and since is not None:
                known = dt.date(since.year, since.month, since.day)
            elif tenure == tenure and tenure is not None and tenure < 1000:
                known = day - dt.timedelta(days=round(tenure * _YEAR))
            found.append(known)
        return found

    def _best(self, draft: Draft) -> list[float]:
        """Weighted gain of each option, to tell promising paths."""
        gain = np.zeros(len(draft.pairs.option_unit))
        for part in draft.parts.values():
            if part.gain is not None:
                gain += part.weight * part.gain
        return gain.tolist()

    def _known(self, first: Draft) -> dict[int, tuple[int, ...]]:
        if len(self.known) != len(self.drafts):
            return {}
        found: dict[int, tuple[int, ...]] = {}
        for c, unit in zip(first.customers["customer_id"].tolist(), first.label.tolist(), strict=True):
            found.setdefault(unit, tuple(self.reps.get(a.get(c, ""), -1) for a in self.known))
        return found

    def _held(self, unit: int, t: int, since: int) -> bool:
        """Whether a unit that last changed hands in period `since` (-1: before the first) must stay in period t."""
        if unit in self.locked[t]:
            return True
        day = self.stretches[t].period.first
        for rule, mask in self._holdings(t):
            for j in self.drafts[0].members(unit).tolist():
                if mask[j]:
                    began = self.since[j] if since < 0 else self.stretches[since].period.first
                    free = None if began is None else rule.free_on(began, None, day)
                    if free is not None and free > day:
                        return True
        return False

    def _holdings(self, t: int) -> list[tuple[Holding, Bools]]:
        if not hasattr(self, "_masks"):
            self._masks: dict[int, list[tuple[Holding, Bools]]] = {}
        if t not in self._masks:
            rules = [r for r in self.stretches[t].rules.values() if isinstance(r, Holding)]
            self._masks[t] = [(r, self.drafts[t].chosen_customers(r.where)) for r in rules]
        return self._masks[t]

    def _paths(self) -> _Paths:
        rows: list[tuple[int, tuple[int, ...], tuple[int, ...], tuple[bool, ...], tuple[bool, ...]]] = []
        for unit in range(self.units):
            found = list(self._of_unit(unit))
            if len(found) > self.most:
                self.pruned += 1
                mine = self.greedy.get(unit)
                worth = [sum(self.best[t][o] for t, o in enumerate(f[0]) if o >= 0) for f in found]
                order = sorted(range(len(found)), key=lambda k: (found[k][1] != mine, any(found[k][2]), -worth[k]))
                stay = [k for k in order if not any(found[k][2]) or found[k][1] == mine]
                rest = sorted((k for k in order if k not in set(stay)), key=lambda k: -worth[k])
                found = [found[k] for k in sorted({*stay[: self.most], *rest[: max(0, self.most - len(stay))]})]
            rows += [(unit, *f) for f in found]
        periods = len(self.drafts)

        def table(n: int, kind: Any) -> Any:
            return np.array([r[n] for r in rows], dtype=kind).reshape(len(rows), periods)

        unit_of = np.array([r[0] for r in rows], dtype=np.int64)
        return _Paths(unit_of, table(1, np.int64), table(2, np.int64), table(3, bool), table(4, bool))

    def _of_unit(
        self, unit: int
    ) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], tuple[bool, ...], tuple[bool, ...]]]:
        """Yield the paths of a unit: options, reps, where it moves by choice, where it could stay."""
        known, last = self.greedy.get(unit), len(self.drafts)
        least = min((self.moved_first[o] for o, _ in self.spans[0][unit]), default=0)
        stack: list[tuple[tuple[int, ...], tuple[int, ...], tuple[bool, ...], tuple[bool, ...], int, int]] = []
        if self.spans[0][unit]:
            for o, rep in self.spans[0][unit]:
                chose = self.moved_first[o] > least
                # Who is known to have it already has not changed hands; a family that comes together has.
                since = -1 if self._has(unit, rep) else 0
                stack.append(((o,), (rep,), (chose,), (True,), int(chose), since))
        elif not self.must[0][unit]:
            stack.append(((-1,), (-1,), (False,), (False,), 0, -1))
        while stack:
            options, reps, chosen, could, count, since = stack.pop()
            fits = known is not None and reps == known[: len(reps)]
            if count > self.moves and not fits:
                continue
            t = len(options)
            if t == last:
                if any(r >= 0 for r in reps):
                    yield options, reps, chosen, could
                continue
            span, before = self.spans[t][unit], reps[-1]
            stays = any(rep == before for _, rep in span)
            held = before >= 0 and (
                self._held(unit, t, since) if stays else unit in self.locked[t] and before in self.there[t]
            )
            for o, rep in span:
                if rep == before:
                    stack.append(((*options, o), (*reps, rep), (*chosen, False), (*could, True), count, since))
                elif not held:
                    more = (*chosen, stays), (*could, stays)
                    stack.append(((*options, o), (*reps, rep), *more, count + stays, t))
            if not span and not self.must[t][unit]:
                more = (*chosen, False), (*could, False)
                stack.append(((*options, -1), (*reps, -1), *more, count, since))

    def _has(self, unit: int, rep: int) -> bool:
        current = self.drafts[0].current[self.drafts[0].members(unit)]
        return bool(np.all(current >= 0) and np.all(self.number[0][current] == rep))

    def _sorted(self, paths: _Paths) -> _Paths:
        """Number the kinds of paths as if each were a rep, and order those of a unit by it."""
        kinds, number = np.unique(paths.rep, axis=0, return_inverse=True)
        self.kinds, number = len(kinds), number.reshape(-1)
        order = np.lexsort((number, paths.unit))
        self.kind = number[order].astype(np.int64)
        return _Paths(*(getattr(paths, n)[order] for n in ("unit", "option", "rep", "chosen", "could")))

    # --- the instance ----------------------------------------------------------------------------

    def _instance(self, paths: _Paths) -> Instance:
        indptr = np.r_[0, np.cumsum(np.bincount(paths.unit, minlength=self.units))].astype(np.int64)
        none = np.zeros(0, dtype=np.int64)
        pairs = Pairs(indptr, paths.unit, self.kind, none, none, none)
        hard: list[Loads] = []
        parts: dict[str, TermPart] = {}
        for t, draft in enumerate(self.drafts):
            option, name = paths.option[:, t], self.stretches[t].name
            hard += [self._along(load, option, name) for load in draft.loads]
            hard += self._apart(draft, option, name)
            for term, part in draft.parts.items():
                parts[f"{term} {name}"] = self._part(part, option, name)
            if t:
                for term, kept in self.stretches[t].terms.items():
                    if isinstance(kept, Continuity):
                        parts[f"{term} {name}"] = self._continuity(kept, paths, t)
                for rule, budget in self.stretches[t].rules.items():
                    if isinstance(budget, MoveBudget):
                        hard += self._budget(rule, budget, paths, t)
        must: Bools = self.must.sum(axis=0) > 0
        return assemble(pairs, self.drafts[0].label, must[self.drafts[0].label], max(1, self.kinds), hard, parts, ())

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
            size = np.bincount(draft.label[customers], minlength=self.units)
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

    def _continuity(self, term: Continuity, paths: _Paths, t: int) -> TermPart:
        """What a period's moves by choice take from continuity, if everybody could have stayed."""
        draft, day = self.drafts[t], self.stretches[t].period.first
        value = draft.amounts(term.value)
        tenure = self.drafts[0].customers["tenure"].to_numpy(dtype=np.float64)
        years = (day - self.stretches[0].period.first).days / _YEAR

        def weighed(long: Floats) -> Floats:
            counted = value * (1 + term.tenure_bonus * np.minimum(long, term.tenure_cap))
            return np.bincount(draft.label, weights=counted, minlength=self.units).astype(np.float64)

        most = weighed(np.nan_to_num(tenure) + years)
        # What a move loses counts as if the rep were new where it had changed before: no more than it is.
        whole, least = weighed(np.where(np.isnan(tenure), 0.0, tenure + years)), weighed(np.zeros(len(value)))
        first = zip(paths.unit.tolist(), paths.rep[:, 0].tolist(), strict=True)
        had = np.fromiter((self._has(unit, rep) for unit, rep in first), bool, count=len(paths.unit))
        long: Bools = (paths.rep[:, :t] != paths.rep[:, :1]).sum(axis=1) == 0
        long = long & had
        lost = np.where(paths.chosen[:, t], np.where(long, whole[paths.unit], least[paths.unit]), 0.0)
        placed = np.zeros(self.units, dtype=bool)
        placed[paths.unit] = True
        total = float(most[placed].sum())
        # Losses from 100, not gains from 0: who has no rep cannot be lost, and is not among those to divide by.
        part = TermPart(term.weight, 100.0)
        if total > 0:
            part.gain = -100 * lost / total
        worthless = np.bincount(draft.label[value == 0], minlength=self.units)
        part.ties = np.where(paths.could[:, t] & ~paths.chosen[:, t], worthless[paths.unit], 0).astype(np.int64)
        return part

    def _budget(self, name: str, rule: MoveBudget, paths: _Paths, t: int) -> list[Loads]:
        """A period's move budget, on paths: who cannot stay takes its part of what the budget is a share of."""
        draft, period = self.drafts[t], self.stretches[t].name
        worth = np.bincount(draft.label, weights=draft.amounts(rule.metric, rule.where), minlength=self.units)
        placed = np.zeros(self.units, dtype=bool)
        placed[paths.unit] = True
        total, mine = float(worth[placed].sum()), worth[paths.unit]
        moved, could = paths.chosen[:, t], paths.could[:, t]
        forced = np.where(could, 0.0, mine)
        if rule.scope == "total":
            return self._rows(name, rule, "moves", period, np.where(moved, mine, 0.0), forced, total)
        team = rule.scope == "team"
        names = draft.reps["team" if team else "rep_id"].tolist()
        code, keys = codes(names, fold if team else str)
        group = np.full(len(self.reps) + 1, -1, dtype=np.int64)  # the last stands for no rep
        group[self.number[t]] = code
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
