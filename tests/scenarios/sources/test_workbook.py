from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import xlsxwriter

from scenarios.sources.archive import scan_sheet
from scenarios.sources.grid import Flaw
from scenarios.sources.spec import Limits
from solver.problems import InputError, Problem
from tests.scenarios.sources.conftest import Folder, said


def book(
    path: Path, rows: list[list[Any]], also: Callable[[Any, Any], None] | None = None, sheet: str = "Data"
) -> Path:
    with xlsxwriter.Workbook(str(path)) as made:
        page = made.add_worksheet(sheet)
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if isinstance(cell, dt.date):
                    page.write_datetime(r, c, dt.datetime.combine(cell, dt.time()), day)
                else:
                    page.write(r, c, cell)
        if also is not None:
            also(made, page)
    return path


def rewrite(path: Path, entry: str, change: Callable[[str], str]) -> None:
    """Change one part of a workbook."""
    with zipfile.ZipFile(path) as old:
        parts = {i.filename: old.read(i) for i in old.infolist()}
    parts[entry] = change(parts[entry].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)


HEAD = ["customer_id", "name", "potential", "renewal_date", "vip"]
SHEET = "xl/worksheets/sheet1.xml"


def test_cells_of_every_kind(folder: Folder) -> None:
    day = dt.date(2026, 5, 1)
    book(folder.path / "a.xlsx", [HEAD, [1001, "客户", 12.5, day, True], ["007", " B ", "1,234.5", 46143, False]])
    loaded = folder.load(customers="a.xlsx")
    table = loaded.tables.customers
    assert table["customer_id"].tolist() == ["1001", "007"]
    assert table["name"].tolist() == ["客户", "B"]
    assert table["potential"].tolist() == [12.5, 1234.5]
    assert [d.date() for d in table["renewal_date"]] == [day, day]
    assert table["vip"].tolist() == [True, False]


def test_sheet_by_name_and_titles_above(folder: Folder) -> None:
    def second(made: Any, _: Any) -> None:
        page = made.add_worksheet("Reps 2026")
        page.write_row(2, 0, ["rep_id", "ramp"])
        page.write_row(3, 0, ["R1", 0.5])
        page.write_row(4, 0, ["R2", "45"])

    book(folder.path / "a.xlsx", [["x"]], second)
    problem = folder.error(reps={"source": "a.xlsx", "sheet": "Reps 2026"})
    assert (problem.sheet, problem.row, problem.column, problem.value) == ("Reps 2026", 5, "ramp", "45")
    problem = folder.error(reps={"source": "a.xlsx", "sheet": "reps 2025"})
    assert (problem.code, problem.fix) == ("unknown_sheet", "did you mean Reps 2026?")


def test_formulas_and_errors_are_named(folder: Folder) -> None:
    def formulas(_: Any, page: Any) -> None:
        page.write_formula(1, 2, "=1+1", value="")  # never worked out
        page.write_formula(2, 2, "=1/0", value="#DIV/0!")
        page.write_formula(3, 2, "=40+2", value=42)
        page.write_formula(3, 1, '=""', value="")
        page.write_formula(1, 4, "=NA()", value="#N/A")

    path = book(folder.path / "a.xlsx", [HEAD, ["C1"], ["C2"], ["C3"]], formulas)
    rewrite(path, SHEET, lambda t: t.replace('<c r="B4"><f>""</f><v></v>', '<c r="B4" t="str"><f>""</f><v></v>'))
    problems = folder.problems(customers="a.xlsx")
    assert [(p.code, p.severity, p.row, p.column) for p in problems] == [
        ("formula_without_value", "error", 2, "potential"),
        ("spreadsheet_error", "error", 3, "potential"),
        ("spreadsheet_error", "warning", 2, "vip"),
    ]
    rows = scan_sheet(path, SHEET, Limits(), "", "").flaws
    assert rows[2, 4] == Flaw("spreadsheet_error", "#N/A") and (4, 1) not in rows


def test_merged_cells_are_said(folder: Folder) -> None:
    path = folder.path / "a.xlsx"
    book(path, [HEAD, ["C1"], ["C2"]], lambda _, page: page.merge_range("B2:B3", "both"))
    loaded = folder.load(customers="a.xlsx")
    assert "B2:B3" in said(loaded, "merged_cells")[0]


def test_an_empty_sheet(folder: Folder) -> None:
    book(folder.path / "a.xlsx", [])
    assert folder.error(customers="a.xlsx").code == "empty_file"


def test_bombs_are_refused_with_little_memory(folder: Folder) -> None:
    path = book(folder.path / "a.xlsx", [HEAD, ["C1"]])
    big = "<row>" + "<c/>" * 1000 + "</row>"
    with zipfile.ZipFile(path) as old:
        parts = {i.filename: old.read(i) for i in old.infolist()}
    text = parts[SHEET].decode()
    parts[SHEET] = text.replace("</sheetData>", big * 20_000 + "</sheetData>").encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    del parts
    before = psutil.Process().memory_info().rss
    problem = folder.error(customers="a.xlsx")
    assert (problem.code, "times when unpacked" in problem.message) == ("zip_bomb", True)
    assert psutil.Process().memory_info().rss - before < 50 * 2**20
    assert folder.error(customers="a.xlsx", limits={"max_bytes": 1_000_000}).code == "zip_bomb"


def test_a_cell_in_the_last_corner_is_refused(folder: Folder) -> None:
    path = book(folder.path / "a.xlsx", [HEAD, ["C1"]])
    corner = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    rewrite(path, SHEET, lambda t: t.replace("</sheetData>", corner))
    assert folder.error(customers="a.xlsx").code == "too_many_columns"
    rewrite(path, SHEET, lambda t: t.replace("XFD1048576", "SA1048576"))
    assert folder.error(customers="a.xlsx").code in {"too_large", "too_many_columns"}
    rewrite(path, SHEET, lambda t: t.replace('"SA1048576"', '"&#83;A1048576"'))
    assert folder.error(customers="a.xlsx").code in {"too_large", "too_many_columns"}


def test_entities_are_refused(folder: Folder) -> None:
    path = book(folder.path / "a.xlsx", [HEAD, ["C1"]])
    rewrite(path, SHEET, lambda t: t.replace("<worksheet", '<!DOCTYPE x [<!ENTITY a "b">]><worksheet', 1))
    assert folder.error(customers="a.xlsx").code == "unreadable"


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.98])
def test_a_damaged_workbook(folder: Folder, cut: float) -> None:
    data = book(folder.path / "a.xlsx", [HEAD, ["C1"]]).read_bytes()
    folder.write("b.xlsx", data[: int(len(data) * cut)])
    assert folder.error(customers="b.xlsx").code == "unreadable"


def test_a_zip_that_is_no_workbook(folder: Folder) -> None:
    with zipfile.ZipFile(folder.path / "a.xlsx", "w") as made:
        made.writestr("hello.txt", "hello")
    assert folder.error(customers="a.xlsx").code == "unreadable"


def test_a_size_declared_too_small(folder: Folder) -> None:
    path = book(folder.path / "a.xlsx", [HEAD] + [[f"C{i}"] for i in range(500)])
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo(SHEET).file_size
    old, new = size.to_bytes(4, "little"), (100).to_bytes(4, "little")
    path.write_bytes(bytes(data).replace(old, new))
    assert folder.error(customers="a.xlsx").code == "unreadable"


def test_formulas_alone_in_their_rows_are_not_lost(folder: Folder) -> None:
    def formulas(_: Any, page: Any) -> None:
        for row in range(1, 4):
            page.write_formula(row, 0, f"=A{row}", value="")

    book(folder.path / "a.xlsx", [HEAD], formulas)
    errors = folder.errors(customers="a.xlsx")
    assert [(p.row, p.code) for p in errors if p.code == "formula_without_value"] == [
        (n, "formula_without_value") for n in (2, 3, 4)
    ]


def test_formats_far_below_do_no_harm(folder: Folder) -> None:
    path = book(folder.path / "a.xlsx", [HEAD, ["C1"]])
    far = "".join(f'<c r="{c}1048576" s="0"/>' for c in ("A", "Z"))
    rewrite(path, SHEET, lambda t: t.replace("</sheetData>", f'<row r="1048576">{far}</row></sheetData>'))
    assert len(folder.load(customers="a.xlsx").tables.customers) == 1


def test_a_problem_names_the_cell_as_the_spreadsheet_does(folder: Folder) -> None:
    book(folder.path / "a.xlsx", [HEAD, [1, "A", 5, None, True], [2, "B", "lots", None, True], [3, "C", -1, None, True]],
         sheet="Key accounts")  # fmt: skip
    lots, negative = folder.errors(customers="a.xlsx")
    assert (lots.row, lots.column, lots.cell) == (3, "potential", "C3")
    assert lots.line().startswith("a.xlsx[Key accounts] row 3, column potential ('Key accounts'!C3): lots is not")
    assert negative.as_dict()["cell"] == "C4"


def test_cells_are_named_after_a_scenario_has_edited_the_rows_too(folder: Folder) -> None:
    book(folder.path / "a.xlsx", [HEAD, [1, "A", "lots", None, True]])
    assert [p.cell for p in _errors_with_patch(folder)] == ["C2"]


def _errors_with_patch(folder: Folder) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        folder.load(customers="a.xlsx", patch=lambda rows: [])
    return [p for p in caught.value.problems if p.severity == "error"]


def test_a_cover_sheet_leads_to_the_sheet_with_the_table(folder: Folder) -> None:
    def more(made: Any, page: Any) -> None:
        for name in ("Accounts", "More accounts"):
            made.add_worksheet(name).write_row(1, 1, HEAD)

    book(folder.path / "a.xlsx", [["Account export", None], ["by", "Ann"]], more, sheet="Cover")
    problem = folder.error(customers="a.xlsx")
    assert (problem.code, problem.sheet) == ("wrong_sheet", "Cover")
    assert "sheets Accounts, More accounts do" in problem.message and "sheet: Accounts" in problem.fix


def test_where_no_sheet_looks_right_the_first_is_spoken_of(folder: Folder) -> None:
    def more(made: Any, page: Any) -> None:
        made.add_worksheet("Notes").write(0, 0, "nothing here")

    book(folder.path / "a.xlsx", [["key", "name"], ["1", "A"]], more)
    assert folder.error(customers="a.xlsx").code == "missing_column"
