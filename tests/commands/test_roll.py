"""``roll``: the next period from a run, solved or written."""

from __future__ import annotations

import pytest

from tests.command import fairbook


@pytest.fixture
def solved(small):
    assert fairbook("-q", "solve", "plan.yaml", cwd=small).code == 0
    return small


def test_roll_solves_the_next_period_and_names_its_run_after_it(solved):
    done = fairbook("roll", "latest", "--rep-left", "R2 on 2027-01-31", cwd=solved)
    assert done.code == 0, done.err
    assert "Carries on from run" in done.out and "period: 2026-Q4 → 2027-Q1" in done.out
    assert "reps.R2.end_date: nothing → 2027-01-31" in done.out
    document = fairbook("roll", "2027-Q1", "--json", cwd=solved).json()
    assert (document["period"], document["parent"]["by"]) == ("2027-Q2", "roll")
    assert "R2" not in {r["of"] for r in document["prices"]}


def test_roll_can_write_the_plan_to_edit(solved):
    done = fairbook("roll", "latest", "--write", "q1", cwd=solved)
    assert [line.rsplit("/", 1)[1] for line in done.out.split()] == ["customers.csv", "reps.csv", "plan.yaml"]
    assert len(fairbook("runs", "list", "--json", cwd=solved).json()) == 1, "nothing is solved"
    assert fairbook("-q", "solve", "q1/plan.yaml", cwd=solved).code == 0


def test_roll_overwrites_a_plan_and_tables_only_where_told(solved):
    before = {n: (solved / n).read_bytes() for n in ("plan.yaml", "customers.csv", "reps.csv")}
    done = fairbook("roll", "latest", "--write", ".", "--json", cwd=solved)
    assert done.code == 3 and {p["code"] for p in done.json()["problems"]} == {"exists"}
    assert "--force" in done.json()["problems"][0]["fix"]
    assert {n: (solved / n).read_bytes() for n in before} == before
    assert fairbook("roll", "latest", "--write", ".", "--force", cwd=solved).code == 0
    assert "2027-Q1" in (solved / "plan.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--period", "2026-Q4"), 3, "fairbook repair RUN"),
        (("--period", "soon"), 3, "'soon' is no period"),
        (("--rep-left", "R9"), 3, "there is no rep 'R9'"),
        (("--write", "a", "--export", "b"), 2, "solves nothing"),
        (("--force",), 2, "goes with --write"),
    ],
)
def test_mistakes_are_named(solved, arguments, code, words):
    done = fairbook("roll", "latest", *arguments, cwd=solved)
    assert (done.code, words in done.err) == (code, True), done.err
