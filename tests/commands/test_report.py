"""``fairbook report``: the deck with what stands beside the run, and templates and curves that are none."""

import json
import re
import shutil

import pytest
from pptx import Presentation
from pypdf import PdfReader

from tests.command import fairbook
from tests.commands.conftest import write_small
from tests.reports.test_frontier import sample as curve


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("solved")
    write_small(folder)
    assert fairbook("-q", "solve", "plan.yaml", "--set", "objectives.continuity.weight=9", cwd=folder).code == 0
    assert fairbook("-q", "solve", "plan.yaml", cwd=folder).code == 0
    return folder


@pytest.fixture
def small(solved, tmp_path):
    shutil.copytree(solved, tmp_path / "here")
    return tmp_path / "here"


def test_deck_and_pdf_with_a_run_and_a_curve_beside_it(small):
    drawn = fairbook("-q", "frontier", "plan.yaml", "--x", "continuity", "--y", "balance_potential", "--points", "4",
                     "--json", cwd=small)  # fmt: skip
    assert drawn.code == 0, drawn.err
    (small / "curve.json").write_text(drawn.out, encoding="utf-8")
    (_, first) = fairbook("runs", "list", "--json", cwd=small).json()
    done = fairbook("report", "latest", "--with", first["id"], "--frontier", "curve.json", "--out", "out", "--format",
                    "deck,pdf", cwd=small)  # fmt: skip
    assert done.code == 0, done.err
    assert done.out.splitlines() == ["out/deck.pptx", "out/deck.pdf"]
    slides = Presentation(str(small / "out" / "deck.pptx")).slides
    titles = [s.shapes.title.text_frame.text for s in slides]
    asked = [s.text_frame.text for s in slides[0].shapes if s.has_text_frame]
    assert any(t.startswith("Decision asked for") for t in asked)
    assert len(titles) == len(PdfReader(small / "out" / "deck.pdf").pages)
    assert any("continuity" in t and "goes from" in t for t in titles)


def test_what_is_no_template_or_curve_is_refused_and_nothing_is_written(small):
    (small / "bad.pptx").write_text("no presentation", encoding="utf-8")
    for option, file, said in (("--template", "bad.pptx", "no presentation"), ("--template", "none.pptx", "cannot be read"),
                               ("--frontier", "plan.yaml", "no trade-off curve")):  # fmt: skip
        done = fairbook("report", "latest", option, file, "--out", "out", "--format", "deck", cwd=small)
        assert done.code == 3 and said in done.err and file in done.err, (done.code, done.err)
        assert not (small / "out").exists()


def test_a_curve_of_another_plan_than_the_runs_is_refused(small):
    other, missing = curve(), curve()
    missing["y"]["name"] = "balance_visits"
    for found, said in (
        (other, "today's balance_potential is 70.00 on it, and 91.36"),
        (missing, "its balance_visits is no term"),
    ):
        (small / "curve.json").write_text(json.dumps(found), encoding="utf-8")
        done = fairbook("report", "latest", "--frontier", "curve.json", "--out", "out", "--format", "deck", cwd=small)
        assert done.code == 3 and said in done.err and "the curve is of another plan" in done.err, (done.code, done.err)
        assert not (small / "out").exists()


def test_a_run_without_a_plan_is_reported_on_from_the_store_alone_and_beside_another(small):
    done = fairbook("-q", "solve", "plan.yaml", "--set", "rules.capacity.limit=1", cwd=small)
    assert done.code == 4, done.err
    done = fairbook("report", "latest", "--out", "out", "--format", "page,workbook,charts", cwd=small)
    assert done.code == 0, done.err
    assert "No plan" in (small / "out" / "page.html").read_text(encoding="utf-8")
    _, good, _ = fairbook("runs", "list", "--json", cwd=small).json()
    done = fairbook("report", good["id"], "--with", "latest", "--out", "both", "--format", "page,deck", cwd=small)
    assert done.code == 0, done.err


def test_the_language_comes_from_the_option_or_else_from_the_environment(small, monkeypatch):
    monkeypatch.setenv("FAIRBOOK_LANG", "zh")
    for options, tag in (((), "zh-CN"), (("--lang", "en"), "en")):
        done = fairbook("report", "latest", "--out", "out", "--format", "page", *options, cwd=small)
        assert done.code == 0, done.err
        assert f'<html lang="{tag}">' in (small / "out" / "page.html").read_text(encoding="utf-8")
    for options, environment in ((("--lang", "tlh"), "zh"), ((), "tlh")):
        monkeypatch.setenv("FAIRBOOK_LANG", environment)
        done = fairbook("report", "latest", "--out", "no", "--format", "page", *options, cwd=small)
        assert done.code == 2 and "'tlh' is not one of 'en', 'zh'" in done.err, done.err
        assert not (small / "no").exists()


#: Words of Latin letters that a Chinese report may have: of the product, of files and of programs, and keys of the plan.
KEPT = {"utc", "sha", "csv", "fairbook", "python", "ortools", "numpy", "pandas", "pydantic", "objectives", "continuity",
        "weight", "assignment"}  # fmt: skip


def latin(text):
    """The words of Latin letters in a text, but for ids of runs, hashes and places for numbers."""
    text = re.sub(r"\b[0-9a-f]{4,}\b|\([0-9a-f]+…|&\w+;|{\w+}", " ", text)
    return {w.casefold() for w in re.findall(r"[A-Za-z][A-Za-z]+", text)} - KEPT


def test_a_chinese_report_has_no_english_words_but_those_of_the_data(small):
    """In all that a page shows or says, and in every chart: its SVG has each text beside the shapes of its letters."""
    (_, first) = fairbook("runs", "list", "--json", cwd=small).json()
    done = fairbook("report", first["id"], "--with", "latest", "--out", "out", "--format", "page,charts", "--lang", "zh",
                    cwd=small)  # fmt: skip
    assert done.code == 0, done.err
    rows = [p.read_text(encoding="utf-8").splitlines()[1:] for p in small.glob("*.csv")]
    data = latin(" ".join(line for lines in rows for line in lines))
    page = (small / "out" / "page.html").read_text(encoding="utf-8")
    body = re.sub(r"<(script|style)>.*?</\1>", " ", page[page.index("<title>") :], flags=re.DOTALL)
    spoken = re.findall(r'(?:aria-label|placeholder|data-all|data-some|data-tip|title|alt)="([^"]*)"', body)
    text = " ".join([re.sub(r"<[^>]*>", " ", body), *spoken])
    assert latin(text) <= data, sorted(latin(text) - data)
    pictures = sorted((small / "out").glob("*.svg"))
    assert len(pictures) >= 10
    for picture in pictures:
        said = " ".join(re.findall(r"<!-- (.*?) -->", picture.read_text(encoding="utf-8")))
        assert re.search("[\u4e00-\u9fff]", said), picture.name
        assert latin(said) <= data, (picture.name, sorted(latin(said) - data))
