"""Reasons of a run name reps as people do, wherever a report shows them."""

import io
import zipfile
from dataclasses import replace

import pytest
from python_calamine import CalamineWorkbook

from reports.handover import handover
from reports.page import page
from reports.reasons import reasons
from reports.slides.blocks import Grid
from reports.slides.evidence import moves
from reports.workbook import workbook
from tests.reports.sample import sample

GONE = "its rep R07 is gone: best for fit"


@pytest.fixture(scope="module")
def run():
    """The sample, with the reason of a leaver as it is kept, and a second rep that has the name of the first."""
    made = sample()
    kept = made.assignment.assign(reason=made.assignment["reason"].replace("its rep left", GONE))
    named = made.tables.reps.assign(
        name=made.tables.reps["name"].where(made.tables.reps["rep_id"] != "R02", "Ana Lindqvist")
    )
    full = made.unassigned.assign(reason="no room left with its 2 eligible reps; full: R01, R03")
    return replace(made, assignment=kept, unassigned=full, tables=replace(made.tables, reps=named))


def test_a_rep_goes_by_its_name_and_one_of_two_of_a_name_by_its_id_too(run):
    said = reasons(run)
    assert said(GONE) == "its rep Zoë Leaver is gone: best for fit"
    assert said("full for R07; R01, R02 and R03 have none") == "full for R07; R01, R02 and R03 have none"
    assert said("no room left with its 2 eligible reps; full: R01, R03") == (
        "no room left with its 2 eligible reps; full: Ana Lindqvist (R01), Bo O'Neill"
    )


def test_every_report_says_the_name(run):
    read = page(run)
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook(run)))
    sheets = {
        n: " ".join(str(c) for row in book.get_sheet_by_name(n).to_python() for c in row if c) for n in book.sheet_names
    }
    (grid,) = (b for _, b in moves(run).blocks if isinstance(b, Grid))
    slide = " ".join(c for row in grid.rows for c in row)
    with zipfile.ZipFile(io.BytesIO(handover(run))) as packs:
        pack = " ".join(packs.read(n).decode() for n in packs.namelist() if n.endswith(".html"))
    for text in (read, sheets["Customers"], sheets["Moves"], slide, pack):
        assert "its rep Zoë Leaver is gone" in text and "its rep R07" not in text
    assert "full: Ana Lindqvist (R01), Bo O&#39;Neill" in read
    assert "full: Ana Lindqvist (R01), Bo O'Neill" in sheets["Violations & exceptions"]
