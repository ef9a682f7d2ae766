"""Costs of repairs in words."""

from __future__ import annotations

import pytest

from reports.text.impossible import parts


@pytest.mark.parametrize(("cost", "said"), [(1723.4, "1,723"), (0.26, "0.26"), (7.219, "7.22"), (250.0, "250")])
def test_a_cost_is_a_number_people_write(cost, said):
    repair = {"cheapest": True, "verified": True, "cost": cost, "steps": [{"message": "let R02 cover EMEA"}]}
    (title, steps) = parts({"repairs": [repair]})[-1]
    assert title == f"The cheapest repair (cost {said})" and steps == ["let R02 cover EMEA"]
