"""``horizon`` on the command line."""

from __future__ import annotations

from tests.command import fairbook


def test_horizon_plans_periods_together_and_keeps_a_run_each(small):
    asked = ("horizon", "plan.yaml", "--period", "2027-Q1", "--rep-joined", "like R1 as Eve from 2027-01-01")
    told = fairbook(*asked, cwd=small)
    assert told.code == 0, told.err
    assert "2 periods planned together" in told.out
    assert "Planned together the periods score" in told.out
    runs = fairbook("runs", "list", "--json", cwd=small).json()
    assert [r["scenario"] for r in runs] == ["horizon-2027-Q1", "horizon-2026-Q4"]
    document = fairbook(*asked, "--json", cwd=small).json()
    assert document["periods"] == ["2026-Q4", "2027-Q1"]
    assert document["gain"] >= -1e-9
    assert {p["run"] for p in document["together"]["periods"]} == {r["id"] for r in
                                                                 fairbook("runs", "list", "--json", cwd=small).json()[:2]}  # fmt: skip
    assert fairbook("runs", "audit", "horizon-2027-Q1", cwd=small).code == 0


def test_mistakes_are_named(small):
    done = fairbook("horizon", "plan.yaml", "--period", "2026-Q3", cwd=small)
    assert (done.code, "begins on 2026-07-01" in done.err) == (3, True)
    done = fairbook("horizon", "plan.yaml", "--period", "2027-Q1", "--rep-left", "R9", cwd=small)
    assert (done.code, "there is no rep 'R9'" in done.err) == (3, True)
