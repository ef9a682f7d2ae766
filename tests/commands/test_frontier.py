"""``fairbook frontier``: what it prints, writes and refuses."""

from __future__ import annotations

import pytest
import yaml

from tests.command import fairbook

SIDES = ("--x", "continuity", "--y", "balance_potential", "--points", "4")


def test_json_picture_and_override(small):
    done = fairbook(
        "-q", "frontier", "plan.yaml", *SIDES, "--json", "--chart", "c.svg", "--adopt", "1", "--write", "o.yaml",
        cwd=small,
    )  # fmt: skip
    assert done.code == 0
    found = done.json()
    assert found["points"] and found["bound_of"] in {"x", "y"}
    for point in found["points"]:
        assert point["bound"] >= point[found["bound_of"]] and point["gap"] >= 0
    assert (small / "c.svg").read_text(encoding="utf-8").startswith("<?xml")
    written = yaml.safe_load((small / "o.yaml").read_text(encoding="utf-8"))
    assert written == {"overrides": {"frontier_1": found["points"][0]["override"]}}
    patched = (small / "plan.yaml").read_text() + yaml.safe_dump(written)
    (small / "next.yaml").write_text(patched)
    solved = fairbook("-q", "solve", "next.yaml", "-s", "frontier_1", "--json", cwd=small)
    assert solved.code == 0
    assert solved.json()["terms"]["continuity"]["score"] >= found["points"][0]["x"] - 0.011


def test_text_ends_with_the_override_asked_for(small):
    done = fairbook("-q", "frontier", "plan.yaml", *SIDES, "--adopt", "1", cwd=small)
    assert done.code == 0 and "Continuity against balance potential" in done.out
    assert "at_least" in done.out.split("overrides:\n")[1]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--x", "continuty", "--y", "score"), 3, "did you mean continuity"),
        (("--x", "score", "--y", "score"), 3, "are the same"),
        ((*SIDES, "--write", "o.yaml"), 2, "--write needs --adopt"),
        ((*SIDES, "--chart", "c.gif"), 2, "must end in .png, .svg, .pdf"),
        ((*SIDES, "--adopt", "99"), 3, "there is no point 99"),
        ((*SIDES, "--set", "rules.capacity.limit=5"), 4, ""),
    ],
)
def test_what_cannot_be_is_said_and_nothing_written(small, arguments, code, said):
    done = fairbook("-q", "frontier", "plan.yaml", *arguments, cwd=small)
    assert done.code == code
    assert said in " ".join((done.out + done.err).split())
    assert sorted(p.name for p in small.iterdir()) == ["customers.csv", "plan.yaml", "reps.csv"]


def test_solve_shows_what_each_priority_came_to(small):
    done = fairbook(
        "-q", "solve", "plan.yaml", "--set", "objectives.continuity.priority=2", "--set",
        "objectives.balance_potential.give_up=1", cwd=small,
    )  # fmt: skip
    assert done.code == 0 and "Priorities, one after another" in done.out
    impossible = fairbook(
        "-q", "solve", "plan.yaml", "--set", "objectives.balance_potential.at_least=100", "--set",
        "objectives.balance_potential.tolerance=0", "--json", cwd=small,
    )  # fmt: skip
    assert impossible.code == 4
    assert "objectives.balance_potential.at_least" in str(impossible.json()["findings"])
