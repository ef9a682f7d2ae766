"""Page, slides, PDF and workbook of an evaluation: one set of figures, text that is never run, opened for real."""

from __future__ import annotations

import copy
import dataclasses
import io
import re
import shutil

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from reports import wording
from reports.evaluation import said
from reports.evaluation.advice import Advised
from reports.evaluation.build import FORMATS, Told, build_evaluation
from reports.evaluation.page import evaluation_page
from reports.evaluation.slides import evaluation_deck
from reports.evaluation.workbook import evaluation_workbook
from reports.slides.blocks import BOTTOM, LEFT, RIGHT, Band, Card, Points
from reports.slides.fit import EM, card_room, fitted, wrap
from reports.slides.pdf import pdf
from reports.slides.powerpoint import powerpoint
from scenarios.files import FilesError
from tests.reports.evaluation.sample import quarter
from tests.reports.sample import HOSTILE
from tests.reports.test_deck import opened, texts
from tests.reports.test_opened import CONTRAST, FLAGS
from tests.reports.test_page import EVIL, Outline
from tests.reports.test_workbook import parts

RUN, FOUND = quarter()
DOCUMENT = FOUND.document
LITTLE = quarter(few=6)
ADVICE = {
    "plan": "autumn", "verdict": "recommended", "periods": ["2026-Q3", "2026-Q2"], "level": 0.9, "loss": 0.155,
    "limits": ["It is association, not proof: try a recommended strategy in part of the company first where you can."],
    "notes": [], "written": {"objectives.fit.weight": 4.0},
    "judgement": {
        "seen": 2e7, "base": 1.9e7, "units": 900, "customers": 300, "best": "objectives.fit.weight=12", "like": ["base"],
        "judged": [
            {"name": "objectives.fit.weight=12", "evidence": "gain", "net": 410_000.0, "net_interval": [120_000.0, 7e5],
             "customers": 80, "moved": 31.0},
            {"name": "rules.moves.share=0.05", "evidence": "little", "net": 0.0, "net_interval": [0.0, 0.0],
             "customers": 3, "moved": 2.0},
        ],
    },
}  # fmt: skip
KINDS = ["takeaways", "figures", "reps", "groups", "balance", "forecast", "moves", "trend", "advice", "appendix"]


@pytest.fixture(scope="module")
def html() -> str:
    return evaluation_page(RUN, FOUND, Advised(ADVICE))


@pytest.fixture(scope="module")
def deck():
    return evaluation_deck(RUN, DOCUMENT, Advised(ADVICE))


def plain(html: str) -> str:
    text = re.sub(r"<[^>]+>|\s+", " ", re.sub(r"<(style|script|svg).*?</\1>", " ", html, flags=re.DOTALL))
    return re.sub(r"\s+", " ", text).replace("&#39;", "'").replace("\N{NO-BREAK SPACE}", " ")


def test_document_text_page_slides_pdf_and_workbook_say_the_same_figures(html, deck):
    text, whole = plain(html), DOCUMENT["all"]
    share, sold = f"{100 * whole['ratio']:.0f} %", wording.short(whole["actual"])
    lines = said.takeaways(DOCUMENT)
    assert f"{sold} of {wording.short(whole['expected'])} potential were sold, {share}" in lines[0]
    lost, felt = said.handovers(DOCUMENT), said.felt(DOCUMENT)
    assert {lost, felt} < set(lines)
    assert f"{100 * DOCUMENT['moves']['lost']:.0f} %" in lost and "13 % – 18 %" in lost
    assert f"{DOCUMENT['feedback']['difference']:.2f}".replace("-", "−") in felt
    show = "\n".join(texts(opened(powerpoint(deck, RUN.created)))).replace("\N{NO-BREAK SPACE}", " ")
    paper = "".join(p.extract_text() for p in PdfReader(io.BytesIO(pdf(deck, RUN.created))).pages)
    book = CalamineWorkbook.from_filelike(io.BytesIO(evaluation_workbook(RUN, FOUND)))
    summary = [str(r[0]) for r in book.get_sheet_by_name("Summary").to_python()]
    from rich.console import Console

    from reports.text.evaluate import evaluation

    console = Console(file=io.StringIO(), width=300)
    evaluation(DOCUMENT, console)
    for line in lines:
        assert line in text and line in summary and line in console.file.getvalue()
        assert line.removesuffix(".") in show
        assert re.sub(r"\s+", "", line.removesuffix(".")) in re.sub(r"\s+|•", "", paper)
    rows = book.get_sheet_by_name("Reps").to_python()
    told = dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True))
    by = {line["name"]: line for line in DOCUMENT["attainment"]["rep"]}
    for rep, actual, ratio in zip(told["ID"], told["Sold"], told["Share"], strict=True):
        assert (actual, ratio) == (pytest.approx(by[rep]["actual"]), pytest.approx(by[rep]["ratio"]))
    customers = book.get_sheet_by_name("Customers").to_python()
    sums = dict(zip(customers[0], zip(*customers[1:], strict=True), strict=True))
    assert sum(sums["Sold"]) == pytest.approx(whole["actual"]) and len(sums["Sold"]) == 300


def test_the_workbook_holds_numbers_charts_and_the_way_to_every_sheet():
    content = evaluation_workbook(RUN, FOUND)
    assert content == evaluation_workbook(RUN, FOUND)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = {n: book.get_sheet_by_name(n).to_python() for n in book.sheet_names}
    values = {r[0]: r[1] for r in sheets["Summary"]}
    assert values["Sold"] == pytest.approx(DOCUMENT["all"]["actual"])
    assert values["Attainment"] == pytest.approx(DOCUMENT["all"]["ratio"])
    assert values["Sales after a move"] == pytest.approx(-DOCUMENT["moves"]["lost"])
    for name, rows in sheets.items():
        known = {str(c) for row in rows[1:] for c in row}
        assert name == "Summary" or not any("…" in c or c.endswith("%") or c == "–" for c in known), name
    by = {line["name"]: line for line in DOCUMENT["attainment"]["rep"]}
    for row in sheets["Reps"][1:]:
        told = dict(zip(sheets["Reps"][0], row, strict=True))
        low = by[told["ID"]]["low"]
        assert told["Range from"] == ("" if low is None else pytest.approx(low))
    xml = parts(content)
    links = re.findall(r"<hyperlink ref=\"\w+\" location=\"'(.+?)'!A1\"", xml["xl/worksheets/sheet1.xml"])
    assert links == list(sheets)[1:]
    assert len({re.search(r' name="(\w+)"', t)[1] for n, t in xml.items() if n.startswith("xl/tables/")}) == len(links)
    assert sum(n.startswith("xl/charts/chart") for n in xml) >= 5
    assert xml["xl/worksheets/sheet2.xml"].count("<conditionalFormatting") == 1


def test_the_page_holds_every_figure_and_asks_for_nothing(html):
    outline = Outline(html)
    for tag, attributes in outline.elements:
        assert tag not in {"img", "link", "iframe", "object", "form"}
        assert not any(k.startswith("on") or k == "style" for k in attributes), (tag, attributes)
        assert all(not str(v).startswith(("http", "//")) for k, v in attributes.items() if k in {"href", "src"})
    ids = [a["id"] for _, a in outline.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert [h for h in re.findall(r'<h2 id="(\w+)"', html)] == [
        "takeaways", "attainment", "balance", "forecast", "moves", "trend", "advice", "customers", "origin",
    ]  # fmt: skip
    assert {a["href"][1:] for a in outline.all("a") if a["href"].startswith("#")} <= set(ids)
    values = [float(v) for v in re.findall(r'data-v="([^"]+)"', html)]
    for line in [x for lines in DOCUMENT["attainment"].values() for x in lines]:
        assert any(v == pytest.approx(line["actual"]) for v in values)
        assert any(v == pytest.approx(line["ratio"]) for v in values)
    assert html.count("<tr data-kind=") == 300
    assert evaluation_page(RUN, FOUND, Advised(ADVICE)) == html
    assert "Recommended: fit weighs 12 instead of 4" in html and "advice" not in re.findall(
        r'id="(\w+)"', evaluation_page(RUN, FOUND)
    )


def test_ten_slides_at_most_with_native_charts_that_hold_the_figures(deck):
    assert [s.kind for s in deck.slides] == KINDS and len({s.title for s in deck.slides}) == 10
    assert [s.kind for s in evaluation_deck(RUN, DOCUMENT).slides] == [k for k in KINDS if k != "advice"]
    shapes = [s for slide in opened(powerpoint(deck, RUN.created)).slides for s in slide.shapes]
    charts = {s.chart.chart_title.text_frame.text: s.chart for s in shapes if s.has_chart}
    potential, sold = charts["Potential and sales per rep"].plots[0].series
    assert list(potential.values) == [x["expected"] for x in DOCUMENT["attainment"]["rep"]]
    assert list(sold.values) == [x["actual"] for x in DOCUMENT["attainment"]["rep"]]
    tenths = DOCUMENT["forecast"]["tenths"]
    assert [list(s.values) for s in charts["A customer on average, by group"].plots[0].series] == [
        [t["forecast"] for t in tenths], [t["actual"] for t in tenths]
    ]  # fmt: skip
    by = {d["rep_id"]: d for d in DOCUMENT["drift"]}
    planned, became = charts["Each rep’s part, as a share of its target"].plots[0].series
    assert sorted(planned.values) == sorted(d["planned"] for d in by.values())
    assert sorted(became.values) == sorted(d["became"] for d in by.values())
    assert list(charts["Mean feedback score"].plots[0].series[1].values) == [
        DOCUMENT["feedback"][f"of_{side}"]["after"] for side in ("moved", "stayed")
    ]  # fmt: skip
    assert all(s._element._nvXxPr.cNvPr.get("descr") for s in shapes if s.has_chart or s.has_table)
    assert powerpoint(deck, RUN.created) == powerpoint(deck, RUN.created)


@pytest.mark.parametrize("of", [(RUN, DOCUMENT), (LITTLE[0], LITTLE[1].document)], ids=["all", "little"])
def test_sentences_fit_in_their_places(of):
    for slide in evaluation_deck(*of, Advised(ADVICE)).slides:
        for box, block in slide.blocks:
            assert box.x >= LEFT - 0.01 and box.x + box.w <= RIGHT + 0.01 and box.y + box.h <= BOTTOM + 0.01
            if isinstance(block, Points):
                high = box.h - (0.4 if block.head else 0)
                found = fitted(block.items, box.w, high, block.size)
                lines = sum(len(wrap(t, box.w - 0.3, found.size)) for t in found.items)
                assert (lines * 1.25 + 0.45 * len(found.items)) * found.size / 72 <= high + 0.02, slide.title
                assert found.items == tuple(block.items), slide.title
            if isinstance(block, Card):
                assert fitted(block.items, box.w - 0.36, card_room(box, block, 1, EM), 15).items == tuple(block.items)


def test_the_deck_says_what_to_decide_for_the_next_period(deck):
    (band,) = [b for _, b in deck.slides[0].blocks if isinstance(b, Band)]
    share = f"{100 * DOCUMENT['moves']['lost']:.0f} %"
    assert f"reckon with {share} lost by a hand-over instead of 18 %" in band.text and "Bo O'Neill" in band.text
    assert "fit weighs 12 instead of 4" in band.text and all(len(s.notes) > 20 for s in deck.slides)
    (band,) = [b for _, b in evaluation_deck(LITTLE[0], LITTLE[1].document).slides[0].blocks if isinstance(b, Band)]
    assert band.text == "Keep the strategy: nothing found speaks surely for another"


def test_too_little_data_is_said_in_place_of_empty_panels():
    run, found = LITTLE
    html = plain(evaluation_page(run, found))
    for line in said.takeaways(found.document):
        assert line in html
    slides = {s.kind: s for s in evaluation_deck(run, found.document).slides}
    for kind in ("reps", "groups", "balance", "forecast", "moves", "trend"):
        assert slides[kind].title.startswith("Too little data"), kind
    assert all(isinstance(b, Points) for kind in ("moves", "trend") for _, b in slides[kind].blocks)


def evil():
    """The same quarter with markup in every name and note."""
    document = copy.deepcopy(DOCUMENT)
    document["reps"] = {r: HOSTILE[n % len(HOSTILE)] for n, r in enumerate(document["reps"])}
    document["notes"], document["period"] = [EVIL], EVIL
    for place in document["drift_territories"]:
        place["territory"], place["verdict"] = EVIL, "drifted out"
    for lines in (*document["attainment"].values(), document["trend"]["segment"], document["trend"]["territory"]):
        for n, line in enumerate(lines):
            line["name"] = f"{EVIL}{n}" if n else "=HYPERLINK(1)"
    for n, line in enumerate(document["attainment"]["rep"]):
        line["name"] = HOSTILE[-1 - n]
    customers = FOUND.customers.assign(name=EVIL, territory=EVIL, segment="=SUM(A1)", rep_id=EVIL, previous_rep=EVIL)
    advice = copy.deepcopy(ADVICE)
    advice["limits"], advice["plan"], advice["periods"] = [EVIL], EVIL, [EVIL]
    for judged in advice["judgement"]["judged"]:
        judged["name"] = EVIL
    advice["judgement"]["best"] = EVIL
    run = dataclasses.replace(RUN, plan_name=EVIL, scenario=EVIL, result=RUN.result | {"input_hashes": {EVIL: EVIL}})
    return run, dataclasses.replace(FOUND, document=document, customers=customers), Advised(advice)


def test_markup_and_formulas_are_text():
    run, found, advice = evil()
    html = evaluation_page(run, found, advice)
    outline = Outline(html)
    assert len(outline.all("script")) == 1 and not outline.all("img")
    assert not any(str(a.get("href", "")).startswith("javascript") for _, a in outline.elements)
    show = opened(powerpoint(evaluation_deck(run, found.document, advice), run.created))
    assert "<script>" in "\n".join(texts(show))
    book = CalamineWorkbook.from_filelike(io.BytesIO(evaluation_workbook(run, found)))
    cells = [c for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for c in row]
    assert not any(isinstance(c, str) and c.startswith("=") for c in cells)


def test_opened_in_a_browser_nothing_is_logged_or_asked_for(html, tmp_path):
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("chromium is not installed (make programs)")
    heard, asked = [], []
    with sync.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        pages = {"fair": html, "evil": evaluation_page(*evil())}
        for name, text in pages.items():
            (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
            tab = browser.new_page(viewport={"width": 1200, "height": 900})
            tab.on("console", lambda message: heard.append(message.text))
            tab.on("pageerror", lambda error: heard.append(str(error)))
            tab.on("dialog", lambda dialog: (heard.append("a dialog"), dialog.dismiss()))
            tab.on("request", lambda request: asked.append(request.url))
            tab.goto((tmp_path / f"{name}.html").as_uri())
            assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
            if name == "fair":
                assert tab.evaluate(CONTRAST) == [], "texts with too little contrast (WCAG 2.1, 1.4.3)"
                _works(tab)
                rows, note = (
                    tab.locator("#customers-table tbody tr:visible"),
                    tab.get_by_text("Printed are the first 40"),
                )
                assert rows.count() > 40 and not note.is_visible()
                tab.emulate_media(media="print")
                assert rows.count() == 40 and note.is_visible(), "the workbook has all"
                tab.emulate_media(media="screen")
                tab.pdf(path=tmp_path / "page.pdf", format="A4")
                tab.set_viewport_size({"width": 380, "height": 800})
                assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
            tab.close()
        browser.close()
    paper = "".join(p.extract_text() for p in PdfReader(tmp_path / "page.pdf").pages)
    assert "What to take from it" in paper
    assert heard == [] and [u for u in asked if not u.startswith("data:")] == [
        (tmp_path / f"{name}.html").as_uri() for name in pages
    ]


def _works(tab) -> None:
    """Tables sort, filter and search as those of a run's page do."""
    rows = """(id) => [...document.getElementById(id).tBodies[0].rows].filter((r) => !r.hidden)"""
    sold = f"(id) => ({rows})(id).map((r) => Number(r.cells[4].dataset.v))"
    tab.locator("#customers-table tr.sorts th button").nth(4).click()
    shown = tab.evaluate(sold, "customers-table")
    assert shown == sorted(shown, reverse=True) and len(shown) == 300
    tab.select_option("select[data-kind=customers-table]", "chosen")
    assert len(tab.evaluate(sold, "customers-table")) == int((FOUND.customers["moved"] == "chosen").sum()) > 0
    tab.fill("input[data-filter=rep-table]", "below")
    assert tab.evaluate(f"(id) => ({rows})(id).length", "rep-table") == 1


def test_build_writes_every_format_or_nothing(tmp_path):
    heard = []
    written = build_evaluation(
        Told(*LITTLE), tmp_path / "out", {"page", "workbook", "deck", "pdf"}, lambda *news: heard.append(news)
    )
    assert [p.name for p in written] == ["page.html", "workbook.xlsx", "deck.pptx", "deck.pdf"]
    assert list(dict.fromkeys(h[0] for h in heard)) == ["page", "workbook", "deck", "pdf", "writing"]
    assert [h[1] for h in heard] == sorted(h[1] for h in heard) and heard[-1][1:] == (4, 4)
    assert set(FORMATS) == {"page", "workbook", "deck", "pdf", "charts"}
    with pytest.raises(ValueError, match="no report format crm"):
        build_evaluation(Told(*LITTLE), tmp_path / "none", {"crm"})
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(FilesError):
        build_evaluation(Told(*LITTLE), tmp_path / "file", {"deck"})
    assert not (tmp_path / "none").exists()
