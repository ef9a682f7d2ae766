"""``explain``, ``swaps`` and ``worth`` on the command line, for people and as JSON."""

from __future__ import annotations

import pytest

from tests.command import fairbook


@pytest.fixture
def solved(small):
    done = fairbook("-q", "solve", "plan.yaml", cwd=small)
    assert done.code == 0
    return small


def test_explain_says_why_and_what_the_other_reps_cost(solved):
    document = fairbook("explain", "latest", "C2", "--json", cwd=solved).json()
    assert document["customer"] == "C2"
    assert {r["rep_id"] for r in document["reps"]} == {"R1", "R2"}
    assert sum(r["now"] for r in document["reps"]) == 1
    assert "loss" not in document
    told = fairbook("explain", "latest", "C2", cwd=solved).out
    assert f"It has {document['rep']}" in told
    assert "Points lost with each rep that may have it" in told


def test_the_rep_it_had_is_listed_however_much_it_costs(tmp_path):
    """Among twenty reps, the one that the customer moves away from has the worst score, and still has a line."""
    (tmp_path / "reps.csv").write_text("rep_id\n" + "".join(f"R{n:02d}\n" for n in range(20)), encoding="utf-8")
    rows = "".join(f"C{n:02d},100,R19\n" for n in range(20))
    (tmp_path / "customers.csv").write_text("customer_id,potential,current_rep\n" + rows, encoding="utf-8")
    (tmp_path / "plan.yaml").write_text(
        "period: 2026-Q4\ndata: {customers: {source: customers.csv}, reps: {source: reps.csv}}\n"
        "objectives: {balance: {weight: 9, tolerance: 0}, continuity: {weight: 1}}\nsolve: {workers: 1}\n",
        encoding="utf-8",
    )
    assert fairbook("-q", "solve", "plan.yaml", cwd=tmp_path).code == 0
    each = (fairbook("explain", "latest", f"C{n:02d}", "--json", cwd=tmp_path).json() for n in range(20))
    moved = next(told for told in each if told["rep"] != "R19")
    assert [r["rep_id"] for r in moved["reps"]].index("R19") >= 15, "else it is listed anyway"
    told = fairbook("explain", "latest", moved["customer"], cwd=tmp_path).out
    assert "Before it had R19: to keep that one costs" in told
    assert "R19 (before)" in told
    assert "and 5 more" in told


def test_explain_with_a_rep_gives_the_loss_and_its_bound(solved):
    document = fairbook("explain", "latest", "C2", "--json", cwd=solved).json()
    other = next(r["rep_id"] for r in document["reps"] if not r["now"])
    asked = fairbook("explain", "latest", "C2", "--rep", other, "--json", cwd=solved).json()
    lower, upper = asked["bound"]
    assert 0 <= lower <= asked["loss"] + 1e-3
    assert asked["loss"] <= upper
    assert asked["asked"]["violations"] == []
    assert asked["asked"]["moves"][0]["customer_id"] == "C2"
    told = fairbook("explain", "latest", "C2", "--rep", other, cwd=solved).out
    assert f"If {other} has to take it" in told
    assert "solved again and audited" in told


def test_explain_with_a_rep_that_may_not_have_it_names_the_rule(solved):
    (solved / "reps.csv").write_text(
        "rep_id,name,territories,capacity\nR1,Ann,EMEA,40\nR2,Bob,EMEA/FR,40\n", encoding="utf-8"
    )
    assert fairbook("-q", "solve", "plan.yaml", cwd=solved).code == 0
    asked = fairbook("explain", "latest", "C2", "--rep", "Bob", "--json", cwd=solved).json()
    assert asked["asked"]["status"] == "not_eligible"
    assert (asked["loss"], asked["bound"]) == (None, None)
    assert "R2 may not have C2: territory" in fairbook("explain", "latest", "C2", "--rep", "R2", cwd=solved).out


@pytest.mark.parametrize("arguments", [("explain", "latest", "C9"), ("explain", "latest", "C1", "--rep", "R9"),
                                       ("swaps", "latest", "--rep", "R9"), ("worth", "latest", "--like", "R9")])  # fmt: skip
def test_whom_nobody_knows_is_named(solved, arguments):
    done = fairbook(*arguments, cwd=solved)
    assert done.code == 3
    assert f"{arguments[-1]!r}" in done.err


def test_swaps_lists_what_may_change_hands(solved):
    document = fairbook("swaps", "latest", "--within", "100", "--json", cwd=solved).json()
    assert document["moves"] == sum(e["kind"] == "move" for e in document["listed"]) > 0
    assert document["swaps"] == sum(e["kind"] == "swap" for e in document["listed"]) > 0
    told = fairbook("swaps", "--within", "100", cwd=solved).out
    assert "One customer to another rep" in told
    assert "Two customers whose reps swap them" in told
    assert fairbook("swaps", "--within", "0", "--json", cwd=solved).json()["within"] == 0


def test_a_rep_that_lowers_the_score_is_explained(tmp_path):
    """Where nobody moves, one more rep makes everybody's target smaller and has no book."""
    (tmp_path / "reps.csv").write_text("rep_id\nR1\nR2\n", encoding="utf-8")
    rows = "".join(f"C{n},100,R1\n" for n in range(6))
    (tmp_path / "customers.csv").write_text("customer_id,potential,current_rep\n" + rows, encoding="utf-8")
    (tmp_path / "plan.yaml").write_text(
        "period: 2026-Q4\ndata: {customers: {source: customers.csv}, reps: {source: reps.csv}}\n"
        "objectives: {balance: {weight: 1, tolerance: 0}, continuity: {weight: 9}}\nsolve: {workers: 1}\n",
        encoding="utf-8",
    )
    assert fairbook("-q", "solve", "plan.yaml", cwd=tmp_path).code == 0
    found = fairbook("worth", "--like", "R2", "--json", cwd=tmp_path).json()
    assert found["listed"][0]["points"] < 0
    assert "A rep below 0 lowers the score" in fairbook("worth", "--like", "R2", "--confirm", "0", cwd=tmp_path).out


def test_worth_ranks_and_confirms(solved):
    document = fairbook("worth", "--like", "R1", "--confirm", "1", "--json", cwd=solved).json()
    rep = next(w for w in document["listed"] if w["kind"] == "rep")
    assert rep["what"] == "one more rep like R1"
    assert rep["override"] == {"changes": [{"rep_joins": {"like": "R1"}}]}
    sure = rep["confirmed"]
    assert sure["lower"] <= sure["gain"] <= sure["upper"] + 1e-9
    drawn = fairbook("worth", "--like", "R1", "--confirm", "0", cwd=solved).out  # cells wrap where lines are narrow
    assert "What one more is worth" in drawn and "R1" in drawn
