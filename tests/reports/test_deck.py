"""The deck: what it says, that its charts and tables can be edited, and what templates it takes."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import zipfile

import pytest
from lxml import etree
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml.ns import qn
from pptx.util import Inches
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from reports import metrics, wording
from reports.charts import balance as balance_chart
from reports.charts import waterfall
from reports.slides import look as look_module
from reports.slides import numbers
from reports.slides import template as template_module
from reports.slides.blocks import BOTTOM, HIGH, LEAST, LEFT, RIGHT, TOP, WIDE, Band, Bars, Grid, Points
from reports.slides.content import deck
from reports.slides.fit import cut, fitted, laid, width, wrap
from reports.slides.look import Look, contrast
from reports.slides.pdf import pdf
from reports.slides.powerpoint import powerpoint
from reports.words import language
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


def shapes_of(content: bytes):
    return [s for slide in opened(content).slides for s in slide.shapes]


def charts_of(content: bytes) -> dict:
    return {s.chart.chart_title.text_frame.text: s.chart for s in shapes_of(content) if s.has_chart}


def test_charts_are_native_and_hold_the_figures_of_the_run(full):
    run = sample()
    shapes, charts = shapes_of(full), charts_of(full)
    assert set(charts) == {"Points of the score, from 80 up", "Potential per rep", "Score of each scenario",
                           "Potential that stays and that changes hands (customers)",
                           "Balance potential against Continuity"}  # fmt: skip
    table = metrics.books(run, "potential")
    table.index = [wording.label(n, 18) for n in table["name"]]
    chart = charts["Potential per rep"]
    names = list(chart.plots[0].categories)
    every = [s for plot in chart.plots for s in plot.series]
    assert [s.name for s in every] == ["before", "after", "target"] and len(chart.plots) == 2  # a target is no column
    for series in every:
        for name, value in zip(names, series.values, strict=True):
            want = table.loc[name, series.name]
            assert value == want or (value is None and want != want)
    head = metrics.headline(run)
    (moved,) = charts["Potential that stays and that changes hands (customers)"].plots[0].series
    assert list(moved.values)[1:] == [head["chosen_potential"], head["forced_potential"], head["new_potential"]]
    kept = run.assignment[run.assignment["moved"] == "kept"]
    assert moved.values[0] == kept["potential"].sum()
    assert list(charts["Potential that stays and that changes hands (customers)"].plots[0].categories)[1] == (
        f"by choice ({head['chosen']})"
    )
    assert sum(s.has_table for s in shapes) == 7
    assert all(s._element._nvXxPr.cNvPr.get("descr") for s in shapes if s.has_chart or s.has_table)


def test_steps_from_today_to_the_plan_stand_on_each_other(full):
    run = sample()
    steps = waterfall.frame(run)
    series = {s.name: list(s.values) for s in charts_of(full)["Points of the score, from 80 up"].plots[0].series}
    terms = steps[steps["kind"] == "term"]
    assert series["Score"] == [steps["end"].iloc[0], *[None] * len(terms), float(terms["end"].iloc[-1])]
    for n, row in enumerate(terms.itertuples(), 1):
        part = series["Gained" if row.change >= 0 else "Lost"]
        assert (series["below"][n], part[n], series["Change"][n]) == (
            pytest.approx(min(row.start, row.end)), pytest.approx(abs(row.change)), pytest.approx(abs(row.change)),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "form", "code", "said"),
    [
        (1_122_700_000, '#,##0.0,,,"B"', "en", "1.1B"), (1_122_700, '#,##0.0,,"M"', "en", "1.1M"),
        (253_000, '#,##0,"k"', "en", "253k"), (4_500, '#,##0.0,"k"', "en", "4.5k"), (0, "#,##0", "en", "0"),
        (12_345, '#,##0.0"万"', "zh", "1.2万"), (3_456_789, '#,##0"万"', "zh", "346万"),
        (123_456_789, '0\\.0,"亿"', "zh", "1.2亿"),
    ],
)  # fmt: skip
def test_the_figure_on_a_bar_is_that_of_the_text(value, form, code, said):
    with language(code):
        of = numbers.unit([value], "money")
        assert numbers.label(value, "money", of) == form and wording.short(value) == said
    plain, commas = form.replace("\\", ""), form.count(",") - form.startswith("#,")
    scaled = value / of / 1000**commas
    shown = f"{round(scaled) / 10:.1f}" if form.startswith("0\\") else f"{scaled:.{('0.0' in plain and 1) or 0}f}"
    assert said.rstrip("BMk万亿") == shown


def test_an_axis_has_one_unit_and_a_sheet_of_its_own_values_too():
    assert [numbers.axis(v, "money") for v in (1.9e6, 4e4, 3e9, 400)] == [
        '0.0,,"M"', '#,##0,"k"', '0.0,,,"B"', "#,##0",
    ]  # fmt: skip
    assert numbers.axis(1.2, "share") == "0\N{NO-BREAK SPACE}%" and numbers.axis(90, "points") == "0.0"
    with language("zh"):
        assert [numbers.axis(v, "money", 1e4) for v in (1.9e6, 1.9e4)] == ['#,##0"万"', '0.0"万"']
        assert [numbers.axis(v, "money") for v in (1.9e6, 1.9e8)] == ['0\\.0,"万"', '0\\.00,,"亿"']


def test_bars_of_all_sizes_carry_the_figures_of_the_text(full):
    for content, code in ((full, "en"), (in_chinese(), "zh")):
        (chart,) = [c for t, c in charts_of(content).items() if "(customers)" in t or "（客户数）" in t]
        forms = [e.get("formatCode") for e in chart._chartSpace.findall(f".//{qn('c:dLbl')}/{qn('c:numFmt')}")]
        assert len(forms) == 4 and all(("k" in f or "M" in f) if code == "en" else "万" in f for f in forms)
    assert all(float(v) < 10_000 for v in chart.plots[0].series[0].values)  # in 万


def in_chinese() -> bytes:
    run = sample()
    with language("zh"):
        return powerpoint(deck(run, [other()], curve()), run.created)


def test_every_text_says_which_language_it_is_in(full):
    for content, tag in ((full, "en-US"), (in_chinese(), "zh-CN")):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                if re.match(r"ppt/(slides/slide|notesSlides/notesSlide|charts/chart)\d+\.xml", name):
                    root = etree.fromstring(archive.read(name))
                    runs = list(root.iter(qn("a:r"), qn("a:fld")))
                    assert runs or "chart" in name
                    assert {r.find(qn("a:rPr")).get("lang") for r in runs} <= {tag}, name
            themes = [archive.read(n) for n in archive.namelist() if n.startswith("ppt/theme/")]
        assert all(b'<a:ea typeface="Microsoft YaHei"/>' in t for t in themes)
        core = opened(content).core_properties
        assert core.title and core.title == core.title.strip()


def test_the_speaker_has_notes_and_every_slide_its_number(full):
    for slide in opened(full).slides:
        assert len(slide.notes_slide.notes_text_frame.text) > 40
        assert len(list(slide._element.iter(qn("a:fld")))) == 1


def test_nothing_that_is_to_be_read_is_small(full):
    for slide in opened(full).slides:
        sizes = {int(e.get("sz")) for e in slide._element.iter(qn("a:rPr")) if e.get("sz")}
        footer = {1000}
        assert min(sizes - footer) >= 1200
    for chart in charts_of(full).values():
        assert min(int(e.get("sz")) for e in chart._chartSpace.iter() if e.get("sz")) >= 1200


def overlaps(content: bytes) -> list[tuple[str, str]]:
    """Pairs of things on a slide that lie on each other, but for text on its plate."""
    found = []
    for slide in opened(content).slides:
        boxes = []
        for shape in slide.shapes:
            plate = shape.shape_type == MSO_SHAPE_TYPE.AUTO_SHAPE and not shape.text_frame.text
            if not plate:
                high = sum(r.height for r in shape.table.rows) if shape.has_table else shape.height
                boxes.append((shape.name, shape.left, shape.top, shape.left + shape.width, shape.top + high))
        for n, (one, *a) in enumerate(boxes):
            for two, *b in boxes[n + 1 :]:
                if min(a[2], b[2]) - max(a[0], b[0]) > 9000 and min(a[3], b[3]) - max(a[1], b[1]) > 9000:
                    found.append((one, two))
    return found


def test_nothing_lies_on_anything_else(full):
    assert overlaps(full) == [] and overlaps(in_chinese()) == []
    run = sample(35, 3, 420)
    assert overlaps(powerpoint(deck(run, [run, other()], curve()), run.created)) == []


def test_many_reps_are_counted_and_the_furthest_named():
    run = sample(35, 3, 420)
    (slide,) = [s for s in deck(run).slides if s.kind == "balance"]
    (chart,) = [b for _, b in slide.blocks if isinstance(b, Bars)]
    part = balance_chart.frame(run)
    part = part[part["metric"] == metrics.metrics(run)[0]]
    after = dict(zip(chart.categories, chart.series[1].values, strict=True))
    assert sum(after.values()) == len(part) == 35
    assert after["90–110\N{NO-BREAK SPACE}%"] == ((part["after"] >= 0.9) & (part["after"] < 1.1)).sum()
    furthest = next(b for _, b in slide.blocks if isinstance(b, Grid) and b.head[0] == "Furthest off")
    worst = part.loc[(part["after"] - 1).abs().idxmax()]
    assert furthest.rows[0] == [worst["name"], wording.percent(worst["before"]), wording.percent(worst["after"])]


def test_the_deck_asks_for_a_decision():
    run = sample()
    asked = deck(run, [other()]).slides[0]
    (band,) = [b for _, b in asked.blocks if isinstance(b, Band)]
    head = metrics.headline(run)
    assert f"{head['chosen'] + head['forced']} customers are handed over before 2026-10-01" in band.text
    assert "say who looks after the 1 customer that no rep can take" in band.text and "stable scores" in band.more
    broken = dataclasses.replace(run, result=run.result | {"audit": {"violations": [{"rule": "capacity"}]}})
    asked = deck(broken).slides[0]
    assert asked.title.startswith("Do not decide") and "has to be solved again" in asked.notes
    still = run.assignment.assign(moved="kept")
    asked = deck(dataclasses.replace(run, assignment=still)).slides[0]
    assert "no customer changes its rep" in asked.title and "Approve this plan: no customer" in asked.notes
    (lost,) = [b for _, b in deck(without_plan()).slides[0].blocks if isinstance(b, Band)]
    assert "loosened" in lost.text


@pytest.mark.parametrize("code", ["en", "zh"])
def test_no_word_of_the_program_is_shown(code):
    with language(code):
        for run in (sample(), sample(optimal=True), without_plan()):
            content = powerpoint(deck(run), run.created)
            said = " ".join(texts(opened(content)))
            assert not re.search(r"\b(feasible|infeasible|no_plan|optimal \(|hoover)\b", said)


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
                high = box.h - (0.4 if block.head else 0)
                found = fitted(block.items, box.w, high, block.size)
                lines = sum(len(wrap(t, box.w - 0.3, found.size)) for t in found.items)
                assert (lines * 1.25 + 0.45 * len(found.items)) * found.size / 72 <= high + 0.02, slide.title
                assert found.size >= LEAST
    assert (WIDE, HIGH) == (13.333, 7.5) and TOP < BOTTOM


def test_text_is_wrapped_by_its_width():
    assert wrap("one two three", 0.6, 10) == ["one two", "three"]
    assert wrap("客户名称很长，需要换行", 0.8, 10) == ["客户名称很", "长，需要换", "行"]
    assert wrap("", 1, 10) == [""]
    assert "".join(wrap("x" * 100, 1, 12)) == "x" * 100 and max(map(width, wrap("x" * 100, 1, 12))) <= 6


def test_what_does_not_fit_is_cut_and_says_so():
    assert cut("one two three four five", 0.62, 10, 2) == "one two three fo…"
    assert len(wrap(cut("客户名称很长，需要换行，还要更长", 0.8, 10, 2), 0.8, 10)) == 2
    assert cut("short", 1, 10, 1) == "short"
    found = fitted([f"Sentence {n} of many that do not fit" for n in range(30)], 3, 2, 18)
    assert found.size == LEAST and re.fullmatch(r"and \d+ more", found.items[-1]) and len(found.items) < 20
    table = laid(Grid(["Name", "Long heading"], [["x" * 500, "1,234,567"]] * 40, frozenset({1}), (20, 1)), 4, 2)
    assert sum(table.heights) <= 2.01 and all(row[1] == "1,234,567" for row in table.cells[1:])
    assert all(width(row[0]) * table.size / 72 <= table.widths[0] for row in table.cells)


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


def template(path, layouts: bool = True, change=lambda show: None):
    show = Presentation()
    show.slide_width, show.slide_height = Inches(10), Inches(5.625)
    for part in (show.slide_master, *show.slide_layouts):
        for shape in part.placeholders:
            if shape._element.spPr.find(qn("a:xfrm")) is not None:
                shape.top, shape.height = int(shape.top * 0.75), int(shape.height * 0.75)
    show.slides.add_slide(show.slide_layouts[5]).shapes.title.text_frame.text = "A slide of the template"
    if not layouts:
        for layout in list(show.slide_layouts):
            for shape in list(layout.placeholders):
                shape._element.getparent().remove(shape._element)
    change(show)
    show.save(str(path))
    return path


def coloured(show, colours: dict) -> None:
    part = show.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    root = etree.fromstring(part.blob)
    for entry in root.iterfind(f".//{qn('a:clrScheme')}/*"):
        if colour := colours.get(etree.QName(entry).localname):
            entry[:] = [etree.Element(qn("a:srgbClr"), val=colour)]
    part._blob = etree.tostring(root)


def dark(show) -> None:
    """White on black by the theme's own colours, and an accent that cannot be seen on it."""
    coloured(show, {"dk1": "101820", "accent1": "1A2430", "accent2": "F2AA4C", "dk2": "0A1420"})
    called = show.slide_master._element.find(qn("p:clrMap"))
    for name, of in (("bg1", "dk1"), ("tx1", "lt1"), ("bg2", "dk2"), ("tx2", "lt2")):
        called.set(name, of)


def painted(show) -> None:
    """A dark ground that the theme knows nothing of."""
    ground = etree.fromstring(
        f'<p:bg xmlns:p="{_P}" xmlns:a="{_A}"><p:bgPr><a:solidFill><a:srgbClr val="0A2540"/></a:solidFill>'
        "<a:effectLst/></p:bgPr></p:bg>"
    )
    show.slide_master._element.find(qn("p:cSld")).insert(0, ground)


def pale(show) -> None:
    coloured(show, {f"accent{n}": "FFF2CC" for n in range(1, 7)} | {"dk2": "EEEEEE"})


def covered(show) -> None:
    """A dark rectangle over the whole of the master."""
    show.slide_master.shapes._spTree.insert(2, etree.fromstring(
        f'<p:sp xmlns:p="{_P}" xmlns:a="{_A}"><p:nvSpPr><p:cNvPr id="90" name="ground"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr>'
        '<p:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="9144000" cy="5143500"/></a:xfrm><a:prstGeom prst="rect"/>'
        '<a:gradFill><a:gsLst><a:gs pos="0"><a:srgbClr val="101010"/></a:gs><a:gs pos="100000"><a:schemeClr val="tx1">'
        '<a:lumMod val="75000"/><a:lumOff val="25000"/></a:schemeClr></a:gs></a:gsLst></a:gradFill></p:spPr></p:sp>'
    ))  # fmt: skip


def aside(show) -> None:
    """Titles in a column at the left, no footers."""
    for part in (show.slide_master, *show.slide_layouts):
        for shape in list(part.placeholders):
            if shape.placeholder_format.type in {1, 3}:
                shape.left, shape.top, shape.width, shape.height = map(Inches, (0.2, 2, 2, 2))
            elif shape.placeholder_format.type in {13, 15, 16}:
                shape._element.getparent().remove(shape._element)


def four_to_three(show) -> None:
    show.slide_height = Inches(7.5)


_P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"


def seen(colours: Look, show, layout) -> float:
    """The least contrast of text and its ground in a look."""
    known = look_module._scheme(show.slide_master, layout)
    names = {v: k for k, v in look_module._NAMES.items()}

    def of(paint):
        return known[names[paint]] if paint in names else tuple(paint)

    pairs = [("ink", "paper"), ("soft", "paper"), ("strong", "paper"), ("heading", "paper"), ("on_head", "head"),
             ("on_main", "main"), ("on_strong", "strong"), ("ink", "fill")]  # fmt: skip
    assert all(contrast(of(getattr(colours, shape)), of(colours.paper)) >= 2.4 for shape in ("main", "mark"))
    assert (
        contrast(of(colours.quiet), of(colours.main)) >= 1.2 and contrast(of(colours.quiet), of(colours.paper)) >= 1.5
    )
    return min(contrast(of(getattr(colours, a)), of(getattr(colours, b))) for a, b in pairs)


@pytest.mark.parametrize("change", [lambda show: None, dark, painted, pale, covered, aside, four_to_three])
def test_any_template_gives_slides_that_can_be_read(change, tmp_path):
    path = template(tmp_path / "corp.pptx", change=change)
    content = powerpoint(deck(sample(), [other()], curve()), sample().created, path)
    show = opened(content)
    assert overlaps(content) == []
    for slide in show.slides:
        assert not [s for s in slide.placeholders if s.has_text_frame and not s.text_frame.text.strip()]
        for shape in slide.shapes:
            high = sum(r.height for r in shape.table.rows) if shape.has_table else shape.height
            assert shape.left >= 0 and shape.top >= 0
            assert shape.left + shape.width <= show.slide_width and shape.top + high <= show.slide_height + 9000
        assert any("‹#›" in s.text_frame.text for s in slide.shapes if s.has_text_frame)
    layout = show.slides[0].slide_layout
    assert seen(look_module.look(show, layout), show, layout) >= 3.9


def test_a_corporate_template_gives_size_and_layout(tmp_path):
    run = sample()
    show = opened(powerpoint(deck(run), run.created, template(tmp_path / "corp.pptx")))
    assert (show.slide_width, show.slide_height) == (Inches(10), Inches(5.625))
    assert "A slide of the template" not in texts(show) and len(show.slides) == 8
    assert {s.slide_layout.name for s in show.slides} == {"Title Only"}
    for slide in show.slides:
        assert all(s.top + s.height <= show.slide_height for s in slide.shapes)


def renamed(path, kind: str) -> None:
    """Make the presentation one of another kind by what it says it is."""
    with zipfile.ZipFile(path) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    name = "[Content_Types].xml"
    parts[name] = parts[name].replace(b"presentation.main+xml", f"{kind}.main+xml".encode())
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: p.write_text("no"), "no presentation"),
        (lambda p: None, "cannot be read"),
        (lambda p: zipfile.ZipFile(p, "w").close(), "no presentation"),
        (lambda p: template(p, layouts=False), "no slide layout with a title"),
        (lambda p: p.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)), "opens only with a password"),
        (lambda p: renamed(template(p), "template"), "a .potx file"),
        (lambda p: renamed(template(p), "slideshow"), "a .ppsx file"),
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
