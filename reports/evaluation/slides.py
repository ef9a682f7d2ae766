"""An evaluation as slides: at most ten, each with a finding for a title."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from reports import wording
from reports.charts.evaluated import attainment, balance, feedback, forecast, moves, trend
from reports.evaluation import said, tables
from reports.evaluation.advice import Advised
from reports.evaluation.tables import Table
from reports.headlines import Key
from reports.slides.blocks import MOST, Band, Bars, Card, Deck, Grid, Points, Series, Slide, Tiles, bare, notes, place
from reports.words import say
from reports.words.heard import heard
from scenarios.run.record import Run

#: Most groups in a chart, rows in a table.
GROUPS, ROWS = 16, 12


def evaluation_deck(run: Run, found: Mapping[str, Any], advice: Advised | None = None) -> Deck:
    """Return the deck of an evaluation.

    Parameters
    ----------
    found : document of `scenarios.evaluate.evaluate.evaluate`.
    advice : a slide of its own where it is given.
    """
    title = say("{plan}: what became of it", plan=wording.plan_title(run.plan_name, str(found["period"])))
    footer = say("{plan} · run {run}", plan=title, run=run.id)
    return Deck(title, footer, tuple(_slides(run, found, advice))[:MOST])


def _slides(run: Run, found: Mapping[str, Any], advice: Advised | None) -> Iterator[Slide]:
    yield _takeaways(found, advice)
    yield _figures(said.keys(found), found)
    if len(found["attainment"]["rep"]) > 1:
        yield _people(found)
    if any(len(found["attainment"][p]) > 1 for p in ("team", "territory", "segment")):
        yield _groups(found)
    if found["drift"]:
        yield _balance(found)
    if found["forecast"]["tenths"]:
        yield _forecast(found)
    if found["moves"]["moved"]:
        yield _moves(found)
    if any(len(found["attainment"][p]) > 1 for p in trend.PARTS):
        yield _trend(found)
    if advice is not None:
        yield _advice(advice)
    yield _appendix(run, found)


def _takeaways(found: Mapping[str, Any], advice: Advised | None) -> Slide:
    """What to take from it, a card a subject, and what follows for the next period."""
    moves = found["moves"]
    sold = Card(
        say("What was sold"), "–" if found["all"]["ratio"] is None else wording.percent(found["all"]["ratio"]),
        say("of the potential"), _said(said.people(found), said.followed(found), said.market(found)),
    )  # fmt: skip
    became, planned = (found["balance"][w]["hoover"] for w in ("became", "planned"))
    held = Card(
        say("How the plan held"), "–" if became is None else wording.percent(became),
        say("of what was sold sat with the wrong rep; {planned} as planned",
            planned="–" if planned is None else wording.percent(planned)),
        _said(said.forecast(found), *(() if found["drift"] else (said.even(found), said.places(found)))),
    )  # fmt: skip
    known = moves.get("lost") is not None
    after = Card(
        say("What changing hands did"), trend.grown(-moves["lost"]) if known else f"{moves['moved']:,}",
        say("of their sales, against customers that stayed") if known else say("customers got another rep"),
        _said(said.handovers(found), said.felt(found)),
    )  # fmt: skip
    wide = (1 - 0.04) / 3
    blocks: list[Any] = [(place(n * (wide + 0.02), 0, wide, 0.76), card) for n, card in enumerate((sold, held, after))]
    band = _next(found, advice)
    blocks.append((place(0, 0.79, 1, 0.21), band))
    return Slide(said.title(found), say("What to take from it, and what to decide for the next period"), blocks,
                 kind="takeaways",
                 notes=notes(say("To say"), band.text, band.more, *said.takeaways(found)))  # fmt: skip


def _said(*sentences: str) -> list[str]:
    return [bare(t) for t in sentences if t]


def _next(found: Mapping[str, Any], advice: Advised | None) -> Band:
    """What leadership may decide for the next period, from what is surely different and nothing else."""
    moves, asks = found["moves"], []
    if advice is not None and advice.best is not None:
        asks.append(
            say(
                "try {strategy} in part of the company first",
                strategy=wording.label(advice.said(advice.best["name"]), 60),
            )
        )
    if moves.get("verdict") == "lost" and moves.get("reckoned") and moves["low"] > max(moves["reckoned"]):
        asks.append(say("reckon with {share} lost by a hand-over instead of {reckoned}",
                        share=wording.percent(moves["lost"]),
                        reckoned=wording.percent(max(moves["reckoned"]))))  # fmt: skip
    low = [
        found["reps"].get(line["name"], line["name"])
        for line in found["attainment"]["rep"]
        if line["verdict"] == "below"
    ]
    if low:
        asks.append(say("look into why {who} sold less of the potential than the others", who=_listed(low)))
    if any(d["verdict"] == "drifted out" for d in found["drift"]):
        asks.append(say("balance anew the books that drifted out of their band"))
    head = say("To decide for the next period")
    if not asks:
        return Band(head, say("Keep the strategy: nothing found speaks surely for another"))
    return Band(head, wording.capital(say("; ").join(asks)))


def _figures(keys: Sequence[Key], found: Mapping[str, Any]) -> Slide:
    return Slide(
        bare(said.sold(found)), say("{period} in figures", period=found["period"]),
        [(place(), Tiles([(k.name, k.figure, k.more) for k in keys]))], kind="figures",
        notes=notes(say("To say"), *(f"{k.name}: {k.figure} ({k.more})" for k in keys)),
    )  # fmt: skip


def _people(found: Mapping[str, Any]) -> Slide:
    lines = _shown(found["attainment"]["rep"])
    names = [wording.label(found["reps"].get(line["name"], line["name"]), 18) for line in lines]
    table = attainment.frame(found, "rep")
    chart = Bars(
        names,
        [Series(say("Potential"), [line["expected"] for line in lines], "quiet"),
         Series(say("Sold"), [line["actual"] for line in lines])],
        say("Potential and sales per rep"), attainment.describe(table), "columns", "money",
    )  # fmt: skip
    told = [line for line in found["attainment"]["rep"] if line["verdict"] in {"above", "below"}][:6]
    blocks: list[Any] = [(place(0, 0, 1, 1), chart)]
    if told:
        rows = [
            [wording.label(found["reps"].get(line["name"], line["name"]), 30), wording.short(line["actual"]),
             wording.short(line["expected"]), said.around(line), say(line["verdict"])]
            for line in told
        ]  # fmt: skip
        high = 0.072 * (1 + len(rows))
        head = [say("Rep"), say("Sold"), say("Potential"), say("Share"), say("Finding")]
        grid = Grid(head, rows, frozenset({1, 2}), (2.0, 1, 1, 1.8, 1.2))
        blocks = [(place(0, 0, 1, 0.97 - high), chart), (place(0, 1 - high, 1, high), grid)]
    below = say("Sold ÷ potential of the period; only differences that are no chance are named")
    if len(lines) < len(found["attainment"]["rep"]):
        below = say("{below}; {n} of {all}", below=below, n=len(lines), all=f"{len(found['attainment']['rep']):,}")
    return Slide(attainment.finding(table), below, blocks, kind="reps", notes=notes(say("To say"), chart.alt))


def _shown(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The lines a chart has room for: those that differ, then the first; in their order."""
    order = sorted(range(len(lines)), key=lambda k: (lines[k]["verdict"] not in {"above", "below"}, k))
    return [lines[k] for k in sorted(order[:GROUPS])]


def _groups(found: Mapping[str, Any]) -> Slide:
    """Teams, territories and segments in one table, those that differ first where they are many."""
    lines = [(part, line) for part in ("team", "territory", "segment") for line in found["attainment"][part]]
    order = sorted(range(len(lines)), key=lambda k: (lines[k][1]["verdict"] not in {"above", "below"}, k))
    kept = sorted(order[:ROWS]) if len(lines) > ROWS else range(len(lines))
    rows = [
        [say(said.PARTS[part][0]).capitalize(), wording.label(line["name"], 34), wording.short(line["actual"]),
         wording.short(line["expected"]), _around(line), say(line["verdict"])]
        for part, line in (lines[k] for k in kept)
    ]  # fmt: skip
    head = ["", say("Group"), say("Sold"), say("Potential"), say("Share"), say("Finding")]
    below = say("Sold ÷ potential of teams, territories and segments")
    if len(rows) < len(lines):
        below = say("{below}; {n} of {all}", below=below, n=len(rows), all=f"{len(lines):,}")
    apart = [line for _, line in lines if line["verdict"] in {"above", "below"}]
    if apart:
        who = _listed([line["name"] for line in apart])
        title = wording.capital(say("{who}: different from the others", who=who))
    elif all(line["verdict"] == "too little data" for _, line in lines):
        title = say("Too little data to tell teams, territories or segments apart")
    else:
        title = say("No difference shown between teams, territories or segments")
    grid = Grid(head, rows, frozenset({2, 3}), (1.1, 2.4, 1, 1, 2.0, 1.3))
    return Slide(title, below, [(place(), grid)], kind="groups", notes=notes(say("To say"), title, said.people(found)))


def _balance(found: Mapping[str, Any]) -> Slide:
    table = balance.frame(found, GROUPS)
    names = [wording.label(n, 18) for n in table["name"]]
    chart = Bars(
        names,
        [Series(say("planned"), table["planned"].tolist(), "quiet"), Series(say("became"), table["became"].tolist())],
        say("Each rep’s part, as a share of its target"), balance.describe(table), "columns", "share",
    )  # fmt: skip
    out = said.drifted(found)[:5]
    lines = [bare(said.even(found)), *(out[3:] if len(out) > 3 else []), *filter(None, [bare(said.places(found))])]
    high = 0.2
    return Slide(
        balance.finding(table), say("Of the potential planned, and of what was sold"),
        [(place(0, 0, 1, 0.97 - high), chart), (place(0, 1 - high, 1, high), Points(lines, "", 14))], kind="balance",
        notes=notes(say("To say"), chart.alt, *lines),
    )  # fmt: skip


def _forecast(found: Mapping[str, Any]) -> Slide:
    table = forecast.frame(found)
    chart = Bars(
        [f"{n}" for n in range(1, len(table) + 1)],
        [Series(say("Forecast"), table["forecast"].tolist(), "quiet"), Series(say("Sold"), table["actual"].tolist())],
        say("A customer on average, by group"), forecast.describe(table), "columns", "money",
    )  # fmt: skip
    rows = [[wording.label(row[k].text, 30) for k in (0, 2, 3, 5)] for row in tables.forecast(found).rows[:ROWS]]
    grid = Grid(
        [say("Group"), say("Forecast"), say("Sold"), say("Share")], rows, frozenset({1, 2, 3}), (0.8, 1, 1, 0.9)
    )
    return Slide(
        forecast.finding(table), say("Customers in groups by their potential, the largest first"),
        [(place(0, 0, 0.56, 1), chart), (place(0.6, 0, 0.4, 0.66), grid),
         (place(0.6, 0.72, 0.4, 0.28), Points([bare(said.forecast(found))], "", 14))], kind="forecast",
        notes=notes(say("To say"), chart.alt, said.forecast(found)),
    )  # fmt: skip


def _moves(found: Mapping[str, Any]) -> Slide:
    sales, felt = moves.frame(found), feedback.frame(found)
    left, right = place(0, 0, 0.48, 0.68), place(0.52, 0, 0.48, 0.68)
    blocks: list[Any] = []
    told = []
    if sales["value"].notna().all():
        series = [Series(say("Sales ÷ those a year before"), sales["value"].tolist())]
        name = say("Sales ÷ those of the same days a year before")
        blocks.append((left, Bars(sales["name"].tolist(), series, name, moves.describe(sales), "columns", "share")))
        told.append(bare(said.handovers(found)))
    else:
        blocks.append((left, Points([bare(said.handovers(found))], say("What they bought"), 18)))
    if felt["before"].notna().all():
        chart = Bars(
            felt["name"].tolist(),
            [Series(say("before"), felt["before"].tolist(), "quiet"), Series(say("after"), felt["after"].tolist())],
            say("Mean feedback score"), feedback.describe(felt), "columns", "points", labels=True,
        )  # fmt: skip
        blocks.append((right, chart))
        told.append(bare(said.felt(found)))
    else:
        blocks.append((right, Points([bare(said.felt(found))], say("How content they were"), 18)))
    if told:
        blocks.append((place(0, 0.73, 1, 0.27), Points(told, "", 16)))
    below = say("Customers that changed hands, against those that stayed")
    return Slide(moves.finding(sales), below, blocks, kind="moves",
                 notes=notes(say("To say"), said.handovers(found), said.felt(found)))  # fmt: skip


def _trend(found: Mapping[str, Any]) -> Slide:
    below = say("Against the same days a year before, which leaves the season out")
    if found["trend"]["all"] is None:
        return Slide(say("Too little data to tell how the market went"), below,
                     [(place(), Points([bare(said.market(found))], "", 20))], kind="trend",
                     notes=notes(say("To say"), said.market(found)))  # fmt: skip
    shown = [(part, trend.frame(found, part)) for part in trend.PARTS if len(found["attainment"][part]) > 1]
    wide = 1 / len(shown)
    blocks: list[Any] = []
    for k, (part, table) in enumerate(shown):
        name = say("Sales ÷ those a year before, by {part}", part=say(said.PARTS[part][0]))
        rows = [
            [wording.label(r[0].text, 24), r[3].text, r[4].text, r[8].text]  # the shares of sales are on the page
            for r in tables.grown(found, part).rows[:ROWS]
        ]
        head = [say(said.PARTS[part][0]).capitalize(), say("Growth"), say("Range"), say("Finding")]
        grid = Grid(head, rows, frozenset({1}), (1.75, 1.0, 1.9, 1.5), 13.0)
        chart = Bars([wording.label(n, 16) for n in table["name"].head(ROWS)],
                     [Series(say("Sales ÷ those a year before"), _numbers(table["value"].head(ROWS)))], name,
                     trend.describe(table), "columns", "share")  # fmt: skip
        blocks += [(place(k * wide, 0, wide - 0.03, 0.5), chart), (place(k * wide, 0.53, wide - 0.03, 0.47), grid)]
    told = [trend.finding(t) for _, t in shown if t["verdict"].isin(["above", "below"]).any()]
    return Slide(
        told[0] if told else trend.finding(shown[0][1]),
        below,
        blocks,
        notes=notes(say("To say"), said.market(found)),
        kind="trend",
    )


def _advice(advice: Advised) -> Slide:
    lines, tried = [bare(t) for t in advice.lines()[1:]], _grid(advice.table(), range(6), 8, name=3.2)
    return Slide(
        advice.title(), say("Other strategies tried on past periods, judged by what was sold in them"),
        [(place(0, 0, 1, 0.36), Points(lines, "", 16)), (place(0, 0.4, 1, 0.6), tried)],
        notes=notes(say("To say"), *advice.lines(), say("If asked"), *advice.limits()), kind="advice",
    )  # fmt: skip


def _appendix(run: Run, found: Mapping[str, Any]) -> Slide:
    facts = [
        say("Run {run}, made {day}", run=run.id, day=wording.moment(run.created)),
        say("{n} rows of what happened in {period}", n=f"{found['rows']:,}", period=found["period"]),
        *(f"{name}: {digest[:16]}…" for name, digest in wording.hashes(run.result)),
    ]  # fmt: skip
    noted = [bare(heard(n)) for n in found["notes"]][:6]
    how = [bare(t) for t in re.split(r"(?<=\.) |(?<=。)", say(said.HOW)) if t]
    blocks = [
        (place(0, 0, 0.48, 0.97), Points(how, say("How to read it"), 14)),
        (place(0.52, 0, 0.48, 0.45), Points(facts[:6], say("Where this comes from"), 12)),
        (place(0.52, 0.5, 0.48, 0.47), Points(noted, say("Notes"), 12)),
    ]
    return Slide(say("Appendix: how to read it and origin"), say("What the ranges and verdicts mean"),
                 [b for b in blocks if b[1].items], notes=notes(say("If asked"), *how), kind="appendix")  # fmt: skip


def _grid(table: Table, columns: Sequence[int], most: int, size: float = 14.0, name: float = 1.6) -> Grid:
    """Some columns of a table for a slide, `most` rows of it; `name` is how wide the first is, beside 1 of a number."""
    first = table.rows[0] if table.rows else []
    numbers = frozenset(n for n, k in enumerate(columns) if k < len(first) and first[k].number)
    rows = [[wording.label(row[k].text, 30 if n else int(19 * name)) for n, k in enumerate(columns)]
            for row in table.rows[:most]]  # fmt: skip
    widths = [name if n == 0 else 1.0 if n in numbers else 1.4 for n in range(len(columns))]
    return Grid([table.head[k] for k in columns], rows, numbers, widths, size)


def _numbers(column: pd.Series[Any]) -> list[float | None]:
    return [None if math.isnan(v) else float(v) for v in column]


def _listed(names: Sequence[str], most: int = 3) -> str:
    shown = say(", ").join(wording.label(n, 20) for n in names[:most])
    return shown if len(names) <= most else say("{shown} and {n} more", shown=shown, n=len(names) - most)


def _around(line: Mapping[str, Any]) -> str:
    """A ratio with its range; where there is none the verdict beside it says why."""
    if line["low"] is None:
        return "–" if line["ratio"] is None else wording.percent(line["ratio"])
    return said.around(line)
