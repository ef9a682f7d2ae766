"""``repair``, and what happens to the company as options of other commands."""

from __future__ import annotations

import pytest

from tests.command import fairbook


@pytest.fixture
def solved(small):
    assert fairbook("-q", "solve", "plan.yaml", cwd=small).code == 0
    return small


def test_repair_says_who_moved_and_keeps_a_run_whose_parent_it_is(solved):
    (before,) = fairbook("runs", "list", "--json", cwd=solved).json()
    asked = ("repair", "latest", "--rep-left", "R1", "--rep-joined", "2 like R1 in EMEA/DE as Eve")
    document = fairbook(*asked, "--export", "out", "--json", cwd=solved).json()
    assert document["parent"] == {"run": before["id"], "by": "repair"}
    listed = {m["customer_id"]: m for m in document["repaired"]["listed"]}
    assert {m["kind"] for m in listed.values() if m["from_rep"] == "R1"} == {"forced"}
    assert "more than its hand-over costs: 15.5 % of what it buys in a year" in document["repaired"]["threshold"]
    assert {"path": "reps.R1-new-1.name", "old": None, "new": "Eve"} in document["changes"]
    assert (solved / "out" / "assignment.csv").exists()
    assert fairbook("runs", "list", "--json", cwd=solved).json()[0]["scenario"] == "repair"
    assert f"Repairs run {before['id']}" in fairbook("runs", "show", "repair", cwd=solved).out
    told = fairbook("repair", before["id"], *asked[2:], cwd=solved)
    assert "Had to move" in told.out and "R1 is not there any more" in told.out
    assert "reps.R1-new-1.name: nothing → Eve" in told.out
    assert "R1 leaves: " in told.err


def test_a_repair_that_cannot_be_says_why_and_what_would_help(solved):
    done = fairbook("-q", "repair", "latest", "--rep-left", "R1", "--rep-left", "R2", cwd=solved)
    assert done.code == 4
    assert "No plan: infeasible" in done.out
    done = fairbook("repair", "latest", "--rep-left", "R2", cwd=solved)
    assert (done.code, "it came from run" in done.err) == (3, True), "the latest is the one that has no plan"
    done = fairbook("-q", "repair", "base", "--rep-left", "R2", "--set", "reps.R1.capacity=16", cwd=solved)
    assert done.code == 4
    assert "raise R1's limit of workload by 2, from 16 to 18" in done.out
    assert "--write-repair" not in done.out, "there is no plan file to write it for"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rep-left", "R7"), "there is no rep 'R7'"),
        (("--rep-left", "R1", "--rep-left", "R1"), "R1 is not there in the period anyway"),
        (("--rep-left", "R1 on Friday"), "'Friday' is no day"),
        (("--territory-moved", "EMEA/UK to North"), "no customer is in territory 'EMEA/UK'"),
        (("--threshold", "much"), "the threshold 'much' is none"),
        (("--from", "2027-02-01"), "the new books cannot begin on 2027-02-01"),
        (("--scenario", "x"), "there is no scenario 'x'"),
    ],
)
def test_mistakes_are_named_and_nothing_is_kept(solved, arguments, words):
    done = fairbook("repair", "latest", *arguments, cwd=solved)
    assert done.code == 3
    assert words in done.err
    assert len(fairbook("runs", "list", "--json", cwd=solved).json()) == 1


def test_what_happens_to_the_company_can_be_said_to_solve_check_and_sweep(small):
    joins = ("--rep-joined", "like R1 as Eve", "--demand-grown", "potential > 2000 +10%")
    document = fairbook("-q", "solve", "plan.yaml", *joins, "--json", cwd=small).json()
    assert {"path": "customers.C2.potential", "old": "2500", "new": 2750.0} in document["changes"]
    assert "R1-new-1 joins" in fairbook("check", "plan.yaml", *joins, cwd=small).out
    (outcome,) = fairbook("-q", "sweep", "plan.yaml", *joins, "--json", cwd=small).json()
    assert (outcome["scenario"], outcome["status"]) == ("base", "optimal")
    done = fairbook("check", "plan.yaml", "--rep-left", "R9", cwd=small)
    assert (done.code, "there is no rep 'R9'" in done.err) == (3, True)


def test_who_is_left_without_a_rep_is_told_why_and_each_part_has_its_own_potential(solved):
    asked = ("--rep-left", "R1", "--set", "coverage=best_effort", "--set", "reps.R2.capacity=6")
    document = fairbook("-q", "repair", "latest", *asked, "--json", cwd=solved).json()
    why = {m["customer_id"]: (m["kind"], m["why"]) for m in document["repaired"]["listed"]}
    assert why == {
        "C1": ("forced", "R1 is not there any more"),
        "C2": ("lost", "R1 is not there any more"),
        "C4": ("lost", "makes room: no plan found gives every customer a rep"),
    }
    told = " ".join(fairbook("-q", "repair", "base", *asked, cwd=solved).out.split())
    assert "1 has to move (1.0k of potential), 2 are left without (3.7k)." in told
