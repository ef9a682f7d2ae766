"""``fairbook watch``: a plan and a run, text, JSON, a picture, a run kept, and what it refuses."""

from __future__ import annotations

import pytest

from tests.command import fairbook


@pytest.fixture
def drifted(small):
    """The small plan solved, then one customer grown and one new."""
    assert fairbook("-q", "solve", "plan.yaml", cwd=small).code == 0
    text = (small / "customers.csv").read_text(encoding="utf-8")
    text = text.replace("C1,EMEA/DE,1000", "C1,EMEA/DE,9000") + "C5,EMEA/FR,700,3,\n"
    (small / "customers.csv").write_text(text, encoding="utf-8")
    return small


def test_plan_and_run_give_one_verdict_and_the_picture(drifted):
    done = fairbook("-q", "watch", "plan.yaml", "--json", "--chart", "c.svg", "--lang", "zh", cwd=drifted)
    assert done.code == 0, done.err
    found = done.json()
    assert found["verdict"] in {"keep", "mend", "replan", "depends"} and found["saved"] is None
    assert [c["customer_id"] for c in found["changed"]["new"]] == ["C5"]
    assert {c["way"] for c in found["choices"]} == {"keep", "mend", "targeted", "replan"}
    drawn = (drifted / "c.svg").read_text(encoding="utf-8")
    assert drawn.startswith("<?xml") and "计划 → 当前 -->" in drawn
    of_run = fairbook("-q", "watch", found["run"], "--json", cwd=drifted)
    assert of_run.code == 0, of_run.err
    assert of_run.json()["verdict"] == found["verdict"]


def test_text_says_what_changed_and_the_plan_is_kept_where_asked(drifted):
    done = fairbook("-q", "watch", "plan.yaml", "--save", cwd=drifted)
    assert done.code == 0, done.err
    said = " ".join(done.out.split())
    for words in (
        "1 new customer: C5",
        "Largest shifts",
        "C5",
        "Ways to go on",
        "keep everybody",
        "a hand-over loses 13 to 18 %",
    ):
        assert words in said
    assert "Kept as run" in said
    assert fairbook("runs", "audit", cwd=drifted).code == 0
    newest = fairbook("runs", "list", "--json", cwd=drifted).json()[0]
    assert newest["scenario"].startswith("watch ")


def test_unchanged_data_need_nothing(small):
    assert fairbook("-q", "solve", "plan.yaml", cwd=small).code == 0
    done = fairbook("watch", "plan.yaml", cwd=small)
    assert done.code == 0 and "Nothing to do" in done.out


def test_where_no_plan_keeps_the_rules_any_more_the_exit_code_says_so(drifted):
    text = (drifted / "customers.csv").read_text(encoding="utf-8")
    (drifted / "customers.csv").write_text(text.replace("C5,EMEA/FR,700,3,", "C5,EMEA/FR,700,90,"), encoding="utf-8")
    done = fairbook("-q", "watch", "plan.yaml", cwd=drifted)
    assert done.code == 4 and "No plan keeps every rule" in done.out, (done.code, done.out, done.err)


def test_a_picture_of_nothing_is_not_written_and_that_is_said(small):
    text = (small / "plan.yaml").read_text(encoding="utf-8")
    text = text.replace("  capacity: {metric: workload}\n", "").replace(
        "  balance_potential: {kind: balance, weight: 1}\n", ""
    )
    (small / "plan.yaml").write_text(text, encoding="utf-8")
    assert fairbook("-q", "solve", "plan.yaml", cwd=small).code == 0
    done = fairbook("-q", "watch", "plan.yaml", "--chart", "c.svg", cwd=small)
    assert done.code == 0 and "c.svg is not written" in done.err, done.err
    assert not (small / "c.svg").exists()


def test_what_cannot_be_watched_is_said(small):
    assert "no runs yet" in fairbook("watch", "plan.yaml", cwd=small).err
    assert fairbook("-q", "solve", "plan.yaml", cwd=small).code == 0
    for arguments, code, said in (
        (("nope.yaml",), 3, "no plan file"),
        (("nope",), 2, "no run is called"),
        (("plan.yaml", "-s", "x"), 3, "there is no scenario"),
        (("latest", "--folder", "elsewhere"), 3, "file_missing"),
        (("plan.yaml", "--chart", "c.gif"), 2, "must end in .png"),
    ):
        done = fairbook("watch", *arguments, cwd=small)
        assert done.code == code and said in done.err, (arguments, done.err)
    (small / "other.yaml").write_text((small / "plan.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert "fairbook solve other.yaml" in fairbook("watch", "other.yaml", cwd=small).err
