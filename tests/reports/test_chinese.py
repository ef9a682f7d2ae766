"""What people open in Chinese: no English is left but the user's own, and the figures are those of the English forms."""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from reports import metrics, wording
from reports.crm import crm
from reports.handover import handover
from reports.history import pasts
from reports.page import page
from reports.slides.content import deck
from reports.slides.pdf import pdf
from reports.slides.powerpoint import powerpoint
from reports.words import language
from reports.workbook import workbook
from scenarios.run.record import Run
from tests.reports.latin import english, in_deck, in_page, in_pdf, in_workbook
from tests.reports.sample import sample, without_plan
from tests.reports.test_crm import hubspot
from tests.reports.test_deck import opened
from tests.reports.test_frontier import sample as curve
from tests.reports.test_history import with_history

#: Reasons as the solver gives them, for those of the sample.
REASONS = {
    "kept": "stays with its current rep", "new": "had no rep: best for fit", "chosen": "moves for fit",
    "forced": "its rep R07 is gone: best for balance potential",
}  # fmt: skip


def spoken() -> Run:
    run = with_history()
    given = run.assignment
    result = run.result | {"notes": [], "findings": [{"message": "no rep is active in the period"}]}
    return dataclasses.replace(
        run, result=result, assignment=given.assign(reason=[REASONS[m] for m in given["moved"]]),
        unassigned=run.unassigned.assign(reason="no rep is active in the period"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def run() -> Run:
    return spoken()


@pytest.fixture(scope="module")
def other() -> Run:
    return dataclasses.replace(sample(seed=2), id="ba9876543210", scenario="lean")


@pytest.fixture(scope="module")
def book(run, other) -> bytes:
    with language("zh"):
        return workbook(run, [other])


def test_no_english_is_left_in_the_workbook(run, book):
    said = in_workbook(book)
    assert len(said.splitlines()) > 300 and english(said, run) == set()


def test_sheets_and_titles_are_told_apart_and_are_names_a_spreadsheet_takes(book):
    found = CalamineWorkbook.from_filelike(io.BytesIO(book))
    assert len(found.sheet_names) == 8 == len(set(found.sheet_names))
    for name in found.sheet_names:
        assert 0 < len(name) <= 31 and not set(name) & set("[]:*?/\\'")
    for name in found.sheet_names[1:-1]:
        head = found.get_sheet_by_name(name).to_python()[0]
        assert len(set(head)) == len(head) and all(head), name


def test_columns_have_room_for_their_titles(book):
    """A Chinese sign takes two columns; the title may stand in two lines, beside the button of the filter."""
    found = CalamineWorkbook.from_filelike(io.BytesIO(book))
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        for at, name in enumerate(found.sheet_names[1:-1], 2):
            xml = archive.read(f"xl/worksheets/sheet{at}.xml").decode()
            wide = {
                n: float(w)
                for a, b, w in re.findall(r'<col min="(\d+)" max="(\d+)" width="([\d.]+)"', xml)
                for n in range(int(a), int(b) + 1)
            }
            for n, title in enumerate(found.get_sheet_by_name(name).to_python()[0], 1):
                assert 2 * (wide[n] - 2) >= wording.columns(title), (name, title)


def test_no_english_is_left_in_the_deck_and_its_pdf(run, other):
    with language("zh"):
        made = deck(run, [other], curve())
        content, paper = powerpoint(made, run.created), pdf(made, run.created)
    assert len(opened(content).slides) == 10 and english(in_deck(content), run) == set()
    read = in_pdf(paper)
    assert english(read, run) == set() and "提请决策" in re.sub(r"\s", "", read)
    assert b'<a:ea typeface="Microsoft YaHei"/>' in zipfile.ZipFile(io.BytesIO(content)).read("ppt/theme/theme1.xml")
    assert b'lang="zh-CN"' in zipfile.ZipFile(io.BytesIO(content)).read("ppt/slides/slide1.xml")


def test_no_english_is_left_in_the_hand_over_packs(run):
    with language("zh"):
        packed = handover(run)
        told = {past.said() for past in pasts(run).values()}
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        pages = {n: archive.read(n).decode() for n in archive.namelist() if n.endswith(".html")}
    for name, text in pages.items():
        assert '<html lang="zh-CN">' in text
        assert english(in_page(text), run) == set(), name
    assert told and not any(english(t, run) for t in told)
    assert any("陪同拜访" in text for text in pages.values())


def test_the_text_beside_the_crm_files_is_chinese_and_the_files_are_not():
    run = hubspot()
    plain = dict(crm(run))
    with language("zh"):
        files = dict(crm(run))
    note = files.pop("crm-readme.txt")
    assert english(note, run) == set() and "负责人变更" in note
    assert files == {n: text for n, text in plain.items() if n != "crm-readme.txt"} != {}


def figures(text: str) -> list[str]:
    return re.findall(r"\d[\d,.]*", text)


def test_the_figures_are_those_of_the_english_forms(run, other, book):
    """Sheet by sheet and slide by slide; amounts in writing are counted in other units, native figures are the same."""
    mine, theirs = (CalamineWorkbook.from_filelike(io.BytesIO(b)) for b in (book, workbook(run, [other])))
    for zh, en in zip(mine.sheet_names, theirs.sheet_names, strict=True):
        cells = [
            [c for row in f.get_sheet_by_name(n).to_python() for c in row if not isinstance(c, str)]
            for f, n in ((mine, zh), (theirs, en))
        ]
        assert cells[0] == cells[1], zh
    with language("zh"):
        made = deck(run, [other], curve())
    for zh, en in zip(made.slides, deck(run, [other], curve()).slides, strict=True):
        assert zh.kind == en.kind
        for (_, a), (_, b) in zip(zh.blocks, en.blocks, strict=True):
            for name in ("series",):
                values = [
                    [tuple(s.values) if hasattr(s, "values") else s[1:] for s in getattr(x, name, ())] for x in (a, b)
                ]
                assert values[0] == values[1], zh.kind
    head = metrics.headline(run)
    with language("zh"):
        slides = {s.kind: s for s in deck(run).slides}
        money = wording.short(head["chosen_potential"])
    assert f"{head['chosen']} 家" in slides["decision"].notes and money in slides["decision"].notes
    assert f"{head['score']:.1f}" in slides["headline"].title


#: Notes and findings as runs are kept with them.
KEPT = (
    "planned together with other periods: by itself this one could come up to its bound",
    "nobody may move by choice: a threshold in points or % lets customers make room",
    "a plan with priorities or floors is solved on this machine: the cluster was not used",
    "the bound is that of plans that keep the priorities",
)
FOUND = (
    "objectives.continuity.at_least: 97 points are asked for; the best plan found has 93.10, and no plan more than 94.00",
    "objectives.continuity.at_least: no plan keeps the rules and the floors before this one",
    "C0001, C0002 have no eligible rep: territory leaves nobody (华北/北京)",
    "R01, R02 have 80 customers (max_accounts), but the 93 customers that can go nowhere else need 93: C0001, C0002 and "
    "91 more",
)


CHANGED = [
    {"path": "reps.R07", "old": "rep_id", "new": None}, {"path": "reps.R09", "old": None, "new": "added"},
    {"path": "reps.R01.active", "old": True, "new": False}, {"path": "customers.C0001.pinned_rep", "old": None, "new": "R02"},
]  # fmt: skip


@pytest.mark.parametrize("status", ["feasible", "infeasible", "no_plan"])
def test_no_english_is_left_on_the_page_and_where_there_is_no_plan(run, status):
    if status != "feasible":
        nothing = without_plan(status)
        run = dataclasses.replace(
            nothing,
            result=nothing.result | {"findings": [{"message": m} for m in FOUND]},
            unassigned=nothing.unassigned.head(0),
        )
    run = dataclasses.replace(run, result=run.result | {"notes": list(KEPT), "changes": CHANGED})
    keys = {"objectives", "continuity", "at", "least", *(run.result.get("versions") or {})}
    keys |= set(re.findall(r"[a-z]+", " ".join(str(c["path"]) for c in CHANGED)))
    with language("zh"):
        html, made, book = page(run), deck(run), workbook(run)
        said = {"page": in_page(html), "deck": in_deck(powerpoint(made, run.created)), "book": in_workbook(book)}
    assert not any(left := {kind: english(text, run, *keys) for kind, text in said.items()}.values()), left
