"""``fairbook advise``: text, JSON, files, a picture, and what it refuses."""

from __future__ import annotations

import pytest

from scenarios.advise.advice_file import read_advice
from tests.command import fairbook

QUICK = ("--grid", "objectives.continuity.weight=0,5", "--time-limit", "2", "--jobs", "1")


@pytest.fixture
def with_history(small):
    rows = ["customer_id,rep_id,date,kind,outcome,amount"]
    for month in range(1, 10):
        for k in range(1, 5):
            rep, outcome = ("R1", "R2")[(k + month) % 2], ("won", "lost")[month % 2]
            rows.append(f"C{k},{rep},2026-{month:02}-{13 + k},opportunity,{outcome},{100 * k}")
    (small / "history.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    text = (small / "plan.yaml").read_text(encoding="utf-8")
    text = text.replace(
        "  reps: {source: reps.csv}\n", "  reps: {source: reps.csv}\n  history: {source: history.csv}\n"
    )
    (small / "plan.yaml").write_text(text, encoding="utf-8")
    return small


def test_json_files_and_picture(with_history):
    done = fairbook("-q", "advise", "plan.yaml", *QUICK, "--json", "--out", "out", "--chart", "a.svg", "--lang", "zh",
                    cwd=with_history)  # fmt: skip
    assert done.code == 0, done.err
    found = done.json()
    (with_history / "advice.json").write_text(done.out, encoding="utf-8")
    read = read_advice(with_history / "advice.json")["judgement"]["judged"]
    assert [(j["name"], j["net"]) for j in read] == [(j["name"], j["net"]) for j in found["judgement"]["judged"]]
    assert found["verdict"] == "too_little" and found["periods"] == ["2026-Q3", "2026-Q2"]
    assert found["unit"] == "opportunity" and found["judgement"]["units"] == 24
    assert {e["name"] for e in found["judgement"]["judged"]} == {
        "objectives.continuity.weight=0", "objectives.continuity.weight=5",
    }  # fmt: skip
    assert all(s["gap"] >= 0 for one in found["solves"].values() for s in one)
    assert sorted(p.name for p in (with_history / "out").iterdir()) == ["figures.csv", "strategies.csv"]
    drawn = (with_history / "a.svg").read_text(encoding="utf-8")
    assert drawn.startswith("<?xml") and "<!-- 没有可以评判的策略" in drawn


def test_what_an_earlier_advice_left_is_taken_away_and_nothing_else(with_history):
    out = with_history / "out"
    out.mkdir()
    for name in ("strategy.yaml", "figures.yaml", "figures.csv", "notes.txt"):
        (out / name).write_text("old", encoding="utf-8")
    done = fairbook("-q", "advise", "plan.yaml", *QUICK, "--periods", "1", "--json", "--out", "out", cwd=with_history)
    assert done.code == 0, done.err
    assert sorted(p.name for p in out.iterdir()) == ["figures.csv", "notes.txt", "strategies.csv"]
    assert (out / "notes.txt").read_text(encoding="utf-8") == "old"
    assert (out / "figures.csv").read_text(encoding="utf-8") != "old"
    assert "strategy.yaml" in done.err and "figures.yaml" in done.err and sorted(done.json()["files"]) == [
        "out/figures.csv", "out/strategies.csv",
    ]  # fmt: skip


def test_a_plot_of_an_earlier_model_is_taken_away_where_the_new_one_has_none(with_history):
    learned = with_history / "learned"
    learned.mkdir()
    for kind in ("png", "svg"):
        (learned / f"calibration.{kind}").write_text("old", encoding="utf-8")
    done = fairbook("learn", "plan.yaml", cwd=with_history)
    assert done.code == 0, done.err
    assert sorted(p.name for p in learned.iterdir()) == ["card.json", "card.md", "model.json"]
    assert "Removed " in done.err


def test_text_says_too_little_and_why(with_history):
    done = fairbook("advise", "plan.yaml", *QUICK, "--periods", "1", cwd=with_history)
    assert done.code == 0, done.err
    said = " ".join(done.out.split())
    for words in ("Too little data", "12 decided opportunities of 4 customers", "too little data", "How far to trust it",
                  "Outcomes are seen only for the rep"):  # fmt: skip
        assert words in said
    assert "base in 2026-Q3" in done.err


def test_without_history_nothing_is_judged(small):
    done = fairbook("-q", "advise", "plan.yaml", *QUICK, cwd=small)
    assert done.code == 0 and "Nothing could be judged" in done.out and "no dated history" in done.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--grid", "objectives.continuity.weight"), 3, "is no grid"),
        (("--grid", "objectives.continuty.weight=1"), 3, "continuty"),
        (("--grid", "reps.R1.ramp=0.5"), 3, "not reps"),
        (("--set", "advise.grid=3"), 3, "advise.grid"),
        (("--chart", "a.gif"), 2, "must end in .png"),
        (("-s", "nope"), 3, "there is no scenario"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_written(small, arguments, code, said):
    done = fairbook("-q", "advise", "plan.yaml", *arguments, cwd=small)
    assert done.code == code and said in " ".join(done.err.split()), done.err
    assert sorted(p.name for p in small.iterdir()) == ["customers.csv", "plan.yaml", "reps.csv"]
