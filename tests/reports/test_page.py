import base64
import dataclasses
import hashlib
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from markupsafe import Markup

from reports import charts, headlines, metrics, style
from reports import page as page_module
from reports.charts import plots
from reports.html import drawn, unbroken
from reports.page import page, sentences
from reports.slides.content import deck
from reports.words import language
from solver.tables import Tables
from tests.reports.sample import sample, without_plan

EVIL = "\"'><img src=x onerror=alert(1)><script>alert(2)</script><a href=javascript:alert(3)>"
VOID = {"meta", "input", "br", "link", "img"}


class Outline(HTMLParser):
    """What a browser would make of a page: elements, ids, and whether every element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [a for t, a in self.elements if t == tag]


@pytest.fixture(scope="module")
def html() -> str:
    return page(sample())


@pytest.fixture
def few_charts(monkeypatch):
    """For pages of which not the pictures are looked at."""
    few = {name: chart for name, chart in charts.charts().items() if name in {"score", "loads"}}
    monkeypatch.setattr(charts, "charts", lambda: few)


def evil_run():
    run = sample()
    customers = run.tables.customers.assign(name=EVIL)
    reps = run.tables.reps.assign(name=EVIL, team=EVIL)
    result = run.result | {
        "notes": [EVIL], "findings": [{"message": EVIL}], "rules": {"territory": EVIL}, "versions": {EVIL: EVIL},
        "input_hashes": {EVIL: EVIL}, "changes": [{"path": EVIL, "old": EVIL, "new": EVIL}],
    }  # fmt: skip
    return dataclasses.replace(
        run, plan_name=EVIL, scenario=EVIL, result=result,
        plan=run.plan | {"period": EVIL, "rules": {EVIL: {"kind": EVIL}}},
        tables=Tables(customers, reps, run.tables.history), assignment=run.assignment.assign(reason=EVIL),
        unassigned=run.unassigned.assign(reason=EVIL), books=run.books.assign(name=EVIL, team=EVIL),
    )  # fmt: skip


def test_one_file_that_asks_for_nothing(html):
    outline = Outline(html)
    for tag, attributes in outline.elements:
        assert tag not in {"link", "iframe", "object", "embed", "img", "form", "base", "image"}
        for name, value in attributes.items():
            assert name not in {"style", "src", "action"} and not name.startswith("on")
            if name == "href":
                assert value.startswith("#")
    assert "http:" not in html and "https:" not in html


def test_the_policy_lets_only_our_own_style_and_script_run(html):
    policy = next(a["content"] for a in Outline(html).all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy
    for tag in ("style", "script"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_markup_in_any_field_is_shown_not_run(few_charts):
    html = page(evil_run())
    outline = Outline(html)
    assert outline.all("img") == [] and len(outline.all("script")) == 1
    assert not any(n.startswith("on") for _, a in outline.elements for n in a)
    assert {a["href"][0] for a in outline.all("a")} == {"#"}
    assert "".join(outline.text).count(EVIL) > 40


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_page_of_2000_customers_is_below_3_mb(lang):
    run = sample(reps=20, teams=3, customers=2000)
    with language(lang):
        html = page(run)
    assert len(html.encode()) < 3e6
    rows = re.search(r'<table[^>]*id="moves-table".*?</table>', html, re.DOTALL)
    assert rows is not None and rows[0].count("<tr") > (run.assignment["moved"] != "kept").sum() > 500


def test_a_reader_who_cannot_see_is_told_everything(html):
    outline = Outline(html)
    tags = [t for t, _ in outline.elements]
    assert {"header", "nav", "main", "footer", "h1"} <= set(tags) and tags.count("h1") == tags.count("main") == 1
    assert outline.all("html")[0]["lang"] == "en"
    pictures = [a for a in outline.all("svg") if a.get("aria-hidden") != "true"]
    assert len(pictures) == len(list(plots(sample()))) and all(
        p["role"] == "img" and len(p["aria-label"]) > 40 for p in pictures
    )
    ids = [a["id"] for _, a in outline.elements if "id" in a]
    assert len(ids) == len(set(ids))
    targets = {a["href"][1:] for a in outline.all("a")} | {
        a["aria-labelledby"] for _, a in outline.elements if "aria-labelledby" in a
    }
    assert targets <= set(ids)
    assert all("scope" in a for a in outline.all("th"))


def test_what_a_picture_finds_is_text_of_the_page_and_not_drawn_in_it(html):
    plot = next(p for p in plots(sample()) if p.chart == "loads")
    title, below = (t.get_text() for t in plot.draw().figure.texts[:2])
    assert f"<figcaption><b>{unbroken(title)}</b> <span>{unbroken(below)}</span></figcaption>" in html
    assert "title:" not in html and "below:" not in html
    outline = Outline(html)
    boxes = [[float(v) for v in a["viewbox"].split()] for a in outline.all("svg") if "viewbox" in a]
    assert boxes and all(y == 72 * style.TITLED and height > 50 for _, y, _, height in boxes)


def test_a_title_of_two_lines_leaves_a_picture_whole_and_with_its_room():
    said = "A finding that goes on and on " * 4
    with style.house():
        ax = style.canvas(None, 6, 3)
        style.title(ax, said, "below")
        svg = style.picture(style.figure(ax), "svg")
    found = drawn(svg, "p1", "about", "in words")
    assert f"<b>{unbroken(said.strip())}</b>" in found and "goes on" not in found.partition("</figcaption>")[2]
    lines = len([t for t in style.figure(ax).texts if t.get_gid().startswith(style.TITLE)])
    assert lines > 1 and f'viewBox="0 {72 * style.titled(lines, 1):g} ' in found


def test_no_line_breaks_between_a_number_and_its_unit_or_within_a_range():
    said = unbroken("13 % – 18 % of 5 km, 3 %, 0 % … 12 % and 7 customers in 2 shops, 1 half")
    assert said.replace("\N{NO-BREAK SPACE}", "~") == (
        "13~%~–~18~% of 5~km, 3~%, 0~%~…~12~% and 7 customers in 2 shops, 1 half"
    )
    markup = Markup("<p>5 %</p>")
    assert unbroken(markup) is markup and unbroken(5) == 5


def test_letters_of_a_picture_are_as_large_on_the_page_as_in_its_file():
    plot = next(p for p in plots(sample()) if p.chart == "score")
    svg = style.picture(plot.draw().figure, "svg")
    sizes = set(re.findall(r"scale\([^)]*\)", svg.decode()))
    shown = set(re.findall(r"scale\([^)]*\)", drawn(svg, "p1", "about", "in words")))
    assert "scale(0.095 -0.095)" in shown, "a size that does not round to hundredths"
    assert shown <= sizes


def test_pictures_find_their_own_parts(html):
    ids = set(re.findall(r'\bid="([^"]+)"', html))
    assert set(re.findall(r"url\(#([^)]+)\)", html)) <= ids
    assert set(re.findall(r'(?<![\w-])href="#([^"]+)"', html)) <= ids


def test_the_headline_is_honest(few_charts):
    text = "".join(Outline(page(sample())).text)
    assert "of at most 87.6 points" in text and "Within 0.10 points" in text and "Not reproducible" in text
    text = "".join(Outline(page(sample(optimal=True))).text)
    assert "Proven optimal" in text and "Not reproducible" not in text
    broken = sample()
    broken = dataclasses.replace(broken, result=broken.result | {"audit": {"violations": [{"message": "x"}]}})
    assert "The audit found 1 broken rule." in page(broken)


def test_what_hand_overs_may_lose_is_said_as_on_the_slides(html):
    run = sample()
    said = headlines.risk_said(run, metrics.headline(run))
    assert f"<p>{unbroken(said)}.</p>" in html and "13 to 18 %" in said
    assert any(said in str(block) for slide in deck(run).slides for _, block in slide.blocks)


def test_every_move_book_and_customer_without_rep_is_listed(html):
    run = sample()
    for row in run.assignment[run.assignment["moved"] != "kept"].itertuples():
        assert html.count(f">{row.customer_id}<") == 1
    assert "no rep covers its territory EMEA/DE" in html and "王伟" in html and "华南 South" in html
    assert "ab" * 32 in html and "ortools 9.15" in html and "read `AnnualRevenue` as potential" in html


def test_a_run_without_a_plan_says_why(few_charts):
    run = without_plan()
    run = dataclasses.replace(run, result=run.result | {"findings": [{"message": "C0001 has no eligible rep"}]})
    html = page(run)
    assert "C0001 has no eligible rep" in html and "No plan can keep every rule" in html
    assert "Where the score comes from" not in html and "nan" not in "".join(Outline(html).text).lower().split()


def test_long_lists_are_cut_and_say_so(few_charts, monkeypatch):
    monkeypatch.setattr(page_module, "MOST_ROWS", 3)
    html = page(sample())
    assert "more are in the workbook and in assignment.csv" in html and html.count('<tr data-kind="') == 3


def test_nobody_moves_and_everybody_has_a_rep(few_charts):
    run = sample()
    stays = run.assignment[run.assignment["moved"] == "kept"]
    html = page(dataclasses.replace(run, assignment=stays, unassigned=pd.DataFrame({"customer_id": [], "reason": []})))
    assert "No customer gets another rep." in html and "Every customer has a rep." in html


def test_the_same_run_is_the_same_page(html):
    assert page(sample()) == html


def test_rules_are_sentences_even_where_their_kind_is_unknown():
    found = sentences(
        {"territory": None, "odd": {"kind": "none_such", "limit": 3}, "moves": {"kind": "move_budget"}}, {}, "rule"
    )
    assert [f["name"] for f in found] == ["territory", "odd", "moves"]
    assert "territor" in found[0]["says"].lower()
    assert found[1]["says"] == "Kind none_such, limit 3" and found[2]["says"] == "Kind move_budget"
    assert sentences({"territory": {}}, {"territory": "so it is"}, "rule")[0]["says"] == "So it is"


def test_two_thousand_customers_stay_small_and_many_more_are_cut(few_charts, monkeypatch):
    assert len(page(sample(30, 3, 2000)).encode()) < 3_000_000
    monkeypatch.setattr(page_module, "LARGE", 30)
    monkeypatch.setattr(page_module, "FEW_ROWS", 4)
    html = page(sample())
    assert html.count('<tr data-kind="') == 4 and "more are in the workbook and in assignment.csv" in html


def test_runs_beside_it_can_be_switched_to(few_charts):
    run = sample()
    other = dataclasses.replace(sample(seed=2), id="ba9876543210", scenario="stable_<b>")
    outline = Outline(page(run, [other]))
    views = [a for t, a in outline.elements if t == "article"]
    assert ["hidden" in v for v in views] == [False, True] and len(outline.all("option")) >= 2
    ids = [a["id"] for _, a in outline.elements if "id" in a]
    assert len(ids) == len(set(ids)) and "s1-moves-table" in ids and "moves-table" in ids
    assert "Scenarios side by side" in "".join(outline.text) and outline.all("b") != []
