"""What was read of a plan and what is wrong with it as a web page: a single file that works offline and loads nothing.

In English, as what the terminal and the workbook of problems say: the sentences are the same.
"""

from __future__ import annotations

import datetime as dt
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reports import inspection, wording
from reports.console import FUNNEL, funnel_rows
from reports.html import environment, whole
from reports.text.impossible import parts
from reports.words import ENGLISH, language
from reports.worklist import Kind, bad_rows, cure, is_cut, kinds
from scenarios.check import Examined
from scenarios.sources.reading import Amount, ColumnReading, Reading, TableReading
from solver.problems import Problem, shorten

HOW = {
    "map": "the plan's column map",
    "name": "its name",
    "alias": "a name that exports use",
    "joined": "two columns put together",
    "own": "none of the fields: kept under its name",
    "derived": "worked out, as the plan says",
}
#: Longest sentence of a problem; most kinds in the table of kinds, and most lines of a finding.
_LONG, _KINDS, _LINES = 600, 200, 30
#: From here on a figure of the summary is too wide to be told to the last digit.
_WIDE = 1_000_000


def problems_page(
    found: Sequence[Problem],
    plan: str,
    made: dt.datetime,
    reading: Reading | None,
    examined: Examined | None = None,
    reasons: Mapping[str, Any] | None = None,
    options: Sequence[str] = (),
    again: Path | None = None,
) -> str:
    """Return the page as HTML text.

    Parameters
    ----------
    found : every problem.
    plan : the path of the plan.
    made : when it was checked.
    reading : what was read of the tables; None where the plan file itself cannot be used.
    examined, reasons : who could go where, and why nobody can, where the input can be used.
    options : of the command, that make the plan another: scenario and overrides.
    again : the file that the page is written to.
    """
    with language(ENGLISH):
        template = environment()
        template.filters["clean"] = lambda text, width=_LONG: shorten(text, width)
        template.filters["figure"] = lambda n: wording.short(n) if n >= _WIDE else wording.full(n)
        content = _content(found, plan, made, reading, examined, reasons or {}, options, again)

        def body(note: str) -> str:
            return template.get_template("problems.html.j2").render(content, note=note)

        return whole(f"Check of {shorten(plan, 100)}", body, {})


def _content(
    found: Sequence[Problem], plan: str, made: dt.datetime, reading: Reading | None, examined: Examined | None,
    reasons: Mapping[str, Any], options: Sequence[str], again: Path | None,
) -> dict[str, Any]:  # fmt: skip
    grouped = kinds(found)
    listed = [p for kind in grouped for p in kind.problems[: kind.shown]]
    count: Counter[str] = Counter(p.severity for p in found)
    tables = [_table(t, found) for t in reading.tables] if reading else []
    asked = shlex.join([plan, *options])
    todo = "What to mend" if count["error"] else "What to look at"
    impossible = examined is not None and examined.impossible
    fits = ("fits", "Who could go where", examined is not None)
    sections = [
        *([fits] if impossible else []), ("kinds", todo, bool(found)), ("list", "Every problem", bool(found)),
        ("read", "What was read", True), *([] if impossible else [fits]),
        ("says", "What the plan says", examined is not None),
    ]  # fmt: skip
    return {
        "plan": shorten(plan, 200),
        "made": wording.moment(made),
        "head": _headline(count, tables),
        "verdict": _verdict(count, examined),
        "sections": [(name, title) for name, title, there in sections if there],
        "count": count,
        "cut": is_cut(found),
        "tables": tables,
        "refused": list(reading.refused) if reading else [],
        "nothing_read": reading is None,
        "kinds": [_kind(kind) for kind in grouped[:_KINDS]],
        "more_kinds": max(0, len(grouped) - _KINDS),
        "rows": [_row(p) for p in listed],
        "left": len(found) - len(listed),
        "picks": [
            ("Kind", 0, _several(wording.heading(p.code) for p in listed)),
            ("Severity", 1, _several(p.severity for p in listed)),
            ("File", 2, _several(_file(p) for p in listed)),
            ("Column", 4, _several(shorten(p.column, 80) for p in listed)),
        ],
        "todo": todo,
        "options": shlex.join(options),
        "again": f"fairbook check {asked} --problems {shlex.quote(str(again or 'problems.html'))}",
        "workbook": f"fairbook check {asked} --problems problems.xlsx",
        "solve": f"fairbook solve {asked}",
        "fits": _fits(examined, reasons) if examined else None,
        "lines": _LINES,
    }


def _headline(count: Mapping[str, int], tables: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """A figure, and what it is of: rows with errors where there are any, else errors."""
    rows = sum(t["rows"] for t in tables)
    bad = [t for t in tables if t["bad"]]
    if len(bad) == 1:
        return f"{bad[0]['bad']:,}", f"of {wording.counted(bad[0]['rows'], 'row')} of {bad[0]['kind']} have errors"
    if bad:
        return f"{sum(t['bad'] for t in bad):,}", f"of {wording.counted(rows, 'row')} have errors"
    errors = count.get("error", 0)
    noun = "error" if errors == 1 else "errors"
    return f"{errors:,}", f"{noun}, in no single row" if errors else f"errors in {wording.counted(rows, 'row')}"


def _verdict(count: Mapping[str, int], examined: Examined | None) -> tuple[str, str, str]:
    """The look, word and sentence for what can be done with the plan now."""
    errors, warnings = (count.get(s, 0) for s in ("error", "warning"))
    if errors:
        stops = "stops" if errors == 1 else "stop"
        return (
            "infeasible",
            "Cannot be solved yet",
            f"{wording.counted(errors, 'error')} {stops} it; warnings and notes do not.",
        )
    if examined and examined.impossible:
        return "infeasible", "Impossible", "the input can be read, but no plan can keep every rule."
    look = f"look whether {'it is' if warnings == 1 else 'they are'} meant."
    said = f"nothing stops it; {wording.counted(warnings, 'warning')}: {look}" if warnings else "nothing stops it."
    return "optimal", "Ready to solve", said


def _table(table: TableReading, found: Sequence[Problem]) -> dict[str, Any]:
    bad, doubtful = (bad_rows(table, found, severity) for severity in ("error", "warning"))
    here = (p for p in found if (p.file, p.sheet) == (table.file, table.sheet))
    wrong = Counter(p.column for p in here if p.severity == "error" and p.row)
    left_out = table.there - table.rows
    key = next((c for c in table.columns if c.field == table.key), None)
    said = [f"{wording.counted(table.rows, 'row')} read"]
    if left_out > 0:
        said.append(f"{left_out:,} more left out by the plan's where or scenario")
    if key is not None:
        said.append(f"{key.distinct:,} different {table.key}")
    bad_ones = [f"{n:,} with {what}" for n, what in ((bad, "errors"), (doubtful, "warnings")) if n]
    verdict = ", ".join(bad_ones) or "none is bad"
    said.append(verdict)
    used = [c for c in table.columns if c.how != "own"]
    own = [c for c in table.columns if c.how == "own"]
    return {
        "kind": table.kind,
        "title": f"{wording.heading(table.kind)}: {_where(table.file, table.sheet)}",
        "file": _where(table.file, table.sheet),
        "rows": table.rows,
        "bad": bad,
        "verdict": verdict,
        "said": f"{'; '.join(said)}.",
        "columns": [_column(c, wrong[shorten(c.header)]) for c in (*used, *own)],
        "own": len(own),
        "left_out": [shorten(h) for h in table.left_out],
    }


def _column(c: ColumnReading, wrong: int) -> dict[str, Any]:
    how = HOW[c.how]
    if c.derived and c.how != "derived":
        how += f"; {wording.counted(c.derived, 'empty cell')} worked out, as the plan says"
    figures = [(float(n), f"{n:,}", "") for n in (c.filled, c.empty)]
    figures += [(float(n), f"{n:,}", "out" if n else "") for n in (c.unreadable, wrong)]
    figures.append((float(c.distinct), f"{c.distinct:,}", ""))
    return {
        "field": shorten(c.field),
        "header": shorten(c.header) if c.header else "–",
        "letter": c.letter,
        "how": how,
        "own": c.how == "own",
        "figures": [*figures, _amount(c.least), _amount(c.greatest)],
    }


def _amount(value: Amount | None) -> tuple[float | str, str, str]:
    """How a number or day sorts, and how it is written."""
    if value is None:
        return "", "–", ""
    if isinstance(value, dt.date):
        return value.toordinal(), wording.day(value), ""
    plain = value == round(value) or abs(value) >= 1000
    return value, f"{value:,.0f}" if plain else f"{value:.4g}", ""


def _kind(kind: Kind) -> dict[str, Any]:
    p = kind.first
    rows = len({q.row for q in kind.problems if q.row})
    return {
        "severity": p.severity,
        "name": wording.heading(p.code),
        "file": _file(p),
        "column": shorten(p.column, 80),
        "count": len(kind.problems),
        "rows": rows,
        "values": kind.values,
        "message": kind.message,
        "cure": kind.cure,
        "more": len(kind.problems) - kind.shown,
    }


def _row(p: Problem) -> dict[str, Any]:
    """What the list says of a problem, in the names the template has for it."""
    return {
        "severity": p.severity,
        "name": wording.heading(p.code),
        "file": _file(p),
        "row": p.row,
        "cell": p.cell,
        "column": shorten(p.column, 80),
        "value": p.value,
        "message": p.message,
        "cure": cure(p),
    }


def _file(p: Problem) -> str:
    return _where(p.file, p.sheet)


def _where(file: str, sheet: str) -> str:
    return shorten(f"{file}[{sheet}]" if sheet else file, 120)


def _several(texts: Any) -> list[str]:
    """The different texts to pick from, in their order."""
    return list(dict.fromkeys(t for t in texts if t))


def _fits(examined: Examined, reasons: Mapping[str, Any]) -> dict[str, Any]:
    title, lines, named = inspection.findings(examined)
    return {
        "counts": inspection.counts(examined),
        "impossible": examined.impossible,
        "findings": {"title": title, "lines": lines, "reps": named} if lines else None,
        "reasons": parts(reasons),
        "notes": list(reasons.get("repair_notes", ())),
        "tables": [
            ("Customers with an eligible rep after each rule", FUNNEL, 1, funnel_rows(examined.funnel)),
            ("Pairs of customer and rep", inspection.LOST, 1, inspection.lost_rows(examined)),
            (inspection.TIGHT_TITLE, (*inspection.TIGHT, "used"), 3, inspection.tight_rows(examined)),
        ],
        "says": [("Rules", _said(examined.rules)), ("Score", _said(examined.terms))],
        "changes": examined.changes,
    }


def _said(sentences: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(wording.heading(name), sentence) for name, sentence in sentences.items()]
