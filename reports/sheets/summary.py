"""Sheet Summary: the figures to read first; totals are formulas over the other sheets, weights may be tried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from reports import metrics, style, wording
from reports.sheets import books
from reports.sheets.book import BLUE, DEEP, GREY, INK, ORANGE, RULE, SOFT, Book, Column, Formula, Place, font
from reports.sheets.customers import NOBODY, change_said
from reports.words import current, mark, say
from scenarios.feedback.sheet import CUSTOMER, FORMS, VERDICT
from scenarios.run.record import Run

NAME = mark("Summary")
#: Metrics with a chart of their own, those with targets first.
CHARTS = 3
_WORDS = {
    "kept": mark("keep their rep"),
    "chosen": mark("moved by choice"),
    "forced": mark("forced to move"),
    "new": mark("get their first rep"),
    NOBODY: mark("end without a rep"),
}


def write(book: Book, sheet: Worksheet, run: Run, places: Mapping[str, Place]) -> None:
    """Fill the sheet; `places` says where books, customers and feedback stand."""
    sheet.set_tab_color(DEEP)
    for column, width in enumerate((34, 16, 16, 16, 16, 16, 16, 16)):
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
    row = _facts(book, sheet, head, 4)
    scored = row
    row = _terms(book, sheet, run, row)
    row = _customers(book, sheet, run, places["customers"], row)
    row = _loads(book, sheet, run, places["books"], row)
    row = _retention(book, sheet, run, row)
    _answers(book, sheet, places["feedback"], row)
    _charts(book, sheet, run, places["books"], scored)
    sheet.freeze_panes(3, 0)


def _block(book: Book, sheet: Worksheet, row: int, title: str, columns: Sequence[Column]) -> Place:
    """A titled table; returns where its cells are."""
    book.put(sheet, row, 0, title, book.format(bold=True, font_size=13, font_color=DEEP))
    return book.table(sheet, columns, row + 1, filters=False)


def _facts(book: Book, sheet: Worksheet, head: Mapping[str, Any], row: int) -> int:
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
    for name, value, kind in facts:
        book.put(sheet, row, 0, name, book.format(font_color=SOFT, bottom=1, bottom_color=RULE))
        book.put(sheet, row, 1, value, book.of_kind(kind, align="right", indent=0, bottom=1, bottom_color=RULE))
        row += 1
    return row + 1


def _terms(book: Book, sheet: Worksheet, run: Run, row: int) -> int:
    """The score by term: change a weight and see the score of this plan under it."""
    terms = style.rows(metrics.terms(run))
    if not terms:
        return row
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
    chart = book.file.add_chart({"type": "bar", "subtype": "stacked"})
    for title, colour in ((say("Points"), BLUE), (say("Missed"), RULE)):
        chart.add_series(
            {"name": [sheet.name, row + 1, place.columns[title]],
             "categories": [sheet.name, place.first, 0, place.last, 0],
             "values": [sheet.name, place.first, place.columns[title], place.last, place.columns[title]],
             "fill": {"color": colour}, "gap": 60}
        )  # fmt: skip
    chart.set_title({"name": say("Where the score comes from"), "name_font": _font(14, True), "overlay": False})
    chart.set_y_axis({"reverse": True, "crossing": "max", "num_font": _font(9), "line": {"none": True}})
    grid = {"visible": True, "line": {"color": RULE}}
    chart.set_x_axis(
        {"num_font": _font(9), "num_format": "0", "major_gridlines": grid, "name": say("points"), "name_font": _font(9)}
    )
    chart.set_legend({"position": "bottom", "font": _font(9)})
    chart.set_size({"width": 620, "height": 120 + 30 * len(terms)})
    sheet.insert_chart(
        4, 8, chart, {"x_offset": 24, "description": say("Points each term adds to the score, and points it misses.")}
    )
    return end + 2


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


def _charts(book: Book, sheet: Worksheet, run: Run, place: Place, row: int) -> None:
    """Loads before and after as columns, with the target as a line, beside the tables."""
    if not len(run.books):
        return
    reps = place.last - place.first + 1
    width, at = min(1600, max(620, 220 + 28 * reps)), row + 6
    for name in metrics.metrics(run)[:CHARTS]:
        chart = book.file.add_chart({"type": "column"})
        for what, name_, colour in (("before", say("Before"), GREY), ("after", say("After"), BLUE)):
            column = place.columns[books.title(name, what)]
            chart.add_series(
                {"name": name_, "categories": [place.sheet, place.first, 1, place.last, 1],
                 "values": [place.sheet, place.first, column, place.last, column],
                 "fill": {"color": colour}, "gap": 70, "overlap": 0}
            )  # fmt: skip
        target = place.columns.get(books.title(name, "target"))
        if target is not None:
            line = book.file.add_chart({"type": "line"})
            line.add_series(
                {"name": say("Target"), "categories": [place.sheet, place.first, 1, place.last, 1],
                 "values": [place.sheet, place.first, target, place.last, target],
                 "line": {"none": True},
                 "marker": {"type": "long_dash", "size": 12, "fill": {"color": ORANGE}, "border": {"color": ORANGE}}}
            )  # fmt: skip
            chart.combine(line)
        chart.set_title(
            {
                "name": say("{metric} by rep", metric=wording.heading(name)),
                "name_font": _font(14, True),
                "overlay": False,
            }
        )
        chart.set_x_axis({"num_font": {**_font(9), "rotation": -45}})
        chart.set_y_axis({"num_font": _font(9), "num_format": "#,##0", "min": 0, "line": {"none": True},
                          "major_gridlines": {"visible": True, "line": {"color": RULE}}})  # fmt: skip
        chart.set_legend({"position": "top", "font": _font(9)})
        chart.set_size({"width": width, "height": 340})
        alt = say(
            "{metric} of every rep before and after, with its target where there is one.", metric=wording.heading(name)
        )
        sheet.insert_chart(at, 8, chart, {"x_offset": 24, "description": alt})
        at += 18


def _font(size: int, bold: bool = False) -> dict[str, Any]:
    return {"name": font(), "size": size, "bold": bold, "color": INK}
