"""Trade-off curves of small plans against all assignments there are; knees, dominated points, points adopted."""

from __future__ import annotations

from itertools import pairwise, product
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

import solver.engine.aims.levels as levels
from scenarios.frontier import frontier as module
from scenarios.frontier.axes import axis
from scenarios.frontier.curve import Place, Point, adopted, document, knee_of, override, undominated
from scenarios.frontier.frontier import trace
from scenarios.plan.plan import parse_plan
from scenarios.run.prepare import Prepared, prepare
from scenarios.run.run import solve_prepared
from solver.audit import AGREEMENT
from solver.engine.solution import Options
from solver.problems import InputError
from tests.solver.draw import PERIOD, PLAIN, Case, draw_case, examples, with_term
from tests.solver.oracle import combinations, options_of

RANDOM = st.randoms(use_true_random=False)
PROVE = Options(time_limit=60, gap=0, workers=1, seed=1)


def prepared_of(case: Case) -> Prepared:
    source = {"period": "2026-Q4", "data": {"customers": {"source": "c.csv"}, "reps": {"source": "r.csv"}},
              "rules": case.rules, "objectives": case.terms,
              "coverage": "required" if case.coverage else "best_effort"}  # fmt: skip
    plan = parse_plan(source)
    assert plan.period == PERIOD
    return Prepared(Path("plan.yaml"), "base", plan, case.tables, case.draft, case.instance, (), (), {})


def drawn(rng: Random) -> Case:
    case = draw_case(rng, rules=2, terms=0, most_customers=5, most_reps=3, numbers=PLAIN)
    for kind in (rng.choice(("balance", "continuity", "fit", "travel")), rng.choice(("balance", "balance", "fit"))):
        case = with_term(rng, case, kind)
    assume(2 <= combinations(case) <= 250)
    return case


def all_plans(case: Case) -> list[dict[str, float]]:
    """The terms' values of every assignment that holds and leaves the fewest without a rep."""
    options, found = options_of(case), []
    for reps in product(*options.values()):
        checked = case.audit(dict(zip(options, reps, strict=True)))
        if not checked.violations:
            found.append((len(checked.unassigned), checked.terms))
    fewest = min((n for n, _ in found), default=0)
    return [terms for n, terms in found if n == fewest]


def check_points(case: Case, exact: bool) -> None:
    """No plan has more of x than a point without losing of y, by more than the point's gap."""
    plans = all_plans(case)
    assume(plans)
    x, y = case.terms
    found = trace(prepared_of(case), x, y, points=4, options=PROVE)
    assert found.points
    places = [(p.place.x, p.place.y) for p in found.points]
    assert places == sorted(places)
    for p in found.points:
        assert p.limit is not None
        a, b = (p.place.y, p.place.x) if found.method == "floor on y" else (p.place.x, p.place.y)
        held, free = (y, x) if found.method == "floor on y" else (x, y)
        assert case.audit(p.assignment).violations == ()
        better = [t[free] for t in plans if t[held] >= a]
        assert max(better, default=b) <= p.limit + 1e-6
        if exact:  # what is proven is also reached, up to the reward on the held side
            assert p.limit - b <= 0.1 + AGREEMENT
    for i, j in pairwise(places):  # none is dominated
        assert j[0] > i[0] and j[1] < i[1]
    if exact:
        assert max(t[x] for t in plans) <= found.points[-1].place.x + AGREEMENT
        assert max(t[y] for t in plans) <= found.points[0].place.y + AGREEMENT
        assert all(m is not None for m in (found.most_x, found.most_y))


@examples(40)
@given(rng=RANDOM)
def test_points_hold_against_brute_force(rng: Random) -> None:
    check_points(drawn(rng), exact=True)


@examples(40)
@given(rng=RANDOM)
def test_points_hold_where_floors_over_balance_are_not_put_in_rows(rng: Random) -> None:
    """The ways of large plans, roles swapped and weights, on small ones."""
    case = drawn(rng)
    before = module.EXACT, levels.EXACT
    module.EXACT = levels.EXACT = 0
    try:
        check_points(case, exact=False)
    finally:
        module.EXACT, levels.EXACT = before


def point(x: float, y: float, score: float = 0.0) -> Point:
    return Point(Place(x, y, score, {}, 0, ()), None, "feasible", "gap", {})


def test_dominated_points_are_dropped_and_of_equals_the_best_score_stays() -> None:
    points = [point(1, 9), point(5, 5), point(4, 5), point(5, 4), point(9, 1, 2), point(9, 1, 3), point(2, 9)]
    kept = undominated(points)
    assert [(p.place.x, p.place.y) for p in kept] == [(2, 9), (5, 5), (9, 1)]
    assert kept[-1].place.score == 3


@pytest.mark.parametrize(
    ("curve", "knee"),
    [
        ([(0, 10), (8, 9), (9, 2), (10, 0)], 1),
        ([(0, 1000), (5, 500), (10, 0)], None),
        ([(0, 10), (1, 1), (10, 0)], None),
        ([(0, 10), (10, 0)], None),
        ([], None),
    ],
)
def test_the_knee_is_farthest_above_the_chord(curve, knee) -> None:
    assert knee_of(curve) == knee


PLAN = """
period: 2026-Q4
data: {customers: {source: customers.csv}, reps: {source: reps.csv}}
coverage: required
rules: {capacity: {kind: capacity, metric: customers, limit: 4}}
objectives:
  balance_potential: {kind: balance, metric: potential, tolerance: 0, weight: 1}
  continuity: {weight: 1, value: customers}
solve: {time_limit: 20, gap: 0, workers: 1}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [(f"C{i}", ("R1", "R1", "R1", "R2", "")[i % 5], (7, 19, 31, 4, 12, 9, 27)[i % 7]) for i in range(7)]
    text = "".join(f"{c},{r},{p}\n" for c, r, p in rows)
    (tmp_path / "customers.csv").write_text("customer_id,current_rep,potential\n" + text)
    (tmp_path / "reps.csv").write_text("rep_id\nR1\nR2\n")
    (tmp_path / "plan.yaml").write_text(PLAN)
    return tmp_path


def test_a_point_adopted_is_solved_to_where_it_lies(folder: Path) -> None:
    found = trace(prepare(folder / "plan.yaml"), "retention", "balance_potential", 6)
    assert len(found.points) > 2
    for n, p in enumerate(found.points, 1):
        patch = yaml.safe_load(adopted(found, n))
        assert patch == {"overrides": {f"frontier_{n}": override(found, n)}}
        (folder / "next.yaml").write_text(PLAN + yaml.safe_dump(patch))
        run = solve_prepared(prepare(folder / "next.yaml", f"frontier_{n}"))
        assert run.result["status"] == "optimal"
        terms = run.result["terms"]
        assert terms["retention"]["score"] >= p.place.x - 0.011
        assert terms["balance_potential"]["score"] >= p.place.y - 0.011
    with pytest.raises(InputError, match="there is no point"):
        override(found, len(found.points) + 1)


def test_figures_where_less_is_better_are_shown_as_people_read_them(folder: Path) -> None:
    prepared = prepare(folder / "plan.yaml")
    kept = document(trace(prepared, "retention", "score", 4))
    moved = document(trace(prepared, "money_moved", "score", 4))
    assert [p["x"] for p in moved["points"]] == pytest.approx([100 - p["x"] for p in kept["points"]])
    assert moved["x"]["less_is_better"] and moved["x"]["bound"] == pytest.approx(100 - kept["x"]["bound"])
    assert moved["today"]["x"] == 0 and moved["today"]["unassigned"] == 1
    assert moved["waterfall"]["violations"] == 0


def test_a_plan_that_cannot_be_has_no_curve_but_findings(folder: Path) -> None:
    (folder / "plan.yaml").write_text(PLAN.replace("limit: 4", "limit: 3"))
    found = document(trace(prepare(folder / "plan.yaml"), "continuity", "balance_potential", 4))
    assert (found["status"], found["points"]) == ("infeasible", [])
    assert found["findings"]


def test_cancelling_keeps_the_points_found(folder: Path) -> None:
    told: list[int] = []
    found = trace(
        prepare(folder / "plan.yaml"), "continuity", "balance_potential", 6,
        tell=lambda n, total, p: told.append(n), cancelled=lambda: bool(told) and max(told) >= 2,
    )  # fmt: skip
    assert found.points and max(told) < 4
    assert any("stopped" in n for n in found.notes)


def test_what_no_curve_can_be_drawn_between_is_said(folder: Path) -> None:
    prepared = prepare(folder / "plan.yaml")
    with pytest.raises(InputError, match="no term or figure 'continuty'") as wrong:
        trace(prepared, "continuty", "score")
    assert "continuity" in wrong.value.problems[0].fix
    for x, y in (("continuity", "continuity"), ("money_moved", "retention")):
        with pytest.raises(InputError, match="are the same"):
            trace(prepared, x, y)
    with pytest.raises(InputError, match="no term of the plan counts"):
        axis("score", {}, "--x")
