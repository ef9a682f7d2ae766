"""One run as a web page: a single file that works offline, loads nothing, and runs no script but its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup
from pydantic import ValidationError

from reports import headlines, metrics, model_card, style, wording
from reports.charts import charts, plots
from reports.charts.many import scores
from reports.html import drawn, environment, whole
from reports.reasons import reasons
from reports.sides import side_by_side
from reports.words import ENGLISH, current, mark, say, say_n
from reports.words.heard import heard
from scenarios.compare import compare, names_of
from scenarios.run.record import Run

MOST_ROWS = 5000
"""Most rows of one table; beyond it the page says how many are left out and where they are."""
LARGE, FEW_ROWS = 20_000, 1000
"""More customers than that are too many to look through on a page: so many rows then, and the rest in the workbook."""
LEAN = frozenset({"score", "waterfall", "loads", "streams", "retention"})
"""Pictures of the runs that are switched to."""
BADGES = {
    "optimal": mark("Proven optimal"), "feasible": mark("Best found"), "infeasible": mark("Impossible"),
    "no_plan": mark("No plan"),
}  # fmt: skip
KINDS = {"chosen": mark("by choice"), "forced": mark("had to move"), "new": mark("first rep")}
#: Where each chart stands on the page; any other stands with the moves.
PLACED = {
    "score": ("score", "waterfall"),
    "balance": ("balance", "loads", "lorenz", "capacity"),
    "moves": ("streams", "flows", "retention"),
    "search": ("progress",),
}


def page(run: Run, others: Sequence[Run] = (), tell: Callable[[float], None] | None = None) -> str:
    """Return the page as HTML text.

    Parameters
    ----------
    others : runs that can be switched to, with the pictures of `LEAN` only.
    tell : told which part of it is made, 0 to 1.
    """
    made = environment()
    runs = (run, *others)
    glyphs: dict[str, str] = {}
    contents = []
    for n, one in enumerate(runs):

        def part(done: float, n: int = n) -> None:
            if tell:
                tell((n + done) / len(runs))

        contents.append(_content(one, f"s{n}-" if n else "", len(runs) > 1, glyphs, part))
    head = contents[0]["head"]

    def body(note: str) -> str:
        if note and not any(c["boxes"] for c in contents):
            contents[0]["notes"].append(note)
        return _body(made, contents, runs, glyphs)

    title = say("{title}, {scenario}", title=head["title"], scenario=head["scenario_said"])
    return whole(f"{title} · {head['in_words']}", body, glyphs)


def _body(
    made: jinja2.Environment, contents: Sequence[Mapping[str, Any]], runs: Sequence[Run], glyphs: dict[str, str]
) -> str:
    """The part between head and script: a view a run, and the scenarios side by side where there are several."""
    part, origin = (made.get_template(f"{name}.html.j2") for name in ("run", "origin"))
    names = names_of(runs)
    side = _side(runs, glyphs) if len(runs) > 1 else None
    views = [
        {"name": wording.scenario(name, 60), "html": Markup(part.render(content, side=side)),  # noqa: S704 - ours
         "origin": Markup(origin.render(content))}  # noqa: S704 - ours
        for name, content in zip(names, contents, strict=True)
    ]  # fmt: skip
    return made.get_template("body.html.j2").render(head=contents[0]["head"], views=views, side=side)


def _side(runs: Sequence[Run], glyphs: dict[str, str]) -> dict[str, Any] | None:
    found = compare(runs)
    names, rows = side_by_side(found)
    table = scores.frame(found)
    if len(names) < 2 or not len(table):
        return None
    with style.house(style.texts(table), salt="sides"):
        svg = style.picture(style.figure(scores.draw(table)), "svg")
    return {"head": [say("Scenario"), *names], "rows": rows,
            "figure": drawn(svg, "sides", say(scores.TITLE), scores.describe(table), glyphs)}  # fmt: skip


def _content(run: Run, pre: str, many: bool, glyphs: dict[str, str], tell: Callable[[float], None]) -> dict[str, Any]:
    """Everything the template of one run shows; `pre` begins its ids, and where there is one it is drawn leaner."""
    head = metrics.headline(run)
    planned = metrics.has_plan(run)
    moves, left_out = metrics.moves(run), metrics.left_out(run)
    shown = [p for p in plots(run) if not pre or p.chart in LEAN]
    pictures = []
    for n, p in enumerate(shown, 1):
        figure = drawn(p.picture("svg"), f"{pre}{p.name}", p.title, p.alt, glyphs)
        pictures.append({"chart": p.chart, "figure": figure})
        tell(n / len(shown))
    most = MOST_ROWS if len(run.tables.customers) <= LARGE else FEW_ROWS
    result = run.result
    title = wording.plan_title(head["plan"], head["period"])
    words = metrics.score_words(run)
    aims = sentences(run.plan.get("objectives"), {}, "term")
    said = {a["name"]: a["says"] for a in aims}
    reason = reasons(run)
    return {
        "head": {**head, "title": title, "scenario_said": wording.scenario_said(head["scenario"])},
        "planned": planned,
        "badge": say(BADGES[head["status"]]) if head["status"] in BADGES else head["status"],
        "pre": pre,
        "many": many,
        "verdict": head["verdict"],
        "score_words": words,
        "created": wording.moment(run.created),
        "sections": _sections(planned, "learned" in result),
        "plots": pictures,
        "placed": PLACED,
        "other_charts": [c for c in charts() if not any(c in names for names in PLACED.values())],
        "findings": [reason(str(f.get("message", f))) for f in result.get("findings") or []],
        "keys": headlines.keys(run, head) if planned else [],
        "terms": [{**t._asdict(), "says": said.get(t.name, t.kind)} for t in style.rows(metrics.terms(run))],
        "measures": [metrics.MEASURES[m] for m in metrics.MEASURES],
        "balance": _balance(run),
        "moves_said": headlines.moves_said(head),
        "risk_said": headlines.risk_said(run, head) if head["chosen"] + head["forced"] else "",
        "retention": style.rows(metrics.retention(run)),
        "metrics": [{"name": m, "columns": _columns(metrics.books(run, m))} for m in metrics.metrics(run)],
        "books": _books(run),
        "kinds": KINDS,
        "reason": reason,
        "moves": style.rows(moves.head(most)),
        "more_moves": max(0, len(moves) - most),
        "left_out": style.rows(left_out.head(most)),
        "more_left_out": max(0, len(left_out) - most),
        "learned": model_card.section(result["learned"], glyphs, pre, not pre) if result.get("learned") else None,
        "rules": sentences(run.plan.get("rules"), result.get("rules") or {}, "rule"),
        "terms_said": aims,
        "changes": [wording.changed(c) for c in result.get("changes") or []],
        "boxes": any(p.notes for p in shown),
        "notes": [
            *(reason(str(n)) for n in result.get("notes") or []),
            *dict.fromkeys(n for p in shown for n in p.notes),
        ],
        "facts": _facts(run),
    }


def sentences(parts: Any, known: Mapping[str, str], what: str) -> list[dict[str, str]]:
    """Return each ``rule`` or ``term`` of a plan with its sentence: `known`, else its own, else its settings."""
    from solver.objectives.base import Term
    from solver.rules.base import Rule

    __import__("solver.rules" if what == "rule" else "solver.objectives")  # registers them all
    registry: Mapping[str, type[Rule] | type[Term]] = Rule.registry if what == "rule" else Term.registry
    found = []
    for name, settings in (parts or {}).items():
        settings = settings or {}
        says = known.get(name, "")
        kind = str(settings.get("kind", name))
        if kind in registry and (not says or current() != ENGLISH):  # what it is made of says it in any language
            try:
                made = registry[kind].model_validate({**settings, "kind": kind}).describe()
                says = made if says in {"", made} else says
            except ValidationError:
                pass
        says = heard(says)
        if not says:
            says = ", ".join(f"{k} {wording.value(v)}" for k, v in settings.items()) or kind
        found.append({"name": str(name), "says": wording.capital(says) if current() == ENGLISH else says})
    return found


def _sections(planned: bool, learned: bool) -> list[tuple[str, str]]:
    with_plan = [
        ("score", say("Score")), ("balance", say("Balance")), ("moves", say("What changes hands")),
        ("books", say("Books")), ("list", say("Moves")), ("unassigned", say("Without a rep")),
    ]  # fmt: skip
    fit = [("fit", say("Learned fit"))] if learned else []
    return [*(with_plan if planned else []), *fit, ("rules", say("Rules")), ("search", say("How it was solved"))]


def _balance(run: Run) -> list[dict[str, Any]]:
    def write(measure: str, value: float) -> str:
        if measure == "within":
            return wording.percent(value)
        return f"{value:.1f}" if measure == "max_min" and value == value else f"{value:.3f}" if value == value else "–"

    rows: dict[str, list[str]] = {}
    for row in style.rows(metrics.balance(run)):
        before, after = write(row.measure, row.before), write(row.measure, row.after)
        rows.setdefault(row.metric, []).append("–" if before == after == "–" else f"{before} → {after}")
    return [{"metric": metric, "cells": cells} for metric, cells in rows.items()]


def _columns(table: pd.DataFrame) -> list[str]:
    """The columns one metric has in the table of books: those that say something."""
    edges = [c for c in ("target", "min", "max") if table[c].notna().any()]
    return ["before", "after", *edges, *(["to target"] if "target" in edges else [])]


#: What the columns of the table of books are called.
COLUMNS = (
    mark("before"), mark("after"), mark("target"), mark("min"), mark("max"), mark("to target"),
)  # fmt: skip


def _books(run: Run) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for metric in metrics.metrics(run):
        table = metrics.books(run, metric)
        columns = _columns(table)
        held = metrics.inside(table["after"], table["low"], table["high"]) | table["low"].isna()
        for row, fits in zip(style.rows(table), held, strict=True):
            book = found.setdefault(row.rep_id, {"name": row.name, "team": row.team, "active": row.active, "cells": []})
            for column in columns:
                if column == "to target":
                    value = row.after / row.target if row.target > 0 else math.nan
                    text = wording.off_band(value, row.high / row.target, not fits) if row.target > 0 else ""
                else:
                    value = getattr(row, column)
                    text = wording.full(value)
                out = column in {"after", "to target"} and not fits and row.active
                book["cells"].append(
                    {
                        "value": f"{value:.10g}" if value == value else "",
                        "text": text or "–",
                        "out": out,
                        "first": column == "before",
                    }
                )
    return list(found.values())


def _facts(run: Run) -> list[tuple[str, str]]:
    result = run.result
    score, bound, gap = (_exact(result.get(name)) for name in ("score", "bound", "gap"))
    violations = (result.get("audit") or {}).get("violations") or []
    audited = say_n("{n} violation; rules and score were checked again from the tables alone",
                    "{n} violations; rules and score were checked again from the tables alone",
                    len(violations))  # fmt: skip
    seconds = metrics.number(result.get("seconds"))
    again = say("yes: the same input, seed and versions give this plan") if metrics.reproducible(run) else say("no")
    facts = [
        (say("Run"), run.id),
        (
            say("Status"),
            say("{status}; score {score}, bound {bound}, gap {gap}", status=wording.status(str(result.get("status"))),
                score=score, bound=bound, gap=gap),
        ),
        (
            say("Solved"),
            say_n("in {seconds} s with seed {seed} and {n} worker", "in {seconds} s with seed {seed} and {n} workers",
                  int(result.get("workers") or 0), seconds=f"{seconds:,.1f}", seed=result.get("seed")),
        ),
        (say("Reproducible"), again),
        (say("Audit"), audited if metrics.has_plan(run) else say("there is no plan to check")),
        (say("Versions"), ", ".join(f"{k} {v}" for k, v in (result.get("versions") or {}).items())),
    ]  # fmt: skip
    return facts + wording.hashes(result)


def _exact(points: Any) -> str:
    return "–" if points is None else f"{float(points):.3f}"


def _value(value: Any) -> str:
    return say("nothing") if value is None else wording.label(str(value), 80)
