"""A real CRM export becomes a plan through a column map alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.run.run import audit_again
from scenarios.store import Store
from tests.command import fairbook

PLAN = """\
period: 2018-Q1
data:
  customers: {{source: {folder}/accounts.csv, columns: {{customer_id: account, industry: sector, parent_id: subsidiary_of, potential: ''}}}}
  reps: {{source: {folder}/sales_teams.csv, columns: {{rep_id: sales_agent, team: manager, territories: regional_office}}}}
  history:
    source: {folder}/sales_pipeline.csv
    columns: {{customer_id: account, rep_id: sales_agent, date: close_date, outcome: deal_stage, amount: close_value}}
    where: "deal_stage in ['Won', 'Lost']"
  derive:
    current_rep: {{from: history}}
    potential: {{from: history, months: 12}}
rules:
  max_accounts: {{kind: capacity, metric: customers, limit: 8}}
  family: {{}}
objectives:
  balance_customers: {{kind: balance, metric: customers, tolerance: 0.2, weight: 2}}
  continuity: {{weight: 3}}
coverage: required
solve: {{time_limit: 120, gap: 0, workers: 2}}
"""


@pytest.fixture(scope="module")
def solved(shared_data: Path, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("maven")
    (folder / "plan.yaml").write_text(PLAN.format(folder=shared_data / "maven_crm"), encoding="utf-8")
    done = fairbook("solve", "plan.yaml", "--json", cwd=folder)
    assert done.code == 0, done.err
    with Store(str(folder / ".fairbook" / "runs.db")) as store:
        return store.load(store.find("latest")), done


def test_it_is_solved_to_proven_optimum(solved):
    run, _ = solved
    assert run.result["status"] == "optimal"
    assert run.result["gap"] < 0.001
    assert len(run.assignment) == 85
    assert len(run.books) == 35
    assert not audit_again(run).violations


def test_current_rep_and_potential_come_from_its_history(solved, shared_data):
    import pandas as pd

    run, done = solved
    won = pd.read_csv(shared_data / "maven_crm" / "sales_pipeline.csv").query("deal_stage == 'Won'")
    for customer in ("Cancity", "Isdom", "Acme Corporation"):
        row = run.tables.customers.set_index("customer_id").loc[customer]
        deals = won[won["account"] == customer]
        assert row["potential"] == deals["close_value"].sum()
        assert row["current_rep"] == deals.groupby("sales_agent")["close_value"].sum().idxmax()
    assert "current_rep of 85 customers" in done.err
    assert "where leaves out 2,089 of 8,800 rows" in done.err


def test_families_stay_together(solved):
    run, _ = solved
    rep = dict(zip(run.assignment["customer_id"], run.assignment["rep_id"], strict=True))
    parents = run.tables.customers[["customer_id", "parent_id"]]
    for customer, parent in parents[parents["parent_id"] != ""].itertuples(index=False):
        assert rep[customer] == rep[parent]


def test_its_last_quarter_is_held_against_a_plan_made_before_it(shared_data, tmp_path_factory):
    import pandas as pd

    folder = tmp_path_factory.mktemp("maven_judged")
    text = PLAN.format(folder=shared_data / "maven_crm").replace("period: 2018-Q1", "period: 2017-Q4")
    (folder / "plan.yaml").write_text(text, encoding="utf-8")
    done = fairbook("solve", "plan.yaml", "--time-limit", "60", "--gap", "2", "--json", cwd=folder)
    assert done.code == 0, done.err
    rows = pd.read_csv(shared_data / "maven_crm" / "sales_pipeline.csv", dtype=str)
    closed = rows[rows["deal_stage"].isin(["Won", "Lost"]) & (rows["close_date"] >= "2017-10-01")]
    closed.to_csv(folder / "q4.csv", index=False)
    done = fairbook("evaluate", "latest", "--actuals", "q4.csv", "--json", cwd=folder)
    assert done.code == 0, done.err
    found = done.json()
    sold = closed[closed["deal_stage"] == "Won"]["close_value"].astype(float).sum()
    assert found["all"]["actual"] == pytest.approx(sold)
    assert 0.8 < found["all"]["ratio"] < 1.25
    assert any("12 months, of which history shows those from 2017-03-01 on" in note for note in found["notes"])
    assert found["followed"]["rows"] == len(closed) and 0 < found["followed"]["share"] < 1
    assert found["trend"]["all"] is None, "a year before its history had not begun"
