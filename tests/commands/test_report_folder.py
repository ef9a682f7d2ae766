"""Reports go into a folder that has files already: those of another run, or somebody's own."""

from tests.command import fairbook


def test_files_of_another_run_are_told_of_and_left(small):
    def call(*words):
        return fairbook(*words, cwd=small)

    assert call("-q", "solve", "plan.yaml").code == 0
    first = call("runs", "list", "--json").json()[0]["id"]
    assert call("report", first, "--out", "out", "--format", "page,workbook,handover").code == 0
    again = call("report", first, "--out", "out", "--format", "page")
    assert again.code == 0 and "Still in" not in again.err, "the workbook is of the same run"
    assert call("-q", "solve", "plan.yaml", "--seed", "7").code == 0
    (small / "out" / "mine.txt").write_text("my own")
    (small / "out" / "handover.zip").unlink()
    other = call("report", "latest", "--out", "out", "--format", "page")
    assert f"Still in out from run {first}: workbook.xlsx. Another --out keeps runs apart." in other.err
    assert (small / "out" / "workbook.xlsx").exists() and (small / "out" / "mine.txt").read_text() == "my own"
    assert str(small / "out" / ".fairbook-report.json") not in other.out
    (small / "out" / ".fairbook-report.json").write_text("[1")
    assert call("report", "latest", "--out", "out", "--format", "page").code == 0, "a list that is broken is no list"


def test_a_page_that_is_no_report_is_not_written_over(small):
    assert fairbook("-q", "solve", "plan.yaml", cwd=small).code == 0
    page = small / "out" / "page.html"
    page.parent.mkdir()
    page.write_text("<title>Our team</title>")
    refused = fairbook("report", "latest", "--out", "out", "--format", "page", cwd=small)
    assert refused.code == 3 and "is no page that fairbook wrote" in refused.err and "--force" in refused.err
    assert page.read_text() == "<title>Our team</title>"
    for words in (("--force",), ()):
        assert fairbook("report", "latest", "--out", "out", "--format", "page", *words, cwd=small).code == 0
    assert b"Our team" not in page.read_bytes()
