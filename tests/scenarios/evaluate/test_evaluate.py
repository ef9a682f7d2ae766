"""A plan against what happened: what is there is found, what is noise is not called a finding, too little is said."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scenarios.evaluate.bands import Held, judged
from scenarios.evaluate.evaluate import evaluate, evaluated
from scenarios.evaluate.ratios import adjusted, against, difference, ratio
from scenarios.example import write_example
from scenarios.run.record import Run
from scenarios.store import Store
from solver.problems import InputError
from solver.tables import Interaction, frame
from tests.command import fairbook

FIRST = dt.date(2026, 10, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, with what was sold a year before in its history and a plan for the last quarter of 2026."""
    folder = tmp_path_factory.mktemp("evaluate")
    write_example(folder)
    customers = pd.read_csv(folder / "customers.csv")
    rng = np.random.default_rng(3)
    rows = [f"{c},R01,2025-11-05,purchase,won,{p * rng.lognormal(0, 0.1):.0f},7"
            for c, p in zip(customers["customer_id"], customers["potential"], strict=True)]  # fmt: skip
    head = "customer_id,rep_id,date,kind,outcome,amount,feedback\n"
    (folder / "history.csv").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    quick = ("--set", "solve.gap=4", "--set", "solve.workers=1", "--set", "solve.time_limit=60")
    done = fairbook("solve", "plan.yaml", *quick, "--json", cwd=folder)
    assert done.code == 0, done.err
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    with Store(str(folder / ".fairbook" / "runs.db")) as store:
        return store.load(store.find("latest"))


def actuals(
    run: Run, weak: str = "", lost: float = 0.0, sulk: float = 0.0, noise: float = 0.25, seed: int = 1
) -> pd.DataFrame:
    """Sales near the potential; those of one rep half of it, those of moved customers less, their feedback lower."""
    rng = np.random.default_rng(seed)
    rows = []
    for row in run.assignment.itertuples():
        moved = row.moved in {"chosen", "forced"}
        amount = row.potential * rng.lognormal(-(noise**2) / 2, noise)
        amount *= (0.4 if row.rep_id == weak else 1) * (1 - lost if moved else 1)
        score = 7 + rng.normal(0, 0.5) - (sulk if moved else 0)
        rows.append({"customer_id": row.customer_id, "rep_id": row.rep_id, "date": FIRST + dt.timedelta(30),
                     "outcome": "won", "amount": round(amount, 2), "feedback": score})  # fmt: skip
    return frame(Interaction, (Interaction.model_validate(r) for r in rows))


def test_what_is_there_is_found(run: Run) -> None:
    found = evaluate(run, actuals(run, weak="R05", lost=0.3, sulk=2.0))
    reps = {line["name"]: line for line in found["attainment"]["rep"]}
    assert reps["R05"]["verdict"] == "below"
    assert reps["R05"]["high"] < 0.6
    assert reps["R05"]["quota"] == 410_000
    assert found["moves"]["verdict"] == "lost"
    assert found["moves"]["low"] < 0.3 < found["moves"]["high"]
    assert found["feedback"]["verdict"] == "worse"
    assert found["feedback"]["low"] < -2 < found["feedback"]["high"] or found["feedback"]["difference"] < -1.5
    assert found["forecast"]["rank"] > 0.8
    assert sum(line["actual"] for line in found["attainment"]["segment"]) == pytest.approx(found["all"]["actual"])
    trend = found["trend"]["segment"]
    assert sum(line["share"] for line in trend) == pytest.approx(1)
    assert {d["rep_id"]: d for d in found["drift"]}["R05"]["became"] < 0.7


def test_the_parts_of_a_finding_agree_with_each_other_and_with_the_customers(run: Run) -> None:
    both = evaluated(run, actuals(run, lost=0.3, sulk=2.0))
    found, table = both.document, both.customers
    assert found == evaluate(run, actuals(run, lost=0.3, sulk=2.0))
    assert found["reps"] == dict(zip(run.books["rep_id"], run.books["name"], strict=True))
    moved = table[table["moved"].isin(["chosen", "forced"])]
    of = found["moves"]["of_moved"]
    assert of["actual"] == pytest.approx(moved["actual"].sum()) and of["before"] == pytest.approx(
        moved["year_before"].sum()
    )
    assert of["low"] < of["ratio"] < of["high"]
    would = of["before"] * found["moves"]["stayed_ratio"]
    assert found["moves"]["money"] == pytest.approx([would * found["moves"][k] for k in ("lost", "low", "high")])
    assert found["moves"]["money"][0] == pytest.approx(would - of["actual"])
    assert found["moves"]["reckoned"] == run.result["metrics"]["handover"]["shares"]
    felt = found["feedback"]["of_moved"]
    assert felt["after"] - felt["before"] == pytest.approx(felt["change"]) == found["feedback"]["moved_change"]
    assert felt["low"] < felt["change"] < felt["high"]
    assert (moved["feedback"] - moved["feedback_before"]).mean() == pytest.approx(felt["change"])
    tenths = found["forecast"]["tenths"]
    assert len(tenths) == 10 and [t["forecast"] for t in tenths] == sorted(
        (t["forecast"] for t in tenths), reverse=True
    )
    assert sum(t["customers"] * t["actual"] for t in tenths) == pytest.approx(table["actual"].sum())
    assert all(t["low"] < t["actual"] < t["high"] for t in tenths)
    for line in found["drift"]:
        own = table["rep_id"] == line["rep_id"]
        assert line["became"] / line["planned"] == pytest.approx(
            table["actual"][own].sum() / table["planned"][own].sum() / (table["actual"].sum() / table["planned"].sum())
        )


def test_balance_of_reps_without_a_band_is_told_too(run: Run) -> None:
    books = run.books.assign(potential_low=math.nan, potential_high=math.nan, potential_target=math.nan)
    drift = evaluate(replace(run, books=books), actuals(run, weak="R05"))["drift"]
    assert {d["verdict"] for d in drift} == {"no band"} and {d["band"] for d in drift} == {None}
    assert [d["planned"] for d in drift] == pytest.approx([1.0] * len(drift))  # its part is what it was given
    assert min(drift, key=lambda d: d["became"])["rep_id"] == "R05"


def test_what_is_left_of_a_period_is_held_against_its_part_of_potential_and_quota(run: Run) -> None:
    left = "2026-11-16..2026-12-31"  # 46 of 92 days
    rest = replace(run, plan={**run.plan, "period": left, "potential_period": "2026-Q4"})
    sold = actuals(run, noise=0.01).assign(date=pd.Timestamp("2026-11-20").as_unit("s"))
    whole, half = evaluate(run, sold), evaluate(rest, sold.assign(amount=sold["amount"] / 2))
    assert half["all"]["ratio"] == pytest.approx(whole["all"]["ratio"], abs=0.001)
    assert any("46 of the 92 days of 2026-Q4" in note for note in half["notes"])
    quota = [{line["name"]: line["quota"] for line in e["attainment"]["rep"]}["R05"] for e in (whole, half)]
    assert quota == [410_000, 205_000]
    planned = [[d["planned"] for d in e["drift"]] for e in (whole, half)]
    assert planned[0] == pytest.approx(planned[1])


def test_what_is_won_is_what_the_plan_calls_so_and_another_word_is_named(run: Run) -> None:
    sold = actuals(run)
    german = sold.assign(outcome=["gewonnen", "bestellt"] * (len(sold) // 2) + ["gewonnen"] * (len(sold) % 2))
    own = replace(run, plan={**run.plan, "learn": {"won": ["gewonnen", "Bestellt"]}})
    assert evaluate(own, german)["all"] == evaluate(run, sold)["all"]
    assert not any("outcome" in note for note in evaluate(own, german)["notes"])
    (note,) = (n for n in evaluate(run, german)["notes"] if "outcome" in n)
    assert "gewonnen (" in note and "bestellt (" in note and "learn: {won" in note


def test_noise_is_seldom_called_a_finding(run: Run) -> None:
    """Twenty quarters in which nothing was the matter: 14 reps, 3 teams, territories and segments in each."""
    called = rounds = 0
    for seed in range(20):
        found = evaluate(run, actuals(run, noise=0.6, seed=seed))
        wrong = [
            line for lines in found["attainment"].values() for line in lines if line["verdict"] in {"above", "below"}
        ]
        called += bool(wrong)
        rounds += found["moves"]["verdict"] in {"lost", "gained"}
        assert found["all"]["low"] < 1.1 and found["all"]["high"] > 0.9
    assert called <= 4  # 5 % of 20 are 1
    assert rounds <= 4


def test_a_territory_that_outgrows_its_band_has_drifted_and_noise_has_not(run: Run) -> None:
    place = dict(zip(run.tables.customers["customer_id"], run.tables.customers["territory"], strict=True))
    name = run.tables.customers["territory"].value_counts().index[0]
    sold = actuals(run)
    grown = sold.assign(amount=sold["amount"] * np.where(sold["customer_id"].map(place) == name, 2.2, 1.0))
    found = {d["territory"]: d for d in evaluate(run, grown)["drift_territories"]}
    assert found[name]["verdict"] == "drifted out" and found[name]["low"] > found[name]["band"][1]
    assert found[name]["p"] < 0.05
    assert sum(d["verdict"] == "drifted out" for d in found.values()) < len(found)
    wrong = 0
    for seed in range(10):
        noisy = evaluate(run, actuals(run, noise=0.6, seed=seed))
        wrong += any(d["verdict"] == "drifted out" for d in [*noisy["drift"], *noisy["drift_territories"]])
    assert wrong <= 2


def test_many_bands_are_looked_at_together(run: Run) -> None:
    """Where each by itself would be out at the 5 % level, one of many is not surely so."""
    below = np.full(40, 100.0)
    became = ratio(below * np.random.default_rng(3).lognormal(0, 0.4, 40), below)
    edge = next(e for e in np.arange(0.5, 1.5, 0.001) if Held("x", 1.0, became, 1.0, (0.0, e)).p > 0.03)
    out = Held("one", 0.4, became, 1.0, (0.0, float(edge)))
    plenty = [replace(out, name=f"n{k}", band=(0.0, 9.0)) for k in range(20)]
    assert judged([out], "name")[0]["verdict"] == "drifted out"
    assert judged([replace(out, planned=2.0)], "name")[0]["verdict"] == "was out and is"
    assert judged([out, *plenty], "name")[0]["verdict"] == "within, or may be"


def test_how_far_the_plan_was_followed(run: Run) -> None:
    sold = actuals(run)
    assert evaluate(run, sold)["followed"] == {"rows": len(sold), "share": 1.0, "sales_share": pytest.approx(1.0)}
    half = sold.assign(rep_id=np.where(np.arange(len(sold)) % 2 == 0, sold["rep_id"], "elsewhere"))
    found = evaluate(run, half)["followed"]
    assert found["share"] == pytest.approx(0.5, abs=0.01) and 0 < found["sales_share"] < 1
    assert evaluate(run, sold.assign(rep_id=""))["followed"] == {"rows": 0, "share": None, "sales_share": None}


def test_new_demand_is_of_customers_who_bought_nothing_for_a_year(run: Run) -> None:
    ids = run.tables.customers["customer_id"]
    silent = set(ids[::4])
    history = run.tables.history
    past = replace(run, tables=replace(run.tables, history=history[~history["customer_id"].isin(silent)]))
    sold = actuals(run)
    trend = evaluate(past, sold)["trend"]
    new = sold["amount"][sold["customer_id"].isin(silent)].sum()
    assert trend["all"]["new"] == pytest.approx(new) and new > 0
    for lines in (trend["segment"], trend["territory"]):
        assert sum(line["new"] for line in lines) == pytest.approx(new)
        assert sum(line["new_share"] for line in lines) == pytest.approx(1)


def test_a_potential_of_a_years_sales_is_held_against_the_periods_part_of_it(run: Run) -> None:
    early = run.tables.history.iloc[:1].assign(
        date=pd.Timestamp("2024-05-01").as_unit("s"), outcome="", amount=math.nan
    )
    tables = replace(run.tables, history=pd.concat([early, run.tables.history], ignore_index=True))
    year = tables.history.groupby("customer_id")["amount"].sum()
    mixed = tables.customers["customer_id"].map(year).fillna(0.0).to_numpy().copy()
    mixed[:10] = 100_000.0 + mixed[:10] * 50  # these the file gives, for the period
    derived = replace(
        run, tables=replace(tables, customers=tables.customers.assign(potential=mixed)),
        plan={**run.plan, "data": {**run.plan["data"], "derive": {"potential": {"from": "history", "months": 12}}}},
    )  # fmt: skip
    both = evaluated(derived, actuals(run))
    planned = both.customers["planned"].to_numpy()
    end = tables.history["date"].max() + pd.Timedelta(days=1)
    days = (end - (end - pd.DateOffset(months=12))).days
    assert planned[:10] == pytest.approx(mixed[:10])
    assert planned[10:] == pytest.approx(mixed[10:] * 92 / days)
    (note,) = (n for n in both.document["notes"] if "potentials of" in n)
    assert "12 months" in note and "92 days of the period count 25.2 %" in note
    assert [d["planned"] for d in both.document["drift"]] == pytest.approx(
        [d["planned"] for d in evaluate(replace(derived, plan=run.plan), actuals(run))["drift"]]
    ), "a rep's part of the plan is told by the potentials as they are"


def test_too_little_is_said_and_other_rows_are_left_out(run: Run) -> None:
    few = actuals(run).iloc[:4]
    stray = few.assign(date=pd.Timestamp("2027-02-01").as_unit("s"))
    strange = few.assign(customer_id="nobody")
    found = evaluate(run, pd.concat([few, stray, strange], ignore_index=True))
    assert found["rows"] == 4
    assert len(found["notes"]) == 2
    verdicts = {line["verdict"] for lines in found["attainment"].values() for line in lines}
    assert verdicts == {"too little data"}
    assert found["moves"]["verdict"] == found["feedback"]["verdict"] == "too little data"


def test_a_period_that_is_not_over_is_held_against_the_days_that_it_has_had(run: Run) -> None:
    """Sales of a third of the quarter are no shortfall of two thirds, and are held against a third of a year before."""
    days = pd.Timestamp(FIRST) + pd.to_timedelta(np.arange(len(run.assignment)) % 31, unit="D")
    early = actuals(run, noise=0.01).assign(date=pd.DatetimeIndex(days).as_unit("s"))
    early["amount"] *= 31 / 92
    past = run.tables.history.assign(date=run.tables.history["date"].where(
        np.arange(len(run.tables.history)) % 2 == 0, pd.Timestamp("2025-10-10").as_unit("s")))  # fmt: skip
    found = evaluate(replace(run, tables=replace(run.tables, history=past)), early)
    assert found["until"] == "2026-10-31"
    assert found["all"]["ratio"] == pytest.approx(1.0, abs=0.02)
    assert {line["name"]: line["quota"] for line in found["attainment"]["rep"]}["R05"] == pytest.approx(
        410_000 * 31 / 92
    )
    in_days = past[past["date"] <= pd.Timestamp("2025-10-31")]
    assert found["trend"]["all"]["expected"] == pytest.approx(in_days["amount"].sum())
    assert any("end on 2026-10-31" in note and "31 of the 92 days" in note for note in found["notes"])
    late = early.assign(date=pd.DatetimeIndex(days + pd.Timedelta(55, "D")).as_unit("s"))  # few days before the end
    assert evaluate(run, late)["until"] == "2026-12-31"


def test_no_growth_is_told_against_days_that_history_shows_in_part(run: Run) -> None:
    days = pd.Timestamp("2025-11-05") + pd.to_timedelta(np.arange(len(run.tables.history)) % 40, unit="D")
    part = run.tables.history.assign(date=pd.DatetimeIndex(days).as_unit("s"))
    first = part.iloc[:1].assign(date=pd.Timestamp("2025-10-02").as_unit("s"))
    whole = replace(run, tables=replace(run.tables, history=pd.concat([first, part], ignore_index=True)))
    assert evaluate(whole, actuals(run))["trend"]["all"]["ratio"] > 0
    found = evaluate(replace(run, tables=replace(run.tables, history=part)), actuals(run))
    assert found["trend"]["all"] is None and found["moves"]["verdict"] == "too little data"
    assert any("history begins on 2025-11-05" in note for note in found["notes"])


def test_a_file_of_another_period_or_of_other_customers_is_refused(folder: Path, run: Run) -> None:
    sold = actuals(run)
    for name, rows, said in (
        ("another", sold.assign(date=pd.Timestamp("2025-11-20")), "dated 2025-11-20 to 2025-11-20"),
        ("undated", sold.drop(columns="date"), "none has a date"),
        ("strangers", sold.assign(customer_id="nobody"), "rows of nobody"),
        ("none", sold.head(0), "holds no rows"),
    ):
        rows.to_csv(folder / f"{name}.csv", index=False)
        done = fairbook("evaluate", "latest", "--actuals", f"{name}.csv", "--out", name, "--json", cwd=folder)
        assert done.code == 3, name
        (problem,) = [p for p in done.json()["problems"] if p["severity"] == "error"]
        assert problem["code"] == "no_actuals" and said in problem["message"]
        assert not (folder / name).exists()


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda t: t.drop(columns="outcome"), "missing_column", "no column is outcome"),
        (lambda t: t.assign(outcome=""), "empty_column", "the column outcome is empty in every row"),
        (lambda t: t.drop(columns="outcome").assign(Stage=""), "empty_column", "Stage, read as outcome, is empty"),
        (lambda t: t.drop(columns="amount"), "missing_column", "no column is amount"),
        (lambda t: t.assign(amount=""), "empty_column", "the column amount is empty in every row"),
    ],
)
def test_a_file_that_cannot_tell_what_was_sold_is_refused_by_its_column(
    folder: Path, run: Run, change: Callable[[pd.DataFrame], pd.DataFrame], code: str, said: str
) -> None:
    change(actuals(run)).to_csv(folder / "untold.csv", index=False)
    done = fairbook("evaluate", "latest", "--actuals", "untold.csv", "--out", "untold", "--json", cwd=folder)
    assert done.code == 3
    (problem,) = [p for p in done.json()["problems"] if p["severity"] == "error"]
    assert problem["code"] == code and said in problem["message"] and problem["file"] == "untold.csv"
    assert problem["column"] in {"outcome", "amount", "Stage"} and "data.history.columns: {" in problem["fix"]
    assert not (folder / "untold").exists()


def test_rows_of_the_period_that_do_not_tell_what_was_sold_are_refused(run: Run) -> None:
    sold = actuals(run)
    late = sold.assign(date=pd.Timestamp("2027-02-01").as_unit("s"))
    for column, nothing, code in (
        ("outcome", "", "no_outcome"),
        ("amount", math.nan, "no_amount"),
        ("amount", 0.0, "no_amount"),
    ):
        with pytest.raises(InputError) as refused:
            evaluate(run, pd.concat([sold.assign(**{column: nothing}), late], ignore_index=True))
        (problem,) = refused.value.problems
        assert (problem.code, problem.column) == (code, column) and "fill the column" in problem.fix
    some = sold.assign(amount=sold["amount"].where(sold.index > 1))
    assert any("2 sales have no amount and count as nothing" in n for n in evaluate(run, some)["notes"])


def test_rows_that_stand_twice_are_counted_and_named(folder: Path, run: Run) -> None:
    """As in history: two sales may be alike, and who knows better is told which rows they are."""
    sold = actuals(run).assign(feedback="")
    sold.loc[7, "amount"] = math.nan
    rows = pd.concat([sold, sold.iloc[[3, 5, 5, 7]]], ignore_index=True)
    rows.to_csv(folder / "twice.csv", index=False)
    done = fairbook("evaluate", "latest", "--actuals", "twice.csv", "--json", cwd=folder)
    assert done.code == 0, done.err
    found, n = done.json(), len(sold)
    assert found["all"]["actual"] == pytest.approx(pd.to_numeric(rows["amount"]).sum())
    assert any("3 rows are the same as others in every column; they are counted too" in t for t in found["notes"])
    assert f"twice.csv row {n + 2}, column amount: the row is the same as row 5 in every column" in done.err
    assert f"twice.csv rows {n + 3}, {n + 4}, column amount: the row is the same as row 7" in done.err
    apart = rows.assign(order=[f"O{k}" for k in range(len(rows))])  # an order number of its own
    apart.to_csv(folder / "apart.csv", index=False)
    found = fairbook("evaluate", "latest", "--actuals", "apart.csv", "--json", cwd=folder).json()
    assert not any("the same as" in t for t in found["notes"])


def test_the_command_reads_actuals_as_the_plan_reads_history(folder: Path, run: Run) -> None:
    actuals(run, lost=0.2).to_csv(folder / "q4.csv", index=False)
    done = fairbook("evaluate", "latest", "--actuals", "q4.csv", "--json", cwd=folder)
    assert done.code == 0, done.err
    assert json.loads(done.out)["rows"] == len(run.assignment)
    text = fairbook("evaluate", "latest", "--actuals", "q4.csv", cwd=folder).out
    for word in ("Attainment by rep", "of quota", "changed hands|moved", "eedback", "year before, by segment"):
        assert any(w in text for w in word.split("|"))
    (folder / "bad.csv").write_text("customer_id,date,amount\nC0001,soon,many\n", encoding="utf-8")
    done = fairbook("evaluate", "latest", "--actuals", "bad.csv", "--json", cwd=folder)
    assert done.code == 3
    assert {p["column"] for p in done.json()["problems"] if p["severity"] == "error"} >= {"date", "amount"}
    assert fairbook("evaluate", "latest", "--actuals", "missing.csv", cwd=folder).code == 3


def test_the_command_writes_reports_whole_or_not_at_all(folder: Path, run: Run) -> None:
    actuals(run, lost=0.2).to_csv(folder / "out.csv", index=False)
    ask = ("evaluate", "latest", "--actuals", "out.csv")
    done = fairbook(*ask, "--out", "review", "--format", "page,deck", "--json", cwd=folder)
    assert done.code == 0, done.err
    found = done.json()
    assert found.pop("files") == [str(Path("review") / n) for n in ("page.html", "deck.pptx")]
    assert found == fairbook(*ask, "--json", cwd=folder).json()
    page = (folder / "review" / "page.html").read_text(encoding="utf-8")
    assert f"{100 * found['all']['ratio']:.0f} %" in page
    text = fairbook(*ask, "--out", "review", "--format", "page", cwd=folder).out
    assert f"Open {Path('review') / 'page.html'}" in text
    for wrong in (("--format", "page"), ("--advice", "out.csv"), ("--out", "no", "--format", "crm")):
        assert fairbook(*ask, *wrong, cwd=folder).code == 2
    refused = fairbook(*ask, "--out", "no", "--advice", "out.csv", "--json", cwd=folder)
    assert refused.code == 3 and refused.json()["problems"][0]["code"] == "bad_advice"
    refused = fairbook(*ask, "--out", "no", "--format", "page,deck", "--template", "out.csv", "--json", cwd=folder)
    assert refused.code == 3 and not (folder / "no").exists()


def test_a_ratio_of_sums_has_an_honest_interval() -> None:
    """Of 400 samples, the 95 % interval holds the true ratio about 380 times."""
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(400):
        below = rng.lognormal(0, 0.5, 60)
        found = ratio(below * 0.8 * rng.lognormal(-0.08, 0.4, 60), below)
        assert found.low is not None and found.high is not None
        hits += found.low < 0.8 < found.high
    assert 360 <= hits <= 396
    nothing = ratio(np.zeros(20), np.zeros(20))
    assert nothing.value is None and not nothing.enough
    assert math.isnan(difference(nothing, nothing)) and against(nothing, nothing) is None
    few = ratio(np.ones(5), np.ones(5))
    assert few.value == 1 and not few.enough


def test_p_values_are_adjusted_for_how_many_there_are() -> None:
    assert adjusted([0.01, math.nan, 0.02, 0.9])[0] == pytest.approx(0.03)
    assert math.isnan(adjusted([0.01, math.nan])[1])
    assert adjusted([]) == []
