"""Filters and tables drawn at random: whole columns and single rows are answered alike, and any text is read or refused."""

from __future__ import annotations

import datetime as dt

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from solver.where import WhereError, parse

TEXTS = st.sampled_from(["", "a", "A", "b", "EMEA", "EMEA/DE", "2026-10-01"])
NUMBERS = st.one_of(st.just(float("nan")), st.sampled_from([-1.0, 0.0, 0.1, 1.0, 1e300]), st.floats(-5, 5))
DATES = st.sampled_from([None, dt.date(2026, 9, 30), dt.date(2026, 10, 1), dt.date(2027, 1, 1)])
COLUMNS = {
    "t1": TEXTS,
    "t2": TEXTS,
    "n1": NUMBERS,
    "n2": NUMBERS,
    "d1": DATES,
    "d2": DATES,
    "y": st.booleans(),
    "list": st.lists(st.sampled_from(["a", "EMEA", "EMEA/DE"]), max_size=2).map(tuple),
    "skills": st.dictionaries(st.sampled_from(["a", "b"]), st.integers(1, 5), max_size=2),
    "gone": st.sampled_from([None, ""]),
}
SIGNS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
values = st.recursive(
    st.sampled_from([*COLUMNS, "'a'", "'EMEA'", "'2026-10-01'", "1", "-0.5", "true"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        inner.map(lambda v: f"lower({v})"),
        inner.map(lambda v: f"-{v}"),
    ),
    max_leaves=3,
)
likely = st.one_of(
    st.tuples(st.sampled_from(["t1", "t2", "lower(t1)", "gone"]), SIGNS, st.sampled_from(["t2", "'a'", "'b'"])),
    st.tuples(st.sampled_from(["n1", "n1 / n2", "n1*n2-n1", "gone"]), SIGNS, st.sampled_from(["n2", "0.1", "1"])),
    st.tuples(st.sampled_from(["d1", "d2", "gone"]), SIGNS, st.sampled_from(["d2", "'2026-10-01'"])),
    st.tuples(st.just("y"), st.sampled_from(["==", "!="]), st.sampled_from(["true", "false"])),
).map(" ".join)
calls = st.sampled_from(
    [
        *(f"{f}({c})" for f in ("missing", "present") for c in COLUMNS),
        *(f"{f}({c}, 'a')" for f in ("contains", "startswith", "endswith", "has") for c in ("t1", "gone", "list")),
        *(f"under({c}, '{p}')" for c in ("t1", "list") for p in ("EMEA", "EMEA/DE", "*")),
        "has(skills, 'A')",
        "has(skills, 'b', 3)",
        "t1 in ['a', 'EMEA']",
        "t1 not in ['a']",
        "n1 in [1, 0]",
        "n1 not in [1]",
        "d1 not in ['2026-10-01']",
        "gone not in ['x']",
        "gone in [2]",
        "y",
        "0 <= n1 < n2",
    ]
)
any_compare = st.tuples(values, SIGNS, values).map(" ".join)
conditions = st.recursive(
    st.one_of(likely, calls, likely, calls, any_compare),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or", "&", "|"]), inner).map(lambda p: f"({p[0]}) {p[1]} ({p[2]})"),
        inner.map(lambda c: f"not ({c})"),
        inner.map(lambda c: f"~({c})"),
    ),
    max_leaves=5,
)


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    size = draw(st.integers(0, 5))
    data = {n: draw(st.lists(s, min_size=size, max_size=size)) for n, s in COLUMNS.items()}
    columns = {n: pd.Series(v, dtype="float64" if n[0] == "n" else "object") for n, v in data.items()}
    for name in ("d1", "d2"):
        columns[name] = pd.Series(pd.to_datetime(columns[name])).astype("datetime64[s]")
    columns["y"] = columns["y"].astype(bool)
    return pd.DataFrame(columns)


@given(conditions, frames())
def test_mask_and_matches_agree(text: str, frame: pd.DataFrame) -> None:
    where = parse(text)
    rows = frame.to_dict("records")
    try:
        mask = where.mask(frame)
    except WhereError:
        return  # a whole column is of the wrong kind; single rows may be missing there
    assert [where.matches(row) for row in rows] == mask.tolist()


@given(st.one_of(likely, calls), frames())
def test_well_formed_filters_never_fail(text: str, frame: pd.DataFrame) -> None:
    wrong = ("contains(list", "startswith(list", "endswith(list", "has(t1")
    if not text.startswith(wrong):
        assert parse(text).mask(frame).dtype == bool


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        where = parse(text)
    except WhereError:
        return
    assert where.text == text
