"""Names typed to do harm, or that break what is careless, through every format at once: harmless in each."""

import io
import re
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from reports import charts
from reports.build import FORMATS, build
from tests.reports.sample import HOSTILE, hostile
from tests.reports.test_page import Outline


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """All formats of the run; of the pictures those with the most names."""
    inside = tmp_path_factory.mktemp("hostile") / "out"
    few = {name: chart for name, chart in charts.charts().items() if name in {"loads", "streams", "flows"}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts, "charts", lambda: few)
        written = build(hostile(), inside, set(FORMATS))
    assert {p.parent for p in written} == {inside} and [p.name for p in inside.parent.iterdir()] == ["out"]
    return inside


def members(content: bytes) -> dict[str, bytes]:
    """The files in an archive, each at a place inside it that any system takes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = {n: archive.read(n) for n in archive.namelist()}
    for name in found:
        path = PurePosixPath(name)
        assert not path.is_absolute() and ".." not in path.parts and not re.search(r'[\x00-\x1f\\<>:"|?*]', name)
        assert all(len(part.encode()) < 200 and path.stem.lower() not in {"con", "nul"} for part in path.parts)
    return found


def harmless(html: str) -> None:
    """Nothing in a page runs or asks but its own script, and the names are there to be read."""
    outline = Outline(html)
    assert not {t for t, _ in outline.elements} & {"img", "iframe", "object", "embed", "base", "link", "form"}
    assert len(outline.all("script")) <= 1 and not any(n.startswith("on") for _, a in outline.elements for n in a)
    assert not any(str(a.get("href", "")).startswith(("javascript", "http")) for _, a in outline.elements)


def test_page(folder):
    html = (folder / "page.html").read_text(encoding="utf-8")
    harmless(html)
    assert "&lt;script&gt;alert(1)" in html and "{{ 7 * 7 }}" in html and "👩‍👩‍👧" in html


def test_handover(folder):
    pages = members((folder / "handover.zip").read_bytes())
    assert len(pages) > 12
    for name, content in pages.items():
        if name.endswith(".html"):
            harmless(content.decode())


def opened(path: Path) -> None:
    """No part of an office file has a formula made of a name, or points outside."""
    for name, content in members(path.read_bytes()).items():
        assert b'TargetMode="External"' not in content, name
        for formula in re.findall(rb"<(?:\w+:)?f>(.*?)</", content):
            assert not re.search(rb"x\.example|SUM\(A1\)|1\+1", formula), name
        if name.endswith(".xlsx"):
            assert not re.search(rb"<f>", b"".join(members(content).values())), name


def test_workbook_and_deck(folder):
    opened(folder / "workbook.xlsx")
    opened(folder / "deck.pptx")
    book = CalamineWorkbook.from_path(str(folder / "workbook.xlsx"))
    cells = [c for n in book.sheet_names for row in book.get_sheet_by_name(n).to_python() for c in row]
    assert "x" * 10_000 in cells and "'+1+1" in cells and not set(cells) & {"=1", "+1+1", "@SUM(A1)"}


def test_pdf_has_text_and_nothing_to_click(folder):
    reader = PdfReader(folder / "deck.pdf")
    assert len(reader.pages) <= 10 and not any(p.annotations for p in reader.pages)
    assert not {"/OpenAction", "/AA", "/Names"} & set(reader.trailer["/Root"])


def test_pictures_are_drawn(folder):
    for path in folder.glob("*.svg"):
        svg = path.read_text(encoding="utf-8")
        assert "<script" not in svg and "<img" not in svg and "<iframe" not in svg and len(svg) > 1000
    assert len(list(folder.glob("*.png"))) >= 4


def test_crm_files_have_ids_only(folder):
    files = list(folder.glob("*.csv"))
    assert len(files) == 2
    for path in files:
        _, *rows = path.read_text(encoding="utf-8").splitlines()
        assert rows and all(re.fullmatch(r"\d+,rep\d+@example\.com", row) for row in rows)


def test_every_kind_of_name_reaches_the_reports():
    run = hostile()
    assert set(HOSTILE) <= set(run.tables.customers["name"]) and len(set(run.books["name"])) == len(run.books)
