"""Rows and columns of the input: what is read, what is refused, and what a cell becomes."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from solver.audit import audit
from solver.tables import MAX_TEXT, Customer, Interaction, Period, Rep, Tables, clean_path, exact, frame, metric, said
from solver.view import View, six
from tests.solver.draw import PERIOD, Case, examples


def customer(**cells: Any) -> Customer:
    return Customer.model_validate({"customer_id": "C1", **cells})


def test_every_default_of_a_customer_and_a_rep() -> None:
    c = customer()
    assert (c.name, c.territory, c.potential, c.workload, c.required_skills) == ("", "", 0, 1, {})
    assert (c.tenure, c.latitude, c.renewal_date, c.current_rep, c.pinned_rep, c.parent_id) == (None,) * 3 + ("",) * 3
    r = Rep.model_validate({"rep_id": "R1"})
    assert (r.territories, r.skills, r.capacity, r.max_customers, r.quota, r.ramp, r.active) == (
        (), {}, None, None, None, 1.0, True,
    )  # fmt: skip


@pytest.mark.parametrize(("text", "skills"), [
    ("", {}), (None, {}), ("cloud", {"cloud": 1}), (" Cloud : 3 ; german", {"cloud": 3, "german": 1}),
    ("cloud,german:2", {"cloud": 1, "german": 2}), (";;", {}), ("Big  Data:5", {"big data": 5}), ({"a": 2}, {"a": 2}),
    ({" Big  Data": 2, "German": 1}, {"big data": 2, "german": 1}),
])  # fmt: skip
def test_skills_are_read(text: object, skills: dict[str, int]) -> None:
    assert customer(required_skills=text).required_skills == skills


@pytest.mark.parametrize("text", [
    "cloud:6", "cloud:0", "cloud:", "cloud:x", "cloud:1.5", ":3", "cloud;CLOUD", "cloud:-1", 7, {"a": 0}, {"a": 9},
    {"a": 1, "A": 2}, {" ": 1},
])  # fmt: skip
def test_skills_that_make_no_sense_are_refused(text: object) -> None:
    with pytest.raises(ValidationError):
        customer(required_skills=text)


@pytest.mark.parametrize(("field", "value"), [
    ("potential", -1), ("potential", math.nan), ("potential", math.inf), ("potential", 1e16), ("potential", "much"),
    ("workload", -0.1), ("latitude", 91), ("latitude", math.nan), ("longitude", -181), ("customer_id", ""),
    ("customer_id", "x" * 256), ("customer_id", None), ("name", "x" * (MAX_TEXT + 1)), ("feedback", math.inf),
    ("renewal_date", "soon"), ("tenure", -1),
])  # fmt: skip
def test_cells_out_of_range_are_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as error:
        customer(**{field: value})
    assert error.value.errors()[0]["loc"][0] == field


@pytest.mark.parametrize(("field", "value"), [
    ("ramp", 1.1), ("ramp", -0.1), ("capacity", -1), ("max_customers", math.nan), ("active", "perhaps"),
    ("start_date", "2026-13-01"),
])  # fmt: skip
def test_cells_of_reps_out_of_range_are_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Rep.model_validate({"rep_id": "R1", field: value})


@pytest.mark.parametrize(("text", "path"), [
    ("", ""), (" / ", ""), ("EMEA", "EMEA"), (" EMEA / DE /", "EMEA/DE"), ("EMEA//DE", "EMEA/DE"), ("New  York", "New York"),
])  # fmt: skip
def test_paths_have_one_spelling(text: str, path: str) -> None:
    assert clean_path(text) == customer(territory=text).territory == path
    assert clean_path(path) == path


def test_lists_are_read() -> None:
    rep = Rep.model_validate({"rep_id": "R1", "territories": "EMEA/ DE;; * ", "industries": " medical ; Retail  Food"})
    assert rep.territories == ("EMEA/DE", "*")
    assert rep.industries == ("medical", "Retail Food")


def test_numbers_have_six_decimals() -> None:
    assert customer(potential=0.1234567).potential == 0.123457
    assert Tables.of([{"customer_id": "C1", "own": 0.1234567}], []).customers["own"][0] == 0.123457


@pytest.mark.parametrize("value", [123456789012.37, 1e15, 8999999999.123456, 0.1, 1e-6])
def test_large_numbers_of_ones_own_columns_are_not_bent(value: float) -> None:
    tables = Tables.of([{"customer_id": "C1", "own": value, "potential": value}], [])
    assert tables.customers["own"][0] == tables.customers["potential"][0] == value


def test_columns_have_the_types_they_promise() -> None:
    tables = Tables.of(
        [
            {"customer_id": "C1", "renewal_date": "2026-12-01", "own": 1, "words": "a", "mixed": 1, "flag": True},
            {"customer_id": "C2", "name": "Two", "own": None, "mixed": "x", "flag": False},
        ],
        [{"rep_id": "R1", "start_date": dt.date(2026, 1, 1), "skills": "a:2"}],
        [{"customer_id": "C1", "amount": -5}],
    )
    c = tables.customers
    assert c["name"].tolist() == ["C1", "Two"]  # the id where it is empty
    assert (c["potential"].dtype, c["own"].dtype) == (np.float64, np.float64)
    assert math.isnan(c["own"][1])
    assert c["words"].tolist() == ["a", ""]
    assert c["mixed"].tolist() == [1, "x"]
    assert str(c["renewal_date"].dtype) == "datetime64[s]"
    assert c["renewal_date"].isna().tolist() == [False, True]
    assert c["required_skills"].tolist() == [{}, {}]
    assert c["flag"].tolist() == [True, False]
    assert tables.reps["skills"].tolist() == [{"a": 2}]
    assert tables.reps["active"].dtype == np.bool_
    assert tables.history["amount"].tolist() == [-5]
    assert list(c.columns[:2]) == ["customer_id", "name"]


def test_empty_tables_have_all_columns() -> None:
    tables = Tables.of([], [])
    assert list(tables.customers) == list(Customer.model_fields)
    assert list(tables.reps) == list(Rep.model_fields)
    assert list(frame(Interaction, [])) == list(Interaction.model_fields)


def test_an_id_stands_once() -> None:
    with pytest.raises(ValueError, match="customer_id 'C1' stands twice"):
        Tables.of([{"customer_id": "C1"}, {"customer_id": "C1"}], [])
    with pytest.raises(ValueError, match="rep_id 'R1' stands twice"):
        Tables.of([], [{"rep_id": "R1"}, {"rep_id": "R1"}])


def test_metrics() -> None:
    table = Tables.of(
        [{"customer_id": "C1", "own": 2, "text": "x"}, {"customer_id": "C2", "potential": 3}], []
    ).customers
    assert metric(table, "customers").tolist() == [1, 1]
    assert metric(table, "potential").tolist() == [0, 3]
    assert metric(table, "own").tolist() == [2, 0]  # a missing amount counts 0
    for name in ("text", "nothing", "customer_id", "renewal_date"):
        with pytest.raises(KeyError):
            metric(table, name)


@examples(100)
@given(st.lists(st.decimals(0, 10**9, places=2), max_size=8))
def test_exact_sums_are_those_of_pen_and_paper(amounts: list[Decimal]) -> None:
    assert sum(map(exact, map(float, amounts)), Decimal()) == sum(amounts)


@pytest.mark.parametrize(("value", "text"), [
    (0, "0"), (1, "1"), (10.0, "10"), (0.1, "0.1"), (1234567.5, "1,234,567.5"), (1e15, "1,000,000,000,000,000"),
    (0.000001, "0.000001"), (Decimal("2.50"), "2.5"), (-3, "-3"),
])  # fmt: skip
def test_numbers_are_said_digit_by_digit(value: float, text: str) -> None:
    assert said(value) == text


def test_six_decimals_of_a_sum() -> None:
    assert six(0.1 + 0.2) == 0.3


def test_a_period_counts_its_first_and_last_day() -> None:
    assert Period(dt.date(2026, 10, 1), dt.date(2026, 10, 1)).days == 1
    assert Period(dt.date(2024, 1, 1), dt.date(2024, 12, 31)).days == 366


# --- the view of an assignment -------------------------------------------------------------------------


def test_an_assignment_of_strangers_is_refused() -> None:
    tables = Tables.of([{"customer_id": "C1"}], [{"rep_id": "R1"}])
    with pytest.raises(ValueError, match="customer 'C9', which is not in the tables"):
        View(tables, PERIOD, {}, {"C9": "R1"})
    with pytest.raises(ValueError, match="rep 'R9', which is not in the tables"):
        audit(tables, PERIOD, {}, {}, {"C1": "R9"})


def test_customers_left_out_are_unassigned() -> None:
    case = Case([{"customer_id": "C1"}, {"customer_id": "C2"}], [{"rep_id": "R1"}], coverage=True)
    found = case.audit({"C1": "R1"})
    assert found.unassigned == ("C2",)
    assert [(v.message, v.rule, v.customers) for v in found.violations] == [("C2 has no rep", "coverage", ("C2",))]
    assert case.but(coverage=False).audit({"C1": "R1"}).violations == ()


def test_the_score_is_the_weighted_mean_of_the_terms() -> None:
    case = Case(
        [{"customer_id": "C1", "potential": 1, "current_rep": "R1", "industry": "medical"}],
        [{"rep_id": "R1", "industries": "retail"}, {"rep_id": "R2", "industries": "medical"}],
        terms={
            "fit": {"kind": "fit", "weight": 3},
            "stay": {"kind": "continuity", "weight": 1},
            "off": {"kind": "balance", "weight": 0, "tolerance": 0},
        },
    )
    found = case.audit({"C1": "R2"})
    assert found.terms == {"fit": 100, "stay": 0, "off": 50}
    assert found.score == 75
