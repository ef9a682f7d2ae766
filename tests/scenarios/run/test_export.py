"""What other tools read of a run: four files, all of them or none."""

import csv
import dataclasses
import errno
import hashlib
import json
import os
import re
from pathlib import Path

import pytest

from scenarios.files import FilesError
from scenarios.run.export import FILES, export, result_document
from tests.reports.sample import sample, without_plan
from tests.scenarios.storing import make_run


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_four_files(tmp_path):
    run = sample()
    paths = export(run, tmp_path / "out" / "autumn")
    assert paths == [tmp_path / "out" / "autumn" / name for name in FILES]
    assignment = cells(paths[0])
    assert list(assignment[0]) == [
        "customer_id", "rep_id", "previous_rep", "moved", "fit", "potential", "workload", "reason"
    ]  # fmt: skip
    assert [r["customer_id"] for r in assignment] == run.assignment["customer_id"].tolist()
    assert [float(r["fit"]) for r in assignment] == run.assignment["fit"].tolist()
    assert cells(paths[1]) == run.unassigned.to_dict("records")
    books = cells(paths[2])
    assert [r["rep_id"] for r in books] == run.books["rep_id"].tolist()
    assert books[0]["customers_target"] == ""
    assert float(books[0]["potential"]) == run.books["potential"][0]


def test_status_bound_and_gap_stand_on_it(tmp_path):
    for run in (sample(), sample(optimal=True), without_plan("infeasible"), without_plan("no_plan")):
        document = json.loads(export(run, tmp_path)[-1].read_text(encoding="utf-8"))
        assert document == result_document(run)
        assert {n: document[n] for n in ("status", "score", "bound", "gap")} == {
            n: run.result[n] for n in ("status", "score", "bound", "gap")
        }
        assert document["run"] == run.id
        assert document["created"] == "2026-09-21T14:30:00+00:00"
        assert (document["plan_name"], document["scenario"]) == ("autumn", "base")
        assert document.items() >= {n: v for n, v in run.result.items() if n != "terms"}.items()
    with pytest.raises(KeyError, match="gap"):
        result_document(make_run(result={"status": "optimal", "score": 1, "bound": 1}))


def test_numbers_have_no_more_decimals_than_they_mean(tmp_path):
    run = sample()
    assert 12 * 1.1 != 13.2
    books = run.books.assign(potential_high=12 * 1.1, workload_max=0.1 + 0.2, workload_min=12.000000000001)
    assignment = run.assignment.assign(fit=2 / 3, workload=12.0)
    paths = export(dataclasses.replace(run, books=books, assignment=assignment), tmp_path)
    book, row = cells(paths[2])[0], cells(paths[0])[0]
    assert (book["potential_high"], book["workload_max"], book["workload_min"]) == ("13.2", "0.3", "12")
    assert (row["fit"], row["workload"]) == ("0.666667", "12")
    assert not re.search(r"\.\d{7}", paths[0].read_text() + paths[2].read_text())


def test_a_run_without_a_plan_exports_headers(tmp_path):
    paths = export(without_plan(), tmp_path)
    assert paths[0].read_text().startswith("customer_id,rep_id,")
    assert cells(paths[0]) == []
    assert len(cells(paths[1])) == 40


def test_no_cell_is_a_formula(tmp_path):
    run = make_run()
    run.books.loc[0, "name"] = "=HYPERLINK(0)"
    paths = export(run, tmp_path)
    assert {r["reason"] for r in cells(paths[0])} == {"'=because"}
    assert cells(paths[2])[0]["name"] == "'=HYPERLINK(0)"


def test_the_same_run_gives_the_same_bytes(tmp_path):
    first, second = (
        [hashlib.sha256(p.read_bytes()).hexdigest() for p in export(make_run(), tmp_path / n)] for n in "ab"
    )
    assert first == second


def test_a_run_that_breaks_rules_is_not_exported(tmp_path):
    run = make_run(result=make_run().result | {"audit": {"violations": [{"rule": "pin"}]}})
    with pytest.raises(FilesError, match="breaks 1 rules"):
        export(run, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("there", [True, False])
def test_whole_or_not_at_all(tmp_path, monkeypatch, after, there):
    folder = tmp_path / "out"
    if there:
        export(make_run(1), folder)
        (folder / "notes.txt").write_text("mine")
    before = {p.name: p.read_bytes() for p in folder.iterdir()} if there else None
    calls = []
    real = os.fsync

    def full(handle):
        calls.append(1)
        if len(calls) > after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(FilesError, match="disk is full"):
            export(make_run(2), folder)
    assert ({p.name: p.read_bytes() for p in folder.iterdir()} if folder.exists() else None) == before
    export(make_run(2), folder)
    assert json.loads((folder / "result.json").read_text())["run"] == make_run(2).id
    assert (folder / "notes.txt").exists() == there
