"""`check --problems` writes what it says as a workbook: a row a bad cell, whether the plan can be used or not."""

from __future__ import annotations

from pathlib import Path

from python_calamine import CalamineWorkbook

from tests.command import fairbook


def rows(path: Path) -> list[dict[str, object]]:
    head, *body = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Problems").to_python()
    return [dict(zip(head, row, strict=True)) for row in body if any(row)]


def test_every_problem_is_a_row_with_its_place(small: Path) -> None:
    table = small / "customers.csv"
    head, *lines = table.read_text().splitlines()
    bad = [",".join(["=cmd|' /C calc'!A0" if name == "potential" else cell for name, cell in zip(head.split(","), line.split(","), strict=True)])
           for line in lines]  # fmt: skip
    table.write_text("\n".join([head, *bad]) + "\n")
    done = fairbook("check", "plan.yaml", "--json", "--problems", "out/problems.xlsx", cwd=small)
    assert done.code == 3 and "Wrote" in done.err
    told, found = done.json()["problems"], rows(small / "out" / "problems.xlsx")
    assert [(r["File"], r["Row"], r["Column"]) for r in found] == [(p["file"], p["row"], p["column"]) for p in told]
    assert len(found) >= len(lines) and {r["Severity"] for r in found} == {"error"}
    assert all(str(r["Found"]).startswith("'=cmd") for r in found if r["Column"] == "potential")


def test_a_plan_that_can_be_used_has_its_notes_and_an_empty_list_is_one(small: Path) -> None:
    done = fairbook("-q", "check", "plan.yaml", "--json", "--problems", "problems.xlsx", cwd=small)
    assert done.code == 0 and "Wrote" not in done.err
    assert len(rows(small / "problems.xlsx")) == len(done.json()["notes"])


def test_a_file_that_cannot_be_written_is_said(small: Path) -> None:
    (small / "file").write_text("")
    done = fairbook("check", "plan.yaml", "--problems", "file/problems.xlsx", cwd=small)
    assert done.code == 3 and "file" in done.err
