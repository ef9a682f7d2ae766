from __future__ import annotations

import pytest

from scenarios.sources.query import why_not_read_only


@pytest.mark.parametrize(
    "query",
    [
        "select * from a",
        "  SELECT 1;",
        "-- a note; with a sign\nselect ';' as x, 'it''s' as y",
        '/* x; */ select "a;b" from t',
        "with t as (select 1) select * from t",
        "(select 1) union (select 2)",
        "select E'\\'; ' as x",
        "select $$a;b$$, $q$ ; $q$",
        "select updated, deleted_at from t where kind = 'DELETE'",
    ],
)
def test_reading_is_taken(query: str) -> None:
    assert why_not_read_only(query) == ""


@pytest.mark.parametrize(
    "query",
    [
        "", "  -- nothing", "delete from a", "update a set b = 1", "drop table a", "select 1; delete from a",
        "select E'\\''; delete from t --'", "pragma writable_schema = 1", "attach 'x' as y", "copy a to 'x'",
        "with t as (delete from a returning *) select * from t", "explain analyze delete from a", "vacuum", "do $$ $$",
        "call f()", "set role x",
    ],
)  # fmt: skip
def test_anything_else_is_not(query: str) -> None:
    assert why_not_read_only(query)
