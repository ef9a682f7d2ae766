import dataclasses
import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import metrics
from scenarios.run import figures
from tests.reports.sample import sample, without_plan

runs = st.builds(
    sample,
    reps=st.integers(1, 9),
    teams=st.integers(1, 3),
    customers=st.integers(1, 60),
    seed=st.integers(0, 10_000),
    optimal=st.booleans(),
)


def with_result(**changes):
    run = sample()
    return dataclasses.replace(run, result=run.result | changes)


@pytest.mark.parametrize(
    ("status", "score", "bound", "said"),
    [
        ("optimal", 87.3, 87.3, "87.3 of at most 87.3"),
        ("optimal", 87.3, 87.30004, "87.3 of at most 87.3"),
        ("feasible", 87.3, 87.4, "87.3 of at most 87.4"),
        ("feasible", 87.31, 87.33, "87.31 of at most 87.33"),
        ("feasible", 82.126, 82.153, "82.13 of at most 82.15"),  # 82.1 of 82.2 would tell of a gap four times as large
        ("feasible", 87.311, 87.313, "87.311 of at most 87.313"),
        ("feasible", 87.3, None, "87.3"),
        ("no_plan", None, 99.0, "no plan"),
    ],
)
def test_the_score_in_words_never_hides_a_gap(status, score, bound, said):
    gap = None if score is None or bound is None else bound - score
    assert metrics.in_words(with_result(status=status, score=score, bound=bound, gap=gap)) == said


def test_the_verdict_claims_no_more_than_is_proven():
    assert "Proven optimal" in metrics.verdict(with_result(status="optimal"))
    assert metrics.verdict(with_result(gap=0.1)) == "Within 0.10 points of the best possible."
    assert "less than 0.01 points" in metrics.verdict(with_result(gap=0.0004))
    assert "not known" in metrics.verdict(with_result(gap=None))
    assert metrics.verdict(without_plan()) == "No plan can keep every rule."
    assert "stopped before" in metrics.verdict(without_plan("no_plan"))


@pytest.mark.parametrize(
    ("reproducible", "stopped", "word"),
    [(True, "proven", ""), (False, "time", "clock"), (False, "cancelled", "interrupted"), (False, "proven", "workers")],
)
def test_a_run_that_need_not_come_out_the_same_says_why(reproducible, stopped, word):
    said = metrics.caveat(with_result(reproducible=reproducible, stopped=stopped))
    assert (word in said) if word else said == ""


def test_terms_share_out_the_score():
    table = metrics.terms(sample())
    assert table["points"].tolist() == pytest.approx([34.4, 27.93, 25.2])
    assert table["most"].tolist() == pytest.approx([40, 30, 30])
    assert (table["points"] + table["missed"]).tolist() == pytest.approx(table["most"].tolist())
    weightless = with_result(terms={"a": {"kind": "fit", "score": 50.0, "weight": 0}})
    assert metrics.terms(weightless)[["points", "most", "missed"]].to_numpy().tolist() == [[0, 0, 0]]


def test_books_are_sorted_and_complete():
    table = metrics.books(sample(), "potential")
    assert list(table.columns) == [
        "rep_id", "name", "team", "active", "before", "after", "target", "low", "high", "min", "max",
    ]  # fmt: skip
    assert table[["team", "name"]].apply(tuple, axis=1).is_monotonic_increasing
    assert math.isnan(table.loc[table["rep_id"] == "R07", "target"].item())
    with pytest.raises(KeyError):
        metrics.books(sample(), "revenue")


def test_metrics_with_targets_come_first_then_those_with_limits():
    assert metrics.metrics(sample()) == ["potential", "workload", "customers"]


def test_balance_and_retention_are_the_figures_of_the_run():
    run = sample(12, 3, 200)
    table = metrics.balance(run).set_index(["metric", "measure"])
    after = figures.balance(run.books, "potential")
    assert table.loc[("potential", "gini"), "after"] == after["gini"]
    assert table.loc[("potential", "within"), "after"] == after["within"] / after["of"]
    kept = metrics.retention(run).set_index("measure")
    expected = figures.retention(run.assignment)
    assert kept["share"].tolist() == [expected["count"], expected["value"], expected["top_decile"]]
    assert (kept["kept"] / kept["of"]).tolist() == pytest.approx(kept["share"].tolist())
    assert kept.loc["customers", "forced"] == (run.assignment["moved"] == "forced").sum()


@settings(max_examples=40, deadline=None)
@given(runs)
def test_every_customer_is_counted_once(run):
    head = metrics.headline(run)
    assert head["kept"] + head["chosen"] + head["forced"] + head["new"] + head["unassigned"] == head["customers"]
    moves, flows, teams = metrics.moves(run), metrics.flows(run), metrics.flows(run, by="team")
    lost = (metrics.left_out(run)["from_rep"] != "").sum()
    assert len(moves) == head["chosen"] + head["forced"] + head["new"]
    assert flows["customers"].sum() == teams["customers"].sum() == len(moves) + lost
    assert flows["potential"].sum() == pytest.approx(teams["potential"].sum())
    assert not ((flows["source"] == flows["target"]) & (flows["source"] != "")).any()
    assert set(flows.loc[flows["gone"], "source"]) <= {run.tables.reps["rep_id"].iloc[-1]}


@settings(max_examples=15, deadline=None)
@given(runs, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_means_nothing(run, chance):
    order = list(range(len(run.assignment)))
    chance.shuffle(order)
    books = run.books.iloc[::-1].reset_index(drop=True)
    other = dataclasses.replace(run, assignment=run.assignment.iloc[order].reset_index(drop=True), books=books)
    for figure in (metrics.moves, metrics.flows, metrics.retention, metrics.balance, metrics.most_loaded):
        pd.testing.assert_frame_equal(figure(run), figure(other), rtol=1e-9)


def test_a_move_names_people_and_a_rep_that_is_in_no_table_by_its_id():
    run = sample()
    odd = run.assignment.assign(previous_rep=run.assignment["previous_rep"].replace("R07", "ghost"))
    moves = metrics.moves(dataclasses.replace(run, assignment=odd)).set_index("customer_id")
    assert set(moves.loc[moves["kind"] == "forced", "from_name"]) == {"ghost"}
    assert (moves.loc[moves["kind"] == "new", "from_rep"] == "").all()
    assert moves["potential"].is_monotonic_decreasing


def test_the_fullest_reps_are_those_nearest_to_their_limit_or_else_their_target():
    table = metrics.most_loaded(sample(), 3)
    assert set(table["metric"]) == {"workload"} and set(table["of"]) == {"limit"}
    assert table["share"].is_monotonic_decreasing and table["rep_id"].is_unique
    run = sample()
    free = dataclasses.replace(run, books=run.books.assign(workload_max=math.nan))
    assert set(metrics.most_loaded(free)["of"]) == {"target"}


def test_without_a_plan_there_is_nothing_to_move():
    run = without_plan()
    assert metrics.moves(run).empty and metrics.flows(run).empty and metrics.terms(run).empty
    assert metrics.most_loaded(run).empty
    assert metrics.headline(run)["in_words"] == "no plan"
    assert len(metrics.left_out(run)) == 40
