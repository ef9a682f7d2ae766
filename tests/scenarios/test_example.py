from __future__ import annotations

import csv
import datetime as dt
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from scenarios.example import hidden_affinity, write_example
from scenarios.plan.patch import resolve
from scenarios.plan.period import parse_period
from scenarios.plan.plan import parse_plan
from solver.draft import Draft
from solver.engine.solution import Options
from solver.engine.solve import solve
from solver.tables import Customer, Interaction, Rep, Tables

HOURS = {"enterprise": 12, "mid": 6, "small": 3}
PERIOD = parse_period("2026-Q4")


def read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{k: v or None for k, v in row.items()} for row in csv.DictReader(file)]


def tables(folder: Path) -> Tables:
    customers = [
        {**c, "workload": HOURS[c["segment"]], "competitor_group": c["competitor_group"] or ""}
        for c in read(folder / "customers.csv")
    ]
    reps = [{**r, "active": r["active"] == "yes"} for r in read(folder / "reps.csv")]
    return Tables.of(customers, reps, read(folder / "history.csv"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("example")
    written = write_example(path)
    assert [p.name for p in written] == ["customers.csv", "reps.csv", "history.csv", "plan.yaml"]
    assert sorted(p.name for p in path.iterdir()) == sorted(p.name for p in written)
    return path


@pytest.fixture(scope="module")
def example(folder: Path) -> Tables:
    return tables(folder)


def working(example: Tables) -> Any:
    reps = example.reps
    gone = reps["end_date"].notna() & (reps["end_date"] < np.datetime64(PERIOD.first))
    return reps[reps["active"] & ~gone]


def eligible(example: Tables) -> dict[str, set[str]]:
    """Reps by customer, by territory and skills, worked out anew."""
    reps = working(example).to_dict("records")
    found = {}
    for c in example.customers.to_dict("records"):
        covering = [r for r in reps if any(f"{c['territory']}/".startswith(f"{t}/") for t in r["territories"])]
        needed = c["required_skills"].items()
        found[c["customer_id"]] = {r["rep_id"] for r in covering if all(r["skills"].get(s, 0) >= n for s, n in needed)}
    return found


def test_same_seed_same_bytes_other_seed_other_bytes(folder: Path, tmp_path: Path) -> None:
    for path in write_example(tmp_path / "again"):
        assert path.read_bytes() == (folder / path.name).read_bytes()
        assert b"\r" not in path.read_bytes()
    other = write_example(tmp_path / "other", seed=7)
    assert other[0].read_bytes() != (folder / "customers.csv").read_bytes()
    assert write_example(tmp_path / "again")  # over what is there


def test_counts(example: Tables) -> None:
    assert len(example.customers) == 400
    assert len(example.reps) == 14 and len(working(example)) == 12
    assert working(example)["team"].nunique() == 3
    assert 5_000 <= len(example.history) <= 7_000
    assert example.customers["territory"].nunique() == 10
    assert example.customers["industry"].nunique() == 7
    assert set(example.customers["segment"]) == set(HOURS)
    assert set(example.history["kind"]) == {"call", "meeting", "opportunity", "feedback"}
    assert {"won", "lost", "open"} <= set(example.history["outcome"])
    assert example.customers["name"].is_unique
    chinese = example.customers["name"].str.contains(r"[\u4e00-\u9fff]")
    assert 50 <= chinese.sum() <= 150
    assert example.reps["name"].str.contains(r"[\u4e00-\u9fff]").sum() >= 3


def test_every_reference_is_there(example: Tables) -> None:
    ids, reps = set(example.customers["customer_id"]), set(example.reps["rep_id"])
    for column, known in (("parent_id", ids), ("current_rep", reps), ("pinned_rep", reps)):
        assert set(example.customers[column]) - {""} <= known
    assert set(example.history["customer_id"]) <= ids
    assert set(example.history["rep_id"]) <= reps


def test_columns_are_the_documented_ones(folder: Path) -> None:
    own, derived = {"competitor_group"}, {"workload"}
    unused = {"potential_spread", "workload_spread", "assigned_since"}  # of studies that the example does without
    assert set(read(folder / "customers.csv")[0]) == set(Customer.model_fields) - derived - unused | own
    assert set(read(folder / "reps.csv")[0]) == set(Rep.model_fields) - {"max_customers"}
    assert set(read(folder / "history.csv")[0]) == set(Interaction.model_fields)


def test_everybody_has_a_choice(example: Tables) -> None:
    counts = Counter(len(reps) for reps in eligible(example).values())
    assert min(counts) >= 3 and max(counts) <= 6
    covering: dict[str, int] = defaultdict(int)
    for territory in set(example.customers["territory"]):
        for paths in working(example)["territories"]:
            covering[territory] += any(f"{territory}/".startswith(f"{t}/") for t in paths)
    assert min(covering.values()) >= 3


def test_leavers_and_the_starter(example: Tables) -> None:
    leavers = example.reps[example.reps["end_date"].notna()]
    assert len(leavers) == 2 and (leavers["end_date"] < np.datetime64(PERIOD.first)).all()
    assert leavers["active"].tolist() == [True, False]
    owned = example.customers["current_rep"].value_counts()
    assert all(owned[r] >= 5 for r in leavers["rep_id"])
    starter = example.reps[example.reps["ramp"] < 1]
    assert starter["ramp"].tolist() == [0.5]
    assert PERIOD.first < starter["start_date"].iloc[0].date() < PERIOD.last
    assert starter["rep_id"].iloc[0] not in set(example.customers["current_rep"]) | set(example.history["rep_id"])


def test_the_books_of_today_are_uneven(example: Tables) -> None:
    may = eligible(example)
    c = example.customers
    books = c[c["current_rep"].isin(working(example)["rep_id"])].groupby("current_rep")["potential"].sum()
    assert books.max() > 2.5 * books.min()
    leavers = set(example.reps["rep_id"]) - set(working(example)["rep_id"])
    pairs = zip(c["customer_id"], c["current_rep"], strict=True)
    forced = sum(rep != "" and rep not in leavers and rep not in may[j] for j, rep in pairs)
    assert 5 <= forced <= 40
    assert (c["current_rep"] == "").sum() >= 3


def test_families(example: Tables) -> None:
    c = example.customers.set_index("customer_id")
    top = {}
    for customer in c.index:
        at, steps = customer, 0
        while c.loc[at, "parent_id"]:
            at, steps = c.loc[at, "parent_id"], steps + 1
            assert steps <= 3, "a circle of parents"
        top[customer] = at
    families = [[j for j in c.index if top[j] == head] for head, n in Counter(top.values()).items() if n > 1]
    assert len(families) == 25
    assert all(2 <= len(f) <= 5 for f in families)
    assert any(c.loc[f, "territory"].nunique() > 1 for f in families)
    may = eligible(example)
    for family in families:
        for _, members in c.loc[family].groupby("territory"):
            assert len(set.intersection(*(may[j] for j in members.index))) >= 1


def test_pins_and_rivals_contradict_nothing(example: Tables) -> None:
    may = eligible(example)
    c = example.customers
    pinned = c[c["pinned_rep"] != ""]
    assert len(pinned) == 10
    assert all(rep in may[j] for j, rep in zip(pinned["customer_id"], pinned["pinned_rep"], strict=True))
    groups = c[c["competitor_group"] != ""].groupby("competitor_group")["customer_id"].apply(list)
    assert len(groups) == 6
    for members in groups:
        assert 2 <= len(members) <= 3
        assert len(set.union(*(may[j] for j in members))) >= len(members)


def test_money_and_hours_are_believable(example: Tables) -> None:
    c = example.customers
    median = c.groupby("segment")["potential"].median()
    assert median["enterprise"] > 2 * median["mid"] > 4 * median["small"] > 0
    value = np.sort(c["potential"].to_numpy())[::-1]
    assert 0.4 < value[:40].sum() / value.sum() < 0.75, "a tenth of the customers holds about half the potential"
    reps = working(example)
    there = np.where(reps["start_date"].notna(), 60 / 92, 1.0)
    hours = (reps["capacity"] * reps["ramp"] * there).sum()
    assert 1.12 < hours / c["workload"].sum() < 1.25
    won = example.history.loc[example.history["outcome"] == "won", "amount"].sum() / 6
    assert 0.5 < won / reps["quota"].sum() < 1.2


def test_history_agrees_with_the_customers(example: Tables) -> None:
    h = example.history
    assert h["date"].is_monotonic_increasing
    assert h["date"].min() >= np.datetime64("2025-04-01") and h["date"].max() <= np.datetime64("2026-09-30")
    last = h[h["feedback"].notna()].groupby("customer_id")["feedback"].last()
    c = example.customers.set_index("customer_id")
    assert (c["feedback"].dropna() == last.reindex(c.index).dropna()).all()
    assert h["feedback"].dropna().between(1, 10).all()
    gone = dt.date(2026, 8, 31)
    assert h.loc[h["rep_id"] == "R13", "date"].max() <= np.datetime64(gone)
    won = h[h["kind"] == "opportunity"]
    assert (won["amount"] > 0).all() and h.loc[h["kind"] != "opportunity", "amount"].isna().all()
    longest = h.groupby("customer_id")["rep_id"].agg(lambda reps: reps.value_counts().index[0])
    held = c["current_rep"][c["tenure"] > 1.5]
    assert (longest.reindex(held.index) == held)[held != ""].mean() > 0.9


def wins(example: Tables) -> Any:
    table = example.history.merge(example.customers[["customer_id", "industry"]], on="customer_id")
    closed = table[table["outcome"].isin(["won", "lost"])]
    return closed.assign(won=closed["outcome"] == "won").groupby(["rep_id", "industry"])["won"].agg(["mean", "size"])


def correlation(rates: Any, affinity: Any) -> float:
    rates = rates[rates["size"] >= 5]
    true = [affinity.loc[rep, industry] for rep, industry in rates.index]
    return float(np.corrcoef(rates["mean"], true)[0, 1])


def test_the_affinity_is_in_the_history_and_can_be_switched_off(example: Tables, tmp_path: Path) -> None:
    truth = hidden_affinity()
    assert truth.shape == (14, 7)
    assert correlation(wins(example), truth) > 0.5
    write_example(tmp_path, affinity=0.0)
    flat = wins(tables(tmp_path))
    assert abs(correlation(flat, truth)) < 0.35
    assert (hidden_affinity(affinity=0.0) == 0).all(axis=None)
    assert (hidden_affinity(seed=3) != truth).any(axis=None)


def test_the_affinity_is_written_nowhere(folder: Path) -> None:
    text = "".join(p.read_text(encoding="utf-8") for p in folder.iterdir())
    assert "affinity" not in text.casefold()
    assert not any(f"{v:.4f}" in text for v in hidden_affinity().to_numpy().ravel())


@pytest.mark.parametrize("seed", [2026, 3])
def test_a_plan_exists_that_keeps_every_rule(seed: int, tmp_path: Path) -> None:
    write_example(tmp_path, seed=seed)
    plan = parse_plan(yaml.safe_load((tmp_path / "plan.yaml").read_text(encoding="utf-8")))
    assert plan.period == PERIOD and plan.coverage == "required"
    assert plan.data.derive.workload is not None and plan.data.derive.workload.table == HOURS
    data = tables(tmp_path)
    for part in [*plan.rules.values(), *plan.terms.values()]:
        assert [p.line() for p in part.problems(data, PERIOD)] == []
    draft = Draft(data, PERIOD, plan.rules, plan.terms, coverage_required=True)
    found = solve(draft.instance(), Options(time_limit=60, gap=3, workers=1))
    assert found.status in {"optimal", "feasible"} and found.unassigned == 0
    assert found.score is not None and 60 < found.score < 100


def test_its_scenarios_are_plans(folder: Path) -> None:
    document = yaml.safe_load((folder / "plan.yaml").read_text(encoding="utf-8"))
    assert document["scenarios"]
    for name in document["scenarios"]:
        resolved = resolve(document, name, [], "plan.yaml")
        assert parse_plan(resolved.data).rules
