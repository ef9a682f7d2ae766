"""What a rule's configuration may not say, and what its groups are called."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from solver.rules.capacity import Capacity
from tests.solver.draw import Case


@pytest.mark.parametrize(
    ("config", "key", "words"),
    [
        ({"limit": 60, "column": "room"}, "column", "limit is 60 and column is 'room'"),
        ({"column": "room", "limit": 0}, "column", "limit is 0 and column is 'room'"),
        ({"min": 2.5, "min_column": "least"}, "min_column", "min is 2.5 and min_column is 'least'"),
    ],
)
def test_a_limit_is_a_number_or_a_column_never_both(config: dict[str, Any], key: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Capacity.model_validate(config)
    [error] = caught.value.errors()
    assert error["loc"] == (key,)
    assert words in error["msg"]


@pytest.mark.parametrize(
    "config", [{"limit": 60, "column": None}, {"column": "room", "min": 1}, {"limit": 3, "min_column": "least"}]
)
def test_the_two_sides_of_a_capacity_are_free_of_each_other(config: dict[str, Any]) -> None:
    assert Capacity.model_validate(config).kind == "capacity"


def test_groups_of_a_separation_have_labels_of_their_own() -> None:
    customers = [{"customer_id": f"C{j}", "rivals": r} for j, r in enumerate(("Groups.X", "groups.x ", "x", "X"))]
    rule = {"kind": "separation", "column": "rivals", "groups": {"x": ["C0", "C2"], "groups.x": ["C1", "C3"]}}
    case = Case(customers, [{"rep_id": "R1"}], {"apart": rule})
    assert [(s.label, s.units.tolist()) for s in case.instance.separations] == [
        ("Groups.X (column rivals)", [0, 1]),
        ("x (column rivals)", [2, 3]),
        ("x (groups)", [0, 2]),
        ("groups.x (groups)", [1, 3]),
    ]
    said = [v.message for v in case.audit({f"C{j}": "R1" for j in range(4)}).violations]
    assert sorted(said) == sorted(
        f"R1 has 2 customers of group {s.label}, more than 1" for s in case.instance.separations
    )
