"""What could be changed so that an impossible plan becomes possible, and what each change costs.

Costs are declared in the plan (`repair:`); they only say which changes come first, so their unit is of no matter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from solver.arrays import Bools
from solver.impossible.members import COVERAGE, Loose
from solver.instance import NO_LIMIT
from solver.rules.capacity import Capacity
from solver.rules.exclusion import Exclusion
from solver.rules.family import Family
from solver.rules.move_budget import MoveBudget
from solver.rules.pin import Pin
from solver.rules.segment import Segment
from solver.rules.separation import Separation
from solver.rules.skill import Skill
from solver.rules.territory import Territory

ActionKind = Literal[
    "limit", "minimum", "territory", "skill", "unpin", "exempt", "separation", "split", "unassigned", "drop"
]

#: Grains of a limit, see `Slack.grain`.
_GRAINS = 100_000


class RepairCosts(BaseModel):
    """What each change costs when a plan cannot hold; `null` for a change that must not be proposed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    limit: float | None = Field(
        10.0, gt=0, le=1e6, description="raising a limit by as much as it is: 10 % more cost a tenth of it"
    )
    minimum: float | None = Field(10.0, gt=0, le=1e6, description="lowering a minimum by as much as it is")
    territory: float | None = Field(1.0, gt=0, le=1e6, description="letting one rep cover one more territory")
    skill: float | None = Field(2.0, gt=0, le=1e6, description="teaching one rep one skill, to the level asked for")
    unpin: float | None = Field(3.0, gt=0, le=1e6, description="freeing one customer from its pin")
    exempt: float | None = Field(
        3.0, gt=0, le=1e6, description="setting an exclusion or a segment aside for one customer"
    )
    separation: float | None = Field(
        3.0, gt=0, le=1e6, description="letting a rep have one more customer of a group that is kept apart"
    )
    split: float | None = Field(4.0, gt=0, le=1e6, description="letting one family be split")
    unassigned: float | None = Field(5.0, gt=0, le=1e6, description="leaving one customer without a rep")
    drop: float | None = Field(100.0, gt=0, le=1e6, description="leaving out a rule that nothing else can change")


@dataclass(frozen=True)
class Action:
    """One change that is made or not.

    Attributes
    ----------
    kind : which cost it has.
    rule : the rule it changes.
    rep : position among the active reps, -1 for none.
    customers : positions.
    what, level : the territory, or the skill and its level.
    """

    kind: ActionKind
    cost: float
    rule: str
    rep: int = -1
    customers: tuple[int, ...] = ()
    what: str = ""
    level: int = 0


@dataclass(frozen=True)
class Slack:
    """A limit that may be raised, or a minimum that may be lowered.

    Attributes
    ----------
    row, side : the row of `Loose.wide`; side +1 for its upper limit, -1 for its lower one.
    cost : of one integer step of the load; None where it must not be changed.
    drop : the action that leaves its rule out; -1 for none.
    spare : part of a step that lies between what the limit says and the whole steps it allows; costs nothing.
    grain : steps by which it is changed while searching, a hundred-thousandth of the limit; then by what is needed.
    """

    row: int
    side: int
    cost: float | None
    drop: int = -1
    spare: float = 0.0
    grain: int = 1


@dataclass
class Menu:
    """All changes of a plan.

    Attributes
    ----------
    actions : changes that are made or not.
    clauses : by option of `Loose.wide`: sets of actions; the option is open when one of each set is taken.
    served : customers (positions in `Loose.who`) that get a rep unless one of these actions is taken.
    together : families, by positions in `Loose.who`, with the actions that split them.
    slacks : limits.
    groups : separations by number, with the cost of one more for the rule's limit, None for never.
    """

    loose: Loose
    actions: list[Action] = field(default_factory=list)
    clauses: dict[int, list[tuple[int, ...]]] = field(default_factory=dict)
    served: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    together: list[tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)
    slacks: list[Slack] = field(default_factory=list)
    groups: list[tuple[int, float | None]] = field(default_factory=list)


def menu_of(loose: Loose, costs: RepairCosts) -> Menu:
    """Return every change that the costs allow."""
    return _Writer(loose, costs).menu


class _Writer:
    def __init__(self, loose: Loose, costs: RepairCosts):
        self._loose, self._costs = loose, costs
        self._draft = loose.draft
        self.menu = Menu(loose)
        self._at: dict[Action, int] = {}
        self._skills = self._draft.reps["skills"].tolist()
        self._needs = self._draft.customers["required_skills"].tolist()
        self._paths: list[str] = self._draft.customers["territory"].tolist()
        self._spelled: dict[str, str] = {}
        for j in loose.who.tolist():
            self._spelled.setdefault(self._paths[j].casefold(), self._paths[j])
        needed = [item for j in loose.who.tolist() for item in self._needs[j].items()]
        self._levels: dict[str, list[int]] = {}
        for skill, level in sorted(set(needed)):
            self._levels.setdefault(skill, []).append(level)
        for number, part in enumerate(loose.parts):
            customers = loose.index[list(part.customers)].tolist()
            if part.kind == "served":
                self.menu.served.append((customers[0], self._ways(self._one("unassigned", COVERAGE, part.customers))))
            elif part.kind in {"pinned", "eligible"}:
                self._opens(part.rule, part.customers[0], customers[0], loose.blocked[number])
                if part.kind == "pinned":
                    self.menu.served.append((customers[0], self._ways(self._one("unpin", part.rule, part.customers))))
            elif part.kind == "family":
                known = isinstance(self._draft.rules.get(part.rule), Family)
                one = self._one("split", part.rule, part.customers) if known else self._one("drop", part.rule)
                self.menu.together.append((tuple(customers), self._ways(one)))
            elif part.kind == "separation":
                known = isinstance(self._draft.rules.get(part.rule), Separation)
                self.menu.groups.append((part.at, costs.separation if known else None))
            else:
                self.menu.slacks.append(self._slack(part.rule, part.at, 1 if part.kind == "most" else -1))

    def _one(self, kind: ActionKind, rule: str, customers: tuple[int, ...] = (), rep: int = -1, what: str = "",
             level: int = 0) -> int:  # fmt: skip
        """Return the number of an action, -1 where it must not be taken."""
        cost: float | None = getattr(self._costs, kind)
        if cost is None:
            return -1
        action = Action(kind, cost, rule, rep, customers, what, level)
        if action not in self._at:
            self._at[action] = len(self.menu.actions)
            self.menu.actions.append(action)
        return self._at[action]

    @staticmethod
    def _ways(*actions: int) -> tuple[int, ...]:
        return tuple(a for a in actions if a >= 0)

    def _opens(self, rule: str, customer: int, k: int, blocked: Bools) -> None:
        """Say what opens each pair that a rule takes from a customer."""
        means = self._means(rule)
        for rep in np.flatnonzero(blocked).tolist():
            option = k * self._draft.n_reps + rep
            self.menu.clauses.setdefault(option, []).extend(means(rule, customer, rep))

    def _means(self, rule: str) -> Callable[[str, int, int], list[tuple[int, ...]]]:
        kind = self._draft.rules.get(rule)
        if isinstance(kind, Territory):
            return self._by_territory
        if isinstance(kind, Skill):
            return self._by_skill
        if isinstance(kind, Pin):
            return lambda rule, customer, _: [self._ways(self._one("unpin", rule, (customer,)))]
        if isinstance(kind, Exclusion | Segment):
            return lambda rule, customer, _: [self._ways(self._one("exempt", rule, (customer,)))]
        return lambda rule, *_: [self._ways(self._one("drop", rule))]

    def _by_territory(self, rule: str, customer: int, rep: int) -> list[tuple[int, ...]]:
        path = self._paths[customer].casefold()
        if not path:  # nobody's: the rule can make it everybody's
            return [self._ways(self._one("territory", rule))]
        parts = path.split("/")
        above = ("/".join(parts[: n + 1]) for n in range(len(parts)))
        names = [self._spelled[t] for t in above if t in self._spelled]
        return [self._ways(*(self._one("territory", rule, rep=rep, what=name) for name in names))]

    def _by_skill(self, rule: str, customer: int, rep: int) -> list[tuple[int, ...]]:
        clauses = []
        for skill, level in self._needs[customer].items():
            if self._skills[rep].get(skill, 0) < level:
                enough = (at for at in self._levels[skill] if at >= level)
                clauses.append(self._ways(*(self._one("skill", rule, (), rep, skill, at) for at in enough)))
        return clauses

    def _slack(self, rule: str, row: int, side: int) -> Slack:
        load, k = self._loose.load_of(row)
        built = self._draft.rules.get(rule)
        price = self._costs.limit if side > 0 else self._costs.minimum
        if not isinstance(built, Capacity | MoveBudget):
            return Slack(row, side, None, self._one("drop", rule))
        if (
            isinstance(built, Capacity)
            and self._draft.strength(built.ramp, built.presence)[k_rep(self._loose, row)] <= 0
        ):
            return Slack(row, side, None)  # whatever the limit is, nothing of it is left
        limits = load.upper if side > 0 else load.lower
        some = limits[np.isfinite(limits) & (limits > 0)]
        amounts = load.amount[load.amount > 0]
        base = float(limits[k]) if limits[k] > 0 else float(some.mean()) if len(some) else 0.0
        base = base or (float(amounts.mean()) if len(amounts) else 1.0)
        wide = self._loose.wide
        if abs(int((wide.row_upper if side > 0 else wide.row_lower)[row])) >= NO_LIMIT:
            raise ValueError(f"row {row} has no limit on side {side}")
        steps = base * wide.rows[row].unit
        grain = max(1, round(steps / _GRAINS))
        whole = int((wide.row_upper if side > 0 else wide.row_lower)[row])
        spare = min(1.0, max(0.0, side * (float(limits[k]) * wide.rows[row].unit - whole)))
        return Slack(row, side, None if price is None else price / steps, -1, spare, grain)


def k_rep(loose: Loose, row: int) -> int:
    """Position among the active reps of the rep whose load a row is, for a load that has a row a rep."""
    load, k = loose.load_of(row)
    return loose.draft.rep_at[load.of[k]]
