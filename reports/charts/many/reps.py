"""Who gains and loses: the potential of each rep's book in each scenario, against the first."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from reports import style, wording
from reports.words import mark, say
from scenarios.compare import Comparison

TITLE = mark("Who gains and loses potential")
MOST_REPS, MOST_SCENARIOS = 30, 10
"""How many are drawn: the reps with the largest changes, the scenarios in their order."""
_MAP = LinearSegmentedColormap.from_list("loss and gain", [style.RED, "white", style.BLUE])


def frame(found: Comparison) -> pd.DataFrame:
    """A row a rep and scenario but the first: rep_id, name, team, scenario, change (of potential), against.

    Empty where the first has no plan, or nobody's book differs.
    """
    first, *others = found.sides
    parts = []
    for side in [s for s in others if s.has_plan][:MOST_SCENARIOS] if first.has_plan else []:
        change = found.reps[side.name].fillna(0.0) - found.reps[first.name].fillna(0.0)
        part = found.reps[["rep_id", "name", "team"]].assign(scenario=side.name, change=change.round(6))
        parts.append(part.assign(against=first.name))
    columns = ["rep_id", "name", "team", "scenario", "change", "against"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    if not len(table):
        return table
    largest = table["change"].abs().groupby(table["rep_id"], sort=False).max()
    largest = largest[largest > 0].sort_values(ascending=False, kind="stable").head(MOST_REPS)
    table = table[table["rep_id"].isin(largest.index)]
    return table.sort_values(["team", "name", "rep_id"], kind="stable").reset_index(drop=True)


def draw(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the frame: a row a rep, a column a scenario, blue for a gain and red for a loss."""
    with style.house(style.texts(frame)):
        reps = frame.drop_duplicates("rep_id")
        scenarios = list(frame["scenario"].unique())
        names = [
            wording.label(n if n == r else f"{n} ({r})", 34) for n, r in zip(reps["name"], reps["rep_id"], strict=True)
        ]
        grid = frame.pivot(index="rep_id", columns="scenario", values="change").loc[list(reps["rep_id"]), scenarios]
        left = style.MARGIN + 0.1 + style.room(names)
        ax = style.canvas(ax, max(6.4, left + 1.15 * len(scenarios) + 0.2), 1.1 + 0.3 * len(names) + 0.15)
        style.place(ax, left, 0.2, 1.1, 0.15)
        style.bare(ax)
        edge = float(grid.abs().to_numpy().max()) or 1.0
        ax.imshow(grid.to_numpy(), cmap=_MAP, vmin=-edge, vmax=edge, aspect="auto")
        for y, row in enumerate(grid.to_numpy()):
            for x, value in enumerate(row):
                if value:
                    ink = style.ink_on(_MAP((value + edge) / (2 * edge)))
                    text = wording.signed(float(value))
                    ax.text(x, y, text, ha="center", va="center_baseline", fontsize=9, color=ink)
        ax.set_yticks(range(len(names)), names)
        ax.xaxis.tick_top()
        ax.set_xticks(range(len(scenarios)), [wording.scenario(s, 15) for s in scenarios])
        against = wording.scenario(frame["against"].iloc[0])
        style.title(ax, finding(frame), say("Potential of each book, against {scenario}", scenario=against))
    return ax


def finding(frame: pd.DataFrame) -> str:
    """Return what the picture shows, in one line."""
    row = style.rows(frame.loc[[frame["change"].abs().idxmax()]])[0]
    values = {"rep": wording.label(row.name, 30), "money": wording.short(abs(float(row.change))),
              "scenario": wording.scenario(row.scenario, 30)}  # fmt: skip
    if row.change > 0:
        return say("{rep} gains most: {money} in {scenario}", **values)
    return say("{rep} loses most: {money} in {scenario}", **values)


def describe(frame: pd.DataFrame) -> str:
    """Say what the picture shows."""
    return say(
        "Change of each rep's potential against {against}: {reps} reps, {scenarios} scenarios. {finding}.",
        against=wording.scenario(frame["against"].iloc[0]), reps=frame["rep_id"].nunique(),
        scenarios=frame["scenario"].nunique(), finding=finding(frame),
    )  # fmt: skip
