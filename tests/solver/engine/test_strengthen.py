"""The strengthened instance: the same score and limits for every choice, and a bound that is never worse."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.engine.expand import closed
from solver.engine.prices.price import price
from solver.engine.strengthen import strengthened
from tests.solver.draw import Case, draw_case, examples

RANDOM = st.randoms(use_true_random=False)


@examples(120)
@given(rng=RANDOM)
def test_every_choice_keeps_its_score(rng: Random) -> None:
    case = draw_case(rng, rules=4, terms=4)
    assume(case.instance.n_options)
    shut = closed(case.instance, int(case.instance.unit_size.sum())).instance
    tight = strengthened(shut)
    if any(a == b for a, b in _ranges(shut)):
        return  # somebody who must have a rep and may have none
    for _ in range(5):
        choice = np.array([rng.randrange(a, b) for a, b in _ranges(shut)], dtype=np.int64)
        assert tight.value(choice) == shut.value(choice)
        assert tight.feasible(choice) == shut.feasible(choice)
        assert tight.load_row.tolist() == [r for o in range(tight.n_options) for r in sorted(_rows(tight, o))]


def test_a_customer_larger_than_any_book_costs_the_rest_of_it() -> None:
    """One customer of 100 and twenty of 1 for two reps: prices alone would split the large one and see no loss."""
    customers = [{"customer_id": f"C{j}", "potential": 1 if j else 100, "workload": 1} for j in range(21)]
    reps = [{"rep_id": f"R{i}"} for i in range(2)]
    case = Case(customers, reps, {}, {"even": {"kind": "balance", "metric": "potential", "tolerance": 0.1}})
    shut = closed(case.instance, 0).instance
    best = max(shut.value(choice) for choice in (_all_else(shut, rep) for rep in (0, 1)))
    loose, tight = price(shut, workers=1), price(strengthened(shut), workers=1)
    assert tight.bound < loose.bound - shut.scale
    assert best - 1 <= tight.bound <= best + shut.scale / 100


def _all_else(inst, rep: int):
    """The large customer with one rep, all others with the other one."""
    large = int(np.argmax(np.bincount(inst.option_unit[inst.entry_option()], weights=inst.load_amount)))
    options = np.arange(inst.n_options)
    mine = np.where(inst.option_unit == large, inst.option_rep == rep, inst.option_rep != rep)
    return options[mine]


def _ranges(inst):
    return list(zip(inst.indptr.tolist(), inst.indptr[1:].tolist(), strict=False))


def _rows(inst, option: int):
    return inst.load_row[inst.load_indptr[option] : inst.load_indptr[option + 1]].tolist()
