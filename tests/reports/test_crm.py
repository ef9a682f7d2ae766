import dataclasses
import re

import pytest

from reports import crm as crm_module
from reports import metrics
from reports.crm import crm, is_email, is_hubspot, is_salesforce, is_salesforce_user, systems
from solver.problems import InputError
from solver.tables import Tables
from tests.reports.sample import sample


def with_columns(run, customers=None, reps=None):
    tables = Tables(
        run.tables.customers.assign(**(customers or {})), run.tables.reps.assign(**(reps or {})), run.tables.history
    )
    return dataclasses.replace(run, tables=tables)


def salesforce():
    run = sample()
    accounts = [f"001A0000{n:07d}" for n in range(len(run.tables.customers))]
    users = [f"005A0000{n:07d}" for n in range(len(run.tables.reps))]
    return with_columns(run, {"salesforce_id": accounts}, {"salesforce_id": users})


def hubspot():
    run = sample()
    records = [str(9_000_000_000 + n) for n in range(len(run.tables.customers))]
    return with_columns(
        run, {"hubspot_id": records}, {"email": [f"rep{n}@example.com" for n in range(len(run.tables.reps))]}
    )


def rows(files, part):
    found = []
    for name, text in files.items():
        if part in name:
            head, *lines = text.splitlines()
            found += [dict(zip(head.split(","), line.split(","), strict=True)) for line in lines]
    return found


@pytest.mark.parametrize(
    ("run", "record", "owner"), [(salesforce(), "Id", "OwnerId"), (hubspot(), "Record ID", "Company owner")]
)
def test_owners_change_and_change_back(run, record, owner):
    files = dict(crm(run))
    (system,) = systems(run)
    ids = dict(zip(run.tables.customers["customer_id"], run.tables.customers[system.column], strict=True))
    owners = dict(zip(run.tables.reps["rep_id"], run.tables.reps[system.owner_column], strict=True))
    moves = metrics.moves(run).sort_values("customer_id")
    new, old = rows(files, "-owners-"), rows(files, "-rollback-")
    assert new == [{record: ids[m.customer_id], owner: owners[m.to_rep]} for m in moves.itertuples()]
    assert old == [{record: ids[m.customer_id], owner: owners[m.from_rep]} for m in moves.itertuples() if m.from_rep]
    assert len(new) > len(old) > 0
    first = len(new) - len(old)
    assert "a spreadsheet that opens and saves them may round long ids" in files["crm-readme.txt"]
    assert not any(text.startswith("\ufeff") or not text.isascii() for n, text in files.items() if n.endswith(".csv"))
    assert f"{first} customers had no rep before" in files["crm-readme.txt"] and run.id in "".join(list(files)[:2])


def test_files_are_cut_to_what_the_importer_takes(monkeypatch):
    run = salesforce()
    system = crm_module.SYSTEMS[0]
    whole = dict(crm(run))
    for limit in ({"rows": 5}, {"size": 200}):
        monkeypatch.setattr(crm_module, "SYSTEMS", (dataclasses.replace(system, **limit),))
        files = dict(crm(run))
        cut = [t for n, t in files.items() if "-owners-" in n]
        assert len(cut) > 1 and all(t.startswith("Id,OwnerId\n") for t in cut)
        assert all(t.count("\n") <= 6 if "rows" in limit else len(t) <= 200 for t in cut)
        assert rows(files, "-owners-") == rows(whole, "-owners-")


def test_every_id_that_is_none_is_listed():
    with pytest.raises(InputError) as error:
        list(crm(sample()))
    moves = metrics.moves(sample())
    assert [p.value for p in error.value.problems] == moves["customer_id"].tolist()
    run = salesforce()
    bad = ["=cmd|' /C calc'!A0", "001A0000000\n001", "", "001A00000000001AAA"]
    moved = metrics.moves(run)["customer_id"].tolist()
    at = dict(zip(moved, bad, strict=False))
    ids = [
        at.get(c, i)
        for c, i in zip(run.tables.customers["customer_id"], run.tables.customers["salesforce_id"], strict=True)
    ]
    run = with_columns(run, {"salesforce_id": ids})
    with pytest.raises(InputError) as error:
        list(crm(run))
    said = "\n".join(p.message for p in error.value.problems)
    assert len(error.value.problems) == 4 and all(f"customer {c}:" in said for c in moved[:4])


def test_an_owner_no_crm_takes_is_an_error():
    run = salesforce()
    with pytest.raises(InputError, match="rep R01: 00GA00000000000 is no owner salesforce takes"):
        list(crm(with_columns(run, reps={"salesforce_id": ["00GA00000000000", *run.tables.reps["salesforce_id"][1:]]})))


def test_one_record_twice_is_an_error():
    run = salesforce()
    same = with_columns(run, {"salesforce_id": ["001A00000000001"] * len(run.tables.customers)})
    with pytest.raises(InputError, match="the id of two customers"):
        list(crm(same))


def test_what_ids_look_like():
    assert is_salesforce("001D000000IqhSL") and is_salesforce("001D000000IqhSLIAZ")
    assert not is_salesforce("001d000000iqhsliaz") and not is_salesforce("001D000000IqhSLIAA")
    assert (
        not is_salesforce("001D000000IqhS")
        and not is_salesforce("001D000000Iqh=L")
        and not is_salesforce("００１D000000IqhSL")
    )
    assert is_salesforce_user("005D0000001BuIB") and not is_salesforce_user("001D000000IqhSL")
    assert is_hubspot("123") and not any(map(is_hubspot, ("0123", "-1", "1.0", "1\n", "", "１２")))
    assert is_email("a.b+c@x-y.example.com") and not any(
        map(is_email, ("a@b", "=a@b.cd", "-a@b.cd", "a@b.c,d", "a b@c.de", "a@b.cd\n"))
    )


def test_nothing_is_quoted_or_escaped():
    for run in (salesforce(), hubspot()):
        for name, text in crm(run):
            if name.endswith(".csv"):
                assert not re.search(r"[\"'=\t\r]", text)


def test_nobody_moves():
    run = sample()
    run = dataclasses.replace(run, assignment=run.assignment[run.assignment["moved"] == "kept"])
    assert [n for n, _ in crm(run)] == ["crm-readme.txt"] and systems(run) == []
