import datetime as dt
from dataclasses import replace

from reports.history import Past, pasts
from solver.tables import Tables
from tests.reports.sample import sample

ROWS = [
    {"customer_id": "C0001", "rep_id": "R01", "date": dt.date(2026, 3, 1), "kind": "deal", "outcome": "Closed Won", "amount": 1200.0},
    {"customer_id": "C0001", "rep_id": "R02", "date": dt.date(2026, 5, 2), "kind": "call", "feedback": 4.5},
    {"customer_id": "C0001", "date": None, "kind": "deal", "outcome": "lost", "amount": 900.0},
    {"customer_id": "C0002", "date": None},
]  # fmt: skip


def with_history(run=None):
    run = run or sample()
    made = Tables.of([], [], ROWS).history
    return replace(run, tables=Tables(run.tables.customers, run.tables.reps, made))


def test_the_past_of_each_customer():
    found = pasts(with_history())
    assert found["C0001"] == Past(3, "2026-05-02", "call", 1, 1200.0, 4.5)
    assert found["C0001"].said() == "3 contacts, last 2026-05-02 (call); 1 won, 1.2k; feedback 4.5"
    assert found["C0002"].said() == "1 contact; nothing won" and set(found) == {"C0001", "C0002"}


def test_no_history_is_said():
    assert pasts(sample()) == {} and Past().said() == "no history on record"
