"""Why: which rule took a rep away, where demand exceeds capacity, and the reason of each assignment in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.draft import Draft
from solver.impossible.pressure import Pressure, pressures
from solver.integers import Loads
from solver.rules.base import Stage
from solver.rules.move_budget import MoveBudget
from solver.sentences import Sentence, sentence, sentence_n
from solver.tables import DECIMALS, said

#: Ids named in a sentence before "and 12 more".
_NAMED = 5
#: Kinds of customers looked at a time, times reps: bounds the memory.
_CHUNK = 5_000_000


@dataclass(frozen=True)
class Finding:
    """One reason why a plan is impossible, or leaves customers without a rep.

    Attributes
    ----------
    kind : ``no_eligible_rep``, ``too_little_capacity`` or ``too_little_demand`` (for a minimum).
    message : one sentence.
    rules : names of the rules that bring it about.
    customers, reps : ids it concerns.
    teams : names of the teams it concerns; ``no team`` for reps without one.
    demand, limit : for capacity, in units of `metric`.
    """

    kind: str
    message: Sentence
    rules: tuple[str, ...]
    customers: tuple[str, ...] = ()
    reps: tuple[str, ...] = ()
    metric: str = ""
    demand: float | None = None
    limit: float | None = None
    teams: tuple[str, ...] = ()


def listed(names: Sequence[str], most: int = _NAMED) -> str:
    """``a, b, c and 4 more``."""
    head = ", ".join(names[:most])
    return head if len(names) <= most else f"{head}{sentence(' and {n} more', n=f'{len(names) - most:,}')}"


def funnel(draft: Draft) -> list[tuple[str, int]]:
    """Customers that still have an eligible rep after each rule in turn, from (``customers``, all) on."""
    steps = [("customers", draft.n_customers)]
    allowed: list[tuple[Ints, Bools]] = []
    for restriction in draft.restrictions:
        allowed.append((restriction.group, restriction.allowed))
        steps.append((f"with {restriction.rule}", int(_left(draft, allowed).sum())))
    has = np.diff(draft.pairs.indptr) > 0
    if len(has) != draft.n_customers:
        steps.append(("with a rep for the whole family", int(has[draft.label].sum())))
    return steps


def _left(draft: Draft, allowed: list[tuple[Ints, Bools]]) -> Bools:
    kind = np.zeros(draft.n_customers, dtype=np.int64)
    for group, rows in allowed:
        kind = np.unique(kind * len(rows) + group, return_inverse=True)[1]
    first = np.unique(kind, return_index=True)[1]
    some = np.zeros(len(first), dtype=bool)
    step = max(1, _CHUNK // max(1, draft.n_reps))
    for start in range(0, len(first), step):
        who = first[start : start + step]
        mask: Bools = np.ones((len(who), draft.n_reps), dtype=bool)
        for group, rows in allowed:
            mask &= rows[group[who]]
        some[start : start + step] = np.any(mask, axis=1)
    found: Bools = some[kind]
    return found


def removed_by(draft: Draft, customer: int, rep: int) -> list[str]:
    """Names of the rules that keep an active rep from a customer (positions); the family's other members included."""
    members = draft.members(int(draft.label[customer]))
    names = [r.rule for r in draft.restrictions if not r.allowed[r.group[members], rep].all()]
    return list(dict.fromkeys(names))


def homeless(draft: Draft) -> list[Finding]:
    """Customers without an eligible rep, grouped by what took every rep away."""
    groups: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    nobody = _Nobody(draft)
    for unit in np.flatnonzero(np.diff(draft.pairs.indptr) == 0).tolist():
        groups.setdefault(nobody.why(unit), []).extend(draft.members(unit).tolist())
    ids = draft.customers["customer_id"]
    findings = []
    for (why, rules), positions in groups.items():
        who = tuple(ids.iloc[positions])
        message = sentence_n("{customers} has no eligible rep: {why}", "{customers} have no eligible rep: {why}",
                             len(who), customers=listed(who), why=why)  # fmt: skip
        findings.append(Finding("no_eligible_rep", message, rules, who))
    return findings


class _Nobody:
    """Why units have no eligible rep; single customers that are alike to every rule are looked at once."""

    def __init__(self, draft: Draft):
        self._draft = draft
        self._territory = draft.customers["territory"].tolist()
        self._known: dict[tuple[object, ...], tuple[str, tuple[str, ...]]] = {}

    def why(self, unit: int) -> tuple[str, tuple[str, ...]]:
        """Return a sentence and the rules that bring it about."""
        members = self._draft.members(unit)
        if len(members) > 1:
            return _why_nobody(self._draft, members)
        one = int(members[0])
        alike = (self._territory[one], *(int(r.group[one]) for r in self._draft.restrictions))
        if alike not in self._known:
            self._known[alike] = _why_nobody(self._draft, members)
        return self._known[alike]


def _why_nobody(draft: Draft, members: Ints) -> tuple[str, tuple[str, ...]]:
    reps = draft.reps["rep_id"].tolist()
    if not reps:
        return sentence("no rep is active in the period"), ("assignment",)
    masks: dict[str, Bools] = {}
    for r in draft.restrictions:  # a rule may speak twice
        mask = r.allowed[r.group[members]]
        masks[r.rule] = masks[r.rule] & mask if r.rule in masks else mask
    for k, member in enumerate(members.tolist()):
        rows = {rule: mask[k] for rule, mask in masks.items()}
        if not np.logical_and.reduce(list(rows.values())).any():
            where = str(draft.customers["territory"].iloc[member])
            empty = [rule for rule, row in rows.items() if not row.any()]
            if empty:
                place = sentence(" ({place})", place=where) if "territory" in empty and where else ""
                return sentence("{rules} leaves nobody{and_place}", rules=" and ".join(empty), and_place=place), tuple(
                    empty
                )
            binding = [rule for rule, row in rows.items() if not row.all()]
            each = [(rule, listed([reps[i] for i in np.flatnonzero(rows[rule])], 3)) for rule in binding]
            parts = [sentence("{rules} leaves {reps}", rules=rule, reps=few) for rule, few in each]
            return sentence("{what}; nobody is in all of them", what=_joined(parts)), tuple(binding)
    ids = draft.customers["customer_id"]
    parts = []
    for k, member in enumerate(members.tolist()[:_NAMED]):
        row = np.logical_and.reduce([mask[k] for mask in masks.values()])
        few = listed([reps[i] for i in np.flatnonzero(row)], 3)
        parts.append(sentence("{customer} may go to {reps}", customer=ids.iloc[member], reps=few))
    families = [name for name, rule in draft.rules.items() if rule.stage is Stage.FAMILY]
    why = sentence("one family, but {what}", what=_joined(parts))
    return why, (*families, *(n for n, m in masks.items() if not m.all()))


def _joined(parts: Sequence[str]) -> str:
    """The sentences in a row, with semicolons."""
    *before, last = parts
    for part in reversed(before):
        last = sentence("{what}; {then}", what=part, then=last)
    return last


def overloads(draft: Draft) -> list[Finding]:
    """Where demand exceeds capacity: the smallest sets of reps first."""
    findings = []
    for p in sorted((p for p in pressures(draft) if p.demand > p.limit), key=lambda p: len(p.who)):
        message = _too_many_moves(p) if isinstance(draft.rules.get(p.rule), MoveBudget) else _too_full(p)
        found = Finding("too_little_capacity", message, (p.rule,), p.customers, p.reps, p.metric, p.demand, p.limit)
        findings.append(replace(found, teams=p.teams))
    return findings


def _too_full(p: Pressure) -> Sentence:
    limit = said(math.floor(p.limit) if p.metric == "customers" else p.limit)
    return sentence_n(
        "{reps} has {limit_n} {metric} ({rules}), but the {all_n} customers that can go nowhere else need {need_n}: "
        "{customers}",
        "{reps} have {limit_n} {metric} ({rules}), but the {all_n} customers that can go nowhere else need {need_n}: "
        "{customers}",
        len(p.reps), reps=listed(p.reps), limit_n=limit, metric=p.metric, rules=p.rule, all_n=f"{len(p.customers):,}",
        need_n=said(p.demand), customers=listed(p.customers, 3),
    )  # fmt: skip


def _too_many_moves(p: Pressure) -> Sentence:
    limit = said(math.floor(p.limit) if p.metric == "customers" else p.limit)
    values = {"limit_n": limit, "metric": p.metric, "rules": p.rule, "need_n": said(p.demand),
              "customers": listed(p.customers, 3)}  # fmt: skip
    if not p.way:
        return sentence(
            "{limit_n} {metric} may change hands ({rules}), but {need_n} have to, in families whose members have "
            "different reps: {customers}", **values,
        )  # fmt: skip
    if p.way == "out":
        return sentence(
            "{what} may give away {limit_n} {metric} ({rules}), but would have to give away {need_n}, in families "
            "whose members have different reps: {customers}", what=_whose(p), **values,
        )  # fmt: skip
    return sentence(
        "{what} may take over {limit_n} {metric} ({rules}), but would have to take over {need_n}, in families "
        "whose members have different reps: {customers}", what=_whose(p), **values,
    )  # fmt: skip


def _whose(p: Pressure) -> str:
    """The teams or reps a budget is for."""
    named = [t for t in p.teams if t != "no team"]
    if not named:
        return sentence("the reps without a team") if p.teams else listed(p.reps)
    head = sentence_n("team {teams}", "teams {teams}", len(named), teams=listed(named))
    return head if len(named) == len(p.teams) else sentence("{what} and the reps without a team", what=head)


def shortfalls(draft: Draft) -> list[Finding]:
    """Minima that cannot be met: of one rep by all that could reach it, or of all reps by everybody together."""
    findings = []
    for load in draft.loads:
        least = np.where(np.isfinite(load.lower), np.maximum(0.0, load.lower), 0.0)
        if not least.any():
            continue
        amount = np.maximum(0.0, load.amount)
        reach = np.round(np.bincount(load.row, weights=amount, minlength=len(load.of)).astype(np.float64), DECIMALS)
        largest = np.zeros(len(draft.pairs.indptr) - 1)
        np.maximum.at(largest, draft.pairs.option_unit[load.option], amount)
        everybody = round(float(largest.sum()), DECIMALS)
        short: list[tuple[tuple[str, ...], float, float]] = [
            ((load.of[r],), float(least[r]), float(reach[r])) for r in np.flatnonzero(reach < least)
        ]
        if not short and everybody < round(float(least.sum()), DECIMALS):
            names = tuple(load.of[r] for r in np.flatnonzero(least > 0))
            short = [(names, float(least.sum()), everybody)]
        for reps, wanted, there in short:
            message = sentence_n(
                "{reps} has to carry at least {least_n} {metric} ({rules}), but all the customers they could get "
                "come to {most_n}",
                "{reps} must carry at least {least_n} {metric} ({rules}), but all the customers they could get "
                "come to {most_n}",
                len(reps), reps=listed(reps), least_n=said(wanted), metric=load.metric, rules=load.source,
                most_n=said(there),
            )  # fmt: skip
            found = Finding("too_little_demand", message, (load.source,), (), reps, load.metric, there, wanted)
            findings.append(found)
    return findings


def impossibilities(draft: Draft) -> list[Finding]:
    """Findings that prove by counting that there is no plan: everybody they name must be served and cannot be."""
    must = _must(draft)
    overrun = [f for f in overloads(draft) if f.customers and must.issuperset(f.customers)] if must else []
    return [*_unserved(draft, must), *overrun, *shortfalls(draft)]


def diagnose(draft: Draft) -> list[Finding]:
    """Why there may be no plan: who must be served and cannot, sets of reps that are overrun, minima out of reach."""
    return [*_unserved(draft, _must(draft)), *overloads(draft), *shortfalls(draft)]


def _must(draft: Draft) -> set[str]:
    return set(draft.customers["customer_id"][draft.must])


def _unserved(draft: Draft, must: set[str]) -> list[Finding]:
    return [f for f in homeless(draft) if must.intersection(f.customers)]


_FOR_BALANCE = sentence(": for balance or room")


def reasons(draft: Draft, rep_of: Ints) -> list[str]:
    """One sentence for each customer on why it has the rep it has, or none.

    Parameters
    ----------
    rep_of : int64[customers], position of the rep among the active ones, -1 for none.
    """
    pairs = draft.pairs
    count = np.diff(pairs.indptr)[draft.label]
    stay, go = _pair_of(draft, draft.current), _pair_of(draft, rep_of)
    current_id = draft.customers["current_rep"].tolist()
    reps = draft.reps["rep_id"].tolist()
    family = np.bincount(draft.label)[draft.label]
    alone = family == 1
    chosen_for, moved_for = _best_for(draft, go, _beaten(draft, go)), _best_for(draft, go, stay)
    others = (count > 1) & alone
    pressed = {load.of[r] for load in draft.loads if load.whose == "rep" and not load.way
               for r in _full_rows(draft, load, rep_of)}  # fmt: skip
    nobody = _Nobody(draft)
    texts: list[str] = []
    for j, (i, now) in enumerate(zip(rep_of.tolist(), draft.current.tolist(), strict=True)):
        if i < 0:
            unit = int(draft.label[j])
            text = nobody.why(unit)[0]
            if count[j]:
                options = pairs.option_rep[pairs.indptr[unit] : pairs.indptr[unit + 1]].tolist()
                full = [reps[r] for r in options if reps[r] in pressed]
                room = sentence("; full: {reps}", reps=listed(full, 3)) if full else ""
                text = sentence("no room left with its {n} eligible reps{and_full}", n=count[j], and_full=room)
            texts.append(str(text))
            continue
        parts: dict[str, str] = dict.fromkeys(("and_only", "and_family"), "")
        if count[j] == 1:
            parts["and_only"] = sentence(" (the only eligible rep)")
        if family[j] > 1:
            parts["and_family"] = sentence(", with its family of {n}", n=family[j])
        chosen: str = ""
        if others[j]:
            chosen = sentence(": best for {term}", term=chosen_for[j]) if chosen_for[j] else _FOR_BALANCE
        gone = {"rep": current_id[j], **parts}
        if i == now:
            text = sentence("stays with its current rep{and_only}{and_family}", **parts)
        elif not current_id[j]:
            text = sentence("had no rep{and_only}{and_family}{and_chosen}", and_chosen=chosen, **parts)
        elif now < 0:
            text = sentence("its rep {rep} is gone{and_only}{and_family}{and_chosen}", and_chosen=chosen, **gone)
        elif stay[j] >= 0 and not alone[j]:  # a customer cannot move for continuity, but its family may
            text = sentence("moves{and_family}", and_family=parts["and_family"])
        elif stay[j] >= 0 and moved_for[j]:
            text = sentence("moves for {term}", term=moved_for[j])
        elif stay[j] >= 0:
            text = sentence("moves for balance or to make room")
        elif by := removed_by(draft, j, now):
            rules = " and ".join(by)
            text = sentence("{rep} may not have it any more ({rules}){and_only}{and_family}", rules=rules, **gone)
        else:
            text = sentence("{rep} may not have it any more (its family){and_only}{and_family}", **gone)
        texts.append(str(text))
    return texts


def _pair_of(draft: Draft, rep_of: Ints) -> Ints:
    """int64[customers]: the option that gives each customer this rep, -1 where it is not eligible."""
    p = draft.pairs
    found = np.full(draft.n_customers, -1, dtype=np.int64)
    hit = p.rep == rep_of[p.customer]
    found[p.customer[hit]] = p.option[hit]
    return found


def _beaten(draft: Draft, now: Ints) -> Mapping[str, Floats]:
    """For each term what the best other option of each customer's unit gains, float64[customers]; `now` as below."""
    pairs = draft.pairs
    taken = np.zeros(len(pairs.option_unit), dtype=bool)
    taken[now[now >= 0]] = True
    found = {}
    for name, gain in _gains(draft):
        best = np.full(len(pairs.indptr) - 1, -np.inf)
        np.maximum.at(best, pairs.option_unit[~taken], gain[~taken])
        found[name] = best[draft.label]
    return found


def _gains(draft: Draft) -> list[tuple[str, Floats]]:
    parts = [(n, p.weight, p.gain) for n, p in draft.parts.items() if p.weight > 0]
    return [(name, weight * gain) for name, weight, gain in parts if gain is not None]


def _best_for(draft: Draft, now: Ints, against: Mapping[str, Floats] | Ints) -> list[str]:
    """The term that gains most by each customer's option against what it is compared with; nothing where none gains.

    Parameters
    ----------
    now : int64[customers], the option taken, -1 for none.
    against : options, or what each term gains otherwise.
    """
    lead, which = np.full(len(now), 1e-9), np.full(len(now), -1, dtype=np.int64)
    gains = _gains(draft)
    for k, (name, gain) in enumerate(gains):
        other = against[name] if isinstance(against, Mapping) else gain[against]
        more = gain[now] - other
        better = more > lead
        lead[better], which[better] = more[better], k
    return [gains[k][0] if k >= 0 else "" for k in which.tolist()]


def _full_rows(draft: Draft, load: Loads, rep_of: Ints) -> list[int]:
    """Rows whose load is within one average customer of the limit."""
    option = _pair_of(draft, rep_of)
    taken = np.zeros(len(draft.pairs.option_unit), dtype=bool)
    taken[option[option >= 0]] = True
    held = taken[load.option]
    total = np.bincount(load.row[held], weights=load.amount[held], minlength=len(load.of))
    typical = float(load.amount.mean()) if len(load.amount) else 0.0
    return np.flatnonzero(np.isfinite(load.upper) & (total + typical > load.upper)).tolist()
