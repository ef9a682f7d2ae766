"""The picture of a stress and what the terminal says of it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from reports.charts.many.stress import describe, draw, finding, frame, picture
from reports.text.stress import LiveDraws, share, stressed
from scenarios.stress.stress import Chance, Check, RepChance, Stress
from tests.reports.looks import MANY, hold


def rep(n: int, chance: float, low: float | None) -> RepChance:
    sure = Chance(chance, max(0.0, chance - 0.02), min(1.0, chance + 0.02))
    return RepChance(f"R{n}", f"Rep {n}", "North", 100.0 + n, low, 130.0, 80.0 + n, 120.0 + 5 * n, sure, chance)


def sample(kind: str = "capacity", chances: tuple[float, ...] = (0.62, 0.91, 0.9995)) -> Check:
    low = None if kind == "capacity" else 70.0
    reps = tuple(rep(n, c, low) for n, c in enumerate(chances))
    return Check(f"my_{kind}", kind, "workload", Chance(0.55, 0.52, 0.58), 2.5, reps)  # type: ignore[arg-type]


def found(*checks: Check, by: str = "segment") -> Stress:
    return Stress("abc", "base", 1000, 1, "normal", by, 0.5, {"workload": 0.2}, {"workload": 0.2}, checks, ("a note",))


@pytest.mark.parametrize("kind", ["capacity", "band"])
def test_picture_is_as_it_was_approved(kind, tmp_path):
    hold(picture(frame(sample(kind), 0.9), "png", 50), MANY / f"stress-{kind}.png", tmp_path)


def test_what_is_plotted_is_what_was_drawn():
    table = frame(sample(), 0.9)
    assert table["chance"].tolist() == [0.62, 0.91, 0.9995]
    assert table["short"].tolist() == [True, False, False]
    assert table["low"].isna().all() and table["high"].tolist() == [130.0] * 3
    ax = draw(table)
    (*_, last) = [line.get_xdata().tolist() for line in ax.lines if len(line.get_xdata()) == 2 and line.get_alpha()]
    assert last == [82.0, 130.0]


def test_it_says_what_it_shows():
    assert finding(frame(sample(), 0.9)) == "1 of 3 reps has a chance below 90 %"
    assert finding(frame(sample(), 0.5)) == "All of 3 reps have a chance of 50 % or more"
    assert finding(frame(sample(), 0.95, most=2)) == "2 of 2 reps shown have a chance below 95 %"
    assert "Least: Rep 0, 62.0 %. All reps at once: 55.0 %." in describe(frame(sample(), 0.9))
    assert picture(frame(sample(), 0.9), "svg") == picture(frame(sample(), 0.9), "svg")


def said(stress: Stress, level: float = 0.9) -> str:
    console = Console(file=io.StringIO(), width=150)
    stressed(stress, level, console)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_terminal_shows_chances_intervals_and_what_would_plan_for_them():
    text = said(found(sample(), sample("band")))
    assert "those of one segment go together (correlation 0.5)" in text and "a note" in text
    assert "All 3 reps within at once: 55.0 % (52.0 to 58.0 %); on average 2.5 of them are. 1 rep below 90 %." in text
    assert "--set 'rules.robust={metric: workload, level: 0.9, spread: 0.2, correlation: 0.5}'" in text
    assert "rules.robust" not in said(found(sample("band")))
    many = said(found(sample(chances=(0.5, *[0.95] * 9)), by=""))
    assert "and 5 reps with better chances" in many and "together" not in many


def test_a_chance_is_never_rounded_to_certainty():
    assert (share(1.0), share(0.9999), share(0.0), share(0.0001), share(0.5)) == (
        "100.0 %", "> 99.9 %", "0.0 %", "< 0.1 %", "50.0 %",
    )  # fmt: skip


def test_the_live_line_says_how_many_draws_are_done():
    console = Console(file=io.StringIO(), width=80)
    with LiveDraws(False, console, every=0) as live:
        live(64, 1000)
    assert console.file.getvalue() == "64 of 1,000 draws\n"  # type: ignore[attr-defined]
    quiet = Console(file=io.StringIO(), width=80)
    with LiveDraws(True, quiet, every=0) as live:
        live(64, 1000)
    assert quiet.file.getvalue() == ""  # type: ignore[attr-defined]
