"""Sheet Summary: the figures to read first; totals are formulas over the other sheets, weights may be tried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from reports import metrics, style, wording
from reports.sheets import books, charts, paper
from reports.sheets.book import Book, Place
from reports.sheets.customers import NOBODY, change_said
from reports.sheets.looks import DEEP, RULE, SOFT, Column, Formula
from reports.words import current, mark, say
from scenarios.feedback.sheet import CUSTOMER, FORMS, VERDICT
from scenarios.run.record import Run

NAME = mark("Summary")
#: Metrics with a chart of their own, those with targets first.
CHARTS = 3
#: Of the columns with tables, in signs; charts stand to their right.
WIDTHS = (34, 15, 15, 15, 15, 15, 15, 15)
#: The first row below the title.
_TOP = 4
_WORDS = {
    "kept": mark("keep their rep"),
    "chosen": mark("moved by choice"),
    "forced": mark("had to move"),
    "new": mark("get their first rep"),
    NOBODY: mark("end without a rep"),
}


def write(
    book: Book, sheet: Worksheet, run: Run, places: Mapping[str, Place], parts: Sequence[tuple[str, str]]
) -> None:
    """Fill the sheet; `places` says where books, customers and feedback stand, `parts` what the other sheets are."""
    sheet.set_tab_color(DEEP)
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    head = metrics.headline(run)
    plain = book.format(font_color=SOFT)
    title = wording.plan_title(head["plan"], head["period"])
    book.put(sheet, 0, 0, title, book.format(bold=True, font_size=20, font_color=DEEP))
    sheet.set_row(0, 30)
    said = say("{scenario}: {score} points", scenario=wording.capital(wording.scenario_said(head["scenario"])),
               score=head["in_words"])  # fmt: skip
    book.put(sheet, 1, 0, said if metrics.has_plan(run) else head["verdict"], book.format(bold=True, font_size=14))
    proven = say("{verdict} {caveat}", **head) if head["caveat"] else head["verdict"]
    book.put(sheet, 2, 0, proven, plain)
    row = _facts(book, sheet, head, _TOP, parts)
    row, beside = _terms(book, sheet, run, row)
    row = _customers(book, sheet, run, places["customers"], row)
    row = _loads(book, sheet, run, places["books"], row)
    row = _retention(book, sheet, run, row)
    _answers(book, sheet, places["feedback"], row)
    width = _charts(book, sheet, run, places["books"], beside)
    sheet.freeze_panes(3, 0)
    tables = sum(map(paper.pixels, WIDTHS))
    paper.upright(sheet, [tables, width + charts.GAP], [len(WIDTHS)])


def _block(book: Book, sheet: Worksheet, row: int, title: str, columns: Sequence[Column]) -> Place:
    """A titled table; returns where its cells are."""
    book.put(sheet, row, 0, title, book.format(bold=True, font_size=13, font_color=DEEP))
    return book.table(sheet, columns, row + 1)


def _facts(book: Book, sheet: Worksheet, head: Mapping[str, Any], row: int, parts: Sequence[tuple[str, str]]) -> int:
    """What the run is, and beside it what is on the other sheets: large workbooks take each row but once."""
    facts: list[tuple[str, Any, str]] = [
        (say("Status"), wording.status(head["status"]), "text"),
        (say("Score"), head["score"], "points"),
        (say("Bound: no plan scores more"), head["bound"], "points"),
        (say("Gap, points"), head["gap"], "ratio"),
        (say("Rules broken (audit)"), head["violations"], "count"),
        (say("Run"), head["id"], "text"),
        (say("Made (UTC)"), head["created"], "date"),
        (say("Seconds"), head["seconds"], "points"),
    ]
    for n, (name, value, kind) in enumerate(facts):
        book.put(sheet, row, 0, name, book.format(font_color=SOFT, bottom=1, bottom_color=RULE))
        book.put(sheet, row, 1, value, book.of_kind(kind, align="right", indent=0, bottom=1, bottom_color=RULE))
        if n == 0:
            book.put(sheet, row, 3, say("In this workbook"), book.format(bold=True, font_color=DEEP))
        elif n <= len(parts):
            book.link(sheet, row, 3, *parts[n - 1])
        row += 1
    return row + 1


def _terms(book: Book, sheet: Worksheet, run: Run, row: int) -> tuple[int, int]:
    """The score by term: change a weight and see the score of this plan under it.

    Returns
    -------
    The next rows that are free, below the table and below the chart beside it.
    """
    terms = style.rows(metrics.terms(run))
    if not terms:
        return row, _TOP
    first, last = row + 2, row + 1 + len(terms)
    weights = f"$C${first + 1}:$C${last + 1}"
    points = [
        Formula(f"IF(SUM({weights})>0,B{n}*C{n}/SUM({weights}),0)", t.points) for n, t in enumerate(terms, first + 1)
    ]
    missed = [
        Formula(f"IF(SUM({weights})>0,(100-B{n})*C{n}/SUM({weights}),0)", t.missed)
        for n, t in enumerate(terms, first + 1)
    ]
    place = _block(
        book,
        sheet,
        row,
        say("Score by term (the weights may be changed to try them out on this plan)"),
        [
            Column(say("Term"), [wording.heading(t.name) for t in terms]),
            Column(say("Term at"), [t.score for t in terms], "points"),
            Column(say("Weight"), [t.weight for t in terms], "amount", editable=True),
            Column(say("Points"), points, "points"),
            Column(say("Missed"), missed, "points"),
        ],
    )
    bold = {"bold": True, "top": 1}
    end = place.last + 1
    book.put(sheet, end, 0, say("Score of the plan"), book.format(**bold, align="left", indent=1))
    book.put(sheet, end, 1, None, book.format(**bold))
    for column, title, value in (
        (2, say("Weight"), sum(t.weight for t in terms)),
        (3, say("Points"), sum(t.points for t in terms)),
        (4, say("Missed"), sum(t.missed for t in terms)),
    ):
        span = place.span(title, sheet=False)
        kind = "amount" if column == 2 else "points"
        book.put(sheet, end, column, Formula(f"SUM({span})", value), book.of_kind(kind, **bold))
    alt = say("Points each term adds to the score, and points it misses.")
    parts = [say("Points"), say("Missed")]
    at, title = (_TOP, len(WIDTHS)), say("Where the score comes from")
    height = charts.stacked(book, sheet, at, place, parts, title, say("points"), alt)
    return end + 2, charts.below(_TOP, height)


def _customers(book: Book, sheet: Worksheet, run: Run, place: Place, row: int) -> int:
    """How many customers stay, move and are left, counted by formulas over the sheet Customers."""
    head = metrics.headline(run)
    change, money = place.span(say("Change")), place.span(say("Potential"))
    kinds = [*_WORDS] if metrics.has_plan(run) else [NOBODY]
    moved = run.assignment.groupby("moved")["potential"].sum().to_dict()
    left = metrics.left_out(run)["potential"].sum()
    counts = [head["unassigned"] if k == NOBODY else head[k] for k in kinds]
    sums = [float(left if k == NOBODY else moved.get(k, 0.0)) for k in kinds]
    block = _block(
        book,
        sheet,
        row,
        say("Customers"),
        [
            Column(say("Customers that"), [say(_WORDS[k]) for k in kinds]),
            Column(
                say("Customers"),
                [Formula(f'COUNTIF({change},"{change_said(k)}")', n) for k, n in zip(kinds, counts, strict=True)],
                "count",
            ),
            Column(
                say("Potential"),
                [Formula(f'SUMIF({change},"{change_said(k)}",{money})', v) for k, v in zip(kinds, sums, strict=True)],
                "amount",
            ),
        ],
    )
    end, bold = block.last + 1, {"bold": True, "top": 1}
    book.put(sheet, end, 0, say("all customers"), book.format(**bold, align="left", indent=1))
    for column, title, value in ((1, say("Customers"), sum(counts)), (2, say("Potential"), sum(sums))):
        look = book.of_kind("count", **bold)
        book.put(sheet, end, column, Formula(f"SUM({block.span(title, sheet=False)})", value), look)
    return end + 2


def _loads(book: Book, sheet: Worksheet, run: Run, place: Place, row: int) -> int:
    """Totals and spread of each load; totals, largest and reps in band are formulas over the sheet Books."""
    if not len(run.books):
        return row
    names = metrics.metrics(run)
    spread = metrics.balance(run).set_index(["metric", "measure"])
    columns: dict[str, list[Any]] = {
        t: []
        for t in (
            mark("Load"), mark("Total before"), mark("Total after"), mark("Largest after"), mark("Reps with a band"),
            mark("Reps in band"), mark("Hoover before"), mark("Hoover after"),
        )
    }  # fmt: skip
    for name in names:
        table = metrics.books(run, name)
        before, after = (place.span(books.title(name, w)) for w in ("before", "after"))
        banded = table["low"].notna()
        slack = 1e-9 * table["after"].sum()
        fits = banded & (table["after"] >= table["low"] - slack) & (table["after"] <= table["high"] + slack)
        columns["Load"].append(wording.heading(name))
        columns["Total before"].append(Formula(f"SUM({before})", float(table["before"].sum())))
        columns["Total after"].append(Formula(f"SUM({after})", float(table["after"].sum())))
        columns["Largest after"].append(Formula(f"MAX({after})", float(table["after"].max())))
        if banded.any():
            low, high = (place.span(books.title(name, w)) for w in ("low", "high"))
            near = f"1E-9*SUM({after})"
            within = f"SUMPRODUCT(ISNUMBER({low})*({after}>={low}-{near})*({after}<={high}+{near}))"
            columns["Reps with a band"].append(Formula(f"COUNT({low})", int(banded.sum())))
            columns["Reps in band"].append(Formula(within, int(fits.sum())))
        else:
            columns["Reps with a band"].append(None)
            columns["Reps in band"].append(None)
        columns["Hoover before"].append(spread["before"].get((name, "hoover")))
        columns["Hoover after"].append(spread["after"].get((name, "hoover")))
    kinds = {"Load": "text", "Hoover before": "ratio", "Hoover after": "ratio"}
    block = _block(
        book,
        sheet,
        row,
        say("Loads (Hoover index: share of the load that sits with the wrong rep)"),
        [Column(say(t), cells, kinds.get(t, "count")) for t, cells in columns.items()],
    )
    return block.last + 2


def _retention(book: Book, sheet: Worksheet, run: Run, row: int) -> int:
    """How much stays with its rep, among what could."""
    if not metrics.has_plan(run):
        return row
    table = style.rows(metrics.retention(run))
    share = [
        Formula(f'IF({xl_rowcol_to_cell(n, 2)}>0,{xl_rowcol_to_cell(n, 1)}/{xl_rowcol_to_cell(n, 2)},"")',
                t.share if t.share == t.share else "")
        for n, t in enumerate(table, row + 2)
    ]  # fmt: skip
    block = _block(
        book,
        sheet,
        row,
        say("Kept by the current rep, of what could be kept"),
        [
            Column(say("Measure"), [say(t.measure) for t in table]),
            Column(say("Kept"), [t.kept for t in table], "count"),
            Column(say("Could stay"), [t.of for t in table], "count"),
            Column(say("Share"), share, "share"),
            Column(say("Forced to move"), [t.forced for t in table], "count"),
        ],
    )
    return block.last + 2


def _answers(book: Book, sheet: Worksheet, place: Place, row: int) -> None:
    """How far the feedback is, counted by formulas over the sheet Feedback."""
    form = FORMS[current()]
    said, ids = place.span(form.titles[VERDICT]), place.span(form.titles[CUSTOMER])
    words = list(form.verdicts.values())
    total = place.last - place.first + 1
    counts = [Formula(f'COUNTIF({said},"{v}")', 0) for v in words]
    answered = "+".join(f'COUNTIF({said},"{v}")' for v in words)
    open_ = Formula(f"COUNTA({ids})-({answered})", total)
    _block(
        book,
        sheet,
        row,
        say("Feedback so far"),
        [
            Column(say("Verdict"), [*words, say("open")]),
            Column(say("Customers"), [*counts, open_], "count"),
        ],
    )


def _charts(book: Book, sheet: Worksheet, run: Run, place: Place, row: int) -> int:
    """Loads before and after as columns, with the target as a mark, beside the tables; returns how wide they are."""
    if not len(run.books):
        return charts.WIDE
    for name in metrics.metrics(run)[:CHARTS]:
        table = metrics.books(run, name)
        given = (("before", say("Before"), "quiet"), ("after", say("After"), "main"), ("target", say("Target"), "mark"))
        there = [(said, place.columns.get(books.title(name, what)), look) for what, said, look in given]
        series = [(said, column, look) for said, column, look in there if column is not None]
        heading = wording.heading(name)
        alt = say("{metric} of every rep before and after, with its target where there is one.", metric=heading)
        largest = float(table[["before", "after", "target"]].abs().max().max())
        title = say("{metric} by rep", metric=heading)
        charts.columns(book, sheet, (row, len(WIDTHS)), place, 1, series, title, alt, largest)
        row = charts.below(row)
    return charts.width_for(len(run.books))
