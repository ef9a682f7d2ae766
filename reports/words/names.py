"""Names that the product itself gives, in the language spoken; names that the user gives stay as they are."""

from __future__ import annotations

import re
from functools import cache

from reports.words import ENGLISH, current, mark, say

#: Kinds of rules and terms, metrics, and what the shipped plans call theirs.
OURS = frozenset({
    mark("balance"), mark("capacity"), mark("continuity"), mark("customers"), mark("exclusion"),
    mark("expected revenue"), mark("family"), mark("fit"), mark("holding"), mark("max accounts"),
    mark("move budget"), mark("moves"), mark("pin"), mark("plan"), mark("potential"), mark("rivals"),
    mark("robust"), mark("segment"), mark("separation"), mark("skill"), mark("territory"), mark("travel"),
    mark("workload"), mark("quota"), mark("industry"), mark("coverage"), mark("team"), mark("assignment"),
    mark("reps"), mark("rep"), mark("all"), mark("money moved"), mark("retention"),
    mark("retention count"), mark("score"), mark("base"), mark("history"), mark("max customers"),
})  # fmt: skip
#: Names made of two of ours, as the shipped plans make them.
MADE = (mark("balance {metric}"), mark("capacity {metric}"))


def named(name: str) -> str:
    """Return a name of the plan, with spaces for its underscores, in the language spoken where it is one of ours."""
    return name if current() == ENGLISH else _named(current(), name)


@cache
def _named(_: str, name: str) -> str:
    if name in OURS:
        return say(name)
    for made in MADE:
        found = re.fullmatch(made.replace("{metric}", "(.+)"), name)
        if found and found[1] in OURS:
            return say(made, metric=say(found[1]))
    return name
