"""The model card: what the model was learned from, how good it is, what drives it, and what to beware of."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from solver.arrays import Ints
from solver.fit.learned.model import Model, Part
from solver.fit.learned.propensity import Weights
from solver.fit.learned.train import Events
from solver.fit.learned.traits import Traits
from solver.fit.learned.validation import BASELINES, Validation
from solver.sentences import sentence

#: What holds of every model of this kind.
CAVEATS = (
    sentence(
        "Who got which customers in the past was not left to chance: a rep who was given the easy customers looks "
        "better than it is. Traits of the customer are held constant as far as the tables know them; what they do not "
        "know stays in. Read the scores as what went together, not as what a change of rep will bring; --propensity "
        "(learn.weighting: propensity) counts the usual pairings less, and a plan solved without fit shows what the "
        "score rests on."
    ),
    sentence(
        "Customers and reps are described as they are today (industry, segment, skills, what a rep lists), for past "
        "events too; what the pair shared is counted up to the day before each event."
    ),
    sentence(
        "Where a rep has closed nothing in an industry, its score is that of its team, its peers and what it lists."
    ),
)
#: How far to trust the intervals, by method.
INTERVALS = {
    "effects": sentence(
        "The intervals are meant to hold 4 of 5 chances. They take the effects as independent and their spreads as "
        "known; on examples whose truth is known they held 77 of 100 (51 to 95 in the worst and the best of twenty)."
    ),
    "trees": sentence(
        "The intervals are how far forests differ that were grown on other samples of the customers. They say how much "
        "the data sway the trees, not how far trees are from the truth: take them for less than 4 of 5."
    ),
}


def card(
    model: Model, checked: Validation, events: Events, traits: Traits, pairs: tuple[Ints, Ints], weights: Weights
) -> dict[str, Any]:
    """Return the card as plain data.

    Parameters
    ----------
    events : what the model was trained on.
    pairs : the plan's eligible pairs: customers, and reps as `traits` numbers them.
    weights : what propensities say of who got which customers, whether the model uses them or not.
    """
    closed, past = len(events), traits.past
    return {
        "model": model.sha256,
        "verdict": checked.verdict,
        "used": model.usable,
        "method": checked.method,
        "challenge": None if checked.challenge is None else asdict(checked.challenge),
        "forced": model.forced,
        "sentence": checked.sentence,
        "data": {
            "hashes": model.data,
            "rows": len(past.day),
            "first": _day(past.day.min()) if len(past.day) else None,
            "last": _day(past.day.max()) if len(past.day) else None,
            "closed": closed,
            "won": int(events.won.sum()),
            "customers": len(np.unique(events.of.customer)),
            "reps": len(np.unique(events.of.rep)),
        },
        "settings": model.learning.model_dump(mode="json"),
        "checked": {
            "events": checked.events,
            "won": checked.wins,
            "first": _day(checked.first) if checked.events else None,
            "last": _day(checked.last) if checked.events else None,
            "stretches": model.learning.folds,
            "best_baseline": BASELINES.get(checked.best, ""),
            "gain": checked.gain,
            "gain_at_least": checked.low,
            "over_declared": checked.over_declared[0],
            "over_declared_at_least": checked.over_declared[1],
        },
        "figures": {name: asdict(f) for name, f in checked.figures.items()},
        "calibration": {
            "slope": checked.slope,
            "slope_range": list(checked.slope_range),
            "offset": checked.offset,
            "applied": (model.slope, model.offset) != (1.0, 0.0),
            "bins": [dict(b) for b in checked.bins],
        },
        "money": None if checked.money is None else dict(checked.money),
        "spread": {" × ".join(g.of): math.sqrt(g.spread) for g in model.chance.groups}
        if isinstance(model.chance, Part)
        else {},
        "drivers": list(model.drivers()),
        "propensity": {"used": model.learning.weighting == "propensity", "refused": weights.refused}
        | weights.as_dict(),
        "overlap": overlap(events, traits, pairs),
        "sensitive": list(model.learning.sensitive),
        "caveats": caveats(model),
    }


def caveats(model: Model) -> Sequence[str]:
    """Return what to beware of."""
    found: list[str] = [*CAVEATS, INTERVALS["effects" if isinstance(model.chance, Part) else "trees"]]
    if not model.sized:
        found.append(
            sentence("Potential was not used as a trait: the plan derives it from the very deals that are predicted.")
        )
    if model.learning.sensitive:
        found.append(
            sentence("Used on purpose, though sensitive: {columns}. Check that it is lawful and fair.",
                     columns=", ".join(model.learning.sensitive))
        )  # fmt: skip
    return found


def overlap(events: Events, traits: Traits, pairs: tuple[Ints, Ints]) -> Mapping[str, float | int]:
    """How far the plan's pairs lie within what was seen.

    Returns
    -------
    pairs : how many there are; and the shares of them in which the rep has closed something with that very customer
        (`customer`), in its industry (`industry`), or anything at all (`rep`).
    """
    customer, rep = pairs
    if not len(customer):
        return {"pairs": 0, "customer": 0.0, "industry": 0.0, "rep": 0.0}
    n, industry = traits.n_reps, traits.level["industry"]
    known = np.zeros(n, dtype=bool)
    known[events.of.rep] = True
    met = np.unique(events.of.customer * n + events.of.rep)
    there = np.unique(industry[events.of.customer] * n + events.of.rep)
    return {
        "pairs": len(customer),
        "customer": float(np.isin(customer * n + rep, met).mean()),
        "industry": float((np.isin(industry[customer] * n + rep, there) & (industry[customer] >= 0)).mean()),
        "rep": float(known[rep].mean()),
    }


def _day(day: Any) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(int(day))).isoformat()
