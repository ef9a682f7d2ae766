"""What the deck says of a run: at most ten slides, each with a finding for a title."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from reports import headlines, metrics, style, wording
from reports.charts import balance as balance_chart
from reports.charts import loads as loads_chart
from reports.charts import waterfall
from reports.charts.many import frontier as frontier_chart
from reports.risks import risks
from reports.sides import MOST_SIDES, side_by_side
from reports.slides.blocks import MOST, Bars, Curve, Deck, Grid, Points, Series, Slide
from reports.slides.blocks import Tiles as TilesBlock
from reports.slides.blocks import amounts as _form
from reports.slides.blocks import bare as _bare
from reports.slides.blocks import place as _place
from reports.words import mark, say, say_n
from scenarios.compare import Comparison, compare
from scenarios.run.record import Run

#: Most reps in a chart, rows in a table, sentences of one kind.
REPS, ROWS, SAID = 24, 10, 6
#: What a hand-over costs, by whether that is the usual share.
HAND_OVERS = {
    True: mark("A customer that changes hands usually costs {share} of its yearly sales: here {low} to {high}"),
    False: mark("A customer that changes hands costs {share} of its yearly sales: here {low} to {high}"),
}


def deck(run: Run, others: Sequence[Run] = (), frontier: Mapping[str, Any] | None = None) -> Deck:
    """Return the deck of a run.

    Parameters
    ----------
    others : runs to set beside it.
    frontier : a curve to show, see `scenarios.frontier.curve.document`.
    """
    head = metrics.headline(run)
    title = wording.plan_title(head["plan"], head["period"])
    footer = say("{plan} · run {run}", plan=title, run=run.id)
    found = list(_slides(run, head, others, frontier))
    return Deck(title, footer, tuple(found[:MOST]))


def _slides(
    run: Run, head: Mapping[str, Any], others: Sequence[Run], frontier: Mapping[str, Any] | None
) -> Iterator[Slide]:
    if not metrics.has_plan(run):
        yield _no_plan(run, head)
        yield _appendix(run, head)
        return
    yield _decision(run, head)
    yield _headline(run, head)
    if len(metrics.terms(run)):
        yield _score(run)
    yield _balance(run)
    yield _disruption(run, head)
    if len(metrics.moves(run)):
        yield _moves(run)
    if others:
        yield _scenarios(compare([run, *others]))
    if frontier is not None and frontier.get("points"):
        yield _frontier(frontier)
    yield _risks(run, head)
    yield _appendix(run, head)


def _decision(run: Run, head: Mapping[str, Any]) -> Slide:
    risk = headlines.at_risk(run, head)
    balance = metrics.balance(run)
    spread = balance[(balance["measure"] == "hoover") & balance["after"].notna()]
    brings = [
        say("{metric}: {after} of it sits with the wrong rep, {before} today", metric=wording.heading(r.metric),
            after=wording.percent(r.after, 1), before=wording.percent(r.before, 1))
        for r in style.rows(spread.head(2))
    ]  # fmt: skip
    steps = waterfall.frame(run)
    if len(steps):
        brings.insert(0, waterfall.finding(steps))
    costs = [
        headlines.moves_said(head),
        say(HAND_OVERS[risk.usual], share=risk.share, low=wording.short(risk.low), high=wording.short(risk.high)),
    ]  # fmt: skip
    rows = ((say("What it brings"), brings), (say("What it costs"), costs), (say("What is proven"), _proven(head)))
    half = 1 / len(rows)
    blocks = [
        (_place(0, n * half, 1, half), Points([_bare(s) for s in said], name, 18))
        for n, (name, said) in enumerate(rows)
    ]
    return Slide(
        say("Decision asked for: {plan}", plan=wording.plan_title(head["plan"], head["period"])),
        say("{scenario}, score {score}", scenario=_first(wording.scenario_said(head["scenario"])),
            score=head["in_words"]),
        blocks, kind="decision",
        notes=" ".join(say("{sentence}.", sentence=_bare(s)) for _, said in rows for s in said),
    )  # fmt: skip


def _proven(head: Mapping[str, Any]) -> list[str]:
    audit = say_n("The audit found {n} broken rule", "The audit found {n} broken rules", head["violations"])
    found = [head["verdict"], audit if head["violations"] else say("An independent audit found no broken rule")]
    return [*found, head["caveat"]] if head["caveat"] else found


def _headline(run: Run, head: Mapping[str, Any]) -> Slide:
    score = (say("Score"), metrics.score_words(run)[0], head["in_words"])
    items = [score, *((k.name, k.figure, k.more) for k in headlines.keys(run, head))]
    return Slide(
        say("{assigned} of {all} customers have a rep; the score is {score}", assigned=f"{head['assigned']:,}",
            all=f"{head['customers']:,}", score=head["in_words"]),
        head["verdict"], [(_place(), TilesBlock(items))], notes=headlines.moves_said(head), kind="headline",
    )  # fmt: skip


def _score(run: Run) -> Slide:
    terms = style.rows(metrics.terms(run).sort_values("weight", ascending=False, kind="stable"))
    steps = waterfall.frame(run)
    change = dict(zip(steps["step"], steps["change"], strict=True))
    names = [wording.label(wording.heading(t.name), 26) for t in terms]
    rows = [
        [name, f"{t.weight:g}", f"{t.score:.1f}", f"{t.points:.2f}", _signed(change.get(t.name, math.nan))]
        for name, t in zip(names, terms, strict=True)
    ]
    from reports.charts import score as score_chart

    chart = Bars(
        names,
        [Series(say("Points"), [t.points for t in terms]), Series(say("Missed"), [t.missed for t in terms], "missed")],
        say("Points of the score by term"), score_chart.describe(score_chart.frame(run)), "stacked", "0.0",
    )  # fmt: skip
    grid = Grid(
        [say("Term"), say("Weight"), say("Term at"), say("Points"), say("Against today")], rows,
        frozenset({1, 2, 3, 4}), (2.1, 1.15, 1, 1, 1.4),
    )  # fmt: skip
    said = waterfall.finding(steps) if len(steps) else score_chart.finding(score_chart.frame(run))
    return Slide(
        said, say("Points each term adds to the score, of the most its weight allows"),
        [(_place(0, 0, 0.48, 1), chart), (_place(0.52, 0.04, 0.48, 0.9), grid)], kind="score",
    )  # fmt: skip


def _balance(run: Run) -> Slide:
    metric = metrics.metrics(run)[0]
    table = loads_chart.frame(run, metric=metric, most=REPS)
    aimed = table["target"].notna().any()
    names = [wording.label(n, 18) for n in table["name"]]
    series = [
        Series(say("before"), _numbers(table["before"]), "quiet"), Series(say("after"), _numbers(table["after"])),
    ]  # fmt: skip
    if aimed:
        series.append(Series(say("target"), _numbers(table["target"]), "mark"))
    whole = max(float(table[["before", "after"]].max().max()), 1.0)
    chart = Bars(names, series, say("{metric} per rep", metric=wording.heading(metric)),
                 loads_chart.describe(table), "columns", _form(whole))  # fmt: skip
    spread = metrics.balance(run)
    rows = []
    for name in dict.fromkeys(spread["metric"]):
        found = spread[spread["metric"] == name].set_index("measure")
        cells = [
            f"{_measure(m, found.loc[m, 'before'])} → {_measure(m, found.loc[m, 'after'])}"
            for m in ("within", "hoover", "gini", "max_min")
        ]
        rows.append([wording.heading(str(name)), *("–" if c == "– → –" else c for c in cells)])
    head = [say("Before → after"), *(_first(say(metrics.MEASURES[m])) for m in ("within", "hoover", "gini", "max_min"))]
    grid = Grid(head, rows[:5], frozenset({1, 2, 3, 4}), (1.6, 1.5, 1.5, 1.5, 1.5), 12.0)
    high = min(0.4, 0.065 * (1 + len(rows[:5])))
    more = len(table) < table["of"].iloc[0] if len(table) else False
    below = say("The {n} of {all} reps furthest off their target", n=len(table), all=int(table["of"].iloc[0])) if more \
        else say("Load of every rep before and after, with its target where there is one")  # fmt: skip
    every = balance_chart.frame(run)
    said = balance_chart.finding(every) if len(every) else loads_chart.finding(table)
    return Slide(
        said, below, [(_place(0, 0, 1, 0.97 - high), chart), (_place(0, 1 - high, 1, high), grid)], kind="balance",
    )  # fmt: skip


def _disruption(run: Run, head: Mapping[str, Any]) -> Slide:
    kept = style.rows(metrics.retention(run))
    grid = Grid(
        [say("Kept with their rep"), say("Kept"), say("Could stay"), say("Share")],
        [[_first(say(r.measure)), wording.short(r.kept), wording.short(r.of), wording.percent(r.share)] for r in kept],
        frozenset({1, 2, 3}), (2.2, 1, 1.2, 1),
    )  # fmt: skip
    kinds = [k for k in ("chosen", "forced", "new") if head[k]]
    names = {"chosen": say("by choice"), "forced": say("had to move"), "new": say("first rep")}
    chart = Bars(
        [names[k] for k in kinds], [Series(say("Potential"), [head[f"{k}_potential"] for k in kinds])],
        say("Potential that changes hands"), headlines.moves_said(head), "columns",
        _form(max((head[f"{k}_potential"] for k in kinds), default=1.0)),
    )  # fmt: skip
    said = [
        headlines.moves_said(head),
        headlines.risk_said(run, head),
        say("Joint calls first where most is at risk: the hand-over packs list them for every rep and manager"),
    ]  # fmt: skip
    share = {r.measure: r.share for r in kept}["potential"]
    title = say_n(
        "{n} customer moves by choice; {share} of the potential that could stay keeps its rep",
        "{n} customers move by choice; {share} of the potential that could stay keeps its rep",
        head["chosen"], share=wording.percent(share),
    )  # fmt: skip
    blocks: list[Any] = [
        (_place(0.52, 0, 0.48, 0.4), grid),
        (_place(0.52, 0.46, 0.48, 0.54), Points([_bare(s) for s in said], "", 16)),
    ]
    if kinds:
        blocks.insert(0, (_place(0, 0, 0.48, 1), chart))
    return Slide(title, say("Moves and what they cost"), blocks, kind="disruption")


def _moves(run: Run) -> Slide:
    table = metrics.moves(run)
    kinds = {"chosen": say("by choice"), "forced": say("forced"), "new": say("first rep")}
    rows = [
        [wording.label(r.customer, 30), wording.label(r.from_name or "–", 20), wording.label(r.to_name, 20),
         kinds[r.kind], wording.short(r.potential), _cut(wording.reason(r.reason), 44)]
        for r in style.rows(table.head(ROWS))
    ]  # fmt: skip
    head = [say("Customer"), say("From"), say("To"), say("Kind"), say("Potential"), say("Reason")]
    value = float(table.head(ROWS)["potential"].sum())
    title = say_n(
        "The largest move is {money} of potential", "The {n} largest moves are {money} of potential",
        len(rows), money=wording.short(value),
    )  # fmt: skip
    below = say_n("Of {n} customer that gets another rep; the workbook has all of them",
                  "Of {n} customers that get another rep; the workbook has all of them", len(table))  # fmt: skip
    grid = Grid(head, rows, frozenset({4}), (2.2, 1.4, 1.4, 0.9, 0.9, 3.8), 12.0)
    return Slide(title, below, [(_place(), grid)], kind="moves")


def _scenarios(found: Comparison) -> Slide:
    sides = [s for s in found.sides if s.has_plan][:MOST_SIDES]
    names, rows = side_by_side(found)
    grid = Grid(["", *names], rows, frozenset(range(1, len(names) + 1)), (1.8, *[1.0] * len(names)), 12.0)
    best = max(sides, key=lambda s: s.score or 0.0)
    if found.same_weights:
        each = [s.score or 0.0 for s in sides]
        chart = Bars(names, [Series(say("Score"), each)], say("Score of each scenario"),
                     "; ".join(f"{n} {v:.1f}" for n, v in zip(names, each, strict=True)), "columns", "0.0")  # fmt: skip
    else:
        each = [metrics.number((s.metrics.get("retention") or {}).get("value")) for s in sides]
        chart = Bars(names, [Series(say("Potential kept"), each)], say("Potential that keeps its rep"),
                     "; ".join(f"{n} {wording.percent(v)}" for n, v in zip(names, each, strict=True)),
                     "columns", "0%")  # fmt: skip
    title = _first(say("{best} scores most, {score}", best=wording.scenario(best.name, 30), score=f"{best.score:.1f}"))
    below = say("Scenarios side by side")
    if not found.same_weights:
        title = say("The scenarios weigh their terms differently: compare terms, not scores")
    return Slide(
        title, below, [(_place(0, 0, 0.36, 1), chart), (_place(0.39, 0.03, 0.61, 0.95), grid)], kind="scenarios"
    )


def _frontier(document: Mapping[str, Any]) -> Slide:
    table = frontier_chart.frame(document)
    curve = table[table["number"] > 0]
    series: list[tuple[str, list[float], list[float], bool]] = [
        (say("best plans found"), curve["x"].tolist(), curve["y"].tolist(), True)
    ]
    for kind, name in (("knee", say("knee")), ("today", say("today")), ("waterfall", say("waterfall"))):
        at = table[table["kind"] == kind]
        if len(at):
            series.append((name, at["x"].tolist(), at["y"].tolist(), False))
    x, y = (wording.heading(str(document[side]["name"])) for side in ("x", "y"))
    chart = Curve(series, x, y, say("{y} against {x}", y=y, x=x), frontier_chart.describe(table))
    rows = [
        [f"{p['point']}", f"{p['x']:.1f}", f"{p['y']:.1f}", f"{p['score']:.1f}", say("knee") if p["knee"] else ""]
        for p in document["points"][:12]
    ]
    grid = Grid([say("Plan"), x, y, say("Score"), ""], rows, frozenset({0, 1, 2, 3}), (0.7, 1.2, 1.2, 1, 0.9), 12.0)
    return Slide(
        frontier_chart.finding(table),
        say("What more of one costs of the other; every plan is proven best but for its gap"),
        [(_place(0, 0, 0.58, 1), chart), (_place(0.62, 0.03, 0.38, 0.95), grid)], kind="frontier",
    )  # fmt: skip


def _risks(run: Run, head: Mapping[str, Any]) -> Slide:
    found = risks(run, head)[:8]
    title = say_n("{n} risk to know before deciding", "{n} risks to know before deciding", len(found)) if found else \
        say("No risk stands out")  # fmt: skip
    said = [_bare(f) for f in found or [head["verdict"]]]
    return Slide(title, say("From the figures of this run"), [(_place(), Points(said, "", 20))], kind="risks")


def _appendix(run: Run, head: Mapping[str, Any]) -> Slide:
    from reports.page import sentences

    rules = sentences(run.plan.get("rules"), run.result.get("rules") or {}, "rule")
    terms = sentences(run.plan.get("objectives"), {}, "term")
    facts = [
        say("Run {run}, {status}, made {day}", run=run.id, status=wording.status(head["status"]),
            day=wording.moment(run.created)),
        say("{seconds} s with seed {seed} and {workers} workers", seconds=f"{head['seconds']:,.1f}",
            seed=run.result.get("seed"), workers=run.result.get("workers")),
        *(f"{name}: {digest[:16]}…" for name, digest in wording.hashes(run.result)),
    ]  # fmt: skip
    blocks = [
        (_place(0, 0, 0.48, 0.97), Points([r["says"] for r in rules[:12]], say("Rules"), 14)),
        (_place(0.52, 0, 0.48, 0.56), Points([t["says"] for t in terms[:7]], say("Aims"), 14)),
        (_place(0.52, 0.6, 0.48, 0.4), Points(facts[:SAID], say("Where this comes from"), 12)),
    ]
    return Slide(say("Appendix: rules, aims and origin"), say("What every plan has to keep, and what makes one better"),
                 [b for b in blocks if b[1].items], kind="appendix")  # fmt: skip


def _no_plan(run: Run, head: Mapping[str, Any]) -> Slide:
    found = [wording.reason(str(f.get("message", f))) for f in run.result.get("findings") or []][:8] or [
        head["verdict"]
    ]
    return Slide(head["verdict"], say("Why there is no plan"), [(_place(), Points(found, "", 18))], kind="no plan")


def _cut(text: str, width: int) -> str:
    """A text that fits in so many columns of Latin; signs that take two are wider than two letters on average."""
    wide = wording.columns(text) - len(text)
    return wording.label(text, width if wide < len(text) // 4 else width * 19 // 20)


def _numbers(column: pd.Series[Any]) -> list[float | None]:
    return [None if v != v else float(v) for v in column]


def _measure(measure: str, value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return wording.percent(value) if measure == "within" else f"{value:.1f}" if measure == "max_min" else f"{value:.3f}"


def _signed(value: float) -> str:
    return f"{'+' if value >= 0 else '−'}{abs(value):.2f}" if math.isfinite(value) else "–"


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]
