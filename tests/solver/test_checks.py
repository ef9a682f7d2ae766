"""What rules and terms say of a metric."""

from __future__ import annotations

import pandas as pd

from solver.checks import metric_problems


def codes(values: list[float], **more: str) -> list[str]:
    table = pd.DataFrame({"customer_id": [f"C{n}" for n in range(len(values))], "potential": values})
    return [p.code for p in metric_problems("metric", "potential", table, **more)]


def test_a_metric_that_is_zero_everywhere_is_warned_of():
    assert codes([0.0, 0.0]) == ["all_zero"]
    assert codes([0.0, 0.1]) == codes([]) == []
    assert codes([0.0, 0.0], what="column of the reps") == [], "a limit of 0 is one"
