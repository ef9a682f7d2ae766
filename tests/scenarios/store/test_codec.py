"""Tables as Parquet and back, cell by cell and type by type."""

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from pyarrow import BufferReader

from scenarios.store import StoreError
from scenarios.store.codec import decode, encode
from solver.tables import Customer, Interaction, Rep, frame

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALAR = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), TEXT, st.dates(),
    st.datetimes(), st.times(), st.decimals(allow_nan=False), st.binary(max_size=5),
)  # fmt: skip
SKILLS = st.dictionaries(st.one_of(TEXT, st.sampled_from(["a:b", "a;b", "", "5"])), st.integers(1, 5), max_size=4)
CELL = st.one_of(SCALAR, SKILLS, st.lists(SCALAR, max_size=3), st.lists(SCALAR, max_size=3).map(tuple))


def objects(values: list) -> pd.DataFrame:
    cells = np.empty(len(values), dtype=object)
    for at, value in enumerate(values):
        cells[at] = value
    return pd.DataFrame({"x": pd.Series(cells, dtype="object")})


def assert_comes_back(table: pd.DataFrame) -> None:
    data = encode(table)
    found = decode(data)
    assert_frame_equal(found, table, check_exact=True)
    for name in table.columns:
        if table[name].dtype == object:
            assert [type(v) for v in found[name]] == [type(v) for v in table[name]]
            assert [list(v) for v in found[name] if isinstance(v, dict)] == [
                list(v) for v in table[name] if isinstance(v, dict)
            ]
    assert encode(found) == data


@given(st.one_of(st.lists(SKILLS, max_size=5), st.lists(st.lists(TEXT).map(tuple), max_size=5), st.lists(CELL)))
def test_any_objects_come_back(values):
    assert_comes_back(objects(values))


@given(st.lists(st.floats(), min_size=1), st.data())
def test_any_numbers_come_back_to_the_bit(values, data):
    days = st.one_of(st.none(), st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)))
    moments = data.draw(st.lists(days, min_size=len(values), max_size=len(values)))
    table = pd.DataFrame(
        {
            "float": values,
            "bool": [v > 0 for v in values],
            "int": range(len(values)),
            "small": np.arange(len(values), dtype="uint8"),
            "day": pd.Series(pd.to_datetime(pd.Series(moments, dtype="object"))).astype("datetime64[s]"),
            "moment": pd.Series(pd.to_datetime(pd.Series(moments, dtype="object"))).astype("datetime64[us]"),
        }
    )
    assert_comes_back(table)
    found = decode(encode(table))
    assert [math.copysign(1, v) for v in found["float"]] == [math.copysign(1, v) for v in table["float"]]


@pytest.mark.parametrize("model", [Customer, Rep, Interaction])
def test_tables_come_back(model):
    key = next(iter(model.model_fields))
    some = [
        {key: "王\n1", "required_skills": "cloud:3;german", "skills": "a:5", "territories": "*;A/B", "own": Decimal(1)},
        {key: "2", "renewal_date": dt.date(2026, 1, 2), "date": dt.date(1999, 9, 9), "own 2.x": 1},
    ]  # fmt: skip
    assert_comes_back(frame(model, [model.model_validate(r) for r in some]))
    assert_comes_back(frame(model, [model.model_validate(some[0])]))
    assert_comes_back(frame(model, []))


def test_texts_with_missing_values_come_back():
    assert_comes_back(pd.DataFrame({"a": ["x", None, ""], "b": pd.array(["x", pd.NA, ""], dtype="string")}))
    assert_comes_back(objects(["x", None, math.nan, pd.NaT, pd.NA, pd.Timestamp("2026-01-01 01:02:03.5"), math.inf]))
    assert_comes_back(pd.DataFrame({"": ["x"], "a.b": [1], "A.b": [2.0], "=x\n": [True]}))


def test_the_index_is_not_kept():
    table = pd.DataFrame({"a": [1, 2, 3]}).iloc[[2, 0]]
    assert_frame_equal(decode(encode(table)), pd.DataFrame({"a": [3, 1]}))


def test_other_tools_can_read_it():
    row = Customer.model_validate({"customer_id": "C1", "required_skills": {"cloud": 3, "german": 1}, "potential": 2})
    found = pq.read_table(BufferReader(encode(frame(Customer, [row])))).to_pydict()
    assert found["customer_id"] == ["C1"]
    assert found["required_skills"] == ["cloud:3;german:1"]
    assert found["potential"] == [2.0]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (objects([object()]), "column 'x' .*type object"),
        (objects([{"a": {1, 2}}]), "type set"),
        (objects(["\ud800"]), "column 'x'"),
        (pd.DataFrame({"a": pd.to_timedelta(["1h"])}), "timedelta"),
        (pd.DataFrame({"a": pd.Categorical(["x"])}), "category"),
        (pd.DataFrame({"a": pd.to_datetime(["2026-01-01"], utc=True)}), "UTC"),
        (pd.DataFrame([[1, 2]]), "must have names"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "each once"),
    ],
)
def test_what_cannot_be_kept_is_named(table, says):
    with pytest.raises(StoreError, match=says):
        encode(table)


def test_damaged_or_newer_bytes_are_refused(monkeypatch):
    data = encode(pd.DataFrame({"a": ["x"]}))
    for damaged in (b"", b"PAR1", data[:-5], data[:40] + b"\0" * 20 + data[60:], b"x" * 100):
        with pytest.raises(StoreError):
            decode(damaged)
    monkeypatch.setattr("scenarios.store.codec.FORMAT", 2)
    newer = encode(pd.DataFrame({"a": ["x"]}))
    monkeypatch.undo()
    with pytest.raises(StoreError, match="update Fairbook"):
        decode(newer)
