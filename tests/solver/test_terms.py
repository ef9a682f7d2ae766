"""What terms do where the tables say little: ties between plans, and warnings that a term says nothing."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.audit import AGREEMENT
from solver.engine.solution import Options
from solver.engine.solve import solve
from tests.solver.draw import PERIOD, Case, assignment_of, draw_case, examples

PROVE = Options(time_limit=60, gap=0, workers=1, seed=1)


def people(values: list[float], current: str = "R2") -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    customers = [{"customer_id": f"C{j}", "potential": v, "current_rep": current} for j, v in enumerate(values)]
    return customers, [{"rep_id": f"R{i}", "max_customers": len(values)} for i in range(4)]


# --- continuity: customers without value ---------------------------------------------------------------


@pytest.mark.parametrize("values", [[0, 0, 0, 0, 0, 0], [0, 7, 0, 0, 3, 0]])
def test_of_equal_plans_the_one_in_which_customers_without_value_stay(values: list[float]) -> None:
    case = Case(*people(values), terms={"stay": {"kind": "continuity"}})
    found = solve(case.instance, PROVE)
    assert found.status == "optimal"
    assert found.choice is not None and found.score is not None
    assert set(assignment_of(case.draft, found.choice).values()) == {"R2"}
    assert found.score == pytest.approx(100, abs=case.instance.error)


def test_staying_without_value_never_outweighs_a_term() -> None:
    """Two customers have to share a balance by heads: it holds although everybody would rather stay."""
    terms = {"even": {"kind": "balance", "metric": "customers", "tolerance": 0}, "stay": {"kind": "continuity"}}
    case = Case(*people([0] * 8), terms=terms)
    found = solve(case.instance, PROVE)
    assert found.choice is not None
    audited = case.audit(assignment_of(case.draft, found.choice))
    assert audited.terms["even"] == pytest.approx(100)
    assert [audited.view.moved(j) for j in range(8)].count(False) == 2  # no more than evenness lets stay, no fewer


def test_a_term_without_weight_breaks_no_ties() -> None:
    case = Case(*people([0, 0]), terms={"stay": {"kind": "continuity", "weight": 0}})
    assert not case.instance.option_score.any()


def test_steps_that_break_ties_stay_far_below_what_a_score_may_differ_by() -> None:
    """A family is one unit however many it has: its steps count too."""
    customers, reps = people([0] * 3000)
    case = Case(
        [c | {"parent_id": "P"} for c in customers],
        reps,
        {"family": {"kind": "family"}},
        {"stay": {"kind": "continuity"}, "fit": {"kind": "fit", "value": "customers"}},
    )
    inst = case.instance
    assert inst.n_units == 1
    assert int(inst.option_score.max() - inst.option_score.min()) == 3000
    assert 3000 / inst.scale <= inst.error < AGREEMENT


@examples(60)
@given(rng=st.randoms(use_true_random=False))
def test_without_value_the_model_still_agrees_with_the_audit_and_prefers_to_keep(rng: Random) -> None:
    case = draw_case(rng, rules=3, terms=2)
    worthless = [c | {"potential": 0} for c in case.customers]
    case = case.but(customers=worthless, terms={"stay": {"kind": "continuity"}})
    found = solve(case.instance, PROVE)
    if found.choice is None:
        return
    audited = case.audit(assignment_of(case.draft, found.choice))
    assert audited.score == 100.0
    assert found.score == pytest.approx(100, abs=case.instance.error)
    free = not case.rules and all(r.get("active", True) for r in case.reps)
    if free and audited.view.n_reps:
        assert not any(audited.view.moved(j) for j in range(audited.view.n_customers))


# --- fit that knows nothing ----------------------------------------------------------------------------


def warned(customers: list[dict[str, Any]], reps: list[dict[str, Any]], **profile: Any) -> list[str]:
    case = Case(customers, reps, terms={"fit": {"kind": "fit", "profile": profile}})
    [term] = case.built_terms.values()
    found = [p for p in term.problems(case.tables, PERIOD) if p.code == "no_fit"]
    assert all(p.severity == "warning" for p in found)
    return [p.message for p in found]


def test_fit_without_any_information_is_said() -> None:
    [message] = warned([{"customer_id": "C1"}], [{"rep_id": "R1"}, {"rep_id": "R2"}])
    assert message == (
        "fit cannot tell reps apart: no customer's industry is known; no customer's segment is known; no customer "
        "requires skills; the term is 100 for every plan in which every customer has a rep"
    )


CUSTOMER = {"customer_id": "C1", "industry": "Medical", "segment": "mid", "required_skills": "cloud:2", "grade": 1}


@pytest.mark.parametrize(
    ("reps", "profile", "said"),
    [
        ([{}, {}], {}, ["no rep lists industries", "no rep lists segments", "all reps are equally far above"]),
        ([{"industries": "medical"}] * 2, {}, ["all reps list the same industries that customers have"]),
        ([{"industries": "retail"}, {"industries": "food"}], {}, ["the same industries that customers have"]),
        ([{"industries": "medical"}, {"industries": "food"}], {"industry": 0}, ["industry has no weight"]),
        ([{"skills": "cloud:3"}, {"skills": "cloud:5"}], {"skill": 0}, ["skills have no weight"]),
        ([{}, {"industries": "medical", "active": False}], {}, ["no rep lists industries"]),
        ([{"industries": " MEDICAL "}, {"industries": "food"}], {}, None),
        ([{"segments": "mid"}, {}], {}, None),
        ([{"skills": "cloud:3"}, {"skills": "cloud:5"}], {}, None),
        ([{"takes": "1;2"}, {"takes": "3"}], {"matches": [{"customer": "grade", "rep": "takes"}]}, None),
    ],
)
def test_fit_says_why_it_tells_nothing_and_only_then(
    reps: list[dict[str, Any]], profile: dict[str, Any], said: list[str] | None
) -> None:
    rows = [{"rep_id": f"R{i}", **r} for i, r in enumerate(reps)]
    messages = warned([CUSTOMER], rows, **profile)
    assert len(messages) == (said is not None)
    for words in said or ():
        assert words in messages[0]


@examples(80)
@given(rng=st.randoms(use_true_random=False))
def test_where_fit_is_said_to_tell_nothing_it_is_100_for_any_plan_that_serves_all(rng: Random) -> None:
    case = draw_case(rng, rules=0, terms=0)
    if not warned(case.customers, case.reps):
        return
    case = case.but(terms={"fit": {"kind": "fit"}})
    view = case.audit({}).view
    everyone = sorted(view.everyone)
    if everyone:
        plan = {c["customer_id"]: case.reps[rng.choice(everyone)]["rep_id"] for c in case.customers}
        assert case.audit(plan).terms["fit"] == pytest.approx(100)
