"""Why: which rule took a rep away, where demand exceeds capacity, and the reason of each assignment in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.draft import Draft
from solver.integers import Loads
from solver.rules.base import Stage
from solver.rules.move_budget import MoveBudget
from solver.tables import DECIMALS, exact, said

#: Ids named in a sentence before "and 12 more".
_NAMED = 5


@dataclass(frozen=True)
class Finding:
    """One reason why a plan is impossible, or leaves customers without a rep.

    Attributes
    ----------
    kind : ``no_eligible_rep``, ``too_little_capacity`` or ``too_little_demand`` (for a minimum).
    message : one sentence.
    rules : names of the rules that bring it about.
    customers, reps : ids it concerns.
    demand, limit : for capacity, in units of `metric`.
    """

    kind: str
    message: str
    rules: tuple[str, ...]
    customers: tuple[str, ...] = ()
    reps: tuple[str, ...] = ()
    metric: str = ""
    demand: float | None = None
    limit: float | None = None


def listed(names: Sequence[str], most: int = _NAMED) -> str:
    """``a, b, c and 4 more``."""
    head = ", ".join(names[:most])
    return head if len(names) <= most else f"{head} and {len(names) - most:,} more"


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
    mask: Bools = np.ones((len(first), draft.n_reps), dtype=bool)
    for group, rows in allowed:
        mask &= rows[group[first]]
    some: Bools = np.any(mask, axis=1)
    return some[kind]


def removed_by(draft: Draft, customer: int, rep: int) -> list[str]:
    """Names of the rules that keep an active rep from a customer (positions); the family's other members included."""
    members = np.flatnonzero(draft.label == draft.label[customer])
    names = [r.rule for r in draft.restrictions if not r.allowed[r.group[members], rep].all()]
    return list(dict.fromkeys(names))


def homeless(draft: Draft) -> list[Finding]:
    """Customers without an eligible rep, grouped by what took every rep away."""
    groups: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for unit in np.flatnonzero(np.diff(draft.pairs.indptr) == 0).tolist():
        members = np.flatnonzero(draft.label == unit)
        groups.setdefault(_why_nobody(draft, members), []).extend(members.tolist())
    ids = draft.customers["customer_id"]
    findings = []
    for (sentence, rules), positions in groups.items():
        who = tuple(ids.iloc[positions])
        have = "has" if len(who) == 1 else "have"
        findings.append(Finding("no_eligible_rep", f"{listed(who)} {have} no eligible rep: {sentence}", rules, who))
    return findings


def _why_nobody(draft: Draft, members: Ints) -> tuple[str, tuple[str, ...]]:
    reps = draft.reps["rep_id"].tolist()
    if not reps:
        return "no rep is active in the period", ("assignment",)
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
                place = f" ({where})" if "territory" in empty and where else ""
                return f"{' and '.join(empty)} leaves nobody{place}", tuple(empty)
            binding = [rule for rule, row in rows.items() if not row.all()]
            parts = [f"{rule} leaves {listed([reps[i] for i in np.flatnonzero(rows[rule])], 3)}" for rule in binding]
            return f"{'; '.join(parts)}; nobody is in all of them", tuple(binding)
    ids = draft.customers["customer_id"]
    parts = []
    for k, member in enumerate(members.tolist()[:_NAMED]):
        row = np.logical_and.reduce([mask[k] for mask in masks.values()])
        parts.append(f"{ids.iloc[member]} may go to {listed([reps[i] for i in np.flatnonzero(row)], 3)}")
    families = [name for name, rule in draft.rules.items() if rule.stage is Stage.FAMILY]
    return f"one family, but {'; '.join(parts)}", (*families, *(n for n, m in masks.items() if not m.all()))


@dataclass(frozen=True)
class Pressure:
    """How much of a limit the customers that can go nowhere else need.

    Attributes
    ----------
    rule, metric : the limit.
    reps : ids of the reps that share it.
    customers : ids of the customers whose eligible reps are all among them.
    demand, limit : in units of the metric; `demand` counts each family where it needs least.
    """

    rule: str
    metric: str
    reps: tuple[str, ...]
    customers: tuple[str, ...]
    demand: float
    limit: float

    @property
    def share(self) -> float:
        """Demand over limit; infinite for a limit of 0."""
        return self.demand / self.limit if self.limit > 0 else float("inf") if self.demand > 0 else 0.0


def pressures(draft: Draft, most: int = 400) -> list[Pressure]:
    """Hall's condition on sets of reps: where customers may go to a set and nowhere else, their need and its limit.

    Looks at the `most` commonest sets, and at all reps together; worst first. Units that may stay unassigned count too.
    """
    found = []
    for load in draft.loads:
        if np.isfinite(load.upper).any():
            found += _pressures_of(draft, load, most)
    return sorted(found, key=lambda p: -p.share)


def _pressures_of(draft: Draft, load: Loads, most: int) -> list[Pressure]:
    pairs = draft.pairs
    n_units = len(pairs.indptr) - 1
    amount = np.zeros(len(pairs.option_unit))
    row_of = np.full(len(pairs.option_unit), -1, dtype=np.int64)
    amount[load.option], row_of[load.option] = load.amount, load.row
    row_of = np.where((row_of >= 0) & np.isfinite(load.upper[np.maximum(row_of, 0)]), row_of, -1)
    sets: dict[tuple[int, ...], list[int]] = {}
    for unit in range(n_units):
        rows = row_of[pairs.indptr[unit] : pairs.indptr[unit + 1]]
        if len(rows) and rows.min() >= 0:  # every option of the unit uses a limited row
            sets.setdefault(tuple(np.unique(rows).tolist()), []).append(unit)
    needs = np.full(n_units, np.inf)
    np.minimum.at(needs, pairs.option_unit, amount)
    common = sorted(sets, key=lambda s: -len(sets[s]))[:most]
    everyone = tuple(sorted({row for s in sets for row in s}))
    ids = draft.customers["customer_id"].to_numpy()
    found = []
    for which in dict.fromkeys([*common, everyone]) if sets else []:
        inside = set(which)
        units = np.array([u for s, us in sets.items() if inside.issuperset(s) for u in us], dtype=np.int64)
        limit = float(sum(map(exact, load.upper[list(which)].tolist())))
        demand = float(sum(map(exact, needs[units].tolist())))
        who = tuple(map(str, ids[np.isin(draft.label, units)]))
        names = tuple(load.of[r] for r in which)
        found.append(Pressure(load.source, load.metric, names, who, demand, limit))
    return found


def overloads(draft: Draft) -> list[Finding]:
    """Where demand exceeds capacity: the smallest sets of reps first."""
    findings = []
    for p in sorted((p for p in pressures(draft) if p.demand > p.limit), key=lambda p: len(p.reps)):
        limit = said(math.floor(p.limit) if p.metric == "customers" else p.limit)
        if isinstance(draft.rules.get(p.rule), MoveBudget):
            message = (
                f"{limit} {p.metric} may change hands ({p.rule}: {listed(p.reps)}), but {said(p.demand)} have to, in "
                f"families whose members have different reps: {listed(p.customers, 3)}"
            )
        else:
            have = "has" if len(p.reps) == 1 else "have"
            message = (
                f"{listed(p.reps)} {have} {limit} {p.metric} ({p.rule}), but the {len(p.customers):,} customers "
                f"that can go nowhere else need {said(p.demand)}: {listed(p.customers, 3)}"
            )
        findings.append(
            Finding("too_little_capacity", message, (p.rule,), p.customers, p.reps, p.metric, p.demand, p.limit)
        )
    return findings


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
            must = "must" if len(reps) > 1 else "has to"
            message = (
                f"{listed(reps)} {must} carry at least {said(wanted)} {load.metric} ({load.source}), but all the "
                f"customers they could get come to {said(there)}"
            )
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


def reasons(draft: Draft, rep_of: Ints) -> list[str]:
    """One sentence for each customer on why it has the rep it has, or none.

    Parameters
    ----------
    rep_of : int64[customers], position of the rep among the active ones, -1 for none.
    """
    pairs = draft.pairs
    count = np.diff(pairs.indptr)[draft.label]
    stay, go = _pair_of(draft, draft.current), _pair_of(draft, rep_of)
    names, gains = _weighted_gains(draft)
    current_id = draft.customers["current_rep"].tolist()
    reps = draft.reps["rep_id"].tolist()
    family = np.bincount(draft.label)[draft.label]
    pressed = {load.of[r] for load in draft.loads for r in _full_rows(draft, load, rep_of)}
    texts = []
    for j, i in enumerate(rep_of.tolist()):
        if i < 0:
            if count[j] == 0:
                texts.append(_why_nobody(draft, np.flatnonzero(draft.label == draft.label[j]))[0])
            else:
                options = pairs.option_rep[pairs.indptr[draft.label[j]] : pairs.indptr[draft.label[j] + 1]]
                full = [reps[r] for r in options if reps[r] in pressed]
                texts.append(
                    f"no room left with its {count[j]} eligible reps" + (f"; full: {listed(full, 3)}" if full else "")
                )
            continue
        only = " (the only eligible rep)" if count[j] == 1 else ""
        together = f", with its family of {family[j]}" if family[j] > 1 else ""
        if i == draft.current[j]:
            texts.append(f"stays with its current rep{only}{together}")
        elif not current_id[j]:
            texts.append(f"had no rep{only}{together}{_chosen(draft, names, gains, go[j], alone=family[j] == 1)}")
        elif draft.current[j] < 0:
            chosen = _chosen(draft, names, gains, go[j], alone=family[j] == 1)
            texts.append(f"its rep {current_id[j]} is gone{only}{together}{chosen}")
        elif stay[j] < 0:
            by = removed_by(draft, j, int(draft.current[j]))
            why = " and ".join(by) if by else "its family"
            texts.append(f"{current_id[j]} may not have it any more ({why}){only}{together}")
        else:
            texts.append(f"{_moved_for(names, gains, stay[j], go[j], alone=family[j] == 1)}{together}")
    return texts


def _pair_of(draft: Draft, rep_of: Ints) -> Ints:
    """int64[customers]: the option that gives each customer this rep, -1 where it is not eligible."""
    p = draft.pairs
    found = np.full(draft.n_customers, -1, dtype=np.int64)
    hit = p.rep == rep_of[p.customer]
    found[p.customer[hit]] = p.option[hit]
    return found


def _weighted_gains(draft: Draft) -> tuple[list[str], list[Floats]]:
    parts = {n: p for n, p in draft.parts.items() if p.gain is not None and p.weight > 0}
    return list(parts), [p.weight * p.gain for p in parts.values() if p.gain is not None]


def _chosen(draft: Draft, names: list[str], gains: list[Floats], now: int, alone: bool) -> str:
    """What speaks for this rep against the best other one; nothing where there is no other, or a family decides."""
    start, end = draft.pairs.indptr[draft.pairs.option_unit[now]], draft.pairs.indptr[draft.pairs.option_unit[now] + 1]
    others = np.setdiff1d(np.arange(start, end), [now])
    if not alone or not len(others):
        return ""
    lead = [float(g[now] - g[others].max()) for g in gains]
    best = int(np.argmax(lead)) if lead else 0
    return f": best for {names[best]}" if lead and lead[best] > 1e-9 else ": for balance or room"


def _moved_for(names: list[str], gains: list[Floats], was: int, now: int, alone: bool) -> str:
    """The term that gains most by the move; a customer cannot move for continuity, but its family may."""
    change = [float(g[now] - g[was]) for g in gains]
    best = int(np.argmax(change)) if change else 0
    if not alone or not change or change[best] <= 1e-9:
        return "moves" if not alone else "moves for balance or to make room"
    return f"moves for {names[best]}"


def _full_rows(draft: Draft, load: Loads, rep_of: Ints) -> list[int]:
    """Rows whose load is within one average customer of the limit."""
    option = _pair_of(draft, rep_of)
    taken = np.zeros(len(draft.pairs.option_unit), dtype=bool)
    taken[option[option >= 0]] = True
    held = taken[load.option]
    total = np.bincount(load.row[held], weights=load.amount[held], minlength=len(load.of))
    typical = float(load.amount.mean()) if len(load.amount) else 0.0
    return np.flatnonzero(np.isfinite(load.upper) & (total + typical > load.upper)).tolist()
