"""What a plan and its data look like before solving: who could go where, what is tight, what cannot be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from scenarios.record import plain
from scenarios.run import Prepared
from solver.engine.construct import construct
from solver.explain import Finding, Pressure, funnel, homeless, impossibilities, overloads, pressures, shortfalls
from solver.problems import Problem

#: Sets of reps listed as tight.
_TIGHTEST = 5


@dataclass(frozen=True)
class Examined:
    """What `examine` found.

    Attributes
    ----------
    customers, reps, pairs, families : counts; reps are the active ones, families those of two and more customers.
    funnel : customers that still have an eligible rep after each rule, by name, in order.
    tight : the sets of reps whose limits are nearest to what only they can serve, worst first.
    findings : customers without an eligible rep, and sets of reps that are overrun.
    impossible : whether no plan can exist: somebody who must be served cannot be.
    rules, terms : a sentence each, by name.
    changes : what the scenario changed, ``path: old → new``.
    notes : warnings and notes on the input.
    """

    customers: int
    reps: int
    pairs: int
    families: int
    funnel: list[tuple[str, int]]
    tight: list[Pressure]
    findings: list[Finding]
    impossible: bool
    rules: dict[str, str]
    terms: dict[str, str]
    changes: list[str]
    notes: tuple[Problem, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for ``--json``."""
        found = {k: v for k, v in asdict(self).items() if k not in {"notes", "tight"}}
        tight = [asdict(p) | {"share": p.share} for p in self.tight]
        return plain(found | {"tight": tight, "notes": [p.as_dict() for p in self.notes]})  # type: ignore[no-any-return]


def examine(prepared: Prepared) -> Examined:
    """Look a prepared plan over."""
    draft, instance = prepared.draft, prepared.instance
    seen: dict[tuple[str, ...], Pressure] = {}
    for pressure in pressures(draft):
        seen.setdefault((pressure.rule, *pressure.reps), pressure)
    return Examined(
        customers=draft.n_customers,
        reps=draft.n_reps,
        pairs=instance.n_options,
        families=int((instance.unit_size > 1).sum()),
        funnel=[*funnel(draft), ("with room in a first plan", _placed(prepared))],
        tight=list(seen.values())[:_TIGHTEST],
        findings=[*homeless(draft), *overloads(draft), *shortfalls(draft)],
        impossible=bool(impossibilities(draft)),
        rules={name: rule.describe() for name, rule in prepared.plan.rules.items()},
        terms={name: f"{term.weight:g} × {term.describe()}" for name, term in prepared.plan.terms.items()},
        changes=[change.line() for change in prepared.changes],
        notes=prepared.notes,
    )


def _placed(prepared: Prepared) -> int:
    """Customers that a quick first plan finds room for, all limits kept; a search may place more."""
    return prepared.draft.n_customers - prepared.instance.unassigned(construct(prepared.instance, 1))
