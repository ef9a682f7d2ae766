"""Mid-period repair: who has to move moves, who may stay stays, and what is said of it is so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scenarios.horizon.repair import Repaired, Threshold, penalised, repair
from scenarios.run.run import audit_again, solve_prepared
from scenarios.run.warm import choice_of
from solver.engine.solution import Options
from solver.engine.solve import solve
from solver.problems import InputError
from tests.scenarios.questions import prepared_of, small_run

EXACT = Options(time_limit=20, gap=0, workers=1)


def somebody(run) -> str:
    """The rep with most customers."""
    return str(run.assignment["rep_id"].value_counts().index[0])


def fixed(seed: int, threshold: str, *sets: str) -> tuple[Repaired, object]:
    run = small_run(seed)
    leaves = f"changes=[{{rep_leaves: {{rep: {somebody(run)}}}}}]"
    return repair(run, (leaves, "rules.capacity=null", *sets), Threshold.read(threshold))


def had(run) -> dict[str, str]:
    return dict(zip(run.assignment["customer_id"], run.assignment["rep_id"], strict=True))


SEEDS = range(6)


@pytest.mark.parametrize("seed", SEEDS)
def test_never_moves_only_those_who_have_to(seed):
    found, _ = fixed(seed, "never", "rules.moves=null")
    if found.run.result["score"] is None:
        pytest.fail(str(found.run.result["findings"]))
    before, after = had(small_run(seed)), had(found.run)
    gone = somebody(small_run(seed))
    moved = {c for c, r in before.items() if after.get(c) != r}
    assert {c for c, r in before.items() if r == gone} <= moved
    forced = {m.customer_id for m in found.moves if m.kind in {"forced", "lost"}}
    assert found.count("chosen") == 0
    assert moved <= forced, "whoever moved had to"
    assert gone not in after.values()
    assert audit_again(found.run).violations == ()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_threshold_of_0_is_a_fresh_solve(seed):
    found, prepared = fixed(seed, "0")
    fresh = solve_prepared(prepared, options=EXACT)
    assert found.run.result["status"] == fresh.result["status"]
    if fresh.result["score"] is not None:
        assert found.run.result["score"] == pytest.approx(fresh.result["score"], abs=1e-3)
        assert len(found.run.unassigned) == len(fresh.unassigned)
        assert found.lost_most < 2e-3


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("threshold", ["0.5", "cost"])
def test_moves_by_choice_pay_what_they_are_asked_and_dearer_ones_are_fewer(seed, threshold):
    found, prepared = fixed(seed, threshold)
    free, _ = fixed(seed, "0")
    if found.run.result["score"] is None:
        assert free.run.result["score"] is None
        return
    assert len(found.run.unassigned) == len(free.run.unassigned), "coverage comes first at any threshold"
    assert found.run.result["score"] <= free.run.result["score"] + 1e-3
    assert free.run.result["score"] <= found.run.result["bound"] + 1e-3
    after = had(found.run)
    score = found.run.result["score"]
    draft, instance = prepared.draft, prepared.instance
    rep_of = np.array([draft.rep_at.get(after.get(c), -1) for c in draft.customers["customer_id"]])
    for move in (m for m in found.moves if m.kind == "chosen"):
        members = draft.members(int(draft.label[list(draft.customers["customer_id"]).index(move.customer_id)]))
        if move.paid is None:
            assert move.why
            continue
        tried = rep_of.copy()
        tried[members] = draft.current[members]
        back = choice_of(instance, tried)
        assert instance.feasible(back)
        stayed = instance.points(instance.value(back))
        assert move.paid == pytest.approx(score - stayed, abs=1e-3), "what is said to be paid is lost by staying"
        asked = sum(m.asked for m in found.moves if m.kind == "chosen" and m.customer_id in
                    set(draft.customers["customer_id"].iloc[members]))  # fmt: skip
        assert move.paid >= asked - 1e-3


def test_the_aim_is_the_score_less_what_moves_have_to_pay():
    """Against trying every plan: best of score − asked, with the fewest unassigned."""
    run = small_run(1)
    threshold = Threshold.read("0.4")
    prepared = prepared_of(run.tables, {**run.plan, "rules": {"skill": {}, "territory": {}}})
    draft, instance = prepared.draft, prepared.instance
    aim, kept = penalised(prepared, threshold)
    assert kept is None
    moves = np.bincount(draft.pairs.option[draft.moving], minlength=instance.n_options)
    rng = np.random.default_rng(3)
    for _ in range(50):
        choice = np.array(
            [
                rng.integers(a, b) if b > a else -1
                for a, b in zip(instance.indptr[:-1], instance.indptr[1:], strict=True)
            ]
        )
        asked = 0.4 * moves[choice[choice >= 0]].sum()
        lost = instance.points(instance.value(choice)) - aim.points(aim.value(choice))
        assert lost == pytest.approx(asked, abs=aim.error)
    assert solve(aim, EXACT).status == "optimal"


def test_the_threshold_is_read_or_refused():
    assert Threshold.read(" 0.05 ") == Threshold("points", 0.05)
    assert Threshold.read("15 %") == Threshold("share", 0.15)
    assert Threshold.read("Cost") == Threshold("cost")
    assert Threshold.read("Never") == Threshold.read("inf") == Threshold("never")
    for text in ("", "-1", "x", "1e9", "nan", "%"):
        with pytest.raises(InputError, match="threshold"):
            Threshold.read(text)


def test_a_share_counts_as_potential_does():
    prepared = prepared_of(small_run(0).tables, small_run(0).plan)
    points = Threshold.read("15%").points(prepared)
    assert points.sum() == pytest.approx(15)
    worth = prepared.draft.amounts("potential")
    assert points == pytest.approx(15 * worth / worth.sum())
    source = {**small_run(0).plan, "disruption": {"handover_loss": 0.1, "point": 0.002}}
    asked = Threshold.read("cost").points(prepared_of(small_run(0).tables, source))
    assert asked == pytest.approx(50 * worth / worth.sum()), "a tenth of what it brings; a point is a 500th of all"
    free = {**source, "disruption": {"handover_loss": 0.1, "point": 0}}
    assert Threshold.read("cost").points(prepared_of(small_run(0).tables, free)).max() == 101


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        (["changes=[{rep_leaves: {rep: R77}}]"], "there is no rep 'R77'"),
        (["customers.C0.current_rep=R88"], "current_rep of C0 is 'R88', who is not among the reps"),
        (["customers.C0.pinned_rep=R88"], "pinned_rep of C0 is 'R88'"),
        (["customers.C99=null"], "removes customer_id 'C99', which is not there"),
        (["reps.R0.ramp=2"], "reps.R0.ramp"),
        (["period=2026-Q9"], "no period"),
    ],
)
def test_what_cannot_be_is_named(sets, message):
    with pytest.raises(InputError, match=message):
        repair(small_run(0), sets, Threshold.read("15%"))


def test_a_rep_taken_away_whole_leaves_customers_and_no_pins_behind():
    run = small_run(2)
    gone = somebody(run)
    found, prepared = repair(
        run, (f"reps.{gone}=null", "rules.capacity=null", "rules.moves=null"), Threshold.read("never")
    )
    assert gone not in set(prepared.tables.reps["rep_id"])
    assert gone not in set(prepared.tables.customers["pinned_rep"])
    assert found.run.result["score"] is not None
    assert {m.from_rep for m in found.moves if m.kind == "forced"} >= {gone}


def test_the_run_says_whose_it_is_and_what_changed():
    run = small_run(0)
    found, prepared = fixed(0, "15%")
    assert found.run.result["parent"] == {"run": run.id, "by": "repair"}
    assert found.run.scenario == "repair"
    paths = [c["path"] for c in found.run.result["changes"]]
    assert f"reps.{somebody(run)}.active" in paths
    table = prepared.tables.customers.set_index("customer_id")
    for c, r in had(run).items():
        assert table.loc[c, "current_rep"] == r, "where it is now is where the run put it"
    assert found.run.result["repaired"]["kept"] == found.kept


def test_mid_period_the_days_that_are_left_are_planned():
    run = small_run(0)
    gone = somebody(run)
    sets = (f"changes=[{{rep_leaves: {{rep: {gone}, date: 2026-11-14}}}}]", "rules.capacity=null")
    found, prepared = repair(run, sets, Threshold.read("15%"))
    assert found.period == "2026-11-15..2026-12-31"
    assert str(prepared.plan.period.first) == "2026-11-15"
    assert gone not in prepared.draft.rep_at, "the leaver is gone on the first day of the new books"
    moved = set(run.assignment["customer_id"][run.assignment["moved"] != "kept"])
    since = prepared.tables.customers.set_index("customer_id")["assigned_since"]
    assert all(str(since[c].date()) == "2026-10-01" for c in moved)
    years = prepared.tables.customers.set_index("customer_id")["tenure"]
    assert all(years[c] == pytest.approx(45 / 365.25, abs=1e-6) for c in moved)


def test_priorities_are_refused_in_words():
    run = small_run(0)
    with pytest.raises(InputError, match="priorities or a floor"):
        repair(run, ("objectives.fit.priority=2",), Threshold.read("15%"))


def test_a_run_without_a_plan_cannot_be_repaired():
    run = small_run(0)
    with pytest.raises(InputError, match="has no plan"):
        repair(replace(run, result={**run.result, "score": None, "status": "infeasible"}), (), Threshold.read("0"))
