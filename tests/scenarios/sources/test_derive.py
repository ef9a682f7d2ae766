from __future__ import annotations

import datetime as dt
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.sources.derive import months_before
from solver.names import plain_outcome
from tests.scenarios.sources.conftest import Q1_2026, Folder, said

HEAD = "customer_id,rep_id,date,outcome,amount\n"
HISTORY = HEAD + (
    "C1,R1,2025-01-10,won,100\nC1,R1,2025-06-10,won,100\nC1,R2,2025-07-01,Won,150\n"  # R1 200 > R2 150
    "C2,R1,2025-03-01,won,50\nC2,R2,2025-03-02,won,25\nC2,R2,2025-03-03,won,25\n"  # equal money: R2 has more deals
    "C3,R2,2025-12-01,lost,900\nC3,R1,2024-11-01,won,10\nC9,R2,2025-12-01,won,1\nC3,R1,2026-01-01,won,7\n"
)
EMPTY = "customer_id,segment\nC1,Enterprise\nC2,mid\nC3,small\n"
ALL = {"current_rep": {"from": "history"}, "potential": {"from": "history"}, "tenure": {"from": "history"}}


def test_what_is_derived_and_said(folder: Folder) -> None:
    folder.write("customers.csv", EMPTY)
    folder.write("history.csv", HISTORY)
    derive = {**ALL, "workload": {"from": "segment", "table": {"enterprise": 12, "MID": 6}}}
    loaded = folder.load(history="history.csv", derive=derive)
    table = loaded.tables.customers
    assert table["current_rep"].tolist() == ["R1", "R2", "R1"]
    assert table["potential"].tolist() == [350, 100, 0]
    assert table["tenure"].tolist() == pytest.approx([356 / 365.25, 305 / 365.25, 426 / 365.25], abs=1e-6)
    assert table["workload"].tolist() == [12, 6, 1]
    text = "\n".join(said(loaded, "derived"))
    assert "from 2024-12-02 to 2025-12-01" in text
    assert "1 row of history from 2026-01-01 on not used" in text
    assert said(loaded, "no_workload") == [
        "1 customer with a segment that data.derive.workload.table does not list: workload 1 for small (1)"
    ]
    assert said(loaded, "unknown_customer")[0].startswith("1 row of history with")


def test_spreads_by_segment(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id,segment,potential_spread\nC1,mid,10%\nC2,Mid,\nC3,small,\n")
    derive = {
        "potential_spread": {"from": "segment", "table": {"mid": 0.2}, "default": 0.3},
        "workload_spread": {"from": "segment", "table": {"mid": 0.4}},
    }
    loaded = folder.load(derive=derive)
    table = loaded.tables.customers
    assert table["potential_spread"].tolist() == [0.1, 0.2, 0.3]
    assert table["workload_spread"].tolist()[:2] == [0.4, 0.4] and table["workload_spread"].isna()[2]
    assert "no workload_spread for small (1)" in said(loaded, "no_workload_spread")[0]
    problem = folder.error(derive={"workload_spread": {"from": "segmnet", "table": {"mid": 1}}})
    assert (problem.column, problem.fix) == ("data.derive.workload_spread.from", "did you mean segment?")


def test_a_spread_in_per_cent_without_its_sign_is_an_error(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id,workload_spread\nC1,20\n")
    assert "3" in folder.error().expected


def test_only_empty_cells_are_filled(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id,current_rep,potential,workload\nC1,R2,0,3\nC2,,,\nC3,,7,\n")
    folder.write("history.csv", HISTORY)
    derive = {**ALL, "workload": {"from": "customer_id", "table": {"C2": 9}, "default": 4}}
    table = folder.load(history="history.csv", derive=derive).tables.customers
    assert table["current_rep"].tolist() == ["R2", "R2", "R1"]
    assert table["potential"].tolist() == [0, 100, 7]
    assert table["workload"].tolist() == [3, 9, 4]
    assert table["tenure"][0] == pytest.approx(184 / 365.25, abs=1e-6)  # with R2, the current rep


def test_months_and_outcome(folder: Folder) -> None:
    folder.write("customers.csv", EMPTY)
    folder.write("history.csv", HISTORY)
    derive = {
        "current_rep": {"from": "history", "months": 6, "outcome": "LOST"},
        "potential": {"from": "history", "months": 6},
    }
    loaded = folder.load(history="history.csv", derive=derive)
    assert loaded.tables.customers["current_rep"].tolist() == ["", "", "R2"]
    assert loaded.tables.customers["potential"].tolist() == [250, 0, 0]


def test_no_such_outcome_says_which_there_are(folder: Folder) -> None:
    folder.write("customers.csv", EMPTY)
    folder.write("history.csv", HISTORY.replace("won", "gewonnen").replace("Won", "gewonnen"))
    loaded = folder.load(history="history.csv", derive={"potential": {"from": "history"}})
    assert "gewonnen (7)" in said(loaded, "no_outcome")[0]
    assert loaded.tables.customers["potential"].tolist() == [0, 0, 0]


def test_a_negative_sum_counts_as_nothing_and_is_said(folder: Folder) -> None:
    folder.write("customers.csv", EMPTY)
    folder.write("history.csv", HEAD + "C1,R1,2025-05-01,won,10\nC1,R1,2025-06-01,won,(30)\n")
    loaded = folder.load(history="history.csv", derive={"potential": {"from": "history"}})
    assert loaded.tables.customers["potential"].tolist() == [0, 0, 0]
    assert any(p.severity == "warning" and "gave back more" in p.message for p in loaded.problems)


def test_without_history_it_is_an_error(folder: Folder) -> None:
    problem = folder.error(derive={"potential": {"from": "history"}})
    assert (problem.code, problem.column) == ("no_history", "data.derive.potential")


def test_a_rep_of_history_who_is_not_listed(folder: Folder) -> None:
    folder.write("customers.csv", EMPTY)
    folder.write("history.csv", HEAD + "C1,R7,2025-05-01,won,10\nC2,R7,2025-05-01,won,10\nC3,R1,2025-05-01,won,1\n")
    derive = {"current_rep": {"from": "history"}}
    problem = folder.error(history="history.csv", derive=derive)
    assert (problem.code, problem.value) == ("unknown_rep", "R7")
    assert "2 customers" in problem.message and "unlisted_reps: gone" in problem.fix
    loaded = folder.load(history="history.csv", derive=derive, unlisted_reps="gone")
    assert loaded.tables.customers["current_rep"].tolist() == ["R7", "R7", "R1"]
    assert any("R7 (2 customers)" in m for m in said(loaded, "derived"))


def test_workload_from_a_column_that_is_not_there(folder: Folder) -> None:
    problem = folder.error(derive={"workload": {"from": "nmae", "table": {"x": 1}}})
    assert (problem.code, problem.column, problem.fix) == (
        "unknown_column", "data.derive.workload.from", "did you mean name?",
    )  # fmt: skip


def test_workload_by_the_files_own_column_name_and_numbers(folder: Folder) -> None:
    folder.write("customers.csv", "Id,Tier No,Account Segment\nC1,1,a\nC2,2,b\nC3,,b\n")
    for origin, table in (("Tier No", {1: 5, 2: 6}), ("Account Segment", {"A": 5, "B": 6})):
        derived = folder.load(derive={"workload": {"from": origin, "table": table}}).tables.customers
        assert derived["workload"].tolist()[:2] == [5, 6]


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [("2026-03-31", 1, "2026-02-28"), ("2026-01-01", 12, "2025-01-01"), ("2024-02-29", 12, "2023-02-28")],
)
def test_months_before(day: str, months: int, before: str) -> None:
    assert months_before(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(before)


def test_outcomes_are_compared_plainly() -> None:
    assert plain_outcome("Closed Won") == plain_outcome("closedwon") == plain_outcome(" WON ") == "won"
    assert plain_outcome("Closed") == "closed"


DEALS = st.lists(
    st.tuples(
        st.sampled_from(["C1", "C2", "C3"]), st.sampled_from(["R1", "R2", "R3", ""]),
        st.none() | st.dates(dt.date(2024, 6, 1), dt.date(2026, 2, 1)), st.sampled_from(["won", "Won", "lost"]),
        st.none() | st.integers(-3, 6),
    ), min_size=1, max_size=25,
)  # fmt: skip


@settings(max_examples=60)
@given(DEALS)
def test_against_the_words_of_the_rule(deals: list[tuple[str, str, dt.date | None, str, int | None]]) -> None:
    """The same in plain Python, straight from the description."""
    start = Q1_2026.first
    past = [d for d in deals if d[2] is None or d[2] < start]
    won = [d for d in past if d[3].lower() == "won"]
    end = min([start - dt.timedelta(days=1), max((d[2] for d in past if d[2]), default=start - dt.timedelta(days=1))])
    first = months_before(end + dt.timedelta(days=1), 12)
    current: dict[str, str] = {}
    for customer in ("C1", "C2", "C3"):
        by_rep: dict[str, list[Any]] = defaultdict(list)
        for d in won:
            if d[0] == customer and d[1]:
                by_rep[d[1]].append(d)
        rank = [
            (-sum(d[4] or 0 for d in ds), -len(ds), -max((d[2].toordinal() for d in ds if d[2]), default=0), rep)
            for rep, ds in by_rep.items()
        ]
        current[customer] = min(rank)[3] if rank else ""
    bought = {
        c: max(0, sum(d[4] or 0 for d in won if d[0] == c and d[2] and first <= d[2] <= end))
        for c in ("C1", "C2", "C3")
    }
    with TemporaryDirectory() as name:
        folder = Folder(Path(name))
        folder.write("customers.csv", "customer_id\nC1\nC2\nC3\n")
        folder.write("reps.csv", "rep_id\nR1\nR2\nR3\n")
        folder.write(
            "history.csv",
            HEAD + "".join(f"{c},{r},{d or ''},{o},{'' if a is None else a}\n" for c, r, d, o, a in deals),
        )
        table = folder.load(history="history.csv", derive=ALL).tables.customers
    assert table["current_rep"].tolist() == [current[c] for c in ("C1", "C2", "C3")]
    assert table["potential"].tolist() == [bought[c] for c in ("C1", "C2", "C3")]
    for c, years in zip(("C1", "C2", "C3"), table["tenure"].tolist(), strict=True):
        days = [d[2] for d in past if d[0] == c and d[1] == current[c] and d[2]]
        if current[c] and days:
            assert years == pytest.approx((start - min(days)).days / 365.25, abs=1e-6)
        else:
            assert years != years  # none


def test_history_that_ended_long_ago_is_warned_of(folder: Folder) -> None:
    folder.write("customers.csv", EMPTY)
    folder.write("history.csv", HEAD + "C1,R1,2017-12-31,won,100\n")
    (line,) = said(folder.load(history="history.csv", derive=ALL), "old_history")
    assert "history ends on 2017-12-31, 8.0 years before the period begins" in line
    folder.write("history.csv", HEAD + "C1,R1,2017-12-31,won,100\nC1,R1,2025-07-02,lost,\n")
    assert not said(folder.load(history="history.csv", derive=ALL), "old_history")
