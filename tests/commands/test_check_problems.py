"""`check --problems` writes what it says as a workbook or a page, whether the plan can be used or not."""

from __future__ import annotations

from pathlib import Path

from python_calamine import CalamineWorkbook

from tests.command import fairbook
from tests.reports.test_problems_page import words


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


def test_a_page_is_written_where_the_input_cannot_be_used(small: Path) -> None:
    table = small / "customers.csv"
    table.write_text(table.read_text().replace(",1000,", ",lots,").replace("C3,EMEA/FR,800", "C1,EMEA/FR,-8"))
    plain = fairbook("check", "plan.yaml", cwd=small)
    assert plain.code == 3 and "fairbook check plan.yaml --problems problems.html" in plain.err
    done = fairbook("check", "plan.yaml", "--problems", "out/problems.HTML", cwd=small)
    assert done.code == 3 and "Wrote" in done.err and "problems.html" not in done.err
    said = words((small / "out" / "problems.HTML").read_text(encoding="utf-8"))
    assert "2 of 4 rows of customers have errors" in said and "3 errors stop it" in said
    assert "Not a number error customers.csv 2 potential lots lots is not a number" in said
    assert "Reps: reps.csv 2 rows read; 2 different rep_id; none is bad." in said
    assert "Who could go where" not in said


def test_a_page_of_a_plan_that_can_be_used_shows_who_could_go_where(small: Path) -> None:
    done = fairbook("check", "plan.yaml", "--problems", "problems.html", "--set", "solve.seed=2", cwd=small)
    assert done.code == 0
    said = words((small / "problems.html").read_text(encoding="utf-8"))
    assert "Ready to solve" in said and "Who could go where 4 customers" in said
    assert "fairbook solve plan.yaml --set solve.seed=2" in said


def test_an_impossible_plan_has_its_reasons_on_the_page(small: Path) -> None:
    done = fairbook(
        "check", "plan.yaml", "--problems", "p.html", "--set", "rules.capacity.limit=2", "--json", cwd=small
    )
    assert done.code == 4
    said = words((small / "p.html").read_text(encoding="utf-8"))
    assert "Impossible" in said and done.json()["findings"][0]["message"] in said
    assert done.json()["repairs"][0]["steps"][0]["message"] in said


def test_another_ending_is_refused_before_anything_is_read(small: Path) -> None:
    for name, why in (("problems.pdf", "ends in .pdf"), ("problems", "has no ending")):
        done = fairbook("check", "nowhere.yaml", "--problems", name, cwd=small)
        assert done.code == 2 and why in done.err and ".html" in done.err and ".xlsx" in done.err
        assert not (small / name).exists()


def test_a_file_that_cannot_be_written_is_said(small: Path) -> None:
    (small / "file").write_text("")
    done = fairbook("check", "plan.yaml", "--problems", "file/problems.xlsx", cwd=small)
    assert done.code == 3 and "file" in done.err
