import dataclasses
import itertools
import os
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from reports import build as build_module
from reports import charts
from reports.build import FORMATS, Beside, build, unsuited
from reports.charts import plots
from solver.problems import InputError
from tests.reports.sample import sample
from tests.reports.test_crm import salesforce


@pytest.fixture(autouse=True)
def few_small_pictures(monkeypatch):
    """What charts look like is tested elsewhere; here it is files that count."""
    few = {name: chart for name, chart in charts.charts().items() if name in {"score", "loads"}}
    monkeypatch.setattr(charts, "charts", lambda: few)
    monkeypatch.setattr("reports.style.DPI", 30)


def test_page_and_charts_are_written(tmp_path):
    told = []
    written = build(sample(), tmp_path / "out", progress=lambda *news: told.append(news))
    expected = {"page.html"} | {f"{p.name}.{kind}" for p in plots(sample()) for kind in ("png", "svg", "pdf")}
    assert {p.name for p in written} == expected == set(os.listdir(tmp_path / "out")) - {build_module.LIST}
    assert [n for n, _ in itertools.groupby(name for name, _, _ in told)] == ["page", "charts", "writing"]
    assert told[0] == ("page", 0, 2) and told[-1] == ("writing", 2, 2) and {of for *_, of in told} == {2}
    assert [done for name, done, _ in told if name == "charts"] == [1 + n / 12 for n in range(13)]
    assert {done for name, done, _ in told if name == "page"} == {n / 4 for n in range(5)}
    assert all(p.stat().st_size > 500 for p in written)


@pytest.mark.parametrize("name", ["page", "workbook", "handover"])
def test_the_bar_moves_inside_a_long_format(name, tmp_path, monkeypatch):
    monkeypatch.setattr("reports.sheets.book.STEP", 10)
    told = []
    build(sample(), tmp_path, {name}, progress=lambda _, done, __: told.append(done))
    assert told == sorted(told) and len(set(told)) > 4 and max(told[:-1]) > 0.6


def test_only_what_was_asked_for(tmp_path):
    assert [p.name for p in build(sample(), tmp_path, {"page"})] == ["page.html"]
    assert build(sample(), tmp_path / "none", set()) == []
    with pytest.raises(ValueError, match="no report format slides; there are page, workbook, deck, pdf, charts"):
        build(sample(), tmp_path, {"slides"})


def test_a_format_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    (old,) = build(sample(), tmp_path, {"page"})
    before = old.read_bytes()

    def fails(run, beside, tell):
        yield "page.html", "half"
        raise RuntimeError("no")

    monkeypatch.setitem(build_module.FORMATS, "charts", fails)
    with pytest.raises(RuntimeError):
        build(sample(optimal=True), tmp_path, {"page", "charts"})
    assert old.read_bytes() == before and set(os.listdir(tmp_path)) == {"page.html", build_module.LIST}


def test_a_run_is_built_the_same_twice(tmp_path):
    formats = {"page", "charts", "workbook", "deck", "pdf", "handover"}
    first, second = (build(sample(), tmp_path / n, formats) for n in ("a", "b"))
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_a_metric_name_is_no_path(tmp_path):
    run = sample()
    names = {c: c.replace("workload", "../../work/load") for c in run.books}
    written = build(dataclasses.replace(run, books=run.books.rename(columns=names)), tmp_path / "out", {"charts"})
    assert {p.parent for p in written} == {tmp_path / "out"} and os.listdir(tmp_path) == ["out"]


def test_metrics_that_would_share_a_file_name_get_two(tmp_path):
    run = sample()
    names = {c: c.replace("workload", "a/b").replace("customers", "A:B") for c in run.books}
    written = build(dataclasses.replace(run, books=run.books.rename(columns=names)), tmp_path, {"charts"})
    assert (
        len({p.name.casefold() for p in written})
        == len(written)
        == 12
        == len({*os.listdir(tmp_path)} - {build_module.LIST})
    )


def test_formats_have_names():
    assert {"page", "charts", "workbook", "deck", "pdf", "handover", "crm"} <= set(FORMATS)


def test_runs_beside_it_stand_in_the_workbook(tmp_path):
    other = dataclasses.replace(sample(), id="ba9876543210")
    (path,) = build(sample(), tmp_path, {"workbook"}, beside=Beside([other]))
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Scenarios").to_python()
    assert [r[0] for r in rows[1:]] == [sample().id, other.id]


def test_ids_no_crm_takes_leave_everything_as_it_was(tmp_path):
    with pytest.raises(InputError):
        build(sample(), tmp_path / "out", {"page", "crm"})
    assert os.listdir(tmp_path) == [] and set(unsuited(sample())) == {"crm"}
    run = salesforce()
    written = build(run, tmp_path / "out", {"crm"})
    assert "are those of no CRM" in unsuited(sample())["crm"]
    stays = sample()
    stays = dataclasses.replace(stays, assignment=stays.assignment.assign(moved="kept"))
    assert unsuited(stays) == {"crm": "no customer changes hands"}
    assert unsuited(run) == {} and "crm-readme.txt" in {p.name for p in written}


def test_the_language_of_the_reports(tmp_path):
    def written(**options):
        build(sample(), tmp_path, {"page"}, **options)
        return (tmp_path / "page.html").read_text(encoding="utf-8")

    before = written()
    assert '<html lang="en">' in before
    chinese = written(lang="zh")
    assert '<html lang="zh-CN">' in chinese and "<h2" in chinese and "得分构成" in chinese
    assert written() == before
    with pytest.raises(ValueError, match="no language fr; there are en, zh"):
        build(sample(), tmp_path, {"page"}, lang="fr")


def texts(folder):
    """What each report for people says, by its file."""
    from pptx import Presentation
    from pypdf import PdfReader

    sheets = CalamineWorkbook.from_path(str(folder / "workbook.xlsx"))
    rows = (sheets.get_sheet_by_name(name).to_python() for name in sheets.sheet_names)
    yield "workbook", " ".join(str(cell) for sheet in rows for row in sheet for cell in row)
    yield "page", (folder / "page.html").read_text(encoding="utf-8")
    frames = (
        s.text_frame.text for p in Presentation(folder / "deck.pptx").slides for s in p.shapes if s.has_text_frame
    )
    yield "deck", " ".join(frames)
    yield "pdf", " ".join(" ".join(p.extract_text().split()) for p in PdfReader(folder / "deck.pdf").pages)
    with zipfile.ZipFile(folder / "handover.zip") as packed:
        yield "handover", packed.read("index.html").decode()


@pytest.mark.parametrize(
    ("optimal", "verdict"), [(False, "Within 0.10 points of the best possible"), (True, "Proven optimal")]
)
def test_every_report_says_how_good_the_plan_is(tmp_path, optimal, verdict):
    run = sample(optimal=optimal)
    build(run, tmp_path, {"page", "workbook", "deck", "pdf", "handover"})
    told = dict(texts(tmp_path))
    assert len(told) == 5
    for name, text in told.items():
        assert verdict in text, name
        assert f"{run.result['score']:.1f}" in text, name
        assert f"{run.result['bound']:.1f}" in text, name
        assert optimal or "Proven optimal" not in text, name
