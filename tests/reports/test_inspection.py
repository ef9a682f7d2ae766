"""What `check` and `solve` print of a plan before it is solved."""

from __future__ import annotations

import io

from rich.console import Console

from reports import inspection
from scenarios.check import Examined, Tight
from solver.explain import Finding, Pressure
from solver.losses import Loss
from solver.problems import Problem

NOTES = tuple(Problem("guessed", "was guessed", "a.csv", row=n, severity="note") for n in range(2, 40))


def plain() -> Console:
    return Console(file=io.StringIO(), width=120, highlight=False, markup=False, emoji=False)


def text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def examined(**changes: object) -> Examined:
    shared = ("R1", "R2")
    tight = Pressure("max_accounts", "customers", shared, shared, (), ("C1", "C2", "C3"), 3, 4.7)
    told = {
        "customers": 10, "reps": 3, "pairs": 21, "families": 0, "funnel": [("customers", 10)],
        "lost": [Loss("territory", 8, 6), Loss("skill", 1, 1)],
        "tight": [Tight(tight, ("Ann\x1b[2J", "R2"), ("DE", "FR", "IT"))],
        "findings": [], "impossible": False, "rep_names": {"R1": "Ann"}, "rules": {}, "terms": {},
        "changes": [], "notes": NOTES,
    }  # fmt: skip
    return Examined(**(told | changes))  # type: ignore[arg-type]


def lines(found: Examined, **options: object) -> list[list[str]]:
    console = plain()
    inspection.check(found, console, "plan.yaml", **options)  # type: ignore[arg-type]
    assert "\x1b" not in text(console)
    return [line.split() for line in text(console).splitlines() if line.strip()]


def test_pairs_lost_are_shown_by_rule_down_to_what_is_left():
    said = lines(examined())
    at = said.index(["Pairs", "of", "customer", "and", "rep"])
    assert said[at + 2 : at + 5] == [["all", "30"], ["territory", "8", "6", "22"], ["skill", "1", "1", "21"]]
    assert ["Pairs", "of", "customer", "and", "rep"] not in lines(examined(lost=[Loss("skill", 0, 0)]))


def test_tight_sets_are_shown_with_names_territories_and_whole_customers():
    (row,) = [line for line in lines(examined()) if line[0].startswith("Ann")]
    assert " ".join(row) == "Ann\\x1b[2J (R1), R2 DE, FR and 1 more max accounts 3 4 64 %"


def test_limits_of_teams_are_shown_by_what_they_are_called():
    moves = Pressure(
        "moves", "potential", ("North out", "no team out"), (), ("North", "no team"), ("C1",), 5, 20, "out"
    )
    assert ["North", "out,", "no", "team", "out"] in [
        line[:5] for line in lines(examined(tight=[Tight(moves, (), ())]))
    ]


def test_findings_are_followed_by_the_names_of_their_reps():
    finding = Finding("too_little_capacity", "R1, R2 have 1 customers", ("cap",), ("C1",), ("R1", "R2"))
    said = [" ".join(line) for line in lines(examined(findings=[finding], impossible=True))]
    assert said[-3:] == ["The plan is impossible", "- R1, R2 have 1 customers", "Reps: R1 Ann"]


def test_like_notes_are_one_line_unless_all_are_asked_for():
    said = [" ".join(line) for line in lines(examined())]
    assert "a.csv rows 2 to 39 (38 rows): was guessed" in said
    assert sum("was guessed" in line for line in (" ".join(x) for x in lines(examined(), every=True))) == 38
    assert not any("was guessed" in " ".join(line) for line in lines(examined(), quiet=True))
    for every, count in ((None, 1), (False, 1), (True, 38)):
        console = plain()
        inspection.notes(NOTES, console, every)
        assert text(console).count("was guessed") == count


def test_many_different_notes_are_cut_and_warnings_come_first():
    notes = [Problem("odd", "is odd", "a.csv", row=n, value=f"x{n}", severity="note") for n in range(12)]
    notes.append(Problem("late", "is late", severity="warning"))
    console = plain()
    inspection.notes(notes, console, False)
    said = text(console).splitlines()
    assert said[0] == "is late"
    assert len(said) == 12
    assert said[-1] == "and 2 more: --all lists them"
