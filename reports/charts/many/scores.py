"""The score of each scenario: the points its terms give, and the bound."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

from reports import style, wording
from reports.words import mark, say
from scenarios.compare import Comparison

TITLE = mark("Score of each scenario")
COLORS = (style.BLUE, style.ORANGE, "#009E73", style.SKY, style.RED, "#CC79A7", style.FAINT)
"""Of the terms, in order; from the eighth on again from the first."""


def frame(found: Comparison) -> pd.DataFrame:
    """A row a scenario and term, of those with a plan: scenario, term, points, score, bound (NaN for none), same.

    `same` says whether all plans weigh the terms alike, so that their scores measure the same.

    ``points = weight · term / Σ weight``, which add up to the score; a scenario without weights has one row without
    a term.
    """
    rows: list[tuple[str, str, float | None, float | None, float | None]] = []
    for side in found.sides:
        if not side.has_plan:
            continue
        weights = {name: float(term["weight"]) for name, term in side.terms.items()}
        whole = sum(weights.values())
        named = [(n, w * float(side.terms[n]["score"]) / whole) for n, w in weights.items() if w] if whole else []
        rows += [(side.name, n, points, side.score, side.bound) for n, points in named]
        if not named:
            rows.append((side.name, "", side.score, side.score, side.bound))
    columns = ["scenario", "term", "points", "score", "bound"]
    table = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:], "float64"))
    return table.assign(same=found.same_weights)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: a bar a scenario, a part of it a term, a stroke at the bound."""
    with style.house(style.texts(frame)):
        scenarios, terms = list(frame["scenario"].unique()), [t for t in frame["term"].unique() if t]
        names = [wording.scenario(s, 36) for s in scenarios]
        ax = style.canvas(ax, 8.2, 1.1 + 0.42 * len(names) + 0.5)
        style.place(ax, style.MARGIN + 0.1 + style.room(names), 1.75, 1.1, 0.5)
        style.bare(ax)
        at = {s: y for y, s in enumerate(scenarios)}
        left = dict.fromkeys(scenarios, 0.0)
        for row in style.rows(frame):
            color = COLORS[terms.index(row.term) % len(COLORS)] if row.term else style.FAINT
            y, low = at[row.scenario], left[row.scenario]
            ax.barh(y, row.points, left=low, height=0.56, color=color, edgecolor="white")
            if row.points >= 6:
                ax.text(low + row.points / 2, y, f"{row.points:.1f}", ha="center", va="center_baseline", fontsize=8.5,
                        color=style.ink_on(to_rgb(color)))  # fmt: skip
            left[row.scenario] += row.points
        for row in style.rows(frame.drop_duplicates("scenario")):
            y = at[row.scenario]
            if row.bound == row.bound:
                ax.plot([row.bound] * 2, [y - 0.36, y + 0.36], color=style.INK, linewidth=1.4)
            style.beside(ax, y, _score(row), 114, right=True, color=style.INK)
        ax.set_ylim(len(scenarios) - 0.5, -0.5)
        ax.set_xlim(0, 100)
        ax.set_yticks(range(len(names)), names)
        ax.set_xlabel(say("points; the stroke is the bound, which no plan exceeds"), fontsize=9)
        style.title(ax, finding(frame), say("Points each term adds to the score"))
        if terms:
            style.key(ax, [(Patch(color=COLORS[n % len(COLORS)]), wording.spoken(t)) for n, t in enumerate(terms)])
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    if not frame["same"].all():
        return say("Scores with different weights: they do not measure the same")
    best, *others = style.rows(frame.drop_duplicates("scenario").sort_values("score", ascending=False, kind="stable"))
    digits = _digits(frame)
    most = {"most": wording.capital(wording.scenario(best.scenario)), "most_score": f"{best.score:.{digits}f}"}
    if not others:
        return say("{most} scores {most_score}", **most)
    if best.score - others[-1].score < 5e-3:
        return say("All score the same: {score}", score=f"{best.score:.{digits}f}")
    least = {"least": wording.scenario(others[-1].scenario), "least_score": f"{others[-1].score:.{digits}f}"}
    return say("{most} scores most: {most_score}, {least} least: {least_score}", **most, **least)


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    rows = style.rows(frame.drop_duplicates("scenario"))
    each = say("; ").join(f"{wording.scenario(r.scenario)} {_score(r)}" for r in rows)
    return say("Score of each scenario by term. {finding}. {each}.", finding=finding(frame), each=each)


def _digits(frame: pd.DataFrame) -> int:
    """The decimals with which the scores show how they differ."""
    return wording.digits(float(frame["score"].min()), float(frame["score"].max()))


def _score(row: Any) -> str:
    """The score with its bound, in the decimals in which every report says those of this run."""
    if row.bound != row.bound:
        return f"{row.score:.1f}"
    digits = wording.digits(row.score, row.bound)
    return say("{score} of at most {bound}", score=f"{row.score:.{digits}f}", bound=f"{row.bound:.{digits}f}")
