"""Every report opened for real: the page in a browser, the workbook and the deck in LibreOffice.

Skipped, with the reason, where a program is missing; `make programs` installs them.
"""

from __future__ import annotations

import dataclasses
import io
import json
import math
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from reports import charts, metrics, style
from reports.handover import handover
from reports.page import page
from reports.slides.content import deck
from reports.slides.pdf import pdf
from reports.slides.powerpoint import powerpoint
from reports.words import language, languages
from reports.workbook import workbook
from scenarios.run.record import to_json
from tests.reports.sample import sample
from tests.reports.test_page import evil_run

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip


def program(*names: str) -> str:
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"{names[0]} is not installed (make programs)")
    return found


def stable():
    run = sample(seed=2)
    return dataclasses.replace(run, id="ba9876543210", scenario="stable")


@pytest.fixture(scope="module", autouse=True)
def few_charts():
    few = {name: chart for name, chart in charts.charts().items() if name in {"score", "loads", "retention"}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts, "charts", lambda: few)
        yield


@pytest.fixture(scope="module")
def browser():
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=program("chromium", "google-chrome"), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def show(browser, tmp_path):
    """Open a page; at the end nothing may have been logged, and nothing asked for but the file itself."""
    said, asked, context = [], [], browser.new_context(viewport={"width": 1200, "height": 900})

    def open_(html: str):
        target = tmp_path / "page.html"
        target.write_text(html, encoding="utf-8")
        tab = context.new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("dialog", lambda dialog: (said.append("a dialog"), dialog.dismiss()))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(target.as_uri())
        return tab

    yield open_
    context.close()
    assert said == []
    assert [u for u in asked if not u.startswith("data:")] == [(tmp_path / "page.html").as_uri()]


@pytest.fixture(scope="module")
def html() -> str:
    return page(sample(), [stable()])


def shown(tab, table: str, column: int) -> list[str]:
    """The texts of a column in the rows that can be seen."""
    script = """([id, at]) => [...document.getElementById(id).tBodies[0].rows].filter((r) => !r.hidden)
                .map((r) => r.cells[at].dataset.v ?? r.cells[at].textContent.trim())"""
    return tab.evaluate(script, [table, column])


#: Resolves once nothing has scrolled for a while: pages scroll smoothly, and what scrolls says nothing.
STILL = """() => new Promise((done) => { let last = null, same = 0;
  const look = () => { const at = [scrollX, scrollY].join(); same = at === last ? same + 1 : 0; last = at;
    if (same < 15) requestAnimationFrame(look); else done(); };
  look(); })"""


def point_at(tab, shape) -> None:
    """Point at a shape of a picture when the page has come to rest with it in view."""
    tab.evaluate(STILL)
    shape.scroll_into_view_if_needed()
    tab.evaluate(STILL)
    shape.hover(force=True)


def test_page_sorts_filters_searches(show, html):
    tab = show(html)
    moves = metrics.moves(sample())
    potential = tab.locator("#moves-table tr.sorts th button").nth(4)
    potential.click()
    assert [float(v) for v in shown(tab, "moves-table", 4)] == sorted(moves["potential"], reverse=True)
    potential.click()
    assert [float(v) for v in shown(tab, "moves-table", 4)] == sorted(moves["potential"])
    assert tab.locator("#moves-table tr.sorts th").nth(4).get_attribute("aria-sort") == "ascending"
    tab.select_option("select[data-kind=moves-table]", "forced")
    assert len(shown(tab, "moves-table", 0)) == (moves["kind"] == "forced").sum()
    tab.select_option("select[data-kind=moves-table]", "")
    tab.fill("input[data-filter=moves-table]", "王伟")
    hit = moves[["from_name", "to_name"]].eq("王伟").any(axis=1).sum()
    assert len(shown(tab, "moves-table", 0)) == hit > 0
    assert tab.locator("[data-count=moves-table]").text_content() == f"{hit} of {len(moves)} rows"
    tab.focus("#books-table tr.sorts th button")
    tab.keyboard.press("Enter")  # by keyboard too
    names = shown(tab, "books-table", 0)
    assert tab.locator("#books-table tr.sorts th").nth(0).get_attribute("aria-sort") == "ascending" and len(names) == 7


def test_page_switches_scenarios_and_says_what_is_pointed_at(show, html):
    tab = show(html)
    views = tab.locator("article.view")
    assert views.count() == 2 and views.nth(0).is_visible() and not views.nth(1).is_visible()
    tab.select_option("#scenario", label="stable")
    assert not views.nth(0).is_visible() and views.nth(1).is_visible()
    assert "stable" in views.nth(1).locator("h2").first.text_content()
    tab.select_option("#scenario", "0")
    row = tab.locator("article:not([hidden]) [data-tip]").first
    point_at(tab, row)
    assert tab.locator("#tip").is_visible() and "→" in tab.locator("#tip").text_content()


def test_page_reads_well_and_prints(show, html, tmp_path):
    tab = show(html)
    low = tab.evaluate(CONTRAST)
    assert low == [], "texts with too little contrast (WCAG 2.1, 1.4.3)"
    tab.pdf(path=tmp_path / "page.pdf", format="A4")
    text = "".join(p.extract_text() for p in PdfReader(tmp_path / "page.pdf").pages)
    assert "87.53" in text or "87.5" in text
    tab.pdf(path=tmp_path / "small.pdf", width="180mm", height="90mm")
    moves = [t for p in PdfReader(tmp_path / "small.pdf").pages if "evens out" in (t := p.extract_text())]
    assert len(moves) > 1 and all("Reason" in t for t in moves), "each page of a long table says what its columns are"
    tab.set_viewport_size({"width": 380, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")


#: Every text that can be seen with less than 4.5:1 against what is behind it, 3:1 where it is large.
CONTRAST = """() => {
  const rgb = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length && (c.length < 4 || c[3] > 0.5)) return c; } return [255, 255, 255]; };
  const low = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || e.closest("svg, script, [hidden], .skip") || !e.getClientRects().length) continue;
    const look = getComputedStyle(e);
    const [a, b] = [light(rgb(look.color)), light(behind(e))].sort((x, y) => y - x);
    const large = parseFloat(look.fontSize) >= 24 || (parseFloat(look.fontSize) >= 18.7 && look.fontWeight >= 700);
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) low.push(walk.currentNode.data.trim().slice(0, 40));
  }
  return low;
}"""


def test_every_chinese_word_is_drawn_by_the_font_the_page_carries(show):
    with language("zh"):
        tab = show(page(sample(), [stable()]))
    tab.evaluate("document.fonts.ready")
    mark = """() => [...document.querySelectorAll('header *, nav *, h2, h3, th, td, dt, dd, p')]
        .filter((e) => e.checkVisibility() && !e.querySelector('select') && [...e.childNodes].some((n) => n.nodeType === 3 && /[一-龥]/.test(n.data)))
        .slice(0, 150).map((e, k) => (e.dataset.run = k, e.textContent))"""
    texts = tab.evaluate(mark)
    asked = tab.context.new_cdp_session(tab)
    asked.send("DOM.enable")
    asked.send("CSS.enable")
    root = asked.send("DOM.getDocument")["root"]["nodeId"]
    boxes = []
    for k, text in enumerate(texts):
        node = asked.send("DOM.querySelector", {"nodeId": root, "selector": f"[data-run='{k}']"})["nodeId"]
        fonts = asked.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        own = sum(f["glyphCount"] for f in fonts if f["isCustomFont"])
        if own < len(re.findall("[一-龥]", text)):
            boxes.append(text)
    assert len(texts) > 50 and boxes == []


def test_markup_in_any_name_is_shown_not_run(show):
    run = evil_run()
    odd = {"C0001": "x" * 10_000, "C0002": "../../x", "C0003": "שלום עולם", "C0004": "😀 Ltd"}
    customers = run.tables.customers
    named = customers.assign(
        name=[odd.get(c, n) for c, n in zip(customers["customer_id"], customers["name"], strict=True)]
    )
    run = dataclasses.replace(run, tables=dataclasses.replace(run.tables, customers=named))
    tab = show(page(run, [run]))
    assert tab.evaluate("document.images.length + document.querySelectorAll('iframe, object, embed, form').length") == 0
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")


def test_chinese_hand_over_packs_find_their_font_beside_them_and_ask_for_nothing_else(browser, tmp_path):
    with language("zh"):
        packed = handover(sample())
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path)
        fonts = {(tmp_path / n).as_uri() for n in archive.namelist() if n.startswith("fonts/")}
    said, asked, context = [], [], browser.new_context(viewport={"width": 1100, "height": 900})
    for page_ in [tmp_path / "index.html", *sorted((tmp_path / "reps").glob("*.html"))[:2]]:
        tab = context.new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(page_.as_uri())
        loaded = "document.fonts.ready.then(() => [...document.fonts].map((f) => f.status))"
        assert tab.evaluate(loaded) == ["loaded"] * len(fonts)
        assert tab.evaluate(CONTRAST) == []
        asked.remove(page_.as_uri())
    tab.pdf(path=tmp_path / "pack.pdf", format="A4")
    text = "".join(p.extract_text() for p in PdfReader(tmp_path / "pack.pdf").pages)
    assert "建议陪同拜访" in re.sub(r"\s", "", text)
    tab.set_viewport_size({"width": 380, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
    context.close()
    assert said == [] and set(asked) == fonts != set()


# --- LibreOffice ---------------------------------------------------------------------------------


def converted(path: Path, form: str) -> Path:
    """The file as LibreOffice saves it in another form, with every formula worked out anew; it is given a Chinese font."""
    office = program("soffice", "libreoffice")
    profile = f"-env:UserInstallation={(path.parent / 'profile').as_uri()}"
    out = path.parent / "converted"
    fonts = path.parent / "share" / "fonts"
    fonts.mkdir(parents=True)
    (fonts / "chinese.ttf").symlink_to(style.file("Noto Sans SC"))
    done = subprocess.run([office, profile, "--headless", "--norestore", "--convert-to", form, "--outdir", str(out), str(path)],
                          capture_output=True, text=True, timeout=240, env={**os.environ, "XDG_DATA_HOME": str(fonts.parent)})  # fmt: skip
    made = out / f"{path.stem}.{form.partition(':')[0]}"
    assert made.exists(), done.stderr
    return made


@pytest.mark.parametrize("code", languages())
def test_workbook_recalculated_by_libreoffice_says_the_same(tmp_path, code):
    path = tmp_path / "workbook.xlsx"
    with language(code):
        path.write_bytes(workbook(sample(), [stable()]))
    own, other = (CalamineWorkbook.from_path(str(p)) for p in (path, converted(path, "xlsx")))
    assert own.sheet_names == other.sheet_names
    checked = 0
    for name in own.sheet_names:
        rows = zip(own.get_sheet_by_name(name).to_python(), other.get_sheet_by_name(name).to_python(), strict=False)
        for mine, theirs in rows:
            for a, b in zip(mine, theirs, strict=False):
                if isinstance(a, float) and isinstance(b, float):
                    assert math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-6), (name, a, b)
                    checked += 1
                else:
                    assert not str(b).startswith("#"), (name, b)
    assert checked > 300


@pytest.mark.parametrize("code", languages())
def test_deck_opened_by_libreoffice_has_every_slide(tmp_path, code):
    run = sample()
    path = tmp_path / "deck.pptx"
    with language(code):
        made = deck(run, [stable()])
        path.write_bytes(powerpoint(made, run.created))
    pages = PdfReader(converted(path, "pdf")).pages
    assert len(pages) == len(made.slides)
    for slide, shown_ in zip(made.slides, pages, strict=True):
        text = re.sub(r"\s+", "", shown_.extract_text())
        assert re.sub(r"\s+", "", slide.title) in text and re.sub(r"\s+", "", slide.below) in text


# --- one set of figures --------------------------------------------------------------------------


def test_page_workbook_deck_pdf_and_json_say_the_same_figures():
    run = sample()
    result = json.loads(to_json(run.result))
    head = json.loads(to_json(metrics.headline(run)))
    counts = {k: int((run.assignment["moved"] == k).sum()) for k in ("kept", "chosen", "forced", "new")}
    score, bound = f"{result['score']:.1f}", f"{result['bound']:.1f}"
    assert (head["score"], head["bound"]) == (result["score"], result["bound"])
    assert {k: head[k] for k in counts} == counts

    text = re.sub(r"<[^>]+>|\s+", " ", re.sub(r"<(style|script|svg).*?</\1>", " ", page(run), flags=re.DOTALL))
    text = re.sub(r"\s+", " ", text).replace("\N{NO-BREAK SPACE}", " ")
    assert f"{score} of at most {bound} points" in text
    assert f"Moved by choice {counts['chosen']} " in text and f"Had to move {counts['forced']} " in text
    assert f"Have a rep {len(run.assignment)} of {len(run.tables.customers)}," in text
    kept = metrics.retention(run).set_index("measure")["share"]["customers"]
    assert f"Keep their rep {100 * kept:.0f} %" in text

    rows = CalamineWorkbook.from_filelike(io.BytesIO(workbook(run))).get_sheet_by_name("Summary").to_python()
    told = {str(r[0]): r[1] for r in rows}
    assert told["Score"] == pytest.approx(result["score"], abs=1e-9)
    assert told["Bound: no plan scores more"] == pytest.approx(result["bound"], abs=1e-9)
    assert [told[k] for k in ("keep their rep", "moved by choice", "had to move", "get their first rep")] == [
        counts[k] for k in ("kept", "chosen", "forced", "new")
    ]  # fmt: skip

    from tests.reports.test_deck import opened, texts

    slides = "\n".join(texts(opened(powerpoint(deck(run), run.created)))).replace("\N{NO-BREAK SPACE}", " ")
    paper = "".join(p.extract_text() for p in PdfReader(io.BytesIO(pdf(deck(run), run.created))).pages)
    for said in (f"{score} of at most {bound}", f"{counts['chosen']} customers move", f"{100 * kept:.0f} %"):
        assert said in slides
        assert re.sub(r"\s+", "", said) in re.sub(r"\s+", "", paper)
