"""Paths of reps through several periods: what each unit may do, one rep after another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.arrays import Bools, Ints
from solver.draft import Draft
from solver.objectives.base import Term
from solver.objectives.continuity import Continuity
from solver.rules.base import Rule
from solver.rules.holding import Holding
from solver.rules.move_budget import MoveBudget
from solver.rules.pin import Pin
from solver.tables import Period, Tables

_YEAR = 365.25
#: So many times the paths that are kept of a unit are looked at, about.
_LOOKED_AT = 10


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
class Paths:
    """Paths of all units: option of each period's draft, -1 for none, and what happens on the way.

    `rep` numbers the reps of all periods; `chosen` says where the unit moves by choice, `could` where it could stay.
    """

    unit: Ints
    option: Ints
    rep: Ints
    chosen: Bools
    could: Bools


class Walks:
    """The paths of all units through several periods.

    Parameters
    ----------
    stretches, moves, most, known, cancelled : see `solver.horizon.horizon.horizon_of`.

    Attributes
    ----------
    drafts : of each period.
    reps : number of each rep_id of all periods; number : of each draft's reps, int64[active reps] a period.
    units : how many there are.
    must : bool[periods, units], whom a period may not leave without a rep.
    paths : ordered by unit, those of a unit by `kind`, int64[paths]; `kinds` says how many kinds there are.
    pruned : units of which only the most promising paths are here.

    Raises
    ------
    ValueError
        Customers or families are not the same in all periods.
    """

    def __init__(
        self,
        stretches: Sequence[Stretch],
        moves: int,
        most: int,
        known: Sequence[Mapping[str, str]],
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self.stretches, self.moves, self.most, self.known, self.pruned = stretches, moves, most, known, 0
        self._masks: dict[int, list[tuple[Holding, Bools]]] = {}
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
        self.paths = self._sorted(self._paths(cancelled))

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
        if t not in self._masks:
            rules = [r for r in self.stretches[t].rules.values() if isinstance(r, Holding)]
            self._masks[t] = [(r, self.drafts[t].chosen_customers(r.where)) for r in rules]
        return self._masks[t]

    def _open(self, unit: int, hurry: bool) -> list[set[int]] | None:
        """Reps a unit may move to in each period: where not all paths can be looked at the best, and who is known.

        None where all can. In a hurry only the very best are open.
        """
        spans = [s[unit] for s in self.spans]
        everyone = [{rep for _, rep in span} for span in spans]
        widest = max(map(len, spans))
        if self._number_of(unit, everyone) <= _LOOKED_AT * self.most:
            return None
        ranked = [[r for o, r in sorted(s, key=lambda e: -self.best[t][e[0]])] for t, s in enumerate(spans)]
        current = self.drafts[0].current[self.drafts[0].members(unit)]
        kept = set(self.number[0][current[current >= 0]].tolist())
        mine = self.greedy.get(unit, (-1,) * len(spans))

        def best(k: int) -> list[set[int]]:
            return [{*r[:k], *((kept | {m}) & e)} for r, m, e in zip(ranked, mine, everyone, strict=True)]

        low, high = 1, 2 if hurry else widest
        while high - low > 1:
            k = (low + high) // 2
            low, high = (k, high) if self._number_of(unit, best(k)) <= _LOOKED_AT * self.most else (low, k)
        return best(low)

    def _number_of(self, unit: int, open_: Sequence[set[int]]) -> int:
        """How many paths `_of_unit` finds where nothing holds the unit back, counted without walking them."""
        now: dict[int, list[int]] = {}
        for _, rep, count in self._starts(unit, open_[0]):
            if count <= self.moves:
                now[rep] = [int(n == count) for n in range(self.moves + 1)]
        for t in range(1, len(self.spans)):
            span = {rep for _, rep in self.spans[t][unit]}
            if not span:
                now = {-1: [sum(c) for c in zip(*now.values(), strict=True)]} if now else {}
                continue
            free = [sum(c[n] for r, c in now.items() if r in span) for n in range(self.moves + 1)]
            forced = [sum(c[n] for r, c in now.items() if r not in span) for n in range(self.moves + 1)]
            after: dict[int, list[int]] = {}
            for rep in span & (open_[t] | now.keys()):
                own = now.get(rep, [0] * (self.moves + 1))
                come = [(free[n - 1] - own[n - 1] if n else 0) + forced[n] for n in range(self.moves + 1)]
                after[rep] = [a + b for a, b in zip(own, come, strict=True)] if rep in open_[t] else own
            now = after
        return sum(map(sum, now.values()))

    def _starts(self, unit: int, open_: set[int] | None) -> Iterator[tuple[int, int, int]]:
        """Yield option, rep and moves already made of each start; who is not open may be stayed with, not left."""
        least = min((self.moved_first[o] for o, _ in self.spans[0][unit]), default=0)
        for o, rep in self.spans[0][unit]:
            chose = int(self.moved_first[o] > least)
            yield o, rep, chose if open_ is None or rep in open_ else max(chose, self.moves)
        if not self.spans[0][unit] and not self.must[0][unit]:
            yield -1, -1, 0

    def _paths(self, cancelled: Callable[[], bool]) -> Paths:
        rows: list[tuple[int, tuple[int, ...], tuple[int, ...], tuple[bool, ...], tuple[bool, ...]]] = []
        for unit in range(self.units):
            open_ = self._open(unit, cancelled())
            found = list(self._of_unit(unit, open_))
            self.pruned += open_ is not None or len(found) > self.most
            if len(found) > self.most:
                mine = self.greedy.get(unit)
                worth = [sum(self.best[t][o] for t, o in enumerate(f[0]) if o >= 0) for f in found]
                order = sorted(range(len(found)), key=lambda k: (found[k][1] != mine, any(found[k][2]), -worth[k]))
                stay = [k for k in order if not any(found[k][2]) or found[k][1] == mine]
                staying = set(stay)
                rest = sorted((k for k in order if k not in staying), key=lambda k: -worth[k])
                found = [found[k] for k in sorted({*stay[: self.most], *rest[: max(0, self.most - len(stay))]})]
            rows += [(unit, *f) for f in found]
        periods = len(self.drafts)

        def table(n: int, kind: Any) -> Any:
            return np.array([r[n] for r in rows], dtype=kind).reshape(len(rows), periods)

        unit_of = np.array([r[0] for r in rows], dtype=np.int64)
        return Paths(unit_of, table(1, np.int64), table(2, np.int64), table(3, bool), table(4, bool))

    def _of_unit(
        self, unit: int, open_: Sequence[set[int]] | None
    ) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], tuple[bool, ...], tuple[bool, ...]]]:
        """Yield the paths of a unit: options, reps, where it moves by choice, where it could stay; see `_open`."""
        last = len(self.drafts)
        least = min((self.moved_first[o] for o, _ in self.spans[0][unit]), default=0)
        stack: list[tuple[tuple[int, ...], tuple[int, ...], tuple[bool, ...], tuple[bool, ...], int, int]] = []
        for o, rep, count in self._starts(unit, None if open_ is None else open_[0]):
            chose = o >= 0 and self.moved_first[o] > least
            # Who is known to have it already has not changed hands; a family that comes together has.
            since = -1 if o < 0 or self.has(unit, rep) else 0
            stack.append(((o,), (rep,), (chose,), (o >= 0,), count, since))
        while stack:
            options, reps, chosen, could, count, since = stack.pop()
            if count > self.moves:
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
                elif not held and (open_ is None or rep in open_[t]):
                    more = (*chosen, stays), (*could, stays)
                    stack.append(((*options, o), (*reps, rep), *more, count + stays, t))
            if not span and not self.must[t][unit]:
                more = (*chosen, False), (*could, False)
                stack.append(((*options, -1), (*reps, -1), *more, count, since))

    def has(self, unit: int, rep: int) -> bool:
        """Whether all customers of a unit are with a rep (its number) when the first period begins."""
        current = self.drafts[0].current[self.drafts[0].members(unit)]
        return bool(np.all(current >= 0) and np.all(self.number[0][current] == rep))

    def _sorted(self, paths: Paths) -> Paths:
        """Number the kinds of paths as if each were a rep, and order those of a unit by it."""
        kinds, number = np.unique(paths.rep, axis=0, return_inverse=True)
        self.kinds, number = len(kinds), number.reshape(-1)
        order = np.lexsort((number, paths.unit))
        self.kind = number[order].astype(np.int64)
        return Paths(*(getattr(paths, n)[order] for n in ("unit", "option", "rep", "chosen", "could")))
