"""Stage *reduce*: what prices and a plan in hand rule out.

With prices, a plan that takes an option is worth at most the bound less that option's reduced cost. Where that is no
more than a plan in hand is worth, no better plan takes the option (reduced-cost fixing, Dantzig, Fulkerson & Johnson
1954). Nothing is lost by it: what is proven for the rest is proven for the whole.
"""

from __future__ import annotations

import numpy as np

from solver.arrays import Bools, Floats, Ints
from solver.engine import kernels
from solver.instance import Instance


def reduced_costs(instance: Instance, price: Floats) -> Floats:
    """float64[options]: how much worse than its unit's best each option is at the prices, in steps of score."""
    inst = instance
    loss: Floats = kernels.reduced(
        inst.indptr, inst.option_score.astype(np.float64), inst.load_indptr, inst.load_row, inst.load_amount,
        price,
    )  # fmt: skip
    return loss


def open_options(loss: Floats, bound: float, value: int) -> Bools:
    """bool[options]: options a plan of more than `value` steps may take.

    Parameters
    ----------
    loss : reduced costs at the prices that gave `bound`, in steps of score.
    """
    still: Bools = bound - loss >= value + 1 - 1e-6 * max(1.0, abs(bound))
    return still


def shortlist(instance: Instance, loss: Floats, most: int, plan: Ints) -> Bools:
    """bool[options]: the `most` cheapest options of each unit and what `plan` takes; a guess, no proof."""
    order = np.lexsort((loss, instance.option_unit))
    nth = np.arange(instance.n_options) - instance.indptr[:-1][instance.option_unit]
    keep: Bools = np.zeros(instance.n_options, dtype=bool)
    keep[order[nth < most]] = True
    keep[plan[plan >= 0]] = True
    return keep
