"""Why nobody may have a customer, where demand exceeds capacity, and the reason of each assignment."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.engine.solution import Options
from solver.engine.solve import solve
from solver.explain import funnel, homeless, listed, overloads, reasons, removed_by, shortfalls
from solver.impossible.pressure import pressures
from tests.solver.draw import AMOUNTS, PLAIN, Case, assignment_of, draw_case, draw_choice, examples
from tests.solver.oracle import best_of, combinations

RANDOM = st.randoms(use_true_random=False)


def test_ids_are_listed_up_to_a_few() -> None:
    assert listed(["a"]) == "a"
    assert listed(list("abcde")) == "a, b, c, d, e"
    assert listed([str(k) for k in range(1007)], 2) == "0, 1 and 1,005 more"


# --- homeless ------------------------------------------------------------------------------------------


def found(case: Case) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(f.message, f.rules, f.customers) for f in homeless(case.draft)]


def test_one_rule_leaves_nobody_and_customers_are_grouped_by_why() -> None:
    case = Case(
        [
            {"customer_id": "C1", "territory": "APAC"},
            {"customer_id": "C2", "territory": "APAC"},
            {"customer_id": "C3", "territory": "LATAM"},
            {"customer_id": "C4", "territory": "EMEA"},
            {"customer_id": "C5", "territory": "EMEA", "required_skills": "rare"},
        ],
        [{"rep_id": "R1", "territories": "EMEA"}],
        {"land": {"kind": "territory"}, "know": {"kind": "skill"}},
    )
    assert {(rules, who) for _, rules, who in found(case)} == {
        (("land",), ("C1", "C2", "C3")),
        (("know",), ("C5",)),
    }
    named = case.but(rules={"territory": {"kind": "territory"}, "skill": {"kind": "skill"}})
    assert [m for m, _, _ in found(named)] == [
        "C1, C2 have no eligible rep: territory leaves nobody (APAC)",
        "C3 has no eligible rep: territory leaves nobody (LATAM)",
        "C5 has no eligible rep: skill leaves nobody",
    ]


def test_rules_that_leave_somebody_each_but_nobody_together() -> None:
    case = Case(
        [{"customer_id": "C1", "territory": "EMEA", "required_skills": "cloud"}],
        [{"rep_id": "R1", "territories": "EMEA"}, {"rep_id": "R2", "territories": "APAC", "skills": "cloud"}],
        {"territory": {"kind": "territory"}, "skill": {"kind": "skill"}, "pin": {"kind": "pin"}},
    )
    [(message, rules, who)] = found(case)
    assert message == ("C1 has no eligible rep: territory leaves R1; skill leaves R2; nobody is in all of them")
    assert (rules, who) == (("territory", "skill"), ("C1",))


def test_a_rule_that_speaks_twice_is_heard_twice() -> None:
    """An exclusion with filters and named pairs removes pairs in two steps."""
    case = Case(
        [{"customer_id": "C1", "segment": "mid"}],
        [{"rep_id": "R1", "team": "South"}, {"rep_id": "R2"}],
        {"never": {"kind": "exclusion", "pairs": [["C1", "R2"]], "reps": "team == 'South'"}},
    )
    assert found(case) == [("C1 has no eligible rep: never leaves nobody", ("never",), ("C1",))]
    assert removed_by(case.draft, 0, 0) == removed_by(case.draft, 0, 1) == ["never"]


def test_a_family_that_clashes_is_named_with_its_members() -> None:
    case = Case(
        [
            {"customer_id": "C1", "territory": "EMEA"},
            {"customer_id": "C2", "territory": "APAC", "parent_id": "C1"},
            {"customer_id": "C3", "territory": "EMEA"},
        ],
        [{"rep_id": "R1", "territories": "EMEA"}, {"rep_id": "R2", "territories": "APAC"}],
        {"skill": {"kind": "skill"}, "land": {"kind": "territory"}, "households": {"kind": "family"}},
    )
    [(message, rules, who)] = found(case)
    assert message == ("C1, C2 have no eligible rep: one family, but C1 may go to R1; C2 may go to R2")
    assert rules == ("households", "land")
    assert who == ("C1", "C2")
    assert removed_by(case.draft, 0, 0) == ["land"]


def test_no_rep_is_active() -> None:
    case = Case([{"customer_id": "C1"}], [{"rep_id": "R1", "active": False}])
    assert found(case) == [("C1 has no eligible rep: no rep is active in the period", ("assignment",), ("C1",))]


@examples(60)
@given(rng=RANDOM)
def test_homeless_are_exactly_those_without_an_eligible_rep(rng: Random) -> None:
    case = draw_case(rng, rules=5, terms=0)
    view = case.audit({}).view
    without = {view.customer_id(j) for j, e in enumerate(view.eligible) if not e}
    findings = homeless(case.draft)
    named = [c for f in findings for c in f.customers]
    assert sorted(named) == sorted(without)
    assert all(f.kind == "no_eligible_rep" and f.rules for f in findings)
    assert all(set(f.rules) <= {*case.rules, "assignment"} for f in findings)
    steps = funnel(case.draft)
    assert steps[0] == ("customers", len(case.customers))
    assert [n for _, n in steps] == sorted((n for _, n in steps), reverse=True)
    if view.active.count(True):
        assert steps[-1][1] == len(case.customers) - len(without)


@examples(60)
@given(rng=RANDOM)
def test_what_removes_a_pair_is_named_and_nothing_else(rng: Random) -> None:
    case = draw_case(rng, rules=5, terms=0)
    view, draft = case.audit({}).view, case.draft
    for j in range(draft.n_customers):
        for i, rep in enumerate(draft.reps["rep_id"]):
            names = removed_by(draft, j, i)
            assert (not names) == (view.rep_at[rep] in view.eligible[j])
            assert set(names) <= set(view.pair_rules)


# --- funnel --------------------------------------------------------------------------------------------


def test_the_funnel_counts_after_each_rule_in_turn() -> None:
    case = Case(
        [
            {"customer_id": "C1", "territory": "EMEA"},
            {"customer_id": "C2", "territory": "APAC", "parent_id": "C1"},
            {"customer_id": "C3", "territory": "EMEA", "required_skills": "rare"},
            {"customer_id": "C4"},
        ],
        [{"rep_id": "R1", "territories": "EMEA"}, {"rep_id": "R2", "territories": "APAC"}],
        {"skill": {"kind": "skill"}, "territory": {"kind": "territory"}, "family": {"kind": "family"}},
    )
    assert funnel(case.draft) == [
        ("customers", 4), ("with skill", 3), ("with territory", 2), ("with a rep for the whole family", 0),
    ]  # fmt: skip


# --- overloads -----------------------------------------------------------------------------------------


def tight(loads: list[float], limits: list[float | None], **customer: Any) -> Case:
    rows = [{"customer_id": f"C{j}", "workload": w, **customer} for j, w in enumerate(loads)]
    reps = [{"rep_id": f"R{i}", "capacity": c} for i, c in enumerate(limits)]
    return Case(rows, reps, {"hours": {"kind": "capacity"}}, coverage=True)


def test_demand_above_the_capacity_of_all() -> None:
    [finding] = overloads(tight([5, 4, 3.5], [6, 6]).draft)
    assert finding.kind == "too_little_capacity"
    assert (finding.demand, finding.limit, finding.metric) == (12.5, 12, "workload")
    assert (finding.rules, finding.reps, finding.customers) == (("hours",), ("R0", "R1"), ("C0", "C1", "C2"))
    assert finding.message == (
        "R0, R1 have 12 workload (hours), but the 3 customers that can go nowhere else need 12.5: C0, C1, C2"
    )


def test_large_figures_are_told_digit_by_digit() -> None:
    [finding] = overloads(tight([1234567.5], [1000000]).draft)
    assert "has 1,000,000 workload" in finding.message
    assert "need 1,234,567.5" in finding.message


def test_a_few_customers_that_can_go_nowhere_else() -> None:
    case = Case(
        [{"customer_id": f"C{j}", "territory": t} for j, t in enumerate(("DE", "DE", "DE", "FR"))],
        [
            {"rep_id": "R1", "territories": "DE", "max_customers": 2},
            {"rep_id": "R2", "territories": "FR", "max_customers": 50},
        ],
        {"territory": {"kind": "territory"}, "heads": {"kind": "capacity", "metric": "customers"}},
        coverage=True,
    )
    [finding] = overloads(case.draft)
    assert (finding.reps, finding.customers) == (("R1",), ("C0", "C1", "C2"))
    assert (finding.demand, finding.limit) == (3, 2)


@pytest.mark.parametrize(("loads", "limits"), [
    ([0.8], [0.7, 0.1]), ([0.3], [0.1, 0.2]), ([0.7, 0.1], [0.8]), ([6, 6], [6, 6]), ([99], [6, None]),
])  # fmt: skip
def test_demand_that_just_fits_is_no_overload(loads: list[float], limits: list[float | None]) -> None:
    assert overloads(tight(loads, limits).draft) == []


def test_customers_that_can_go_elsewhere_put_no_pressure_on_a_rep() -> None:
    case = Case(
        [{"customer_id": "C0", "territory": "DE"}, {"customer_id": "C1", "territory": "DE/N"}],
        [{"rep_id": "R1", "territories": "DE", "max_customers": 1}, {"rep_id": "R2", "territories": "DE/N"}],
        {"territory": {"kind": "territory"}, "heads": {"kind": "capacity", "metric": "customers", "limit": 1}},
        coverage=True,
    )
    assert overloads(case.draft) == []
    assert solve(case.instance, Options(workers=1)).unassigned == 0


def test_pressure_is_told_before_it_is_too_much() -> None:
    [pressure] = pressures(tight([3, 6], [12]).draft)
    assert (pressure.demand, pressure.limit, pressure.share) == (9, 12, 0.75)
    [nothing] = pressures(tight([3], [0]).draft)
    assert nothing.share == float("inf")


def naive(case: Case) -> list[tuple[str, str, tuple[str, ...], tuple[str, ...], float, float]]:
    """Pressures by looking at every unit against every set, with decimals."""
    draft, told = case.draft, []
    pairs, ids = draft.pairs, draft.customers["customer_id"].tolist()
    for load in draft.loads:
        row = {o: (r, a) for o, r, a in zip(load.option.tolist(), load.row.tolist(), load.amount.tolist(), strict=True)}
        uses: dict[int, tuple[frozenset[int], Decimal]] = {}
        for unit in range(len(pairs.indptr) - 1):
            own = [row.get(o, (-1, 0.0)) for o in range(pairs.indptr[unit], pairs.indptr[unit + 1])]
            if own and all(r >= 0 and np.isfinite(load.upper[r]) for r, _ in own):
                uses[unit] = frozenset(r for r, _ in own), min(Decimal(repr(float(a))) for _, a in own)
        sets = {rows for rows, _ in uses.values()}
        for which in sets | ({frozenset().union(*sets)} if sets else set()):
            inside = [u for u, (rows, _) in uses.items() if rows <= which]
            who = tuple(ids[j] for j, u in enumerate(draft.label.tolist()) if u in inside)
            labels = tuple(load.labels()[r] for r in sorted(which))
            limit = float(sum(Decimal(repr(float(load.upper[r]))) for r in which))
            need = float(sum((uses[u][1] for u in inside), Decimal()))
            told.append((load.source, load.metric, labels, who, need, limit))
    return sorted(told)


@examples(120)
@given(rng=RANDOM)
def test_pressures_are_what_counting_by_hand_finds(rng: Random) -> None:
    case = draw_case(rng, rules=5, terms=0, most_customers=10)
    found = pressures(case.draft)
    assert sorted((p.rule, p.metric, p.who, p.customers, p.demand, p.limit) for p in found) == naive(case)
    assert [p.share for p in found] == sorted((p.share for p in found), reverse=True)


def budget(scope: str, direction: str = "both", customers: int = 6) -> Case:
    """One family, half of it with each of two reps: whoever gets it, half of it moves."""
    rows = [{"customer_id": f"C{j}", "current_rep": f"R{j % 2}", "parent_id": "P"} for j in range(customers)]
    moves = {"kind": "move_budget", "limit": 1, "scope": scope, "direction": direction}
    reps = [{"rep_id": "R0", "team": "North"}, {"rep_id": "R1"}]
    return Case(rows, reps, {"family": {"kind": "family"}, "moves": moves}, coverage=True)


@pytest.mark.parametrize(("scope", "direction", "reps", "teams", "message"), [
    ("total", "both", (), (), "1 customers may change hands (moves), but 3 have to, "),
    ("team", "out", (), ("North", "no team"), "team North and the reps without a team may give away 2 customers "
     "(moves), but would have to give away 3, "),
    ("rep", "in", ("R0", "R1"), (), "R0, R1 may take over 2 customers (moves), but would have to take over 3, "),
])  # fmt: skip
def test_findings_on_moves_name_reps_and_teams_apart(
    scope: str, direction: str, reps: tuple[str, ...], teams: tuple[str, ...], message: str
) -> None:
    [finding] = overloads(budget(scope, direction).draft)
    assert (finding.reps, finding.teams, finding.rules) == (reps, teams, ("moves",))
    assert finding.message == f"{message}in families whose members have different reps: C0, C1, C2 and 3 more"


def test_a_team_is_no_rep_in_what_is_tight() -> None:
    told = {p.who: (p.reps, p.teams, p.way) for p in pressures(budget("team").draft)}
    assert told == {
        ("North out", "no team out"): ((), ("North", "no team"), "out"),
        ("North in", "no team in"): ((), ("North", "no team"), "in"),
    }
    assert {p.reps for p in pressures(budget("rep").draft)} == {("R0", "R1")}


@examples(50)
@given(rng=RANDOM)
def test_an_overload_is_a_proof(rng: Random) -> None:
    numbers = PLAIN if rng.random() < 0.5 else AMOUNTS
    case = draw_case(rng, rules=2, terms=0, numbers=numbers).but(coverage=True)
    limit: dict[str, Any] = {"kind": "capacity", "metric": rng.choice(("workload", "customers", "potential"))}
    limit |= {"limit": rng.choice((1, 2, 5, 0.8, 33.333333, 1e9))}
    case = case.but(rules=case.rules | {"limit": limit})
    assume(overloads(case.draft))
    if combinations(case) <= 300:
        assert best_of(case) is None
    assert solve(case.instance, Options(workers=1)).status == "infeasible"


@examples(50)
@given(rng=RANDOM)
def test_a_shortfall_is_a_proof(rng: Random) -> None:
    case = draw_case(rng, rules=2, terms=0, numbers=PLAIN)
    least: dict[str, Any] = {"kind": "capacity", "metric": rng.choice(("workload", "customers")), "limit": 1e9}
    case = case.but(rules=case.rules | {"least": least | {"min": rng.choice((1, 2, 5))}})
    assume(shortfalls(case.draft))
    assert solve(case.instance, Options(workers=1)).status == "infeasible"


# --- reasons -------------------------------------------------------------------------------------------


def why(case: Case, assignment: dict[str, str | None]) -> list[str]:
    at = case.draft.rep_at
    rep_of = [at.get(assignment.get(c) or "", -1) for c in case.draft.customers["customer_id"]]
    return reasons(case.draft, np.array(rep_of, dtype=np.int64))


def test_each_assignment_has_its_reason() -> None:
    case = Case(
        [
            {"customer_id": "stays", "current_rep": "R1", "territory": "EMEA", "potential": 5},
            {"customer_id": "new", "territory": "EMEA", "potential": 5, "industry": "medical"},
            {"customer_id": "gone", "current_rep": "R3", "territory": "EMEA", "potential": 5},
            {"customer_id": "forced", "current_rep": "R1", "territory": "APAC", "potential": 5},
            {"customer_id": "moves", "current_rep": "R1", "territory": "EMEA", "industry": "medical", "potential": 5},
            {"customer_id": "child", "parent_id": "stays", "territory": "EMEA", "current_rep": "R2", "potential": 5},
            {"customer_id": "nowhere", "territory": "LATAM"},
            {"customer_id": "left", "territory": "EMEA"},
        ],
        [
            {"rep_id": "R1", "territories": "EMEA", "industries": "retail", "max_customers": 2},
            {"rep_id": "R2", "territories": "EMEA; APAC", "industries": "medical", "max_customers": 4},
            {"rep_id": "R3", "active": False},
        ],
        {
            "territory": {"kind": "territory"},
            "family": {"kind": "family"},
            "heads": {"kind": "capacity", "metric": "customers"},
        },
        {"suits": {"kind": "fit"}},
    )
    told = why(
        case,
        {"stays": "R1", "child": "R1", "new": "R2", "gone": "R2", "forced": "R2", "moves": "R2"},
    )
    assert dict(zip(case.draft.customers["customer_id"], told, strict=True)) == {
        "stays": "stays with its current rep, with its family of 2",
        "child": told[5],
        "new": told[1],
        "gone": told[2],
        "forced": "R1 may not have it any more (territory) (the only eligible rep)",
        "moves": "moves for suits",
        "nowhere": "territory leaves nobody (LATAM)",
        "left": "no room left with its 2 eligible reps; full: R1, R2",
    }
    assert told[1].startswith("had no rep: ")
    assert told[1].endswith("for suits")
    assert told[2].startswith("its rep R3 is gone: ")
    assert told[5].startswith("moves, with its family")
    assert told[5].endswith("with its family of 2")


@examples(80)
@given(rng=RANDOM)
def test_any_plan_can_be_explained(rng: Random) -> None:
    case = draw_case(rng, rules=5, terms=3)
    draft = case.draft
    assignment = assignment_of(draft, draw_choice(rng, draft))
    told = why(case, assignment)
    assert len(told) == len(case.customers)
    view = case.audit(assignment).view
    for j, sentence in enumerate(told):
        assert sentence
        assert "nan" not in sentence
        kept = view.rep_of[j] >= 0 and view.rep_of[j] == view.current[j]
        assert sentence.startswith("stays") == kept
