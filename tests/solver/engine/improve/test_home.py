"""Hand-overs that gain nothing are not made, and none that gains is undone."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.engine.improve.home import homes, kept_home
from tests.command import fairbook
from tests.solver.draw import draw_case, draw_choice, examples


@given(st.integers(0, 2**32))
@examples(60)
def test_the_plan_is_as_good_and_moves_no_more(seed):
    rng = Random(seed)
    draft = draw_case(rng).draft
    inst, choice = draft.instance(), draw_choice(rng, draft)
    if not inst.feasible(choice):
        return
    home = homes(inst, draft.current)
    kept = kept_home(inst, choice, home)
    assert inst.feasible(kept)
    assert inst.points(inst.value(kept)) >= inst.points(inst.value(choice)) - inst.error
    changed = np.flatnonzero(kept != choice)
    assert (kept[changed] == home[changed]).all()
    assert (choice[changed] >= 0).all(), "who had no rep still has none: coverage is proven apart"


@given(st.integers(0, 2**32))
@examples(30)
def test_home_is_the_rep_of_all_customers_of_a_unit(seed):
    draft = draw_case(Random(seed)).draft
    inst = draft.instance()
    for unit, option in enumerate(homes(inst, draft.current).tolist()):
        reps = {int(draft.current[j]) for j in draft.members(unit).tolist()}
        span = range(int(inst.indptr[unit]), int(inst.indptr[unit + 1]))
        wanted = [o for o in span if reps == {int(inst.option_rep[o])}]
        assert [option] == (wanted or [-1])


def plan_of(folder, balance: float) -> dict:
    """Ten customers, all with the first of four reps: what a move gains in balance it loses in continuity at 1 to 1."""
    (folder / "reps.csv").write_text("rep_id\nR1\nR2\nR3\nR4\n", encoding="utf-8")
    rows = "".join(f"C{n},{100 + n},R1\n" for n in range(10))
    (folder / "customers.csv").write_text("customer_id,potential,current_rep\n" + rows, encoding="utf-8")
    (folder / "plan.yaml").write_text(
        "period: 2026-Q4\ndata: {customers: {source: customers.csv}, reps: {source: reps.csv}}\n"
        f"objectives: {{balance: {{weight: {balance}}}, continuity: {{weight: 3}}}}\nsolve: {{workers: 1}}\n",
        encoding="utf-8",
    )
    done = fairbook("-q", "solve", "plan.yaml", "--json", cwd=folder)
    assert done.code == 0, done.err
    return done.json()


@pytest.mark.parametrize(("balance", "moves"), [(3, False), (3.1, True)])
def test_a_tie_moves_nobody_and_a_gain_does(tmp_path, balance, moves):
    result = plan_of(tmp_path, balance)
    assert result["status"] == "optimal"
    assert (result["metrics"]["moves"]["chosen"]["customers"] > 0) is moves
