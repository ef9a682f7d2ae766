"""The page of an input's problems: what it says, what it leaves to the workbook, and what a browser makes of it."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from pathlib import Path

import pytest

from reports.problems_page import problems_page
from reports.words import language
from reports.worklist import fair, kinds
from scenarios.check import examine
from scenarios.run.prepare import prepare
from scenarios.sources.reading import ColumnReading, Reading, TableReading
from solver.problems import InputError, Problem
from tests.commands.conftest import write_small
from tests.reports.sample import HOSTILE
from tests.reports.test_hostile import harmless
from tests.reports.test_opened import CONTRAST, browser, few_charts, show, shown  # noqa: F401 - fixtures
from tests.reports.test_page import Outline

NOW = dt.datetime(2026, 9, 21, 14, 30, tzinfo=dt.UTC)
TEN = ("not_a_number", "not_a_date", "unknown_rep", "duplicate_id", "missing_id", "out_of_range", "negative_number",
       "bad_value", "cell_too_long", "spreadsheet_error")  # fmt: skip


def bad(count: int, text: str = "is not what it should be") -> list[Problem]:
    """So many problems of ten kinds, a row each."""
    return [
        Problem(TEN[n % 10], f"x{n} {text}", "accounts.csv", "", n + 2, f"Col{n % 10}", f"x{n}", "a number", "empty it")
        for n in range(count)
    ]


def read(rows: int = 400, there: int = 420) -> Reading:
    columns = (
        ColumnReading("customer_id", "Id", "", "map", rows, 0, 0, 0, rows - 3, None, None),
        ColumnReading("potential", "Col1", "C", "alias", rows - 7, 2, 5, 0, 41, -500.0, 650_000.25),
        ColumnReading("renewal_date", "Renewal", "", "name", 9, rows - 9, 0, 2, 3, dt.date(2026, 1, 31), dt.date(2027, 2, 1)),
        ColumnReading("workload", "", "", "derived", 0, rows, 0, rows, 3, 3.0, 12.0),
        ColumnReading("Tier", "Tier", "", "own", rows, 0, 0, 0, 4, None, None),
    )  # fmt: skip
    return Reading(
        (TableReading("customers", "accounts.csv", "", there, rows, "customer_id", columns, ("Fax",)),), ("reps",)
    )


def words(html: str) -> str:
    text = " ".join(Outline(re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL)).text)
    return re.sub(r"\s+", " ", text.replace("\N{NO-BREAK SPACE}", " "))


def made(found: list[Problem], reading: Reading | None = None, **more: object) -> str:
    return problems_page(found, "q4/plan.yaml", NOW, reading, **more)  # type: ignore[arg-type]


def test_the_summary_tells_bad_rows_and_what_stops_the_solve():
    found = [
        *bad(50),
        Problem("similar_id", "a and A", "accounts.csv", row=2, severity="warning"),
        Problem("no_rep", "is"),
    ]
    said = words(made(found, read(), again=Path("a page.html")))
    assert "50 of 400 rows of customers have errors" in said
    assert "Cannot be solved yet 51 errors stop it" in said
    assert "400 rows read; 20 more left out by the plan's where or scenario; 397 different customer_id; 50 with errors, 1 with warnings." in said  # fmt: skip
    assert "Not used: Fax" in said and "The reps could not be read at all" in said
    assert "fairbook check q4/plan.yaml --problems 'a page.html'" in said


def test_every_column_says_what_it_became_and_holds():
    said = words(made(bad(50), read()))
    assert "Id customer_id the plan's column map 400 0 0 0 397 – –" in said
    assert "Col1 C potential a name that exports use 393 2 5 5 41 -500 650,000" in said
    assert "Renewal renewal_date its name; 2 empty cells worked out, as the plan says 9 391 0 0 3 2026-01-31 2027-02-01" in said  # fmt: skip
    assert "– workload worked out, as the plan says 0 400 0 0 3 3 12" in said
    assert "Tier Tier none of the fields: kept under its name 400" in said


def test_where_nothing_or_nothing_bad_was_read_it_says_so():
    said = words(made([Problem("bad_value", "rules.x: must be a mapping", "plan.yaml", row=19)]))
    assert "1 error, in no single row" in said and "Nothing yet: the plan file itself cannot be used" in said
    said = words(made([], read()))
    assert "0 errors in 400 rows" in said and "Ready to solve nothing stops it." in said and "Every problem" not in said


def test_of_many_the_first_of_each_kind_are_listed_and_all_are_counted():
    found = [*bad(20_000, "有问题的单元格 " * 3), Problem("odd", "is odd", "plan.yaml", severity="warning")]
    html = made(found, read(100_000, 100_000))
    assert len(html.encode()) < 3_000_000
    listed = [
        a for t, a in Outline(html).elements if t == "span" and str(a.get("class")) in {"kind error", "kind warning"}
    ]
    said = words(html)
    rows = int(re.search(r"the first of each kind: ([\d,]+) of 20,001 problems", said)[1].replace(",", ""))  # type: ignore[index]
    assert len(listed) == rows + 11, "a tag a problem, and one a kind"
    assert rows > 1000 and said.count("2,000") >= 20, "each of the ten kinds with its problems and rows"
    assert "fairbook check q4/plan.yaml --problems problems.xlsx" in said


def test_small_kinds_are_listed_whole_and_the_room_is_kept():
    assert fair([5, 100, 1, 100], 56) == [5, 25, 1, 25]
    assert fair([5, 3], 56) == [5, 3] and sum(fair([9] * 7, 20)) <= 20
    found = [*bad(500), Problem("odd", "is odd")]
    cut = kinds(found, room=50_000)
    assert sum(k.shown for k in cut) < 200 and all(k.shown for k in cut) and sum(len(k.problems) for k in cut) == 501
    assert kinds(found)[0].first.severity == "error" and sum(k.shown for k in kinds(found)) == 501


def test_a_kind_says_what_its_problems_share():
    found = [Problem("unknown_rep", f"current_rep {v} is not there", "a.csv", row=n, column="Owner", value=v, fix=f"drop {v}")
             for n, v in enumerate(["R9", "R9", "R8", "R7", "R6"])]  # fmt: skip
    (kind,) = kinds(found)
    assert kind.values == "R9 (2 times), R8, R7 and 1 more"
    assert kind.message == "current_rep … is not there" and kind.cure == "for example: Drop R9"


def test_what_is_tight_or_impossible_stands_on_it(tmp_path):
    write_small(tmp_path)
    seen: list[Reading] = []
    prepared = prepare(tmp_path / "plan.yaml", look=seen.append)
    examined = examine(prepared)
    said = words(made(list(examined.notes), seen[-1], examined=examined))
    assert "4 customers, 2 active reps, 8 eligible pairs." in said and "Ready to solve" in said
    assert said.index("What was read") < said.index("Customers with an eligible rep after each rule")
    assert "Tightest limits: what only these reps can serve" in said and "continuity: " not in said
    prepared = prepare(tmp_path / "plan.yaml", sets=["rules.capacity.limit=2"])
    examined = examine(prepared)
    reasons = {"conflict": [1], "conflict_minimal": True, "conflict_confirmed": True, "conflict_in_words": ["R1 is <full>"],
               "repairs": [], "repair_notes": ["not all were tried"]}  # fmt: skip
    said = words(made([], seen[-1], examined=examined, reasons=reasons, options=["--set", "rules.capacity.limit=2"]))
    assert "Impossible the input can be read" in said and "R1 is <full>" in said and "not all were tried" in said
    assert said.index("The plan is impossible") < said.index("Your column")
    assert "with --set rules.capacity.limit=2" in said


def test_it_is_told_what_was_read_of_an_input_that_cannot_be_used(tmp_path):
    write_small(tmp_path)
    table = tmp_path / "customers.csv"
    table.write_text(table.read_text().replace("1000,3", "lots,3").replace("potential", "AnnualRevenue"))
    (tmp_path / "reps.csv").unlink()
    seen: list[Reading] = []
    with pytest.raises(InputError):
        prepare(tmp_path / "plan.yaml", look=seen.append)
    (customers,) = seen[-1].tables
    assert seen[-1].refused == ("reps",) and (customers.there, customers.rows, customers.key) == (4, 4, "customer_id")
    column = {c.field: c for c in customers.columns}["potential"]
    assert (column.header, column.how, column.filled, column.empty, column.unreadable) == (
        "AnnualRevenue",
        "alias",
        3,
        0,
        1,
    )
    assert (column.least, column.greatest, column.distinct) == (800, 2500, 3)


def hostile() -> str:
    found = [
        Problem(f"code_{n % 3}", text, text, text[:3], n + 2, text, text, text, text) for n, text in enumerate(HOSTILE)
    ]
    columns = tuple(ColumnReading(t, t, "A", "own", 1, 0, 0, 0, 1, None, None) for t in HOSTILE)
    reading = Reading((TableReading("customers", HOSTILE[5], HOSTILE[4], 1, 1, "", columns, tuple(HOSTILE)),), ())
    return problems_page(found, HOSTILE[4], NOW, reading, again=Path(HOSTILE[5]))


def test_names_typed_to_do_harm_are_shown_and_not_run(show):  # noqa: F811
    html = hostile()
    harmless(html)
    assert "&lt;script&gt;alert(1)" in html and "{{ 7 * 7 }}" in html and "\u202e" not in html
    tab = show(html)
    assert tab.evaluate("document.images.length + document.querySelectorAll('iframe, object, embed, form').length") == 0
    for width in (1200, 380):
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")


def test_the_list_is_searched_picked_from_and_sorted(show):  # noqa: F811
    found = [*bad(60), Problem("similar_id", "a and A", "reps.csv", row=1234, column="Id", severity="warning")]
    tab = show(made(found, read()))
    count = tab.locator("[data-count=list-table]")
    assert count.text_content() == "61 rows"
    pick = {p.get_attribute("data-at"): p for p in tab.locator("[data-kind=list-table]").all()}
    pick["0"].select_option("Not a date")
    assert set(shown(tab, "list-table", 0)) == {"Not a date"} and count.text_content() == "6 of 61 rows"
    pick["4"].select_option("Col2")
    assert shown(tab, "list-table", 0) == []
    pick["0"].select_option("")
    pick["4"].select_option("")
    pick["3"].fill("1,234")
    assert shown(tab, "list-table", 2) == ["reps.csv"]
    pick["3"].fill("")
    pick["1"].select_option("warning")
    assert shown(tab, "list-table", 3) == ["1234"]
    tab.locator("a[data-pick]", has_text="Unknown rep").click()  # what a kind leads to
    assert Counter(shown(tab, "list-table", 4)) == {"Col2": 6} and pick["1"].input_value() == "error"
    pick["0"].select_option("")
    tab.fill("input[data-filter=list-table]", "x17 is")
    assert shown(tab, "list-table", 0) == []
    pick["4"].select_option("")
    assert shown(tab, "list-table", 3) == ["19"]
    tab.fill("input[data-filter=list-table]", "")
    row = tab.locator("#list-table tr.sorts th button").nth(3)
    row.click()
    assert [int(v) for v in shown(tab, "list-table", 3)] == sorted(range(2, 62), reverse=True)
    assert tab.evaluate(CONTRAST) == []


def test_it_speaks_english_whatever_the_reports_speak():
    with language("zh"):
        assert '<html lang="en">' in made(bad(3), read()) and not re.search("[一-龥]", made(bad(3), read()))
