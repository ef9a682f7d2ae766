"""``fairbook stress``: what it prints, writes and refuses, and a robust plan from what it suggests."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.command import fairbook

KEYS = ("rules.capacity.limit=12", "objectives.continuity=null", "objectives.balance_potential.tolerance=0")
PLAN = ("-q", "solve", "plan.yaml", *(word for key in KEYS for word in ("--set", key)))


@pytest.fixture
def solved(small):
    assert fairbook(*PLAN, cwd=small).code == 0
    return small


def test_json_text_and_pictures(solved):
    asked = ("stress", "latest", "--spread", "workload=30%", "--draws", "500", "--seed", "3")
    document = fairbook(*asked, "--json", cwd=solved).json()
    assert document["draws"] == 500 and document["spread"] == {"workload": 0.3}
    (check,) = document["checks"]
    assert (check["name"], check["kind"], check["metric"]) == ("capacity", "capacity", "workload")
    assert {r["rep_id"] for r in check["reps"]} == {"R1", "R2"}
    for rep in check["reps"]:
        assert rep["chance"]["low"] <= rep["chance"]["share"] <= rep["chance"]["high"]
    done = fairbook(*asked, "--charts", "out", cwd=solved)
    assert done.code == 0 and "workload within the hard limits" in done.out
    assert sorted(p.name for p in (solved / "out").iterdir()) == ["stress-capacity.png", "stress-capacity.svg"]
    assert fairbook(*asked, "--json", cwd=solved).json() == document


def test_the_plan_it_suggests_has_the_chance(solved):
    text = fairbook("stress", "--spread", "workload=0.1", "--level", "0.9", cwd=solved).out
    (suggested,) = re.findall(r"fairbook solve PLAN (--set .+)$", text, re.M)
    done = fairbook(*PLAN, *shlex.split(suggested), "--set", "rules.robust.limit=12", "--json", cwd=solved)
    assert done.code == 0
    after = fairbook("stress", "--json", cwd=solved).json()
    assert all(r["exact"] >= 0.9 for c in after["checks"] for r in c["reps"] if c["kind"] == "capacity")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 3, "no customer has a spread"),
        (("--spread", "workload"), 2, "expected METRIC=SHARE"),
        (("--spread", "workload=much"), 2, "expected METRIC=SHARE"),
        (("--spread", "workload=20"), 3, "0.2 for 20 %"),
        (("--spread", "workload=0.2", "--together-by", "regoin"), 3, "no column 'regoin'"),
        (("--draws", "3"), 2, "10<=x<=100000"),
    ],
)
def test_what_cannot_be_is_said(solved, arguments, code, said):
    done = fairbook("stress", "latest", *arguments, cwd=solved)
    assert done.code == code
    assert said in " ".join((done.out + done.err).split())
