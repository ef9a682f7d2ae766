"""What a plan and its data look like before solving: who could go where, what is tight, what cannot be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from scenarios.plan.yaml_text import Document
from scenarios.run.prepare import Prepared, resolve_plan
from scenarios.run.record import plain
from solver.engine.improve.construct import construct
from solver.explain import Finding, funnel, homeless, impossibilities, overloads, shortfalls
from solver.impossible.pressure import Pressure, pressures
from solver.losses import Loss, losses
from solver.problems import InputError, Problem

#: Sets of reps listed as tight.
_TIGHTEST = 5


@dataclass(frozen=True)
class Tight:
    """A set of reps whose limit is near to what only they can serve, in words that people know.

    Attributes
    ----------
    pressure : the set, its limit, and what the customers need that can go nowhere else.
    rep_names : of the reps in the set, in their order; a rep without a name has its id.
    territories : of those customers, the one with most customers first; empty where they have none.
    """

    pressure: Pressure
    rep_names: tuple[str, ...]
    territories: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``."""
        named = {"rep_names": self.rep_names, "territories": self.territories}
        return asdict(self.pressure) | {"share": self.pressure.share} | named


@dataclass(frozen=True)
class Examined:
    """What `examine` found.

    Attributes
    ----------
    customers, reps, pairs, families : counts; reps are the active ones, families those of two and more customers.
    funnel : customers that still have an eligible rep after each rule, by name, in order.
    lost : the pairs of a customer and a rep that each rule takes away, in order.
    tight : the sets of reps whose limits are nearest to what only they can serve, worst first.
    findings : customers without an eligible rep, and sets of reps that are overrun.
    impossible : whether no plan can exist: somebody who must be served cannot be.
    rep_names : names of the reps that `tight` and `findings` speak of, by id; without those that have none.
    rules, terms : a sentence each, by name.
    changes : what the scenario changed, ``path: old → new``.
    notes : warnings and notes on the input, and on scenarios that would fail.
    """

    customers: int
    reps: int
    pairs: int
    families: int
    funnel: list[tuple[str, int]]
    lost: list[Loss]
    tight: list[Tight]
    findings: list[Finding]
    impossible: bool
    rep_names: dict[str, str]
    rules: dict[str, str]
    terms: dict[str, str]
    changes: list[str]
    notes: tuple[Problem, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``."""
        found = {k: v for k, v in asdict(self).items() if k not in {"notes", "tight"}}
        tight = [t.as_dict() for t in self.tight]
        return plain(found | {"tight": tight, "notes": [p.as_dict() for p in self.notes]})  # type: ignore[no-any-return]


def examine(prepared: Prepared) -> Examined:
    """Look a prepared plan over."""
    draft, instance = prepared.draft, prepared.instance
    names = dict(zip(draft.reps["rep_id"].tolist(), draft.reps["name"].tolist(), strict=True))
    territory = dict(zip(draft.customers["customer_id"].tolist(), draft.customers["territory"].tolist(), strict=True))
    seen: dict[tuple[str, ...], Pressure] = {}
    for pressure in pressures(draft):
        seen.setdefault((pressure.rule, *pressure.who), pressure)
    tight = [
        Tight(p, tuple(names.get(r) or r for r in p.reps), _commonest(territory[c] for c in p.customers))
        for p in list(seen.values())[:_TIGHTEST]
    ]
    findings = [*homeless(draft), *overloads(draft), *shortfalls(draft)]
    spoken_of = dict.fromkeys(
        r for reps in (*(t.pressure.reps for t in tight), *(f.reps for f in findings)) for r in reps
    )
    return Examined(
        customers=draft.n_customers,
        reps=draft.n_reps,
        pairs=instance.n_options,
        families=int((instance.unit_size > 1).sum()),
        funnel=[*funnel(draft), ("with room in a first plan", _placed(prepared))],
        lost=losses(draft),
        tight=tight,
        findings=findings,
        impossible=bool(impossibilities(draft)),
        rep_names={r: names[r] for r in spoken_of if names.get(r, r) != r},
        rules={name: rule.describe() for name, rule in prepared.plan.rules.items()},
        terms={name: f"{term.weight:g} × {term.describe()}" for name, term in prepared.plan.terms.items()},
        changes=[change.line() for change in prepared.changes],
        notes=(*prepared.notes, *_of_scenarios(prepared)),
    )


def _of_scenarios(prepared: Prepared) -> list[Problem]:
    """What would stop the plan's scenarios and overrides that were not asked for, as warnings; the tables aside."""
    data = prepared.plan.source
    names = [str(n) for part in ("scenarios", "overrides") for n in data.get(part) or {}]
    found: dict[str, Problem] = {}
    for name in dict.fromkeys(names):
        try:
            resolve_plan(Document(prepared.path.name, data, {}), name)
        except InputError as error:
            for p in error.problems:
                what = replace(p, severity="warning", message=f"scenario {name}: {p.message}")
                found.setdefault(p.line(), what)  # an override in several scenarios is told of once
    return list(found.values())


def _commonest(territories: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name, _ in Counter(t for t in territories if t).most_common())


def _placed(prepared: Prepared) -> int:
    """Customers that a quick first plan finds room for, all limits kept; a search may place more."""
    return prepared.draft.n_customers - prepared.instance.unassigned(construct(prepared.instance, 1))
