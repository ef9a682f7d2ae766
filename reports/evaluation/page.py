"""An evaluation as a web page in the style of a run's: one file that works offline and loads nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from reports import metrics, style, wording
from reports.charts.evaluated import attainment, plots, trend
from reports.evaluation import said, tables
from reports.evaluation.advice import Advised
from reports.evaluation.tables import Cell, Table
from reports.html import drawn, environment, whole
from reports.page import FEW_ROWS, LARGE, MOST_ROWS
from reports.words import say
from reports.words.heard import heard
from scenarios.evaluate.evaluate import Evaluated
from scenarios.run.record import Run

#: Charts that have a place of their own on the page; any other stands after the market.
PLACED = frozenset({"attainment", "balance", "forecast", "moves", "feedback", "trend"})


def evaluation_page(
    run: Run, found: Evaluated, advice: Advised | None = None, tell: Callable[[float], None] = lambda _: None
) -> str:
    """Return the page as HTML text.

    Parameters
    ----------
    run : the run whose plan was evaluated.
    advice : shown beside it where it is given.
    tell : called with the part of it that is made, 0 to 1.
    """
    made, glyphs = environment(), dict[str, str]()
    content = _content(run, found, advice, glyphs, tell)

    def body(note: str) -> str:
        if note and not any("no font here" in n for n in content["notes"]):
            content["notes"].append(note)
        return made.get_template("evaluation.html.j2").render(content)

    head = content["head"]
    return whole(f"{head['title']} · {said.title(found.document)}", body, glyphs)


def _content(
    run: Run, evaluated: Evaluated, advice: Advised | None, glyphs: dict[str, str], tell: Callable[[float], None]
) -> dict[str, Any]:
    found = evaluated.document
    head, all_ = metrics.headline(run), found["all"]
    every = list(plots(found))
    many = len(evaluated.customers)
    most = MOST_ROWS if many <= LARGE else FEW_ROWS
    pictures = []
    for n, p in enumerate(every):
        tell(n / len(every))
        figure = drawn(p.picture("svg"), p.name, p.title, p.alt, glyphs)
        pictures.append({"name": p.name, "chart": p.chart, "title": p.title, "figure": figure})
    parts = [
        {"chart": f"attainment-{part}", "title": say(said.PARTS[part][1]), "table": shown(tables.part(found, part))}
        for part in attainment.PARTS
        if found["attainment"][part]
    ]
    moment = f"{run.created:%Y-%m-%d %H:%M} UTC"
    return {
        "head": {
            "title": wording.plan_title(head["plan"], head["period"]),
            "scenario": wording.scenario_said(head["scenario"]),
            "share": "–" if all_["ratio"] is None else wording.percent(all_["ratio"]),
            "said": _of_all(found),
            "meta": say("Run {run}, solved {when}; {n} rows of what happened", run=run.id, when=moment,
                        n=f"{found['rows']:,}"),
        },
        "sections": [
            ("takeaways", say("In short")), ("attainment", say("Attainment")), ("balance", say("Balance")),
            ("forecast", say("Forecast")), ("moves", say("Hand-overs")), ("trend", say("Market")),
            *([("advice", say("Advice"))] if advice else []), ("customers", say("Customers")),
        ],
        "takeaways": said.takeaways(found),
        "keys": said.keys(found),
        "how": say(said.HOW),
        "said": {
            "even": said.even(found), "places": said.places(found), "forecast": said.forecast(found),
            "moves": said.handovers(found), "feedback": said.felt(found), "trend": said.market(found),
        },
        "plots": pictures,
        "others": [p for p in pictures if p["chart"] not in PLACED],
        "parts": parts,
        "balance": shown(tables.balance(found)),
        "places": shown(tables.places(found)),
        "forecast": shown(tables.forecast(found)),
        "trends": [shown(tables.grown(found, part)) for part in trend.PARTS],
        "customers": shown(tables.customers(evaluated.customers, found["reps"]), most),
        "advice": _advised(advice, glyphs) if advice else None,
        "notes": [*map(heard, found["notes"]), *dict.fromkeys(n for p in every for n in p.notes)],
        "facts": [
            (say("Run"), run.id), (say("Solved"), moment), (say("Period"), found["period"]),
            *wording.hashes(run.result),
        ],
    }  # fmt: skip


def _of_all(found: dict[str, Any]) -> str:
    line = found["all"]
    if line["low"] is None:
        return say("of the potential was sold")
    return say("of the potential was sold ({low} to {high})", low=wording.percent(line["low"]),
               high=wording.percent(line["high"]))  # fmt: skip


def shown(table: Table, most: int = MOST_ROWS) -> dict[str, Any]:
    """Return a table as the template shows it, `most` rows of it."""
    kinds = list(table.of) or [""] * len(table.rows)
    first = table.rows[0] if table.rows else []
    return {
        "id": table.id, "title": table.title, "kinds": dict(table.kinds), "more": max(0, len(table.rows) - most),
        "head": [{"name": n, "number": k < len(first) and first[k].number} for k, n in enumerate(table.head)],
        "rows": [
            {"kind": kind, "cells": [
                {"text": c.text, "number": c.number, "value": f"{c.value:.10g}" if c.value == c.value else "",
                 "look": _look(c), "id": c.id} for c in cells]}
            for kind, cells in list(zip(kinds, table.rows, strict=True))[:most]
        ],
    }  # fmt: skip


def _look(cell: Cell) -> str:
    """The classes of a cell: how it looks, and how its text may break."""
    breaks = "range" if cell.ends else "finding" if cell.kind == "text" else ""
    return f"{breaks} {cell.look}".strip()


def _advised(advice: Advised, glyphs: dict[str, str]) -> dict[str, Any]:
    table, figure = advice.frame(), Markup("")
    if len(table):
        with style.house(style.texts(table), salt="advice"):
            svg = style.picture(style.figure(advice.draw(table)), "svg")
        title = say("What the past says of each strategy")
        figure = drawn(svg, "advice", title, advice.describe(table), glyphs)
    return {
        "lines": advice.lines(), "figure": figure, "table": shown(advice.table()), "limits": advice.limits(),
    }  # fmt: skip
