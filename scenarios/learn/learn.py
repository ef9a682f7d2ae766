"""Learned fit for a plan: made by `fairbook learn`, kept in a file beside the plan, taken up again by every solve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scenarios.plan.model_file import place_of
from scenarios.plan.plan import Plan
from scenarios.run.prepare import read_plan, read_tables
from scenarios.run.sales import is_outcome
from scenarios.sources.derive import outcomes_there
from solver.arrays import Floats, Ints
from solver.draft import Draft
from solver.fit.declared import Profile
from solver.fit.learned.card import card
from solver.fit.learned.model import Model, Part
from solver.fit.learned.past import Past
from solver.fit.learned.propensity import Weights, propensity
from solver.fit.learned.scorer import Scorer
from solver.fit.learned.settings import Learning
from solver.fit.learned.train import Events, events_of, train
from solver.fit.learned.traits import Traits
from solver.fit.learned.validation import Validation, validate
from solver.objectives.fit import Fit
from solver.problems import InputError, Problem
from solver.tables import Tables

Watch = Callable[[str], None]
"""Told in a few words what is being done now."""


@dataclass(frozen=True)
class Learned:
    """What `learn` made.

    Attributes
    ----------
    model : to be kept; whether plans use it, it says itself.
    checked : how it did on what came later.
    card : the model card as plain data.
    path : where the plan looks for the model.
    notes : on the input.
    """

    model: Model
    checked: Validation
    card: dict[str, Any]
    path: Path
    notes: tuple[Problem, ...]


@dataclass(frozen=True)
class Made:
    """A model with what it was made from: the closed opportunities, what propensities say of them, the plan's pairs."""

    model: Model
    checked: Validation
    traits: Traits
    events: Events
    weights: Weights
    pairs: tuple[Ints, Ints]


def learn(path: Path, sets: tuple[str, ...] = (), force: bool = False, watch: Watch = lambda _: None) -> Learned:
    """Learn fit from a plan's history and say whether it earns its place.

    Parameters
    ----------
    force : let plans use the model although it is not surely better than the best baseline.

    Raises
    ------
    InputError
        The plan or its tables are wrong, history holds no closed opportunity, or a column may not be used.
    """
    watch("reading")
    plan, resolved = read_plan(path, None, sets)
    loaded, said = read_tables(plan, resolved, path, [])
    made = learn_from(plan, loaded.tables, path.name, loaded.hashes, force, watch)
    told = card(made.model, made.checked, made.events, made.traits, made.pairs, made.weights)
    return Learned(made.model, made.checked, told, place_of(plan, path), (*loaded.problems, *said))


def learn_from(
    plan: Plan,
    tables: Tables,
    file: str,
    hashes: Mapping[str, str],
    force: bool = False,
    watch: Watch = lambda _: None,
) -> Made:
    """Learn fit from tables that were read, looking at nothing of the plan's period or later; errors as `learn`.

    Parameters
    ----------
    file : name of the plan's file, for messages.
    hashes : of the tables, kept in the model.
    """
    from threadpoolctl import threadpool_limits

    learning = plan.learning
    if problems := list(learning.problems(tables)):
        raise InputError([replace(p, file=file) for p in problems])
    before = int(np.datetime64(plan.period.first, "D").astype(np.int64))
    watch("counting")
    past = Past(tables.customers, tables.reps, tables.history, learning)
    traits = Traits(tables.customers, tables.reps, past, learning, sized=plan.data.derive.potential is None)
    events = events_of(past, before)
    if not len(events):
        raise InputError([_nothing(plan, tables, file)])
    weights = propensity(traits, events.of)
    if learning.weighting == "propensity" and weights.refused:
        raise InputError([_one_sided(weights, file)])
    profile = next((t.profile for t in plan.terms.values() if isinstance(t, Fit)), Profile())
    with threadpool_limits(1):  # many small products: threads cost more than they bring
        watch("checking against the baselines")
        checked = validate(traits, learning, events, tables.customers, tables.reps, profile)
        watch("learning from all of it")
        model = _trained(traits, learning, events, before, checked)
    model = replace(
        model, data=dict(hashes), earned=checked.verdict == "earned", verdict=checked.sentence,
        forced=force and checked.verdict == "declined",
    )  # fmt: skip
    watch("scoring the plan's pairs")
    draft = Draft(replace(tables, learned=None), plan.period, plan.rules, {}, False)
    number = {r: i for i, r in enumerate(past.rep_ids)}
    of_active = np.array([number[r] for r in draft.reps["rep_id"]], dtype=np.int64)
    pairs = draft.pairs.customer, of_active[draft.pairs.rep] if len(of_active) else draft.pairs.rep
    scorer = Scorer(model, tables.customers, tables.reps, tables.history, plan.period)
    return Made(_stretched(model, scorer.pairs(*pairs).win), checked, traits, events, weights, pairs)


def _stretched(model: Model, win: Floats) -> Model:
    """Return the model with the chances of a plan's pairs, but for one in a hundred at either end, as fit 0 to 1."""
    if not len(win):
        return model
    low, high = (float(v) for v in np.quantile(win, (0.01, 0.99)))
    return replace(model, floor=low, ceiling=high) if high - low > 1e-6 else model


def _trained(traits: Traits, learning: Learning, events: Events, before: int, checked: Validation) -> Model:
    if checked.verdict == "too_little":
        rate = min(max(float(events.won.mean()), 0.01), 0.99)
        return Model(learning, traits.vocabulary, Part(float(np.log(rate / (1 - rate))), (), ()), 1.0, 0.0, None, True)
    model = train(traits, learning, events, before, checked.method)
    low, high = checked.slope_range
    if low <= 1 <= high or not checked.slope > 0:
        return model
    return replace(model, slope=checked.slope, offset=checked.offset)  # its chances were too bold or too timid


def _one_sided(weights: Weights, file: str) -> Problem:
    message = f"learn.weighting: propensity cannot be used: {weights.refused}"
    return Problem("no_overlap", message, file, fix="learn without it, and read the scores as what went together")


def _nothing(plan: Plan, tables: Tables, file: str) -> Problem:
    if plan.data.history is None:
        return Problem(
            "no_history", "data.history: there is nothing to learn from: the plan names no history", file,
            expected="data.history: {source: …}",
        )  # fmt: skip
    rows = tables.history
    if not len(rows):
        return Problem("no_history", "history holds no rows: there is nothing to learn from", file)
    closed = rows[is_outcome(rows["outcome"], *plan.learning.won, *plan.learning.lost)]
    start = plan.period.first
    if len(closed) and (closed["date"].notna() & (closed["date"] >= pd.Timestamp(start))).all():
        message = f"every row of history that was won or lost is dated {start}, the period's first day, or later"
        return Problem("no_past", message, file, expected="opportunities closed before the period",
                       fix="mend the dates, or plan a later period")  # fmt: skip
    there = outcomes_there(rows["outcome"])
    return Problem(
        "no_outcome", "history has no dated row of a known customer and a rep before the period that was won or lost; "
        f"its outcomes are: {there}", file, fix="say what they mean: learn: {won: [...], lost: [...]}",
    )  # fmt: skip
