"""What differs between two runs."""

import json

from scenarios.run.diff import diff
from scenarios.run.record import to_json
from solver.tables import Tables
from tests.reports.sample import sample, without_plan
from tests.scenarios.storing import make_run


def test_a_run_and_itself():
    found = diff(make_run(), make_run())
    assert found.same
    assert len(found.customers) == 0
    assert found.customers.columns.tolist() == ["customer_id", "rep_a", "rep_b", "potential"]
    assert found.common == 5
    assert found.terms == {"fit": (80.0, 80.0)}


def test_everything_that_can_differ():
    a, b = make_run(1), make_run(2, scenario="lean")
    b.plan["rules"] = {"moves": {"share": 0.05, "metric": "potential"}, "pin": {}}
    del b.plan["names"]
    a.plan["flag"], b.plan["flag"] = 1, True
    b.result.update(terms={"travel": {"score": 70.0, "weight": 1}}, input_hashes={"reps": "cd"}, status="optimal")
    found = diff(a, b)
    assert not found.same
    assert (found.a, found.b) == (a.id, b.id)
    assert found.scenarios == ("base", "lean")
    assert found.statuses == ("feasible", "optimal")
    assert found.score == (80.1, 80.2)
    assert found.bound == (90, 90)
    assert found.terms == {"fit": (80.0, None), "travel": (None, 70.0)}
    assert sorted((c.path, c.old, c.new) for c in found.plan) == [
        ("flag", 1, True),
        ("names", ["王", None, True, 1], None),
        ("rules.moves.metric", None, "potential"),
        ("rules.moves.share", 0.1, 0.05),
        ("rules.pin", None, {}),
    ]
    assert found.inputs == {"customers": ("ab" * 32, None), "reps": (None, "cd")}
    assert found.customers["customer_id"].tolist() == ["C4", "C3", "C2", "C1", "C0"]  # the most valuable first
    assert found.customers.iloc[0].tolist() == ["C4", "R2", "R1", 1000.5 * 5]


def test_customers_that_are_unassigned_or_in_one_run_only():
    a = make_run(2)
    more = [{"customer_id": f"C{i}", "potential": 7} for i in (0, 1, 2, 3, 9)]
    b = make_run(2, tables=Tables.of(more, []), assignment=a.assignment.drop(index=0))
    found = diff(a, b)
    assert found.customers.astype(object).to_numpy().tolist() == [
        ["C4", "R1", None, 1000.5 * 5],
        ["C0", "R1", "", 7.0],
        ["C9", None, "", 7.0],
    ]
    assert found.common == 4


def test_against_a_run_without_a_plan():
    found = diff(sample(), without_plan())
    assert found.score[1] is None
    assert set(found.customers["rep_b"]) == {""}
    assert len(found.customers) == len(sample().assignment)
    document = json.loads(to_json(found.as_dict()))
    assert document["customers"][0]["rep_b"] == ""
    assert document["statuses"] == ["feasible", "infeasible"]
