from __future__ import annotations

import pytest

from scenarios.sources.aliases import ALIASES, plain_name
from solver.tables import ROWS
from tests.scenarios.sources.conftest import Folder, said


def test_salesforce_exports(folder: Folder) -> None:
    folder.write(
        "Account.csv",
        "Id,Name,Industry,AnnualRevenue,BillingState,BillingCountry,BillingLatitude,BillingLongitude,OwnerId,ParentId\n"
        '001A,Acme,Media,"1,200,000",Bavaria,Germany,48.1,11.5,005A,\n'
        "001B,Bolt,Tech,5000.5,,France,,,005B,001A\n",
    )
    folder.write("User.csv", "Id,FirstName,LastName,IsActive,ManagerId\n005A,Ann,Lee,TRUE,\n005B,Bob,,FALSE,005A\n")
    folder.write(
        "Opportunity.csv",
        "Id,AccountId,OwnerId,CloseDate,StageName,IsWon,IsClosed,Amount,Type\n"
        "006A,001A,005A,2025-11-30,Signed,true,true,100,New\n"
        "006B,001A,005A,2025-12-01,Closed Lost,false,true,70,New\n"
        "006C,001B,005B,2026-02-01,Proposal,false,false,5,Renewal\n",
    )
    loaded = folder.load(customers="Account.csv", reps="User.csv", history="Opportunity.csv")
    customers, reps, history = loaded.tables.customers, loaded.tables.reps, loaded.tables.history
    assert customers["territory"].tolist() == ["Germany/Bavaria", "France"]
    assert customers["potential"].tolist() == [1_200_000, 5000.5]
    assert customers["current_rep"].tolist() == ["005A", "005B"]
    assert customers["parent_id"].tolist() == ["", "001A"]
    assert customers["BillingCountry"].tolist() == ["Germany", "France"]
    assert reps["name"].tolist() == ["Ann Lee", "Bob"]
    assert reps["active"].tolist() == [True, False]
    assert history["outcome"].tolist() == ["won", "lost", "Proposal"]
    assert history["kind"].tolist() == ["New", "New", "Renewal"]
    aloud = said(loaded, "column_read")
    assert "read `AnnualRevenue` as potential" in aloud
    assert "read `BillingCountry` and `BillingState` as territory (Country/State)" in aloud
    assert "read `IsWon` as outcome: won where it is yes" in aloud


def test_hubspot_exports(folder: Folder) -> None:
    folder.write(
        "companies.csv",
        "Record ID,Company name,Company owner,Annual Revenue,Country/Region,State/Region,Number of Employees\n"
        "9001,Acme,Ann,1000,Spain,Madrid,17\n",
    )
    folder.write("owners.csv", "Owner name,Team name\nAnn,North\n")
    loaded = folder.load(
        customers="companies.csv",
        reps={"source": "owners.csv", "columns": {"rep_id": "owner_NAME", "name": "Owner name"}},
    )
    row = loaded.tables.customers.iloc[0]
    assert (row["customer_id"], row["name"], row["current_rep"], row["territory"]) == (
        "9001", "Acme", "Ann", "Spain/Madrid",
    )  # fmt: skip
    assert row["Number of Employees"] == 17
    assert loaded.tables.reps["team"].tolist() == ["North"]


@pytest.mark.parametrize("kind", ROWS)
def test_aliases_name_real_fields_and_never_two(kind: str) -> None:
    fields = ROWS[kind].model_fields
    assert ALIASES[kind].keys() <= fields.keys()
    names = [plain_name(a) for field, words in ALIASES[kind].items() for a in {plain_name(w) for w in words}]
    names += [plain_name(f) for f in fields]
    twice = {n for n in names if names.count(n) > 1}
    assert not twice


def test_our_own_name_wins_over_an_alias(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id,potential,AnnualRevenue\nC1,5,900\n")
    table = folder.load().tables.customers
    assert table["potential"].tolist() == [5] and table["AnnualRevenue"].tolist() == [900]


def test_two_columns_for_one_field_ask(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id,Sector,Account Industry\nC1,a,b\n")
    problem = folder.error()
    assert problem.code == "ambiguous_column"
    assert problem.fix == "say which: data.customers.columns: {industry: Sector}"
    spec = {"source": "customers.csv", "columns": {"industry": "Account Industry"}}
    table = folder.load(customers=spec).tables.customers
    assert table["industry"].tolist() == ["b"] and table["Sector"].tolist() == ["a"]


def test_the_plan_wins_and_says_what_it_leaves_out(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id,potential,worth,AnnualRevenue\nC1,1,2,3\n")
    spec = {"source": "customers.csv", "columns": {"potential": "worth", "size": "AnnualRevenue"}}
    loaded = folder.load(customers=spec)
    table = loaded.tables.customers
    assert table["potential"].tolist() == [2] and table["size"].tolist() == [3] and "worth" not in table
    assert said(loaded, "column_left_out") == ["column potential is left out: the plan reads it from another"]


def test_an_empty_text_reads_a_field_from_nowhere(folder: Folder) -> None:
    folder.write("customers.csv", "Id,AnnualRevenue\nC1,3\n")
    table = folder.load(customers={"source": "customers.csv", "columns": {"potential": ""}}).tables.customers
    assert table["potential"].tolist() == [0] and table["AnnualRevenue"].tolist() == [3]
    assert (
        folder.errors(customers={"source": "customers.csv", "columns": {"customer_id": ""}})[0].code == "missing_column"
    )


def test_one_column_may_be_two_fields(folder: Folder) -> None:
    folder.write("customers.csv", "account,x\nAcme,1\n")
    spec = {"source": "customers.csv", "columns": {"customer_id": "account", "name": "account"}}
    assert folder.load(customers=spec).tables.customers["name"].tolist() == ["Acme"]


def test_own_columns_keep_their_kind(folder: Folder) -> None:
    folder.write(
        "customers.csv",
        'customer_id,seats,zip,plan,share,since,mixed\nC1,"1,200",00123,gold,45%,2026-01-02,1\nC2,,94107,,5%,,x\n',
    )
    loaded = folder.load()
    table = loaded.tables.customers
    assert table["seats"].tolist()[0] == 1200 and table["seats"].isna().tolist() == [False, True]
    assert table["zip"].tolist() == ["00123", "94107"]
    assert table["plan"].tolist() == ["gold", ""]
    assert table["share"].tolist() == [0.45, 0.05]
    assert table["since"].tolist() == ["2026-01-02", ""]
    assert table["mixed"].tolist() == ["1", "x"]
    assert "read per cents as shares: 45% is 0.45" in said(loaded, "column_read")


def test_a_doubtful_column_of_ones_own_stays_text_and_is_said(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id,seats\nC1,1.234\n")
    loaded = folder.load()
    assert loaded.tables.customers["seats"].tolist() == ["1.234"]
    assert "kept as text" in said(loaded, "ambiguous_number")[0]


def test_a_field_misspelt_in_the_map_is_said(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id,sector\nC1,a\n")
    loaded = folder.load(customers={"source": "customers.csv", "columns": {"industri": "sector", "size": "sector"}})
    assert [p.fix for p in loaded.problems if p.code == "unknown_field"] == ["did you mean industry?"]


def test_a_misspelt_column_is_not_passed_over_in_silence(folder: Folder) -> None:
    folder.write("customers.csv", "customer_id,potental,curent_rep,grade,years\nC1,5,R1,A,3\n")
    lines = [p.line() for p in folder.load().problems if p.code == "misspelt_column"]
    assert len(lines) == 2, "grade and years are like no field"
    assert "no column is read as potential" in lines[0]
    assert "data.customers.columns: {potential: potental}" in lines[0]
    assert "data.customers.columns: {current_rep: curent_rep}" in lines[1]
    folder.write("customers.csv", "customer_id,potential,potental\nC1,5,6\n")
    assert not said(folder.load(), "misspelt_column"), "the field is there, so the other is another one"


def test_exports_with_chinese_names_of_columns(folder: Folder) -> None:
    folder.write("customers.csv", "客户编号,客户名称,区域,潜力,负责人\nK1,上海宏图,华东,120000,R1\n")
    folder.write("reps.csv", "工号,姓名,负责区域\nR1,王伟,华东\n")
    loaded = folder.load()
    row = loaded.tables.customers.iloc[0]
    assert (row["territory"], row["potential"], row["current_rep"]) == ("华东", 120_000, "R1")
    assert loaded.tables.reps["rep_id"].tolist() == ["R1"]
