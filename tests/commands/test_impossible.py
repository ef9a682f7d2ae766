"""Exit code 4 comes with the conflict and a repair, on the terminal, as JSON, and in a file to paste."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.command import fairbook


def test_solve_says_why_and_what_would_help_and_writes_it(small: Path) -> None:
    done = fairbook("solve", "plan.yaml", "--set", "reps={R1: {capacity: 8}, R2: {capacity: 8}}", "--json", cwd=small)
    assert done.code == 4
    said = done.json()
    assert {m["rule"] for m in said["conflict"]} == {"coverage", "capacity"}
    assert said["conflict_minimal"] and said["conflict_confirmed"]
    assert said["repair"] == said["repairs"][0]["override"] and said["repairs"][0]["verified"]


def test_the_file_that_is_written_makes_the_plan_possible(small: Path) -> None:
    plan = small / "plan.yaml"
    plan.write_text(plan.read_text() + "repair: {unassigned: null}\n")
    (small / "reps.csv").write_text((small / "reps.csv").read_text().replace(",40", ",8"))
    done = fairbook("solve", "plan.yaml", "--write-repair", "fix.yaml", cwd=small)
    assert done.code == 4
    assert "These rules cannot hold together; without any one of them there is a plan" in done.out
    assert "The cheapest repair (cost " in done.out and "limit of workload by" in done.out
    assert "The repair is in fix.yaml" in done.err
    text = (small / "fix.yaml").read_text()
    assert fairbook("-q", "solve", "plan.yaml", cwd=small).code == 4
    assert fairbook("-q", "solve", "plan.yaml", "--set", "@fix.yaml", cwd=small).code == 0, "the file as it is"
    plan.write_text(plan.read_text() + text)
    assert set(yaml.safe_load(text)) == {"overrides"}
    assert fairbook("solve", "plan.yaml", "--scenario", "repair", cwd=small).code == 0
    impossible = next(r for r in fairbook("runs", "list", "--json", cwd=small).json() if r["status"] == "infeasible")
    shown = fairbook("runs", "show", impossible["id"], cwd=small)
    assert "These rules cannot hold together" in shown.out


def test_no_file_where_there_is_nothing_to_repair(small: Path) -> None:
    done = fairbook("solve", "plan.yaml", "--write-repair", "fix.yaml", cwd=small)
    assert done.code == 0 and not (small / "fix.yaml").exists()
    assert "fix.yaml is not written: the plan is not impossible" in done.err


def test_check_says_it_too_where_counting_proves_it(small: Path) -> None:
    (small / "reps.csv").write_text((small / "reps.csv").read_text().replace(",40", ",8"))
    done = fairbook("check", "plan.yaml", cwd=small)
    assert done.code == 4
    assert "The plan is impossible" in done.out and "These rules cannot hold together" in done.out
    said = fairbook("check", "plan.yaml", "--json", cwd=small).json()
    assert said["impossible"] and said["conflict"] and said["repair"]
    assert "conflict" not in fairbook("check", "plan.yaml", "--set", "coverage=best_effort", "--json", cwd=small).json()
