import zipfile

import pytest
import xlsxwriter
import yaml

from scenarios.feedback.sheet import COLUMNS, CUSTOMER, PIN_TO, REASON, SHEET, VERDICT
from tests.command import fairbook


@pytest.fixture
def call(small):
    def run(*words):
        return fairbook(*words, cwd=small)

    assert run("-q", "solve", "plan.yaml").code == 0
    return run


def answer(path, *rows):
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet(SHEET)
    sheet.write_row(0, 0, COLUMNS)
    for n, row in enumerate(rows, 1):
        for column, text in row.items():
            sheet.write_string(n, COLUMNS.index(column), text)
    book.close()


def test_answers_are_not_written_over(call, small):
    """A report made again into its folder leaves alone the workbook that came back, and says what to do."""
    assert call("report", "latest", "--out", "out", "--format", "workbook").code == 0
    assert call("report", "latest", "--out", "out", "--format", "workbook").code == 0, (
        "as it was written: nothing is lost"
    )
    for row in ({CUSTOMER: "C2", VERDICT: "challenge"}, {CUSTOMER: "C2", REASON: "not sure yet"}):
        answer(small / "out" / "workbook.xlsx", {CUSTOMER: "C1"}, row)
        before = (small / "out" / "workbook.xlsx").read_bytes()
        done = call("report", "latest", "--out", "out", "--format", "workbook,page")
        assert done.code == 3
        assert "answers in 1 row of its Feedback sheet" in done.err
        assert "apply-feedback" in done.err
        assert (small / "out" / "workbook.xlsx").read_bytes() == before
        assert not (small / "out" / "page.html").exists()
    assert call("report", "latest", "--out", "out", "--format", "page").code == 0, "the workbook is not touched"
    assert call("report", "latest", "--out", "out", "--format", "workbook", "--force").code == 0
    assert (small / "out" / "workbook.xlsx").read_bytes() != before


def test_report_then_feedback_then_a_plan_that_keeps_it(call, small):
    written = call("report", "latest", "--out", "out", "--format", "workbook,handover")
    assert written.code == 0 and (small / "out" / "workbook.xlsx").is_file()
    assert zipfile.ZipFile(small / "out" / "handover.zip").namelist()[0] == "index.html"
    answer(small / "f.xlsx", {CUSTOMER: "C2", VERDICT: "pin", PIN_TO: "Bob (R2)", REASON: "old friends"})
    done = call("apply-feedback", "latest", "f.xlsx", "--out", "o.yaml")
    assert done.code == 0 and "1 pinned, 0 challenged, 0 accepted of 1 customers" in done.out
    assert yaml.safe_load((small / "o.yaml").read_text())["customers"] == {"C2": {"pinned_rep": "R2"}}
    solved = call("-q", "solve", "plan.yaml", "--set", "@o.yaml", "--export", "done")
    assert solved.code == 0, solved.err
    assert "C2,R2" in (small / "done" / "assignment.csv").read_text()
    told = call("apply-feedback", "latest", "f.xlsx", "--json").json()
    assert told["pinned"] == 1 and told["answers"][0]["cell"] == "Feedback!G2"
    printed = call("apply-feedback", "latest", "f.xlsx")
    assert yaml.safe_load(printed.out) == told["override"]


def test_conflicts_are_listed_and_nothing_is_written(call, small):
    answer(small / "f.xlsx", {CUSTOMER: "C2", VERDICT: "challenge"}, {CUSTOMER: "C9", VERDICT: "accept"})
    done = call("apply-feedback", "latest", "f.xlsx", "--out", "o.yaml")
    assert done.code == 3 and not (small / "o.yaml").exists()
    assert "Feedback!I2" in done.err and "Feedback!A3" in done.err


def test_an_override_file_that_is_none(call):
    assert call("check", "plan.yaml", "--set", "@none.yaml").code == 3


def test_all_leaves_out_what_the_ids_do_not_allow(call, small, monkeypatch):
    monkeypatch.setattr("reports.style.DPI", 30)
    done = call("report", "latest", "--out", "out", "--format", "all")
    assert done.code == 0 and "Left out crm" in done.err
    names = {p.name for p in (small / "out").iterdir()}
    assert {"page.html", "workbook.xlsx", "handover.zip"} <= names and not any("crm" in n for n in names)
