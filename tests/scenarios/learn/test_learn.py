"""`fairbook learn` and the plans that use what it made, from files to the stored run."""

from __future__ import annotations

import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from reports.text.watch import changed
from scenarios.example import write_example
from scenarios.run.run import audit_again
from scenarios.store import Store
from scenarios.watch.drift import Drift, drift, keep
from scenarios.watch.watch import watched
from solver.fit.learned.model import Model
from tests.command import fairbook

QUICK = ("--set", "solve.time_limit=60", "--set", "solve.gap=4", "--set", "solve.workers=1")
LEARNED = ("--set", "objectives.fit.source=learned")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped example, learned from."""
    folder = tmp_path_factory.mktemp("learned")
    write_example(folder / "d")
    done = fairbook("learn", "d/plan.yaml", "--set", "learn.folds=3", "--force", cwd=folder)
    assert done.code == 0, done.err
    assert "log loss" in done.out
    return folder


def test_the_card_is_there_to_read_and_for_programs(made: Path) -> None:
    place = made / "d" / "learned"
    assert {p.name for p in place.iterdir()} == {
        "model.json", "card.json", "card.md", "calibration.png", "calibration.svg",
    }  # fmt: skip
    card = json.loads((place / "card.json").read_text(encoding="utf-8"))
    model = json.loads((place / "model.json").read_text(encoding="utf-8"))
    assert card["model"] == model["sha256"]
    assert card["data"]["closed"] == 1131
    assert set(card["figures"]) == {"learned", "challenger", "overall", "rep", "industry", "customer", "declared"}
    assert card["used"] == (card["verdict"] == "earned" or card["forced"])
    text = (place / "card.md").read_text(encoding="utf-8")
    assert card["method"] == "effects" and card["challenge"]["method"] == "trees" and card["challenge"]["low"] < 0
    assert 0 < card["propensity"]["effective"] < 1131 and not card["propensity"]["used"]
    for word in (
        "What to beware of",
        "challenger: boosted trees",
        "the simpler model is kept",
        "would leave",
        "not left to chance",
        "propensity",
        card["model"],
        "sha256 of history",
    ):
        assert word in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("|")) <= 120


def test_a_plan_with_learned_fit_is_audited_kept_and_explained(made: Path) -> None:
    revenue = ("--set", "objectives.expected_revenue.weight=2", "--set", "objectives.fit.blend=0.7")
    done = fairbook("solve", "d/plan.yaml", *QUICK, *LEARNED, *revenue, "--json", cwd=made)
    assert done.code == 0, done.err
    result = done.json()
    model = json.loads((made / "d/learned/model.json").read_text(encoding="utf-8"))
    assert result["input_hashes"]["model"] == model["sha256"]
    assert set(result["terms"]) >= {"fit", "expected_revenue"}
    with Store(str(made / ".fairbook" / "runs.db")) as store:
        run = store.load(store.find(result["run"]))
    assert run.tables.learned is not None and run.tables.learned.sha256 == model["sha256"]
    card = json.loads((made / "d/learned/card.json").read_text(encoding="utf-8"))
    assert run.result["learned"]["checked"]["over_declared"] == card["checked"]["over_declared"]
    assert run.result["learned"]["caveats"] == card["caveats"] and "drivers" not in run.result["learned"]
    again = audit_again(run)
    assert again.violations == ()
    assert again.score == pytest.approx(result["score"], abs=1e-9)
    won = run.assignment["reason"].str.contains(r"won \d+ of \d+|nothing closed")
    assert won.all()
    customer = run.assignment["customer_id"].iloc[0]
    told = fairbook("explain", "latest", customer, "--json", cwd=made).json()
    known = [c for c in told["reps"] if c["eligible"]]
    assert known
    for rep in known:
        assert re.search(r"won \d+ of \d+|nothing closed", rep["record"])
        assert 0 <= rep["low"] < rep["win"] < rep["high"] <= 1
        assert rep["money"] > 0
    assert "What history shows" in fairbook("explain", "latest", customer, cwd=made).out
    assert fairbook("worth", "latest", "--like", "R07", "--confirm", "0", cwd=made).code == 0


def test_a_model_that_is_missing_damaged_or_of_another_history_is_no_model(made: Path, tmp_path: Path) -> None:
    write_example(tmp_path)
    asked = ("check", "plan.yaml", *LEARNED, "--json")
    done = fairbook(*asked, cwd=tmp_path)
    assert (done.code, done.json()["problems"][0]["code"]) == (3, "no_model")
    assert "fairbook learn plan.yaml" in done.json()["problems"][0]["fix"]
    (tmp_path / "learned").mkdir()
    text = (made / "d/learned/model.json").read_text(encoding="utf-8")
    (tmp_path / "learned/model.json").write_text(text.replace('"slope":', '"slope":1', 1), encoding="utf-8")
    done = fairbook(*asked, cwd=tmp_path)
    assert (done.code, done.json()["problems"][0]["code"]) == (3, "bad_model")
    (tmp_path / "learned/model.json").write_text(text, encoding="utf-8")
    assert fairbook(*asked, cwd=tmp_path).code == 0
    model = Model.from_json(text)
    more = model.learning.model_copy(update={"customer_columns": ("tier",), "rep_columns": ("floor",)})
    (tmp_path / "learned/model.json").write_text(replace(model, learning=more).to_json(), encoding="utf-8")
    done = fairbook(*asked, cwd=tmp_path)
    assert done.code == 3, done.err
    found = done.json()["problems"]
    assert [p["code"] for p in found] == ["unknown_column"] * 2
    for problem, column in zip(found, ("'tier'", "'floor'"), strict=True):
        assert column in problem["message"] and "fairbook learn plan.yaml" in problem["fix"]
    (tmp_path / "learned/model.json").write_text(text, encoding="utf-8")
    with (tmp_path / "history.csv").open("a", encoding="utf-8") as file:
        file.write("C0001,R01,2026-09-30,call,reached,,\n")
    done = fairbook(*asked, cwd=tmp_path)
    assert (done.code, done.json()["problems"][0]["code"]) == (3, "stale_model")
    assert fairbook("check", "plan.yaml", cwd=tmp_path).code == 0  # a plan that asks for none needs none


def test_a_model_of_trees_is_solved_audited_kept_and_explained(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "d", tmp_path / "d")
    trees = ("--set", "learn.method=trees", "--propensity", "--force", "--set", "learn.folds=2")
    done = fairbook("learn", "d/plan.yaml", *trees, cwd=tmp_path)
    assert done.code == 0, done.err
    said = " ".join(done.out.split())
    assert "learned fit: boosted trees" in said and "as learn.method: trees asks for" in said and "even ones" in said
    done = fairbook("solve", "d/plan.yaml", *QUICK, *LEARNED, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    with Store(str(tmp_path / ".fairbook" / "runs.db")) as store:
        run = store.load(store.find("latest"))
    assert run.tables.learned is not None and run.tables.learned.as_dict()["chance"]["kind"] == "trees"
    assert audit_again(run).violations == ()
    told = fairbook("explain", "latest", run.assignment["customer_id"].iloc[0], "--json", cwd=tmp_path).json()
    assert all(0 <= r["low"] <= r["win"] <= r["high"] <= 1 for r in told["reps"] if r["eligible"])


def test_what_was_declined_leaves_fit_declared_and_says_so(tmp_path: Path) -> None:
    write_example(tmp_path, affinity=0.0)
    learned = fairbook("learn", "plan.yaml", "--set", "learn.folds=2", "--lang", "zh", cwd=tmp_path)
    card = (tmp_path / "learned" / "card.md").read_text(encoding="utf-8")
    assert card.startswith("# 学习匹配度\n") and "匹配度仍按声明" in card
    assert learned.code == 0
    assert "does not earn its place: fit stays declared" in learned.out
    checked = fairbook("check", "plan.yaml", *LEARNED, "--all", cwd=tmp_path)
    assert checked.code == 0
    assert "fit stays declared, as the model does not earn its place" in " ".join((checked.out + checked.err).split())
    needs = fairbook("check", "plan.yaml", "--set", "objectives.expected_revenue.weight=1", "--json", cwd=tmp_path)
    assert (needs.code, needs.json()["problems"][0]["code"]) == (3, "no_model")


@pytest.mark.parametrize(
    ("sets", "code"),
    [
        (["learn.won=[gained]", "learn.lost=[missed]"], "no_outcome"),
        (["data.history=null"], "no_history"),
        (["data.history.where=kind == 'nothing'"], "no_history"),
        (["period=2025-Q1"], "no_past"),
        (["learn.model=../elsewhere.json"], "bad_value"),
        (["learn.wun=[won]"], "unknown_key"),
        (["learn.customer_columns=[competitor_grup]"], "unknown_column"),
    ],
)
def test_what_cannot_be_learned_from_is_said(made: Path, sets: list[str], code: str) -> None:
    before = {p: p.read_bytes() for p in (made / "d/learned").iterdir()}
    settings = [word for s in sets for word in ("--set", s)]
    done = fairbook("learn", "d/plan.yaml", *settings, "--json", cwd=made)
    assert done.code == 3
    assert code in {p["code"] for p in done.json()["problems"]}
    assert before == {p: p.read_bytes() for p in (made / "d/learned").iterdir()}


def test_watch_sees_a_model_learned_anew_and_another_history(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "d", tmp_path / "d")
    assert fairbook("-q", "solve", "d/plan.yaml", *QUICK, *LEARNED, cwd=tmp_path).code == 0

    def now() -> Drift:
        with Store(str(tmp_path / ".fairbook" / "runs.db")) as store:
            run, ready = watched("latest", None, tmp_path / "d", store)
        return drift(run, ready.plan, ready.draft, keep(run, ready.tables), ready.hashes)

    assert now().same and now().as_dict()["inputs"] == []
    place = tmp_path / "d/learned/model.json"
    model = Model.from_json(place.read_text(encoding="utf-8"))
    place.write_text(replace(model, slope=model.slope / 2).to_json(), encoding="utf-8")
    found = now()
    assert not found.same and found.inputs == ("model",)
    history = tmp_path / "d/history.csv"
    lines = history.read_text(encoding="utf-8").splitlines()
    history.write_text("\n".join([*lines, lines[-1]]) + "\n", encoding="utf-8")
    again = fairbook("learn", "d/plan.yaml", "--set", "learn.folds=3", "--force", cwd=tmp_path)
    assert again.code == 0, again.err
    found = now()
    assert not found.same and found.inputs == ("model", "history")
    out = io.StringIO()
    changed(found, Console(file=out, width=200))
    assert "Learned fit: fit was learned anew; history" in out.getvalue()
