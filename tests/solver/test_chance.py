"""The reserve that keeps a chance: never too small, hardly too large, and the same for any order of the customers."""

from __future__ import annotations

import math
from random import Random
from statistics import NormalDist

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.chance import STEPS, Mix, Reserve, chance_below, quantile, spreads, variance_of
from tests.solver.draw import examples

RANDOM = st.randoms(use_true_random=False)


def drawn(rng: Random) -> tuple[list[float], list[float]]:
    n = rng.randint(1, 40)
    amounts = [rng.choice((0, 1, 2.5, 3, 8, 12.345678, 100)) * rng.choice((1, 1, 1000)) for _ in range(n)]
    return amounts, [rng.choice((0, 0.05, 0.2, 0.333333, 1, 3)) for _ in range(n)]


@examples(300)
@given(rng=RANDOM)
def test_a_book_that_leaves_the_reserve_has_the_chance(rng: Random) -> None:
    amounts, spread = drawn(rng)
    level, correlation = rng.choice((0.5, 0.75, 0.9, 0.99, 0.9999)), rng.choice((0, 0.1, 0.5, 1))
    mix, z = Mix.of(amounts, spread), quantile(level)
    book = rng.sample(range(len(amounts)), rng.randint(1, len(amounts)))
    sigma = [amounts[j] * spread[j] for j in book]
    mean, variance = math.fsum(amounts[j] for j in book), variance_of(sigma, correlation)
    limit = round(mean * rng.choice((0.5, 1, 1.1, 1.5, 3)) + rng.choice((0, 0.000001, 1)), 6)
    reserve = Reserve.of(limit, z, correlation, mix)
    assert 0 <= reserve.room <= limit
    if mean + sum(map(reserve.margin, sigma)) / STEPS <= reserve.room:
        assert mean + z * math.sqrt(variance) <= limit * (1 + 1e-9)
        assert chance_below(limit, mean, variance) >= level - 1e-9


@examples(100)
@given(rng=RANDOM)
def test_for_a_full_book_of_one_kind_it_is_no_larger_than_it_has_to_be(rng: Random) -> None:
    amount, spread, n = rng.choice((1, 7.5, 120)), rng.choice((0.1, 0.3, 1)), rng.randint(1, 50)
    level, correlation = rng.choice((0.8, 0.95)), rng.choice((0, 0.3, 1))
    z, sigma = quantile(level), [amount * spread] * n
    needed = n * amount + z * math.sqrt(variance_of(sigma, correlation))
    # B is taken for the room, which is a little more than the book where deviations go together.
    kept = needed - n * amount
    slack = (0.6 * kept * kept / (n * amount) if correlation else 0.0) + n * 1e-5 * needed
    reserve = Reserve.of(needed + slack, z, correlation, Mix.of([amount] * 60, [spread] * 60))
    assert n * amount + sum(map(reserve.margin, sigma)) / STEPS <= reserve.room


def test_half_or_twice_the_usual_variance_costs_a_tenth_more() -> None:
    z, mix = quantile(0.95), Mix.of([10.0] * 100, [0.2] * 100)
    full = 20  # customers: 200 + 1.645 * sqrt(20 * 4)
    limit = 200 + z * math.sqrt(full * 4)
    reserve = Reserve.of(limit, z, 0.0, mix)
    for times in (0.5, 2.0):
        true = z * math.sqrt(times * full * 4)
        kept = limit - reserve.room + full * reserve.margin(math.sqrt(times * 4)) / STEPS
        assert true <= kept <= 1.1 * true


@examples(50)
@given(rng=RANDOM)
def test_the_order_of_the_customers_does_not_matter(rng: Random) -> None:
    amounts, spread = drawn(rng)
    assume(any(amounts))
    order = rng.sample(range(len(amounts)), len(amounts))
    assert Mix.of(amounts, spread) == Mix.of([amounts[j] for j in order], [spread[j] for j in order])


def test_quantiles_and_chances() -> None:
    assert quantile(0.5) == 0
    assert quantile(0.975) == pytest.approx(1.959964, abs=1e-6)
    assert chance_below(12, 10, 4) == pytest.approx(NormalDist().cdf(1))
    assert (chance_below(10, 10, 0), chance_below(9.9, 10, 0)) == (1, 0)
    assert variance_of([3, 4], 0) == 25 and variance_of([3, 4], 1) == 49


def test_spreads_come_from_the_column_else_from_the_default() -> None:
    table = pd.DataFrame({"customer_id": ["a", "b"], "workload_spread": [0.1, math.nan]})
    assert spreads(table, "workload", 0.3).tolist() == [0.1, 0.3]
    assert spreads(table, "potential").tolist() == [0, 0]
