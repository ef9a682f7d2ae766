"""The page brings along the signs the reader's fonts may lack, no others, and only where the font's licence lets it."""

import base64
import dataclasses
import io
import random
import re

import pandas as pd
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from reports import style, typeface
from reports.page import page
from solver.tables import Tables
from tests.reports.sample import sample

PLAIN = "Noto Sans SC"


def named(customers=(), rep="Rep"):
    """The sample with nothing but plain Latin names, save those given to its customers, from the first on."""
    run = sample()
    names = [*customers, *("Customer" for _ in range(len(run.tables.customers) - len(customers)))]
    tables = Tables(
        run.tables.customers.assign(name=names), run.tables.reps.assign(name=rep, team="T"), run.tables.history
    )
    left = pd.DataFrame({"customer_id": run.tables.customers["customer_id"], "reason": "none may have it"})
    return dataclasses.replace(run, tables=tables, books=run.books.assign(name=rep, team="T"), unassigned=left)


def carried(html):
    found = re.findall(r"@font-face \{[^}]*url\(data:font/woff;base64,([A-Za-z0-9+/=]+)\)", html)
    return [TTFont(io.BytesIO(base64.b64decode(data))) for data in found]


def font_file(path, signs, fs_type):
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0)), pen.lineTo((500, 0)), pen.lineTo((0, 500)), pen.closePath()
    names = [".notdef", *(f"sign{n}" for n in range(len(signs)))]
    made = FontBuilder(1000, isTTF=True)
    made.setupGlyphOrder(names)
    made.setupCharacterMap({ord(c): n for c, n in zip(signs, names[1:], strict=True)})
    made.setupGlyf(dict.fromkeys(names, pen.glyph()))
    made.setupHorizontalMetrics(dict.fromkeys(names, (600, 0)))
    made.setupHorizontalHeader(ascent=800, descent=-200)
    made.setupOS2(fsType=fs_type)
    made.setupNameTable({"familyName": "Made"})
    made.setupPost()
    made.save(path)
    return path


def test_chinese_names_bring_exactly_their_signs():
    html = page(named(["客户甲", "客户乙 (Ltd)"]))
    (font,) = carried(html)
    assert font.flavor == "woff" and {chr(c) for c in font.getBestCmap()} == set("客户甲乙")
    assert all(font["glyf"][font.getBestCmap()[ord(c)]].numberOfContours > 0 for c in "客户甲乙")
    assert '--carried: "Fairbook 1";' in html and html.count("var(--carried") == 2


def test_a_page_in_latin_brings_no_font():
    html = page(named(["Zoë Öztürk", "Émile → Ωmega", "Ан Петров"]))
    assert "@font-face" not in html and "no font here" not in html


def test_only_text_counts():
    html = "<svg aria-label='x'><text>图</text></svg><a title='题'>字</a>&#26343;"
    (font,) = carried(typeface.faces(html)[0])
    assert {chr(c) for c in font.getBestCmap()} == {"字"}


def test_the_policy_lets_fonts_come_from_the_page_alone():
    for run in (named(), named(["客户"])):
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page(run)).group(1).replace("&#39;", "'")
        sources = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert sources["font-src"] == "data:" and sources["default-src"] == "'none'"


def test_the_same_signs_are_the_same_bytes():
    path = style.file(PLAIN)
    assert typeface.cut(path, {"客", "户"}) == typeface.cut(path, {"户", "客"})


def test_a_sign_no_font_has_is_said_and_nothing_breaks(monkeypatch):
    monkeypatch.setattr(style, "CJK", ())
    html = page(named(["客户"]))
    assert "@font-face" not in html
    assert "no font here may go along with the page for 客户, so a reader without one sees boxes" in html
    assert page(named(["客户"], rep="王伟")).count("no font here") == 1  # the pictures' warning is enough


@pytest.mark.parametrize(
    ("fs_type", "may"),
    [(0, True), (0x0008, True), (0x000C, True), (0x0002, False), (0x0004, False), (0x0100, False), (0x0208, False)],
)
def test_only_a_font_whose_licence_lets_it_goes_along(fs_type, may, tmp_path, monkeypatch):
    path = font_file(tmp_path / "made.ttf", "客户", fs_type)
    assert typeface.embeddable(path) is may
    files, signs = style.file, style._signs
    monkeypatch.setattr(style, "CJK", ("Made", PLAIN))
    monkeypatch.setattr(style, "file", lambda family: path if family == "Made" else files(family))
    monkeypatch.setattr(style, "_signs", lambda family: frozenset("客户") if family == "Made" else signs(family))
    css, missing = typeface.faces("客户甲")
    assert missing == set()
    assert [{chr(c) for c in f.getBestCmap()} for f in carried(css)] == (
        [set("客户"), {"甲"}] if may else [set("客户甲")]
    )
    assert css.count("@font-face") == css.split("--carried")[1].count("Fairbook")


def test_what_is_no_font_goes_nowhere(tmp_path):
    (tmp_path / "odd.ttf").write_bytes(b"no font at all")
    assert not typeface.embeddable(tmp_path / "odd.ttf")
    assert not typeface.embeddable(tmp_path / "none.ttf")


@pytest.mark.slow
def test_two_thousand_chinese_names_stay_below_three_megabytes():
    chance = random.Random(1)
    run = sample(12, 3, 2000)
    names = ["".join(chr(chance.randint(0x4E00, 0x4E00 + 2999)) for _ in range(10)) + "有限公司" for _ in range(2000)]
    moved = run.assignment.assign(moved="chosen")
    tables = Tables(run.tables.customers.assign(name=names), run.tables.reps, run.tables.history)
    html = page(dataclasses.replace(run, tables=tables, assignment=moved))
    (font,) = carried(html)
    assert len(font.getBestCmap()) > 2500 and html.count('<tr data-kind="') > 1900
    assert len(html.encode()) < 3_000_000
