"""The slides that bear out what a run's deck asks for: score, balance, moves, scenarios, trade-off."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from reports import headlines, metrics, style, wording
from reports.charts import balance as balance_chart
from reports.charts import loads as loads_chart
from reports.charts import waterfall
from reports.charts.many import frontier as frontier_chart
from reports.reasons import reasons
from reports.sides import MOST_SIDES, side_by_side
from reports.slides.blocks import Bars, Curve, Grid, Points, Role, Series, Slide, bare, notes, place
from reports.words import mark, say, say_n
from scenarios.compare import Comparison, Side
from scenarios.run.record import Run

#: Most reps in a chart by name, rows in a table of moves, reps named where a chart counts them.
REPS, ROWS, NAMED = 16, 10, 6
#: Where the bars of a distribution begin: loads as a share of their target.
EDGES = (0.0, 0.5, 0.7, 0.9, 1.1, 1.3, 1.5)
KINDS = {
    "kept": mark("stay"), "chosen": mark("by choice"), "forced": mark("had to move"), "new": mark("first rep"),
}  # fmt: skip


def score(run: Run) -> Slide:
    """Return how the score gets from today's to the plan's, or where today's is not known, what it is made of."""
    terms = style.rows(metrics.terms(run).sort_values("weight", ascending=False, kind="stable"))
    steps = waterfall.frame(run)
    change = dict(zip(steps["step"], steps["change"], strict=True))
    from reports.charts import score as score_chart

    rows = [
        [wording.heading(t.name), f"{t.weight:g}", f"{t.score:.1f}", f"{t.points:.1f}",
         signed(change.get(t.name, math.nan), 1)]
        for t in terms
    ]  # fmt: skip
    grid = Grid(
        [say("Term"), say("Weight"), say("Term at"), say("Points"), say("Against today")], rows,
        frozenset({1, 2, 3, 4}), (2.3, 1, 0.85, 0.95, 1.1), 14, 2,
    )  # fmt: skip
    if len(steps):
        chart, said = _steps(steps), waterfall.finding(steps)
        below = say("Points of the score, and what each term gains or loses (hatched) against today’s books")
    else:
        table = score_chart.frame(run)
        chart = Bars(
            [wording.label(wording.heading(t.name), 26) for t in terms],
            [Series(say("Points"), [t.points for t in terms]),
             Series(say("Missed"), [t.missed for t in terms], "missed")],
            say("Points of the score by term"), score_chart.describe(table), "stacked", "points",
        )  # fmt: skip
        said, below = (
            score_chart.finding(table),
            say("Points each term adds to the score, of the most its weight allows"),
        )
    read = say("Every term is at most 100; points are its part of the score by its weight.")
    told = [t for t in (score_chart.finding(score_chart.frame(run)), metrics.verdict(run)) if t != said]
    high = min(0.6, 0.1 + 0.075 * (1 + len(rows)))
    return Slide(
        said, below,
        [(place(0, 0, 0.55, 1), chart), (place(0.58, 0.02, 0.42, high), grid),
         (place(0.58, high + 0.07, 0.42, 0.93 - high), Points([bare(t) for t in told], "", 16))], kind="score",
        notes=notes(say("To say"), chart.alt, *told, say("If asked"), read),
    )  # fmt: skip


def _steps(steps: pd.DataFrame) -> Bars:
    """The way from today to the plan as columns that stand on each other."""
    rows = [r for r in style.rows(steps) if r.kind != "gap"]
    ends = [min(r.start, r.end) for r in rows if r.kind == "term"]
    totals = [r.end for r in rows if r.kind == "total"]
    lowest = min([*ends, *totals])
    span = max([*totals, *(max(r.start, r.end) for r in rows)]) - lowest
    least = max(0.0, math.floor((lowest - 0.5 * max(span, 1.0)) / 5) * 5.0)

    def part(role: str) -> list[float | None]:
        return [_part(r, role) for r in rows]

    series = [Series(say("below"), part("base"), "base")]
    kinds: list[tuple[str, Role]] = [
        (say("Score"), "total"), (say("Gained"), "main"), (say("Lost"), "loss"), (say("Change"), "cap"),
    ]  # fmt: skip
    series += [Series(name, part(role), role) for name, role in kinds if any(v is not None for v in part(role))]
    names = [wording.label(wording.heading(r.step) if r.kind == "term" else say(r.step), 22) for r in rows]
    title = say("Points of the score, from {least} up", least=f"{least:g}") if least else say("Points of the score")
    return Bars(names, series, title, waterfall.describe(steps), "steps", "points", least=least or None,
                most=lowest + 1.12 * span + (0 if span else 1))  # fmt: skip


def _part(row: Any, role: str) -> float | None:
    low, size = min(row.start, row.end), abs(row.end - row.start)
    if row.kind == "total":
        return float(row.end) if role == "total" else None
    of = "main" if row.change >= 0 else "loss"
    return float(low) if role == "base" else float(size) if role in {of, "cap"} else None


def balance(run: Run) -> Slide:
    """Return how evenly the books are loaded: each by name, or where they are many, how many reps have how much."""
    metric = metrics.metrics(run)[0]
    table = loads_chart.frame(run, metric=metric, most=10**9)
    active = table[table["after"].gt(0) | table["target"].notna()]
    many = len(active) > REPS
    every = balance_chart.frame(run)
    said = _balanced(every) or (balance_chart.finding(every) if len(every) else loads_chart.finding(table))
    spread = metrics.balance(run)
    rows = []
    for name in list(dict.fromkeys(spread["metric"]))[:2]:
        found = spread[spread["metric"] == name].set_index("measure")
        rows.append([wording.heading(str(name)), *(_both(m, found.loc[m]) for m in ("within", "hoover", "max_min"))])
    grid = Grid(
        [say("Today → plan"), wording.capital(say(metrics.MEASURES["within"])), say("With the wrong rep"),
         wording.capital(say(metrics.MEASURES["max_min"]))], rows,
        frozenset({1, 2, 3}), (1.4, 1.5, 1.5, 1.5),
    )  # fmt: skip
    high = 0.085 * (1 + len(rows))
    blocks: list[Any] = [(place(0, 1 - high, 1, high), grid)]
    told = notes(
        say("To say"), bare(said), *(f"{r[0]}: {grid.head[1]} {r[1]}; {grid.head[2]} {r[2]}" for r in rows),
        say("If asked"), say("With the wrong rep (Hoover index): the share that would have to change hands for every "
                             "rep to be on target."),
        say("Largest ÷ smallest: the fullest book against the emptiest, each held against its target."),
    )  # fmt: skip
    if many:
        part = every[every["metric"] == metric]
        chart, off = _distribution(part, metric), _furthest(part)
        below = say("How many reps carry which share of their target, and the {n} furthest off it", n=len(off.rows))
        blocks += [(place(0, 0, 0.56, 0.96 - high), chart), (place(0.6, 0, 0.4, 0.96 - high), off)]
    else:
        chart = _by_rep(table, metric)
        below = say("Load of every rep before and after, with its target where there is one")
        blocks.append((place(0, 0, 1, 0.97 - high), chart))
    return Slide(said, below, blocks, kind="balance", notes=told)


def _balanced(frame: pd.DataFrame) -> str:
    """How many reps have a fair book, and had; empty where no metric has a tolerance."""
    parts = []
    for metric, rows in frame.groupby("metric", sort=False):
        banded = rows[rows["low"].notna()]
        if len(banded):
            after, before = (
                int(metrics.inside(banded[c], banded["low"], banded["high"]).sum()) for c in ("after", "before")
            )
            parts.append(
                say("{n} of {all} in {metric} ({before} today)", n=f"{after:,}", all=f"{len(banded):,}",
                    metric=wording.spoken(str(metric)), before=f"{before:,}")
            )  # fmt: skip
    return say("Reps with a fair book: {each}", each=say(", ").join(parts[:2])) if parts else ""


def _by_rep(table: pd.DataFrame, metric: str) -> Bars:
    names = [wording.label(n, 18) for n in table["name"]]
    series = [
        Series(say("before"), _numbers(table["before"]), "quiet"), Series(say("after"), _numbers(table["after"])),
    ]  # fmt: skip
    if table["target"].notna().any():
        series.append(Series(say("target"), _numbers(table["target"]), "mark"))
    return Bars(names, series, say("{metric} per rep", metric=wording.heading(metric)), loads_chart.describe(table),
                "columns", "money")  # fmt: skip


def _distribution(part: pd.DataFrame, metric: str) -> Bars:
    """How many reps carry which share of their target."""
    names, before, after = [], [], []
    for low, high in zip(EDGES, [*EDGES[1:], math.inf], strict=True):
        inside = [((part[c] >= low) & (part[c] < high)).sum() for c in ("before", "after")]
        before.append(float(inside[0]))
        after.append(float(inside[1]))
        ends = {"low": wording.percent(low), "high": wording.percent(high)}
        name = say("below {high}", **ends) if low == 0 else say("{low} or more", **ends) if high == math.inf else \
            f"{100 * low:.0f}–{ends['high']}"  # fmt: skip
        names.append(name.replace(" %", "\N{NO-BREAK SPACE}%"))
    each = say("; ").join(f"{n}: {b:,.0f} → {a:,.0f}" for n, b, a in zip(names, before, after, strict=True))
    title = say("Reps by {metric} as a share of their target", metric=wording.spoken(metric)) \
        if (part["base"] == "target").all() else \
        say("Reps by {metric} as a share of the mean", metric=wording.spoken(metric))  # fmt: skip
    series = [Series(say("before"), before, "quiet"), Series(say("after"), after)]
    return Bars(names, series, title, f"{title}: {each}", "columns", "count", labels=True)


def _furthest(part: pd.DataFrame) -> Grid:
    off = (part["after"] - 1).abs().sort_values(ascending=False, kind="stable").index[:NAMED]
    rows = [[str(r.name), wording.percent(r.before), wording.percent(r.after)] for r in style.rows(part.loc[off])]
    return Grid([say("Furthest off"), say("before"), say("after")], rows, frozenset({1, 2}), (2.4, 1, 1))


def disruption(run: Run, head: Mapping[str, Any]) -> Slide:
    """Return who changes hands, and what that may cost."""
    kept = style.rows(metrics.retention(run))
    grid = Grid(
        [say("Kept with their rep"), say("Kept"), say("Could stay"), say("Share")],
        [
            [wording.capital(say(r.measure)), *(_amount(v, r.measure == "potential") for v in (r.kept, r.of)),
             wording.percent(r.share)]
            for r in kept
        ],
        frozenset({1, 2, 3}), (2.2, 1, 1.2, 1),
    )  # fmt: skip
    money = {kind: head[f"{kind}_potential"] for kind in ("chosen", "forced", "new")}
    stays = run.assignment["moved"] == "kept"
    money["kept"] = float(run.assignment.loc[stays, "potential"].sum())
    kinds = [k for k in KINDS if head[k]]
    chart = Bars(
        [f"{say(KINDS[k])} ({head[k]:,})" for k in kinds], [Series(say("Potential"), [money[k] for k in kinds])],
        say("Potential that stays and that changes hands (customers)"), headlines.moves_said(head), "columns", "money",
    )  # fmt: skip
    moved = head["chosen"] + head["forced"]
    said = [say("{moved} of {all} potential changes hands by choice, {forced} because it has to",
                moved=wording.short(money["chosen"]), all=wording.short(head["potential"]),
                forced=wording.short(money["forced"]))]  # fmt: skip
    if moved:
        said += [
            headlines.risk_said(run, head),
            say("Joint calls first where most is at risk: the hand-over packs list them for every rep and manager"),
        ]
    else:
        said = [say("Nobody changes hands")]
    share = {r.measure: r.share for r in kept}["potential"]
    title = say_n(
        "{n} customer moves by choice; {share} of the potential that could stay keeps its rep",
        "{n} customers move by choice; {share} of the potential that could stay keeps its rep",
        head["chosen"], share=wording.percent(share),
    )  # fmt: skip
    if not math.isfinite(share):
        title = say_n("{n} customer gets its first rep", "{n} customers get their first rep", head["new"])
    if not moved and math.isfinite(share):
        title = say("No customer changes hands: all that have a rep keep it")
    elif not head["chosen"] and math.isfinite(share):
        title = say_n(
            "No customer moves by choice; {n} has to", "No customer moves by choice; {n} have to", head["forced"]
        )
    blocks: list[Any] = [
        (place(0.54, 0.02, 0.46, 0.42), grid),
        (place(0.54, 0.48, 0.46, 0.52), Points([bare(s) for s in said], "", 18)),
    ]
    if kinds:
        blocks.insert(0, (place(0, 0, 0.5, 1), chart))
    told = notes(
        say("To say"), headlines.moves_said(head), *said, say("If asked"),
        say("By choice: the customer could have stayed, the plan as a whole is better so. Had to move: its rep is gone "
            "or may not have it any more."),
    )  # fmt: skip
    return Slide(title, say("Moves and what they cost"), blocks, kind="disruption", notes=told)


def moves(run: Run) -> Slide:
    """Return the largest moves."""
    table, reason = metrics.moves(run), reasons(run)
    rows = [
        [r.customer, r.from_name or "–", r.to_name, say(KINDS[r.kind]), wording.short(r.potential),
         reason(r.reason)]
        for r in style.rows(table.head(ROWS))
    ]  # fmt: skip
    head = [say("Customer"), say("From"), say("To"), say("Kind"), say("Potential"), say("Reason")]
    value, whole = float(table.head(ROWS)["potential"].sum()), float(table["potential"].sum())
    title = say_n(
        "The {n} largest move is {money} of the {all} of potential that gets another rep",
        "The {n} largest moves are {money} of the {all} of potential that gets another rep",
        len(rows), money=wording.short(value), all=wording.short(whole),
    )  # fmt: skip
    below = say_n("Of {n} customer that gets another rep; the workbook has all of them",
                  "Of {n} customers that get another rep; the workbook has all of them", len(table))  # fmt: skip
    grid = Grid(head, rows, frozenset({4}), (2.3, 1.35, 1.35, 1.2, 1.05, 3.9), 14)
    told = notes(
        say("To say"),
        bare(title),
        bare(below),
        say("If asked"),
        say("Of any customer it can be said why it lands there, and what another rep would cost."),
    )
    return Slide(title, below, [(place(), grid)], kind="moves", notes=told)


def scenarios(found: Comparison) -> Slide:
    """Return the run beside others: what each scores, what it moves."""
    sides = [s for s in found.sides if s.has_plan][:MOST_SIDES]
    names, rows = side_by_side(found)
    first = bool(sides) and sides[0] is found.sides[0]
    grid = Grid(["", *names], rows, frozenset(range(1, len(names) + 1)), (1.8, *[1.0] * len(names)), 14, 2,
                1 if first else None)  # fmt: skip
    best = max(sides, key=lambda s: s.score or 0.0)
    calm = min(sides, key=chosen)
    moved = [float(_chosen(s).get("potential") or 0.0) for s in sides]
    below_chart = Bars(names, [Series(say("Potential"), moved)], say("Potential that moves by choice"),
                       _listed(names, [wording.short(v) for v in moved]), "columns", "money")  # fmt: skip
    if found.same_weights:
        each = [s.score or 0.0 for s in sides]
        chart = Bars(names, [Series(say("Score"), each)], say("Score of each scenario"),
                     _listed(names, [f"{v:.1f}" for v in each]), "columns", "points")  # fmt: skip
        title = say("{best} scores most, {score}", best=wording.scenario(best.name, 30), score=f"{best.score:.1f}")
        if calm is not best and chosen(calm) < chosen(best):
            title = say("{text}; {calm} moves fewest customers by choice, {n}, and scores {less}", text=title,
                        calm=wording.scenario(calm.name, 30), n=f"{chosen(calm):,}",
                        less=f"{calm.score or 0.0:.1f}")  # fmt: skip
    else:
        each = [metrics.number((s.metrics.get("retention") or {}).get("value")) for s in sides]
        chart = Bars(names, [Series(say("Potential kept"), _numbers(pd.Series(each, dtype="float64")))],
                     say("Potential that keeps its rep"), _listed(names, [wording.percent(v) for v in each]),
                     "columns", "share")  # fmt: skip
        title = say("The scenarios weigh their terms differently: compare terms, not scores")
    told = notes(say("To say"), bare(title), chart.alt, below_chart.alt, say("If asked"),
                 say("Every scenario is a plan of its own, solved and audited under its own rules."))  # fmt: skip
    blocks: list[Any] = [(place(0.39, 0.02, 0.61, 0.96), grid)]
    if any(moved):
        blocks += [(place(0, 0, 0.36, 0.49), chart), (place(0, 0.51, 0.36, 0.49), below_chart)]
    else:
        blocks.append((place(0, 0, 0.36, 1), chart))
    return Slide(wording.capital(title), say("Scenarios side by side; the one asked for stands out") if first else
                 say("Scenarios side by side"), blocks, kind="scenarios", notes=told)  # fmt: skip


def _chosen(side: Side) -> Mapping[str, Any]:
    return (side.metrics.get("moves") or {}).get("chosen") or {}


def chosen(side: Side) -> int:
    """Return how many customers a side moves by choice."""
    return int(_chosen(side).get("customers") or 0)


def frontier(document: Mapping[str, Any], run: Run) -> Slide:
    """Return what more of one side costs of the other, and where this plan stands."""
    table = frontier_chart.frame(document)
    curve = table[table["number"] > 0]
    series: list[tuple[str, list[float], list[float], bool]] = [
        (say("best plans found"), curve["x"].tolist(), curve["y"].tolist(), True)
    ]
    for kind, name in (("knee", say("knee")), ("today", say("today")), ("waterfall", say("waterfall"))):
        at = table[table["kind"] == kind]
        if len(at):
            series.append((name, at["x"].tolist(), at["y"].tolist(), False))
    names = [str(document[side]["name"]) for side in ("x", "y")]
    terms = metrics.terms(run).set_index("name")["score"]
    if all(n in terms for n in names):
        series.append((say("this plan"), [float(terms[names[0]])], [float(terms[names[1]])], False))
    x, y = (wording.heading(n) for n in names)
    chart = Curve(series, x, y, say("{y} against {x}", y=y, x=x), frontier_chart.describe(table))
    rows = [
        [f"{p['point']}", f"{p['x']:.1f}", f"{p['y']:.1f}", f"{p['score']:.1f}", say("knee") if p["knee"] else ""]
        for p in document["points"][:12]
    ]
    grid = Grid([say("Plan"), x, y, say("Score"), ""], rows, frozenset({0, 1, 2, 3}), (0.75, 1.2, 1.2, 0.9, 0.9), 14)
    told = notes(say("To say"), chart.alt, say("If asked"),
                 say("Knee: beyond it each point of one costs more of the other than before. This plan weighs all its "
                     "terms, not these two alone, so it may lie off the curve."))  # fmt: skip
    return Slide(
        frontier_chart.finding(table),
        say("What more of one costs of the other; every plan is proven best but for its gap"),
        [(place(0, 0, 0.58, 1), chart), (place(0.61, 0.02, 0.39, 0.96), grid)], kind="frontier", notes=told,
    )  # fmt: skip


def signed(value: float, digits: int = 2) -> str:
    """Return a change in writing."""
    return f"{'+' if value >= 0 else '−'}{abs(value):.{digits}f}" if math.isfinite(value) else "–"


def small(text: str) -> str:
    """Return a sentence as it stands within another."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _amount(value: float, money: bool) -> str:
    return wording.short(value) if money else f"{value:,.0f}"


def _numbers(column: pd.Series[Any]) -> list[float | None]:
    return [None if v != v else float(v) for v in column]


def _listed(names: list[str], each: list[str]) -> str:
    return say("; ").join(f"{n} {v}" for n, v in zip(names, each, strict=True))


def _both(measure: str, row: pd.Series[Any]) -> str:
    before, after = (_measure(measure, float(row[c])) for c in ("before", "after"))
    return "–" if before == after == "–" else after if before == "–" else f"{before} → {after}"


def _measure(measure: str, value: float) -> str:
    if not math.isfinite(value):
        return "–"
    digits = 0 if measure == "within" else 1
    return f"{value:.1f}" if measure == "max_min" else wording.percent(value, digits)
