"""Members of a conflict in words: a rule and what it applies to; and the members to begin the search with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from solver.arrays import Bools
from solver.draft import Draft
from solver.explain import Finding, listed
from solver.impossible.members import COVERAGE, Loose, MemberKind
from solver.rules.territory import Territory
from solver.tables import said


@dataclass(frozen=True)
class Member:
    """One member of a conflict: a rule and what it applies to.

    Attributes
    ----------
    rule : its name in the plan; ``coverage`` where coverage is required.
    kind : see `solver.impossible.members.Part`.
    customers, reps, teams : ids, or names of teams, that it applies to.
    group : the group of a separation.
    allowed : of ``eligible`` and ``pinned``: the reps that the rule leaves to the customer.
    territory : of ``eligible``, by a rule on territories: the customer's.
    metric, limit : of ``most`` and ``least``, in units of the metric; of a separation the most customers of one rep.
    message : one sentence.
    """

    rule: str
    kind: MemberKind
    message: str
    customers: tuple[str, ...] = ()
    reps: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    group: str = ""
    allowed: tuple[str, ...] = ()
    territory: str = ""
    metric: str = ""
    limit: float | None = None


def member_of(loose: Loose, number: int) -> Member:
    """Return a member in words."""
    part, draft = loose.parts[number], loose.draft
    ids, reps = draft.customers["customer_id"], draft.reps["rep_id"].tolist()
    who = tuple(str(ids.iloc[j]) for j in part.customers)
    if part.kind == "served":
        return Member(part.rule, part.kind, f"{who[0]} must have a rep ({COVERAGE})", who)
    if part.kind in {"pinned", "eligible"}:
        allowed = tuple(reps[i] for i in np.flatnonzero(~loose.blocked[number]))
        if part.kind == "pinned":
            return Member(part.rule, part.kind, f"{who[0]} is pinned to {allowed[0]} ({part.rule})", who,
                          allowed=allowed)  # fmt: skip
        place = ""
        if isinstance(draft.rules.get(part.rule), Territory):
            place = str(draft.customers["territory"].iloc[part.customers[0]])
        where = f" ({place})" if place else ""
        message = f"{part.rule} leaves {who[0]}{where} {_those(allowed, reps)}"
        return Member(part.rule, part.kind, message, who, allowed=allowed, territory=place)
    if part.kind == "family":
        return Member(part.rule, part.kind, f"{listed(who)} are one family and stay together ({part.rule})", who)
    if part.kind == "separation":
        group = loose.wide.separations[part.at]
        message = f"a rep may have at most {group.limit} of {group.label}: {listed(who)} ({part.rule})"
        return Member(part.rule, part.kind, message, who, group=group.label, metric="customers", limit=group.limit)
    load, k = loose.load_of(part.at)
    limit = float((load.upper if part.kind == "most" else load.lower)[k])
    name = load.labels()[k]
    if load.whose == "all":
        message = f"at most {said(limit)} {load.metric} may move ({part.rule})"
    elif load.way:
        head = f"team {load.of[k]}" if load.whose == "team" and load.of[k] else load.of[k] or "the reps without a team"
        message = f"{head} may {'give away' if load.way == 'out' else 'take over'} {said(limit)} {load.metric}"
        message = f"{message} ({part.rule})"
    else:
        may = "may carry at most" if part.kind == "most" else "has to carry at least"
        message = f"{name} {may} {said(limit)} {load.metric} ({part.rule})"
    named = (load.of[k],) if load.of[k] else ("no team",)
    return Member(
        part.rule,
        part.kind,
        message,
        reps=named if load.whose == "rep" else (),
        teams=named if load.whose == "team" else (),
        metric=load.metric,
        limit=limit,
    )


def _those(allowed: Sequence[str], everyone: Sequence[str]) -> str:
    if not allowed:
        return "to nobody"
    if len(allowed) > max(3, len(everyone) // 2):
        return f"to all but {listed([r for r in everyone if r not in set(allowed)], 3)}"
    return f"to {listed(allowed, 3)}"


def sentences(members: Iterable[Member]) -> list[str]:
    """Return a conflict in few sentences: members of one rule that say the same of many customers share one."""
    like: dict[tuple[object, ...], list[Member]] = {}
    for m in members:
        one = m.kind in {"served", "pinned", "eligible"}
        key = (m.rule, m.kind, m.allowed, m.territory) if one else (m.rule, m.kind, m.message)
        like.setdefault(key, []).append(m)
    said_so = []
    for group in like.values():
        first, who = group[0], [c for m in group for c in m.customers]
        if len(group) == 1:
            said_so.append(first.message)
        elif first.kind == "served":
            said_so.append(f"{len(group):,} customers must each have a rep ({COVERAGE}): {listed(who, 3)}")
        elif first.kind == "pinned":
            said_so.append(
                f"{len(group):,} customers are pinned to {first.allowed[0]} ({first.rule}): {listed(who, 3)}"
            )
        else:
            words = first.message.replace(first.customers[0], f"{len(group):,} customers", 1)
            said_so.append(f"{words}: {listed(who, 3)}")
    return said_so


def about(draft: Draft, finding: Finding) -> Bools:
    """bool[customers]: whom what was found by counting is about, with their families; all for a minimum."""
    if not finding.customers:
        return np.ones(draft.n_customers, dtype=bool)
    named = draft.customers["customer_id"].isin(finding.customers).to_numpy(dtype=bool)
    units = np.zeros(len(draft.pairs.indptr) - 1, dtype=bool)
    units[draft.label[named]] = True
    found: Bools = units[draft.label]
    return found


def members_like(loose: Loose, rules: Iterable[str]) -> Bools:
    """bool[members]: all that says who may have whom, and the limits and groups of these rules."""
    named = set(rules)
    return np.array([p.rule in named or p.kind not in {"most", "least", "separation"} for p in loose.parts], dtype=bool)
