import dataclasses
import io
import math
import subprocess
import sys

import pytest
from rich.console import Console

from reports import console as shown
from reports import live
from reports.charts import balance as balance_chart
from solver.engine.solution import Options, Progress
from solver.engine.solve import solve
from solver.problems import Problem
from tests.reports.sample import sample, without_plan
from tests.solver.engine.test_solve import company


def plain(width=120):
    return Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False)


def terminal(width=100):
    return Console(file=io.StringIO(), width=width, force_terminal=True, highlight=False, markup=False, emoji=False)


def text(console):
    return console.file.getvalue()


def test_nothing_heavy_is_imported_with_the_console():
    heavy = ("pandas", "numpy", "matplotlib", "ortools")
    code = f"import sys, reports.console; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_summary_tells_all_and_is_plain_in_a_pipe():
    console = plain()
    shown.solve_summary(sample(), console)
    said = text(console)
    assert "\x1b" not in said
    for part in (
        "87.5 of at most 87.6", "Within 0.10 points", "Not reproducible", "balance potential",
        "Gini", "top customers",         "14 moved by choice", "2 by force", "1 of 40 have none",
        "The fullest reps, by share of their hard limit", "李秀英",
        "fairbook report 0123456789ab", "fairbook export 0123456789ab DIR", "--set solve.time_limit=300",
    ):  # fmt: skip
        assert part in said


def test_summary_of_an_optimal_run_offers_no_longer_search():
    console = plain()
    shown.solve_summary(sample(optimal=True), console)
    assert "time_limit" not in text(console) and "Not reproducible" not in text(console)


def test_summary_without_a_plan_names_the_findings():
    run = without_plan()
    run = dataclasses.replace(run, result=run.result | {"findings": [{"message": "C1 has no eligible rep"}]})
    console = plain()
    shown.solve_summary(run, console)
    assert "No plan can keep every rule." in text(console) and "C1 has no eligible rep" in text(console)
    assert "fairbook check PLAN" in text(console) and "fairbook report" not in text(console)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_summary_fits_any_terminal(width):
    console = terminal(width)
    shown.solve_summary(sample(12, 3, 100), console)
    assert "fairbook report" in text(console)


def test_names_are_printed_as_they_are_and_no_code_reaches_the_terminal():
    console = terminal()
    shown.problems([Problem("odd", "name is \x1b[2J[bold]x[/bold] :smile:", "a.csv")], console)
    assert "\x1b[2J" not in text(console) and "\\x1b[2J[bold]x[/bold] :smile:" in text(console)


def test_problems_are_grouped_worst_first_and_like_ones_are_one_line():
    found = [Problem("late", "is late", "a.csv", row=1, severity="note")]
    found += [Problem("duplicate_id", "stands twice", "a.csv", row=n, column="Id") for n in range(2, 49)]
    console = plain()
    shown.problems(found, console)
    assert text(console).splitlines() == [
        "error: duplicate_id (47)", "  a.csv rows 2 to 48 (47 rows), column Id: stands twice",
        "note: late", "  a.csv row 1: is late", "47 errors, 1 note.",
    ]  # fmt: skip
    console = plain()
    shown.problems(found, console, every=True)
    assert text(console).count("stands twice") == 47
    assert "  a.csv row 31, column Id: stands twice\n" in text(console)
    shown.problems([], empty := plain())
    assert text(empty) == ""


@pytest.mark.parametrize(("every", "last"), [(None, "  and 5 more"), (False, "  and 5 more: --all lists them")])
def test_a_kind_has_at_most_ten_lines_and_says_how_many_problems_are_left(every, last):
    found = [Problem("odd", "is odd", "a.csv", row=n, value=f"x{n}") for n in range(12)]
    found += [Problem("odd", "is odd", "a.csv", row=n, value="x11") for n in range(20, 23)]
    console = plain()
    shown.problems(found, console, every)
    lines = text(console).splitlines()
    assert lines[0] == "error: odd (15)" and lines[-1] == "15 errors."
    assert len(lines) == 1 + shown.SHOWN + 2 and lines[-2] == last
    console = plain()
    shown.problems(found, console, every=True)
    assert len(text(console).splitlines()) == 1 + 15 + 1 and "more" not in text(console)


def test_workload_of_one_each_is_not_told_beside_the_number_of_customers():
    run, edges = sample(), ["workload_target", "workload_max", "workload_min"]
    customers = run.tables.customers.assign(workload=1.0)
    counted = dataclasses.replace(run, tables=dataclasses.replace(run.tables, customers=customers))
    bare = dataclasses.replace(counted, books=run.books.assign(**dict.fromkeys(edges, math.nan)))
    for told, shown_ in ((run, True), (counted, True), (bare, False)):
        shown.solve_summary(told, console := plain())
        balance = text(console).split("Balance, before")[1].split("Kept with")[0]
        assert ("\nworkload" in balance) is shown_
        assert ("workload" in set(balance_chart.frame(told)["metric"])) is shown_


def test_runs_table_says_what_each_run_set():
    row = {
        "id": "0123456789ab", "created": "2026-09-21T14:30:00.12+00:00", "plan_name": "autumn",
        "scenario": "base", "status": "optimal", "score": 87.333, "bound": 87.4, "gap": None,
    }  # fmt: skip
    shown.runs_table([row], console := plain())
    assert "0123456789ab  2026-09-21 14:30  autumn  base      optimal  87.33  87.40    –\n" in text(console)
    assert "set otherwise" not in text(console), "a column only where a run set anything"
    changes = [{"path": "objectives.continuity.weight", "old": 3, "new": 6}, {"path": "coverage", "old": 1, "new": 2}]
    shown.runs_table([row, row | {"changes": changes}], console := plain())
    assert "objectives.continuity.weight: 3 → 6 and 1 more" in " ".join(text(console).split())
    shown.runs_table([], console := plain(), "Elsewhere.")
    assert text(console) == "No runs yet: fairbook solve PLAN makes one. Elsewhere.\n"


def test_funnel_shows_where_customers_are_lost():
    console = plain()
    shown.funnel([("customers", 400), ("territory", 380), ("skill", 380), ("capacity", 1), ("moves", 0)], console)
    lines = [line.split() for line in text(console).splitlines() if line.strip()]
    assert lines[2][:3] == ["territory", "380", "−20"] and lines[3][:2] == ["skill", "380"]
    assert lines[4][1:3] == ["1", "−379"] and len(lines[4]) == 4 and len(lines[5]) == 3
    shown.funnel([], plain())


def test_progress_off_a_terminal_is_a_line_now_and_then():
    console = plain()
    with live.LiveProgress(console=console, every=5) as progress:
        for n in range(12):
            progress(float(n), None if n < 3 else 80.0 + n, None if n < 1 else 99.0, None, "exact")
    lines = text(console).splitlines()
    assert [line.split()[0] for line in lines] == ["0.0", "5.0", "10.0", "11.0"]
    assert "no plan yet" in lines[0] and "score 91.00  of at most 99.00  exact" in lines[-1]


@pytest.mark.parametrize("engine", ["exact", "price"])
def test_progress_says_what_the_engine_does_in_words(engine):
    stages: list[Progress] = []
    solve(company(40, 5).instance, Options(5.0, 0.0, 1, 1, engine), stages.append)
    console = plain()
    with live.LiveProgress(console=console, every=0) as progress:
        for news in stages:
            progress.search(news, "first, ")
    assert stages and {s.stage for s in stages} <= set(live.STAGES)
    for stage in {s.stage for s in stages}:
        assert f"first, {live.STAGES[stage]}" in text(console)


def test_progress_is_silent_when_quiet_or_without_news():
    for quiet, console in ((True, plain()), (True, terminal()), (False, plain())):
        with live.LiveProgress(quiet=quiet, console=console) as progress:
            if quiet:
                progress(1.0, 80.0, 90.0, 10.0, "exact")
        assert text(console) == ""


@pytest.mark.parametrize("width", [20, 60, 160])
def test_progress_on_a_terminal_draws_a_bar_and_goes(width):
    console = terminal(width)
    with live.LiveProgress(console=console) as progress:
        progress(0.5, None, 100.0, None, "price")
        progress(1.0, 80.0, 90.0, 10.0, "exact")
        line = progress._draw()
        assert line.cell_len < width
        if width > 60:
            assert "━" in line.plain and "score 80.00  of at most 90.00  gap 10.00  exact" in line.plain
    assert text(console).endswith(("\x1b[?25h", "\x1b[2K"))


def test_an_error_in_the_search_leaves_the_terminal_clean():
    console = terminal()
    with pytest.raises(KeyboardInterrupt), live.LiveProgress(console=console):
        raise KeyboardInterrupt
    assert "\x1b[?25h" in text(console)


def test_consoles_go_where_they_should(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert not shown.out().stderr and shown.err().stderr
    assert shown.out().width == shown.PIPED_WIDTH
    monkeypatch.setenv("COLUMNS", "77")
    assert shown.out().width == 77
