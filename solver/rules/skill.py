"""Rule `skill`: a rep gets only customers whose required skills it has."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Literal

import numpy as np

from solver.arrays import codes
from solver.rules.base import PairRule
from solver.sentences import sentence

if TYPE_CHECKING:
    from solver.draft import Draft
    from solver.view import View


class Skill(PairRule):
    """A rep may have a customer only with every required skill, each at the required level or above.

    Levels run from 1 to 5. A customer that requires nothing may go to anybody.

    Mathematics: removes the pairs (i, j) with `level_i(s) < required_j(s)` for a skill s that customer j requires.
    """

    kind: Literal["skill"] = "skill"

    def apply(self, draft: Draft) -> None:
        """Remove pairs, one row of reps for every distinct set of requirements."""
        group, sets = codes(draft.customers["required_skills"].tolist(), lambda s: tuple(sorted(s.items())))
        held = draft.reps["skills"].tolist()
        allowed = np.ones((len(sets), draft.n_reps), dtype=bool)
        for g, needed in enumerate(sets):
            for skill, level in needed:
                allowed[g] &= np.array([s.get(skill, 0) >= level for s in held], dtype=bool)
        draft.restrict(group, allowed)

    def key(self, view: View, customer: int) -> Hashable:
        """Return the customer's requirements."""
        return frozenset(view.customers["required_skills"][customer].items())

    def permits(self, view: View, customer: int, rep: int) -> bool:
        """Whether the rep has each required skill at its level."""
        has = view.reps["skills"][rep]
        return all(
            skill in has and has[skill] >= level for skill, level in view.customers["required_skills"][customer].items()
        )

    def describe(self) -> str:
        """One sentence."""
        return sentence("a rep has every skill its customers require")
