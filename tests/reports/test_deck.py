"""The deck: what it says, that its charts and tables can be edited, and what templates it takes."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import zipfile

import pytest
from pptx import Presentation
from pptx.util import Inches
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from reports import metrics, wording
from reports.slides import template as template_module
from reports.slides.blocks import BOTTOM, HIGH, LEFT, RIGHT, TOP, WIDE, Points, fitted, wrap
from reports.slides.content import deck
from reports.slides.pdf import pdf
from reports.slides.powerpoint import powerpoint
from scenarios.frontier.curve_file import read_curve
from solver.problems import InputError
from tests.reports.sample import sample, without_plan
from tests.reports.test_frontier import sample as curve
from tests.reports.test_page import EVIL, evil_run

KINDS = [
    "decision",
    "headline",
    "score",
    "balance",
    "disruption",
    "moves",
    "scenarios",
    "frontier",
    "risks",
    "appendix",
]


def other():
    run = sample(optimal=True)
    return dataclasses.replace(run, id="ba9876543210", scenario="stable", result=run.result | {"metrics": {}})


def opened(content: bytes):
    return Presentation(io.BytesIO(content))


def texts(show) -> list[str]:
    found = []
    for slide in show.slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                found.append(shape.text_frame.text)
            if shape.has_table:
                found += [cell.text_frame.text for row in shape.table.rows for cell in row.cells]
    return found


@pytest.fixture(scope="module")
def full() -> bytes:
    run = sample()
    return powerpoint(deck(run, [other()], curve()), run.created)


def test_ten_slides_at_most_each_with_a_finding(full):
    slides = deck(sample(), [other()], curve()).slides
    assert [s.kind for s in slides] == KINDS
    show = opened(full)
    assert [s.shapes.title.text_frame.text for s in show.slides] == [s.title for s in slides]
    assert len({s.title for s in slides}) == 10 and all(s.below for s in slides)
    assert [s.kind for s in deck(sample()).slides] == [k for k in KINDS if k not in {"scenarios", "frontier"}]


def test_charts_are_native_and_hold_the_figures_of_the_run(full):
    run = sample()
    shapes = [s for slide in opened(full).slides for s in slide.shapes]
    charts = {s.chart.chart_title.text_frame.text: s.chart for s in shapes if s.has_chart}
    assert set(charts) == {"Points of the score by term", "Potential per rep", "Potential that changes hands",
                           "Score of each scenario", "Balance potential against Continuity"}  # fmt: skip
    table = metrics.books(run, "potential")
    table.index = [wording.label(n, 18) for n in table["name"]]
    chart = charts["Potential per rep"]
    names = list(chart.plots[0].categories)
    for series in chart.plots[0].series:
        for name, value in zip(names, series.values, strict=True):
            want = table.loc[name, series.name]
            assert value == want or (value is None and want != want)
    head = metrics.headline(run)
    assert list(charts["Potential that changes hands"].plots[0].series[0].values) == [
        head["chosen_potential"], head["forced_potential"], head["new_potential"],
    ]  # fmt: skip
    assert sum(s.has_table for s in shapes) == 6
    assert all(s._element._nvXxPr.cNvPr.get("descr") for s in shapes if s.has_chart or s.has_table)


def test_everything_lies_on_the_slide(full):
    show = opened(full)
    for slide in show.slides:
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.top >= 0
            assert shape.left + shape.width <= show.slide_width and shape.top + shape.height <= show.slide_height


def test_sentences_fit_in_their_places():
    for slide in deck(sample(35, 3, 420), [other()], curve()).slides:
        for box, block in slide.blocks:
            assert box.x >= LEFT - 0.01 and box.x + box.w <= RIGHT + 0.01 and box.y + box.h <= BOTTOM + 0.01
            if isinstance(block, Points):
                high = box.h - (0.42 if block.head else 0)
                size = fitted(block.items, box.w, high, block.size)
                lines = sum(len(wrap(t, box.w - 0.3, size)) for t in block.items)
                assert (lines * 1.25 + 0.55 * len(block.items)) * size / 72 <= high + 0.02, slide.title
    assert (WIDE, HIGH) == (13.333, 7.5) and TOP < BOTTOM


def test_text_is_wrapped_by_its_width():
    assert wrap("one two three", 0.6, 10) == ["one two", "three"]
    assert wrap("客户名称很长，需要换行", 0.8, 10) == ["客户名称很", "长，需要换", "行"]
    assert wrap("", 1, 10) == [""]


def test_markup_formulas_and_odd_names_are_text():
    run = evil_run()
    odd = {"C0001": "x" * 10_000, "C0002": "../../x", "C0003": "שלום עולם", "C0004": "😀 Ltd", "C0005": "a\x00\x0bb"}
    odd |= {f"C{n:04d}": "=SUM(A1)" for n in range(6, 41)}
    customers = run.tables.customers
    customers = customers.assign(name=[odd.get(c, EVIL) for c in customers["customer_id"]])
    books = run.books.assign(name=["=HYPERLINK(1)"] * len(run.books))
    run = dataclasses.replace(run, tables=dataclasses.replace(run.tables, customers=customers), books=books)
    content = powerpoint(deck(run, [run, other()], curve()), run.created)
    said = "\n".join(texts(opened(content)))
    assert "=SUM(A1)" in said and "<script>" in said and max(map(len, said.split("\n"))) < 700
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        assert not any(".." in n or n.startswith("/") for n in names)
        books = [archive.read(n) for n in names if n.endswith(".xlsx")]
        external = [n for n in names if n.endswith(".rels") and b'TargetMode="External"' in archive.read(n)]
    assert len(books) == 5 and not external
    for book in books:
        with zipfile.ZipFile(io.BytesIO(book)) as inner:
            sheet = inner.read("xl/worksheets/sheet1.xml")
            assert b"<f>" not in sheet and b"<hyperlink" not in sheet
    rows = [r for b in books for r in CalamineWorkbook.from_filelike(io.BytesIO(b)).get_sheet_by_index(0).to_python()]
    assert any(str(r[0]).startswith("'=HYPERLINK") for r in rows)
    assert pdf(deck(run), run.created).startswith(b"%PDF")


def test_a_run_without_a_plan_says_so():
    run = without_plan()
    run = dataclasses.replace(run, result=run.result | {"findings": [{"message": "C0001 has no eligible rep"}]})
    show = opened(powerpoint(deck(run), run.created))
    assert len(show.slides) == 2 and any("C0001 has no eligible rep" in t for t in texts(show))
    assert len(PdfReader(io.BytesIO(pdf(deck(run), run.created))).pages) == 2


def test_pdf_says_what_the_deck_says():
    run = sample()
    made = deck(run, [other()], curve())
    reader = PdfReader(io.BytesIO(pdf(made, run.created)))
    assert len(reader.pages) == 10 and reader.metadata.title == made.title
    for slide, page in zip(made.slides, reader.pages, strict=True):
        flat = re.sub(r"\s+", "", page.extract_text())
        assert re.sub(r"\s+", "", slide.title) in flat
        assert [float(v) for v in page.mediabox[2:]] == pytest.approx([WIDE * 72, HIGH * 72], abs=0.5)


# --- templates -----------------------------------------------------------------------------------


def template(path, layouts: bool = True):
    show = Presentation()
    show.slide_width, show.slide_height = Inches(10), Inches(5.625)
    show.slides.add_slide(show.slide_layouts[5]).shapes.title.text_frame.text = "A slide of the template"
    if not layouts:
        for layout in list(show.slide_layouts):
            for shape in list(layout.placeholders):
                shape._element.getparent().remove(shape._element)
    show.save(str(path))
    return path


def test_a_corporate_template_gives_size_and_layout(tmp_path):
    run = sample()
    show = opened(powerpoint(deck(run), run.created, template(tmp_path / "corp.pptx")))
    assert (show.slide_width, show.slide_height) == (Inches(10), Inches(5.625))
    assert "A slide of the template" not in texts(show) and len(show.slides) == 8
    assert {s.slide_layout.name for s in show.slides} == {"Title Only"}
    for slide in show.slides:
        assert all(s.top + s.height <= show.slide_height for s in slide.shapes)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: p.write_text("no"), "no presentation"),
        (lambda p: None, "cannot be read"),
        (lambda p: zipfile.ZipFile(p, "w").close(), "no presentation"),
        (lambda p: template(p, layouts=False), "no slide layout with a title"),
    ],
)
def test_what_is_no_template_is_refused(make, said, tmp_path):
    path = tmp_path / "corp.pptx"
    make(path)
    with pytest.raises(InputError, match=said):
        powerpoint(deck(sample()), sample().created, path)


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [
        (8, b"\x01\x00", "encrypted"),  # flags of the entry
        (10, b"\x63\x00", "compression method"),  # how it is packed
    ],
)
def test_a_template_that_cannot_be_unpacked_is_refused(at, value, said, tmp_path):
    path = template(tmp_path / "corp.pptx")
    content = bytearray(path.read_bytes())
    for start, offset in ((b"PK\x01\x02", at), (b"PK\x03\x04", at - 2)):  # in the directory and before each entry
        for found in re.finditer(re.escape(start), bytes(content)):
            content[found.start() + offset : found.start() + offset + 2] = value
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        powerpoint(deck(sample()), sample().created, path)


def test_a_template_whose_entry_is_torn_is_refused(tmp_path):
    path = template(tmp_path / "corp.pptx")
    content = bytearray(path.read_bytes())
    start = content.index(b"PK\x03\x04")
    begin = start + 30 + int.from_bytes(content[start + 26 : start + 28], "little")
    content[begin : begin + 40] = b"\xff" * 40
    path.write_bytes(content)
    with pytest.raises(InputError, match="the template"):
        powerpoint(deck(sample()), sample().created, path)


def test_a_template_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(template_module, "MOST_BYTES", 10_000)
    with pytest.raises(InputError, match="unpacks to"):
        powerpoint(deck(sample()), sample().created, template(tmp_path / "corp.pptx"))


# --- the curve's file ----------------------------------------------------------------------------


def test_a_curve_is_read_from_its_json(tmp_path):
    path = tmp_path / "curve.json"
    path.write_text(json.dumps(curve()), encoding="utf-8")
    assert [p["x"] for p in read_curve(path)["points"]] == [p["x"] for p in curve()["points"]]
    for text, said in (("{}", "no trade-off curve"), ("[", "no trade-off curve"), ('{"x": 1}', "no trade-off curve")):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=said):
            read_curve(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_curve(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        (None, "usually costs 13 to 18 % of its yearly sales"),
        ([0.13, 0.18], "usually costs 13 to 18 % of its yearly sales: here 13.0k to 18.0k"),
        ([0.275, 0.325], "hands costs 27.5 to 32.5 % of its yearly sales: here 27.5k to 32.5k"),
        ([0.2, 0.2], "hands costs 20 % of its yearly sales"),
    ],
)
def test_what_a_hand_over_costs_is_said_with_the_shares_it_was_reckoned_with(shares, said):
    run = sample()
    known = {} if shares is None else {"handover": {"low": 1e5 * shares[0], "high": 1e5 * shares[1], "shares": shares}}
    run = dataclasses.replace(run, result=run.result | {"metrics": {**run.result.get("metrics", {}), **known}})
    slides = {s.kind: s for s in deck(run).slides}
    assert said in slides["decision"].notes
    (points,) = [b for _, b in slides["disruption"].blocks if isinstance(b, Points)]
    share = said.partition("costs ")[2].partition(" of")[0]
    assert any(t.startswith(f"At {share} of the yearly sales of a moved customer") for t in points.items)
